//! What is known of a node's columns before any statement is read.
//!
//! From seeds' first lines, from `catalog.json`, from property files. A property file rarely lists all columns, so
//! what it says is taken for the whole only where a contract makes it so.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::Input;
use crate::project::{NodeId, NodeKind, Project};
use crate::source::csv;

/// A column of a relation that no statement of the project makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownColumn {
    /// The name as it is in the warehouse or file.
    pub name: Box<str>,
    /// Its type, if known.
    pub data_type: Option<Arc<str>>,
}

/// All columns of some nodes.
#[derive(Clone, Debug, Default)]
pub struct Known(FxHashMap<NodeId, Vec<KnownColumn>>);

/// What is known of one node.
pub(super) struct Schema {
    pub(super) columns: Vec<KnownColumn>,
    /// True if there are no others.
    pub(super) is_whole: bool,
}

impl Known {
    /// What is known of some nodes, said of others: pairs of a node here and one of another project.
    #[must_use]
    pub fn of_others(&self, pairs: impl IntoIterator<Item = (NodeId, NodeId)>) -> Self {
        let found = pairs.into_iter().filter_map(|(own, other)| Some((other, self.0.get(&own)?.clone())));
        Self(found.collect())
    }

    /// Adds a seed by its text; one without a first line adds nothing.
    pub fn add_seed(&mut self, id: NodeId, text: &str, delimiter: char) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let header = csv::header(text, delimiter).unwrap_or_default();
        let column = |name: String| KnownColumn { name: name.into(), data_type: None };
        if !header.is_empty() {
            self.0.insert(id, header.into_iter().map(column).collect());
        }
    }

    /// Adds what dbt's `catalog.json` says of the project's tables. Anything of another form is passed over.
    pub fn add_catalog(&mut self, project: &Project, catalog: &Value) {
        for section in ["nodes", "sources"] {
            let Some(entries) = catalog.get(section).and_then(Value::as_object) else { continue };
            for (id, node) in project.nodes() {
                let entry = entries.get(&node.unique_id).and_then(|entry| entry.get("columns"));
                let Some(columns) = entry.and_then(Value::as_object).filter(|it| !it.is_empty()) else {
                    continue;
                };
                let mut sorted: Vec<_> = columns.iter().collect();
                sorted.sort_by_key(|(_, column)| column.get("index").and_then(Value::as_i64));
                let columns = sorted.into_iter().map(|(name, column)| KnownColumn {
                    name: column.get("name").and_then(Value::as_str).unwrap_or(name).into(),
                    data_type: column.get("type").and_then(Value::as_str).map(Into::into),
                });
                self.0.insert(id, columns.collect());
            }
        }
    }
}

/// What is known of a node without its statement.
pub(super) fn schema(input: Input<'_>, id: NodeId) -> Schema {
    let node = input.project.node(id);
    if let Some(columns) = input.known.0.get(&id) {
        return Schema { columns: columns.clone(), is_whole: true };
    }
    let columns = node.columns.values().map(|column| KnownColumn {
        name: column.name.as_str().into(),
        data_type: column.data_type.as_deref().map(Into::into),
    });
    let has_contract = input.collected.nodes[id].as_ref().is_some_and(|it| it.config.has_contract());
    Schema { columns: columns.collect(), is_whole: node.kind == NodeKind::Model && has_contract }
}
