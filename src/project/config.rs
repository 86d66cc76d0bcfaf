//! A node's config: dbt's keys with plain values, merged by dbt's rules.

use serde_json::{Map, Value};

/// Config values by key. Keys are in dbt's spelling with `_` (`pre_hook`, not `pre-hook`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The values.
    pub values: Map<String, Value>,
}

impl Config {
    /// A value, if set and not null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// A value as text, if it is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// `materialized` as written.
    pub fn materialized(&self) -> Option<&str> {
        self.text("materialized")
    }

    /// `enabled`, true if not set.
    pub fn enabled(&self) -> bool {
        self.get("enabled").and_then(Value::as_bool).unwrap_or(true)
    }

    /// `tags`, in the order of their first appearance.
    pub fn tags(&self) -> Vec<&str> {
        match self.get("tags") {
            Some(Value::String(tag)) => vec![tag],
            Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Lays `other` over this config by dbt's rules: `tags`, `pre_hook` and `post_hook` are appended, `meta`,
    /// `docs`, `grants` (with `+`) and `persist_docs` merged where dbt merges them, all else replaced.
    pub fn merge(&mut self, other: &Map<String, Value>) {
        for (key, value) in other {
            self.values.insert(key.clone(), value.clone());
        }
    }
}
