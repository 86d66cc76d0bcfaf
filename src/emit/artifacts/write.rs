//! Small pieces of writing JSON without making a tree first.

use std::io;
use std::sync::LazyLock;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// `{}`, to be borrowed.
pub(super) static EMPTY_MAP: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// Adds a value as compact JSON; values of plain data can't fail.
///
/// By sonic-rs, whose bytes are serde_json's: a manifest is little but texts, and it looks at many bytes of one at once.
pub(super) fn push(bytes: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    sonic_rs::to_writer(bytes, value).map_err(io::Error::other)
}

/// Writes JSON; values of plain data can't fail.
pub(super) fn put(out: &mut dyn io::Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    let mut bytes = Vec::new();
    push(&mut bytes, value)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &(impl Serialize + ?Sized)) {
        let mut out = Vec::new();
        push(&mut out, value).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(value).unwrap());
    }

    #[test]
    fn texts_are_escaped_as_serde_json_does() {
        let all: String = (0..0x80u8).map(char::from).collect();
        let texts =
            ["", "a", "\"", "select 1", "select 'é' as 売上, \"x\"\n\tfrom a\\b -- 1234567\u{1}", &all];
        for text in texts {
            for from in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
                check(&text[from..]);
            }
        }
    }

    #[test]
    fn values_are_written_as_serde_json_does() {
        #[derive(Serialize)]
        struct Part<'a> {
            name: &'a str,
            nothing: Option<u8>,
            unit: (),
            pair: (u64, [i8; 2]),
            kinds: Vec<Kind>,
            #[serde(flatten)]
            more: std::collections::BTreeMap<&'a str, Value>,
        }
        #[derive(Serialize)]
        enum Kind {
            One,
            Two(f64),
            Three(bool, char),
            Four { deep: Vec<u8> },
        }
        let kinds = vec![Kind::One, Kind::Two(1.5), Kind::Three(true, '"'), Kind::Four { deep: vec![] }];
        let more = serde_json::json!({"a": {"b": [1, -2, 0.1, 1e300, null]}, "\n": {}});
        let more = serde_json::from_value::<std::collections::BTreeMap<String, _>>(more).unwrap();
        let more = more.iter().map(|(key, value): (&String, &Value)| (key.as_str(), value.clone()));
        check(&Part { name: "é", nothing: None, unit: (), pair: (7, [-1, 2]), kinds, more: more.collect() });
        check(&std::collections::BTreeMap::from([(1, "a"), (2, "b")]));
        check(&f64::NAN);
    }
}
