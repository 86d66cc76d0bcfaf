//! Exposures, unit tests, groups and blocks of docs as the manifest has them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::Context;
use super::checksum::sha256;
use super::config::ConfigOut;
use super::node::{DependsOn, RefOut, declared_refs, declared_sources, depends_on};
use super::unrendered::Unrendered;
use crate::project::{Node, NodeId};
use crate::render::CollectedNode;
use crate::source::csv;

/// What exposures, metrics and the like have in common; the rest stands beside it.
#[derive(Serialize)]
pub(super) struct OtherOut<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: &'a str,
    fqn: &'a [String],
    config: ConfigOut<'a>,
    depends_on: DependsOn<'a>,
    #[serde(flatten)]
    own: Map<String, Value>,
}

/// The common part, with what is a kind's own.
pub(super) fn other<'a>(
    context: &Context<'a>,
    id: NodeId,
    node: &'a Node,
    collected: &'a CollectedNode,
    own: Value,
) -> OtherOut<'a> {
    OtherOut {
        name: &node.name,
        resource_type: node.kind.resource_type(),
        package_name: &node.package,
        path: node.relative_path.as_str(),
        original_file_path: node.path.as_str(),
        unique_id: &node.unique_id,
        fqn: &node.fqn,
        config: ConfigOut {
            config: &collected.config,
            kind: node.kind,
            materialized: None,
            enabled: context.graph.enabled[id],
            test_tags: None,
        },
        depends_on: depends_on(context, id, collected),
        own: match own {
            Value::Object(map) => map,
            _ => Map::new(),
        },
    }
}

/// What is an exposure's own.
pub(super) fn exposure(context: &Context<'_>, node: &Node, collected: &CollectedNode) -> Value {
    let get = |key: &str| node.properties.get(key).cloned().unwrap_or(Value::Null);
    let mut owner = get("owner");
    if let Value::Object(owner) = &mut owner {
        for key in ["email", "name"] {
            owner.entry(key).or_insert(Value::Null);
        }
    }
    let refs: Vec<RefOut<'_>> = declared_refs(node);
    json!({
        "type": get("type"),
        "owner": owner,
        "description": node.description,
        "label": get("label"),
        "maturity": get("maturity"),
        "meta": collected.config.get("meta").cloned().unwrap_or_else(|| json!({})),
        "tags": collected.config.tags(),
        "unrendered_config": Unrendered::of(context, node, collected),
        "url": get("url"),
        "refs": refs,
        "sources": declared_sources(node),
        "metrics": super::node::declared_metrics(node),
    })
}

/// What is a unit test's own.
pub(super) fn unit_test(context: &Context<'_>, node: &Node) -> Value {
    let get = |key: &str| node.properties.get(key).cloned().unwrap_or(Value::Null);
    let fixture = |value: &Value, input: bool| {
        let part = |key: &str| value.get(key).cloned().unwrap_or(Value::Null);
        let format = value.get("format").and_then(Value::as_str).unwrap_or("dict");
        let mut fixture = Map::new();
        if input {
            fixture.insert("input".to_owned(), part("input"));
        }
        fixture.insert("rows".to_owned(), rows(format, part("rows")));
        fixture.insert("format".to_owned(), format.into());
        fixture.insert("fixture".to_owned(), part("fixture"));
        Value::Object(fixture)
    };
    let given: Vec<Value> =
        get("given").as_array().into_iter().flatten().map(|given| fixture(given, true)).collect();
    let expect = fixture(&get("expect"), false);
    let overrides = match get("overrides") {
        Value::Object(set) => {
            let part =
                |key: &str| set.get(key).filter(|it| !it.is_null()).cloned().unwrap_or_else(|| json!({}));
            json!({"macros": part("macros"), "vars": part("vars"), "env_vars": part("env_vars")})
        }
        _ => Value::Null,
    };
    // dbt's own digest is of Python's printing of these; what counts is that it changes with them.
    let state = json!([get("model"), get("versions"), given, expect, overrides]).to_string();
    json!({
        "model": get("model"),
        "given": given,
        "expect": expect,
        "description": node.description,
        "overrides": overrides,
        "checksum": sha256(state.as_bytes()),
        "schema": context.project.target.schema,
        "versions": get("versions"),
        "version": super::node::version(node.properties.get("version").and_then(Value::as_str)),
    })
}

