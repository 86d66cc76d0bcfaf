//! What can be wrong with a node's SQL.

use super::parse::SyntaxError;
use crate::diagnostic::{Code, Diagnostic};
use crate::project::{Node, NodeId, NodeKind, Project};
use crate::render::Rendered;
use crate::source::{Origin, Span};

/// How many places of opaque SQL are named.
const SHOWN: usize = 10;

fn noun(node: &Node) -> &'static str {
    match node.kind {
        NodeKind::Snapshot => "snapshot",
        NodeKind::Test => "test",
        _ => "part",
    }
}

/// A file that gives no statement.
pub(super) fn empty(at: Span, node: &Node) -> Diagnostic {
    let noun = noun(node);
    Diagnostic::error(Code::EMPTY_PART, format!("{noun} `{}` is empty", node.name))
        .at(at, "no statement in this file")
        .help(format!("write a `select`, or delete the {noun}"))
}

/// A file whose comments or Jinja give no statement this time: dbt compiles it, no warehouse builds it.
pub(super) fn renders_to_nothing(at: Span, node: &Node, blank: bool) -> Diagnostic {
    let noun = noun(node);
    let what = if blank { "is empty once it is rendered" } else { "has only comments" };
    Diagnostic::warning(Code::EMPTY_PART, format!("{noun} `{}` {what}", node.name))
        .at(at, "no statement comes of this file")
        .help(format!("write a `select`, or switch the {noun} off where it has none: `enabled=false`"))
}

/// More than one statement.
pub(super) fn several(node: &Node, first: &Origin, second: &Origin) -> Diagnostic {
    let noun = noun(node);
    let message = format!("{noun} `{}` has more than one statement", node.name);
    Diagnostic::error(Code::SEVERAL_STATEMENTS, message)
        .at(second.span, "the second statement begins here")
        .related(first.span, "the first one begins here")
        .through(&second.frames)
        .help("put each statement into a file of its own, or move it to `pre_hook` or `post_hook`")
}

/// A string, comment or bracket without its other end.
pub(super) fn open(node: &Node, at: &Origin, what: &str) -> Diagnostic {
    let message = format!("the SQL of {} `{}` has a {what}", noun(node), node.name);
    let label = if at.exact { "it begins here" } else { "it comes from here" };
    Diagnostic::error(Code::SQL_SYNTAX, message)
        .at(at.span, label)
        .through(&at.frames)
        .help("add the other end, or take this one away")
}

/// All nodes whose SQL can't be parsed, in one warning.
pub(super) fn opaque(
    project: &Project,
    rendered: &Rendered,
    found: &[(NodeId, SyntaxError)],
) -> Option<Diagnostic> {
    let ((first, _), count) = (found.first()?, found.len());
    let name = &project.node(*first).name;
    let message = if count == 1 {
        format!("the SQL of `{name}` is not understood and is passed on as it is")
    } else {
        format!("the SQL of {count} parts is not understood and is passed on as it is")
    };
    let mut diagnostic = Diagnostic::warning(Code::OPAQUE, message);
    for (at, (id, error)) in found.iter().enumerate() {
        let Some(origin) =
            rendered.nodes[*id].as_ref().and_then(|it| it.source_map.origin(error.range.clone()))
        else {
            continue;
        };
        if at == 0 {
            diagnostic = diagnostic.at(origin.span, error.message.clone()).through(&origin.frames);
        } else if at < SHOWN {
            let file = project.files.get(origin.span.file);
            let place = file.line_column(origin.span.start);
            let note = format!("{}:{}:{}: {}", file.path, place.line, place.column, error.message);
            diagnostic = diagnostic.note(note);
        }
    }
    if count > SHOWN {
        diagnostic = diagnostic.note(format!("and {} more", count - SHOWN));
    }
    Some(diagnostic.help("nothing to do if the warehouse takes it; lineage and measures lack detail for it"))
}
