//! `buhin docs generate`.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::made_of::MadeOf;
use crate::cli::args::{Format, IntrospectArg, IntrospectArgs, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::{Extent, Scope};
use crate::cli::session::{Session, fail};
use crate::compile::{Compilation, Resolved};
use crate::diagnostic::{Code, Diagnostic, Severity, Staged};
use crate::flow::Flow;
use crate::project::{NodeId, NodeMap};
use crate::run::{self, Catalog};
use crate::site::{Change, Site};
use crate::world::World as _;

/// Write a site of the project's parts, columns and lineage, and target/manifest.json and target/catalog.json
///
/// The site opens from the disk, from any web server and from object storage. A database is asked for the types and
/// sizes of tables if there is one; without one all else is there. With --state, the first page says what is new. With
/// --format markdown, pages for git instead: one
/// for each part, the same on every machine.
#[derive(Debug, clap::Args)]
pub(super) struct GenerateArgs {
    #[command(flatten)]
    pub(super) project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// The folder of the site, if not `docs` below the target folder; with --format markdown that of the pages, if not
    /// docs/lineage
    #[arg(long, value_name = "DIR")]
    pub(super) output: Option<Utf8PathBuf>,
    /// With --format markdown: write nothing, and fail if pages are out of date
    #[arg(long)]
    pub(super) check: bool,
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
    let mut said = std::mem::take(&mut session.diagnostics);
    let done = match format.format {
        Format::Markdown => {
            super::pages::generate(&session, args, &mut said).map(|line| line.map(|line| vec![line]))
        }
        _ if args.check => Err(fail(check_without_pages(), &mut said)),
        _ => generate(&session, args, &mut said),
    };
    session.diagnostics.extend(said);
    let code = session.report();
    match done {
        Ok(Some(lines)) => {
            for line in &lines {
                session.say(line);
            }
            code
        }
        Ok(None) => {
            session.say("no docs are written: not all parts could be compiled");
            code
        }
        Err(failed) => failed.max(code),
    }
}

/// What was written, a line each; `None` if something could not be compiled.
fn generate(
    session: &Session,
    args: &GenerateArgs,
    said: &mut Vec<Diagnostic>,
) -> Result<Option<Vec<String>>, ExitCode> {
    let mut resolved = session.resolve(&args.project, "generate").collect(said);
    // Before anything is written: the other state may be what this run is about to replace.
    let changed = super::new::changes(session, &resolved, &args.select.state);
    let changed = changed.map_err(|found| fail(found, said))?;
    let selected = session.select(&resolved, &args.select, Scope::Relations)?.collect(said);
    let warehouse = if args.empty_catalog { None } else { warehouse(session, said) };
    let made = compile(session, args, &mut resolved, warehouse.is_some(), said)?;
    let Some(Made { compilation, followed }) = made else { return Ok(None) };
    let catalog = match &warehouse {
        None => Catalog::default(),
        Some(warehouse) => {
            let mut connection = warehouse.connect().map_err(|found| fail(found, said))?;
            Catalog::ask(&session.project, &resolved.collected, connection.as_mut())
                .map_err(|found| fail(found, said))?
        }
    };
    let invocation = run::Invocation { id: session.invocation_id(), ..run::Invocation::default() };
    let (project, now) = (&session.project, session.world.now());
    let catalog = catalog.render(project, &resolved.collected, &selected, now, &invocation);
    said.extend(session.write("catalog.json".into(), catalog.to_string().as_bytes()));
    let count: usize =
        ["nodes", "sources"].iter().filter_map(|key| Some(catalog[*key].as_object()?.len())).sum();
    let mut lines = vec![format!("wrote catalog.json with {count} tables and views")];
    let answers = Answers { catalog: &catalog, is_live: warehouse.is_some(), followed: followed.as_ref() };
    lines.push(site(session, args, &resolved, &compilation, answers, changed.as_deref(), said)?);
    Ok(Some(lines))
}

fn check_without_pages() -> Diagnostic {
    let found = Diagnostic::error(Code::BAD_ARGUMENT, "`--check` is for pages in git");
    found.help("say `--format markdown`, too")
}

/// The warehouse of the profile, if one can be had; if not, why is a warning.
fn warehouse(session: &Session, said: &mut Vec<Diagnostic>) -> Option<Box<dyn run::Warehouse>> {
    let opened = run::open(&session.project.target, &session.world);
    let connected = opened.and_then(|warehouse| warehouse.connect().map(|_| warehouse));
    connected
        .map_err(|found| {
            let found = Diagnostic { severity: Severity::Warning, ..found };
            said.push(found.note("the docs are made without what a database tells of tables"));
        })
        .ok()
}

/// The project's SQL.
struct Made {
    compilation: Compilation,
    /// The columns, where the manifest needs them and no warehouse knows more of them.
    followed: Option<Staged<Flow>>,
}

/// The SQL of everything, written to the target folder with the manifest; `None` if something could not be compiled.
fn compile(
    session: &Session,
    args: &GenerateArgs,
    resolved: &mut Resolved<'_>,
    is_live: bool,
    said: &mut Vec<Diagnostic>,
) -> Result<Option<Made>, ExitCode> {
    if args.no_compile {
        said.extend(session.write_parsed(resolved));
        let none = NodeMap::new(session.project.nodes.iter().map(|_| None).collect());
        let rendered = crate::cli::state::nothing_rendered(resolved);
        let compilation = Compilation { rendered, compiled: none, statements: None };
        return Ok(Some(Made { compilation, followed: None }));
    }
    let wanted = session.select(resolved, &args.select, Scope::Compile)?.collect(said);
    let everything = args.select.is_everything();
    let who = if is_live { IntrospectArg::Live } else { IntrospectArg::Empty };
    let introspect = IntrospectArgs { introspect: Some(who), ..IntrospectArgs::default() };
    let compilation = session.compile(resolved, &introspect, (!everything).then_some(&wanted), said)?;
    let mut followed = None;
    if everything && !is_live && session.project.settings.inherit_docs {
        let known = session.known(resolved, None, None).map_err(|found| fail(found, said))?;
        let (flow, found) = session.followed(resolved, &compilation.rendered, &known, false, None);
        followed = Some(Staged::new(flow, found.into_iter().map(|(_, found)| found).collect()));
    } else {
        let chosen = (!everything).then_some(&*wanted);
        session.follow_columns(resolved, &compilation.rendered, chosen, is_live, false);
    }
    let extent = if everything { Extent::All { deploy: false } } else { Extent::Selected };
    said.extend(session.write_target(resolved, &compilation, extent));
    Ok((!said.iter().any(Diagnostic::is_error)).then_some(Made { compilation, followed }))
}

/// What is known when the site is made.
#[derive(Clone, Copy)]
struct Answers<'a> {
    /// What the warehouse tells of tables.
    catalog: &'a Value,
    /// Whether there is one.
    is_live: bool,
    /// The columns, if they were followed already.
    followed: Option<&'a Staged<Flow>>,
}

