//! Incremental parts: a first full build, then new rows on top.
//!
//! A later run has two halves. [`stage`] puts the new rows into a temporary table; the caller then asks the
//! warehouse for the columns of both tables, and [`apply`] gives the statements that bring them together.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::errors;
use super::relation::{drop_if_exists, temp};
use super::table::temp_table;
use super::{Build, Column, Purpose, Statement};
use crate::diagnostic::Diagnostic;
use crate::sql::{Dialect, Relation, RelationKind};

/// How new rows meet old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Only add.
    Append,
    /// Update rows of the same key, add the others.
    Merge,
    /// Delete rows of the same key, add all.
    DeleteInsert,
    /// Replace whole partitions.
    InsertOverwrite,
}

/// What to do when the columns differ from the table's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnSchemaChange {
    /// Write the table's columns only.
    Ignore,
    /// Stop.
    Fail,
    /// Add new columns.
    AppendNewColumns,
    /// Add new columns, drop old ones, change types.
    SyncAllColumns,
}

impl Strategy {
    /// The strategy that the config asks for, or the warehouse's default.
    pub fn of(build: &Build<'_>) -> Result<Self, Diagnostic> {
        let dialect = build.dialect();
        let keyed = !words(build.config.get("unique_key")).is_empty();
        let known: &[&str] = match dialect {
            Dialect::DuckDb
            | Dialect::Postgres
            | Dialect::Redshift
            | Dialect::Snowflake
            | Dialect::Trino
            | Dialect::MsSql
            | Dialect::Fabric
            | Dialect::Generic => &["append", "delete+insert", "merge"],
            Dialect::BigQuery | Dialect::Athena => &["append", "merge"],
            Dialect::Databricks | Dialect::Spark => &["append", "merge", "insert_overwrite"],
            Dialect::ClickHouse
            | Dialect::MySql
            | Dialect::MariaDb
            | Dialect::Sqlite
            | Dialect::DataFusion => &["append", "delete+insert"],
        };
        let Some(name) = build.config.text("incremental_strategy").filter(|name| *name != "default") else {
            return Ok(match dialect {
                _ if !keyed => Self::Append,
                Dialect::Snowflake | Dialect::BigQuery | Dialect::Databricks => Self::Merge,
                Dialect::Spark | Dialect::Athena => Self::Append,
                _ => Self::DeleteInsert,
            });
        };
        if !known.contains(&name) {
            if !Self::is_of_adapter(dialect, name) {
                return Err(errors::unknown_strategy(build.at, build.name, name, known));
            }
            let what = format!("incremental strategy `{name}`");
            let instead = match name {
                "microbatch" => {
                    "use `delete+insert` with a `unique_key`, or filter by time with `is_incremental()`"
                        .to_owned()
                }
                _ => format!("build it with dbt, or use one of `{}`", known.join("`, `")),
            };
            return Err(errors::unsupported(build.at, build.name, &what, &instead));
        }
        Ok(match name {
            "append" => Self::Append,
            "merge" => Self::Merge,
            "delete+insert" => Self::DeleteInsert,
            _ => Self::InsertOverwrite,
        })
    }
}

impl Strategy {
    /// True for a strategy that dbt's adapter has, whether buhin can build it or not.
    pub fn is_of_adapter(dialect: Dialect, name: &str) -> bool {
        let known: &[&str] = match dialect {
            Dialect::DuckDb | Dialect::Postgres | Dialect::Redshift | Dialect::Trino => {
                &["append", "delete+insert", "merge", "microbatch"]
            }
            Dialect::Snowflake => &["append", "delete+insert", "insert_overwrite", "merge", "microbatch"],
            Dialect::BigQuery => &["insert_overwrite", "merge", "microbatch"],
            Dialect::Athena | Dialect::Spark => &["append", "insert_overwrite", "merge", "microbatch"],
            Dialect::Databricks => {
                &["append", "delete+insert", "insert_overwrite", "merge", "microbatch", "replace_where"]
            }
            Dialect::ClickHouse => {
                &["append", "delete+insert", "delete_insert", "insert_overwrite", "legacy", "microbatch"]
            }
            _ => &["append", "delete+insert", "merge", "microbatch"],
        };
        known.contains(&name)
    }
}

impl OnSchemaChange {
    /// What the config asks for; `ignore` if nothing.
    pub fn of(build: &Build<'_>) -> Result<Self, Diagnostic> {
        Ok(match build.config.text("on_schema_change").unwrap_or("ignore") {
            "ignore" => Self::Ignore,
            "fail" => Self::Fail,
            "append_new_columns" => Self::AppendNewColumns,
            "sync_all_columns" => Self::SyncAllColumns,
            word => {
                let known = ["ignore", "fail", "append_new_columns", "sync_all_columns"];
                return Err(errors::unknown_word(build.at, "on_schema_change", word, &known));
            }
        })
    }
}

