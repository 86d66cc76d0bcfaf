//! `buhin plan`.

mod changes;
mod compare;
mod story;
mod tables;
mod verify;

use camino::Utf8PathBuf;

use crate::cli::args::{Format, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::limits;
use crate::cli::pipeline::{Purpose, Scope};
use crate::cli::session::{self, Session};
use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic};
use crate::emit;
use crate::plan::{self, Assessment, explain};
use crate::project::NodeId;

/// Show what each part becomes and why, and how close statements are to limits
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = "\
Examples:
  buhin plan                        every part, seed and snapshot, and the largest statements
  buhin plan --select +kpi_daily    one part and all it is made of
  buhin plan --measures             what is counted of each part and each statement
  buhin plan --explain kpi_daily    the whole story of one part
  buhin plan --limits               what the warehouse takes, and where that is written
  buhin plan --verify               have the engine plan every statement, without running any
  buhin plan --accept               keep these decisions in snapshots/plan.json
  buhin plan --diff                 what is decided otherwise than was approved
  buhin plan --diff main            the same against the plan approved on a branch
  buhin plan --format json          one JSON object a line")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Show the measures of each part and each statement
    #[arg(long, conflicts_with_all = ["explain", "limits", "diff", "accept"])]
    measures: bool,
    /// Show the limits of the target's warehouse, with their sources
    #[arg(long, conflicts_with_all = ["explain", "diff", "accept"])]
    limits: bool,
    /// Tell all that led to one part's decision
    #[arg(long, value_name = "PART", conflicts_with_all = ["diff", "accept"])]
    explain: Option<String>,
    /// Ask the engine whether it takes every planned statement, in a database of its own in memory
    #[arg(long, conflicts_with_all = ["measures", "explain", "limits", "diff", "accept"])]
    verify: bool,
    /// Decide without regard to the approved plan
    #[arg(long)]
    fresh: bool,
    /// Write the decisions to the approved plan, `snapshots/plan.json`
    #[arg(long, conflicts_with = "diff")]
    accept: bool,
    /// Compare with the approved plan, or with the one of a git revision or a file
    #[arg(long, value_name = "BASE", num_args = 0..=1, default_missing_value = "")]
    diff: Option<String>,
    /// Take statements that are too complex for errors
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(args: &PlanArgs, format: &OutputArgs) -> ExitCode {
    session::answer(&args.project, format, |session, said| {
        let text = text(session, args, format.format, said);
        if args.strict {
            for one in said.iter_mut().filter(|one| one.code == Code::TOO_COMPLEX) {
                one.severity = crate::diagnostic::Severity::Error;
            }
        }
        text
    })
}

/// What there is to say, by what was asked.
fn text(
    session: &Session,
    args: &PlanArgs,
    format: Format,
    said: &mut Vec<Diagnostic>,
) -> Result<String, ExitCode> {
    if args.limits {
        return Ok(limits::text(&session.project, format));
    }
    let resolved = session
        .resolve_for(&args.project, &Purpose { which: "plan", fresh_plan: args.fresh, ..Purpose::default() })
        .collect(said);
    let selected = session.select(&resolved, &args.select, Scope::List)?.collect(said);
    if let Some(base) = &args.diff {
        return compare::text(session, &resolved, base, format).map_err(|found| {
            said.push(found);
            ExitCode::Failure
        });
    }
    let assessment = assess(&resolved, &selected, args, said);
    if args.verify {
        return verify::text(session, &resolved, &selected, format, said).map_err(|found| {
            said.push(found);
            ExitCode::Failure
        });
    }
    if args.accept {
        return accept(session, &resolved).map_err(|found| {
            said.push(found);
            ExitCode::Failure
        });
    }
    if let Some(name) = &args.explain {
        return story::text(&resolved, &assessment, name).map_err(|found| {
            said.push(found);
            ExitCode::Failure
        });
    }
    let rows = explain(resolved.project, &resolved.graph, &resolved.plan, &selected);
    let view = tables::View { resolved: &resolved, assessment: &assessment, selected: &selected };
    Ok(match (format, args.measures) {
        (Format::Json, _) => view.objects(&rows),
        (Format::Markdown, _) => view.markdown(&rows),
        (_, true) => view.measures(),
        (_, false) => view.lines(&rows),
    })
}

/// Measures the statements of the selected nodes, with all that goes into them.
fn assess(
    resolved: &Resolved<'_>,
    selected: &[NodeId],
    args: &PlanArgs,
    said: &mut Vec<Diagnostic>,
) -> Assessment {
    let now;
    let rendered = if let Some(rehearsed) = &resolved.rehearsed {
        rehearsed
    } else {
        let wanted = if args.select.is_everything() {
            resolved.graph.order.clone()
        } else {
            emit::with_upstream(selected, resolved.project, &resolved.graph)
        };
        now = resolved.renderer.rehearse(&resolved.collected, &resolved.graph, &wanted);
        &now
    };
    plan::assess(resolved.plan_input(rendered), &resolved.plan).collect(said)
}

/// Writes the approved plan.
fn accept(session: &Session, resolved: &Resolved<'_>) -> Result<String, Diagnostic> {
    let mut approved = resolved.approved.clone();
    approved.accept(resolved.project, &resolved.plan);
    let path: Utf8PathBuf = plan::approved::path(resolved.project);
    session.write_beside(&path, approved.text().as_bytes())?;
    let count = approved.of(&resolved.project.target.name).len();
    Ok(format!("{count} decisions for target `{}` approved in {path}\n", resolved.project.target.name))
}
