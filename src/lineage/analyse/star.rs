//! `*`, `t.*`, `struct.*` with `except`, `replace`, `rename`; and DuckDB's `columns(…)`.

use rustc_hash::{FxHashMap, FxHashSet};
use sqlparser::ast::{
    ExcludeSelectItem, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    RenameSelectItem, ReplaceSelectElement, SelectItemQualifiedWildcardKind, Value,
    WildcardAdditionalOptions,
};

use super::Analyser;
use super::expr::{Gathered, idents};
use super::field::fields_of;
use super::resolve::{Target, find_source};
use super::scope::{Merged, Scope};
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

impl Changes<'_> {
    /// The names that don't stand behind a star of unknown columns: those that are changed, and some more.
    fn kept_apart(&self, more: impl Iterator<Item = Sym>) -> Vec<Sym> {
        let renamed = self.rename.iter().map(|(old, _)| *old);
        let replaced = self.replace.iter().map(|(key, _)| *key);
        more.chain(self.except.iter().copied()).chain(renamed).chain(replaced).collect()
    }
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
        self.note_changes(scope, qualifier, options);
        match qualifier {
            None if scope.is_star_open => {
                let except = changes.kept_apart(std::iter::empty());
                for source in &scope.sources {
                    self.force_star(source.relation);
                    self.add_star(relation, source.relation, &except);
                }
            }
            None => {
                let first = self.rules.merged_first;
                // A merged column counts once: the last one of its name stands for all.
                let last: FxHashMap<Sym, Merged> = scope.merged.iter().map(|it| (it.key, *it)).collect();
                let listed = if last.is_empty() { FxHashSet::default() } else { self.listed(scope) };
                for merged in &scope.merged {
                    if last.get(&merged.key).is_none_or(|it| it.column != merged.column) {
                        continue;
                    }
                    if !listed.contains(&merged.key) {
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
                let mut done: FxHashSet<Sym> = FxHashSet::default();
                for (place, source) in scope.sources.iter().enumerate() {
                    if source.is_hidden {
                        continue;
                    }
                    for column in self.all_columns(source.relation) {
                        let data = self.col(column);
                        let merged = last.get(&data.key).filter(|it| it.sources > place);
                        if data.is_star {
                            let merged = scope.merged.iter().filter(|it| it.sources > place);
                            let except = changes.kept_apart(merged.map(|it| it.key));
                            self.copy_star(relation, column, &except);
                        } else if let Some(merged) = merged {
                            if !first && done.insert(merged.key) {
                                self.star_column(relation, merged.column, &mut changes, scope);
                            }
                        } else {
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
                    self.star_of_edges(relation, &edges, &[]);
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

    /// The names of the known columns of all sources.
    fn listed(&mut self, scope: &Scope<'_>) -> FxHashSet<Sym> {
        let mut listed = FxHashSet::default();
        for source in &scope.sources {
            let columns = self.all_columns(source.relation);
            listed.extend(columns.iter().map(|id| self.col(*id)).filter(|it| !it.is_star).map(|it| it.key));
        }
        listed
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
                            let except = changes.kept_apart(std::iter::empty());
                            self.copy_star(relation, column, &except);
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
        if let From::Column(column) = from
            && let Some((columns, kind)) = self.columns_of_struct(column, path)
        {
            for column in columns {
                let data = self.col(column);
                let (name, key) = (data.name, data.key);
                if !changes.except.contains(&key) {
                    self.add(relation, name, key, &[Edge { from: From::Column(column), kind, path: None }]);
                }
            }
            return;
        }
        let mut fields = data_type.and_then(|data_type| fields_of(&data_type));
        let path_text = path.map(|path| self.names.text(path).to_owned());
        for step in path_text.iter().flat_map(|path| path.split('.')) {
            fields = fields.and_then(|fields| {
                let field = fields.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(step));
                field.and_then(|(_, data_type)| fields_of(&data_type))
            });
        }
        let Some(fields) = fields else {
            return self.star_of_edges(
                relation,
                &[Edge { from, kind: Kind::Expression, path }],
                &changes.except,
            );
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
        let kind = if depth == 0 { Kind::Identity } else { outer_kind(expr) };
        let selected = self.relation(crate::lineage::model::RelationKind::Select, Vec::new());
        let (options, pattern, listed) = match call {
            Call::All(options) => (options, None, None),
            Call::Matching(text) => (None, Some(text), None),
            Call::Listed(names) => (None, None, Some(names)),
            Call::Opaque => {
                // A condition on names, which is not followed.
                let edges = [self.not_followed("columns")];
                self.star_of_edges(relation, &edges, &[]);
                return true;
            }
        };
        self.star(selected, scope, None, options);
        let pattern = pattern.map(|text| regex::RegexBuilder::new(text).case_insensitive(false).build());
        let mut columns = self.all_columns(selected);
        if let Some(listed) = listed {
            // In the list's order; what is not listed there is not known to be behind a star.
            let mut picked = Vec::new();
            for name in listed {
                let (shown, key) = (self.names.sym(name), self.names.folded(self.dialect, name, false));
                picked.extend(self.take(selected, key, shown));
            }
            columns = picked;
        }
        for column in columns {
            let data = self.col(column);
            let (name, key, is_star) = (data.name, data.key, data.is_star);
            let text = self.names.text(name).to_owned();
            let groups = match &pattern {
                Some(Ok(regex)) if !is_star => match regex.captures(&text) {
                    Some(groups) => Some(groups),
                    None => continue,
                },
                _ => None,
            };
            if is_star {
                let over = self.copy_star(relation, column, &[]);
                let below = self.value_edges_of(column);
                let edges: Vec<Edge> =
                    below.iter().map(|it| Edge { kind: it.kind.max(kind), ..*it }).collect();
                self.set_edges(over, &edges);
                continue;
            }
            let edges: Vec<Edge> = self.value_edges_of(column);
            let edges: Vec<Edge> = edges.iter().map(|it| Edge { kind: it.kind.max(kind), ..*it }).collect();
            let (name, key) = match alias {
                Some(alias) => {
                    // `\0` is the column's name, `\1` what the pattern's first brackets found.
                    let mut made = alias.value.replace("\\0", &text);
                    for (at, group) in groups.iter().flat_map(|groups| groups.iter().enumerate().skip(1)) {
                        made = made.replace(&format!("\\{at}"), group.map_or("", |group| group.as_str()));
                    }
                    (
                        self.names.sym(&made),
                        self.names.folded(self.dialect, &made, alias.quote_style.is_some()),
                    )
                }
                None => (name, key),
            };
            self.add(relation, name, key, &edges);
        }
        true
    }
}

/// `(a).b` and `((a).b).c` as names.
pub(super) fn column_parts(expr: &Expr) -> Option<Vec<Ident>> {
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
    Listed(Vec<&'e str>),
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
                    FunctionArgExpr::Expr(Expr::Array(array)) => {
                        let names: Option<Vec<&str>> = array.elem.iter().map(text_of).collect();
                        names.map_or(Call::Opaque, Call::Listed)
                    }
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

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn outer_kind(expr: &Expr) -> Kind {
    match expr {
        Expr::Function(function) => super::function::kind_of(&function.name.to_string().to_ascii_lowercase()),
        Expr::Cast { expr, .. } if matches!(columns_in(expr), Some((_, 0))) => Kind::Cast,
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
