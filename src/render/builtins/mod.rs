//! The macros that every project has: dbt's names and texts, written anew.

use std::sync::Arc;

use crate::sql::Dialect;

#[cfg(test)]
mod recorded;

/// A file of macros that comes with buhin.
pub(super) struct Builtin {
    /// For messages.
    pub(super) path: &'static str,
    /// The text.
    pub(super) text: Arc<str>,
}

/// The package that they are in.
pub(super) const PACKAGE: &str = "dbt";

const COMMON: [(&str, &str); 4] = [
    ("<buhin>/cross_db.sql", include_str!("cross_db.sql")),
    ("<buhin>/names.sql", include_str!("names.sql")),
    ("<buhin>/statements.sql", include_str!("statements.sql")),
    ("<buhin>/tests.sql", include_str!("tests.sql")),
];

/// The files for a dialect, the general ones first.
pub(super) fn files(dialect: Dialect) -> Vec<Builtin> {
    let postgres = ("<buhin>/postgres.sql", include_str!("postgres.sql"));
    let spark = ("<buhin>/spark.sql", include_str!("spark.sql"));
    let trino = ("<buhin>/trino.sql", include_str!("trino.sql"));
    let sqlserver = ("<buhin>/sqlserver.sql", include_str!("sqlserver.sql"));
    let own: &[(&'static str, &'static str)] = match dialect {
        Dialect::DuckDb => &[("<buhin>/duckdb.sql", include_str!("duckdb.sql"))],
        Dialect::Postgres => &[postgres],
        Dialect::Redshift => &[postgres, ("<buhin>/redshift.sql", include_str!("redshift.sql"))],
        Dialect::BigQuery => &[("<buhin>/bigquery.sql", include_str!("bigquery.sql"))],
        Dialect::Snowflake => &[("<buhin>/snowflake.sql", include_str!("snowflake.sql"))],
        Dialect::Spark => &[spark],
        Dialect::Databricks => &[spark, ("<buhin>/databricks.sql", include_str!("databricks.sql"))],
        Dialect::Trino => &[trino],
        Dialect::Athena => &[trino, ("<buhin>/athena.sql", include_str!("athena.sql"))],
        Dialect::ClickHouse => &[("<buhin>/clickhouse.sql", include_str!("clickhouse.sql"))],
        Dialect::MsSql => &[sqlserver],
        Dialect::Fabric => &[sqlserver, ("<buhin>/fabric.sql", include_str!("fabric.sql"))],
        Dialect::MySql | Dialect::MariaDb | Dialect::Sqlite | Dialect::DataFusion | Dialect::Generic => &[],
    };
    COMMON.iter().chain(own).map(|(path, text)| Builtin { path, text: Arc::from(*text) }).collect()
}

/// The prefixes by which `adapter.dispatch()` looks for a macro: the adapter, what it builds on, `default`.
pub(super) fn prefixes(adapter: &str) -> Vec<&str> {
    let parents: &[&str] = match adapter {
        "redshift" | "materialize" | "alloydb" | "greenplum" => &["postgres"],
        "databricks" | "glue" => &["spark"],
        "synapse" => &["fabric"],
        "mssql" => &["sqlserver"],
        "motherduck" => &["duckdb"],
        "mariadb" => &["mysql"],
        "starburst" | "presto" => &["trino"],
        _ => &[],
    };
    std::iter::once(adapter).chain(parents.iter().copied()).chain(["default"]).collect()
}
