//! Stage 2, render: from Jinja to SQL, in two passes as dbt does it.
//!
//! [`Renderer::collect`] renders everything once with `execute` false to learn each node's config, refs and sources.
//! The graph stage resolves those. [`Renderer::render`] then renders with `execute` true and relations in
//! place. Jinja itself is `jinja/`; here is what dbt adds: `context` holds the names, `adapter` and `functions`
//! what they do, `builtins` the macros that every project has.

mod adapter;
mod answer;
mod builtins;
mod clickhouse;
mod collect;
mod column;
mod config_object;
mod context;
mod ctx;
mod errors;
mod exceptions;
mod external;
mod facts;
mod functions;
mod kept;
mod macro_texts;
mod names;
mod node_object;
mod operation;
mod port;
mod python;
mod relation;
mod second;
mod settle;
mod shared;
mod table;
#[cfg(test)]
mod tests;
mod twin;

pub use answer::{Answer, AnswerKind};
pub use operation::Operation;

pub use crate::project::DBT_VERSION;

use std::sync::Arc;

pub use macro_texts::{MacroText, macro_texts, written_config};
pub(crate) use relation::quote_policy;
pub use twin::Twin;

use indexmap::IndexMap;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Staged};
use crate::graph::Graph;
use crate::jinja::MacroId;
use crate::project::{Config, Node, NodeId, NodeKind, NodeMap, Project, TestCall};
use crate::source::{SourceMap, Span};
use crate::sql::Relation;
use crate::world::{World, timing};

/// A `ref()` as it was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefCall {
    /// The package, for the form with two names.
    pub package: Option<String>,
    /// The part's name.
    pub name: String,
    /// `version=`, if given.
    pub version: Option<String>,
    /// Where in the author's file: the call, or the expression that led to it.
    pub span: Span,
}

/// A `source()` as it was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCall {
    /// The source's name.
    pub source: String,
    /// The table's name.
    pub table: String,
    /// Where in the author's file.
    pub span: Span,
}

/// What the first pass learnt of one node.
#[derive(Clone, Debug)]
pub struct CollectedNode {
    /// The final config: project file, properties, then `config()` in the text.
    pub config: Arc<Config>,
    /// Just what `config()` in the text set.
    pub inline_config: Config,
    /// The full name it has in the warehouse; `None` for what has none (tests without stored failures, exposures).
    pub relation: Option<Relation>,
    /// The name that a test or hook would have, which dbt knows though nothing is put there.
    pub place: Option<Relation>,
    /// Every `ref()`, in order of appearance, repeats included.
    pub refs: Vec<RefCall>,
    /// Every `source()`, in order of appearance, repeats included.
    pub sources: Vec<SourceCall>,
    /// Unique ids of the macros that the node itself called (`macro.dbt_utils.star`), in order of first call; what
    /// those call is not among them.
    pub macros: Vec<String>,
    /// True if rendering failed on the way: what is here is what was learnt until then. The node can't be built, but
    /// its name is known to those that read it.
    pub failed: bool,
}

/// The first pass's result. `None` for a node that could not be rendered.
#[derive(Clone, Debug)]
pub struct Collected {
    /// By node.
    pub nodes: NodeMap<Option<CollectedNode>>,
}

/// One node's SQL.
#[derive(Clone, Debug)]
pub struct RenderedNode {
    /// The SQL, as dbt's `compiled_code` before CTEs are put in. A reference to an inlined part, or to one
    /// that may be inlined (`auto`), is [`cte_name`] of its identifier; the emit stage makes it good.
    pub sql: String,
    /// From bytes of `sql` to the author's file.
    pub source_map: SourceMap,
    /// True if the text asked the warehouse something, so that it must be rendered again just before it is run.
    pub introspects: bool,
    /// True if it asked for more than which relations there are (as `is_incremental()` does): columns or rows.
    pub queries: bool,
    /// True if it names a source that the first pass did not reach.
    pub is_late: bool,
    /// `pre_hook`, rendered.
    pub pre_hooks: Vec<Hook>,
    /// `post_hook`, rendered.
    pub post_hooks: Vec<Hook>,
}

/// A statement before or after a node's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The rendered SQL; hooks that render to blanks are dropped.
    pub sql: String,
    /// `transaction`, true if not set.
    pub transaction: bool,
}

/// The second pass's result. `None` for a node that has no text or could not be rendered.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// By node.
    pub nodes: NodeMap<Option<RenderedNode>>,
}

/// What rendering may ask the warehouse.
pub trait Introspect: Send + Sync {
    /// What stands in a schema; empty if nothing.
    fn relations(&self, database: Option<&str>, schema: &str) -> Result<Vec<Relation>, String>;

