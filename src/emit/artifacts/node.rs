//! Nodes as the manifest has them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::{Compiled, Context, files};
use super::checksum::sha256;
use super::columns::{ColumnOut, columns};
use super::config::ConfigOut;
use super::contract::{Constraint, ContractOut};
use super::primary_key::primary_key;
use super::unrendered::Unrendered;
use super::write::{EMPTY_MAP, Entries, Shown};
use crate::graph::calls::{self, Call};
use crate::plan::Materialization;
use crate::project::{Node, NodeId, NodeKind, TestCall};
use crate::render::CollectedNode;
use crate::sql::{Dialect, Relation};

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
    description: &'a str,
    columns: Entries<&'a str, ColumnOut<'a>>,
    meta: &'a Map<String, Value>,
    group: Option<&'a str>,
    docs: Shown<'a>,
    patch_path: Option<String>,
    build_path: Option<()>,
    unrendered_config: Unrendered<'a>,
    relation_name: Option<String>,
    raw_code: &'a str,
    doc_blocks: &'a [String],
    #[serde(flatten)]
    kind: KindOut<'a>,
}

/// What only some kinds have.
#[derive(Serialize)]
#[serde(untagged)]
enum KindOut<'a> {
    Seed(SeedOut<'a>),
    Sql(Box<SqlOut<'a>>),
}

#[derive(Serialize)]
struct SeedOut<'a> {
    /// A path of the machine, which no artifact of buhin holds.
    root_path: Option<()>,
    depends_on: Macros<'a>,
}

#[derive(Serialize)]
struct Macros<'a> {
    macros: &'a [String],
}

#[derive(Serialize)]
struct SqlOut<'a> {
    language: &'static str,
    refs: Vec<RefOut<'a>>,
    sources: Vec<[Cow<'a, str>; 2]>,
    metrics: [(); 0],
    functions: [(); 0],
    depends_on: DependsOn<'a>,
    compiled_path: Option<String>,
    #[serde(flatten)]
    compiled: Option<CompiledOut<'a>>,
    contract: ContractOut,
    #[serde(flatten)]
    model: Option<ModelOut<'a>>,
    #[serde(flatten)]
    test: Option<TestOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

#[derive(Serialize)]
struct CompiledOut<'a> {
    compiled: bool,
    compiled_code: &'a str,
    extra_ctes_injected: bool,
    extra_ctes: Vec<ExtraCte<'a>>,
}

#[derive(Serialize)]
struct ModelOut<'a> {
    access: &'a str,
    constraints: Vec<Constraint<'a>>,
    version: Value,
    latest_version: Value,
    deprecation_date: Option<Cow<'a, str>>,
    primary_key: Vec<&'a str>,
    time_spine: Option<TimeSpine<'a>>,
}

/// `time_spine` of a part.
#[derive(Serialize)]
struct TimeSpine<'a> {
    standard_granularity_column: Option<&'a str>,
    custom_granularities: Vec<Granularity<'a>>,
}

#[derive(Serialize)]
struct Granularity<'a> {
    name: Option<&'a str>,
    column_name: Option<&'a str>,
}

#[derive(Serialize)]
struct TestOut<'a> {
    column_name: Option<&'a str>,
    file_key_name: Option<String>,
    attached_node: Option<&'a str>,
    test_metadata: TestMetadata<'a>,
}

#[derive(Serialize)]
struct Checksum {
    name: &'static str,
    checksum: String,
}

/// A `ref()`.
#[derive(Serialize)]
pub(super) struct RefOut<'a> {
    name: Cow<'a, str>,
    package: Option<Cow<'a, str>>,
    version: Value,
}

