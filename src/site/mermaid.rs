//! A graph as GitHub draws it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::project::NodeKind;

/// A flowchart from left to right.
#[derive(Default)]
pub(super) struct Chart {
    nodes: String,
    edges: String,
    /// What boxes are called: by their names, so that another box more changes no other line.
    ids: BTreeMap<u32, String>,
    has_own: bool,
}

impl Chart {
    /// A box; the shape tells what it is, and the page's own stands out. A box that is there already stays.
    pub(super) fn node(&mut self, n: u32, name: &str, kind: NodeKind, is_own: bool) {
        if self.ids.contains_key(&n) {
            return;
        }
        let (open, close) = match kind {
            NodeKind::Source | NodeKind::Seed => ("[(", ")]"),
            NodeKind::Exposure => (">", "]"),
            NodeKind::Snapshot => ("[[", "]]"),
            _ => ("[", "]"),
        };
        let id = if is_own { "own".to_owned() } else { self.free(name) };
        self.has_own |= is_own;
        let _infallible = writeln!(self.nodes, "  {id}{open}\"{}\"{close}", escaped(name));
        self.ids.insert(n, id);
    }

    /// An arrow between boxes.
    pub(super) fn edge(&mut self, from: u32, to: u32) {
        if let (Some(from), Some(to)) = (self.ids.get(&from), self.ids.get(&to)) {
            let _infallible = writeln!(self.edges, "  {from} --> {to}");
        }
    }

    /// A box for neighbours that are not shown.
    pub(super) fn more(&mut self, n: u32, count: usize, is_parent: bool) {
        let Some(own) = self.ids.get(&n) else { return };
        let (name, edge) = if is_parent {
            ("before", format!("before --> {own}"))
        } else {
            ("after", format!("{own} --> after"))
        };
        let _infallible = writeln!(self.nodes, "  {name}[\"{count} more\"]");
        let _infallible = writeln!(self.edges, "  {edge}");
    }

    /// The chart in a block of its own.
    pub(super) fn text(&self) -> String {
        let style = if self.has_own { "  style own stroke-width:3px\n" } else { "" };
        format!("```mermaid\nflowchart LR\n{}{}{style}```", self.nodes, self.edges)
    }

    /// A name that is no word of Mermaid's, and not taken.
    fn free(&self, name: &str) -> String {
        let plain: String =
            name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
        let taken = |id: &String| self.ids.values().any(|other| other == id);
        let mut id = format!("n_{plain}");
        let mut at = 1;
        while taken(&id) {
            at += 1;
            id = format!("n_{plain}_{at}");
        }
        id
    }
}

/// Text in a label: what could end it is written as its number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in super::text::visible(text).chars() {
        match char {
            '"' | '#' | '&' | '<' | '>' | '`' | '[' | ']' | '{' | '}' | '(' | ')' | ';' | '%' => {
                out.push_str(&format!("#{};", u32::from(char)));
            }
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_nothing() {
        let mut chart = Chart::default();
        chart.node(7, "a\"] --> x", NodeKind::Model, true);
        chart.node(1, "raw.部品", NodeKind::Source, false);
        chart.edge(1, 7);
        let expect = "```mermaid\nflowchart LR\n  own[\"a#34;#93; --#62; x\"]\n  n_raw___[(\"raw.部品\")]\n  n_raw___ --> own\n  style own stroke-width:3px\n```";
        assert_eq!(chart.text(), expect);
    }
}