/// A unit test's rows, of CSV too: by column, what is empty null, and one row without nulls first, as dbt has them.
fn rows(format: &str, written: Value) -> Value {
    let mut rows = match (format, written) {
        ("csv", Value::String(text)) => from_csv(&text),
        ("dict", Value::Array(rows)) => rows,
        (_, written) => return written,
    };
    let full = |row: &Value| row.as_object().is_some_and(|row| row.values().all(|value| !value.is_null()));
    if let Some(first) = rows.iter().position(full) {
        rows.swap(0, first);
    }
    Value::Array(rows)
}

fn from_csv(text: &str) -> Vec<Value> {
    let Ok(read) = csv::parse(text, ',') else { return Vec::new() };
    let mut read = read.into_iter().map(|row| row.fields).filter(|fields| !fields.is_empty());
    let Some(names) = read.next() else { return Vec::new() };
    let row = |fields: Vec<String>| {
        let mut fields =
            fields.into_iter().map(|field| if field.is_empty() { Value::Null } else { field.into() });
        names.iter().map(|name| (name.clone(), fields.next().unwrap_or(Value::Null))).collect()
    };
    read.map(|fields| Value::Object(row(fields))).collect()
}

/// `docs`, by unique id.
pub(super) fn docs(context: &Context<'_>) -> Value {
    let project = context.project;
    let mut docs = Map::new();
    for ((package, name), block) in &project.docs {
        let found = project.packages.iter().find(|it| it.name == *package);
        let file = project.files.path(block.span.file);
        let path = found.and_then(|package| file.strip_prefix(&package.folder).ok()).unwrap_or(file);
        let folders = found.map_or(&[][..], |package| package.paths.docs.as_slice());
        let below = folders.iter().find_map(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
        let unique_id = format!("doc.{package}.{name}");
        let entry = json!({
            "name": name,
            "resource_type": "doc",
            "package_name": package,
            "path": below.as_str(),
            "original_file_path": path.as_str(),
            "unique_id": unique_id,
            "block_contents": block.text,
        });
        docs.insert(unique_id, entry);
    }
    Value::Object(docs)
}

/// `groups`, by unique id.
pub(super) fn groups(context: &Context<'_>) -> Value {
    let project = context.project;
    let mut groups = Map::new();
    for ((package, name), group) in &project.groups {
        let unique_id = format!("group.{package}.{name}");
        let found = project.packages.iter().find(|it| it.name == *package);
        let file = project.files.path(group.span.file);
        let original = found.and_then(|package| file.strip_prefix(&package.folder).ok()).unwrap_or(file);
        let folders = found.map_or(&[][..], |package| package.paths.models.as_slice());
        let path = folders.iter().find_map(|folder| original.strip_prefix(folder).ok()).unwrap_or(original);
        let get = |key: &str| group.value.get(key).cloned().unwrap_or(Value::Null);
        let mut owner = get("owner");
        if let Value::Object(owner) = &mut owner {
            for key in ["email", "name"] {
                owner.entry(key).or_insert(Value::Null);
            }
        }
        let meta = group.value.get("config").and_then(|config| config.get("meta")).cloned();
        let entry = json!({
            "name": name,
            "resource_type": "group",
            "package_name": package,
            "path": path.as_str(),
            "original_file_path": original.as_str(),
            "unique_id": unique_id,
            "owner": owner,
            "description": get("description"),
            "config": {"meta": meta.unwrap_or_else(|| json!({}))},
        });
        groups.insert(unique_id, entry);
    }
    Value::Object(groups)
}
