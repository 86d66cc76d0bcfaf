//! The engine: all macros and what every template may use, built once and shared by all threads.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use minijinja::{Environment, Value};
use rustc_hash::FxHashMap;

use super::code::{Code, MacroCode, Stmt};
use super::globals;
use super::lower::{self, Known};
use super::namespace::{Index, Namespace};
use super::scan::Block;
use super::session::{Scene, Session};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// A macro's number within one [`Engine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacroId(pub u32);

/// A macro as it was found by [`scan`](super::scan()).
#[derive(Clone, Debug)]
pub struct MacroDef {
    /// The package that it belongs to.
    pub package: String,
    /// `macro.package.name`.
    pub unique_id: String,
    /// The file that it stands in.
    pub file: FileId,
    /// The whole text of that file.
    pub text: Arc<str>,
    /// The block.
    pub block: Block,
}

impl MacroDef {
    /// The macro's name: `test_unique` for `{% test unique(…) %}`.
    pub fn name(&self) -> &str {
        &self.block.macro_name
    }
}

/// All macros, filters and globals. Cloning shares.
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
    /// minijinja's environment lends each session a [`State`](minijinja::State).
    pub(super) environment: Arc<Environment<'static>>,
}

/// A compiled template, to be rendered as often as one likes. Cloning shares.
#[derive(Clone)]
pub struct Template {
    pub(super) code: Arc<Code>,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template of {:?}", self.code.file)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine of {} macros", self.inner.macros.len())
    }
}

pub(super) struct Inner {
    macros: Vec<Entry>,
    index: Index,
    packages: Vec<Arc<str>>,
    pub(super) globals: FxHashMap<Arc<str>, Value>,
    pub(super) filters: FxHashMap<Arc<str>, Value>,
}

struct Entry {
    definition: MacroDef,
    /// As traces have it: with its package if that isn't the root's.
    shown: Arc<str>,
    compiled: OnceLock<Result<Compiled, Box<Diagnostic>>>,
}

/// A macro ready to run.
#[derive(Clone)]
pub(super) struct Compiled {
    pub(super) code: Arc<Code>,
    pub(super) body: Arc<MacroCode>,
}

impl Engine {
    /// An engine of these macros. Of two with the same package and name the later one wins.
    pub fn new(macros: Vec<MacroDef>) -> Self {
        let mut index = Index::default();
        let mut packages: Vec<Arc<str>> = Vec::new();
        let mut entries = Vec::with_capacity(macros.len());
        for (at, definition) in macros.into_iter().enumerate() {
            let known = index.get_key_value(definition.package.as_str()).map(|(package, _)| package.clone());
            let package: Arc<str> = known.unwrap_or_else(|| {
                let package: Arc<str> = Arc::from(definition.package.as_str());
                packages.push(package.clone());
                package
            });
            let shown = Arc::from(format!("{package}.{}", definition.name()));
            index.entry(package).or_default().insert(Arc::from(definition.name()), MacroId(at as u32));
            entries.push(Entry { definition, shown, compiled: OnceLock::new() });
        }
        let globals = globals::all();
        let inner = Inner { macros: entries, index, packages, globals, filters: FxHashMap::default() };
        Self { inner: Arc::new(inner), environment: Arc::new(Environment::empty()) }
    }

