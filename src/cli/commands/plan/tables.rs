//! The plan as tables, JSON and Markdown.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::changes::Changes;
use crate::cli::output;
use crate::cli::table::{Align, table};
use crate::compile::Resolved;
use crate::plan::problem::{Load, Measure};
use crate::plan::{Assessment, Row, number};
use crate::project::NodeId;

/// Statements that are listed without being asked for.
const LISTED: usize = 8;
/// Thousandths of a budget from which a statement is listed.
const WORTH: u128 = 100;
/// Blocks of a bar.
const BLOCKS: u128 = 20;

/// What is shown.
pub(super) struct View<'a> {
    pub(super) resolved: &'a Resolved<'a>,
    pub(super) assessment: &'a Assessment,
    pub(super) selected: &'a [NodeId],
}

impl View<'_> {
    /// A table of the rows, a line that counts them, and the statements that are closest to a limit.
    pub(super) fn lines(&self, rows: &[Row<'_>]) -> String {
        let counts = counts(rows);
        let cells = |row: &Row<'_>| {
            let cells = [
                row.part,
                row.decision.shown(),
                by(row),
                &row.readers.to_string(),
                &row.decision.reason.text,
            ];
            cells.map(str::to_owned).to_vec()
        };
        let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
        let header = [
            ("part", Align::Left),
            ("becomes", Align::Left),
            ("by", Align::Left),
            ("readers", Align::Right),
            ("why", Align::Left),
        ];
        let mut text = table(&header, &cells, output::width());
        let _ = writeln!(text, "\n{} planned: {counts}", cells.len());
        let bars = self.bars();
        if !bars.is_empty() {
            let header =
                [("statement", Align::Left), ("", Align::Left), ("", Align::Right), ("of", Align::Left)];
            let rows: Vec<Vec<String>> = bars.iter().take(LISTED).map(Bar::cells).collect();
            let _ = write!(text, "\n{}", table(&header, &rows, output::width()));
            if bars.len() > LISTED {
                let _ = writeln!(text, "… and {} more above a tenth: --measures", bars.len() - LISTED);
            }
        }
        text.push_str(&self.changes().map_or_else(String::new, |changes| changes.lines()));
        text
    }

    /// What is counted, for each part: its own text, its statement, and everything inlined.
    pub(super) fn measures(&self) -> String {
        let mut header = vec![("part", Align::Left), ("text", Align::Left)];
        header.extend(Measure::ALL.iter().map(|measure| (measure.name(), Align::Right)));
        let mut rows = Vec::new();
        for id in self.selected.iter().copied() {
            let name = &self.resolved.project.node(id).name;
            let statement = self.assessment.statements[id];
            let whole = self.assessment.whole[id];
            let mut push = |name: &str, what: &str, load: Option<Load>| {
                let Some(load) = load else { return };
                let mut cells = vec![name.to_owned(), what.to_owned()];
                cells.extend(Measure::ALL.iter().map(|measure| number(load[*measure])));
                rows.push(cells);
            };
            push(name, "its own", self.assessment.alone[id]);
            push("", "statement", statement);
            push("", "all inlined", whole.filter(|_| whole != self.assessment.alone[id]));
        }
        let mut text = table(&header, &rows, output::width().map(|width| width.max(160)));
        let budget = |measure: &Measure| self.assessment.budgets[*measure].map(|it| (*measure, it));
        let budgets: Vec<String> = Measure::ALL
            .iter()
            .filter_map(budget)
            .map(|(measure, budget)| format!("{} {}", number(budget.into()), measure.name()))
            .collect();
        let _ = writeln!(text, "\nbudgets of a statement: {}", budgets.join(", "));
        text
    }

    /// One object a part.
    pub(super) fn objects(&self, rows: &[Row<'_>]) -> String {
        let load = |load: Option<Load>| load.map_or(Value::Null, |load| object(&load));
        let object = |row: &Row<'_>| {
            let id = row.node;
            let decision = row.decision;
            let statement = self.assessment.statements[id];
            let over: Vec<Value> = self
                .assessment
                .too_complex
                .iter()
                .filter(|over| over.node == id)
                .map(|over| {
                    json!({
                        "measure": over.measure.name(),
                        "value": whole_number(over.value),
                        "budget": over.budget,
                        "alone": over.alone,
                        "after_changes": self.after_changes(id, over.measure),
                    })
                })
                .collect();
            let object = json!({
                "unique_id": row.unique_id,
                "name": row.part,
                "materialization": decision.materialization.name(),
                "fenced": decision.fenced,
                "auto": decision.auto,
                "readers": row.readers,
                "reason": { "code": decision.reason.code, "text": decision.reason.text },
                "measures": {
                    "own": load(self.assessment.alone[id]),
                    "statement": load(statement),
                    "inlined": load(self.assessment.whole[id]),
                },
                "too_complex": over,
                "proposed_change": self.changes().map_or(Value::Null, |changes| changes.object(id)),
            });
            format!("{object}\n")
        };
        rows.iter().map(object).collect()
    }

    /// What a statement has left when all proposed changes are made.
    fn after_changes(&self, id: NodeId, measure: Measure) -> Value {
        let load = self.assessment.proposal.as_ref().and_then(|it| it.statements[id]);
        load.map_or(Value::Null, |load| whole_number(load[measure]))
    }

    /// For a pull request.
    pub(super) fn markdown(&self, rows: &[Row<'_>]) -> String {
        let counts = counts(rows);
        let escape = |text: &str| text.replace('|', "\\|");
        let mut text = format!("## Plan\n\n{} planned: {counts}\n\n", rows.len());
        text.push_str("| part | becomes | by | readers | why |\n|---|---|---|---:|---|\n");
        for row in rows {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} |",
                row.part,
                row.decision.shown(),
                by(row),
                row.readers,
                escape(&row.decision.reason.text)
            );
        }
        let bars = self.bars();
        if !bars.is_empty() {
            text.push_str("\n| statement | | | of |\n|---|---|---:|---|\n");
            for bar in bars.iter().take(LISTED) {
                let [name, blocks, share, of] = bar.cells().try_into().unwrap_or_default();
                let _ = writeln!(text, "| `{name}` | {blocks} | {share} | {} |", escape(&of));
            }
        }
        text.push_str(&self.changes().map_or_else(String::new, |changes| changes.markdown()));
        text
    }

    /// What authors could change, where something is over a limit.
    fn changes(&self) -> Option<Changes<'_>> {
        Some(Changes { resolved: self.resolved, proposal: self.assessment.proposal.as_ref()? })
    }

    /// Selected statements by how close they are to their closest limit.
    fn bars(&self) -> Vec<Bar> {
        let mut bars: Vec<Bar> = Vec::new();
        for id in self.selected.iter().copied() {
            let Some(load) = self.assessment.statements[id] else { continue };
            let shares = self.assessment.shares(&load);
            let Some((measure, share)) = shares.first().copied().filter(|(_, share)| *share >= WORTH) else {
                continue;
            };
            bars.push(Bar {
                name: self.resolved.project.node(id).name.clone(),
                measure,
                share,
                value: load[measure],
                budget: self.assessment.budgets[measure].unwrap_or_default(),
            });
        }
        bars.sort_by_key(|bar| std::cmp::Reverse(bar.share));
        bars
    }
}

