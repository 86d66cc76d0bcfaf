//! What names mean at one place of a statement.

use sqlparser::ast::NamedWindowDefinition;

use super::visibility::Aliases;
use crate::lineage::model::{ColumnId, RelationId};
use crate::lineage::names::Sym;

/// A relation in `from`.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The name that qualifies its columns; `None` if it has none.
    pub(super) alias: Option<Sym>,
    /// The parts of the table's own name, as the dialect compares them.
    pub(super) parts: Vec<Sym>,
    /// What is read.
    pub(super) relation: RelationId,
    /// True if a join can leave its columns empty.
    pub(super) is_nullable: bool,
    /// True if its columns can be named but are not part of `*`.
    pub(super) is_hidden: bool,
}

impl Source {
    /// A relation under a name that may be missing.
    pub(super) fn of(alias: Option<Sym>, relation: RelationId) -> Self {
        Self { alias, parts: Vec::new(), relation, is_nullable: false, is_hidden: false }
    }
}

/// A column of `using` or of a natural join.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merged {
    /// Its name.
    pub(super) key: Sym,
    /// The column that stands for both sides.
    pub(super) column: ColumnId,
    /// How many sources stood in `from` when it was made.
    pub(super) sources: usize,
}

/// Everything that can be named at one place.
#[derive(Default)]
pub(super) struct Scope<'p> {
    /// The scope around a subquery.
    pub(super) parent: Option<&'p Scope<'p>>,
    /// The relations in `from`, in order.
    pub(super) sources: Vec<Source>,
    /// Merged columns, in order.
    pub(super) merged: Vec<Merged>,
    /// Columns of this `select` by alias, in order.
    pub(super) aliases: Vec<(Sym, ColumnId)>,
    /// How the clause that is being read takes them.
    pub(super) rule: Option<Aliases>,
    /// True behind a natural join of relations whose columns are not all known: which of them merge, and so which
    /// columns `*` has, is not known.
    pub(super) is_star_open: bool,
    /// Names that the `select` will give, in clauses that are read before it.
    pub(super) later: Vec<Sym>,
    /// The windows that have names.
    pub(super) windows: &'p [NamedWindowDefinition],
    /// Parameters of a lambda.
    pub(super) locals: Vec<Sym>,
}

impl<'p> Scope<'p> {
    /// An empty scope inside another.
    pub(super) fn inside(parent: Option<&'p Scope<'p>>) -> Self {
        Self { parent, ..Self::default() }
    }

    /// This scope and those around it, from the inside out.
    pub(super) fn outwards(&self) -> impl Iterator<Item = &Scope<'p>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// The rule for aliases.
    pub(super) fn rule(&self) -> Aliases {
        self.rule.unwrap_or(Aliases::No)
    }

    /// The column of an alias; the last one if several have it.
    pub(super) fn alias(&self, key: Sym) -> Option<ColumnId> {
        self.aliases.iter().rev().find(|(name, _)| *name == key).map(|(_, column)| *column)
    }
}
