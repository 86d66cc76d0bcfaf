//! Sources as the manifest has them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Context;
use super::columns::{ColumnOut, columns};
use super::config::{ConfigOut, NO_FRESHNESS};
use super::node::no_database;
use super::unrendered::Unrendered;
use super::write::{EMPTY_MAP, Entries};
use crate::project::{Node, NodeId, NodeKind};
use crate::render::{CollectedNode, quote_policy};
use crate::sql::{Dialect, Relation};

/// A table of a source.
#[derive(Serialize)]
pub(super) struct SourceOut<'a> {
    database: Option<&'a str>,
    schema: Option<&'a str>,
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    fqn: &'a [String],
    source_name: Option<&'a str>,
    source_description: &'a str,
    loader: &'a str,
    identifier: &'a str,
    quoting: Quoting,
    loaded_at_field: Option<&'a Value>,
    loaded_at_query: Option<&'a Value>,
    freshness: Option<&'a Value>,
    external: Option<External<'a>>,
    description: &'a str,
    columns: Entries<&'a str, ColumnOut<'a>>,
    meta: &'a Map<String, Value>,
    source_meta: &'a Map<String, Value>,
    tags: Vec<&'a str>,
    config: ConfigOut<'a>,
    patch_path: Option<()>,
    unrendered_config: Unrendered<'a>,
    relation_name: Option<String>,
    unrendered_database: Option<&'a str>,
    unrendered_schema: Option<&'a str>,
    doc_blocks: &'a [String],
}

#[derive(Serialize)]
struct Quoting {
    database: Option<bool>,
    schema: Option<bool>,
    identifier: Option<bool>,
    column: Option<bool>,
}

/// An external table.
#[derive(Serialize)]
struct External<'a> {
    location: Option<&'a Value>,
    file_format: Option<&'a Value>,
    row_format: Option<&'a Value>,
    tbl_properties: Option<&'a Value>,
    partitions: Option<&'a Value>,
    #[serde(flatten)]
    more: Entries<&'a str, &'a Value>,
}

/// The entry of a source.
pub(super) fn source<'a>(
    context: &Context<'a>,
    id: NodeId,
    node: &'a Node,
    collected: &'a CollectedNode,
) -> SourceOut<'a> {
    let relation = collected.relation.as_ref();
    let get = |key: &str| node.properties.get(key).filter(|value| !value.is_null());
    let text = |key: &str| get(key).and_then(Value::as_str).unwrap_or_default();
    let quote = node.source_relation.as_ref().map_or([None; 3], |it| it.quote);
    let config = &collected.config;
    let map = |value: Option<&'a Value>| value.and_then(Value::as_object).unwrap_or(&*EMPTY_MAP);
    let mut unrendered = Unrendered::of(context, node, collected);
    for (key, none) in [
        ("loaded_at_field", Value::Null),
        ("loaded_at_query", Value::Null),
        ("meta", Value::Object(Map::new())),
        ("tags", Value::Array(Vec::new())),
    ] {
        if !config.values.contains_key(key) {
            unrendered.set(key, Cow::Owned(none));
        }
    }
    SourceOut {
        database: relation
            .and_then(|it| it.database.as_deref())
            .or_else(|| no_database(context.project.target.dialect)),
        schema: relation.and_then(|it| it.schema.as_deref()),
        name: &node.name,
        resource_type: "source",
        package_name: &node.package,
        path: node.path.as_str(),
        original_file_path: node.path.as_str(),
        unique_id: &node.unique_id,
        fqn: &node.fqn,
        source_name: node.source_name.as_deref(),
        source_description: text("source_description"),
        loader: text("loader"),
        identifier: relation.and_then(|it| it.identifier.as_deref()).unwrap_or(&node.name),
        quoting: Quoting {
            database: quote[0],
            schema: quote[1],
            identifier: quote[2],
            column: column_quoting(node),
        },
        loaded_at_field: get("loaded_at_field"),
        loaded_at_query: get("loaded_at_query"),
        freshness: match config.values.get("freshness") {
            Some(Value::Null) => None,
            Some(freshness) => Some(freshness),
            None => Some(&NO_FRESHNESS),
        },
        external: get("external").and_then(external),
        description: &node.description,
        columns: columns(context, node, false),
        meta: map(config.get("meta")),
        source_meta: map(get("source_meta")),
        tags: config.tags(),
        config: ConfigOut {
            config,
            kind: NodeKind::Source,
            materialized: None,
            enabled: context.graph.enabled[id],
            test_tags: None,
        },
        patch_path: None,
        unrendered_config: unrendered,
        relation_name: relation.map(|relation| {
            // Here, unlike in SQL, dbt lets the root's `quoting` count for sources too.
            let root = context.project.root();
            let habit = quote_policy(relation.dialect);
            let quote = std::array::from_fn(|at| quote[at].or(root.quoting[at]).unwrap_or(habit[at]));
            let mut relation = Relation { quote, ..relation.clone() };
            if relation.dialect == Dialect::ClickHouse {
                // Its adapter quotes what there is, and there is no level above schemas.
                relation.database = None;
                relation.quote = [true; 3];
            }
            relation.render()
        }),
        unrendered_database: get("unrendered_database").and_then(Value::as_str),
        unrendered_schema: get("unrendered_schema").and_then(Value::as_str),
        doc_blocks: &node.doc_blocks,
    }
}

fn column_quoting(node: &Node) -> Option<bool> {
    node.properties.get("quoting")?.get("column")?.as_bool()
}

fn external(value: &Value) -> Option<External<'_>> {
    const KNOWN: [&str; 5] = ["location", "file_format", "row_format", "tbl_properties", "partitions"];
    let map = value.as_object()?;
    let more = map.iter().filter(|(key, _)| !KNOWN.contains(&key.as_str()));
    let [location, file_format, row_format, tbl_properties, partitions] = KNOWN.map(|key| map.get(key));
    let more = Entries(more.map(|(key, value)| (key.as_str(), value)).collect());
    Some(External { location, file_format, row_format, tbl_properties, partitions, more })
}
