//! Nodes: everything that has a place in the graph.

use std::ops::{Index, IndexMut};

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Config;
use crate::source::{Span, Spanned};

/// The place of a node in [`super::Project::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What a node is. A *part* is a [`NodeKind::Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A part: one SQL file (or python file) that others may `ref()`.
    Model,
    /// A CSV file.
    Seed,
    /// A dbt snapshot.
    Snapshot,
    /// A data test, generic or singular.
    Test,
    /// A unit test.
    UnitTest,
    /// SQL that is compiled, never run.
    Analysis,
    /// A table that is read, never written.
    Source,
    /// A use outside of the project.
    Exposure,
    /// A metric (kept for the manifest).
    Metric,
    /// A semantic model (kept for the manifest).
    SemanticModel,
    /// A saved query (kept for the manifest).
    SavedQuery,
    /// A hook of `on-run-start` or `on-run-end`.
    Operation,
}

impl NodeKind {
    /// dbt's `resource_type`.
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::UnitTest => "unit_test",
            Self::Analysis => "analysis",
            Self::Source => "source",
            Self::Exposure => "exposure",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::Operation => "operation",
        }
    }

    /// True for what `ref()` reaches.
    pub fn is_refable(self) -> bool {
        matches!(self, Self::Model | Self::Seed | Self::Snapshot)
    }

    /// True for what the warehouse has a table or view for, but for the results of tests.
    pub fn is_relation(self) -> bool {
        self.is_refable() || self == Self::Source
    }

    /// True for what has columns: tables, views, and queries that are only run.
    pub fn has_columns(self) -> bool {
        matches!(self, Self::Model | Self::Seed | Self::Snapshot | Self::Source | Self::Test | Self::Analysis)
    }

    /// True for what has SQL or rows of its own, and stands under `nodes` in dbt's manifest.
    pub fn is_parsed(self) -> bool {
        matches!(
            self,
            Self::Model | Self::Seed | Self::Snapshot | Self::Test | Self::Analysis | Self::Operation
        )
    }
}

/// One node as its files define it.
#[derive(Clone, Debug)]
pub struct Node {
    /// dbt's id, e.g. `model.shop.orders`, `test.shop.unique_orders_id.<hash>`, `source.shop.raw.orders`.
    pub unique_id: String,
    /// The name that `ref()` uses; for a source the table's name.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// The package it belongs to.
    pub package: String,
    /// The file that defines it, relative to its package's folder (dbt's `original_file_path`).
    pub path: Utf8PathBuf,
    /// The file's place below its resource folder (dbt's `path`), e.g. `marts/orders.sql`.
    pub relative_path: Utf8PathBuf,
    /// dbt's `fqn`: package, folders, name.
    pub fqn: Vec<String>,
    /// The definition: the whole file of a part, the block of a snapshot, the name's place in YAML.
    pub span: Span,
    /// The Jinja text to render, if it has one: a part, snapshot body, singular test, analysis. In `span.file`.
    pub body: Option<Span>,
    /// Config from `dbt_project.yml`, as plain values; Jinja in values is rendered already.
    pub project_config: Config,
    /// Config from property files, with the place of the whole mapping for messages.
    pub property_config: Config,
    /// `config:` of the property file before its Jinja was rendered, where it has any.
    pub written_config: Option<Box<Map<String, Value>>>,
    /// For a node of a package: what the root's `dbt_project.yml` says of it. It wins over all else, `config()`
    /// in the text included, as in dbt. Empty for the root's own nodes.
    pub override_config: Config,
    /// The entry in the property file as plain values (for artifacts and the `model` variable); null if none.
    pub properties: Value,
    /// Where the entry's name stands in the property file.
    pub properties_span: Option<Span>,
    /// `description`, rendered.
    pub description: String,
    /// The ids of the `docs` blocks in it, in order.
    pub doc_blocks: Vec<String>,
    /// Columns by name, from properties.
    pub columns: IndexMap<String, ColumnProperties>,
    /// For tests: what is called on what.
    pub test: Option<TestCall>,
    /// For sources: name of the source (`name` is the table's); loader, schema, … are in `properties`.
    pub source_name: Option<String>,
    /// For sources: database, schema, identifier and quoting as configured.
    pub source_relation: Option<SourceRelation>,
    /// For models: `version` as text (`2`, `v2` stays as written), when versioned.
    pub version: Option<String>,
    /// For models: the latest version of its family.
    pub latest_version: Option<String>,
    /// For exposures, metrics …: `depends_on` as written (`ref('x')`, `source('a','b')`).
    pub depends_on: Vec<Spanned<String>>,
    /// For models in Python.
    pub is_python: bool,
    /// For hooks of the run: the statement.
    pub hook: Option<HookCall>,
}

