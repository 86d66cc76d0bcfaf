//! The `buhin` command.

fn main() -> std::process::ExitCode {
    buhin::cli::main().into()
}
