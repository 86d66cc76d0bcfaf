//! Structs that a query makes: each field is a column of a relation of its own, so that `s.a` is what `a` was made of.
//!
//! `struct(id as a)`, `{'a': id}`, `named_struct('a', id)`, `array(select as struct …)`, a whole row, and what functions
//! like `array_agg` and `max_by` give of them.

use sqlparser::ast::{
    AccessExpr, Array, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
    Ident, ObjectNamePart, Value,
};

use super::Analyser;
use super::arena::{Has, edge};
use super::expr::Gathered;
use super::scope::Scope;
use crate::lineage::kind::Kind;
use crate::lineage::model::{ColumnId, Edge, From, RelationId, RelationKind};
use crate::lineage::names::Sym;
use crate::sql::Dialect;

/// So many steps down it is looked for the struct that a field is of.
const STEPS: usize = 64;

/// The fields of a struct that is written out, each with its expression.
type Fields = Vec<(Ident, Expr)>;

impl Analyser<'_, '_> {
    /// The column of an expression that makes a struct or an array of structs; `None` if it is no such.
    pub(super) fn struct_column(
        &mut self,
        relation: RelationId,
        expr: &Expr,
        (name, key): (Sym, Sym),
        scope: &Scope<'_>,
    ) -> Option<ColumnId> {
        if !may_make_struct(expr) {
            return None;
        }
        let fields = self.fields_in(expr, scope)?;
        let made = self.relation(RelationKind::Select, Vec::new());
        let known = self.problems.len();
        for (field, expr) in &fields {
            let (shown, key) = (self.shown(field), self.key(field));
            self.expression(made, expr, shown, key, None, scope);
        }
        // What stands beside the fields is read for each of them.
        let mut place = known;
        while place < self.problems.len() {
            let (before, this) = self.problems.split_at(place);
            if before[known..].iter().any(|other| other.span == this[0].span && other.name == this[0].name) {
                self.problems.remove(place);
            } else {
                place += 1;
            }
        }
        let inputs = self.rel(made).inputs.clone();
        self.rel(relation).inputs.extend(inputs);
        let columns = self.rel(made).columns.clone();
        let edges: Vec<Edge> = columns.iter().map(|column| edge(*column, Kind::Expression)).collect();
        let column = self.add(relation, name, key, &edges);
        let kind = columns.iter().map(|column| self.col(*column).kind).max().unwrap_or(Kind::Constant);
        let is_made = matches!(kind, Kind::Constant | Kind::Generated);
        self.columns[column.0 as usize].kind = if is_made { kind } else { kind.max(Kind::Expression) };
        self.structs.insert(column, made);
        Some(column)
    }

    /// `struct(id as a).a`: reads the field alone; false if there is no such field.
    pub(super) fn field_of_struct(
        &mut self,
        root: &Expr,
        chain: &[AccessExpr],
        scope: &Scope<'_>,
        kind: Kind,
        out: &mut Gathered,
    ) -> bool {
        if !may_make_struct(root) {
            return false;
        }
        let dot = chain.iter().enumerate().find_map(|(at, step)| match step {
            AccessExpr::Dot(Expr::Identifier(name)) => Some((at, name)),
            _ => None,
        });
        let Some((at, name)) = dot else { return false };
        let (head, rest) = (chain[..at].to_vec(), &chain[at + 1..]);
        let head = if head.is_empty() {
            root.clone()
        } else {
            Expr::CompoundFieldAccess { root: Box::new(root.clone()), access_chain: head }
        };
        let fields = self.fields_in(&head, scope).unwrap_or_default();
        let Some((_, field)) = fields.into_iter().find(|(of, _)| of.value.eq_ignore_ascii_case(&name.value))
        else {
            return false;
        };
        let whole = if rest.is_empty() {
            field
        } else {
            Expr::CompoundFieldAccess { root: Box::new(field), access_chain: rest.to_vec() }
        };
        self.inner(&whole, scope, kind, out);
        true
    }

