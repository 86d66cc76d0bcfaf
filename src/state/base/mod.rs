//! A manifest as the former state of a project: its nodes, their SQL and who reads whom, in the form that `review`
//! compares.
//!
//! Nothing is rendered: of a node's SQL there is what the other run has compiled. What it read at its own target is
//! called by the names of this one, so that only what differs does.

mod aspects;
mod names;
mod nodes;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::{Comparison, SECTIONS, State};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::Context;
use crate::graph::Graph;
use crate::plan::Plan;
use crate::project::{NodeId, NodeKind, NodeMap, Project};
use crate::render::{Collected, Rendered, RenderedNode, inlining, macro_texts};
use crate::source::SourceMap;
use crate::sql::Relation;

/// Macros by whose own text alone a template is plain; a project may define them anew.
const PLAIN: &[&str] = &["ref", "source", "config", "is_incremental"];

/// The former state of a project, as a manifest has it.
pub struct Base<'a> {
    project: Project,
    collected: Collected,
    graph: Graph,
    plan: Plan,
    rendered: Rendered,
    /// What nodes are called in the SQL of the manifest.
    former: NodeMap<Option<Relation>>,
    entries: NodeMap<&'a Value>,
    /// For each node the one of the same id now.
    now: NodeMap<Option<NodeId>>,
    comparison: Comparison<'a>,
    /// True if nobody has defined anew what makes a template plain.
    has_plain_refs: bool,
}

impl<'a> Base<'a> {
    /// The state that `state` has, beside the project as it is now.
    ///
    /// Fails if there is no manifest, or if it is another project's or another warehouse's.
    pub fn new(state: &'a State, new: Context<'a>) -> Result<Self, Diagnostic> {
        let manifest = check(state, new.project)?;
        let (project, entries) = nodes::project(manifest, new.project);
        let by_id: FxHashMap<&str, NodeId> =
            new.project.nodes().map(|(id, node)| (node.unique_id.as_str(), id)).collect();
        let now = |(_, node): (NodeId, &crate::project::Node)| by_id.get(node.unique_id.as_str()).copied();
        let now: NodeMap<Option<NodeId>> = NodeMap::new(project.nodes().map(now).collect());
        let former = project.nodes().map(|(id, _)| nodes::relation(&project, entries[id]));
        let former: NodeMap<Option<Relation>> = NodeMap::new(former.collect());
        let collected = nodes::collected(&project, &entries, |id| {
            let own = now[id].and_then(|id| new.collected.nodes[id].as_ref()?.relation.clone());
            own.or_else(|| former[id].clone())
        });
        let plan = nodes::plan(&project, &entries);
        let graph = nodes::graph(&project, &entries);
        let names = names::Names::new(&project, &former, |id| {
            let now = now[id]?;
            let node = new.collected.nodes[now].as_ref()?;
            let (inlined, perhaps) = inlining(new.project, new.project.node(now), node);
            let relation = node.relation.as_ref()?;
            let identifier = relation.identifier.as_deref().filter(|_| inlined || perhaps);
            Some(identifier.map_or_else(|| relation.render(), crate::render::cte_name))
        });
        let rendered = project.nodes().map(|(id, node)| {
            let compiled = entries[id].get("compiled_code").and_then(Value::as_str)?;
            (!node.is_python).then(|| rendered(names.now(compiled)))
        });
        let rendered = Rendered { nodes: NodeMap::new(rendered.collect()) };
        let before = manifest.get("macros").and_then(Value::as_object).into_iter().flatten();
        let before = before.filter_map(|(_, entry)| {
            let package = entry.get("package_name").and_then(Value::as_str)?;
            (!package.starts_with("dbt")).then(|| entry.get("name").and_then(Value::as_str)).flatten()
        });
        let now_defined = macro_texts(new.project);
        let mut defined = now_defined.iter().map(|it| it.name.as_str()).chain(before);
        let has_plain_refs = !defined.any(|name| PLAIN.contains(&name));
        let comparison = Comparison::new(state, new);
        Ok(Self {
            project,
            collected,
            graph,
            plan,
            rendered,
            former,
            entries,
            now,
            comparison,
            has_plain_refs,
        })
    }

    /// What `review` reads of it.
    pub fn context(&self) -> Context<'_> {
        let Self { project, collected, graph, plan, rendered, .. } = self;
        Context { project, collected, graph, plan, rendered, inherited: None }
    }

    /// For a node of the project as it is now, the node of the manifest, if that has it unchanged rows: a source, or a seed of
    /// the same text. What is known of the columns of one holds for the other.
    pub fn same_table(&self) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        use crate::review::Recorded as _;
        self.now.iter().filter_map(|(was, is)| {
            let is = (*is)?;
            let holds = match self.project.node(was).kind {
                NodeKind::Source => true,
                NodeKind::Seed => self.has_same_rows(was, is),
                _ => false,
            };
            holds.then_some((is, was))
        })
    }

    /// The manifest's nodes with SQL of their own that it has no compiled SQL of, tests aside.
    pub fn uncompiled(&self) -> usize {
        let is_open = |id: NodeId, kind: NodeKind| {
            matches!(kind, NodeKind::Model | NodeKind::Snapshot) && self.rendered.nodes[id].is_none()
        };
        self.project.nodes().filter(|(id, node)| is_open(*id, node.kind) && !node.is_python).count()
    }
}

fn rendered(sql: String) -> RenderedNode {
    RenderedNode {
        sql,
        source_map: SourceMap::default(),
        introspects: false,
        queries: false,
        is_late: false,
        pre_hooks: Vec::new(),
        post_hooks: Vec::new(),
    }
}

/// The manifest, if it is one of this project and warehouse.
fn check<'a>(state: &'a State, project: &Project) -> Result<&'a Value, Diagnostic> {
    let bad = |message: String| Diagnostic::error(Code::BAD_STATE, message);
    let folder = &state.folder;
    let Some(manifest) = &state.manifest else {
        return Err(bad(format!("`{folder}` has no manifest.json to compare with"))
            .help("`--state` names a saved target folder of buhin or dbt, or a manifest.json"));
    };
    let told = |key: &str| manifest.get("metadata").and_then(|it| it.get(key)).and_then(Value::as_str);
    let own = &project.root().name;
    if let Some(other) = told("project_name").filter(|name| name != own) {
        return Err(bad(format!(
            "the manifest in `{folder}` is of the project `{other}`, and this is `{own}`"
        ))
        .help("save the artifacts of this project, and name them with `--state`"));
    }
    let adapter = &project.target.adapter;
    if let Some(other) = told("adapter_type").filter(|name| name != adapter) {
        let message = format!(
            "the manifest in `{folder}` is of `{other}`, and the target `{}` is `{adapter}`",
            project.target.name
        );
        return Err(bad(message).help("choose a target of the same warehouse with `--target`"));
    }
    let mut sections = SECTIONS.iter().filter_map(|section| manifest.get(section));
    if manifest.get("nodes").is_none() || sections.any(|section| !section.is_object()) {
        return Err(bad(format!("the manifest in `{folder}` has no `nodes`, or they are no mapping"))
            .help("save the artifacts again: `buhin compile` and `dbt compile` write target/manifest.json"));
    }
    Ok(manifest)
}

/// Ids of a list.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
