//! Tables, views and materialized views.

use std::fmt::Write as _;

use super::relation::{
    aside, drop_if_exists, has_temp_tables, rename, strip_terminator, view_name, with_suffix,
};
use super::{Build, Purpose, Statement, in_transaction};
use crate::sql::{Dialect, Relation, RelationKind};

/// A table: replaced in one statement where that is atomic, else built aside and swapped in.
pub fn table(build: &Build<'_>) -> Vec<Statement> {
    let dialect = build.dialect();
    match dialect {
        Dialect::Spark if !replaces_tables(build) => aside_and_swap(build),
        Dialect::Snowflake | Dialect::BigQuery | Dialect::Databricks | Dialect::Spark => {
            let mut statements = Vec::new();
            if let Some(kind @ (RelationKind::View | RelationKind::MaterializedView)) = build.existing {
                statements.push(drop_if_exists(build.relation, kind, Purpose::Prepare));
            }
            statements
                .push(Statement::new(Purpose::Main, table_as(build, build.relation, TableKind::Replace)));
            statements
        }
        Dialect::MsSql | Dialect::Fabric => mssql_table(build),
        // DataFusion gives no table another name.
        Dialect::DataFusion => {
            vec![Statement::new(Purpose::Main, table_as(build, build.relation, TableKind::Replace))]
        }
        // SQLite looks at every view when a table gets another name, and those that read the former one stop it;
        // Athena has no other name for a table of Hive's. So the former table goes first: in SQLite for good only
        // with the transaction.
        Dialect::Sqlite | Dialect::Athena => in_transaction(
            dialect,
            vec![
                drop_if_exists(
                    build.relation,
                    build.existing.unwrap_or(RelationKind::Table),
                    Purpose::Prepare,
                ),
                Statement::new(Purpose::Main, table_as(build, build.relation, TableKind::Plain)),
            ],
        ),
        _ => aside_and_swap(build),
    }
}

fn aside_and_swap(build: &Build<'_>) -> Vec<Statement> {
    let new = aside(build.relation);
    let mut statements = vec![
        drop_if_exists(&new, RelationKind::Table, Purpose::Prepare),
        Statement::new(Purpose::Main, table_as(build, &new, TableKind::Plain)),
    ];
    statements.extend(swap(&new, build.relation, build.existing));
    statements
}

/// True for Spark's formats with versions of a table; the others refuse `create or replace table`.
fn replaces_tables(build: &Build<'_>) -> bool {
    matches!(build.config.text("file_format"), Some("delta" | "iceberg" | "hudi"))
}

/// A temporary table that lives as long as the connection.
pub fn temp_table(build: &Build<'_>, temp: &Relation) -> Vec<Statement> {
    let kind = if has_temp_tables(build.dialect()) { TableKind::Temp } else { TableKind::Replace };
    if build.dialect().is_tsql() {
        return vec![Statement::new(Purpose::Main, select_into(build, temp))];
    }
    vec![
        drop_if_exists(temp, RelationKind::Table, Purpose::Prepare),
        Statement::new(Purpose::Main, table_as(build, temp, kind)),
    ]
}

/// A view.
pub fn view(build: &Build<'_>) -> Vec<Statement> {
    let dialect = build.dialect();
    let name = view_name(build.relation);
    let header = header(build);
    let body = body(dialect, build.sql);
    match (dialect, build.existing) {
        (_, Some(kind)) if kind != RelationKind::View => in_transaction(
            dialect,
            vec![
                drop_if_exists(build.relation, kind, Purpose::Prepare),
                Statement::new(Purpose::Main, format!("{header}create view {name} as {body}")),
            ],
        ),
        (Dialect::MsSql | Dialect::Fabric, _) => {
            vec![Statement::new(Purpose::Main, format!("{header}create or alter view {name} as {body}"))]
        }
        // A changed column list can't be replaced in place here, so drop and create in one transaction.
        (Dialect::Postgres | Dialect::Redshift | Dialect::Sqlite | Dialect::Generic, _) => in_transaction(
            dialect,
            vec![
                drop_if_exists(build.relation, RelationKind::View, Purpose::Prepare),
                Statement::new(Purpose::Main, format!("{header}create view {name} as {body}")),
            ],
        ),
        _ => vec![Statement::new(Purpose::Main, format!("{header}create or replace view {name} as {body}"))],
    }
}

