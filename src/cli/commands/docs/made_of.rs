//! What the docs of a project are made of, whether they are a site or pages for git.

use crate::compile::{Compilation, Resolved};
use crate::diagnostic::{Diagnostic, Staged};
use crate::flow::{self, Flow};
use crate::plan;
use crate::site::{Change, Facts, Input};
use crate::world::timing;

/// What is there before anything is followed or measured.
#[derive(Clone, Copy)]
pub(super) struct MadeOf<'a> {
    /// The project, its graph and plan.
    pub(super) resolved: &'a Resolved<'a>,
    /// Its SQL.
    pub(super) compilation: &'a Compilation,
    /// What lineage reads.
    pub(super) read: flow::Input<'a>,
    /// What a warehouse and earlier runs tell.
    pub(super) facts: &'a Facts,
    /// Files that stand beside the site's own.
    pub(super) beside: &'a [&'a str],
    /// What differs from another state, if there is one to compare with.
    pub(super) changed: Option<&'a [Change]>,
    /// The columns, if they were followed already, from the same.
    pub(super) followed: Option<&'a Staged<Flow>>,
}

impl MadeOf<'_> {
    /// Follows columns, measures statements, and gives `make` all that docs are made of. `said` is what there is to say
    /// so far; what is wrong with columns is added, stands on the first page, and keeps nobody from reading the docs.
    pub(super) fn docs<T>(self, mut said: Vec<Diagnostic>, make: impl FnOnce(Input<'_>) -> T) -> T {
        let Self { resolved, compilation, read, facts, beside, changed, followed } = self;
        let Resolved { project, collected, graph, plan, .. } = resolved;
        let rendered = &compilation.rendered;
        let own;
        let lineage = if let Some(Staged { value, diagnostics }) = followed {
            said.extend_from_slice(diagnostics);
            value
        } else {
            let _span = timing::stage("columns");
            own = flow::flow(read).collect(&mut said);
            &own
        };
        let _span = timing::stage("site");
        let measured;
        let statements = if let Some(statements) = &compilation.statements {
            statements
        } else {
            // Of a selection; what is said of it needs the whole.
            measured = plan::statements(resolved.plan_input(rendered), plan).value;
            &measured
        };
        let dictionary = flow::dictionary(read, lineage);
        make(Input {
            project,
            collected,
            graph,
            plan,
            rendered,
            compiled: &compilation.compiled,
            flow: lineage,
            read,
            dictionary: &dictionary,
            statements: Some(statements),
            facts,
            said: &said,
            beside,
            changed,
        })
    }
}
