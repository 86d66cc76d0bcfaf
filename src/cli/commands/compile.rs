//! `buhin compile`.

use crate::cli::args::{Format, IntrospectArgs, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::flow::CheckArgs;
use crate::cli::output;
use crate::cli::pipeline::{Extent, Purpose, Scope};
use crate::cli::session::Session;
use crate::diagnostic::Diagnostic;
use crate::emit;
use crate::project::{NodeId, NodeKind};

/// Write the SQL of every part to target/, without running anything
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin compile                                 target/compiled, target/deploy, target/manifest.json
  buhin compile --no-deploy                     without target/deploy: as much as dbt compiles
  buhin compile --select orders                 just orders, also printed
  buhin compile --select orders --standalone    one statement that reads nothing but sources and seeds,
                                                printed, to paste into a BI tool
  buhin compile --introspect live               macros may ask the database of the profile
  buhin compile --record                        the same, and keep the answers in buhin.answers.yml
  buhin compile --replay                        take the answers from there, without a database")]
pub(crate) struct CompileArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    introspect: IntrospectArgs,
    /// Print one part as one statement, with all it is made of inlined
    #[arg(long)]
    standalone: bool,
    /// Write no deploy script, and spare the hooks that only it has: what dbt compiles
    #[arg(long)]
    no_deploy: bool,
    #[command(flatten)]
    check: CheckArgs,
}

pub(crate) fn run(args: &CompileArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let made = compile(&session, args, &mut said);
    session.diagnostics.extend(said);
    let code = session.report();
    let made = match made {
        Ok(made) => made,
        Err(failed) => return failed.max(code),
    };
    if args.standalone {
        output::result(&made.text);
        return code;
    }
    if format.format != Format::Json {
        output::result(&made.text);
    }
    if code == ExitCode::Failure {
        return code;
    }
    let folder = &session.project.root().paths.target;
    session.say(&format!("compiled {} nodes to {folder}/", made.count));
    std::mem::forget(session);
    code
}

/// What there is to print.
struct Made {
    /// The SQL of a part that was asked for alone.
    text: String,
    /// How many nodes were compiled.
    count: usize,
}

fn compile(session: &Session, args: &CompileArgs, said: &mut Vec<Diagnostic>) -> Result<Made, ExitCode> {
    let all = args.select.is_everything();
    // Only the script runs hooks, and what they do may cost more than all the rest.
    let deploy = all && !args.standalone && !args.no_deploy;
    let purpose = Purpose { which: "compile", hooks: deploy, ..Purpose::default() };
    let mut resolved = session.resolve_for(&args.project, &purpose).collect(said);
    let selected = session.select(&resolved, &args.select, Scope::Compile)?.collect(said);
    let problems = session.defer_offline(&mut resolved, &args.introspect, &args.select.state, &selected);
    said.extend(problems);
    let wanted = if args.standalone {
        emit::with_upstream(&selected, resolved.project, &resolved.graph)
    } else {
        selected.clone()
    };
    let compilation = session.compile(&resolved, &args.introspect, (!all).then_some(&wanted), said)?;
    let (rendered, answered) = (&compilation.rendered, args.introspect.is_answered());
    let chosen = (!all).then_some(&*selected);
    let checks = args.check.columns(session);
    let found = session.follow_columns(&mut resolved, rendered, chosen, answered, checks);
    said.extend(found.into_iter().map(|(_, found)| found));
    let context = resolved.context(&compilation.rendered);
    said.extend(emit::check_configs(&context));
    // Tests come along with a part; who asks for the part's SQL does not want theirs.
    let is_test = |id: &&NodeId| resolved.project.node(**id).kind == NodeKind::Test;
    let mut shown: Vec<NodeId> = selected.iter().filter(|id| !is_test(id)).copied().collect();
    if shown.is_empty() {
        shown.clone_from(&selected);
    }
    let mut text = String::new();
    if args.standalone {
        let sql = shown.iter().filter_map(|id| emit::standalone(&context, *id));
        let sql: Vec<String> = sql.map(|sql| sql.trim_end().to_owned()).collect();
        text = format!("{}\n", sql.join(";\n\n"));
    } else {
        let extent = if all { Extent::All { deploy } } else { Extent::Selected };
        said.extend(session.write_target(&resolved, &compilation, extent));
        if let ([only], false) = (shown.as_slice(), all)
            && let Some(compiled) = &compilation.compiled[*only]
        {
            text = format!("{}\n", compiled.sql.trim_end());
        }
    }
    let count = selected.len();
    // The process is about to end; taking a large project apart piece by piece would only cost time.
    std::mem::forget((compilation, resolved));
    Ok(Made { text, count })
}
