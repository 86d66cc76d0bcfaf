//! Stage 3, parse: what each node's SQL is, before anybody runs it.
//!
//! A part must be one statement, and no string, comment or bracket in it may stay open. Other SQL that can't be
//! parsed is no error: it is passed on as it is, and one warning counts all such parts.
//!
//! Tokens cost little, a parse costs more than all the rest of a compilation. So everything is parsed where that
//! is cheap, and in a large project only what looks odd by its tokens.

use std::ops::Range;
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::parse::{self, SyntaxError};
use super::{Dialect, StandIns, Token, TokenKind, errors, tokens};
use crate::diagnostic::{Diagnostic, Staged};
use crate::project::{Node, NodeId, NodeKind, Project};
use crate::render::{Collected, Rendered, RenderedNode};
use crate::source::{Origin, Span};

/// As much SQL as is parsed without looking twice: a fortieth of a second's work. Of twice as much it was a fifth of all work.
const PARSED_WHOLE: usize = 256 * 1024;

/// Looks at the SQL of every rendered node; gives those that are broken, in order.
pub fn check(project: &Project, collected: &Collected, rendered: &Rendered) -> Staged<Vec<NodeId>> {
    let sizes = rendered.nodes.iter().filter_map(|(_, own)| own.as_ref()).map(|own| own.sql.len());
    let parse_all = sizes.sum::<usize>() <= PARSED_WHOLE;
    let stand_ins = StandIns::of(collected);
    let found: Vec<Found> = (0..project.nodes.len() as u32)
        .into_par_iter()
        .map(|id| {
            let id = NodeId(id);
            match &rendered.nodes[id] {
                Some(own) if is_checked(project.node(id), collected, id) => {
                    one(project, project.node(id), own, parse_all, &stand_ins)
                }
                _ => Found::Fine,
            }
        })
        .collect();
    let mut diagnostics = Vec::new();
    let mut opaque = Vec::new();
    let mut broken = Vec::new();
    for (id, found) in found.into_iter().enumerate() {
        match found {
            Found::Fine => {}
            Found::Wrong(diagnostic) => {
                diagnostics.push(*diagnostic);
                broken.push(NodeId(id as u32));
            }
            Found::Nothing(diagnostic) => diagnostics.push(*diagnostic),
            Found::Opaque(error) => opaque.push((NodeId(id as u32), error)),
        }
    }
    diagnostics.extend(errors::opaque(project, rendered, &opaque));
    Staged::new(broken, diagnostics)
}

