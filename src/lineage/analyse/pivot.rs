//! `pivot`, `unpivot` and `match_recognize`: relations that turn rows into columns, or back, or into matches.

use sqlparser::ast::{
    Expr, ExprWithAlias, Ident, MatchRecognizePattern, MatchRecognizeSymbol, PivotValueSource, RowsPerMatch,
    TableFactor, Value,
};

use super::Analyser;
use super::expr::Gathered;
use super::scope::Scope;
use super::visibility::Aliases;
use crate::lineage::kind::{Kind, Role};
use crate::lineage::model::{ColumnId, Edge, From, RelationId, RelationKind, ShapeEdge};
use crate::lineage::names::Sym;
use crate::sql::Dialect;

impl Analyser<'_, '_> {
    /// The scope of what stands in the brackets: only the relation that is turned.
    fn turned<'p>(
        &mut self,
        reader: RelationId,
        table: &TableFactor,
        scope: &Scope<'p>,
    ) -> Option<Scope<'p>> {
        let mut inner = Scope::inside(scope.parent);
        inner.rule = Some(Aliases::No);
        self.table_factor(reader, table, &mut inner);
        (inner.sources.len() == 1).then_some(inner)
    }

    /// `t pivot (sum(v) for k in ('a', 'b'))`.
    pub(super) fn pivot(&mut self, reader: RelationId, factor: &TableFactor, scope: &mut Scope<'_>) {
        let TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } = factor
        else {
            return;
        };
        let Some(mut inner) = self.turned(reader, table, scope) else { return };
        let columns = value_column.iter().collect();
        let relation = self.pivot_of(&inner, columns, value_source, aggregate_functions);
        let own = inner.sources.pop();
        self.push_turned(relation, alias.as_ref(), own.and_then(|source| source.alias), scope);
    }

    /// The only relation of a scope, with a column for each value.
    pub(super) fn pivot_of(
        &mut self,
        inner: &Scope<'_>,
        columns: Vec<&Expr>,
        value_source: &PivotValueSource,
        aggregates: &[ExprWithAlias],
    ) -> RelationId {
        let values: Option<Vec<PivotValue>> = match value_source {
            PivotValueSource::List(values) => {
                values.iter().map(|value| PivotValue::of(value, self.dialect)).collect()
            }
            _ => None,
        };
        let aggregates = aggregates.iter().map(|it| (it.alias.as_ref(), Some(&it.expr))).collect();
        let turning = Turning { columns, values, aggregates, groups: None };
        let relation = self.pivoted(inner.sources[0].relation, inner, turning);
        if let PivotValueSource::Subquery(query) = value_source {
            let values = self.query(query, Some(inner));
            self.rel(relation).inputs.push(values);
        }
        relation
    }

    /// A relation with a column for each value.
    pub(super) fn pivoted(
        &mut self,
        source: RelationId,
        inner: &Scope<'_>,
        turning: Turning<'_>,
    ) -> RelationId {
        let relation = self.relation(RelationKind::Pivot, Vec::new());
        self.rel(relation).inputs.push(source);
        self.decide(relation, turning.columns.iter().copied(), inner, Role::Pivot);
        let mut used = self.used_keys(turning.columns.iter().copied());
        let mut aggregates: Vec<(Option<&Ident>, Vec<Edge>, Option<&Expr>)> = Vec::new();
        for (alias, expr) in turning.aggregates {
            let mut out = Gathered::default();
            if let Some(expr) = expr {
                self.expr(expr, inner, Kind::Aggregate, &mut out);
            }
            let edges = out.take_edges();
            for edge in &edges {
                if let From::Column(column) = edge.from {
                    used.push(self.col(column).key);
                }
            }
            aggregates.push((alias, edges, expr));
        }
        // What is left makes the groups.
        let keeps_others = turning.groups.is_none();
        match turning.groups {
            Some(groups) => {
                for (alias, expr) in groups {
                    let ((name, key), _) = match alias {
                        Some(alias) => ((self.shown(alias), self.key(alias)), false),
                        None => self.name_of(expr, 0, None),
                    };
                    let column = self.expression(relation, expr, name, key, None, inner);
                    self.decide_by_columns(relation, &[column], Role::Group);
                }
            }
            None => {
                for column in self.all_columns(source) {
                    let data = self.col(column);
                    let (name, key) = (data.name, data.key);
                    if data.is_star {
                        if turning.values.is_some() {
                            self.copy_star(relation, column, &used);
                        }
                    } else if !used.contains(&key) {
                        let column = self.copy(relation, name, key, column);
                        self.decide_by_columns(relation, &[column], Role::Group);
                    }
                }
            }
        }
        match turning.values {
            Some(values) => {
                for value in &values {
                    for (alias, edges, expr) in &aggregates {
                        let text = self.pivot_name(value, *alias, *expr, aggregates.len());
                        let key = self.names.folded(self.dialect, &text.0, text.1);
                        let name = self.names.sym(&text.0);
                        let column = self.add(relation, name, key, edges);
                        let kind = &mut self.columns[column.0 as usize].kind;
                        *kind = (*kind).max(Kind::Aggregate);
                    }
                }
            }
            None => {
                // As many columns as there are values, under names that only the data know.
                let mut edges: Vec<Edge> = aggregates.into_iter().flat_map(|(_, edges, _)| edges).collect();
                if keeps_others {
                    let stars = self.stars_of(source);
                    edges.extend(Self::edges_from(&stars, Kind::Identity));
                }
                self.star_of_edges(relation, &edges, &used);
            }
        }
        relation
    }

    /// Keeps the table's own name where the turned relation has none.
    pub(super) fn push_turned(
        &mut self,
        relation: RelationId,
        alias: Option<&sqlparser::ast::TableAlias>,
        own: Option<Sym>,
        scope: &mut Scope<'_>,
    ) {
        self.push_source(relation, alias, Vec::new(), scope);
        if alias.is_none()
            && let Some(source) = scope.sources.last_mut()
        {
            source.alias = own;
        }
    }

    /// The columns that expressions consist of.
    fn used_keys<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Vec<Sym> {
        exprs.into_iter().flat_map(names_in).map(|name| self.key(&name)).collect()
    }

    /// The name of a column that `pivot` makes, and whether its case counts.
    fn pivot_name(
        &self,
        value: &PivotValue,
        aggregate: Option<&Ident>,
        expr: Option<&Expr>,
        count: usize,
    ) -> (String, bool) {
        let of_aggregate = || match (aggregate, expr) {
            (Some(alias), _) => alias.value.clone(),
            (None, Some(expr @ Expr::Function(_))) if self.dialect == Dialect::DuckDb => {
                expr.to_string().to_lowercase()
            }
            (None, Some(expr)) => expr.to_string(),
            (None, None) => String::new(),
        };
        let is_alone = count == 1 && aggregate.is_none();
        match self.dialect {
            Dialect::Snowflake | Dialect::Redshift | Dialect::MsSql | Dialect::Fabric => {
                (value.name.clone(), value.is_exact)
            }
            Dialect::BigQuery if !is_alone => (format!("{}_{}", of_aggregate(), value.name), false),
            // A name can't begin with a digit.
            Dialect::BigQuery if value.name.starts_with(|char: char| char.is_ascii_digit()) => {
                (format!("_{}", value.name), false)
            }
            Dialect::Spark | Dialect::Databricks | Dialect::DuckDb if count == 1 && aggregate.is_none() => {
                (value.name.clone(), value.is_exact)
            }
            Dialect::Spark | Dialect::Databricks if count == 1 => (value.name.clone(), value.is_exact),
            _ if is_alone => (value.name.clone(), value.is_exact),
            _ if aggregate.is_none() && self.dialect == Dialect::Generic => {
                (value.name.clone(), value.is_exact)
            }
            _ => (format!("{}_{}", value.name, of_aggregate()), false),
        }
    }

    /// `t unpivot (v for k in (a, b))`.
    pub(super) fn unpivot(&mut self, reader: RelationId, factor: &TableFactor, scope: &mut Scope<'_>) {
        let TableFactor::Unpivot { table, value, name, columns, alias, .. } = factor else { return };
        let Some(mut inner) = self.turned(reader, table, scope) else { return };
        let columns: Vec<&Expr> = columns.iter().map(|column| &column.expr).collect();
        let relation = self.unpivoted(inner.sources[0].relation, &inner, &columns, &names_in(value), name);
        let own = inner.sources.pop();
        self.push_turned(relation, alias.as_ref(), own.and_then(|source| source.alias), scope);
    }

    /// A relation with a row for each of some columns.
    pub(super) fn unpivoted(
        &mut self,
        source: RelationId,
        inner: &Scope<'_>,
        columns: &[&Expr],
        value_names: &[Ident],
        name: &Ident,
    ) -> RelationId {
        let relation = self.relation(RelationKind::Unpivot, Vec::new());
        self.rel(relation).inputs.push(source);
        let mut values: Vec<Vec<Edge>> = vec![Vec::new(); value_names.len().max(1)];
        let mut made: Vec<Edge> = Vec::new();
        let mut used: Vec<Sym> = Vec::new();
        for column in columns {
            let parts: Vec<&Expr> = match column {
                Expr::Tuple(parts) => parts.iter().collect(),
                Expr::Nested(inner) => vec![&**inner],
                other => vec![*other],
            };
            used.extend(self.used_keys(parts.iter().copied()));
            for (place, part) in parts.into_iter().enumerate() {
                let edges = match self.columns_of_call(part, inner) {
                    Some(columns) => {
                        used.extend(columns.iter().map(|id| self.col(*id).key));
                        columns.into_iter().flat_map(|id| self.value_edges_of(id)).collect()
                    }
                    None => {
                        let mut out = Gathered::default();
                        self.expr(part, inner, Kind::Rename, &mut out);
                        out.take_edges()
                    }
                };
                let edges: Vec<Edge> = edges
                    .into_iter()
                    .map(|edge| Edge { kind: edge.kind.max(Kind::Rename), ..edge })
                    .collect();
                // The name of the column becomes a value: it is made, not read.
                made.extend(edges.iter().map(|edge| Edge { kind: Kind::Generated, ..*edge }));
                let last = values.len() - 1;
                values[place.min(last)].extend(edges);
            }
        }
        let shape = made.iter().map(|edge| ShapeEdge { from: edge.from, role: Role::Pivot });
        let shape: Vec<_> = shape.collect();
        self.add_shape(relation, shape);
        self.copy_columns(relation, source, &used);
        let values_first = matches!(self.dialect, Dialect::BigQuery | Dialect::MsSql | Dialect::Fabric);
        if !values_first {
            self.unpivoted_name(relation, name, &made);
        }
        for (value, edges) in value_names.iter().zip(&values) {
            let (shown, key) = (self.shown(value), self.key(value));
            self.add(relation, shown, key, edges);
        }
        if values_first {
            self.unpivoted_name(relation, name, &made);
        }
        relation
    }

    /// The columns that DuckDB's `columns(…)` stands for; `None` for anything else.
    fn columns_of_call(&mut self, expr: &Expr, scope: &Scope<'_>) -> Option<Vec<ColumnId>> {
        if !matches!(expr, Expr::Function(_)) {
            return None;
        }
        let selected = self.relation(RelationKind::Select, Vec::new());
        self.columns_call(selected, expr, None, scope).then(|| self.rel(selected).columns.clone())
    }

    fn unpivoted_name(&mut self, relation: RelationId, name: &Ident, made: &[Edge]) {
        let (shown, key) = (self.shown(name), self.key(name));
        self.add(relation, shown, key, made);
    }

    /// `t match_recognize (…)`: partition columns and measures; patterns only choose rows.
    pub(super) fn match_recognize(
        &mut self,
        reader: RelationId,
        factor: &TableFactor,
        scope: &mut Scope<'_>,
    ) {
        let TableFactor::MatchRecognize {
            table,
            partition_by,
            order_by,
            measures,
            rows_per_match,
            pattern,
            symbols,
            alias,
            ..
        } = factor
        else {
            return;
        };
        let Some(mut inner) = self.turned(reader, table, scope) else { return };
        let source = inner.sources[0].clone();
        let relation = self.relation(RelationKind::MatchRecognize, Vec::new());
        self.rel(relation).inputs.push(source.relation);
        // Within the brackets each symbol names rows of the table.
        let mut names: Vec<&Ident> = symbols.iter().map(|symbol| &symbol.symbol).collect();
        symbols_of(pattern, &mut names);
        for name in names {
            let key = self.key(name);
            inner.sources.push(super::scope::Source { alias: Some(key), is_hidden: true, ..source.clone() });
        }
        self.decide(relation, symbols.iter().map(|symbol| &symbol.definition), &inner, Role::Filter);
        self.decide(relation, partition_by, &inner, Role::Partition);
        self.decide(relation, order_by.iter().map(|order| &order.expr), &inner, Role::Order);
        if matches!(rows_per_match, Some(RowsPerMatch::AllRows(_))) {
            self.copy_columns(relation, source.relation, &[]);
        } else {
            for expr in partition_by {
                let ((name, key), _) = self.name_of(expr, 0, None);
                self.expression(relation, expr, name, key, None, &inner);
            }
        }
        for measure in measures {
            let (name, key) = (self.shown(&measure.alias), self.key(&measure.alias));
            let place = self.place_of(&measure.alias);
            let column = self.expression(relation, &measure.expr, name, key, place, &inner);
            let kind = &mut self.columns[column.0 as usize].kind;
            *kind = (*kind).max(Kind::Aggregate);
        }
        self.push_turned(relation, alias.as_ref(), source.alias, scope);
    }
}

