//! The data dictionary: every column of everything that has any, in pieces for the page, and whole for other tools.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::json;

use super::columns::{At, Column, Columns};
use super::{Site, entities, people, text};

/// Rows of a piece.
const PIECE: usize = 5_000;
/// The longest description in a row of a page, in characters.
const LONGEST: usize = 2_000;

/// How many pieces there are; one even if there is no row.
pub(super) fn pieces(columns: &Columns<'_>) -> u32 {
    columns.count().div_ceil(PIECE).max(1) as u32
}

/// A row as the page reads it, by place.
#[derive(Serialize)]
pub(super) struct Row<'a>(
    u32,
    u32,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
    Option<String>,
    i64,
    Option<Vec<(Cow<'a, str>, Option<&'a str>)>>,
);

/// The rows of one piece.
pub(super) fn rows<'a>(site: &'a Site<'a>, piece: u32) -> Vec<Row<'a>> {
    let all = site.columns.iter().skip(piece as usize * PIECE).take(PIECE);
    let rows = all.map(|(At { n, index }, column)| {
        let said = text::plain(column.description, LONGEST);
        let inherited = column.inherited.map_or(-1, |from| i64::from(from.n));
        let said = (!said.is_empty()).then_some(said);
        let codes: Vec<_> = column.codes().collect();
        let codes = (!codes.is_empty()).then_some(codes);
        Row(n, index, column.name, column.label(), column.data_type(), said, inherited, codes)
    });
    rows.collect()
}

const HEADER: [&str; 14] = [
    "unique_id",
    "kind",
    "database",
    "schema",
    "name",
    "label",
    "owner",
    "column",
    "column_label",
    "type",
    "description",
    "inherited_from",
    "codes",
    "tests",
];

/// One line of the dictionary, in the order of [`HEADER`].
fn line(site: &Site<'_>, at: At, column: &Column<'_>) -> [String; 14] {
    let id = site.entities.id(at.n);
    let node = site.input.project.node(id);
    let relation = site.input.collected.nodes[id].as_ref().and_then(|node| node.relation.as_ref());
    let tests = site.tests[at.n as usize].iter().filter(|test| test.column == Some(at.index));
    let inherited = column.inherited.map(|from| {
        let of = site.input.project.node(site.entities.id(from.n));
        format!("{}.{}", of.unique_id, site.columns.get(from).name)
    });
    let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
    [
        node.unique_id.clone(),
        node.kind.resource_type().to_owned(),
        own(relation.and_then(|relation| relation.database.as_deref())),
        own(relation.and_then(|relation| relation.schema.as_deref())),
        entities::name(node),
        own(people::label(site.input, id)),
        own(site.people.owner(at.n).map(|owner| owner.name)),
        column.name.to_owned(),
        own(column.label()),
        own(column.data_type()),
        column.description.to_owned(),
        inherited.unwrap_or_default(),
        column
            .codes()
            .map(|(code, meaning)| format!("{code}={}", meaning.unwrap_or("?")))
            .collect::<Vec<_>>()
            .join("\n"),
        tests.map(|test| test.says.as_str()).collect::<Vec<_>>().join("\n"),
    ]
}

/// A file that spreadsheets open as it is: UTF-8 with its mark, lines that end in two characters, and nothing in it
/// that they would take for a formula.
pub(super) fn csv(site: &Site<'_>) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    record(&mut out, HEADER.iter().copied());
    for (at, column) in site.columns.iter() {
        let line = line(site, at, column);
        record(&mut out, line.iter().map(String::as_str));
    }
    out.into_bytes()
}

fn record<'t>(out: &mut String, fields: impl Iterator<Item = &'t str>) {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            out.push(',');
        }
        let is_formula = field
            .starts_with(['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
        let quoted = is_formula || field.contains(['"', ',', '\n', '\r', '\t']);
        if !quoted {
            out.push_str(field);
            continue;
        }
        out.push('"');
        if is_formula {
            out.push('\'');
        }
        for char in field.chars() {
            if char == '"' {
                out.push('"');
            }
            out.push(char);
        }
        out.push('"');
    }
    out.push_str("\r\n");
}

/// The same rows as JSON, an object a row.
pub(super) fn json(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::from(*b"[");
    for (at, (place, column)) in site.columns.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
        let line = line(site, place, column);
        let row: serde_json::Map<String, serde_json::Value> =
            HEADER.iter().zip(line).map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        out.extend(sonic_rs::to_vec(&row).unwrap_or_default());
    }
    out.extend_from_slice(b"\n]\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[&str], expect: &str) {
        let mut out = String::new();
        record(&mut out, fields.iter().copied());
        assert_eq!(out, format!("{expect}\r\n"));
    }

    #[test]
    fn fields_are_quoted_where_they_must() {
        check(&["a", "b c", "d,e", "f\"g", "h\ni", ""], "a,b c,\"d,e\",\"f\"\"g\",\"h\ni\",");
    }

    #[test]
    fn a_spreadsheet_runs_nothing() {
        check(
            &["=cmd|'/c calc'!A1", "+1", "-1", "@x", "\t=1", "\u{ff1d}1"],
            "\"'=cmd|'/c calc'!A1\",\"'+1\",\"'-1\",\"'@x\",\"'\t=1\",\"'\u{ff1d}1\"",
        );
        check(&["a=1", "1-2"], "a=1,1-2");
    }
}