/// A statement of `on-run-start` or `on-run-end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCall {
    /// Which of the two, in dbt's words.
    pub when: String,
    /// Its place in the list.
    pub index: usize,
    /// The Jinja text.
    pub text: String,
}

/// The name of a source's table in the warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SourceRelation {
    /// Database; the target's if not set.
    pub database: Option<String>,
    /// Schema; the source's name if not set.
    pub schema: Option<String>,
    /// Table.
    pub identifier: String,
    /// Quoting of database, schema, identifier; `None` where not set.
    pub quote: [Option<bool>; 3],
}

/// A column as properties describe it.
#[derive(Clone, Debug, Default)]
pub struct ColumnProperties {
    /// The name as written.
    pub name: String,
    /// Its place.
    pub span: Option<Span>,
    /// `description`, rendered.
    pub description: String,
    /// The description as it is written, if Jinja is in it.
    pub written_description: Option<Box<str>>,
    /// The ids of the `docs` blocks in it, in order.
    pub doc_blocks: Vec<String>,
    /// `data_type`.
    pub data_type: Option<String>,
    /// `meta`.
    pub meta: Map<String, Value>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `quote`.
    pub quote: Option<bool>,
    /// `constraints`, as plain values.
    pub constraints: Vec<Value>,
    /// What else is written of it: `granularity`, `dimension`, `entity`, and the user's own keys, which dbt passes on.
    pub more: Option<Box<Map<String, Value>>>,
}

/// One use of a generic test, or a singular test (`name` empty).
#[derive(Clone, Debug)]
pub struct TestCall {
    /// The test's name, e.g. `unique`; empty for a singular test.
    pub name: String,
    /// Its package if named (`dbt_utils.expression_is_true` gives `dbt_utils`).
    pub namespace: Option<String>,
    /// Where the test stands in YAML.
    pub span: Span,
    /// The tested model, seed, snapshot or source table, if in the same package; resolved by name.
    pub attached: Option<NodeId>,
    /// dbt's `model` argument, e.g. `{{ get_where_subquery(ref('orders')) }}`; empty for a singular test.
    pub model: String,
    /// The column, for a column test.
    pub column: Option<String>,
    /// Whether that column asks to be quoted.
    pub quote_column: bool,
    /// The arguments as written, without `model`, and without the `column_name` of a column test.
    pub arguments: Map<String, Value>,
    /// Tags that the config has from what is tested, which the test itself does not have.
    pub inherited_tags: Vec<String>,
    /// dbt's short name, for file names (at most 63 characters).
    pub short_name: String,
    /// The Jinja text that dbt keeps as `raw_code`: `{{ test_unique(**_dbt_generic_test_kwargs) }}` and config.
    pub raw: String,
}

/// A vector by [`NodeId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeMap<T>(Vec<T>);

impl<T> NodeMap<T> {
    /// One value a node, in order; `values` must be as long as the project's nodes.
    pub fn new(values: Vec<T>) -> Self {
        Self(values)
    }

    /// The values with their ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &T)> {
        self.0.iter().enumerate().map(|(at, value)| (NodeId(at as u32), value))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Index<NodeId> for NodeMap<T> {
    type Output = T;
    fn index(&self, id: NodeId) -> &T {
        &self.0[id.0 as usize]
    }
}

impl<T> IndexMut<NodeId> for NodeMap<T> {
    fn index_mut(&mut self, id: NodeId) -> &mut T {
        &mut self.0[id.0 as usize]
    }
}
