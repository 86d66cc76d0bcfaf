//! Nodes as the manifest has them.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::{Compiled, Context, files};
use super::checksum::sha256;
use super::config::ConfigOut;
use super::texts::described;
use crate::plan::Materialization;
use crate::project::{ColumnProperties, Node, NodeId, NodeKind};
use crate::render::CollectedNode;
use crate::sql::Relation;

/// A model, seed, snapshot, test or analysis.
#[derive(Serialize)]
pub(super) struct NodeOut<'a> {
    database: Option<&'a str>,
    schema: Option<&'a str>,
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: Cow<'a, str>,
    original_file_path: &'a str,
    unique_id: &'a str,
    fqn: &'a [String],
    alias: &'a str,
    checksum: Checksum,
    config: ConfigOut<'a>,
    tags: Vec<&'a str>,
    description: Cow<'a, str>,
    columns: IndexMap<&'a str, ColumnOut<'a>>,
    meta: Value,
    group: Option<&'a str>,
    docs: Value,
    patch_path: Option<String>,
    build_path: Option<String>,
    relation_name: Option<String>,
    raw_code: &'a str,
    language: &'static str,
    refs: Vec<RefOut<'a>>,
    sources: Vec<[&'a str; 2]>,
    metrics: [(); 0],
    depends_on: DependsOn<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compiled_path: Option<String>,
    compiled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    compiled_code: Option<&'a str>,
    extra_ctes_injected: bool,
    extra_ctes: Vec<ExtraCte<'a>>,
    contract: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_version: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_key_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attached_node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_metadata: Option<TestMetadata<'a>>,
}

#[derive(Serialize)]
struct Checksum {
    name: &'static str,
    checksum: String,
}

/// A column with its properties.
#[derive(Serialize)]
pub(super) struct ColumnOut<'a> {
    name: &'a str,
    description: Cow<'a, str>,
    meta: &'a Map<String, Value>,
    data_type: Option<&'a str>,
    constraints: &'a [Value],
    quote: Option<bool>,
    tags: &'a [String],
}

/// A `ref()`.
#[derive(Serialize)]
pub(super) struct RefOut<'a> {
    name: &'a str,
    package: Option<&'a str>,
    version: Option<&'a str>,
}

/// What a node reads and calls, by unique id.
#[derive(Serialize)]
pub(super) struct DependsOn<'a> {
    macros: &'a [String],
    nodes: Vec<&'a str>,
}

#[derive(Serialize)]
struct ExtraCte<'a> {
    id: &'a str,
    sql: &'a str,
}

#[derive(Serialize)]
struct TestMetadata<'a> {
    name: &'a str,
    kwargs: Map<String, Value>,
    namespace: Option<&'a str>,
}

/// The entry of a node, from what was learnt of it.
pub(super) fn node<'a>(
    context: &Context<'a>,
    id: NodeId,
    collected: &'a CollectedNode,
    compiled: Option<&'a Compiled>,
    target_folder: &str,
) -> NodeOut<'a> {
    let project = context.project;
    let node = project.node(id);
    let config = &collected.config;
    let relation = collected.relation.as_ref();
    let target = &project.target;
    let stands = relation.filter(|_| has_relation(context, id, node));
    let raw = node.body.map_or("", |body| project.files.text(body));
    let test = node.test.as_ref().filter(|test| !test.name.is_empty());
    let cte = |cte: &super::super::Cte| (cte.node, cte.range.clone());
    let ctes = compiled.map(|own| own.ctes.iter().map(cte).collect::<Vec<_>>()).unwrap_or_default();
    let is_model = node.kind == NodeKind::Model;
    NodeOut {
        database: relation.and_then(|it| it.database.as_deref()).or(target.database.as_deref()),
        schema: relation.and_then(|it| it.schema.as_deref()).or(Some(&target.schema)),
        name: &node.name,
        resource_type: node.kind.resource_type(),
        package_name: &node.package,
        path: match test {
            Some(test) => Cow::Owned(format!("{}.sql", test.short_name)),
            None => Cow::Borrowed(node.relative_path.as_str()),
        },
        original_file_path: node.path.as_str(),
        unique_id: &node.unique_id,
        fqn: &node.fqn,
        alias: match test {
            Some(test) => &test.short_name,
            None => relation.and_then(|it| it.identifier.as_deref()).unwrap_or(&node.name),
        },
        checksum: checksum(context, node, test.is_some()),
        config: ConfigOut {
            config,
            kind: node.kind,
            materialized: Some(materialized(context, id, node, config)),
        },
        tags: config.tags(),
        description: described(project, &node.package, &node.description),
        columns: columns(context, node),
        meta: config.get("meta").cloned().unwrap_or_else(|| json!({})),
        group: config.text("group"),
        docs: config.get("docs").cloned().unwrap_or_else(|| json!({"show": true, "node_color": null})),
        patch_path: if node.kind == NodeKind::Test { None } else { patch_path(context, node) },
        build_path: None,
        relation_name: stands.map(Relation::render),
        raw_code: test.map_or(raw, |test| test.raw.as_str()),
        language: if node.is_python { "python" } else { "sql" },
        refs: refs(collected),
        sources: collected.sources.iter().map(|call| [call.source.as_str(), call.table.as_str()]).collect(),
        metrics: [],
        depends_on: depends_on(context, id, collected),
        compiled_path: compiled.map(|_| format!("{target_folder}/compiled/{}", files::path(node))),
        compiled: compiled.is_some(),
        compiled_code: compiled.map(|own| own.sql.as_str()),
        extra_ctes_injected: compiled.is_some(),
        extra_ctes: ctes
            .into_iter()
            .filter_map(|(node, range)| {
                let sql = &compiled?.sql[range];
                Some(ExtraCte { id: &project.node(node).unique_id, sql })
            })
            .collect(),
        contract: config
            .get("contract")
            .cloned()
            .unwrap_or_else(|| json!({"enforced": false, "alias_types": true})),
        access: is_model.then(|| {
            node.properties
                .get("access")
                .and_then(Value::as_str)
                .or(config.text("access"))
                .unwrap_or("protected")
        }),
        constraints: is_model
            .then(|| node.properties.get("constraints").cloned().unwrap_or_else(|| json!([]))),
        version: is_model.then(|| version(node.version.as_deref())),
        latest_version: is_model.then(|| version(node.latest_version.as_deref())),
        column_name: test.and_then(|test| test.column.as_deref()),
        file_key_name: test.and_then(|test| {
            let attached = project.node(test.attached?);
            let key = match attached.kind {
                NodeKind::Source => "sources",
                NodeKind::Seed => "seeds",
                NodeKind::Snapshot => "snapshots",
                _ => "models",
            };
            let name = attached.source_name.as_deref().unwrap_or(&attached.name);
            Some(format!("{key}.{name}"))
        }),
        attached_node: test
            .and_then(|test| test.attached)
            .map(|attached| project.node(attached))
            .filter(|attached| attached.kind != NodeKind::Source)
            .map(|attached| attached.unique_id.as_str()),
        test_metadata: test.map(|test| {
            let mut kwargs = test.arguments.clone();
            if let Some(column) = &test.column {
                kwargs.insert("column_name".to_owned(), Value::String(column.clone()));
            }
            kwargs.insert("model".to_owned(), Value::String(test.model.clone()));
            TestMetadata { name: &test.name, kwargs, namespace: test.namespace.as_deref() }
        }),
    }
}

