//! `buhin build`, `run`, `test`, `seed` and `snapshot`: one engine, five selections.

use rustc_hash::FxHashMap;

use crate::cli::args::{OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::flow::CheckArgs;
use crate::cli::output;
use crate::cli::pipeline::{Extent, Purpose, Scope};
use crate::cli::progress::{self, Progress};
use crate::cli::session::Session;
use crate::compile::{self, Resolved};
use crate::diagnostic::{Diagnostic, Staged};
use crate::emit::{self, Compiled};
use crate::project::NodeId;
use crate::run::{self, Command, Later, Live, RunOptions, RunRequest};

/// What all five take.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// Stop at the first failure
    #[arg(long, short = 'x')]
    pub(crate) fail_fast: bool,
    /// Print a line for each passing test too
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// Build everything in order: seeds, parts, snapshots and their tests
///
/// A test that fails stops what depends on the part it tests.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin build                           everything
  buhin build --select +kpi_daily       one part and all it is made of, with tests
  buhin build --exclude tag:weekly --fail-fast")]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    common: Common,
    /// Keep the rows that fail tests, in tables
    #[arg(long)]
    store_failures: bool,
    #[command(flatten)]
    check: CheckArgs,
}

/// Build parts, without seeds and tests
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin run                             all parts
  buhin run --select stg_orders+        a part and all that reads it
  buhin run --full-refresh              incremental parts from nothing")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    check: CheckArgs,
}

/// Run data tests on what is built
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin test                            all tests
  buhin test --select orders            tests of one part
  buhin test --select test_type:singular --store-failures")]
pub(crate) struct TestArgs {
    #[command(flatten)]
    common: Common,
    /// Keep the rows that fail tests, in tables
    #[arg(long)]
    store_failures: bool,
}

/// Load the CSV files of seeds/
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin seed                            all seeds
  buhin seed --select members")]
pub(crate) struct SeedArgs {
    #[command(flatten)]
    common: Common,
}

/// Take snapshots: keep the history of rows that change
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin snapshot
  buhin snapshot --select snap_members")]
pub(crate) struct SnapshotArgs {
    #[command(flatten)]
    common: Common,
}

pub(crate) fn build(args: &BuildArgs, format: &OutputArgs) -> ExitCode {
    start(
        Command::Build,
        &args.common,
        Extras { store_failures: args.store_failures, check: Some(&args.check) },
        format,
    )
}

pub(crate) fn run(args: &RunArgs, format: &OutputArgs) -> ExitCode {
    start(Command::Run, &args.common, Extras { check: Some(&args.check), ..Extras::default() }, format)
}

pub(crate) fn test(args: &TestArgs, format: &OutputArgs) -> ExitCode {
    start(
        Command::Test,
        &args.common,
        Extras { store_failures: args.store_failures, ..Extras::default() },
        format,
    )
}

pub(crate) fn seed(args: &SeedArgs, format: &OutputArgs) -> ExitCode {
    start(Command::Seed, &args.common, Extras::default(), format)
}

pub(crate) fn snapshot(args: &SnapshotArgs, format: &OutputArgs) -> ExitCode {
    start(Command::Snapshot, &args.common, Extras::default(), format)
}

fn start(command: Command, args: &Common, extras: Extras<'_>, format: &OutputArgs) -> ExitCode {
    let select = args.select.clone();
    execute(command, args, extras, format, |session, resolved| {
        session.select(resolved, &select, Scope::Run(command))
    })
}

/// What only some of the commands take.
#[derive(Clone, Copy, Default)]
pub(crate) struct Extras<'a> {
    /// Whether the rows of failed tests are kept.
    pub store_failures: bool,
    /// Whether columns are checked; never where it is `None`.
    pub check: Option<&'a CheckArgs>,
}

/// Loads, compiles and runs what `choose` selects.
pub(crate) fn execute(
    command: Command,
    args: &Common,
    extras: Extras<'_>,
    format: &OutputArgs,
    choose: impl FnOnce(&Session, &Resolved<'_>) -> Result<Staged<Vec<NodeId>>, ExitCode>,
) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let ended = resolve_and_run(&session, command, args, extras, choose, &mut said);
    session.diagnostics.extend(said);
    let code = session.report();
    match ended {
        Ok(ended) => {
            session.say(&ended.summary);
            if ended.failed { code.max(ExitCode::Problems) } else { code }
        }
        Err(failed) => failed.max(code),
    }
}

/// Nodes that the warehouse would refuse, with what is wrong: their own columns, or those of a part that is inlined
/// into them.
struct Mistakes(FxHashMap<NodeId, Vec<Diagnostic>>);

