//! What one render of one node knows and learns; every function that Jinja can call holds it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use minijinja::{State, Value};
use rustc_hash::FxHashMap;
use serde_json::Map;

use super::port::Port;
use super::shared::Shared;
use super::{Collected, RefCall, SourceCall};
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::jinja::{Dict, Namespace, Scene, Session, call_site, frames};
use crate::project::{Config, NodeId, NodeMap};
use crate::source::Span;
use crate::sql::Relation;

/// One render's surroundings.
pub(super) struct Ctx {
    /// The project and its macros.
    pub(super) shared: Arc<Shared>,
    /// The way to the world and the warehouse.
    pub(super) port: Arc<Port>,
    /// The node; none for operations.
    pub(super) node: Option<NodeId>,
    /// The package whose macros and vars are seen.
    pub(super) package: String,
    /// Those macros.
    pub(super) namespace: Namespace,
    /// Where the text stands, for what has no better place.
    pub(super) place: Span,
    /// The config: that of the files in the first pass, the final one in the second.
    pub(super) config: Arc<Config>,
    /// The node's own name in the warehouse.
    pub(super) relation: OnceLock<Option<Relation>>,
    /// What is known in the second pass.
    pub(super) known: Option<Known>,
    /// Arguments of a generic test, once they are rendered.
    pub(super) test_arguments: OnceLock<Value>,
    /// Names that only some contexts have, such as `results` in hooks after a run.
    pub(super) extra: Vec<(String, Value)>,
    record: Mutex<Record>,
}

/// What the second pass knows of others.
pub(super) struct Known {
    /// What each `ref()` of the node means.
    pub(super) refs: FxHashMap<RefKey, Target>,
    /// What each `source()` of the node means.
    pub(super) sources: FxHashMap<(String, String), Target>,
    /// The nodes that are read: sources, then parts, each in order of first appearance.
    pub(super) parents: Vec<NodeId>,
    /// All that was collected, where some text asks for `graph`.
    pub(super) all: Option<Arc<All>>,
    /// For operations, which may name anything.
    pub(super) open: Option<Arc<Resolve>>,
}

/// Package, name and version of a `ref()`.
pub(super) type RefKey = (Option<String>, String, Option<String>);

/// Says what a `ref()` means.
pub(super) type Resolve = dyn Fn(&RefKey) -> Option<Target> + Send + Sync;

/// Everything that was collected.
pub(super) struct All {
    /// By node.
    pub(super) collected: Collected,
    /// Whom each node reads.
    pub(super) parents: NodeMap<Vec<NodeId>>,
    /// What `graph` holds, made when it is first asked for.
    pub(super) objects: OnceLock<[(&'static str, Dict); 4]>,
}

impl All {
    /// A copy of it all.
    pub(super) fn new(collected: &Collected, graph: &Graph) -> Self {
        Self { collected: collected.clone(), parents: graph.parents.clone(), objects: OnceLock::new() }
    }
}

/// What a reference leads to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The node.
    pub(super) id: NodeId,
    /// Its relation.
    pub(super) relation: Relation,
    /// The CTE's name, if it is inlined or may be.
    pub(super) cte: Option<String>,
    /// True if it is inlined for sure, so that it has no relation at all.
    pub(super) inlined: bool,
}

/// What a render learns.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Every `ref()`.
    pub(super) refs: Vec<RefCall>,
    /// Every `source()`.
    pub(super) sources: Vec<SourceCall>,
    /// What `config()` sets.
    pub(super) config: Map<String, serde_json::Value>,
    /// Results of statements by name.
    pub(super) results: FxHashMap<String, Value>,
    /// Names that `context.update()` set.
    pub(super) names: FxHashMap<String, Value>,
    /// True if the warehouse was asked.
    pub(super) introspects: bool,
    pub(super) queries: bool,
    /// A `source()` that the first pass did not reach.
    pub(super) late_source: Option<(String, String)>,
    /// Warnings.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ctx of {:?}", self.node)
    }
}

impl Ctx {
    /// A context without anything learnt.
    pub(super) fn new(
        shared: &Arc<Shared>,
        port: &Arc<Port>,
        node: Option<NodeId>,
        package: &str,
        place: Span,
        config: Arc<Config>,
        known: Option<Known>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            port: Arc::clone(port),
            node,
            package: package.to_owned(),
            namespace: shared.namespace(package),
            place,
            config,
            relation: OnceLock::new(),
            known,
            test_arguments: OnceLock::new(),
            extra: Vec::new(),
            record: Mutex::default(),
        }
    }

    /// dbt's `execute`.
    pub(super) fn execute(&self) -> bool {
        self.known.is_some()
    }

    /// What was learnt so far.
    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session of the engine in this context.
    pub(super) fn session(self: &Arc<Self>, source_map: bool) -> Session<'_> {
        let context = Value::from_object(super::context::Context(Arc::clone(self)));
        let scene = Scene::new(context, self.namespace.clone());
        self.shared.engine.session(Scene { source_map, lenient: !self.execute(), ..scene })
    }

    /// The place of the call that is being made, in a file of the user's.
    pub(super) fn call_place(&self, state: &mut State<'_, '_>) -> Span {
        let site = call_site(state);
        if self.shared.is_users(site.file) {
            return site;
        }
        let calls = frames(state);
        let outer = calls.iter().rev().map(|frame| frame.call).find(|call| self.shared.is_users(call.file));
        outer.unwrap_or(self.place)
    }

    /// Keeps a warning, or one of several errors, with the place of the call that led to it.
    pub(super) fn warn(&self, state: &mut State<'_, '_>, diagnostic: Diagnostic) {
        let place = self.call_place(state);
        let diagnostic = diagnostic.at(place, "").through(&frames(state));
        self.record().diagnostics.push(diagnostic);
    }
}
