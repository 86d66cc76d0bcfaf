//! Queries: CTEs, set operations, clauses.

use std::sync::Arc;

use sqlparser::ast::{
    Cte as CteAst, Distinct as DistinctAst, Expr as Ast, Fetch, GroupByExpr, LimitClause, Offset, OrderBy,
    OrderByExpr, OrderByKind, Query, Select, SelectFlavor, SetExpr, SetOperator, SetQuantifier, Top,
    TopQuantity, Value,
};

use super::names::Clause;
use super::{Cte, Names, Reader, Result, Scope, not, place};
use crate::review::canon::model::{Block, Distinct, Expr, Rel};
use crate::review::canon::{is_pure_rel, rules};

impl Reader<'_> {
    /// A query with all that belongs to it.
    pub(super) fn query(&mut self, query: &Query) -> Result<(Rel, Names)> {
        stacker::maybe_grow(128 << 10, 8 << 20, || self.query_here(query))
    }

    fn query_here(&mut self, query: &Query) -> Result<(Rel, Names)> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause: None,
            settings: None,
            format_clause: None,
            pipe_operators,
        } = query
        else {
            return Err(not("`for`, `settings` or `format` is not known here"));
        };
        if !locks.is_empty() || !pipe_operators.is_empty() {
            return Err(not("locks and pipes are not known here"));
        }
        self.grow(1)?;
        let outer = self.ctes.len();
        if let Some(with) = with {
            if with.recursive && with.cte_tables.iter().any(reads_itself) {
                return Err(not("a recursive CTE is not known here"));
            }
            for cte in &with.cte_tables {
                self.define(cte)?;
            }
        }
        let read = self.ordered(body, order_by.as_ref(), limit_clause.as_ref(), fetch.as_ref());
        let defined = self.ctes.split_off(outer);
        let (mut rel, names) = read?;
        let unused: Vec<Rel> =
            defined.into_iter().filter(|cte| cte.number.is_none()).map(|cte| (*cte.rel).clone()).collect();
        if !unused.is_empty() && (!self.is_meaning() || !unused.iter().all(is_pure_rel)) {
            match &mut rel {
                Rel::Select(block) => {
                    block.unused.extend(unused);
                    block.unused.sort();
                }
                _ => return Err(not("a CTE that nobody reads is not known here")),
            }
        }
        Ok((rel, names))
    }

    fn define(&mut self, cte: &CteAst) -> Result<()> {
        let CteAst { alias, query, from: None, materialized, closing_paren_token: _ } = cte else {
            return Err(not("`from` after a CTE is not known here"));
        };
        if let Some(words) = materialized {
            // It says how, not what.
            if !self.is_meaning() {
                self.kept.insert(words.to_string().to_lowercase());
            }
        }
        // A CTE sees no relation around its query.
        let scopes = std::mem::take(&mut self.scopes);
        let read = self.query(query);
        self.scopes = scopes;
        let (rel, mut names) = read?;
        if !alias.columns.is_empty() {
            let Some(own) = names
                .as_mut()
                .filter(|own| own.len() >= alias.columns.len() && own.iter().all(Option::is_some))
            else {
                return Err(not(format!(
                    "the columns of `{}` are not known, yet they are renamed",
                    alias.name
                )));
            };
            for (own, column) in own.iter_mut().zip(&alias.columns) {
                let key = self.key(&column.name);
                *own = Some(crate::review::canon::OutputName { shown: column.name.value.clone(), key });
            }
        }
        let names = names.filter(|names| names.iter().all(Option::is_some));
        let is_pure = is_pure_rel(&rel);
        let key = self.key(&alias.name);
        self.ctes.push(Cte { key, rel: Arc::new(rel), names, number: None, is_pure });
        Ok(())
    }

    fn ordered(
        &mut self,
        body: &SetExpr,
        order: Option<&OrderBy>,
        limit: Option<&LimitClause>,
        fetch: Option<&Fetch>,
    ) -> Result<(Rel, Names)> {
        let limit = self.limit(limit, fetch)?;
        if let SetExpr::Select(select) = body {
            return self.select(select, order, limit);
        }
        let (rel, names) = self.body(body)?;
        let mut keys = Vec::new();
        for key in order_keys(order)? {
            let place = match &key.expr {
                Ast::Identifier(name) => place(names.as_deref().unwrap_or_default(), &self.key(name)),
                other => ordinal(other),
            };
            let place = place.ok_or_else(|| not("what a set operation is ordered by is not known here"))?;
            keys.push(Self::order_key(key, Expr::Output(place as u32))?);
        }
        if keys.is_empty() && limit.is_empty() {
            return Ok((rel, names));
        }
        Ok((Rel::Ordered { of: Box::new(rel), order: keys, limit }, names))
    }

    fn body(&mut self, body: &SetExpr) -> Result<(Rel, Names)> {
        match body {
            SetExpr::Select(select) => self.select(select, None, Vec::new()),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                stacker::maybe_grow(64 << 10, 4 << 20, || {
                    self.set_operation(left, *op, *set_quantifier, right)
                })
            }
            SetExpr::Values(values) => {
                self.scopes.push(Scope::default());
                let rows: Result<Vec<Vec<Expr>>> =
                    values.rows.iter().map(|row| self.exprs(&row.content, Clause::Rows)).collect();
                self.scopes.pop();
                let rows = rows?;
                let width = rows.first().map_or(0, Vec::len);
                let name = |at: usize| {
                    let text = format!("column {at} of values");
                    Some(crate::review::canon::OutputName { key: text.clone(), shown: text })
                };
                Ok((Rel::Values(rows), Some((0..width).map(name).collect())))
            }
            other => {
                Err(not(format!("`{}` is not known here", super::function::shortened(&other.to_string()))))
            }
        }
    }

    fn set_operation(
        &mut self,
        left: &SetExpr,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: &SetExpr,
    ) -> Result<(Rel, Names)> {
        // SQLite goes from left to right where others take `intersect` first.
        let mixes = |side: &SetExpr| matches!(side, SetExpr::SetOperation { op: inner, .. } if *inner != op);
        if self.dialect == crate::sql::Dialect::Sqlite && (mixes(left) || mixes(right)) {
            return Err(not("several kinds of set operations in a row are not known here"));
        }
        let (left, names) = self.body(left)?;
        let (right, others) = self.body(right)?;
        let whole = |names: &Names| names.as_ref().is_some_and(|names| names.iter().all(Option::is_some));
        let by_name = matches!(
            quantifier,
            SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName
        );
        if by_name {
            return Err(not("`by name` is not known here"));
        }
        if whole(&names) && whole(&others) && names.as_ref().map(Vec::len) != others.as_ref().map(Vec::len) {
            return Err(not("the branches of a set operation differ in their number of columns"));
        }
        let op = match op {
            SetOperator::Union => "union",
            SetOperator::Except | SetOperator::Minus => "except",
            SetOperator::Intersect => "intersect",
        };
        let all = if quantifier == SetQuantifier::All { " all" } else { "" };
        let rel = Rel::Set { op: format!("{op}{all}"), branches: vec![left, right] };
        let rel = if self.is_meaning() { rules::set(rel, self.chooses) } else { rel };
        Ok((rel, names))
    }

    fn select(&mut self, select: &Select, order: Option<&OrderBy>, limit: Vec<Expr>) -> Result<(Rel, Names)> {
        self.scopes.push(Scope::default());
        let read = self.select_here(select, order, limit);
        self.scopes.pop();
        let (block, names) = read?;
        let rel =
            if self.is_meaning() { rules::block(block, self.dialect) } else { Rel::Select(Box::new(block)) };
        Ok((rel, names))
    }

    fn select_here(
        &mut self,
        select: &Select,
        order: Option<&OrderBy>,
        mut limit: Vec<Expr>,
    ) -> Result<(Block, Names)> {
        let Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers: None,
            top,
            top_before_distinct: _,
            projection,
            exclude: None,
            into: None,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode: None,
            flavor,
        } = select
        else {
            return Err(not("a modifier of `select` is not known here"));
        };
        let others =
            [lateral_views.len(), connect_by.len(), cluster_by.len(), distribute_by.len(), sort_by.len()];
        if others.iter().any(|count| *count > 0) || prewhere.is_some() {
            return Err(not("a clause of this `select` is not known here"));
        }
        for hint in optimizer_hints {
            self.kept.insert(format!("{}{}", hint.prefix, hint.text));
        }
        let mut block = Block { sources: self.from(from)?, ..Block::default() };
        if let Some(scope) = self.scopes.last_mut() {
            scope.windows.clone_from(named_window);
        }
        let star =
            [sqlparser::ast::SelectItem::Wildcard(sqlparser::ast::WildcardAdditionalOptions::default())];
        let items = if *flavor == SelectFlavor::FromFirstNoSelect { &star[..] } else { projection };
        let (columns, names) = self.items(items, &block.sources)?;
        // What `using` merged matters to a star alone; otherwise it is a condition like others.
        if self.is_meaning() && !columns.iter().any(|it| it.parts("star with using").is_some()) {
            block.sources.iter_mut().for_each(|source| source.says.retain(|it| it.parts("using").is_none()));
        }
        block.columns = columns;
        if let Some(Top { with_ties, percent, quantity }) = top {
            let count = match quantity {
                Some(TopQuantity::Expr(expr)) => self.expr(expr, Clause::Rows)?,
                Some(TopQuantity::Constant(count)) => Expr::text(count.to_string()),
                None => Expr::text("none"),
            };
            limit.push(limit_of(count, *percent, *with_ties));
        }
        block.limit = limit;
        block.filter = self.condition(selection.as_ref(), Clause::Where)?;
        block.having = self.condition(having.as_ref(), Clause::Having)?;
        block.qualify = self.condition(qualify.as_ref(), Clause::Having)?;
        block.group = self.group(group_by, &block.columns)?;
        block.distinct = match distinct {
            None | Some(DistinctAst::All) => Distinct::All,
            Some(DistinctAst::Distinct) => Distinct::Rows,
            Some(DistinctAst::On(keys)) => Distinct::On(self.keyed(keys, &block.columns, names.as_ref())?),
        };
        for key in order_keys(order)? {
            let expr = self.keyed(std::slice::from_ref(&key.expr), &block.columns, names.as_ref())?.remove(0);
            block.order.push(Self::order_key(key, expr)?);
        }
        Ok((block, names))
    }

    fn condition(&mut self, ast: Option<&Ast>, clause: Clause) -> Result<Vec<Expr>> {
        ast.map(|ast| self.expr(ast, clause)).into_iter().collect()
    }

    /// Keys of an order: output columns come before those of relations.
    fn keyed(
        &mut self,
        keys: &[Ast],
        columns: &[Expr],
        names: Option<&Vec<Option<super::OutputName>>>,
    ) -> Result<Vec<Expr>> {
        let mut all = Vec::new();
        for key in keys {
            let own = match key {
                Ast::Identifier(name) => place(names.map(Vec::as_slice).unwrap_or_default(), &self.key(name)),
                other => ordinal(other),
            };
            let has_star = names.is_some_and(|names| names.iter().any(Option::is_none));
            all.push(match own {
                Some(at) if !has_star && self.is_meaning() => {
                    columns.get(at).cloned().ok_or_else(|| not("there is no such column to order by"))?
                }
                // How it is written counts here, but not what an alias is called.
                Some(at) if !has_star => match key {
                    Ast::Identifier(_) => Expr::Output(at as u32),
                    _ => Expr::node("ordinal", vec![Expr::Output(at as u32)]),
                },
                Some(_) if !matches!(key, Ast::Identifier(_)) => {
                    Expr::node("ordinal", vec![Expr::text(key.to_string())])
                }
                _ => self.expr(key, Clause::Order)?,
            });
        }
        Ok(all)
    }

    fn group(&mut self, group: &GroupByExpr, columns: &[Expr]) -> Result<Option<Vec<Expr>>> {
        match group {
            GroupByExpr::All(modifiers) if modifiers.is_empty() => {
                Ok(Some(vec![Expr::node("all", Vec::new())]))
            }
            GroupByExpr::Expressions(keys, modifiers) => {
                if keys.is_empty() && modifiers.is_empty() {
                    return Ok(None);
                }
                let mut all = Vec::new();
                for key in keys {
                    all.push(match ordinal(key) {
                        Some(at)
                            if self.is_meaning() && !columns.iter().any(|it| it.parts("star").is_some()) =>
                        {
                            columns
                                .get(at)
                                .cloned()
                                .ok_or_else(|| not("there is no such column to group by"))?
                        }
                        Some(at) => Expr::node("ordinal", vec![Expr::text(at.to_string())]),
                        None => self.expr(key, Clause::Group)?,
                    });
                }
                if !modifiers.is_empty() {
                    let words: Vec<String> = modifiers.iter().map(ToString::to_string).collect();
                    all = vec![Expr::node(words.join(" ").to_lowercase(), all)];
                }
                Ok(Some(all))
            }
            GroupByExpr::All(_) => Err(not("`group by all` with a modifier is not known here")),
        }
    }

    fn limit(&mut self, limit: Option<&LimitClause>, fetch: Option<&Fetch>) -> Result<Vec<Expr>> {
        let mut all = Vec::new();
        let (count, offset) = match limit {
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
                if !limit_by.is_empty() {
                    return Err(not("`limit by` is not known here"));
                }
                (limit.as_ref(), offset.as_ref().map(|Offset { value, rows: _ }| value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            None => (None, None),
        };
        self.scopes.push(Scope::default());
        let read = (|| {
            if let Some(count) = count {
                all.push(Expr::node("limit", vec![self.expr(count, Clause::Rows)?]));
            }
            if let Some(Fetch { with_ties, percent, quantity }) = fetch {
                let count = match quantity {
                    Some(quantity) => self.expr(quantity, Clause::Rows)?,
                    None => Expr::text("1"),
                };
                all.push(limit_of(count, *percent, *with_ties));
            }
            if let Some(offset) = offset {
                all.push(Expr::node("offset", vec![self.expr(offset, Clause::Rows)?]));
            }
            Ok(())
        })();
        self.scopes.pop();
        read.map(|()| all)
    }
}

/// The keys of an order, if it is one of expressions.
fn order_keys(order: Option<&OrderBy>) -> Result<&[OrderByExpr]> {
    match order {
        None => Ok(&[]),
        Some(OrderBy { interpolate: Some(_), .. }) => Err(not("`interpolate` is not known here")),
        Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) => Ok(keys),
        Some(_) => Err(not("`order by all` is not known here")),
    }
}

/// `fetch` and `top` with their words.
fn limit_of(count: Expr, percent: bool, with_ties: bool) -> Expr {
    let word = |is: bool, word: &'static str| if is { word } else { "" };
    Expr::node(format!("limit{}{}", word(percent, " percent"), word(with_ties, " with ties")), vec![count])
}

/// The place that a bare number means, from 0.
fn ordinal(ast: &Ast) -> Option<usize> {
    match ast {
        Ast::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse::<usize>().ok()?.checked_sub(1),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a CTE's query names the CTE: by its text, so rather too often.
fn reads_itself(cte: &CteAst) -> bool {
    let name = cte.alias.name.value.to_lowercase();
    cte.query.to_string().to_lowercase().contains(&name)
}
