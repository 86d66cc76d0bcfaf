//! What the docs of a project are made of, whether they are a site or pages for git.

use crate::compile::{Compilation, Resolved};
use crate::diagnostic::Diagnostic;
use crate::site::{Change, Facts, Input};
use crate::{flow, plan};

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
}

impl MadeOf<'_> {
    /// Follows columns, measures statements, and gives `make` all that docs are made of. `said` is what there is to say
    /// so far; what is wrong with columns is added, stands on the first page, and keeps nobody from reading the docs.
    pub(super) fn docs<T>(self, mut said: Vec<Diagnostic>, make: impl FnOnce(Input<'_>) -> T) -> T {
        let Self { resolved, compilation, read, facts, beside, changed } = self;
        let Resolved { project, collected, graph, plan, .. } = resolved;
        let rendered = &compilation.rendered;
        let lineage = flow::flow(read).collect(&mut said);
        let (dictionary, statements) = rayon::join(
            || flow::dictionary(read, &lineage),
            || plan::statements(resolved.plan_input(rendered), plan),
        );
        make(Input {
            project,
            collected,
            graph,
            plan,
            rendered,
            compiled: &compilation.compiled,
            flow: &lineage,
            read,
            dictionary: &dictionary,
            statements: Some(&statements),
            facts,
            said: &said,
            beside,
            changed,
        })
    }
}
