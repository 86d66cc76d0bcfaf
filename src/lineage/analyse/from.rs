//! The relations of `from`: tables, CTEs, views, subqueries, and everything that is put around them.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, TableAlias, TableFactor,
    TableFunctionArgs, TableWithJoins, Value,
};

use super::Analyser;
use super::expr::idents;
use super::scope::{Scope, Source};
use crate::lineage::catalog::{CatalogRelation, split};
use crate::lineage::model::{RelationId, RelationKind};
use crate::lineage::names::Sym;
use crate::sql::{Dialect, parse, unquote};

/// Views may read views so deep.
const VIEWS: usize = 64;

impl Analyser<'_, '_> {
    /// A relation with what is joined to it. `reader` takes conditions and what stands in them.
    pub(super) fn table_with_joins(
        &mut self,
        reader: RelationId,
        table: &TableWithJoins,
        scope: &mut Scope<'_>,
    ) {
        let from = scope.sources.len();
        self.table_factor(reader, &table.relation, scope);
        for join in &table.joins {
            self.join(reader, join, from, scope);
            if self.is_spent() {
                return;
            }
        }
    }

    /// One relation of `from`, put into the scope.
    pub(super) fn table_factor(&mut self, reader: RelationId, factor: &TableFactor, scope: &mut Scope<'_>) {
        stacker::maybe_grow(256 << 10, 4 << 20, || match self.turn_of(factor) {
            Some(turn) => self.turned_factor(reader, factor, turn, scope),
            None => self.factor(reader, factor, scope),
        });
    }

    /// The same without what the parser has no tree for.
    pub(super) fn factor(&mut self, reader: RelationId, factor: &TableFactor, scope: &mut Scope<'_>) {
        self.step();
        match factor {
            TableFactor::Table { name, alias, args, .. } => {
                self.named(name, alias.as_ref(), args.as_ref(), factor, scope);
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                // DuckDB takes any subquery for a lateral one.
                let sees_left = *lateral || self.dialect == Dialect::DuckDb;
                let relation = match scope.parent {
                    _ if sees_left => self.query(subquery, Some(scope)),
                    outer => self.query(subquery, outer),
                };
                self.push_source(relation, alias.as_ref(), Vec::new(), scope);
            }
            TableFactor::NestedJoin { table_with_joins, alias } => match alias {
                None => {
                    let merged = scope.merged.len();
                    let before = scope.sources.len();
                    let mut inner = Scope::inside(scope.parent);
                    inner.sources.append(&mut scope.sources);
                    inner.merged.append(&mut scope.merged);
                    inner.later.clone_from(&scope.later);
                    self.table_with_joins(reader, table_with_joins, &mut inner);
                    scope.is_star_open |= inner.is_star_open;
                    scope.sources = inner.sources;
                    scope.merged = inner.merged;
                    debug_assert!(scope.sources.len() >= before && scope.merged.len() >= merged);
                }
                Some(alias) => {
                    let relation = self.relation(RelationKind::Alias, Vec::new());
                    let mut inner = Scope::inside(scope.parent);
                    self.table_with_joins(relation, table_with_joins, &mut inner);
                    self.rel(relation).inputs.extend(inner.sources.iter().map(|source| source.relation));
                    self.star(relation, &inner, None, None);
                    self.push_source(relation, Some(alias), Vec::new(), scope);
                }
            },
            TableFactor::TableFunction { expr, alias } => {
                let (name, args) = match expr {
                    Expr::Function(function) => (function.name.clone(), function.args.clone()),
                    _ => (ObjectName::from(Vec::<Ident>::new()), sqlparser::ast::FunctionArguments::None),
                };
                let args = match &args {
                    sqlparser::ast::FunctionArguments::List(list) => list.args.as_slice(),
                    _ => &[],
                };
                self.table_function(&name, args, alias.as_ref(), false, scope);
            }
            TableFactor::Function { name, args, alias, with_ordinality, .. } => {
                self.table_function(name, args, alias.as_ref(), *with_ordinality, scope);
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, with_ordinality } => {
                let offset =
                    with_offset.then(|| with_offset_alias.clone().unwrap_or_else(|| Ident::new("offset")));
                self.unnest(array_exprs, alias.as_ref(), offset, *with_ordinality, scope);
            }
            TableFactor::JsonTable { json_expr, columns, alias, .. } => {
                let mut names = Vec::new();
                super::table_function::json_columns(columns, &mut names);
                self.columns_of_value(&[json_expr], &names, alias.as_ref(), scope);
            }
            TableFactor::OpenJsonTable { json_expr, columns, alias, .. } => {
                let mut names: Vec<Ident> = columns.iter().map(|column| column.name.clone()).collect();
                if names.is_empty() {
                    names = ["key", "value", "type"].map(Ident::new).to_vec();
                }
                self.columns_of_value(&[json_expr], &names, alias.as_ref(), scope);
            }
            TableFactor::XmlTable { passing, columns, alias, .. } => {
                let names: Vec<Ident> = columns.iter().map(|column| column.name.clone()).collect();
                let values: Vec<&Expr> = passing.arguments.iter().map(|argument| &argument.expr).collect();
                self.columns_of_value(&values, &names, alias.as_ref(), scope);
            }
            TableFactor::Pivot { .. } => self.pivot(reader, factor, scope),
            TableFactor::Unpivot { .. } => self.unpivot(reader, factor, scope),
            TableFactor::UnpivotExpr { expression, value_alias, attribute_alias } => {
                let names: Vec<Ident> = attribute_alias.iter().chain([value_alias]).cloned().collect();
                self.columns_of_value(&[expression], &names, None, scope);
            }
            TableFactor::MatchRecognize { .. } => self.match_recognize(reader, factor, scope),
            TableFactor::SemanticView { name, alias, .. } => {
                self.named(name, alias.as_ref(), None, factor, scope);
            }
        }
    }

