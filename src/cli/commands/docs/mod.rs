//! `buhin docs`.

mod generate;
mod inherit;

use clap::Subcommand;

use crate::cli::args::OutputArgs;
use crate::cli::exit::ExitCode;

/// Make what documentation is made of
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin docs generate                   target/manifest.json and target/catalog.json
  buhin docs generate --empty-catalog   the same without a database
  buhin docs inherit                    descriptions of columns that are copies of described ones")]
pub(crate) struct DocsArgs {
    #[command(subcommand)]
    command: DocsCommand,
}

#[derive(Debug, Subcommand)]
enum DocsCommand {
    Generate(generate::GenerateArgs),
    Inherit(inherit::InheritArgs),
}

pub(crate) fn run(args: &DocsArgs, format: &OutputArgs) -> ExitCode {
    match &args.command {
        DocsCommand::Generate(args) => generate::run(args, format),
        DocsCommand::Inherit(args) => inherit::run(args, format),
    }
}
