//! What running needs of a warehouse: connections that execute statements and answer queries.

use super::value::Table;
use crate::diagnostic::Diagnostic;
use crate::sql::Dialect;

/// A place where statements run. Shared by all threads of a run; each thread has a session of its own.
pub trait Warehouse: Send + Sync {
    /// The SQL it speaks.
    fn dialect(&self) -> Dialect;

    /// A new session, set up as the profile says.
    fn connect(&self) -> Result<Box<dyn Session>, Diagnostic>;
}

/// One connection.
pub trait Session: Send {
    /// Runs one statement, or several with `;` between them; the number of rows that the last one changed or
    /// wrote, if the warehouse tells.
    fn execute(&mut self, sql: &str) -> Result<Option<u64>, DatabaseError>;

    /// Runs a query and gives its rows, at most `limit` of them.
    fn query(&mut self, sql: &str, limit: Option<usize>) -> Result<Table, DatabaseError>;
}

/// What a warehouse answered instead of doing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseError {
    /// Its own words, without secrets, without the quoted line of SQL.
    pub message: String,
    /// Byte offset in the statement that failed, if the warehouse tells.
    pub offset: Option<usize>,
    /// True if the same statement may succeed when it is tried again (a conflict of two transactions).
    pub transient: bool,
}

impl DatabaseError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: None, transient: false }
    }

    /// The first line, for summaries.
    pub fn headline(&self) -> &str {
        self.message.lines().next().unwrap_or("")
    }
}
