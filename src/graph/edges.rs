//! From calls to edges: each `ref()` and `source()` of each node is looked up once.

use rustc_hash::FxHashMap;

use super::calls::{self, Call};
use super::semantic::Semantic;
use super::{Graph, Resolved, access, errors};
use crate::diagnostic::Diagnostic;
use crate::project::{Node, NodeId, NodeKind, NodeMap, Project};
use crate::render::{Collected, RefCall, SourceCall};
use crate::source::Span;

/// Where each node first calls each parent, in the order of [`Graph::parents`].
pub(super) type Places = NodeMap<Vec<Option<Span>>>;

/// Fills parents and children.
pub(super) fn link(
    project: &Project,
    collected: &Collected,
    graph: &mut Graph,
    diagnostics: &mut Vec<Diagnostic>,
) -> Places {
    let mut places = Vec::with_capacity(project.nodes.len());
    let mut said = Said::default();
    let semantic = Semantic::new(project);
    for (id, node) in project.nodes() {
        let mut links =
            Links { project, collected, graph, id, node, found: Vec::new(), outcome: Outcome::default() };
        if links.graph.enabled[id] {
            links.of_node(&semantic, &mut said);
        }
        let Links { found, outcome, .. } = links;
        graph.parents[id] = found.iter().map(|(parent, _)| *parent).collect();
        places.push(found.into_iter().map(|(_, span)| span).collect());
        match outcome {
            Outcome { disabled: true, .. } => graph.enabled[id] = false,
            Outcome { broken: true, .. } => graph.broken[id] = true,
            Outcome { .. } => {}
        }
    }
    for at in 0..project.nodes.len() {
        let id = NodeId(at as u32);
        if !graph.enabled[id] {
            graph.parents[id].clear();
            continue;
        }
        for parent in graph.parents[id].clone() {
            graph.children[parent].push(id);
        }
    }
    diagnostics.extend(said.finish());
    NodeMap::new(places)
}

/// What is wrong with calls. A macro's call is reported once, however many nodes come through it.
#[derive(Default)]
struct Said {
    diagnostics: Vec<Diagnostic>,
    /// For problems in macros: which diagnostic it is, and how many more nodes have it.
    in_macros: FxHashMap<(Span, String), (usize, usize)>,
}

impl Said {
    fn push(&mut self, node: &Node, mut diagnostic: Diagnostic) {
        let place = diagnostic.label.as_ref().map(|label| label.span);
        if let Some(span) = place.filter(|span| span.file != node.span.file) {
            let key = (span, diagnostic.message.clone());
            if let Some((_, more)) = self.in_macros.get_mut(&key) {
                *more += 1;
                return;
            }
            self.in_macros.insert(key, (self.diagnostics.len(), 0));
            let what = if node.kind == NodeKind::Model { "part" } else { node.kind.resource_type() };
            diagnostic.notes.push(format!("reached from the {what} `{}` in `{}`", node.name, node.path));
        }
        self.diagnostics.push(diagnostic);
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        #[allow(clippy::iter_over_hash_type, reason = "each diagnostic gets at most one note")]
        for (at, more) in self.in_macros.into_values().filter(|(_, more)| *more > 0) {
            self.diagnostics[at].notes.push(format!("and from {more} more"));
        }
        self.diagnostics
    }
}

/// What became of a node's calls.
#[derive(Clone, Copy, Default)]
struct Outcome {
    /// A call leads nowhere.
    broken: bool,
    /// A test that is switched off with what it tests.
    disabled: bool,
}

/// One node's edges while they are gathered.
struct Links<'a> {
    project: &'a Project,
    collected: &'a Collected,
    graph: &'a Graph,
    id: NodeId,
    node: &'a Node,
    found: Vec<(NodeId, Option<Span>)>,
    outcome: Outcome,
}

