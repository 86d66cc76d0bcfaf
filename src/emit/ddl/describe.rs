//! `persist_docs`: descriptions in the warehouse, in each dialect's words, and BigQuery's labels.
//!
//! A text is escaped as the dialect reads strings, and cut where its makers document a limit. What a dialect has no
//! statement for, or only one that would touch the data, is left out: MySQL describes a column only by defining it anew.

use serde_json::Value;

use super::{Build, Purpose, Statement};
use crate::project::ColumnProperties;
use crate::sql::{Dialect, RelationKind};

/// Comments on the relation and its columns, as the config asks, and labels.
pub fn comments(
    build: &Build<'_>,
    kind: RelationKind,
    description: &str,
    columns: &[&ColumnProperties],
) -> Vec<Statement> {
    let asks = |what: &str| {
        let docs = build.config.get("persist_docs").and_then(|docs| docs.get(what));
        docs.and_then(Value::as_bool).unwrap_or(false)
    };
    let own = Some(description).filter(|text| asks("relation") && !text.is_empty());
    let columns: Vec<&ColumnProperties> =
        columns.iter().copied().filter(|column| asks("columns") && !column.description.is_empty()).collect();
    let mut sql = Vec::new();
    sql.extend(labels(build, kind));
    sql.extend(own.and_then(|text| on_relation(build, kind, text)));
    sql.extend(on_columns(build, kind, &columns));
    sql.into_iter().map(|sql| Statement::new(Purpose::Describe, sql)).collect()
}

fn on_relation(build: &Build<'_>, kind: RelationKind, text: &str) -> Option<String> {
    let (dialect, name) = (build.dialect(), build.relation.render());
    let is_table = kind == RelationKind::Table;
    let noun = noun(dialect, kind);
    Some(match dialect {
        Dialect::DuckDb | Dialect::Postgres | Dialect::Redshift | Dialect::Snowflake | Dialect::Trino => {
            format!("comment on {noun} {name} is {}", literal(dialect, text))
        }
        Dialect::Databricks | Dialect::Spark => {
            format!("comment on table {name} is {}", literal(dialect, text))
        }
        // 16,384 characters: https://cloud.google.com/bigquery/quotas#all_tables
        Dialect::BigQuery => {
            format!(
                "alter {noun} {name} set options (description = {})",
                literal(dialect, &cut(text, 16_384))
            )
        }
        // 2,048 characters: https://dev.mysql.com/doc/refman/8.4/en/create-table.html
        Dialect::MySql | Dialect::MariaDb if is_table => {
            format!("alter table {name} comment = {}", literal(dialect, &cut(text, 2_048)))
        }
        Dialect::ClickHouse => format!("alter table {name} modify comment {}", literal(dialect, text)),
        _ => return None,
    })
}

fn on_columns(build: &Build<'_>, kind: RelationKind, columns: &[&ColumnProperties]) -> Vec<String> {
    let (dialect, name) = (build.dialect(), build.relation.render());
    let is_table = kind == RelationKind::Table;
    let column_name = |column: &ColumnProperties| {
        if column.quote == Some(true) { dialect.quote(&column.name) } else { column.name.clone() }
    };
    let each = |sql: &dyn Fn(&str, &str) -> String| -> Vec<String> {
        let one =
            |column: &&ColumnProperties| sql(&column_name(column), &literal(dialect, &column.description));
        columns.iter().map(one).collect()
    };
    match dialect {
        Dialect::DuckDb | Dialect::Postgres | Dialect::Redshift | Dialect::Snowflake | Dialect::Trino => {
            each(&|column, text| format!("comment on column {name}.{column} is {text}"))
        }
        // A view's columns are described only where it is made.
        Dialect::Databricks | Dialect::Spark if is_table => {
            each(&|column, text| format!("alter table {name} alter column {column} comment {text}"))
        }
        Dialect::ClickHouse if is_table => {
            each(&|column, text| format!("alter table {name} comment column {column} {text}"))
        }
        Dialect::BigQuery if kind != RelationKind::MaterializedView && !columns.is_empty() => {
            // One statement for all: each is an update of the table's metadata, of which BigQuery takes few at a time.
            // 1,024 characters: https://cloud.google.com/bigquery/quotas#all_tables
            let one = |column: &&ColumnProperties| {
                let text = literal(dialect, &cut(&column.description, 1_024));
                format!("alter column {} set options (description = {text})", column_name(column))
            };
            let all: Vec<String> = columns.iter().map(one).collect();
            vec![format!("alter {} {name} {}", noun(dialect, kind), all.join(", "))]
        }
        _ => Vec::new(),
    }
}

/// `labels` of the config, which only BigQuery has.
fn labels(build: &Build<'_>, kind: RelationKind) -> Option<String> {
    let dialect = build.dialect();
    let labels = build.config.get("labels").and_then(Value::as_object)?;
    if dialect != Dialect::BigQuery || labels.is_empty() {
        return None;
    }
    let one = |(key, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // 63 characters each: https://cloud.google.com/bigquery/docs/labels-intro#requirements
        let text = |text: &str| literal(dialect, &cut_short(text, 63));
        format!("({}, {})", text(key), text(&value))
    };
    let all: Vec<String> = labels.iter().map(one).collect();
    let (noun, name) = (noun(dialect, kind), build.relation.render());
    Some(format!("alter {noun} {name} set options (labels = [{}])", all.join(", ")))
}

