//! Plain facts that Jinja may ask for: the target, flags, a node's config with dbt's defaults, the graph.

use std::sync::Arc;

use minijinja::Value;
use serde_json::{Map, Value as Json, json};

use super::context::has_hooks;
use super::ctx::{All, Ctx};
use super::node_object::NodeObject;
use super::shared::Shared;
use crate::jinja::{Dict, List, from_json};
use crate::project::{Config, NodeKind, Package, Project};

/// The pairs of `target`: the chosen output without its secrets.
pub(super) fn target(project: &Project) -> Vec<(Value, Value)> {
    let target = &project.target;
    let mut pairs: Vec<(String, Value)> =
        target.shown().map(|(key, value)| (key.to_owned(), from_json(value))).collect();
    // ClickHouse has no level above schemas; dbt says an empty text there.
    let nothing = (target.dialect == crate::sql::Dialect::ClickHouse).then(String::new);
    let database = target.database.clone().or(nothing);
    pairs.extend([
        ("name".to_owned(), Value::from(target.name.clone())),
        ("target_name".to_owned(), Value::from(target.name.clone())),
        ("profile_name".to_owned(), Value::from(target.profile.clone())),
        ("type".to_owned(), Value::from(target.adapter.clone())),
        ("database".to_owned(), Value::from(database.clone())),
        ("schema".to_owned(), Value::from(target.schema.clone())),
        ("threads".to_owned(), Value::from(target.threads)),
    ]);
    if target.adapter == "bigquery" {
        pairs.push(("project".to_owned(), Value::from(database)));
        pairs.push(("dataset".to_owned(), Value::from(target.schema.clone())));
    } else {
        pairs.push(("dbname".to_owned(), Value::from(database)));
    }
    pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect()
}

/// The project's config as dbt's own code has it: names, versions and vars of the project and its packages.
pub(super) fn runtime_config(ctx: &Ctx) -> Value {
    let project = &ctx.shared.project;
    let facts = |package: &Package| {
        vec![
            ("project_name", Value::from(package.name.as_str())),
            ("version", Value::from(package.version.clone())),
            ("packages_install_path", Value::from("dbt_packages")),
            ("vars", from_json(&Json::Object(package.vars.clone()))),
        ]
    };
    let packages = project.packages.iter();
    let dependencies = Dict::value(packages.map(|it| (it.name.as_str(), Dict::value(facts(it)))));
    let target = &project.target;
    let flags = project.root().raw.get("flags").and_then(Json::as_object);
    let args = flags.into_iter().flatten().map(|(key, value)| (key.to_ascii_lowercase(), from_json(value)));
    let own = [
        ("args", Dict::value(args)),
        ("dependencies", dependencies),
        ("profile_name", Value::from(target.profile.as_str())),
        ("target_name", Value::from(target.name.as_str())),
        ("threads", Value::from(target.threads)),
        ("cli_vars", from_json(&Json::Object(project.cli_vars.clone()))),
    ];
    Dict::value(facts(project.root()).into_iter().chain(own))
}

/// `flags`.
pub(super) fn flags(ctx: &Ctx) -> Value {
    let shared = &ctx.shared;
    shared.asked_of_run(ctx.node);
    let options = &shared.options;
    let mut pairs: Vec<(String, Value)> = Vec::new();
    let own = shared.project.root().raw.get("flags").and_then(Json::as_object);
    for (key, value) in own.into_iter().flatten() {
        pairs.push((key.to_ascii_uppercase(), from_json(value)));
    }
    pairs.extend([
        ("FULL_REFRESH".to_owned(), Value::from(options.full_refresh)),
        ("WHICH".to_owned(), Value::from(options.which.clone())),
        ("INTROSPECT".to_owned(), Value::from(true)),
        ("PROFILES_DIR".to_owned(), Value::from("")),
        // In dbt an option without a default is None until somebody gives it.
        ("WARN_ERROR".to_owned(), Value::from(())),
    ]);
    for (key, default) in [
        ("STORE_FAILURES", false),
        ("FAIL_FAST", false),
        ("DEBUG", false),
        ("EMPTY", false),
        ("DEFER", false),
        ("QUIET", false),
        ("PARTIAL_PARSE", true),
        ("PRINT", true),
        ("USE_COLORS", true),
        ("STATIC_PARSER", true),
        ("VERSION_CHECK", true),
        ("REQUIRE_SQL_HEADER_IN_TEST_CONFIGS", false),
    ] {
        if !pairs.iter().any(|(known, _)| known == key) {
            pairs.push((key.to_owned(), Value::from(default)));
        }
    }
    Dict::value(pairs)
}

