//! The second pass: SQL with relations in place.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use minijinja::Value;
use rustc_hash::FxHashMap;

use super::context::has_hooks;
use super::ctx::{All, Ctx, Known, RefKey, Target};
use super::port::Port;
use super::shared::Shared;
use super::{Collected, CollectedNode, Hook, RenderedNode, SourceCall, collect, facts, settle};
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, Resolved};
use crate::project::{Node, NodeId};
use crate::source::{Segment, SegmentKind, SourceMap, Span};
use crate::sql::Relation;

/// Hooks before and after.
pub(super) type Hooks = (Vec<Hook>, Vec<Hook>);

/// What the second pass stands on.
pub(super) struct Stand<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) port: &'a Arc<Port>,
    pub(super) collected: &'a Collected,
    pub(super) graph: &'a Graph,
    /// All of it, owned, where some text asks for `graph`.
    pub(super) all: Option<Arc<All>>,
    /// Relations of another run, in place of the project's own.
    pub(super) deferred: &'a FxHashMap<NodeId, Relation>,
}

impl Stand<'_> {
    /// One node's SQL, and its hooks if they are wanted; `None` if it has no text, is switched off, or can't be
    /// rendered.
    pub(super) fn node(&self, id: NodeId, with_hooks: bool) -> (Option<RenderedNode>, Vec<Diagnostic>) {
        // Nobody builds a source, so one that only the second pass reaches is no mistake: it is looked up, and the
        // node is rendered once more.
        let mut late: Vec<SourceCall> = Vec::new();
        loop {
            let Some(ctx) = self.ctx(id, &late) else { return (None, Vec::new()) };
            let mut result = self.whole(&ctx, self.shared.node(id), with_hooks);
            if let Ok(rendered) = &mut result {
                rendered.is_late = !late.is_empty();
            }
            let missed = ctx.record().late_source.take().filter(|_| result.is_err());
            match missed {
                Some((source, table)) if self.finds(id, &source, &table) => {
                    late.push(SourceCall { source, table, span: ctx.place });
                }
                _ => return settled(&ctx, result),
            }
        }
    }

    fn whole(&self, ctx: &Arc<Ctx>, node: &Node, with_hooks: bool) -> Result<RenderedNode, Box<Diagnostic>> {
        let (sql, source_map) = self.text(ctx, node)?;
        // Nobody runs the hooks of what is only compiled: the part's own SQL is there even if they fail.
        let only_compiled = self.shared.options.which == "compile";
        let hooks = if with_hooks { hooks(ctx, node) } else { Ok(Hooks::default()) };
        let (pre_hooks, post_hooks) = match hooks {
            Err(problem) if only_compiled => {
                ctx.record().diagnostics.push(*problem);
                Hooks::default()
            }
            hooks => hooks?,
        };
        let record = ctx.record();
        let (introspects, queries) = (record.introspects, record.queries);
        Ok(RenderedNode { sql, source_map, introspects, queries, is_late: false, pre_hooks, post_hooks })
    }

    /// True for a source with a name of its own.
    fn finds(&self, id: NodeId, source: &str, table: &str) -> bool {
        let package = &self.shared.node(id).package;
        self.target(self.graph.resolve_source(&self.shared.project, package, source, table)).is_some()
    }

    /// One node's hooks alone.
    pub(super) fn node_hooks(&self, id: NodeId) -> (Option<Hooks>, Vec<Diagnostic>) {
        let Some(ctx) = self.ctx(id, &[]) else { return (None, Vec::new()) };
        let result = hooks(&ctx, self.shared.node(id));
        settled(&ctx, result)
    }

    /// Runs a materialization of the project on a node whose compiled SQL this is; true if it went well.
    pub(super) fn materialize(&self, id: NodeId, name: &str, sql: &str) -> (Option<()>, Vec<Diagnostic>) {
        let Some(mut ctx) = self.ctx(id, &[]) else { return (None, Vec::new()) };
        if let Some(ctx) = Arc::get_mut(&mut ctx) {
            ctx.extra.extend(["sql", "compiled_code"].map(|key| (key.to_owned(), Value::from(sql))));
        }
        let adapter = &self.shared.project.target.adapter;
        let found = super::builtins::prefixes(adapter)
            .into_iter()
            .find_map(|prefix| ctx.namespace.find(&format!("materialization_{name}_{prefix}")));
        let result = match found {
            None => Err(Box::new(super::errors::no_materialization(name, adapter))),
            Some(found) => ctx.session(false).call_macro(found, &[], &[]).and_then(|value| {
                let relations = value.get_attr("relations").ok().filter(crate::python::args::given);
                if relations.is_some_and(|relations| relations.try_iter().is_ok()) {
                    Ok(())
                } else {
                    Err(Box::new(super::errors::no_relations(name)))
                }
            }),
        };
        settled(&ctx, result)
    }

    /// The context of a node that also sees the `late` sources; `None` if it has nothing to render or can't be.
    fn ctx(&self, id: NodeId, late: &[SourceCall]) -> Option<Arc<Ctx>> {
        let node = self.shared.node(id);
        if !node.kind.is_parsed() || !self.graph.enabled[id] || self.graph.unresolved[id] {
            return None;
        }
        let collected = self.collected.nodes[id].as_ref()?;
        let mut refs = FxHashMap::default();
        for call in &collected.refs {
            let key: RefKey = (call.package.clone(), call.name.clone(), call.version.clone());
            if let Entry::Vacant(entry) = refs.entry(key) {
                let (package, version) = (call.package.as_deref(), call.version.as_deref());
                let found =
                    self.graph.resolve_ref(&self.shared.project, &node.package, package, &call.name, version);
                entry.insert(self.target(found)?);
            }
        }
        let mut sources = FxHashMap::default();
        for call in collected.sources.iter().chain(late) {
            if let Entry::Vacant(entry) = sources.entry((call.source.clone(), call.table.clone())) {
                let (source, table) = (&call.source, &call.table);
                let found = self.graph.resolve_source(&self.shared.project, &node.package, source, table);
                entry.insert(self.target(found)?);
            }
        }
        let parents = parents(collected, &refs, &sources);
        let known = Known { refs, sources, parents, all: self.all.clone(), open: None };
        let config = Arc::clone(&collected.config);
        let place = collect::place(node);
        let ctx = Ctx::new(self.shared, self.port, Some(id), &node.package, place, config, Some(known));
        if let Some(relation) = &collected.relation {
            // Nobody can have set it: the context is new.
            let _first = ctx.relation.set(Some(relation.clone()));
        }
        Some(Arc::new(ctx))
    }

    fn target(&self, resolved: Resolved) -> Option<Target> {
        let Resolved::Found(id) = resolved else { return None };
        if let Some(relation) = self.deferred.get(&id) {
            return Some(Target { id, relation: relation.clone(), cte: None, inlined: false });
        }
        target(self.shared, id, self.collected.nodes[id].as_ref()?)
    }

    fn text(&self, ctx: &Arc<Ctx>, node: &Node) -> Result<(String, SourceMap), Box<Diagnostic>> {
        let shared = self.shared;
        if let Some(test) = node.test.as_ref().filter(|test| !test.name.is_empty()) {
            collect::test_arguments(ctx, test)?;
            return virtual_text(ctx, &test.raw);
        }
        let Some(body) = node.body else {
            return match collect::own_text(node) {
                Some(text) => {
                    let (mut sql, source_map) = virtual_text(ctx, &text)?;
                    // Jinja takes away a last newline; a text without any is not given to it.
                    if text.ends_with('\n') && !collect::has_jinja(&text) {
                        sql.push('\n');
                    }
                    Ok((sql, source_map))
                }
                None => Ok(Default::default()),
            };
        };
        let text = &shared.project.files.get(body.file).text;
        let own = &text[body.range()];
        if node.is_python || !collect::has_jinja(own) {
            let kept = own.strip_suffix('\n').filter(|_| !node.is_python).unwrap_or(own);
            return Ok((kept.to_owned(), whole(body, kept.len())));
        }
        let template = shared.body_template(body, true)?;
        let rendered = ctx.session(true).render(&template)?;
        Ok((rendered.text, settle::source_map(shared, ctx.place, rendered.source_map)))
    }
}

