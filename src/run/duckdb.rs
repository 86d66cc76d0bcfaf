//! DuckDB, loaded at run time through its ADBC entry point.
//!
//! One database is shared by all threads; each session is a connection of its own. An error may come when a
//! statement is started or only while its rows are read, so results are always read to their end.

use adbc_core::options::{AdbcVersion, OptionDatabase, OptionValue};
use adbc_core::{Connection as _, Database as _, Driver as _, Statement as _};
use adbc_driver_manager::{ManagedConnection, ManagedDatabase, ManagedDriver};
use arrow_array::RecordBatchReader;
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use camino::Utf8Path;

use super::credentials::Credentials;
use super::value::{Column, Table};
use super::warehouse::{DatabaseError, Session, Warehouse};
use super::{arrow, errors, place};
use crate::diagnostic::Diagnostic;
use crate::sql::Dialect;

/// An open DuckDB database.
pub struct DuckDb {
    database: ManagedDatabase,
    credentials: Credentials,
}

impl DuckDb {
    /// Loads the library and opens the database that the credentials name; makes the file's folder.
    pub fn open(library: &Utf8Path, credentials: Credentials) -> Result<Self, Diagnostic> {
        let mut driver =
            ManagedDriver::load_dynamic_from_filename(library, Some(b"duckdb_adbc_init"), AdbcVersion::V100)
                .map_err(|error| errors::library_unusable(library, &error.message))?;
        let path = credentials.path.clone();
        if let Some(folder) = credentials.folder() {
            std::fs::create_dir_all(folder).map_err(|error| {
                errors::connection_failed(
                    &format!("the folder of the database `{path}` can't be made"),
                    &error.to_string(),
                )
            })?;
        }
        let text = |value: &str| OptionValue::String(value.to_owned());
        let mut options = vec![(OptionDatabase::Other("path".to_owned()), text(&path))];
        options.extend(
            credentials
                .config_options
                .iter()
                .map(|(key, value)| (OptionDatabase::Other(key.clone()), text(value))),
        );
        let database = driver
            .new_database_with_opts(options)
            .map_err(|error| open_error(&credentials, &error.message))?;
        let duckdb = Self { database, credentials };
        let mut session = duckdb.session()?;
        let failed = |error: DatabaseError| {
            errors::connection_failed(&format!("setting up the database `{path}` failed"), &error.message)
        };
        for (name, repository) in &duckdb.credentials.extensions {
            // What is built in or installed already needs no network.
            if session.execute(&format!("load {name}")).is_err() {
                let from =
                    repository.as_ref().map(|repository| format!(" from {repository}")).unwrap_or_default();
                session.execute(&format!("install {name}{from}; load {name}")).map_err(failed)?;
            }
        }
        for statement in &duckdb.credentials.once {
            session.execute(statement).map_err(failed)?;
        }
        drop(session);
        Ok(duckdb)
    }

    fn session(&self) -> Result<DuckDbSession, Diagnostic> {
        let connection =
            self.database.new_connection().map_err(|error| open_error(&self.credentials, &error.message))?;
        Ok(DuckDbSession { connection, secrets: self.credentials.secrets.clone() })
    }
}

impl Warehouse for DuckDb {
    fn dialect(&self) -> Dialect {
        Dialect::DuckDb
    }

    fn connect(&self) -> Result<Box<dyn Session>, Diagnostic> {
        let mut session = self.session()?;
        for statement in &self.credentials.each {
            session.execute(statement).map_err(|error| {
                errors::connection_failed("a setting of the profile was refused", &error.message)
            })?;
        }
        Ok(Box::new(session))
    }
}

struct DuckDbSession {
    connection: ManagedConnection,
    secrets: Vec<String>,
}

impl DuckDbSession {
    fn start(&mut self, sql: &str) -> Result<Box<dyn RecordBatchReader + Send>, DatabaseError> {
        let mut statement =
            self.connection.new_statement().map_err(|error| self.error(&error.message, sql))?;
        statement.set_sql_query(sql).map_err(|error| self.error(&error.message, sql))?;
        statement.execute().map_err(|error| self.error(&error.message, sql))
    }

