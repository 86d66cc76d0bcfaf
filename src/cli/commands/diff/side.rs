//! A side of the comparison that is compiled here.

use super::DiffArgs;
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::Purpose;
use crate::cli::session::{Session, fail};
use crate::compile::{self, Compilation, Resolved};
use crate::diagnostic::Diagnostic;
use crate::emit;
use crate::flow::{self, Flow, Known};
use crate::project::{NodeId, NodeMap};
use crate::review::Side;

/// One side, compiled.
pub(super) struct Compiled<'s> {
    session: &'s Session,
    pub(super) resolved: Resolved<'s>,
    compilation: Compilation,
    is_answered: bool,
    pub(super) added_to: NodeMap<Option<String>>,
}

impl<'s> Compiled<'s> {
    pub(super) fn new(
        session: &'s Session,
        args: &DiffArgs,
        said: &mut Vec<Diagnostic>,
    ) -> Result<Self, ExitCode> {
        let purpose = Purpose { which: "compile", ..Purpose::default() };
        let resolved = session.resolve_for(&args.project, &purpose).collect(said);
        let compilation = session.compile(&resolved, &args.introspect, None, said)?;
        let added_to = compile::added_to(&resolved);
        let is_answered = args.introspect.is_answered();
        Ok(Self { session, resolved, compilation, is_answered, added_to })
    }

    /// What is known of tables; only what matters to some nodes, if they are given.
    pub(super) fn known(&self, only: Option<&[NodeId]>) -> Result<Known, Diagnostic> {
        self.session.known(&self.resolved, None, only)
    }

    /// Follows columns; a column that is gone and still read is an error here.
    pub(super) fn follow(&self, only: &[NodeId], said: &mut Vec<Diagnostic>) -> Result<Flow, ExitCode> {
        let known = self.known(Some(only)).map_err(|found| fail(found, said))?;
        let input =
            self.resolved.flow_input(&self.compilation.rendered, &known, self.is_answered, Some(only));
        Ok(flow::flow(input).collect(said))
    }

    pub(super) fn context(&self) -> emit::Context<'_> {
        self.resolved.context(&self.compilation.rendered)
    }

    pub(super) fn side<'a>(&'a self, flow: &'a Flow) -> Side<'a> {
        let (added_to, is_answered) = (&self.added_to, self.is_answered);
        let world = &self.session.world;
        Side { context: self.context(), flow, added_to, is_answered, world, recorded: None }
    }
}
