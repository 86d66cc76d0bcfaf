//! Approved SQL after a rename: what was as approved stays so.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::check::{Names, pairs};
use super::edits::FileChange;
use super::errors::left_alone;
use crate::diagnostic::Diagnostic;
use crate::emit::{Compiled, Context};
use crate::plan;
use crate::project::{NodeId, NodeKind, NodeMap, Project};
use crate::review::{self, Approval, Form, Standing, file_stem};
use crate::sql::{Dialect, TokenKind, tokens};
use crate::world::World;

/// The project before and after, compiled.
#[derive(Clone, Copy)]
pub struct Approvals<'a> {
    /// Before, and its compiled SQL.
    pub before: (Context<'a>, &'a NodeMap<Option<Compiled>>),
    /// After, and its compiled SQL.
    pub after: (Context<'a>, &'a NodeMap<Option<Compiled>>),
    /// How SQL is kept.
    pub form: Form,
    /// The part's names; the same twice where only a column is renamed.
    pub names: Names<'a>,
    /// What changes in the author's files.
    pub changes: &'a [FileChange],
}

/// The changes of approved SQL, and what is to be said of those that are left alone.
pub fn approvals(input: Approvals<'_>, world: &dyn World) -> (Vec<FileChange>, Vec<Diagnostic>) {
    let project = input.before.0.project;
    let folder = &project.settings.snapshot_folder;
    let own = folder.join(&project.target.name);
    let (mut changes, mut said) = (Vec::new(), Vec::new());
    let mut files: BTreeMap<Utf8PathBuf, String> = BTreeMap::new();
    for path in world.walk(folder).unwrap_or_default() {
        let is_wanted = path.extension() == Some("snap");
        let text = is_wanted.then(|| world.read(&path).ok()).flatten();
        if let Some(text) = text.and_then(|bytes| String::from_utf8(bytes).ok()) {
            files.insert(path, text);
        }
    }
    let (mine, others): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| path.starts_with(&own));
    let approved: BTreeMap<String, Result<Approval, String>> = mine
        .iter()
        .filter_map(|(path, text)| Some((path.file_stem()?.to_owned(), Approval::parse(text))))
        .collect();
    let parts = |context: Context<'_>| -> Vec<NodeId> {
        let is_part = |id: &NodeId| context.project.node(*id).kind == NodeKind::Model;
        context.graph.order.iter().copied().filter(is_part).collect()
    };
    let items = |(context, compiled): (Context<'_>, &NodeMap<Option<Compiled>>), expected: &[NodeId]| {
        let (wanted, form) = (expected, input.form);
        let approved = &approved;
        review::compare(review::Input { context, compiled, expected, wanted, form, approved })
    };
    let (old, new) = (parts(input.before.0), parts(input.after.0));
    let after = items(input.after, &new);
    let nodes = pairs(project, input.after.0.project, input.names, input.changes);
    let mut outdated = Vec::new();
    for item in items(input.before, &old) {
        let (Some(id), Some(before)) = (item.node, &item.before) else { continue };
        let from = own.join(format!("{}.snap", item.stem));
        let Some(text) = files.get(&from) else { continue };
        let Some(new) = nodes[id] else { continue };
        let to =
            own.join(format!("{}.snap", file_stem(input.after.0.project, input.after.0.project.node(new))));
        let now = after.iter().find(|item| item.node == Some(new)).and_then(|item| item.now.as_ref());
        let approval = match now {
            Some(now) if item.standing == Standing::Approved => {
                Approval { why: renamed_why(&before.why, input.names), ..now.clone() }
            }
            _ if from != to => {
                outdated.push(item.stem.clone());
                let part = now.map_or_else(|| before.part.clone(), |now| now.part.clone());
                Approval { part, why: renamed_why(&before.why, input.names), ..before.clone() }
            }
            _ => continue,
        };
        if from != to || !approval.agrees_with(before) || approval.why != before.why {
            changes.push(FileChange { from, to, before: text.clone(), after: approval.text() });
        }
    }
    if !outdated.is_empty() {
        let names: Vec<String> = outdated.iter().map(|stem| format!("`{stem}`")).collect();
        let message = format!("the approved SQL of {} was out of date, and stays so", names.join(", "));
        said.push(left_alone(message).help("`buhin verify --review` goes through it"));
    }
    if input.names.from != input.names.to {
        other_targets(input, &others, &mut changes, &mut said);
    } else if !changes.is_empty()
        && let Some(folder) = others.first().and_then(|(path, _)| path.parent())
    {
        let message = format!("the approved SQL of other targets, as in {folder}/, is left as it is");
        let target = folder.file_name().unwrap_or_default();
        said.push(
            left_alone(message).help(format!("`buhin verify --accept --target {target}` approves it anew")),
        );
    }
    (changes, said)
}

