//! Engines that were run until they gave up.

use super::super::problem::{CtePolicy, Measure};
use super::{Kind, Limit, Profile};
use crate::sql::Dialect;

pub(super) const POSTGRES: Profile = Profile {
    dialect: Dialect::Postgres,
    policy: CtePolicy::Share,
    policy_source: "measured on 15: once if read more than once, merged if read once",
    hints: &["materialized", "not materialized"],
    limits: &[
        Limit::new(Measure::Nodes, "nodes of the statement", Kind::Wall, 40_000, 20_000)
            .source("measured on 15: a union of 1,024 CTEs, views of views"),
        Limit::new(Measure::Joins, "tables in a join", Kind::Wall, 64, 32)
            .setting("join_collapse_limit, geqo_threshold")
            .source("measured on 15: 64 tables plan in 1.3 s, 128 in 13.5 s, 256 not in 20 s"),
        Limit::new(Measure::Expression, "nodes of a merged expression", Kind::Wall, 131_072, 5_000)
            .error("server process was terminated by signal 9: all memory is taken")
            .source("measured on 15: doubled 16 times 270 MB, 18 times 2.4 GB, 32 times the server dies"),
        Limit::new(Measure::Depth, "nested queries", Kind::Wall, 256, 100)
            .source("measured on 15: a chain of 256 CTEs takes 4 s"),
        Limit::new(Measure::Ctes, "CTEs", Kind::Wall, 256, 150)
            .source("measured on 15: a chain of 256 CTEs takes 4 s"),
        Limit::new(Measure::Unions, "branches of a union", Kind::Wall, 1_024, 500).source("measured on 15"),
        Limit::new(Measure::Nesting, "nested operators", Kind::Refusal, 4_032, 2_000)
            .error("stack depth limit exceeded (54001)")
            .setting("max_stack_depth")
            .source("measured on 15"),
        Limit::new(Measure::Columns, "columns of a table", Kind::Refusal, 1_600, 1_500)
            .error("target lists can have at most 1664 entries")
            .source("postgresql.org, limits; measured on 15"),
    ],
};

pub(super) const SQLITE: Profile = Profile {
    dialect: Dialect::Sqlite,
    policy: CtePolicy::Reevaluate,
    policy_source: "measured on 3.40: run once if read more than once, but counted and planned for each reference",
    hints: &["materialized", "not materialized"],
    limits: &[
        Limit::new(Measure::Nodes, "nodes, as references to one table", Kind::Refusal, 1_000_000, 400_000)
            .error("too many references to \"src\": max 65535")
            .source("measured on 3.40: a ladder of 16 steps, 65,536 references of about 20 nodes"),
        Limit::new(Measure::Joins, "tables in a join", Kind::Refusal, 64, 32)
            .error("at most 64 tables in a join")
            .source("sqlite.org/limits; measured on 3.40"),
        Limit::new(Measure::Expression, "nodes of a merged expression", Kind::Wall, 2_097_152, 5_000)
            .source("measured on 3.40: doubled 21 times it takes seconds"),
        Limit::new(Measure::Depth, "nested queries", Kind::Refusal, 496, 100)
            .error("Expression tree is too large (maximum depth 1000)")
            .setting("SQLITE_LIMIT_EXPR_DEPTH")
            .source("measured on 3.40: a chain of 496 windows; 512 filters take 10 s"),
        Limit::new(Measure::Ctes, "CTEs", Kind::Wall, 512, 200).source("measured on 3.40"),
        Limit::new(Measure::Unions, "branches of a union", Kind::Refusal, 500, 250)
            .text()
            .error("too many terms in compound SELECT")
            .setting("SQLITE_LIMIT_COMPOUND_SELECT")
            .source("sqlite.org/limits; measured on 3.40"),
        Limit::new(Measure::Nesting, "nested brackets", Kind::Refusal, 91, 80)
            .text()
            .error("parser stack overflow")
            .source("measured on 3.40"),
        Limit::new(Measure::Columns, "columns", Kind::Refusal, 2_000, 1_800)
            .error("too many columns in result set")
            .setting("SQLITE_MAX_COLUMN")
            .source("sqlite.org/limits; measured on 3.40"),
        Limit::other("terms of FROM", Kind::Refusal, 200)
            .error("too many FROM clause terms, max: 200")
            .source("measured on 3.40"),
    ],
};

