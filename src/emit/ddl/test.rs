//! Data tests: the query that counts failures, and the table that keeps the failing rows.

use serde_json::Value;

use super::relation::drop_if_exists;
use super::table::body;
use super::{Purpose, Statement};
use crate::project::Config;
use crate::sql::{Dialect, Relation, RelationKind};

/// What a test's config says of counting and keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestConfig {
    /// The expression that counts failures.
    pub fail_calc: String,
    /// When the count is worth a warning.
    pub warn_if: String,
    /// When the count is an error.
    pub error_if: String,
    /// At most so many failing rows are looked at.
    pub limit: Option<u64>,
    /// True if failures of this test can only warn.
    pub warns: bool,
    /// As what failing rows are kept, if they are.
    pub store: Option<RelationKind>,
}

impl TestConfig {
    /// The config with dbt's defaults.
    pub fn of(config: &Config) -> Self {
        let text = |key: &str, default: &str| config.text(key).unwrap_or(default).to_owned();
        let store_as = config.text("store_failures_as").map(str::to_lowercase);
        let asked = config.get("store_failures").and_then(Value::as_bool).unwrap_or(false);
        let store = match store_as.as_deref() {
            Some("view") => Some(RelationKind::View),
            Some("table") => Some(RelationKind::Table),
            Some(_) => None,
            None => asked.then_some(RelationKind::Table),
        };
        Self {
            fail_calc: text("fail_calc", "count(*)"),
            warn_if: text("warn_if", "!= 0"),
            error_if: text("error_if", "!= 0"),
            limit: config.get("limit").and_then(|limit| {
                limit.as_u64().or_else(|| limit.as_str().and_then(|text| text.trim().parse().ok()))
            }),
            warns: config.text("severity").is_some_and(|severity| severity.eq_ignore_ascii_case("warn")),
            store,
        }
    }
}

/// One row with `failures`, `should_warn` and `should_error` for the test's compiled SQL.
///
/// Give the kept table's name as `stored` to count there what [`store`] has put in.
pub fn query(dialect: Dialect, sql: &str, config: &TestConfig, stored: Option<&Relation>) -> String {
    let rows = match stored {
        Some(relation) => format!("select *\nfrom {}", relation.render()),
        None => limited(dialect, sql, config.limit),
    };
    let calc = &config.fail_calc;
    let flag = |condition: &str| match dialect {
        Dialect::MsSql | Dialect::Fabric => format!("case when {calc} {condition} then 1 else 0 end"),
        _ => format!("{calc} {condition}"),
    };
    format!(
        "select\n  {calc} as failures,\n  {} as should_warn,\n  {} as should_error\nfrom (\n{rows}\n) dbt_internal_test",
        flag(&config.warn_if),
        flag(&config.error_if),
    )
}

/// Keeps the failing rows in a table or view.
pub fn store(
    relation: &Relation,
    kind: RelationKind,
    sql: &str,
    config: &TestConfig,
    existing: Option<RelationKind>,
) -> Vec<Statement> {
    let dialect = relation.dialect;
    let noun = if kind == RelationKind::View { "view" } else { "table" };
    let rows = body(dialect, &limited(dialect, sql, config.limit));
    let name = relation.render();
    let mut statements = Vec::new();
    if let Some(existing) = existing {
        statements.push(drop_if_exists(relation, existing, Purpose::Prepare));
    }
    let sql = match (dialect, kind) {
        (Dialect::MsSql | Dialect::Fabric, RelationKind::Table) => {
            format!("select * into {name} from (\n{}\n) as buhin_source", limited(dialect, sql, config.limit))
        }
        _ => format!("create {noun} {name} as {rows}"),
    };
    statements.push(Statement::new(Purpose::Main, sql));
    statements
}

fn limited(dialect: Dialect, sql: &str, limit: Option<u64>) -> String {
    let sql = super::strip_terminator(dialect, sql);
    let sql = sql.trim_matches('\n');
    match limit {
        None => sql.to_owned(),
        Some(limit) if dialect.is_tsql() => {
            format!("select top {limit} *\nfrom (\n{sql}\n) as model_limit_subq")
        }
        Some(limit) => format!("select *\nfrom (\n{sql}\n) as model_limit_subq\nlimit {limit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(value: &Value) -> TestConfig {
        TestConfig::of(&Config { values: value.as_object().cloned().unwrap_or_default() })
    }

    #[test]
    fn failures_are_counted_around_the_tests_own_query() {
        let sql = query(Dialect::DuckDb, "select 1 -- bad\n;", &config(&json!({"error_if": "> 3"})), None);
        insta::assert_snapshot!(sql, @r"
        select
          count(*) as failures,
          count(*) != 0 as should_warn,
          count(*) > 3 as should_error
        from (
        select 1 -- bad
        ) dbt_internal_test
        ");
    }

    #[test]
    fn a_limit_stands_inside_of_the_count() {
        let sql = query(Dialect::DuckDb, "select 1", &config(&json!({"limit": "5"})), None);
        assert!(
            sql.contains("from (\nselect *\nfrom (\nselect 1\n) as model_limit_subq\nlimit 5\n)"),
            "{sql}"
        );
    }

    #[test]
    fn rows_are_kept_as_the_config_asks() {
        assert_eq!(config(&json!({})).store, None);
        assert_eq!(config(&json!({"store_failures": true})).store, Some(RelationKind::Table));
        assert_eq!(config(&json!({"store_failures_as": "view"})).store, Some(RelationKind::View));
        assert_eq!(config(&json!({"store_failures": true, "store_failures_as": "ephemeral"})).store, None);
    }
}