/// What the dialect calls it in a statement about it.
fn noun(dialect: Dialect, kind: RelationKind) -> &'static str {
    let has_materialized = matches!(dialect, Dialect::Postgres | Dialect::BigQuery | Dialect::Trino);
    match kind {
        RelationKind::View => "view",
        RelationKind::MaterializedView if has_materialized => "materialized view",
        RelationKind::MaterializedView if dialect == Dialect::Redshift => "view",
        RelationKind::MaterializedView if dialect == Dialect::Snowflake => "dynamic table",
        _ => "table",
    }
}

/// A string as the dialect reads it.
fn literal(dialect: Dialect, text: &str) -> String {
    match dialect {
        // A backslash means something in these, and two quotes are two strings in the first.
        Dialect::BigQuery => {
            let text =
                text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r");
            format!("'{text}'")
        }
        Dialect::Databricks | Dialect::Spark => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
        }
        Dialect::MySql | Dialect::MariaDb | Dialect::ClickHouse | Dialect::Snowflake | Dialect::Redshift => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
        }
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

/// At most so many characters; what is cut ends in `…`.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => format!("{}…", cut_short(text, most - 1)),
    }
}

fn cut_short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::project::Config;
    use crate::source::{FileId, Span};
    use crate::sql::Relation;

    fn described(dialect: Dialect, kind: RelationKind, text: &str) -> Vec<String> {
        let relation = Relation {
            database: None,
            schema: Some("s".into()),
            identifier: Some("t".into()),
            quote: [false; 3],
            kind: Some(kind),
            dialect,
        };
        let values = json!({"persist_docs": {"relation": true, "columns": true}, "labels": {"team": "x'y"}});
        let config = Config { values: values.as_object().cloned().unwrap_or_default() };
        let at = Span { file: FileId(0), start: 0, end: 0 };
        let build = Build { name: "t", at, relation: &relation, sql: "", config: &config, existing: None };
        let column = |name: &str, description: &str| ColumnProperties {
            name: name.to_owned(),
            description: description.to_owned(),
            ..ColumnProperties::default()
        };
        let columns = [column("a", "it's \\ 部品"), column("b", ""), column("c", "c")];
        let columns: Vec<&ColumnProperties> = columns.iter().collect();
        comments(&build, kind, text, &columns).into_iter().map(|statement| statement.sql).collect()
    }

    #[track_caller]
    fn check(dialect: Dialect, kind: RelationKind, expect: &[&str]) {
        assert_eq!(described(dialect, kind, "o'r\\d"), expect, "{dialect:?} {kind:?}");
    }

    #[test]
    fn each_dialect_has_its_words() {
        use RelationKind::{MaterializedView, Table, View};
        let plain = |noun: &str, escape: &str| {
            vec![
                format!("comment on {noun} s.t is 'o''r{escape}d'"),
                format!("comment on column s.t.a is 'it''s {escape} 部品'"),
                "comment on column s.t.c is 'c'".to_owned(),
            ]
        };
        for (dialect, kind, noun, escape) in [
            (Dialect::DuckDb, Table, "table", "\\"),
            (Dialect::Postgres, MaterializedView, "materialized view", "\\"),
            (Dialect::Redshift, View, "view", "\\\\"),
            (Dialect::Snowflake, Table, "table", "\\\\"),
            (Dialect::Trino, View, "view", "\\"),
        ] {
            let expect = plain(noun, escape);
            check(dialect, kind, &expect.iter().map(String::as_str).collect::<Vec<_>>());
        }
        check(
            Dialect::BigQuery,
            Table,
            &[
                "alter table s.t set options (labels = [('team', 'x\\'y')])",
                "alter table s.t set options (description = 'o\\'r\\\\d')",
                "alter table s.t alter column a set options (description = 'it\\'s \\\\ 部品'), \
                 alter column c set options (description = 'c')",
            ],
        );
        check(
            Dialect::Databricks,
            Table,
            &[
                "comment on table s.t is 'o\\'r\\\\d'",
                "alter table s.t alter column a comment 'it\\'s \\\\ 部品'",
                "alter table s.t alter column c comment 'c'",
            ],
        );
        check(Dialect::Spark, View, &["comment on table s.t is 'o\\'r\\\\d'"]);
        check(Dialect::MySql, Table, &["alter table s.t comment = 'o''r\\\\d'"]);
        check(Dialect::MySql, View, &[]);
        check(
            Dialect::ClickHouse,
            Table,
            &[
                "alter table s.t modify comment 'o''r\\\\d'",
                "alter table s.t comment column a 'it''s \\\\ 部品'",
                "alter table s.t comment column c 'c'",
            ],
        );
        for dialect in [Dialect::Sqlite, Dialect::Athena, Dialect::MsSql, Dialect::DataFusion] {
            check(dialect, Table, &[]);
        }
    }

    #[test]
    fn texts_are_cut_to_what_is_documented() {
        let long = "部".repeat(20_000);
        let bigquery = described(Dialect::BigQuery, RelationKind::Table, &long);
        assert_eq!(bigquery[1].chars().filter(|char| *char == '部').count(), 16_383);
        assert!(bigquery[1].ends_with("…')"));
        let mysql = described(Dialect::MySql, RelationKind::Table, &long);
        assert_eq!(mysql[0].chars().filter(|char| *char == '部').count(), 2_047);
        assert_eq!(cut("ab", 2), "ab");
    }
}
