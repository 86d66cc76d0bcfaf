//! Small pieces of writing JSON without making a tree first.

use std::io;
use std::sync::LazyLock;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::json;

/// `{}`, to be borrowed.
pub(super) static EMPTY_MAP: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// Writes JSON; values of plain data can't fail.
pub(super) fn put(out: &mut dyn io::Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    let mut bytes = Vec::new();
    json::push(&mut bytes, value).map_err(io::Error::other)?;
    out.write_all(&bytes)
}

/// An object that is written entry by entry.
pub(super) struct Object<'o> {
    out: &'o mut dyn io::Write,
    is_empty: bool,
}

impl<'o> Object<'o> {
    pub(super) fn open(out: &'o mut dyn io::Write) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Self { out, is_empty: true })
    }

    pub(super) fn entry(&mut self, key: &str, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        self.key(key)?;
        put(self.out, value)
    }

    /// An entry whose value is JSON already.
    pub(super) fn raw(&mut self, key: &str, json: &[u8]) -> io::Result<()> {
        self.key(key)?;
        self.out.write_all(json)
    }

    pub(super) fn close(self) -> io::Result<()> {
        self.out.write_all(b"}")
    }

    fn key(&mut self, key: &str) -> io::Result<()> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.write_all(b",")?;
        }
        put(self.out, key)?;
        self.out.write_all(b":")
    }
}

/// An object of entries whose keys differ.
pub(super) struct Entries<K, V>(pub(super) Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Entries<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A mapping of configuration with defaults for some keys, which stand first.
fn with_defaults<S: Serializer>(
    serializer: S,
    value: Option<&Value>,
    defaults: &[(&str, Value)],
) -> Result<S::Ok, S::Error> {
    let set = value.and_then(Value::as_object).unwrap_or(&*EMPTY_MAP);
    let mut map = serializer.serialize_map(None)?;
    for (key, default) in defaults {
        map.serialize_entry(key, set.get(*key).unwrap_or(default))?;
    }
    for (key, value) in set.iter().filter(|(key, _)| !defaults.iter().any(|(known, _)| known == key)) {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

/// `docs` with dbt's defaults.
pub(super) struct Shown<'a>(pub(super) Option<&'a Value>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        with_defaults(serializer, self.0, &[("show", Value::Bool(true)), ("node_color", Value::Null)])
    }
}

/// `contract` of a config with dbt's defaults.
pub(super) struct Contract<'a>(pub(super) Option<&'a Value>);

impl Serialize for Contract<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let defaults = [("enforced", Value::Bool(false)), ("alias_types", Value::Bool(true))];
        with_defaults(serializer, self.0, &defaults)
    }
}

/// The names of a snapshot's own columns.
pub(super) struct SnapshotColumns<'a>(pub(super) Option<&'a Value>);

impl Serialize for SnapshotColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAMES: [&str; 5] =
            ["dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"];
        with_defaults(serializer, self.0, &NAMES.map(|name| (name, Value::Null)))
    }
}

/// `latest_version_pointer` of a model's config.
pub(super) struct Pointer<'a>(pub(super) Option<&'a Value>);

impl Serialize for Pointer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        with_defaults(serializer, self.0, &[("enabled", Value::Null), ("alias", Value::Null)])
    }
}
