//! What only YAML defines beside sources: exposures, metrics, semantic models, saved queries, unit tests.

use serde_json::Value;

use super::{Draft, Item, Properties, Reader, below_resource, columns};
use crate::project::yaml::Yaml;
use crate::project::{NodeKind, definitions, errors, python};
use crate::source::Spanned;

impl Reader<'_> {
    /// A node that is kept as it is written.
    pub(super) fn other(&self, kind: NodeKind, item: Item<'_, '_>, properties: &mut Properties) {
        let mut node = self.defined(kind, &item);
        node.property_config.values = {
            // A metric's own tags are no config.
            let tags: &[&str] = if kind == NodeKind::Metric { &[] } else { &["tags"] };
            let beside = [super::BESIDE, tags].concat();
            self.config(&beside, &item.value, item.tree, &mut properties.diagnostics)
        };
        if kind == NodeKind::Exposure {
            let mut tags = columns::tags(item.value.get("tags"));
            tags.extend(columns::tags(item.value.get("config").and_then(|config| config.get("tags"))));
            tags.sort();
            tags.dedup();
            if !tags.is_empty() {
                node.property_config.values.insert("tags".to_owned(), tags.into());
            }
        }
        node.depends_on = match kind {
            NodeKind::Exposure => listed(item.tree.get("depends_on")),
            NodeKind::SemanticModel => one(item.tree.get("model")),
            NodeKind::UnitTest => {
                let Some(model) = item.tree.set("model") else {
                    properties.diagnostics.push(errors::missing_key(item.name_span, "model", "a unit test"));
                    return;
                };
                let name = item.value.get("model").map(python::str).unwrap_or_default();
                let package = self.context.package;
                node.unique_id = format!("unit_test.{package}.{name}.{}", item.name);
                node.fqn = definitions::prefix(package, below_resource(&node.path));
                node.fqn.extend([name.clone(), item.name.clone()]);
                vec![Spanned::new(format!("ref('{name}')"), model.span)]
            }
            _ => Vec::new(),
        };
        node.properties = item.value;
        if let Value::Object(entry) = &node.properties
            && kind == NodeKind::Exposure
            && entry
                .get("owner")
                .is_none_or(|owner| owner.get("name").is_none() && owner.get("email").is_none())
        {
            properties.diagnostics.push(errors::missing_key(
                item.name_span,
                "owner",
                &format!("the exposure `{}`", item.name),
            ));
        }
        properties.drafts.push(Draft { node: Box::new(node), attached: None, text: None });
    }
}

fn one(tree: Option<&Yaml<'_>>) -> Vec<Spanned<String>> {
    let call = tree.and_then(|tree| Some(Spanned::new(tree.text()?.to_owned(), tree.span)));
    call.into_iter().collect()
}

fn listed(tree: Option<&Yaml<'_>>) -> Vec<Spanned<String>> {
    tree.map(Yaml::items).unwrap_or_default().iter().flat_map(|item| one(Some(item))).collect()
}
