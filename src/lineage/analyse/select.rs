//! One `select`: its sources, its columns, and what decides its rows.

use std::ops::Range;
use std::sync::Arc;

use sqlparser::ast::{
    ConnectByKind, DataType, Distinct, Expr, GroupByExpr, GroupByWithModifier, Ident, ObjectNamePart,
    OrderBy, Select, SelectFlavor, SelectItem, Value,
};

use super::Analyser;
use super::expr::Gathered;
use super::function;
use super::scope::Scope;
use super::visibility::Aliases;
use crate::lineage::kind::{Kind, Role};
use crate::lineage::model::{ColumnId, From, RelationId, RelationKind};
use crate::lineage::names::Sym;
use crate::sql::Dialect;

impl Analyser<'_, '_> {
    /// A `select`, with the `order by` that stands behind it.
    pub(super) fn select(
        &mut self,
        select: &Select,
        order_by: Option<&OrderBy>,
        outer: Option<&Scope<'_>>,
    ) -> RelationId {
        let relation = self.relation(RelationKind::Select, Vec::new());
        let mut scope = Scope::inside(outer);
        scope.windows = &select.named_window;
        if self.rules.in_join != Aliases::No && select.from.iter().any(|table| !table.joins.is_empty()) {
            for item in &select.projection {
                if let SelectItem::ExprWithAlias { alias, .. } = item {
                    let key = self.key(alias);
                    scope.later.push(key);
                }
            }
        }
        for table in &select.from {
            self.table_with_joins(relation, table, &mut scope);
        }
        for view in &select.lateral_views {
            self.lateral_view(relation, view, &mut scope);
        }
        self.rel(relation).inputs.extend(scope.sources.iter().map(|source| source.relation));

        if select.flavor == SelectFlavor::FromFirstNoSelect {
            // DuckDB's `from t`.
            self.star(relation, &scope, None, None);
        }
        let items = match self.places {
            Some(places) if !select.projection.is_empty() => places.items(select),
            _ => Vec::new(),
        };
        scope.rule = Some(self.rules.in_select);
        for (place, item) in select.projection.iter().enumerate() {
            self.item(relation, item, items.get(place).cloned(), &mut scope);
            if self.is_spent() {
                return relation;
            }
        }
        if let Some(exclude) = &select.exclude {
            let keys = self.excluded(Some(exclude), None);
            let columns = std::mem::take(&mut self.rel(relation).columns);
            let kept = columns.into_iter().filter(|id| !keys.contains(&self.col(*id).key)).collect();
            self.rel(relation).columns = kept;
        }
        self.clauses(relation, select, &mut scope);
        match &select.distinct {
            Some(Distinct::Distinct) => {
                let columns = self.rel(relation).columns.clone();
                self.decide_by_columns(relation, &columns, Role::Distinct);
            }
            Some(Distinct::On(keys)) => {
                scope.rule = Some(Aliases::AfterKnown);
                let keys: Vec<&Expr> = keys.iter().collect();
                self.decide_by_keys(relation, &keys, &scope, Role::Distinct);
            }
            _ => {}
        }
        if let Some(order_by) = order_by {
            scope.rule = Some(Aliases::First);
            self.order(relation, order_by, &scope);
        }
        relation
    }

    fn clauses(&mut self, relation: RelationId, select: &Select, scope: &mut Scope<'_>) {
        let rules = self.rules;
        scope.rule = Some(rules.in_where);
        self.decide(relation, select.prewhere.iter().chain(&select.selection), scope, Role::Filter);
        for connect in &select.connect_by {
            match connect {
                ConnectByKind::ConnectBy { relationships, .. } => {
                    self.decide(relation, relationships, scope, Role::JoinKey);
                }
                ConnectByKind::StartWith { condition, .. } => {
                    self.decide(relation, [&**condition], scope, Role::Filter);
                }
            }
        }
        scope.rule = Some(rules.in_group);
        match &select.group_by {
            GroupByExpr::All(_) => {
                let columns = self.rel(relation).columns.clone();
                let keys: Vec<ColumnId> =
                    columns.into_iter().filter(|id| self.col(*id).kind < Kind::Aggregate).collect();
                self.decide_by_columns(relation, &keys, Role::Group);
            }
            GroupByExpr::Expressions(keys, modifiers) => {
                let mut all: Vec<&Expr> = keys.iter().collect();
                for modifier in modifiers {
                    if let GroupByWithModifier::GroupingSets(sets) = modifier {
                        all.push(sets);
                    }
                }
                self.decide_by_keys(relation, &all, scope, Role::Group);
            }
        }
        scope.rule = Some(rules.in_having);
        self.decide(relation, &select.having, scope, Role::Filter);
        scope.rule = Some(rules.in_qualify);
        self.decide(relation, &select.qualify, scope, Role::Filter);
        scope.rule = Some(Aliases::First);
        let sorts = select.sort_by.iter().map(|order| &order.expr);
        self.decide(
            relation,
            select.cluster_by.iter().chain(&select.distribute_by).chain(sorts),
            scope,
            Role::Order,
        );
    }