    /// The same engine, knowing which package is the root: its macros are shown without their package's name. To be
    /// called before the engine is shared.
    #[must_use]
    pub fn with_root(mut self, package: &str) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            for entry in inner.macros.iter_mut().filter(|entry| entry.definition.package == package) {
                entry.shown = Arc::from(entry.definition.name());
            }
        }
        self
    }

    /// The same engine with one more filter, a callable that gets the filtered value first. To be called before the
    /// engine is shared.
    #[must_use]
    pub fn with_filter(mut self, name: &str, filter: Value) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.filters.insert(Arc::from(name), filter);
        }
        self
    }

    /// The same engine with one more global. To be called before the engine is shared.
    #[must_use]
    pub fn with_global(mut self, name: &str, value: Value) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.globals.insert(Arc::from(name), value);
        }
        self
    }

    /// The macros seen by a node: those of `own` by their bare names, the nearest package first; then packages by
    /// their names; then those of `internal` by their bare names.
    pub fn namespace(&self, own: &[&str], internal: &[&str]) -> Namespace {
        Namespace::new(self.inner.clone(), own, internal)
    }

    /// Compiles the text of `range` as a template; offsets in its places are those of the whole file. As in
    /// Jinja2 one newline at the very end of the range is dropped.
    pub fn compile(
        &self,
        file: FileId,
        text: &Arc<str>,
        range: Range<usize>,
    ) -> Result<Template, Box<Diagnostic>> {
        let code = lower::template(file, text, range, &self.inner.known())?;
        Ok(Template { code: Arc::new(code) })
    }

    /// The diagnostic of a macro that can't be compiled.
    pub fn check(&self, id: MacroId) -> Result<(), Box<Diagnostic>> {
        self.inner.compiled(id).map(|_| ())
    }

    /// The parameters of a macro that have no default, in order.
    pub fn required(&self, id: MacroId) -> Result<Vec<&str>, Box<Diagnostic>> {
        let params = &self.inner.compiled(id)?.body.params;
        Ok(params.iter().filter(|param| param.default.is_none()).map(|param| &*param.name).collect())
    }

    /// Where a macro comes from.
    pub fn definition(&self, id: MacroId) -> &MacroDef {
        &self.inner.macros[id.0 as usize].definition
    }

    /// The macro of this package and name.
    pub fn find(&self, package: &str, name: &str) -> Option<MacroId> {
        self.inner.find(package, name)
    }

    /// All macros, in the order in which they were given.
    pub fn macros(&self) -> impl Iterator<Item = (MacroId, &MacroDef)> {
        self.inner.macros.iter().enumerate().map(|(at, entry)| (MacroId(at as u32), &entry.definition))
    }

    /// The macro as a callable value.
    pub fn macro_value(&self, id: MacroId) -> Value {
        super::namespace::macro_value(&self.inner, id)
    }

    /// Starts a render.
    pub fn session(&self, scene: Scene) -> Session<'_> {
        Session::new(self, scene)
    }
}

impl Inner {
    fn known(&self) -> Known<'_> {
        Known { filters: &self.filters }
    }

    pub(super) fn find(&self, package: &str, name: &str) -> Option<MacroId> {
        self.index.get(package)?.get(name).copied()
    }

    /// A package's macros by name.
    pub(super) fn by_name(&self, package: &str) -> impl Iterator<Item = (Arc<str>, MacroId)> {
        let own = self.index.get(package).into_iter().flatten();
        own.map(|(name, id)| (Arc::clone(name), *id))
    }

    pub(super) fn package(&self, name: &str) -> Option<&Arc<str>> {
        self.index.get_key_value(name).map(|(package, _)| package)
    }

    pub(super) fn packages(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().map(|package| &**package)
    }

    pub(super) fn names(&self, package: &str) -> impl Iterator<Item = &str> {
        self.index.get(package).into_iter().flat_map(|macros| macros.keys().map(|name| &**name))
    }

    pub(super) fn shown(&self, id: MacroId) -> &Arc<str> {
        &self.macros[id.0 as usize].shown
    }

    pub(super) fn definition(&self, id: MacroId) -> &MacroDef {
        &self.macros[id.0 as usize].definition
    }

    /// The macro, compiled at its first call.
    pub(super) fn compiled(&self, id: MacroId) -> Result<&Compiled, Box<Diagnostic>> {
        let entry = &self.macros[id.0 as usize];
        let compiled = entry.compiled.get_or_init(|| {
            let definition = &entry.definition;
            let code = lower::block(definition.file, &definition.text, &definition.block, &self.known())?;
            let code = Arc::new(code);
            let body = code.body.iter().find_map(|stmt| match stmt {
                Stmt::Macro(_, body) => Some(body.clone()),
                _ => None,
            });
            let body = body.ok_or_else(|| {
                let at: Span = definition.block.span;
                Box::new(super::errors::syntax(at, "this block is not a macro"))
            })?;
            Ok(Compiled { code, body })
        });
        compiled.as_ref().map_err(Clone::clone)
    }
}
