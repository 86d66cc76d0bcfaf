//! What is new against another state of the project, for the first page.

use crate::cli::args::StateArgs;
use crate::cli::session::Session;
use crate::cli::state::nothing_rendered;
use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic};
use crate::project::NodeKind;
use crate::site::Change;
use crate::state::{Comparison, Difference, State};

/// What was added, changed and removed since the state that `--state` names, parts and all else that has a page;
/// `None` without `--state`. Fails where that has no manifest.
///
/// What counts as a change is what `state:modified` counts.
pub(super) fn changes(
    session: &Session,
    resolved: &Resolved<'_>,
    args: &StateArgs,
) -> Result<Option<Vec<Change>>, Diagnostic> {
    let Some(folder) = &args.state else { return Ok(None) };
    let Some(state) = session.state(args)?.filter(State::has_manifest) else {
        let message = format!("what is new can't be told: `{folder}` has no manifest.json");
        return Err(Diagnostic::error(Code::BAD_STATE, message)
            .help("name the folder of the artifacts to compare with, or leave `--state` out"));
    };
    let rendered = nothing_rendered(resolved);
    let comparison = Comparison::new(&state, resolved.context(&rendered));
    let enabled = session.project.nodes().filter(|(id, _)| resolved.graph.enabled[*id]);
    let shown = enabled
        .filter(|(_, node)| !matches!(node.kind, NodeKind::Test | NodeKind::UnitTest | NodeKind::Operation));
    let differing = shown.filter_map(|(id, node)| {
        let what = match comparison.difference(node)? {
            Difference::New => "added",
            Difference::Changed => "changed",
        };
        Some(Change { node: Some(id), name: crate::flow::export::name_of(&session.project, id), what })
    });
    let mut changes: Vec<Change> = differing.collect();
    let gone = comparison.gone();
    changes.extend(gone.into_iter().map(|name| Change { node: None, name, what: "removed" }));
    Ok(Some(changes))
}
