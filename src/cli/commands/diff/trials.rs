//! `--prove`: parts that differ are run before and after on generated tables.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::project::{NodeId, NodeKind};
use crate::render::cte_name;
use crate::review::prove::{Budget, Counterexample, Outcome, Trial, TrialColumn, TrialTable, prove, render};
use crate::review::{Change, ColumnKind, Side, Verdict};
use crate::run::TrialEngine;
use crate::world::World;

/// So many trials a part; each is a few rows.
const TRIALS: usize = 400;

/// So many steps to make a counterexample smaller.
const SHRINKS: usize = 400;

/// What trials are given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Seconds for all parts together.
    pub(super) seconds: u64,
    /// The same seed makes the same tables.
    pub(super) seed: u64,
}

/// What came of the trials of each part, by unique id.
pub(super) type Proofs = BTreeMap<String, Outcome>;

/// Runs trials for every part whose rows or columns may differ.
///
/// Fails where DuckDB's library is missing. A part for which no time is left is told of as not run.
pub(super) fn run(
    changes: &[Change],
    (old, new): (Side<'_>, Side<'_>),
    limits: Limits,
    world: &dyn World,
) -> Result<Proofs, Diagnostic> {
    let mut proofs = Proofs::new();
    let wanted: Vec<&Change> = changes.iter().filter(|change| is_wanted(change)).collect();
    if wanted.is_empty() {
        return Ok(proofs);
    }
    let start = Instant::now();
    let total = Duration::from_secs(limits.seconds);
    let count = wanted.len() as u32;
    for (at, change) in wanted.into_iter().enumerate() {
        // What others did not need is shared among those that are left.
        let left = total.saturating_sub(start.elapsed());
        let until = Instant::now() + left / (count - at as u32);
        let outcome = if left.is_zero() {
            Outcome::NotRun { reason: format!("the {} seconds of `--budget` are over", limits.seconds) }
        } else {
            one(change, (old, new), limits.seed, world, &|| Instant::now() >= until)?
        };
        proofs.insert(change.unique_id.clone(), outcome);
    }
    Ok(proofs)
}

fn is_wanted(change: &Change) -> bool {
    matches!(change.kind, NodeKind::Model | NodeKind::Snapshot | NodeKind::Test)
        && change.old.is_some()
        && change.new.is_some()
        && matches!(change.verdict, Verdict::Changed(_) | Verdict::Opaque(_))
}

fn one(
    change: &Change,
    (old, new): (Side<'_>, Side<'_>),
    seed: u64,
    world: &dyn World,
    is_over: &dyn Fn() -> bool,
) -> Result<Outcome, Diagnostic> {
    let (Some(was), Some(is)) = (change.old, change.new) else {
        return Ok(Outcome::NotRun { reason: "it is on one side only".to_owned() });
    };
    let (Some(mut before), Some(mut after)) = (old.sql(was), new.sql(is)) else {
        return Ok(Outcome::NotRun { reason: "it has no SQL on one side".to_owned() });
    };
    // What only later runs do differs only in what they run.
    if before == after
        && let (Some(was), Some(is)) = (&old.added_to[was], &new.added_to[is])
    {
        (before, after) = (was, is);
    }
    if before == after {
        return Ok(Outcome::NotRun { reason: "what is rendered for this target is the same".to_owned() });
    }
    let tables = joined(tables(new, is), tables(old, was));
    // Where columns come or go, only those of both can differ in their values.
    let comes_or_goes = |kind: &ColumnKind| {
        matches!(
            kind,
            ColumnKind::Added | ColumnKind::Removed | ColumnKind::Renamed { .. } | ColumnKind::Moved
        )
    };
    let common_columns = match &change.verdict {
        Verdict::Changed(found) => found.columns.iter().any(|column| comes_or_goes(&column.kind)),
        _ => false,
    };
    let dialect = new.context.project.target.dialect;
    let trial = Trial { old: before, new: after, dialect, tables: &tables, common_columns };
    let budget = Budget { trials: TRIALS, shrinks: SHRINKS, seed, is_over };
    // A database of its own for each part, so that one leaves nothing to the next.
    let mut engine = TrialEngine::open(world)?;
    Ok(prove(&trial, &mut engine, &budget))
}

/// What both sides know of tables: a column that is on one side only is there for the query that reads it.
fn joined(new: Vec<TrialTable>, old: Vec<TrialTable>) -> Vec<TrialTable> {
    let mut all = new;
    for table in old {
        let Some(known) = all.iter_mut().find(|known| known.name == table.name) else {
            all.push(table);
            continue;
        };
        known.is_complete &= table.is_complete;
        for column in table.columns {
            if !known.columns.iter().any(|it| it.name.eq_ignore_ascii_case(&column.name)) {
                known.columns.push(column);
            }
        }
    }
    all
}

