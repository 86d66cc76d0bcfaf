//! `pivot`, `unpivot` and `match_recognize`: relations that turn rows into columns, or back, or into matches.

use sqlparser::ast::{Expr, ExprWithAlias, Ident, PivotValueSource, RowsPerMatch, TableFactor, Value};

use super::Analyser;
use super::expr::Gathered;
use super::scope::Scope;
use super::visibility::Aliases;
use crate::lineage::kind::{Kind, Role};
use crate::lineage::model::{ColumnId, Edge, From, RelationId, RelationKind};
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
        let source = inner.sources[0].relation;
        let relation = self.relation(RelationKind::Pivot, Vec::new());
        self.rel(relation).inputs.push(source);
        let values: Option<Vec<PivotValue>> = match value_source {
            PivotValueSource::List(values) => {
                values.iter().map(|value| PivotValue::of(value, self.dialect)).collect()
            }
            _ => None,
        };
        self.decide(relation, value_column, &inner, Role::Pivot);
        if let PivotValueSource::Subquery(query) = value_source {
            let values = self.query(query, Some(&inner));
            self.rel(relation).inputs.push(values);
        }
        let mut used = self.used_keys(value_column);
        let mut aggregates: Vec<(Option<&Ident>, Vec<Edge>, &Expr)> = Vec::new();
        for aggregate in aggregate_functions {
            let mut out = Gathered::default();
            self.expr(&aggregate.expr, &inner, Kind::Aggregate, &mut out);
            let edges = out.take_edges();
            for edge in &edges {
                if let From::Column(column) = edge.from {
                    used.push(self.col(column).key);
                }
            }
            aggregates.push((aggregate.alias.as_ref(), edges, &aggregate.expr));
        }
        // The columns that are left make the groups.
        let through: Vec<ColumnId> = self.all_columns(source);
        for column in through {
            let data = self.col(column);
            let (name, key) = (data.name, data.key);
            if data.is_star {
                if values.is_some() {
                    self.copy_star(relation, column, &used);
                }
            } else if !used.contains(&key) {
                let column = self.copy(relation, name, key, column);
                self.decide_by_columns(relation, &[column], Role::Group);
            }
        }
        match values {
            Some(values) => {
                for value in &values {
                    for (alias, edges, expr) in &aggregates {
                        let text = self.pivot_name(value, *alias, expr, aggregates.len());
                        let key = self.names.folded(self.dialect, &text.0, text.1);
                        let name = self.names.sym(&text.0);
                        self.add(relation, name, key, edges);
                    }
                }
            }
            None => {
                // As many columns as there are values, under names that only the data know.
                let mut edges: Vec<Edge> = aggregates.into_iter().flat_map(|(_, edges, _)| edges).collect();
                let stars = self.stars_of(source);
                edges.extend(Self::edges_from(&stars, Kind::Identity));
                self.star_of_edges(relation, &edges, &used);
            }
        }
        let own = inner.sources.pop();
        self.push_turned(relation, alias.as_ref(), own.and_then(|source| source.alias), scope);
    }

    /// Keeps the table's own name where the turned relation has none.
    fn push_turned(
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
        expr: &Expr,
        count: usize,
    ) -> (String, bool) {
        let of_aggregate = || match aggregate {
            Some(alias) => alias.value.clone(),
            None => match expr {
                Expr::Function(function) if self.dialect == Dialect::DuckDb => {
                    format!("{function}").to_lowercase()
                }
                Expr::Function(function) => format!("{function}"),
                other => other.to_string(),
            },
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
        let source = inner.sources[0].relation;
        let relation = self.relation(RelationKind::Unpivot, Vec::new());
        self.rel(relation).inputs.push(source);
        let value_names = names_in(value);
        let mut values: Vec<Vec<Edge>> = vec![Vec::new(); value_names.len().max(1)];
        let mut made: Vec<Edge> = Vec::new();
        let mut used: Vec<Sym> = Vec::new();
        for column in columns {
            let parts: Vec<&Expr> = match &column.expr {
                Expr::Tuple(parts) => parts.iter().collect(),
                Expr::Nested(inner) => vec![&**inner],
                other => vec![other],
            };
            used.extend(self.used_keys(parts.iter().copied()));
            for (place, part) in parts.into_iter().enumerate() {
                let mut out = Gathered::default();
                self.expr(part, &inner, Kind::Rename, &mut out);
                let edges = out.take_edges();
                // The name of the column becomes a value: it is made, not read.
                made.extend(edges.iter().map(|edge| Edge { kind: Kind::Generated, ..*edge }));
                let last = values.len() - 1;
                values[place.min(last)].extend(edges);
            }
        }
        let shape =
            made.iter().map(|edge| crate::lineage::model::ShapeEdge { from: edge.from, role: Role::Pivot });
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
        let own = inner.sources.pop();
        self.push_turned(relation, alias.as_ref(), own.and_then(|source| source.alias), scope);
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
        for symbol in symbols {
            let key = self.key(&symbol.symbol);
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

/// A value that becomes a column.
struct PivotValue {
    name: String,
    is_exact: bool,
}

impl PivotValue {
    /// `None` if the value is no literal and has no name.
    fn of(value: &ExprWithAlias, dialect: Dialect) -> Option<Self> {
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
