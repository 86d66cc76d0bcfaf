//! `buhin docs`.

mod facts;
mod generate;
mod inherit;
mod made_of;
mod new;
mod pages;
mod serve;
mod server;
mod write;

use clap::Subcommand;

use crate::cli::args::OutputArgs;
use crate::cli::exit::ExitCode;

/// Write the project's docs: a site that opens without a server, pages for git
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin docs generate                   target/docs/index.html, manifest.json and catalog.json
  buhin docs generate --empty-catalog   the same without a database
  buhin docs generate --format markdown pages for git, in docs/lineage
  buhin docs serve --open               shows the site in the browser
  buhin docs inherit                    descriptions of columns that are copies of described ones")]
pub(crate) struct DocsArgs {
    #[command(subcommand)]
    command: DocsCommand,
}

#[derive(Debug, Subcommand)]
enum DocsCommand {
    Generate(generate::GenerateArgs),
    Serve(serve::ServeArgs),
    Inherit(inherit::InheritArgs),
}

pub(crate) fn run(args: &DocsArgs, format: &OutputArgs) -> ExitCode {
    match &args.command {
        DocsCommand::Generate(args) => generate::run(args, format),
        DocsCommand::Serve(args) => serve::run(args, format),
        DocsCommand::Inherit(args) => inherit::run(args, format),
    }
}
