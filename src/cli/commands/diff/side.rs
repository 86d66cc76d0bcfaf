//! A side of the comparison that is compiled here.

use super::DiffArgs;
use crate::cli::exit::ExitCode;
use crate::cli::pipeline::Purpose;
use crate::cli::session::{Session, fail};
use crate::compile::{self, Before, Resolved};
use crate::diagnostic::Diagnostic;
use crate::emit;
use crate::flow::{self, Flow, Known, Memo};
use crate::project::{NodeId, NodeMap};
use crate::render::Rendered;
use crate::review::Side;

/// What both sides are resolved for.
const PURPOSE: Purpose<'_> = Purpose { which: "compile", hooks: false, fresh_plan: false };

/// One side, compiled.
pub(super) struct Compiled<'s> {
    session: &'s Session,
    pub(super) resolved: Resolved<'s>,
    rendered: Rendered,
    is_answered: bool,
    pub(super) added_to: NodeMap<Option<String>>,
}

impl<'s> Compiled<'s> {
    /// The project as it is.
    pub(super) fn new(
        session: &'s Session,
        args: &DiffArgs,
        said: &mut Vec<Diagnostic>,
    ) -> Result<Self, ExitCode> {
        let resolved = session.resolve_for(&args.project, &PURPOSE).collect(said);
        let rendered = session.compile(&resolved, &args.introspect, None, said)?.rendered;
        Ok(Self::of(session, args, resolved, rendered))
    }

    /// The project as it was, beside what it is: of parts that are alike the SQL is made once. What was wrong with it is no
    /// news.
    pub(super) fn base(
        session: &'s Session,
        args: &DiffArgs,
        new: &'s Compiled<'_>,
    ) -> Result<Self, Diagnostic> {
        let before = Before { resolved: &new.resolved, rendered: &new.rendered };
        let resolved = session.resolve_beside(&args.project, &PURPOSE, Some(before)).value;
        let rendered = session.render_quietly(&resolved, &args.introspect)?;
        Ok(Self::of(session, args, resolved, rendered))
    }

    fn of(session: &'s Session, args: &DiffArgs, resolved: Resolved<'s>, rendered: Rendered) -> Self {
        let added_to = compile::added_to(&resolved);
        let is_answered = args.introspect.is_answered();
        Self { session, resolved, rendered, is_answered, added_to }
    }

    /// What is known of tables; only what matters to some nodes, if they are given.
    pub(super) fn known(&self, only: Option<&[NodeId]>) -> Result<Known, Diagnostic> {
        self.session.known(&self.resolved, None, only)
    }

    /// Follows columns; a column that is gone and still read is an error here.
    pub(super) fn follow(
        &self,
        only: &[NodeId],
        memo: Option<&Memo>,
        said: &mut Vec<Diagnostic>,
    ) -> Result<Flow, ExitCode> {
        let known = self.known(Some(only)).map_err(|found| fail(found, said))?;
        let input = self.resolved.flow_input(&self.rendered, &known, self.is_answered, Some(only));
        Ok(flow::flow(flow::Input { memo, ..input }).collect(said))
    }

    pub(super) fn context(&self) -> emit::Context<'_> {
        self.resolved.context(&self.rendered)
    }

    pub(super) fn side<'a>(&'a self, flow: &'a Flow) -> Side<'a> {
        let (added_to, is_answered) = (&self.added_to, self.is_answered);
        let world = &self.session.world;
        Side { context: self.context(), flow, added_to, is_answered, world, recorded: None }
    }
}
