//! `buhin compile`.

use crate::cli::args::{Format, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::pipeline::Scope;
use crate::cli::session::Session;
use crate::emit;
use crate::project::{NodeId, NodeKind};

/// Write the SQL of every part to target/, without running anything
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin compile                                 target/compiled, target/run, target/deploy, manifest.json
  buhin compile --select orders                 just orders, also printed
  buhin compile --select orders --standalone    one statement that reads nothing but sources and seeds,
                                                printed, to paste into a BI tool
  buhin compile --introspect live               macros may ask the database of the profile")]
pub(crate) struct CompileArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Print one part as one statement, with all it is made of inlined
    #[arg(long)]
    standalone: bool,
}

pub(crate) fn run(args: &CompileArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let mut text = String::new();
    let mut failed = None;
    let mut count = 0;
    {
        let resolved = session.resolve(&args.project, "compile").collect(&mut said);
        match session.select(&resolved, &args.select, Scope::Compile) {
            Err(code) => failed = Some(code),
            Ok(selected) => {
                let selected = selected.collect(&mut said);
                count = selected.len();
                // Tests come along with a part; who asks for the part's SQL does not want theirs.
                let tests = |id: &&NodeId| resolved.project.node(**id).kind == NodeKind::Test;
                let mut shown: Vec<NodeId> = selected.iter().filter(|id| !tests(id)).copied().collect();
                if shown.is_empty() {
                    shown.clone_from(&selected);
                }
                {
                    let all = args.select.is_everything();
                    let wanted = if args.standalone {
                        emit::with_upstream(&selected, resolved.project, &resolved.graph)
                    } else {
                        selected.clone()
                    };
                    match session.compile(&resolved, &args.project, (!all).then_some(&wanted)) {
                        Ok(staged) => {
                            let compilation = staged.collect(&mut said);
                            let context = resolved.context(&compilation.rendered);
                            said.extend(emit::check_configs(&context));
                            if args.standalone {
                                let sql = shown.iter().filter_map(|id| emit::standalone(&context, *id));
                                let sql: Vec<String> = sql.map(|sql| sql.trim_end().to_owned()).collect();
                                text = format!("{}\n", sql.join(";\n\n"));
                            } else {
                                said.extend(session.write_target(&resolved, &compilation, all));
                                if let ([only], false) = (shown.as_slice(), all)
                                    && let Some(compiled) = &compilation.compiled[*only]
                                {
                                    text = format!("{}\n", compiled.sql.trim_end());
                                }
                            }
                        }
                        Err(found) => {
                            said.push(found);
                            failed = Some(ExitCode::Failure);
                        }
                    }
                }
            }
        }
    }
    session.diagnostics.extend(said);
    let code = session.report();
    if format.format != Format::Json || args.standalone {
        output::result(&text);
    }
    if failed.is_none() && code != ExitCode::Failure && !args.standalone {
        let folder = session.project.root().paths.target.clone();
        session.say(&format!("compiled {count} nodes to {folder}/"));
    }
    failed.unwrap_or(code)
}
