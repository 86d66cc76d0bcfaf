//! Entries of a manifest as nodes of a project.

use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::texts;
use crate::graph::Graph;
use crate::plan::{Decision, Materialization, Plan, Reason};
use crate::project::{ColumnProperties, Config, Node, NodeId, NodeKind, NodeMap, Project, TestCall};
use crate::render::{Collected, CollectedNode, quote_policy};
use crate::source::Span;
use crate::sql::{Relation, Words, unquote};
use crate::state::SECTIONS;

/// What the manifest's project consists of; all that is no node is that of the project now. Entries without an id, a name or
/// a kind that is known are passed over.
pub(super) fn project<'m>(manifest: &'m Value, now: &Project) -> (Project, NodeMap<&'m Value>) {
    let mut files = now.files.clone();
    let mut nodes = Vec::new();
    let mut entries = Vec::new();
    for section in SECTIONS {
        let Some(own) = manifest.get(section).and_then(Value::as_object) else { continue };
        for (id, entry) in own {
            let Some(kind) = kind(section, entry) else { continue };
            let path = text(entry, "original_file_path").unwrap_or_default();
            let code = text(entry, "raw_code").unwrap_or_default();
            let file = files.add(path, code);
            nodes.push(node(id, kind, entry, Span::new(file, 0, code.len())));
            entries.push(entry);
        }
    }
    let ids: FxHashMap<String, NodeId> =
        nodes.iter().enumerate().map(|(at, node)| (node.unique_id.clone(), NodeId(at as u32))).collect();
    for (node, entry) in nodes.iter_mut().zip(&entries) {
        let attached = text(entry, "attached_node").and_then(|id| ids.get(id).copied());
        if let Some(test) = &mut node.test {
            test.attached = attached;
        }
    }
    let project = Project {
        files,
        packages: now.packages.clone(),
        target: now.target.clone(),
        nodes,
        macro_files: Vec::new(),
        docs: IndexMap::new(),
        macro_properties: IndexMap::new(),
        groups: IndexMap::new(),
        selectors: IndexMap::new(),
        cli_vars: now.cli_vars.clone(),
        settings: now.settings.clone(),
    };
    (project, NodeMap::new(entries))
}

/// A text of an entry; absent if it is empty.
pub(super) fn text<'v>(entry: &'v Value, key: &str) -> Option<&'v str> {
    entry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn kind(section: &str, entry: &Value) -> Option<NodeKind> {
    let said = text(entry, "resource_type");
    Some(match (section, said) {
        ("nodes", Some("model")) => NodeKind::Model,
        ("nodes", Some("seed")) => NodeKind::Seed,
        ("nodes", Some("snapshot")) => NodeKind::Snapshot,
        ("nodes", Some("test")) => NodeKind::Test,
        ("nodes", Some("analysis")) => NodeKind::Analysis,
        ("nodes", Some("operation")) => NodeKind::Operation,
        ("sources", _) => NodeKind::Source,
        ("exposures", _) => NodeKind::Exposure,
        ("metrics", _) => NodeKind::Metric,
        ("semantic_models", _) => NodeKind::SemanticModel,
        ("unit_tests", _) => NodeKind::UnitTest,
        ("saved_queries", _) => NodeKind::SavedQuery,
        _ => return None,
    })
}

fn node(id: &str, kind: NodeKind, entry: &Value, span: Span) -> Node {
    let owned = |key: &str| text(entry, key).map(str::to_owned);
    let is_generic = entry.get("test_metadata").is_some_and(Value::is_object);
    let is_python = text(entry, "language") == Some("python");
    let has_body = span.end > 0 && !is_generic && !is_python && kind.is_parsed() && kind != NodeKind::Seed;
    Node {
        unique_id: id.to_owned(),
        name: owned("name").unwrap_or_else(|| id.rsplit('.').next().unwrap_or(id).to_owned()),
        kind,
        package: owned("package_name").unwrap_or_default(),
        path: owned("original_file_path").unwrap_or_default().into(),
        relative_path: owned("path").unwrap_or_default().into(),
        fqn: texts(entry.get("fqn")).map(str::to_owned).collect(),
        span,
        body: has_body.then_some(span),
        project_config: Config::default(),
        property_config: Config::default(),
        written_config: None,
        override_config: Config::default(),
        properties: properties(kind, entry),
        properties_span: None,
        description: owned("description").unwrap_or_default(),
        doc_blocks: Vec::new(),
        columns: columns(entry),
        test: (kind == NodeKind::Test).then(|| test(entry, span)),
        source_name: owned("source_name").filter(|_| kind == NodeKind::Source),
        source_relation: None,
        version: None,
        latest_version: None,
        depends_on: Vec::new(),
        is_python,
        hook: None,
    }
}

/// What `review` looks for in an exposure.
fn properties(kind: NodeKind, entry: &Value) -> Value {
    match entry.get("owner").filter(|_| kind == NodeKind::Exposure) {
        Some(owner) => serde_json::json!({"owner": owner}),
        None => Value::Null,
    }
}

