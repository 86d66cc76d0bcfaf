//! `buhin verify`.

mod ask;
mod show;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::cli::args::{IntrospectArgs, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::pipeline::{Purpose, Scope};
use crate::cli::session::{self, Session, fail};
use crate::compile::{Compilation, Resolved};
use crate::diagnostic::{Code, Diagnostic};
use crate::project::{NodeId, NodeKind};
use crate::review::{self, Approval, Form, Item, Standing};
use crate::world::World as _;

/// Hold compiled SQL against what was approved
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin verify                      compare every part with snapshots/<target>/; exit 1 if one differs
  buhin verify --accept             approve all that there is
  buhin verify --accept -s orders+  approve one part and what reads it
  buhin verify --review             look at each difference, and accept or reject it
  buhin verify --replay             in CI, with the answers that `compile --record` kept
  buhin verify --format markdown    the differences for a comment on a pull request

What needs approval is said in buhin.yml: `snapshots: {approve: roots}`, or `all`, or a selector.")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    introspect: IntrospectArgs,
    /// Approve what there is, and remove the approvals of parts that are gone
    #[arg(long)]
    accept: bool,
    /// Ask about each difference
    #[arg(long, conflicts_with = "accept")]
    review: bool,
}

pub(crate) fn run(args: &VerifyArgs, format: &OutputArgs) -> ExitCode {
    // Differences are printed as they are found, with questions between them.
    session::answer(&args.project, format, |session, said| {
        verify(session, args, said).map(|()| String::new())
    })
}

/// Compares, and does with what differs what was asked.
fn verify(session: &Session, args: &VerifyArgs, said: &mut Vec<Diagnostic>) -> Result<(), ExitCode> {
    let purpose = Purpose { which: "compile", ..Purpose::default() };
    let resolved = session.resolve_for(&args.project, &purpose).collect(said);
    let selected = session.select(&resolved, &args.select, Scope::Compile)?.collect(said);
    let expected = expected(session, &resolved, args, said)?;
    let is_wanted = |id: &NodeId| args.select.is_everything() || selected.contains(id);
    let wanted: Vec<NodeId> = expected.iter().copied().filter(is_wanted).collect();
    let whole = wanted.len() == expected.len();
    let compilation = session.compile(&resolved, &args.introspect, (!whole).then_some(&wanted), said)?;
    let folder = folder(session);
    let approved = read(session, &folder, said);
    let form = match session.project.settings.approved_form.as_deref() {
        Some("code") => Form::Code,
        _ => Form::Text,
    };
    let items = review::compare(review::Input {
        context: resolved.context(&compilation.rendered),
        compiled: &compilation.compiled,
        expected: &expected,
        wanted: &wanted,
        form,
        approved: &approved,
    });
    let count = items.iter().filter(|item| item.node.is_some()).count();
    let open: Vec<Item> = items.into_iter().filter(|item| item.standing != Standing::Approved).collect();
    let view = show::View { session, resolved: &resolved, compilation: &compilation, folder: &folder };
    if args.accept {
        for item in &open {
            accept(session, &folder, item).map_err(|found| fail(found, said))?;
        }
        session.say(&show::accepted(&open, count, &folder));
        return Ok(());
    }
    let left = if args.review {
        ask::each(&view, open).map_err(|found| fail(found, said))?
    } else {
        output::result(&view.all(&open));
        open
    };
    if left.is_empty() {
        session.say(&format!("{count} parts are as approved in {folder}/"));
    }
    said.extend(findings(&resolved, &compilation, &folder, &left));
    Ok(())
}

/// The parts that should have an approval, by the project's settings.
fn expected(
    session: &Session,
    resolved: &Resolved<'_>,
    args: &VerifyArgs,
    said: &mut Vec<Diagnostic>,
) -> Result<Vec<NodeId>, ExitCode> {
    let project = &session.project;
    let is_part = |id: &NodeId| {
        project.node(*id).kind == NodeKind::Model
            && resolved.graph.enabled[*id]
            && !project.node(*id).is_python
    };
    let root = project.root().name.as_str();
    let own = |id: &NodeId| project.node(*id).package == root;
    let parts: Vec<NodeId> = resolved.graph.order.iter().copied().filter(is_part).collect();
    Ok(match project.settings.approve.as_deref() {
        None | Some("all") => parts.into_iter().filter(own).collect(),
        Some("roots") => {
            let is_read = |id: &NodeId| {
                resolved.graph.children[*id].iter().any(|child| project.node(*child).kind == NodeKind::Model)
            };
            let is_shown = |id: &NodeId| {
                resolved.graph.children[*id]
                    .iter()
                    .any(|child| project.node(*child).kind == NodeKind::Exposure)
            };
            parts.into_iter().filter(own).filter(|id| !is_read(id) || is_shown(id)).collect()
        }
        Some(selector) => {
            let select = SelectArgs {
                select: vec![selector.to_owned()],
                state: args.select.state.clone(),
                ..SelectArgs::default()
            };
            let chosen = session.select(resolved, &select, Scope::Compile)?.collect(said);
            parts.into_iter().filter(|id| chosen.contains(id)).collect()
        }
    })
}

