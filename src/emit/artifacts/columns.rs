//! Columns as the manifest has them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Context;
use super::contract::Constraint;
use super::write::Entries;
use crate::project::{ColumnProperties, Node};

/// A column with its properties.
#[derive(Serialize)]
pub(super) struct ColumnOut<'a> {
    name: &'a str,
    description: &'a str,
    meta: &'a Map<String, Value>,
    data_type: Option<&'a str>,
    constraints: Vec<Constraint<'a>>,
    quote: Option<bool>,
    config: ColumnConfig<'a>,
    tags: &'a [String],
    granularity: Option<&'a str>,
    doc_blocks: &'a [String],
    dimension: Option<&'a Value>,
    entity: Option<&'a Value>,
    /// The user's own keys, which dbt passes on.
    #[serde(flatten)]
    more: Entries<&'a str, &'a Value>,
}

#[derive(Serialize)]
struct ColumnConfig<'a> {
    meta: &'a Map<String, Value>,
    tags: &'a [String],
}

/// A node's columns.
///
/// Once a node is `compiled`, its foreign keys lead to relations.
pub(super) fn columns<'a>(
    context: &Context<'a>,
    node: &'a Node,
    compiled: bool,
) -> Entries<&'a str, ColumnOut<'a>> {
    let written = node.properties.get("columns").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let named = |value: &Value, name: &str| value.get("name").and_then(Value::as_str) == Some(name);
    let column = |(at, (name, column)): (usize, (&'a String, &'a ColumnProperties))| {
        // Nearly always the column stands at the same place of the list.
        let own = written.get(at).filter(|value| named(value, name));
        let own = own.or_else(|| written.iter().find(|value| named(value, name)));
        let get = |key: &str| own.and_then(|own| own.get(key)).filter(|value| !value.is_null());
        let out = ColumnOut {
            name: &column.name,
            description: &column.description,
            meta: &column.meta,
            data_type: column.data_type.as_deref(),
            constraints: if compiled {
                let listed = Constraint::of_column(column).into_iter();
                listed.map(|it| it.settled(context, &node.package)).collect()
            } else {
                Constraint::of_column(column)
            },
            quote: column.quote,
            config: ColumnConfig { meta: &column.meta, tags: &column.tags },
            tags: &column.tags,
            granularity: get("granularity").and_then(Value::as_str),
            doc_blocks: &column.doc_blocks,
            dimension: get("dimension"),
            entity: get("entity"),
            more: Entries(own.and_then(Value::as_object).into_iter().flatten().filter_map(unknown).collect()),
        };
        (name.as_str(), out)
    };
    Entries(node.columns.iter().enumerate().map(column).collect())
}

/// An entry whose key dbt gives no meaning to.
fn unknown<'a>((key, value): (&'a String, &'a Value)) -> Option<(&'a str, &'a Value)> {
    const KNOWN: &[&str] = &[
        "name",
        "description",
        "meta",
        "data_type",
        "constraints",
        "quote",
        "config",
        "tags",
        "granularity",
        "dimension",
        "entity",
        "tests",
        "data_tests",
        "docs",
    ];
    (!KNOWN.contains(&key.as_str())).then_some((key.as_str(), value))
}