    /// One of them, by its name.
    fn relation(
        &self,
        database: Option<&str>,
        schema: &str,
        identifier: &str,
    ) -> Result<Option<Relation>, String> {
        let is_it = |relation: &Relation| {
            relation.identifier.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(identifier))
        };
        Ok(self.relations(database, schema)?.into_iter().find(is_it))
    }

    /// Column names and types of a relation, in order; empty if there is no such relation.
    fn columns(&self, relation: &Relation) -> Result<Vec<(String, String)>, String>;

    /// Runs a query and gives its rows.
    fn query(&self, sql: &str) -> Result<Answer, String>;

    /// Runs what a macro says with `statement()` or `run_query()`, within a transaction if `begin`. Unlike
    /// everybody else, who [acts](Introspect::acts) opens one.
    fn execute(&self, sql: &str, begin: bool) -> Result<Answer, String> {
        let _ = begin;
        self.query(sql)
    }

    /// Ends the transaction that [`Introspect::execute`] has opened, if one is open.
    fn commit(&self) -> Result<(), String> {
        Ok(())
    }

    /// True where the answers are those of a record.
    fn replays(&self) -> bool {
        false
    }

    /// True where macros may change the warehouse: in operations, not while SQL is made.
    fn acts(&self) -> bool {
        false
    }
}

/// An empty warehouse: no relation, no column, no row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Empty;

impl Introspect for Empty {
    fn relations(&self, _database: Option<&str>, _schema: &str) -> Result<Vec<Relation>, String> {
        Ok(Vec::new())
    }

    fn columns(&self, _relation: &Relation) -> Result<Vec<(String, String)>, String> {
        Ok(Vec::new())
    }

    fn query(&self, _sql: &str) -> Result<Answer, String> {
        Ok(Answer::default())
    }
}

/// An empty warehouse in which these tables stand, so that `is_incremental()` is true of them.
#[derive(Clone, Debug, Default)]
pub struct Standing(pub Vec<Relation>);

impl Introspect for Standing {
    fn relations(&self, database: Option<&str>, schema: &str) -> Result<Vec<Relation>, String> {
        let is = |own: &Option<String>, asked: &str| {
            own.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(asked))
        };
        let is_there = |relation: &&Relation| {
            is(&relation.schema, schema) && database.is_none_or(|database| is(&relation.database, database))
        };
        Ok(self.0.iter().filter(is_there).cloned().collect())
    }

    fn columns(&self, relation: &Relation) -> Result<Vec<(String, String)>, String> {
        Empty.columns(relation)
    }

    fn query(&self, sql: &str) -> Result<Answer, String> {
        Empty.query(sql)
    }
}

/// Nobody: what depends on columns or rows can't be made. As far as anybody knows no relation is there yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Off;

impl Off {
    const WORDS: &str = "introspection is switched off";
}

impl Introspect for Off {
    fn relations(&self, _database: Option<&str>, _schema: &str) -> Result<Vec<Relation>, String> {
        Ok(Vec::new())
    }

    fn columns(&self, _relation: &Relation) -> Result<Vec<(String, String)>, String> {
        Err(Self::WORDS.to_owned())
    }

    fn query(&self, _sql: &str) -> Result<Answer, String> {
        Err(Self::WORDS.to_owned())
    }
}

/// What a macro said to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub text: String,
    /// True for `print()`, false for `log(info=true)`.
    pub printed: bool,
}

/// What the command line says about rendering.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderOptions {
    /// `--full-refresh`.
    pub full_refresh: bool,
    /// The command's name, for `flags.WHICH`.
    pub which: String,
    /// `invocation_id`; a fixed text where none is wanted.
    pub invocation_id: String,
    /// True if nobody wants the hooks of nodes: neither a run nor a deploy script.
    pub without_hooks: bool,
}

/// What the name of a CTE begins with that stands for a part.
pub const CTE_PREFIX: &str = "__dbt__cte__";

/// The name of the CTE that stands for a part: [`CTE_PREFIX`] and the part's identifier in the warehouse.
///
/// Quotes are spelt out: with one in it, the name would open a string in the middle of a text.
pub fn cte_name(identifier: &str) -> String {
    let mut name = String::with_capacity(CTE_PREFIX.len() + identifier.len());
    name.push_str(CTE_PREFIX);
    let mut rest = identifier;
    while let Some(at) = rest.find(['\'', '"', '`']) {
        name.push_str(&rest[..at]);
        name.push_str(match rest.as_bytes()[at] {
            b'\'' => "_quote_",
            b'"' => "_quotes_",
            _ => "_backquote_",
        });
        rest = &rest[at + 1..];
    }
    name.push_str(rest);
    name
}

