//! Which columns an expression reads, and what it does with them.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator,
    FunctionArgumentClause, FunctionArguments, Ident, JsonPathElem, LambdaSyntax, NamedWindowExpr,
    ObjectName, ObjectNamePart, OneOrManyWithParens, OrderByExpr, Query, Subscript, UnaryOperator, Value,
    WindowSpec, WindowType,
};

use super::Analyser;
use super::function;
use super::resolve::{Target, find_source};
use super::scope::Scope;
use super::star::column_parts;
use crate::lineage::kind::{Kind, Role};
use crate::lineage::model::{ColumnId, Edge, From, Reason, RelationId, ShapeEdge};
use crate::lineage::names::Sym;
use crate::sql::Dialect;

/// What an expression reads.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Value edges, not yet in order.
    pub(super) edges: Vec<Edge>,
    /// Shape edges, where a role is asked for instead.
    pub(super) shape: Vec<ShapeEdge>,
    /// Relations that subqueries in it read.
    pub(super) inputs: Vec<RelationId>,
    /// The strongest that is done, even to nothing: `count(*)`.
    pub(super) strongest: Option<Kind>,
    /// True if it makes a value: `now()`.
    pub(super) is_made: bool,
    /// How many edges came in, and the last of them: where it begins, and whether fields are taken.
    pub(super) last: (usize, Option<(From, bool)>),
    role: Option<Role>,
    in_date_function: bool,
}

impl Gathered {
    /// Shape edges of one role are gathered, no value edges.
    pub(super) fn shape(role: Role) -> Self {
        Self { role: Some(role), ..Self::default() }
    }

    fn push(&mut self, from: From, kind: Kind, path: Option<Sym>) {
        self.last = (self.last.0 + 1, Some((from, path.is_some())));
        match self.role {
            Some(role) => self.shape.push(ShapeEdge { from, role }),
            None => self.edges.push(Edge { from, kind, path }),
        }
    }

    fn did(&mut self, kind: Kind) {
        self.strongest = Some(self.strongest.map_or(kind, |known| known.max(kind)));
    }

    /// The edges in order, the strongest of each beginning.
    pub(super) fn take_edges(&mut self) -> Vec<Edge> {
        strongest(std::mem::take(&mut self.edges))
    }

    /// What the whole does: to its columns, or else how it makes its value.
    pub(super) fn kind(&self, edges: &[Edge]) -> Kind {
        let of_edges = edges.iter().map(|edge| edge.kind).max();
        match (of_edges, self.strongest) {
            (Some(kind), strongest) => {
                strongest.filter(|it| *it >= Kind::Aggregate).map_or(kind, |it| it.max(kind))
            }
            (None, Some(strongest)) if strongest >= Kind::Aggregate => strongest,
            (None, _) if self.is_made => Kind::Generated,
            (None, _) => Kind::Constant,
        }
    }
}

/// Edges in order, the strongest of each beginning.
pub(super) fn strongest(mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.sort_by_key(|edge| (edge.from, edge.path, std::cmp::Reverse(edge.kind)));
    edges.dedup_by_key(|edge| (edge.from, edge.path));
    edges
}

impl Analyser<'_, '_> {
    /// Gathers what `expr` reads; `kind` is what is done with its value.
    pub(super) fn expr(&mut self, expr: &Expr, scope: &Scope<'_>, kind: Kind, out: &mut Gathered) {
        self.step();
        if self.is_spent() {
            return;
        }
        match expr {
            Expr::Identifier(name) => self.name(std::slice::from_ref(name), scope, kind, out),
            Expr::CompoundIdentifier(names) => self.name(names, scope, kind, out),
            Expr::Value(value) => {
                if let Value::Placeholder(text) = &value.value {
                    let name = Ident::new(text.clone());
                    if let [source] = scope.sources.as_slice()
                        && let Some(column) = self.positional(source.relation, &name)
                    {
                        out.push(From::Column(column), kind, None);
                    } else {
                        out.is_made = true;
                    }
                }
            }
            Expr::Nested(inner) | Expr::Collate { expr: inner, .. } | Expr::Named { expr: inner, .. } => {
                self.inner(inner, scope, kind, out);
            }
            _ => stacker::maybe_grow(128 << 10, 2 << 20, || self.compound(expr, scope, kind, out)),
        }
    }