pub(super) const DUCKDB: Profile = Profile {
    dialect: Dialect::DuckDb,
    policy: CtePolicy::Share,
    policy_source: "measured on 2.0: once by default since 1.4",
    hints: &["materialized", "not materialized"],
    limits: &[
        Limit::new(Measure::Nodes, "nodes of the statement", Kind::Wall, 25_000, 10_000)
            .source("measured on 2.0: views doubled 11 times take 2.2 s"),
        Limit::new(Measure::Joins, "tables in a join", Kind::Wall, 80, 48).source("measured on 2.0"),
        Limit::new(Measure::Depth, "nested queries", Kind::Wall, 160, 60)
            .source("measured on 2.0: a chain of 160 CTEs takes 3.8 s, of 80 0.6 s"),
        Limit::new(Measure::Ctes, "CTEs", Kind::Wall, 128, 60)
            .source("measured on 2.0: a union of 128 CTEs takes 2.9 s"),
        Limit::new(Measure::Nesting, "nested brackets", Kind::Refusal, 496, 450)
            .text()
            .error("Max expression depth limit of 1000 exceeded")
            .setting("max_expression_depth")
            .source("measured on 2.0"),
        Limit::new(Measure::List, "values in a list", Kind::Wall, 196_608, 100_000)
            .text()
            .source("measured on 2.0"),
    ],
};

pub(super) const CLICKHOUSE: Profile = Profile {
    dialect: Dialect::ClickHouse,
    policy: CtePolicy::Reevaluate,
    policy_source: "measured on 26.9: copied for each reference; `materialized` saves runs, not planning",
    hints: &[],
    limits: &[
        Limit::new(Measure::Nodes, "nodes of the tree", Kind::Wall, 20_000, 10_000)
            .error("AST is too big. Maximum: 500000. (TOO_BIG_AST)")
            .setting("max_expanded_ast_elements")
            .source("measured on 26.9: doubled 10 times 3 s, 12 times 14 s and 3 GB"),
        Limit::new(Measure::Copies, "nodes with WITH copied into each branch", Kind::Refusal, 50_000, 25_000)
            .error("AST is too big. Maximum: 50000. (TOO_BIG_AST)")
            .setting("max_ast_elements")
            .source("measured on 26.9: 50 CTEs × 50 branches"),
        Limit::new(Measure::Joins, "tables in a join", Kind::Wall, 256, 100).source("measured on 26.9"),
        Limit::new(Measure::Expression, "nodes of a merged expression", Kind::Wall, 1_048_576, 50_000)
            .source("measured on 26.9: doubled 20 times it takes seconds"),
        Limit::new(Measure::Depth, "nested queries", Kind::Refusal, 100, 50)
            .error("Too deep subqueries. Maximum: 100")
            .setting("max_subquery_depth")
            .source("measured on 26.9: a chain of 100 CTEs passes, of 102 not"),
        Limit::new(Measure::Text, "bytes of a query", Kind::Refusal, 262_144, 131_072)
            .text()
            .error("Max query size exceeded")
            .setting("max_query_size")
            .source("measured on 26.9"),
        Limit::new(Measure::Nesting, "nested brackets", Kind::Refusal, 196, 170)
            .text()
            .error("Maximum parse depth (1000) exceeded")
            .setting("max_parser_depth")
            .source("measured on 26.9"),
        Limit::new(Measure::List, "values in a list", Kind::Refusal, 38_912, 35_000)
            .text()
            .error("AST is too big. Maximum: 50000. (TOO_BIG_AST)")
            .setting("max_ast_elements")
            .source("measured on 26.9"),
    ],
};

pub(super) const MARIADB: Profile = Profile {
    dialect: Dialect::MariaDb,
    policy: CtePolicy::Reevaluate,
    policy_source: "measured on 10.11: derived again for each reference",
    hints: &[],
    limits: &[
        Limit::new(Measure::Nodes, "nodes of the statement", Kind::Wall, 40_000, 10_000)
            .source("measured on 10.11: doubled 12 times 1.5 s, 14 times 7 s, which nothing can interrupt"),
        Limit::new(Measure::Joins, "tables in a join", Kind::Wall, 21, 15)
            .error("1116 Too many tables; MariaDB can only use 61 tables in a join")
            .setting("optimizer_search_depth")
            .source(
                "measured on 10.11: 21 tables search for 3 s, which nothing can interrupt; 61 is the end",
            ),
        Limit::new(Measure::Expression, "nodes of a merged expression", Kind::Wall, 1_048_576, 5_000)
            .source("measured on 10.11: doubled 20 times it takes seconds"),
        Limit::new(Measure::Depth, "nested queries", Kind::Wall, 320, 60).source("measured on 10.11"),
        Limit::new(Measure::Ctes, "CTEs", Kind::Refusal, 64, 32)
            .text()
            .error("4003 Too many WITH elements in WITH clause")
            .source("measured on 10.11"),
        Limit::new(Measure::Nesting, "nested operators", Kind::Refusal, 592, 300)
            .error("1436 Thread stack overrun")
            .setting("thread_stack")
            .source("measured on 10.11"),
    ],
};

