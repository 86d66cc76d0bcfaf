//! Relations without rows that stand in for planned ones, to have statements planned that read them.

use super::table::body;
use super::{Purpose, Statement};
use crate::sql::{Dialect, Relation};

/// Makes a view, or an empty table with the columns of a query; nothing of the query is run.
pub fn stand_in(relation: &Relation, sql: &str, view: bool) -> Statement {
    let name = relation.render();
    let sql = if view {
        format!("create or replace view {name} as {}", body(relation.dialect, sql))
    } else {
        format!("create or replace table {name} as {}", no_rows(relation.dialect, sql))
    };
    Statement::new(Purpose::Main, sql)
}

/// The query, without its rows.
pub fn no_rows(dialect: Dialect, sql: &str) -> String {
    format!("select * from {} as buhin_planned limit 0", body(dialect, sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_has_the_columns_and_no_rows() {
        let relation = crate::emit::ddl::named("main.a", true, Dialect::DuckDb);
        let sql = "select 1 as id -- one;\n;";
        assert_eq!(
            stand_in(&relation, sql, false).sql,
            "create or replace table \"main\".\"a\" as select * from (\nselect 1 as id -- one;\n) as buhin_planned limit 0"
        );
        assert_eq!(
            stand_in(&relation, sql, true).sql,
            "create or replace view \"main\".\"a\" as (\nselect 1 as id -- one;\n)"
        );
    }
}
