//! The plan as rows for people and programs; how they are laid out is the command line's matter.

use serde::Serialize;

use super::{Plan, decide};
use crate::graph::Graph;
use crate::project::{NodeKind, Project};

/// One part's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The part's name.
    pub part: String,
    /// Its unique id.
    pub unique_id: String,
    /// What it becomes, in buhin's word.
    pub materialization: String,
    /// True where buhin chose.
    pub auto: bool,
    /// The stable name of the reason.
    pub code: &'static str,
    /// The reason for people.
    pub reason: String,
    /// How many parts, snapshots and analyses read it.
    pub readers: usize,
    /// Bytes of its compiled statement, if it was compiled.
    pub bytes: Option<usize>,
}

/// Every decision, parents before children. `bytes` gives the size of a node's compiled statement, if known.
pub fn explain(
    project: &Project,
    graph: &Graph,
    plan: &Plan,
    bytes: impl Fn(crate::project::NodeId) -> Option<usize>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for id in graph.order.iter().copied() {
        let node = project.node(id);
        let Some(decision) = &plan.decisions[id] else { continue };
        rows.push(Row {
            part: node.name.clone(),
            unique_id: node.unique_id.clone(),
            materialization: decision.materialization.name().to_owned(),
            auto: decision.auto,
            code: decision.reason.code,
            reason: decision.reason.text.clone(),
            readers: decide::readers(project, graph, id).len(),
            bytes: if node.kind == NodeKind::Seed { None } else { bytes(id) },
        });
    }
    rows
}
