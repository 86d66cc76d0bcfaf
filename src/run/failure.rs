//! What the warehouse's answers mean to the author: B0803, B0804 and B0805, with their places.

use super::errors::lower_headline;
use super::report::Status;
use super::value::Table;
use super::warehouse::DatabaseError;
use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::{Compiled, ddl};
use crate::project::{Node, NodeId, Project};
use crate::source::{Sources, Span};
use crate::sql::Relation;

/// B0803: a statement was refused. `compiled` is the author's SQL, which stands somewhere in `sql`.
pub(super) fn statement(
    files: &Sources,
    node: &Node,
    compiled: &Compiled,
    sql: &str,
    error: &DatabaseError,
) -> Diagnostic {
    let what = format!("{} `{}`", node.kind.resource_type(), node.name);
    let diagnostic = Diagnostic::error(Code::SQL_FAILED, format!("{what}: {}", lower_headline(error)));
    let offset = error.offset.and_then(|offset| locate(sql, &compiled.sql, offset));
    let origin = offset.and_then(|offset| {
        let end = offset + word_length(&compiled.sql[offset..]);
        compiled.source_map.origin(offset..end)
    });
    let exact = origin.as_ref().is_some_and(|origin| origin.exact);
    let mut diagnostic = match origin {
        Some(origin) => {
            let label = if origin.exact { "" } else { "the SQL that this gives was refused" };
            diagnostic.at(origin.span, label).through(&origin.frames)
        }
        None => diagnostic.at(first_line(files, node), ""),
    };
    if error.message.lines().count() > 1 || error.headline() != error.message {
        diagnostic = diagnostic.note(error.message.as_str());
    } else {
        diagnostic = diagnostic.note(format!("DuckDB says: {}", error.message));
    }
    match (offset, error.offset) {
        // The failing line, where the author's text does not show it.
        (Some(offset), _) if !exact => {
            let line = line_at(&compiled.sql, offset).trim();
            if !line.is_empty() && line.len() <= 200 {
                diagnostic = diagnostic.note(format!("in the compiled SQL: {line}"));
            }
        }
        (None, Some(offset)) => diagnostic = diagnostic.note(format!("in: {}", line_at(sql, offset).trim())),
        _ => {}
    }
    match suggestion(&error.message) {
        Some(name) => diagnostic.help(format!("did you mean `{name}`?")),
        None => diagnostic,
    }
}

/// B0508: the engine doesn't plan a statement.
pub(super) fn refused(
    project: &Project,
    id: NodeId,
    compiled: &Compiled,
    error: &DatabaseError,
) -> Diagnostic {
    let node = project.node(id);
    let dialect = project.target.dialect;
    let sql = format!("explain {}", ddl::strip_terminator(dialect, &compiled.sql));
    let found = statement(&project.files, node, compiled, &sql, error);
    let name = &node.name;
    let message = format!("{} refuses the statement of `{name}`: {}", dialect.name(), lower_headline(error));
    Diagnostic { code: Code::STATEMENT_REFUSED, message, ..found }
}

/// B0804 or B0805: a data test found rows.
pub(super) fn test(
    node: &Node,
    status: Status,
    failures: i64,
    examples: Option<&Table>,
    stored: Option<&Relation>,
) -> Diagnostic {
    let results = if failures == 1 { "result" } else { "results" };
    let message = format!("test `{}` got {failures} {results}", node.name);
    let diagnostic = if status == Status::Fail {
        Diagnostic::error(Code::TEST_FAILED, message)
    } else {
        Diagnostic::warning(Code::TEST_WARNED, message)
    };
    let span = node.test.as_ref().map_or(node.span, |test| test.span);
    let diagnostic = diagnostic.at(span, "");
    let diagnostic = match examples {
        Some(table) => diagnostic.note(format!("for example: {}", rows_as_text(table))),
        None => diagnostic,
    };
    match stored {
        Some(relation) => diagnostic.help(format!("the rows are kept in {}", relation.render())),
        None => diagnostic.help(format!("`buhin show --select {}` shows the rows", node.name)),
    }
}

