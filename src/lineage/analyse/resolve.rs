//! From a written name to a column: the longest prefix that names a relation, then the column, then its fields.

use std::ops::Range;

use sqlparser::ast::Ident;

use super::Analyser;
use super::arena::Has;
use super::function::{is_last_resort, is_pseudo_column, is_session_user};
use super::scope::{Scope, Source};
use super::visibility::Aliases;
use crate::diagnostic::suggest::closest;
use crate::lineage::model::{ColumnId, Problem, Reason, RelationId, UnknownId};
use crate::lineage::names::Sym;
use crate::sql::Dialect;

/// What a name means.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A column.
    Column(ColumnId),
    /// A whole row.
    Row(Vec<ColumnId>),
    /// It can't be told.
    Unknown(UnknownId),
    /// Nothing that comes from a relation: a parameter, a variable, a pseudo-column.
    Nothing,
}

/// A relation's name may have so many parts.
const PARTS: usize = 4;

/// So many names are looked at for a did-you-mean.
const CANDIDATES: usize = 2_000;

/// So many of them are shown where none is near.
const SHOWN: usize = 12;

impl Analyser<'_, '_> {
    /// A name as the dialect compares it.
    pub(super) fn key(&mut self, name: &Ident) -> Sym {
        self.names.folded(self.dialect, &name.value, name.quote_style.is_some())
    }

    /// A name as it stands.
    pub(super) fn shown(&mut self, name: &Ident) -> Sym {
        self.names.sym(&name.value)
    }

    pub(super) fn place_of(&self, name: &Ident) -> Option<Range<u32>> {
        self.places.and_then(|places| places.of_name(name))
    }

    /// What a name of one or more parts means, and the fields that are taken of it.
    pub(super) fn resolve(&mut self, parts: &[Ident], scope: &Scope<'_>) -> (Target, Option<Sym>) {
        let (target, path) = match parts {
            [] => (Target::Nothing, None),
            [name] => (self.column(name, scope), None),
            _ => self.qualified(parts, scope),
        };
        self.note_target(parts, &target, path);
        (target, path)
    }

    /// Whether a name is that of a column that is known to exist.
    pub(super) fn is_known_column(&mut self, name: &Ident, scope: &Scope<'_>) -> bool {
        let key = self.key(name);
        let mut scope = Some(scope);
        while let Some(here) = scope {
            let is_alias = here.rule() != Aliases::No && here.alias(key).is_some();
            if is_alias || here.locals.contains(&key) {
                return true;
            }
            if here
                .sources
                .iter()
                .any(|source| matches!(self.has(source.relation, key), Has::Yes | Has::Several))
            {
                return true;
            }
            scope = here.parent;
        }
        false
    }

    /// A name without a qualifier.
    pub(super) fn column(&mut self, name: &Ident, scope: &Scope<'_>) -> Target {
        let (key, shown) = (self.key(name), self.shown(name));
        if is_session_user(self.dialect, name) {
            return Target::Nothing;
        }
        if let Some(place) = place_in_from(self.dialect, name) {
            let mut columns = Vec::new();
            for source in scope.sources.iter().filter(|source| !source.is_hidden) {
                columns.extend(self.all_columns(source.relation));
            }
            let is_sure = columns.iter().take(place).all(|id| !self.col(*id).is_star);
            return match columns.get(place - 1).filter(|_| is_sure) {
                Some(column) => Target::Column(*column),
                None => Target::Unknown(self.unknown(shown, Reason::OpenRelations, self.place_of(name))),
            };
        }
        let mut here = Some(scope);
        while let Some(scope) = here {
            if let Some(target) = self.column_here(name, key, shown, scope) {
                return target;
            }
            here = scope.parent;
        }
        let is_later = scope.rule() != Aliases::No && scope.later.contains(&key);
        let is_variable = self.session.variables.contains(self.names.text(key));
        if is_later
            || is_variable
            || is_pseudo_column(self.dialect, name)
            || is_last_resort(self.dialect, name)
        {
            return Target::Nothing;
        }
        let unknown = self.no_such_column(None, name, scope);
        Target::Unknown(unknown)
    }