/// The folder of the target's approvals, from the project's.
fn folder(session: &Session) -> Utf8PathBuf {
    session.project.settings.snapshot_folder.join(&session.project.target.name)
}

/// The approvals of the target, by the name of their files.
fn read(
    session: &Session,
    folder: &Utf8Path,
    said: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Result<Approval, String>> {
    let files = session.world.walk(folder).unwrap_or_else(|error| {
        said.push(unreadable(folder, &error.to_string()));
        Vec::new()
    });
    let mut approved = BTreeMap::new();
    for path in files.iter().filter(|path| path.extension() == Some("snap")) {
        let Some(stem) = path.file_stem() else { continue };
        let text = session.world.read(path).map_err(|error| error.to_string());
        let text = text.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()));
        approved.insert(stem.to_owned(), text.and_then(|text| Approval::parse(&text)));
    }
    approved
}

/// Writes what there is over what was approved.
fn accept(session: &Session, folder: &Utf8Path, item: &Item) -> Result<(), Diagnostic> {
    let path = folder.join(format!("{}.snap", item.stem));
    match &item.now {
        Some(now) => session.write_beside(&path, now.text().as_bytes()),
        None => session.remove_beside(&path),
    }
}

/// What differs, as one error a kind; the first of a kind is its place.
fn findings(
    resolved: &Resolved<'_>,
    compilation: &Compilation,
    folder: &Utf8Path,
    left: &[Item],
) -> Vec<Diagnostic> {
    let of = |wanted: fn(&Standing) -> bool| -> Vec<&Item> {
        left.iter().filter(|item| wanted(&item.standing)).collect()
    };
    let mut found = Vec::new();
    let changed = of(|it| *it == Standing::Changed);
    if let Some(first) = changed.first() {
        let mut one = Diagnostic::error(
            Code::NOT_AS_APPROVED,
            format!("{} {} not as approved", names(&changed), are(&changed)),
        )
        .help("if this is what you want: `buhin verify --accept`, or `--review` to go through it");
        if let Some(span) = show::first_difference(resolved, compilation, first) {
            one = one.at(span, "the first difference comes from here");
        }
        found.push(one);
    }
    let new = of(|it| *it == Standing::New);
    if !new.is_empty() {
        let message = format!("{} {} no approved SQL in {folder}/", names(&new), have(&new));
        found.push(
            Diagnostic::error(Code::NOT_APPROVED, message).help("read the SQL, then `buhin verify --accept`"),
        );
    }
    let stale = of(|it| *it == Standing::Stale);
    if !stale.is_empty() {
        let message =
            format!("{} in {folder}/ {} of no part that needs approval", names(&stale), are(&stale));
        found.push(
            Diagnostic::error(Code::STALE_APPROVAL, message)
                .help("`buhin verify --accept` removes such files"),
        );
    }
    for item in left {
        if let Standing::Unreadable(why) = &item.standing {
            found.push(unreadable(&folder.join(format!("{}.snap", item.stem)), why));
        }
    }
    found
}

fn unreadable(path: &Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_APPROVAL, format!("the approval {path} can't be read: {why}"))
        .help("settle it by hand, or remove it and `buhin verify --accept`")
}

fn are(items: &[&Item]) -> &'static str {
    if items.len() == 1 { "is" } else { "are" }
}

fn have(items: &[&Item]) -> &'static str {
    if items.len() == 1 { "has" } else { "have" }
}

/// Names for a message: the first few, and how many more.
fn names(items: &[&Item]) -> String {
    const NAMED: usize = 5;
    let mut names: Vec<String> = items.iter().take(NAMED).map(|item| format!("`{}`", item.stem)).collect();
    if items.len() > NAMED {
        names.push(format!("{} more", items.len() - NAMED));
    }
    names.join(", ")
}
