//! Whether an edited project is the one before, but for the name.

use std::collections::BTreeMap;

use camino::Utf8Path;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::edits::FileChange;
use super::errors::changes_more;
use crate::diagnostic::Diagnostic;
use crate::emit::Context;
use crate::project::{Node, NodeId, NodeKind, NodeMap, Project};
use crate::source::{LineColumn, Span};
use crate::sql::tokens;

/// The two names of a part.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The old one.
    pub from: &'a str,
    /// The new one.
    pub to: &'a str,
}

/// One of the two projects, and what was said while it was compiled.
#[derive(Clone, Copy)]
pub struct Compiled<'a> {
    /// Its graph, plan and SQL.
    pub context: Context<'a>,
    /// What was said.
    pub said: &'a [Diagnostic],
}

/// Everything that a part's rename would change beyond the name; places are those of the project before.
pub fn check(
    before: Compiled<'_>,
    after: Compiled<'_>,
    names: Names<'_>,
    changes: &[FileChange],
) -> Vec<Diagnostic> {
    let mut found = new_errors(before, after, names, changes);
    if !found.is_empty() {
        return found;
    }
    let pairs = pairs(before.context.project, after.context.project, names, changes);
    let renamed = identifiers(before.context, after.context, names, &pairs);
    for (id, node) in before.context.project.nodes() {
        let Some(new) = pairs[id] else {
            found.push(changes_more(format!("`{}` would be gone", node.unique_id), Some(node.span)));
            continue;
        };
        if let Some(what) = difference(before.context, after.context, (id, new), &pairs, &renamed, names) {
            let message = format!("the rename would change {what} of `{}`", shown(node));
            found.push(changes_more(message, Some(head(before.context.project, node))));
        }
    }
    if found.is_empty() && before.context.project.nodes.len() != after.context.project.nodes.len() {
        found.push(changes_more("the rename would add something to the project".to_owned(), None));
    }
    found
}

/// What differs between a node and what it becomes, in words.
fn difference(
    before: Context<'_>,
    after: Context<'_>,
    (old, new): (NodeId, NodeId),
    pairs: &NodeMap<Option<NodeId>>,
    renamed: &[(String, String)],
    names: Names<'_>,
) -> Option<&'static str> {
    if before.graph.enabled[old] != after.graph.enabled[new] {
        return Some("whether it is enabled");
    }
    let mut parents: Vec<Option<NodeId>> = before.graph.parents[old].iter().map(|id| pairs[*id]).collect();
    let mut now: Vec<Option<NodeId>> = after.graph.parents[new].iter().copied().map(Some).collect();
    parents.sort_unstable();
    now.sort_unstable();
    if parents != now {
        return Some("what is read");
    }
    if let (Some(one), Some(other)) = (&before.collected.nodes[old], &after.collected.nodes[new])
        && !same_config(&one.config.values, &other.config.values, names)
    {
        return Some("the config");
    }
    let text = |sql: &str, other: &str| same_sql(before.project, sql, other, renamed, names);
    match (&before.rendered.nodes[old], &after.rendered.nodes[new]) {
        (Some(one), Some(other)) => {
            if !text(&one.sql, &other.sql) {
                return Some("the SQL");
            }
            let hooks = |node: &crate::render::RenderedNode| -> Vec<String> {
                node.pre_hooks.iter().chain(&node.post_hooks).map(|hook| hook.sql.clone()).collect()
            };
            let (one, other) = (hooks(one), hooks(other));
            let same = one.len() == other.len() && one.iter().zip(&other).all(|(a, b)| text(a, b));
            (!same).then_some("the hooks")
        }
        (None, None) => None,
        _ => Some("whether there is SQL"),
    }
}

