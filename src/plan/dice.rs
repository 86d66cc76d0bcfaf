//! Dice that are rolled more than once: random values in a part that its author has inlined.

use super::{Input, Plan, errors, volatile, wish};
use crate::diagnostic::Diagnostic;
use crate::project::{NodeId, NodeMap};

/// Says so where an author inlines random values more than once.
pub(super) fn inlined_twice(input: Input<'_>, plan: &Plan) -> Vec<Diagnostic> {
    let Input { project, graph, collected, .. } = input;
    let mut copies = NodeMap::new(vec![1_usize; project.nodes.len()]);
    let mut said = Vec::new();
    // Readers first, so that each is counted when what it reads is.
    for id in graph.order.iter().rev().copied().filter(|id| plan.is_inline(*id)) {
        let node = project.node(id);
        let readers = wish::readers(project, graph, id);
        let count = |references: &dyn Fn(NodeId) -> usize| {
            readers.iter().fold(0_usize, |sum, reader| {
                sum.saturating_add(references(*reader).saturating_mul(copies[*reader]))
            })
        };
        let refs = |reader: NodeId| {
            let refs = collected.nodes[reader].as_ref().map_or(&[][..], |it| it.refs.as_slice());
            refs.iter().filter(|call| call.name == node.name).count()
        };
        let runs = count(&refs);
        copies[id] = count(&|_| 1).max(1);
        let text = node.body.map_or("", |body| project.files.text(body));
        if runs > 1
            && plan.decisions[id].as_ref().is_some_and(|decision| !decision.auto)
            && let Some(function) = volatile::random(project.target.dialect, text)
        {
            let word =
                collected.nodes[id].as_ref().and_then(|it| it.config.materialized()).unwrap_or("inline");
            let at = wish::place(project, node, word);
            said.push(errors::inline_random(at, &node.name, &function, runs));
        }
    }
    said
}
