//! A query: its CTEs, its body, its order.

use sqlparser::ast::{
    Expr, Ident, OrderBy, OrderByKind, Query, SelectFlavor, SetExpr, TableAliasColumnDef, TableFactor,
    TableWithJoins, Values,
};

use super::Analyser;
use super::expr::Gathered;
use super::scope::{Scope, Source};
use super::visibility::Aliases;
use crate::lineage::kind::{Kind, Role};
use crate::lineage::model::{ColumnId, Edge, RelationId, RelationKind, ShapeEdge};
use crate::lineage::names::Sym;
use crate::sql::Dialect;

impl Analyser<'_, '_> {
    /// A query with all that stands in it; `outer` is what a subquery can name beyond its own `from`.
    pub(super) fn query(&mut self, query: &Query, outer: Option<&Scope<'_>>) -> RelationId {
        stacker::maybe_grow(256 << 10, 4 << 20, || {
            let known = self.ctes.len();
            if let Some(with) = &query.with {
                self.with(with, outer);
            }
            let mut relation = self.body(&query.body, query.order_by.as_ref(), outer);
            if !query.pipe_operators.is_empty() {
                let alias = only_source(&query.body).map(|name| self.key(&name));
                relation = self.pipes((relation, alias), &query.pipe_operators, outer);
            }
            self.ctes.truncate(known);
            relation
        })
    }

    /// The body of a query, or a branch of a set operation.
    pub(super) fn body(
        &mut self,
        body: &SetExpr,
        order_by: Option<&OrderBy>,
        outer: Option<&Scope<'_>>,
    ) -> RelationId {
        self.step();
        match body {
            SetExpr::Select(select) => self.select(select, order_by, outer),
            SetExpr::Query(query) => {
                let relation = self.query(query, outer);
                self.order_of_columns(relation, order_by, outer);
                relation
            }
            SetExpr::SetOperation { .. } => {
                let relation =
                    stacker::maybe_grow(256 << 10, 4 << 20, || self.set_operation(body, outer, None));
                self.order_of_columns(relation, order_by, outer);
                relation
            }
            SetExpr::Values(values) => self.values(values, outer),
            SetExpr::Table(table) => {
                let names = [table.schema_name.as_ref(), table.table_name.as_ref()];
                let parts: Vec<Sym> = names.into_iter().flatten().map(|name| self.names.sym(name)).collect();
                let keys: Vec<Sym> = names
                    .into_iter()
                    .flatten()
                    .map(|name| self.names.folded(self.dialect, name, false))
                    .collect();
                let table = self.table(&keys, &parts);
                let relation = self.relation(RelationKind::Select, Vec::new());
                self.rel(relation).inputs.push(table);
                self.copy_columns(relation, table, &[]);
                relation
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.returned(statement),
        }
    }

    /// Copies all columns of a relation into another, but for some.
    pub(super) fn copy_columns(&mut self, into: RelationId, from: RelationId, except: &[Sym]) {
        for column in self.all_columns(from) {
            let data = self.col(column);
            let (name, key) = (data.name, data.key);
            if data.is_star {
                self.copy_star(into, column, except);
            } else if !except.contains(&key) {
                self.copy(into, name, key, column);
            }
            if self.is_spent() {
                return;
            }
        }
    }

    /// `order by` behind a set operation: only columns of the result can be named.
    fn order_of_columns(
        &mut self,
        relation: RelationId,
        order_by: Option<&OrderBy>,
        outer: Option<&Scope<'_>>,
    ) {
        let Some(order_by) = order_by else { return };
        let mut scope = Scope::inside(outer);
        scope.sources.push(Source::of(None, relation));
        self.order(relation, order_by, &scope);
    }

    /// `order by` as shape edges.
    pub(super) fn order(&mut self, relation: RelationId, order_by: &OrderBy, scope: &Scope<'_>) {
        match &order_by.kind {
            OrderByKind::All(_) => {
                let columns = self.rel(relation).columns.clone();
                self.decide_by_columns(relation, &columns, Role::Order);
            }
            OrderByKind::Expressions(exprs) if matches!(exprs.as_slice(), [only] if is_all(&only.expr)) => {
                let columns = self.rel(relation).columns.clone();
                self.decide_by_columns(relation, &columns, Role::Order);
            }
            OrderByKind::Expressions(exprs) => {
                let exprs: Vec<&Expr> = exprs.iter().map(|order| &order.expr).collect();
                self.decide_by_keys(relation, &exprs, scope, Role::Order);
            }
        }
    }

    /// Keys that may be places of output columns: `group by 1`.
    pub(super) fn decide_by_keys(
        &mut self,
        relation: RelationId,
        keys: &[&Expr],
        scope: &Scope<'_>,
        role: Role,
    ) {
        let columns = self.rel(relation).columns.clone();
        for key in keys {
            match ordinal(key) {
                Some(place) => {
                    let star = columns.iter().take(place).position(|id| self.col(*id).is_star);
                    let column = columns.get(star.unwrap_or(place.saturating_sub(1)));
                    if let Some(column) = column {
                        self.decide_by_columns(relation, &[*column], role);
                    }
                }
                None => self.decide(relation, [*key], scope, role),
            }
        }
    }

    /// Columns that decide rows.
    pub(super) fn decide_by_columns(&mut self, relation: RelationId, columns: &[ColumnId], role: Role) {
        let edges =
            columns.iter().map(|id| ShapeEdge { from: crate::lineage::model::From::Column(*id), role });
        self.add_shape(relation, edges);
    }

    /// `values (1, 2), (3, 4)`.
    pub(super) fn values(&mut self, values: &Values, outer: Option<&Scope<'_>>) -> RelationId {
        let relation = self.relation(RelationKind::Values, Vec::new());
        let width = values.rows.iter().map(|row| row.content.len()).max().unwrap_or(0);
        let mut scope = Scope::inside(outer);
        scope.rule = Some(Aliases::No);
        let mut gathered: Vec<Gathered> = (0..width).map(|_| Gathered::default()).collect();
        for row in &values.rows {
            for (place, expr) in row.content.iter().enumerate() {
                self.expr(expr, &scope, Kind::Identity, &mut gathered[place]);
            }
        }
        for (place, mut out) in gathered.into_iter().enumerate() {
            let name = match self.dialect {
                Dialect::DuckDb => format!("col{place}"),
                Dialect::Spark | Dialect::Databricks => format!("col{}", place + 1),
                Dialect::Trino | Dialect::Athena => format!("_col{place}"),
                Dialect::MySql | Dialect::MariaDb => format!("column_{place}"),
                _ => format!("column{}", place + 1),
            };
            let edges = out.take_edges();
            let kind = out.kind(&edges);
            let (name, key) = (self.names.sym(&name), self.names.folded(self.dialect, &name, false));
            let column = self.add(relation, name, key, &edges);
            self.columns[column.0 as usize].kind = kind;
            self.columns[column.0 as usize].is_unnamed = true;
            self.rel(relation).inputs.extend(out.inputs);
        }
        relation
    }

    /// The same relation under other names of its columns, as far as there are names.
    pub(super) fn renamed(
        &mut self,
        relation: RelationId,
        kind: RelationKind,
        name: Vec<Sym>,
        columns: &[TableAliasColumnDef],
    ) -> RelationId {
        let alias = self.relation(kind, name);
        self.rel(alias).inputs.push(relation);
        let from = self.all_columns(relation);
        let stars = self.stars_of(relation);
        let first_star = from.iter().position(|id| self.col(*id).is_star);
        let mut hidden = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let (name, key) = (self.shown(&column.name), self.key(&column.name));
            match (first_star, from.get(place)) {
                (Some(star), _) if place >= star => {
                    // A place among columns that are not known.
                    if from.len() == 1
                        && let Some(sure) = self.nth(relation, place)
                    {
                        self.copy(alias, name, key, sure);
                        continue;
                    }
                    let edges: Vec<Edge> = Self::edges_from(&stars, Kind::Rename);
                    self.add(alias, name, key, &edges);
                }
                (_, Some(column)) => {
                    self.copy(alias, name, key, *column);
                }
                (_, None) => {
                    self.add(alias, name, key, &[]);
                }
            }
            hidden.push(key);
        }
        for (place, column) in from.iter().enumerate().skip(columns.len()) {
            let data = self.col(*column);
            let (name, key) = (data.name, data.key);
            if data.is_star {
                self.copy_star(alias, *column, &[]);
            } else if first_star.is_none_or(|star| place < star) {
                self.copy(alias, name, key, *column);
            }
        }
        // Elsewhere there must be a name for each column.
        let may_be_shorter = matches!(
            self.dialect,
            Dialect::Postgres | Dialect::Redshift | Dialect::DuckDb | Dialect::Snowflake
        );
        if may_be_shorter && first_star.is_some_and(|star| star < columns.len()) {
            self.add_star(alias, relation, &[]);
        }
        alias
    }

