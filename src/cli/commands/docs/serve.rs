//! `buhin docs serve`.

use std::net::TcpListener;

use camino::{Utf8Path, Utf8PathBuf};

use super::server::{Server, serve};
use crate::cli::args::{OutputArgs, ProjectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::session::{self, Session};
use crate::diagnostic::{Code, Diagnostic};
use crate::project::Settings;
use crate::source::Sources;

/// Show the site that `docs generate` wrote in a browser
///
/// Only this machine can see it, unless --host says otherwise. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// The folder of the site, if not `docs` below the project's target folder
    #[arg(value_name = "DIR")]
    folder: Option<Utf8PathBuf>,
    /// The port; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: String,
    /// Open it in the browser
    #[arg(long)]
    open: bool,
}

pub(super) fn run(args: &ServeArgs, format: &OutputArgs) -> ExitCode {
    let folder = match &args.folder {
        Some(folder) => session::from_here(folder),
        None => match Session::open(&args.project, format) {
            Ok(mut session) => {
                session.diagnostics.clear();
                super::generate::folder(&session, None)
            }
            Err(code) => return code,
        },
    };
    match start(args, &folder) {
        Ok((listener, server)) => {
            output::result(&format!("serving {folder} on {}\n", server.address));
            if args.open {
                open(&server.address);
            }
            serve(&listener, &server);
            ExitCode::Clean
        }
        Err(found) => session::print(vec![found], &Sources::default(), &Settings::default(), format),
    }
}

fn start(args: &ServeArgs, folder: &Utf8Path) -> Result<(TcpListener, Server), Diagnostic> {
    let Some(server) = Server::of(folder) else {
        let found = Diagnostic::error(Code::CANNOT_SERVE, format!("there is no site in `{folder}`"));
        return Err(found.help("`buhin docs generate` writes one"));
    };
    let host = args.host.trim_matches(['[', ']']);
    let listener = TcpListener::bind((host, args.port)).map_err(|error| {
        let message = format!("`{}:{}` can't be listened on: {error}", args.host, args.port);
        let found = Diagnostic::error(Code::CANNOT_SERVE, message);
        found.help("choose another port with --port; --port 0 takes one that is free")
    })?;
    let port = listener.local_addr().map_or(args.port, |address| address.port());
    let shown = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let address = format!("http://{shown}:{port}/");
    let server = server.at(address, listener.local_addr().is_ok_and(|address| address.ip().is_loopback()));
    Ok((listener, server))
}

/// Asks the desktop to show an address; without a desktop nothing happens.
fn open(address: &str) {
    let (program, words): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let nothing = std::process::Stdio::null;
    let mut command = std::process::Command::new(program);
    drop(command.args(words).arg(address).stdin(nothing()).stdout(nothing()).stderr(nothing()).spawn());
}
