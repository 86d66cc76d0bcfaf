//! Another run's artifacts: what `--state` and `--defer` compare with, be they dbt's or buhin's own.
//!
//! Both sides of a comparison are entries of the manifest: the other run's as its file has them, the project's own as
//! [`crate::emit::artifacts`] would write them. So a manifest of either program serves.

mod base;
mod compare;
mod read;

use std::fmt;
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

pub use base::Base;
pub use read::read;

use crate::emit::{self, Context};
use crate::graph::selector::Previous;
use crate::project::{Node, NodeId, NodeMap};
use crate::render::macro_texts;
use crate::sql::Relation;

/// What a folder of artifacts has; each is `None` where its file is absent.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The folder as the user named it.
    folder: String,
    /// `manifest.json`.
    manifest: Option<Value>,
    /// Status by unique id, from `run_results.json`.
    results: Option<Vec<(String, String)>>,
    /// `max_loaded_at` by unique id, from `sources.json`.
    sources: Option<FxHashMap<String, Option<String>>>,
    /// The same of the project's own target folder.
    sources_now: Option<FxHashMap<String, Option<String>>>,
}

/// The parts of a manifest that hold nodes.
const SECTIONS: [&str; 7] =
    ["nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests", "saved_queries"];

/// How a node differs from another run's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The other run had none of this unique id.
    New,
    /// It was another.
    Changed,
}

impl State {
    /// All entries with their unique ids.
    fn nodes(&self) -> impl Iterator<Item = (&String, &Value)> {
        let sections =
            SECTIONS.iter().filter_map(|section| self.manifest.as_ref()?.get(section)?.as_object());
        sections.flatten()
    }

    /// The entry of a node of this unique id.
    fn node(&self, unique_id: &str) -> Option<&Value> {
        let manifest = self.manifest.as_ref()?;
        SECTIONS.iter().find_map(|section| manifest.get(section)?.get(unique_id))
    }

    /// True if there is a manifest.
    pub fn has_manifest(&self) -> bool {
        self.manifest.is_some()
    }

    /// Where another run has built a part, seed or snapshot; `None` for what it has not, or inlines.
    pub fn relation(&self, context: &Context<'_>, id: NodeId) -> Option<Relation> {
        let node = context.project.node(id);
        if !node.kind.is_refable() {
            return None;
        }
        let own = context.collected.nodes[id].as_ref()?.relation.as_ref()?;
        let other = self.node(&node.unique_id)?;
        let text = |key: &str| other.get(key).and_then(Value::as_str).map(str::to_owned);
        let ephemeral = other.get("config").and_then(|config| config.get("materialized"));
        if ephemeral.and_then(Value::as_str) == Some("ephemeral") {
            return None;
        }
        let database = text("database").filter(|_| own.database.is_some());
        Some(Relation { database, schema: text("schema"), identifier: text("alias"), ..own.clone() })
    }
}

/// A project held against another run.
pub struct Comparison<'a> {
    state: &'a State,
    context: Context<'a>,
    /// Made when it is first asked for: entries of the project's own nodes, and the macros that differ.
    now: OnceLock<Now>,
}

/// The project's own side.
struct Now {
    entries: FxHashMap<String, Value>,
    /// What each macro calls.
    calls: FxHashMap<String, Vec<String>>,
    /// Macros that are new, gone or changed.
    changed: FxHashSet<String>,
}

impl fmt::Debug for Comparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comparison").field("folder", &self.state.folder).finish_non_exhaustive()
    }
}

impl<'a> Comparison<'a> {
    /// Holds a project against `state`. The context needs no rendered SQL.
    pub fn new(state: &'a State, context: Context<'a>) -> Self {
        Self { state, context, now: OnceLock::new() }
    }

    fn now(&self) -> &Now {
        self.now.get_or_init(|| {
            let project = self.context.project;
            let none = NodeMap::new(project.nodes.iter().map(|_| None).collect());
            let entry = |(id, node): (NodeId, &Node)| {
                let bytes = emit::artifacts::entry(&self.context, id, &none)?;
                Some((node.unique_id.clone(), serde_json::from_slice(&bytes).ok()?))
            };
            let entries = project.nodes().filter(|(id, _)| self.context.graph.enabled[*id]);
            let entries = entries.filter_map(entry).collect();
            let texts = macro_texts(project);
            let before =
                self.state.manifest.as_ref().and_then(|manifest| manifest.get("macros")?.as_object());
            let mut calls = FxHashMap::default();
            let mut changed = FxHashSet::default();
            for text in texts {
                let id = format!("macro.{}.{}", text.package, text.name);
                let old = before.and_then(|before| before.get(&id)?.get("macro_sql")?.as_str());
                if old != Some(text.text) {
                    changed.insert(id.clone());
                }
                calls.insert(id, text.calls);
            }
            let known: FxHashSet<&str> = project.packages.iter().map(|it| it.name.as_str()).collect();
            let gone = before.into_iter().flatten().filter(|(id, entry)| {
                let package = entry.get("package_name").and_then(Value::as_str).unwrap_or_default();
                // Built-in macros are each program's own, and change with its version, not with the project.
                let built_in = package == "dbt" || package.starts_with("dbt_") && !known.contains(package);
                !built_in && !calls.contains_key(*id)
            });
            changed.extend(gone.map(|(id, _)| id.clone()));
            Now { entries, calls, changed }
        })
    }

