//! Stage 2, render: from Jinja to SQL, in two passes as dbt does it.
//!
//! [`collect`] renders everything once with `execute` false to learn each node's config, refs and sources.
//! The graph stage resolves those. [`render`] then renders with `execute` true and relations in place.

use serde_json::Value;

use crate::diagnostic::Staged;
use crate::graph::Graph;
use crate::project::{Config, NodeId, NodeMap, Project};
use crate::source::{SourceMap, Span};
use crate::sql::Relation;
use crate::world::World;

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
    pub config: Config,
    /// Just what `config()` in the text set.
    pub inline_config: Config,
    /// The full name it has in the warehouse; `None` for what has none (tests without stored failures, exposures).
    pub relation: Option<Relation>,
    /// Every `ref()`, in order of appearance, repeats included.
    pub refs: Vec<RefCall>,
    /// Every `source()`, in order of appearance, repeats included.
    pub sources: Vec<SourceCall>,
    /// Unique ids of the macros that were called (`macro.dbt_utils.star`), in order of first call.
    pub macros: Vec<String>,
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
    /// that may be inlined (`auto`), is the name `__dbt__cte__<name>`; the emit stage makes it good.
    pub sql: String,
    /// From bytes of `sql` to the author's file.
    pub source_map: SourceMap,
    /// True if the text asked the warehouse something, so that it must be rendered again just before it is run.
    pub introspects: bool,
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

    /// Column names and types of a relation, in order; empty if there is no such relation.
    fn columns(&self, relation: &Relation) -> Result<Vec<(String, String)>, String>;

    /// Runs a query and gives its rows.
    fn query(&self, sql: &str) -> Result<Answer, String>;

    /// True where a real warehouse answers.
    fn connected(&self) -> bool;
}

/// Rows as a query gave them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows of plain values.
    pub rows: Vec<Vec<Value>>,
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

    fn connected(&self) -> bool {
        false
    }
}

/// What the command line says about rendering.
#[derive(Clone, Debug, Default)]
pub struct RenderOptions {
    /// `--full-refresh`.
    pub full_refresh: bool,
    /// The command's name, for `flags.WHICH`.
    pub which: String,
    /// `invocation_id`; a fixed text where none is wanted.
    pub invocation_id: String,
}

/// The stage's state: macros of all packages, compiled once; shared by both passes and by re-rendering.
pub struct Renderer<'p> {
    project: &'p Project,
}

impl<'p> Renderer<'p> {
    /// Scans and compiles the macros of the project, its packages and buhin's own.
    pub fn new(project: &'p Project, world: &dyn World, options: RenderOptions) -> Staged<Self> {
        let _ = (world, options);
        Staged::new(Self { project }, Vec::new())
    }

    /// First pass over every node.
    pub fn collect(&self) -> Staged<Collected> {
        let nodes = self.project.nodes.iter().map(|_| None).collect();
        Staged::new(Collected { nodes: NodeMap::new(nodes) }, Vec::new())
    }

    /// Second pass over the wanted nodes (all if `None`).
    pub fn render(
        &self,
        collected: &Collected,
        graph: &Graph,
        wanted: Option<&[NodeId]>,
        introspect: &dyn Introspect,
    ) -> Staged<Rendered> {
        let _ = (collected, graph, wanted, introspect);
        let nodes = self.project.nodes.iter().map(|_| None).collect();
        Staged::new(Rendered { nodes: NodeMap::new(nodes) }, Vec::new())
    }
}
