//! The plan as rows for people and programs; how they are laid out is the command line's matter.

use super::{Plan, wish};
use crate::graph::Graph;
use crate::project::{NodeId, Project};

/// One part's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The node.
    pub node: NodeId,
    /// The part's name.
    pub part: String,
    /// Its unique id.
    pub unique_id: String,
    /// What it becomes, in buhin's word.
    pub materialization: String,
    /// True for a CTE `as materialized`.
    pub fenced: bool,
    /// The same for people: `inline (fenced)`.
    pub shown: String,
    /// True where buhin chose.
    pub auto: bool,
    /// The stable name of the reason.
    pub code: &'static str,
    /// The reason for people.
    pub reason: String,
    /// How many parts, snapshots and analyses read it.
    pub readers: usize,
}

/// The decisions for some nodes, in their order; nodes that are not built are left out.
pub fn explain(project: &Project, graph: &Graph, plan: &Plan, nodes: &[NodeId]) -> Vec<Row> {
    let row = |id: &NodeId| {
        let decision = plan.decisions[*id].as_ref()?;
        let node = project.node(*id);
        Some(Row {
            node: *id,
            part: node.name.clone(),
            unique_id: node.unique_id.clone(),
            materialization: decision.materialization.name().to_owned(),
            fenced: decision.fenced,
            shown: decision.shown().to_owned(),
            auto: decision.auto,
            code: decision.reason.code,
            reason: decision.reason.text.clone(),
            readers: wish::readers(project, graph, *id).len(),
        })
    };
    nodes.iter().filter_map(row).collect()
}
