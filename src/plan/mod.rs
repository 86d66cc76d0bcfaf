//! Stage 5, plan: what each part becomes, and why.

mod custom;
mod decide;
mod errors;
mod explain;
pub mod limits;
pub mod problem;
pub mod solve;
mod volatile;

pub use explain::{Row, explain};

use crate::diagnostic::Staged;
use crate::graph::Graph;
use crate::project::{NodeId, NodeMap, Project};
use crate::render::Collected;

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
}

/// One part's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it becomes.
    pub materialization: Materialization,
    /// True where buhin chose.
    pub auto: bool,
    /// Why.
    pub reason: Reason,
}

/// The decisions. `None` for nodes that are not built (tests, sources …) or are broken or disabled.
#[derive(Clone, Debug)]
pub struct Plan {
    /// By node.
    pub decisions: NodeMap<Option<Decision>>,
}

/// Decides for every part, seed and snapshot.
///
/// What an author asks for is done. What is left to buhin is decided by `decide`'s rule.
pub fn plan(project: &Project, collected: &Collected, graph: &Graph) -> Staged<Plan> {
    decide::decide(project, collected, graph)
}

impl Plan {
    /// What a node becomes, if it is built at all.
    pub fn materialization(&self, id: NodeId) -> Option<&Materialization> {
        self.decisions[id].as_ref().map(|decision| &decision.materialization)
    }

    /// True for a part that is put into the statements of its readers.
    pub fn is_inline(&self, id: NodeId) -> bool {
        self.materialization(id) == Some(&Materialization::Inline)
    }
}
