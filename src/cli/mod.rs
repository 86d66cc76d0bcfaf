//! The command line: one file per command; the only place that prints.
//!
//! A command asks the library and prints what it says; it computes nothing itself. Results go to standard
//! output, everything else to standard error.

mod args;
mod asking;
mod commands;
mod dbt_flags;
mod exit;
mod flow;
mod hunks;
mod limits;
mod memo;
mod output;
mod pipeline;
mod progress;
mod session;
mod state;
mod table;
mod timings;
mod warn_error;

pub use exit::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

pub use args::Cli;

/// Runs the command line of this process and gives its exit code.
pub fn main() -> ExitCode {
    install_panic_hook();
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let matches = match Cli::command().try_get_matches_from(dbt_flags::translated(words)) {
        Ok(matches) => matches,
        Err(error) => {
            // A broken pipe while printing help is nobody's fault.
            drop(error.print());
            return if error.use_stderr() { ExitCode::Failure } else { ExitCode::Clean };
        }
    };
    match Cli::from_arg_matches(&matches) {
        Ok(cli) => timings::around(cli, |cli| memo::around(cli, commands::run)),
        Err(error) => {
            drop(error.print());
            ExitCode::Failure
        }
    }
}

/// A panic is buhin's own mistake: say so, with what a report needs.
fn install_panic_hook() {
    let standard = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        standard(info);
        output::line(&format!(
            "\nthis is a mistake in buhin {}, not in your project; please report it with the lines above",
            env!("CARGO_PKG_VERSION"),
        ));
    }));
}
