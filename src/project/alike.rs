//! What two states of a project have in common: nodes that are declared alike, on the same ground.

use rustc_hash::FxHashMap;

use super::prints::{Print, Prints};
use super::{NodeId, NodeMap, Project};
use crate::source::{FileId, SourceMap, Span};

/// Nodes and files that two states of a project share: the one at hand, and another.
#[derive(Debug)]
pub struct Alike {
    /// By node at hand, the other's node.
    nodes: NodeMap<Option<NodeId>>,
    /// By file of the other state, the file at hand with the same path and text.
    files: Vec<Option<FileId>>,
}

impl Alike {
    /// Compares a project with another state of it.
    pub fn new(own: &Project, other: &Project) -> Self {
        let (here, there) = (Prints::of(own), Prints::of(other));
        let by_print: FxHashMap<Print, FileId> = here.files().map(|(id, print)| (print, id)).collect();
        let files = there.files().map(|(_, print)| by_print.get(&print).copied()).collect();
        let mut nodes = NodeMap::new(own.nodes.iter().map(|_| None).collect());
        if here.ground == there.ground {
            let (ours, theirs) = (by_unique_id(own), by_unique_id(other));
            for (id, node) in own.nodes() {
                let unique_id = node.unique_id.as_str();
                let is_one = ours.get(unique_id) == Some(&Some(id));
                let Some(Some(twin)) = theirs.get(unique_id).filter(|_| is_one) else { continue };
                nodes[id] = Some(*twin).filter(|twin| here.nodes[id] == there.nodes[*twin]);
            }
        }
        Self { nodes, files }
    }

    /// The node of the other state that is declared as this one is.
    pub fn node(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id]
    }

    /// A place of the other state here; `None` if its file is not the same.
    pub fn span(&self, there: Span) -> Option<Span> {
        Some(Span { file: self.file(there.file)?, ..there })
    }

    /// A map of the other state into the files here; `None` if one of them is not the same.
    pub fn source_map(&self, there: &SourceMap) -> Option<SourceMap> {
        there.moved(|file| self.file(file))
    }

    fn file(&self, there: FileId) -> Option<FileId> {
        self.files.get(there.0 as usize).copied().flatten()
    }
}

/// The nodes by unique id; none where several share one, as switched-off ones may.
fn by_unique_id(project: &Project) -> FxHashMap<&str, Option<NodeId>> {
    let mut found: FxHashMap<&str, Option<NodeId>> = FxHashMap::default();
    for (id, node) in project.nodes() {
        found.entry(&node.unique_id).and_modify(|known| *known = None).or_insert(Some(id));
    }
    found
}
