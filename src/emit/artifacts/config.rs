//! A node's config as the manifest has it: dbt's defaults, then what is set.

use std::sync::LazyLock;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::write::{Contract, EMPTY_MAP, Pointer, Shown, SnapshotColumns};
use crate::project::{Config, NodeKind};

/// A config to be written.
pub(super) struct ConfigOut<'a> {
    pub(super) config: &'a Config,
    pub(super) kind: NodeKind,
    /// What the part becomes, in dbt's word.
    pub(super) materialized: Option<&'a str>,
    /// False for a test whose target is switched off, whatever its config says.
    pub(super) enabled: bool,
    /// Of a generic test: tags that are the node's but not its config's, and whether its own stand there once. dbt has
    /// those of most tests twice, for it reads them from YAML and from the text that it makes of that.
    pub(super) test_tags: Option<(&'a [String], bool)>,
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
    SnapshotColumns,
    Pointer,
    Freshness,
    Cache,
}

impl Plain {
    /// Writes the entry of a key: the value that is set, or this.
    fn entry<M: serde::ser::SerializeMap>(
        self,
        map: &mut M,
        key: &str,
        set: Option<&Value>,
    ) -> Result<(), M::Error> {
        match (self, set) {
            (Self::Docs, set) => map.serialize_entry(key, &Shown(set)),
            (Self::Contract, set) => map.serialize_entry(key, &Contract(set)),
            (Self::SnapshotColumns, set) => map.serialize_entry(key, &SnapshotColumns(set)),
            (Self::Pointer, set) => map.serialize_entry(key, &Pointer(set)),
            (_, Some(Value::String(tag))) if key == "tags" => map.serialize_entry(key, &[tag]),
            (_, Some(set)) => map.serialize_entry(key, set),
            (Self::Null, None) => map.serialize_entry(key, &None::<()>),
            (Self::True, None) => map.serialize_entry(key, &true),
            (Self::One, None) => map.serialize_entry(key, &1),
            (Self::List, None) => map.serialize_entry(key, &[(); 0]),
            (Self::Map, None) => map.serialize_entry(key, &*EMPTY_MAP),
            (Self::Text(text), None) => map.serialize_entry(key, text),
            (Self::Freshness, None) => map.serialize_entry(key, &*NO_FRESHNESS),
            (Self::Cache, None) => map.serialize_entry(key, &json!({"enabled": false})),
        }
    }
}

/// `freshness` of a source that has none.
pub(super) static NO_FRESHNESS: LazyLock<Value> = LazyLock::new(|| {
    let never = json!({"count": null, "period": null});
    json!({"warn_after": never, "error_after": never, "filter": null})
});

/// What every node with SQL has.
const COMMON: &[(&str, Plain)] = &[
    ("enabled", Plain::True),
    ("alias", Plain::Null),
    ("schema", Plain::Null),
    ("database", Plain::Null),
    ("tags", Plain::List),
    ("meta", Plain::Map),
    ("group", Plain::Null),
    ("static_analysis", Plain::Null),
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
    ("enabled", Plain::True),
    ("alias", Plain::Null),
    ("schema", Plain::Text("dbt_test__audit")),
    ("database", Plain::Null),
    ("tags", Plain::List),
    ("meta", Plain::Map),
    ("group", Plain::Null),
    ("static_analysis", Plain::Null),
    ("severity", Plain::Text("ERROR")),
    ("store_failures", Plain::Null),
    ("store_failures_as", Plain::Null),
    ("sql_header", Plain::Null),
    ("where", Plain::Null),
    ("limit", Plain::Null),
    ("fail_calc", Plain::Text("count(*)")),
    ("warn_if", Plain::Text("!= 0")),
    ("error_if", Plain::Text("!= 0")),
];

const MODEL: &[(&str, Plain)] = &[
    ("access", Plain::Text("protected")),
    ("freshness", Plain::Null),
    ("on_error", Plain::Null),
    ("latest_version_pointer", Plain::Pointer),
];

const SNAPSHOT: &[(&str, Plain)] = &[
    ("strategy", Plain::Null),
    ("target_schema", Plain::Null),
    ("target_database", Plain::Null),
    ("updated_at", Plain::Null),
    ("check_cols", Plain::Null),
    ("snapshot_meta_column_names", Plain::SnapshotColumns),
    ("dbt_valid_to_current", Plain::Null),
];

const SEED: &[(&str, Plain)] = &[("delimiter", Plain::Text(",")), ("quote_columns", Plain::Null)];

const SOURCE: &[(&str, Plain)] = &[
    ("enabled", Plain::True),
    ("event_time", Plain::Null),
    ("freshness", Plain::Freshness),
    ("loaded_at_field", Plain::Null),
    ("loaded_at_query", Plain::Null),
    ("meta", Plain::Map),
    ("tags", Plain::List),
    ("static_analysis", Plain::Null),
];

const EXPOSURE: &[(&str, Plain)] = &[("enabled", Plain::True), ("tags", Plain::List), ("meta", Plain::Map)];

const UNIT_TEST: &[(&str, Plain)] = &[
    ("tags", Plain::List),
    ("meta", Plain::Map),
    ("enabled", Plain::True),
    ("static_analysis", Plain::Null),
];

const SEMANTIC: &[(&str, Plain)] = &[("enabled", Plain::True), ("group", Plain::Null), ("meta", Plain::Map)];

