//! `buhin clean`.

use camino::{Utf8Component, Utf8Path};

use crate::cli::args::{OutputArgs, ProjectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::session::Session;

/// Remove what buhin has written: the folders of `clean-targets`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin clean                   remove target/ (and what else clean-targets names)
  buhin clean --dry-run         say what would be removed")]
pub(crate) struct CleanArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// Remove nothing, just say what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &CleanArgs, format: &OutputArgs) -> ExitCode {
    let session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let paths = &session.project.root().paths;
    let sources =
        [&paths.models, &paths.macros, &paths.seeds, &paths.snapshots, &paths.tests, &paths.analyses];
    let mut worst = ExitCode::Clean;
    for target in &paths.clean {
        // dbt has the same two rules: never outside of the project, never a folder of sources.
        if !stays_inside(target) {
            output::line(&format!(
                "error[B0901]: `{target}` of clean-targets is outside of the project; left alone"
            ));
            worst = ExitCode::Problems;
            continue;
        }
        if sources.iter().any(|folders| folders.iter().any(|folder| folder.starts_with(target))) {
            output::line(&format!("error[B0901]: `{target}` of clean-targets holds sources; left alone"));
            worst = ExitCode::Problems;
            continue;
        }
        let folder = session.path(target);
        if !folder.exists() {
            continue;
        }
        if args.dry_run {
            output::line(&format!("would remove {target}"));
            continue;
        }
        match std::fs::remove_dir_all(&folder) {
            Ok(()) => {
                session.say(&format!("removed {target}"));
                if session.project.packages[1..].iter().any(|package| package.folder.starts_with(target)) {
                    session.say("the packages are gone; `buhin deps` installs them again");
                }
            }
            Err(error) => {
                output::line(&format!("error[B0602]: `{target}` can't be removed: {error}"));
                worst = ExitCode::Failure;
            }
        }
    }
    worst
}

fn stays_inside(path: &Utf8Path) -> bool {
    !path.as_str().is_empty()
        && path.components().all(|component| matches!(component, Utf8Component::Normal(_)))
}
