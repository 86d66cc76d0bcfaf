//! Parts that live no longer than the script that makes them.
//!
//! Where a warehouse has temporary tables that one connection can read as often as it likes, they are made so;
//! elsewhere they are tables that the end of the script drops.

use super::relation::{drop_if_exists, with_suffix};
use super::table::{TableKind, table_as};
use super::{Build, Purpose, Statement, table};
use crate::sql::{Dialect, Relation, RelationKind};

const SUFFIX: &str = "__buhin_tmp";

/// The table that holds a temporary part's rows in a script. `name` is the part's own in the warehouse, or one
/// that sets it apart from another part of that name.
pub fn script_temp(relation: &Relation, name: &str) -> Relation {
    let mut temp = with_suffix(&Relation { identifier: Some(name.to_owned()), ..relation.clone() }, SUFFIX);
    // Snowflake's and MariaDB's temporary tables stand in a schema as all others do.
    let bare = !matches!(relation.dialect, Dialect::Snowflake | Dialect::MariaDb);
    if relation.dialect.has_session_tables() && bare {
        temp.database = None;
        temp.schema = None;
    }
    temp.kind = Some(RelationKind::Table);
    temp
}

/// Makes a temporary part's table, `temp`, in a script.
pub fn temp_part(build: &Build<'_>, temp: &Relation) -> Vec<Statement> {
    let dialect = build.dialect();
    let build = &Build { relation: temp, existing: None, ..*build };
    if !dialect.has_session_tables() {
        return match dialect {
            Dialect::MsSql | Dialect::Fabric | Dialect::DataFusion | Dialect::Databricks => table(build),
            _ => vec![
                drop_if_exists(temp, RelationKind::Table, Purpose::Prepare),
                Statement::new(Purpose::Main, table_as(build, temp, TableKind::Plain)),
            ],
        };
    }
    let main = |kind| Statement::new(Purpose::Main, table_as(build, temp, kind));
    match dialect {
        Dialect::BigQuery | Dialect::Snowflake | Dialect::DuckDb | Dialect::MariaDb => {
            vec![main(TableKind::ReplaceTemp)]
        }
        // Without statistics the planner takes every temporary table for a large one.
        Dialect::Postgres => vec![
            drop_temp_part(temp, Purpose::Prepare),
            main(TableKind::Temp),
            Statement::new(Purpose::Describe, format!("analyze {}", temp.render())),
        ],
        _ => vec![drop_temp_part(temp, Purpose::Prepare), main(TableKind::Temp)],
    }
}

/// Drops a temporary part's table, and never a lasting one of that name where the dialect can tell them apart.
pub fn drop_temp_part(temp: &Relation, purpose: Purpose) -> Statement {
    let name = temp.render();
    let sql = match temp.dialect {
        Dialect::Postgres => format!("drop table if exists pg_temp.{name}"),
        Dialect::Sqlite | Dialect::DuckDb => format!("drop table if exists temp.{name}"),
        Dialect::MariaDb | Dialect::ClickHouse => format!("drop temporary table if exists {name}"),
        _ => return drop_if_exists(temp, RelationKind::Table, purpose),
    };
    Statement::new(purpose, sql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Config;
    use crate::source::{FileId, Span};

    #[test]
    fn every_dialect_has_its_own_form() {
        let mut shown = String::new();
        for name in Dialect::NAMES {
            let dialect = Dialect::from_name(name).expect("a dialect");
            let relation = crate::emit::ddl::named("db.main.orders", true, dialect);
            let config = Config::default();
            let at = Span::new(FileId(0), 0, 0);
            let sql = "select 1 as id -- the end\n;\n";
            let build =
                Build { name: "orders", at, relation: &relation, sql, config: &config, existing: None };
            let temp = script_temp(&relation, "orders");
            shown.push_str(&format!("-- {name}\n"));
            for statement in temp_part(&build, &temp).iter().chain([&drop_temp_part(&temp, Purpose::Tidy)]) {
                shown.push_str(&format!("{:?}: {}\n", statement.purpose, statement.sql));
            }
        }
        insta::assert_snapshot!(shown);
    }
}
