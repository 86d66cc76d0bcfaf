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

    /// True if `contract` is enforced.
    pub fn has_contract(&self) -> bool {
        let enforced = self.get("contract").and_then(|contract| contract.get("enforced"));
        enforced.and_then(Value::as_bool).unwrap_or(false)
    }

    /// A snapshot's name for a column of dbt's own, such as `dbt_valid_from`.
    pub fn snapshot_column<'a>(&'a self, standard: &'a str) -> &'a str {
        let names = self.get("snapshot_meta_column_names").or(self.get("snapshot_table_column_names"));
        names.and_then(|names| names.get(standard)).and_then(Value::as_str).unwrap_or(standard)
    }

    /// `tags`, in the order of their first appearance.
    pub fn tags(&self) -> Vec<&str> {
        let mut tags = match self.get("tags") {
            Some(Value::String(tag)) => vec![tag.as_str()],
            Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut seen = rustc_hash::FxHashSet::default();
        tags.retain(|tag| seen.insert(*tag));
        tags
    }

    /// Lays `other` over this config by dbt's rules: `tags`, `packages`, `pre_hook` and `post_hook` are appended,
    /// mappings such as `meta`, `docs` and `quoting` are merged, `grants` merged with `+` for append, all else
    /// replaced. Keys spelt with `-` (`pre-hook`) are taken as with `_`.
    pub fn merge(&mut self, other: &Map<String, Value>) {
        for (key, value) in other {
            let key =
                if key == "pre-hook" || key == "post-hook" { key.replace('-', "_") } else { key.clone() };
            let merged = match (rule(&key), self.values.get_mut(&key)) {
                (Rule::Append, old) => append(old, value),
                (Rule::Update, Some(Value::Object(old))) => update(old, value),
                (Rule::Grants, old) => grants(old, value),
                (Rule::Update | Rule::Replace, _) => value.clone(),
            };
            self.values.insert(key, merged);
        }
    }
}

/// What the value of a config key should be, if it is of a kind that it can't be. `null` is as good as nothing, and
/// keys that are not listed here may be anything.
pub fn expected_kind(key: &str, value: &Value) -> Option<&'static str> {
    let nested = |value: &Value| value.is_array() || value.is_object();
    let (expected, fits) = match key {
        "enabled" => ("`true` or `false`", value.is_boolean()),
        "materialized" => ("text", value.is_string()),
        "schema" | "alias" | "database" => ("text", !nested(value)),
        "tags" => {
            let fits = match value {
                Value::Array(tags) => !tags.iter().any(nested),
                one => one.is_string(),
            };
            ("text or a list of texts", fits)
        }
        _ => return None,
    };
    (!fits && !value.is_null()).then_some(expected)
}

/// A value's kind in words.
pub fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// How a key's values of two levels go together.
#[derive(Clone, Copy)]
enum Rule {
    Append,
    Update,
    Grants,
    Replace,
}

fn rule(key: &str) -> Rule {
    match key {
        "tags" | "packages" | "pre_hook" | "post_hook" => Rule::Append,
        "meta"
        | "docs"
        | "quoting"
        | "column_types"
        | "contract"
        | "snapshot_meta_column_names"
        | "latest_version_pointer" => Rule::Update,
        "grants" => Rule::Grants,
        _ => Rule::Replace,
    }
}

fn append(old: Option<&mut Value>, new: &Value) -> Value {
    let mut list = old.map(|old| listed(old.take())).unwrap_or_default();
    list.extend(listed(new.clone()));
    Value::Array(list)
}

fn update(old: &mut Map<String, Value>, new: &Value) -> Value {
    let Value::Object(new) = new else { return new.clone() };
    let mut merged = std::mem::take(old);
    merged.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
    Value::Object(merged)
}

fn grants(old: Option<&mut Value>, new: &Value) -> Value {
    let Value::Object(new) = new else { return new.clone() };
    let mut merged = match old.map(Value::take) {
        Some(Value::Object(old)) => old,
        _ => Map::new(),
    };
    for (key, value) in new {
        let more = listed(value.clone());
        let name = key.trim_start_matches('+').trim();
        match merged.get_mut(name) {
            Some(Value::Array(list)) if key.starts_with('+') => list.extend(more),
            _ => {
                merged.insert(name.to_owned(), Value::Array(more));
            }
        }
    }
    Value::Object(merged)
}

fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(levels: &[Value], expect: &Value) {
        let mut config = Config::default();
        for level in levels {
            config.merge(level.as_object().expect("a level is a mapping"));
        }
        assert_eq!(Value::Object(config.values), *expect);
    }

    #[test]
    fn plain_keys_are_replaced() {
        check(
            &[json!({"materialized": "view"}), json!({"materialized": "table"})],
            &json!({"materialized": "table"}),
        );
    }

    #[test]
    fn tags_and_hooks_are_appended() {
        check(
            &[json!({"tags": "a", "pre-hook": "x"}), json!({"tags": ["b", "c"], "pre_hook": ["y"]})],
            &json!({"tags": ["a", "b", "c"], "pre_hook": ["x", "y"]}),
        );
    }

    #[test]
    fn meta_is_merged_one_level_deep() {
        check(
            &[json!({"meta": {"a": 1, "b": {"c": 1}}}), json!({"meta": {"b": {"d": 2}}})],
            &json!({"meta": {"a": 1, "b": {"d": 2}}}),
        );
    }

    #[test]
    fn grants_are_replaced_without_plus_and_appended_with_it() {
        check(
            &[
                json!({"grants": {"select": "a", "insert": "a"}}),
                json!({"grants": {"+select": ["b"], "insert": "c"}}),
            ],
            &json!({"grants": {"select": ["a", "b"], "insert": ["c"]}}),
        );
    }

    #[test]
    fn kinds_are_looked_at_where_they_matter() {
        assert_eq!(expected_kind("enabled", &json!("true")), Some("`true` or `false`"));
        assert_eq!(expected_kind("tags", &json!(["a", 2024])), None);
        assert_eq!(expected_kind("tags", &json!(5)), Some("text or a list of texts"));
        assert_eq!(expected_kind("schema", &json!(["x"])), Some("text"));
        assert_eq!(expected_kind("schema", &json!(null)), None);
        assert_eq!(expected_kind("anything", &json!([{}])), None);
    }

    #[test]
    fn repeated_tags_count_once() {
        let mut config = Config::default();
        config.merge(json!({"tags": ["b", "a", "b"]}).as_object().expect("a mapping"));
        assert_eq!(config.tags(), ["b", "a"]);
    }
}