/// What a node reads and calls, by unique id.
#[derive(Serialize)]
pub(super) struct DependsOn<'a> {
    macros: Vec<&'a str>,
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
    tests: &[NodeId],
) -> NodeOut<'a> {
    let project = context.project;
    let node = project.node(id);
    let config = &collected.config;
    let relation = collected.relation.as_ref();
    let named = relation.or(collected.place.as_ref());
    let target = &project.target;
    let stands = relation.filter(|_| has_relation(context, id, node));
    let test = node.test.as_ref().filter(|test| !test.name.is_empty());
    let kind = if node.kind == NodeKind::Seed {
        KindOut::Seed(SeedOut { root_path: None, depends_on: Macros { macros: &collected.macros } })
    } else {
        KindOut::Sql(Box::new(sql(context, id, collected, compiled, target_folder, tests)))
    };
    NodeOut {
        database: named
            .and_then(|it| it.database.as_deref())
            .or(target.database.as_deref())
            .or_else(|| no_database(target.dialect)),
        schema: named.and_then(|it| it.schema.as_deref()).or(Some(&target.schema)),
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
        alias: match (named.and_then(|it| it.identifier.as_deref()), test) {
            (Some(identifier), _) => identifier,
            (None, Some(test)) => config.text("alias").unwrap_or(&test.short_name),
            (None, None) => config.text("alias").unwrap_or(&node.name),
        },
        checksum: checksum(context, node, test.is_some()),
        config: ConfigOut {
            config,
            kind: node.kind,
            materialized: Some(materialized(context, id, node, config)),
            enabled: context.graph.enabled[id],
            test_tags: test.map(|test| (test.inherited_tags.as_slice(), is_read_quickly(test))),
        },
        tags: node.hook.iter().map(|hook| hook.when.as_str()).chain(config.tags()).collect(),
        description: &node.description,
        columns: columns(context, node, compiled.is_some()),
        meta: config.get("meta").and_then(Value::as_object).unwrap_or(&*EMPTY_MAP),
        group: config.text("group"),
        docs: Shown(config.get("docs")),
        patch_path: if test.is_some() { None } else { patch_path(context, node) },
        build_path: None,
        unrendered_config: Unrendered::of(context, node, collected),
        relation_name: stands.map(Relation::render),
        raw_code: match (test, node.body) {
            (Some(test), _) => test.raw.as_str(),
            (None, Some(body)) => project.files.text(body),
            (None, None) if node.is_python => project.files.text(node.span).trim(),
            (None, None) => node.hook.as_ref().map_or("", |hook| &hook.text),
        },
        doc_blocks: &node.doc_blocks,
        kind,
    }
}

