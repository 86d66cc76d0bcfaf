//! BigQuery's pipe operators: each makes a relation of the one before it.

use sqlparser::ast::{Expr, ExprWithAliasAndOrderBy, Ident, PipeOperator, SelectItem};

use super::Analyser;
use super::scope::{Scope, Source};
use super::visibility::Aliases;
use crate::lineage::kind::Role;
use crate::lineage::model::{RelationId, RelationKind};
use crate::lineage::names::Sym;

impl Analyser<'_, '_> {
    /// Applies `|> …` one after the other.
    pub(super) fn pipes(
        &mut self,
        (first, mut alias): (RelationId, Option<Sym>),
        operators: &[PipeOperator],
        outer: Option<&Scope<'_>>,
    ) -> RelationId {
        let mut below = first;
        // What was joined can be named until other columns are made.
        let mut joined: Vec<Source> = Vec::new();
        for operator in operators {
            let mut scope = Scope::inside(outer);
            scope.rule = Some(Aliases::No);
            scope.sources.push(Source::of(alias, below));
            let own = scope.sources.len();
            if !matches!(operator, PipeOperator::Join(_)) {
                scope.sources.extend(joined.iter().cloned());
            }
            if matches!(
                operator,
                PipeOperator::Select { .. } | PipeOperator::Aggregate { .. } | PipeOperator::As { .. }
            ) {
                joined.clear();
                alias = None;
            }
            let relation = self.relation(RelationKind::Select, Vec::new());
            self.rel(relation).inputs.push(below);
            match operator {
                PipeOperator::Select { exprs } => self.pipe_items(relation, exprs, &mut scope),
                PipeOperator::Extend { exprs } => {
                    self.star(relation, &scope, None, None);
                    self.pipe_items(relation, exprs, &mut scope);
                }
                PipeOperator::Where { expr } => {
                    self.decide(relation, [expr], &scope, Role::Filter);
                    self.star(relation, &scope, None, None);
                }
                PipeOperator::OrderBy { exprs } => {
                    self.decide(relation, exprs.iter().map(|order| &order.expr), &scope, Role::Order);
                    self.star(relation, &scope, None, None);
                }
                PipeOperator::Set { assignments } => {
                    let mut changed: Vec<(Sym, &Expr)> = Vec::new();
                    for assignment in assignments {
                        if let sqlparser::ast::AssignmentTarget::ColumnName(name) = &assignment.target
                            && let Some(name) = super::statement::last_part(name)
                        {
                            changed.push((self.key(&name), &assignment.value));
                        }
                    }
                    for column in self.all_columns(below) {
                        let data = self.col(column);
                        let (name, key) = (data.name, data.key);
                        if data.is_star {
                            let keys: Vec<Sym> = changed.iter().map(|(key, _)| *key).collect();
                            self.copy_star(relation, column, &keys);
                        } else if let Some((_, value)) = changed.iter().find(|(of, _)| *of == key) {
                            self.expression(relation, value, name, key, None, &scope);
                        } else {
                            self.copy(relation, name, key, column);
                        }
                    }
                }
                PipeOperator::Drop { columns } => {
                    let keys: Vec<Sym> = columns.iter().map(|name| self.key(name)).collect();
                    self.copy_columns(relation, below, &keys);
                }
                PipeOperator::Rename { mappings } => {
                    let renames: Vec<(Sym, &Ident)> =
                        mappings.iter().map(|it| (self.key(&it.ident), &it.alias)).collect();
                    for column in self.all_columns(below) {
                        let data = self.col(column);
                        let (mut name, mut key, is_star) = (data.name, data.key, data.is_star);
                        if let Some((_, new)) = renames.iter().find(|(old, _)| *old == key) {
                            (name, key) = (self.shown(new), self.key(new));
                        }
                        if is_star {
                            let keys: Vec<Sym> = renames.iter().map(|(old, _)| *old).collect();
                            self.copy_star(relation, column, &keys);
                        } else {
                            self.copy(relation, name, key, column);
                        }
                    }
                }
                PipeOperator::As { alias: name } => {
                    alias = Some(self.key(name));
                    continue;
                }
                PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
                    self.decide(relation, group_by_expr.iter().map(|it| &it.expr.expr), &scope, Role::Group);
                    for item in group_by_expr.iter().chain(full_table_exprs) {
                        self.pipe_item(relation, item, &scope);
                    }
                }
                PipeOperator::Join(join) => {
                    self.join(relation, join, 0, &mut scope);
                    let new = || scope.sources.iter().skip(own);
                    self.rel(relation).inputs.extend(new().map(|it| it.relation));
                    joined.extend(new().map(|it| Source { is_hidden: true, ..it.clone() }));
                    self.star(relation, &scope, None, None);
                }
                PipeOperator::Union { queries, .. } => {
                    let mut branches = vec![below];
                    for query in queries {
                        let branch = self.query(query, outer);
                        self.rel(relation).inputs.push(branch);
                        branches.push(branch);
                    }
                    self.by_position(relation, &branches);
                }
                PipeOperator::Intersect { queries, .. } | PipeOperator::Except { queries, .. } => {
                    for query in queries {
                        let branch = self.query(query, outer);
                        self.rel(relation).inputs.push(branch);
                        let columns = self.all_columns(branch);
                        self.decide_by_columns(relation, &columns, Role::SetOperation);
                    }
                    self.star(relation, &scope, None, None);
                }
                PipeOperator::Limit { .. } | PipeOperator::TableSample { .. } => {
                    self.star(relation, &scope, None, None);
                }
                PipeOperator::Pivot { aggregate_functions, value_column, value_source, alias: name } => {
                    let columns: Vec<Expr> = value_column.iter().cloned().map(Expr::Identifier).collect();
                    let columns = columns.iter().collect();
                    below = self.pivot_of(&scope, columns, value_source, aggregate_functions);
                    alias = name.as_ref().map(|name| self.key(name));
                    continue;
                }
                PipeOperator::Unpivot { value_column, name_column, unpivot_columns, alias: name } => {
                    let columns: Vec<Expr> = unpivot_columns.iter().cloned().map(Expr::Identifier).collect();
                    let columns: Vec<&Expr> = columns.iter().collect();
                    let values = std::slice::from_ref(value_column);
                    below = self.unpivoted(below, &scope, &columns, values, name_column);
                    alias = name.as_ref().map(|name| self.key(name));
                    continue;
                }
                PipeOperator::Call { .. } => {
                    let edges = [self.not_followed("pipe operator")];
                    self.star_of_edges(relation, &edges, &[]);
                }
            }
            below = relation;
        }
        below
    }

    fn pipe_items(&mut self, relation: RelationId, items: &[SelectItem], scope: &mut Scope<'_>) {
        for item in items {
            self.item(relation, item, None, scope);
        }
    }

    fn pipe_item(&mut self, relation: RelationId, item: &ExprWithAliasAndOrderBy, scope: &Scope<'_>) {
        let ((name, key), is_unnamed) = match &item.expr.alias {
            Some(alias) => ((self.shown(alias), self.key(alias)), false),
            None => {
                let at = self.relations[relation.0 as usize].columns.len();
                self.name_of(&item.expr.expr, at, None)
            }
        };
        let column = self.expression(relation, &item.expr.expr, name, key, None, scope);
        self.columns[column.0 as usize].is_unnamed = is_unnamed;
    }
}
