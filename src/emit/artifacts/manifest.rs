//! `manifest.json` in the form of dbt's schema, version 12.

use std::io;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::{Compiled, Context};
use super::texts::described;
use super::{macros, node};
use crate::project::{Node, NodeId, NodeKind, NodeMap};

/// The dbt whose form this is.
const DBT_VERSION: &str = "1.12.0";

/// What changes from run to run; left out where the same bytes are wanted each time.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    /// `generated_at`, as RFC 3339.
    pub generated_at: Option<String>,
    /// `invocation_id`.
    pub invocation_id: Option<String>,
}

/// Writes the manifest as compact JSON, piece by piece: for a thousand parts it is larger than all their SQL.
///
/// Nodes that could not be rendered are left out. Fails where `out` does.
pub fn manifest(
    context: &Context<'_>,
    compiled: &NodeMap<Option<Compiled>>,
    stamp: &Stamp,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let project = context.project;
    let target_folder = project.root().paths.target.as_str();
    let count = project.nodes.len() as u32;
    out.write_all(b"{\"metadata\":")?;
    put(out, &metadata(context, stamp))?;
    for section in Section::ALL {
        out.write_all(b",")?;
        put(out, &section.key())?;
        out.write_all(b":{")?;
        let mut first = true;
        let own: Vec<NodeId> =
            (0..count).map(NodeId).filter(|id| Section::of(project.node(*id).kind) == section).collect();
        // Each node's JSON is made on its own, in parallel, and soon copied, so that few are held at a time.
        for some in own.chunks(256) {
            let entries: Vec<Option<Vec<u8>>> =
                some.par_iter().map(|id| entry(context, *id, compiled, target_folder)).collect();
            for (id, bytes) in some.iter().zip(entries) {
                let Some(bytes) = bytes else { continue };
                if !std::mem::take(&mut first) {
                    out.write_all(b",")?;
                }
                put(out, &project.node(*id).unique_id)?;
                out.write_all(b":")?;
                out.write_all(&bytes)?;
            }
        }
        out.write_all(b"}")?;
    }
    let rest = [
        ("macros", Value::Object(macros::macros(context))),
        ("docs", docs(context)),
        ("groups", groups(context)),
        ("selectors", selectors(context)),
        ("disabled", disabled(context)),
        ("parent_map", family(context, &context.graph.parents)),
        ("child_map", family(context, &context.graph.children)),
        ("group_map", group_map(context)),
        ("functions", json!({})),
    ];
    for (key, value) in rest {
        out.write_all(b",")?;
        put(out, &key)?;
        out.write_all(b":")?;
        put(out, &value)?;
    }
    out.write_all(b"}")?;
    Ok(())
}

/// The parts of the manifest that hold nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Nodes,
    Sources,
    Exposures,
    Metrics,
    SavedQueries,
    SemanticModels,
    UnitTests,
}

impl Section {
    const ALL: [Self; 7] = [
        Self::Nodes,
        Self::Sources,
        Self::Exposures,
        Self::Metrics,
        Self::SavedQueries,
        Self::SemanticModels,
        Self::UnitTests,
    ];

    fn of(kind: NodeKind) -> Self {
        match kind {
            NodeKind::Source => Self::Sources,
            NodeKind::Exposure => Self::Exposures,
            NodeKind::Metric => Self::Metrics,
            NodeKind::SavedQuery => Self::SavedQueries,
            NodeKind::SemanticModel => Self::SemanticModels,
            NodeKind::UnitTest => Self::UnitTests,
            _ => Self::Nodes,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Sources => "sources",
            Self::Exposures => "exposures",
            Self::Metrics => "metrics",
            Self::SavedQueries => "saved_queries",
            Self::SemanticModels => "semantic_models",
            Self::UnitTests => "unit_tests",
        }
    }
}

