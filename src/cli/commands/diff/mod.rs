//! `buhin diff`.

mod html;
mod markdown;
mod model;
mod sarif;
mod show;
mod side;
mod trials;

use camino::Utf8PathBuf;
use serde_json::json;

use self::model::{Base, Report};
use self::side::Compiled;
use crate::cli::args::{Format, IntrospectArgs, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::{Scope, not_written};
use crate::cli::session::{self, Session, fail, from_here};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit;
use crate::flow::{self, Flow};
use crate::project::NodeMap;
use crate::review::{self, Side};
use crate::state::{self, State};
use crate::world::{git, write_if_changed};

/// Tell what a change of the project really does
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin diff                     the work tree against the commit it shares with the main branch
  buhin diff HEAD                what is not committed yet
  buhin diff v1.4 -s orders+     one part and its readers against a tag
  buhin diff --state prod/       what another run of buhin or dbt has saved: its target folder, or its manifest.json
  buhin diff --exit-code         exit 1 if rows, columns or configs differ
  buhin diff -o diff.md -o diff.sarif   a comment for a pull request, and a report for code scanning
  buhin diff --prove             look for rows on which a part differs from what it was, on generated tables
  buhin diff --format json       for programs

Every part that differs has one verdict: cosmetic and equivalent changes give the same rows for every input; what can't
be told is opaque. docs/review.md says what each verdict stands on.")]
pub(crate) struct DiffArgs {
    /// A branch, tag or commit; if left out what --state names, or the commit shared with the main branch
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
    let (base, state) = base(session, args).map_err(|found| fail(found, said))?;
    // What was wrong on the base is no news; parts that could not be compiled there are told of.
    let mut quiet = Vec::new();
    if let Some(state) = state {
        let new = Compiled::new(session, args, said)?;
        let old = state::Base::new(&state, new.context()).map_err(|found| fail(found, said))?;
        said.extend(uncompiled(&old, &base));
        let never = NodeMap::new(old.context().project.nodes.iter().map(|_| None).collect());
        let (was, is) = review::concerned((old.context(), &never), (new.context(), &new.added_to));
        let own = new.known(None).map_err(|found| fail(found, said))?;
        let known = own.of_others(old.same_table());
        let emit::Context { project, collected, graph, rendered, .. } = old.context();
        let only = Some(was.as_slice());
        let input = flow::Input {
            project,
            collected,
            graph,
            rendered,
            known: &known,
            is_answered: true,
            only,
            memo: None,
        };
        let old_flow = flow::flow(input).collect(&mut quiet);
        let new_flow = new.follow(&is, None, said)?;
        let side = Side {
            context: old.context(),
            flow: &old_flow,
            added_to: &never,
            is_answered: true,
            world: &session.world,
            recorded: Some(&old),
        };
        return report((session, args), base, (side, &new, &new_flow), said);
    }
    let commit = base.commit.clone().unwrap_or_default();
    let before = session.open_revision(&args.project, &commit);
    let before = before.map_err(|why| fail(no_base(&base.name, &why), said))??;
    let new = Compiled::new(session, args, said)?;
    let old = Compiled::base(&before, args, &new).map_err(|found| fail(found, said))?;
    let (was, is) = review::concerned((old.context(), &old.added_to), (new.context(), &new.added_to));
    let memo = flow::Memo::default();
    let old_flow = old.follow(&was, Some(&memo), &mut quiet)?;
    let new_flow = new.follow(&is, Some(&memo), said)?;
    report((session, args), base, (old.side(&old_flow), &new, &new_flow), said)
}

/// Both sides compared, written and told.
fn report(
    (session, args): (&Session, &DiffArgs),
    base: Base,
    (old, new, flow): (Side<'_>, &Compiled<'_>, &Flow),
    said: &mut Vec<Diagnostic>,
) -> Result<(String, bool), ExitCode> {
    let selected = session.select(&new.resolved, &args.select, Scope::List)?.collect(said);
    let new = new.side(flow);
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
    let report = Report::new(base, (old, new), changes, parts, proofs);
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

/// What to compare with: a commit, or what another run has saved.
fn base(session: &Session, args: &DiffArgs) -> Result<(Base, Option<State>), Diagnostic> {
    use crate::world::World as _;
    let root = session.world.root();
    if let Some(name) = &args.base {
        let commit = git::resolve(root, name).map_err(|why| no_base(name, &why))?;
        return Ok((Base { name: name.clone(), commit: Some(commit), is_shared: false }, None));
    }
    if let (Some(path), Some(state)) = (&args.select.state.state, session.state(&args.select.state)?) {
        return Ok((Base { name: path.to_string(), commit: None, is_shared: false }, Some(state)));
    }
    let (commit, name) = git::merge_base(root).map_err(|why| no_base("the main branch", &why))?;
    Ok((Base { name: name.to_owned(), commit: Some(commit), is_shared: true }, None))
}

/// Says of how many parts nothing but their templates can be compared.
fn uncompiled(old: &state::Base<'_>, base: &Base) -> Option<Diagnostic> {
    let count = Some(old.uncompiled()).filter(|count| *count > 0)?;
    let message = format!("the manifest in `{}` has no compiled SQL of {count} parts", base.name);
    let found = Diagnostic::warning(Code::BAD_STATE, message);
    Some(found.help("compile before you save it: `dbt compile` or `buhin compile`"))
}

fn no_base(name: &str, why: &str) -> Diagnostic {
    let found =
        Diagnostic::error(Code::NO_BASE, format!("the project can't be read as it is in {name}: {why}"));
    found.help("name a branch, tag or commit that is here; in CI fetch the whole history (`fetch-depth: 0`)")
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
