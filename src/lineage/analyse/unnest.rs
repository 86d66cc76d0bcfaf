//! Arrays and objects as rows: `unnest`, `flatten`, `lateral view explode`, `array join`.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, LateralView, ObjectName, TableAlias,
    TableFactor,
};

use super::Analyser;
use super::expr::{Gathered, idents};
use super::field::fields_of;
use super::resolve::Target;
use super::scope::{Scope, Source};
use super::star::column_parts;
use crate::lineage::kind::Kind;
use crate::lineage::model::{Edge, From, RelationId, RelationKind};
use crate::sql::Dialect;

impl Analyser<'_, '_> {
    /// The value edges of an expression that becomes rows.
    pub(super) fn rows_of(
        &mut self,
        expr: &Expr,
        scope: &Scope<'_>,
        inputs: &mut Vec<RelationId>,
    ) -> Vec<Edge> {
        let mut out = Gathered::default();
        self.expr(expr, scope, Kind::Expression, &mut out);
        inputs.append(&mut out.inputs);
        out.take_edges()
    }

    /// `unnest(a, b) as t (x, y) with offset`.
    pub(super) fn unnest(
        &mut self,
        arrays: &[Expr],
        alias: Option<&TableAlias>,
        offset: Option<Ident>,
        with_ordinality: bool,
        scope: &mut Scope<'_>,
    ) {
        let mut inputs = Vec::new();
        let mut edges = Vec::new();
        for array in arrays {
            edges.push(self.rows_of(array, scope, &mut inputs));
        }
        let literal = arrays.first().and_then(literal_fields);
        let offset = offset.or_else(|| with_ordinality.then(|| Ident::new("ordinality")));
        let known = scope.sources.len();
        self.elements(edges, alias, &Ident::new("unnest"), offset, scope);
        if let Some(source) = scope.sources.get(known) {
            let relation = source.relation;
            self.rel(relation).inputs.extend(inputs);
            if let Some(fields) = literal {
                self.close_elements(relation, &fields);
            }
        }
    }

    /// Rows of arrays, given by their edges. One array's element may be a struct, whose fields can be named.
    pub(super) fn elements(
        &mut self,
        arrays: Vec<Vec<Edge>>,
        alias: Option<&TableAlias>,
        default: &Ident,
        offset: Option<Ident>,
        scope: &mut Scope<'_>,
    ) {
        let relation = self.relation(RelationKind::Unnest, Vec::new());
        let named: Vec<Ident> =
            alias.iter().flat_map(|it| &it.columns).map(|column| column.name.clone()).collect();
        let fields = self.element_fields(&arrays);
        if let Some(alias) = alias {
            let shown = self.shown(&alias.name);
            self.rel(relation).name = vec![shown];
        }
        let own_name = alias.map_or(default, |alias| &alias.name);
        // Trino, Athena and Spark take structs apart into columns; others keep the element as one.
        let parts_structs = matches!(self.dialect, Dialect::Trino | Dialect::Athena);
        match (named.as_slice(), &fields) {
            ([], Some(fields)) if parts_structs || self.dialect == Dialect::BigQuery => {
                let hides_own = alias.is_none() || parts_structs;
                if !hides_own {
                    let (shown, key) = (self.shown(own_name), self.key(own_name));
                    let element = self.loose(relation, shown, key, &arrays[0]);
                    self.rel(relation).found.push(element);
                }
                self.field_columns(relation, &arrays[0], fields);
            }
            (named, Some(fields)) if parts_structs && named.len() >= fields.len() => {
                for name in named {
                    let (shown, key) = (self.shown(name), self.key(name));
                    self.add(relation, shown, key, &arrays[0]);
                }
            }
            ([], _) => {
                for (place, edges) in arrays.iter().enumerate() {
                    let name = if place == 0 {
                        own_name.clone()
                    } else {
                        Ident::new(format!("{}_{place}", own_name.value))
                    };
                    let (shown, key) = (self.shown(&name), self.key(&name));
                    self.add(relation, shown, key, edges);
                }
            }
            (named, _) => {
                let of_place = if parts_structs { self.unnested_places(&arrays) } else { Vec::new() };
                for (place, name) in named.iter().enumerate() {
                    let (shown, key) = (self.shown(name), self.key(name));
                    // Names beyond the arrays are fields, keys and values of the last.
                    let is_offset = offset.is_some()
                        && place + 1 == named.len()
                        && place >= arrays.len().max(of_place.len());
                    let array = of_place.get(place).copied().unwrap_or(place);
                    let edges = if is_offset {
                        &[][..]
                    } else {
                        arrays.get(array).or(arrays.last()).map_or(&[][..], Vec::as_slice)
                    };
                    let column = self.add(relation, shown, key, edges);
                    if is_offset {
                        self.columns[column.0 as usize].kind = Kind::Generated;
                    }
                }
            }
        }
        let has_offset_name = !named.is_empty() && named.len() > arrays.len();
        if let Some(offset) = offset.filter(|_| !has_offset_name) {
            let (shown, key) = (self.shown(&offset), self.key(&offset));
            let column = self.add(relation, shown, key, &[]);
            self.columns[column.0 as usize].kind = Kind::Generated;
        }
        if fields.is_none() {
            let all: Vec<Edge> = arrays.into_iter().flatten().collect();
            self.rel(relation).is_open = true;
            self.state(relation).element = Some(all.into());
        }
        let key = alias.map(|alias| self.key(&alias.name));
        scope.sources.push(Source::of(key, relation));
    }

