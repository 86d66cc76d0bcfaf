//! The commands, a file each.

pub(crate) mod build;
pub(crate) mod clean;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod debug;
#[cfg(feature = "deps")]
pub(crate) mod deps;
pub(crate) mod diff;
pub(crate) mod docs;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod lineage;
pub(crate) mod ls;
pub(crate) mod parse;
pub(crate) mod plan;
pub(crate) mod rename;
pub(crate) mod retry;
pub(crate) mod run_operation;
pub(crate) mod show;
pub(crate) mod source;
pub(crate) mod verify;

use super::args::{Cli, Color, Command};
use super::exit::ExitCode;

/// Runs the chosen command.
pub(crate) fn run(cli: Cli) -> ExitCode {
    match cli.output.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    let output = &cli.output;
    match cli.command {
        Command::Init(args) => init::run(&args, output),
        Command::Debug(args) => debug::run(&args, output),
        Command::Parse(args) => parse::run(&args, output),
        Command::Ls(args) => ls::run(&args, output),
        Command::Compile(args) => compile::run(&args, output),
        Command::Lineage(args) => lineage::run(&args, output),
        Command::Plan(args) => plan::run(&args, output),
        Command::Diff(args) => diff::run(&args, output),
        Command::Verify(args) => verify::run(&args, output),
        Command::Rename(args) => rename::run(&args, output),
        Command::Build(args) => build::build(&args, output),
        Command::Run(args) => build::run(&args, output),
        Command::Test(args) => build::test(&args, output),
        Command::Seed(args) => build::seed(&args, output),
        Command::Snapshot(args) => build::snapshot(&args, output),
        Command::RunOperation(args) => run_operation::run(&args, output),
        Command::Retry(args) => retry::run(&args, output),
        Command::Docs(args) => docs::run(&args, output),
        Command::Source(args) => source::run(&args, output),
        Command::Show(args) => show::run(&args, output),
        #[cfg(feature = "deps")]
        Command::Deps(args) => deps::run(&args, output),
        Command::Clean(args) => clean::run(&args, output),
        Command::Explain(args) => explain::run(&args, output),
        Command::Completions(args) => completions::run(&args),
    }
}