/// First half of a run on a table that exists: the new rows in a temporary table, and that table's name.
///
/// Bad config is found here, before anything is run.
pub fn stage(build: &Build<'_>) -> Result<(Relation, Vec<Statement>), Diagnostic> {
    Strategy::of(build)?;
    OnSchemaChange::of(build)?;
    if let Some(key) = ["merge_clauses", "merge_on_using_columns", "merge_update_set_expressions"]
        .into_iter()
        .find(|key| build.config.get(key).is_some())
    {
        let instead = "use `merge_update_columns`, `merge_exclude_columns`, `merge_update_condition` or \
                       `merge_insert_condition`";
        return Err(errors::unsupported(build.at, build.name, &format!("`{key}`"), instead));
    }
    let temp = temp(build.relation);
    let statements = temp_table(build, &temp);
    Ok((temp, statements))
}

/// Second half: columns brought in line, then the rows of the temporary table written.
///
/// `incoming` are the columns of the temporary table, `present` those of the part's table.
pub fn apply(
    build: &Build<'_>,
    incoming: &[Column],
    present: &[Column],
) -> Result<Vec<Statement>, Diagnostic> {
    let temp = temp(build.relation);
    let on_schema_change = OnSchemaChange::of(build)?;
    let strategy = Strategy::of(build)?;
    let mut statements = Vec::new();
    let columns = if on_schema_change == OnSchemaChange::Ignore {
        present
    } else {
        statements.extend(schema_changes(build, on_schema_change, incoming, present)?);
        incoming
    };
    let names: Vec<String> = columns.iter().map(|column| build.dialect().quote(&column.name)).collect();
    statements.extend(rows(build, strategy, &temp, &names));
    statements.push(drop_if_exists(&temp, RelationKind::Table, Purpose::Tidy));
    Ok(statements)
}

/// The columns that changed, as `alter table` statements, or as an error if none may.
fn schema_changes(
    build: &Build<'_>,
    on: OnSchemaChange,
    incoming: &[Column],
    present: &[Column],
) -> Result<Vec<Statement>, Diagnostic> {
    let find = |columns: &[Column], name: &str| {
        columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)).cloned()
    };
    let added: Vec<&Column> = incoming.iter().filter(|it| find(present, &it.name).is_none()).collect();
    let removed: Vec<&Column> = present.iter().filter(|it| find(incoming, &it.name).is_none()).collect();
    let retyped = incoming.iter().filter(|it| {
        find(present, &it.name).is_some_and(|old| !old.data_type.eq_ignore_ascii_case(&it.data_type))
    });
    let names = |columns: &[&Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let table = build.relation.render();
    let quote = |column: &Column| build.dialect().quote(&column.name);
    let alter = |sql: String| Statement::new(Purpose::Prepare, format!("alter table {table} {sql}"));
    let mut statements = Vec::new();
    match on {
        OnSchemaChange::Ignore => {}
        OnSchemaChange::Fail => {
            if !added.is_empty() || !removed.is_empty() || retyped.count() > 0 {
                return Err(errors::schema_changed(build.at, build.name, &names(&added), &names(&removed)));
            }
        }
        OnSchemaChange::AppendNewColumns | OnSchemaChange::SyncAllColumns => {
            let add = if build.dialect().is_tsql() { "add" } else { "add column" };
            statements.extend(added.iter().map(|it| alter(format!("{add} {} {}", quote(it), it.data_type))));
            if on == OnSchemaChange::SyncAllColumns {
                statements.extend(removed.iter().map(|it| alter(format!("drop column {}", quote(it)))));
                statements.extend(retyped.map(|it| {
                    let to = &it.data_type;
                    alter(match build.dialect() {
                        Dialect::MySql | Dialect::MariaDb | Dialect::ClickHouse => {
                            format!("modify column {} {to}", quote(it))
                        }
                        Dialect::BigQuery | Dialect::Snowflake | Dialect::Trino => {
                            format!("alter column {} set data type {to}", quote(it))
                        }
                        Dialect::MsSql | Dialect::Fabric => format!("alter column {} {to}", quote(it)),
                        _ => format!("alter column {} type {to}", quote(it)),
                    })
                }));
            }
        }
    }
    Ok(statements)
}

