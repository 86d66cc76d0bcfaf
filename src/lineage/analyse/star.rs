//! `*`, `t.*`, `struct.*` with `except`, `replace`, `rename`; and DuckDB's `columns(…)`.

use sqlparser::ast::{
    ExcludeSelectItem, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    RenameSelectItem, ReplaceSelectElement, SelectItemQualifiedWildcardKind, Value,
    WildcardAdditionalOptions,
};

use super::Analyser;
use super::expr::{Gathered, idents};
use super::field::fields_of;
use super::resolve::{Target, find_source};
use super::scope::Scope;
use crate::lineage::kind::Kind;
use crate::lineage::model::{ColumnId, Edge, From, RelationId};
use crate::lineage::names::Sym;

/// What a star leaves out or changes.
#[derive(Default)]
struct Changes<'a> {
    except: Vec<Sym>,
    rename: Vec<(Sym, &'a Ident)>,
    replace: Vec<(Sym, &'a ReplaceSelectElement)>,
    like: Option<String>,
}

impl Analyser<'_, '_> {
    /// Adds the columns of a star to a relation.
    pub(super) fn star(
        &mut self,
        relation: RelationId,
        scope: &Scope<'_>,
        qualifier: Option<&SelectItemQualifiedWildcardKind>,
        options: Option<&WildcardAdditionalOptions>,
    ) {
        let mut changes = self.changes(options);
        match qualifier {
            None if scope.is_star_open => {
                for source in &scope.sources {
                    self.force_star(source.relation);
                    self.star_rest(relation, source.relation, &[], &changes);
                }
            }
            None => {
                let first = self.rules.merged_first;
                for merged in &scope.merged {
                    if !is_last_of_name(scope, merged.column, merged.key) {
                        continue;
                    }
                    if !self.is_listed(scope, merged.key) {
                        // It stands somewhere among columns that are not known, and can be named.
                        if !changes.except.contains(&merged.key) {
                            let name = self.col(merged.column).name;
                            let edges = [super::arena::edge(merged.column, Kind::Identity)];
                            let column = self.loose(relation, name, merged.key, &edges);
                            self.rel(relation).found.push(column);
                        }
                    } else if first {
                        self.star_column(relation, merged.column, &mut changes, scope);
                    }
                }
                let mut done: Vec<Sym> = Vec::new();
                for (place, source) in scope.sources.iter().enumerate() {
                    if source.is_hidden {
                        continue;
                    }
                    let merged: Vec<Sym> =
                        scope.merged.iter().filter(|it| it.sources > place).map(|it| it.key).collect();
                    for column in self.all_columns(source.relation) {
                        let data = self.col(column);
                        if data.is_star {
                            self.star_rest(relation, source.relation, &merged, &changes);
                        } else if !merged.contains(&data.key) {
                            self.star_column(relation, column, &mut changes, scope);
                        } else if !first && !done.contains(&data.key) {
                            let key = data.key;
                            done.push(key);
                            let last = scope.merged.iter().rev().find(|it| it.key == key);
                            let column = last.map_or(column, |it| it.column);
                            self.star_column(relation, column, &mut changes, scope);
                        }
                    }
                }
            }
            Some(SelectItemQualifiedWildcardKind::ObjectName(name)) => {
                let parts = idents(name);
                self.qualified_star(relation, &parts, &mut changes, scope);
            }
            Some(SelectItemQualifiedWildcardKind::Expr(expr)) => match column_parts(expr) {
                Some(parts) => self.qualified_star(relation, &parts, &mut changes, scope),
                None => {
                    let mut out = Gathered::default();
                    self.expr(expr, scope, Kind::Expression, &mut out);
                    let edges = out.take_edges();
                    self.rel(relation).inputs.extend(out.inputs);
                    self.star_of_edges(relation, &edges);
                }
            },
        }
        // What is replaced without being known to be there.
        for (key, element) in std::mem::take(&mut changes.replace) {
            let (shown, place) = (self.shown(&element.column_name), self.place_of(&element.column_name));
            if self.rel(relation).is_open {
                self.expression(relation, &element.expr, shown, key, place, scope);
            }
        }
        // A new name for something behind a star.
        for (old, new) in std::mem::take(&mut changes.rename) {
            if !self.rel(relation).is_open {
                continue;
            }
            let through: Vec<RelationId> =
                self.state(relation).through.iter().map(|it| it.relation).collect();
            if let [below] = through.as_slice()
                && let Some(column) = self.take(*below, old, old)
            {
                let (name, key) = (self.shown(new), self.key(new));
                self.copy(relation, name, key, column);
            }
        }
    }

    /// Whether a column stands among the known columns of a source.
    fn is_listed(&mut self, scope: &Scope<'_>, key: Sym) -> bool {
        scope.sources.iter().any(|source| {
            let columns = self.all_columns(source.relation);
            columns.iter().any(|id| self.col(*id).key == key && !self.col(*id).is_star)
        })
    }

    fn qualified_star(
        &mut self,
        relation: RelationId,
        parts: &[Ident],
        changes: &mut Changes<'_>,
        scope: &Scope<'_>,
    ) {
        let keys: Vec<Sym> = parts.iter().map(|part| self.key(part)).collect();
        for by_own_name in [false, true] {
            let mut here = Some(scope);
            while let Some(scope) = here {
                if let Some(source) = find_source(scope, &keys, by_own_name) {
                    for column in self.all_columns(source) {
                        if self.col(column).is_star {
                            self.star_rest(relation, source, &[], changes);
                        } else {
                            self.star_column(relation, column, changes, scope);
                        }
                    }
                    return;
                }
                here = scope.parent;
            }
        }
        // A struct: its fields become columns.
        let (target, path) = self.resolve(parts, scope);
        let (from, data_type) = match target {
            Target::Column(column) => (From::Column(column), self.type_of(column)),
            Target::Unknown(unknown) => (From::Unknown(unknown), None),
            Target::Row(_) | Target::Nothing => return,
        };
        let mut fields = data_type.and_then(|data_type| fields_of(&data_type));
        let path_text = path.map(|path| self.names.text(path).to_owned());
        for step in path_text.iter().flat_map(|path| path.split('.')) {
            fields = fields.and_then(|fields| {
                let field = fields.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(step));
                field.and_then(|(_, data_type)| fields_of(&data_type))
            });
        }
        let Some(fields) = fields else {
            return self.star_of_edges(relation, &[Edge { from, kind: Kind::Expression, path }]);
        };
        for (name, _) in fields {
            let inner = path_text.as_ref().map_or_else(|| name.clone(), |path| format!("{path}.{name}"));
            let path = Some(self.names.sym(&inner));
            let (shown, key) = (self.names.sym(&name), self.names.folded(self.dialect, &name, false));
            if !changes.except.contains(&key) {
                self.add(relation, shown, key, &[Edge { from, kind: Kind::Expression, path }]);
            }
        }
    }

    /// A star over the fields of something whose fields are not known.
    fn star_of_edges(&mut self, relation: RelationId, edges: &[Edge]) {
        let star = self.star;
        let column = self.add(relation, star, star, edges);
        self.columns[column.0 as usize].is_star = true;
        self.rel(relation).is_open = true;
        // Names are looked up as fields.
        let fields = self.relation(crate::lineage::model::RelationKind::Unnest, Vec::new());
        self.rel(fields).is_open = true;
        self.state(fields).element = Some(edges.into());
        let through = super::arena::Through { relation: fields, except: Box::default() };
        self.state(relation).through.push(through);
    }

    /// The star over what is not known of a source.
    fn star_rest(&mut self, relation: RelationId, source: RelationId, merged: &[Sym], changes: &Changes<'_>) {
        let mut except: Vec<Sym> = merged.iter().chain(&changes.except).copied().collect();
        except.extend(changes.rename.iter().map(|(old, _)| *old));
        except.extend(changes.replace.iter().map(|(key, _)| *key));
        self.add_star(relation, source, &except);
    }

    /// One column of a star.
    fn star_column(
        &mut self,
        relation: RelationId,
        column: ColumnId,
        changes: &mut Changes<'_>,
        scope: &Scope<'_>,
    ) {
        let data = self.col(column);
        let (mut name, mut key) = (data.name, data.key);
        if changes.except.contains(&key) {
            return;
        }
        if let Some(pattern) = &changes.like
            && !is_like(self.names.text(name), pattern)
        {
            return;
        }
        let old = key;
        let replaced =
            changes.replace.iter().position(|(of, _)| *of == old).map(|at| changes.replace.remove(at));
        if let Some(at) = changes.rename.iter().position(|(of, _)| *of == old) {
            let (_, new) = changes.rename.remove(at);
            (name, key) = (self.shown(new), self.key(new));
        }
        match replaced {
            Some((_, element)) => {
                let place = self.place_of(&element.column_name);
                self.expression(relation, &element.expr, name, key, place, scope);
            }
            None => {
                let is_unnamed = self.col(column).is_unnamed;
                let copy = self.copy(relation, name, key, column);
                self.columns[copy.0 as usize].is_unnamed = is_unnamed;
            }
        }
    }

    fn changes<'a>(&mut self, options: Option<&'a WildcardAdditionalOptions>) -> Changes<'a> {
        let Some(options) = options else { return Changes::default() };
        let mut except = self.excluded(options.opt_exclude.as_ref(), None);
        if let Some(list) = &options.opt_except {
            let names = std::iter::once(&list.first_element).chain(&list.additional_elements);
            for name in names {
                except.push(self.key(name));
            }
        }
        let rename = match &options.opt_rename {
            None => Vec::new(),
            Some(RenameSelectItem::Single(item)) => vec![(self.key(&item.ident), &item.alias)],
            Some(RenameSelectItem::Multiple(items)) => {
                items.iter().map(|item| (self.key(&item.ident), &item.alias)).collect()
            }
        };
        let replace = options.opt_replace.iter().flat_map(|it| &it.items);
        let replace = replace.map(|item| (self.key(&item.column_name), &**item)).collect();
        let like = options.opt_ilike.as_ref().map(|like| like.pattern.to_lowercase());
        Changes { except, rename, replace, like }
    }

    /// The keys of an `exclude`.
    pub(super) fn excluded(
        &mut self,
        exclude: Option<&ExcludeSelectItem>,
        more: Option<&ObjectName>,
    ) -> Vec<Sym> {
        let names: Vec<&ObjectName> = match exclude {
            None => Vec::new(),
            Some(ExcludeSelectItem::Single(name)) => vec![name],
            Some(ExcludeSelectItem::Multiple(names)) => names.iter().collect(),
        };
        let mut keys = Vec::new();
        for name in names.into_iter().chain(more) {
            if let Some(last) = idents(name).last() {
                keys.push(self.key(last));
            }
        }
        keys
    }

    /// DuckDB's `columns(…)`: one column for each that fits. Gives false if `expr` has none.
    pub(super) fn columns_call(
        &mut self,
        relation: RelationId,
        expr: &Expr,
        alias: Option<&Ident>,
        scope: &Scope<'_>,
    ) -> bool {
        if !matches!(self.dialect, crate::sql::Dialect::DuckDb | crate::sql::Dialect::ClickHouse) {
            return false;
        }
        let Some((call, depth)) = columns_in(expr) else { return false };
        let kind = if depth == 0 { Kind::Identity } else { Kind::Expression.max(outer_kind(expr)) };
        let selected = self.relation(crate::lineage::model::RelationKind::Select, Vec::new());
        let (options, pattern) = match call {
            Call::All(options) => (options, None),
            Call::Matching(text) => (None, Some(text)),
            Call::Opaque => {
                // A condition on names, which is not followed.
                let edges = [self.not_followed("columns")];
                self.star_of_edges(relation, &edges);
                return true;
            }
        };
        self.star(selected, scope, None, options);
        let pattern = pattern.map(|text| regex::RegexBuilder::new(text).case_insensitive(false).build());
        for column in self.all_columns(selected) {
            let data = self.col(column);
            let (name, key, is_star) = (data.name, data.key, data.is_star);
            let fits = match &pattern {
                Some(Ok(regex)) => is_star || regex.is_match(self.names.text(name)),
                _ => true,
            };
            if !fits {
                continue;
            }
            if is_star {
                let over = self.add_star(relation, selected, &[]);
                let below = self.value_edges_of(column);
                let edges: Vec<Edge> =
                    below.iter().map(|it| Edge { kind: it.kind.max(kind), ..*it }).collect();
                self.set_edges(over, &edges);
                continue;
            }
            let edges: Vec<Edge> = self.value_edges_of(column);
            let edges: Vec<Edge> = edges.iter().map(|it| Edge { kind: it.kind.max(kind), ..*it }).collect();
            let (name, key) = match alias {
                Some(alias) if !alias.value.contains('\\') => (self.shown(alias), self.key(alias)),
                _ => (name, key),
            };
            self.add(relation, name, key, &edges);
        }
        true
    }

    fn value_edges_of(&self, column: ColumnId) -> Vec<Edge> {
        let range = &self.col(column).edges;
        self.edges[range.start as usize..range.end as usize].to_vec()
    }
}