    /// The fields of a struct that an expression makes, or of those in the array that it makes.
    fn fields_in(&mut self, expr: &Expr, scope: &Scope<'_>) -> Option<Fields> {
        match expr {
            Expr::Nested(inner) => self.fields_in(inner, scope),
            Expr::Struct { values, fields } => {
                let typed = |place: usize| fields.get(place).and_then(|field| field.field_name.clone());
                let named =
                    values.iter().enumerate().map(|(place, value)| field_of(value, place, typed(place)));
                Some(named.collect())
            }
            Expr::Dictionary(fields) => {
                Some(fields.iter().map(|field| (field.key.clone(), (*field.value).clone())).collect())
            }
            Expr::Array(Array { elem, .. }) => {
                let mut all = Vec::new();
                for one in elem {
                    all.push(self.fields_in(one, scope)?);
                }
                let first = all.first()?.clone();
                let same = all.iter().all(|other| other.len() == first.len());
                let joined = first.into_iter().enumerate().map(|(place, (name, _))| {
                    let elem = all.iter().map(|fields| fields[place].1.clone()).collect();
                    (name, Expr::Array(Array { elem, named: false }))
                });
                same.then(|| joined.collect())
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                let is_field = |step: &AccessExpr| matches!(step, AccessExpr::Dot(_));
                if access_chain.iter().any(is_field) {
                    return None;
                }
                let wrap = |inner: Expr| Expr::CompoundFieldAccess {
                    root: Box::new(inner),
                    access_chain: access_chain.clone(),
                };
                let fields = self.fields_in(root, scope)?;
                Some(fields.into_iter().map(|(name, field)| (name, wrap(field))).collect())
            }
            Expr::Function(function) => self.fields_of_call(function, scope),
            _ => None,
        }
    }

    fn fields_of_call(&mut self, function: &Function, scope: &Scope<'_>) -> Option<Fields> {
        let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
        let FunctionArguments::List(list) = &function.args else { return None };
        let name = name.value.to_ascii_lowercase();
        match name.as_str() {
            "struct" | "struct_pack" | "row" => {
                let fields = list.args.iter().enumerate().map(|(place, arg)| match arg {
                    FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => {
                        Some((name.clone(), value.clone()))
                    }
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(field_of(value, place, None)),
                    _ => None,
                });
                fields.collect::<Option<Fields>>().filter(|fields| !fields.is_empty())
            }
            "named_struct" | "object_construct" | "object_construct_keep_null" => {
                let args: Option<Vec<&Expr>> = list.args.iter().map(plain).collect();
                let args = args.filter(|args| !args.is_empty() && args.len().is_multiple_of(2))?;
                let pairs = args
                    .chunks_exact(2)
                    .map(|pair| text(pair[0]).map(|name| (Ident::new(name), pair[1].clone())));
                pairs.collect()
            }
            _ if gives_first(&name) && list.duplicate_treatment.is_none() => {
                let (first, rest) = list.args.split_first()?;
                let fields = match plain(first)? {
                    row @ Expr::Identifier(alias) => self.fields_of_row(row, alias, scope)?,
                    other => self.fields_in(other, scope)?,
                };
                let call = |field: Expr| {
                    let first = FunctionArg::Unnamed(FunctionArgExpr::Expr(field));
                    let args = std::iter::once(first).chain(rest.iter().cloned()).collect();
                    let list = FunctionArgumentList {
                        duplicate_treatment: None,
                        args,
                        clauses: list.clauses.clone(),
                    };
                    Expr::Function(Function {
                        name: function.name.clone(),
                        uses_odbc_syntax: false,
                        parameters: function.parameters.clone(),
                        args: FunctionArguments::List(list),
                        filter: function.filter.clone(),
                        null_treatment: function.null_treatment,
                        over: function.over.clone(),
                        within_group: function.within_group.clone(),
                    })
                };
                Some(fields.into_iter().map(|(name, field)| (name, call(field))).collect())
            }
            _ => None,
        }
    }

