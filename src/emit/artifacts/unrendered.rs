//! `unrendered_config`: a node's config as it is written, before Jinja; what `state:modified` compares.
//!
//! As in dbt the levels replace each other key by key; of `config()` in a text the expressions are kept, unless
//! nothing in that text has to be run.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::{Map, Value};

use super::super::Context;
use crate::project::{Node, NodeKind, canonical_key};
use crate::render::{CollectedNode, written_config};

/// Keys and values in the order in which they first appear.
#[derive(Default)]
pub(super) struct Unrendered<'a> {
    entries: Vec<(&'a str, Cow<'a, Value>)>,
}

impl<'a> Unrendered<'a> {
    /// What is written of a node: its package's project file, its YAML, its `config()`, the root's project file.
    pub(super) fn of(context: &Context<'a>, node: &'a Node, collected: &'a CollectedNode) -> Self {
        let project = context.project;
        let mut all = Self::default();
        let packages = project.packages.iter();
        let Some(own) = packages.clone().find(|package| package.name == node.package) else { return all };
        let dialect = project.target.dialect;
        let folders = |all: &mut Self, raw: &'a Value| {
            let tree = raw.get(heading(node.kind));
            // `tests` is the older name.
            let tree = tree.or_else(|| raw.get("tests").filter(|_| node.kind == NodeKind::Test));
            let Some(mut level) = tree.and_then(Value::as_object) else { return };
            all.own_keys(level, dialect);
            for step in &node.fqn {
                let Some(Value::Object(below)) = level.get(step) else { break };
                level = below;
                all.own_keys(level, dialect);
            }
        };
        folders(&mut all, &own.raw);
        let hooks = |key: &'a str| match key {
            "pre_hook" => "pre-hook",
            "post_hook" => "post-hook",
            key => key,
        };
        if has_own_keys(node.kind) {
            for (key, value) in &node.property_config.values {
                all.set(hooks(key), Cow::Borrowed(value));
            }
        }
        let said = node.written_config.as_deref();
        let said =
            said.or_else(|| node.properties.get("config").filter(|_| !has_own_keys(node.kind))?.as_object());
        for (key, value) in said.into_iter().flatten() {
            all.set(if node.written_config.is_some() { hooks(key) } else { key }, Cow::Borrowed(value));
        }
        let inline = &collected.inline_config.values;
        let text = node.body.filter(|_| !inline.is_empty()).map(|body| project.files.text(body));
        match text.and_then(|text| written_config(node, text)) {
            Some(written) => {
                for (key, value) in written {
                    all.set(key, Cow::Owned(Value::String(value)));
                }
            }
            None => {
                for (key, value) in inline {
                    all.set(hooks(key), Cow::Borrowed(value));
                }
            }
        }
        let root = project.root();
        if own.name != root.name {
            folders(&mut all, &root.raw);
        }
        all
    }

    /// Sets a value, in place of an earlier one.
    pub(super) fn set(&mut self, key: &'a str, value: Cow<'a, Value>) {
        match self.entries.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
    }

    fn own_keys(&mut self, level: &'a Map<String, Value>, dialect: crate::sql::Dialect) {
        for (key, value) in level {
            let name = match key.strip_prefix('+') {
                Some(rest) => rest.trim(),
                None if value.is_object() => continue,
                None => key,
            };
            let name = if name.ends_with("-hook") { name } else { canonical_key(name, dialect) };
            self.set(name, Cow::Borrowed(value));
        }
    }
}

impl Serialize for Unrendered<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (key, value) in &self.entries {
            map.serialize_entry(key, &**value)?;
        }
        map.end()
    }
}

/// True for what takes `meta`, `tags` and the like from beside its `config` too.
fn has_own_keys(kind: NodeKind) -> bool {
    !matches!(
        kind,
        NodeKind::Exposure
            | NodeKind::Metric
            | NodeKind::SemanticModel
            | NodeKind::SavedQuery
            | NodeKind::UnitTest
    )
}

/// The heading of `dbt_project.yml` that says something of this kind.
fn heading(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Seed => "seeds",
        NodeKind::Snapshot => "snapshots",
        NodeKind::Source => "sources",
        NodeKind::Test => "data_tests",
        NodeKind::Metric => "metrics",
        NodeKind::SemanticModel => "semantic_models",
        NodeKind::SavedQuery => "saved_queries",
        NodeKind::Exposure => "exposures",
        NodeKind::UnitTest => "unit_tests",
        NodeKind::Model | NodeKind::Analysis | NodeKind::Operation => "models",
    }
}
