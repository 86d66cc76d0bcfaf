//! `buhin debug`.

use crate::cli::args::{Format, OutputArgs, ProjectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::session::Session;
use crate::run;
use crate::world::World as _;

/// Say which project, profile and database are used, and try the connection
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin debug
  buhin debug --target prod --profiles-dir ~/.dbt")]
pub(crate) struct DebugArgs {
    #[command(flatten)]
    project: ProjectArgs,
}

pub(crate) fn run(args: &DebugArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let project = &session.project;
    let target = &project.target;
    let mut facts: Vec<(&str, String)> = vec![
        ("buhin", env!("CARGO_PKG_VERSION").to_owned()),
        ("project", format!("{} in {}", project.root().name, session.world.root())),
        ("packages", packages(project)),
        ("profile", format!("{}, target {}", target.profile, target.name)),
        ("type", format!("{} ({} SQL)", target.adapter, target.dialect.name())),
        ("database", target.database.clone().unwrap_or_else(|| "-".to_owned())),
        ("schema", target.schema.clone()),
        ("threads", target.threads.to_string()),
    ];
    match run::find_library(&session.world) {
        Ok(library) => facts.push(("library", library.to_string())),
        Err(_) => facts.push(("library", "DuckDB's library is not found".to_owned())),
    }
    let mut code = ExitCode::Clean;
    let connection = run::open(target, &session.world).and_then(|warehouse| {
        let mut connection = warehouse.connect()?;
        drop(connection.query("select 1", None));
        Ok(())
    });
    match connection {
        Ok(()) => facts.push(("connection", "works".to_owned())),
        Err(found) => {
            facts.push(("connection", "failed".to_owned()));
            session.diagnostics.push(found);
            code = ExitCode::Failure;
        }
    }
    let text = if format.format == Format::Json {
        let object: serde_json::Map<String, serde_json::Value> =
            facts.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        format!("{}\n", serde_json::Value::Object(object))
    } else {
        facts.into_iter().map(|(key, value)| format!("{key:<11} {value}\n")).collect()
    };
    output::result(&text);
    code.max(session.report())
}

fn packages(project: &crate::project::Project) -> String {
    let names: Vec<&str> = project.packages[1..].iter().map(|package| package.name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
