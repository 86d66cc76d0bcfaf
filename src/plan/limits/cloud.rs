//! Engines that are known from their documents and from what users report.

use super::super::problem::{CtePolicy, Measure};
use super::{Kind, Limit, Profile};
use crate::sql::Dialect;

const BIGQUERY_QUOTAS: &str = "docs.cloud.google.com/bigquery/quotas";
const BIGQUERY_TOO_COMPLEX: &str = "Resources exceeded during query execution: Not enough resources for query \
     planning - too many subqueries or query is too complex";

pub(super) const BIGQUERY: Profile = Profile {
    dialect: Dialect::BigQuery,
    policy: CtePolicy::Reevaluate,
    policy_source: "docs.cloud.google.com/bigquery: non-recursive CTEs are not materialized",
    hints: &[],
    limits: &[
        Limit::new(Measure::Nodes, "planner's complexity", Kind::Refusal, 0, 5_000)
            .unknown()
            .error(BIGQUERY_TOO_COMPLEX)
            .source("docs.cloud.google.com/bigquery/docs/troubleshoot-queries; no number is given"),
        Limit::new(Measure::Joins, "joined views", Kind::Report, 30, 40)
            .unknown()
            .error(BIGQUERY_TOO_COMPLEX)
            .source("github.com/feast-dev/feast/issues/3426: 30 joined views with CTEs of their own"),
        Limit::guess(Measure::Depth, "nested queries", 10).error(BIGQUERY_TOO_COMPLEX),
        Limit::guess(Measure::Ctes, "CTEs", 100).error(BIGQUERY_TOO_COMPLEX),
        Limit::new(Measure::Unions, "branches of a union in a CTE", Kind::Report, 1_275, 600)
            .error(BIGQUERY_TOO_COMPLEX)
            .source("OHDSI issue 70: 1,275 fail in a CTE, and pass in FROM"),
        Limit::new(Measure::Text, "characters of a query", Kind::Refusal, 1_048_576, 500_000)
            .text()
            .error("The query is too large. The maximum standard SQL query length is 1024.00K characters")
            .source(BIGQUERY_QUOTAS),
        Limit::new(Measure::Relations, "tables, views and functions", Kind::Refusal, 1_000, 500)
            .error("Maximum number of resources referenced per query")
            .source(BIGQUERY_QUOTAS),
        Limit::new(Measure::Views, "views upon views, when read", Kind::Refusal, 15, 12)
            .error("exceeds the maximum allowed number of nested views")
            .source(BIGQUERY_QUOTAS),
        Limit::new(Measure::Columns, "columns", Kind::Refusal, 10_000, 9_000).source(BIGQUERY_QUOTAS),
        Limit::other("bytes of a query with its views put in", Kind::Refusal, 12_582_912)
            .source(BIGQUERY_QUOTAS),
        Limit::other("characters of a view", Kind::Refusal, 262_144).text().source(BIGQUERY_QUOTAS),
        Limit::other("parameters", Kind::Refusal, 10_000).text().source(BIGQUERY_QUOTAS),
        Limit::other("hours that a statement or script may run", Kind::Refusal, 6).source(BIGQUERY_QUOTAS),
    ],
};

const SNOWFLAKE_MEMORY: &str = "001042 (XX000): SQL compilation error: Compilation memory exhausted";

pub(super) const SNOWFLAKE: Profile = Profile {
    dialect: Dialect::Snowflake,
    policy: CtePolicy::Reevaluate,
    policy_source: "expanded; the optimizer may share",
    hints: &[],
    limits: &[
        Limit::new(Measure::Nodes, "memory of the compiler", Kind::Refusal, 0, 10_000)
            .unknown()
            .error(SNOWFLAKE_MEMORY)
            .source("github.com/dbt-labs/dbt-project-evaluator/issues/10; no number is given"),
        Limit::guess(Measure::Joins, "joined tables", 50).error(SNOWFLAKE_MEMORY),
        Limit::guess(Measure::Depth, "nested queries", 30).error(SNOWFLAKE_MEMORY),
        Limit::guess(Measure::Ctes, "CTEs", 200).error(SNOWFLAKE_MEMORY),
        Limit::new(Measure::Text, "bytes of a statement", Kind::Advice, 1_048_576, 500_000)
            .text()
            .error("View definition too large (42601)")
            .source("docs.snowflake.com/en/user-guide/query-size-limits"),
        Limit::new(Measure::List, "values in a list", Kind::Report, 16_384, 16_000)
            .text()
            .error("maximum number of expressions in a list exceeded, expected at most 16,384")
            .source("github.com/dbt-labs/dbt-project-evaluator/issues/239; newer versions take 200,000"),
    ],
};

pub(super) const REDSHIFT: Profile = Profile {
    dialect: Dialect::Redshift,
    policy: CtePolicy::Reevaluate,
    policy_source: "AWS, r_WITH_clause: evaluated once only where the optimizer can",
    hints: &[],
    limits: &[
        Limit::guess(Measure::Nodes, "nodes after expansion", 10_000),
        Limit::guess(Measure::Joins, "joined tables", 32),
        Limit::guess(Measure::Depth, "nested queries", 30),
        Limit::guess(Measure::Ctes, "CTEs", 100),
        Limit::new(Measure::Text, "bytes of a statement", Kind::Refusal, 16_777_216, 8_000_000)
            .text()
            .source("AWS, r_SELECT_synopsis: 16 MB"),
    ],
};