    /// The same for a part of an expression.
    pub(super) fn inner(&mut self, expr: &Expr, scope: &Scope<'_>, kind: Kind, out: &mut Gathered) {
        stacker::maybe_grow(128 << 10, 2 << 20, || self.expr(expr, scope, kind, out));
    }

    /// Several expressions.
    pub(super) fn exprs<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
        kind: Kind,
        out: &mut Gathered,
    ) {
        for expr in exprs {
            self.expr(expr, scope, kind, out);
        }
    }

    /// A name of one or more parts.
    fn name(&mut self, parts: &[Ident], scope: &Scope<'_>, kind: Kind, out: &mut Gathered) {
        if out.in_date_function
            && let [name] = parts
            && function::is_date_part(name)
            && !self.is_known_column(name, scope)
        {
            return;
        }
        if let [name] = parts
            && let Some(at) = self.scalar(name, scope)
        {
            let scalars = self.scalars;
            self.reading.push(at);
            self.inner(&scalars[at].expr, scope, kind, out);
            self.reading.pop();
            return;
        }
        let (target, path) = self.resolve(parts, scope);
        self.push_target(target, path, kind, out);
    }

    /// The expression that a name stands for: ClickHouse's `with expression as name`.
    fn scalar(&mut self, name: &Ident, scope: &Scope<'_>) -> Option<usize> {
        if self.scalars.is_empty() {
            return None;
        }
        let (key, at, scalars) = (self.key(name), self.place_of(name)?.start, self.scalars);
        if scope.outwards().any(|scope| scope.locals.contains(&key)) {
            return None;
        }
        // Inner ones stand first.
        let found = scalars.iter().position(|it| it.place.contains(&at) && self.key(&it.name) == key)?;
        (!self.reading.contains(&found)).then_some(found)
    }

    fn push_target(&mut self, target: Target, path: Option<Sym>, kind: Kind, out: &mut Gathered) {
        if let (Target::Column(column), Some(path)) = (&target, path) {
            let edge = self.with_fields(From::Column(*column), kind, path);
            return out.push(edge.from, edge.kind, edge.path);
        }
        let kind = if path.is_some() { kind.max(Kind::Expression) } else { kind };
        match target {
            Target::Column(column) => out.push(From::Column(column), kind, None),
            Target::Row(columns) => {
                for column in columns {
                    out.push(From::Column(column), kind.max(Kind::Expression), None);
                }
            }
            Target::Unknown(unknown) => out.push(From::Unknown(unknown), kind, path),
            Target::Nothing => out.is_made = true,
        }
    }

    fn compound(&mut self, expr: &Expr, scope: &Scope<'_>, kind: Kind, out: &mut Gathered) {
        let single = kind.max(Kind::Expression);
        match expr {
            Expr::BinaryOp { .. } => self.operators(expr, scope, kind, out),
            Expr::Cast { expr, .. } => self.expr(expr, scope, kind.max(Kind::Cast), out),
            Expr::Convert { expr, styles, .. } => {
                self.expr(expr, scope, kind.max(Kind::Cast), out);
                self.exprs(styles, scope, single, out);
            }
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => self.expr(expr, scope, kind, out),
            Expr::Case { operand, conditions, else_result, .. } => {
                let chosen = kind.max(Kind::Conditional);
                if let Some(operand) = operand {
                    let codes = conditions.iter().map(|when| &when.condition);
                    self.compared(operand, codes, scope, chosen, out);
                }
                for when in conditions {
                    self.expr(&when.condition, scope, chosen, out);
                    self.expr(&when.result, scope, chosen, out);
                }
                self.exprs(else_result.as_deref(), scope, chosen, out);
            }
            Expr::Function(function) => match function::bare_user(self.dialect, function) {
                Some(name) => self.name(std::slice::from_ref(name), scope, kind, out),
                None => self.function(function, scope, kind, out),
            },
            Expr::Subquery(query) => self.subquery(query, scope, kind, out),
            Expr::Exists { subquery, .. } => {
                let relation = self.query(subquery, Some(scope));
                out.inputs.push(relation);
                out.did(Kind::Expression);
                if out.role.is_none() {
                    out.is_made = true;
                }
            }
            Expr::InList { expr, list, .. } => {
                self.compared(expr, list, scope, single, out);
                self.exprs(list, scope, single, out);
            }
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.compared(left, [&**right], scope, single, out);
                self.compared(right, [&**left], scope, single, out);
            }
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(expr, scope, single, out);
                self.subquery(subquery, scope, single, out);
            }
            // DuckDB's `name: expression`, which is no path.
            Expr::JsonAccess { path, .. }
                if self.dialect == Dialect::DuckDb
                    && matches!(path.path.first(), Some(JsonPathElem::Dot { .. })) =>
            {
                let edge = self.not_followed("alias before its expression");
                out.push(edge.from, single, None);
            }
            Expr::JsonAccess { value, path } => {
                let before = out.edges.len();
                self.expr(value, scope, single, out);
                let keys = path.path.iter().filter_map(|element| match element {
                    JsonPathElem::Dot { key, .. } => Some(key.as_str()),
                    _ => None,
                });
                let text = keys.collect::<Vec<_>>().join(".");
                let path_of_keys = (!text.is_empty()).then(|| self.names.sym(&text));
                self.take_fields(before, path_of_keys, out);
                for element in &path.path {
                    if let JsonPathElem::Bracket { key } | JsonPathElem::ColonBracket { key } = element
                        && !matches!(key, Expr::Wildcard(_))
                    {
                        self.expr(key, scope, single, out);
                    }
                }
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.access(root, access_chain, scope, kind, out);
            }
            Expr::Lambda(lambda) => {
                // DuckDB's `payload -> 'a'`.
                if let OneOrManyWithParens::One(name) = &lambda.params
                    && lambda.syntax == LambdaSyntax::Arrow
                    && begins_with_literal(&lambda.body)
                    && (self.calls == 0 || self.is_known_column(&name.name, scope))
                {
                    self.name(std::slice::from_ref(&name.name), scope, single, out);
                    return self.inner(&lambda.body, scope, single, out);
                }
                let mut inside = Scope::inside(Some(scope));
                match &lambda.params {
                    OneOrManyWithParens::One(name) => inside.locals.push(self.key(&name.name)),
                    OneOrManyWithParens::Many(names) => {
                        for name in names {
                            let key = self.key(&name.name);
                            inside.locals.push(key);
                        }
                    }
                }
                self.expr(&lambda.body, &inside, single, out);
            }
            Expr::Wildcard(_) => self.all_of(scope, None, single, out),
            Expr::QualifiedWildcard(name, _) => self.all_of(scope, Some(name), single, out),
            Expr::MatchAgainst { columns, .. } => {
                for column in columns {
                    let parts = idents(column);
                    self.name(&parts, scope, single, out);
                }
            }
            Expr::MemberOf(member) => {
                self.expr(&member.value, scope, single, out);
                self.expr(&member.array, scope, single, out);
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                self.exprs(sets.iter().flatten(), scope, single, out);
            }
            Expr::Struct { values, .. } => self.exprs(values, scope, single, out),
            // ClickHouse's `tuple(a, b).1`, which the parser takes for a number of that type.
            Expr::TypedString(typed) if matches!(typed.value.value, Value::Number(..)) => {
                let edge = self.not_followed("tuple");
                out.push(edge.from, single, None);
            }
            Expr::TypedString(_) => {}
            _ => {
                for part in parts_of(expr) {
                    self.expr(part, scope, single, out);
                }
            }
        }
    }

    /// A chain of operators, from the left: it may be longer than the stack is deep.
    fn operators(&mut self, expr: &Expr, scope: &Scope<'_>, kind: Kind, out: &mut Gathered) {
        let mut at = expr;
        let kind = kind.max(Kind::Expression);
        while let Expr::BinaryOp { left, op, right } = at {
            if let Some(names) = lambda_names(left, op, right).filter(|_| has_lambdas(self.dialect)) {
                let mut inside = Scope::inside(Some(scope));
                inside.locals = names.iter().map(|name| self.key(name)).collect();
                return self.inner(right, &inside, kind, out);
            }
            // A key of a JSON value is no column.
            let is_key = matches!(op, BinaryOperator::Arrow | BinaryOperator::LongArrow)
                && matches!(**right, Expr::Value(_));
            if super::compare::is_equality(op) {
                self.compared(right, [&**left], scope, kind, out);
                // A chain of operators is no column, so what is compared with it is never looked at.
                if super::compare::literal(right).is_some() {
                    return self.compared(left, [&**right], scope, kind, out);
                }
            } else if !is_key {
                self.inner(right, scope, kind, out);
            }
            at = left;
        }
        self.inner(at, scope, kind, out);
    }

    /// `a.b[1].c`.
    fn access(
        &mut self,
        root: &Expr,
        chain: &[AccessExpr],
        scope: &Scope<'_>,
        kind: Kind,
        out: &mut Gathered,
    ) {
        let single = kind.max(Kind::Expression);
        if self.field_of_struct(root, chain, scope, kind, out) {
            return;
        }
        let mut names = column_parts(root).unwrap_or_default();
        let mut fields: Vec<Ident> = Vec::new();
        let mut is_leading = !names.is_empty();
        for step in chain {
            match step {
                AccessExpr::Dot(Expr::Identifier(name)) if is_leading => names.push(name.clone()),
                AccessExpr::Dot(Expr::Identifier(name)) => fields.push(name.clone()),
                AccessExpr::Dot(Expr::Value(_)) => is_leading = false,
                AccessExpr::Dot(other) => {
                    is_leading = false;
                    // A method: its arguments count.
                    self.inner(other, scope, single, out);
                }
                AccessExpr::Subscript(subscript) => {
                    is_leading = false;
                    let parts: Vec<&Expr> = match subscript {
                        Subscript::Index { index } => vec![index],
                        Subscript::Slice { lower_bound, upper_bound, stride } => {
                            lower_bound.iter().chain(upper_bound).chain(stride).collect()
                        }
                    };
                    for part in parts {
                        // BigQuery's `a[offset(1)]`, and keys in quotes that are no names.
                        if !matches!(part, Expr::Identifier(name) if name.quote_style.is_some()) {
                            self.inner(part, scope, single, out);
                        }
                    }
                }
            }
        }
        if names.is_empty() {
            let from = out.edges.len();
            self.inner(root, scope, single, out);
            let path = self.path(&fields);
            return self.take_fields(from, path, out);
        }
        let (target, path) = self.resolve(&names, scope);
        let fields = self.path(&fields);
        let path = match (path, fields) {
            (Some(path), Some(fields)) => Some(self.joined(Some(path), fields)),
            (path, fields) => path.or(fields),
        };
        // `(t).a` is the column.
        self.push_target(target, path, if is_leading { kind } else { single }, out);
    }

    /// Takes fields of what was gathered since `from`. Of several columns it can't be told whose fields they are.
    fn take_fields(&mut self, from: usize, path: Option<Sym>, out: &mut Gathered) {
        let (Some(path), Some([edge])) = (path, out.edges.get(from..)) else { return };
        let path = self.joined(edge.path, path);
        let edge = self.with_fields(edge.from, edge.kind, path);
        out.edges[from] = edge;
    }

    /// Fields of fields.
    pub(super) fn joined(&mut self, before: Option<Sym>, path: Sym) -> Sym {
        let Some(before) = before else { return path };
        let text = format!("{}.{}", self.names.text(before), self.names.text(path));
        self.names.sym(&text)
    }

    /// A subquery whose columns are a value.
    pub(super) fn subquery(&mut self, query: &Query, scope: &Scope<'_>, kind: Kind, out: &mut Gathered) {
        let relation = self.query(query, Some(scope));
        out.inputs.push(relation);
        // T-SQL's `for json` and `for xml` make one text of all rows.
        let kind = if query.for_clause.is_some() { kind.max(Kind::Aggregate) } else { kind };
        for column in self.all_columns(relation) {
            out.push(From::Column(column), kind, None);
        }
    }

    /// `*` or `t.*` as an argument.
    fn all_of(&mut self, scope: &Scope<'_>, qualifier: Option<&ObjectName>, kind: Kind, out: &mut Gathered) {
        let relations: Vec<RelationId> = match qualifier {
            None => scope
                .sources
                .iter()
                .filter(|source| !source.is_hidden)
                .map(|source| source.relation)
                .collect(),
            Some(name) => {
                let parts = idents(name);
                let keys: Vec<Sym> = parts.iter().map(|part| self.key(part)).collect();
                match find_source(scope, &keys, false).or_else(|| find_source(scope, &keys, true)) {
                    Some(relation) => vec![relation],
                    None => return self.name(&parts, scope, kind, out),
                }
            }
        };
        for relation in relations {
            for column in self.all_columns(relation) {
                out.push(From::Column(column), kind, None);
            }
        }
    }

    fn function(&mut self, function: &Function, scope: &Scope<'_>, kind: Kind, out: &mut Gathered) {
        let name = match function.name.0.last() {
            Some(ObjectNamePart::Identifier(name)) => name.value.to_ascii_lowercase(),
            Some(ObjectNamePart::Function(part)) => part.name.value.to_ascii_lowercase(),
            None => String::new(),
        };
        let own = if function.over.is_some() || function::is_window_only(&name) {
            Kind::Window
        } else {
            match function.name.0.as_slice() {
                // BigQuery's `hll_count.init`.
                [ObjectNamePart::Identifier(family), _] => {
                    function::kind_of(&family.value.to_ascii_lowercase()).max(function::kind_of(&name))
                }
                _ => function::kind_of(&name),
            }
        };
        let kind = kind.max(own);
        out.did(kind);
        if function::makes_values(&name) {
            out.is_made = true;
        }
        self.calls += 1;
        let was_in_date = out.in_date_function;
        out.in_date_function |= function::takes_date_part(&name);
        self.dotted_call(function, scope, kind, out);
        let counts_rows = matches!(name.as_str(), "count" | "count_big");
        for arguments in [&function.parameters, &function.args] {
            self.arguments(arguments, counts_rows, scope, kind, out);
        }
        out.in_date_function = was_in_date;
        self.calls -= 1;
        self.order_by(&function.within_group, scope, kind, out);
        self.exprs(function.filter.as_deref(), scope, kind.max(Kind::Conditional), out);
        if let Some(over) = &function.over {
            self.over(over, scope, out);
        }
    }

    /// `a.upper()`: DuckDB calls functions by their first argument, T-SQL those of XML values.
    fn dotted_call(&mut self, function: &Function, scope: &Scope<'_>, kind: Kind, out: &mut Gathered) {
        if function.name.0.len() < 2 {
            return;
        }
        let parts = idents(&function.name);
        let Some((name, before)) = parts.split_last() else { return };
        let is_known = |this: &mut Self| match before {
            [first, ..] => this.is_known_column(first, scope),
            [] => false,
        };
        let is_method = match self.dialect {
            Dialect::DuckDb => is_known(self),
            dialect if dialect.is_tsql() => function::is_xml_method(name),
            _ => false,
        };
        if is_method {
            self.name(before, scope, kind, out);
        }
    }

    fn arguments(
        &mut self,
        arguments: &FunctionArguments,
        counts_rows: bool,
        scope: &Scope<'_>,
        kind: Kind,
        out: &mut Gathered,
    ) {
        let list = match arguments {
            FunctionArguments::None => return,
            FunctionArguments::Subquery(query) => return self.subquery(query, scope, kind, out),
            FunctionArguments::List(list) => list,
        };
        for argument in &list.args {
            // What the parser takes for an argument's name is a comparison: `count_if(status = 3)`.
            if let FunctionArg::Named { name, arg: FunctionArgExpr::Expr(arg), operator } = argument
                && *operator == FunctionArgOperator::Equals
                && self.is_known_column(name, scope)
            {
                let column = Expr::Identifier(name.clone());
                self.compared(&column, [arg], scope, kind.max(Kind::Expression), out);
            }
            self.argument(argument, counts_rows, scope, kind, out);
        }
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::Where(expr) => {
                    self.expr(expr, scope, kind.max(Kind::Conditional), out);
                }
                FunctionArgumentClause::OrderBy(order) => self.order_by(order, scope, kind, out),
                FunctionArgumentClause::Having(bound) => self.expr(&bound.1, scope, kind, out),
                _ => {}
            }
        }
    }

    /// One argument of a function.
    pub(super) fn argument(
        &mut self,
        argument: &FunctionArg,
        counts_rows: bool,
        scope: &Scope<'_>,
        kind: Kind,
        out: &mut Gathered,
    ) {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        match arg {
            FunctionArgExpr::Expr(expr) => self.expr(expr, scope, kind, out),
            // `count(*)` counts rows and reads no column.
            FunctionArgExpr::Wildcard | FunctionArgExpr::QualifiedWildcard(_) if counts_rows => {}
            FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => {
                self.all_of(scope, None, kind, out);
            }
            FunctionArgExpr::QualifiedWildcard(name) => self.all_of(scope, Some(name), kind, out),
        }
    }

    /// The columns of an `order by` inside an expression.
    pub(super) fn order_by(
        &mut self,
        order: &[OrderByExpr],
        scope: &Scope<'_>,
        kind: Kind,
        out: &mut Gathered,
    ) {
        self.exprs(order.iter().map(|order| &order.expr), scope, kind, out);
    }

    fn over(&mut self, over: &WindowType, scope: &Scope<'_>, out: &mut Gathered) {
        match over {
            WindowType::WindowSpec(spec) => self.window(spec, scope, 0, out),
            WindowType::NamedWindow(name) => self.named_window(name, scope, 0, out),
        }
    }

    fn window(&mut self, spec: &WindowSpec, scope: &Scope<'_>, depth: usize, out: &mut Gathered) {
        if let Some(name) = &spec.window_name {
            self.named_window(name, scope, depth, out);
        }
        let role = out.role;
        out.role = role.map(|_| Role::Partition);
        self.exprs(&spec.partition_by, scope, Kind::Window, out);
        out.role = role.map(|_| Role::Order);
        self.order_by(&spec.order_by, scope, Kind::Window, out);
        out.role = role;
    }

    fn named_window(&mut self, name: &Ident, scope: &Scope<'_>, depth: usize, out: &mut Gathered) {
        if depth > scope.windows.len() {
            return;
        }
        let key = self.key(name);
        let windows = scope.windows;
        for window in windows {
            if self.key(&window.0) == key {
                match &window.1 {
                    NamedWindowExpr::NamedWindow(other) => self.named_window(other, scope, depth + 1, out),
                    NamedWindowExpr::WindowSpec(spec) => self.window(spec, scope, depth + 1, out),
                }
                return;
            }
        }
    }

    /// The columns that a condition or key reads, as shape edges of a relation.
    pub(super) fn decide<'e>(
        &mut self,
        relation: RelationId,
        exprs: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
        role: Role,
    ) {
        let mut out = Gathered::shape(role);
        self.exprs(exprs, scope, Kind::Expression, &mut out);
        self.add_shape(relation, out.shape);
        self.rel(relation).inputs.extend(out.inputs);
    }

    /// An edge from something that this analysis does not follow.
    pub(super) fn not_followed(&mut self, what: &str) -> Edge {
        let name = self.names.sym(what);
        let unknown = self.unknown(name, Reason::NotFollowed, None);
        Edge { from: From::Unknown(unknown), kind: Kind::Expression, path: None }
    }

    /// Value edges from columns, all of one kind.
    pub(super) fn edges_from(columns: &[ColumnId], kind: Kind) -> Vec<Edge> {
        columns.iter().map(|column| super::arena::edge(*column, kind)).collect()
    }
}

