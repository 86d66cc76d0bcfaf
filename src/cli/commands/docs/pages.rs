//! `buhin docs generate --format markdown`: pages for git.

use camino::{Utf8Path, Utf8PathBuf};

use super::generate::GenerateArgs;
use super::made_of::MadeOf;
use crate::cli::args::{IntrospectArg, IntrospectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::not_written;
use crate::cli::session::{self, Session, fail};
use crate::diagnostic::{Code, Diagnostic};
use crate::site::{Facts, PAGE_MARK, pages};
use crate::world::{World as _, Written, write_if_changed};

/// Pages that are named when they are out of date.
const NAMED: usize = 10;

/// Writes the pages, or checks that they are what would be written; a line on what was done, `None` if the project
/// can't be compiled.
///
/// Neither a database nor an earlier run is asked: what stands in git is the same on every machine.
pub(super) fn generate(
    session: &Session,
    args: &GenerateArgs,
    said: &mut Vec<Diagnostic>,
) -> Result<Option<String>, ExitCode> {
    let resolved = session.resolve(&args.project, "generate").collect(said);
    let introspect = IntrospectArgs { introspect: Some(IntrospectArg::Empty), ..IntrospectArgs::default() };
    let compilation = session.compile(&resolved, &introspect, None, said)?;
    if said.iter().any(Diagnostic::is_error) {
        return Ok(None);
    }
    let known = session.known(&resolved, None, None).map_err(|found| fail(found, said))?;
    let read = resolved.flow_input(&compilation.rendered, &known, false, None);
    let (facts, beside, changed, followed) = (&Facts::default(), &[][..], None, None);
    let (resolved, compilation) = (&resolved, &compilation);
    let made_of = MadeOf { resolved, compilation, read, facts, beside, changed, followed };
    let pages = made_of.docs(Vec::new(), pages);
    let folder = match &args.output {
        Some(folder) => session::from_here(folder),
        None => session.path(Utf8Path::new("docs/lineage")),
    };
    let stale = stale(session, &folder, &pages);
    if args.check {
        let found = check(session, &folder, &pages, &stale);
        let line = format!("{} pages in {folder} are current", pages.len());
        return match found {
            Some(found) => Err({
                said.push(found);
                ExitCode::Problems
            }),
            None => Ok(Some(line)),
        };
    }
    let mut changed = stale.len();
    for (path, text) in &pages {
        let path = folder.join(path);
        match write_if_changed(&path, text.as_bytes()) {
            Ok(written) => changed += usize::from(written == Written::Changed),
            Err(error) => return Err(fail(not_written(&path, &error), said)),
        }
    }
    for path in stale {
        session.remove_beside(&path).map_err(|found| fail(found, said))?;
    }
    Ok(Some(format!("{} pages in {folder}, {changed} changed", pages.len())))
}

/// Pages of parts that are gone: those that buhin wrote, and no others.
fn stale(session: &Session, folder: &Utf8Path, pages: &[(Utf8PathBuf, String)]) -> Vec<Utf8PathBuf> {
    // What the world walks is named from the project's folder.
    let files = session.world.walk(folder).unwrap_or_default().into_iter().map(|path| session.path(&path));
    let is_stale = |path: &Utf8PathBuf| {
        let is_page = path.strip_prefix(folder).is_ok_and(|own| pages.iter().any(|(page, _)| page == own));
        let is_ours = || session.read_file(path).is_ok_and(|bytes| bytes.starts_with(PAGE_MARK.as_bytes()));
        path.extension() == Some("md") && !is_page && is_ours()
    };
    files.filter(is_stale).collect()
}

/// What is out of date, if anything is.
fn check(
    session: &Session,
    folder: &Utf8Path,
    pages: &[(Utf8PathBuf, String)],
    stale: &[Utf8PathBuf],
) -> Option<Diagnostic> {
    let differs = |(path, text): &&(Utf8PathBuf, String)| {
        session.read_file(&folder.join(path)).map_or(true, |bytes| bytes != text.as_bytes())
    };
    let changed = pages.iter().filter(differs).map(|(path, _)| path.as_path());
    let gone = stale.iter().map(|path| path.strip_prefix(folder).unwrap_or(path));
    let mut all: Vec<&Utf8Path> = changed.chain(gone).collect();
    all.sort();
    let count = all.len();
    if count == 0 {
        return None;
    }
    let what = if count == 1 { "1 page is".to_owned() } else { format!("{count} pages are") };
    let mut found = Diagnostic::error(Code::STALE_PAGES, format!("{what} out of date in `{folder}`"));
    found.notes.extend(all.iter().take(NAMED).map(|path| format!("`{path}`")));
    if count > NAMED {
        found.notes.push(format!("and {} more", count - NAMED));
    }
    Some(found.help("write them with `buhin docs generate --format markdown`, and commit them"))
}
