//! The configs that `dbt_project.yml` gives to folders, looked up along a node's fqn.

use serde_json::{Map, Value};

use super::project_file::{ProjectFile, heading};
use super::{Config, NodeKind};
use crate::sql::Dialect;

/// What a project file says of a node with this fqn, the outermost level first.
pub(super) fn folder_config(file: &ProjectFile, kind: NodeKind, fqn: &[String], dialect: Dialect) -> Config {
    let mut config = Config::default();
    let Some(Value::Object(root)) = file.configs.get(heading(kind)) else { return config };
    let mut level = root;
    config.merge(&own_keys(level, dialect));
    for name in fqn {
        let Some(Value::Object(next)) = level.get(name) else { break };
        level = next;
        config.merge(&own_keys(level, dialect));
    }
    config
}

/// dbt's name of a config key that an adapter spells in its own way (`dataset` is BigQuery's `schema`).
pub fn canonical_key(key: &str, dialect: Dialect) -> &str {
    match (dialect, key) {
        (Dialect::BigQuery, "project")
        | (Dialect::Databricks | Dialect::Trino | Dialect::Athena, "catalog")
        | (Dialect::Postgres | Dialect::Redshift, "dbname") => "database",
        (Dialect::BigQuery, "dataset") => "schema",
        (_, "pre-hook") => "pre_hook",
        (_, "post-hook") => "post_hook",
        _ => key,
    }
}

/// A mapping with dbt's names for its keys.
pub(super) fn canonical(map: Map<String, Value>, dialect: Dialect) -> Map<String, Value> {
    if map.keys().all(|key| canonical_key(key, dialect) == key) {
        return map;
    }
    map.into_iter().map(|(key, value)| (canonical_key(&key, dialect).to_owned(), value)).collect()
}

fn own_keys(level: &Map<String, Value>, dialect: Dialect) -> Map<String, Value> {
    let mut own = Map::new();
    for (key, value) in level {
        // A mapping without `+` is a folder.
        let name = match key.strip_prefix('+') {
            Some(rest) => rest.trim(),
            None if value.is_object() => continue,
            None => key,
        };
        own.insert(canonical_key(name, dialect).to_owned(), value.clone());
    }
    own
}
