//! Lineage as OpenLineage's column-lineage facet, a dataset a line.
//!
//! Form: `ColumnLineageDatasetFacet` 1-2-0 of the OpenLineage specification.

use serde_json::{Map, Value, json};

use super::picture::{Picture, Point};
use crate::flow::{ColumnRef, End};
use crate::lineage::{Kind, Role};
use crate::project::NodeId;
use crate::render::Collected;

const SCHEMA: &str = "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json";
const PRODUCER: &str = concat!("https://github.com/buhin/buhin/tree/v", env!("CARGO_PKG_VERSION"));

/// One node's facet, or `None` for a node without columns of its own making.
pub fn facet(picture: &Picture<'_>, collected: &Collected, id: NodeId, namespace: &str) -> Option<Value> {
    let node = picture.lineage.nodes[id].as_ref()?;
    let input = |end: End| -> Option<Map<String, Value>> {
        let Point { name, column, .. } = match end {
            End::Gap(_) => return None,
            end => picture.point(id, end),
        };
        let name = match end {
            End::Column(ColumnRef { node, .. }) => dataset(collected, node).unwrap_or(name),
            _ => name,
        };
        let mut input = Map::new();
        input.insert("namespace".to_owned(), namespace.into());
        input.insert("name".to_owned(), name.into());
        input.insert("field".to_owned(), column.into());
        Some(input)
    };
    let mut fields = Map::new();
    for (place, column) in node.columns.iter().enumerate().filter(|(_, column)| !column.is_star) {
        let text = picture.expression(ColumnRef { node: id, column: place as u32 });
        let description = text.map_or("", |(_, text)| text);
        let inputs = column.edges.iter().filter_map(|edge| {
            let mut input = input(edge.from)?;
            input.insert("transformations".to_owned(), json!([direct(edge.kind, description)]));
            Some(Value::Object(input))
        });
        let inputs: Vec<Value> = inputs.collect();
        if !inputs.is_empty() {
            fields.insert(column.name.to_string(), json!({ "inputFields": inputs }));
        }
    }
    let deciding = node.shape.iter().filter_map(|shape| {
        let mut input = input(shape.from)?;
        input.insert("transformations".to_owned(), json!([indirect(shape.role)]));
        Some(Value::Object(input))
    });
    let deciding: Vec<Value> = deciding.collect();
    if fields.is_empty() && deciding.is_empty() {
        return None;
    }
    let name = dataset(collected, id).unwrap_or_else(|| picture.project.node(id).name.clone());
    Some(json!({
        "namespace": namespace,
        "name": name,
        "facets": {"columnLineage": {
            "_producer": PRODUCER,
            "_schemaURL": SCHEMA,
            "fields": fields,
            "dataset": deciding,
        }},
    }))
}

/// A node's full name in the warehouse.
fn dataset(collected: &Collected, id: NodeId) -> Option<String> {
    let collected = collected.nodes[id].as_ref()?;
    let relation = collected.relation.as_ref().or(collected.place.as_ref())?;
    let parts = [&relation.database, &relation.schema, &relation.identifier];
    Some(parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("."))
}

fn direct(kind: Kind, description: &str) -> Value {
    let subtype = match kind {
        Kind::Identity | Kind::Rename => "IDENTITY",
        Kind::Aggregate => "AGGREGATION",
        _ => "TRANSFORMATION",
    };
    json!({"type": "DIRECT", "subtype": subtype, "description": description, "masking": false})
}

fn indirect(role: Role) -> Value {
    let subtype = match role {
        Role::Filter | Role::Distinct | Role::SetOperation => "FILTER",
        Role::JoinKey => "JOIN",
        Role::Group | Role::Pivot => "GROUP_BY",
        Role::Order => "SORT",
        Role::Partition => "WINDOW",
    };
    json!({"type": "INDIRECT", "subtype": subtype, "description": role.name(), "masking": false})
}
