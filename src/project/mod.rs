//! Stage 1, load: from files to a [`Project`]. Nothing is rendered here but what dbt renders in YAML.

mod alike;
mod blocks;
mod check;
mod config;
mod definitions;
mod dependencies;
mod descriptions;
mod discover;
mod errors;
mod files;
mod folder_config;
mod load;
mod node;
mod packages;
mod prints;
mod profile;
mod project_file;
mod properties;
mod python;
mod selectors;
mod settings;
mod yaml;
mod yaml_jinja;
mod yaml_names;
mod yaml_places;
mod yaml_text;
mod yaml_times;
mod yaml_write;

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use serde_json::{Map, Value};

pub use alike::Alike;
pub use config::{Config, expected_kind, kind_name};
pub use dependencies::{
    Dependencies, Dependency, Outline, Reader, cli_vars, dependencies, outline, package_list,
};
pub use folder_config::canonical_key;
pub use load::mapping;
pub use node::{ColumnProperties, HookCall, Node, NodeId, NodeKind, NodeMap, SourceRelation, TestCall};
pub use prints::{Print, Prints};
#[cfg(feature = "deps")]
pub(crate) use python::repr as python_repr;
pub use yaml_places::{YamlScalar, YamlStep, yaml_scalars};
pub(crate) use yaml_text::yaml_text;
pub(crate) use yaml_times::yaml_with_times;
pub use yaml_write::{ColumnDescription, Described, describe_columns, property_file, unrendered_description};

use crate::diagnostic::Staged;
use crate::source::{FileId, Sources, Span, Spanned};
use crate::sql::Dialect;
use crate::world::World;

/// The version of dbt whose behaviour this is.
pub const DBT_VERSION: &str = "1.12.6";

/// Everything that was read from the project's files.
#[derive(Clone, Debug)]
pub struct Project {
    /// All files that were read, with their texts.
    pub files: Sources,
    /// The root project first, then the packages in `dbt_packages/` by name.
    pub packages: Vec<Package>,
    /// Where the SQL goes.
    pub target: Target,
    /// Every model, seed, snapshot, test, analysis, source, exposure …; a [`NodeId`] is the place in this list.
    /// Sorted by package (root first), kind, path and place in the file, so that ids are the same at each run.
    pub nodes: Vec<Node>,
    /// Files that may hold macros, in the order of packages and paths.
    pub macro_files: Vec<MacroFile>,
    /// `{% docs %}` blocks by package and name.
    pub docs: IndexMap<(String, String), DocBlock>,
    /// Macro properties from YAML (descriptions and arguments), by package and macro name.
    pub macro_properties: IndexMap<(String, String), Value>,
    /// `groups:` entries as plain values, by package and name.
    pub groups: IndexMap<(String, String), Spanned<Value>>,
    /// Definitions of `selectors.yml` by name, as plain values.
    pub selectors: IndexMap<String, Spanned<Value>>,
    /// `--vars`, which win over all others.
    pub cli_vars: Map<String, Value>,
    /// `buhin.yml`.
    pub settings: Settings,
}

/// One dbt project: the root or an installed package.
#[derive(Clone, Debug)]
pub struct Package {
    /// The name in `dbt_project.yml`.
    pub name: String,
    /// The folder, relative to the root project's; empty for the root itself.
    pub folder: Utf8PathBuf,
    /// `version` as written.
    pub version: Option<String>,
    /// All of `dbt_project.yml` as plain values, unrendered.
    pub raw: Value,
    /// The file `dbt_project.yml`.
    pub file: FileId,
    /// `vars` of this package's own file (`vars: {key: …}` and `vars: {package: {key: …}}` as they stand there).
    pub vars: Map<String, Value>,
    /// `dispatch:` entries: macro namespace to search order.
    pub dispatch: IndexMap<String, Vec<String>>,
    /// `on-run-start` with places.
    pub on_run_start: Vec<Spanned<String>>,
    /// `on-run-end` with places.
    pub on_run_end: Vec<Spanned<String>>,
    /// The `quoting:` mapping: database, schema, identifier; `None` where not set.
    pub quoting: [Option<bool>; 3],
    /// Folders of this package by kind, as configured or by default, relative to the package.
    pub paths: PackagePaths,
}

/// The folders of one package.
#[derive(Clone, Debug, Default)]
pub struct PackagePaths {
    /// `model-paths`.
    pub models: Vec<Utf8PathBuf>,
    /// `macro-paths`.
    pub macros: Vec<Utf8PathBuf>,
    /// `seed-paths`.
    pub seeds: Vec<Utf8PathBuf>,
    /// `snapshot-paths`.
    pub snapshots: Vec<Utf8PathBuf>,
    /// `test-paths`.
    pub tests: Vec<Utf8PathBuf>,
    /// `analysis-paths`.
    pub analyses: Vec<Utf8PathBuf>,
    /// `docs-paths`, all of the above if not set.
    pub docs: Vec<Utf8PathBuf>,
    /// `target-path`.
    pub target: Utf8PathBuf,
    /// `clean-targets`.
    pub clean: Vec<Utf8PathBuf>,
}

/// A profile's chosen output.
#[derive(Clone, Debug)]
pub struct Target {
    /// The profile's name.
    pub profile: String,
    /// The output's name, e.g. `dev`.
    pub name: String,
    /// `type` as written, e.g. `duckdb`.
    pub adapter: String,
    /// The dialect of that type, or of `--dialect`.
    pub dialect: Dialect,
    /// Default database; for DuckDB the stem of the file's name, as dbt-duckdb does.
    pub database: Option<String>,
    /// Default schema.
    pub schema: String,
    /// `threads`, 1 if not set.
    pub threads: usize,
    /// All keys of the output, rendered. Secrets are in here: never print or store it.
    pub credentials: Map<String, Value>,
}

