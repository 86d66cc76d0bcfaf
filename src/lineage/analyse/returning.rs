//! `returning`: the rows that an `insert`, `update` or `delete` in a CTE gives.

use sqlparser::ast::{FromTable, Ident, SelectItem, Statement, TableFactor, TableObject};

use super::Analyser;
use super::scope::{Scope, Source};
use crate::lineage::kind::Kind;
use crate::lineage::model::{RelationId, RelationKind};
use crate::lineage::names::Sym;

/// What a statement says of the rows that it gives.
struct Returning<'s> {
    items: &'s [SelectItem],
    table: &'s sqlparser::ast::ObjectName,
    /// True if an `insert` makes the rows, so that what it doesn't write is a default.
    is_new: bool,
    /// The name that the table has in the statement, if it is another.
    alias: Option<&'s Ident>,
    /// True if names may be those of other relations.
    has_others: bool,
}

impl Analyser<'_, '_> {
    /// A statement in a CTE: what it returns, or else what it writes.
    pub(super) fn returned(&mut self, statement: &Statement) -> RelationId {
        let done = self.statement(statement);
        let written = done.output.unwrap_or_else(|| self.relation(RelationKind::Write, Vec::new()));
        let Some(returning) = returning(statement) else { return written };
        let parts = self.table_parts(returning.table);
        let keys: Vec<Sym> = parts.iter().map(|part| self.key(part)).collect();
        let shown: Vec<Sym> = parts.iter().map(|part| self.shown(part)).collect();
        let table = self.table(&keys, &shown);

        // What was written stands before what the table has.
        let rows = self.relation(RelationKind::Alias, Vec::new());
        self.rel(rows).inputs.push(written);
        self.copy_columns(rows, written, &[]);
        let given: Vec<Sym> = self.rel(rows).columns.clone().into_iter().map(|id| self.col(id).key).collect();
        if !returning.is_new {
            self.rel(rows).inputs.push(table);
            self.copy_columns(rows, table, &given);
        } else if self.relations[table.0 as usize].is_open {
            self.rel(rows).is_open = true;
        } else {
            for column in self.all_columns(table) {
                let (name, key) = (self.col(column).name, self.col(column).key);
                if !given.contains(&key) {
                    let column = self.add(rows, name, key, &[]);
                    self.columns[column.0 as usize].kind = Kind::Generated;
                }
            }
        }

        let mut scope = Scope::default();
        let alias = match returning.alias {
            Some(alias) => Some(self.key(alias)),
            None => keys.last().copied(),
        };
        scope.sources.push(Source { parts: keys, ..Source::of(alias, rows) });
        let relation = self.relation(RelationKind::Select, Vec::new());
        self.rel(relation).inputs.push(rows);
        let known = self.problems.len();
        for item in returning.items {
            self.item(relation, item, None, &mut scope);
        }
        if returning.has_others {
            self.problems.truncate(known);
        }
        relation
    }
}

fn returning(statement: &Statement) -> Option<Returning<'_>> {
    match statement {
        Statement::Insert(insert) => {
            let TableObject::TableName(table) = &insert.table else { return None };
            let items = insert.returning.as_deref()?;
            let alias = insert.table_alias.as_ref().map(|alias| &alias.alias);
            Some(Returning { items, table, is_new: true, alias, has_others: false })
        }
        Statement::Update(update) => {
            let TableFactor::Table { name: table, alias, .. } = &update.table.relation else { return None };
            let alias = alias.as_ref().map(|alias| &alias.name);
            let items = update.returning.as_deref()?;
            Some(Returning { items, table, is_new: false, alias, has_others: update.from.is_some() })
        }
        Statement::Delete(delete) => {
            let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
            let TableFactor::Table { name: table, alias, .. } = &from.first()?.relation else { return None };
            let alias = alias.as_ref().map(|alias| &alias.name);
            let items = delete.returning.as_deref()?;
            Some(Returning { items, table, is_new: false, alias, has_others: delete.using.is_some() })
        }
        _ => None,
    }
}
