//! Relations that are turned in ways that the parser has no tree for: DuckDB's `pivot t on …` and its like.

use sqlparser::ast::{Expr, ExprWithAlias, Ident, SelectItem, TableAlias, TableFactor};

use super::Analyser;
use super::pivot::{PivotValue, Turning};
use super::scope::Scope;
use crate::lineage::model::RelationId;
use crate::lineage::repair::{Turn, Turned};

/// More columns than this are not made of values in several lists.
const COLUMNS: usize = 10_000;

impl<'s> Analyser<'_, 's> {
    /// How a relation is turned, if it is.
    pub(super) fn turn_of(&self, factor: &TableFactor) -> Option<&'s Turn> {
        let turns = self.turns;
        if turns.is_empty() {
            return None;
        }
        let at = self.place_of(&alias_of(factor)?.name)?.start;
        turns.iter().find(|turn| turn.at == at)
    }

    /// Puts a relation into the scope as it is when it has been turned.
    pub(super) fn turned_factor(
        &mut self,
        reader: RelationId,
        factor: &TableFactor,
        turn: &Turn,
        scope: &mut Scope<'_>,
    ) {
        let mut inner = Scope::inside(scope.parent);
        self.factor(reader, factor, &mut inner);
        let [source] = inner.sources.as_slice() else { return scope.sources.append(&mut inner.sources) };
        let (source, own) = (source.relation, source.parts.last().copied());
        let alias = alias_of(factor);
        if let Some(alias) = alias.filter(|_| !turn.is_named) {
            let name = self.shown(&alias.name);
            // The name is none of the author's.
            self.rel(source).name.retain(|part| *part != name);
        }
        let relation = match &turn.how {
            Turned::Pivot { on, using, group } => {
                let turning = self.turning(on, using, group.as_deref());
                self.pivoted(source, &inner, turning)
            }
            Turned::Unpivot { on, name, values } => {
                let columns: Vec<&Expr> = on.iter().filter_map(expr_of).collect();
                self.unpivoted(source, &inner, &columns, values, name)
            }
        };
        self.push_turned(relation, alias.filter(|_| turn.is_named), own, scope);
    }

    fn turning<'e>(
        &self,
        on: &'e [SelectItem],
        using: &'e [SelectItem],
        group: Option<&'e [SelectItem]>,
    ) -> Turning<'e> {
        let mut columns = Vec::new();
        let mut values: Option<Vec<PivotValue>> = Some(vec![PivotValue::default()]);
        for item in on.iter().filter_map(expr_of) {
            let Expr::InList { expr, list, negated: false } = item else {
                columns.push(item);
                values = None;
                continue;
            };
            columns.push(expr);
            let here = list
                .iter()
                .map(|expr| PivotValue::of(&ExprWithAlias { expr: expr.clone(), alias: None }, self.dialect));
            let here: Option<Vec<PivotValue>> = here.collect();
            values = values.zip(here).and_then(|(known, here)| {
                let all = known.len().saturating_mul(here.len()) <= COLUMNS;
                all.then(|| known.iter().flat_map(|known| here.iter().map(|it| known.with(it))).collect())
            });
        }
        let aggregates = using.iter().filter_map(|item| Some((alias_in(item), Some(expr_of(item)?))));
        let mut aggregates: Vec<_> = aggregates.collect();
        if aggregates.is_empty() {
            // The number of rows.
            aggregates.push((None, None));
        }
        let groups =
            group.map(|group| group.iter().filter_map(|it| Some((alias_in(it), expr_of(it)?))).collect());
        Turning { columns, values, aggregates, groups }
    }
}

fn alias_of(factor: &TableFactor) -> Option<&TableAlias> {
    match factor {
        TableFactor::Table { alias, .. }
        | TableFactor::Derived { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::NestedJoin { alias, .. }
        | TableFactor::UNNEST { alias, .. } => alias.as_ref(),
        _ => None,
    }
}

fn expr_of(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

fn alias_in(item: &SelectItem) -> Option<&Ident> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias),
        _ => None,
    }
}
