//! What columns mean: as their authors wrote it, or as it was written of a column that they are a copy of.

use super::model::{ColumnRef, End, Flow};
use crate::project::{ColumnProperties, NodeId, Project};

/// A description of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description<'p> {
    /// The text.
    pub text: &'p str,
    /// The column that it was written of: the column itself, or one that it inherits from.
    pub from: ColumnRef,
}

/// The description of a column: its author's, else the one that it inherits.
///
/// It inherits over edges that leave the value as it is, from the nearest column that has one. Where a column comes
/// from several, as in a union, all must say the same.
pub fn description<'p>(project: &'p Project, flow: &Flow, at: ColumnRef) -> Option<Description<'p>> {
    let own = written(project, flow, at);
    if !own.is_empty() {
        return Some(Description { text: own, from: at });
    }
    let all = nearest(flow, at, |below| {
        let text = written(project, flow, below);
        (!text.is_empty()).then_some(Description { text, from: below })
    })?;
    let first = *all.first()?;
    all.iter().all(|other| other.text == first.text).then_some(first)
}

/// What the columns have that this one is a copy of: on each way the nearest that has it.
///
/// `None` if the column is not everywhere a copy of one that has it.
pub(super) fn nearest<T>(
    flow: &Flow,
    at: ColumnRef,
    mut has: impl FnMut(ColumnRef) -> Option<T>,
) -> Option<Vec<T>> {
    let mut seen = vec![at];
    let mut next = 0;
    let mut found = Vec::new();
    while let Some(at) = seen.get(next).copied() {
        next += 1;
        let column = flow.column(at)?;
        if column.edges.is_empty() {
            return None;
        }
        for edge in &column.edges {
            let (End::Column(below), None, true) = (edge.from, &edge.path, edge.kind.keeps_value()) else {
                return None;
            };
            if seen.contains(&below) {
                continue;
            }
            match has(below) {
                Some(it) => found.push(it),
                None => seen.push(below),
            }
        }
    }
    Some(found)
}

/// What property files say of a column; empty if nothing.
fn written<'p>(project: &'p Project, flow: &Flow, at: ColumnRef) -> &'p str {
    let Some(column) = flow.column(at) else { return "" };
    entry(project, at.node, &column.name).map_or("", |entry| entry.description.as_str())
}

/// A column's entry in property files, which may write its name in another case.
pub(super) fn entry<'p>(project: &'p Project, node: NodeId, name: &str) -> Option<&'p ColumnProperties> {
    let columns = &project.node(node).columns;
    columns.get(name).or_else(|| columns.values().find(|entry| entry.name.eq_ignore_ascii_case(name)))
}

/// A description that a column has only because it is a copy of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inherited<'p> {
    /// Whose column inherits.
    pub node: NodeId,
    /// The column.
    pub column: &'p str,
    /// The description.
    pub text: &'p str,
    /// Whose column was described.
    pub from: NodeId,
    /// The column that was described.
    pub from_column: &'p str,
}

/// The descriptions that columns of `nodes` inherit, in the order of nodes and columns. A column without a name
/// of its author's inherits nothing.
pub fn inherited<'p>(project: &'p Project, flow: &'p Flow, nodes: &[NodeId]) -> Vec<Inherited<'p>> {
    let mut all = Vec::new();
    for node in nodes.iter().copied() {
        let columns = flow.nodes[node].as_ref().map_or(&[][..], |node| &node.columns);
        for (place, column) in columns.iter().enumerate() {
            let at = ColumnRef { node, column: place as u32 };
            if column.is_star || column.is_unnamed {
                continue;
            }
            let Some(Description { text, from }) = description(project, flow, at).filter(|it| it.from != at)
            else {
                continue;
            };
            let Some(described) = flow.column(from) else { continue };
            let (from, from_column) = (from.node, &*described.name);
            all.push(Inherited { node, column: &column.name, text, from, from_column });
        }
    }
    all
}
