//! Literals that a column is compared with, held against the column's codes.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Input;
use super::codes::{CodeList, Codes};
use super::errors;
use super::model::{ColumnRef, Flow};
use crate::diagnostic::Diagnostic;
use crate::project::NodeId;
use crate::sql::Dialect;

/// A warning for each literal that can't be equal to what it is compared with.
///
/// A value of several columns is only told of where each of them has codes. The SQL of generic tests is not the
/// author's, and not looked at.
pub(super) fn undocumented(input: Input<'_>, flow: &Flow) -> Vec<(NodeId, Diagnostic)> {
    let mut found = Vec::new();
    let codes = Codes::new(input, flow);
    if codes.is_empty() {
        return found;
    }
    for id in input.graph.order.iter().copied() {
        let Some(node) = &flow.nodes[id] else { continue };
        let is_made = input.project.node(id).test.as_ref().is_some_and(|test| !test.name.is_empty());
        if node.comparisons.is_empty() || is_made {
            continue;
        }
        // An expression may be read more than once.
        let mut seen = FxHashSet::default();
        for compared in node.comparisons.iter().filter(|it| seen.insert(it.span.start)) {
            let lists: Option<Vec<(ColumnRef, Arc<CodeList>)>> =
                compared.columns.iter().map(|at| Some((*at, codes.of(*at)?))).collect();
            let Some(lists) = lists else { continue };
            let folds = folds(input.project.target.dialect);
            let is_excluded = lists.iter().all(|(_, list)| list.excludes(&compared.literal, folds));
            let origin = origin(input, id, &compared.span);
            if let (Some((at, list)), true, Some(origin)) = (lists.first(), is_excluded, origin) {
                let warning =
                    errors::undocumented(input.project, flow, *at, list, &compared.literal, &origin);
                found.push((id, warning));
            }
        }
    }
    found
}

fn origin(input: Input<'_>, id: NodeId, span: &std::ops::Range<u32>) -> Option<crate::source::Origin> {
    let rendered = input.rendered.nodes[id].as_ref()?;
    rendered.source_map.origin(span.start as usize..span.end as usize)
}

/// True where texts are usually compared without regard to case.
fn folds(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::MySql | Dialect::MariaDb | Dialect::MsSql | Dialect::Fabric)
}