    /// The fields of the elements, where a single column of known type is taken apart.
    fn element_fields(&mut self, arrays: &[Vec<Edge>]) -> Option<Vec<(String, String)>> {
        let [edges] = arrays else { return None };
        let [Edge { from: From::Column(column), path: None, .. }] = edges.as_slice() else { return None };
        let data_type = self.type_of(*column)?;
        fields_of(&data_type)
    }

    /// For each column of an `unnest`, the array that it comes from: a map gives two, rows as many as they have fields.
    fn unnested_places(&mut self, arrays: &[Vec<Edge>]) -> Vec<usize> {
        let mut places = Vec::new();
        for (place, edges) in arrays.iter().enumerate() {
            let data_type = match edges.as_slice() {
                [Edge { from: From::Column(column), path: None, .. }] => self.type_of(*column),
                _ => None,
            };
            let text = data_type.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
            let width =
                if text.starts_with("map") { 2 } else { fields_of(&text).map_or(1, |fields| fields.len()) };
            places.extend(std::iter::repeat_n(place, width));
        }
        places
    }

    fn field_columns(&mut self, relation: RelationId, edges: &[Edge], fields: &[(String, String)]) {
        for (name, _) in fields {
            let (shown, key) = (self.names.sym(name), self.names.folded(self.dialect, name, false));
            let mut of_field = Vec::with_capacity(edges.len());
            for edge in edges {
                let path = Some(self.joined(edge.path, shown));
                of_field.push(Edge { path, ..*edge });
            }
            self.add(relation, shown, key, &of_field);
        }
    }

    /// All fields of the elements are known: a name that is none of them is looked up elsewhere.
    fn close_elements(&mut self, relation: RelationId, fields: &[Ident]) {
        self.rel(relation).is_open = false;
        self.state(relation).element = None;
        for name in fields {
            let (shown, key) = (self.shown(name), self.key(name));
            let column = self.loose(relation, shown, key, &[]);
            self.rel(relation).found.push(column);
        }
    }

    /// `lateral view explode(a) t as b`.
    pub(super) fn lateral_view(&mut self, reader: RelationId, view: &LateralView, scope: &mut Scope<'_>) {
        let mut inputs = Vec::new();
        let edges = self.rows_of(&view.lateral_view, scope, &mut inputs);
        self.rel(reader).inputs.extend(inputs);
        let relation = self.relation(RelationKind::Unnest, Vec::new());
        let function = match &view.lateral_view {
            Expr::Function(function) => function.name.to_string().to_ascii_lowercase(),
            _ => String::new(),
        };
        let mut alias = idents(&view.lateral_view_name).pop();
        let mut names: Vec<Ident> = view.lateral_col_alias.clone();
        if names.is_empty() {
            // `lateral view explode(a) as b`: the name is the column's.
            let is_only_name = alias.as_ref().is_some_and(|it| it.value.is_empty());
            if is_only_name {
                alias = None;
            }
            if function.starts_with("inline") {
                // Its columns are the fields of the structs.
                match self.element_fields(std::slice::from_ref(&edges)) {
                    Some(fields) => self.field_columns(relation, &edges, &fields),
                    None => {
                        self.rel(relation).is_open = true;
                        self.state(relation).element = Some(edges.clone().into());
                    }
                }
            } else {
                names = default_names(&function);
            }
        }
        for (place, name) in names.iter().enumerate() {
            let (shown, key) = (self.shown(name), self.key(name));
            let is_place = function.starts_with("pos") && place == 0 && names.len() > 1;
            let column = self.add(relation, shown, key, if is_place { &[] } else { &edges });
            if is_place {
                self.columns[column.0 as usize].kind = Kind::Generated;
            }
        }
        let key = alias.map(|alias| self.key(&alias));
        scope.sources.push(Source { is_nullable: view.outer, ..Source::of(key, relation) });
    }