/// The statements that write the rows of `temp`.
fn rows(build: &Build<'_>, strategy: Strategy, temp: &Relation, columns: &[String]) -> Vec<Statement> {
    let target = build.relation.render();
    let temp = temp.render();
    let list = columns.join(", ");
    let keys = words(build.config.get("unique_key"));
    let predicates = {
        let primary = words_whole(build.config.get("predicates"));
        if primary.is_empty() { words_whole(build.config.get("incremental_predicates")) } else { primary }
    };
    let insert = || {
        let sql = format!("insert into {target} ({list})\nselect {list}\nfrom {temp}");
        Statement::new(Purpose::Main, sql)
    };
    match strategy {
        Strategy::Append => vec![insert()],
        Strategy::DeleteInsert if keys.is_empty() => vec![insert()],
        Strategy::DeleteInsert => {
            let sql = delete_by_key(build.dialect(), &target, &temp, &keys, &predicates);
            vec![Statement::new(Purpose::Main, sql), insert()]
        }
        Strategy::Merge => {
            vec![Statement::new(Purpose::Main, merge(build, &temp, columns, &keys, &predicates))]
        }
        Strategy::InsertOverwrite => {
            let partition = words(build.config.get("partition_by"));
            let clause = if partition.is_empty() {
                String::new()
            } else {
                format!(" partition ({})", partition.join(", "))
            };
            let sql = format!("insert overwrite table {target}{clause}\nselect {list}\nfrom {temp}");
            vec![Statement::new(Purpose::Main, sql)]
        }
    }
}

fn delete_by_key(
    dialect: Dialect,
    target: &str,
    temp: &str,
    keys: &[String],
    predicates: &[String],
) -> String {
    // Row values in `in` are not known everywhere; an `exists` says the same.
    if dialect.is_tsql() {
        let on = keys.iter().map(|key| format!("DBT_INTERNAL_SOURCE.{key} = DBT_INTERNAL_DEST.{key}"));
        let on = on.chain(predicates.iter().cloned()).collect::<Vec<_>>().join("\n    and ");
        return format!(
            "delete DBT_INTERNAL_DEST\nfrom {target} as DBT_INTERNAL_DEST\nwhere exists (\n  \
             select 1 from {temp} as DBT_INTERNAL_SOURCE\n  where {on}\n)"
        );
    }
    let key = keys.join(", ");
    let alias = match dialect {
        Dialect::ClickHouse | Dialect::Redshift | Dialect::Trino => "",
        _ => " as DBT_INTERNAL_DEST",
    };
    let mut sql = format!(
        "delete from {target}{alias}\nwhere ({key}) in (\n  select distinct {key}\n  \
         from {temp} as DBT_INTERNAL_SOURCE\n)"
    );
    for predicate in predicates {
        let _ = write!(sql, "\nand {predicate}");
    }
    sql
}

fn merge(
    build: &Build<'_>,
    temp: &str,
    columns: &[String],
    keys: &[String],
    predicates: &[String],
) -> String {
    let target = build.relation.render();
    let mut on: Vec<String> = predicates.to_vec();
    if keys.is_empty() {
        on.push("false".to_owned());
    }
    // A single key may be an expression, or several columns in one text, as dbt takes it.
    on.extend(keys.iter().map(|key| format!("DBT_INTERNAL_SOURCE.{key} = DBT_INTERNAL_DEST.{key}")));
    let on = on.join(") and (");
    let mut sql =
        format!("merge into {target} as DBT_INTERNAL_DEST\nusing {temp} as DBT_INTERNAL_SOURCE\non ({on})");
    if !keys.is_empty() {
        let updated = updated_columns(build, columns);
        if !updated.is_empty() {
            let condition = build.config.text("merge_update_condition");
            let condition = condition.map_or(String::new(), |it| format!(" and {it}"));
            let set = updated.iter().map(|name| format!("{name} = DBT_INTERNAL_SOURCE.{name}"));
            let set = set.collect::<Vec<_>>().join(",\n  ");
            let _ = write!(sql, "\nwhen matched{condition} then update set\n  {set}");
        }
    }
    let condition = build.config.text("merge_insert_condition");
    let condition = condition.map_or(String::new(), |it| format!(" and {it}"));
    let values =
        columns.iter().map(|name| format!("DBT_INTERNAL_SOURCE.{name}")).collect::<Vec<_>>().join(", ");
    let list = columns.join(", ");
    let _ = write!(sql, "\nwhen not matched{condition} then insert\n  ({list})\nvalues\n  ({values})");
    if build.dialect().is_tsql() {
        sql.push(';');
    }
    sql
}

/// The columns that a merge writes over: all, only those named, or all but those named.
fn updated_columns<'a>(build: &Build<'_>, columns: &'a [String]) -> Vec<&'a String> {
    let dialect = build.dialect();
    let (open, close) = dialect.quotes();
    let bare = |name: &str| name.trim_matches([open, close]).to_lowercase();
    let only: Vec<String> =
        words(build.config.get("merge_update_columns")).iter().map(|it| bare(it)).collect();
    let without: Vec<String> =
        words(build.config.get("merge_exclude_columns")).iter().map(|it| bare(it)).collect();
    let wanted = |name: &&String| {
        let name = bare(name);
        if only.is_empty() { !without.contains(&name) } else { only.contains(&name) }
    };
    columns.iter().filter(wanted).collect()
}