    pub(super) fn item(
        &mut self,
        relation: RelationId,
        item: &SelectItem,
        place: Option<Range<u32>>,
        scope: &mut Scope<'_>,
    ) {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                if self.columns_call(relation, expr, None, scope) || self.generator(relation, expr, scope) {
                    return;
                }
                let (name, is_unnamed) = self.name_of(expr, self.rel_width(relation), place.as_ref());
                let (shown, key) = name;
                let column = self.expression(relation, expr, shown, key, place, scope);
                self.columns[column.0 as usize].is_unnamed = is_unnamed;
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                if self.columns_call(relation, expr, Some(alias), scope) {
                    return;
                }
                let (shown, key) = (self.shown(alias), self.key(alias));
                let place = match (self.places, place) {
                    (Some(places), Some(place)) => Some(places.without_alias(place, alias)),
                    _ => None,
                };
                let column = self.expression(relation, expr, shown, key, place, scope);
                scope.aliases.push((key, column));
            }
            SelectItem::ExprWithAliases { expr, aliases } => {
                for alias in aliases {
                    let (shown, key) = (self.shown(alias), self.key(alias));
                    let column = self.expression(relation, expr, shown, key, place.clone(), scope);
                    scope.aliases.push((key, column));
                }
            }
            SelectItem::Wildcard(options) => self.star(relation, scope, None, Some(options)),
            SelectItem::QualifiedWildcard(qualifier, options) => {
                self.star(relation, scope, Some(qualifier), Some(options));
            }
        }
    }

    fn rel_width(&self, relation: RelationId) -> usize {
        self.relations[relation.0 as usize].columns.len()
    }

    /// A column by its expression.
    pub(super) fn expression(
        &mut self,
        relation: RelationId,
        expr: &Expr,
        name: Sym,
        key: Sym,
        place: Option<Range<u32>>,
        scope: &Scope<'_>,
    ) -> ColumnId {
        if let Some(column) = self.struct_column(relation, expr, (name, key), scope) {
            self.columns[column.0 as usize].span = place;
            return column;
        }
        let mut out = Gathered::default();
        self.expr(expr, scope, Kind::Identity, &mut out);
        let mut edges = out.take_edges();
        let mut nullable = None;
        let mut data_type = type_of(expr);
        for edge in &mut edges {
            let From::Column(below) = edge.from else { continue };
            let below_data = self.col(below);
            if edge.kind == Kind::Identity {
                data_type = data_type.or_else(|| self.type_of(below));
                nullable = below_data.nullable.filter(|_| !is_nullable(scope, below_data.relation));
            }
            if edge.kind == Kind::Identity && below_data.key != key {
                edge.kind = Kind::Rename;
            }
        }
        let kind = out.kind(&edges);
        let column = self.add(relation, name, key, &edges);
        let data = &mut self.columns[column.0 as usize];
        (data.kind, data.span, data.data_type) = (kind, place, data_type);
        data.nullable = match kind {
            Kind::Constant => Some(matches!(expr, Expr::Value(value) if matches!(value.value, Value::Null))),
            _ => nullable,
        };
        self.note_rows(column, expr, &out.inputs);
        self.rel(relation).inputs.extend(out.inputs);
        column
    }

    /// The name that a warehouse gives to an expression, and whether it is one that the author did not write.
    pub(super) fn name_of(
        &mut self,
        expr: &Expr,
        at: usize,
        place: Option<&Range<u32>>,
    ) -> ((Sym, Sym), bool) {
        let bare = match expr {
            Expr::Function(function) => function::bare_user(self.dialect, function),
            _ => None,
        };
        if let Some(name) = bare.or_else(|| written_name(expr)) {
            return ((self.shown(name), self.key(name)), false);
        }
        if let Expr::JsonAccess { path, .. } = expr
            && let Some(sqlparser::ast::JsonPathElem::Dot { key, quoted }) = path.path.last()
        {
            return ((self.names.sym(key), self.names.folded(self.dialect, key, *quoted)), false);
        }
        let text = match self.dialect {
            Dialect::Postgres | Dialect::Redshift | Dialect::DataFusion => match expr {
                Expr::Function(function) => match function.name.0.last() {
                    Some(ObjectNamePart::Identifier(name)) => name.value.to_lowercase(),
                    _ => "?column?".to_owned(),
                },
                Expr::Case { .. } => "case".to_owned(),
                Expr::Exists { .. } => "exists".to_owned(),
                _ => "?column?".to_owned(),
            },
            Dialect::BigQuery => format!("f{at}_"),
            Dialect::Trino | Dialect::Athena => format!("_col{at}"),
            Dialect::Generic | Dialect::MsSql | Dialect::Fabric => format!("_col_{at}"),
            _ => match (self.places, place) {
                (Some(places), Some(place)) => {
                    places.sql()[place.start as usize..place.end as usize].to_owned()
                }
                _ => format!("_col_{at}"),
            },
        };
        let key = self.names.folded(self.dialect, &text, false);
        ((self.names.sym(&text), key), true)
    }
}

/// The column name that an expression brings along.
fn written_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(name) | Expr::Named { name, .. } => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        Expr::Cast { expr, .. }
        | Expr::Nested(expr)
        | Expr::Collate { expr, .. }
        | Expr::OuterJoin(expr)
        | Expr::Prior(expr) => written_name(expr),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(sqlparser::ast::AccessExpr::Dot(Expr::Identifier(name))) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The type that an expression says of itself.
fn type_of(expr: &Expr) -> Option<Arc<str>> {
    match expr {
        Expr::Cast { data_type, .. } | Expr::Convert { data_type: Some(data_type), .. } => {
            Some(shown_type(data_type))
        }
        Expr::Nested(inner) => type_of(inner),
        Expr::TypedString(typed) => Some(shown_type(&typed.data_type)),
        _ => None,
    }
}

fn shown_type(data_type: &DataType) -> Arc<str> {
    data_type.to_string().into()
}

/// True if a join can leave the relation's columns empty.
fn is_nullable(scope: &Scope<'_>, relation: RelationId) -> bool {
    scope.sources.iter().any(|source| source.relation == relation && source.is_nullable)
}