    /// ClickHouse's `array join`: the array's name now means an element.
    pub(super) fn array_join(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) {
        let TableFactor::Table { name, alias, args, .. } = factor else { return };
        let parts = idents(name);
        let Some(last) = parts.last() else { return };
        let mut out = Gathered::default();
        match args {
            Some(args) => {
                for arg in &args.args {
                    self.argument(arg, false, scope, Kind::Expression, &mut out);
                }
            }
            None => {
                let array = match parts.as_slice() {
                    [name] => Expr::Identifier(name.clone()),
                    _ => Expr::CompoundIdentifier(parts.clone()),
                };
                if let [name] = parts.as_slice()
                    && self.nested_join(name, alias.as_ref(), scope)
                {
                    return;
                }
                self.expr(&array, scope, Kind::Expression, &mut out);
            }
        }
        let edges = out.take_edges();
        let relation = self.relation(RelationKind::Join, Vec::new());
        self.rel(relation).inputs.extend(out.inputs);
        let name = alias.as_ref().map_or(last, |alias| &alias.name);
        let (shown, key) = (self.shown(name), self.key(name));
        let column = self.add(relation, shown, key, &edges);
        scope.merged.push(super::scope::Merged { key, column, sources: scope.sources.len() });
    }

    /// `array join n`, where the columns are `n.a` and `n.b`: false if there are none.
    fn nested_join(&mut self, name: &Ident, alias: Option<&TableAlias>, scope: &mut Scope<'_>) -> bool {
        let prefix = format!("{}.", name.value);
        let shown = alias.map_or(&name.value, |alias| &alias.name.value);
        let mut found = Vec::new();
        for source in &scope.sources {
            for name in self.names_of(source.relation) {
                if let Some(field) = name.strip_prefix(&prefix) {
                    found.push((source.relation, name.to_owned(), format!("{shown}.{field}")));
                }
            }
        }
        if found.is_empty() || self.is_known_column(name, scope) {
            return false;
        }
        let relation = self.relation(RelationKind::Join, Vec::new());
        for (source, of, name) in found {
            let (of, key) = (self.names.sym(&of), self.names.sym(&name));
            let Some(array) = self.take(source, of, of) else { continue };
            let column = self.add(relation, key, key, &[super::arena::edge(array, Kind::Expression)]);
            scope.merged.push(super::scope::Merged { key, column, sources: scope.sources.len() });
        }
        true
    }

    /// The columns of Spark's generators in a `select`; false if `expr` is none.
    pub(super) fn generator(&mut self, relation: RelationId, expr: &Expr, scope: &Scope<'_>) -> bool {
        if self.dialect == Dialect::DuckDb {
            return self.unnested_struct(relation, expr, scope);
        }
        if !matches!(self.dialect, Dialect::Spark | Dialect::Databricks) {
            return false;
        }
        let Expr::Function(function) = expr else { return false };
        let name = Self::function_name(&function.name);
        let (columns, also): (&[&str], &[&str]) = match name.as_str() {
            "explode" | "explode_outer" => (&["col"], &["key", "value"]),
            "posexplode" | "posexplode_outer" => (&["pos", "col"], &["key", "value"]),
            "inline" | "inline_outer" => (&[], &[]),
            _ => return false,
        };
        let mut inputs = Vec::new();
        let edges = self.rows_of(expr, scope, &mut inputs);
        self.rel(relation).inputs.extend(inputs);
        if columns.is_empty() {
            // Its columns are the fields of the structs.
            self.star_of_edges(relation, &edges, &[]);
            return true;
        }
        for name in columns {
            let sym = self.names.sym(name);
            let column = self.add(relation, sym, sym, if *name == "pos" { &[] } else { &edges });
            let data = &mut self.columns[column.0 as usize];
            data.is_unnamed = true;
            if *name == "pos" {
                data.kind = Kind::Generated;
            }
        }
        // A map gives keys and values instead.
        for name in also {
            let sym = self.names.sym(name);
            let column = self.loose(relation, sym, sym, &edges);
            self.rel(relation).found.push(column);
        }
        true
    }

