//! Arrows as text that other tools draw: Mermaid, DOT, CSV.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::picture::{Arrow, Point};

/// Nodes of a drawing by relation, with their columns; and each column's name in the drawing.
struct Boxes<'a>(IndexMap<(&'a str, &'a str), IndexMap<&'a str, String>>);

impl<'a> Boxes<'a> {
    fn of(arrows: &'a [Arrow]) -> Self {
        let mut boxes: IndexMap<(&str, &str), IndexMap<&str, String>> = IndexMap::new();
        for point in arrows.iter().flat_map(|arrow| [&arrow.from, &arrow.to]) {
            boxes.entry(key(point)).or_default().entry(&point.column).or_default();
        }
        boxes.sort_unstable_keys();
        for (at, columns) in boxes.values_mut().enumerate() {
            columns.sort_unstable_keys();
            for (place, id) in columns.values_mut().enumerate() {
                *id = format!("c{at}_{place}");
            }
        }
        Self(boxes)
    }

    fn id(&self, point: &'a Point) -> &str {
        self.0.get(&key(point)).and_then(|columns| columns.get(point.column.as_str())).map_or("", |id| id)
    }
}

fn key(point: &Point) -> (&str, &str) {
    (&point.relation, &point.name)
}

/// A flowchart for GitHub and others that draw Mermaid: a box for each relation, its columns in it.
pub fn mermaid(arrows: &[Arrow]) -> String {
    let boxes = Boxes::of(arrows);
    let mut out = "flowchart LR\n".to_owned();
    for (at, ((_, name), columns)) in boxes.0.iter().enumerate() {
        let _ = writeln!(out, "  subgraph r{at}[\"{}\"]", mermaid_text(name));
        for (column, id) in columns {
            let _ = writeln!(out, "    {id}[\"{}\"]", mermaid_text(column));
        }
        out.push_str("  end\n");
    }
    for arrow in arrows {
        let (from, to) = (boxes.id(&arrow.from), boxes.id(&arrow.to));
        let line = if arrow.class == "value" { "-->" } else { "-.->" };
        let _ = match arrow.kind {
            "identity" | "rename" => writeln!(out, "  {from} {line} {to}"),
            kind => writeln!(out, "  {from} {line}|{kind}| {to}"),
        };
    }
    out
}

/// Text in a Mermaid label: what could end it is written as its number.
fn mermaid_text(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '"' | '#' | '<' | '>' | '&' | '`' | ';' => {
                let _ = write!(out, "#{};", u32::from(char));
            }
            '\n' | '\r' | '\t' => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

/// A graph for Graphviz.
pub fn dot(arrows: &[Arrow]) -> String {
    let boxes = Boxes::of(arrows);
    let mut out = "digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for (at, ((_, name), columns)) in boxes.0.iter().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{at} {{\n    label={};", dot_text(name));
        for (column, id) in columns {
            let _ = writeln!(out, "    {id} [label={}];", dot_text(column));
        }
        out.push_str("  }\n");
    }
    for arrow in arrows {
        let style = if arrow.class == "value" { "" } else { " style=dashed" };
        let (from, to) = (boxes.id(&arrow.from), boxes.id(&arrow.to));
        let _ = writeln!(out, "  {from} -> {to} [label={}{style}];", dot_text(arrow.kind));
    }
    out.push_str("}\n");
    out
}

fn dot_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " "))
}

/// A line an arrow, with a header.
pub fn csv(arrows: &[Arrow]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory can't fail, and all records are as long as the header.
    drop(writer.write_record([
        "from_relation",
        "from_column",
        "from_type",
        "to_relation",
        "to_column",
        "to_type",
        "class",
        "kind",
    ]));
    for Arrow { from, to, class, kind } in arrows {
        let record = [&from.name, &from.column, from.what, &to.name, &to.column, to.what, class, kind];
        drop(writer.write_record(record));
    }
    String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
}
