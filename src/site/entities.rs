//! What has a page of its own, and its number.

use super::Input;
use crate::project::{Node, NodeId, NodeKind, NodeMap, Project};

/// Models, sources and all else that has a page, numbered in the order of nodes.
pub(super) struct Entities {
    /// By number.
    pub(super) nodes: Vec<NodeId>,
    number: NodeMap<Option<u32>>,
}

impl Entities {
    pub(super) fn of(input: Input<'_>) -> Self {
        let mut nodes = Vec::new();
        let number = input.project.nodes().map(|(id, node)| {
            let has_page = has_page(node.kind) && input.graph.enabled[id];
            has_page.then(|| {
                nodes.push(id);
                nodes.len() as u32 - 1
            })
        });
        let number = NodeMap::new(number.collect());
        Self { nodes, number }
    }

    pub(super) fn len(&self) -> u32 {
        self.nodes.len() as u32
    }

    pub(super) fn number(&self, id: NodeId) -> Option<u32> {
        self.number[id]
    }

    pub(super) fn id(&self, number: u32) -> NodeId {
        self.nodes[number as usize]
    }

    /// All with their nodes, in order.
    pub(super) fn iter<'p>(&self, project: &'p Project) -> impl Iterator<Item = (u32, NodeId, &'p Node)> {
        self.nodes.iter().enumerate().map(|(number, id)| (number as u32, *id, project.node(*id)))
    }
}

/// Tests stand on the page of what they test.
fn has_page(kind: NodeKind) -> bool {
    !matches!(kind, NodeKind::Test | NodeKind::UnitTest | NodeKind::Operation)
}

/// The folder that a node's file stands in; of a package, below its name.
pub(super) fn folder(project: &Project, node: &Node) -> String {
    let folder = node.path.parent().map_or("", |folder| folder.as_str());
    if node.package == project.root().name { folder.to_owned() } else { format!("{}/{folder}", node.package) }
}

/// The name that people use: `raw.orders` for a source.
pub(super) fn name(node: &Node) -> String {
    match (&node.source_name, node.kind, &node.version) {
        (Some(source), NodeKind::Source, _) => format!("{source}.{}", node.name),
        (_, _, Some(version)) => format!("{} v{}", node.name, version.trim_start_matches('v')),
        _ => node.name.clone(),
    }
}
