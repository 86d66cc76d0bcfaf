//! Who owns what, and what people call it.

use serde::Serialize;
use serde_json::Value;

use super::Input;
use super::entities::Entities;
use crate::project::{Node, NodeId, NodeKind};

/// Somebody to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Owner<'a> {
    pub(super) name: &'a str,
    pub(super) email: Option<&'a str>,
}

/// Owners by entity.
pub(super) struct People<'a>(Vec<Option<Owner<'a>>>);

impl<'a> People<'a> {
    pub(super) fn of(input: Input<'a>, entities: &Entities) -> Self {
        Self(entities.nodes.iter().map(|id| owner(input, *id)).collect())
    }

    pub(super) fn owner(&self, n: u32) -> Option<&Owner<'a>> {
        self.0[n as usize].as_ref()
    }
}

/// `meta.owner`, else the owner of the group, else an exposure's own.
fn owner(input: Input<'_>, id: NodeId) -> Option<Owner<'_>> {
    let node = input.project.node(id);
    let meta = meta(input, id).and_then(|meta| meta.get("owner")).and_then(named);
    let own = || named(node.properties.get("owner").filter(|_| node.kind == NodeKind::Exposure)?);
    let group = || {
        let group = group(input, id)?;
        let entry = input
            .project
            .groups
            .iter()
            .find(|((package, name), _)| *package == node.package && name == group)?;
        named(entry.1.value.get("owner")?).or(Some(Owner { name: entry.0.1.as_str(), email: None }))
    };
    meta.or_else(own).or_else(group)
}

/// An owner as text, or as a mapping with a name or an address.
fn named(value: &Value) -> Option<Owner<'_>> {
    match value {
        Value::String(name) if !name.is_empty() => Some(Owner { name, email: None }),
        Value::Object(map) => {
            let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            let email = text("email");
            Some(Owner { name: text("name").or(email)?, email })
        }
        _ => None,
    }
}

/// `group` of a node's config.
pub(super) fn group(input: Input<'_>, id: NodeId) -> Option<&str> {
    input.collected.nodes[id].as_ref()?.config.text("group")
}

/// `meta` of a node's config, or of its entry in the property file.
pub(super) fn meta(input: Input<'_>, id: NodeId) -> Option<&serde_json::Map<String, Value>> {
    let config = input.collected.nodes[id].as_ref().and_then(|node| node.config.get("meta"));
    config.or_else(|| input.project.node(id).properties.get("meta"))?.as_object().filter(|it| !it.is_empty())
}

/// The name for people: `meta.label`, or an exposure's or metric's own `label`.
pub(super) fn label(input: Input<'_>, id: NodeId) -> Option<&str> {
    let node: &Node = input.project.node(id);
    let meta = meta(input, id).and_then(|meta| meta.get("label"));
    let own = || node.properties.get("label").filter(|_| !node.kind.has_columns());
    meta.or_else(own)?.as_str().filter(|label| !label.is_empty())
}

/// The tags of a node.
pub(super) fn tags(input: Input<'_>, id: NodeId) -> Vec<&str> {
    input.collected.nodes[id].as_ref().map(|node| node.config.tags()).unwrap_or_default()
}
