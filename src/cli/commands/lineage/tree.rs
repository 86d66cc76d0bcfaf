//! Lineage as a tree for people.

use std::fmt::Write as _;

use crate::compile::Resolved;
use crate::flow::export::{Picture, class, name_of};
use crate::flow::{ColumnRef, End, Flow, Step, description};
use crate::lineage::Literal;
use crate::plan::number;

/// Each column with its steps, indented.
pub(super) fn text(picture: &Picture<'_>) -> String {
    let mut out = String::new();
    for found in &picture.found {
        let Some(column) = picture.lineage.column(found.start) else { continue };
        let part = name_of(picture.project, found.start.node);
        let _ = write!(out, "{part}.{}", column.name);
        if let Some(data_type) = &column.data_type {
            let _ = write!(out, " ({data_type})");
        }
        let _ = write!(out, "  {}", column.kind.name());
        if let Some((origin, text)) = picture.expression(found.start) {
            let file = picture.project.files.get(origin.span.file);
            let at = file.line_column(origin.span.start);
            let text = one_line(text);
            if text != *column.name {
                let _ = write!(out, ": {text}");
            }
            let _ = write!(out, "  [{}:{}:{}]", file.path, at.line, at.column);
        }
        out.push('\n');
        if let Some(described) = description(picture.project, picture.lineage, found.start) {
            let _ = write!(out, "  {}", one_line(described.text));
            if described.from != found.start {
                let from = picture.point(found.start.node, End::Column(described.from));
                let _ = write!(out, "  (said of {}.{})", from.name, from.column);
            }
            out.push('\n');
        }
        codes(picture, found.start, &mut out);
        branch(picture, "made of", &found.upstream, &mut out);
        branch(picture, "read by", &found.downstream, &mut out);
        out.push('\n');
    }
    if out.is_empty() {
        out.push_str("no columns are known\n");
    }
    out
}

/// A line for each code, and what it means.
fn codes(picture: &Picture<'_>, at: ColumnRef, out: &mut String) {
    /// A tree is no place for the codes of all towns.
    const MOST: usize = 24;
    let Some(list) = picture.codes.of(at) else { return };
    out.push_str("  codes\n");
    for known in list.codes.iter().take(MOST) {
        let _ = match &known.code {
            Literal::Number(text) => write!(out, "    {text}"),
            Literal::Text(text) => write!(out, "    '{}'", one_line(text)),
            Literal::Bool(bool) => write!(out, "    {bool}"),
        };
        if let Some(meaning) = &known.meaning {
            let _ = write!(out, "  {}", one_line(meaning));
        }
        if let Some(from) = known.from {
            let from = picture.point(at.node, End::Column(from));
            let _ = write!(out, "  (said of {}.{})", from.name, from.column);
        }
        out.push('\n');
    }
    if list.codes.len() > MOST {
        let _ = writeln!(out, "    … {} more", list.codes.len() - MOST);
    }
}

/// The lines of one direction; steps stand in the order of a tree's lines.
fn branch(picture: &Picture<'_>, title: &str, steps: &[Step], out: &mut String) {
    if steps.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {title}");
    for (at, step) in steps.iter().enumerate() {
        let mut line = "  ".to_owned();
        for depth in 1..step.depth {
            line.push_str(if goes_on(&steps[at + 1..], depth) { "│  " } else { "   " });
        }
        line.push_str(if goes_on(&steps[at + 1..], step.depth) { "├─ " } else { "└─ " });
        let point = picture.point(step.left.node, step.to);
        let (class, kind) = class(step);
        let to = match step.to {
            End::Gap(_) => format!("? {} ({})", point.column, point.name.replace('_', " ")),
            _ => format!("{}.{}", point.name, point.column),
        };
        line.push_str(&to);
        if class == "shape" || kind != "identity" {
            let _ = write!(line, "  {}", kind.replace('_', " "));
        }
        let leads_on = step.is_again && matches!(step.to, End::Column(_));
        out.push_str(&line);
        out.push_str(if leads_on { "  (see above)\n" } else { "\n" });
    }
}

/// True if another branch of this depth comes before the tree goes back below it.
fn goes_on(rest: &[Step], depth: usize) -> bool {
    rest.iter().find(|step| step.depth <= depth).is_some_and(|step| step.depth == depth)
}

fn one_line(text: &str) -> String {
    const MOST: usize = 60;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// What is known of a project's columns, in numbers, with the nodes that tell least.
pub(super) fn summary(resolved: &Resolved<'_>, lineage: &Flow) -> String {
    let (columns, edges, unknown) = lineage.counts();
    let mut out = format!(
        "{} columns, {} value edges, {} of them unknown\n",
        number(columns as u128),
        number(edges as u128),
        number(unknown as u128)
    );
    let mut reasons = std::collections::BTreeMap::<&str, usize>::new();
    let mut opaque = Vec::new();
    for (id, node) in lineage.nodes.iter() {
        let Some(node) = node else { continue };
        for gap in &node.gaps {
            *reasons.entry(gap.reason.name()).or_default() += 1;
        }
        if let Some(why) = &node.opaque {
            opaque.push((name_of(resolved.project, id), why));
        }
    }
    for (reason, count) in reasons {
        let _ = writeln!(out, "  {count} {}", reason.replace('_', " "));
    }
    for (name, why) in &opaque {
        let _ = writeln!(out, "  {name} is opaque: {}", one_line(why));
    }
    out
}