    fn error(&self, message: &str, sql: &str) -> DatabaseError {
        let (message, offset) = place::split(unwrapped(message), sql);
        let transient = ["conflict on", "Conflict on", "write-write conflict", "Transaction conflict"]
            .iter()
            .any(|words| message.contains(words));
        DatabaseError { message: super::credentials::scrub(&message, &self.secrets), offset, transient }
    }
}

impl Session for DuckDbSession {
    fn execute(&mut self, sql: &str) -> Result<Option<u64>, DatabaseError> {
        let reader = self.start(sql)?;
        let fields = reader.schema();
        let counts = fields.fields().len() == 1 && fields.field(0).name() == "Count";
        let mut rows = None;
        for batch in reader {
            let batch = batch.map_err(|error| self.error(&error.to_string(), sql))?;
            if counts && batch.num_rows() == 1 {
                let column = batch.column(0).as_primitive_opt::<Int64Type>();
                rows = column.and_then(|column| u64::try_from(column.value(0)).ok());
            }
        }
        Ok(rows)
    }

    fn query(&mut self, sql: &str, limit: Option<usize>) -> Result<Table, DatabaseError> {
        let reader = self.start(sql)?;
        let schema = reader.schema();
        let columns = schema.fields().iter().map(|field| Column {
            name: field.name().clone(),
            type_name: arrow::type_name(field.data_type()),
        });
        let mut table = Table { columns: columns.collect(), ..Table::default() };
        for batch in reader {
            let batch = batch.map_err(|error| self.error(&error.to_string(), sql))?;
            for row in 0..batch.num_rows() {
                if limit.is_some_and(|limit| table.rows.len() >= limit) {
                    table.truncated = true;
                    return Ok(table);
                }
                table
                    .rows
                    .push(batch.columns().iter().map(|column| arrow::value(column.as_ref(), row)).collect());
            }
        }
        Ok(table)
    }
}

/// DuckDB's words without those of the layers between.
fn unwrapped(message: &str) -> &str {
    let message = message.trim();
    let message = message.strip_prefix("C Data interface error: ").unwrap_or(message);
    message.strip_prefix("External error: ").unwrap_or(message)
}

