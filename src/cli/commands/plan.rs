//! `buhin plan`.

use serde_json::json;

use crate::cli::args::{Format, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::pipeline::Scope;
use crate::cli::session::Session;
use crate::cli::table::{Align, table};
use crate::compile::Resolved;
use crate::project::{NodeId, NodeKind};

/// Show what each part becomes, and why
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin plan                        every part, seed and snapshot
  buhin plan --select +kpi_daily    one part and all it is made of
  buhin plan --format json          one JSON object a line")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
}

pub(crate) fn run(args: &PlanArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let text = {
        let resolved = session.resolve(&args.project, "plan").collect(&mut said);
        session.select(&resolved, &args.select, Scope::List).map(|selected| {
            let selected = selected.collect(&mut said);
            if format.format == Format::Json {
                objects(&resolved, &selected)
            } else {
                lines(&resolved, &selected)
            }
        })
    };
    session.diagnostics.extend(said);
    let code = session.report();
    match text {
        Ok(text) => {
            output::result(&text);
            code
        }
        Err(code) => code,
    }
}

/// A table of the planned nodes among the selected ones, and a line that counts them.
fn lines(resolved: &Resolved<'_>, selected: &[NodeId]) -> String {
    let mut rows = Vec::new();
    let mut counts: Vec<(String, usize)> = Vec::new();
    for id in selected {
        let Some(decision) = &resolved.plan.decisions[*id] else { continue };
        let becomes = decision.materialization.name();
        match counts.iter_mut().find(|(name, _)| name == becomes) {
            Some((_, count)) => *count += 1,
            None => counts.push((becomes.to_owned(), 1)),
        }
        rows.push(vec![
            resolved.project.node(*id).name.clone(),
            becomes.to_owned(),
            if decision.auto { "buhin" } else { "author" }.to_owned(),
            readers(resolved, *id).to_string(),
            decision.reason.text.clone(),
        ]);
    }
    let header = [
        ("part", Align::Left),
        ("becomes", Align::Left),
        ("by", Align::Left),
        ("readers", Align::Right),
        ("why", Align::Left),
    ];
    let mut text = table(&header, &rows, output::width());
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    text.push_str(&format!("\n{} planned: {}\n", rows.len(), counts.join(", ")));
    text
}

fn objects(resolved: &Resolved<'_>, selected: &[NodeId]) -> String {
    let mut text = String::new();
    for id in selected {
        let Some(decision) = &resolved.plan.decisions[*id] else { continue };
        let node = resolved.project.node(*id);
        let object = json!({
            "unique_id": node.unique_id,
            "name": node.name,
            "materialization": decision.materialization.name(),
            "auto": decision.auto,
            "readers": readers(resolved, *id),
            "reason": { "code": decision.reason.code, "text": decision.reason.text },
        });
        text.push_str(&object.to_string());
        text.push('\n');
    }
    text
}

/// How many parts and snapshots read a node; tests and exposures don't count.
fn readers(resolved: &Resolved<'_>, id: NodeId) -> usize {
    let children = &resolved.graph.children[id];
    children
        .iter()
        .filter(|child| matches!(resolved.project.node(**child).kind, NodeKind::Model | NodeKind::Snapshot))
        .count()
}