/// How a relation is turned into one with a column for each value.
pub(super) struct Turning<'e> {
    /// Whose values become columns.
    pub(super) columns: Vec<&'e Expr>,
    /// The values, if they are known.
    pub(super) values: Option<Vec<PivotValue>>,
    /// What the columns hold, by name and expression; without an expression the number of rows.
    pub(super) aggregates: Vec<(Option<&'e Ident>, Option<&'e Expr>)>,
    /// What stays, by name and expression; all that is not used if `None`.
    pub(super) groups: Option<Vec<(Option<&'e Ident>, &'e Expr)>>,
}

/// A value that becomes a column.
#[derive(Default)]
pub(super) struct PivotValue {
    name: String,
    is_exact: bool,
}

impl PivotValue {
    /// This value and one of another column.
    pub(super) fn with(&self, other: &Self) -> Self {
        let name = match self.name.as_str() {
            "" => other.name.clone(),
            name => format!("{name}_{}", other.name),
        };
        Self { name, is_exact: other.is_exact }
    }

    /// `None` if the value is no literal and has no name.
    pub(super) fn of(value: &ExprWithAlias, dialect: Dialect) -> Option<Self> {
        if let Some(alias) = &value.alias {
            return Some(Self { name: alias.value.clone(), is_exact: alias.quote_style.is_some() });
        }
        match &value.expr {
            Expr::Value(literal) => Some(match &literal.value {
                Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => match dialect {
                    // Snowflake's column is called `'a'`, quotes included.
                    Dialect::Snowflake => Self { name: format!("'{text}'"), is_exact: true },
                    Dialect::BigQuery => Self { name: text.replace([' ', '-'], "_"), is_exact: false },
                    _ => Self { name: text.clone(), is_exact: true },
                },
                Value::Number(text, _) if dialect == Dialect::BigQuery => {
                    Self { name: text.clone(), is_exact: false }
                }
                other => Self { name: other.to_string(), is_exact: true },
            }),
            Expr::Identifier(name) => {
                Some(Self { name: name.value.clone(), is_exact: name.quote_style.is_some() })
            }
            Expr::Tuple(parts) => {
                let texts = parts.iter().map(|part| match part {
                    Expr::Value(literal) => Some(match &literal.value {
                        Value::SingleQuotedString(text) => text.clone(),
                        other => other.to_string(),
                    }),
                    _ => None,
                });
                Some(Self { name: texts.collect::<Option<Vec<_>>>()?.join("_"), is_exact: false })
            }
            other => Some(Self { name: other.to_string(), is_exact: false }),
        }
    }
}

