//! `manifest.json` in the form of dbt's schema, version 12.

use std::io;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::{Compiled, Context};
use super::write::{self, Object, put};
use super::{macros, node, other, primary_key, semantic, source};
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::render::{DBT_VERSION, quote_policy};

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
    let writer = Writer {
        context,
        compiled,
        target_folder: context.project.root().paths.target.as_str(),
        tests: primary_key::tests(context),
    };
    out.write_all(b"{\"metadata\":")?;
    put(out, &metadata(context, stamp))?;
    for section in Section::ALL {
        out.write_all(b",")?;
        put(out, &section.key())?;
        out.write_all(b":")?;
        writer.section(section, out)?;
    }
    out.write_all(b",\"macros\":")?;
    macros::macros(context, out)?;
    out.write_all(b",\"disabled\":")?;
    writer.disabled(out)?;
    for (key, map) in [("parent_map", &context.graph.parents), ("child_map", &context.graph.children)] {
        out.write_all(b",")?;
        put(out, &key)?;
        out.write_all(b":")?;
        family(context, map, out)?;
    }
    let rest = [
        ("docs", other::docs(context)),
        ("groups", other::groups(context)),
        ("selectors", selectors(context)),
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

/// The entry of one node as JSON, as [`manifest`] writes it; `None` for what has none.
pub fn entry(context: &Context<'_>, id: NodeId, compiled: &NodeMap<Option<Compiled>>) -> Option<Vec<u8>> {
    let tests = NodeMap::new(vec![Vec::new(); context.project.nodes.len()]);
    let mut bytes = Vec::new();
    Writer { context, compiled, target_folder: "", tests }.entry(id, &mut bytes).then_some(bytes)
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

struct Writer<'a> {
    context: &'a Context<'a>,
    compiled: &'a NodeMap<Option<Compiled>>,
    target_folder: &'a str,
    /// The generic tests of each node.
    tests: NodeMap<Vec<NodeId>>,
}

impl Writer<'_> {
    fn section(&self, section: Section, out: &mut dyn io::Write) -> io::Result<()> {
        let project = self.context.project;
        let own = project.nodes().filter(|(id, node)| Section::of(node.kind) == section && self.is_in(*id));
        let own: Vec<NodeId> = own.map(|(id, _)| id).collect();
        let mut object = Object::open(out)?;
        self.each(&own, |id, bytes| object.raw(&project.node(id).unique_id, &bytes))?;
        object.close()
    }

    /// Disabled nodes by unique id; several may share one.
    fn disabled(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let project = self.context.project;
        let off = project.nodes().map(|(id, _)| id).filter(|id| self.is_off(*id));
        let mut off: Vec<NodeId> = off.collect();
        off.sort_by_key(|id| &project.node(*id).unique_id);
        let mut object = Object::open(out)?;
        let mut open: Option<(NodeId, Vec<u8>)> = None;
        self.each(&off, |id, bytes| {
            match &mut open {
                Some((first, list)) if project.node(*first).unique_id == project.node(id).unique_id => {
                    list.push(b',');
                    list.extend(bytes);
                }
                before => {
                    let started = [b"[", bytes.as_slice()].concat();
                    if let Some((first, mut list)) = before.replace((id, started)) {
                        list.push(b']');
                        object.raw(&project.node(first).unique_id, &list)?;
                    }
                }
            }
            Ok(())
        })?;
        if let Some((first, mut list)) = open {
            list.push(b']');
            object.raw(&project.node(first).unique_id, &list)?;
        }
        object.close()
    }

    /// Each node's JSON is made on its own, in parallel, and soon copied, so that few are held at a time.
    fn each(
        &self,
        nodes: &[NodeId],
        mut take: impl FnMut(NodeId, Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        for some in nodes.chunks(256) {
            // What is written grows in a buffer that is large already, and is kept as long as it is.
            let entries: Vec<Option<Vec<u8>>> = some
                .par_iter()
                .map_init(Vec::new, |bytes, id| {
                    bytes.clear();
                    self.entry(*id, bytes).then(|| bytes.as_slice().to_vec())
                })
                .collect();
            for (id, bytes) in some.iter().zip(entries) {
                if let Some(bytes) = bytes {
                    take(*id, bytes)?;
                }
            }
        }
        Ok(())
    }

    /// True for what stands among the nodes: what is enabled, and tests whose target is not, as in dbt.
    fn is_in(&self, id: NodeId) -> bool {
        let own = self.context.project.node(id);
        let left_out = || {
            own.kind == NodeKind::Test
                && !self.context.graph.broken[id]
                && self.context.collected.nodes[id].as_ref().is_some_and(|it| it.config.enabled())
        };
        self.context.graph.enabled[id] || left_out()
    }

    fn is_off(&self, id: NodeId) -> bool {
        self.context.collected.nodes[id].as_ref().is_some_and(|it| !it.config.enabled())
    }

    /// Adds a node's JSON; false for what has none.
    fn entry(&self, id: NodeId, bytes: &mut Vec<u8>) -> bool {
        let context = self.context;
        let own = context.project.node(id);
        let Some(collected) = context.collected.nodes[id].as_ref() else { return false };
        let value = match own.kind {
            NodeKind::Source => {
                push(bytes, &source::source(context, id, own, collected));
                return true;
            }
            NodeKind::Exposure => other::exposure(context, own, collected),
            NodeKind::UnitTest => other::unit_test(context, own),
            NodeKind::Metric => semantic::metric(context, own, collected),
            NodeKind::SemanticModel => semantic::semantic_model(context, id, own, collected),
            NodeKind::SavedQuery => semantic::saved_query(context, own, collected),
            _ => {
                let compiled = self.compiled[id].as_ref();
                push(
                    bytes,
                    &node::node(context, id, collected, compiled, self.target_folder, &self.tests[id]),
                );
                return true;
            }
        };
        push(bytes, &other::other(context, id, own, collected, value));
        true
    }
}

fn push(bytes: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    write::push(bytes, value).expect("plain data is written to memory");
}

fn metadata(context: &Context<'_>, stamp: &Stamp) -> Value {
    use md5::{Digest as _, Md5};
    let root = context.project.root();
    let habit = quote_policy(context.project.target.dialect);
    let [database, schema, identifier] = std::array::from_fn(|at| root.quoting[at].unwrap_or(habit[at]));
    let project_id: String = Md5::digest(&root.name).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut metadata = json!({
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
        "dbt_version": DBT_VERSION,
        "env": {},
        "project_name": root.name,
        "project_id": project_id,
        "user_id": null,
        "send_anonymous_usage_stats": false,
        "adapter_type": context.project.target.adapter,
        "quoting": {"database": database, "schema": schema, "identifier": identifier, "column": null},
    });
    for (key, value) in [("generated_at", &stamp.generated_at), ("invocation_id", &stamp.invocation_id)] {
        if let Some(value) = value {
            metadata[key] = value.as_str().into();
        }
    }
    metadata
}

fn selectors(context: &Context<'_>) -> Value {
    let selectors = context.project.selectors.iter().map(|(name, entry)| (name.clone(), entry.value.clone()));
    Value::Object(selectors.collect())
}

fn family(context: &Context<'_>, map: &NodeMap<Vec<NodeId>>, out: &mut dyn io::Write) -> io::Result<()> {
    let id = |id: NodeId| context.project.node(id).unique_id.as_str();
    let enabled = |it: &NodeId| context.graph.enabled[*it];
    let mut object = Object::open(out)?;
    for (own, others) in map.iter().filter(|(own, _)| enabled(own)) {
        let mut others: Vec<&str> = others.iter().filter(|it| enabled(it)).map(|other| id(*other)).collect();
        others.sort_unstable();
        object.entry(id(own), &others)?;
    }
    object.close()
}

fn group_map(context: &Context<'_>) -> Value {
    let mut groups: Map<String, Value> = Map::new();
    for (_, name) in context.project.groups.keys() {
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
            .with(|node, collected| node.project_config = (*collected.config).clone())
            .part("b", "select * from ref('a')")
            .test("unique", &["b"])
            .exposure("board", &["ref('b')"])
            .source("raw", "orders");
        let (project, collected) = (&fixture.project, &fixture.collected);
        let graph = crate::graph::resolve(project, collected).value;
        let plan = crate::plan::fixture::plan(project, collected, &graph).value;
        let sqls = ["select 1 as id", "select * from __dbt__cte__a"].map(Some).into_iter().chain([None; 3]);
        let render = |sql: &str| RenderedNode {
            sql: sql.to_owned(),
            source_map: SourceMap::default(),
            introspects: false,
            queries: false,
            is_late: false,
            pre_hooks: Vec::new(),
            post_hooks: Vec::new(),
        };
        let rendered = Rendered { nodes: NodeMap::new(sqls.map(|sql| sql.map(render)).collect()) };
        let compiled = crate::emit::compile(project, collected, &graph, &plan, &rendered).value;
        let context =
            Context { project, collected, graph: &graph, plan: &plan, rendered: &rendered, inherited: None };
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
