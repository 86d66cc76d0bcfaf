//! The engine that trials of changed queries run on: a DuckDB in memory that is locked.
//!
//! It reads no file and opens no connection, whatever a query says, has one thread and so much memory, and none of
//! that can be changed from SQL. See [`crate::review::prove`].

use super::translate::Translator;
use super::{Credentials, Session, Value};
use crate::diagnostic::Diagnostic;
use crate::review::prove::{Answer, AnswerColumn, Engine};
use crate::sql::Dialect;
use crate::world::World;

/// What the database is opened with.
const OPTIONS: &[(&str, &str)] = &[
    ("threads", "1"),
    ("memory_limit", "512MB"),
    ("enable_external_access", "false"),
    ("autoinstall_known_extensions", "false"),
    ("autoload_known_extensions", "false"),
];

/// What is set before all is locked.
const SETTINGS: &[&str] = &["set TimeZone = 'UTC'", "set temp_directory = ''"];

/// A DuckDB for trials.
pub struct TrialEngine {
    session: Box<dyn Session>,
    translator: Translator,
}

impl TrialEngine {
    /// Opens the database; fails where DuckDB's library is missing, with how to get it.
    pub fn open(world: &dyn World) -> Result<Self, Diagnostic> {
        let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let credentials = Credentials {
            path: ":memory:".to_owned(),
            config_options: OPTIONS.iter().map(text).collect(),
            ..Credentials::default()
        };
        let mut session = super::opened(credentials, world)?.connect()?;
        for setting in SETTINGS {
            // A zone needs an extension that some builds lack; what needs it fails by itself.
            drop(session.execute(setting));
        }
        session.execute("set lock_configuration = true").map_err(|error| {
            super::errors::connection_failed("the database for trials can't be locked", &error.message)
        })?;
        Ok(Self { session, translator: Translator::new(world) })
    }
}

impl Engine for TrialEngine {
    fn execute(&mut self, sql: &str) -> Result<(), String> {
        self.session.execute(sql).map(|_| ()).map_err(|error| error.message)
    }

    fn query(&mut self, sql: &str, limit: usize) -> Result<Answer, String> {
        let table = self.session.query(sql, Some(limit)).map_err(|error| error.message)?;
        let columns = table
            .columns
            .into_iter()
            .map(|column| AnswerColumn { name: column.name, type_name: column.type_name });
        let text = |value: &Value| if *value == Value::Null { None } else { Some(value.to_string()) };
        let rows = table.rows.iter().map(|row| row.iter().map(text).collect());
        Ok(Answer { columns: columns.collect(), rows: rows.collect() })
    }

    fn translate(&mut self, dialect: Dialect, sql: &str) -> Result<String, String> {
        self.translator.translate(dialect, sql)
    }
}