/// The parameters of a lambda that the parser took for an operator: `(a, b) -> a + b`.
fn lambda_names(left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<Vec<Ident>> {
    if *op != BinaryOperator::Arrow || matches!(right, Expr::Value(_)) {
        return None;
    }
    let name = |expr: &Expr| match expr {
        Expr::Identifier(name) => Some(name.clone()),
        _ => None,
    };
    match left {
        Expr::Tuple(parts) => parts.iter().map(name).collect(),
        Expr::Nested(inner) => name(inner).map(|name| vec![name]),
        _ => name(left).map(|name| vec![name]),
    }
}

/// True where `a -> b` is a function; elsewhere it takes a part of a JSON value.
fn has_lambdas(dialect: Dialect) -> bool {
    use Dialect as D;
    !matches!(
        dialect,
        D::Postgres | D::Redshift | D::MySql | D::MariaDb | D::Sqlite | D::MsSql | D::Fabric | D::BigQuery
    )
}

/// True if a literal is the first of an expression: a key, not what a function gives.
fn begins_with_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => !matches!(value.value, Value::Placeholder(_)),
        Expr::BinaryOp { left, .. } => begins_with_literal(left),
        Expr::Cast { expr, .. } | Expr::IsNull(expr) | Expr::IsNotNull(expr) => begins_with_literal(expr),
        _ => false,
    }
}