impl Links<'_> {
    fn of_node(&mut self, semantic: &Semantic<'_>, said: &mut Said) {
        match self.node.kind {
            NodeKind::Seed | NodeKind::Source => {}
            NodeKind::Exposure
            | NodeKind::Metric
            | NodeKind::SemanticModel
            | NodeKind::SavedQuery
            | NodeKind::UnitTest => self.of_yaml(semantic, said),
            _ => {
                let Some(collected) = &self.collected.nodes[self.id] else { return };
                // Sources come first, as in dbt.
                for call in &collected.sources {
                    self.source(call, said);
                }
                let keys = self.foreign_keys();
                for call in &keys.1 {
                    self.source(call, said);
                }
                for call in collected.refs.iter().chain(&keys.0) {
                    self.reference(call, said);
                }
                if let Some(attached) = self.node.test.as_ref().and_then(|test| test.attached) {
                    self.attach(attached);
                }
            }
        }
    }

    /// What the foreign keys of a part lead to, as in dbt, whether its contract is enforced or not.
    fn foreign_keys(&self) -> (Vec<RefCall>, Vec<SourceCall>) {
        let (mut refs, mut sources) = (Vec::new(), Vec::new());
        if self.node.kind != NodeKind::Model {
            return (refs, sources);
        }
        let span = self.node.properties_span.unwrap_or(self.node.span);
        for call in calls::foreign_keys(self.node).filter_map(calls::parse) {
            match call {
                Call::Ref { package, name, version } => refs.push(RefCall { package, name, version, span }),
                Call::Source { source, table } => sources.push(SourceCall { source, table, span }),
                Call::Metric { .. } => {}
            }
        }
        (refs, sources)
    }

    /// The calls of a node that is nothing but YAML.
    fn of_yaml(&mut self, semantic: &Semantic<'_>, said: &mut Said) {
        let place = self.node.properties_span.unwrap_or(self.node.span);
        let written = self.node.depends_on.iter().map(|call| (call.value.clone(), call.span));
        let model = self.node.properties.get("model").and_then(|model| model.as_str());
        let model = model.map(|model| match self.node.kind {
            // A unit test names its part as it is.
            NodeKind::UnitTest if !model.contains('(') => (format!("ref('{model}')"), place),
            _ => (model.to_owned(), place),
        });
        let calls: Vec<_> =
            if self.node.depends_on.is_empty() { model.into_iter().collect() } else { written.collect() };
        let mut calls: Vec<(Option<Call>, Span)> =
            calls.into_iter().map(|(text, span)| (calls::parse(&text), span)).collect();
        calls.sort_by_key(|(call, _)| !matches!(call, Some(Call::Source { .. })));
        for (call, span) in calls {
            match call {
                Some(Call::Ref { package, name, version }) => {
                    self.reference(&RefCall { package, name, version, span }, said);
                }
                Some(Call::Source { source, table }) => {
                    self.source(&SourceCall { source, table, span }, said);
                }
                Some(Call::Metric { name }) => {
                    if let Some(metric) = semantic.metric(&name) {
                        self.add(metric, Some(span));
                    }
                }
                None => {}
            }
        }
        for input in semantic.inputs(self.node.kind, &self.node.properties) {
            self.add(input, None);
        }
    }

    fn reference(&mut self, call: &RefCall, said: &mut Said) {
        let Self { project, graph, node, .. } = *self;
        let (package, version) = (call.package.as_deref(), call.version.as_deref());
        match graph.resolve_ref(project, &node.package, package, &call.name, version) {
            Resolved::Found(parent) => {
                if self.is_barred(parent) {
                    self.outcome.broken = true;
                    said.push(node, errors::private_ref(project, call, parent));
                }
                self.add(parent, Some(call.span));
            }
            Resolved::Disabled(_) if self.is_test() => self.outcome.disabled = true,
            Resolved::Disabled(target) => {
                self.outcome.broken = true;
                said.push(node, errors::disabled_ref(project, call, target));
            }
            Resolved::Ambiguous(one, other) => {
                self.outcome.broken = true;
                said.push(node, errors::ambiguous_ref(project, call, one, other));
            }
            Resolved::Missing => {
                let unknown = errors::unknown_ref(project, graph, node, call);
                self.missing(unknown, said);
            }
        }
    }

    fn source(&mut self, call: &SourceCall, said: &mut Said) {
        let Self { project, graph, node, .. } = *self;
        match graph.resolve_source(project, &node.package, &call.source, &call.table) {
            Resolved::Found(parent) => self.add(parent, Some(call.span)),
            Resolved::Disabled(_) if self.is_test() => self.outcome.disabled = true,
            Resolved::Disabled(target) => {
                self.outcome.broken = true;
                said.push(node, errors::disabled_source(project, call, target));
            }
            Resolved::Ambiguous(one, other) => {
                self.outcome.broken = true;
                said.push(node, errors::ambiguous_source(project, call, one, other));
            }
            Resolved::Missing => {
                let unknown = errors::unknown_source(project, graph, node, call);
                self.missing(unknown, said);
            }
        }
    }

    /// dbt passes over a test whose target is unknown, with a warning; for all else it is an error.
    fn missing(&mut self, mut unknown: Diagnostic, said: &mut Said) {
        if self.is_test() {
            self.outcome.disabled = true;
            unknown.severity = crate::diagnostic::Severity::Warning;
            unknown.notes.push("the test is left out".to_owned());
        } else {
            self.outcome.broken = true;
        }
        said.push(self.node, unknown);
    }

    fn attach(&mut self, parent: NodeId) {
        // Of several files of one name only one is enabled; that one is tested.
        let id = |id: NodeId| &self.project.node(id).unique_id;
        let twins = self.graph.by_name.get(&self.project.node(parent).name).into_iter().flatten();
        let twin = twins.copied().find(|twin| !self.graph.is_disabled(*twin) && id(*twin) == id(parent));
        let parent = twin.unwrap_or(parent);
        if self.graph.is_disabled(parent) {
            self.outcome.disabled = true;
        } else {
            self.add(parent, None);
        }
    }

    fn add(&mut self, parent: NodeId, span: Option<Span>) {
        if !self.found.iter().any(|(known, _)| *known == parent) {
            self.found.push((parent, span));
        }
    }

    /// A private part is for parts of its own group.
    fn is_barred(&self, parent: NodeId) -> bool {
        let target = self.project.node(parent);
        if self.node.kind != NodeKind::Model || target.kind != NodeKind::Model {
            return false;
        }
        let text =
            |id: NodeId, key| access::text(self.project.node(id), self.collected.nodes[id].as_ref(), key);
        let group = text(self.id, "group");
        text(parent, "access") == Some("private") && (group.is_none() || group != text(parent, "group"))
    }

    fn is_test(&self) -> bool {
        matches!(self.node.kind, NodeKind::Test | NodeKind::UnitTest)
    }
}