/// What only nodes with SQL have.
fn sql<'a>(
    context: &Context<'a>,
    id: NodeId,
    collected: &'a CollectedNode,
    compiled: Option<&'a Compiled>,
    target_folder: &str,
    tests: &[NodeId],
) -> SqlOut<'a> {
    let project = context.project;
    let node = project.node(id);
    let config = &collected.config;
    let text = |value: &'a Value, key: &str| value.get(key).and_then(Value::as_str);
    let generic = node.test.as_ref().filter(|test| !test.name.is_empty());
    SqlOut {
        language: if node.is_python { "python" } else { "sql" },
        refs: refs(collected).into_iter().chain(key_refs(node)).collect(),
        sources: collected
            .sources
            .iter()
            .map(|call| [Cow::Borrowed(call.source.as_str()), Cow::Borrowed(call.table.as_str())])
            .chain(key_sources(node))
            .collect(),
        metrics: [],
        functions: [],
        depends_on: {
            let mut depends_on = depends_on(context, id, collected);
            // dbt reads these two without running them, and learns of this macro when it compiles them.
            if compiled.is_none() && generic.is_some_and(is_read_quickly) {
                depends_on.macros.retain(|id| !id.ends_with(".get_where_subquery"));
            }
            depends_on
        },
        compiled_path: compiled
            .filter(|own| node.hook.is_none() || !own.sql.is_empty())
            .map(|_| format!("{target_folder}/compiled/{}", files::path(node))),
        compiled: compiled.map(|own| CompiledOut {
            compiled: true,
            compiled_code: &own.sql,
            extra_ctes_injected: true,
            extra_ctes: own
                .ctes
                .iter()
                .map(|cte| ExtraCte {
                    id: &project.node(cte.node).unique_id,
                    sql: &own.sql[cte.range.clone()],
                })
                .collect(),
        }),
        contract: ContractOut::of(node, config.get("contract"), materialized(context, id, node, config)),
        model: (node.kind == NodeKind::Model).then(|| ModelOut {
            access: text(&node.properties, "access").or(config.text("access")).unwrap_or("protected"),
            // dbt knows relations once it compiles.
            constraints: match compiled {
                None => Constraint::of_part(node),
                Some(_) => {
                    let listed = Constraint::of_part(node).into_iter();
                    listed.map(|it| it.settled(context, &node.package)).collect()
                }
            },
            version: version(node.version.as_deref()),
            latest_version: version(node.latest_version.as_deref()),
            deprecation_date: text(&node.properties, "deprecation_date").map(moment),
            primary_key: primary_key(context, node, tests),
            time_spine: node.properties.get("time_spine").filter(|spine| spine.is_object()).map(|spine| {
                let custom = spine.get("custom_granularities").and_then(Value::as_array);
                TimeSpine {
                    standard_granularity_column: text(spine, "standard_granularity_column"),
                    custom_granularities: custom
                        .into_iter()
                        .flatten()
                        .map(|custom| Granularity {
                            name: text(custom, "name"),
                            column_name: text(custom, "column_name"),
                        })
                        .collect(),
                }
            }),
        }),
        test: generic.map(|test| TestOut {
            column_name: test.column.as_deref(),
            file_key_name: test.attached.map(|attached| {
                let attached = project.node(attached);
                let key = match attached.kind {
                    NodeKind::Source => "sources",
                    NodeKind::Seed => "seeds",
                    NodeKind::Snapshot => "snapshots",
                    _ => "models",
                };
                format!("{key}.{}", attached.source_name.as_deref().unwrap_or(&attached.name))
            }),
            attached_node: test
                .attached
                .map(|attached| project.node(attached))
                .filter(|attached| attached.kind != NodeKind::Source)
                .map(|attached| attached.unique_id.as_str()),
            test_metadata: test_metadata(test),
        }),
        index: node.hook.as_ref().map(|hook| hook.index),
    }
}

/// True for the two tests that dbt reads without running their text.
fn is_read_quickly(test: &TestCall) -> bool {
    test.namespace.is_none() && matches!(test.name.as_str(), "unique" | "not_null")
}

/// What dbt says where there is no level above schemas.
pub(super) fn no_database(dialect: Dialect) -> Option<&'static str> {
    (dialect == Dialect::ClickHouse).then_some("")
}

/// A day is its first moment, as dbt writes it.
fn moment(text: &str) -> Cow<'_, str> {
    let is_day = text.len() == 10 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    if is_day { format!("{text}T00:00:00+00:00").into() } else { text.into() }
}

fn test_metadata(test: &TestCall) -> TestMetadata<'_> {
    let mut kwargs = test.arguments.clone();
    if let Some(column) = &test.column {
        kwargs.insert("column_name".to_owned(), Value::String(column.clone()));
    }
    kwargs.insert("model".to_owned(), Value::String(test.model.clone()));
    TestMetadata { name: &test.name, kwargs, namespace: test.namespace.as_deref() }
}

/// The `ref()`s of a node, repeats included.
pub(super) fn refs(collected: &CollectedNode) -> Vec<RefOut<'_>> {
    let out = collected.refs.iter().map(|call| RefOut {
        name: Cow::Borrowed(&call.name),
        package: call.package.as_deref().map(Cow::Borrowed),
        version: version(call.version.as_deref()),
    });
    out.collect()
}

/// The `ref()`s of a part's foreign keys.
fn key_refs(node: &Node) -> impl Iterator<Item = RefOut<'_>> {
    let calls = calls::foreign_keys(node).filter(|_| node.kind == NodeKind::Model).filter_map(calls::parse);
    calls.filter_map(|call| match call {
        Call::Ref { package, name, version: wanted } => Some(RefOut {
            name: name.into(),
            package: package.map(Cow::Owned),
            version: version(wanted.as_deref()),
        }),
        _ => None,
    })
}

