//! What counts as a change of a node, by dbt's rules: one entry of the manifest against another.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diagnostic::suggest::closest;

/// The values of `state:`.
pub(super) const KNOWN: &[&str] = &[
    "new",
    "old",
    "modified",
    "unmodified",
    "modified.body",
    "modified.configs",
    "modified.contract",
    "modified.macros",
    "modified.persisted_descriptions",
    "modified.relation",
];

/// What to say of a value that is not known.
pub(super) fn unknown(value: &str) -> String {
    match closest(value, KNOWN.iter().copied()) {
        Some(near) => format!("`{value}` is not a value of `state:`; did you mean `{near}`?"),
        None => format!("`{value}` is not a value of `state:`; the values are {}", KNOWN.join(", ")),
    }
}

/// Configs that say where a node stands and how it is found, not what it is.
const PLACE: &[&str] = &["alias", "schema", "database", "tags", "group"];

fn kind(entry: &Value) -> &str {
    entry.get("resource_type").and_then(Value::as_str).unwrap_or_default()
}

/// True for what has SQL or rows.
fn is_parsed(entry: &Value) -> bool {
    matches!(kind(entry), "model" | "seed" | "snapshot" | "test" | "analysis" | "operation")
}

/// A key's value; what is absent is as good as null.
fn get<'v>(entry: &'v Value, key: &str) -> &'v Value {
    entry.get(key).unwrap_or(&Value::Null)
}

fn same(new: &Value, old: &Value, keys: &[&str]) -> bool {
    keys.iter().all(|key| equal(get(new, key), get(old, key)))
}

/// True for equal values, where what is absent from a mapping is as good as null.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let at = |map: &Map<String, Value>, key: &String| map.get(key).cloned().unwrap_or(Value::Null);
            one.keys().chain(other.keys()).all(|key| equal(&at(one, key), &at(other, key)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        _ => one == other,
    }
}

/// A list without its second half, if that repeats the first: dbt keeps lists of a snapshot's YAML twice.
fn once(value: Option<&Value>) -> Option<&[Value]> {
    let list = value?.as_array()?;
    let (first, second) = list.split_at(list.len() / 2);
    Some(if first == second { first } else { list })
}

/// `state:modified.body` and its kind; `None` for a value that is not known. What has no such aspect is not modified
/// in it.
pub(super) fn part(value: &str, new: &Value, old: Option<&Value>) -> Option<bool> {
    let (applies, differs): (bool, fn(&Value, &Value) -> bool) = match value {
        "modified.body" => (is_parsed(new), |new, old| !same_body(new, old)),
        "modified.configs" => (kind(new) != "unit_test", |new, old| !same_config(new, old)),
        "modified.persisted_descriptions" => (is_parsed(new), |new, old| !same_descriptions(new, old)),
        "modified.relation" => (is_parsed(new) || kind(new) == "source", |new, old| !same_place(new, old)),
        "modified.contract" => (is_parsed(new), |new, old| !same_contract(new, old)),
        _ => return None,
    };
    Some(applies && old.is_none_or(|old| differs(new, old)))
}

/// True if a node is what it was, macros aside. A source, an exposure and the like that were not there before count as
/// the same, as in dbt.
pub(super) fn same_contents(new: &Value, old: Option<&Value>) -> bool {
    let Some(old) = old else {
        return !(is_parsed(new) || kind(new) == "unit_test");
    };
    match kind(new) {
        "test" if new.get("test_metadata").is_some() => same_config(new, old) && same(new, old, &["fqn"]),
        "model" => same_node(new, old) && same(new, old, &["latest_version", "access", "deprecation_date"]),
        "source" => {
            same_place(new, old)
                && same_config(new, old)
                && same(new, old, &["fqn", "quoting", "freshness", "loaded_at_field", "external"])
        }
        "exposure" => {
            let keys = ["fqn", "type", "owner", "maturity", "url", "description", "label"];
            same(new, old, &keys) && same_parents(new, old) && same_config(new, old)
        }
        "metric" => same(new, old, &["type", "description", "label"]) && same_config(new, old),
        "semantic_model" => same(
            new,
            old,
            &[
                "model",
                "description",
                "defaults",
                "entities",
                "dimensions",
                "measures",
                "config",
                "primary_entity",
                "group",
            ],
        ),
        "saved_query" => {
            let params = |entry: &Value| get(entry, "query_params").clone();
            same(&params(new), &params(old), &["metrics", "group_by", "where"])
                && same(new, old, &["description", "label", "config", "group", "tags"])
                && same_exports(new, old)
        }
        "unit_test" => same(new, old, &["model", "versions", "given", "expect", "overrides"]),
        _ => same_node(new, old),
    }
}