/// A node's columns.
pub(super) fn columns<'a>(context: &Context<'a>, node: &'a Node) -> IndexMap<&'a str, ColumnOut<'a>> {
    let column = |(name, column): (&'a String, &'a ColumnProperties)| {
        let out = ColumnOut {
            name: &column.name,
            description: described(context.project, &node.package, &column.description),
            meta: &column.meta,
            data_type: column.data_type.as_deref(),
            constraints: &column.constraints,
            quote: column.quote,
            tags: &column.tags,
        };
        (name.as_str(), out)
    };
    node.columns.iter().map(column).collect()
}

/// The `ref()`s of a node, repeats included.
pub(super) fn refs(collected: &CollectedNode) -> Vec<RefOut<'_>> {
    let out = collected.refs.iter().map(|call| RefOut {
        name: &call.name,
        package: call.package.as_deref(),
        version: call.version.as_deref(),
    });
    out.collect()
}

/// The macros and nodes that a node depends on.
pub(super) fn depends_on<'a>(
    context: &Context<'a>,
    id: NodeId,
    collected: &'a CollectedNode,
) -> DependsOn<'a> {
    let nodes =
        context.graph.parents[id].iter().map(|parent| context.project.node(*parent).unique_id.as_str());
    DependsOn { macros: &collected.macros, nodes: nodes.collect() }
}

/// `package://models/schema.yml`.
pub(super) fn patch_path(context: &Context<'_>, node: &Node) -> Option<String> {
    let span = node.properties_span?;
    let file = context.project.files.path(span.file);
    let package = context.project.packages.iter().find(|package| package.name == node.package)?;
    let path = file.strip_prefix(&package.folder).unwrap_or(file);
    Some(format!("{}://{path}", node.package))
}

fn version(text: Option<&str>) -> Value {
    match text {
        None => Value::Null,
        Some(text) => text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
    }
}

/// True where dbt gives a `relation_name`.
fn has_relation(context: &Context<'_>, id: NodeId, node: &Node) -> bool {
    match node.kind {
        NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot => !context.plan.is_inline(id),
        NodeKind::Test => context.collected.nodes[id]
            .as_ref()
            .is_some_and(|it| super::super::ddl::TestConfig::of(&it.config).store.is_some()),
        _ => false,
    }
}

/// What a node becomes, in dbt's word.
fn materialized<'a>(
    context: &Context<'a>,
    id: NodeId,
    node: &Node,
    config: &'a crate::project::Config,
) -> &'a str {
    match (node.kind, context.plan.materialization(id)) {
        (NodeKind::Test, _) => "test",
        (_, Some(Materialization::Inline)) => "ephemeral",
        (_, Some(materialization)) => materialization.name(),
        (_, None) => config.materialized().unwrap_or("view"),
    }
}

fn checksum(context: &Context<'_>, node: &Node, generic: bool) -> Checksum {
    if generic {
        return Checksum { name: "none", checksum: String::new() };
    }
    let text = context.project.files.get(node.span.file).text.trim();
    let checksum = if node.kind == NodeKind::Seed {
        sha256(text.as_bytes())
    } else {
        // Formatting is no change: all blanks count as one.
        let mut words = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
        sha256(words.as_bytes())
    };
    Checksum { name: "sha256", checksum }
}