/// The `source()`s of a part's foreign keys.
fn key_sources(node: &Node) -> impl Iterator<Item = [Cow<'_, str>; 2]> {
    let calls = calls::foreign_keys(node).filter(|_| node.kind == NodeKind::Model).filter_map(calls::parse);
    calls.filter_map(|call| match call {
        Call::Source { source, table } => Some([source.into(), table.into()]),
        _ => None,
    })
}

/// The `ref()`s of a node that only YAML makes.
pub(super) fn declared_refs(node: &Node) -> Vec<RefOut<'static>> {
    let refs = declared(node).filter_map(|call| match call {
        Call::Ref { package, name, version: wanted } => Some(RefOut {
            name: name.into(),
            package: package.map(Cow::Owned),
            version: version(wanted.as_deref()),
        }),
        _ => None,
    });
    refs.collect()
}

/// The `source()`s of a node that only YAML makes.
pub(super) fn declared_sources(node: &Node) -> Vec<[String; 2]> {
    let sources = declared(node).filter_map(|call| match call {
        Call::Source { source, table } => Some([source, table]),
        _ => None,
    });
    sources.collect()
}

/// The `metric()`s of a node that only YAML makes.
pub(super) fn declared_metrics(node: &Node) -> Vec<[String; 1]> {
    let metrics = declared(node).filter_map(|call| match call {
        Call::Metric { name } => Some([name]),
        _ => None,
    });
    metrics.collect()
}

fn declared(node: &Node) -> impl Iterator<Item = Call> {
    node.depends_on.iter().filter_map(|call| calls::parse(&call.value))
}

/// The macros and nodes that a node depends on.
pub(super) fn depends_on<'a>(
    context: &Context<'a>,
    id: NodeId,
    collected: &'a CollectedNode,
) -> DependsOn<'a> {
    let nodes =
        context.graph.parents[id].iter().map(|parent| context.project.node(*parent).unique_id.as_str());
    DependsOn { macros: collected.macros.iter().map(String::as_str).collect(), nodes: nodes.collect() }
}

/// `package://models/schema.yml`.
pub(super) fn patch_path(context: &Context<'_>, node: &Node) -> Option<String> {
    let span = node.properties_span?;
    let file = context.project.files.path(span.file);
    let package = context.project.packages.iter().find(|package| package.name == node.package)?;
    let path = file.strip_prefix(&package.folder).unwrap_or(file);
    Some(format!("{}://{path}", node.package))
}

/// A version, as a number where it is one.
pub(super) fn version(text: Option<&str>) -> Value {
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
        (NodeKind::Seed, None) => "seed",
        (NodeKind::Snapshot, None) => "snapshot",
        (_, None) => config.materialized().unwrap_or("view"),
    }
}

/// Formatting is no change: all blanks count as one.
fn one_blank(text: &str) -> Vec<u8> {
    let mut words = Vec::with_capacity(text.len());
    let mut push = |word: &[u8]| {
        if !words.is_empty() {
            words.push(b' ');
        }
        words.extend_from_slice(word);
    };
    if text.is_ascii() {
        let blank = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ');
        text.as_bytes().split(blank).filter(|word| !word.is_empty()).for_each(&mut push);
    } else {
        text.split_whitespace().map(str::as_bytes).for_each(&mut push);
    }
    words
}

fn checksum(context: &Context<'_>, node: &Node, generic: bool) -> Checksum {
    if generic {
        return Checksum { name: "none", checksum: String::new() };
    }
    if let Some(hook) = &node.hook {
        return Checksum { name: "sha256", checksum: sha256(hook.text.as_bytes()) };
    }
    let text = context.project.files.get(node.span.file).text.trim();
    let checksum =
        if node.kind == NodeKind::Seed { sha256(text.as_bytes()) } else { sha256(&one_blank(text)) };
    Checksum { name: "sha256", checksum }
}
