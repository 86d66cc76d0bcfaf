//! Stage 3, parse: what each node's SQL is, before anybody runs it.
//!
//! A part must be one statement. SQL that can't be parsed is no error: it is passed on as it is, and one warning
//! counts all such parts.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::parse::{self, SyntaxError};
use super::{Dialect, TokenKind, errors, tokens};
use crate::diagnostic::{Diagnostic, Staged};
use crate::project::{Node, NodeId, NodeKind, Project};
use crate::render::{Collected, Rendered, RenderedNode};
use crate::source::{Origin, Span};

/// Looks at the SQL of every rendered node.
pub fn check(project: &Project, collected: &Collected, rendered: &Rendered) -> Staged<()> {
    let found: Vec<Found> = (0..project.nodes.len() as u32)
        .into_par_iter()
        .map(|id| {
            let id = NodeId(id);
            match &rendered.nodes[id] {
                Some(own) if is_checked(project.node(id), collected, id) => {
                    one(project, project.node(id), own)
                }
                _ => Found::Fine,
            }
        })
        .collect();
    let mut diagnostics = Vec::new();
    let mut opaque = Vec::new();
    for (id, found) in found.into_iter().enumerate() {
        match found {
            Found::Fine => {}
            Found::Wrong(diagnostic) => diagnostics.push(*diagnostic),
            Found::Opaque(error) => opaque.push((NodeId(id as u32), error)),
        }
    }
    diagnostics.extend(errors::opaque(project, rendered, &opaque));
    Staged::new((), diagnostics)
}

enum Found {
    Fine,
    Wrong(Box<Diagnostic>),
    Opaque(SyntaxError),
}

/// Nodes whose SQL must be one statement. Analyses are free text, and so is what a project's own materialization
/// makes of a part.
fn is_checked(node: &Node, collected: &Collected, id: NodeId) -> bool {
    if node.is_python {
        return false;
    }
    let known = ["view", "table", "ephemeral", "inline", "auto", "incremental", "materialized_view", "temp"];
    match node.kind {
        NodeKind::Model => {
            let materialized = collected.nodes[id].as_ref().and_then(|it| it.config.materialized());
            materialized.is_none_or(|name| known.contains(&name))
        }
        NodeKind::Snapshot => true,
        NodeKind::Test => node.test.as_ref().is_some_and(|test| test.name.is_empty()),
        _ => false,
    }
}

fn one(project: &Project, node: &Node, rendered: &RenderedNode) -> Found {
    let dialect = project.target.dialect;
    let sql = rendered.sql.as_str();
    let statements = statements(dialect, sql);
    let origin = |start: usize, end: usize| rendered.source_map.origin(start..end);
    match statements.as_slice() {
        [] => Found::Wrong(Box::new(errors::empty(place_of_empty(node), node, sql.trim().is_empty()))),
        [_] => match parse::parse(dialect, sql) {
            Ok(_) => Found::Fine,
            Err(error) => Found::Opaque(error),
        },
        [first, second, ..] => {
            let nowhere = || Origin { span: node.span, exact: false, frames: Vec::new() };
            let first = origin(first.0, first.1).unwrap_or_else(nowhere);
            let second = origin(second.0, second.1).unwrap_or_else(nowhere);
            Found::Wrong(Box::new(errors::several(node, &first, &second)))
        }
    }
}

/// The first word of each statement, as bytes.
fn statements(dialect: Dialect, sql: &str) -> Vec<(usize, usize)> {
    let mut starts = Vec::new();
    let mut begun = false;
    for token in tokens(dialect, sql) {
        match token.kind {
            kind if kind.is_trivia() => {}
            TokenKind::Symbol(b';') => begun = false,
            _ if begun => {}
            _ => {
                begun = true;
                starts.push((token.start as usize, token.end as usize));
            }
        }
    }
    starts
}

/// The start of the file: there is nothing in it to point at.
fn place_of_empty(node: &Node) -> Span {
    let span = node.body.unwrap_or(node.span);
    Span { end: span.start, ..span }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, count: usize) {
        assert_eq!(statements(Dialect::DuckDb, sql).len(), count, "{sql}");
    }

    #[test]
    fn statements_are_counted_by_their_words() {
        check("", 0);
        check(" -- only a comment; really\n/* ; */ ;;", 0);
        check("select ';' ; ", 1);
        check("select 1; -- the end", 1);
        check("select 1; select 2;", 2);
        check("select $$ ; $$", 1);
    }
}