/// Whether references to a part are a CTE for sure, and whether they may become one by the plan.
pub fn inlining(project: &Project, node: &Node, collected: &CollectedNode) -> (bool, bool) {
    if node.kind != NodeKind::Model || node.is_python {
        return (false, false);
    }
    let meta = collected.config.get("meta").and_then(|meta| meta.get("buhin"));
    let meta = meta.and_then(|buhin| buhin.get("materialized")).and_then(Value::as_str);
    let default = project.settings.default_materialization.as_deref();
    match meta.or_else(|| collected.config.materialized()).or(default) {
        Some("ephemeral") if project.settings.ephemeral.as_deref() == Some("auto") => (false, true),
        Some("ephemeral" | "inline") => (true, false),
        Some("auto") => (false, true),
        _ => (false, false),
    }
}

/// The stage's state: macros of all packages, compiled once; shared by both passes and by re-rendering.
pub struct Renderer<'p> {
    project: &'p Project,
    world: &'p dyn World,
    shared: Arc<shared::Shared>,
    /// The places of mistakes in the root's macros, which were told already.
    broken_macros: Vec<Span>,
    /// True if some text mentions `graph`, which costs a copy of everything.
    wants_graph: bool,
    /// Relations of another run, which `ref()` gives in place of the project's own.
    deferred: FxHashMap<NodeId, Relation>,
    /// Another state of the project that was rendered before.
    twin: Option<Twin<'p>>,
    /// What is known from an earlier run.
    memory: Option<kept::Memory<'p>>,
}

impl<'p> Renderer<'p> {
    /// Scans and compiles the macros of the project, its packages and buhin's own.
    pub fn new(project: &'p Arc<Project>, world: &'p dyn World, options: RenderOptions) -> Staged<Self> {
        let (shared, mut diagnostics) = shared::Shared::new(project, world.clock(), options);
        let broken = broken_macros(&shared);
        let broken_macros = broken.iter().filter_map(|it| Some(it.label.as_ref()?.span)).collect();
        diagnostics.extend(broken);
        let wants_graph = project
            .files
            .iter()
            .any(|(_, file)| file.path.extension() == Some("sql") && file.text.contains("graph"));
        Staged::new(
            Self {
                project,
                world,
                shared: Arc::new(shared),
                broken_macros,
                wants_graph,
                deferred: FxHashMap::default(),
                twin: None,
                memory: None,
            },
            diagnostics,
        )
    }

    /// Says what is selected, for `selected_resources`; only the first time counts.
    pub fn select(&self, selected: &[NodeId]) {
        let mut ids: Vec<String> =
            selected.iter().map(|id| self.project.node(*id).unique_id.clone()).collect();
        ids.sort();
        let _said_before = self.shared.selected.set(ids);
    }

    /// From now on `ref()` gives these relations of another run.
    pub fn defer(&mut self, relations: FxHashMap<NodeId, Relation>) {
        self.deferred = relations;
    }

    /// First pass over every node.
    pub fn collect(&mut self) -> Staged<Collected> {
        let ids: Vec<NodeId> = self.project.nodes().map(|(id, _)| id).collect();
        let results: Vec<_> = port::serve(self.world, &Empty, |port| {
            let node = |id: &NodeId| {
                if let Some(known) = self.collected_beside(*id).or_else(|| self.recalled(*id)) {
                    return (Some(known), Vec::new());
                }
                let _span = timing::one("collect", || self.project.node(*id).unique_id.as_str());
                collect::node(&self.shared, &port, *id)
            };
            ids.par_iter().map(node).collect()
        });
        let mut diagnostics = Vec::new();
        let mut nodes = Vec::with_capacity(results.len());
        // Tests of packages that are not installed, by package: one mistake, however many tests.
        let mut missing: IndexMap<&str, (&TestCall, usize)> = IndexMap::new();
        let mut wrong = FxHashSet::default();
        for (own, (node, said)) in self.project.nodes.iter().zip(results) {
            let package = collect::missing_package(&self.shared, own)
                .filter(|_| node.as_ref().is_none_or(|it| it.failed));
            match (package, &own.test) {
                (Some(package), Some(test)) => missing.entry(package).or_insert((test, 0)).1 += 1,
                _ => {
                    if !said.is_empty() {
                        wrong.insert(NodeId(nodes.len() as u32));
                    }
                    diagnostics.extend(self.without_known(said));
                }
            }
            nodes.push(node);
        }
        diagnostics.extend(missing.iter().map(|(package, (test, count))| {
            errors::tests_of_missing_package(package, &test.name, test.span, *count)
        }));
        let collected = Collected { nodes: NodeMap::new(nodes) };
        self.leave(&collected, &wrong);
        self.memory = None;
        Staged::new(collected, diagnostics)
    }

    /// Second pass over the wanted nodes (all if `None`).
    pub fn render(
        &self,
        collected: &Collected,
        graph: &Graph,
        wanted: Option<&[NodeId]>,
        introspect: &dyn Introspect,
    ) -> Staged<Rendered> {
        self.second_pass(collected, graph, wanted, introspect, Pass::Whole)
    }