/// A materialized view; DuckDB and others without them get a table, which holds the same rows.
pub fn materialized_view(build: &Build<'_>) -> Vec<Statement> {
    let dialect = build.dialect();
    let name = build.relation.render();
    let body = body(dialect, build.sql);
    let header = header(build);
    let main = match dialect {
        Dialect::Postgres | Dialect::Redshift => {
            let kind = build.existing.unwrap_or(RelationKind::MaterializedView);
            return in_transaction(
                dialect,
                vec![
                    drop_if_exists(build.relation, kind, Purpose::Prepare),
                    Statement::new(
                        Purpose::Main,
                        format!("{header}create materialized view {name} as {body}"),
                    ),
                ],
            );
        }
        Dialect::BigQuery | Dialect::Databricks | Dialect::Trino => {
            format!("{header}create or replace materialized view {name} as {body}")
        }
        Dialect::Snowflake => {
            let option = |key: &str| build.config.text(key).map(str::to_owned);
            let lag = option("target_lag").unwrap_or_else(|| "downstream".to_owned());
            let lag = if lag.eq_ignore_ascii_case("downstream") { lag } else { format!("'{lag}'") };
            let warehouse =
                option("snowflake_warehouse").map_or(String::new(), |it| format!(" warehouse = {it}"));
            format!("{header}create or replace dynamic table {name} target_lag = {lag}{warehouse} as {body}")
        }
        _ => return table(build),
    };
    vec![Statement::new(Purpose::Main, main)]
}

