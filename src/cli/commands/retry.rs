//! `buhin retry`.

use camino::Utf8PathBuf;

use super::build::{Common, Extras, execute};
use crate::cli::args::OutputArgs;
use crate::cli::exit::ExitCode;
use crate::cli::flow::CheckArgs;
use crate::cli::session::Session;
use crate::diagnostic::Staged;
use crate::project::NodeId;
use crate::run;

/// Run again what failed or was skipped the last time
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin retry                   after a failed build, run or test
  buhin retry --fail-fast")]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    project: crate::cli::args::ProjectArgs,
    /// Stop at the first failure
    #[arg(long, short = 'x')]
    fail_fast: bool,
    /// Print a line for each passing test too
    #[arg(long, short)]
    verbose: bool,
}

pub(crate) fn run(args: &RetryArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let path: Utf8PathBuf = session.project.root().paths.target.join("run_results.json");
    let previous = match run::previous(&session.world, &path) {
        Ok(previous) => previous,
        Err(found) => {
            session.diagnostics.push(found);
            session.report();
            return ExitCode::Failure;
        }
    };
    // What the run was told then holds for its second half too.
    let mut project = args.project.clone();
    let before = |key: &str| previous.args.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
    project.vars = project.vars.or_else(|| before("vars"));
    project.target = project.target.or_else(|| before("target"));
    project.profile = project.profile.or_else(|| before("profile"));
    project.full_refresh |=
        previous.args.get("full_refresh").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let store_failures =
        previous.args.get("store_failures").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let common = Common {
        project,
        select: crate::cli::args::SelectArgs::default(),
        fail_fast: args.fail_fast,
        verbose: args.verbose,
    };
    let unfinished = previous.unfinished;
    let check = CheckArgs::default();
    let check = matches!(previous.command, run::Command::Build | run::Command::Run).then_some(&check);
    execute(previous.command, &common, Extras { store_failures, check }, format, |session, resolved| {
        let wanted = |id: &NodeId| unfinished.contains(&session.project.node(*id).unique_id);
        let nodes: Vec<NodeId> = resolved.graph.order.iter().copied().filter(wanted).collect();
        Ok(Staged::new(nodes, Vec::new()))
    })
}
