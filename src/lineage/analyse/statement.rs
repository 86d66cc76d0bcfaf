//! Statements: what they read as a query, and what they write.

use sqlparser::ast::{
    CreateTable, CreateView, Delete, Expr, FromTable, Ident, ObjectName, Query, SetExpr, Statement,
    TableFactor,
};

use super::Analyser;
use super::expr::idents;
use super::scope::Scope;
use crate::lineage::kind::Role;
use crate::lineage::model::{RelationId, RelationKind, StatementKind};
use crate::lineage::names::Sym;

/// What came of a statement.
pub(super) struct Done {
    pub(super) kind: StatementKind,
    pub(super) target: Option<Vec<Sym>>,
    pub(super) output: Option<RelationId>,
}

impl Done {
    pub(super) fn nothing(kind: StatementKind) -> Self {
        Self { kind, target: None, output: None }
    }
}

impl Analyser<'_, '_> {
    /// One statement.
    pub(super) fn statement(&mut self, statement: &Statement) -> Done {
        match statement {
            Statement::Query(query) => self.query_statement(query),
            Statement::CreateTable(table) => self.create_table(table),
            Statement::CreateView(view) => self.create_view(view),
            Statement::AlterView { name, columns, query, .. } => {
                self.create(StatementKind::CreateView, name, columns, query)
            }
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Merge(merge) => self.merge_statement(merge),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Explain { statement, .. } | Statement::Prepare { statement, .. } => {
                self.statement(statement)
            }
            Statement::Directory { source: query, .. }
            | Statement::Unload { query: Some(query), .. }
            | Statement::Copy { source: sqlparser::ast::CopySource::Query(query), .. } => {
                let output = self.query(query, None);
                Done { kind: StatementKind::Query, target: None, output: Some(output) }
            }
            Statement::ExportData(export) => {
                let output = self.query(&export.query, None);
                Done { kind: StatementKind::Query, target: None, output: Some(output) }
            }
            Statement::Cache { table_name, query: Some(query), .. } => {
                self.create(StatementKind::CreateTable, table_name, &[], query)
            }
            _ => Done::nothing(StatementKind::Other),
        }
    }

    fn query_statement(&mut self, query: &Query) -> Done {
        // `with … insert …` and its like.
        if let SetExpr::Insert(inner)
        | SetExpr::Update(inner)
        | SetExpr::Delete(inner)
        | SetExpr::Merge(inner) = &*query.body
        {
            let known = self.ctes.len();
            if let Some(with) = &query.with {
                self.with(with, None);
            }
            let done = self.statement(inner);
            self.ctes.truncate(known);
            return done;
        }
        let output = self.query(query, None);
        let into = first_select(&query.body).and_then(|select| select.into.as_ref());
        let target = into.and_then(|into| into.targets.first()).and_then(|target| match target {
            Expr::Identifier(name) => Some(vec![name.clone()]),
            Expr::CompoundIdentifier(names) => Some(names.clone()),
            _ => None,
        });
        match target {
            Some(parts) => {
                let target = parts.iter().map(|part| self.shown(part)).collect();
                Done { kind: StatementKind::CreateTable, target: Some(target), output: Some(output) }
            }
            None => Done { kind: StatementKind::Query, target: None, output: Some(output) },
        }
    }

    /// The parts of a target's name.
    pub(super) fn target(&mut self, name: &ObjectName) -> Vec<Sym> {
        let parts = self.table_parts(name);
        parts.iter().map(|part| self.shown(part)).collect()
    }

    fn create_table(&mut self, table: &CreateTable) -> Done {
        if let Some(name) = &table.clone {
            let parts = self.table_parts(name);
            let keys: Vec<Sym> = parts.iter().map(|part| self.key(part)).collect();
            let shown: Vec<Sym> = parts.iter().map(|part| self.shown(part)).collect();
            let source = self.table(&keys, &shown);
            let output = self.relation(RelationKind::Write, Vec::new());
            self.rel(output).inputs.push(source);
            self.copy_columns(output, source, &[]);
            let target = Some(self.target(&table.name));
            return Done { kind: StatementKind::CreateTable, target, output: Some(output) };
        }
        match &table.query {
            Some(query) => {
                let columns: Vec<Ident> = table.columns.iter().map(|column| column.name.clone()).collect();
                self.create(StatementKind::CreateTable, &table.name, &columns, query)
            }
            None => {
                Done { target: Some(self.target(&table.name)), ..Done::nothing(StatementKind::CreateTable) }
            }
        }
    }

    fn create_view(&mut self, view: &CreateView) -> Done {
        let columns: Vec<Ident> = view.columns.iter().map(|column| column.name.clone()).collect();
        let name = view.to.as_ref().unwrap_or(&view.name);
        self.create(StatementKind::CreateView, name, &columns, &view.query)
    }

    fn create(&mut self, kind: StatementKind, name: &ObjectName, columns: &[Ident], query: &Query) -> Done {
        let mut output = self.query(query, None);
        if !columns.is_empty() {
            output = self.write_columns(output, columns);
        }
        Done { kind, target: Some(self.target(name)), output: Some(output) }
    }

    fn delete(&mut self, delete: &Delete) -> Done {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let output = self.relation(RelationKind::Write, Vec::new());
        let mut scope = Scope::default();
        for table in from.iter().chain(delete.using.iter().flatten()) {
            self.table_with_joins(output, table, &mut scope);
        }
        self.rel(output).inputs.extend(scope.sources.iter().map(|source| source.relation));
        self.decide(output, &delete.selection, &scope, Role::Filter);
        let target = match (delete.tables.first(), from.first().map(|table| &table.relation)) {
            (Some(name), _) | (None, Some(TableFactor::Table { name, .. })) => Some(self.target(name)),
            _ => None,
        };
        Done { kind: StatementKind::Delete, target, output: Some(output) }
    }
}

/// The first `select` of a query's body.
fn first_select(body: &SetExpr) -> Option<&sqlparser::ast::Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

/// The last part of a name.
pub(super) fn last_part(name: &ObjectName) -> Option<Ident> {
    idents(name).pop()
}