/// A merged column counts once: the last one of its name stands for all.
fn is_last_of_name(scope: &Scope<'_>, column: ColumnId, key: Sym) -> bool {
    scope.merged.iter().rev().find(|it| it.key == key).is_some_and(|it| it.column == column)
}

/// `(a).b` and `((a).b).c` as names.
fn column_parts(expr: &Expr) -> Option<Vec<Ident>> {
    match expr {
        Expr::Identifier(name) => Some(vec![name.clone()]),
        Expr::CompoundIdentifier(names) => Some(names.clone()),
        Expr::Nested(inner) => column_parts(inner),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let mut parts = column_parts(root)?;
            for step in access_chain {
                match step {
                    sqlparser::ast::AccessExpr::Dot(Expr::Identifier(name)) => parts.push(name.clone()),
                    _ => return None,
                }
            }
            Some(parts)
        }
        _ => None,
    }
}

/// What `columns(…)` asks for.
enum Call<'e> {
    All(Option<&'e WildcardAdditionalOptions>),
    Matching(&'e str),
    Opaque,
}

/// The first `columns(…)` in an expression, and how deep it stands.
fn columns_in(expr: &Expr) -> Option<(Call<'_>, usize)> {
    match expr {
        Expr::Function(function) => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let is_columns =
                function.name.0.len() == 1 && function.name.to_string().eq_ignore_ascii_case("columns");
            if is_columns && let [FunctionArg::Unnamed(argument)] = list.args.as_slice() {
                let call = match argument {
                    FunctionArgExpr::Wildcard => Call::All(None),
                    FunctionArgExpr::WildcardWithOptions(options) => Call::All(Some(options)),
                    FunctionArgExpr::Expr(Expr::Value(value)) => match &value.value {
                        Value::SingleQuotedString(text) => Call::Matching(text),
                        _ => Call::Opaque,
                    },
                    _ => Call::Opaque,
                };
                return Some((call, 0));
            }
            let inner = list.args.iter().find_map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => columns_in(expr),
                _ => None,
            });
            inner.map(|(call, depth)| (call, depth + 1))
        }
        Expr::Cast { expr, .. } | Expr::Nested(expr) => {
            columns_in(expr).map(|(call, depth)| (call, depth + 1))
        }
        Expr::BinaryOp { left, right, .. } if !matches!(**left, Expr::BinaryOp { .. }) => {
            columns_in(left).or_else(|| columns_in(right)).map(|(call, depth)| (call, depth + 1))
        }
        _ => None,
    }
}

fn outer_kind(expr: &Expr) -> Kind {
    match expr {
        Expr::Function(function) => super::function::kind_of(&function.name.to_string().to_ascii_lowercase()),
        _ => Kind::Expression,
    }
}

/// SQL's `like` with `%` and `_`; `pattern` in lower case.
fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut at, mut in_pattern) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some('%') => {
                retry = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(char) if *char == '_' || *char == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => match retry {
                Some((from, seen)) => {
                    in_pattern = from + 1;
                    at = seen + 1;
                    retry = Some((from, seen + 1));
                }
                None => return false,
            },
        }
    }
    pattern[in_pattern..].iter().all(|char| *char == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_knows_its_two_signs() {
        assert!(is_like("order_ID", "%id"));
        assert!(is_like("abc", "a_c"));
        assert!(is_like("aXbXc", "a%b%c"));
        assert!(!is_like("abc", "a_"));
        assert!(!is_like("abc", "b%"));
    }
}