    /// The columns of a relation whose name stands for a row.
    fn fields_of_row(&mut self, row: &Expr, alias: &Ident, scope: &Scope<'_>) -> Option<Fields> {
        let key = self.key(alias);
        let source = scope.sources.iter().find(|source| source.alias == Some(key))?.relation;
        let is_column = scope.sources.iter().any(|source| !matches!(self.has(source.relation, key), Has::No));
        if is_column {
            return None;
        }
        let Expr::Identifier(qualifier) = row else { return None };
        let mut fields = Vec::new();
        for column in self.all_columns(source) {
            let data = self.col(column);
            if data.is_star {
                return None;
            }
            let (key, text) = (data.key, self.names.text(data.name).to_owned());
            let plain = Ident::new(&*text);
            let name = if self.key(&plain) == key { plain } else { Ident::with_quote('"', text) };
            let column = Expr::CompoundIdentifier(vec![qualifier.clone(), name.clone()]);
            fields.push((name, column));
        }
        Some(fields).filter(|fields| !fields.is_empty())
    }

    /// Notes that a column is made of the rows of a subquery: `array(select as struct …)`.
    pub(super) fn note_rows(&mut self, column: ColumnId, expr: &Expr, inputs: &[RelationId]) {
        let is_rows = match expr {
            Expr::Function(function) => {
                matches!(function.args, FunctionArguments::Subquery(_))
                    && Self::function_name(&function.name) == "array"
            }
            _ => false,
        };
        if let Some(rows) = inputs.last().filter(|_| is_rows)
            && !self.relations[rows.0 as usize].is_open
        {
            self.structs.insert(column, *rows);
        }
    }

    /// The struct that a column holds, and what happens on the way to where it is made.
    fn struct_of(&self, column: ColumnId) -> Option<(RelationId, Kind)> {
        if self.structs.is_empty() {
            return None;
        }
        let (mut at, mut kind) = (column, Kind::Identity);
        for _ in 0..STEPS {
            if let Some(made) = self.structs.get(&at) {
                return Some((*made, kind));
            }
            let range = &self.col(at).edges;
            let [Edge { from: From::Column(below), kind: step, path: None }] =
                &self.edges[range.start as usize..range.end as usize]
            else {
                return None;
            };
            at = *below;
            if !step.keeps_value() {
                kind = kind.max(*step);
            }
        }
        None
    }

    /// Whether the elements of an array have a field: known where the statement makes them.
    pub(super) fn has_field(&self, edges: &[Edge], key: Sym) -> Has {
        let [Edge { from: From::Column(column), path: None, .. }] = edges else { return Has::Field };
        let Some((made, _)) = self.struct_of(*column) else { return Has::Field };
        let is_field = |id: &ColumnId| self.col(*id).key == key;
        let has = self.relations[made.0 as usize].columns.iter().any(is_field);
        // Elsewhere a field is no name of its own, and any column wins over it.
        let is_name = self.dialect == Dialect::BigQuery;
        match has {
            true if is_name => Has::Yes,
            true => Has::Field,
            false => Has::No,
        }
    }

    /// The columns that a struct's star gives.
    pub(super) fn columns_of_struct(
        &mut self,
        column: ColumnId,
        path: Option<Sym>,
    ) -> Option<(Vec<ColumnId>, Kind)> {
        let (column, kind) = match path {
            None => (column, Kind::Identity),
            Some(path) => match self.field_of(column, path)? {
                (Edge { from: From::Column(column), path: None, .. }, kind) => (column, kind),
                _ => return None,
            },
        };
        let (made, below) = self.struct_of(column)?;
        Some((self.rel(made).columns.clone(), kind.max(below)))
    }