fn entry(
    context: &Context<'_>,
    id: NodeId,
    compiled: &NodeMap<Option<Compiled>>,
    target_folder: &str,
) -> Option<Vec<u8>> {
    let own = context.project.node(id);
    if !context.graph.enabled[id] || own.kind == NodeKind::Operation {
        return None;
    }
    let collected = context.collected.nodes[id].as_ref()?;
    let mut bytes = Vec::new();
    match Section::of(own.kind) {
        Section::Nodes => {
            push(&mut bytes, &node::node(context, id, collected, compiled[id].as_ref(), target_folder));
        }
        Section::Sources => push(&mut bytes, &source(context, id, own)),
        _ => push(&mut bytes, &other(context, id, own)),
    }
    Some(bytes)
}

/// Writes JSON; values of plain data can't fail.
fn put(out: &mut dyn io::Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    Ok(serde_json::to_writer(out, value)?)
}

fn push(bytes: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(bytes, value).expect("plain data is written to memory");
}

fn metadata(context: &Context<'_>, stamp: &Stamp) -> Value {
    let root = context.project.root();
    let quoting = root.quoting.map(|quote| quote.map_or(Value::Null, Value::Bool));
    let [database, schema, identifier] = quoting;
    let mut metadata = json!({
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
        "dbt_version": DBT_VERSION,
        "generated_at": stamp.generated_at,
        "invocation_id": stamp.invocation_id,
        "env": {},
        "project_name": root.name,
        "adapter_type": context.project.target.adapter,
        "quoting": {"database": database, "schema": schema, "identifier": identifier, "column": null},
    });
    if let Value::Object(map) = &mut metadata {
        map.retain(|_, value| !value.is_null());
    }
    metadata
}

fn source(context: &Context<'_>, id: NodeId, node: &Node) -> Value {
    let collected = context.collected.nodes[id].as_ref();
    let relation = collected.and_then(|it| it.relation.as_ref());
    let text = |key: &str| node.properties.get(key).and_then(Value::as_str).unwrap_or_default();
    let value = |key: &str| node.properties.get(key).cloned().unwrap_or(Value::Null);
    let quote = node.source_relation.as_ref().map_or([None; 3], |it| it.quote);
    let config = collected.map(|it| &it.config);
    let tags = config.map(crate::project::Config::tags).unwrap_or_default();
    let meta = config.and_then(|it| it.get("meta")).cloned().unwrap_or_else(|| json!({}));
    json!({
        "database": relation.and_then(|it| it.database.as_deref()),
        "schema": relation.and_then(|it| it.schema.as_deref()),
        "name": node.name,
        "resource_type": "source",
        "package_name": node.package,
        "path": node.path.as_str(),
        "original_file_path": node.path.as_str(),
        "unique_id": node.unique_id,
        "fqn": node.fqn,
        "source_name": node.source_name,
        "source_description": described(context.project, &node.package, text("source_description")),
        "loader": text("loader"),
        "identifier": relation.and_then(|it| it.identifier.as_deref()).unwrap_or(&node.name),
        "quoting": {"database": quote[0], "schema": quote[1], "identifier": quote[2], "column": null},
        "loaded_at_field": value("loaded_at_field"),
        "freshness": value("freshness"),
        "external": value("external"),
        "description": described(context.project, &node.package, &node.description),
        "columns": node::columns(context, node),
        "meta": meta,
        "source_meta": value("source_meta"),
        "tags": tags,
        "config": config.map(|config| &config.values),
        "patch_path": null,
        "relation_name": relation.map(crate::sql::Relation::render),
    })
}

