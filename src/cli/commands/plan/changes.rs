//! The changes that authors could make where statements are too complex, with the lines that make them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::output;
use crate::cli::table::{Align, table};
use crate::compile::Resolved;
use crate::plan::{Asked, Change, Materialization, Proposal};
use crate::project::NodeId;

/// Statements that are named for one change.
const NAMED: usize = 5;

/// What is proposed.
pub(super) struct Changes<'a> {
    pub(super) resolved: &'a Resolved<'a>,
    pub(super) proposal: &'a Proposal,
}

impl Changes<'_> {
    /// The section of a table for people; empty if there is nothing to change.
    pub(super) fn lines(&self) -> String {
        let Some(rest) = self.rest() else { return String::new() };
        let header =
            [("part", Align::Left), ("from", Align::Left), ("to", Align::Left), ("mends", Align::Left)];
        let rows: Vec<Vec<String>> = self.proposal.changes.iter().map(|it| self.cells(it).into()).collect();
        let mut text = format!("\nproposed changes\n{}", table(&header, &rows, output::width()));
        let _ = writeln!(text, "\n{rest}");
        for (place, lines) in self.paste() {
            let _ = writeln!(text, "\n{place}");
            for line in lines.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }

    /// The same for a pull request.
    pub(super) fn markdown(&self) -> String {
        let Some(rest) = self.rest() else { return String::new() };
        let mut text =
            "\n## Proposed changes\n\n| part | from | to | mends |\n|---|---|---|---|\n".to_owned();
        for change in &self.proposal.changes {
            let [part, from, to, mends] = self.cells(change);
            let _ = writeln!(text, "| `{part}` | {from} | {to} | {mends} |");
        }
        let _ = writeln!(text, "\n{rest}");
        for (place, lines) in self.paste() {
            let _ = writeln!(text, "\n{place}\n\n```yaml\n{lines}```");
        }
        text
    }

    /// What a part's object says of its change.
    pub(super) fn object(&self, node: NodeId) -> Value {
        let Some(change) = self.proposal.changes.iter().find(|change| change.node == node) else {
            return Value::Null;
        };
        let ids = |nodes: &[NodeId]| -> Vec<&str> {
            nodes.iter().map(|node| self.resolved.project.node(*node).unique_id.as_str()).collect()
        };
        let (place, lines) = self.paste_one(change);
        json!({
            "from": change.from.name(),
            "to": change.to.name(),
            "mends": ids(&change.mends),
            "eases": ids(&change.eases),
            "place": place,
            "lines": lines,
        })
    }

    fn cells(&self, change: &Change) -> [String; 4] {
        let name = |node: &NodeId| self.resolved.project.node(*node).name.clone();
        let named = |nodes: &[NodeId]| {
            let mut names: Vec<String> = nodes.iter().take(NAMED).map(name).collect();
            if nodes.len() > NAMED {
                names.push(format!("{} more", nodes.len() - NAMED));
            }
            names.join(", ")
        };
        let mends = match (change.mends.is_empty(), change.eases.is_empty()) {
            (_, true) => named(&change.mends),
            (true, false) => format!("none; makes smaller: {}", named(&change.eases)),
            (false, false) => format!("{}; makes smaller: {}", named(&change.mends), named(&change.eases)),
        };
        [name(&change.node), change.from.name().to_owned(), change.to.name().to_owned(), mends]
    }

    /// What holds when all is changed; `None` if there is nothing to change.
    fn rest(&self) -> Option<String> {
        if self.proposal.changes.is_empty() {
            return None;
        }
        let mut left: Vec<NodeId> = self.proposal.remaining.iter().map(|one| one.node).collect();
        left.dedup();
        Some(match left.as_slice() {
            [] => "measured again with these changes: every statement is within the limits".to_owned(),
            left => {
                let names = left.iter().map(|node| self.resolved.project.node(*node).name.as_str());
                let names: Vec<&str> = names.collect();
                format!("measured again with these changes: still over a limit: {}", names.join(", "))
            }
        })
    }

    /// Places, and the lines to put there; those of one place together.
    fn paste(&self) -> Vec<(String, String)> {
        let mut pasted: Vec<(String, String)> = Vec::new();
        for change in &self.proposal.changes {
            let (place, lines) = self.paste_one(change);
            match pasted.iter_mut().find(|(other, _)| *other == place) {
                // Both begin with `models:`.
                Some((_, text)) => {
                    text.push_str(lines.split_once('\n').map_or(lines.as_str(), |(_, rest)| rest));
                }
                None => pasted.push((place, lines)),
            }
        }
        if self.proposal.ephemeral_auto {
            pasted.push((
                "or instead, in buhin.yml: all `ephemeral` parts are left to buhin; every statement fits then"
                    .to_owned(),
                "materialization:\n  ephemeral: auto\n".to_owned(),
            ));
        }
        pasted
    }

    fn paste_one(&self, change: &Change) -> (String, String) {
        let project = self.resolved.project;
        let node = project.node(change.node);
        let word = match &change.to {
            Materialization::Inline => "ephemeral",
            other => other.name(),
        };
        let file = || match node.properties_span {
            Some(span) => project.files.path(span.file).to_string(),
            None => node.path.with_file_name("_models.yml").to_string(),
        };
        match change.asked {
            Asked::Text(span) => {
                let at = project.files.get(span.file).line_column(span.start);
                let place = format!("{}:{}:{}", project.files.path(span.file), at.line, at.column);
                (place, format!("{{{{ config(materialized='{word}') }}}}\n"))
            }
            Asked::Meta => (
                format!("in {}", file()),
                format!(
                    "models:\n  - name: {}\n    config: {{meta: {{buhin: {{materialized: {word}}}}}}}\n",
                    node.name
                ),
            ),
            Asked::Properties => (
                format!("in {}", file()),
                format!("models:\n  - name: {}\n    config: {{materialized: {word}}}\n", node.name),
            ),
            Asked::Package => {
                let mut lines = "models:\n".to_owned();
                for (depth, name) in node.fqn.iter().enumerate() {
                    let _ = writeln!(lines, "{}{name}:", "  ".repeat(depth + 1));
                }
                let _ = writeln!(lines, "{}+materialized: {word}", "  ".repeat(node.fqn.len() + 1));
                ("in dbt_project.yml".to_owned(), lines)
            }
        }
    }
}
