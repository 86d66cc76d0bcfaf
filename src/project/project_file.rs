//! `dbt_project.yml`: names, folders, hooks, vars, and the configs of folders.

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::yaml::{self, Entry, Kind, Yaml};
use super::yaml_jinja::{Step, YamlJinja};
use super::{NodeKind, Package, PackagePaths, errors, expected_kind, kind_name};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span, Spanned};

/// What one `dbt_project.yml` says.
#[derive(Clone, Debug)]
pub(super) struct ProjectFile {
    /// The part that later stages see.
    pub package: Package,
    /// `packages-install-path`.
    pub install_path: Utf8PathBuf,
    /// The configs of folders by heading (`models`, `data_tests` …), rendered.
    pub configs: Map<String, Value>,
    /// The folders that have configs of their own, with the places of their names.
    pub folders: Vec<ConfiguredFolder>,
}

/// A folder, package or node that `dbt_project.yml` names below a heading.
#[derive(Clone, Debug)]
pub(super) struct ConfiguredFolder {
    /// The heading, e.g. `models`.
    pub heading: &'static str,
    /// The names from outside in, as in an fqn.
    pub path: Vec<String>,
    /// The place of the last name.
    pub span: Span,
}

/// All keys that dbt knows.
const KEYS: &[&str] = &[
    "name",
    "version",
    "config-version",
    "profile",
    "model-paths",
    "seed-paths",
    "test-paths",
    "analysis-paths",
    "macro-paths",
    "snapshot-paths",
    "docs-paths",
    "asset-paths",
    "function-paths",
    "osi-paths",
    "source-paths",
    "data-paths",
    "packages-install-path",
    "clean-targets",
    "target-path",
    "log-path",
    "query-comment",
    "require-dbt-version",
    "flags",
    "quoting",
    "on-run-start",
    "on-run-end",
    "dispatch",
    "models",
    "seeds",
    "snapshots",
    "analyses",
    "sources",
    "tests",
    "data_tests",
    "unit_tests",
    "metrics",
    "semantic-models",
    "saved-queries",
    "exposures",
    "functions",
    "vars",
    "dbt-cloud",
    "restrict-access",
    "packages",
    "config_version",
    "anchors",
    "groups",
    "modules-paths",
];

/// Headings whose values are configs by folder.
const HEADINGS: &[&str] = &[
    "models",
    "seeds",
    "snapshots",
    "analyses",
    "sources",
    "tests",
    "data_tests",
    "unit_tests",
    "metrics",
    "semantic-models",
    "saved-queries",
    "exposures",
    "functions",
];

/// Reads the tree of a `dbt_project.yml` that stands in `folder`. `None` if it has no usable name.
pub(super) fn read(
    file: FileId,
    folder: &Utf8Path,
    tree: &Yaml<'_>,
    jinja: &YamlJinja<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ProjectFile> {
    let Kind::Map(entries) = &tree.kind else {
        diagnostics.push(errors::wrong_kind(tree.span, "dbt_project.yml", "a mapping", tree.kind_name()));
        return None;
    };
    for entry in entries {
        if !KEYS.contains(&&*entry.key) {
            diagnostics.push(errors::unknown_key(entry.key_span, &entry.key, "`dbt_project.yml`", KEYS));
        }
    }
    let name = name(tree, diagnostics)?;
    // One walk renders all that dbt renders.
    let rendered = jinja.render(tree, &|path| rendered_here(path), diagnostics);
    let reader = Reader { tree, rendered: &rendered };
    let configs = reader.configs(diagnostics);
    let paths = reader.paths(diagnostics);
    let package = Package {
        name,
        folder: folder.to_owned(),
        version: tree.set("version").and_then(Yaml::scalar_text),
        raw: tree.to_value(),
        file,
        vars: reader.mapping("vars", diagnostics),
        dispatch: reader.dispatch(diagnostics),
        on_run_start: reader.hooks("on-run-start", diagnostics),
        on_run_end: reader.hooks("on-run-end", diagnostics),
        quoting: quoting(rendered.get("quoting")),
        paths,
    };
    let install_path =
        rendered.get("packages-install-path").and_then(Value::as_str).unwrap_or("dbt_packages");
    Some(ProjectFile { package, install_path: clean(install_path), configs, folders: folders(tree) })
}

/// The heading of `dbt_project.yml` for a kind of node; none for kinds without configs.
pub(super) fn heading(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Model | NodeKind::Analysis | NodeKind::Operation => "models",
        NodeKind::Seed => "seeds",
        NodeKind::Snapshot => "snapshots",
        NodeKind::Test => "data_tests",
        NodeKind::UnitTest => "unit_tests",
        NodeKind::Source => "sources",
        NodeKind::Exposure => "exposures",
        NodeKind::Metric => "metrics",
        NodeKind::SemanticModel => "semantic-models",
        NodeKind::SavedQuery => "saved-queries",
    }
}