    /// DuckDB's `unnest(struct)` and `unnest(structs, recursive := true)`: a column for each field.
    fn unnested_struct(&mut self, relation: RelationId, expr: &Expr, scope: &Scope<'_>) -> bool {
        let Expr::Function(function) = expr else { return false };
        let FunctionArguments::List(list) = &function.args else { return false };
        let is_unnest = Self::function_name(&function.name) == "unnest";
        let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(array))) =
            list.args.first().filter(|_| is_unnest)
        else {
            return false;
        };
        let Some(parts) = column_parts(array) else { return false };
        let known = self.problems.len();
        let (Target::Column(column), None) = self.resolve(&parts, scope) else {
            self.problems.truncate(known);
            return false;
        };
        let data_type = self.type_of(column).unwrap_or_default();
        let lower = data_type.trim().to_ascii_lowercase();
        let is_list = lower.ends_with(']') || lower.starts_with("list");
        let Some(fields) = fields_of(&data_type).filter(|_| !is_list || list.args.len() > 1) else {
            return false;
        };
        self.field_columns(relation, &[super::arena::edge(column, Kind::Expression)], &fields);
        true
    }

    /// Snowflake's `flatten(input => a)`.
    pub(super) fn flatten(
        &mut self,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        scope: &mut Scope<'_>,
    ) {
        let mut out = Gathered::default();
        for arg in args {
            self.argument(arg, false, scope, Kind::Expression, &mut out);
        }
        let edges = out.take_edges();
        let relation = self.relation(RelationKind::Unnest, Vec::new());
        self.rel(relation).inputs.extend(out.inputs);
        for name in ["SEQ", "KEY", "PATH", "INDEX", "VALUE", "THIS"] {
            let (shown, key) = (self.names.sym(name), self.names.folded(self.dialect, name, false));
            let is_made = matches!(name, "SEQ" | "INDEX");
            let column = self.add(relation, shown, key, if is_made { &[] } else { &edges });
            if is_made {
                self.columns[column.0 as usize].kind = Kind::Generated;
            }
        }
        self.push_source(relation, alias, Vec::new(), scope);
    }

    /// A name that a table function is called by.
    pub(super) fn function_name(name: &ObjectName) -> String {
        idents(name).pop().map(|name| name.value.to_ascii_lowercase()).unwrap_or_default()
    }
}

/// The columns of Hive's and Spark's generators.
pub(super) fn default_names(function: &str) -> Vec<Ident> {
    let names: &[&str] = match function.trim_end_matches("_outer") {
        "posexplode" => &["pos", "col"],
        "json_tuple" => &["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"],
        "inline" | "stack" => &["col0", "col1", "col2", "col3", "col4", "col5", "col6", "col7"],
        _ => &["col", "key", "value"],
    };
    names.iter().map(|name| Ident::new(*name)).collect()
}

/// The fields of an array that is written out: `[struct(1 as a)]`.
fn literal_fields(expr: &Expr) -> Option<Vec<Ident>> {
    match expr {
        Expr::Array(array) => match array.elem.first() {
            None | Some(Expr::Value(_)) => Some(Vec::new()),
            Some(Expr::Struct { values, fields }) => {
                let named = values.iter().filter_map(|value| match value {
                    Expr::Named { name, .. } => Some(name.clone()),
                    _ => None,
                });
                let typed = fields.iter().filter_map(|field| field.field_name.clone());
                Some(named.chain(typed).collect())
            }
            Some(Expr::Function(function)) => match &function.args {
                FunctionArguments::List(_) => None,
                _ => Some(Vec::new()),
            },
            _ => None,
        },
        Expr::Nested(inner) => literal_fields(inner),
        _ => None,
    }
}
