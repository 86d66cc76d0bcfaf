//! Inlining: the text of parts put into their readers' statements as CTEs.
//!
//! A reader's rendered SQL names an inlined part by a placeholder, `__dbt__cte__<name>`. [`own`] finds the
//! placeholders and the places where text can be put in; [`statement`] puts the whole together.

mod clash;
mod hoist;
mod names;
mod own;
mod scan;
mod statement;
mod temps;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::{Compiled, Context, errors};
use crate::diagnostic::Diagnostic;
use crate::plan::Materialization;
use crate::plan::limits::Profile;
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::render::RenderedNode;
use crate::sql::Relation;
use own::Own;

/// How CTEs of inlined parts are named and laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As dbt does it, to the byte: `__dbt__cte__<name>`.
    Dbt,
    /// The part's own name where it is free, for people to read.
    Plain,
}

/// First words of statements that are no query, sorted.
const NO_QUERY: &[&str] = &[
    "alter",
    "analyze",
    "attach",
    "begin",
    "call",
    "checkpoint",
    "comment",
    "commit",
    "copy",
    "create",
    "declare",
    "delete",
    "detach",
    "drop",
    "exec",
    "execute",
    "export",
    "grant",
    "insert",
    "install",
    "load",
    "lock",
    "merge",
    "optimize",
    "pragma",
    "prepare",
    "refresh",
    "replace",
    "reset",
    "revoke",
    "rollback",
    "set",
    "truncate",
    "update",
    "use",
    "vacuum",
];

/// Puts inlined parts into statements; looks at each inlined text once.
pub struct Inliner<'a> {
    context: Context<'a>,
    style: Style,
    /// True for parts that are put into their readers.
    inline: NodeMap<bool>,
    /// The tables that temporary parts are in a script; none in dbt's style, where a run makes them like any other.
    temps: NodeMap<Option<Relation>>,
    /// True where relations of parts are inlined too, not just placeholders.
    standalone: bool,
    /// What was found in the text of each inlined part.
    own: NodeMap<Option<Own>>,
}

impl<'a> Inliner<'a> {
    /// Inlines what the plan says.
    pub fn new(context: Context<'a>, style: Style) -> Self {
        let inline = context.project.nodes().map(|(id, _)| context.plan.is_inline(id)).collect();
        Self::with(context, style, NodeMap::new(inline), false)
    }

    /// Inlines every part upstream, down to sources, seeds and snapshots.
    pub fn standalone(context: Context<'a>) -> Self {
        let inline = context.project.nodes().map(|(id, node)| {
            let sql = node.kind == NodeKind::Model && !node.is_python;
            let custom = matches!(context.plan.materialization(id), Some(Materialization::Custom(_)));
            sql && !custom && context.rendered.nodes[id].is_some()
        });
        Self::with(context, Style::Plain, NodeMap::new(inline.collect()), true)
    }

    /// Inlines what the plan says and temporary parts too, whose tables are gone when a run has ended.
    pub fn after_run(context: Context<'a>) -> Self {
        let inline = context.project.nodes().map(|(id, node)| {
            let is_temp = context.plan.materialization(id) == Some(&Materialization::Temp);
            context.plan.is_inline(id) || (is_temp && !node.is_python)
        });
        Self::with(context, Style::Plain, NodeMap::new(inline.collect()), true)
    }

    fn with(context: Context<'a>, style: Style, inline: NodeMap<bool>, standalone: bool) -> Self {
        let own = NodeMap::new(context.project.nodes.iter().map(|_| None).collect());
        let temps = temps::of(&context, style, &inline);
        let mut inliner = Self { context, style, inline, temps, standalone, own };
        let found: Vec<Option<Own>> = (0..context.project.nodes.len() as u32)
            .into_par_iter()
            .map(|id| {
                let id = NodeId(id);
                let rendered = context.rendered.nodes[id].as_ref().filter(|_| inliner.inline[id])?;
                Some(Own::of(&inliner, id, rendered))
            })
            .collect();
        inliner.own = NodeMap::new(found);
        inliner
    }

    /// The statement of a node, if it was rendered and all that is inlined into it was.
    pub fn compile(&self, id: NodeId) -> Option<Compiled> {
        self.compile_rendered(id, self.context.rendered.nodes[id].as_ref()?)
    }

