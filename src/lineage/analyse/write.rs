//! `insert`, `update` and `merge`: the columns that are written, and what flows into them.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Insert,
    Merge, MergeAction, MergeInsertKind, MergeUpdateKind, ObjectName, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind,
};

use super::Analyser;
use super::arena::edge;
use super::expr::{Gathered, idents, strongest};
use super::scope::Scope;
use super::statement::{Done, last_part};
use crate::lineage::kind::{Kind, Role};
use crate::lineage::model::{ColumnId, Edge, RelationId, RelationKind, StatementKind};
use crate::lineage::names::Sym;

impl Analyser<'_, '_> {
    /// The columns of a query under the names that they are written to.
    pub(super) fn write_columns(&mut self, from: RelationId, names: &[Ident]) -> RelationId {
        let output = self.relation(RelationKind::Write, Vec::new());
        self.rel(output).inputs.push(from);
        let columns = self.all_columns(from);
        let star = columns.iter().position(|id| self.col(*id).is_star);
        for (place, name) in names.iter().enumerate() {
            let (shown, key) = (self.shown(name), self.key(name));
            match star {
                Some(star) if star <= place => {
                    let stars = self.stars_of(from);
                    let edges: Vec<Edge> = Self::edges_from(&stars, Kind::Rename);
                    self.add(output, shown, key, &edges);
                }
                _ => match columns.get(place) {
                    Some(column) => self.write_one(output, shown, key, *column),
                    None => {
                        self.add(output, shown, key, &[]);
                    }
                },
            }
        }
        output
    }

    fn write_one(&mut self, output: RelationId, name: Sym, key: Sym, column: ColumnId) {
        let span = self.col(column).span.clone();
        let id = self.copy(output, name, key, column);
        self.columns[id.0 as usize].span = span;
    }

    /// The names of a target's columns, if the catalog has them.
    pub(super) fn target_columns(&mut self, parts: &[Ident]) -> Option<Vec<Ident>> {
        let keys: Vec<Sym> = parts.iter().map(|part| self.key(part)).collect();
        let texts: Vec<&str> = keys.iter().map(|key| self.names.text(*key)).collect();
        let found = self.session.catalog.find(&texts).or_else(|| self.catalog.find(&texts));
        let columns = found?.1.columns.as_ref()?;
        Some(columns.all().iter().map(|column| Ident::with_quote('"', &*column.name)).collect())
    }

    pub(super) fn insert(&mut self, insert: &Insert) -> Done {
        if let Some(done) = self.insert_all(insert) {
            return done;
        }
        let TableObject::TableName(name) = &insert.table else { return Done::nothing(StatementKind::Insert) };
        let target = Some(self.target(name));
        if !insert.assignments.is_empty() {
            let output = self.relation(RelationKind::Write, Vec::new());
            self.assignments(output, &insert.assignments, &Scope::default());
            return Done { kind: StatementKind::Insert, target, output: Some(output) };
        }
        let Some(source) = &insert.source else {
            return Done { kind: StatementKind::Insert, target, output: None };
        };
        let from = self.query(source, None);
        let mut columns: Vec<Ident> = insert.columns.iter().filter_map(last_part).collect();
        columns.extend(insert.after_columns.iter().cloned());
        let partitions: Vec<Ident> =
            insert.partitioned.iter().flatten().filter_map(static_partition).collect();
        if columns.is_empty() {
            let parts = self.table_parts(name);
            columns = self.filled_columns(&parts, from, &partitions);
        }
        let output = if columns.is_empty() { from } else { self.write_columns(from, &columns) };
        Done { kind: StatementKind::Insert, target, output: Some(output) }
    }

    /// The columns of a table that a query fills, as far as the catalog has them; `partitions` have fixed values.
    pub(super) fn filled_columns(
        &mut self,
        table: &[Ident],
        from: RelationId,
        partitions: &[Ident],
    ) -> Vec<Ident> {
        let columns = self.all_columns(from);
        if columns.iter().any(|id| self.col(*id).is_star) {
            return Vec::new();
        }
        let fixed: Vec<Sym> = partitions.iter().map(|name| self.key(name)).collect();
        let mut known = self.target_columns(table).unwrap_or_default();
        known.retain(|name| !fixed.contains(&self.key(name)));
        known.truncate(columns.len());
        known
    }

