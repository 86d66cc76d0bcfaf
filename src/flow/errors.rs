//! What lineage through the graph has to say beyond single statements.

use super::codes::{CodeList, CodeMeaning};
use super::export::name_of;
use super::model::{ColumnRef, Flow};
use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic};
use crate::lineage::Literal;
use crate::project::{ColumnProperties, NodeId, Project};
use crate::source::Origin;

/// So many codes are named in a message.
const SHOWN: usize = 12;

/// B0703: a literal that is none of the codes of what it is compared with.
pub(super) fn undocumented(
    project: &Project,
    flow: &Flow,
    at: ColumnRef,
    list: &CodeList,
    literal: &Literal,
    origin: &Origin,
) -> Diagnostic {
    let name = |at: ColumnRef| {
        let column = flow.column(at).map_or("", |column| &column.name);
        format!("{}.{column}", name_of(project, at.node))
    };
    let message = format!("`{}` is compared with {}, which is none of its codes", name(at), quoted(literal));
    let mut found = Diagnostic::warning(Code::UNDOCUMENTED_CODE, message)
        .at(origin.span, "not a code that is documented")
        .through(&origin.frames);
    let from = list.from.unwrap_or(at);
    let entry = flow.column(from).and_then(|column| super::describe::entry(project, from.node, &column.name));
    if let Some(span) = entry.and_then(|entry| entry.span) {
        found = found.related(span, "its codes are written here");
    }
    let meant = meant(list, literal);
    if let Some(meant) = meant {
        let text = format!("did you mean {}?", shown(meant));
        found = match (origin.exact, sql(&meant.code)) {
            // A sign stands outside of the literal's place.
            (true, Some(sql)) if !matches!(literal, Literal::Number(it) if it.starts_with('-')) => {
                found.fix(text, origin.span, sql)
            }
            _ => found.help(text),
        };
    }
    let mut names: Vec<String> = list.codes.iter().take(SHOWN).map(shown).collect();
    if list.codes.len() > SHOWN {
        names.push(format!("and {} more", list.codes.len() - SHOWN));
    }
    found.help(format!("these are documented: {}", names.join(", ")))
}

/// B0704: codes in `meta` that were meant for us and can't be read.
pub(super) fn unreadable_codes(
    project: &Project,
    node: NodeId,
    column: &ColumnProperties,
    fault: &str,
) -> Diagnostic {
    let name = format!("{}.{}", name_of(project, node), column.name);
    let message = format!("the codes of `{name}` have a mistake: {fault}");
    let found = Diagnostic::warning(Code::UNREADABLE_CODES, message);
    let found = match column.span {
        Some(span) => found.at(span, "in this column's `meta`"),
        None => found,
    };
    found
        .help("write `values: {1: new, 2: shipped}`, or a list of `{value: 1, label: new}`")
        .help("if `values` is another tool's, buhin's own can stand in `meta: {buhin: {values: …}}`")
}

/// The code that was likely meant: one whose meaning the literal is, or one that is written almost so.
fn meant<'l>(list: &'l CodeList, literal: &Literal) -> Option<&'l CodeMeaning> {
    let Literal::Text(text) = literal else { return None };
    let means = |code: &&CodeMeaning| {
        code.meaning.as_ref().is_some_and(|meaning| meaning.to_lowercase() == text.to_lowercase())
    };
    let named = |code: &&'l CodeMeaning| match &code.code {
        Literal::Text(code) => Some(&**code),
        _ => None,
    };
    list.codes.iter().find(means).or_else(|| {
        let near = closest(text, list.codes.iter().filter_map(|code| named(&code)))?;
        list.codes.iter().find(|code| named(code) == Some(near))
    })
}

/// A code with its meaning: `3` (cancelled).
fn shown(code: &CodeMeaning) -> String {
    match &code.meaning {
        Some(meaning) => format!("{} ({meaning})", quoted(&code.code)),
        None => quoted(&code.code),
    }
}

fn quoted(literal: &Literal) -> String {
    match literal {
        Literal::Number(text) => format!("`{text}`"),
        Literal::Text(text) => format!("`'{text}'`"),
        Literal::Bool(bool) => format!("`{bool}`"),
    }
}

/// The literal as every dialect reads it; `None` for what would need the dialect's own escapes.
fn sql(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Number(text) => Some(text.to_string()),
        Literal::Text(text) => (!text.contains(['\'', '\\', '\n'])).then(|| format!("'{text}'")),
        Literal::Bool(bool) => Some(bool.to_string()),
    }
}
