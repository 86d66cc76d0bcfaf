//! Property files: what YAML says of parts, seeds, sources and the rest, and what it defines itself.
//!
//! A file is read on its own, so that all files can be read at once; what belongs to nodes of other files comes
//! out as [`Patch`]es, which [`apply`] then puts where they belong.

mod apply;
mod columns;
mod generic_tests;
mod keys;
mod others;
mod sources;

use camino::Utf8Path;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::discover::Found;
use super::folder_config::canonical;
use super::yaml::{Kind, Yaml};
use super::yaml_jinja::{Step, YamlJinja};
use super::{ColumnProperties, Node, NodeKind, definitions, errors, expected_kind, kind_name};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};
use crate::sql::Dialect;

pub(super) use apply::{apply, unit_tests_by_version, word};
pub(super) use sources::SourcePatch;

/// Where a property file belongs.
#[derive(Clone, Copy)]
pub(super) struct Context<'c> {
    /// The package's name.
    pub package: &'c str,
    /// For quoting and for the names of config keys.
    pub dialect: Dialect,
    /// For the Jinja that dbt renders when it reads.
    pub jinja: &'c YamlJinja<'c>,
    /// The file's place.
    pub found: &'c Found,
}

/// All that one file says.
#[derive(Default)]
pub(super) struct Properties {
    /// For nodes of other files.
    pub patches: Vec<Patch>,
    /// Nodes that the file defines.
    pub drafts: Vec<Draft>,
    /// `macros:` by name.
    pub macros: Vec<(String, Value)>,
    /// `groups:` by name.
    pub groups: Vec<(String, Spanned<Value>)>,
    /// `sources:` with `overrides:`.
    pub source_patches: Vec<SourcePatch>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// A node together with what can be found only when all nodes are known.
pub(super) struct Draft {
    /// The node; in a box, for drafts are moved about a lot.
    pub node: Box<Node>,
    /// What a test tests.
    pub attached: Option<Attached>,
    /// The node's text, where the file has none that could be rendered (a snapshot of YAML).
    pub text: Option<String>,
}

/// What a test tests.
#[derive(Clone, Debug)]
pub(super) enum Attached {
    /// The node that the patch with this test goes to.
    Patched,
    /// The node at this place of all drafts.
    Draft(usize),
    /// A source table of this unique id.
    Source(String),
}

/// What a property file says of one node.
pub(super) struct Patch {
    /// What it should be.
    pub kind: NodeKind,
    /// The name that the entry gives.
    pub name: String,
    /// Its place.
    pub name_span: Span,
    /// The package of the property file.
    pub package: String,
    /// What is said.
    pub said: Said,
    /// For a part with versions: each of them.
    pub versions: Vec<Version>,
    /// `latest_version`.
    pub latest_version: Option<String>,
}

/// One version of a part.
pub(super) struct Version {
    /// `v` as text.
    pub v: String,
    /// Its place.
    pub span: Span,
    /// `defined_in`.
    pub defined_in: Option<String>,
    /// What is said of this version, the part's own words included.
    pub said: Said,
}

/// What is said of a node.
#[derive(Default)]
pub(super) struct Said {
    pub config: Map<String, Value>,
    /// `config` with its Jinja, if it has any.
    pub written: Option<Box<Map<String, Value>>>,
    pub properties: Value,
    pub description: String,
    pub columns: IndexMap<String, ColumnProperties>,
    pub tests: Vec<Draft>,
}

/// Reads a property file's tree.
pub(super) fn read(context: Context<'_>, tree: &Yaml<'_>) -> Properties {
    let mut properties = Properties::default();
    let Kind::Map(entries) = &tree.kind else {
        let name = context.found.original.as_str();
        properties.diagnostics.push(errors::wrong_kind(tree.span, name, "a mapping", tree.kind_name()));
        return properties;
    };
    let reader = Reader { context };
    for heading in entries {
        let of = "property files";
        if !keys::TOP.contains(&&*heading.key) {
            let problem = errors::unknown_key(heading.key_span, &heading.key, of, keys::TOP);
            let problem = match &*heading.key {
                "tests" => {
                    problem.help("call it `data_tests`; as in dbt, what stands here counts for nothing")
                }
                _ => problem,
            };
            properties.diagnostics.push(problem);
            continue;
        }
        let Some(kind) = keys::of(&heading.key) else { continue };
        let Kind::List(items) = &heading.value.kind else {
            if !matches!(heading.value.kind, Kind::Null) {
                let found = heading.value.kind_name();
                properties.diagnostics.push(errors::wrong_kind(
                    heading.value.span,
                    &heading.key,
                    "a list",
                    found,
                ));
            }
            continue;
        };
        for item in items {
            if let Some(entry) = reader.entry(&heading.key, item, kind, &mut properties.diagnostics) {
                reader.read(&heading.key, entry, &mut properties);
            }
        }
    }
    properties
}

/// An entry below a heading: its tree, and its values with Jinja rendered.
struct Item<'e, 't> {
    tree: &'e Yaml<'t>,
    value: Value,
    name: String,
    name_span: Span,
}

/// What may stand beside the `config:` of a part and the like. Tags there count for nothing in dbt.
const BESIDE: &[&str] = &["meta", "docs", "group", "contract", "access"];

struct Reader<'c> {
    context: Context<'c>,
}