/// A few rows, one a line, each value with its column's name.
pub(super) fn rows_as_text(table: &Table) -> String {
    let rows = table.rows.iter().map(|row| {
        let values = table.columns.iter().zip(row).take(6).map(|(column, value)| {
            let mut text: String = value.to_string().chars().take(40).collect();
            if text.is_empty() {
                text.push_str("''");
            }
            format!("{}={text}", column.name)
        });
        values.collect::<Vec<_>>().join(", ")
    });
    let more = if table.truncated { "\n…" } else { "" };
    format!("{}{more}", rows.collect::<Vec<_>>().join("\n"))
}

/// The place in `compiled` of a byte of `sql`, the statement that it was put into.
fn locate(sql: &str, compiled: &str, offset: usize) -> Option<usize> {
    let body = compiled.trim();
    let leading = compiled.len() - compiled.trim_start().len();
    let mut length = body.len().min(200);
    while !body.is_char_boundary(length) {
        length -= 1;
    }
    // The end may have been cut, from the last `;` on.
    let whole = &body[..length];
    let short = whole.rsplit_once(';').map_or(whole, |(short, _)| short.trim_end());
    let start = [whole, short].iter().find_map(|text| sql.find(text).filter(|_| !text.is_empty()))?;
    let within = offset.checked_sub(start)? + leading;
    (within < compiled.len() && compiled.is_char_boundary(within)).then_some(within)
}

/// The length of the name, number or sign at the beginning of `text`.
fn word_length(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix('"') {
        return rest.find('"').map_or(1, |end| end + 2);
    }
    let end = text.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(text.len());
    if end > 0 { end } else { text.chars().next().map_or(0, char::len_utf8) }
}

fn line_at(text: &str, offset: usize) -> &str {
    let offset = offset.min(text.len());
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    text[start..].lines().next().unwrap_or("")
}

/// The node's first line that is not blank; for what has no text of its own, its place in YAML.
fn first_line(files: &Sources, node: &Node) -> Span {
    let span = node.test.as_ref().map(|test| test.span).or(node.body).unwrap_or(node.span);
    let text = files.text(span);
    let leading = text.len() - text.trim_start().len();
    let length = text[leading..].lines().next().map_or(0, |line| line.trim_end().len());
    let start = span.start as usize + leading;
    Span::new(span.file, start, start + length)
}

/// A name near to the one that DuckDB doesn't know, of those that it offers.
fn suggestion(message: &str) -> Option<&str> {
    let after = |words: &str| message.split_once(words).map(|(_, rest)| rest);
    let name = |rest: &'_ str| -> Option<usize> { rest.find(['"', ' ', '!']).filter(|end| *end > 0) };
    let unknown = after("Referenced column \"").or_else(|| after("Table with name "))?;
    let unknown = &unknown[..name(unknown)?];
    let offered = after("Did you mean \"").or_else(|| after("Candidate bindings: \""))?;
    let offered = offered.lines().next()?.trim_end_matches(['?', '"']);
    let offered: Vec<&str> = offered.split("\", \"").collect();
    closest(unknown, offered.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_statement_is_a_place_in_the_authors_sql() {
        let compiled = "\n\nselect nme from t;\n";
        let sql = "create table x as (\nselect nme from t\n)";
        let offset = sql.find("nme").expect("it is there");
        let within = locate(sql, compiled, offset).expect("it is in the author's part");
        assert!(compiled[within..].starts_with("nme"));
        assert_eq!(locate(sql, compiled, 3), None);
    }

    #[test]
    fn duckdbs_suggestions_are_found() {
        assert_eq!(
            suggestion(
                "Catalog Error: Table with name custmers does not exist!\nDid you mean \"customers\"?"
            ),
            Some("customers")
        );
        assert_eq!(
            suggestion(
                "Binder Error: Referenced column \"nme\" not found\nCandidate bindings: \"id\", \"name\""
            ),
            Some("name")
        );
        assert_eq!(suggestion("Parser Error: no"), None);
    }
}
