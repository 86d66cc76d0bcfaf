//! The relations that are known before a statement is read: their columns, or the text of a view.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::sql::{Dialect, fold, unquote};

/// A column of a known relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogColumn {
    /// The name as it is shown.
    pub name: Box<str>,
    /// The type as the warehouse names it, if known.
    pub data_type: Option<Arc<str>>,
    /// Whether it may be null, if known.
    pub nullable: Option<bool>,
}

impl CatalogColumn {
    /// A column of which only the name is known.
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self { name: name.into(), data_type: None, nullable: None }
    }
}

/// All columns of a relation, in order: made once, read by any number of catalogs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogColumns {
    columns: Vec<CatalogColumn>,
    /// Their names as the dialect compares them.
    keys: Vec<Box<str>>,
    /// Their places by those names; the first, where several have one.
    places: FxHashMap<Box<str>, u32>,
}

impl CatalogColumns {
    /// Columns, each with its name as the dialect compares it.
    pub fn of(columns: impl IntoIterator<Item = (CatalogColumn, Box<str>)>) -> Self {
        let mut all = Self::default();
        for (column, key) in columns {
            all.places.entry(key.clone()).or_insert(all.columns.len() as u32);
            all.keys.push(key);
            all.columns.push(column);
        }
        all
    }

    /// The columns in order.
    pub(super) fn all(&self) -> &[CatalogColumn] {
        &self.columns
    }

    /// A column's name as the dialect compares it.
    pub(super) fn key(&self, place: usize) -> &str {
        self.keys.get(place).map_or("", |key| key)
    }

    /// The place of a column, by its name as the dialect compares it.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        self.places.get(key).map(|place| *place as usize)
    }
}

/// A relation outside of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CatalogRelation {
    /// Its columns; `None` if they are not known.
    pub(super) columns: Option<Arc<CatalogColumns>>,
    /// The query of a view that is to be looked through.
    pub(super) view: Option<Arc<str>>,
    /// The parts of its name as the dialect compares them.
    pub(super) parts: Vec<String>,
}

/// What is known of the warehouse.
///
/// Names are written as in SQL: those in the dialect's quotes keep their case, others are folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    dialect: Dialect,
    default_database: Option<String>,
    default_schema: Option<String>,
    relations: Vec<CatalogRelation>,
    by_last: FxHashMap<String, Vec<u32>>,
}

