//! From a written name to a column of a relation.

use sqlparser::ast::Ident;

use super::{Reader, Result, Scope, Seen, not};
use crate::lineage::functions::{is_date_part, is_last_resort, is_pseudo_column, is_session_user};
use crate::review::canon::model::{Expr, Field};
use crate::sql::Dialect;

/// Where a name stands decides whether it may be an alias of the same `select`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    /// It can't be one.
    Rows,
    /// It can, in some dialects.
    Items,
    Where,
    Group,
    Having,
    /// An expression of an order, where every warehouse may look at aliases.
    Order,
}

impl Reader<'_> {
    /// A name of one part.
    pub(super) fn name(&self, name: &Ident, clause: Clause) -> Result<Expr> {
        let key = self.key(name);
        if is_session_user(self.dialect, name) {
            return Ok(Expr::node("session", vec![Expr::text(name.value.to_lowercase())]));
        }
        if name.quote_style.is_none() && name.value.starts_with(['@', '$', ':', '?', '#']) {
            return Ok(Expr::node("parameter", vec![Expr::text(&name.value)]));
        }
        let mut candidates = Vec::new();
        let alias = self.scopes.last().filter(|_| self.takes_aliases(clause)).and_then(|scope| {
            let hit = scope.aliases.iter().find(|(own, _)| *own == key);
            hit.map(|(_, expr)| expr.clone())
        });
        if let Some(alias) = &alias
            && (self.dialect == Dialect::ClickHouse || (self.dialect.is_mysql() && clause == Clause::Having))
        {
            return Ok(alias.clone());
        }
        for (level, scope) in self.scopes.iter().rev().enumerate() {
            if scope.is_hidden {
                continue;
            }
            if let Some((_, merged)) = scope.merged.iter().find(|(own, _)| *own == key) {
                let mut merged = merged.clone();
                crate::review::canon::model::sink(&mut merged, level as u32);
                candidates.push(merged);
                break;
            }
            let mut open = Vec::new();
            let mut hits = Vec::new();
            for (at, source) in scope.sources.iter().enumerate() {
                let column = |field| Expr::Column { depth: level as u32, source: at as u32, field };
                match &source.columns {
                    Some(columns) => {
                        let mut places = columns
                            .iter()
                            .enumerate()
                            .filter(|(_, column)| column.as_ref().is_some_and(|it| it.key == key));
                        if let Some((place, _)) = places.next() {
                            if places.next().is_some() && self.dialect != Dialect::DuckDb {
                                return Err(not(format!("`{}` is ambiguous", name.value)));
                            }
                            hits.push(column(source.at(place)));
                        }
                    }
                    None if source.is_value && source.is_called(&key) => hits.push(column(Field::All)),
                    None => open.push(column(source.called(&key))),
                }
            }
            match hits.len() {
                0 => {
                    // A relation's name alone is its row, unless one of its columns is called so.
                    if let Some(at) = scope.sources.iter().position(|source| source.is_called(&key)) {
                        candidates.push(Expr::Column {
                            depth: level as u32,
                            source: at as u32,
                            field: Field::All,
                        });
                        if open.is_empty() {
                            break;
                        }
                    }
                    if level == 0
                        && let Some(alias) = &alias
                        && open.is_empty()
                    {
                        return Ok(alias.clone());
                    }
                    candidates.append(&mut open);
                }
                1 => {
                    candidates.append(&mut hits);
                    break;
                }
                _ => return Err(not(format!("`{}` is ambiguous", name.value))),
            }
        }
        // Which of the two a name means differs from clause to clause and from warehouse to warehouse.
        if let Some(alias) = alias
            && !candidates.contains(&alias)
        {
            candidates.push(alias);
        }
        match candidates.len() {
            0 if is_date_part(name)
                || is_pseudo_column(self.dialect, name)
                || is_last_resort(self.dialect, name) =>
            {
                Ok(Expr::node("word", vec![Expr::text(name.value.to_lowercase())]))
            }
            0 => Err(not(format!("no column `{}` is found", name.value))),
            1 => Ok(candidates.remove(0)),
            // Which of them it is depends on columns that are not known; whichever, it is the same in equal forms.
            _ => Ok(Expr::node("either", candidates)),
        }
    }

    /// A name of several parts: a relation's column, with fields that are taken of it, or a column's fields.
    pub(super) fn dotted(&self, parts: &[Ident], clause: Clause) -> Result<Expr> {
        let keys: Vec<String> = parts.iter().map(|part| self.key(part)).collect();
        let fields = |of: Expr, rest: &[Ident]| {
            if rest.is_empty() {
                return of;
            }
            let mut all = vec![of];
            all.extend(rest.iter().map(|part| Expr::text(&part.value)));
            Expr::node("field", all)
        };
        for taken in (1..parts.len()).rev() {
            for (level, scope) in self.scopes.iter().rev().enumerate() {
                if let Some(at) = scope.named(&keys[..taken]) {
                    let key = &keys[taken];
                    let source = &scope.sources[at];
                    let field = match (&source.columns, source.place(key)) {
                        (Some(_), Some(place)) => source.at(place),
                        (Some(_), None) => {
                            return Err(not(format!("no column `{}` is found", parts[taken].value)));
                        }
                        (None, _) if source.is_value && source.is_called(key) => Field::All,
                        (None, _) => source.called(key),
                    };
                    let column = Expr::Column { depth: level as u32, source: at as u32, field };
                    return Ok(fields(column, &parts[taken + 1..]));
                }
            }
        }
        Ok(fields(self.name(&parts[0], clause)?, &parts[1..]))
    }

    /// The relation that a qualified star means: how far out, and its number.
    pub(super) fn starred(&self, keys: &[String]) -> Option<(u32, u32)> {
        let mut scopes = self.scopes.iter().rev().enumerate();
        scopes.find_map(|(level, scope)| Some((level as u32, scope.named(keys)? as u32)))
    }

    /// By each warehouse's manual; see `lineage/analyse/visibility.rs`.
    fn takes_aliases(&self, clause: Clause) -> bool {
        use Dialect as D;
        match clause {
            Clause::Rows => false,
            Clause::Order => true,
            Clause::Group => !matches!(self.dialect, D::Trino | D::Athena | D::MsSql | D::Fabric),
            Clause::Having => {
                !matches!(self.dialect, D::Postgres | D::Trino | D::Athena | D::MsSql | D::Fabric)
            }
            Clause::Items => matches!(
                self.dialect,
                D::DuckDb
                    | D::Snowflake
                    | D::Redshift
                    | D::Databricks
                    | D::Spark
                    | D::ClickHouse
                    | D::Generic
            ),
            Clause::Where => {
                matches!(self.dialect, D::DuckDb | D::Snowflake | D::ClickHouse | D::Sqlite | D::Generic)
            }
        }
    }
}

impl Scope {
    fn named(&self, keys: &[String]) -> Option<usize> {
        if self.is_hidden {
            return None;
        }
        self.sources.iter().position(|source| source.names.iter().any(|name| name == keys))
    }
}

impl Seen {
    fn is_called(&self, key: &str) -> bool {
        self.names.iter().any(|name| matches!(name.as_slice(), [own] if own == key))
    }
}
