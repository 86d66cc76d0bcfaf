//! Functions in `from`: those that turn arrays into rows, those that make series, and those that nobody knows.

use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, Ident, JsonTableColumn, ObjectName, TableAlias};

use super::Analyser;
use super::expr::{Gathered, idents};
use super::scope::Scope;
use super::star::column_parts;
use super::unnest::default_names;
use crate::lineage::kind::Kind;
use crate::lineage::model::{Edge, RelationId, RelationKind};
use crate::sql::Dialect;

impl Analyser<'_, '_> {
    /// `name(args) as t (a, b)`.
    pub(super) fn table_function(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        with_ordinality: bool,
        scope: &mut Scope<'_>,
    ) {
        let function = Self::function_name(name);
        if matches!(function.as_str(), "table" | "lateral")
            && let Some((name, args)) = wrapped(args)
        {
            return self.table_function(&name, args, alias, with_ordinality, scope);
        }
        match function.as_str() {
            "flatten" => return self.flatten(args, alias, scope),
            // Its columns are the fields of the structs.
            "inline" | "inline_outer" if alias.is_none_or(|alias| alias.columns.is_empty()) => {}
            "unnest" | "explode" | "explode_outer" | "inline" | "inline_outer" | "posexplode"
            | "posexplode_outer" => {
                return self.exploded(&function, args, alias, with_ordinality, scope);
            }
            _ => {}
        }
        if let Some(name) = self.table_by_call(name, args) {
            let keys: Vec<_> = idents(&name).iter().map(|part| self.key(part)).collect();
            let shown: Vec<_> = idents(&name).iter().map(|part| self.shown(part)).collect();
            let relation = self.table(&keys, &shown);
            return self.push_source(relation, alias, keys, scope);
        }
        let mut out = Gathered::default();
        // `header = true`, `json(…)`: words that are no columns are the function's own.
        let known = self.problems.len();
        for arg in args {
            if let Some(table) = self.table_argument(arg) {
                out.inputs.push(table);
                for column in self.all_columns(table) {
                    out.edges.push(super::arena::edge(column, Kind::Expression));
                }
                continue;
            }
            self.argument(arg, false, scope, Kind::Expression, &mut out);
        }
        // T-SQL's `payload.nodes('/a')`: a method of a column.
        let parts = idents(name);
        if let Some((method, before @ [_, ..])) = parts.split_last()
            && self.dialect.is_tsql()
            && super::function::is_xml_method(method)
        {
            self.expr(&Expr::CompoundIdentifier(before.to_vec()), scope, Kind::Expression, &mut out);
        }
        self.problems.truncate(known);
        let mut edges = out.take_edges();
        edges.retain(|edge| matches!(edge.from, crate::lineage::model::From::Column(_)));
        let parts = self.table_parts(name);
        let shown = parts.iter().map(|part| self.shown(part)).collect();
        let relation = self.relation(RelationKind::Function, shown);
        self.rel(relation).inputs.append(&mut out.inputs);
        let columns: Vec<Ident> = match function.as_str() {
            "split_to_table" | "strtok_split_to_table" => ["SEQ", "INDEX", "VALUE"].map(Ident::new).to_vec(),
            "string_split" if args.len() > 2 => ["value", "ordinal"].map(Ident::new).to_vec(),
            "string_split" => vec![Ident::new("value")],
            "generate_series" if self.dialect.is_tsql() || self.dialect == Dialect::DataFusion => {
                vec![Ident::new("value")]
            }
            "generate_series" if self.dialect == Dialect::Sqlite => {
                ["value", "start", "stop", "step"].map(Ident::new).to_vec()
            }
            "sequence" => vec![Ident::new("sequential_number")],
            "variant_explode" | "variant_explode_outer" => ["pos", "key", "value"].map(Ident::new).to_vec(),
            "json_each" | "jsonb_each" | "json_each_text" | "jsonb_each_text" => {
                ["key", "value"].map(Ident::new).to_vec()
            }
            "json_tuple" | "stack" => default_names(&function),
            "range" if self.dialect != Dialect::DuckDb => vec![Ident::new("id")],
            "numbers" => vec![Ident::new("number")],
            "generate_series"
            | "range"
            | "generate_subscripts"
            | "regexp_split_to_table"
            | "json_array_elements"
            | "jsonb_array_elements"
            | "json_array_elements_text"
            | "jsonb_array_elements_text"
            | "jsonb_object_keys"
            | "json_object_keys"
            | "jsonb_path_query" => {
                // PostgreSQL names a single column by the alias.
                let by_alias =
                    matches!(self.dialect, Dialect::Postgres | Dialect::Redshift | Dialect::Generic);
                let own = alias.filter(|_| by_alias).map(|alias| alias.name.clone());
                let value = function.ends_with("_elements") || function.ends_with("_elements_text");
                let default = if value { "value" } else { function.as_str() };
                vec![own.unwrap_or_else(|| Ident::new(default))]
            }
            _ => Vec::new(),
        };
        let named: Vec<Ident> =
            alias.iter().flat_map(|it| &it.columns).map(|column| column.name.clone()).collect();
        let is_known = !columns.is_empty() || !named.is_empty();
        // The last name may be that of the row's number.
        let has_number = with_ordinality && named.len() > columns.len().max(1);
        let names = if named.is_empty() { columns } else { named };
        let count = names.len();
        for (place, name) in names.into_iter().enumerate() {
            let (shown, key) = (self.shown(&name), self.key(&name));
            let is_number = has_number && place + 1 == count;
            let column = self.add(relation, shown, key, if is_number { &[] } else { &edges });
            if edges.is_empty() || is_number {
                self.columns[column.0 as usize].kind = Kind::Generated;
            }
        }
        if with_ordinality && !has_number {
            let ordinality = self.names.sym("ordinality");
            self.add(relation, ordinality, ordinality, &[]);
        }
        if !is_known {
            // Whatever it has is made of its arguments, or comes from outside.
            self.rel(relation).is_open = true;
            if !edges.is_empty() {
                // Its names are those of values, not of fields.
                self.state(relation).is_pivoted = true;
                self.state(relation).element = Some(edges.into());
            }
        }
        let alias = alias.map(|alias| TableAlias { columns: Vec::new(), ..alias.clone() });
        let last: Vec<_> = parts.last().map(|part| self.key(part)).into_iter().collect();
        self.push_source(relation, alias.as_ref(), last, scope);
    }