/// The symbols of a pattern: one without a definition fits any row.
fn symbols_of<'p>(pattern: &'p MatchRecognizePattern, names: &mut Vec<&'p Ident>) {
    use MatchRecognizePattern as P;
    let symbols: &[MatchRecognizeSymbol] = match pattern {
        P::Symbol(symbol) | P::Exclude(symbol) => std::slice::from_ref(symbol),
        P::Permute(symbols) => symbols,
        P::Concat(patterns) | P::Alternation(patterns) => {
            for pattern in patterns {
                symbols_of(pattern, names);
            }
            &[]
        }
        P::Group(pattern) | P::Repetition(pattern, _) => return symbols_of(pattern, names),
    };
    for symbol in symbols {
        if let MatchRecognizeSymbol::Named(name) = symbol
            && !names.iter().any(|known| known.value.eq_ignore_ascii_case(&name.value))
        {
            names.push(name);
        }
    }
}

/// The names of one column, or of several in brackets.
fn names_in(expr: &Expr) -> Vec<Ident> {
    match expr {
        Expr::Identifier(name) => vec![name.clone()],
        Expr::CompoundIdentifier(names) => names.last().cloned().into_iter().collect(),
        Expr::Nested(inner) => names_in(inner),
        Expr::Tuple(parts) => parts.iter().flat_map(names_in).collect(),
        _ => Vec::new(),
    }
}