/// All folders below the headings that set something themselves.
fn folders(tree: &Yaml<'_>) -> Vec<ConfiguredFolder> {
    fn walk(
        heading: &'static str,
        level: &Yaml<'_>,
        path: &[String],
        span: Span,
        into: &mut Vec<ConfiguredFolder>,
    ) {
        let is_folder =
            |entry: &Entry<'_>| matches!(entry.value.kind, Kind::Map(_)) && !entry.key.starts_with('+');
        let entries = level.entries();
        if !path.is_empty() && (entries.is_empty() || entries.iter().any(|entry| !is_folder(entry))) {
            into.push(ConfiguredFolder { heading, path: path.to_vec(), span });
        }
        for entry in entries.iter().filter(|entry| is_folder(entry)) {
            let mut below = path.to_vec();
            below.push(entry.key.clone().into_owned());
            walk(heading, &entry.value, &below, entry.key_span, into);
        }
    }
    let mut found = Vec::new();
    for heading in ["models", "seeds", "snapshots", "sources", "tests", "data_tests"] {
        if let Some(level) = tree.get(heading) {
            walk(heading, level, &[], level.span, &mut found);
        }
    }
    found
}

/// Database, schema and identifier of a `quoting` mapping.
pub(super) fn quoting(value: Option<&Value>) -> [Option<bool>; 3] {
    let get = |names: &[&str]| {
        let value = value?;
        names.iter().find_map(|name| value.get(name)).and_then(Value::as_bool)
    };
    [get(&["database", "project", "catalog"]), get(&["schema", "dataset"]), get(&["identifier", "alias"])]
}

/// A folder's path without `./`, doubled and trailing slashes.
pub(super) fn clean(path: &str) -> Utf8PathBuf {
    let parts = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
    let joined = parts.collect::<Vec<_>>().join("/");
    if path.starts_with('/') { format!("/{joined}").into() } else { joined.into() }
}

fn rendered_here(path: &[Step<'_>]) -> bool {
    let Some(Step::Key(first)) = path.first() else { return true };
    if matches!(*first, "on-run-start" | "on-run-end" | "query-comment" | "vars") {
        return false;
    }
    let hooks = |step: &Step<'_>| {
        let Step::Key(key) = step else { return false };
        let key = key.trim_start_matches(['+', ' ']);
        matches!(key, "pre-hook" | "post-hook" | "pre_hook" | "post_hook")
    };
    !(matches!(*first, "models" | "seeds" | "snapshots" | "tests" | "data_tests") && path.iter().any(hooks))
}

fn name(tree: &Yaml<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(value) = tree.set("name") else {
        let start = Span { end: tree.span.start, ..tree.span };
        diagnostics.push(errors::missing_key(start, "name", "`dbt_project.yml`"));
        return None;
    };
    let Some(name) = value.text() else {
        diagnostics.push(errors::wrong_kind(value.span, "name", "text", value.kind_name()));
        return None;
    };
    let word = |char: char| char.is_alphanumeric() || char == '_';
    if name.chars().all(word) && !name.starts_with(|char: char| char.is_numeric()) && !name.is_empty() {
        return Some(name.to_owned());
    }
    let message = format!("`{name}` can't be the name of a project");
    let label = "only letters, digits and `_`, not starting with a digit";
    let mended: String = name.chars().map(|char| if word(char) { char } else { '_' }).collect();
    diagnostics.push(errors::bad_value(value.span, &message, label));
    // Going on under a mended name finds the other mistakes as well.
    Some(mended)
}

/// Takes away configs whose values are of a kind that they can't have.
fn drop_wrong(level: &Yaml<'_>, rendered: &mut Map<String, Value>, diagnostics: &mut Vec<Diagnostic>) {
    for entry in level.entries() {
        let Some(value) = rendered.get_mut(&*entry.key) else { continue };
        let plus = entry.key.strip_prefix('+').map(str::trim);
        if let (None, Value::Object(below)) = (plus, &mut *value) {
            drop_wrong(&entry.value, below, diagnostics);
            continue;
        }
        let key = plus.unwrap_or(&entry.key);
        if let Some(expected) = expected_kind(key, value) {
            diagnostics.push(errors::wrong_config(entry.value.span, key, expected, kind_name(value)));
            rendered.shift_remove(&*entry.key);
        }
    }
}

struct Reader<'r, 't> {
    tree: &'r Yaml<'t>,
    rendered: &'r Value,
}

