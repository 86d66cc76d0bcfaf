//! `buhin plan`.

use serde_json::json;

use crate::cli::args::{Format, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::limits;
use crate::cli::output;
use crate::cli::pipeline::Scope;
use crate::cli::session::Session;
use crate::cli::table::{Align, table};
use crate::plan::{Row, explain};

/// Show what each part becomes, and why
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin plan                        every part, seed and snapshot
  buhin plan --select +kpi_daily    one part and all it is made of
  buhin plan --limits               what the warehouse takes, and where that is written
  buhin plan --format json          one JSON object a line")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Show the limits of the target's warehouse, with their sources
    #[arg(long)]
    limits: bool,
}

pub(crate) fn run(args: &PlanArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    if args.limits {
        let code = session.report();
        output::result(&limits::text(&session.project, format.format));
        return code;
    }
    let mut said = Vec::new();
    let text = {
        let resolved = session.resolve(&args.project, "plan").collect(&mut said);
        session.select(&resolved, &args.select, Scope::List).map(|selected| {
            let selected = selected.collect(&mut said);
            let rows = explain(resolved.project, &resolved.graph, &resolved.plan, &selected);
            if format.format == Format::Json { objects(rows) } else { lines(rows) }
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

/// A table of the rows, and a line that counts them.
fn lines(rows: Vec<Row>) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for row in &rows {
        match counts.iter_mut().find(|(name, _)| *name == row.materialization) {
            Some((_, count)) => *count += 1,
            None => counts.push((row.materialization.clone(), 1)),
        }
    }
    let cells = |row: Row| {
        let by = if row.auto { "buhin" } else { "author" }.to_owned();
        vec![row.part, row.materialization, by, row.readers.to_string(), row.reason]
    };
    let cells: Vec<Vec<String>> = rows.into_iter().map(cells).collect();
    let header = [
        ("part", Align::Left),
        ("becomes", Align::Left),
        ("by", Align::Left),
        ("readers", Align::Right),
        ("why", Align::Left),
    ];
    let mut text = table(&header, &cells, output::width());
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    text.push_str(&format!("\n{} planned: {}\n", cells.len(), counts.join(", ")));
    text
}

fn objects(rows: Vec<Row>) -> String {
    let object = |row: Row| {
        let object = json!({
            "unique_id": row.unique_id,
            "name": row.part,
            "materialization": row.materialization,
            "auto": row.auto,
            "readers": row.readers,
            "reason": { "code": row.code, "text": row.reason },
        });
        format!("{object}\n")
    };
    rows.into_iter().map(object).collect()
}
