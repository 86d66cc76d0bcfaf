//! The tables that trials make: what is known of them, and what the queries show.

use std::collections::BTreeSet;

use super::cell::Cell;
use super::evidence::Evidence;
use super::kind::Kind;
use super::pool;
use super::text::Queries;
use super::{Trial, TrialColumn, TrialTable};
use crate::lineage::{Catalog, CatalogColumn, Options, RelationId, StatementLineage, analyse};
use crate::sql::{Dialect, TokenKind, Words, unquote};

/// All tables of a trial.
#[derive(Debug)]
pub(super) struct Schema {
    /// The tables, in the order in which they were found.
    pub(super) tables: Vec<Table>,
    /// What the queries say.
    pub(super) evidence: Evidence,
    /// True where texts are compared without regard to case and blanks at their end, as DuckDB does not.
    pub(super) is_loose: bool,
}

/// A table to be made.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The parts of its name, without quotes.
    pub(super) parts: Vec<String>,
    /// Its columns.
    pub(super) columns: Vec<Column>,
    /// True if no column may be added.
    pub(super) is_complete: bool,
}

/// A column to be made.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its name, without quotes.
    pub(super) name: String,
    /// What values it has.
    pub(super) kind: Kind,
    /// Its type in DuckDB's words.
    pub(super) type_name: String,
    /// True if the kind is a guess.
    pub(super) is_guess: bool,
    /// True if it is never NULL.
    pub(super) not_null: bool,
    /// True if no value is there twice.
    pub(super) unique: bool,
    /// The only values it may have, if that is known.
    pub(super) accepted: Vec<Cell>,
    /// Its class in the evidence.
    pub(super) class: usize,
}

impl Schema {
    /// Finds the tables of both queries.
    pub(super) fn of(trial: &Trial<'_>, queries: &Queries) -> Self {
        let mut evidence = Evidence::of(&[&queries.old.sql, &queries.new.sql]);
        let known: Vec<(Vec<String>, &TrialTable)> =
            trial.tables.iter().map(|table| (split(&table.name), table)).collect();
        let mut catalog = Catalog::new(Dialect::DuckDb);
        for (parts, table) in known.iter().filter(|(_, table)| table.is_complete) {
            let quoted: Vec<String> = parts.iter().map(|part| Dialect::DuckDb.quote(part)).collect();
            let named =
                |column: &TrialColumn| CatalogColumn::new(Dialect::DuckDb.quote(&unquote(&column.name)));
            catalog.add(&quoted.join("."), Some(table.columns.iter().map(named).collect()));
        }
        let mut tables: Vec<(Vec<String>, BTreeSet<String>, Vec<String>)> = Vec::new();
        for query in [&queries.old, &queries.new] {
            for lineage in analyse(&query.sql, &catalog, Options::default()) {
                for id in lineage.tables() {
                    let relation = lineage.relation(id);
                    let parts: Vec<String> =
                        relation.name.iter().map(|part| unquote(lineage.text(*part)).into_owned()).collect();
                    let key: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
                    let at = tables.iter().position(|(other, ..)| {
                        other.iter().map(|part| part.to_lowercase()).eq(key.iter().cloned())
                    });
                    let at = at.unwrap_or_else(|| {
                        tables.push((parts, BTreeSet::new(), Vec::new()));
                        tables.len() - 1
                    });
                    for name in names(&lineage, id) {
                        if tables[at].1.insert(name.to_lowercase()) {
                            tables[at].2.push(name);
                        }
                    }
                }
            }
        }
        let used = Used::of(queries);
        let is_loose = trial.dialect.is_mysql() || trial.dialect.is_tsql();
        let mut schema = Self { tables: Vec::new(), evidence: Evidence::default(), is_loose };
        for (parts, _, read) in tables {
            let about = known.iter().find(|(name, _)| same(name, &parts)).map(|(_, table)| *table);
            schema.tables.push(table(trial.dialect, parts, about, &read, &used, &mut evidence));
        }
        schema.evidence = evidence;
        schema.settle();
        schema
    }

    /// Guesses what is not known, from what is known now.
    pub(super) fn settle(&mut self) {
        for column in self.tables.iter_mut().flat_map(|table| &mut table.columns) {
            column.class = self.evidence.class(&column.name);
            if column.is_guess {
                column.set(self.evidence.guess(&column.name));
            }
        }
    }
}

impl Column {
    /// A column of which only the name is known.
    pub(super) fn guessed(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Int,
            type_name: Kind::Int.type_name(),
            is_guess: true,
            not_null: false,
            unique: false,
            accepted: Vec::new(),
            class: 0,
        }
    }

    /// Gives a column another kind.
    pub(super) fn set(&mut self, kind: Kind) {
        self.type_name = kind.type_name();
        self.kind = kind;
    }
}

impl Table {
    /// Its name as SQL.
    pub(super) fn name(&self) -> String {
        self.parts.iter().map(|part| Dialect::DuckDb.quote_column(part)).collect::<Vec<_>>().join(".")
    }

