//! Schemas, names built aside, dropping, renaming, grants and indexes.

use serde_json::Value;

use super::{Build, Purpose, Statement};
use crate::sql::{Dialect, Relation, RelationKind, shorten};

/// The name that a new table has until it is swapped in.
pub fn aside(relation: &Relation) -> Relation {
    Relation { kind: Some(RelationKind::Table), ..with_suffix(relation, "__buhin_new") }
}

/// The relation with a suffix to its name.
pub(super) fn with_suffix(relation: &Relation, suffix: &str) -> Relation {
    let mut renamed = relation.clone();
    renamed.identifier = relation.identifier.as_ref().map(|name| shortened(name, suffix, relation.dialect));
    renamed
}

/// The name of the temporary table of an incremental part or a snapshot.
pub fn temp(relation: &Relation) -> Relation {
    let mut temp = with_suffix(relation, "__buhin_tmp");
    if has_temp_tables(relation.dialect) {
        temp.database = None;
        temp.schema = None;
    }
    if relation.dialect.is_tsql() {
        temp.identifier = temp.identifier.map(|name| format!("#{name}"));
    }
    temp.kind = Some(RelationKind::Table);
    temp
}

/// True where `create temporary table` makes a table without a schema.
pub(super) fn has_temp_tables(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::DuckDb
            | Dialect::Postgres
            | Dialect::Redshift
            | Dialect::Sqlite
            | Dialect::MySql
            | Dialect::MariaDb
            | Dialect::MsSql
            | Dialect::Fabric
            | Dialect::Generic
    )
}

/// `name` with a suffix, shortened where it would be too long for the dialect.
fn shortened(name: &str, suffix: &str, dialect: Dialect) -> String {
    format!("{}{suffix}", shorten(name, dialect.longest_name() - suffix.len()))
}

/// Makes the schema of a relation if there is none; `None` where there are no schemas.
pub fn create_schema(relation: &Relation) -> Option<Statement> {
    let schema = schema_name(relation)?;
    let sql = match relation.dialect {
        Dialect::Sqlite => return None,
        Dialect::MySql | Dialect::MariaDb | Dialect::ClickHouse => {
            format!("create database if not exists {schema}")
        }
        Dialect::MsSql | Dialect::Fabric => {
            let name = relation.schema.as_deref().unwrap_or("dbo").replace('\'', "''");
            format!("if schema_id('{name}') is null exec('create schema {schema}')")
        }
        _ => format!("create schema if not exists {schema}"),
    };
    Some(Statement::new(Purpose::Prepare, sql))
}

/// Drops a schema with all that is in it.
pub fn drop_schema(relation: &Relation) -> Option<Statement> {
    let schema = schema_name(relation)?;
    let sql = match relation.dialect {
        Dialect::Sqlite => return None,
        Dialect::MySql | Dialect::MariaDb | Dialect::ClickHouse => {
            format!("drop database if exists {schema}")
        }
        Dialect::MsSql | Dialect::Fabric => format!("drop schema if exists {schema}"),
        _ => format!("drop schema if exists {schema} cascade"),
    };
    Some(Statement::new(Purpose::Tidy, sql))
}

fn schema_name(relation: &Relation) -> Option<String> {
    relation.schema.as_ref()?;
    let mut schema = Relation { identifier: None, ..relation.clone() };
    match relation.dialect {
        Dialect::Athena => schema = hive(&schema),
        // A schema is made in the database of the connection.
        Dialect::Postgres | Dialect::Redshift | Dialect::MsSql | Dialect::Fabric => schema.database = None,
        _ => {}
    }
    Some(schema.render())
}

/// The name as Athena's DDL wants it, which is Hive's: only queries quote as Trino does.
fn hive(relation: &Relation) -> Relation {
    Relation { dialect: Dialect::Spark, database: None, ..relation.clone() }
}

/// Drops a relation of this kind if it exists.
pub fn drop_if_exists(relation: &Relation, kind: RelationKind, purpose: Purpose) -> Statement {
    let noun = match kind {
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::Table | RelationKind::External | RelationKind::Cte => "table",
    };
    let cascade = match relation.dialect {
        Dialect::DuckDb | Dialect::Postgres | Dialect::Redshift => " cascade",
        _ => "",
    };
    let name = match (relation.dialect, kind) {
        (Dialect::Athena, _) => hive(relation).render(),
        // T-SQL refuses a database before a view's name.
        (dialect, RelationKind::View) if dialect.is_tsql() => view_name(relation),
        _ => relation.render(),
    };
    Statement::new(purpose, format!("drop {noun} if exists {name}{cascade}"))
}

