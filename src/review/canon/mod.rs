//! The canonical form of a query: what two writings of the same query have in common.
//!
//! [`Parsed::canonical`] reads a query's tree into a form of its own, where names of inner relations are gone and every column is
//! known by its place, and, at [`Level::Meaning`], rewrites that by rules that keep the rows for every input. Two
//! queries with equal forms give equal rows. Whatever isn't known to the reader fails: a form is never a guess.

mod differ;
mod model;
mod read;
mod rules;

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlparser::ast::{Query, Statement};

use self::model::{Expr, Rel};
use crate::sql::{Dialect, parse};

pub(crate) use differ::differences;
pub use differ::{ColumnChange, ColumnKind, Differences, RowsKind};

/// How far writings may be apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// In names that don't escape, in the order of CTEs, in quotes and case.
    Writing,
    /// In anything that the rules show to keep the rows.
    Meaning,
}

/// What is known of a relation outside of the query.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// What it is called on both sides.
    pub key: String,
    /// The names of its columns, if they are all known.
    pub columns: Option<Vec<String>>,
    /// Columns that the other side calls otherwise: the name here, and the name that both are known by.
    pub former: Vec<(String, String)>,
    /// The text that it is made by, to be put in its place.
    pub query: Option<Arc<str>>,
}

/// Tells what a name outside of the query is; the parts are as the dialect compares them.
pub trait Tables {
    /// What is known of the relation of this name.
    fn table(&self, name: &[String]) -> Outside;
}

/// A query's form, and what its columns are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Canonical {
    rel: Rel,
    /// The output columns' names; `None` for a star.
    names: Vec<Option<OutputName>>,
    /// Words that the form could do nothing with but keep, such as hints.
    kept: BTreeSet<String>,
}

/// The name of an output column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OutputName {
    /// As the dialect compares it; for an expression without a name, its text.
    pub(crate) key: String,
    /// As readers see it; case counts where the warehouse keeps it.
    pub(crate) shown: String,
}

/// Why a query has no form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotFollowed(pub(crate) String);

/// A query that was parsed, to be brought into its forms.
pub(crate) struct Parsed {
    dialect: Dialect,
    query: Box<Query>,
    /// True if somewhere it can be seen which rows come first.
    chooses: bool,
}

impl Parsed {
    /// Parses the one query of a text. Fails if it can't be parsed, or is no query.
    pub(crate) fn new(dialect: Dialect, sql: &str) -> Result<Self, NotFollowed> {
        let query = query(dialect, sql)?;
        let chooses = read::chooses(dialect, &query.to_string());
        Ok(Self { dialect, query, chooses })
    }

    /// Its form. Fails if it has anything that the reader does not know.
    pub(crate) fn canonical(&self, tables: &dyn Tables, level: Level) -> Result<Canonical, NotFollowed> {
        stacker::maybe_grow(1 << 20, 64 << 20, || {
            let read = read::read(self, tables, level)?;
            if level == Level::Meaning && read.is_volatile {
                return Err(NotFollowed("it rolls dice, so only its writing can be compared".to_owned()));
            }
            Ok(Canonical { rel: read.rel, names: read.names, kept: read.kept })
        })
    }
}

/// The one query of a text.
fn query(dialect: Dialect, sql: &str) -> Result<Box<Query>, NotFollowed> {
    let parsed =
        parse(dialect, sql).map_err(|error| NotFollowed(format!("it can't be parsed: {}", error.message)))?;
    let mut statements = parsed.statements.into_iter();
    match (statements.next(), statements.next()) {
        (Some(Statement::Query(query)), None) => Ok(query),
        _ => Err(NotFollowed("it is not one query".to_owned())),
    }
}

/// True if the expression may be made twice, moved or left out: no dice, no function that isn't known.
fn is_pure(expr: &Expr) -> bool {
    !expr.any(&mut |part| match part {
        Expr::Node(head, _) => head.starts_with("call ") || head.starts_with("dice "),
        Expr::Query(rel) => !is_pure_rel(rel),
        _ => false,
    })
}

fn is_pure_rel(rel: &Rel) -> bool {
    match rel {
        Rel::Table(_) => true,
        Rel::Select(block) => {
            block
                .sources
                .iter()
                .all(|source| is_pure_rel(&source.rel) && source.on.iter().chain(&source.says).all(is_pure))
                && block.unused.is_empty()
                && block.clauses().all(is_pure)
        }
        Rel::Set { branches, .. } => branches.iter().all(is_pure_rel),
        Rel::Ordered { of, order, limit } => is_pure_rel(of) && order.iter().chain(limit).all(is_pure),
        Rel::Values(rows) => rows.iter().flatten().all(is_pure),
        Rel::Function(..) => false,
        Rel::Cte(_, rel) => is_pure_rel(rel),
    }
}
