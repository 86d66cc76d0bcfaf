//! Stage 4, resolve: from refs to a graph; cycles; selectors.

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
    /// Enabled nodes: false for disabled ones and for those that could not be rendered.
    pub enabled: NodeMap<bool>,
    /// Refable nodes by name; several when packages or versions share it.
    pub by_name: FxHashMap<String, Vec<NodeId>>,
    /// Source tables by source and table name.
    pub by_source: FxHashMap<(String, String), Vec<NodeId>>,
}

/// Resolves every `ref()`, `source()` and `depends_on`, and orders the nodes.
///
/// Unknown and disabled names, ambiguous ones and cycles are diagnostics with the place of each call.
pub fn resolve(project: &Project, collected: &Collected) -> Staged<Graph> {
    let _ = collected;
    let none = || NodeMap::new(project.nodes.iter().map(|_| Vec::new()).collect());
    let graph = Graph {
        parents: none(),
        children: none(),
        order: Vec::new(),
        enabled: NodeMap::new(vec![false; project.nodes.len()]),
        by_name: FxHashMap::default(),
        by_source: FxHashMap::default(),
    };
    Staged::new(graph, Vec::new())
}
