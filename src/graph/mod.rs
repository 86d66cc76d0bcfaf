//! Stage 4, resolve: from refs to a graph; cycles; selectors.

mod access;
pub(crate) mod calls;
mod cycles;
mod edges;
mod errors;
mod names;
mod order;
mod relations;
pub mod selector;
mod semantic;

pub(crate) use semantic::metric_inputs;

use rustc_hash::FxHashMap;

use crate::diagnostic::Staged;
use crate::project::{NodeId, NodeMap, Project};
use crate::render::Collected;

/// What a name resolves to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// This node.
    Found(NodeId),
    /// A node that is disabled.
    Disabled(NodeId),
    /// Several packages have a node of the name, and nothing says which is meant: the first two.
    Ambiguous(NodeId, NodeId),
    /// Nothing.
    Missing,
}

/// Who reads whom.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The nodes each node reads, each once, in order of first appearance.
    pub parents: NodeMap<Vec<NodeId>>,
    /// The nodes that read each node, in order of id.
    pub children: NodeMap<Vec<NodeId>>,
    /// All enabled nodes, parents before children; among equals by id. Nodes on a cycle are absent.
    pub order: Vec<NodeId>,
    /// Enabled nodes: false for disabled ones and for those of which nothing is known.
    pub enabled: NodeMap<bool>,
    /// Nodes that can't be built for a reason that a diagnostic has named: not rendered, with a `ref()` or
    /// `source()` that leads nowhere, on a cycle, or downstream of such a node. They may stand in `order`.
    pub broken: NodeMap<bool>,
    /// Those of the broken nodes that can't be rendered: all but the ones that are merely downstream.
    pub unresolved: NodeMap<bool>,
    /// Refable nodes by name; several when packages or versions share it. Disabled ones are among them.
    pub by_name: FxHashMap<String, Vec<NodeId>>,
    /// Source tables by source and table name. Disabled ones are among them.
    pub by_source: FxHashMap<(String, String), Vec<NodeId>>,
}

impl Graph {
    /// The graph of nodes that are all there and of which nothing is known but whom they read, each once. Nodes on a cycle
    /// are absent from the order.
    pub fn of_parents(parents: NodeMap<Vec<NodeId>>) -> Self {
        let all = |value: bool| NodeMap::new(vec![value; parents.len()]);
        let mut children = NodeMap::new(vec![Vec::new(); parents.len()]);
        for (id, own) in parents.iter() {
            for parent in own {
                children[*parent].push(id);
            }
        }
        let mut graph = Self {
            enabled: all(true),
            broken: all(false),
            unresolved: all(false),
            parents,
            children,
            order: Vec::new(),
            by_name: FxHashMap::default(),
            by_source: FxHashMap::default(),
        };
        let on_cycle = graph.broken.clone();
        order::order(&mut graph, &on_cycle);
        graph
    }
}

/// Resolves every `ref()`, `source()` and `depends_on`, and orders the nodes.
///
/// Unknown and disabled names, ambiguous ones and cycles are diagnostics with the place of each call.
pub fn resolve(project: &Project, collected: &Collected) -> Staged<Graph> {
    let mut diagnostics = Vec::new();
    let mut graph = names::index(project, collected);
    let places = edges::link(project, collected, &mut graph, &mut diagnostics);
    let on_cycle = cycles::report(project, &mut graph, &places, &mut diagnostics);
    order::order(&mut graph, &on_cycle);
    relations::report(project, collected, &graph, &mut diagnostics);
    Staged::new(graph, diagnostics)
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
