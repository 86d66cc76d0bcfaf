//! `buhin docs generate`.

use crate::cli::args::{IntrospectArg, IntrospectArgs, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::{Extent, Scope};
use crate::cli::session::Session;
use crate::diagnostic::Diagnostic;
use crate::run::{self, Catalog};
use crate::world::World as _;

/// Write target/manifest.json, and target/catalog.json with what the database says of tables and columns
#[derive(Debug, clap::Args)]
pub(super) struct GenerateArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Leave out the SQL of parts
    #[arg(long)]
    no_compile: bool,
    /// Write a catalog of nothing, without asking the database
    #[arg(long)]
    empty_catalog: bool,
}

pub(super) fn run(args: &GenerateArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let done = generate(&session, args, &mut said);
    session.diagnostics.extend(said);
    let code = session.report();
    match done {
        Ok(Some(count)) => {
            session.say(&format!("wrote catalog.json with {count} tables and views"));
            code
        }
        Ok(None) => {
            session.say("the catalog is not written: not all parts could be compiled");
            code
        }
        Err(failed) => failed.max(code),
    }
}

/// How many tables and views there are; `None` if something could not be compiled.
fn generate(
    session: &Session,
    args: &GenerateArgs,
    said: &mut Vec<Diagnostic>,
) -> Result<Option<usize>, ExitCode> {
    let fail = |found: Diagnostic, said: &mut Vec<Diagnostic>| {
        said.push(found);
        ExitCode::Failure
    };
    let mut resolved = session.resolve(&args.project, "generate").collect(said);
    let selected = session.select(&resolved, &args.select, Scope::Relations)?.collect(said);
    if args.no_compile {
        said.extend(session.write_parsed(&resolved));
    } else {
        let wanted = session.select(&resolved, &args.select, Scope::Compile)?.collect(said);
        let everything = args.select.is_everything();
        let who = if args.empty_catalog { IntrospectArg::Empty } else { IntrospectArg::Live };
        let introspect = IntrospectArgs { introspect: Some(who), ..IntrospectArgs::default() };
        let compiled = session.compile(&resolved, &introspect, (!everything).then_some(&wanted));
        let compilation = compiled.map_err(|found| fail(found, said))?.collect(said);
        session.say_messages(&resolved);
        let (chosen, answered) = ((!everything).then_some(&*wanted), introspect.is_answered());
        session.follow_columns(&mut resolved, &compilation.rendered, chosen, answered, false);
        let extent = if everything { Extent::All { deploy: false } } else { Extent::Selected };
        said.extend(session.write_target(&resolved, &compilation, extent));
        if said.iter().any(Diagnostic::is_error) {
            return Ok(None);
        }
    }
    let catalog = if args.empty_catalog {
        Catalog::default()
    } else {
        let target = &session.project.target;
        let warehouse = run::open(target, &session.world).map_err(|found| fail(found, said))?;
        let mut connection = warehouse.connect().map_err(|found| fail(found, said))?;
        Catalog::ask(&session.project, &resolved.collected, connection.as_mut())
            .map_err(|found| fail(found, said))?
    };
    let invocation = run::Invocation { id: session.invocation_id(), ..run::Invocation::default() };
    let (project, now) = (&session.project, session.world.now());
    let file = catalog.render(project, &resolved.collected, &selected, now, &invocation);
    let count = ["nodes", "sources"].iter().filter_map(|key| Some(file[*key].as_object()?.len())).sum();
    said.extend(session.write("catalog.json".into(), file.to_string().as_bytes()));
    Ok(Some(count))
}
