//! `buhin plan --verify`: what the engine says of the planned statements.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::args::Format;
use crate::cli::output;
use crate::cli::session::Session;
use crate::cli::table::{Align, table};
use crate::compile::{self, Resolved};
use crate::diagnostic::Diagnostic;
use crate::emit;
use crate::project::NodeId;
use crate::render::Empty;
use crate::run::{self, Verdict, VerifyRequest};

/// Verifies the statements of the selected nodes and of all upstream; fails where the engine can't be asked.
pub(super) fn text(
    session: &Session,
    resolved: &Resolved<'_>,
    selected: &[NodeId],
    format: Format,
    said: &mut Vec<Diagnostic>,
) -> Result<String, Diagnostic> {
    let nodes = emit::with_parents(selected, &resolved.graph, |_| true);
    // What is too complex has been told by the plan itself.
    let compilation = compile::compile(resolved, Some(&nodes), &Empty).collect(said);
    let recompile =
        |id: NodeId, introspect: &dyn crate::render::Introspect| compile::again(resolved, id, introspect);
    let request = VerifyRequest {
        context: resolved.context(&compilation.rendered),
        compiled: &compilation.compiled,
        nodes: &nodes,
        recompile: &recompile,
        world: &session.world,
    };
    let verdicts = run::verify(&request)?.collect(said);
    Ok(if format == Format::Json { objects(resolved, &verdicts) } else { lines(resolved, &verdicts) })
}

/// One object a statement.
fn objects(resolved: &Resolved<'_>, verdicts: &[(NodeId, Verdict)]) -> String {
    let object = |(id, verdict): &(NodeId, Verdict)| {
        let node = resolved.project.node(*id);
        let object = json!({
            "unique_id": node.unique_id,
            "name": node.name,
            "verdict": verdict.name(),
            "why": why(verdict),
        });
        format!("{object}\n")
    };
    verdicts.iter().map(object).collect()
}

/// A table of the statements, and a line that counts them.
fn lines(resolved: &Resolved<'_>, verdicts: &[(NodeId, Verdict)]) -> String {
    let cells = |(id, verdict): &(NodeId, Verdict)| {
        let name = resolved.project.node(*id).name.clone();
        vec![name, verdict.name().to_owned(), why(verdict).unwrap_or_default().to_owned()]
    };
    let rows: Vec<Vec<String>> = verdicts.iter().map(cells).collect();
    let header = [("statement", Align::Left), ("verdict", Align::Left), ("why", Align::Left)];
    let mut text = table(&header, &rows, output::width());
    let count = |name: &str| verdicts.iter().filter(|(_, verdict)| verdict.name() == name).count();
    let counts = ["taken", "refused", "unknown"].map(|name| format!("{} {name}", count(name)));
    let engine = resolved.project.target.dialect.name();
    let _ = writeln!(text, "\n{} statements, asked of {engine}: {}", verdicts.len(), counts.join(", "));
    text
}

fn why(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Taken => None,
        Verdict::Refused => Some("see above"),
        Verdict::Unknown(why) => Some(why),
    }
}