fn open_error(credentials: &Credentials, message: &str) -> Diagnostic {
    let message = super::credentials::scrub(unwrapped(message), &credentials.secrets);
    if message.contains("Could not set lock on file") || message.contains("being used by another process") {
        let holder = message.split_once("held in ").and_then(|(_, rest)| {
            let (name, rest) = rest.split_once(" (PID ")?;
            Some((name, rest.split_once(')')?.0))
        });
        return errors::locked(&credentials.path, holder, &message);
    }
    errors::connection_failed(&format!("the database `{}` can't be opened", credentials.path), &message)
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A database in memory; `None`, with a word on why, where DuckDB's library is missing.
    #[allow(clippy::disallowed_methods, reason = "tests have no project whose world they could ask")]
    pub(in crate::run) fn duckdb(path: &str) -> Option<DuckDb> {
        let world = crate::world::Disk::new(env!("CARGO_MANIFEST_DIR"));
        match crate::run::library::find(&world) {
            Ok(library) => {
                let credentials = Credentials { path: path.to_owned(), ..Credentials::default() };
                Some(DuckDb::open(&library, credentials).expect("the database opens"))
            }
            Err(error) => {
                assert!(std::env::var("BUHIN_REQUIRE_DUCKDB").is_err(), "{}", error.message);
                println!("skipped: {}", error.message);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, shown: &str) {
        let Some(duckdb) = testing::duckdb(":memory:") else { return };
        let mut session = duckdb.connect().expect("it connects");
        let table = session.query(sql, None).expect("the query is good");
        let rows =
            table.rows.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "));
        assert_eq!(rows.collect::<Vec<_>>().join("\n"), shown);
    }

    #[test]
    fn numbers_are_exact() {
        check(
            "select 170141183460469231731687303715884105727::hugeint",
            "170141183460469231731687303715884105727",
        );
        check("select 12.30::decimal(18,2), 0.1::float, 1e20::double", "12.30 | 0.1 | 1e20");
        check(
            "select 18446744073709551615::ubigint, (-128)::tinyint, null",
            "18446744073709551615 | -128 | NULL",
        );
    }

    #[test]
    fn dates_and_times_read_as_in_duckdb() {
        check("select date '2024-02-29', time '01:02:03.5'", "2024-02-29 | 01:02:03.5");
        check(
            "select timestamp '2024-01-01 00:00:00', timestamp_ns '2024-01-01 00:00:00.123456789'",
            "2024-01-01 00:00:00 | 2024-01-01 00:00:00.123456789",
        );
        check(
            "select timestamptz '2024-01-01 09:00:00+09', interval '14 months 3 days 90 minutes'",
            "2024-01-01 00:00:00+00 | 1 year 2 months 3 days 01:30:00",
        );
        check("select 'infinity'::timestamp, 'infinity'::date", "infinity | infinity");
    }

    #[test]
    fn nested_values_and_rare_types_have_a_text() {
        check("select [1, null], {'a': 1, 'b': 'x'}, map {'k': 2}", "[1, NULL] | {'a': 1, 'b': x} | {k=2}");
        check(
            "select 'ab\\x00'::blob, '0b1f0e2c-0000-4000-8000-000000000000'::uuid",
            "ab\\x00 | 0b1f0e2c-0000-4000-8000-000000000000",
        );
        check("select 'b'::enum('a', 'b'), [1, 2]::int[2], union_value(n := 3)", "b | [1, 2] | 3");
        check("select '{\"a\": 1}'::json", "{\"a\": 1}");
        check("select 5::uhugeint, -5::hugeint", "5 | -5");
    }

    #[test]
    fn an_error_points_into_the_statement() {
        let Some(duckdb) = testing::duckdb(":memory:") else { return };
        let mut session = duckdb.connect().expect("it connects");
        session.execute("create table t as select 1 as name").expect("it is good");
        let sql = "select\n  nme\nfrom t";
        let error = session.query(sql, None).expect_err("there is no such column");
        assert!(sql[error.offset.expect("a place")..].starts_with("nme"), "{error:?}");
        assert!(!error.message.contains("LINE"), "{}", error.message);
        assert!(error.message.contains("name"), "DuckDB's suggestion is kept: {}", error.message);
        let late = session.query("select 1 / a, cast(b as int) from (values (1, 'x')) v(a, b)", None);
        assert!(late.expect_err("x is no number").message.contains("Could not convert string 'x'"));
    }

    #[test]
    fn statements_tell_how_many_rows_they_wrote() {
        let Some(duckdb) = testing::duckdb(":memory:") else { return };
        let mut session = duckdb.connect().expect("it connects");
        assert_eq!(session.execute("create table t as select * from range(7)").expect("it is good"), Some(7));
        assert_eq!(session.execute("insert into t values (1); delete from t where range > 4"), Ok(Some(2)));
        assert_eq!(session.execute("create view v as select * from t"), Ok(None));
        let table = session.query("select * from t", Some(3)).expect("it is good");
        assert!(table.truncated && table.rows.len() == 3);
    }

    #[test]
    fn relations_and_columns_are_found_whatever_the_case() {
        use crate::render::Introspect as _;
        let Some(duckdb) = testing::duckdb(":memory:") else { return };
        let mut session = duckdb.connect().expect("it connects");
        session
            .execute("create schema Shop; create table shop.Orders(id int, total decimal(9,2))")
            .expect("it is good");
        session.execute("create view shop.v as select 1 as one").expect("it is good");
        let live = crate::run::Live::connect(&duckdb).expect("it connects");
        let relations = live.relations(None, "SHOP").expect("it answers");
        let shown: Vec<_> = relations.iter().map(|relation| (relation.render(), relation.kind)).collect();
        assert_eq!(shown[0].0, r#""memory"."Shop"."Orders""#);
        assert_eq!(shown[1].1, Some(crate::sql::RelationKind::View));
        let columns = live.columns(&relations[0]).expect("it answers");
        assert_eq!(columns[1], ("total".to_owned(), "DECIMAL(9,2)".to_owned()));
        let missing = crate::sql::Relation { identifier: Some("gone".into()), ..relations[0].clone() };
        assert_eq!(live.columns(&missing), Ok(Vec::new()));
    }
}