    /// A name in `from`: a CTE, a table, a view, a function with arguments, or an array of a relation to the left.
    fn named(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        args: Option<&TableFunctionArgs>,
        factor: &TableFactor,
        scope: &mut Scope<'_>,
    ) {
        let with_ordinality = matches!(factor, TableFactor::Table { with_ordinality: true, .. });
        if let Some((name, alias)) = self.only_table(name, alias) {
            return self.named(&name, alias.as_ref(), None, factor, scope);
        }
        if let Some(name) = identifier_call(name) {
            return self.named(&name, alias, None, factor, scope);
        }
        if let Some(args) = args {
            if let Some(name) = self.table_by_call(name, &args.args) {
                return self.named(&name, alias, None, factor, scope);
            }
            // ClickHouse's second and later arrays of `array join`.
            let is_array =
                idents(name).pop().is_some_and(|last| last.value.to_ascii_lowercase().starts_with("array"));
            if self.dialect == Dialect::ClickHouse && is_array && alias.is_some() {
                return self.array_join(factor, scope);
            }
            return self.table_function(name, &args.args, alias, with_ordinality, scope);
        }
        let parts = self.table_parts(name);
        let keys: Vec<Sym> = parts.iter().map(|part| self.key(part)).collect();
        if self.is_array_of_left(&keys, scope) {
            return self.array_of_left(&parts, alias, scope);
        }
        let shown: Vec<Sym> = parts.iter().map(|part| self.shown(part)).collect();
        let relation = self.table(&keys, &shown);
        self.push_source(relation, alias, keys, scope);
    }

    /// PostgreSQL's `from only t`, which the parser takes for a table under an alias.
    fn only_table(
        &self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
    ) -> Option<(ObjectName, Option<TableAlias>)> {
        let alias = alias.filter(|alias| self.dialect == Dialect::Postgres && alias.columns.is_empty())?;
        let [word]: [Ident; 1] = idents(name).try_into().ok()?;
        let is_word =
            word.quote_style.is_none() && word.value.eq_ignore_ascii_case("only") && !alias.explicit;
        is_word.then(|| (ObjectName::from(vec![alias.name.clone()]), None))
    }