/// A config value that is one text or a list of texts; a text with commas is several columns.
pub(super) fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if text.contains(',') && !text.contains('(') => {
            text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
        }
        other => words_whole(other),
    }
}

/// A config value that is one text or a list of texts, as they stand.
fn words_whole(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => vec![text.trim().to_owned()],
        Some(Value::Array(values)) => {
            values.iter().filter_map(Value::as_str).map(|word| word.trim().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Config;
    use crate::source::{FileId, Span};
    use serde_json::json;

    fn check(
        dialect: Dialect,
        config: &Value,
        incoming: &[(&str, &str)],
        present: &[(&str, &str)],
    ) -> String {
        let relation = crate::emit::ddl::named("s.t", false, dialect);
        let config = Config { values: config.as_object().cloned().unwrap_or_default() };
        let build = Build {
            name: "t",
            at: Span::new(FileId(0), 0, 0),
            relation: &relation,
            sql: "select 1",
            config: &config,
            existing: Some(RelationKind::Table),
        };
        let columns =
            |list: &[(&str, &str)]| list.iter().map(|it| Column::new(it.0, it.1)).collect::<Vec<_>>();
        if let Err(diagnostic) = stage(&build) {
            return format!("{}: {}", diagnostic.code, diagnostic.message);
        }
        match apply(&build, &columns(incoming), &columns(present)) {
            Ok(statements) => statements.iter().map(|it| format!("{};\n", it.sql)).collect(),
            Err(diagnostic) => format!("{}: {}", diagnostic.code, diagnostic.message),
        }
    }

    const AB: &[(&str, &str)] = &[("a", "integer"), ("b", "varchar")];

    #[test]
    fn without_a_key_rows_are_added() {
        insta::assert_snapshot!(check(Dialect::DuckDb, &json!({}), AB, AB), @r#"
        insert into s.t ("a", "b")
        select "a", "b"
        from t__buhin_tmp;
        drop table if exists t__buhin_tmp cascade;
        "#);
    }

    #[test]
    fn with_a_key_old_rows_are_deleted_first() {
        let config = json!({"unique_key": ["a", "b"], "incremental_predicates": ["b > 'x'"]});
        insta::assert_snapshot!(check(Dialect::DuckDb, &config, AB, AB), @r#"
        delete from s.t as DBT_INTERNAL_DEST
        where (a, b) in (
          select distinct a, b
          from t__buhin_tmp as DBT_INTERNAL_SOURCE
        )
        and b > 'x';
        insert into s.t ("a", "b")
        select "a", "b"
        from t__buhin_tmp;
        drop table if exists t__buhin_tmp cascade;
        "#);
    }

    #[test]
    fn merge_updates_only_the_columns_asked_for() {
        let config =
            json!({"unique_key": "a", "incremental_strategy": "merge", "merge_exclude_columns": ["A"]});
        insta::assert_snapshot!(check(Dialect::DuckDb, &config, AB, AB), @r#"
        merge into s.t as DBT_INTERNAL_DEST
        using t__buhin_tmp as DBT_INTERNAL_SOURCE
        on (DBT_INTERNAL_SOURCE.a = DBT_INTERNAL_DEST.a)
        when matched then update set
          "b" = DBT_INTERNAL_SOURCE."b"
        when not matched then insert
          ("a", "b")
        values
          (DBT_INTERNAL_SOURCE."a", DBT_INTERNAL_SOURCE."b");
        drop table if exists t__buhin_tmp cascade;
        "#);
    }

    #[test]
    fn new_columns_are_added_and_lost_ones_dropped() {
        let config = json!({"on_schema_change": "sync_all_columns"});
        let shown = check(Dialect::DuckDb, &config, &[("a", "bigint"), ("c", "date")], AB);
        insta::assert_snapshot!(shown, @r#"
        alter table s.t add column "c" date;
        alter table s.t drop column "b";
        alter table s.t alter column "a" type bigint;
        insert into s.t ("a", "c")
        select "a", "c"
        from t__buhin_tmp;
        drop table if exists t__buhin_tmp cascade;
        "#);
    }

    #[test]
    fn changed_columns_are_an_error_when_asked() {
        let shown = check(Dialect::DuckDb, &json!({"on_schema_change": "fail"}), &[("a", "integer")], AB);
        assert!(shown.starts_with("B0808"), "{shown}");
    }

    #[test]
    fn a_strategy_of_another_warehouse_is_an_error() {
        let shown = check(Dialect::DuckDb, &json!({"incremental_strategy": "insert_overwrite"}), AB, AB);
        assert_eq!(shown, "B0211: incremental strategy `insert_overwrite` of `t` can't be used here");
    }
}
