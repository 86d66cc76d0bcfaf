//! Trials: two queries run on generated tables, to find rows on which they differ.
//!
//! [`prove`] makes up small tables from what is known of the inputs and from what both queries say: their literals
//! and the neighbours of those, NULLs, duplicates, ties, empty tables. The statements run on an [`Engine`], a DuckDB
//! in memory; this folder opens nothing and knows no clock. Not finding a difference proves nothing, and the outcome
//! says so: it counts trials. A difference that is found is shrunk to the smallest tables that still show it.
//!
//! ```no_run
//! use buhin::review::prove::{Budget, Engine, Outcome, Trial, prove, render};
//! use buhin::sql::Dialect;
//!
//! # fn example(engine: &mut dyn Engine) {
//! let trial = Trial {
//!     old: "select status from t where status <> 'void'",
//!     new: "select status from t where status is distinct from 'void'",
//!     dialect: Dialect::DuckDb,
//!     tables: &[],
//!     common_columns: false,
//! };
//! let budget = Budget { trials: 300, shrinks: 500, seed: 1, is_over: &|| false };
//! match prove(&trial, engine, &budget) {
//!     Outcome::Counterexample(found) => print!("{}", render(&found)),
//!     Outcome::NoDifference(none) => print!("no difference in {} trials (seed {})", none.trials, none.seed),
//!     Outcome::NotRun { reason } => print!("could not be run: {reason}"),
//! }
//! # }
//! ```

mod answer;
mod cell;
mod chance;
mod compare;
mod data;
mod domain;
mod evidence;
mod kind;
mod literal;
mod pool;
mod render;
mod repair;
mod schema;
mod shrink;
mod text;
mod trials;

pub use answer::{Answer, AnswerColumn, Engine};
pub use compare::Difference;
pub use render::render;

use crate::sql::Dialect;

/// Two queries, and what is known of the tables they read.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// The query before: one statement, in which all that it reads is a table.
    pub old: &'a str,
    /// The query after.
    pub new: &'a str,
    /// The SQL of both.
    pub dialect: Dialect,
    /// What is known of tables; those that are not named here are made up from their use.
    pub tables: &'a [TrialTable],
    /// True to compare only the columns that both have, by name: for changes that add, drop or move columns.
    pub common_columns: bool,
}

/// A table that a query reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialTable {
    /// Its name as both queries write it, in quotes or not, with dots between its parts.
    pub name: String,
    /// Its columns; further ones are found in the queries unless `is_complete`.
    pub columns: Vec<TrialColumn>,
    /// True if it has no other columns.
    pub is_complete: bool,
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialColumn {
    /// Its name, in quotes or not.
    pub name: String,
    /// Its type in the words of the dialect, if known.
    pub data_type: Option<String>,
    /// True if it is never NULL.
    pub not_null: bool,
    /// True if no two rows have the same value.
    pub unique: bool,
    /// The only values it has besides NULL, as text; empty if any may be there.
    pub accepted: Vec<String>,
}

/// How much may be tried.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// So many trials at most.
    pub trials: usize,
    /// A counterexample is made smaller in so many steps at most; 0 leaves it as it is found.
    pub shrinks: usize,
    /// The same seed makes the same tables.
    pub seed: u64,
    /// True when time is over; asked between trials.
    pub is_over: &'a dyn Fn() -> bool,
}

/// What came of the trials.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All trials gave the same.
    NoDifference(NoDifference),
    /// One did not.
    Counterexample(Box<Counterexample>),
    /// The queries could not be run on generated tables.
    NotRun {
        /// Why, in lower case.
        reason: String,
    },
}

/// Trials that all gave the same: no proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDifference {
    /// So many pairs of answers were compared.
    pub trials: usize,
    /// So many trials said nothing, because both queries failed on their rows or gave too many.
    pub void: usize,
    /// The seed of the tables.
    pub seed: u64,
}

/// Tables on which the two queries differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    /// In what they differ.
    pub difference: Difference,
    /// The tables, shrunk.
    pub inputs: Vec<InputTable>,
    /// What the old query gives for them, or what it fails with.
    pub old: Result<Answer, String>,
    /// What the new one gives.
    pub new: Result<Answer, String>,
    /// True if a query's answer depends on the order in which rows are stored, and the other's does not in the same
    /// way.
    pub is_order_dependent: bool,
    /// The dialect that both queries were translated from, if they did not run as they are written.
    pub translated_from: Option<Dialect>,
    /// The trial that found it, from 1.
    pub trial: usize,
    /// The seed of the tables.
    pub seed: u64,
}

/// A table of a counterexample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputTable {
    /// Its name as the queries write it.
    pub name: String,
    /// Its columns, each with its type.
    pub columns: Vec<(String, String)>,
    /// Its rows as text; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Statements that make the table, for DuckDB.
    pub sql: String,
}

/// Runs trials until a difference is found, the budget is spent, or nothing can be run.
///
/// Queries of other dialects are translated by the engine. Random functions are not run; moments such as `now()` are
/// fixed.
pub fn prove(trial: &Trial<'_>, engine: &mut dyn Engine, budget: &Budget<'_>) -> Outcome {
    let made = text::queries(trial, engine)
        .and_then(|queries| trials::Trials::new(trial, queries, engine, budget).run());
    made.unwrap_or_else(|reason| Outcome::NotRun { reason })
}