fn renamed_why(why: &str, names: Names<'_>) -> String {
    why.replace(&format!("`{}`", names.from), &format!("`{}`", names.to))
}

/// Approvals of targets that are not compiled now: names that stand as CTEs and tables are changed by token.
fn other_targets(
    input: Approvals<'_>,
    files: &[(&Utf8PathBuf, &String)],
    changes: &mut Vec<FileChange>,
    said: &mut Vec<Diagnostic>,
) {
    let project = input.before.0.project;
    let names = input.names;
    let mut folders: Vec<&Utf8Path> = Vec::new();
    for (path, text) in files {
        let Ok(approval) = Approval::parse(text) else { continue };
        let stem = path.file_stem().unwrap_or_default();
        let rest = stem.strip_prefix(names.from).filter(|rest| rest.is_empty() || rest.starts_with(".v"));
        let to = rest
            .map_or_else(|| (*path).clone(), |rest| path.with_file_name(format!("{}{rest}.snap", names.to)));
        let part = rest.map_or_else(
            || approval.part.clone(),
            |rest| format!("{}.{}{rest}", project.root().name, names.to),
        );
        let sql = by_token(project.target.dialect, &approval.sql, names);
        let new =
            Approval { part, sql, why: renamed_why(&approval.why, names), becomes: approval.becomes.clone() };
        if new == approval && to == **path {
            continue;
        }
        if let Some(folder) = path.parent().filter(|folder| !folders.contains(folder)) {
            folders.push(folder);
        }
        changes.push(FileChange { from: (*path).clone(), to, before: (*text).clone(), after: new.text() });
    }
    for folder in folders {
        let target = folder.file_name().unwrap_or_default();
        let message = format!("the approved SQL in {folder}/ was changed by words, not compiled");
        said.push(
            left_alone(message).help(format!("`buhin verify --target {target}` holds it against its SQL")),
        );
    }
}

fn by_token(dialect: Dialect, sql: &str, names: Names<'_>) -> String {
    let cte = |name: &str| format!("{}{name}", crate::render::CTE_PREFIX);
    let (old, new) = (cte(names.from), cte(names.to));
    let mut out = String::with_capacity(sql.len());
    let mut after_dot = false;
    for token in tokens(dialect, sql) {
        let text = token.text(sql);
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
        let inner = text.trim_matches(['"', '`', '[', ']']);
        if is_name && (inner == old || (after_dot && inner == names.from)) {
            let to = if inner == old { &new } else { names.to };
            out.push_str(&text.replace(inner, to));
        } else {
            out.push_str(text);
        }
        after_dot = token.kind == TokenKind::Symbol(b'.');
    }
    out
}

/// The change of the approved plan, whose decisions are by unique id; none if it says nothing of the part.
pub fn plan_change(project: &Project, names: Names<'_>, world: &dyn World) -> Option<FileChange> {
    let path = plan::approved::path(project);
    let before = String::from_utf8(world.read(&path).ok()?).ok()?;
    let mut approved = plan::approved::parse(&path, before.as_bytes()).ok()?;
    let id = |name: &str| format!("model.{}.{name}", project.root().name);
    let (old, new) = (id(names.from), id(names.to));
    for decisions in approved.targets.values_mut() {
        let renamed = |key: &String| -> Option<String> {
            let rest = key.strip_prefix(&old)?;
            (rest.is_empty() || rest.starts_with(".v")).then(|| format!("{new}{rest}"))
        };
        let keys: Vec<(String, String)> =
            decisions.keys().filter_map(|key| Some((key.clone(), renamed(key)?))).collect();
        for (old, new) in keys {
            if let Some(decision) = decisions.remove(&old) {
                decisions.insert(new, decision);
            }
        }
    }
    let after = approved.text();
    (after != before).then(|| FileChange { from: path.clone(), to: path, before, after })
}