/// What is known of the relations that a node reads, by each name that its SQL may have for them.
fn tables(side: Side<'_>, id: NodeId) -> Vec<TrialTable> {
    let mut all = Vec::new();
    // A part that is added to reads itself.
    let own = side.added_to[id].as_ref().map(|_| id);
    for parent in side.context.graph.parents[id].iter().copied().chain(own) {
        let Some(relation) =
            side.context.collected.nodes[parent].as_ref().and_then(|it| it.relation.as_ref())
        else {
            continue;
        };
        let (columns, is_complete) = columns(side, parent);
        all.push(TrialTable { name: relation.render(), columns: columns.clone(), is_complete });
        if let Some(identifier) = &relation.identifier {
            all.push(TrialTable { name: cte_name(identifier), columns, is_complete });
        }
    }
    all
}

fn columns(side: Side<'_>, id: NodeId) -> (Vec<TrialColumn>, bool) {
    let node = side.context.project.node(id);
    let quote = |name: &str| side.context.project.target.dialect.quote_column(name);
    let mut columns: Vec<TrialColumn> = Vec::new();
    let mut is_complete = false;
    if let Some(flow) = &side.flow.nodes[id] {
        is_complete = !flow.is_open && flow.columns.iter().all(|it| !it.is_star && !it.is_unnamed);
        let named = flow.columns.iter().filter(|it| !it.is_star && !it.is_unnamed);
        columns.extend(named.map(|it| TrialColumn {
            name: quote(&it.name),
            data_type: it.data_type.as_ref().map(ToString::to_string),
            not_null: it.nullable == Some(false),
            ..TrialColumn::default()
        }));
    }
    for property in node.columns.values() {
        let name = quote(&property.name);
        let at = columns.iter().position(|it| it.name.eq_ignore_ascii_case(&name)).unwrap_or_else(|| {
            columns.push(TrialColumn { name, ..TrialColumn::default() });
            columns.len() - 1
        });
        if property.data_type.is_some() {
            columns[at].data_type.clone_from(&property.data_type);
        }
    }
    // What tests hold of columns.
    for child in side.context.graph.children[id].iter().copied() {
        let Some(test) = side.context.project.node(child).test.as_ref() else { continue };
        if !holds_for_all(side, child) {
            continue;
        }
        let Some(column) = test.column.as_deref().filter(|_| test.attached == Some(id)) else { continue };
        let name = quote(column);
        let Some(column) = columns.iter_mut().find(|it| it.name.eq_ignore_ascii_case(&name)) else {
            continue;
        };
        match test.name.as_str() {
            "not_null" => column.not_null = true,
            "unique" => column.unique = true,
            "accepted_values" => {
                let values = test.arguments.get("values").and_then(Value::as_array);
                column.accepted = values.into_iter().flatten().map(plain).collect();
            }
            _ => {}
        }
    }
    (columns, is_complete)
}

/// True for a test that every row must pass, and that fails if one does not.
fn holds_for_all(side: Side<'_>, test: NodeId) -> bool {
    let Some(collected) = side.context.collected.nodes[test].as_ref() else { return false };
    let is_soft = |text: &str| !text.eq_ignore_ascii_case("error");
    ["where", "error_if", "fail_calc"].iter().all(|key| collected.config.get(key).is_none())
        && !collected.config.text("severity").is_some_and(is_soft)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What came of it, in a line.
pub(super) fn line(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NoDifference(none) if none.trials == 0 => {
            format!("no trial could be compared: both queries failed in all {}", none.void)
        }
        Outcome::NoDifference(none) => {
            format!("no difference in {} trials (seed {}), which proves nothing", none.trials, none.seed)
        }
        Outcome::Counterexample(found) => {
            format!(
                "a counterexample in trial {} (seed {}): {}",
                found.trial,
                found.seed,
                found.difference.describe()
            )
        }
        Outcome::NotRun { reason } => format!("not run: {reason}"),
    }
}

/// The tables of a counterexample and what both queries give for them; nothing for other outcomes.
pub(super) fn example(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Counterexample(found) => Some(render(found)),
        _ => None,
    }
}

/// The outcome for programs. All rows are made up.
pub(super) fn object(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::NoDifference(none) => {
            json!({"outcome": "no difference", "trials": none.trials, "void": none.void, "seed": none.seed})
        }
        Outcome::NotRun { reason } => json!({"outcome": "not run", "reason": reason}),
        Outcome::Counterexample(found) => {
            let Counterexample { difference, inputs, trial, seed, is_order_dependent, .. } = &**found;
            let tables: Vec<&str> = inputs.iter().map(|table| table.sql.as_str()).collect();
            json!({
                "outcome": "counterexample",
                "difference": difference.describe(),
                "trial": trial,
                "seed": seed,
                "order_dependent": is_order_dependent,
                "tables": tables,
                "text": render(found),
            })
        }
    }
}