impl Reader<'_> {
    fn entry<'e, 't>(
        &self,
        heading: &str,
        tree: &'e Yaml<'t>,
        known: &[&str],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Item<'e, 't>> {
        let Kind::Map(entries) = &tree.kind else {
            let what = format!("an entry of `{heading}`");
            diagnostics.push(errors::wrong_kind(
                tree.span,
                heading,
                "a list of mappings",
                &found(tree, &what),
            ));
            return None;
        };
        let Some(name) = tree.set("name") else {
            let at = entries.first().map_or(tree.span, |entry| entry.key_span);
            diagnostics.push(errors::missing_key(at, "name", &format!("an entry of `{heading}`")));
            return None;
        };
        keys::check(entries, heading, known, diagnostics);
        let value = self.context.jinja.render(tree, &|path| rendered_here(heading, path), diagnostics);
        let name_span = name.span;
        let name = match value.get("name") {
            Some(Value::String(name)) => name.clone(),
            Some(Value::Array(_) | Value::Object(_)) | None => {
                diagnostics.push(errors::wrong_kind(name_span, "name", "text", name.kind_name()));
                return None;
            }
            Some(other) => super::python::str(other),
        };
        Some(Item { tree, value, name, name_span })
    }

    fn read(&self, heading: &str, item: Item<'_, '_>, properties: &mut Properties) {
        match heading {
            "models" => self.node(NodeKind::Model, item, properties),
            "seeds" => self.node(NodeKind::Seed, item, properties),
            "snapshots" => self.node(NodeKind::Snapshot, item, properties),
            "analyses" => self.node(NodeKind::Analysis, item, properties),
            "data_tests" => self.node(NodeKind::Test, item, properties),
            "sources" => self.source(&item, properties),
            "macros" => {
                let mut value = item.value;
                // A macro is no node with a place for it: the file stands among its properties.
                value["original_file_path"] = self.context.found.original.as_str().into();
                properties.macros.push((item.name, value));
            }
            "groups" => {
                let span = item.name_span;
                properties.groups.push((item.name, Spanned::new(item.value, span)));
            }
            "exposures" => self.other(NodeKind::Exposure, item, properties),
            "metrics" => self.other(NodeKind::Metric, item, properties),
            "semantic_models" => self.other(NodeKind::SemanticModel, item, properties),
            "saved_queries" => self.other(NodeKind::SavedQuery, item, properties),
            "unit_tests" => self.other(NodeKind::UnitTest, item, properties),
            _ => {}
        }
    }

    /// A part, seed, snapshot, analysis or singular test.
    fn node(&self, kind: NodeKind, mut item: Item<'_, '_>, properties: &mut Properties) {
        let context = self.context;
        if kind == NodeKind::Snapshot
            && let Some(relation) = item.value.get("relation").and_then(Value::as_str)
        {
            properties.drafts.push(self.yaml_snapshot(&item, relation));
        }
        let diagnostics = &mut properties.diagnostics;
        let config = self.config(BESIDE, &item.value, item.tree, diagnostics);
        let described = described(&item, diagnostics);
        without_columns(&mut item.value);
        let testable = matches!(kind, NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot);
        let versions = match kind {
            NodeKind::Model => self.versions(&item, &config, &described, diagnostics),
            _ => Vec::new(),
        };
        let latest_version =
            item.value.get("latest_version").filter(|v| !v.is_null()).map(super::python::str);
        let tests = if testable && versions.is_empty() {
            self.node_tests(&item, None, &columns_of(item.tree), item.tree, diagnostics)
        } else {
            Vec::new()
        };
        properties.patches.push(Patch {
            kind,
            name: item.name,
            name_span: item.name_span,
            package: context.package.to_owned(),
            said: Said { config, written: written(item.tree), tests, properties: item.value, ..described },
            versions,
            latest_version,
        });
    }

    /// `config:` and the keys that may also stand `beside` it.
    fn config(
        &self,
        beside: &[&str],
        value: &Value,
        tree: &Yaml<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Map<String, Value> {
        let mut config = match value.get("config") {
            Some(Value::Object(config)) => config.clone(),
            None | Some(Value::Null) => Map::new(),
            Some(_) => {
                if let Some(config) = tree.get("config") {
                    diagnostics.push(errors::wrong_kind(
                        config.span,
                        "config",
                        "a mapping",
                        config.kind_name(),
                    ));
                }
                Map::new()
            }
        };
        for key in beside {
            if let Some(said) = value.get(key).filter(|value| !value.is_null()) {
                config.entry(*key).or_insert_with(|| said.clone());
            }
        }
        let mut config = canonical(config, self.context.dialect);
        config.retain(|key, value| {
            let Some(expected) = expected_kind(key, value) else { return true };
            let place = tree.get("config").and_then(|config| config.get(key)).or_else(|| tree.get(key));
            let span = place.map_or(tree.span, |place| place.span);
            diagnostics.push(errors::wrong_config(span, key, expected, kind_name(value)));
            false
        });
        config
    }

    fn versions(
        &self,
        item: &Item<'_, '_>,
        config: &Map<String, Value>,
        described: &Said,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Version> {
        let Some(trees) = item.tree.set("versions") else { return Vec::new() };
        let values = item.value.get("versions").and_then(Value::as_array);
        let mut versions: Vec<Version> = Vec::new();
        for (tree, value) in trees.items().iter().zip(values.into_iter().flatten()) {
            let Some((v, span)) = tree.set("v").and_then(|v| Some((v.scalar_text()?, v.span))) else {
                diagnostics.push(errors::missing_key(tree.span, "v", "a version"));
                continue;
            };
            if let Some(first) = versions.iter().find(|version| version.v == v) {
                diagnostics.push(errors::duplicate_name("the version", &v, first.span, span));
                continue;
            }
            let mut merged = config.clone();
            for (key, value) in self.config(BESIDE, value, tree, diagnostics) {
                deep_merge(merged.entry(key).or_insert(Value::Null), value);
            }
            let chosen = columns::of_version(columns_of(item.tree), columns_of(tree));
            let own = columns::read(columns_of(tree), value.get("columns"), diagnostics);
            let mut all: IndexMap<String, ColumnProperties> = described
                .columns
                .iter()
                .filter(|(name, _)| chosen.iter().any(|column| columns::name(column) == Some(name)))
                .map(|(name, column)| (name.clone(), column.clone()))
                .collect();
            all.extend(own);
            let description = match text(value.get("description")) {
                own if own.is_empty() => described.description.clone(),
                own => own,
            };
            // A version without tests of its own has those of the part.
            let with_tests =
                if tree.set("tests").or(tree.set("data_tests")).is_some() { tree } else { item.tree };
            let tests = self.node_tests(item, Some(&v), &chosen, with_tests, diagnostics);
            let mut properties = item.value.clone();
            if let (Value::Object(all), Value::Object(own)) = (&mut properties, value) {
                all.extend(
                    own.iter()
                        .filter(|(key, _)| *key != "columns")
                        .map(|(key, value)| (key.clone(), value.clone())),
                );
            }
            versions.push(Version {
                v,
                span,
                defined_in: tree.set("defined_in").and_then(Yaml::scalar_text),
                said: Said {
                    config: merged,
                    written: written(tree),
                    properties,
                    description,
                    columns: all,
                    tests,
                },
            });
        }
        versions
    }

    fn yaml_snapshot(&self, item: &Item<'_, '_>, relation: &str) -> Draft {
        let context = self.context;
        let mut node = definitions::blank(NodeKind::Snapshot, context.package, &item.name, item.name_span);
        node.path = context.found.original.clone();
        node.relative_path = format!("{}.sql", item.name).into();
        node.fqn = definitions::prefix(context.package, &context.found.relative);
        node.fqn.push(item.name.clone());
        Draft {
            node: Box::new(node),
            attached: None,
            text: Some(format!("select * from {{{{ {relation} }}}}")),
        }
    }

    /// A node that YAML itself defines.
    fn defined(&self, kind: NodeKind, item: &Item<'_, '_>) -> Node {
        let context = self.context;
        let mut node = definitions::blank(kind, context.package, &item.name, item.tree.span);
        node.path = context.found.original.clone();
        node.relative_path = context.found.relative.clone();
        node.fqn = definitions::prefix(context.package, &context.found.relative);
        node.fqn.push(item.name.clone());
        node.properties_span = Some(item.name_span);
        node.description = text(item.value.get("description"));
        node
    }
}

/// `config:` as it is written, if Jinja changes it.
fn written(tree: &Yaml<'_>) -> Option<Box<Map<String, Value>>> {
    let Value::Object(config) = tree.get("config")?.to_value() else { return None };
    config.values().any(has_jinja).then(|| Box::new(config))
}

fn has_jinja(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{") || text.contains("{%"),
        Value::Array(items) => items.iter().any(has_jinja),
        Value::Object(map) => map.values().any(has_jinja),
        _ => false,
    }
}

/// The first folder of a path cut off, as dbt finds the place of tests.
fn below_resource(path: &Utf8Path) -> &Utf8Path {
    path.as_str().split_once('/').map_or(path, |(_, rest)| Utf8Path::new(rest))
}

/// Description and columns.
fn described(item: &Item<'_, '_>, diagnostics: &mut Vec<Diagnostic>) -> Said {
    Said {
        description: text(item.value.get("description")),
        columns: columns::read(columns_of(item.tree), item.value.get("columns"), diagnostics),
        ..Said::default()
    }
}

/// What is said of columns is in the node's columns; it is the most of what is said, and not held twice.
fn without_columns(said: &mut Value) {
    if let Value::Object(said) = said {
        said.shift_remove("columns");
    }
}

fn columns_of<'y, 't>(tree: &'y Yaml<'t>) -> Vec<&'y Yaml<'t>> {
    tree.get("columns").map(|columns| columns.items().iter().collect()).unwrap_or_default()
}

fn found(tree: &Yaml<'_>, what: &str) -> String {
    format!("{} ({what})", tree.kind_name())
}

/// A text, or what Python makes of another scalar; empty for null.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(value) => super::python::str(value),
    }
}

fn deep_merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                deep_merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Whether dbt renders this text when it reads the file. Descriptions, tests and hooks wait.
fn rendered_here(heading: &str, path: &[Step<'_>]) -> bool {
    let key = |at: usize| match path.get(at) {
        Some(Step::Key(key)) => *key,
        _ => "",
    };
    if path.is_empty() {
        return true;
    }
    let filter = || key(path.len() - 1) == "filter" || path.len() > 1 && key(path.len() - 2) == "filter";
    match heading {
        "sources" => match key(0) {
            "description" | "loaded_at_query" => false,
            "config" if key(1) == "loaded_at_query" => false,
            "tables" => path.len() < 3 || !waits(&path[2..]),
            _ => true,
        },
        "macros" if key(0) == "arguments" => !waits(&path[1..]),
        "metrics" => !filter() && !waits(path),
        "saved_queries" => !(waits(path) || key(0) == "query_params" && key(1) == "where"),
        _ => !(waits(path) || key(0) == "metrics" && filter()),
    }
}

fn waits(path: &[Step<'_>]) -> bool {
    let key = |at: usize| match path.get(at) {
        Some(Step::Key(key)) => *key,
        _ => "",
    };
    let late = |name: &str| matches!(name, "tests" | "data_tests" | "description");
    let length = path.len();
    late(key(0))
        || key(0) == "loaded_at_query"
        || length == 2 && (late(key(1)) || key(1) == "loaded_at_query")
        || key(0) == "config"
            && matches!(key(1), "pre_hook" | "post_hook" | "loaded_at_query" | "pre-hook" | "post-hook")
        || length == 5 && key(4) == "description"
        || key(0) == "versions" && late(key(2))
        || key(0) == "versions" && key(2) == "columns" && late(key(4))
        || matches!(key(0), "columns" | "dimensions" | "measures" | "entities" | "metrics") && late(key(2))
}