pub(super) const DATABRICKS: Profile = Profile {
    dialect: Dialect::Databricks,
    policy: CtePolicy::Reevaluate,
    policy_source: "as Spark, measured: deterministic CTEs are inlined for each reference",
    hints: &[],
    limits: super::local::SPARK_LIMITS,
};

const STAGES: &str =
    "QUERY_HAS_TOO_MANY_STAGES: Number of stages in the query (156) exceeds the allowed maximum (150)";
const TRINO_PROPERTIES: &str = "trino.io, properties-query-management";
const TRINO_STAGES: Limit = Limit::new(Measure::Stages, "stages", Kind::Refusal, 150, 70)
    .error(STAGES)
    .setting("query.max-stage-count")
    .source(TRINO_PROPERTIES);

pub(super) const TRINO: Profile = Profile {
    dialect: Dialect::Trino,
    policy: CtePolicy::Reevaluate,
    policy_source: "github.com/lightdash/lightdash/issues/24388: inlined for each reference",
    hints: &[],
    limits: &[
        TRINO_STAGES,
        Limit::guess(Measure::Joins, "joined tables", 40),
        Limit::guess(Measure::Depth, "nested queries", 20),
        Limit::guess(Measure::Ctes, "CTEs", 100),
        Limit::new(Measure::Text, "characters of a query", Kind::Refusal, 1_000_000, 500_000)
            .text()
            .error("QUERY_TEXT_TOO_LARGE")
            .setting("query.max-length")
            .source(TRINO_PROPERTIES),
    ],
};

pub(super) const ATHENA: Profile = Profile {
    dialect: Dialect::Athena,
    policy: CtePolicy::Reevaluate,
    policy_source: "as Trino: inlined for each reference",
    hints: &[],
    limits: &[
        Limit { setting: None, source: "as Trino", ..TRINO_STAGES },
        Limit::guess(Measure::Joins, "joined tables", 40),
        Limit::guess(Measure::Depth, "nested queries", 20),
        Limit::guess(Measure::Ctes, "CTEs", 100),
        Limit::new(Measure::Text, "bytes of a query", Kind::Refusal, 262_144, 131_072)
            .text()
            .error("maximum allowed query string length is 262144")
            .source("AWS, Athena service limits"),
    ],
};

const TSQL_TOO_COMPLEX: &str =
    "8623: The query processor ran out of internal resources and could not produce a query plan";
const TSQL_LIMITS: &[Limit] = &[
    Limit::new(Measure::Nodes, "resources of the optimizer", Kind::Refusal, 0, 5_000)
        .unknown()
        .error(TSQL_TOO_COMPLEX)
        .source("learn.microsoft.com, T-SQL IN; no number is given"),
    Limit::guess(Measure::Joins, "joined tables", 64).error(TSQL_TOO_COMPLEX),
    Limit::guess(Measure::Depth, "nested queries", 16),
    Limit::guess(Measure::Ctes, "CTEs", 100),
    Limit::new(Measure::Views, "views upon views", Kind::Refusal, 32, 16)
        .source("learn.microsoft.com, CREATE VIEW"),
    Limit::new(Measure::Columns, "columns of a SELECT", Kind::Refusal, 4_096, 3_600)
        .source("learn.microsoft.com, maximum capacity specifications"),
    Limit::guess(Measure::List, "values in a list", 2_000).text().error(TSQL_TOO_COMPLEX),
    Limit::new(Measure::Text, "bytes of a batch", Kind::Refusal, 268_435_456, 16_000_000)
        .text()
        .setting("network packet size")
        .source("learn.microsoft.com, maximum capacity specifications: 65,536 packets of 4 KB"),
];

pub(super) const MSSQL: Profile = Profile {
    dialect: Dialect::MsSql,
    policy: CtePolicy::Reevaluate,
    policy_source: "re-evaluated for each reference",
    hints: &[],
    limits: TSQL_LIMITS,
};

pub(super) const FABRIC: Profile = Profile { dialect: Dialect::Fabric, ..MSSQL };

pub(super) const GENERIC: Profile = Profile {
    dialect: Dialect::Generic,
    policy: CtePolicy::Reevaluate,
    policy_source: "nothing is known: what costs more is assumed",
    hints: &[],
    limits: &[
        Limit::guess(Measure::Nodes, "nodes after expansion", 5_000),
        Limit::guess(Measure::Joins, "joined tables", 32),
        Limit::guess(Measure::Expression, "nodes of an expression", 5_000),
        Limit::guess(Measure::Depth, "nested queries", 16),
        Limit::guess(Measure::Ctes, "CTEs", 60),
        Limit::guess(Measure::Text, "bytes of a statement", 500_000).text(),
    ],
};
