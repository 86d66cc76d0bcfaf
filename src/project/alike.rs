//! What two states of a project have in common: nodes that are declared alike, on the same ground.
//!
//! The ground is all that any node can read besides itself and what it names: vars, macros, the target, settings. Where it
//! differs, no two nodes are alike. Everything is compared as it is written, the order of keys included, since templates
//! can show that.

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::node::{ColumnProperties, Node, NodeId, NodeMap, TestCall};
use super::{DocBlock, Package, Project, Target};
use crate::source::{FileId, SourceFile, SourceMap, Sources, Span, Spanned};

/// Nodes and files that two states of a project share: the one at hand, and another.
#[derive(Debug)]
pub struct Alike {
    /// By node at hand, the other's node.
    nodes: NodeMap<Option<NodeId>>,
    /// By file of the other state, the file at hand with the same path and text.
    files: Files,
}

impl Alike {
    /// Compares a project with another state of it.
    pub fn new(own: &Project, other: &Project) -> Self {
        let files = Files::new(&own.files, &other.files);
        let mut nodes = NodeMap::new(own.nodes.iter().map(|_| None).collect());
        let pair = Pair { own, other, files: &files };
        if pair.has_same_ground() {
            let (here, there) = (by_unique_id(own), by_unique_id(other));
            for (id, node) in own.nodes() {
                let unique_id = node.unique_id.as_str();
                let is_one = here.get(unique_id) == Some(&Some(id));
                let Some(Some(twin)) = there.get(unique_id).filter(|_| is_one) else { continue };
                if pair.are_alike(node, other.node(*twin)) {
                    nodes[id] = Some(*twin);
                }
            }
        }
        Self { nodes, files }
    }

    /// The node of the other state that is declared as this one is.
    pub fn node(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id]
    }

    /// A place of the other state here; `None` if its file is not the same.
    pub fn span(&self, there: Span) -> Option<Span> {
        self.files.span(there)
    }

    /// A map of the other state into the files here; `None` if one of them is not the same.
    pub fn source_map(&self, there: &SourceMap) -> Option<SourceMap> {
        there.moved(|file| self.files.file(file))
    }
}

/// The nodes by unique id; none where several share one, as switched-off ones may.
fn by_unique_id(project: &Project) -> FxHashMap<&str, Option<NodeId>> {
    let mut found: FxHashMap<&str, Option<NodeId>> = FxHashMap::default();
    for (id, node) in project.nodes() {
        found.entry(&node.unique_id).and_modify(|known| *known = None).or_insert(Some(id));
    }
    found
}

/// By file of the other state, the file at hand with the same path and text.
#[derive(Debug)]
struct Files(Vec<Option<FileId>>);

impl Files {
    fn new(own: &Sources, other: &Sources) -> Self {
        let by_path: FxHashMap<_, _> =
            own.iter().map(|(id, file)| (file.path.as_str(), (id, file))).collect();
        let same = |(_, file): (FileId, &SourceFile)| {
            let (id, here) = by_path.get(file.path.as_str())?;
            (here.text == file.text).then_some(*id)
        };
        Self(other.iter().map(same).collect())
    }

    fn file(&self, there: FileId) -> Option<FileId> {
        self.0.get(there.0 as usize).copied().flatten()
    }

    fn span(&self, there: Span) -> Option<Span> {
        Some(Span { file: self.file(there.file)?, ..there })
    }
}

struct Pair<'a> {
    own: &'a Project,
    other: &'a Project,
    files: &'a Files,
}