    pub(super) fn update(&mut self, update: &Update) -> Done {
        let output = self.relation(RelationKind::Write, Vec::new());
        let mut scope = Scope::default();
        let table = without_top(&update.table);
        let table = table.as_ref().unwrap_or(&update.table);
        self.table_with_joins(output, table, &mut scope);
        let mut from: Vec<&TableWithJoins> = Vec::new();
        if let Some(UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables)) =
            &update.from
        {
            from.extend(tables);
        }
        // T-SQL: `update t set … from orders as t`.
        let alias = self.aliased_target(&table.relation, &from);
        if alias.is_some() {
            scope.sources.clear();
        }
        for table in &from {
            self.table_with_joins(output, table, &mut scope);
        }
        self.rel(output).inputs.extend(scope.sources.iter().map(|source| source.relation));
        self.decide(output, &update.selection, &scope, Role::Filter);
        self.assignments(output, &update.assignments, &scope);
        let target = match (alias, &table.relation) {
            (Some(name), _) => Some(self.target(&name)),
            (None, TableFactor::Table { name, .. }) => {
                let name = name.clone();
                Some(self.target(&name))
            }
            _ => None,
        };
        Done { kind: StatementKind::Update, target, output: Some(output) }
    }

    /// The table behind the alias that an update is given.
    fn aliased_target(&mut self, table: &TableFactor, from: &[&TableWithJoins]) -> Option<ObjectName> {
        let TableFactor::Table { name, alias: None, .. } = table else { return None };
        let [target] = idents(name).try_into().ok()?;
        let target: Ident = target;
        let wanted = self.key(&target);
        let factors = from.iter().flat_map(|table| {
            std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
        });
        for factor in factors {
            if let TableFactor::Table { name, alias, .. } = factor {
                let is_it = match alias {
                    Some(alias) => self.key(&alias.name) == wanted,
                    None => idents(name).last().is_some_and(|last| self.key(last) == wanted),
                };
                if is_it {
                    return Some(name.clone());
                }
            }
        }
        None
    }

    fn assignments(&mut self, output: RelationId, assignments: &[Assignment], scope: &Scope<'_>) {
        for assignment in assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => {
                    let Some(name) = last_part(name) else { continue };
                    self.assign(output, &name, &assignment.value, scope);
                }
                AssignmentTarget::Tuple(names) => self.assign_row(output, names, &assignment.value, scope),
            }
        }
    }

    pub(super) fn assign(&mut self, output: RelationId, name: &Ident, value: &Expr, scope: &Scope<'_>) {
        let (shown, key) = (self.shown(name), self.key(name));
        let place = self.places.and_then(|places| places.of(value));
        self.expression(output, value, shown, key, place, scope);
    }

    /// `set (a, b) = (select x, y …)`.
    fn assign_row(&mut self, output: RelationId, names: &[ObjectName], value: &Expr, scope: &Scope<'_>) {
        let names: Vec<Ident> = names.iter().filter_map(last_part).collect();
        match value {
            Expr::Subquery(query) => {
                let relation = self.query(query, Some(scope));
                self.rel(output).inputs.push(relation);
                let columns = self.all_columns(relation);
                for (name, column) in names.iter().zip(columns) {
                    let (shown, key) = (self.shown(name), self.key(name));
                    self.add(output, shown, key, &[edge(column, Kind::Rename)]);
                }
            }
            Expr::Tuple(values) => {
                for (name, value) in names.iter().zip(values) {
                    self.assign(output, name, value, scope);
                }
            }
            Expr::Function(function) if Self::function_name(&function.name) == "row" => {
                let FunctionArguments::List(list) = &function.args else { return };
                for (name, value) in names.iter().zip(&list.args) {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = value {
                        self.assign(output, name, value, scope);
                    }
                }
            }
            other => {
                let mut out = Gathered::default();
                self.expr(other, scope, Kind::Expression, &mut out);
                let edges = out.take_edges();
                for name in &names {
                    let (shown, key) = (self.shown(name), self.key(name));
                    self.add(output, shown, key, &edges);
                }
            }
        }
    }

    pub(super) fn merge_statement(&mut self, merge: &Merge) -> Done {
        let output = self.relation(RelationKind::Write, Vec::new());
        let mut scope = Scope::default();
        self.table_factor(output, &merge.table, &mut scope);
        let into = scope.sources.len();
        self.table_factor(output, &merge.source, &mut scope);
        self.rel(output).inputs.extend(scope.sources.iter().map(|source| source.relation));
        self.decide(output, [&*merge.on], &scope, Role::JoinKey);
        // What is inserted can't read the target, whose row is missing.
        let mut only_source = Scope { sources: scope.sources[into..].to_vec(), ..Scope::default() };
        only_source.rule = None;
        for clause in &merge.clauses {
            self.decide(output, &clause.predicate, &scope, Role::Filter);
            match &clause.action {
                MergeAction::Update(update) => match &update.kind {
                    MergeUpdateKind::Set(assignments) => self.assignments(output, assignments, &scope),
                    MergeUpdateKind::Wildcard => self.merge_all(output, &only_source),
                },
                MergeAction::Insert(insert) => match &insert.kind {
                    MergeInsertKind::Values(values) => {
                        let mut names: Vec<Ident> = insert.columns.iter().filter_map(last_part).collect();
                        if names.is_empty()
                            && let TableFactor::Table { name, .. } = &merge.table
                        {
                            let parts = self.table_parts(name);
                            names = self.target_columns(&parts).unwrap_or_default();
                        }
                        for row in &values.rows {
                            for (place, value) in row.content.iter().enumerate() {
                                match names.get(place) {
                                    Some(name) => self.assign(output, &name.clone(), value, &only_source),
                                    None => {
                                        let ((shown, key), _) = self.name_of(value, place, None);
                                        self.expression(output, value, shown, key, None, &only_source);
                                    }
                                }
                            }
                        }
                    }
                    MergeInsertKind::Row | MergeInsertKind::Wildcard => self.merge_all(output, &only_source),
                },
                MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => {}
            }
        }
        self.unite_columns(output);
        let target = match &merge.table {
            TableFactor::Table { name, .. } => Some(self.target(name)),
            _ => None,
        };
        Done { kind: StatementKind::Merge, target, output: Some(output) }
    }

    /// `update set *`, `insert *`, `insert row`.
    fn merge_all(&mut self, output: RelationId, scope: &Scope<'_>) {
        self.star(output, scope, None, None);
    }

    /// A column that several clauses write is one column.
    fn unite_columns(&mut self, output: RelationId) {
        let columns = std::mem::take(&mut self.rel(output).columns);
        let mut of_name: IndexMap<Sym, Vec<ColumnId>, FxBuildHasher> = IndexMap::default();
        for column in columns {
            of_name.entry(self.col(column).key).or_default().push(column);
        }
        let mut kept = Vec::with_capacity(of_name.len());
        for same in of_name.into_values() {
            kept.push(same[0]);
            if same.len() > 1 {
                let edges = same.iter().flat_map(|id| self.value_edges_of(*id)).collect();
                self.set_edges(same[0], &strongest(edges));
            }
        }
        self.rel(output).columns = kept;
    }
}

/// The table of `update top (10) t`, which the parser takes for a function under an alias.
fn without_top(table: &TableWithJoins) -> Option<TableWithJoins> {
    let TableFactor::Table { name, alias: Some(alias), args: Some(_), .. } = &table.relation else {
        return None;
    };
    if !name.to_string().eq_ignore_ascii_case("top") {
        return None;
    }
    let mut relation = table.relation.clone();
    if let TableFactor::Table { name, alias: own, args, .. } = &mut relation {
        *name = ObjectName::from(vec![alias.name.clone()]);
        (*own, *args) = (None, None);
    }
    Some(TableWithJoins { relation, joins: table.joins.clone() })
}

/// The column of `partition (dt = 1)`; a column without a value is filled by the query.
fn static_partition(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::BinaryOp { left, .. } => match &**left {
            Expr::Identifier(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}
