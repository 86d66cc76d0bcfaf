//! A node's config as the manifest has it: dbt's defaults, then what is set.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::project::{Config, NodeKind};

/// A config to be written.
pub(super) struct ConfigOut<'a> {
    pub(super) config: &'a Config,
    pub(super) kind: NodeKind,
    /// What the part becomes, in dbt's word.
    pub(super) materialized: Option<&'a str>,
}

/// A default value.
#[derive(Clone, Copy)]
enum Plain {
    Null,
    True,
    One,
    List,
    Map,
    Text(&'static str),
    Docs,
    Contract,
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::True => serializer.serialize_bool(true),
            Self::One => serializer.serialize_u8(1),
            Self::List => [(); 0].serialize(serializer),
            Self::Map => serializer.serialize_map(Some(0))?.end(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Docs => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("show", &true)?;
                map.serialize_entry("node_color", &None::<()>)?;
                map.end()
            }
            Self::Contract => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("enforced", &false)?;
                map.serialize_entry("alias_types", &true)?;
                map.end()
            }
        }
    }
}

/// What every node with SQL has.
const COMMON: &[(&str, Plain)] = &[
    ("enabled", Plain::True),
    ("alias", Plain::Null),
    ("schema", Plain::Null),
    ("database", Plain::Null),
    ("tags", Plain::List),
    ("meta", Plain::Map),
    ("group", Plain::Null),
];

const BUILT: &[(&str, Plain)] = &[
    ("incremental_strategy", Plain::Null),
    ("batch_size", Plain::Null),
    ("lookback", Plain::One),
    ("begin", Plain::Null),
    ("persist_docs", Plain::Map),
    ("post-hook", Plain::List),
    ("pre-hook", Plain::List),
    ("quoting", Plain::Map),
    ("column_types", Plain::Map),
    ("full_refresh", Plain::Null),
    ("unique_key", Plain::Null),
    ("on_schema_change", Plain::Text("ignore")),
    ("on_configuration_change", Plain::Text("apply")),
    ("grants", Plain::Map),
    ("packages", Plain::List),
    ("docs", Plain::Docs),
    ("contract", Plain::Contract),
    ("event_time", Plain::Null),
    ("concurrent_batches", Plain::Null),
];

const TEST: &[(&str, Plain)] = &[
    ("severity", Plain::Text("ERROR")),
    ("store_failures", Plain::Null),
    ("store_failures_as", Plain::Null),
    ("where", Plain::Null),
    ("limit", Plain::Null),
    ("fail_calc", Plain::Text("count(*)")),
    ("warn_if", Plain::Text("!= 0")),
    ("error_if", Plain::Text("!= 0")),
];

const MODEL: &[(&str, Plain)] = &[("access", Plain::Text("protected")), ("freshness", Plain::Null)];

const SNAPSHOT: &[(&str, Plain)] = &[
    ("strategy", Plain::Null),
    ("target_schema", Plain::Null),
    ("target_database", Plain::Null),
    ("updated_at", Plain::Null),
    ("check_cols", Plain::Null),
    ("dbt_valid_to_current", Plain::Null),
];

const SEED: &[(&str, Plain)] = &[("delimiter", Plain::Text(",")), ("quote_columns", Plain::Null)];

const OTHER: &[(&str, Plain)] = &[("enabled", Plain::True), ("tags", Plain::List), ("meta", Plain::Map)];

impl ConfigOut<'_> {
    fn defaults(&self) -> impl Iterator<Item = &'static (&'static str, Plain)> {
        let lists: [&[(&str, Plain)]; 3] = match self.kind {
            NodeKind::Model => [COMMON, BUILT, MODEL],
            NodeKind::Seed => [COMMON, BUILT, SEED],
            NodeKind::Snapshot => [COMMON, BUILT, SNAPSHOT],
            NodeKind::Analysis | NodeKind::Operation => [COMMON, BUILT, &[]],
            NodeKind::Test => [COMMON, TEST, &[]],
            _ => [OTHER, &[], &[]],
        };
        lists.into_iter().flatten()
    }
}

impl Serialize for ConfigOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = &self.config.values;
        let mut map = serializer.serialize_map(None)?;
        let mut written: Vec<&str> = vec!["materialized"];
        for (key, default) in self.defaults() {
            let stored = match *key {
                "post-hook" => "post_hook",
                "pre-hook" => "pre_hook",
                key => key,
            };
            written.push(stored);
            match values.get(stored).filter(|value| !value.is_null()) {
                Some(value) if stored.ends_with("_hook") => map.serialize_entry(key, &hooks(value))?,
                Some(Value::String(tag)) if stored == "tags" => map.serialize_entry(key, &[tag])?,
                Some(value) => map.serialize_entry(key, value)?,
                None => map.serialize_entry(key, default)?,
            }
        }
        if let Some(materialized) = self.materialized {
            map.serialize_entry("materialized", materialized)?;
        }
        for (key, value) in values {
            if !written.contains(&key.as_str()) {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

/// Hooks as dbt writes them: each with its text, place and whether it runs in the transaction.
fn hooks(value: &Value) -> Vec<Value> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let hook = |(index, hook): (usize, &Value)| {
        let (sql, transaction) = match hook {
            Value::String(sql) => (sql.as_str(), true),
            Value::Object(map) => (
                map.get("sql").and_then(Value::as_str).unwrap_or_default(),
                map.get("transaction").and_then(Value::as_bool).unwrap_or(true),
            ),
            _ => ("", true),
        };
        json!({"sql": sql, "transaction": transaction, "index": index})
    };
    list.iter().enumerate().map(hook).collect()
}