/// `invocation_args_dict`.
pub(super) fn invocation_args(ctx: &Ctx) -> Value {
    let shared = &ctx.shared;
    shared.asked_of_run(ctx.node);
    let options = &shared.options;
    Dict::value([
        ("which", Value::from(options.which.clone())),
        ("full_refresh", Value::from(options.full_refresh)),
        ("target", Value::from(shared.project.target.name.clone())),
        ("profile", Value::from(shared.project.target.profile.clone())),
        ("vars", from_json(&Json::Object(shared.project.cli_vars.clone()))),
    ])
}

/// `pre_hooks` and `post_hooks`, not rendered.
pub(super) fn hooks(ctx: &Ctx, key: &str) -> Value {
    let hooks = if ctx.node.is_some_and(|id| has_hooks(ctx.shared.node(id).kind)) {
        hook_list(ctx.config.get(key))
    } else {
        Vec::new()
    };
    let value = |(sql, transaction): (String, bool)| {
        Dict::value([("sql", Value::from(sql)), ("transaction", Value::from(transaction))])
    };
    List::value(hooks.into_iter().map(value).collect())
}

/// The hooks of a config value: a text, a mapping with `sql` and `transaction`, or a list of these.
pub(super) fn hook_list(value: Option<&Json>) -> Vec<(String, bool)> {
    let one = |hook: &Json| match hook {
        Json::String(text) => {
            // `before_begin()` and its kind make a hook that is JSON.
            let parsed = serde_json::from_str::<Map<String, Json>>(text.trim()).ok();
            let parsed =
                parsed.and_then(|map| Some((map.get("sql")?.as_str()?.to_owned(), transaction(&map))));
            parsed.or_else(|| Some((text.clone(), true)))
        }
        Json::Object(map) => Some((map.get("sql")?.as_str()?.to_owned(), transaction(map))),
        _ => None,
    };
    match value {
        Some(Json::Array(hooks)) => hooks.iter().filter_map(one).collect(),
        Some(hook) => one(hook).into_iter().collect(),
        None => Vec::new(),
    }
}

fn transaction(map: &Map<String, Json>) -> bool {
    map.get("transaction").and_then(Json::as_bool).unwrap_or(true)
}

/// A config value with dbt's default for known keys; `None` for keys that dbt does not know and nobody set.
pub(super) fn config_value(config: &Config, kind: NodeKind, name: &str) -> Option<Value> {
    let key = name.replace('-', "_");
    let set = config.values.get(&key).or_else(|| config.values.get(name));
    match set {
        Some(value) if !value.is_null() => Some(from_json(value)),
        _ => default_of(kind, &key).map(|default| from_json(&default)).or_else(|| set.map(from_json)),
    }
}

/// All of a config with the defaults.
pub(super) fn whole_config(config: &Config, kind: NodeKind) -> Value {
    let is_hook = |key: &str| matches!(key, "pre_hook" | "post_hook");
    let mut whole: Vec<(&str, Value)> = Vec::with_capacity(DEFAULTED.len() + config.values.len() + 2);
    let mut hooks = [("pre_hook", "pre-hook", None), ("post_hook", "post-hook", None)];
    for key in DEFAULTED {
        let set = config.values.get(*key).filter(|value| !value.is_null());
        let default = default_of(kind, key);
        if is_hook(key) {
            if let Some(hook) = hooks.iter_mut().find(|(name, ..)| name == key) {
                hook.2 = set.cloned().or(default);
            }
        } else if let Some(value) = set.or(default.as_ref()) {
            whole.push((key, from_json(value)));
        }
    }
    for (key, value) in &config.values {
        // What is none and has no default is none all the same.
        let stands =
            DEFAULTED.contains(&key.as_str()) && (!value.is_null() || default_of(kind, key).is_some());
        if !stands && !is_hook(key) {
            whole.push((key, from_json(value)));
        }
    }
    for (key, written, value) in hooks {
        if let Some(value) = value {
            let list = || {
                let one = |(sql, transaction): (String, bool)| {
                    Dict::value([("sql", Value::from(sql)), ("transaction", Value::from(transaction))])
                };
                List::value(hook_list(Some(&value)).into_iter().map(one).collect())
            };
            whole.push((written, list()));
            whole.push((key, list()));
        }
    }
    Dict::value(whole)
}

const DEFAULTED: &[&str] = &[
    "enabled",
    "alias",
    "schema",
    "database",
    "tags",
    "meta",
    "group",
    "materialized",
    "incremental_strategy",
    "batch_size",
    "lookback",
    "begin",
    "persist_docs",
    "post_hook",
    "pre_hook",
    "quoting",
    "column_types",
    "full_refresh",
    "unique_key",
    "on_schema_change",
    "on_configuration_change",
    "grants",
    "packages",
    "docs",
    "contract",
    "event_time",
    "concurrent_batches",
    "access",
    "freshness",
    "severity",
    "store_failures",
    "store_failures_as",
    "where",
    "limit",
    "fail_calc",
    "warn_if",
    "error_if",
    "delimiter",
    "quote_columns",
    "strategy",
    "target_schema",
    "target_database",
    "updated_at",
    "check_cols",
    "snapshot_meta_column_names",
    "dbt_valid_to_current",
    "hard_deletes",
];

