//! Stage 6, emit: from rendered SQL and the plan to statements, scripts and artifacts. Text is spliced by
//! span, never printed again from a tree.

pub mod artifacts;
mod compiled;
mod configs;
pub mod ddl;
mod deploy;
mod errors;
mod files;
mod inline;

#[cfg(test)]
mod cases;

pub use compiled::{Compiled, Cte};
pub use configs::check_configs;
pub use deploy::{deploy, standalone, with_upstream};
pub use files::{TargetFile, files, path, statements, statements_over};
pub use inline::{Inliner, Style};

use indexmap::IndexMap;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use crate::diagnostic::Staged;
use crate::graph::Graph;
use crate::plan::{Materialization, Plan};
use crate::project::{NodeId, NodeMap, Project};
use crate::render::{Collected, Rendered};

/// All that emitting reads.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The project.
    pub project: &'a Project,
    /// Configs, relations, refs.
    pub collected: &'a Collected,
    /// Who reads whom.
    pub graph: &'a Graph,
    /// What each part becomes.
    pub plan: &'a Plan,
    /// Each node's own SQL.
    pub rendered: &'a Rendered,
    /// What columns inherit, where the project wants it in artifacts.
    pub inherited: Option<&'a ColumnMeta>,
}

/// By node's unique id and column, what `meta.buhin` of the manifest has beyond what authors wrote.
pub type ColumnMeta = FxHashMap<String, IndexMap<String, Map<String, Value>>>;

/// The SQL of every rendered node with inlined parts put in, in dbt's naming.
pub fn compile(
    project: &Project,
    collected: &Collected,
    graph: &Graph,
    plan: &Plan,
    rendered: &Rendered,
) -> Staged<NodeMap<Option<Compiled>>> {
    let context = Context { project, collected, graph, plan, rendered, inherited: None };
    let inliner = Inliner::new(context, Style::Dbt);
    let count = project.nodes.len() as u32;
    let mut compiled: Vec<_> = (0..count).into_par_iter().map(|id| inliner.compile(NodeId(id))).collect();
    let problems = inliner.problems();
    let at_fault: Vec<NodeId> = problems.iter().filter(|(_, it)| it.is_error()).map(|(id, _)| *id).collect();
    let mut diagnostics: Vec<_> = problems.into_iter().map(|(_, problem)| problem).collect();
    let clashes: Vec<_> = (0..count).into_par_iter().filter_map(|id| inliner.clash(NodeId(id))).collect();
    diagnostics.extend(clashes);
    if !at_fault.is_empty() {
        for (id, own) in compiled.iter_mut().enumerate() {
            let reads_fault = |own: &Compiled| own.ctes.iter().any(|cte| at_fault.contains(&cte.node));
            if at_fault.contains(&NodeId(id as u32)) || own.as_ref().is_some_and(reads_fault) {
                *own = None;
            }
        }
    }
    Staged::new(NodeMap::new(compiled), diagnostics)
}

/// `nodes` and the parts that are inlined into them, directly or through others, sorted, each once.
pub fn with_inlined(nodes: &[NodeId], graph: &Graph, plan: &Plan) -> Vec<NodeId> {
    with_parents(nodes, graph, |parent| plan.is_inline(parent))
}

/// `nodes` and the temporary parts that they read, directly or through inlined ones and each other, sorted, each
/// once: those are gone when the run that made them has ended.
pub fn with_temporary(nodes: &[NodeId], graph: &Graph, plan: &Plan) -> Vec<NodeId> {
    let is_temp = |id: NodeId| plan.materialization(id) == Some(&Materialization::Temp);
    let mut all = with_parents(nodes, graph, |parent| plan.is_inline(parent) || is_temp(parent));
    let given: FxHashSet<NodeId> = nodes.iter().copied().collect();
    all.retain(|id| is_temp(*id) || given.contains(id));
    all
}

/// `nodes` and those of their ancestors that are to be had, with no others between, sorted, each once.
pub fn with_parents(nodes: &[NodeId], graph: &Graph, had: impl Fn(NodeId) -> bool) -> Vec<NodeId> {
    let mut all: Vec<NodeId> = nodes.to_vec();
    let mut seen = vec![false; graph.parents.len()];
    for node in nodes {
        seen[node.0 as usize] = true;
    }
    let mut at = 0;
    while let Some(node) = all.get(at).copied() {
        at += 1;
        for parent in graph.parents[node].iter().copied() {
            if had(parent) && !std::mem::replace(&mut seen[parent.0 as usize], true) {
                all.push(parent);
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}