impl Target {
    /// The keys of the output that may be shown: all but secrets.
    pub fn shown(&self) -> impl Iterator<Item = (&str, &Value)> {
        const SECRET: [&str; 5] = ["pass", "token", "secret", "private_key", "keyfile"];
        let is_secret = |key: &str| {
            let key = key.to_ascii_lowercase();
            SECRET.iter().any(|word| key.contains(word))
        };
        let all = self.credentials.iter().map(|(key, value)| (key.as_str(), value));
        all.filter(move |(key, _)| !is_secret(key))
    }
}

/// A file in a macro folder (or a tests/generic folder), to be scanned for macros by the render stage.
#[derive(Clone, Debug)]
pub struct MacroFile {
    /// The package's name.
    pub package: String,
    /// The file.
    pub file: FileId,
}

/// A `{% docs name %}` block.
#[derive(Clone, Debug)]
pub struct DocBlock {
    /// The block's name.
    pub name: String,
    /// Package it stands in.
    pub package: String,
    /// The text between the tags, trimmed as dbt does.
    pub text: String,
    /// The whole block.
    pub span: Span,
}

/// What `buhin.yml` says; every field has a default, so the file may be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `materialization.default`: for parts that set none; `None` means dbt's `view`.
    pub default_materialization: Option<String>,
    /// `materialization.ephemeral`: what `ephemeral` parts become, `inline` or `auto`.
    pub ephemeral: Option<String>,
    /// `materialization.temp`: `auto` if `auto` parts may become temporary tables; `off` if not set.
    pub temp: Option<String>,
    /// `statistics`: the folder of the `run_results.json` and `catalog.json` that count when parts are decided about.
    pub statistics: Option<Utf8PathBuf>,
    /// `limits`: what statements may have, where the author knows better than the warehouse's profile.
    pub limits: LimitSettings,
    /// `snapshots.folder`: where approved compiled SQL stands; `snapshots` if not set.
    pub snapshot_folder: Utf8PathBuf,
    /// `checks.columns`: whether columns are held against what is known of tables whenever parts are compiled.
    pub check_columns: bool,
    /// `docs.inherit`: whether the manifest has the descriptions and codes that columns inherit.
    pub inherit_docs: bool,
    /// `snapshots.approve`: which parts need approved SQL: `all`, `roots`, or a selector; `all` if not set.
    pub approve: Option<String>,
    /// `snapshots.form`: `text`, or `code` for SQL without comments; `text` if not set.
    pub approved_form: Option<String>,
    /// `warnings`: severity by the slug of a code (`off`, `warn`, `error`).
    pub warnings: IndexMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_materialization: None,
            ephemeral: None,
            temp: None,
            statistics: None,
            limits: LimitSettings::default(),
            snapshot_folder: Utf8PathBuf::from("snapshots"),
            check_columns: false,
            inherit_docs: false,
            approve: None,
            approved_form: None,
            warnings: IndexMap::new(),
        }
    }
}

/// What a statement may have of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// As much as it likes.
    Off,
    /// At most this.
    At(u64),
}

impl Bound {
    /// The number, if there is one.
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Off => None,
            Self::At(number) => Some(number),
        }
    }
}

/// `limits` of `buhin.yml`: bounds by the name of a measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitSettings {
    /// For all targets.
    pub common: Vec<(&'static str, Bound)>,
    /// `limits.targets`: for one, by its name; they go before the common ones.
    pub targets: Vec<(String, Vec<(&'static str, Bound)>)>,
}

impl LimitSettings {
    /// The names of all measures.
    pub const MEASURES: &[&str] = &[
        "nodes",
        "joins",
        "expression",
        "depth",
        "ctes",
        "unions",
        "copies",
        "stages",
        "text",
        "relations",
        "views",
        "columns",
        "nesting",
        "list",
    ];

    /// What is said of a measure for a target; `None` if nothing is.
    pub fn of(&self, target: &str, measure: &str) -> Option<Bound> {
        let own = self.targets.iter().filter(|(name, _)| name == target).flat_map(|(_, bounds)| bounds);
        let (_, bound) = own.chain(&self.common).find(|(name, _)| *name == measure)?;
        Some(*bound)
    }
}

/// What the command line says about loading.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// `--profiles-dir`.
    pub profiles_dir: Option<Utf8PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--vars`, as YAML text.
    pub vars: Option<String>,
    /// `--dialect`.
    pub dialect: Option<Dialect>,
    /// `--threads`.
    pub threads: Option<usize>,
    /// `--target-path`.
    pub target_path: Option<Utf8PathBuf>,
}

/// Reads the project. When there is no project to speak of, the files that the diagnostics point into.
pub fn load(world: &dyn World, options: &LoadOptions) -> Staged<Result<Project, Sources>> {
    load::load(world, options)
}

/// A YAML text as plain data; `None` if it is not well-formed.
pub fn yaml_value(text: &str) -> Option<Value> {
    let document = yaml::parse(FileId(0), text);
    let is_error = document.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error);
    (!is_error).then(|| document.root.map_or(Value::Null, |root| root.to_value()))
}

impl Project {
    /// The node of this id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// All nodes with their ids, in order.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(at, node)| (NodeId(at as u32), node))
    }

    /// The root project.
    pub fn root(&self) -> &Package {
        &self.packages[0]
    }
}

#[cfg(test)]
mod tests;