pub(super) const MYSQL: Profile = Profile {
    dialect: Dialect::MySql,
    policy: CtePolicy::Reevaluate,
    policy_source: "MySQL manual, derived tables: merged into each reference where that is possible",
    hints: &[],
    limits: &[
        Limit::guess(Measure::Nodes, "nodes of the statement", 10_000),
        Limit::new(Measure::Joins, "tables in a join", Kind::Refusal, 61, 15)
            .error("1116 Too many tables; MySQL can only use 61 tables in a join")
            .setting("optimizer_search_depth")
            .source("MySQL manual, limits on joins; searching takes as long as on MariaDB"),
        Limit::guess(Measure::Expression, "nodes of a merged expression", 5_000),
        Limit::guess(Measure::Depth, "nested queries", 60),
        Limit::guess(Measure::Ctes, "CTEs", 60),
        Limit::guess(Measure::Nesting, "nested operators", 300).setting("thread_stack"),
    ],
};

const SPARK_PARSER: &str = "[FAILED_TO_PARSE_TOO_COMPLEX] The statement, including potential SQL functions and \
     referenced views, was too complex to parse. SQLSTATE: 54001";

pub(super) const SPARK_LIMITS: &[Limit] = &[
    Limit::new(Measure::Nodes, "nodes of the plan", Kind::Wall, 20_000, 5_000)
        .error("java.lang.OutOfMemoryError, StackOverflowError")
        .setting("spark.driver.memory, -Xss")
        .source("measured on 4.3: doubled 10 times 10 s, 12 times not in 20 s"),
    Limit::guess(Measure::Joins, "tables in a join", 40),
    Limit::new(Measure::Depth, "rounds of the analyzer", Kind::Refusal, 48, 20)
        .error("Max iterations (100) reached for batch Resolution")
        .setting("spark.sql.analyzer.maxIterations")
        .source("measured on 4.3: a chain of 48 filters passes, of 49 not; of groups 97"),
    Limit::new(Measure::Ctes, "CTEs in a chain", Kind::Refusal, 48, 24)
        .error("Max iterations (100) reached for batch Resolution")
        .setting("spark.sql.analyzer.maxIterations")
        .source("measured on 4.3"),
    Limit::new(Measure::Unions, "branches of a union", Kind::Refusal, 760, 380)
        .error("StackOverflowError")
        .setting("-Xss")
        .source("measured on 4.3"),
    Limit::new(Measure::Views, "views upon views", Kind::Refusal, 100, 20)
        .error("[VIEW_EXCEED_MAX_NESTED_DEPTH] 54K00")
        .setting("spark.sql.view.maxNestedViewDepth")
        .source("spark, SQLConf; measured on 4.3: 20 take 15 s"),
    Limit::new(Measure::Nesting, "nested brackets", Kind::Refusal, 252, 220)
        .error(SPARK_PARSER)
        .setting("-Xss")
        .source("measured on 4.3"),
    Limit::other("fields of generated code", Kind::Advice, 100)
        .setting("spark.sql.codegen.maxFields")
        .source("spark, SQLConf"),
    Limit::other("bytes of a generated method", Kind::Advice, 65_535)
        .error("Code of method ... grows beyond 64 KB")
        .setting("spark.sql.codegen.hugeMethodLimit")
        .source("spark, SQLConf; it falls back to interpreting"),
];

pub(super) const SPARK: Profile = Profile {
    dialect: Dialect::Spark,
    policy: CtePolicy::Reevaluate,
    policy_source: "measured on 4.3: deterministic CTEs are inlined for each reference",
    hints: &[],
    limits: SPARK_LIMITS,
};

pub(super) const DATAFUSION: Profile = Profile {
    dialect: Dialect::DataFusion,
    policy: CtePolicy::Reevaluate,
    policy_source: "measured on 55: inlined and run for each reference",
    hints: &[],
    limits: &[
        Limit::new(Measure::Nodes, "nodes of the plan", Kind::Wall, 80_000, 20_000)
            .source("measured on 55: doubled 12 times 1.6 s, 14 times 8 s"),
        Limit::new(Measure::Joins, "tables in a join", Kind::Wall, 160, 80).source("measured on 55"),
        Limit::new(Measure::Depth, "chained filters", Kind::Wall, 48, 24)
            .source("measured on 55: 40 take 0.9 s, 64 more than 4 s"),
        Limit::new(Measure::Ctes, "CTEs", Kind::Wall, 1_024, 500).source("measured on 55"),
        Limit::new(Measure::Unions, "branches of a union", Kind::Wall, 1_024, 500).source("measured on 55"),
        Limit::new(Measure::Nesting, "nested brackets", Kind::Refusal, 46, 40)
            .text()
            .error("RecursionLimitExceeded (current limit: 50)")
            .setting("datafusion.sql_parser.recursion_limit")
            .source("measured on 55"),
    ],
};
