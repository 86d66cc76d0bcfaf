//! Views that outlive the session and read tables that don't.

use super::{Input, Materialization, Plan, wish};
use crate::diagnostic::{Code, Diagnostic};
use crate::project::{NodeId, NodeMap};
use crate::source::Span;

/// Errors for views that read a temporary part, by themselves or through what is inlined into them.
///
/// Warehouses refuse such a view, or make it one that ends with the session; and buhin drops the table anyhow. The solver
/// never decides so; authors can.
pub(super) fn views_over_temp(input: Input<'_>, plan: &Plan) -> Vec<Diagnostic> {
    let Input { project, collected, graph, .. } = input;
    let mut beneath: NodeMap<Option<NodeId>> = NodeMap::new(vec![None; project.nodes.len()]);
    let mut said = Vec::new();
    for id in graph.order.iter().copied() {
        let view = match plan.materialization(id) {
            Some(Materialization::Temp) => {
                beneath[id] = Some(id);
                continue;
            }
            Some(Materialization::Inline) => false,
            Some(Materialization::View | Materialization::MaterializedView) => true,
            _ => continue,
        };
        let Some(temp) = graph.parents[id].iter().find_map(|parent| beneath[*parent]) else { continue };
        if !view {
            beneath[id] = Some(temp);
            continue;
        }
        let place = |id: NodeId| {
            let word = collected.nodes[id].as_ref().and_then(|it| it.config.materialized()).unwrap_or("view");
            wish::place(project, project.node(id), word)
        };
        let names = (project.node(id).name.as_str(), project.node(temp).name.as_str());
        said.push(view_over_temp(place(id), place(temp), names.0, names.1));
    }
    said
}

fn view_over_temp(at: Span, temp_at: Span, view: &str, temp: &str) -> Diagnostic {
    let message = format!("view `{view}` reads `{temp}`, a temporary table that does not outlive the run");
    Diagnostic::error(Code::VIEW_OVER_TEMP, message)
        .at(at, "the view stays")
        .related(temp_at, "its table goes")
        .help(format!("materialize `{temp}` as `table` or `view`, or `{view}` as `table`"))
}