/// The words of a dotted name.
pub(super) fn idents(name: &ObjectName) -> Vec<Ident> {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(name) => name.clone(),
        ObjectNamePart::Function(function) => function.name.clone(),
    };
    name.0.iter().map(part).collect()
}

/// The expressions right below one that only reads them.
fn parts_of(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::IsFalse(a)
        | Expr::IsNotFalse(a)
        | Expr::IsTrue(a)
        | Expr::IsNotTrue(a)
        | Expr::IsNull(a)
        | Expr::IsNotNull(a)
        | Expr::IsUnknown(a)
        | Expr::IsNotUnknown(a)
        | Expr::OuterJoin(a)
        | Expr::Prior(a)
        | Expr::UnaryOp { expr: a, .. }
        | Expr::IsJson { expr: a, .. }
        | Expr::IsNormalized { expr: a, .. }
        | Expr::Extract { expr: a, .. }
        | Expr::Ceil { expr: a, .. }
        | Expr::Floor { expr: a, .. }
        | Expr::Prefixed { value: a, .. } => vec![a],
        Expr::InUnnest { expr, array_expr, .. } => vec![expr, array_expr],
        Expr::Between { expr, low, high, .. } => vec![expr, low, high],
        Expr::Like { expr, pattern, .. }
        | Expr::ILike { expr, pattern, .. }
        | Expr::SimilarTo { expr, pattern, .. }
        | Expr::RLike { expr, pattern, .. } => vec![expr, pattern],
        Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => vec![left, right],
        Expr::AtTimeZone { timestamp, time_zone } => vec![timestamp, time_zone],
        Expr::Position { expr, r#in } => vec![expr, r#in],
        Expr::Substring { expr, substring_from, substring_for, .. } => std::iter::once(&**expr)
            .chain(substring_from.as_deref())
            .chain(substring_for.as_deref())
            .collect(),
        Expr::Trim { expr, trim_what, trim_characters, .. } => {
            let characters = trim_characters.iter().flatten();
            std::iter::once(&**expr).chain(trim_what.as_deref()).chain(characters).collect()
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            let parts = [&**expr, &**overlay_what, &**overlay_from];
            parts.into_iter().chain(overlay_for.as_deref()).collect()
        }
        Expr::Tuple(values) => values.iter().collect(),
        Expr::Dictionary(fields) => fields.iter().map(|field| &*field.value).collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| [&*entry.key, &*entry.value]).collect(),
        Expr::Array(array) => array.elem.iter().collect(),
        Expr::Interval(interval) => vec![&*interval.value],
        _ => Vec::new(),
    }
}