fn same_node(new: &Value, old: &Value) -> bool {
    same_body(new, old)
        && same_config(new, old)
        && same_descriptions(new, old)
        && same(new, old, &["fqn"])
        && same_place(new, old)
        && same_contract(new, old)
}

/// True if the text is the same; for a seed, its rows.
pub(super) fn same_body(new: &Value, old: &Value) -> bool {
    if kind(new) != "seed" {
        return same(new, old, &["raw_code"]);
    }
    let (now, before) = (get(new, "checksum"), get(old, "checksum"));
    if get(before, "name").as_str() == Some("path") {
        // Of a large seed dbt keeps just the path.
        return same(new, old, &["original_file_path"]);
    }
    same(now, before, &["checksum"])
}

fn same_config(new: &Value, old: &Value) -> bool {
    if matches!(kind(new), "semantic_model" | "saved_query") {
        return same(new, old, &["config"]);
    }
    let ignored = |key: &str| match kind(new) {
        "source" => false,
        "metric" => key == "group",
        "exposure" => key == "tags",
        _ => PLACE.contains(&key),
    };
    let empty = Map::new();
    let (now, before) = (written_config(new, &empty), written_config(old, &empty));
    now.keys().chain(before.keys()).all(|key| ignored(key) || same_written(new, key, now, before))
}

/// A node's config as it is written.
fn written_config<'v>(entry: &'v Value, none: &'v Map<String, Value>) -> &'v Map<String, Value> {
    get(entry, "unrendered_config").as_object().unwrap_or(none)
}

/// True if one key of two configs is written alike.
fn same_written(new: &Value, key: &str, now: &Map<String, Value>, before: &Map<String, Value>) -> bool {
    let (now, before) = (now.get(key), before.get(key));
    now == before || kind(new) == "snapshot" && once(now).is_some_and(|now| Some(now) == once(before))
}

/// The configs that are written otherwise, but for those that say where a node stands: key, value before, value now.
pub(super) fn config_differences(new: &Value, old: &Value) -> Vec<(String, Value, Value)> {
    let empty = Map::new();
    let (now, before) = (written_config(new, &empty), written_config(old, &empty));
    let mut keys: Vec<&String> = now.keys().chain(before.keys()).collect();
    keys.sort();
    keys.dedup();
    let is_place = |key: &str| matches!(key, "alias" | "schema" | "database");
    let differs = |key: &&String| !is_place(key) && !same_written(new, key, now, before);
    let at = |map: &Map<String, Value>, key: &str| {
        map.get(key).filter(|value| !is_nothing(value)).cloned().unwrap_or(Value::Null)
    };
    let found = keys.into_iter().filter(differs).filter(|key| at(now, key) != at(before, key));
    found.map(|key| (key.clone(), at(before, key), at(now, key))).collect()
}

/// The columns whose properties differ. A column that only lineage knows has none.
pub(super) fn column_differences(new: &Value, old: &Value) -> impl Iterator<Item = String> {
    let columns = |entry: &Value| -> BTreeMap<String, Value> {
        let columns = get(entry, "columns").as_object().into_iter().flatten();
        let listed = |column: &Value| get(get(get(column, "meta"), "buhin"), "listed") != &Value::Bool(false);
        let columns = columns.filter(|(_, column)| listed(column));
        columns.map(|(name, column)| (name.clone(), properties(column))).collect()
    };
    let (now, before) = (columns(new), columns(old));
    let mut names: Vec<String> = now.keys().chain(before.keys()).cloned().collect();
    names.sort();
    names.dedup();
    let same = move |name: &String| match (now.get(name), before.get(name)) {
        (Some(now), Some(before)) => equal(now, before),
        _ => false,
    };
    names.into_iter().filter(move |name| !same(name))
}

