//! What an engine gives: rows as text.

use crate::sql::Dialect;

/// Runs SQL of DuckDB, in a database that holds nothing but what it is given.
pub trait Engine {
    /// Runs statements with `;` between; fails with the engine's words.
    fn execute(&mut self, sql: &str) -> Result<(), String>;

    /// Runs a query, of which no more than `limit` rows are wanted.
    fn query(&mut self, sql: &str, limit: usize) -> Result<Answer, String>;

    /// A query of another dialect in DuckDB's; fails with why it can't be had, in lower case.
    fn translate(&mut self, dialect: Dialect, sql: &str) -> Result<String, String>;
}

/// The rows of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its columns.
    pub columns: Vec<AnswerColumn>,
    /// Its rows as text, each with a value a column; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

/// A column of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerColumn {
    /// Its name.
    pub name: String,
    /// Its type in DuckDB's words.
    pub type_name: String,
}
