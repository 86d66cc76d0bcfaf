//! The data dictionary: every column of everything that has any, in pieces for the page, and whole for other tools.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::columns::{At, Column, Columns};
use super::{Site, entities, people, pieces, text};

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
struct Line<'a>([Cow<'a, str>; 14]);

impl Serialize for Line<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(HEADER.len()))?;
        for (key, value) in HEADER.iter().zip(&self.0) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// The lines of one entity.
fn lines<'a>(site: &'a Site<'a>, n: u32) -> impl Iterator<Item = Line<'a>> {
    let id = site.entities.id(n);
    let node = site.input.project.node(id);
    let relation = site.input.collected.nodes[id].as_ref().and_then(|node| node.relation.as_ref());
    let name = entities::name(node);
    let own = |text: Option<&'a str>| Cow::Borrowed(text.unwrap_or_default());
    let entity = [
        Cow::Borrowed(node.unique_id.as_str()),
        node.kind.resource_type().into(),
        own(relation.and_then(|relation| relation.database.as_deref())),
        own(relation.and_then(|relation| relation.schema.as_deref())),
        name.into(),
        own(people::label(site.input, id)),
        own(site.people.owner(n).map(|owner| owner.name)),
    ];
    site.columns.of_entity(n).iter().enumerate().map(move |(index, column)| {
        let [id, kind, database, schema, name, label, owner] = entity.clone();
        let tests = site.tests[n as usize].iter().filter(move |test| test.column == Some(index as u32));
        Line([
            id,
            kind,
            database,
            schema,
            name,
            label,
            owner,
            column.name.into(),
            own(column.label()),
            own(column.data_type()),
            column.description.into(),
            inherited(site, column).into(),
            column
                .codes()
                .map(|(code, meaning)| format!("{code}={}", meaning.unwrap_or("?")))
                .collect::<Vec<_>>()
                .join("\n")
                .into(),
            tests.map(|test| test.says.as_str()).collect::<Vec<_>>().join("\n").into(),
        ])
    })
}

/// The column that a description is inherited from; empty if it is not.
fn inherited(site: &Site<'_>, column: &Column<'_>) -> String {
    let from = column.inherited.map(|from| {
        let of = site.input.project.node(site.entities.id(from.n));
        format!("{}.{}", of.unique_id, site.columns.get(from).name)
    });
    from.unwrap_or_default()
}

/// A file that spreadsheets open as it is: UTF-8 with its mark, lines that end in two characters, and nothing in it
/// that they would take for a formula.
pub(super) fn csv(site: &Site<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut head = String::from("\u{feff}");
    record(&mut head, HEADER.iter().copied());
    out.write_all(head.as_bytes())?;
    pieces::in_order(site.entities.len(), out, |n, piece| {
        let mut text = String::new();
        for line in lines(site, n) {
            record(&mut text, line.0.iter().map(|field| &**field));
        }
        piece.extend_from_slice(text.as_bytes());
    })
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
pub(super) fn json(site: &Site<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let first = (0..site.entities.len()).find(|n| !site.columns.of_entity(*n).is_empty());
    pieces::in_order(site.entities.len(), out, |n, piece| {
        for (index, line) in lines(site, n).enumerate() {
            let is_first = index == 0 && Some(n) == first;
            piece.extend_from_slice(if is_first { b"\n" } else { b",\n" });
            // Writing plain data to memory can't fail.
            drop(sonic_rs::to_writer(&mut *piece, &line));
        }
    })?;
    out.write_all(b"\n]\n")
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
