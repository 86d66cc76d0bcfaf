//! Small pieces of writing JSON without making a tree first.

use std::fmt::Write as _;
use std::io;
use std::sync::LazyLock;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// `{}`, to be borrowed.
pub(super) static EMPTY_MAP: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// Writes JSON; values of plain data can't fail.
pub(super) fn put(out: &mut dyn io::Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    Ok(serde_json::to_writer(out, value)?)
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

/// A long text as JSON. serde_json looks at each byte on its own, and SQL is most of a manifest: eight at a time are
/// looked at here.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match RawValue::from_string(quoted(self.0)) {
            Ok(json) => json.serialize(serializer),
            Err(_) => serializer.serialize_str(self.0),
        }
    }
}

/// A JSON string, in serde_json's way of escaping.
fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + text.len() / 8 + 2);
    json.push('"');
    let mut rest = text;
    while let Some(at) = special(rest.as_bytes()) {
        json.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => json.push_str("\\\""),
            b'\\' => json.push_str("\\\\"),
            b'\n' => json.push_str("\\n"),
            b'\r' => json.push_str("\\r"),
            b'\t' => json.push_str("\\t"),
            0x08 => json.push_str("\\b"),
            0x0c => json.push_str("\\f"),
            byte => {
                let _ = write!(json, "\\u{byte:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    json.push_str(rest);
    json.push('"');
    json
}

/// The first byte that JSON wants escaped: a quote, a backslash or a control character.
fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // Bytes that are zero have their top bit set; a byte after one may have it, too, which only costs a second look.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let mut at = 0;
    for chunk in bytes.as_chunks().0 {
        let word = u64::from_le_bytes(*chunk);
        let small = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        if small | zeros(word ^ (ONES * 0x22)) | zeros(word ^ (ONES * 0x5c)) != 0
            && let Some(found) = chunk.iter().position(|byte| is_special(*byte))
        {
            return Some(at + found);
        }
        at += 8;
    }
    bytes[at..].iter().position(|byte| is_special(*byte)).map(|found| at + found)
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

    #[test]
    fn long_texts_are_escaped_as_serde_json_does() {
        let all: String = (0..0x80u8).map(char::from).collect();
        let texts =
            ["", "a", "\"", "select 1", "select 'é' as 売上, \"x\"\n\tfrom a\\b -- 1234567\u{1}", &all];
        for text in texts {
            for from in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
                let text = &text[from..];
                assert_eq!(serde_json::to_string(&Text(text)).unwrap(), serde_json::to_string(text).unwrap());
            }
        }
    }
}
