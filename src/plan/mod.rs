//! Stage 5, plan: what each part becomes, and why.

pub mod approved;
mod assess;
mod custom;
mod decide;
mod dice;
mod errors;
mod explain;
#[cfg(test)]
pub(crate) mod fixture;
mod lasting;
pub mod limits;
mod measure;
pub mod problem;
mod propose;
pub mod solve;
pub mod statistics;
mod temp;
mod volatile;
mod walk;
mod weigh;
mod wish;

pub use approved::Approved;
pub use assess::{Assessment, Statements, TooComplex};
pub use explain::{Row, explain};
pub use problem::number;
pub use propose::{Asked, Change, Proposal};
pub use statistics::Statistics;
#[cfg(feature = "cli")]
pub(crate) use walk::reach;
pub use wish::{Wish, Wishes, is_open, wishes};

use crate::diagnostic::Staged;
use crate::graph::Graph;
use crate::project::{NodeId, NodeMap, Project};
use crate::render::{Collected, Rendered};

/// What a part becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Materialization {
    /// A CTE in each statement that reads it (dbt's `ephemeral`).
    Inline,
    /// A view.
    View,
    /// A temporary table.
    Temp,
    /// A table.
    Table,
    /// A table that is added to.
    Incremental,
    /// A materialized view.
    MaterializedView,
    /// dbt's `snapshot`.
    Snapshot,
    /// A seed's table.
    Seed,
    /// One that the project defines itself.
    Custom(String),
}

impl Materialization {
    /// The name that users write.
    pub fn name(&self) -> &str {
        match self {
            Self::Inline => "inline",
            Self::View => "view",
            Self::Temp => "temp",
            Self::Table => "table",
            Self::Incremental => "incremental",
            Self::MaterializedView => "materialized_view",
            Self::Snapshot => "snapshot",
            Self::Seed => "seed",
            Self::Custom(name) => name,
        }
    }
}

/// Why a decision was made, in a form that programs can tell apart and people can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable name, e.g. `author`, `read-once`, `read-often`, `volatile`.
    pub code: &'static str,
    /// A phrase for people.
    pub text: String,
    /// The same in Japanese, for the docs.
    pub japanese: String,
}

/// One part's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it becomes.
    pub materialization: Materialization,
    /// True for an inlined part that is a CTE `as materialized`: its readers' engine runs it on its own.
    pub fenced: bool,
    /// True where buhin chose.
    pub auto: bool,
    /// True for a part that buhin stores so that its readers' engine runs it on its own: where nothing can be stored, it
    /// needs a fence.
    pub apart: bool,
    /// Why.
    pub reason: Reason,
}

impl Decision {
    /// What an author, or the kind of a node, decides.
    pub fn fixed(materialization: Materialization, reason: Reason) -> Self {
        Self { materialization, fenced: false, auto: false, apart: false, reason }
    }

    /// The word for it in the approved plan: its materialization's name, or `fenced`.
    pub fn word(&self) -> &str {
        if self.fenced { "fenced" } else { self.materialization.name() }
    }

    /// What people are shown: `inline (fenced)`, `table`.
    pub fn shown(&self) -> &str {
        if self.fenced { "inline (fenced)" } else { self.materialization.name() }
    }
}

/// The decisions. `None` for nodes that are not built (tests, sources …) or are broken or disabled.
#[derive(Clone, Debug)]
pub struct Plan {
    /// By node.
    pub decisions: NodeMap<Option<Decision>>,
}

/// All that planning reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The project.
    pub project: &'a Project,
    /// Configs, relations, refs.
    pub collected: &'a Collected,
    /// Who reads whom.
    pub graph: &'a Graph,
    /// What the authors want.
    pub wishes: &'a Wishes,
    /// The SQL of parts; only looked at if something is left to buhin. For decisions it is as an empty warehouse
    /// would have it, so that the plan is the same everywhere.
    pub rendered: &'a Rendered,
    /// What was decided last.
    pub approved: &'a Approved,
    /// What earlier runs tell of parts.
    pub statistics: &'a Statistics,
}

/// Decides for every part, seed and snapshot.
///
/// What an author asks for is done; what is left to buhin is decided so that every statement keeps the limits of the
/// target, at least cost.
pub fn plan(input: Input<'_>) -> Staged<Plan> {
    let plan = decide::decide(input);
    let mut said = dice::inlined_twice(input, &plan);
    said.extend(lasting::views_over_temp(input, &plan));
    Staged::new(plan, said)
}

/// The question that [`plan`] answers, without names: every query of every part.
pub fn question(input: Input<'_>) -> problem::Problem {
    measure::measure(input, measure::Extent::Parts).problem
}

/// Measures the statements of a plan, and says which are over a limit.
pub fn assess(input: Input<'_>, plan: &Plan) -> Staged<Assessment> {
    assess::assess(input, plan)
}

/// The measures of a plan's statements and which are over a limit, and nothing else of [`assess()`].
pub fn statements(input: Input<'_>, plan: &Plan) -> Staged<Statements> {
    assess::statements(input, plan)
}

impl Plan {
    /// What a node becomes, if it is built at all.
    pub fn materialization(&self, id: NodeId) -> Option<&Materialization> {
        self.decisions[id].as_ref().map(|decision| &decision.materialization)
    }

    /// True if there are parts that live no longer than a run.
    pub fn has_temporary(&self) -> bool {
        let mut decided = self.decisions.iter().filter_map(|(_, decision)| decision.as_ref());
        decided.any(|decision| decision.materialization == Materialization::Temp)
    }

    /// True for a part that is a CTE `as materialized` in the statements of its readers.
    pub fn is_fenced(&self, id: NodeId) -> bool {
        self.decisions[id].as_ref().is_some_and(|decision| decision.fenced)
    }

    /// True for a part that is put into the statements of its readers.
    pub fn is_inline(&self, id: NodeId) -> bool {
        self.materialization(id) == Some(&Materialization::Inline)
    }
}
