//! Columns as the manifest has them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Context;
use super::contract::Constraint;
use super::write::{EMPTY_MAP, Entries};
use crate::project::{ColumnProperties, Node};

/// A column with its properties.
#[derive(Serialize)]
pub(super) struct ColumnOut<'a> {
    name: &'a str,
    description: &'a str,
    meta: Cow<'a, Map<String, Value>>,
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
    meta: Cow<'a, Map<String, Value>>,
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
    let inherited = context.inherited.and_then(|all| all.get(&node.unique_id));
    let meta = |name: &str, own: &'a Map<String, Value>| match inherited.and_then(|all| all.get(name)) {
        Some(more) => Cow::Owned(with_inherited(own, more)),
        None => Cow::Borrowed(own),
    };
    let column = |(name, column): (&'a String, &'a ColumnProperties)| {
        let get = |key: &str| column.more.as_ref()?.get(key).filter(|value| !value.is_null());
        let out = ColumnOut {
            name: &column.name,
            description: &column.description,
            meta: meta(name, &column.meta),
            data_type: column.data_type.as_deref(),
            constraints: if compiled {
                let listed = Constraint::of_column(column).into_iter();
                listed.map(|it| it.settled(context, &node.package)).collect()
            } else {
                Constraint::of_column(column)
            },
            quote: column.quote,
            config: ColumnConfig { meta: meta(name, &column.meta), tags: &column.tags },
            tags: &column.tags,
            granularity: get("granularity").and_then(Value::as_str),
            doc_blocks: &column.doc_blocks,
            dimension: get("dimension"),
            entity: get("entity"),
            more: Entries(column.more.iter().flat_map(|more| more.iter()).filter_map(unknown).collect()),
        };
        (name.as_str(), out)
    };
    let mut all: Vec<_> = node.columns.iter().map(column).collect();
    let unlisted = inherited.into_iter().flatten().filter(|(name, _)| !node.columns.contains_key(*name));
    all.extend(unlisted.map(|(name, more)| {
        let meta = with_inherited(&EMPTY_MAP, more);
        let out = ColumnOut {
            name,
            description: "",
            meta: Cow::Owned(meta.clone()),
            data_type: None,
            constraints: Vec::new(),
            quote: None,
            config: ColumnConfig { meta: Cow::Owned(meta), tags: &[] },
            tags: &[],
            granularity: None,
            doc_blocks: &[],
            dimension: None,
            entity: None,
            more: Entries(Vec::new()),
        };
        (name.as_str(), out)
    }));
    Entries(all)
}

/// A column's `meta` with what it inherits under `buhin`.
fn with_inherited(own: &Map<String, Value>, more: &Map<String, Value>) -> Map<String, Value> {
    let mut meta = own.clone();
    if let Value::Object(ours) = meta.entry("buhin").or_insert_with(|| Value::Object(Map::new())) {
        ours.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    meta
}

/// An entry whose key dbt gives no meaning to.
fn unknown<'a>((key, value): (&'a String, &'a Value)) -> Option<(&'a str, &'a Value)> {
    (!matches!(key.as_str(), "granularity" | "dimension" | "entity")).then_some((key.as_str(), value))
}
