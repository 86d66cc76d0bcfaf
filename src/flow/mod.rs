//! Lineage through the graph: the statements of a project joined at their `ref()`s and `source()`s.
//!
//! Nodes are taken in the order of the graph, each with what is known of the columns of those that it reads; what it
//! gives is known to its readers. Where a relation's columns are not all known, those that readers name are found
//! one by one.

mod code_forms;
mod codes;
mod describe;
mod dictionary;
mod errors;
pub mod export;
mod known;
mod literals;
mod memo;
mod merge;
mod model;
mod statement;
mod walk;

pub use codes::{CodeList, CodeMeaning, Codes};
pub use describe::{Description, Inherited, description, inherited};
pub use dictionary::{DictionaryColumn, dictionary};
pub use known::{Known, KnownColumn};
pub use memo::Memo;
pub use model::{
    ColumnRef, Compared, End, Flow, FlowEdge, Gap, GapReason, NodeColumn, NodeColumns, Outside, ShapeEnd,
};
pub use statement::{NodeStatement, statement};
pub use walk::{Direction, Follow, Step, Walk};

use rustc_hash::FxHashSet;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::diagnostic::{Diagnostic, Staged};
use crate::graph::Graph;
use crate::project::{NodeId, NodeKind, NodeMap, Project};
use crate::render::{Collected, Rendered};

/// All that lineage reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The project.
    pub project: &'a Project,
    /// Relations by node.
    pub collected: &'a Collected,
    /// Who reads whom.
    pub graph: &'a Graph,
    /// The SQL before inlining.
    pub rendered: &'a Rendered,
    /// The columns of relations that no statement of the project makes.
    pub known: &'a Known,
    /// True if macros that ask the warehouse were answered by one; if not, the SQL that they made is not believed.
    pub is_answered: bool,
    /// Only these nodes, and whatever has no SQL; all of them if `None`.
    pub only: Option<&'a [NodeId]>,
    /// Statements that were followed for another state of the project.
    pub memo: Option<&'a Memo>,
}

/// The lineage of every node that has rows or reads some.
///
/// Diagnostics are the columns that can't exist, and literals that are none of a column's codes; a statement that can't
/// be followed is opaque, and said to be in [`NodeColumns::opaque`].
pub fn flow(input: Input<'_>) -> Staged<Flow> {
    let (flow, found) = found(input);
    Staged::new(flow, found.into_iter().map(|(_, found)| found).collect())
}

/// The same; each diagnostic comes with the node that it concerns.
pub fn found(input: Input<'_>) -> (Flow, Vec<(NodeId, Diagnostic)>) {
    let mut merger = merge::Merger::new(input);
    let mut found = Vec::new();
    for level in levels(input) {
        let read: Vec<merge::Read> = level.par_iter().map(|id| merger.read(*id)).collect();
        for (id, mut read) in level.into_iter().zip(read) {
            found.extend(read.take_diagnostics().map(|diagnostic| (id, diagnostic)));
            merger.add(id, read);
        }
    }
    let flow = merger.finish();
    found.extend(codes::unreadable(input));
    found.extend(literals::undocumented(input, &flow));
    (flow, found)
}

/// The nodes in groups that don't read each other, those first that read nothing.
fn levels(input: Input<'_>) -> Vec<Vec<NodeId>> {
    let mut depth = NodeMap::new(vec![0_usize; input.project.nodes.len()]);
    let mut levels: Vec<Vec<NodeId>> = Vec::new();
    let only = input.only.map(|only| only.iter().copied().collect::<FxHashSet<NodeId>>());
    let wanted = |id: &NodeId| {
        let kind = input.project.node(*id).kind;
        let has_sql = !matches!(kind, NodeKind::Seed | NodeKind::Source);
        kind.has_columns() && only.as_ref().is_none_or(|only| !has_sql || only.contains(id))
    };
    for id in input.graph.order.iter().copied().filter(wanted) {
        let parents = &input.graph.parents[id];
        let at = parents.iter().map(|parent| depth[*parent] + 1).max().unwrap_or(0);
        depth[id] = at;
        if levels.len() <= at {
            levels.resize_with(at + 1, Vec::new);
        }
        levels[at].push(id);
    }
    levels
}
