//! `buhin docs inherit`.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use serde_json::json;

use crate::cli::args::{Format, IntrospectArgs, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::Scope;
use crate::cli::session::{self, Session};
use crate::diagnostic::Diagnostic;
use crate::emit;
use crate::flow::{self, Inherited, export::name_of};
use crate::project::{NodeKind, Project};

/// Show descriptions that columns inherit from those they are copies of
///
/// A column inherits along `select a`, `select a as b` and `*`, from the nearest column that has a description.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin docs inherit                        what would be inherited, and from where
  buhin docs inherit --select marts         only for some parts")]
pub(super) struct InheritArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    introspect: IntrospectArgs,
    /// A catalog.json with the columns of the warehouse's tables, as `docs generate` writes it
    #[arg(long, value_name = "FILE")]
    catalog: Option<Utf8PathBuf>,
}

pub(super) fn run(args: &InheritArgs, format: &OutputArgs) -> ExitCode {
    session::answer(&args.project, format, |session, said| text(session, args, format.format, said))
}

fn text(
    session: &Session,
    args: &InheritArgs,
    format: Format,
    said: &mut Vec<Diagnostic>,
) -> Result<String, ExitCode> {
    let fail = |found: Diagnostic, said: &mut Vec<Diagnostic>| {
        said.push(found);
        ExitCode::Failure
    };
    let resolved = session.resolve(&args.project, "docs").collect(said);
    let mut selected = session.select(&resolved, &args.select, Scope::Relations)?.collect(said);
    // Seeds and sources are where columns begin, and packages are written by others.
    let root = &resolved.project.root().name;
    selected.retain(|id| {
        let node = resolved.project.node(*id);
        matches!(node.kind, NodeKind::Model | NodeKind::Snapshot) && node.package == *root
    });
    let wanted = emit::with_parents(&selected, &resolved.graph, |_| true);
    let compilation = session.compile(&resolved, &args.introspect, Some(&wanted));
    let compilation = compilation.map_err(|found| fail(found, said))?.collect(said);
    session.say_messages(&resolved);
    let known = session.known(&resolved, args.catalog.as_deref(), Some(&wanted));
    let known = known.map_err(|found| fail(found, said))?;
    let input = flow::Input {
        project: resolved.project,
        collected: &resolved.collected,
        graph: &resolved.graph,
        rendered: &compilation.rendered,
        known: &known,
        is_answered: args.introspect.is_answered(),
        only: Some(&wanted),
    };
    let lineage = flow::flow(input).collect(said);
    let inherited = flow::inherited(resolved.project, &lineage, &selected);
    Ok(match format {
        Format::Json => inherited.iter().map(|it| format!("{}\n", object(resolved.project, it))).collect(),
        _ => lines(resolved.project, &inherited),
    })
}

fn lines(project: &Project, inherited: &[Inherited<'_>]) -> String {
    let mut out = String::new();
    for it in inherited {
        let (from, column) = (name_of(project, it.from), it.from_column);
        let _ = writeln!(out, "{}.{}  (from {from}.{column})", name_of(project, it.node), it.column);
        for line in it.text.trim_end().lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    if out.is_empty() {
        out.push_str("no column inherits a description that it does not have\n");
    }
    out
}

fn object(project: &Project, it: &Inherited<'_>) -> serde_json::Value {
    json!({
        "unique_id": project.node(it.node).unique_id,
        "name": name_of(project, it.node),
        "column": it.column,
        "description": it.text,
        "inherited_from": {
            "relation": project.node(it.from).unique_id,
            "name": name_of(project, it.from),
            "column": it.from_column,
        },
    })
}
