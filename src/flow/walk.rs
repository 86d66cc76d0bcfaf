//! From a column up to what it is made of, or down to what is made of it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::{ColumnRef, End, Flow};
use crate::lineage::{Kind, Role};
use crate::project::NodeId;

/// Which way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what it is made of.
    Upstream,
    /// To what is made of it.
    Downstream,
}

/// Which edges are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Those by which values flow.
    Value,
    /// Those by which rows are decided: the first step from the column's node, then by values.
    Shape,
    /// Both.
    All,
}

/// One step of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How far from the beginning; 1 for the first.
    pub depth: usize,
    /// The column that the step left.
    pub left: ColumnRef,
    /// Where it came to. A gap is one of the node that the step left.
    pub to: End,
    /// What happens to the value, for a value edge.
    pub kind: Option<Kind>,
    /// How rows are decided, for a shape edge.
    pub role: Option<Role>,
    /// True if `to` was met before, so that what lies behind it is not told again.
    pub is_again: bool,
}

/// Walks along edges; each column is left once.
pub struct Walk<'l> {
    lineage: &'l Flow,
    follow: Follow,
    /// By column, what is made of it.
    readers: FxHashMap<ColumnRef, Vec<(ColumnRef, Kind)>>,
    /// By column, the nodes whose rows it decides.
    decided: FxHashMap<ColumnRef, Vec<(NodeId, Role)>>,
    direction: Direction,
}

impl<'l> Walk<'l> {
    /// Prepares for walks in one direction.
    pub fn new(lineage: &'l Flow, direction: Direction, follow: Follow) -> Self {
        let mut walk =
            Self { lineage, follow, readers: FxHashMap::default(), decided: FxHashMap::default(), direction };
        if direction == Direction::Downstream {
            walk.turn_around();
        }
        walk
    }

    fn turn_around(&mut self) {
        for (id, node) in self.lineage.nodes.iter() {
            let Some(node) = node else { continue };
            for (place, column) in node.columns.iter().enumerate() {
                let to = ColumnRef { node: id, column: place as u32 };
                for edge in &column.edges {
                    if let End::Column(from) = edge.from {
                        self.readers.entry(from).or_default().push((to, edge.kind));
                    }
                }
            }
            for shape in &node.shape {
                if let End::Column(from) = shape.from {
                    self.decided.entry(from).or_default().push((id, shape.role));
                }
            }
        }
    }

    /// All steps from a column, in the order of a tree's lines; at most `depth` away.
    pub fn from(&self, start: ColumnRef, depth: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut seen = FxHashSet::from_iter([End::Column(start)]);
        // A stack of our own, for chains of parts may be long.
        let mut waiting: Vec<Step> = Vec::new();
        self.next(start, 1, true, depth, &mut waiting);
        while let Some(mut step) = waiting.pop() {
            step.is_again = !seen.insert(step.to);
            steps.push(step);
            if let End::Column(to) = step.to
                && !step.is_again
            {
                self.next(to, step.depth + 1, false, depth, &mut waiting);
            }
        }
        steps
    }

    /// The steps that lead on from a column, the last one first.
    fn next(&self, at: ColumnRef, depth: usize, is_first: bool, most: usize, waiting: &mut Vec<Step>) {
        if depth > most {
            return;
        }
        let before = waiting.len();
        let step = |to, kind, role| Step { depth, left: at, to, kind, role, is_again: false };
        let values = self.follow != Follow::Shape || !is_first;
        let shapes = self.follow == Follow::All || (self.follow == Follow::Shape && is_first);
        match self.direction {
            Direction::Upstream => {
                let Some(node) = &self.lineage.nodes[at.node] else { return };
                let column = &node.columns[at.column as usize];
                if values {
                    waiting.extend(column.edges.iter().map(|edge| step(edge.from, Some(edge.kind), None)));
                }
                if shapes {
                    waiting.extend(node.shape.iter().map(|edge| step(edge.from, None, Some(edge.role))));
                }
            }
            Direction::Downstream => {
                if values {
                    let readers = self.readers.get(&at).into_iter().flatten();
                    waiting.extend(readers.map(|(to, kind)| step(End::Column(*to), Some(*kind), None)));
                }
                if shapes {
                    for (node, role) in self.decided.get(&at).into_iter().flatten() {
                        let columns = self.lineage.nodes[*node].as_ref().map_or(0, |node| node.columns.len());
                        let all = (0..columns as u32).map(|column| ColumnRef { node: *node, column });
                        waiting.extend(all.map(|to| step(End::Column(to), None, Some(*role))));
                    }
                }
            }
        }
        waiting[before..].reverse();
    }
}