    fn column_here(&mut self, name: &Ident, key: Sym, shown: Sym, scope: &Scope<'_>) -> Option<Target> {
        if scope.locals.contains(&key) {
            return Some(Target::Nothing);
        }
        let rule = scope.rule();
        if rule == Aliases::First
            && let Some(column) = scope.alias(key)
        {
            return Some(Target::Column(column));
        }
        if let Some(merged) = scope.merged.iter().rev().find(|merged| merged.key == key) {
            return Some(Target::Column(merged.column));
        }
        let (mut known, mut open, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_several = false;
        for source in scope.sources.iter().filter(|source| !source.is_hidden) {
            match self.has(source.relation, key) {
                Has::Yes => known.push(source.relation),
                Has::Several => is_several = true,
                Has::Maybe => open.push(source.relation),
                Has::Field => fields.push(source.relation),
                Has::No => {}
            }
        }
        if is_several || known.len() > 1 {
            if self.rules.first_of_several
                && self.dialect == Dialect::ClickHouse
                && let Some(first) = known.first()
            {
                return self.take(*first, key, shown).map(Target::Column);
            }
            let unknown = self.unknown(shown, Reason::Ambiguous, self.place_of(name));
            return Some(Target::Unknown(unknown));
        }
        if let Some(relation) = known.first() {
            return self.take(*relation, key, shown).map(Target::Column);
        }
        let is_row = |source: &&Source| source.alias == Some(key);
        let row = scope.sources.iter().find(is_row).map(|source| source.relation);
        if let Some(relation) = row
            // `to_json(t)` is given the row; `select status from status` means the column.
            && (open.is_empty() || (self.rules.has_rows && self.calls > 0))
        {
            return Some(Target::Row(self.all_columns(relation)));
        }
        let takes_alias = match rule {
            Aliases::AfterKnown | Aliases::First => true,
            Aliases::Last => open.is_empty(),
            Aliases::No => false,
        };
        if takes_alias && let Some(column) = scope.alias(key) {
            return Some(Target::Column(column));
        }
        if !open.is_empty() && is_pseudo_column(self.dialect, name) {
            return Some(Target::Nothing);
        }
        match (open.as_slice(), fields.as_slice()) {
            ([relation], _) | ([], [relation, ..]) => self.take(*relation, key, shown).map(Target::Column),
            ([], []) => None,
            (_, _) => {
                let unknown = self.unknown(shown, Reason::OpenRelations, self.place_of(name));
                Some(Target::Unknown(unknown))
            }
        }
    }

    /// ClickHouse's nested columns, whose names have dots: `n.a`, `t.n.a`.
    fn nested(&mut self, parts: &[Ident], scope: &Scope<'_>) -> Option<Target> {
        let texts: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
        let whole = self.names.sym(&texts.join("."));
        if let Some(merged) = scope.merged.iter().rev().find(|merged| merged.key == whole) {
            return Some(Target::Column(merged.column));
        }
        let inner = self.names.sym(&texts[1..].join("."));
        let first = self.key(&parts[0]);
        for source in &scope.sources {
            let is_qualifier = parts.len() > 2 && source.alias == Some(first);
            for name in [Some(whole), is_qualifier.then_some(inner)].into_iter().flatten() {
                if self.has(source.relation, name) == Has::Yes {
                    return self.take(source.relation, name, name).map(Target::Column);
                }
            }
        }
        None
    }

    fn qualified(&mut self, parts: &[Ident], scope: &Scope<'_>) -> (Target, Option<Sym>) {
        if self.dialect == Dialect::ClickHouse
            && let Some(target) = scope.outwards().find_map(|scope| self.nested(parts, scope))
        {
            return (target, None);
        }
        let keys: Vec<Sym> = parts.iter().map(|part| self.key(part)).collect();
        let mut missing: Option<(RelationId, usize)> = None;
        for by_own_name in [false, true] {
            let mut here = Some(scope);
            while let Some(scope) = here {
                for length in (1..parts.len().min(PARTS + 1)).rev() {
                    let Some(relation) = self.source_with(scope, &keys[..length], by_own_name, keys[length])
                    else {
                        continue;
                    };
                    let shown = self.shown(&parts[length]);
                    if let Some(column) = self.positional(relation, &parts[length]) {
                        return (Target::Column(column), self.path(&parts[length + 1..]));
                    }
                    match self.has(relation, keys[length]) {
                        Has::Several => {
                            let place = self.place_of(&parts[length]);
                            let unknown = self.unknown(shown, Reason::Ambiguous, place);
                            return (Target::Unknown(unknown), None);
                        }
                        Has::No => {
                            if is_pseudo_column(self.dialect, &parts[length]) {
                                return (Target::Nothing, None);
                            }
                            missing = missing.or(Some((relation, length)));
                        }
                        _ => {
                            if let Some(column) = self.take(relation, keys[length], shown) {
                                return (Target::Column(column), self.path(&parts[length + 1..]));
                            }
                        }
                    }
                }
                if let Some(root) = self.known_root(&parts[0], keys[0], scope) {
                    return (root, self.path(&parts[1..]));
                }
                here = scope.parent;
            }
            if missing.is_some() {
                break;
            }
        }
        if let Some((relation, at)) = missing {
            let unknown = self.no_such_column(Some((relation, &parts[..at])), &parts[at], scope);
            return (Target::Unknown(unknown), None);
        }
        // A column of a relation whose columns are not known, with fields.
        let mut here = Some(scope);
        while let Some(scope) = here {
            let mut open = Vec::new();
            for source in scope.sources.iter().filter(|source| !source.is_hidden) {
                if matches!(self.has(source.relation, keys[0]), Has::Maybe | Has::Field) {
                    open.push(source.relation);
                }
            }
            let shown = self.shown(&parts[0]);
            match open.as_slice() {
                [] => here = scope.parent,
                [relation] => {
                    let target = self.take(*relation, keys[0], shown).map_or(Target::Nothing, Target::Column);
                    return (target, self.path(&parts[1..]));
                }
                _ => {
                    let last = parts.last().map_or(shown, |part| self.names.sym(&part.value));
                    let unknown = self.unknown(last, Reason::OpenRelations, self.place_of(&parts[0]));
                    return (Target::Unknown(unknown), None);
                }
            }
        }
        let is_sequence = parts.last().is_some_and(|last| {
            last.quote_style.is_none()
                && ["nextval", "currval"].iter().any(|it| last.value.eq_ignore_ascii_case(it))
        });
        if is_sequence || is_pseudo_column(self.dialect, &parts[0]) || parts[0].value.starts_with('@') {
            return (Target::Nothing, None);
        }
        (Target::Unknown(self.no_such_relation(parts, scope)), None)
    }

    /// The source that a qualifier names. Where several have the name, as Spark and others allow, the one that has
    /// the column, or may have it.
    fn source_with(
        &mut self,
        scope: &Scope<'_>,
        keys: &[Sym],
        by_own_name: bool,
        column: Sym,
    ) -> Option<RelationId> {
        let mut all = sources(scope, keys, by_own_name);
        let first = all.next()?;
        let rest: Vec<RelationId> = all.collect();
        if rest.is_empty() {
            return Some(first);
        }
        let mut may = None;
        for relation in std::iter::once(first).chain(rest) {
            match self.has(relation, column) {
                Has::Yes => return Some(relation),
                Has::No => {}
                _ => may = may.or(Some(relation)),
            }
        }
        may.or(Some(first))
    }

    /// A column that is known to exist and may have fields.
    fn known_root(&mut self, name: &Ident, key: Sym, scope: &Scope<'_>) -> Option<Target> {
        if scope.locals.contains(&key) {
            return Some(Target::Nothing);
        }
        if let Some(merged) = scope.merged.iter().rev().find(|merged| merged.key == key) {
            return Some(Target::Column(merged.column));
        }
        let mut known = Vec::new();
        for source in scope.sources.iter().filter(|source| !source.is_hidden) {
            if self.has(source.relation, key) == Has::Yes {
                known.push(source.relation);
            }
        }
        let shown = self.shown(name);
        match known.as_slice() {
            [] if scope.rule() != Aliases::No => scope.alias(key).map(Target::Column),
            [] => None,
            [relation] => self.take(*relation, key, shown).map(Target::Column),
            _ => Some(Target::Unknown(self.unknown(shown, Reason::Ambiguous, self.place_of(name)))),
        }
    }

    /// The dotted text of fields.
    pub(super) fn path(&mut self, fields: &[Ident]) -> Option<Sym> {
        match fields {
            [] => None,
            [field] => Some(self.names.sym(&field.value)),
            _ => {
                let texts: Vec<&str> = fields.iter().map(|field| field.value.as_str()).collect();
                Some(self.names.sym(&texts.join(".")))
            }
        }
    }

    /// `$1`: a column by its place, from 1.
    pub(super) fn positional(&mut self, relation: RelationId, name: &Ident) -> Option<ColumnId> {
        let place: usize = name.value.strip_prefix('$')?.parse().ok()?;
        if name.quote_style.is_some() {
            return None;
        }
        let columns = self.all_columns(relation);
        let before = columns.iter().take(place).position(|id| self.col(*id).is_star);
        if before.is_none() {
            return columns.get(place.checked_sub(1)?).copied();
        }
        // A place of a table whose columns are not known.
        let text = format!("@{place}");
        let name = self.names.sym(&text);
        self.take(relation, name, name)
    }

    /// Tells of a column that can't exist.
    fn no_such_column(
        &mut self,
        qualifier: Option<(RelationId, &[Ident])>,
        name: &Ident,
        scope: &Scope<'_>,
    ) -> UnknownId {
        let span = self.place_of(name);
        if self.places.is_some() {
            let qualifier = qualifier.map(|(relation, parts)| {
                let text = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
                (relation, text)
            });
            let problem = match qualifier {
                Some((relation, text)) => Problem {
                    name: format!("{text}.{}", name.value),
                    relations: vec![text],
                    ..self.missing_in(&name.value, [relation], span.clone())
                },
                None => {
                    let sources: Vec<&Source> = scope.outwards().flat_map(|scope| &scope.sources).collect();
                    let aliases = sources.iter().filter_map(|source| source.alias);
                    Problem {
                        relations: aliases.map(|alias| self.names.text(alias).to_owned()).collect(),
                        ..self.missing_in(
                            &name.value,
                            sources.iter().map(|source| source.relation),
                            span.clone(),
                        )
                    }
                }
            };
            self.problems.push(problem);
        }
        let shown = self.shown(name);
        self.unknown(shown, Reason::NoSuchColumn, span)
    }

    /// A column that none of some relations has.
    pub(super) fn missing_in(
        &self,
        name: &str,
        relations: impl IntoIterator<Item = RelationId>,
        span: Option<Range<u32>>,
    ) -> Problem {
        let names = relations.into_iter().flat_map(|relation| self.names_of(relation));
        missing(Reason::NoSuchColumn, name, names.take(CANDIDATES), span)
    }

    fn no_such_relation(&mut self, parts: &[Ident], scope: &Scope<'_>) -> UnknownId {
        let texts: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
        let span = self.place_of(&parts[0]);
        if self.places.is_some() {
            let aliases = scope.outwards().flat_map(|scope| &scope.sources).filter_map(|source| source.alias);
            let names = aliases.map(|alias| self.names.text(alias));
            let problem = Problem {
                name: texts.join("."),
                relations: vec![parts[0].value.clone()],
                ..missing(Reason::NoSuchRelation, &parts[0].value, names, span.clone())
            };
            self.problems.push(problem);
        }
        let last = self.names.sym(texts.last().copied().unwrap_or_default());
        self.unknown(last, Reason::NoSuchRelation, span)
    }
}

/// DuckDB's `#1`: a column of all in `from` by its place, from 1.
fn place_in_from(dialect: Dialect, name: &Ident) -> Option<usize> {
    let digits =
        name.value.strip_prefix('#').filter(|_| dialect == Dialect::DuckDb && name.quote_style.is_none())?;
    digits.parse().ok().filter(|place| *place > 0)
}

/// A name that is none of `names`.
fn missing<'n>(
    reason: Reason,
    name: &str,
    names: impl Iterator<Item = &'n str>,
    span: Option<Range<u32>>,
) -> Problem {
    let names: Vec<&str> = names.collect();
    let near = closest(name, names.iter().copied()).map(str::to_owned);
    let candidates = names.into_iter().take(SHOWN).map(str::to_owned).collect();
    Problem { reason, name: name.to_owned(), relations: Vec::new(), near, candidates, span }
}

/// The source that a qualifier names: by its alias, or by the table's own name.
pub(super) fn find_source(scope: &Scope<'_>, keys: &[Sym], by_own_name: bool) -> Option<RelationId> {
    sources(scope, keys, by_own_name).next()
}

/// All sources that a qualifier fits.
fn sources<'s>(
    scope: &'s Scope<'_>,
    keys: &'s [Sym],
    by_own_name: bool,
) -> impl Iterator<Item = RelationId> + 's {
    let fits = move |source: &&Source| match keys {
        [key] if !by_own_name => source.alias == Some(*key),
        // `schema.table.column` goes with a table without an alias, and nearly everywhere with others, too.
        keys => source.parts.ends_with(keys) && (by_own_name || source.alias == source.parts.last().copied()),
    };
    scope.sources.iter().filter(fits).map(|source| source.relation)
}
