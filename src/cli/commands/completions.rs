//! `buhin completions`.

use clap::CommandFactory as _;

use crate::cli::args::Cli;
use crate::cli::exit::ExitCode;
use crate::cli::output;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin completions bash > ~/.local/share/bash-completion/completions/buhin
  buhin completions zsh > ~/.zfunc/_buhin
  buhin completions fish > ~/.config/fish/completions/buhin.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "buhin", &mut script);
    output::result(&String::from_utf8_lossy(&script));
    ExitCode::Clean
}
