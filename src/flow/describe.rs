//! What columns mean: as their authors wrote it, or as it was written of a column that they are a copy of.

use super::model::{ColumnRef, End, Flow};
use crate::project::Project;

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
    let mut seen = vec![at];
    let mut next = 0;
    let mut found: Option<Description<'p>> = None;
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
            let text = written(project, flow, below);
            match found {
                _ if text.is_empty() => {
                    if !seen.contains(&below) {
                        seen.push(below);
                    }
                }
                Some(other) if other.text != text => return None,
                Some(_) => {}
                None => found = Some(Description { text, from: below }),
            }
        }
    }
    found
}

/// What property files say of a column, whose name they may write in another case; empty if nothing.
fn written<'p>(project: &'p Project, flow: &Flow, at: ColumnRef) -> &'p str {
    let Some(column) = flow.column(at) else { return "" };
    let columns = &project.node(at.node).columns;
    let entry = columns
        .get(&*column.name)
        .or_else(|| columns.values().find(|entry| entry.name.eq_ignore_ascii_case(&column.name)));
    entry.map_or("", |entry| entry.description.as_str())
}