impl Catalog {
    /// A catalog in which nothing is known.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            default_database: None,
            default_schema: None,
            relations: Vec::new(),
            by_last: FxHashMap::default(),
        }
    }

    /// Sets the database and schema of names that have none.
    #[must_use]
    pub fn with_defaults(mut self, database: Option<&str>, schema: Option<&str>) -> Self {
        self.default_database = database.map(|name| self.fold_text(name));
        self.default_schema = schema.map(|name| self.fold_text(name));
        self
    }

    /// The dialect whose names these are.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Adds a relation under a dotted name; `None` for columns that are not known. A later one of the same name
    /// takes its place.
    pub fn add(&mut self, name: &str, columns: Option<Vec<CatalogColumn>>) {
        let named = |column: CatalogColumn| {
            let key = self.fold_text(&column.name).into();
            (CatalogColumn { name: unquote(&column.name).into(), ..column }, key)
        };
        let columns = columns.map(|all| Arc::new(CatalogColumns::of(all.into_iter().map(named))));
        self.insert(&split(name), columns, None);
    }

    /// Adds a view by its query.
    pub fn add_view(&mut self, name: &str, query: &str) {
        self.insert(&split(name), None, Some(query.into()));
    }

    /// Adds a relation by the parts of its name, as written; gives its place, by which [`super::Relation::table`]
    /// names it. A name without parts has none.
    pub fn add_parts(&mut self, parts: &[String], columns: Option<Arc<CatalogColumns>>) -> Option<u32> {
        self.insert(parts, columns, None)
    }

    fn insert(
        &mut self,
        name: &[String],
        columns: Option<Arc<CatalogColumns>>,
        view: Option<Arc<str>>,
    ) -> Option<u32> {
        let parts: Vec<String> = name.iter().map(|part| self.fold_text(part)).collect();
        let last = parts.last().cloned()?;
        let relation = CatalogRelation { columns, view, parts };
        let places = self.by_last.entry(last).or_default();
        let same = places.iter().find(|at| self.relations[**at as usize].parts == relation.parts);
        if let Some(at) = same {
            self.relations[*at as usize] = relation;
            Some(*at)
        } else {
            let at = self.relations.len() as u32;
            places.push(at);
            self.relations.push(relation);
            Some(at)
        }
    }

    /// A name of the catalog as the dialect compares it.
    fn fold_text(&self, text: &str) -> String {
        let inner = unquote(text);
        fold(self.dialect, &inner, inner.len() != text.len())
    }

    /// The relation of a name in folded parts: the one that agrees in the most parts, if only one does.
    pub(super) fn find(&self, parts: &[&str]) -> Option<(u32, &CatalogRelation)> {
        let places = self.by_last.get(*parts.last()?)?;
        let mut best: Option<(usize, u32)> = None;
        let mut is_tie = false;
        for place in places {
            let known = &self.relations[*place as usize].parts;
            let Some(score) = self.agreement(parts, known) else { continue };
            match best {
                Some((other, _)) if other > score => {}
                Some((other, _)) if other == score => is_tie = true,
                _ => {
                    best = Some((score, *place));
                    is_tie = false;
                }
            }
        }
        let (_, place) = best.filter(|_| !is_tie)?;
        Some((place, &self.relations[place as usize]))
    }

    /// How well a written name fits a known one; `None` if they differ.
    fn agreement(&self, parts: &[&str], known: &[String]) -> Option<usize> {
        let part = |at: usize| -> Option<&str> {
            let back = parts.len().checked_sub(at + 1);
            back.map(|back| parts[back]).or(match at {
                1 => self.default_schema.as_deref(),
                2 => self.default_database.as_deref(),
                _ => None,
            })
        };
        let mut score = 0;
        for at in 0..parts.len().max(known.len()) {
            let theirs = known.len().checked_sub(at + 1).map(|back| known[back].as_str());
            match (part(at), theirs) {
                (Some(ours), Some(theirs)) if ours == theirs => score += 2,
                (Some(_), Some(_)) => return None,
                // A name that is written longer or shorter may be the same.
                (_, None) | (None, Some(_)) => {}
            }
        }
        Some(score * 2 + usize::from(parts.len() == known.len()))
    }
}

/// The parts of a dotted name; dots in quotes do not part.
pub(super) fn split(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut close: Option<char> = None;
    for char in name.chars() {
        match close {
            None if char == '.' => {
                parts.push(String::new());
                continue;
            }
            None => {
                close = match char {
                    '"' | '`' => Some(char),
                    '[' => Some(']'),
                    _ => None,
                };
            }
            Some(end) if end == char => close = None,
            Some(_) => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(char);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(names: &[&str]) -> Catalog {
        let mut catalog = Catalog::new(Dialect::DuckDb).with_defaults(Some("db"), Some("main"));
        for name in names {
            catalog.add(name, Some(vec![CatalogColumn::new("Id")]));
        }
        catalog
    }

    #[track_caller]
    fn check(names: &[&str], ask: &[&str], expect: Option<&str>) {
        let catalog = catalog(names);
        let found = catalog.find(ask).map(|(_, relation)| relation.parts.join("."));
        assert_eq!(found.as_deref(), expect);
    }

    #[test]
    fn a_short_name_is_in_the_default_schema() {
        check(&["other.orders", "main.orders"], &["orders"], Some("main.orders"));
        check(&["other.orders"], &["orders"], None);
        check(&["orders"], &["shop", "orders"], Some("orders"));
        check(&["db.main.orders"], &["main", "orders"], Some("db.main.orders"));
        check(&["x.main.orders"], &["main", "orders"], None);
    }

    #[test]
    fn quoted_parts_keep_their_dots() {
        assert_eq!(split("a.\"b.c\".d"), ["a", "\"b.c\"", "d"]);
        assert_eq!(split("[x].[y z]"), ["[x]", "[y z]"]);
    }

    #[test]
    fn columns_are_found_in_any_case() {
        let catalog = catalog(&["t"]);
        let (_, relation) = catalog.find(&["t"]).unwrap();
        let columns = relation.columns.as_ref().unwrap();
        assert_eq!(columns.place("id"), Some(0));
        assert_eq!(columns.place("no"), None);
    }
}
