//! `insert all into a … into b … select …`: each target is a statement of its own over the same query.

use sqlparser::ast::{Expr, Ident, Insert, MultiTableInsertIntoClause, MultiTableInsertValue, Statement};

use super::Analyser;
use super::scope::{Scope, Source};
use super::statement::Done;
use crate::lineage::kind::Role;
use crate::lineage::model::{RelationId, RelationKind, StatementKind};

/// How many targets a statement writes; one for those that write none.
pub(in crate::lineage) fn targets(statement: &Statement) -> usize {
    match statement {
        Statement::Insert(insert) => clauses(insert).count().max(1),
        _ => 1,
    }
}

/// The targets of an insert into several, each with the condition for its rows.
fn clauses(insert: &Insert) -> impl Iterator<Item = (Option<&Expr>, &MultiTableInsertIntoClause)> {
    let plain = insert.multi_table_into_clauses.iter().map(|clause| (None, clause));
    let whens = insert
        .multi_table_when_clauses
        .iter()
        .flat_map(|when| when.into_clauses.iter().map(|clause| (Some(&when.condition), clause)));
    let others = insert.multi_table_else_clause.iter().flatten().map(|clause| (None, clause));
    plain.chain(whens).chain(others)
}

impl Analyser<'_, '_> {
    /// The target whose turn it is; `None` if the insert has only one.
    pub(super) fn insert_all(&mut self, insert: &Insert) -> Option<Done> {
        let (condition, clause) = clauses(insert).nth(self.target)?;
        let source = insert.source.as_ref()?;
        let from = self.query(source, None);
        let mut scope = Scope::default();
        scope.sources.push(Source::of(None, from));
        let output = self.filled(from, clause, &scope);
        self.decide(output, condition, &scope, Role::Filter);
        let target = Some(self.target(&clause.table_name));
        Some(Done { kind: StatementKind::Insert, target, output: Some(output) })
    }

    fn filled(
        &mut self,
        from: RelationId,
        clause: &MultiTableInsertIntoClause,
        scope: &Scope<'_>,
    ) -> RelationId {
        let parts = self.table_parts(&clause.table_name);
        let mut names: Vec<Ident> = clause.columns.clone();
        let Some(values) = &clause.values else {
            if names.is_empty() {
                names = self.filled_columns(&parts, from, &[]);
            }
            if !names.is_empty() {
                return self.write_columns(from, &names);
            }
            let output = self.relation(RelationKind::Write, Vec::new());
            self.rel(output).inputs.push(from);
            self.copy_columns(output, from, &[]);
            return output;
        };
        if names.is_empty() {
            names = self.target_columns(&parts).unwrap_or_default();
        }
        let output = self.relation(RelationKind::Write, Vec::new());
        self.rel(output).inputs.push(from);
        for (place, value) in values.values.iter().enumerate() {
            match (value, names.get(place)) {
                (MultiTableInsertValue::Expr(value), Some(name)) => self.assign(output, name, value, scope),
                (MultiTableInsertValue::Expr(value), None) => {
                    let ((shown, key), _) = self.name_of(value, place, None);
                    self.expression(output, value, shown, key, None, scope);
                }
                (MultiTableInsertValue::Default, Some(name)) => {
                    let (shown, key) = (self.shown(name), self.key(name));
                    self.add(output, shown, key, &[]);
                }
                (MultiTableInsertValue::Default, None) => {}
            }
        }
        output
    }
}
