//! The plan as rows for people and programs; how they are laid out is the command line's matter.

use super::{Decision, Plan, wish};
use crate::graph::Graph;
use crate::project::{NodeId, Project};

/// One part's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The node.
    pub node: NodeId,
    /// The part's name.
    pub part: &'a str,
    /// Its unique id.
    pub unique_id: &'a str,
    /// What it becomes, and why.
    pub decision: &'a Decision,
    /// How many parts, snapshots and analyses read it.
    pub readers: usize,
}

/// The decisions for some nodes, in their order; nodes that are not built are left out.
pub fn explain<'a>(project: &'a Project, graph: &Graph, plan: &'a Plan, nodes: &[NodeId]) -> Vec<Row<'a>> {
    let row = |id: &NodeId| {
        let decision = plan.decisions[*id].as_ref()?;
        let node = project.node(*id);
        Some(Row {
            node: *id,
            part: &node.name,
            unique_id: &node.unique_id,
            decision,
            readers: wish::readers(project, graph, *id).len(),
        })
    };
    nodes.iter().filter_map(row).collect()
}
