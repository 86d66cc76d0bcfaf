//! `buhin plan --diff`: what is decided otherwise than it was.

use camino::Utf8Path;
use serde_json::json;

use crate::cli::args::Format;
use crate::cli::output;
use crate::cli::session::Session;
use crate::cli::table::{Align, table};
use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Approved, approved};

/// One decision that is not what it was.
struct Change {
    unique_id: String,
    was: String,
    is: String,
    why: String,
}

pub(super) fn text(
    session: &Session,
    resolved: &Resolved<'_>,
    base: &str,
    format: Format,
) -> Result<String, Diagnostic> {
    let base = match base {
        "" => resolved.approved.clone(),
        base => read(session, resolved, base)?,
    };
    let changes = changes(resolved, &base);
    Ok(match format {
        Format::Json => changes.iter().map(object).collect(),
        Format::Markdown => markdown(&changes),
        _ => lines(&changes),
    })
}

/// The plan of a file, or the approved plan of a git revision.
fn read(session: &Session, resolved: &Resolved<'_>, base: &str) -> Result<Approved, Diagnostic> {
    let file = Utf8Path::new(base);
    if let Ok(bytes) = session.read_file(file) {
        return approved::parse(file, &bytes);
    }
    let path = approved::path(resolved.project);
    match session.read_revision(base, &path) {
        Ok(Some(bytes)) => approved::parse(&path, &bytes),
        Ok(None) => Ok(Approved::default()),
        Err(why) => Err(Diagnostic::error(
            Code::BAD_APPROVED_PLAN,
            format!("`{base}` is neither a file nor a revision that git knows: {why}"),
        )
        .help("give a branch, a commit, or the path of a plan.json")),
    }
}

fn changes(resolved: &Resolved<'_>, base: &Approved) -> Vec<Change> {
    let before = base.of(&resolved.project.target.name);
    let mut changes = Vec::new();
    let mut seen = Vec::new();
    for id in resolved.graph.order.iter().copied() {
        let Some(decision) = &resolved.plan.decisions[id] else { continue };
        let unique_id = &resolved.project.node(id).unique_id;
        let was = before.get(unique_id);
        seen.push(unique_id.as_str());
        let is = decision.word();
        if was.map(String::as_str) == Some(is) || (was.is_none() && !decision.auto) {
            continue;
        }
        changes.push(Change {
            unique_id: unique_id.clone(),
            was: was.cloned().unwrap_or_else(|| "new".to_owned()),
            is: is.to_owned(),
            why: decision.reason.text.clone(),
        });
    }
    for (unique_id, was) in before.iter().filter(|(unique_id, _)| !seen.contains(&unique_id.as_str())) {
        changes.push(Change {
            unique_id: unique_id.clone(),
            was: was.clone(),
            is: "gone".to_owned(),
            why: "no such part is built".to_owned(),
        });
    }
    changes
}

fn name(unique_id: &str) -> &str {
    unique_id.splitn(3, '.').nth(2).unwrap_or(unique_id)
}

fn lines(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "all decisions are as approved\n".to_owned();
    }
    let header =
        [("part", Align::Left), ("was", Align::Left), ("becomes", Align::Left), ("why", Align::Left)];
    let cells = |change: &Change| {
        vec![name(&change.unique_id).to_owned(), change.was.clone(), change.is.clone(), change.why.clone()]
    };
    let rows: Vec<Vec<String>> = changes.iter().map(cells).collect();
    format!("{}\n{} decisions differ\n", table(&header, &rows, output::width()), changes.len())
}

fn markdown(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "All decisions are as approved.\n".to_owned();
    }
    let row = |change: &Change| {
        let why = change.why.replace('|', "\\|");
        format!("| `{}` | {} | {} | {why} |\n", name(&change.unique_id), change.was, change.is)
    };
    let rows: String = changes.iter().map(row).collect();
    format!("| part | was | becomes | why |\n|---|---|---|---|\n{rows}")
}

fn object(change: &Change) -> String {
    let object =
        json!({"unique_id": change.unique_id, "was": change.was, "becomes": change.is, "why": change.why});
    format!("{object}\n")
}