    /// What the fields `path` of a column are made of, where the struct is one that the statement makes: an edge with
    /// the fields that are left, and what happens on the way.
    pub(super) fn field_of(&mut self, column: ColumnId, path: Sym) -> Option<(Edge, Kind)> {
        let (mut at, mut kind, mut found) = (column, Kind::Identity, false);
        let text = self.names.text(path).to_owned();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let Some((made, below)) = self.struct_of(at) else { break };
            let (field, left) = rest.split_once('.').unwrap_or((rest, ""));
            let columns = &self.relations[made.0 as usize].columns;
            let is_field = |id: &&ColumnId| self.names.text(self.col(**id).name).eq_ignore_ascii_case(field);
            let Some(next) = columns.iter().find(is_field).copied() else { break };
            (at, rest, found) = (next, left, true);
            kind = kind.max(below);
        }
        let path = (!rest.is_empty()).then(|| self.names.sym(rest));
        found.then_some((Edge { from: From::Column(at), kind: Kind::Identity, path }, kind))
    }

    /// An edge for fields of what it begins at. An element of an array is a column that nobody sees: its fields are
    /// fields of the array.
    pub(super) fn with_fields(&mut self, from: From, kind: Kind, path: Sym) -> Edge {
        if let From::Column(column) = from
            && let Some((edge, below)) = self.field_of(column, path)
        {
            let kind = kind.max(below);
            let kind = if edge.path.is_some() { kind.max(Kind::Expression) } else { kind };
            return Edge { kind, ..edge };
        }
        let kind = kind.max(Kind::Expression);
        if let From::Column(column) = from
            && self.relations[self.col(column).relation.0 as usize].kind == RelationKind::Unnest
        {
            let range = &self.col(column).edges;
            if let [Edge { from, kind: step, path: Some(before) }] =
                self.edges[range.start as usize..range.end as usize]
            {
                let path = self.joined(Some(before), path);
                return Edge { from, kind: kind.max(step), path: Some(path) };
            }
        }
        Edge { from, kind, path: Some(path) }
    }
}

/// True for expressions that are worth a look.
fn may_make_struct(expr: &Expr) -> bool {
    match expr {
        Expr::Struct { .. } | Expr::Dictionary(_) => true,
        Expr::Nested(inner) => may_make_struct(inner),
        Expr::Array(array) => array.elem.first().is_some_and(may_make_struct),
        Expr::CompoundFieldAccess { root, .. } => may_make_struct(root),
        Expr::Function(function) => match (function.name.0.as_slice(), &function.args) {
            ([ObjectNamePart::Identifier(name)], FunctionArguments::List(list)) => {
                let first = || list.args.first().and_then(plain);
                makes_struct(&name.value)
                    || (gives_first(&name.value)
                        && first().is_some_and(|first| {
                            matches!(first, Expr::Identifier(_)) || may_make_struct(first)
                        }))
            }
            _ => false,
        },
        _ => false,
    }
}

fn makes_struct(name: &str) -> bool {
    is_one_of(
        name,
        &["struct", "struct_pack", "row", "named_struct", "object_construct", "object_construct_keep_null"],
    )
}

/// True for functions that give their first argument as it is, of one or all of many rows.
fn gives_first(name: &str) -> bool {
    is_one_of(
        name,
        &[
            "any_value",
            "arbitrary",
            "arg_max",
            "arg_min",
            "array_agg",
            "collect_list",
            "first",
            "first_value",
            "lag",
            "last",
            "last_value",
            "lead",
            "list",
            "max_by",
            "min_by",
            "nth_value",
        ],
    )
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// A field of a struct that is written out, by its name, its column's, or its place.
fn field_of(value: &Expr, place: usize, typed: Option<Ident>) -> (Ident, Expr) {
    let numbered = || Ident::new(format!("_field_{}", place + 1));
    match value {
        Expr::Named { expr, name } => (name.clone(), (**expr).clone()),
        other => {
            let own = match other {
                Expr::Identifier(name) => Some(name.clone()),
                Expr::CompoundIdentifier(names) => names.last().cloned(),
                _ => None,
            };
            (typed.or(own).unwrap_or_else(numbered), other.clone())
        }
    }
}

/// An argument without a name.
fn plain(arg: &FunctionArg) -> Option<&Expr> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}

/// The text that names a field.
fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