/// Writes the site, and says where it is.
fn site(
    session: &Session,
    args: &GenerateArgs,
    resolved: &Resolved<'_>,
    compilation: &Compilation,
    Answers { catalog, is_live, followed }: Answers<'_>,
    changed: Option<&[Change]>,
    said: &mut Vec<Diagnostic>,
) -> Result<String, ExitCode> {
    let mut known = session.known(resolved, None, None).map_err(|found| fail(found, said))?;
    known.add_catalog(resolved.project, catalog);
    let only: Option<Vec<NodeId>> = args
        .no_compile
        .then(Vec::new)
        .or_else(|| (!args.select.is_everything()).then(|| rendered_ids(compilation)));
    let read = resolved.flow_input(&compilation.rendered, &known, is_live, only.as_deref());
    let facts = &super::facts::facts(session, catalog);
    let folder = folder(session, args.output.as_deref());
    // The manifest is the one artifact that is the same each time.
    let beside: &[&str] = if session.output.no_write_json { &[] } else { &["manifest.json"] };
    let made_of = MadeOf { resolved, compilation, read, facts, beside, changed, followed };
    let failed =
        made_of.docs(said.clone(), |input| super::write::write(session, &Site::new(input), &folder, beside));
    if !failed.is_empty() {
        said.extend(failed);
        return Err(ExitCode::Failure);
    }
    Ok(format!("wrote the site: open {}", folder.join("index.html")))
}

fn rendered_ids(compilation: &Compilation) -> Vec<NodeId> {
    compilation.rendered.nodes.iter().filter(|(_, node)| node.is_some()).map(|(id, _)| id).collect()
}

/// The site's folder: as named from where the user stands, or `docs` below the target folder.
pub(super) fn folder(session: &Session, named: Option<&Utf8Path>) -> Utf8PathBuf {
    named.map_or_else(|| session.target_folder().join("docs"), crate::cli::session::from_here)
}
