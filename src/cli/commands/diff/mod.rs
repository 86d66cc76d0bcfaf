//! `buhin diff`.

mod html;
mod markdown;
mod model;
mod sarif;
mod show;
mod trials;

use camino::Utf8PathBuf;
use serde_json::json;

use self::model::{Base, Report, Totals};
use crate::cli::args::{Format, IntrospectArgs, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::{Purpose, Scope, not_written};
use crate::cli::session;
use crate::cli::session::{Session, fail, from_here};
use crate::compile::{self, Compilation, Resolved};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit;
use crate::flow::{self, Flow};
use crate::project::{NodeId, NodeMap};
use crate::review;
use crate::world::{git, write_if_changed};

/// Tell what a change of the project really does
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin diff                     the work tree against the commit it shares with the main branch
  buhin diff HEAD                what is not committed yet
  buhin diff v1.4 -s orders+     one part and its readers against a tag
  buhin diff --exit-code         exit 1 if rows, columns or configs differ
  buhin diff -o diff.md -o diff.sarif   a comment for a pull request, and a report for code scanning
  buhin diff --prove             look for rows on which a part differs from what it was, on generated tables
  buhin diff --format json       for programs

Every part that differs has one verdict: cosmetic and equivalent changes give the same rows for every input; what can't
be told is opaque. docs/review.md says what each verdict stands on.")]
pub(crate) struct DiffArgs {
    /// A branch, tag or commit; the commit shared with the main branch if left out
    #[arg(value_name = "BASE")]
    base: Option<String>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    introspect: IntrospectArgs,
    /// Exit with 1 if what comes out of a part may differ
    #[arg(long)]
    exit_code: bool,
    /// Run parts that differ before and after, on generated tables in a DuckDB in memory
    #[arg(long)]
    prove: bool,
    /// Seconds for all trials together
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "prove")]
    budget: u64,
    /// The same seed makes the same tables
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "prove")]
    seed: u64,
    /// Write a report, too: FILE ends in .md, .html, .json or .sarif
    #[arg(long, short, value_name = "FILE")]
    output: Vec<Utf8PathBuf>,
}

pub(crate) fn run(args: &DiffArgs, format: &OutputArgs) -> ExitCode {
    let mut differs = false;
    let code = session::answer(&args.project, format, |session, said| {
        let text = diff(session, args, said)?;
        differs = text.1;
        Ok(text.0)
    });
    if differs && args.exit_code { code.max(ExitCode::Problems) } else { code }
}

/// The report's text, and whether what comes out of a part may differ.
fn diff(session: &Session, args: &DiffArgs, said: &mut Vec<Diagnostic>) -> Result<(String, bool), ExitCode> {
    for path in &args.output {
        if !matches!(path.extension(), Some("md" | "html" | "json" | "sarif")) {
            let found =
                Diagnostic::error(Code::BAD_ARGUMENT, format!("`{path}` has no ending that tells its form"));
            return Err(fail(found.help("give a file that ends in .md, .html, .json or .sarif"), said));
        }
    }
    let base = base(session, args).map_err(|found| fail(found, said))?;
    let before = session.open_revision(&args.project, &base.commit);
    let before = before.map_err(|why| fail(no_base(&base.name, &why), said))??;
    // What was wrong on the base is no news; parts that could not be compiled there are told of.
    let mut old_said = Vec::new();
    let mut old = Compiled::new(&before, args, &mut old_said)?;
    let mut new = Compiled::new(session, args, said)?;
    let selected = session.select(&new.resolved, &args.select, Scope::List)?.collect(said);
    let (was, is) = review::concerned((old.context(), &old.added_to), (new.context(), &new.added_to));
    old.follow(&was, &mut old_said)?;
    new.follow(&is, said)?;
    let (old, new) = (old.side()?, new.side()?);
    let mut changes = review::changes(old, new);
    if !args.select.is_everything() {
        changes.retain(|change| change.new.is_some_and(|id| selected.contains(&id)));
    }
    let parts = new.context.project.nodes().filter(|(id, _)| new.context.graph.enabled[*id]).count();
    let limits = trials::Limits { seconds: args.budget, seed: args.seed };
    let proofs = if args.prove {
        trials::run(&changes, (old, new), limits, &session.world).map_err(|found| fail(found, said))?
    } else {
        trials::Proofs::new()
    };
    let report = Report { base, totals: Totals::of(&changes, parts), changes, proofs, old, new };
    for path in &args.output {
        let text = match path.extension() {
            Some("md") => markdown::text(&report),
            Some("html") => html::text(&report),
            Some("sarif") => sarif::text(&report),
            _ => format!("{:#}\n", report.json()),
        };
        let path = from_here(path);
        write_if_changed(&path, text.as_bytes()).map_err(|error| fail(not_written(&path, &error), said))?;
    }
    let differs = report.changes.iter().any(review::Change::is_meaningful);
    let text = match session.output.format {
        Format::Json => report.changes.iter().map(|change| format!("{}\n", report.entry(change))).collect(),
        Format::Markdown => markdown::text(&report),
        Format::Github => {
            said.extend(report.annotations());
            String::new()
        }
        Format::Human | Format::Short => show::text(&report, session.output.format == Format::Short),
    };
    Ok((text, differs))
}

