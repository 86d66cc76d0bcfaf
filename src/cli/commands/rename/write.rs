//! The changes printed, or written: all of them or none.

use serde_json::json;

use super::ChangeArgs;
use super::edited::Both;
use crate::cli::args::Format;
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::not_written;
use crate::cli::session::{Session, fail};
use crate::diagnostic::Diagnostic;
use crate::rename::{self, FileChange, patch};
use crate::world::{remove, write_atomic};

/// What comes of a rename that was checked: approvals go along, or everything that keeps it from being done is said.
pub(super) fn checked(
    session: &Session,
    args: &ChangeArgs,
    (before, changes): (&Both<'_>, Vec<FileChange>),
    found: Result<(Vec<FileChange>, Vec<Diagnostic>), Vec<Diagnostic>>,
    said: &mut Vec<Diagnostic>,
) -> Result<String, ExitCode> {
    let (approvals, notes) = found.map_err(|wrong| {
        said.extend(wrong);
        ExitCode::Failure
    })?;
    said.extend(rename::partly_checked(&before.said));
    said.extend(notes);
    let all: Vec<FileChange> = changes.into_iter().chain(approvals).collect();
    done(session, &all, args.write, said)
}

/// The text to print: the patch, or what was written.
fn done(
    session: &Session,
    changes: &[FileChange],
    write: bool,
    said: &mut Vec<Diagnostic>,
) -> Result<String, ExitCode> {
    if write {
        all(session, changes).map_err(|found| fail(found, said))?;
    }
    if session.output.format == Format::Json {
        let line = |change: &FileChange| {
            let diff = patch(std::slice::from_ref(change));
            format!(
                "{}\n",
                json!({"from": change.from.as_str(), "to": change.to.as_str(), "written": write, "diff": diff})
            )
        };
        return Ok(changes.iter().map(line).collect());
    }
    if !write {
        return Ok(patch(changes));
    }
    for change in changes {
        let moved = if change.from == change.to { String::new() } else { format!("{} -> ", change.from) };
        session.say(&format!("wrote {moved}{}", change.to));
    }
    Ok(String::new())
}

/// Writes every file; if one fails, those before it are put back.
fn all(session: &Session, changes: &[FileChange]) -> Result<(), Diagnostic> {
    for (at, change) in changes.iter().enumerate() {
        if let Err(found) = one(session, change) {
            for done in changes[..=at].iter().rev() {
                let back = FileChange {
                    from: done.to.clone(),
                    to: done.from.clone(),
                    before: done.after.clone(),
                    after: done.before.clone(),
                };
                // The first failure is the one to tell.
                drop(one(session, &back));
            }
            return Err(found);
        }
    }
    Ok(())
}

fn one(session: &Session, change: &FileChange) -> Result<(), Diagnostic> {
    let (from, to) = (session.path(&change.from), session.path(&change.to));
    write_atomic(&to, change.after.as_bytes()).map_err(|error| not_written(&to, &error))?;
    if from == to {
        return Ok(());
    }
    remove(&from).map_err(|error| not_written(&from, &error))
}