impl Pair<'_> {
    /// True if all is the same that a node can read besides itself and what it names.
    fn has_same_ground(&self) -> bool {
        // Other nodes are compared where they are named. Selectors choose nodes and don't make them.
        let Project {
            files: _,
            packages,
            target,
            nodes: _,
            macro_files,
            docs,
            macro_properties,
            groups,
            selectors: _,
            cli_vars,
            settings,
        } = self.other;
        let own = self.own;
        all(&own.packages, packages, same_package)
            && same_target(&own.target, target)
            && all(&own.macro_files, macro_files, |own, other| {
                own.package == other.package && Some(own.file) == self.files.file(other.file)
            })
            && same_entries(&own.docs, docs, |own, other| {
                let DocBlock { name, package, text, span: _ } = other;
                own.name == *name && own.package == *package && own.text == *text
            })
            && same_entries(&own.macro_properties, macro_properties, same)
            && same_entries(&own.groups, groups, |own, other| same(&own.value, &other.value))
            && same_map(&own.cli_vars, cli_vars)
            && own.settings == *settings
    }

    /// True if two nodes are declared alike, and stand in the same text.
    fn are_alike(&self, own: &Node, other: &Node) -> bool {
        let Node {
            unique_id,
            name,
            kind,
            package,
            path,
            relative_path,
            fqn,
            span,
            body,
            project_config,
            property_config,
            written_config,
            override_config,
            properties,
            properties_span,
            description,
            doc_blocks,
            columns,
            test,
            source_name,
            source_relation,
            version,
            latest_version,
            depends_on,
            is_python,
            hook,
        } = other;
        own.unique_id == *unique_id
            && own.name == *name
            && own.kind == *kind
            && own.package == *package
            && own.path == *path
            && own.relative_path == *relative_path
            && own.fqn == *fqn
            && self.is_there(Some(own.span), Some(*span))
            && self.is_there(own.body, *body)
            && same_map(&own.project_config.values, &project_config.values)
            && same_map(&own.property_config.values, &property_config.values)
            && same_optional(own.written_config.as_deref(), written_config.as_deref(), same_map)
            && same_map(&own.override_config.values, &override_config.values)
            && same(&own.properties, properties)
            && self.stands_in(own.properties_span) == properties_span.map(|it| self.other.files.path(it.file))
            && own.description == *description
            && own.doc_blocks == *doc_blocks
            && same_entries(&own.columns, columns, same_column)
            && same_optional(own.test.as_ref(), test.as_ref(), |own, other| self.same_test(own, other))
            && own.source_name == *source_name
            && own.source_relation == *source_relation
            && own.version == *version
            && own.latest_version == *latest_version
            && all(&own.depends_on, depends_on, |own, other| self.same_spanned(own, other))
            && own.is_python == *is_python
            && own.hook == *hook
    }

    /// Where an entry of properties stands: which file it is can be seen by a template, at which place can't.
    fn stands_in(&self, properties: Option<Span>) -> Option<&camino::Utf8Path> {
        properties.map(|it| self.own.files.path(it.file))
    }

    fn same_test(&self, own: &TestCall, other: &TestCall) -> bool {
        let TestCall {
            name,
            namespace,
            span,
            attached,
            model,
            column,
            quote_column,
            arguments,
            inherited_tags,
            short_name,
            raw,
        } = other;
        let attached = attached.map(|id| &self.other.node(id).unique_id);
        own.name == *name
            && own.namespace == *namespace
            && self.is_there(Some(own.span), Some(*span))
            && own.attached.map(|id| &self.own.node(id).unique_id) == attached
            && own.model == *model
            && own.column == *column
            && own.quote_column == *quote_column
            && same_map(&own.arguments, arguments)
            && own.inherited_tags == *inherited_tags
            && own.short_name == *short_name
            && own.raw == *raw
    }

    fn same_spanned(&self, own: &Spanned<String>, other: &Spanned<String>) -> bool {
        own.value == other.value && self.is_there(Some(own.span), Some(other.span))
    }

    /// True if both are one place of a file that is the same.
    fn is_there(&self, own: Option<Span>, other: Option<Span>) -> bool {
        match (own, other) {
            (Some(own), Some(other)) => self.files.span(other) == Some(own),
            (None, None) => true,
            _ => false,
        }
    }
}

fn same_package(own: &Package, other: &Package) -> bool {
    // Hooks of the run are nodes; the texts of all else are in `raw`.
    let Package {
        name,
        folder,
        version,
        raw,
        file: _,
        vars,
        dispatch,
        on_run_start: _,
        on_run_end: _,
        quoting,
        paths: _,
    } = other;
    own.name == *name
        && own.folder == *folder
        && own.version == *version
        && same(&own.raw, raw)
        && same_map(&own.vars, vars)
        && same_entries(&own.dispatch, dispatch, |own, other| own == other)
        && own.quoting == *quoting
}

fn same_target(own: &Target, other: &Target) -> bool {
    let Target { profile, name, adapter, dialect, database, schema, threads, credentials } = other;
    own.profile == *profile
        && own.name == *name
        && own.adapter == *adapter
        && own.dialect == *dialect
        && own.database == *database
        && own.schema == *schema
        && own.threads == *threads
        && same_map(&own.credentials, credentials)
}

fn same_column(own: &ColumnProperties, other: &ColumnProperties) -> bool {
    let ColumnProperties {
        name,
        span: _,
        description,
        written_description,
        doc_blocks,
        data_type,
        meta,
        tags,
        quote,
        constraints,
        more,
    } = other;
    own.name == *name
        && own.description == *description
        && own.written_description == *written_description
        && own.doc_blocks == *doc_blocks
        && own.data_type == *data_type
        && same_map(&own.meta, meta)
        && own.tags == *tags
        && own.quote == *quote
        && all(&own.constraints, constraints, same)
        && same_optional(own.more.as_deref(), more.as_deref(), same_map)
}

/// True if two values are the same to a template: for `==`, the order of keys does not count.
fn same(own: &Value, other: &Value) -> bool {
    match (own, other) {
        (Value::Object(own), Value::Object(other)) => same_map(own, other),
        (Value::Array(own), Value::Array(other)) => all(own, other, same),
        // A zero is printed with its sign.
        (Value::Number(own), Value::Number(other)) => {
            own == other && own.as_f64().map(f64::to_bits) == other.as_f64().map(f64::to_bits)
        }
        _ => own == other,
    }
}

fn same_map(own: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    own.len() == other.len()
        && own.iter().zip(other).all(|((key, value), (there, other))| key == there && same(value, other))
}

fn same_entries<K: PartialEq, V>(
    own: &IndexMap<K, V>,
    other: &IndexMap<K, V>,
    same: impl Fn(&V, &V) -> bool,
) -> bool {
    own.len() == other.len()
        && own.iter().zip(other).all(|((key, value), (there, other))| key == there && same(value, other))
}

fn same_optional<T: ?Sized>(own: Option<&T>, other: Option<&T>, same: impl Fn(&T, &T) -> bool) -> bool {
    match (own, other) {
        (Some(own), Some(other)) => same(own, other),
        (None, None) => true,
        _ => false,
    }
}

fn all<T>(own: &[T], other: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    own.len() == other.len() && own.iter().zip(other).all(|(own, other)| same(own, other))
}