impl Mistakes {
    /// Sorts out errors; all else is said at once. What has errors loses its SQL.
    fn new(
        found: Vec<(NodeId, Diagnostic)>,
        resolved: &Resolved<'_>,
        compilation: &mut compile::Compilation,
        said: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut mistakes: FxHashMap<NodeId, Vec<Diagnostic>> = FxHashMap::default();
        for (id, found) in found {
            if found.is_error() {
                mistakes.entry(id).or_default().push(found);
            } else {
                said.push(found);
            }
        }
        if mistakes.is_empty() {
            return Self(mistakes);
        }
        for id in resolved.graph.order.iter().copied() {
            let parents =
                resolved.graph.parents[id].iter().filter(|parent| resolved.plan.is_inline(**parent));
            let below: Vec<Diagnostic> =
                parents.filter_map(|it| mistakes.get(it)).flatten().cloned().collect();
            if !below.is_empty() {
                mistakes.entry(id).or_default().extend(below);
            }
            if mistakes.contains_key(&id) {
                compilation.compiled[id] = None;
            }
        }
        Self(mistakes)
    }

    fn of(&self, id: NodeId) -> Option<&[Diagnostic]> {
        self.0.get(&id).map(Vec::as_slice)
    }

    fn has(&self, diagnostic: &Diagnostic) -> bool {
        self.0.values().any(|found| found.contains(diagnostic))
    }
}

struct Ended {
    summary: String,
    failed: bool,
}

fn resolve_and_run(
    session: &Session,
    command: Command,
    args: &Common,
    extras: Extras<'_>,
    choose: impl FnOnce(&Session, &Resolved<'_>) -> Result<Staged<Vec<NodeId>>, ExitCode>,
    said: &mut Vec<Diagnostic>,
) -> Result<Ended, ExitCode> {
    let mut resolved = session
        .resolve_for(&args.project, &Purpose { which: command.name(), hooks: true, ..Purpose::default() })
        .collect(said);
    let mut selected = choose(session, &resolved)?.collect(said);
    if resolved.plan.has_temporary() {
        selected = emit::with_temporary(&selected, &resolved.graph, &resolved.plan);
    }
    let warehouse = match run::open(&session.project.target, &session.world) {
        Ok(warehouse) => warehouse,
        Err(found) => {
            said.push(found);
            return Err(ExitCode::Failure);
        }
    };
    if args.select.state.defer {
        let live = Live::connect(warehouse.as_ref()).map_err(|found| {
            said.push(found);
            ExitCode::Failure
        })?;
        said.extend(session.defer(&mut resolved, &args.select.state, &selected, true, &live));
    }
    // What asks the warehouse while it is rendered is compiled when it is its turn, with what is built by then.
    let Staged { value: mut compilation, diagnostics } = compile::compile(&resolved, Some(&selected), &Later);
    said.extend(diagnostics.into_iter().filter(|found| !Later::caused(found)));
    let checks = extras.check.is_some_and(|check| check.columns(session));
    let found = session.follow_columns(&mut resolved, &compilation.rendered, Some(&selected), false, checks);
    let mistakes = Mistakes::new(found, &resolved, &mut compilation, said);
    let recompile = |id, introspect: &dyn crate::render::Introspect| match mistakes.of(id) {
        Some(found) => Staged::new(None, found.to_vec()),
        None => compile::again(&resolved, id, introspect),
    };
    let render_hook: &run::RenderHook<'_> = &|package, text, extra, introspect| {
        let Resolved { renderer, collected, graph, .. } = &resolved;
        renderer.render_operation(package, text, extra, collected, graph, introspect)
    };
    let materialize: &run::Materialize<'_> = &|node, introspect| {
        resolved.renderer.materialize(&resolved.collected, &resolved.graph, node, introspect)
    };
    session.say_messages(&resolved);
    let request = RunRequest {
        materialize,
        project: &session.project,
        collected: &resolved.collected,
        graph: &resolved.graph,
        plan: &resolved.plan,
        rendered: &compilation.rendered,
        compiled: &compilation.compiled,
        recompile: &recompile,
        render_hook,
        world: &session.world,
        warehouse: warehouse.as_ref(),
        command,
        selected: &selected,
        options: RunOptions {
            threads: session.project.target.threads,
            full_refresh: args.project.full_refresh,
            fail_fast: args.fail_fast,
            store_failures: extras.store_failures,
            ..RunOptions::default()
        },
    };
    let progress = Progress::new(&resolved, &session.output, args.verbose);
    let report = run::run(&request, &progress);
    progress.finish();
    session.say_messages(&resolved);
    for found in report.all_diagnostics() {
        // A mistake in a part that is inlined concerns all its readers, and is told once.
        if !mistakes.has(found) || !said.contains(found) {
            said.push(found.clone());
        }
    }
    said.extend(session.write_run_results(&request, &report, &args.project));
    for result in &report.results {
        if let Some(sql) = &result.compiled {
            let compiled = Compiled { sql: sql.clone(), ..Compiled::default() };
            compilation.compiled[result.node] = Some(compiled);
        }
    }
    said.extend(session.write_target(&resolved, &compilation, Extent::Run));
    if report.results.is_empty() && !report.failed() {
        output::line("nothing to do");
    }
    Ok(Ended { summary: progress::summary(&resolved, &report), failed: report.failed() })
}