enum Found {
    Fine,
    Wrong(Box<Diagnostic>),
    /// Worth a warning, no more.
    Nothing(Box<Diagnostic>),
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

fn one(
    project: &Project,
    node: &Node,
    rendered: &RenderedNode,
    parse_all: bool,
    stand_ins: &StandIns,
) -> Found {
    let dialect = project.target.dialect;
    let sql = stand_ins.text(&rendered.sql);
    let sql = &*sql;
    let shape = Shape::of(dialect, sql);
    let nowhere = || Origin { span: place_of_empty(node), exact: false, frames: Arc::default() };
    let origin = |range: &Range<usize>| rendered.source_map.origin(range.clone()).unwrap_or_else(nowhere);
    match shape.statements.as_slice() {
        [] => {
            let at = place_of_empty(node);
            let written = node.body.map_or("", |body| project.files.text(body));
            if written.trim().is_empty() {
                Found::Wrong(Box::new(errors::empty(at, node)))
            } else {
                Found::Nothing(Box::new(errors::renders_to_nothing(at, node, sql.trim().is_empty())))
            }
        }
        [_] if parse_all || shape.open.is_some() || shape.odd => {
            match (parse::parse(dialect, sql), shape.open) {
                (Ok(_), _) => Found::Fine,
                (Err(_), Some((range, what))) => {
                    Found::Wrong(Box::new(errors::open(node, &origin(&range), what)))
                }
                (Err(error), None) => Found::Opaque(error),
            }
        }
        [_] => Found::Fine,
        [first, second, ..] => Found::Wrong(Box::new(errors::several(node, &origin(first), &origin(second)))),
    }
}

/// What a text's tokens tell.
struct Shape {
    /// The first word of each statement.
    statements: Vec<Range<usize>>,
    /// What is never closed, or never opened, and its name.
    open: Option<(Range<usize>, &'static str)>,
    /// True if it may well not be SQL.
    odd: bool,
}

impl Shape {
    fn of(dialect: Dialect, sql: &str) -> Self {
        let mut shape = Self { statements: Vec::new(), open: None, odd: false };
        let mut begun = false;
        let mut brackets: Vec<Range<usize>> = Vec::new();
        let mut last: Option<Token> = None;
        for token in tokens(dialect, sql) {
            let range = token.start as usize..token.end as usize;
            match token.kind {
                kind if kind.is_trivia() => continue,
                TokenKind::Symbol(b';') => {
                    begun = false;
                    continue;
                }
                TokenKind::Symbol(b'(') => brackets.push(range.clone()),
                TokenKind::Symbol(b')') if brackets.pop().is_none() => {
                    shape.open.get_or_insert((range.clone(), "closing bracket without an opening one"));
                }
                TokenKind::Open => {
                    let what = match token.text(sql).as_bytes() {
                        [b'/', ..] => "comment that is never closed",
                        [b'"' | b'`' | b'[', ..] => "quote that is never closed",
                        _ => "string that is never closed",
                    };
                    let opening = token.text(sql).chars().next().map_or(1, char::len_utf8);
                    shape.open = Some((range.start..range.start + opening, what));
                }
                _ => {}
            }
            if !begun {
                begun = true;
                shape.statements.push(range.clone());
                let opens = ["select", "with", "from", "values"].iter().any(|word| token.is(sql, word));
                shape.odd |= !opens && token.kind != TokenKind::Symbol(b'(');
            }
            last = Some(token);
        }
        if let Some(bracket) = brackets.pop() {
            shape.open.get_or_insert((bracket, "bracket that is never closed"));
        }
        shape.odd |= last.is_some_and(|token| match token.kind {
            TokenKind::Symbol(symbol) => !matches!(symbol, b')' | b']' | b'}' | b'*'),
            TokenKind::Word => DANGLING.iter().any(|word| token.is(sql, word)),
            _ => false,
        });
        shape
    }
}

/// Words that no statement ends with.
const DANGLING: &[&str] = &[
    "and",
    "as",
    "between",
    "by",
    "case",
    "distinct",
    "except",
    "from",
    "having",
    "in",
    "intersect",
    "is",
    "join",
    "like",
    "not",
    "on",
    "or",
    "over",
    "select",
    "then",
    "union",
    "using",
    "when",
    "where",
    "with",
];

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
        assert_eq!(Shape::of(Dialect::DuckDb, sql).statements.len(), count, "{sql}");
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

    #[test]
    fn what_stays_open_is_found() {
        let check = |sql: &str, expect: Option<(usize, &str)>| {
            let open = Shape::of(Dialect::DuckDb, sql).open;
            assert_eq!(open.map(|(range, what)| (range.start, what)), expect, "{sql}");
        };
        check("select (1)", None);
        check("select ((1)", Some((7, "bracket that is never closed")));
        check("select 1)", Some((8, "closing bracket without an opening one")));
        check("select 'it''s", Some((7, "string that is never closed")));
        check("select 1 /* (", Some((9, "comment that is never closed")));
    }

    #[test]
    fn odd_texts_are_told_by_their_ends() {
        let check =
            |sql: &str, expect: bool| assert_eq!(Shape::of(Dialect::DuckDb, sql).odd, expect, "{sql}");
        check("select * from t where a", false);
        check("select a, b from t where", true);
        check("select a, ", true);
        check("slect a from t", true);
        check("with a as (select 1) select * from a;", false);
    }
}