    fn second_pass(
        &self,
        collected: &Collected,
        graph: &Graph,
        wanted: Option<&[NodeId]>,
        introspect: &dyn Introspect,
        pass: Pass,
    ) -> Staged<Rendered> {
        let is_rehearsal = pass == Pass::Rehearsal;
        let hooks = !is_rehearsal && !self.shared.options.without_hooks;
        let all: Vec<NodeId>;
        let ids = if let Some(ids) = wanted {
            ids
        } else {
            all = self.project.nodes().map(|(id, _)| id).collect();
            &all
        };
        let results: Vec<_> = port::serve(self.world, introspect, |port| {
            let stand = self.stand(&port, collected, graph);
            let node = |id: &NodeId| {
                if let Some(known) = self.rendered_beside(*id, (collected, graph), is_rehearsal) {
                    return (Some(known), Vec::new());
                }
                let _span = timing::one("render", || self.project.node(*id).unique_id.as_str());
                stand.node(*id, hooks)
            };
            ids.par_iter().map(node).collect()
        });
        let mut diagnostics = Vec::new();
        let mut nodes = NodeMap::new(self.project.nodes.iter().map(|_| None).collect());
        for (id, (node, said)) in ids.iter().zip(results) {
            nodes[*id] = node;
            diagnostics.extend(self.without_known(said));
        }
        Staged::new(Rendered { nodes }, diagnostics)
    }

    /// Renders a node's hooks again, before and after, as is due just before it is run.
    pub fn render_hooks(
        &self,
        collected: &Collected,
        graph: &Graph,
        node: NodeId,
        introspect: &dyn Introspect,
    ) -> Staged<Option<(Vec<Hook>, Vec<Hook>)>> {
        let (hooks, diagnostics) =
            port::serve(self.world, introspect, |port| self.stand(&port, collected, graph).node_hooks(node));
        Staged::new(hooks, diagnostics)
    }

    /// Runs a materialization of the project or of a package on a node, whose compiled SQL this is. Its statements
    /// go to `introspect`, which must [act](Introspect::acts).
    pub fn materialize(
        &self,
        collected: &Collected,
        graph: &Graph,
        (node, name, sql): (NodeId, &str, &str),
        introspect: &dyn Introspect,
    ) -> Staged<Option<()>> {
        let (done, diagnostics) = port::serve(self.world, introspect, |port| {
            self.stand(&port, collected, graph).materialize(node, name, sql)
        });
        Staged::new(done, diagnostics)
    }

    /// The second pass for measuring: as an empty warehouse has it, without hooks, and nothing is said.
    pub fn rehearse(&self, collected: &Collected, graph: &Graph, wanted: &[NodeId]) -> Rendered {
        self.shared
            .silently(|| self.second_pass(collected, graph, Some(wanted), &Empty, Pass::Rehearsal).value)
    }

    /// Takes what `print()` and `log(info=true)` said since the last call, in the order of nodes.
    pub fn take_messages(&self) -> Vec<Message> {
        self.shared.take_messages()
    }

    /// Leaves out mistakes in macros that were told before anybody called them.
    fn without_known(&self, said: Vec<Diagnostic>) -> impl Iterator<Item = Diagnostic> {
        said.into_iter().filter(|it| {
            let at = it.label.as_ref().map(|label| label.span);
            it.code != Code::JINJA_SYNTAX || at.is_none_or(|at| !self.broken_macros.contains(&at))
        })
    }

    fn stand<'s>(
        &'s self,
        port: &'s Arc<port::Port>,
        collected: &'s Collected,
        graph: &'s Graph,
    ) -> second::Stand<'s> {
        let all = || Arc::new(ctx::All::new(collected, graph));
        let all = self.wants_graph.then(all);
        second::Stand { shared: &self.shared, port, collected, graph, all, deferred: &self.deferred }
    }
}

/// What the second pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// SQL, and hooks if somebody wants them.
    Whole,
    /// Measuring: SQL alone.
    Rehearsal,
}

/// Syntax errors in the root's own macros; those of packages are compiled when they are called. Filters that are not
/// known are no errors until then, as in Jinja2.
fn broken_macros(shared: &shared::Shared) -> Vec<Diagnostic> {
    let root = &shared.project.root().name;
    let own: Vec<MacroId> =
        shared.engine.macros().filter(|(_, it)| it.package == *root).map(|(id, _)| id).collect();
    let found = own.into_par_iter().filter_map(|id| shared.engine.check(id).err());
    let found: Vec<Box<Diagnostic>> = found.collect();
    let is_syntax =
        |it: &Diagnostic| !it.message.starts_with("no filter") && !it.message.starts_with("no test");
    found.into_iter().map(|it| *it).filter(is_syntax).collect()
}