/// A statement against its closest limit.
struct Bar {
    name: String,
    measure: Measure,
    share: u128,
    value: u128,
    budget: u64,
}

impl Bar {
    fn cells(&self) -> Vec<String> {
        let of = format!("{} of {} {}", number(self.value), number(self.budget.into()), self.measure.noun());
        vec![self.name.clone(), bar(self.share), format!("{} %", number(self.share / 10)), of]
    }
}

/// `█████▌░░░░` for thousandths of a budget.
pub(super) fn bar(share: u128) -> String {
    let full = (share.min(1000) * BLOCKS / 1000) as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(BLOCKS as usize - full))
}

/// All measures by name.
pub(super) fn object(load: &Load) -> Value {
    let entry = |measure: &Measure| (measure.name().to_owned(), whole_number(load[*measure]));
    Value::Object(Measure::ALL.iter().map(entry).collect::<Map<_, _>>())
}

/// A number where JSON's readers can hold it, else its digits.
fn whole_number(value: u128) -> Value {
    match u64::try_from(value) {
        Ok(small) if small < 1 << 53 => json!(small),
        _ => json!(value.to_string()),
    }
}

/// Who decided.
fn by(row: &Row<'_>) -> &'static str {
    if row.decision.auto { "buhin" } else { "author" }
}

/// `12 table, 5 inline`.
fn counts(rows: &[Row<'_>]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for row in rows {
        let shown = row.decision.shown();
        match counts.iter_mut().find(|(name, _)| *name == shown) {
            Some((_, count)) => *count += 1,
            None => counts.push((shown, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    counts.join(", ")
}
