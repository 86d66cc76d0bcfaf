//! What differs of a node besides its SQL: entries of both manifests side by side.
//!
//! Configs and places are compared as they are written, so that another target or environment is no change.

use serde_json::Value;

use super::Base;
use super::nodes::text;
use crate::project::{NodeId, NodeKind};
use crate::review::{Aspects, ConfigChange, DOCS_CONFIGS, Recorded};
use crate::sql::Relation;
use crate::state::compare;

impl Base<'_> {
    /// The entry of a node of the project as it is now.
    fn entry(&self, is: NodeId) -> Option<&Value> {
        let unique_id = &self.comparison.context.project.node(is).unique_id;
        self.comparison.now().entries.get(unique_id)
    }

    fn pair(&self, was: NodeId, is: NodeId) -> Option<(&Value, &Value)> {
        Some((self.entries[was], self.entry(is)?))
    }
}

impl Recorded for Base<'_> {
    fn aspects(&self, was: NodeId, is: NodeId) -> Aspects {
        let mut found = Aspects::default();
        let Some((old, new)) = self.pair(was, is) else { return found };
        let kind = self.project.node(was).kind;
        if kind == NodeKind::Model {
            let words = (materialized(old), materialized(new));
            found.becomes = (words.0 != words.1).then(|| (words.0.to_owned(), words.1.to_owned()));
        }
        if kind.is_relation() && !compare::same_place(new, old) {
            let now = &self.comparison.context.collected.nodes[is];
            let now = now.as_ref().and_then(|it| it.relation.as_ref()).map(Relation::render);
            let before = self.former[was].as_ref().map(Relation::render);
            found.place = before.zip(now).filter(|(before, now)| before != now);
        }
        for (key, before, now) in compare::config_differences(new, old) {
            let key = key.replace('-', "_");
            if DOCS_CONFIGS.contains(&key.as_str()) {
                found.docs.push(key);
            } else {
                found.config.push(ConfigChange { key, old: before, new: now });
            }
        }
        if text(old, "description") != text(new, "description") {
            found.docs.push("description".to_owned());
        }
        found.docs.extend(compare::column_differences(new, old).map(|name| format!("column {name}")));
        let is_told_by_sql = kind.has_columns() || kind == NodeKind::Operation;
        if !is_told_by_sql && !compare::same_contents(new, Some(old)) && found.docs.is_empty() {
            found.docs.push("properties".to_owned());
        }
        found
    }

    fn has_same_rows(&self, was: NodeId, is: NodeId) -> bool {
        self.pair(was, is).is_some_and(|(old, new)| compare::same_body(new, old))
    }

    fn is_declared_same(&self, was: NodeId, is: NodeId) -> bool {
        self.pair(was, is)
            .is_some_and(|(old, new)| compare::same_call(new, old) && !self.comparison.macros_changed(new))
    }

    fn former(&self, id: NodeId) -> Option<&Relation> {
        self.former[id].as_ref()
    }

    fn has_plain_refs(&self) -> bool {
        self.has_plain_refs
    }
}

/// What a part becomes, in our words.
fn materialized(entry: &Value) -> &str {
    match entry.get("config").and_then(|config| text(config, "materialized")) {
        Some("ephemeral") => "inline",
        other => other.unwrap_or("view"),
    }
}