    /// Statements that make it anew with some rows, each in brackets.
    pub(super) fn ddl(&self, rows: &[String]) -> String {
        let mut sql = String::new();
        if let [.., database, schema, _] = self.parts.as_slice() {
            let database = Dialect::DuckDb.quote(database);
            sql.push_str(&format!("attach if not exists ':memory:' as {database}; "));
            sql.push_str(&format!(
                "create schema if not exists {database}.{}; ",
                Dialect::DuckDb.quote(schema)
            ));
        } else if let [schema, _] = self.parts.as_slice() {
            sql.push_str(&format!("create schema if not exists {}; ", Dialect::DuckDb.quote(schema)));
        }
        let names: Vec<String> =
            self.columns.iter().map(|column| Dialect::DuckDb.quote_column(&column.name)).collect();
        let named = names.iter().zip(&self.columns);
        let table = self.name();
        // One statement is half the work of two.
        if rows.is_empty() {
            let columns: Vec<String> =
                named.map(|(name, column)| format!("{name} {}", column.type_name)).collect();
            sql.push_str(&format!("create or replace table {table} ({})", columns.join(", ")));
        } else {
            let columns: Vec<String> =
                named.map(|(name, column)| format!("{name}::{} as {name}", column.type_name)).collect();
            let (columns, rows, names) = (columns.join(", "), rows.join(", "), names.join(", "));
            sql.push_str(&format!(
                "create or replace table {table} as select {columns} from (values {rows}) as v({names})"
            ));
        }
        sql
    }
}

fn table(
    dialect: Dialect,
    parts: Vec<String>,
    about: Option<&TrialTable>,
    read: &[String],
    used: &Used,
    evidence: &mut Evidence,
) -> Table {
    let mut columns: Vec<Column> = Vec::new();
    for known in about.map_or(&[][..], |table| &table.columns) {
        let name = unquote(&known.name).into_owned();
        if !used.is_used(&name) {
            continue;
        }
        let mut column = Column::guessed(&name);
        if let Some(data_type) = &known.data_type {
            (column.kind, column.type_name) = Kind::of(dialect, data_type);
            column.is_guess = false;
            evidence.know(&name, &column.kind);
        }
        column.not_null = known.not_null;
        column.unique = known.unique;
        column.accepted = known.accepted.iter().map(|text| pool::read(&column.kind, text)).collect();
        columns.push(column);
    }
    let is_complete = about.is_some_and(|table| table.is_complete) && !columns.is_empty();
    for name in read.iter().filter(|_| !is_complete) {
        if !columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)) {
            columns.push(Column::guessed(name));
        }
    }
    if columns.is_empty() {
        columns.push(Column::guessed("id"));
    }
    Table { parts, columns, is_complete }
}

/// The columns of a table that a statement reads.
fn names(lineage: &StatementLineage, id: RelationId) -> Vec<String> {
    let relation = lineage.relation(id);
    let all = relation.columns.iter().chain(&relation.found).map(|column| lineage.column(*column));
    let named =
        all.filter(|column| !column.is_star).map(|column| unquote(lineage.text(column.name)).into_owned());
    named.collect()
}

/// The parts of a name, without quotes.
fn split(name: &str) -> Vec<String> {
    let words = Words::new(Dialect::DuckDb, name);
    let mut parts: Vec<String> = Vec::new();
    let mut joins = false;
    for (at, token) in words.all().iter().enumerate() {
        match token.kind {
            TokenKind::Symbol(b'.') => joins = false,
            // Backticks and what else is no name in DuckDB.
            _ if joins => {
                if let Some(last) = parts.last_mut() {
                    last.push_str(words.text(at));
                }
            }
            _ => {
                parts.push(words.text(at).to_owned());
                joins = true;
            }
        }
    }
    parts.iter().map(|part| unquote(part.trim()).into_owned()).collect()
}

/// True if two names mean one table: what one leaves out may be anything.
fn same(one: &[String], other: &[String]) -> bool {
    one.iter().rev().zip(other.iter().rev()).all(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// Which columns the queries could read at all.
struct Used {
    /// True if a star or something like it reads columns without naming them.
    all: bool,
    words: BTreeSet<String>,
}

impl Used {
    fn of(queries: &Queries) -> Self {
        let mut used = Self { all: false, words: BTreeSet::new() };
        for query in [&queries.old, &queries.new] {
            let words = Words::new(Dialect::DuckDb, &query.sql);
            used.all |= words.is(0, "from") || words.is(0, "table");
            for at in 0..words.len() {
                if words.symbol(at, b'*') {
                    let before = at.checked_sub(1);
                    let opens = before.is_some_and(|at| {
                        words.is_one_of(at, &["select", "distinct", "all"])
                            || words.symbol(at, b',')
                            || words.symbol(at, b'.')
                            || words.symbol(at, b')')
                    });
                    used.all |= opens;
                }
                used.all |= words.is_one_of(at, &["natural", "columns", "pivot", "unpivot", "positional"]);
                if words.is_name(at) {
                    used.words.insert(unquote(words.text(at)).to_lowercase());
                }
            }
        }
        used
    }

    fn is_used(&self, name: &str) -> bool {
        self.all || self.words.contains(&name.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_dots_outside_of_quotes() {
        assert_eq!(split("\"my db\".\"s.x\".t"), ["my db", "s.x", "t"]);
        assert_eq!(split("売上"), ["売上"]);
    }
}