/// The hooks of a node, rendered.
fn hooks(ctx: &Arc<Ctx>, node: &Node) -> Result<Hooks, Box<Diagnostic>> {
    if !has_hooks(node.kind) {
        return Ok(Default::default());
    }
    let mut rendered = ["pre_hook", "post_hook"].map(|key| {
        let hooks = facts::hook_list(ctx.config.get(key)).into_iter().map(|(sql, transaction)| {
            let sql = virtual_text(ctx, &sql)?.0.trim().to_owned();
            Ok(Hook { sql, transaction })
        });
        let hooks: Result<Vec<Hook>, Box<Diagnostic>> = hooks.collect();
        hooks.map(|hooks| hooks.into_iter().filter(|hook| !hook.sql.is_empty()).collect())
    });
    let post = std::mem::replace(&mut rendered[1], Ok(Vec::new()));
    let pre = std::mem::replace(&mut rendered[0], Ok(Vec::new()));
    Ok((pre?, post?))
}

/// The nodes that a node reads, in dbt's order.
fn parents(
    collected: &CollectedNode,
    refs: &FxHashMap<RefKey, Target>,
    sources: &FxHashMap<(String, String), Target>,
) -> Vec<NodeId> {
    let sources =
        collected.sources.iter().filter_map(|call| sources.get(&(call.source.clone(), call.table.clone())));
    let refs = collected
        .refs
        .iter()
        .filter_map(|call| refs.get(&(call.package.clone(), call.name.clone(), call.version.clone())));
    let mut seen = rustc_hash::FxHashSet::default();
    sources.chain(refs).map(|target| target.id).filter(|id| seen.insert(*id)).collect()
}

