//! Schemas, names built aside, dropping, renaming, comments, grants and indexes.

use serde_json::Value;

use super::{Build, Purpose, Statement};
use crate::project::ColumnProperties;
use crate::sql::{Dialect, Relation, RelationKind};

/// The name that a new table has until it is swapped in.
pub fn aside(relation: &Relation) -> Relation {
    let mut aside = relation.clone();
    aside.identifier =
        relation.identifier.as_ref().map(|name| shortened(name, "__buhin_new", relation.dialect));
    aside.kind = Some(RelationKind::Table);
    aside
}

/// The name of the temporary table of an incremental part or a snapshot.
pub fn temp(relation: &Relation) -> Relation {
    let mut temp = relation.clone();
    let suffix = "__buhin_tmp";
    temp.identifier = relation.identifier.as_ref().map(|name| shortened(name, suffix, relation.dialect));
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
            | Dialect::MsSql
            | Dialect::Fabric
            | Dialect::Generic
    )
}

/// `name` with a suffix, cut so that it fits where names have a limit.
fn shortened(name: &str, suffix: &str, dialect: Dialect) -> String {
    let limit = match dialect {
        Dialect::Postgres => 63,
        Dialect::MySql => 64,
        Dialect::Redshift => 127,
        Dialect::MsSql | Dialect::Fabric => 116,
        _ => 255,
    };
    let mut end = name.len().min(limit - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

/// Makes the schema of a relation if there is none; `None` where there are no schemas.
pub fn create_schema(relation: &Relation) -> Option<Statement> {
    let schema = schema_name(relation)?;
    let sql = match relation.dialect {
        Dialect::Sqlite => return None,
        Dialect::MySql | Dialect::ClickHouse => format!("create database if not exists {schema}"),
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
        Dialect::MySql | Dialect::ClickHouse => format!("drop database if exists {schema}"),
        Dialect::MsSql | Dialect::Fabric => format!("drop schema if exists {schema}"),
        _ => format!("drop schema if exists {schema} cascade"),
    };
    Some(Statement::new(Purpose::Tidy, sql))
}

fn schema_name(relation: &Relation) -> Option<String> {
    relation.schema.as_ref()?;
    Some(Relation { identifier: None, ..relation.clone() }.render())
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
    Statement::new(purpose, format!("drop {noun} if exists {}{cascade}", relation.render()))
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
        Dialect::MySql | Dialect::ClickHouse => format!("rename table {} to {}", from.render(), to.render()),
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

/// `persist_docs`: comments on the relation and its columns, as the config asks.
pub fn comments(
    build: &Build<'_>,
    kind: RelationKind,
    description: &str,
    columns: &[&ColumnProperties],
) -> Vec<Statement> {
    let asks = |what: &str| {
        build
            .config
            .get("persist_docs")
            .and_then(|docs| docs.get(what))
            .and_then(Value::as_bool)
            .unwrap_or(false)
    };
    let dialect = build.dialect();
    if !matches!(dialect, Dialect::DuckDb | Dialect::Postgres | Dialect::Redshift | Dialect::Snowflake) {
        return Vec::new();
    }
    let name = build.relation.render();
    let noun = if kind == RelationKind::View { "view" } else { "table" };
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut statements = Vec::new();
    if asks("relation") && !description.is_empty() {
        let sql = format!("comment on {noun} {name} is {}", literal(description));
        statements.push(Statement::new(Purpose::Describe, sql));
    }
    if asks("columns") {
        for column in columns.iter().filter(|column| !column.description.is_empty()) {
            let column_name =
                if column.quote == Some(true) { dialect.quote(&column.name) } else { column.name.clone() };
            let sql = format!("comment on column {name}.{column_name} is {}", literal(&column.description));
            statements.push(Statement::new(Purpose::Describe, sql));
        }
    }
    statements
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
