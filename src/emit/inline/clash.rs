//! In dbt's naming an inlined part is `__dbt__cte__<name>`, also where an author has called a CTE so. A statement
//! that would mean the wrong one is an error.

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::{Inliner, Style};
use crate::diagnostic::Diagnostic;
use crate::emit::{errors, with_inlined};
use crate::project::NodeId;
use crate::render::{CTE_PREFIX, cte_name};
use crate::sql::{fold, unquote};

/// The CTE of a node's own text that has the name of a part inlined into it.
pub(super) fn find(inliner: &Inliner<'_>, id: NodeId) -> Option<Diagnostic> {
    let context = inliner.context;
    let rendered = context.rendered.nodes[id].as_ref()?;
    if inliner.style != Style::Dbt || context.graph.parents[id].iter().all(|parent| !inliner.inline[*parent])
    {
        return None;
    }
    // Looking for WITH again costs; a text that does not have the prefix once more than it has parts is fine.
    let text = &context.project.files.get(context.project.node(id).span.file).text;
    if !text.contains(CTE_PREFIX) {
        return None;
    }
    let own = super::own::Own::of(inliner, id, rendered);
    let with = own.with.as_ref()?;
    let dialect = context.project.target.dialect;
    let inlined = with_inlined(&[id], context.graph, context.plan);
    let parts = inlined.into_iter().filter(|part| *part != id && inliner.inline[*part]);
    let taken: FxHashSet<String> =
        parts.map(|part| fold(dialect, &cte_name(inliner.table_name(part)), false)).collect();
    let name = |range: &Range<usize>| fold(dialect, &unquote(&rendered.sql[range.clone()]), false);
    let range = with.names.iter().find(|range| taken.contains(&name(range)))?;
    let span = rendered.source_map.origin(range.clone())?.span;
    Some(errors::reserved_name(span, &rendered.sql[range.clone()]))
}