/// The name of a view where it is made or dropped.
pub(super) fn view_name(relation: &Relation) -> String {
    if relation.dialect.is_tsql() {
        return Relation { database: None, ..relation.clone() }.render();
    }
    relation.render()
}

/// Gives a table or view another name in the same schema.
pub fn rename(from: &Relation, to: &Relation, kind: RelationKind) -> Statement {
    let noun = match kind {
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::Table | RelationKind::External | RelationKind::Cte => "table",
    };
    let bare = Relation { database: None, schema: None, ..to.clone() }.render();
    let sql = match from.dialect {
        Dialect::MySql | Dialect::MariaDb | Dialect::ClickHouse => {
            format!("rename table {} to {}", from.render(), to.render())
        }
        Dialect::Trino | Dialect::Athena | Dialect::Snowflake | Dialect::Databricks | Dialect::Spark => {
            format!("alter {noun} {} rename to {}", from.render(), to.render())
        }
        Dialect::MsSql | Dialect::Fabric => {
            let name = to.identifier.as_deref().unwrap_or_default().replace('\'', "''");
            format!("exec sp_rename '{}', '{name}'", from.render().replace('\'', "''"))
        }
        _ => format!("alter {noun} {} rename to {bare}", from.render()),
    };
    Statement::new(Purpose::Swap, sql)
}

/// `sql` without the `;` and blanks after its last statement; comments stay.
pub fn strip_terminator(dialect: Dialect, sql: &str) -> std::borrow::Cow<'_, str> {
    crate::sql::without_terminator(dialect, sql)
}

/// `grants`: who may do what; warehouses without roles have none.
pub fn grants(build: &Build<'_>) -> Vec<Statement> {
    if matches!(build.dialect(), Dialect::DuckDb | Dialect::Sqlite) {
        return Vec::new();
    }
    let Some(Value::Object(grants)) = build.config.get("grants") else { return Vec::new() };
    let name = build.relation.render();
    let mut statements = Vec::new();
    for (privilege, grantees) in grants {
        let grantees: Vec<&str> = match grantees {
            Value::String(one) => vec![one],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        let sql = grantees.iter().map(|grantee| match build.dialect() {
            Dialect::BigQuery => format!("grant `{privilege}` on table {name} to \"{grantee}\""),
            Dialect::Databricks | Dialect::Spark => {
                format!("grant {privilege} on table {name} to `{grantee}`")
            }
            Dialect::Snowflake => format!("grant {privilege} on {name} to role {grantee}"),
            _ => format!("grant {privilege} on {name} to {grantee}"),
        });
        statements.extend(sql.map(|sql| Statement::new(Purpose::Describe, sql)));
    }
    statements
}

/// `indexes`: each a list of columns, with `unique` and `type`, on warehouses that have them.
pub fn indexes(build: &Build<'_>) -> Vec<Statement> {
    if !matches!(build.dialect(), Dialect::DuckDb | Dialect::Postgres) {
        return Vec::new();
    }
    let Some(Value::Array(indexes)) = build.config.get("indexes") else { return Vec::new() };
    let table = build.relation.identifier.as_deref().unwrap_or_default();
    let mut statements = Vec::new();
    for index in indexes {
        let columns: Vec<&str> = match index.get("columns") {
            Some(Value::Array(columns)) => columns.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(column)) => vec![column],
            _ => continue,
        };
        let unique = if index.get("unique").and_then(Value::as_bool) == Some(true) { "unique " } else { "" };
        let using = match index.get("type").and_then(Value::as_str) {
            Some(kind) if build.dialect() == Dialect::Postgres => format!(" using {kind}"),
            _ => String::new(),
        };
        let name = build.dialect().quote(&shortened(
            &format!("{table}__{}", columns.join("_")),
            "__idx",
            build.dialect(),
        ));
        let columns = columns.join(", ");
        let sql = format!(
            "create {unique}index if not exists {name} on {}{using} ({columns})",
            build.relation.render()
        );
        statements.push(Statement::new(Purpose::Describe, sql));
    }
    statements
}