/// The commit to compare with.
fn base(session: &Session, args: &DiffArgs) -> Result<Base, Diagnostic> {
    use crate::world::World as _;
    let root = session.world.root();
    match &args.base {
        Some(name) => {
            let commit = git::resolve(root, name).map_err(|why| no_base(name, &why))?;
            Ok(Base { name: name.clone(), commit, is_shared: false })
        }
        None => {
            let (commit, name) = git::merge_base(root).map_err(|why| no_base("the main branch", &why))?;
            Ok(Base { name: name.to_owned(), commit, is_shared: true })
        }
    }
}

fn no_base(name: &str, why: &str) -> Diagnostic {
    let found =
        Diagnostic::error(Code::NO_BASE, format!("the project can't be read as it is in {name}: {why}"));
    found.help("name a branch, tag or commit that is here; in CI fetch the whole history (`fetch-depth: 0`)")
}

/// One side, compiled.
struct Compiled<'s> {
    session: &'s Session,
    resolved: Resolved<'s>,
    compilation: Compilation,
    is_answered: bool,
    added_to: NodeMap<Option<String>>,
    flow: Option<Flow>,
}

impl<'s> Compiled<'s> {
    fn new(session: &'s Session, args: &DiffArgs, said: &mut Vec<Diagnostic>) -> Result<Self, ExitCode> {
        let purpose = Purpose { which: "compile", ..Purpose::default() };
        let resolved = session.resolve_for(&args.project, &purpose).collect(said);
        let compilation = session.compile(&resolved, &args.introspect, None, said)?;
        let added_to = compile::added_to(&resolved);
        let is_answered = args.introspect.is_answered();
        Ok(Self { session, resolved, compilation, is_answered, added_to, flow: None })
    }

    /// Follows columns; a column that is gone and still read is an error here.
    fn follow(&mut self, only: &[NodeId], said: &mut Vec<Diagnostic>) -> Result<(), ExitCode> {
        let known =
            self.session.known(&self.resolved, None, Some(only)).map_err(|found| fail(found, said))?;
        let input =
            self.resolved.flow_input(&self.compilation.rendered, &known, self.is_answered, Some(only));
        self.flow = Some(flow::flow(input).collect(said));
        Ok(())
    }

    fn context(&self) -> emit::Context<'_> {
        self.resolved.context(&self.compilation.rendered)
    }

    fn side(&self) -> Result<review::Side<'_>, ExitCode> {
        let flow = self.flow.as_ref().ok_or(ExitCode::Failure)?;
        let (added_to, is_answered) = (&self.added_to, self.is_answered);
        Ok(review::Side { context: self.context(), flow, added_to, is_answered, world: &self.session.world })
    }
}

impl Report<'_> {
    /// The whole report for programs; docs/schemas/diff.json describes it.
    fn json(&self) -> serde_json::Value {
        let changes: Vec<serde_json::Value> = self.changes.iter().map(|change| self.entry(change)).collect();
        json!({
            "base": {"name": self.base.name, "commit": self.base.commit, "is_merge_base": self.base.is_shared},
            "counts": self.totals.counts,
            "unchanged": self.totals.unchanged,
            "changes": changes,
        })
    }
}
