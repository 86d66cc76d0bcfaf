//! One node's statement, and where each of its bytes comes from.

use std::ops::Range;

use super::Context;
use crate::project::NodeId;
use crate::source::{Frame, SourceMap, Span};

/// One node's statement with inlined parts put in.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The SQL, as dbt's `compiled_code`.
    pub sql: String,
    /// From its bytes to the author's files, through inlined parts and macros.
    pub source_map: SourceMap,
    /// The inlined parts, in the order of their CTEs.
    pub ctes: Vec<Cte>,
}

/// An inlined part in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cte {
    /// The part.
    pub node: NodeId,
    /// `name as (…)` in the compiled SQL, with the blank before it in dbt's style.
    pub range: Range<usize>,
}

/// The refs that lead from a statement to a part inlined into it, outermost first.
pub(super) fn trail(
    context: &Context<'_>,
    from: NodeId,
    to: NodeId,
    inline: impl Fn(NodeId) -> bool,
) -> Vec<Frame> {
    let parents = &context.graph.parents;
    let mut came_from: Vec<(NodeId, Option<usize>)> = vec![(from, None)];
    let mut at = 0;
    while at < came_from.len() && came_from[at].0 != to {
        let node = came_from[at].0;
        for parent in &parents[node] {
            if inline(*parent) && !came_from.iter().any(|(known, _)| known == parent) {
                came_from.push((*parent, Some(at)));
            }
        }
        at += 1;
    }
    let mut frames = Vec::new();
    let mut step = (at < came_from.len()).then_some(at);
    while let Some(now) = step {
        let (node, before) = came_from[now];
        if let Some(reader) = before.map(|before| came_from[before].0)
            && let Some(call) = call(context, reader, node)
        {
            frames.push(Frame { name: format!("part {}", context.project.node(node).name), call });
        }
        step = before;
    }
    frames.reverse();
    frames
}

/// The place of a reader's `ref()` to a part.
fn call(context: &Context<'_>, reader: NodeId, part: NodeId) -> Option<Span> {
    let name = &context.project.node(part).name;
    let refs = &context.collected.nodes[reader].as_ref()?.refs;
    refs.iter().find(|call| call.name == *name).map(|call| call.span)
}