/// True for a value that says no more than an absent one.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What authors say of a column, without what lineage adds.
fn properties(column: &Value) -> Value {
    const KEYS: [&str; 5] = ["description", "meta", "tags", "data_type", "constraints"];
    let mut own: Map<String, Value> =
        KEYS.iter().map(|key| ((*key).to_owned(), get(column, key).clone())).collect();
    if let Some(meta) = own.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("buhin");
    }
    own.retain(|_, value| !is_nothing(value));
    Value::Object(own)
}

/// True if a generic test is called on the same with the same arguments.
pub(super) fn same_call(new: &Value, old: &Value) -> bool {
    !get(new, "test_metadata").is_null() && same(new, old, &["test_metadata", "column_name"])
}

/// True if descriptions that the warehouse keeps are the same.
fn same_descriptions(new: &Value, old: &Value) -> bool {
    let persist = get(get(new, "config"), "persist_docs");
    let kept = |what: &str| persist.get(what).and_then(Value::as_bool).unwrap_or(false);
    if kept("relation") && !same(new, old, &["description"]) {
        return false;
    }
    let columns = |entry: &Value| -> Vec<(String, Value)> {
        // A column that only lineage knows has no description of its own to keep.
        let listed = |column: &Value| get(get(get(column, "meta"), "buhin"), "listed") != &Value::Bool(false);
        let columns = get(entry, "columns").as_object().into_iter().flatten();
        let columns = columns.filter(|(_, column)| listed(column));
        let mut columns: Vec<_> =
            columns.map(|(name, column)| (name.clone(), get(column, "description").clone())).collect();
        columns.sort_by(|one, other| one.0.cmp(&other.0));
        columns
    };
    !kept("columns") || columns(new) == columns(old)
}

/// True if the place in the warehouse is configured as before; where the target leads to does not count.
pub(super) fn same_place(new: &Value, old: &Value) -> bool {
    if kind(new) == "source" {
        return same(new, old, &["unrendered_database", "unrendered_schema", "identifier"]);
    }
    let (now, before) = (get(new, "unrendered_config"), get(old, "unrendered_config"));
    same(now, before, &["database", "schema", "alias"])
}

/// True if neither run has a contract to hold, or both have the same.
pub(super) fn same_contract(new: &Value, old: &Value) -> bool {
    if kind(new) != "model" {
        return true;
    }
    let (now, before) = (get(new, "contract"), get(old, "contract"));
    let enforced = |contract: &Value| contract.get("enforced").and_then(Value::as_bool).unwrap_or(false);
    match (enforced(before), enforced(now)) {
        (false, false) => true,
        (true, true) => same(now, before, &["checksum"]),
        _ => false,
    }
}

fn same_parents(new: &Value, old: &Value) -> bool {
    let parents = |entry: &Value| -> Vec<String> {
        let nodes = get(get(entry, "depends_on"), "nodes").as_array().into_iter().flatten();
        let mut nodes: Vec<String> = nodes.filter_map(Value::as_str).map(str::to_owned).collect();
        nodes.sort();
        nodes.dedup();
        nodes
    };
    parents(new) == parents(old)
}

fn same_exports(new: &Value, old: &Value) -> bool {
    let list = |entry: &Value| get(entry, "exports").as_array().cloned().unwrap_or_default();
    let (now, before) = (list(new), list(old));
    now.len() == before.len()
        && now.iter().zip(&before).all(|(now, before)| {
            let config = |export: &Value| get(export, "unrendered_config").clone();
            same(now, before, &["name"])
                && same(&config(now), &config(before), &["export_as", "schema", "alias"])
        })
}