const SAVED_QUERY: &[(&str, Plain)] = &[
    ("enabled", Plain::True),
    ("group", Plain::Null),
    ("meta", Plain::Map),
    ("export_as", Plain::Null),
    ("schema", Plain::Null),
    ("cache", Plain::Cache),
];

impl ConfigOut<'_> {
    fn defaults(&self) -> impl Iterator<Item = &'static (&'static str, Plain)> {
        let lists: [&[(&str, Plain)]; 3] = match self.kind {
            NodeKind::Model => [COMMON, BUILT, MODEL],
            NodeKind::Seed => [COMMON, BUILT, SEED],
            NodeKind::Snapshot => [COMMON, BUILT, SNAPSHOT],
            NodeKind::Analysis | NodeKind::Operation => [COMMON, BUILT, &[]],
            NodeKind::Test => [TEST, &[], &[]],
            NodeKind::Source => [SOURCE, &[], &[]],
            NodeKind::Exposure => [EXPOSURE, &[], &[]],
            NodeKind::UnitTest => [UNIT_TEST, &[], &[]],
            NodeKind::Metric | NodeKind::SemanticModel => [SEMANTIC, &[], &[]],
            NodeKind::SavedQuery => [SAVED_QUERY, &[], &[]],
        };
        lists.into_iter().flatten()
    }

    /// Each of a test's two settings follows from the other, and `store_failures_as` counts.
    fn store_failures<M: serde::ser::SerializeMap>(&self, map: &mut M, key: &str) -> Result<(), M::Error> {
        let set = |key: &str| self.config.values.get(key).filter(|value| !value.is_null());
        let (store, kept) = (set("store_failures"), set("store_failures_as").and_then(Value::as_str));
        if key == "store_failures" {
            return match kept {
                Some(kept) => map.serialize_entry(key, &(kept != "ephemeral")),
                None => map.serialize_entry(key, &store),
            };
        }
        let kept = kept.or(match store.and_then(Value::as_bool) {
            Some(true) => Some("table"),
            Some(false) => Some("ephemeral"),
            None => None,
        });
        map.serialize_entry(key, &kept)
    }

    /// Keys that stand beside an entry's `config` in YAML and are no config of this kind.
    fn is_foreign(&self, key: &str) -> bool {
        let more = !matches!(
            self.kind,
            NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot | NodeKind::Test | NodeKind::Analysis
        );
        let with_tags = matches!(self.kind, NodeKind::Metric | NodeKind::SavedQuery);
        more && (matches!(key, "docs" | "contract" | "access" | "group") || key == "tags" && !with_tags)
            && !self.defaults().any(|(known, _)| *known == key)
    }
}

impl Serialize for ConfigOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = &self.config.values;
        let mut map = serializer.serialize_map(None)?;
        let mut known = 0;
        for (key, default) in self.defaults() {
            let stored = match *key {
                "post-hook" => "post_hook",
                "pre-hook" => "pre_hook",
                key => key,
            };
            let set = values.get(stored);
            known += usize::from(set.is_some());
            match set.filter(|value| !value.is_null()) {
                None if *key == "freshness" && set.is_some() => map.serialize_entry(key, &None::<()>)?,
                _ if key.starts_with("store_failures") => self.store_failures(&mut map, key)?,
                Some(_)
                    if *key == "tags"
                        && self.test_tags.is_some_and(|(more, once)| once || !more.is_empty()) =>
                {
                    let inherited = self.test_tags.map_or(&[][..], |(inherited, _)| inherited);
                    let own = self.config.tags().into_iter();
                    let own = own.filter(|tag| !inherited.iter().any(|other| other == tag));
                    map.serialize_entry(key, &own.collect::<Vec<_>>())?;
                }
                _ if *key == "enabled" && !self.enabled => map.serialize_entry(key, &false)?,
                Some(value) if stored.ends_with("_hook") => map.serialize_entry(key, &hooks(value))?,
                Some(value) if *key == "severity" => map.serialize_entry(key, value)?,
                set => default.entry(&mut map, key, set)?,
            }
        }
        if let Some(materialized) = self.materialized {
            map.serialize_entry("materialized", materialized)?;
            known += usize::from(values.contains_key("materialized"));
        }
        if known < values.len() {
            let written = |key: &str| {
                key == "materialized" && self.materialized.is_some()
                    || key == "pre_hook" && self.defaults().any(|(known, _)| *known == "pre-hook")
                    || key == "post_hook" && self.defaults().any(|(known, _)| *known == "post-hook")
                    || self.defaults().any(|(known, _)| *known == key)
            };
            for (key, value) in values.iter().filter(|(key, _)| !written(key) && !self.is_foreign(key)) {
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
    let hook = |hook: &Value| {
        let parsed: Option<Value> = hook.as_str().and_then(|text| serde_json::from_str(text).ok());
        let map = parsed.as_ref().unwrap_or(hook);
        let (sql, transaction) = match (map, hook) {
            (Value::Object(map), _) => (
                map.get("sql").and_then(Value::as_str).unwrap_or_default(),
                map.get("transaction").and_then(Value::as_bool).unwrap_or(true),
            ),
            (_, Value::String(sql)) => (sql.as_str(), true),
            _ => ("", true),
        };
        json!({"sql": sql, "transaction": transaction, "index": null})
    };
    list.iter().map(hook).collect()
}
