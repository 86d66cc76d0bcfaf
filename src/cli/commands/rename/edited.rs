//! The project as it is and as it would be, both compiled without a database.

use std::sync::Arc;

use crate::cli::args::ProjectArgs;
use crate::cli::exit::ExitCode;
use crate::cli::session::{Session, fail, load_from};
use crate::compile::{self, Compilation, Options, Resolved};
use crate::diagnostic::{Code, Diagnostic};
use crate::rename::{self, FileChange, Renaming};
use crate::render::{Empty, RenderOptions};
use crate::world::World;

/// A compiled project and what was said of it.
pub(super) struct Both<'p> {
    pub(super) resolved: Resolved<'p>,
    pub(super) compilation: Compilation,
    pub(super) said: Vec<Diagnostic>,
}

impl Both<'_> {
    /// What the checks read.
    pub(super) fn compiled(&self) -> rename::Compiled<'_> {
        rename::Compiled { context: self.resolved.context(&self.compilation.rendered), said: &self.said }
    }
}

/// The files as they would be.
pub(super) fn changes(session: &Session, renaming: &Renaming) -> Result<Vec<FileChange>, Diagnostic> {
    renaming.edits.changes(&session.world).map_err(|error| {
        Diagnostic::error(Code::UNREADABLE_FILE, format!("a file can't be read again: {error}"))
    })
}

/// How both are rendered: with hooks, which name parts, too.
fn options() -> Options {
    let render = RenderOptions { which: "compile".to_owned(), ..RenderOptions::default() };
    Options { render, fresh_plan: false }
}

/// The project as it is.
pub(super) fn before(session: &Session) -> Both<'_> {
    let mut said = session.diagnostics.clone();
    let resolved = compile::resolve(&session.project, &session.world, options()).collect(&mut said);
    let compilation = compile::compile(&resolved, None, &Empty).collect(&mut said);
    Both { resolved, compilation, said }
}

/// What `then` makes of the project as it would be.
pub(super) fn after<R>(
    session: &Session,
    args: &ProjectArgs,
    changes: &[FileChange],
    said: &mut Vec<Diagnostic>,
    then: impl FnOnce(&Both<'_>, &dyn World) -> R,
) -> Result<R, ExitCode> {
    let world = rename::overlay(&session.world, changes);
    let mut own = Vec::new();
    let Some(project) = load_from(args, &world)?.collect(&mut own) else {
        let why = own.first().map_or("", |found| found.message.as_str());
        let message = format!("after the rename the project could not be loaded: {why}");
        return Err(fail(Diagnostic::error(Code::RENAME_CHANGES_MORE, message), said));
    };
    let project = Arc::new(project);
    let resolved = compile::resolve(&project, &world, options()).collect(&mut own);
    let compilation = compile::compile(&resolved, None, &Empty).collect(&mut own);
    Ok(then(&Both { resolved, compilation, said: own }, &world))
}
