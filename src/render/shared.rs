//! What all renders of a project share: the project, the engine with all macros, and what is worked out once.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use minijinja::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value as Json;

use super::relation::quote_policy;
use super::{Message, RenderOptions, builtins, errors, facts};
use crate::diagnostic::Diagnostic;
use crate::jinja::{BlockKind, Dict, Engine, MacroDef, MacroId, Namespace, Template, scan};
use crate::project::{Node, NodeId, Package, Project};
use crate::source::{FileId, Span};
use crate::world::Clock;

/// Everything that outlives one render.
pub(super) struct Shared {
    /// The project.
    pub(super) project: Arc<Project>,
    /// What the command line says.
    pub(super) options: RenderOptions,
    /// The start of the run.
    clock: Clock,
    /// Nodes whose templates could look at what another run has otherwise: the clock, the command.
    momentary: Mutex<FxHashSet<Option<NodeId>>>,
    /// All macros.
    pub(super) engine: Engine,
    /// Quoting of relations: the adapter's habit, then the root project's.
    pub(super) quote: [bool; 3],
    /// The number of files of the project; numbers above are built-in files and texts from nowhere.
    files: u32,
    namespaces: FxHashMap<String, Namespace>,
    env: Mutex<FxHashMap<String, Option<String>>>,
    texts: Mutex<FxHashMap<String, Template>>,
    /// The templates of nodes, for the second pass.
    bodies: Mutex<FxHashMap<Span, Template>>,
    /// What `adapter.dispatch()` found, by package, namespace and name.
    dispatched: Mutex<FxHashMap<String, MacroId>>,
    /// Naming macros that are not the built-in ones, by package.
    naming: Mutex<FxHashMap<String, Overrides>>,
    /// The pairs of `target`, worked out once.
    target: Vec<(Value, Value)>,
    messages: Mutex<Vec<(Option<NodeId>, Message)>>,
    /// The unique ids of what the command line selects, once that is known.
    pub(super) selected: OnceLock<Vec<String>>,
}

/// The macros that name the database, schema and alias of a node, where the built-in ones are overridden.
pub(super) type Overrides = [Option<MacroId>; 3];

/// Filters that say what YAML's Jinja makes of a text; in SQL, where all is text, they do nothing.
const TEXT_FILTERS: [&str; 4] = ["as_text", "as_bool", "as_native", "as_number"];

