//! What a run is asked, and what it has to tell.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::value::Table;
use super::warehouse::Warehouse;
use crate::diagnostic::{Diagnostic, Staged};
use crate::emit::Compiled;
use crate::graph::Graph;
use crate::plan::Plan;
use crate::project::{NodeId, NodeMap, Project};
use crate::render::{Collected, Hook, Introspect, Rendered};
use crate::source::Spanned;
use crate::world::World;

/// Which of dbt's commands is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Seeds, parts, snapshots and tests, interleaved.
    Build,
    /// Parts.
    Run,
    /// Tests.
    Test,
    /// Seeds.
    Seed,
    /// Snapshots.
    Snapshot,
}

impl Command {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Run => "run",
            Self::Test => "test",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
        }
    }

    /// The command of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Build, Self::Run, Self::Test, Self::Seed, Self::Snapshot]
            .into_iter()
            .find(|command| command.name() == name)
    }
}

/// What the command line says about running.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// How many nodes at once.
    pub threads: usize,
    /// `--full-refresh`.
    pub full_refresh: bool,
    /// `--fail-fast`.
    pub fail_fast: bool,
    /// `--store-failures`.
    pub store_failures: bool,
    /// How many failing rows to fetch for people to look at.
    pub examples: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { threads: 1, full_refresh: false, fail_fast: false, store_failures: false, examples: 5 }
    }
}

/// A node's SQL, rendered and compiled anew.
#[derive(Clone, Debug, Default)]
pub struct Fresh {
    /// The statement.
    pub compiled: Compiled,
    /// The SQL before inlined parts are put in.
    pub before_inlining: String,
    /// `pre_hook`.
    pub pre_hooks: Vec<Hook>,
    /// `post_hook`.
    pub post_hooks: Vec<Hook>,
}

/// Renders and compiles one node with what the warehouse says now; `None` if it can't.
pub type Recompile<'a> = dyn Fn(NodeId, &dyn Introspect) -> Staged<Option<Fresh>> + Sync + 'a;

/// Runs a custom materialization, by its name, on a node with its SQL.
pub type Materialize<'a> = dyn Fn((NodeId, &str, &str), &dyn Introspect) -> Staged<Option<()>> + Sync + 'a;

/// Renders a hook of a package (`on-run-start`, `on-run-end`) with names that only it sees, such as `results`;
/// `None` if it can't.
pub type RenderHook<'a> =
    dyn Fn(&str, &Spanned<String>, &Map<String, Json>, &dyn Introspect) -> Staged<Option<String>> + Sync + 'a;

/// Everything that a run needs.
pub struct RunRequest<'a> {
    /// The project.
    pub project: &'a Project,
    /// Configs and relations.
    pub collected: &'a Collected,
    /// Order and dependencies.
    pub graph: &'a Graph,
    /// Materializations.
    pub plan: &'a Plan,
    /// Hooks, and which nodes must be rendered again.
    pub rendered: &'a Rendered,
    /// The statements.
    pub compiled: &'a NodeMap<Option<Compiled>>,
    /// For nodes that ask the warehouse while they are rendered.
    pub recompile: &'a Recompile<'a>,
    /// For materializations that the project defines.
    pub materialize: &'a Materialize<'a>,
    /// For the hooks of the whole run.
    pub render_hook: &'a RenderHook<'a>,
    /// For seeds' files and the clock.
    pub world: &'a dyn World,
    /// Where to run.
    pub warehouse: &'a dyn Warehouse,
    /// The command.
    pub command: Command,
    /// The selected nodes; those that the command doesn't run are passed over.
    pub selected: &'a [NodeId],
    /// Options.
    pub options: RunOptions,
}

/// How a node ended, in dbt's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Built.
    Success,
    /// A test without failures.
    Pass,
    /// A test with failures that only warn.
    Warn,
    /// A test with failures.
    Fail,
    /// It could not be done.
    Error,
    /// It was not tried.
    Skipped,
}

impl Status {
    /// The word in `run_results.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }

    /// True for what makes the command fail.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Error)
    }
}

/// How one node ended.
#[derive(Clone, Debug)]
pub struct NodeResult {
    /// The node.
    pub node: NodeId,
    /// How it ended.
    pub status: Status,
    /// dbt's message: `OK`, `Got 3 results, configured to fail if != 0`, the database's words.
    pub message: Option<String>,
    /// For tests, the number of failures.
    pub failures: Option<i64>,
    /// Rows that were written, if the warehouse tells.
    pub rows: Option<u64>,
    /// For tests that failed, some of the rows.
    pub examples: Option<Table>,
    /// When it began, from the run's start.
    pub started: Duration,
    /// How long it took.
    pub took: Duration,
    /// Which thread did it, from 1.
    pub thread: usize,
    /// The SQL that was run, where it was rendered again.
    pub compiled: Option<String>,
    /// What there is to say about it.
    pub diagnostics: Vec<Diagnostic>,
}

/// How a hook of the whole run ended.
#[derive(Clone, Debug)]
pub struct HookResult {
    /// dbt's id, e.g. `operation.shop.shop-on-run-start-0`.
    pub unique_id: String,
    /// How it ended.
    pub status: Status,
    /// `OK`, or what went wrong.
    pub message: String,
    /// Its SQL, if it could be rendered.
    pub sql: Option<String>,
    /// When it began, from the run's start.
    pub started: Duration,
    /// How long it took.
    pub took: Duration,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
    /// The hooks that were run, in order.
    pub hooks: Vec<HookResult>,
    /// Nodes in the order in which they ended.
    pub results: Vec<NodeResult>,
    /// What concerns no single node: connections, hooks.
    pub diagnostics: Vec<Diagnostic>,
    /// When it began.
    pub started_at: Option<jiff::Timestamp>,
    /// How long it took.
    pub took: Duration,
}

impl RunReport {
    /// True if something failed.
    pub fn failed(&self) -> bool {
        self.results.iter().any(|result| result.status.is_failure())
            || self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// How many nodes ended so.
    pub fn count(&self, status: Status) -> usize {
        self.results.iter().filter(|result| result.status == status).count()
    }

    /// All that there is to say, of the run and of its nodes.
    pub fn all_diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().chain(self.results.iter().flat_map(|result| &result.diagnostics))
    }
}

/// Something that happened, for people who wait.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The run begins.
    RunStarted {
        /// How many nodes.
        total: usize,
        /// With how many threads.
        threads: usize,
    },
    /// A hook of the project begins.
    Hook {
        /// `on-run-start` or `on-run-end`.
        which: &'static str,
        /// The package that has it.
        package: &'a str,
        /// Its number in that package, from 1.
        index: usize,
    },
    /// A node begins.
    Started {
        /// Its number, from 1.
        index: usize,
        /// How many there are.
        total: usize,
        /// The node.
        node: NodeId,
    },
    /// A node ended.
    Finished {
        /// Its number, from 1, as when it began.
        index: usize,
        /// How many there are.
        total: usize,
        /// How.
        result: &'a NodeResult,
    },
}

/// Someone who wants to know how it goes. Called from several threads.
pub trait Reporter: Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn event(&self, _event: Event<'_>) {}
}
