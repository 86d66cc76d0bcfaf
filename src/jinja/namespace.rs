//! Which macros a name leads to, by the order of packages that a node sees.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use rustc_hash::FxHashMap;

use super::call::MacroValue;
use super::engine::{Inner, MacroId};

/// The macros of one order of packages; cheap to clone.
#[derive(Clone)]
pub struct Namespace(Arc<Tables>);

struct Tables {
    /// Packages whose macros are seen without the package's name, nearest first.
    own: Vec<Arc<str>>,
    /// Those that are looked at after the packages' own names.
    internal: Vec<Arc<str>>,
    /// The macros of both by name.
    own_macros: FxHashMap<Arc<str>, MacroId>,
    internal_macros: FxHashMap<Arc<str>, MacroId>,
    engine: Arc<Inner>,
}

impl Namespace {
    pub(super) fn new(engine: Arc<Inner>, own: &[&str], internal: &[&str]) -> Self {
        let shared = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect();
        // The nearest package comes last, and wins.
        let macros = |packages: &[&str]| packages.iter().rev().flat_map(|it| engine.by_name(it)).collect();
        let (own_macros, internal_macros) = (macros(own), macros(internal));
        let (own, internal) = (shared(own), shared(internal));
        Self(Arc::new(Tables { own, internal, own_macros, internal_macros, engine }))
    }

    /// The macro that an unqualified name leads to.
    pub fn find(&self, name: &str) -> Option<MacroId> {
        let tables = &*self.0;
        tables.own_macros.get(name).or_else(|| tables.internal_macros.get(name)).copied()
    }

    /// The value of a name: a macro, or a package.
    pub fn value(&self, name: &str) -> Option<Value> {
        let tables = &*self.0;
        if let Some(id) = tables.own_macros.get(name) {
            return Some(macro_value(&tables.engine, *id));
        }
        if let Some(package) = tables.engine.package(name) {
            return Some(Value::from_object(PackageValue {
                name: package.clone(),
                engine: tables.engine.clone(),
            }));
        }
        tables.internal_macros.get(name).map(|id| macro_value(&tables.engine, *id))
    }

    /// All names that can be called, for suggestions; unqualified ones and `package.name`.
    pub fn names(&self) -> Vec<String> {
        let tables = &*self.0;
        let mut names: Vec<String> = Vec::new();
        for package in tables.own.iter().chain(&tables.internal) {
            names.extend(tables.engine.names(package).map(str::to_owned));
        }
        for package in tables.engine.packages() {
            names.extend(tables.engine.names(package).map(|name| format!("{package}.{name}")));
        }
        names
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("own", &self.0.own).field("internal", &self.0.internal).finish()
    }
}

/// The value of a macro.
pub(super) fn macro_value(engine: &Arc<Inner>, id: MacroId) -> Value {
    Value::from_object(MacroValue { engine: engine.clone(), id })
}

/// A package by its name: `dbt_utils` in `dbt_utils.star()`.
pub(super) struct PackageValue {
    pub(super) name: Arc<str>,
    engine: Arc<Inner>,
}

impl fmt::Debug for PackageValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<package {}>", self.name)
    }
}

impl Object for PackageValue {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let id = self.engine.find(&self.name, key.as_str()?)?;
        Some(macro_value(&self.engine, id))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.engine.names(&self.name).map(Value::from).collect())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Macros by package and name.
pub(super) type Index = FxHashMap<Arc<str>, indexmap::IndexMap<Arc<str>, MacroId, rustc_hash::FxBuildHasher>>;