/// Exposures, metrics and the like: their properties, with the names that dbt adds.
fn other(context: &Context<'_>, id: NodeId, node: &Node) -> Value {
    let collected = context.collected.nodes[id].as_ref();
    let mut entry = node.properties.as_object().cloned().unwrap_or_default();
    let mut set = |key: &str, value: Value| {
        entry.insert(key.to_owned(), value);
    };
    set("name", json!(node.name));
    set("resource_type", json!(node.kind.resource_type()));
    set("package_name", json!(node.package));
    set("path", json!(node.relative_path.as_str()));
    set("original_file_path", json!(node.path.as_str()));
    set("unique_id", json!(node.unique_id));
    set("fqn", json!(node.fqn));
    set("description", json!(described(context.project, &node.package, &node.description)));
    if let Some(collected) = collected {
        set("depends_on", json!(node::depends_on(context, id, collected)));
        // What is declared rather than called has its refs from the graph.
        let parents = context.graph.parents[id].iter().map(|parent| context.project.node(*parent));
        let parts = parents.filter(|parent| parent.kind != NodeKind::Source);
        let declared = parts.map(|part| json!({"name": part.name, "package": null, "version": part.version}));
        let refs: Vec<Value> = declared.collect();
        set("refs", if collected.refs.is_empty() { json!(refs) } else { json!(node::refs(collected)) });
        let sources: Vec<[&str; 2]> =
            collected.sources.iter().map(|it| [it.source.as_str(), it.table.as_str()]).collect();
        set("sources", json!(sources));
        set("config", Value::Object(collected.config.values.clone()));
        set("tags", json!(collected.config.tags()));
        set("meta", collected.config.get("meta").cloned().unwrap_or_else(|| json!({})));
    }
    set("metrics", json!([]));
    if node.kind == NodeKind::Exposure && !entry.contains_key("owner") {
        entry.insert("owner".to_owned(), json!({"name": null, "email": null}));
    }
    Value::Object(entry)
}

fn docs(context: &Context<'_>) -> Value {
    let project = context.project;
    let mut docs = Map::new();
    for ((package, name), block) in &project.docs {
        let file = project.files.path(block.span.file);
        let folder = project.packages.iter().find(|it| it.name == *package).map(|it| it.folder.as_path());
        let path = folder.and_then(|folder| file.strip_prefix(folder).ok()).unwrap_or(file);
        let unique_id = format!("doc.{package}.{name}");
        let entry = json!({
            "name": name,
            "resource_type": "doc",
            "package_name": package,
            "path": path.as_str(),
            "original_file_path": path.as_str(),
            "unique_id": unique_id,
            "block_contents": block.text,
        });
        docs.insert(unique_id, entry);
    }
    Value::Object(docs)
}

fn groups(context: &Context<'_>) -> Value {
    let mut groups = Map::new();
    for ((package, name), group) in &context.project.groups {
        let unique_id = format!("group.{package}.{name}");
        let path = context.project.files.path(group.span.file).as_str();
        let mut entry = group.value.as_object().cloned().unwrap_or_default();
        for (key, value) in [
            ("name", name.as_str()),
            ("resource_type", "group"),
            ("package_name", package.as_str()),
            ("path", path),
            ("original_file_path", path),
            ("unique_id", unique_id.as_str()),
        ] {
            entry.insert(key.to_owned(), Value::String(value.to_owned()));
        }
        groups.insert(unique_id, Value::Object(entry));
    }
    Value::Object(groups)
}

fn selectors(context: &Context<'_>) -> Value {
    let selectors = context.project.selectors.iter().map(|(name, entry)| (name.clone(), entry.value.clone()));
    Value::Object(selectors.collect())
}

/// Disabled nodes: just enough to be recognised.
fn disabled(context: &Context<'_>) -> Value {
    let mut disabled = Map::new();
    for (id, node) in context.project.nodes() {
        let Some(collected) = context.collected.nodes[id].as_ref().filter(|it| !it.config.enabled()) else {
            continue;
        };
        let entry = json!([{
            "name": node.name,
            "resource_type": node.kind.resource_type(),
            "package_name": node.package,
            "path": node.relative_path.as_str(),
            "original_file_path": node.path.as_str(),
            "unique_id": node.unique_id,
            "fqn": node.fqn,
            "alias": node.name,
            "checksum": {"name": "none", "checksum": ""},
            "config": collected.config.values,
            "schema": context.project.target.schema,
            "database": context.project.target.database,
        }]);
        disabled.insert(node.unique_id.clone(), entry);
    }
    Value::Object(disabled)
}

