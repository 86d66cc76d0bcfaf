//! The dialects buhin knows, by the adapter type that profiles name.

/// A warehouse's SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// DuckDB, the default.
    DuckDb,
    /// PostgreSQL.
    Postgres,
    /// BigQuery (GoogleSQL).
    BigQuery,
    /// Snowflake.
    Snowflake,
    /// Amazon Redshift.
    Redshift,
    /// Databricks.
    Databricks,
    /// Apache Spark.
    Spark,
    /// Trino.
    Trino,
    /// Amazon Athena.
    Athena,
    /// ClickHouse.
    ClickHouse,
    /// MySQL 8.
    MySql,
    /// MariaDB: MySQL's language, other limits and its own `create or replace table`.
    MariaDb,
    /// SQLite.
    Sqlite,
    /// SQL Server.
    MsSql,
    /// Microsoft Fabric and Synapse: SQL Server's language, names in brackets.
    Fabric,
    /// Apache DataFusion.
    DataFusion,
    /// Anything else: ANSI.
    Generic,
}

impl Dialect {
    /// The names of all dialects.
    pub const NAMES: &[&str] = &[
        "duckdb",
        "postgres",
        "bigquery",
        "snowflake",
        "redshift",
        "databricks",
        "spark",
        "trino",
        "athena",
        "clickhouse",
        "mysql",
        "mariadb",
        "sqlite",
        "sqlserver",
        "fabric",
        "datafusion",
        "generic",
    ];

    /// The dialect of an adapter type or of `--dialect`; `None` if the name is not known.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "duckdb" | "motherduck" => Self::DuckDb,
            "postgres" | "postgresql" | "alloydb" | "materialize" | "greenplum" => Self::Postgres,
            "bigquery" => Self::BigQuery,
            "snowflake" => Self::Snowflake,
            "redshift" => Self::Redshift,
            "databricks" => Self::Databricks,
            "spark" | "glue" => Self::Spark,
            "trino" | "presto" | "starburst" => Self::Trino,
            "athena" => Self::Athena,
            "clickhouse" => Self::ClickHouse,
            "mysql" => Self::MySql,
            "mariadb" => Self::MariaDb,
            "sqlite" => Self::Sqlite,
            "mssql" | "sqlserver" => Self::MsSql,
            "fabric" | "synapse" => Self::Fabric,
            "datafusion" => Self::DataFusion,
            "generic" | "ansi" => Self::Generic,
            _ => return None,
        })
    }

    /// The name that profiles and `--dialect` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::DuckDb => "duckdb",
            Self::Postgres => "postgres",
            Self::BigQuery => "bigquery",
            Self::Snowflake => "snowflake",
            Self::Redshift => "redshift",
            Self::Databricks => "databricks",
            Self::Spark => "spark",
            Self::Trino => "trino",
            Self::Athena => "athena",
            Self::ClickHouse => "clickhouse",
            Self::MySql => "mysql",
            Self::MariaDb => "mariadb",
            Self::Sqlite => "sqlite",
            Self::MsSql => "sqlserver",
            Self::Fabric => "fabric",
            Self::DataFusion => "datafusion",
            Self::Generic => "generic",
        }
    }

    /// True for the dialects that speak T-SQL.
    pub fn is_tsql(self) -> bool {
        matches!(self, Self::MsSql | Self::Fabric)
    }

    /// True where `"a"` is a string and no name.
    pub fn double_quotes_are_strings(self) -> bool {
        matches!(self, Self::BigQuery | Self::MySql | Self::MariaDb | Self::Databricks | Self::Spark)
    }

    /// True for MySQL and MariaDB, which share a language.
    pub fn is_mysql(self) -> bool {
        matches!(self, Self::MySql | Self::MariaDb)
    }

    /// True where a relation's name may begin with a database.
    pub fn has_databases(self) -> bool {
        !matches!(self, Self::Spark | Self::MySql | Self::MariaDb | Self::Sqlite | Self::ClickHouse)
    }

    /// True where a CTE may hold a `with` of its own, whatever names stand in it.
    ///
    /// T-SQL refuses it, Redshift's manual rules it out, and DataFusion refuses an inner name that an outer CTE has.
    pub fn nests_with(self) -> bool {
        !matches!(self, Self::MsSql | Self::Fabric | Self::Redshift | Self::DataFusion)
    }

    /// True where a part can be a temporary table of the connection, which a statement reads as often as it likes.
    ///
    /// MySQL opens a temporary table only once in a statement; T-SQL lets no view read one, and a view carries every
    /// SELECT there; Spark, Databricks, Trino, Athena and `DataFusion` have none that all versions know.
    pub fn has_session_tables(self) -> bool {
        matches!(
            self,
            Self::BigQuery
                | Self::ClickHouse
                | Self::DuckDb
                | Self::Generic
                | Self::MariaDb
                | Self::Postgres
                | Self::Redshift
                | Self::Snowflake
                | Self::Sqlite
        )
    }

    /// Materializations that dbt's adapter brings beside those of every warehouse; buhin compiles them and builds none.
    pub fn own_materializations(self) -> &'static [&'static str] {
        match self {
            Self::DuckDb => &["external", "table_function"],
            Self::Snowflake => &["interactive_table"],
            Self::BigQuery => &["copy"],
            Self::ClickHouse => &["dictionary", "distributed_incremental", "distributed_table"],
            Self::Databricks => &["metric_view", "streaming_table"],
            _ => &[],
        }
    }

    /// How many bytes of a name count: PostgreSQL cuts the rest off in silence, others refuse it.
    pub fn longest_name(self) -> usize {
        match self {
            Self::Postgres => 63,
            Self::MySql | Self::MariaDb => 64,
            Self::Redshift => 127,
            Self::MsSql | Self::Fabric => 116,
            _ => 255,
        }
    }

    /// The character that opens and closes a quoted name.
    pub fn quotes(self) -> (char, char) {
        match self {
            Self::Fabric => ('[', ']'),
            Self::BigQuery
            | Self::Databricks
            | Self::Spark
            | Self::MySql
            | Self::MariaDb
            | Self::ClickHouse => ('`', '`'),
            _ => ('"', '"'),
        }
    }

    /// `name` in the quotes of dbt's `adapter.quote()`: those of relations, but for `ClickHouse`, which takes both.
    pub fn quote_column(self, name: &str) -> String {
        if self == Self::ClickHouse { Self::Generic.quote(name) } else { self.quote(name) }
    }

    /// `name` in quotes, with quotes inside doubled.
    pub fn quote(self, name: &str) -> String {
        let (open, close) = self.quotes();
        let mut quoted = String::with_capacity(name.len() + 2);
        quoted.push(open);
        for char in name.chars() {
            quoted.push(char);
            if char == close {
                quoted.push(char);
            }
        }
        quoted.push(close);
        quoted
    }
}
