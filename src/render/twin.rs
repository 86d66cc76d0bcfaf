//! Another state of the project that was rendered before: what is alike there is not rendered again.
//!
//! A template can read its own node, what its references lead to, and the ground that all nodes stand on. [`Alike`] has the
//! first and the last; what the engine was told besides (options, variables of the environment, the clock) is held against
//! this state's here, and so are the references. What asks further (`graph`, the warehouse, a source that only the second
//! pass reaches) is always rendered.

use std::sync::Arc;

use super::second::target;
use super::{Collected, CollectedNode, RefCall, Rendered, RenderedNode, Renderer, SourceCall};
use crate::graph::{Graph, Resolved};
use crate::project::{Alike, NodeId};

/// What was rendered of another state of the project.
pub struct Twin<'t> {
    /// What both states share.
    pub alike: Alike,
    /// Its renderer.
    pub renderer: &'t Renderer<'t>,
    /// Its first pass.
    pub collected: &'t Collected,
    /// Its graph.
    pub graph: &'t Graph,
    /// Its second pass.
    pub rendered: &'t Rendered,
    /// Its second pass as it was rehearsed, if it was.
    pub rehearsed: Option<&'t Rendered>,
}

impl<'p> Renderer<'p> {
    /// From now on what is alike in another state of the project, and was rendered without a mistake there, is taken from
    /// there. What there was to say of it has been said there, and what it prints is not printed again.
    pub fn beside(&mut self, twin: Twin<'p>) {
        let (own, there) = (&self.shared, &twin.renderer.shared);
        let same_surroundings = own.options == there.options
            && own.starts_with(there)
            && there.asked_env().iter().all(|(name, value)| self.world.env(name) == *value)
            && twin.renderer.deferred.is_empty();
        if same_surroundings {
            self.twin = Some(twin);
        }
    }

    /// What the first pass learns of a node, if a twin of it was rendered.
    pub(super) fn collected_beside(&self, id: NodeId) -> Option<CollectedNode> {
        let twin = self.twin.as_ref()?;
        let known = twin.collected.nodes[twin.alike.node(id)?].as_ref().filter(|it| !it.failed)?;
        let of_ref = |call: &RefCall| Some(RefCall { span: twin.alike.span(call.span)?, ..call.clone() });
        let of_source =
            |call: &SourceCall| Some(SourceCall { span: twin.alike.span(call.span)?, ..call.clone() });
        let CollectedNode { config, inline_config, relation, place, refs, sources, macros, failed } = known;
        Some(CollectedNode {
            config: Arc::clone(config),
            inline_config: inline_config.clone(),
            relation: relation.clone(),
            place: place.clone(),
            refs: refs.iter().map(of_ref).collect::<Option<_>>()?,
            sources: sources.iter().map(of_source).collect::<Option<_>>()?,
            macros: macros.clone(),
            failed: *failed,
        })
    }

    /// What the second pass makes of a node, if it was taken from its twin in the first and its references lead to the same.
    pub(super) fn rendered_beside(
        &self,
        id: NodeId,
        (collected, graph): (&Collected, &Graph),
        is_rehearsal: bool,
    ) -> Option<RenderedNode> {
        let twin = self.twin.as_ref().filter(|twin| !self.roams() && !twin.renderer.roams())?;
        let there = twin.alike.node(id)?;
        let all = if is_rehearsal { twin.rehearsed? } else { twin.rendered };
        let known = all.nodes[there].as_ref().filter(|it| !it.introspects && !it.is_late)?;
        let (own, other) = (collected.nodes[id].as_ref()?, twin.collected.nodes[there].as_ref()?);
        let was_taken = Arc::ptr_eq(&own.config, &other.config);
        if !was_taken || !graph.enabled[id] || graph.unresolved[id] {
            return None;
        }
        let own = Reader { renderer: self, collected, graph, id, node: own };
        let other = Reader {
            renderer: twin.renderer,
            collected: twin.collected,
            graph: twin.graph,
            id: there,
            node: other,
        };
        if !own.reads_the_same_as(&other) {
            return None;
        }
        let RenderedNode { sql, source_map, introspects, queries, is_late, pre_hooks, post_hooks } = known;
        Some(RenderedNode {
            sql: sql.clone(),
            source_map: twin.alike.source_map(source_map)?,
            introspects: *introspects,
            queries: *queries,
            is_late: *is_late,
            pre_hooks: pre_hooks.clone(),
            post_hooks: post_hooks.clone(),
        })
    }

    /// True if its templates may look at other nodes than those that they name, or at what is selected.
    fn roams(&self) -> bool {
        self.wants_graph || !self.deferred.is_empty() || self.shared.selected.get().is_some()
    }
}

/// A node that reads others.
struct Reader<'a, 'p> {
    renderer: &'a Renderer<'p>,
    collected: &'a Collected,
    graph: &'a Graph,
    id: NodeId,
    node: &'a CollectedNode,
}

impl Reader<'_, '_> {
    /// True if each reference leads to a node of the same id and name in the warehouse, which is put in alike.
    fn reads_the_same_as(&self, other: &Reader<'_, '_>) -> bool {
        let refs = self.node.refs.iter().zip(&other.node.refs);
        let sources = self.node.sources.iter().zip(&other.node.sources);
        self.node.refs.len() == other.node.refs.len()
            && self.node.sources.len() == other.node.sources.len()
            && refs.into_iter().all(|(own, there)| self.agree(self.of_ref(own), other, other.of_ref(there)))
            && sources
                .into_iter()
                .all(|(own, there)| self.agree(self.of_source(own), other, other.of_source(there)))
    }

    fn of_ref(&self, call: &RefCall) -> Resolved {
        let project = self.renderer.project;
        let RefCall { package, name, version, span: _ } = call;
        let from = &project.node(self.id).package;
        self.graph.resolve_ref(project, from, package.as_deref(), name, version.as_deref())
    }

    fn of_source(&self, call: &SourceCall) -> Resolved {
        let project = self.renderer.project;
        self.graph.resolve_source(project, &project.node(self.id).package, &call.source, &call.table)
    }

    fn agree(&self, own: Resolved, other: &Reader<'_, '_>, there: Resolved) -> bool {
        let (Resolved::Found(own), Resolved::Found(there)) = (own, there) else { return false };
        let of = |reader: &Reader<'_, '_>, id: NodeId| {
            target(&reader.renderer.shared, id, reader.collected.nodes[id].as_ref()?)
        };
        let (Some(was), Some(is)) = (of(other, there), of(self, own)) else { return false };
        other.renderer.project.node(there).unique_id == self.renderer.project.node(own).unique_id
            && was.relation == is.relation
            && was.cte == is.cte
            && was.inlined == is.inlined
    }
}