fn family(context: &Context<'_>, map: &NodeMap<Vec<NodeId>>) -> Value {
    let id = |id: NodeId| context.project.node(id).unique_id.clone();
    let enabled = |it: &NodeId| context.graph.enabled[*it];
    let entries = map.iter().filter(|(own, _)| enabled(own)).map(|(own, others)| {
        let mut others: Vec<String> =
            others.iter().filter(|it| enabled(it)).map(|other| id(*other)).collect();
        others.sort();
        (id(own), json!(others))
    });
    Value::Object(entries.collect())
}

fn group_map(context: &Context<'_>) -> Value {
    let mut groups: Map<String, Value> = Map::new();
    for ((_, name), _) in &context.project.groups {
        groups.insert(name.clone(), json!([]));
    }
    for (id, node) in context.project.nodes() {
        let Some(collected) = &context.collected.nodes[id] else { continue };
        let Some(group) = collected.config.text("group") else { continue };
        if let Some(Value::Array(members)) = groups.get_mut(group) {
            members.push(Value::String(node.unique_id.clone()));
        }
    }
    Value::Object(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::fixture::Fixture;
    use crate::render::{Rendered, RenderedNode};
    use crate::source::SourceMap;

    #[test]
    fn nodes_stand_with_what_they_read_and_their_ctes() {
        let fixture = Fixture::new()
            .part("a", "select 1 as id")
            .config(&json!({"materialized": "ephemeral", "tags": "x", "pre_hook": "analyze"}))
            .with(|node, collected| node.project_config = collected.config.clone())
            .part("b", "select * from ref('a')")
            .test("unique", &["b"])
            .exposure("board", &["ref('b')"])
            .source("raw", "orders");
        let (project, collected) = (&fixture.project, &fixture.collected);
        let graph = crate::graph::resolve(project, collected).value;
        let plan = crate::plan::plan(project, collected, &graph).value;
        let sqls = ["select 1 as id", "select * from __dbt__cte__a"].map(Some).into_iter().chain([None; 3]);
        let render = |sql: &str| RenderedNode {
            sql: sql.to_owned(),
            source_map: SourceMap::default(),
            introspects: false,
            queries: false,
            pre_hooks: Vec::new(),
            post_hooks: Vec::new(),
        };
        let rendered = Rendered { nodes: NodeMap::new(sqls.map(|sql| sql.map(render)).collect()) };
        let compiled = crate::emit::compile(project, collected, &graph, &plan, &rendered).value;
        let context = Context { project, collected, graph: &graph, plan: &plan, rendered: &rendered };
        let mut bytes = Vec::new();
        manifest(&context, &compiled, &Stamp::default(), &mut bytes).expect("memory takes all");
        let manifest: Value = serde_json::from_slice(&bytes).expect("JSON");

        let a = &manifest["nodes"]["model.shop.a"];
        assert_eq!(a["config"]["materialized"], "ephemeral");
        assert_eq!(a["config"]["tags"], json!(["x"]));
        assert_eq!(a["config"]["pre-hook"][0]["sql"], "analyze");
        assert_eq!(a["config"]["on_schema_change"], "ignore");
        assert_eq!(a["relation_name"], Value::Null);
        let b = &manifest["nodes"]["model.shop.b"];
        assert_eq!(b["depends_on"]["nodes"], json!(["model.shop.a"]));
        assert_eq!(
            b["extra_ctes"],
            json!([{"id": "model.shop.a", "sql": " __dbt__cte__a as (\nselect 1 as id\n)"}])
        );
        assert_eq!(
            b["compiled_code"],
            "with __dbt__cte__a as (\nselect 1 as id\n) select * from __dbt__cte__a"
        );
        assert_eq!(manifest["parent_map"]["model.shop.b"], json!(["model.shop.a"]));
        assert_eq!(manifest["exposures"]["exposure.shop.board"]["refs"][0]["name"], "b");
        assert_eq!(manifest["sources"]["source.shop.raw.orders"]["source_name"], "raw");
        let metadata = manifest["metadata"].as_object().expect("an object");
        assert!(!metadata.contains_key("generated_at"), "no time unless given");
    }
}