    /// The table that a call stands for: `identifier('shop.orders')`, Databricks' `stream(orders)`.
    pub(super) fn table_by_call(&self, name: &ObjectName, args: &[FunctionArg]) -> Option<ObjectName> {
        let function = Self::function_name(name);
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))] = args else { return None };
        match (function.as_str(), arg) {
            ("identifier", Expr::Value(value)) => match &value.value {
                Value::SingleQuotedString(text) => Some(name_in(text)),
                _ => None,
            },
            ("stream", Expr::Identifier(_) | Expr::CompoundIdentifier(_))
                if matches!(self.dialect, Dialect::Databricks | Dialect::Spark) =>
            {
                super::star::column_parts(arg).map(ObjectName::from)
            }
            _ => None,
        }
    }

    /// The parts of a relation's name; BigQuery writes several in one pair of quotes.
    pub(super) fn table_parts(&self, name: &ObjectName) -> Vec<Ident> {
        let parts = idents(name);
        if self.dialect != Dialect::BigQuery || !parts.iter().any(|part| part.value.contains('.')) {
            return parts;
        }
        let split = |part: &Ident| -> Vec<Ident> {
            let texts = part.value.split('.');
            texts
                .map(|text| Ident { value: text.to_owned(), quote_style: part.quote_style, span: part.span })
                .collect()
        };
        parts.iter().flat_map(split).collect()
    }

    /// BigQuery, Redshift and others read `from t, t.items` as the rows of an array.
    fn is_array_of_left(&mut self, keys: &[Sym], scope: &Scope<'_>) -> bool {
        if keys.len() < 2 || !scope.sources.iter().any(|source| source.alias == Some(keys[0])) {
            return false;
        }
        let texts: Vec<&str> = keys.iter().map(|key| self.names.text(*key)).collect();
        let is_table = |found: Option<(u32, &CatalogRelation)>| {
            found.is_some_and(|(_, relation)| relation.parts.len() >= keys.len())
        };
        !is_table(self.catalog.find(&texts)) && !is_table(self.session.catalog.find(&texts))
    }

    fn array_of_left(&mut self, parts: &[Ident], alias: Option<&TableAlias>, scope: &mut Scope<'_>) {
        let edges = self.rows_of(&Expr::CompoundIdentifier(parts.to_vec()), scope, &mut Vec::new());
        let default = parts.last().cloned().unwrap_or_else(|| Ident::new("element"));
        let place = alias.and_then(|alias| alias.at.clone());
        self.elements(vec![edges], alias, &default, place, scope);
    }

    /// A relation outside of the statement, or a CTE.
    pub(super) fn table(&mut self, keys: &[Sym], shown: &[Sym]) -> RelationId {
        if let [key] = keys
            && let Some(binding) = self.ctes.iter().rev().find(|binding| binding.key == *key)
        {
            return binding.relation;
        }
        if let Some(known) = self.tables.get(keys) {
            return *known;
        }
        let texts: Vec<&str> = keys.iter().map(|key| self.names.text(*key)).collect();
        // What an earlier statement made has no place in the catalog.
        let in_session = self.session.catalog.find(&texts).map(|(_, relation)| (None, relation));
        let found = in_session.or_else(|| self.catalog.find(&texts).map(|(at, it)| (Some(at), it)));
        if let Some((Some(at), known)) = found
            && let Some(view) = &known.view
            && !self.views.contains(&at)
            && self.views.len() < VIEWS
            && let Some(relation) = self.view(at, view, shown)
        {
            self.tables.insert(keys.to_vec(), relation);
            return relation;
        }
        let relation = self.relation(RelationKind::Table, shown.to_vec());
        let known = found.and_then(|(_, known)| known.columns.clone());
        let data = self.rel(relation);
        data.is_open = known.is_none();
        data.table = found.and_then(|(at, _)| at);
        self.state(relation).known = known;
        self.tables.insert(keys.to_vec(), relation);
        relation
    }

    /// The columns of a view by its query; `None` if it can't be parsed.
    fn view(&mut self, at: u32, sql: &str, shown: &[Sym]) -> Option<RelationId> {
        let parsed = parse(self.dialect, sql).ok()?;
        let [sqlparser::ast::Statement::Query(query)] = parsed.statements.as_slice() else { return None };
        self.views.push(at);
        let places = self.places.take();
        let ctes = std::mem::take(&mut self.ctes);
        let inner = self.query(query, None);
        self.ctes = ctes;
        self.places = places;
        self.views.pop();
        let relation = self.relation(RelationKind::View, shown.to_vec());
        self.rel(relation).inputs.push(inner);
        self.copy_columns(relation, inner, &[]);
        Some(relation)
    }

    /// Puts a relation into the scope, under its alias or its own name.
    pub(super) fn push_source(
        &mut self,
        relation: RelationId,
        alias: Option<&TableAlias>,
        parts: Vec<Sym>,
        scope: &mut Scope<'_>,
    ) {
        let mut relation = relation;
        let name = match alias {
            Some(alias) => {
                let (key, shown) = (self.key(&alias.name), self.shown(&alias.name));
                if !alias.columns.is_empty() {
                    relation = self.renamed(relation, RelationKind::Alias, vec![shown], &alias.columns);
                } else if parts.is_empty() {
                    let data = self.rel(relation);
                    if data.name.is_empty() {
                        data.name = vec![shown];
                    }
                }
                Some(key)
            }
            None => parts.last().copied(),
        };
        scope.sources.push(Source { parts, ..Source::of(name, relation) });
    }
}

/// Snowflake's `identifier('shop.orders')`, where the parser makes it a part of a name.
fn identifier_call(name: &ObjectName) -> Option<ObjectName> {
    let [ObjectNamePart::Function(call)] = name.0.as_slice() else { return None };
    match call.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))]
            if call.name.value.eq_ignore_ascii_case("identifier") =>
        {
            match &value.value {
                Value::SingleQuotedString(text) => Some(name_in(text)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The name in a text.
fn name_in(text: &str) -> ObjectName {
    let part = |part: String| {
        let inner = unquote(&part);
        if inner.len() == part.len() { Ident::new(part) } else { Ident::with_quote('"', inner) }
    };
    ObjectName::from(split(text).into_iter().map(part).collect::<Vec<_>>())
}
