//! One node's statement followed once more, with every name's place, after the whole project was.

use super::merge::readable;
use super::{Flow, Input};
use crate::lineage::{self, Catalog, Options, StatementLineage};
use crate::project::{NodeId, NodeKind};
use crate::render::{RenderedNode, cte_name, inlining};

/// A node's statement.
#[derive(Clone, Debug)]
pub struct NodeStatement {
    /// Its lineage, with [`StatementLineage::uses`].
    pub lineage: StatementLineage,
    /// The nodes that it can read, by the place of [`crate::lineage::Relation::table`].
    pub tables: Vec<Option<NodeId>>,
}

/// Follows the SQL of a node, which may be another than that of `input`: an incremental part's next run reads the part
/// itself, and so does a hook. `None` if there is no statement.
pub fn statement(input: Input<'_>, flow: &Flow, id: NodeId, sql: &RenderedNode) -> Option<NodeStatement> {
    let mut catalog = Catalog::new(input.project.target.dialect);
    let mut tables: Vec<Option<NodeId>> = Vec::new();
    let own = (input.project.node(id).kind == NodeKind::Model).then_some(id);
    for node in input.graph.parents[id].iter().copied().chain(own) {
        let Some(collected) = &input.collected.nodes[node] else { continue };
        let Some(relation) = collected.relation.as_ref().or(collected.place.as_ref()) else { continue };
        let columns = flow.nodes[node].as_ref().and_then(readable);
        let mut note = |place: Option<u32>| {
            let Some(place) = place.map(|place| place as usize) else { return };
            tables.resize(tables.len().max(place + 1), None);
            tables[place] = Some(node);
        };
        let (is_inlined, may_be) = inlining(input.project, input.project.node(node), collected);
        if let Some(identifier) = relation.identifier.as_ref().filter(|_| is_inlined || may_be) {
            note(catalog.add_parts(&[cte_name(identifier)], columns.clone()));
        }
        let parts: Vec<String> = relation.parts().collect();
        note(catalog.add_parts(&parts, columns));
    }
    let options = Options { uses: true, ..Options::default() };
    let lineage = lineage::analyse(&sql.sql, &catalog, options).into_iter().next_back()?;
    Some(NodeStatement { lineage, tables })
}
