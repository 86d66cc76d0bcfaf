//! `access` and `group`, which stand in the config or, as dbt still allows, beside it.

use crate::project::Node;
use crate::render::CollectedNode;

/// A text that is set in the config, or else at the top of the node's properties.
pub(super) fn text<'a>(node: &'a Node, collected: Option<&'a CollectedNode>, key: &str) -> Option<&'a str> {
    let config = collected.and_then(|collected| collected.config.text(key));
    config.or_else(|| node.properties.get(key).and_then(|value| value.as_str()))
}
