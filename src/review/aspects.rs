//! What differs of a node besides its SQL: what it becomes and where, its configs and its docs.

use serde_json::{Map, Value};

use super::side::Side;
use crate::project::{Node, NodeId};
use crate::sql::Relation;

/// A config that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigChange {
    /// Its key.
    pub key: String,
    /// Its value before; null if it was not set.
    pub old: Value,
    /// Its value now.
    pub new: Value,
}

/// What differs of a node besides its SQL.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aspects {
    /// What it becomes: before and now.
    pub becomes: Option<(String, String)>,
    /// Where it is in the warehouse: before and now.
    pub place: Option<(String, String)>,
    /// Configs.
    pub config: Vec<ConfigChange>,
    /// Documentation: `description`, `meta`, a column's name.
    pub docs: Vec<String>,
}

/// Configs that say how a node is found or told of, not what it is.
pub const DOCS_CONFIGS: &[&str] = &["meta", "tags", "docs", "group", "description"];

impl Aspects {
    /// What differs between two nodes that were both compiled.
    pub(super) fn compiled(old: Side<'_>, new: Side<'_>, (was, is): (NodeId, NodeId)) -> Self {
        let (before, after) = (old.context.project.node(was), new.context.project.node(is));
        let mut found = Self::default();
        let shown = |side: Side<'_>, id: NodeId| side.decision(id).map(|it| it.shown().to_owned());
        found.becomes = shown(old, was).zip(shown(new, is)).filter(|(was, is)| was != is);
        let has_place = after.kind.is_relation();
        let place = |side: Side<'_>, id: NodeId| side.relation(id).map(Relation::render);
        found.place = place(old, was).zip(place(new, is)).filter(|(was, is)| has_place && was != is);
        let (was, is) = (&old.context.collected.nodes[was], &new.context.collected.nodes[is]);
        if let (Some(was), Some(is)) = (was, is) {
            found.configs(&was.config.values, &is.config.values);
        }
        found.documentation(before, after);
        found
    }

    fn configs(&mut self, was: &Map<String, Value>, is: &Map<String, Value>) {
        if was == is {
            return;
        }
        let mut keys: Vec<&String> = was.keys().chain(is.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let at = |values: &Map<String, Value>| values.get(key).cloned().unwrap_or(Value::Null);
            let (old, new) = (at(was), at(is));
            if old == new {
                continue;
            }
            if DOCS_CONFIGS.contains(&key.as_str()) {
                self.docs.push(key.clone());
            } else {
                self.config.push(ConfigChange { key: key.clone(), old, new });
            }
        }
    }

    fn documentation(&mut self, before: &Node, after: &Node) {
        if before.description != after.description {
            self.docs.push("description".to_owned());
        }
        let described = |node: &Node, name: &str| {
            node.columns.values().find(|it| it.name == name).map(|it| {
                (
                    it.description.clone(),
                    it.meta.clone(),
                    it.tags.clone(),
                    it.data_type.clone(),
                    it.constraints.clone(),
                )
            })
        };
        let mut columns: Vec<&String> =
            before.columns.values().chain(after.columns.values()).map(|column| &column.name).collect();
        columns.sort();
        columns.dedup();
        self.docs.extend(
            columns
                .into_iter()
                .filter(|name| described(before, name) != described(after, name))
                .map(|name| format!("column {name}")),
        );
        // Of what has no columns nothing but its properties tells.
        if !after.kind.has_columns() && before.properties != after.properties {
            self.docs.push("properties".to_owned());
        }
    }
}