    /// The column at a place of a table whose columns are not known.
    fn nth(&mut self, relation: RelationId, place: usize) -> Option<ColumnId> {
        let through: Vec<RelationId> = self.state(relation).through.iter().map(|it| it.relation).collect();
        let is_union = !self.state(relation).others.is_empty();
        match through.as_slice() {
            [] if self.state(relation).element.is_none() => {
                let name = self.names.sym(&format!("@{}", place + 1));
                self.take(relation, name, name)
            }
            [below] if !is_union => self.nth(*below, place),
            _ => None,
        }
    }
}

/// The name by which `from t |> …` knows the only relation that it begins with.
fn only_source(body: &SetExpr) -> Option<Ident> {
    let SetExpr::Select(select) = body else { return None };
    let [TableWithJoins { relation, joins }] = select.from.as_slice() else { return None };
    match relation {
        _ if !joins.is_empty() || select.flavor != SelectFlavor::FromFirstNoSelect => None,
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(alias.name.clone())
        }
        TableFactor::Table { name, .. } => super::expr::idents(name).pop(),
        _ => None,
    }
}

/// True for `order by all`, which some parsers take for a name; it can be none without quotes.
fn is_all(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("all"))
}

/// The place that a whole number names.
fn ordinal(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Value(value) => match &value.value {
            sqlparser::ast::Value::Number(text, _) => text.parse().ok().filter(|place| *place > 0),
            _ => None,
        },
        _ => None,
    }
}