/// True if two texts are the same but for the names.
fn same_sql(
    project: &Project,
    one: &str,
    other: &str,
    renamed: &[(String, String)],
    names: Names<'_>,
) -> bool {
    if one == other {
        return true;
    }
    let dialect = project.target.dialect;
    let (mut old, mut new) = (tokens(dialect, one), tokens(dialect, other));
    loop {
        match (old.next(), new.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) => {
                if !same_text(a.text(one), b.text(other), renamed, names) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

fn same_text(old: &str, new: &str, renamed: &[(String, String)], names: Names<'_>) -> bool {
    old == new
        || old.replace(names.from, names.to) == new
        || renamed.iter().any(|(from, to)| old.replace(from.as_str(), to) == new)
}

fn same_config(
    old: &serde_json::Map<String, Value>,
    new: &serde_json::Map<String, Value>,
    names: Names<'_>,
) -> bool {
    let of = |map: &serde_json::Map<String, Value>| -> BTreeMap<String, String> {
        let kept = map.iter().filter(|(key, _)| *key != "alias");
        kept.map(|(key, value)| (key.clone(), value.to_string())).collect()
    };
    let (old, new) = (of(old), of(new));
    old.len() == new.len()
        && old.iter().zip(&new).all(|((key, value), (other, now))| {
            key == other && (value == now || value.replace(names.from, names.to) == *now)
        })
}

/// The names in the warehouse, before and after, of what is renamed.
fn identifiers(
    before: Context<'_>,
    after: Context<'_>,
    names: Names<'_>,
    pairs: &NodeMap<Option<NodeId>>,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (id, node) in before.project.nodes() {
        let is_it = node.name == names.from && node.kind == NodeKind::Model;
        // A test's own table has its name from the part's.
        let is_test = node.kind == NodeKind::Test;
        let Some(new) = pairs[id].filter(|_| is_it || is_test) else { continue };
        let name = |context: Context<'_>, id: NodeId| {
            let collected = context.collected.nodes[id].as_ref()?;
            collected.relation.as_ref().or(collected.place.as_ref())?.identifier.clone()
        };
        if let (Some(old), Some(new)) = (name(before, id), name(after, new))
            && old != new
        {
            found.push((old, new));
        }
    }
    found
}

/// For each node what it becomes: parts and their like by name, what stands in YAML by file and place there.
pub(super) fn pairs(
    before: &Project,
    after: &Project,
    names: Names<'_>,
    changes: &[FileChange],
) -> NodeMap<Option<NodeId>> {
    let moved: FxHashMap<&Utf8Path, &Utf8Path> =
        changes.iter().map(|change| (change.from.as_path(), change.to.as_path())).collect();
    let mut by_key: FxHashMap<(String, usize), NodeId> = FxHashMap::default();
    for (key, id) in keys(after, |node| node.unique_id.clone(), |path| path.as_str().to_owned()) {
        by_key.insert(key, id);
    }
    let unique_id = |node: &Node| {
        if node.kind == NodeKind::Model && node.name == names.from && node.package == before.root().name {
            let mut parts: Vec<&str> = node.unique_id.splitn(4, '.').collect();
            if let Some(name) = parts.get_mut(2) {
                *name = names.to;
            }
            parts.join(".")
        } else {
            node.unique_id.clone()
        }
    };
    let path = |path: &Utf8Path| moved.get(path).map_or(path, |to| *to).as_str().to_owned();
    let mut pairs: Vec<Option<NodeId>> = vec![None; before.nodes.len()];
    for (key, id) in keys(before, unique_id, path) {
        pairs[id.0 as usize] = by_key.get(&key).copied();
    }
    NodeMap::new(pairs)
}

/// Each node with a key that is its own.
fn keys(
    project: &Project,
    unique_id: impl Fn(&Node) -> String,
    path: impl Fn(&Utf8Path) -> String,
) -> Vec<((String, usize), NodeId)> {
    let mut keys = Vec::with_capacity(project.nodes.len());
    let mut in_files: BTreeMap<(String, u32), Vec<(u32, NodeId)>> = BTreeMap::new();
    for (id, node) in project.nodes() {
        let in_yaml = match node.kind {
            NodeKind::Test => node.test.as_ref().map(|test| test.span),
            NodeKind::UnitTest => Some(node.span),
            _ => None,
        };
        match in_yaml {
            Some(span) => {
                let file = path(project.files.path(span.file));
                in_files.entry((file, node.kind as u32)).or_default().push((span.start, id));
            }
            None => keys.push(((unique_id(node), 0), id)),
        }
    }
    for ((file, kind), mut nodes) in in_files {
        nodes.sort_unstable();
        let own = nodes.into_iter().enumerate();
        keys.extend(own.map(|(place, (_, id))| ((format!("{kind} {file}"), place + 1), id)));
    }
    keys
}

/// Errors that are not there without the edits.
pub(super) fn new_errors(
    before: Compiled<'_>,
    after: Compiled<'_>,
    names: Names<'_>,
    changes: &[FileChange],
) -> Vec<Diagnostic> {
    let mut known: FxHashMap<(u16, String), usize> = FxHashMap::default();
    for error in before.said.iter().filter(|one| one.is_error()) {
        *known.entry((error.code.0, error.message.replace(names.from, names.to))).or_default() += 1;
    }
    let mut found = Vec::new();
    for error in after.said.iter().filter(|one| one.is_error()) {
        let key = (error.code.0, error.message.replace(names.from, names.to));
        if let Some(count) = known.get_mut(&key).filter(|count| **count > 0) {
            *count -= 1;
            continue;
        }
        let at = error.label.as_ref().map(|label| label.span);
        let at = at.and_then(|span| back(before.context.project, after.context.project, span, changes));
        let message = format!("after the rename there would be an error, {}: {}", error.code, error.message);
        found.push(changes_more(message, at));
    }
    found
}

/// A place of the edited project in the one before: the same line.
fn back(before: &Project, after: &Project, span: Span, changes: &[FileChange]) -> Option<Span> {
    let path = after.files.path(span.file);
    let path = changes.iter().find(|change| change.to == path).map_or(path, |change| &change.from);
    let (file, old) = before.files.iter().find(|(_, file)| file.path == path)?;
    let line = after.files.get(span.file).line_column(span.start).line;
    let start = old.offset(LineColumn { line, column: 1 }) as usize;
    let text = old.text[start..].lines().next().unwrap_or_default();
    let from = start + (text.len() - text.trim_start().len());
    Some(Span::new(file, from, (start + text.trim_end().len()).max(from)))
}

/// A name for a message.
fn shown(node: &Node) -> &str {
    match node.kind {
        NodeKind::Test | NodeKind::UnitTest | NodeKind::Operation => &node.name,
        _ => node.unique_id.split_once('.').map_or(node.unique_id.as_str(), |(_, rest)| rest),
    }
}

/// The first line of a node, as its place.
pub(super) fn head(project: &Project, node: &Node) -> Span {
    let span = node.test.as_ref().map_or(node.span, |test| test.span);
    let text = project.files.text(span);
    let first = text.lines().next().map_or(0, str::len);
    Span { end: span.start + first as u32, ..span }
}
