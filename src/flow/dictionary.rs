//! The data dictionary: every column with its type, what it means, and what its codes mean.

use super::Input;
use super::codes::{CodeList, Codes};
use super::describe::description;
use super::model::{ColumnRef, Flow};
use crate::project::NodeId;

/// A column of the dictionary. What is inherited names the column that it was written of.
#[derive(Clone, Debug)]
pub struct DictionaryColumn<'p> {
    /// The part, seed, snapshot or source.
    pub node: NodeId,
    /// The column's name as SQL has it, or as property files do if SQL is not known to have it.
    pub name: Box<str>,
    /// The column in the flow; `None` if only property files name it.
    pub at: Option<ColumnRef>,
    /// Its type, as lineage, the catalog or property files tell it.
    pub data_type: Option<Box<str>>,
    /// What it means; empty if nobody wrote that.
    pub description: &'p str,
    /// The column that the description was written of, if it is another.
    pub described_at: Option<ColumnRef>,
    /// Its codes.
    pub codes: Option<CodeList>,
}

/// All columns of parts, seeds, snapshots and sources, node by node, in the order of their statements.
pub fn dictionary<'p>(input: Input<'p>, flow: &'p Flow) -> Vec<DictionaryColumn<'p>> {
    let codes = Codes::new(input, flow);
    let mut all = Vec::new();
    for (id, node) in input.project.nodes() {
        if !node.kind.is_relation() || !input.graph.enabled[id] {
            continue;
        }
        let known = flow.nodes[id].as_ref().map_or(&[][..], |node| &node.columns);
        for (place, column) in known.iter().enumerate().filter(|(_, column)| !column.is_star) {
            let at = ColumnRef { node: id, column: place as u32 };
            let described = description(input.project, flow, at);
            let declared = super::describe::entry(input.project, id, &column.name);
            let data_type = column.data_type.as_deref();
            all.push(DictionaryColumn {
                node: id,
                name: column.name.clone(),
                at: Some(at),
                data_type: data_type.or_else(|| declared?.data_type.as_deref()).map(Into::into),
                description: described.map_or("", |it| it.text),
                described_at: described.map(|it| it.from).filter(|from| *from != at),
                codes: codes.of(at).map(|list| CodeList::clone(&list)),
            });
        }
        let is_known = |name: &str| known.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        for column in node.columns.values().filter(|column| !is_known(&column.name)) {
            all.push(DictionaryColumn {
                node: id,
                name: column.name.as_str().into(),
                at: None,
                data_type: column.data_type.as_deref().map(Into::into),
                description: &column.description,
                described_at: None,
                codes: codes.written(id, &column.name),
            });
        }
    }
    all
}