fn default_of(kind: NodeKind, key: &str) -> Option<Json> {
    let common = match key {
        "enabled" => json!(true),
        "alias" | "schema" | "database" | "group" => Json::Null,
        "tags" => json!([]),
        "meta" => json!({}),
        _ => return of_kind(kind, key),
    };
    if kind == NodeKind::Test && key == "schema" {
        return Some(json!("dbt_test__audit"));
    }
    Some(common)
}

fn of_kind(kind: NodeKind, key: &str) -> Option<Json> {
    if kind == NodeKind::Test {
        return Some(match key {
            "materialized" => json!("test"),
            "severity" => json!("ERROR"),
            "fail_calc" => json!("count(*)"),
            "warn_if" | "error_if" => json!("!= 0"),
            "store_failures" | "store_failures_as" | "where" | "limit" => Json::Null,
            _ => return None,
        });
    }
    if matches!(kind, NodeKind::Source | NodeKind::Exposure | NodeKind::UnitTest) {
        return matches!(key, "event_time" | "freshness").then_some(Json::Null);
    }
    Some(match key {
        "materialized" => json!(match kind {
            NodeKind::Seed => "seed",
            NodeKind::Snapshot => "snapshot",
            _ => "view",
        }),
        "persist_docs" | "quoting" | "column_types" | "grants" => json!({}),
        "post_hook" | "pre_hook" | "packages" => json!([]),
        "on_schema_change" => json!("ignore"),
        "on_configuration_change" => json!("apply"),
        "docs" => json!({"show": true, "node_color": null}),
        "contract" => json!({"enforced": false, "alias_types": true}),
        "lookback" if kind == NodeKind::Model => json!(1),
        "access" if kind == NodeKind::Model => json!("protected"),
        "incremental_strategy"
        | "batch_size"
        | "begin"
        | "full_refresh"
        | "unique_key"
        | "event_time"
        | "concurrent_batches"
        | "freshness" => Json::Null,
        "delimiter" if kind == NodeKind::Seed => json!(","),
        "quote_columns" if kind == NodeKind::Seed => Json::Null,
        "strategy"
        | "target_schema"
        | "target_database"
        | "updated_at"
        | "check_cols"
        | "dbt_valid_to_current"
            if kind == NodeKind::Snapshot =>
        {
            Json::Null
        }
        _ => return None,
    })
}

/// `graph`: all nodes; empty in the first pass, as in dbt.
pub(super) fn graph(ctx: &Arc<Ctx>) -> Value {
    let empty = || Dict::value(Vec::<(&str, Value)>::new());
    let mut pairs: Vec<(&str, Value)> = match ctx.known.as_ref().and_then(|known| known.all.as_ref()) {
        // A template may change its own.
        Some(all) => {
            let objects = all.objects.get_or_init(|| objects(&ctx.shared, all));
            objects.iter().map(|(name, dict)| (*name, dict.copied())).collect()
        }
        None => ["nodes", "sources", "exposures", "metrics"].map(|name| (name, empty())).into(),
    };
    for name in ["groups", "semantic_models", "saved_queries", "unit_tests", "macros"] {
        pairs.push((name, empty()));
    }
    Dict::value(pairs)
}

/// The nodes of `graph` by unique id, in their four dicts.
fn objects(shared: &Arc<Shared>, all: &Arc<All>) -> [(&'static str, Dict); 4] {
    let mut groups: [Vec<(Value, Value)>; 4] = Default::default();
    for (id, node) in shared.project.nodes() {
        let at = match node.kind {
            NodeKind::Source => 1,
            NodeKind::Exposure => 2,
            NodeKind::Metric => 3,
            NodeKind::Model
            | NodeKind::Seed
            | NodeKind::Snapshot
            | NodeKind::Test
            | NodeKind::Analysis
            | NodeKind::Operation => 0,
            _ => continue,
        };
        let enabled = all.collected.nodes[id].as_ref().is_some_and(|node| node.config.enabled());
        if enabled {
            let object = Value::from_object(NodeObject::of(shared, all, id));
            groups[at].push((Value::from(node.unique_id.as_str()), object));
        }
    }
    let [nodes, sources, exposures, metrics] = groups.map(Dict::new);
    [("nodes", nodes), ("sources", sources), ("exposures", exposures), ("metrics", metrics)]
}