    /// The table that a temporary part is in a script.
    pub fn temp(&self, id: NodeId) -> Option<&Relation> {
        self.temps[id].as_ref()
    }

    /// Names in the node's statement that can't be told apart.
    pub fn clash(&self, id: NodeId) -> Option<Diagnostic> {
        clash::find(self, id)
    }

    /// The same from a text that was rendered again.
    pub fn compile_rendered(&self, id: NodeId, rendered: &RenderedNode) -> Option<Compiled> {
        let reads_parts = self.context.graph.parents[id].iter().any(|parent| self.may_stand_in(*parent));
        if !reads_parts {
            let (sql, source_map) = (rendered.sql.clone(), rendered.source_map.clone());
            return Some(Compiled { sql, source_map, ctes: Vec::new() });
        }
        statement::assemble(self, id, rendered)
    }

    /// True for a part that engines shall run on its own: the plan says so, or it made a table of it for that very end
    /// and the statement has to do without tables.
    fn is_fenced(&self, id: NodeId) -> bool {
        let Context { project, plan, .. } = self.context;
        let apart = || plan.decisions[id].as_ref().is_some_and(|decision| decision.apart);
        let has_fences = || Profile::of(project.target.dialect).has_fences();
        plan.is_fenced(id) || (self.standalone && apart() && has_fences())
    }

    /// Why parts can't be inlined: their SQL is no query, or their name stands for two. With each the node whose
    /// text is at fault.
    pub(super) fn problems(&self) -> Vec<(NodeId, Diagnostic)> {
        let Context { project, graph, rendered, .. } = self.context;
        let mut problems = Vec::new();
        for (id, own) in self.own.iter() {
            let (Some(own), Some(text)) = (own, &rendered.nodes[id]) else { continue };
            let Some(first) = own.scan.words.first().map(|word| word.token) else { continue };
            let word = first.text(&text.sql).to_ascii_lowercase();
            let reader = graph.children[id].iter().find(|reader| graph.enabled[**reader]);
            if let Some(reader) = reader
                && NO_QUERY.binary_search(&word.as_str()).is_ok()
            {
                let node = project.node(id);
                let origin = text.source_map.origin(first.start as usize..first.end as usize);
                let at = origin.map_or(node.span, |origin| origin.span);
                problems.push((id, errors::no_query(at, &node.name, &word, &project.node(*reader).name)));
            }
        }
        for (id, parents) in graph.parents.iter() {
            let inlined: Vec<NodeId> =
                parents.iter().copied().filter(|parent| self.inline[*parent]).collect();
            for (at, parent) in inlined.iter().enumerate() {
                let name = self.table_name(*parent);
                if let Some(other) = inlined[..at].iter().find(|other| self.table_name(**other) == name) {
                    let packages = [*other, *parent].map(|part| project.node(part).package.as_str());
                    let node = project.node(id);
                    let read = rendered.nodes[id].as_ref().is_some_and(|text| self.reads(id, text, name));
                    problems.push((id, errors::same_name(node.span, &node.name, name, packages, read)));
                }
            }
        }
        problems
    }

    /// True if a text takes rows from an inlined part of this name; dbt's `-- depends_on:` takes none.
    fn reads(&self, id: NodeId, text: &RenderedNode, name: &str) -> bool {
        let own = Own::of(self, id, text);
        own.references.iter().any(|it| it.place != own::Place::Hidden && self.table_name(it.node) == name)
    }

    /// True for a part whose readers may name it in a way that has to be looked at.
    fn may_stand_in(&self, id: NodeId) -> bool {
        if self.inline[id] || self.temps[id].is_some() {
            return true;
        }
        let decision = self.context.plan.decisions[id].as_ref();
        decision.is_some_and(|decision| decision.auto)
    }

    /// True for a part that its author could name without an alias, as a table of its own name.
    fn has_table_name(&self, id: NodeId) -> bool {
        self.context.plan.decisions[id]
            .as_ref()
            .is_none_or(|decision| decision.auto || decision.materialization != Materialization::Inline)
    }

    /// The name that a part has as a table.
    fn table_name(&self, id: NodeId) -> &'a str {
        let relation = self.context.collected.nodes[id].as_ref().and_then(|it| it.relation.as_ref());
        let name = relation.and_then(|relation| relation.identifier.as_deref());
        name.unwrap_or(&self.context.project.node(id).name)
    }
}
