//! `buhin parse`.

use crate::cli::args::{OutputArgs, ProjectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::session::Session;

/// Read the project and say what is wrong with it; write the manifest
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin parse                   check names, configs and references, without a database
  buhin parse --format github   the same, as annotations in GitHub Actions")]
pub(crate) struct ParseArgs {
    #[command(flatten)]
    project: ProjectArgs,
}

pub(crate) fn run(args: &ParseArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let written = {
        let resolved = session.resolve(&args.project, "parse").collect(&mut said);
        session.write_parsed(&resolved)
    };
    said.extend(written);
    session.diagnostics.extend(said);
    let code = session.report();
    session.say(&session.summary());
    code
}