fn columns(entry: &Value) -> IndexMap<String, ColumnProperties> {
    let columns = entry.get("columns").and_then(Value::as_object).into_iter().flatten();
    let columns = columns.map(|(key, column)| {
        let properties = ColumnProperties {
            name: text(column, "name").unwrap_or(key).to_owned(),
            description: text(column, "description").unwrap_or_default().to_owned(),
            data_type: text(column, "data_type").map(str::to_owned),
            meta: column.get("meta").and_then(Value::as_object).cloned().unwrap_or_default(),
            tags: texts(column.get("tags")).map(str::to_owned).collect(),
            quote: column.get("quote").and_then(Value::as_bool),
            constraints: column.get("constraints").and_then(Value::as_array).cloned().unwrap_or_default(),
            ..ColumnProperties::default()
        };
        (key.clone(), properties)
    });
    columns.collect()
}

fn test(entry: &Value, span: Span) -> TestCall {
    let call = entry.get("test_metadata").unwrap_or(&Value::Null);
    let mut arguments: Map<String, Value> =
        call.get("kwargs").and_then(Value::as_object).cloned().unwrap_or_default();
    let model = arguments.remove("model");
    let column = arguments.remove("column_name");
    let column = text(entry, "column_name").or(column.as_ref().and_then(Value::as_str));
    TestCall {
        name: text(call, "name").unwrap_or_default().to_owned(),
        namespace: text(call, "namespace").map(str::to_owned),
        span,
        attached: None,
        model: model.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
        column: column.map(str::to_owned),
        quote_column: false,
        arguments,
        inherited_tags: Vec::new(),
        short_name: text(entry, "name").unwrap_or_default().to_owned(),
        raw: text(entry, "raw_code").unwrap_or_default().to_owned(),
    }
}

/// What a node is called in the SQL of the manifest.
pub(super) fn relation(project: &Project, entry: &Value) -> Option<Relation> {
    let dialect = project.target.dialect;
    let owned = |key: &str| text(entry, key).map(str::to_owned);
    if let Some(written) = text(entry, "relation_name") {
        let words = Words::new(dialect, written);
        let parts: Vec<&str> = (0..words.len()).step_by(2).map(|at| words.text(at)).collect();
        let is_name =
            |at: usize| if at.is_multiple_of(2) { words.is_name(at) } else { words.symbol(at, b'.') };
        if (0..words.len()).all(is_name) && words.len() % 2 == 1 && parts.len() <= 3 {
            let mut named = parts.into_iter().rev();
            let mut next = || named.next().map(|part| (unquote(part).into_owned(), unquote(part) != part));
            let (identifier, schema, database) = (next(), next(), next());
            let quote = [&database, &schema, &identifier].map(|part| part.as_ref().is_some_and(|it| it.1));
            let [database, schema, identifier] =
                [database, schema, identifier].map(|part| part.map(|it| it.0));
            return Some(Relation { database, schema, identifier, quote, kind: None, dialect });
        }
    }
    let identifier = owned("alias").or_else(|| owned("identifier"))?;
    let (database, schema) = (owned("database"), owned("schema"));
    let quote = quote_policy(dialect);
    Some(Relation { database, schema, identifier: Some(identifier), quote, kind: None, dialect })
}

/// What is known of each node besides its SQL; `relation` is what it is called here.
pub(super) fn collected(
    project: &Project,
    entries: &NodeMap<&Value>,
    relation: impl Fn(NodeId) -> Option<Relation>,
) -> Collected {
    let node = |(id, node): (NodeId, &Node)| {
        let values = entries[id].get("config").and_then(Value::as_object).cloned().unwrap_or_default();
        Some(CollectedNode {
            config: Arc::new(Config { values }),
            inline_config: Config::default(),
            relation: if node.kind.is_relation() { relation(id) } else { None },
            place: None,
            refs: Vec::new(),
            sources: Vec::new(),
            macros: Vec::new(),
            failed: false,
        })
    };
    Collected { nodes: NodeMap::new(project.nodes().map(node).collect()) }
}

/// What each node is, as its config says.
pub(super) fn plan(project: &Project, entries: &NodeMap<&Value>) -> Plan {
    let decision = |(id, node): (NodeId, &Node)| {
        let kind = match node.kind {
            NodeKind::Seed => Materialization::Seed,
            NodeKind::Snapshot => Materialization::Snapshot,
            NodeKind::Model => match entries[id].get("config").and_then(|it| text(it, "materialized")) {
                Some("ephemeral" | "inline") => Materialization::Inline,
                None | Some("view") => Materialization::View,
                Some("temp") => Materialization::Temp,
                Some("table") => Materialization::Table,
                Some("incremental") => Materialization::Incremental,
                Some("materialized_view") => Materialization::MaterializedView,
                Some(name) => Materialization::Custom(name.to_owned()),
            },
            _ => return None,
        };
        let reason = Reason {
            code: "author",
            text: "the manifest says so".to_owned(),
            japanese: "manifest の指定".to_owned(),
        };
        Some(Decision::fixed(kind, reason))
    };
    Plan { decisions: NodeMap::new(project.nodes().map(decision).collect()) }
}

/// Who reads whom.
pub(super) fn graph(project: &Project, entries: &NodeMap<&Value>) -> Graph {
    let ids: FxHashMap<&str, NodeId> =
        project.nodes().map(|(id, node)| (node.unique_id.as_str(), id)).collect();
    let parents = project.nodes().map(|(id, _)| {
        let read = texts(entries[id].get("depends_on").and_then(|it| it.get("nodes")));
        let mut all: Vec<NodeId> = Vec::new();
        for parent in read.filter_map(|name| ids.get(name).copied()) {
            if !all.contains(&parent) && parent != id {
                all.push(parent);
            }
        }
        all
    });
    Graph::of_parents(NodeMap::new(parents.collect()))
}