    /// True if a macro that a node calls, directly or through others, is new, gone or changed.
    fn macros_changed(&self, entry: &Value) -> bool {
        let now = self.now();
        if now.changed.is_empty() {
            return false;
        }
        let called = entry.get("depends_on").and_then(|it| it.get("macros")).and_then(Value::as_array);
        let mut open: Vec<&str> = called.into_iter().flatten().filter_map(Value::as_str).collect();
        let mut seen: FxHashSet<&str> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            if now.changed.contains(id) {
                return true;
            }
            for below in now.calls.get(id).into_iter().flatten() {
                if seen.insert(below) {
                    open.push(below);
                }
            }
        }
        false
    }

    /// How a node differs from the other run's, as `state:modified` and `state:new` have it.
    pub fn difference(&self, node: &Node) -> Option<Difference> {
        if self.state.node(&node.unique_id).is_none() {
            return Some(Difference::New);
        }
        let is_modified = self.state_is("modified", node).unwrap_or(false);
        is_modified.then_some(Difference::Changed)
    }

    /// The names of what the other run had and the project has no more, tests and hooks aside, in order.
    pub fn gone(&self) -> Vec<String> {
        let Context { project, graph, .. } = self.context;
        let enabled = project.nodes().filter(|(id, _)| graph.enabled[*id]);
        let here: FxHashSet<&str> = enabled.map(|(_, node)| node.unique_id.as_str()).collect();
        let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut gone: Vec<String> = self
            .state
            .nodes()
            .filter(|(id, _)| !here.contains(id.as_str()))
            .filter(|(id, _)| !["test.", "unit_test.", "operation."].iter().any(|kind| id.starts_with(kind)))
            .map(|(id, entry)| {
                let name = text(entry, "name").unwrap_or_else(|| id.clone());
                text(entry, "source_name").map_or(name.clone(), |source| format!("{source}.{name}"))
            })
            .collect();
        gone.sort();
        gone
    }

    fn state_is(&self, value: &str, node: &Node) -> Result<bool, String> {
        if self.state.manifest.is_none() {
            return Err(format!("`state:` needs a manifest.json, and `{}` has none", self.state.folder));
        }
        let old = self.state.node(&node.unique_id);
        // Selecting by name needs no entry.
        match value {
            "new" => return Ok(old.is_none()),
            "old" => return Ok(old.is_some()),
            _ => {}
        }
        let Some(new) = self.now().entries.get(&node.unique_id) else {
            return if compare::KNOWN.contains(&value) { Ok(false) } else { Err(compare::unknown(value)) };
        };
        match value {
            "modified" | "unmodified" => {
                let modified = !compare::same_contents(new, old)
                    || self.macros_changed(new)
                    || old.is_some_and(|old| !compare::same_contract(new, old));
                Ok(modified == (value == "modified"))
            }
            "modified.macros" => Ok(self.macros_changed(new)),
            value => compare::part(value, new, old).ok_or_else(|| compare::unknown(value)),
        }
    }
}

impl Previous for Comparison<'_> {
    fn holds(&self, method: &str, value: &str, node: &Node) -> Result<bool, String> {
        let state = self.state;
        let missing = |file: &str| format!("`{method}:` needs a {file}, and `{}` has none", state.folder);
        match method {
            "result" => {
                let results = state.results.as_ref().ok_or_else(|| missing("run_results.json"))?;
                Ok(results.iter().any(|(id, status)| *id == node.unique_id && status == value))
            }
            "source_status" => {
                if value != "fresher" {
                    return Err(format!(
                        "`{value}` is not a value of `source_status:`; the only one is `fresher`"
                    ));
                }
                let before = state.sources.as_ref().ok_or_else(|| missing("sources.json"))?;
                let now = state.sources_now.as_ref().ok_or_else(|| {
                    "`source_status:` needs a sources.json in the target folder; run `source freshness` first"
                        .to_owned()
                })?;
                let Some(Some(loaded)) = now.get(&node.unique_id) else { return Ok(false) };
                Ok(match before.get(&node.unique_id) {
                    None => true,
                    Some(None) => false,
                    Some(Some(before)) => loaded > before,
                })
            }
            _ => self.state_is(value, node),
        }
    }
}
