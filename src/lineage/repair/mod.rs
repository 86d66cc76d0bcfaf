//! SQL that sqlparser does not know, written so that it does: bytes are only replaced, so places stay.
//!
//! Nothing that is rewritten here is ever written out; it only serves the analysis. What a tree can't hold is kept
//! beside it, by the byte where it stands.

mod clauses;
mod insert;
mod operators;
mod scalar;
mod set_operation;
mod small;
mod text;
mod turn;

use sqlparser::ast::{Ident, Statement};

use super::model::StatementKind;
use crate::sql::{Dialect, SyntaxError, parse, unquote};
pub(super) use operators::TABLE_ARGUMENT;
pub(super) use scalar::Scalar;
pub(super) use set_operation::ByName;
use text::Text;
pub(super) use turn::{Turn, Turned};

/// A statement's tree, and what had to be taken out of its text.
#[derive(Default)]
pub(super) struct Repaired {
    /// The tree.
    pub(super) statements: Vec<Statement>,
    /// The columns of `create table t (a, b) as`, which the parser wants to have types.
    pub(super) columns: Vec<Ident>,
    /// What set operations by name say of their columns, by the byte where they stand, in order.
    pub(super) by_name: Vec<(u32, ByName)>,
    /// The name that `create table … as` behind a `with`, or `insert` behind a `from`, gives.
    pub(super) target: Option<Target>,
    /// DuckDB's `pivot … on …` and its like.
    pub(super) turns: Vec<Turn>,
    /// ClickHouse's `with expression as name`.
    pub(super) scalars: Vec<Scalar>,
}

/// A relation that is made or filled by words which the parser was not shown.
pub(super) struct Target {
    /// What the words say.
    pub(super) kind: StatementKind,
    /// The parts of its name.
    pub(super) parts: Vec<Ident>,
    /// Columns that an `insert` gives a fixed value.
    pub(super) partitions: Vec<Ident>,
    /// True if an `insert` fills columns by their names.
    pub(super) is_by_name: bool,
}

impl Target {
    /// True if a query fills the columns of the relation in their order.
    pub(super) fn is_filled(&self) -> bool {
        self.kind == StatementKind::Insert && !self.is_by_name
    }
}

/// Parses one statement; where that fails, tries again on a text without what the parser does not know. Only
/// `from t insert … insert …` is several statements.
pub(super) fn parse_statement(dialect: Dialect, sql: &str) -> Result<Vec<Repaired>, SyntaxError> {
    let error = match parse(dialect, sql) {
        Ok(parsed) => return Ok(vec![Repaired { statements: parsed.statements, ..Repaired::default() }]),
        Err(error) => error,
    };
    let text = Text::new(dialect, sql);
    let inserts = text.inserts();
    let repaired: Option<Vec<Repaired>> = if inserts.is_empty() {
        parse_text(dialect, text).map(|repaired| vec![repaired])
    } else {
        let one = |insert: insert::FromInsert<'_>| {
            let repaired = parse_text(dialect, insert.text)?;
            Some(Repaired { target: Some(insert.target), columns: insert.columns, ..repaired })
        };
        inserts.into_iter().map(one).collect()
    };
    repaired.ok_or(error)
}

fn parse_text(dialect: Dialect, mut text: Text<'_>) -> Option<Repaired> {
    let mut repaired = Repaired {
        target: text.create_behind_with().or_else(|| text.insert_by_name()),
        columns: text.columns_without_types(),
        by_name: text.set_operations(),
        ..Repaired::default()
    };
    text.create_options();
    text.clauses();
    text.small_things();
    repaired.scalars = text.scalars();
    repaired.turns = text.turns();
    let sql = text.sql();
    // Another dialect may know it, where both read quotes alike.
    let (has_double_quotes, has_backtick_quotes) = (sql.contains('"'), sql.contains('`'));
    let reads_alike = |other: Dialect| {
        (!has_double_quotes || other.double_quotes_are_strings() == dialect.double_quotes_are_strings())
            && (!has_backtick_quotes || has_backticks(other))
    };
    let others = others(dialect).iter().copied().filter(|other| *other != dialect && reads_alike(*other));
    let own = text.is_changed.then_some(dialect);
    let parsed = own.into_iter().chain(others).find_map(|dialect| parse(dialect, &sql).ok())?;
    repaired.statements = parsed.statements;
    Some(repaired)
}

/// Whose rules are tried next.
fn others(dialect: Dialect) -> &'static [Dialect] {
    match dialect {
        Dialect::Generic => {
            &[Dialect::Snowflake, Dialect::Databricks, Dialect::DuckDb, Dialect::MySql, Dialect::BigQuery]
        }
        Dialect::Spark | Dialect::Databricks => {
            &[Dialect::Databricks, Dialect::Generic, Dialect::Snowflake, Dialect::BigQuery]
        }
        Dialect::BigQuery => &[Dialect::Generic, Dialect::Databricks, Dialect::Snowflake],
        Dialect::MySql | Dialect::MariaDb => &[Dialect::Generic, Dialect::Databricks],
        _ => &[Dialect::Generic, Dialect::Snowflake, Dialect::DuckDb, Dialect::Databricks],
    }
}

fn has_backticks(dialect: Dialect) -> bool {
    dialect.double_quotes_are_strings()
        || matches!(dialect, Dialect::Generic | Dialect::Sqlite | Dialect::ClickHouse)
}

/// A name as it stands in a text.
fn ident(text: &str) -> Ident {
    match text.chars().next().filter(|quote| matches!(quote, '"' | '`' | '[')) {
        Some(quote) => Ident::with_quote(quote, unquote(text)),
        None => Ident::new(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, sql: &str, targets: &[&str]) {
        let repaired = parse_statement(dialect, sql).unwrap_or_default();
        assert!(!repaired.is_empty(), "{sql}");
        let parts = |target: &Target| {
            target.parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
        };
        let found: Vec<String> =
            repaired.iter().filter_map(|repaired| repaired.target.as_ref().map(parts)).collect();
        assert_eq!(found, targets);
    }

    #[test]
    fn what_the_parser_does_not_know_is_put_aside() {
        check(Dialect::Generic, "with a as (select 1 x) create table s.t as select * from a", &["s.t"]);
        check(
            Dialect::Generic,
            "with a as (select 1 x) create view v as with b as (select x from a) select * from b",
            &["v"],
        );
        check(Dialect::BigQuery, "select 1 as a left union all by name on (a) select 2 as a", &[]);
        check(
            Dialect::BigQuery,
            "select 1 as a full outer union all corresponding by (a) select 2 as a",
            &[],
        );
        check(Dialect::Generic, "select a (title 'b') from t", &[]);
        check(Dialect::DuckDb, "insert into s.t by name select 1 as a", &["s.t"]);
        check(Dialect::Spark, "create table t using delta partitioned by (a) as select 1 as a", &[]);
        check(
            Dialect::Generic,
            "create multiset table t as (select 1 as a) with data primary index (a)",
            &[],
        );
        check(
            Dialect::ClickHouse,
            "create materialized view v engine = MergeTree order by a as select 1 as a",
            &[],
        );
        check(Dialect::DuckDb, "pivot t on a in (1) using sum(b) group by c order by c", &[]);
        check(
            Dialect::ClickHouse,
            "with 1 as x, a as (select 2 as y), (select 3) as z select x, y, z from a",
            &[],
        );
        check(
            Dialect::Spark,
            "from t insert into a select b insert overwrite table c.d select e",
            &["a", "c.d"],
        );
    }
}