impl Reader<'_, '_> {
    fn configs(&self, diagnostics: &mut Vec<Diagnostic>) -> Map<String, Value> {
        let mut configs = Map::new();
        for heading in HEADINGS {
            let map = match (self.tree.set(heading), self.rendered.get(heading)) {
                (Some(tree), Some(Value::Object(map))) => {
                    let mut map = map.clone();
                    drop_wrong(tree, &mut map, diagnostics);
                    map
                }
                (Some(tree), _) => {
                    diagnostics.push(errors::wrong_kind(tree.span, heading, "a mapping", tree.kind_name()));
                    continue;
                }
                (None, _) => continue,
            };
            // `tests` is the older name.
            let heading = if *heading == "tests" { "data_tests" } else { heading };
            configs.insert(heading.to_owned(), Value::Object(map));
        }
        configs
    }

    fn paths(&self, diagnostics: &mut Vec<Diagnostic>) -> PackagePaths {
        let mut get = |names: &[&str], default: &str| {
            let found = names.iter().find_map(|name| self.folders(name, diagnostics));
            found.unwrap_or_else(|| vec![Utf8PathBuf::from(default)])
        };
        let models = get(&["model-paths", "source-paths"], "models");
        let macros = get(&["macro-paths"], "macros");
        let seeds = get(&["seed-paths", "data-paths"], "seeds");
        let snapshots = get(&["snapshot-paths"], "snapshots");
        let tests = get(&["test-paths"], "tests");
        let analyses = get(&["analysis-paths"], "analyses");
        let target =
            self.text("target-path").map_or_else(|| Utf8PathBuf::from("target"), |path| clean(&path));
        let clean = self.folders("clean-targets", diagnostics).unwrap_or_else(|| vec![target.clone()]);
        let docs = self.folders("docs-paths", diagnostics).unwrap_or_else(|| {
            let all = [&models, &seeds, &snapshots, &analyses, &macros, &tests];
            let mut docs: Vec<Utf8PathBuf> = Vec::new();
            for folder in all.into_iter().flatten() {
                if !docs.contains(folder) {
                    docs.push(folder.clone());
                }
            }
            docs
        });
        PackagePaths { models, macros, seeds, snapshots, tests, analyses, docs, target, clean }
    }

    fn folders(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Utf8PathBuf>> {
        let tree = self.tree.set(key)?;
        match self.rendered.get(key)? {
            Value::String(path) => Some(vec![clean(path)]),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                Some(items.iter().filter_map(Value::as_str).map(clean).collect())
            }
            _ => {
                diagnostics.push(errors::wrong_kind(tree.span, key, "a list of folders", tree.kind_name()));
                None
            }
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        self.rendered.get(key)?.as_str().map(str::to_owned)
    }

    fn mapping(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Map<String, Value> {
        match self.tree.set(key) {
            None => Map::new(),
            Some(Yaml { kind: Kind::Map(entries), .. }) => yaml::to_map(entries),
            Some(other) => {
                diagnostics.push(errors::wrong_kind(other.span, key, "a mapping", other.kind_name()));
                Map::new()
            }
        }
    }

    fn hooks(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Spanned<String>> {
        let Some(tree) = self.tree.set(key) else { return Vec::new() };
        let one = std::slice::from_ref(tree);
        let items = if matches!(tree.kind, Kind::List(_)) { tree.items() } else { one };
        let mut hooks = Vec::new();
        for item in items {
            match item.text() {
                Some(text) => hooks.push(Spanned::new(text.to_owned(), item.span)),
                None => diagnostics.push(errors::wrong_kind(
                    item.span,
                    key,
                    "text or a list of texts",
                    item.kind_name(),
                )),
            }
        }
        hooks
    }

    fn dispatch(&self, diagnostics: &mut Vec<Diagnostic>) -> IndexMap<String, Vec<String>> {
        let mut dispatch = IndexMap::new();
        let Some(tree) = self.tree.set("dispatch") else { return dispatch };
        if !matches!(tree.kind, Kind::List(_)) {
            diagnostics.push(errors::wrong_kind(tree.span, "dispatch", "a list", tree.kind_name()));
        }
        let rendered = self.rendered.get("dispatch").and_then(Value::as_array);
        for (item, value) in tree.items().iter().zip(rendered.into_iter().flatten()) {
            let namespace = value.get("macro_namespace").and_then(Value::as_str);
            let order = value.get("search_order").and_then(Value::as_array);
            if let (Some(namespace), Some(order)) = (namespace, order) {
                let order = order.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                dispatch.insert(namespace.to_owned(), order);
            } else {
                let message = "an entry of `dispatch` needs `macro_namespace` and a list `search_order`";
                diagnostics.push(errors::bad_value(item.span, message, "one of them is missing"));
            }
        }
        dispatch
    }
}
