//! `buhin source`.

use camino::Utf8PathBuf;
use clap::Subcommand;
use serde_json::json;

use crate::cli::args::{Format, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::pipeline::{Scope, not_written};
use crate::cli::session::{Session, fail};
use crate::compile::Resolved;
use crate::diagnostic::Diagnostic;
use crate::run::{self, Freshness, Live};
use crate::world::{World as _, write_if_changed};

/// Ask sources how old their rows are
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin source freshness                        every source that says how fresh it should be
  buhin source freshness --select source:raw    those of one source")]
pub(crate) struct SourceArgs {
    #[command(subcommand)]
    command: SourceCommand,
}

#[derive(Debug, Subcommand)]
enum SourceCommand {
    #[command(visible_alias = "snapshot-freshness")]
    Freshness(FreshnessArgs),
}

/// Compare the newest row of each source with `warn_after` and `error_after`; write target/sources.json
#[derive(Debug, clap::Args)]
struct FreshnessArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Another file for the results
    #[arg(long, short, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
}

pub(crate) fn run(args: &SourceArgs, format: &OutputArgs) -> ExitCode {
    let SourceCommand::Freshness(args) = &args.command;
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let done = freshness(&session, args, &mut said);
    session.diagnostics.extend(said);
    let code = session.report();
    match done {
        Ok(()) => code,
        Err(failed) => failed.max(code),
    }
}

fn freshness(session: &Session, args: &FreshnessArgs, said: &mut Vec<Diagnostic>) -> Result<(), ExitCode> {
    let clock = std::time::Instant::now();
    let resolved = session.resolve(&args.project, "freshness").collect(said);
    let selected = session.select(&resolved, &args.select, Scope::Sources)?.collect(said);
    let Resolved { renderer, collected, graph, .. } = &resolved;
    let sources = run::sources_to_check(&session.project, collected, &selected);
    if sources.is_empty() {
        output::line("nothing to do");
    }
    let warehouse = run::open(&session.project.target, &session.world).map_err(|found| fail(found, said))?;
    let live = Live::connect(warehouse.as_ref()).map_err(|found| fail(found, said))?;
    let mut connection = warehouse.connect().map_err(|found| fail(found, said))?;
    let render = |id, text: &str| renderer.render_in_source(id, text, collected, graph, &live);
    let results =
        run::freshness(&session.project, collected, &sources, connection.as_mut(), &render, |result| {
            show(session, result);
        });
    let results = results.collect(said);
    let invocation = run::Invocation { id: session.invocation_id(), ..run::Invocation::default() };
    let (now, took) = (session.world.now(), clock.elapsed());
    let file = run::sources_json(&session.project, collected, &results, now, took, &invocation);
    match &args.output {
        None => said.extend(session.write("sources.json".into(), file.to_string().as_bytes())),
        Some(path) => {
            let written = write_if_changed(path, file.to_string().as_bytes());
            said.extend(written.err().map(|error| not_written(path, &error)));
        }
    }
    Ok(())
}

/// A line for each source.
fn show(session: &Session, result: &Freshness) {
    let node = session.project.node(result.node);
    let status = result.measured.as_ref().map_or("unknown", |it| it.status.name());
    let age = result.measured.as_ref().map(ToString::to_string).unwrap_or_default();
    if session.output.format == Format::Json {
        let line = json!({
            "unique_id": node.unique_id,
            "status": status,
            "max_loaded_at_time_ago_in_s": result.measured.as_ref().map(|it| it.age),
        });
        output::result(&format!("{line}\n"));
        return;
    }
    let name = format!("{}.{}", node.source_name.as_deref().unwrap_or_default(), node.name);
    session.say(format!("{:7} {name:40} {age}", status.to_uppercase()).trim_end());
}
