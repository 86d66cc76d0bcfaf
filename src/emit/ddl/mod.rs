//! The statements that make a part's object from its SELECT, for each warehouse.
//!
//! Everything here is data: a list of [`Statement`]s in order. The run stage executes them, scripts print them.
//! A table is built aside and swapped in, so that a failure leaves the former one readable.

mod describe;
mod incremental;
mod relation;
mod seed;
mod snapshot;
mod stand_in;
mod table;
mod temp;
mod test;

pub use describe::comments;
pub use incremental::{OnSchemaChange, Strategy, apply as incremental_apply, stage as incremental_stage};
pub use relation::{
    aside, create_schema, drop_if_exists, drop_schema, grants, indexes, rename, strip_terminator, temp,
};
pub use seed::{copy_csv, create_table as seed_table, insert_rows, swap as seed_swap};
pub use snapshot::{Snapshot, apply as snapshot_apply, first as snapshot_first, stage as snapshot_stage};
pub use stand_in::{no_rows, stand_in};
pub use table::{materialized_view, table, temp_table, view};
pub use temp::{drop_temp_part, script_temp, temp_part};
pub use test::{TestConfig, query as test_query, store as test_store};

use crate::project::Config;
use crate::source::Span;
use crate::sql::{Dialect, Relation, RelationKind};

/// One SQL statement, without `;`, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The SQL.
    pub sql: String,
    /// What it does in the whole.
    pub purpose: Purpose,
}

/// What a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Opens a transaction; a runner rolls back if anything fails before the matching [`Purpose::Commit`].
    Begin,
    /// Closes a transaction.
    Commit,
    /// Makes room: a schema, or dropping what an earlier run left behind.
    Prepare,
    /// The statement that runs the part's own SQL.
    Main,
    /// Puts the new object in the place of the old.
    Swap,
    /// Drops what is no longer needed.
    Tidy,
    /// A `pre_hook` or `post_hook`.
    Hook,
    /// Comments, grants, indexes.
    Describe,
}

impl Statement {
    /// A statement of this purpose.
    pub fn new(purpose: Purpose, sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), purpose }
    }
}

/// What is needed to build one part.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// Its name in messages.
    pub name: &'a str,
    /// Where messages point.
    pub at: Span,
    /// What to build.
    pub relation: &'a Relation,
    /// Its compiled SELECT.
    pub sql: &'a str,
    /// Its config.
    pub config: &'a Config,
    /// What stands under the name now.
    pub existing: Option<RelationKind>,
}

impl Build<'_> {
    /// The dialect of the relation.
    pub fn dialect(&self) -> Dialect {
        self.relation.dialect
    }
}

/// A column of a table as the warehouse describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name, unquoted.
    pub name: String,
    /// The type as the warehouse spells it.
    pub data_type: String,
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, data_type: impl Into<String>) -> Self {
        Self { name: name.into(), data_type: data_type.into() }
    }
}

/// True where DDL can be undone by a rollback, so that a swap of several statements is atomic.
pub fn transactional(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::DuckDb
            | Dialect::Postgres
            | Dialect::Redshift
            | Dialect::Sqlite
            | Dialect::MsSql
            | Dialect::Fabric
            | Dialect::Generic
    )
}

/// `statements` between `begin` and `commit`, where the dialect has transactions for DDL.
pub fn in_transaction(dialect: Dialect, statements: Vec<Statement>) -> Vec<Statement> {
    if statements.is_empty() || !transactional(dialect) {
        return statements;
    }
    let begin = if dialect.is_tsql() { "begin transaction" } else { "begin" };
    let mut all = vec![Statement::new(Purpose::Begin, begin)];
    all.extend(statements);
    all.push(Statement::new(Purpose::Commit, "commit"));
    all
}

/// The relation of a dotted name, for tests.
#[cfg(test)]
fn named(name: &str, quoted: bool, dialect: Dialect) -> Relation {
    let mut parts = name.rsplit('.').map(str::to_owned);
    let (identifier, schema, database) = (parts.next(), parts.next(), parts.next());
    Relation { database, schema, identifier, quote: [quoted; 3], kind: None, dialect }
}