    /// A table as an argument: `table(orders)`, `table orders`.
    fn table_argument(&mut self, arg: &FunctionArg) -> Option<RelationId> {
        let (FunctionArg::Named { arg: value, .. }
        | FunctionArg::ExprNamed { arg: value, .. }
        | FunctionArg::Unnamed(value)) = arg;
        let is_written_out = matches!(arg, FunctionArg::Named { name, .. } if name.value == crate::lineage::repair::TABLE_ARGUMENT);
        let parts = match value {
            FunctionArgExpr::Expr(Expr::Function(function))
                if Self::function_name(&function.name) == "table" =>
            {
                match &function.args {
                    sqlparser::ast::FunctionArguments::List(list) => match list.args.as_slice() {
                        [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))] => column_parts(inner)?,
                        _ => return None,
                    },
                    _ => return None,
                }
            }
            FunctionArgExpr::Expr(expr) if is_written_out => column_parts(expr)?,
            _ => return None,
        };
        let keys: Vec<_> = parts.iter().map(|part| self.key(part)).collect();
        let shown: Vec<_> = parts.iter().map(|part| self.shown(part)).collect();
        Some(self.table(&keys, &shown))
    }

    fn exploded(
        &mut self,
        function: &str,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        with_ordinality: bool,
        scope: &mut Scope<'_>,
    ) {
        let mut inputs = Vec::new();
        let mut arrays = Vec::new();
        for arg in args {
            let (FunctionArg::Named { arg, .. }
            | FunctionArg::ExprNamed { arg, .. }
            | FunctionArg::Unnamed(arg)) = arg;
            if let FunctionArgExpr::Expr(expr) = arg {
                arrays.push(self.rows_of(expr, scope, &mut inputs));
            }
        }
        let offset = (function.starts_with("pos")).then(|| Ident::new("pos"));
        let offset = offset.or_else(|| with_ordinality.then(|| Ident::new("ordinality")));
        let default = if function == "unnest" { "unnest" } else { "col" };
        let known = scope.sources.len();
        // `explode(a) as t`: in Spark the alias is the table's, in others the column's.
        let is_table_alias = matches!(self.dialect, Dialect::Spark | Dialect::Databricks);
        let before = alias.filter(|alias| !is_table_alias || !alias.columns.is_empty());
        self.elements(arrays, before, &Ident::new(default), offset, scope);
        if let Some(source) = scope.sources.get_mut(known) {
            let relation = source.relation;
            if let (None, Some(alias)) = (before, alias) {
                let key = self.key(&alias.name);
                if let Some(source) = scope.sources.get_mut(known) {
                    source.alias = Some(key);
                }
            }
            self.rel(relation).inputs.extend(inputs);
        }
    }

    /// A relation whose columns are all made of the same values.
    pub(super) fn columns_of_value(
        &mut self,
        values: &[&Expr],
        names: &[Ident],
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) {
        let mut inputs = Vec::new();
        let mut edges: Vec<Edge> = Vec::new();
        for value in values {
            edges.extend(self.rows_of(value, scope, &mut inputs));
        }
        let relation = self.relation(RelationKind::Unnest, Vec::new());
        self.rel(relation).inputs.extend(inputs);
        for name in names {
            let (shown, key) = (self.shown(name), self.key(name));
            self.add(relation, shown, key, &edges);
        }
        self.push_source(relation, alias, Vec::new(), scope);
    }
}

/// `table(f(…))`: the function inside.
fn wrapped(args: &[FunctionArg]) -> Option<(ObjectName, &[FunctionArg])> {
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(function)))] = args else { return None };
    match &function.args {
        sqlparser::ast::FunctionArguments::List(list) => Some((function.name.clone(), &list.args)),
        _ => Some((function.name.clone(), &[])),
    }
}

/// The names of the columns of `json_table`, nested ones too.
pub(super) fn json_columns(columns: &[JsonTableColumn], names: &mut Vec<Ident>) {
    for column in columns {
        match column {
            JsonTableColumn::Named(named) => names.push(named.name.clone()),
            JsonTableColumn::ForOrdinality(name) => names.push(name.clone()),
            JsonTableColumn::Nested(nested) => json_columns(&nested.columns, names),
        }
    }
}
