//! Answers to what rendering asks the warehouse, over a session of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::value::{Table, Value};
use super::warehouse::{DatabaseError, Session, Warehouse};
use crate::diagnostic::{Code, Diagnostic};
use crate::render::{Answer, Introspect};
use crate::sql::{Dialect, Relation, RelationKind};

/// A live warehouse for the render stage.
pub struct Live {
    session: Mutex<Box<dyn Session>>,
    dialect: Dialect,
    /// Whether macros may change the warehouse.
    acts: bool,
    /// True while a transaction is open that a macro's statement began.
    open: AtomicBool,
}

impl Live {
    /// Opens a session for questions.
    pub fn connect(warehouse: &dyn Warehouse) -> Result<Self, Diagnostic> {
        let (session, dialect) = (Mutex::new(warehouse.connect()?), warehouse.dialect());
        Ok(Self { session, dialect, acts: false, open: AtomicBool::new(false) })
    }

    /// Opens a session for macros that may change what they like.
    ///
    /// As in dbt a `statement()` begins a transaction unless it says `auto_begin=false`, and what is not
    /// committed when the session ends is undone.
    pub fn acting(warehouse: &dyn Warehouse) -> Result<Self, Diagnostic> {
        Ok(Self { acts: true, ..Self::connect(warehouse)? })
    }

    /// Runs the statement of an operation.
    pub fn run(&self, sql: &str) -> Result<(), Diagnostic> {
        let ran = self.ask(sql);
        ran.map(|_| ()).map_err(|error| super::errors::statement_failed("the statement failed", &error))
    }

    fn ask(&self, sql: &str) -> Result<Table, DatabaseError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.query(sql, None)
    }
}

impl Introspect for Live {
    fn relations(&self, database: Option<&str>, schema: &str) -> Result<Vec<Relation>, String> {
        let table = self.ask(&relations_sql(database, schema)).map_err(|error| error.message)?;
        let relations = table.rows.into_iter().filter_map(|row| {
            let [database, schema, name, kind] = <[Value; 4]>::try_from(row).ok()?;
            Some(Relation {
                database: Some(database.to_string()),
                schema: Some(schema.to_string()),
                identifier: Some(name.to_string()),
                quote: [true; 3],
                kind: Some(if kind == Value::Text("view".into()) {
                    RelationKind::View
                } else {
                    RelationKind::Table
                }),
                dialect: self.dialect,
            })
        });
        Ok(relations.collect())
    }

    fn columns(&self, relation: &Relation) -> Result<Vec<(String, String)>, String> {
        match self.ask(&format!("describe {}", relation.render())) {
            Ok(table) => Ok(names_and_types(table)),
            Err(error) if error.message.contains("does not exist") => Ok(Vec::new()),
            Err(error) => Err(error.message),
        }
    }

    fn query(&self, sql: &str) -> Result<Answer, String> {
        self.ask(sql).map(|table| super::answer::answer(&table)).map_err(|error| error.message)
    }

    fn execute(&self, sql: &str, begin: bool) -> Result<Answer, String> {
        if self.acts && begin && !self.open.swap(true, Ordering::Relaxed) {
            self.query("begin")?;
        }
        self.query(sql)
    }

    fn commit(&self) -> Result<(), String> {
        if self.open.swap(false, Ordering::Relaxed) { self.query("commit").map(|_| ()) } else { Ok(()) }
    }

    fn acts(&self) -> bool {
        self.acts
    }
}

/// For compiling ahead of a run: every question is refused, for what it asks about may not be built yet.
///
/// A node that asks can't be compiled with this (B0212, which the caller drops); the run compiles it again just
/// before it is its turn, with [`Live`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Later;

impl Later {
    const WORDS: &str = "it is asked again when the node is run";

    /// True for what this has caused.
    pub fn caused(diagnostic: &Diagnostic) -> bool {
        diagnostic.code == Code::NO_ANSWER
    }
}

impl Introspect for Later {
    fn relations(&self, _database: Option<&str>, _schema: &str) -> Result<Vec<Relation>, String> {
        Err(Self::WORDS.to_owned())
    }

    fn columns(&self, _relation: &Relation) -> Result<Vec<(String, String)>, String> {
        Err(Self::WORDS.to_owned())
    }

    fn query(&self, _sql: &str) -> Result<Answer, String> {
        Err(Self::WORDS.to_owned())
    }
}

/// The first two columns of DuckDB's `describe`.
pub(super) fn names_and_types(table: Table) -> Vec<(String, String)> {
    let pairs = table.rows.into_iter().filter_map(|row| {
        let mut values = row.into_iter();
        Some((values.next()?.to_string(), values.next()?.to_string()))
    });
    pairs.collect()
}

/// A query for the kind (`table` or `view`) of what stands under a relation's name; no row if nothing does.
pub(super) fn kind_sql(relation: &Relation) -> String {
    let schema = relation.schema.as_deref().unwrap_or("main");
    let name = relation.identifier.as_deref().unwrap_or_default().to_lowercase().replace('\'', "''");
    let relations = relations_sql(relation.database.as_deref(), schema);
    let relations = relations.replace(" order by 1, 2, 3", "");
    format!(
        "select kind from ({relations}) as r(database_name, schema_name, name, kind) where lower(name) = '{name}'"
    )
}

/// Database, schema, name and kind (`table` or `view`) of everything in a schema.
pub(super) fn relations_sql(database: Option<&str>, schema: &str) -> String {
    let text = |text: &str| format!("'{}'", text.to_lowercase().replace('\'', "''"));
    let database = database.map_or_else(|| "current_database()".to_owned(), text);
    format!(
        "select database_name, schema_name, table_name, 'table' from duckdb_tables() \
         where lower(schema_name) = {schema} and lower(database_name) = {database} and not internal \
         union all \
         select database_name, schema_name, view_name, 'view' from duckdb_views() \
         where lower(schema_name) = {schema} and lower(database_name) = {database} and not internal \
         order by 1, 2, 3",
        schema = text(schema)
    )
}
