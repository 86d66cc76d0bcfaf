//! One node's statement, and where each of its bytes comes from.

use std::ops::Range;

use super::Context;
use crate::project::NodeId;
use crate::source::{Frame, Origin, Span};

/// One node's statement with inlined parts put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compiled {
    /// The SQL, as dbt's `compiled_code`.
    pub sql: String,
    /// The runs of bytes that come from rendered SQL, in order; what lies between was put in by buhin.
    pub pieces: Vec<Piece>,
    /// The inlined parts, in the order of their CTEs.
    pub ctes: Vec<Cte>,
}

/// A run of bytes of compiled SQL that stands for a run of a node's rendered SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First byte in the compiled SQL.
    pub at: u32,
    /// How many bytes there.
    pub len: u32,
    /// Whose rendered SQL it is.
    pub node: NodeId,
    /// First byte in the rendered SQL.
    pub from: u32,
    /// How many bytes there; other than `len` where a name was replaced.
    pub from_len: u32,
}

/// An inlined part in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cte {
    /// The part.
    pub node: NodeId,
    /// `name as (…)` in the compiled SQL, with the blank before it in dbt's style.
    pub range: Range<usize>,
}

impl Compiled {
    /// Where bytes of the statement of `node` come from, through inlined parts and macros.
    pub fn origin(&self, context: &Context<'_>, node: NodeId, range: Range<usize>) -> Option<Origin> {
        let start = range.start as u32;
        let at = self.pieces.partition_point(|piece| piece.at + piece.len <= start);
        let (piece, rendered) = match self.pieces.get(at) {
            Some(piece) if piece.at > start => (piece, piece.from as usize..piece.from as usize),
            Some(piece) if piece.len == piece.from_len => {
                let from = piece.from + (start - piece.at);
                let length = (range.len() as u32).min(piece.at + piece.len - start);
                (piece, from as usize..(from + length) as usize)
            }
            Some(piece) => (piece, piece.from as usize..(piece.from + piece.from_len) as usize),
            None => {
                let piece = self.pieces.last()?;
                let end = (piece.from + piece.from_len) as usize;
                (piece, end..end)
            }
        };
        let mut origin = context.rendered.nodes[piece.node].as_ref()?.source_map.origin(rendered)?;
        if piece.node != node {
            let mut frames = trail(context, node, piece.node);
            frames.append(&mut origin.frames);
            origin.frames = frames;
        }
        Some(origin)
    }
}

/// The refs that lead from a statement to a part inlined into it, outermost first.
fn trail(context: &Context<'_>, from: NodeId, to: NodeId) -> Vec<Frame> {
    let parents = &context.graph.parents;
    let mut came_from: Vec<(NodeId, Option<usize>)> = vec![(from, None)];
    let mut at = 0;
    while at < came_from.len() && came_from[at].0 != to {
        let node = came_from[at].0;
        for parent in &parents[node] {
            if context.plan.is_inline(*parent) && !came_from.iter().any(|(known, _)| known == parent) {
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
