//! The names of a query's columns, as far as its text tells them: what an empty warehouse can answer.

use sqlparser::ast::{Expr, SelectItem, SetExpr, Statement, Value};

use super::{Dialect, parse};

/// The columns of the last statement of `sql`, each under a name of its own; `column0` alone where none has a name.
///
/// A column is called by its alias, or as the column that it is read from. In Snowflake names are upper case.
pub fn select_names(dialect: Dialect, sql: &str) -> Vec<String> {
    let parsed = parse(dialect, sql).ok();
    let last = parsed.as_ref().and_then(|parsed| parsed.statements.last());
    let found = match last {
        Some(Statement::Query(query)) => of_body(&query.body),
        _ => Vec::new(),
    };
    let mut names: Vec<String> = Vec::with_capacity(found.len().max(1));
    for mut name in found.into_iter().filter(|name| !name.is_empty()) {
        while names.contains(&name) {
            name.push_str("_2");
        }
        names.push(name);
    }
    if names.is_empty() {
        names.push("column0".to_owned());
    }
    if dialect == Dialect::Snowflake {
        for name in &mut names {
            *name = name.to_uppercase();
        }
    }
    names
}

fn of_body(body: &SetExpr) -> Vec<String> {
    match body {
        SetExpr::Select(select) => select.projection.iter().map(of_item).collect(),
        SetExpr::Query(query) => of_body(&query.body),
        SetExpr::SetOperation { left, .. } => of_body(left),
        _ => Vec::new(),
    }
}

fn of_item(item: &SelectItem) -> String {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
        SelectItem::UnnamedExpr(expr) => of_expr(expr),
        _ => String::new(),
    }
}

fn of_expr(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.clone()).unwrap_or_default(),
        Expr::Cast { expr, .. } | Expr::Nested(expr) => of_expr(expr),
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) | Value::SingleQuotedString(text) => text.clone(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: &[&str]) {
        assert_eq!(select_names(Dialect::Postgres, sql), expect, "{sql}");
    }

    #[test]
    fn a_column_is_called_by_its_alias_or_its_origin() {
        check("select a, t.b, c as d, cast(e as int), (f) from t", &["a", "b", "d", "e", "f"]);
        check("with x as (select 1 as y) select z from x union all select w from x", &["z"]);
        check("select max(a) as top from t limit 1;", &["top"]);
    }

    #[test]
    fn two_columns_never_share_a_name() {
        check("select a, b as a, c as a from t", &["a", "a_2", "a_2_2"]);
    }

    #[test]
    fn what_has_no_name_is_one_column() {
        check("select * from t", &["column0"]);
        check("select count(*) from t", &["column0"]);
        check("this is no query", &["column0"]);
        check("create table t (a int)", &["column0"]);
    }

    #[test]
    fn snowflake_has_upper_case() {
        assert_eq!(select_names(Dialect::Snowflake, "select a from t"), ["A"]);
    }
}