/// Puts the table `new` in the place of `target`.
pub(super) fn swap(new: &Relation, target: &Relation, existing: Option<RelationKind>) -> Vec<Statement> {
    let dialect = target.dialect;
    match (dialect, existing) {
        (Dialect::MySql | Dialect::MariaDb, Some(RelationKind::Table)) => {
            let old = with_suffix(target, "__buhin_old");
            let names = (target.render(), old.render(), new.render());
            let sql = format!("rename table {} to {}, {} to {}", names.0, names.1, names.2, names.0);
            vec![
                drop_if_exists(&old, RelationKind::Table, Purpose::Prepare),
                Statement::new(Purpose::Swap, sql),
                drop_if_exists(&old, RelationKind::Table, Purpose::Tidy),
            ]
        }
        (Dialect::ClickHouse, Some(RelationKind::Table)) => vec![
            Statement::new(
                Purpose::Swap,
                format!("exchange tables {} and {}", new.render(), target.render()),
            ),
            drop_if_exists(new, RelationKind::Table, Purpose::Tidy),
        ],
        _ => {
            let drop = drop_if_exists(target, existing.unwrap_or(RelationKind::Table), Purpose::Swap);
            in_transaction(dialect, vec![drop, rename(new, target, RelationKind::Table)])
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TableKind {
    Plain,
    Replace,
    Temp,
    ReplaceTemp,
}

/// `create table … as …` with the clauses that the config asks for.
pub(super) fn table_as(build: &Build<'_>, name: &Relation, kind: TableKind) -> String {
    let dialect = build.dialect();
    let create = match kind {
        TableKind::Plain => "create table",
        TableKind::Replace => "create or replace table",
        TableKind::Temp => "create temporary table",
        TableKind::ReplaceTemp if dialect == Dialect::BigQuery => "create or replace temp table",
        TableKind::ReplaceTemp => "create or replace temporary table",
    };
    let temporary = matches!(kind, TableKind::Temp | TableKind::ReplaceTemp);
    let clauses = match dialect {
        Dialect::ClickHouse if temporary => "\nengine = Memory".to_owned(),
        _ => clauses(build),
    };
    format!("{}{create} {}{clauses} as {}", header(build), name.render(), body(dialect, build.sql))
}

/// Partitioning and the like, from the adapter's own config keys.
fn clauses(build: &Build<'_>) -> String {
    let list = |key: &str| super::incremental::words(build.config.get(key));
    let mut clauses = String::new();
    match build.dialect() {
        Dialect::BigQuery => {
            if let Some(partition) = build.config.get("partition_by") {
                let field = partition.get("field").and_then(|it| it.as_str()).unwrap_or_default();
                let grain = partition.get("granularity").and_then(|it| it.as_str()).unwrap_or("day");
                let by = match partition.get("data_type").and_then(|it| it.as_str()).unwrap_or("date") {
                    "date" if grain == "day" => field.to_owned(),
                    "date" => format!("date_trunc({field}, {grain})"),
                    "int64" => {
                        let bound = |key: &str| partition.get("range").and_then(|range| range.get(key));
                        let text = |key: &str| bound(key).map_or_else(|| "0".to_owned(), ToString::to_string);
                        let array = (text("start"), text("end"), text("interval"));
                        format!(
                            "range_bucket({field}, generate_array({}, {}, {}))",
                            array.0, array.1, array.2
                        )
                    }
                    kind => format!("{kind}_trunc({field}, {grain})"),
                };
                let _ = write!(clauses, "\npartition by {by}");
            }
            let cluster = list("cluster_by");
            if !cluster.is_empty() {
                let _ = write!(clauses, "\ncluster by {}", cluster.join(", "));
            }
        }
        Dialect::Snowflake => {
            let cluster = list("cluster_by");
            if !cluster.is_empty() {
                let _ = write!(clauses, "\ncluster by ({})", cluster.join(", "));
            }
        }
        Dialect::Databricks | Dialect::Spark => {
            if let Some(format) = build.config.text("file_format") {
                let _ = write!(clauses, "\nusing {format}");
            } else if build.dialect() == Dialect::Databricks {
                clauses.push_str("\nusing delta");
            }
            let partition = list("partition_by");
            if !partition.is_empty() {
                let _ = write!(clauses, "\npartitioned by ({})", partition.join(", "));
            }
        }
        Dialect::ClickHouse => {
            let engine = build.config.text("engine").unwrap_or("MergeTree()");
            let order = list("order_by");
            let order =
                if order.is_empty() { "tuple()".to_owned() } else { format!("({})", order.join(", ")) };
            let _ = write!(clauses, "\nengine = {engine}\norder by {order}");
        }
        Dialect::Redshift => {
            if let Some(dist) = build.config.text("dist") {
                let dist = match dist {
                    "all" | "even" | "auto" => format!("diststyle {dist}"),
                    key => format!("distkey ({key})"),
                };
                let _ = write!(clauses, "\n{dist}");
            }
            let sort = list("sort");
            if !sort.is_empty() {
                let _ = write!(clauses, "\nsortkey ({})", sort.join(", "));
            }
        }
        _ => {}
    }
    clauses
}

/// `sql_header`, on lines of its own.
fn header(build: &Build<'_>) -> String {
    build.config.text("sql_header").map_or(String::new(), |header| format!("{}\n", header.trim_end()))
}

/// The SELECT, in parentheses where the dialect takes them; a comment at its end swallows nothing.
pub(super) fn body(dialect: Dialect, sql: &str) -> String {
    let sql = strip_terminator(dialect, sql);
    let sql = sql.trim_matches('\n');
    match dialect {
        Dialect::Sqlite
        | Dialect::MySql
        | Dialect::MariaDb
        | Dialect::ClickHouse
        | Dialect::Databricks
        | Dialect::Spark
        | Dialect::MsSql
        | Dialect::Fabric => {
            format!("\n{sql}\n")
        }
        _ => format!("(\n{sql}\n)"),
    }
}

/// SQL Server has no `create table … as`, and no CTE inside a subquery: a view carries the SELECT.
fn mssql_table(build: &Build<'_>) -> Vec<Statement> {
    let new = aside(build.relation);
    let source = with_suffix(build.relation, "__buhin_src");
    let body = body(Dialect::MsSql, build.sql);
    let mut statements = vec![
        drop_if_exists(&new, RelationKind::Table, Purpose::Prepare),
        Statement::new(Purpose::Prepare, format!("create or alter view {} as {body}", view_name(&source))),
        Statement::new(Purpose::Main, format!("select * into {} from {}", new.render(), source.render())),
        drop_if_exists(&source, RelationKind::View, Purpose::Tidy),
    ];
    statements.extend(swap(&new, build.relation, build.existing));
    statements
}

/// `select * into` for a temporary table, where the SELECT has no CTE of its own.
fn select_into(build: &Build<'_>, into: &Relation) -> String {
    let sql = strip_terminator(build.dialect(), build.sql);
    format!("select * into {} from (\n{}\n) as buhin_source", into.render(), sql.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Config;
    use crate::source::{FileId, Span};

    fn relation(dialect: Dialect) -> Relation {
        crate::emit::ddl::named("db.main.orders", true, dialect)
    }

    fn show(
        dialect: Dialect,
        make: fn(&Build<'_>) -> Vec<Statement>,
        existing: Option<RelationKind>,
    ) -> String {
        let (relation, config) = (relation(dialect), Config::default());
        let build = Build {
            name: "orders",
            at: Span::new(FileId(0), 0, 0),
            relation: &relation,
            sql: "select 1 as id -- the end\n;\n",
            config: &config,
            existing,
        };
        make(&build).iter().map(|it| format!("{:?}: {}\n", it.purpose, it.sql)).collect()
    }

    #[test]
    fn a_table_is_built_aside_and_swapped_in_one_transaction() {
        insta::assert_snapshot!(show(Dialect::DuckDb, table, Some(RelationKind::Table)), @r#"
        Prepare: drop table if exists "db"."main"."orders__buhin_new" cascade
        Main: create table "db"."main"."orders__buhin_new" as (
        select 1 as id -- the end
        )
        Begin: begin
        Swap: drop table if exists "db"."main"."orders" cascade
        Swap: alter table "db"."main"."orders__buhin_new" rename to "orders"
        Commit: commit
        "#);
    }

    #[test]
    fn a_table_takes_the_place_of_a_view() {
        let statements = show(Dialect::DuckDb, table, Some(RelationKind::View));
        assert!(
            statements.contains("drop view if exists \"db\".\"main\".\"orders\" cascade"),
            "{statements}"
        );
    }

    #[test]
    fn a_table_is_replaced_at_once_where_that_is_atomic() {
        insta::assert_snapshot!(show(Dialect::BigQuery, table, None), @r"
        Main: create or replace table `db`.`main`.`orders` as (
        select 1 as id -- the end
        )
        ");
    }

    #[test]
    fn a_view_is_replaced_in_one_statement() {
        insta::assert_snapshot!(show(Dialect::DuckDb, view, Some(RelationKind::View)), @r#"
        Main: create or replace view "db"."main"."orders" as (
        select 1 as id -- the end
        )
        "#);
    }

    #[test]
    fn where_a_table_has_no_other_name_the_former_goes_first() {
        insta::assert_snapshot!(show(Dialect::Sqlite, table, None), @r#"
        Begin: begin
        Prepare: drop table if exists "main"."orders"
        Main: create table "main"."orders" as 
        select 1 as id -- the end

        Commit: commit
        "#);
        insta::assert_snapshot!(show(Dialect::Athena, table, None), @r#"
        Prepare: drop table if exists `main`.`orders`
        Main: create table "db"."main"."orders" as (
        select 1 as id -- the end
        )
        "#);
        insta::assert_snapshot!(show(Dialect::DataFusion, table, None), @r#"
        Main: create or replace table "db"."main"."orders" as (
        select 1 as id -- the end
        )
        "#);
    }

    #[test]
    fn spark_replaces_only_tables_with_versions() {
        let statements = show(Dialect::Spark, table, None);
        assert!(!statements.contains("create or replace"), "{statements}");
        assert!(statements.contains("alter table `main`.`orders__buhin_new` rename to `main`.`orders`"));
    }

    #[test]
    fn a_schema_is_made_as_the_dialect_has_it() {
        let made = |dialect| crate::emit::ddl::create_schema(&relation(dialect)).map(|it| it.sql);
        let shown: Vec<String> = Dialect::NAMES
            .iter()
            .filter_map(|name| Some(format!("{name}: {}", made(Dialect::from_name(name)?)?)))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn mysql_swaps_by_one_rename() {
        let statements = show(Dialect::MySql, table, Some(RelationKind::Table));
        assert!(
            statements.contains(
                "rename table `main`.`orders` to `main`.`orders__buhin_old`, \
                 `main`.`orders__buhin_new` to `main`.`orders`"
            ),
            "{statements}"
        );
    }
}