/// The file number of texts that stand in no file.
pub(super) const NOWHERE: FileId = FileId(u32::MAX);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    /// Scans all files that may hold macros.
    pub(super) fn new(
        project: &Arc<Project>,
        clock: Clock,
        options: RenderOptions,
    ) -> (Self, Vec<Diagnostic>) {
        let files = project.files.iter().count() as u32;
        let mut diagnostics = Vec::new();
        let mut macros = Vec::new();
        for (at, file) in builtins::files(project.target.dialect).into_iter().enumerate() {
            let id = FileId(files + at as u32);
            let (blocks, problems) = scan(id, &file.text);
            debug_assert!(problems.is_empty(), "{}: {problems:?}", file.path);
            for block in blocks {
                macros.push(definition(builtins::PACKAGE, id, &file.text, block));
            }
        }
        let mut seen: IndexMap<(&str, String), Span> = IndexMap::new();
        for file in &project.macro_files {
            let text = &project.files.get(file.file).text;
            let (blocks, problems) = scan(file.file, text);
            diagnostics.extend(problems);
            for block in blocks {
                if matches!(block.kind, BlockKind::Docs | BlockKind::Snapshot) {
                    continue;
                }
                let key = (file.package.as_str(), block.macro_name.clone());
                let place = block.name.span;
                if let Some(first) = seen.insert(key, place) {
                    diagnostics.push(errors::duplicate_macro(&block.name.value, first, place));
                }
                macros.push(definition(&file.package, file.file, text, block));
            }
        }
        let engine = TEXT_FILTERS.iter().fold(Engine::new(macros), |engine, name| {
            engine.with_filter(name, Value::from_function(|value: Value| value))
        });
        let root = project.root().name.as_str();
        let namespaces = project.packages.iter().map(|package| {
            let own = [package.name.as_str(), root];
            let own = if package.name == root { &own[..1] } else { &own[..] };
            (package.name.clone(), engine.namespace(own, &[builtins::PACKAGE]))
        });
        let namespaces = namespaces.collect();
        let quoting = project.root().quoting;
        let habit = quote_policy(project.target.dialect);
        let quote = std::array::from_fn(|at| quoting[at].unwrap_or(habit[at]));
        let shared = Self {
            project: Arc::clone(project),
            options,
            clock,
            momentary: Mutex::default(),
            engine,
            quote,
            files,
            namespaces,
            env: Mutex::default(),
            texts: Mutex::default(),
            bodies: Mutex::default(),
            dispatched: Mutex::default(),
            naming: Mutex::default(),
            target: facts::target(project),
            messages: Mutex::default(),
            selected: OnceLock::new(),
        };
        (shared, diagnostics)
    }

    /// The macros that a package's nodes see.
    pub(super) fn namespace(&self, package: &str) -> Namespace {
        match self.namespaces.get(package) {
            Some(namespace) => namespace.clone(),
            None => self.engine.namespace(&[self.project.root().name.as_str()], &[builtins::PACKAGE]),
        }
    }

    /// The macros that a generic test of another package sees in the first pass: those of that package as well.
    pub(super) fn test_namespace(&self, package: &str, tests: &str) -> Namespace {
        let root = self.project.root().name.as_str();
        let mut own = vec![package, root, tests];
        if package == root {
            own.remove(0);
        }
        self.engine.namespace(&own, &[builtins::PACKAGE])
    }

    /// A package by name.
    pub(super) fn package(&self, name: &str) -> Option<&Package> {
        self.project.packages.iter().find(|package| package.name == name)
    }

    /// True for a file that the user has.
    pub(super) fn is_users(&self, file: FileId) -> bool {
        file.0 < self.files
    }

    /// A variable of the environment, asked for once.
    pub(super) fn env(&self, name: &str, ask: impl FnOnce() -> Option<String>) -> Option<String> {
        if let Some(known) = lock(&self.env).get(name) {
            return known.clone();
        }
        let value = ask();
        lock(&self.env).insert(name.to_owned(), value.clone());
        value
    }

    /// The clock, for a node's templates.
    pub(super) fn clock(&self, node: Option<NodeId>) -> Clock {
        self.asked_of_run(node);
        self.clock.clone()
    }

    /// Notes that a node's templates can see what another run has otherwise.
    pub(super) fn asked_of_run(&self, node: Option<NodeId>) {
        lock(&self.momentary).insert(node);
    }

    /// True if another's clock stands at the same moment.
    pub(super) fn starts_with(&self, other: &Self) -> bool {
        self.clock.stands_with(&other.clock)
    }

    /// Nodes whose templates could look at what another run has otherwise, or said something so far.
    pub(super) fn momentary(&self) -> FxHashSet<NodeId> {
        let mut nodes: FxHashSet<NodeId> = lock(&self.momentary).iter().copied().flatten().collect();
        nodes.extend(lock(&self.messages).iter().filter_map(|(node, _)| *node));
        nodes
    }

    /// The variables of the environment that were asked for, and what they were.
    pub(super) fn asked_env(&self) -> Vec<(String, Option<String>)> {
        lock(&self.env).iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The template of a text that stands in no file; short texts are kept.
    pub(super) fn text_template(&self, text: &str) -> Result<Template, Box<Diagnostic>> {
        if let Some(template) = lock(&self.texts).get(text) {
            return Ok(template.clone());
        }
        let shared: Arc<str> = Arc::from(text);
        let template = self.engine.compile(NOWHERE, &shared, 0..text.len())?;
        if text.len() < 2000 {
            lock(&self.texts).insert(text.to_owned(), template.clone());
        }
        Ok(template)
    }

    /// The template of a text that stands in a file. The first pass compiles it; the second takes it from there.
    pub(super) fn body_template(&self, body: Span, second: bool) -> Result<Template, Box<Diagnostic>> {
        if second && let Some(template) = lock(&self.bodies).remove(&body) {
            return Ok(template);
        }
        let text = &self.project.files.get(body.file).text;
        let template = self.engine.compile(body.file, text, body.range())?;
        if !second {
            lock(&self.bodies).insert(body, template.clone());
        }
        Ok(template)
    }

    /// What `adapter.dispatch()` finds, looked for once for each package, namespace and name.
    pub(super) fn dispatched(
        &self,
        package: &str,
        namespace: Option<&str>,
        name: &str,
        look: impl FnOnce() -> Option<MacroId>,
    ) -> Option<MacroId> {
        let key = [package, namespace.unwrap_or_default(), name].join("\0");
        if let Some(known) = lock(&self.dispatched).get(&key) {
            return Some(*known);
        }
        let found = look()?;
        lock(&self.dispatched).insert(key, found);
        Some(found)
    }

    /// The naming macros that are not the built-in ones, for a package's nodes.
    pub(super) fn naming(&self, package: &str, look: impl FnOnce() -> Overrides) -> Overrides {
        if let Some(known) = lock(&self.naming).get(package) {
            return *known;
        }
        let found = look();
        lock(&self.naming).insert(package.to_owned(), found);
        found
    }

    /// `target`, anew for each who asks: a template may change its own.
    pub(super) fn target(&self) -> Value {
        Dict::value(self.target.iter().cloned())
    }

    /// Keeps what `print()` or `log(info=true)` says.
    pub(super) fn say(&self, node: Option<NodeId>, message: Message) {
        lock(&self.messages).push((node, message));
    }

    /// Does something without what it has to say.
    pub(super) fn silently<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = std::mem::take(&mut *lock(&self.messages));
        let done = work();
        *lock(&self.messages) = before;
        done
    }

    /// Takes what was said, in the order of nodes.
    pub(super) fn take_messages(&self) -> Vec<Message> {
        let mut messages = std::mem::take(&mut *lock(&self.messages));
        messages.sort_by_key(|(node, _)| *node);
        messages.into_iter().map(|(_, message)| message).collect()
    }

    /// The vars that a package's nodes see: the command line's, the root's, the package's own.
    pub(super) fn var(&self, package: &str, name: &str) -> Option<&Json> {
        if let Some(value) = self.project.cli_vars.get(name) {
            return Some(value);
        }
        let root = self.project.root();
        let own = self.package(package).filter(|own| own.name != root.name);
        [Some(root), own].into_iter().flatten().find_map(|holder| {
            let scoped = holder.vars.get(package).and_then(Json::as_object);
            scoped.and_then(|scoped| scoped.get(name)).or_else(|| holder.vars.get(name))
        })
    }

    /// The names of all vars that a package's nodes see.
    pub(super) fn var_names(&self, package: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self.project.cli_vars.keys().map(String::as_str).collect();
        for holder in [Some(self.project.root()), self.package(package)].into_iter().flatten() {
            names.extend(holder.vars.keys().map(String::as_str));
            if let Some(scoped) = holder.vars.get(package).and_then(Json::as_object) {
                names.extend(scoped.keys().map(String::as_str));
            }
        }
        names
    }

    /// A node.
    pub(super) fn node(&self, id: NodeId) -> &Node {
        self.project.node(id)
    }
}

fn definition(package: &str, file: FileId, text: &Arc<str>, block: crate::jinja::Block) -> MacroDef {
    let unique_id = format!("macro.{package}.{}", block.macro_name);
    MacroDef { package: package.to_owned(), unique_id, file, text: Arc::clone(text), block }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
