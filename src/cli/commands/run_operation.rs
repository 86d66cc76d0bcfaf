//! `buhin run-operation`.

use std::time::Instant;

use serde_json::{Map, Value};

use crate::cli::args::{OutputArgs, ProjectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::session::{Session, fail};
use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic};
use crate::project;
use crate::run::{self, HookResult, Live, Status};

/// Call a macro, which may do what it likes on the warehouse
///
/// What it says with `print()` goes to standard output, `log(info=true)` to standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin run-operation grant_select --args '{role: reader}'
  buhin run-operation codegen.generate_source --args 'schema_name: raw' --quiet > models/raw.yml
  buhin run-operation --sql \"drop table if exists {{ target.schema }}.old\"")]
pub(crate) struct RunOperationArgs {
    /// The macro: `name` or `package.name`
    #[arg(value_name = "MACRO", required_unless_present = "sql", conflicts_with = "sql")]
    name: Option<String>,
    /// Its arguments as YAML: '{role: reader}'
    #[arg(long, value_name = "YAML", conflicts_with = "sql")]
    args: Option<String>,
    /// A statement with Jinja, instead of a macro
    #[arg(long, value_name = "SQL")]
    sql: Option<String>,
    #[command(flatten)]
    project: ProjectArgs,
}

pub(crate) fn run(args: &RunOperationArgs, format: &OutputArgs) -> ExitCode {
    let arguments = match project::mapping(args.args.as_deref().unwrap_or_default()) {
        Ok(arguments) => arguments,
        Err(what) => return bad_args(args, format, &what),
    };
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let ended = operate(&session, args, &arguments, &mut said);
    session.diagnostics.extend(said);
    let code = session.report();
    match ended {
        Ok(ended) if ended.status.is_failure() => code.max(ExitCode::Problems),
        Ok(_) => code,
        Err(failed) => failed.max(code),
    }
}

fn operate(
    session: &Session,
    args: &RunOperationArgs,
    arguments: &Map<String, Value>,
    said: &mut Vec<Diagnostic>,
) -> Result<HookResult, ExitCode> {
    let clock = Instant::now();
    let resolved = session.resolve(&args.project, "run-operation").collect(said);
    let operation = args.name.as_deref().map(|name| resolved.renderer.find_operation(name));
    let operation = operation.transpose().map_err(|found| fail(found, said))?;
    let warehouse = run::open(&session.project.target, &session.world).map_err(|found| fail(found, said))?;
    let live = Live::acting(warehouse.as_ref()).map_err(|found| fail(found, said))?;
    let started = clock.elapsed();
    let Resolved { renderer, collected, graph, .. } = &resolved;
    let mut found = Vec::new();
    let (unique_id, done) = if let Some(operation) = &operation {
        let called = renderer.run_operation(operation, arguments, collected, graph, &live);
        (operation.unique_id.clone(), called.collect(&mut found).is_some())
    } else {
        let root = session.project.root();
        let sql = args.sql.clone().unwrap_or_default();
        let rendered = renderer.render_operation(
            &root.name,
            &crate::source::Spanned::new(sql, crate::source::Span::new(root.file, 0, 0)),
            &Map::new(),
            collected,
            graph,
            &live,
        );
        let sql = rendered.collect(&mut found);
        let done = sql.is_some_and(|sql| match live.run(&sql) {
            Ok(()) => true,
            Err(error) => {
                found.push(error);
                false
            }
        });
        (format!("sql_operation.{}.inline_query", root.name), done)
    };
    for message in renderer.take_messages() {
        if message.printed {
            output::result(&format!("{}\n", message.text));
        } else {
            session.say(&message.text);
        }
    }
    let first = found.iter().find(|found| found.is_error()).map(|found| found.message.clone());
    let ended = HookResult {
        unique_id,
        status: if done { Status::Success } else { Status::Error },
        message: first.unwrap_or_default(),
        sql: None,
        started,
        took: clock.elapsed().saturating_sub(started),
    };
    said.extend(found);
    said.extend(session.write_operation_results(&ended, &given(args, arguments)));
    Ok(ended)
}

/// What was asked, for `args` in `run_results.json`.
fn given(args: &RunOperationArgs, arguments: &Map<String, Value>) -> Map<String, Value> {
    let mut given = Map::new();
    given.insert("macro".to_owned(), args.name.clone().into());
    given.insert("args".to_owned(), arguments.clone().into());
    given.insert("target".to_owned(), args.project.target.clone().into());
    given.insert("profile".to_owned(), args.project.profile.clone().into());
    given.insert("vars".to_owned(), args.project.vars.clone().into());
    given.retain(|_, value| !value.is_null());
    given
}

fn bad_args(args: &RunOperationArgs, format: &OutputArgs, what: &str) -> ExitCode {
    let name = args.name.as_deref().unwrap_or("the macro");
    let found = Diagnostic::error(Code::BAD_ARGUMENT, format!("`--args` is not a YAML mapping: {what}"))
        .help(format!("write the arguments of `{name}` by name: --args '{{name: value}}'"));
    crate::cli::session::print(
        vec![found],
        &crate::source::Sources::default(),
        &project::Settings::default(),
        format,
    )
}