/// What a reference to a node gives.
pub(super) fn target(shared: &Shared, id: NodeId, collected: &CollectedNode) -> Option<Target> {
    let node = shared.node(id);
    let relation = collected.relation.clone()?;
    let (inlined, open) = super::inlining(&shared.project, node, collected);
    let cte =
        (inlined || open).then(|| super::cte_name(relation.identifier.as_deref().unwrap_or(&node.name)));
    let cte = cte.or_else(|| super::external::location(node, collected, &relation));
    Some(Target { id, relation, cte, inlined })
}

/// Renders a text that stands in no file; all of it comes from the node's place.
pub(super) fn virtual_text(ctx: &Arc<Ctx>, text: &str) -> Result<(String, SourceMap), Box<Diagnostic>> {
    let template = ctx.shared.text_template(text)?;
    let rendered = ctx.session(true).render(&template)?;
    Ok((rendered.text, settle::source_map(&ctx.shared, ctx.place, rendered.source_map)))
}

/// Renders a text of no node: a hook of the run, or a macro's call.
pub(super) fn operation(
    ctx: Ctx,
    work: impl FnOnce(&Arc<Ctx>) -> Result<Value, Box<Diagnostic>>,
) -> (Option<String>, Vec<Diagnostic>) {
    let ctx = Arc::new(ctx);
    let result = work(&ctx).map(|value| crate::jinja::str_of(&value).into_owned());
    settled(&ctx, result)
}

fn settled<T>(ctx: &Arc<Ctx>, result: Result<T, Box<Diagnostic>>) -> (Option<T>, Vec<Diagnostic>) {
    let mut diagnostics = std::mem::take(&mut ctx.record().diagnostics);
    let value = match result {
        Ok(value) => Some(value),
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            None
        }
    };
    (value, diagnostics.into_iter().map(|diagnostic| settle::diagnostic(ctx, diagnostic)).collect())
}

/// The map of a text that is copied as it is.
fn whole(body: Span, length: usize) -> SourceMap {
    let origin = Span { end: body.start + length as u32, ..body };
    let segment =
        Segment { rendered: 0..length as u32, origin, kind: SegmentKind::Literal, frames: Arc::default() };
    SourceMap { segments: if length == 0 { Vec::new() } else { vec![segment] } }
}
