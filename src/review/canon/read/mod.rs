//! From a query's tree to its form.

mod binding;
mod expr;
mod from;
mod function;
mod items;
mod names;
mod query;

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlparser::ast::{Ident, NamedWindowDefinition};

use super::model::{Expr, Field, Rel};
use super::{Level, NotFollowed, OutputName, Parsed, Tables, rules};
use crate::sql::{Dialect, TokenKind, fold, tokens};

/// What was read.
pub(super) struct Read {
    pub(super) rel: Rel,
    pub(super) names: Vec<Option<OutputName>>,
    pub(super) kept: BTreeSet<String>,
    pub(super) is_volatile: bool,
}

type Result<T> = std::result::Result<T, NotFollowed>;

/// Forms larger than this are given up: CTEs that are read many times multiply.
const SIZE: usize = 400_000;

/// Texts put in place of relations may nest this deep.
const DEPTH: usize = 24;

/// Reads one query.
struct Reader<'a> {
    dialect: Dialect,
    tables: &'a dyn Tables,
    level: Level,
    /// The `select`s around the place that is read, from the outside in.
    scopes: Vec<Scope>,
    /// CTEs that can be read here, the nearest last.
    ctes: Vec<Cte>,
    /// How many CTEs have been used.
    used: u32,
    kept: BTreeSet<String>,
    is_volatile: bool,
    /// True if somewhere it can be seen which rows come first.
    chooses: bool,
    size: usize,
    depth: usize,
}

/// A CTE.
struct Cte {
    key: String,
    rel: Arc<Rel>,
    names: Names,
    /// Its number, once somebody reads it.
    number: Option<u32>,
    is_pure: bool,
}

/// The columns of a relation, by place; `None` if they are not all known.
type Names = Option<Vec<Option<OutputName>>>;

/// A `select` and what can be seen in it.
#[derive(Default)]
struct Scope {
    sources: Vec<Seen>,
    /// How many of them can be seen from where it is read: none for a derived table in its `from`.
    is_hidden: bool,
    /// Columns that `using` merged: the name, and what it means.
    merged: Vec<(String, Expr)>,
    /// The select list's names and expressions, where clauses may use them.
    aliases: Vec<(String, Expr)>,
    windows: Vec<NamedWindowDefinition>,
}

/// A relation in `from`, as names see it.
struct Seen {
    /// The ways to name it, each in parts.
    names: Vec<Vec<String>>,
    columns: Names,
    keys: Keys,
    /// True where its name alone is a value: `unnest(x) as y`.
    is_value: bool,
}

/// What the columns of a relation are known by.
#[derive(Default)]
enum Keys {
    /// Their places: the relation is made in the query.
    #[default]
    Places,
    /// Names that both sides have for them, by place: where the relation is from outside its columns may stand in another
    /// order there.
    Listed(Vec<Arc<str>>),
    /// Their names, but for those that the other side calls otherwise: not all columns are known.
    Open(Vec<(String, String)>),
}

impl Seen {
    /// The place of the first column of this name, if all columns are known.
    fn place(&self, key: &str) -> Option<usize> {
        place(self.columns.as_ref()?, key)
    }

    /// The column at a place.
    fn at(&self, place: usize) -> Field {
        match &self.keys {
            Keys::Listed(keys) => {
                keys.get(place).map_or(Field::At(place as u32), |key| Field::Name(Arc::clone(key)))
            }
            Keys::Places | Keys::Open(_) => Field::At(place as u32),
        }
    }

    /// The column of a name, where not all columns are known.
    fn called(&self, key: &str) -> Field {
        let former = match &self.keys {
            Keys::Open(former) => {
                former.iter().find(|(own, _)| own == key).map(|(_, former)| former.as_str())
            }
            Keys::Places | Keys::Listed(_) => None,
        };
        Field::Name(former.unwrap_or(key).into())
    }
}

/// The place of the first column of a name.
fn place(columns: &[Option<OutputName>], key: &str) -> Option<usize> {
    columns.iter().position(|column| column.as_ref().is_some_and(|it| it.key == key))
}

/// Reads a query and applies the rules of the level.
pub(super) fn read(parsed: &Parsed, tables: &dyn Tables, level: Level) -> Result<Read> {
    let Parsed { dialect, query, chooses } = parsed;
    let mut reader = Reader {
        dialect: *dialect,
        tables,
        level,
        scopes: Vec::new(),
        ctes: Vec::new(),
        used: 0,
        kept: BTreeSet::new(),
        is_volatile: false,
        chooses: *chooses,
        size: 0,
        depth: 0,
    };
    let (rel, names) = reader.query(query)?;
    Ok(Read { rel, names: names.unwrap_or_default(), kept: reader.kept, is_volatile: reader.is_volatile })
}

impl Reader<'_> {
    fn key(&self, name: &Ident) -> String {
        fold(self.dialect, &name.value, name.quote_style.is_some())
    }

    fn is_meaning(&self) -> bool {
        self.level == Level::Meaning
    }

    /// Counts what is made, and gives up where it is too much.
    fn grow(&mut self, by: usize) -> Result<()> {
        self.size += by;
        if self.size > SIZE { Err(not("it is too large")) } else { Ok(()) }
    }
}

/// Whether the text has a word that chooses among rows by their order.
pub(super) fn chooses(dialect: Dialect, text: &str) -> bool {
    tokens(dialect, text).any(|token| {
        let word = token.text(text).to_ascii_lowercase();
        token.kind == TokenKind::Word
            && (rules::functions::is_ordered(&word) || matches!(&*word, "limit" | "fetch" | "top"))
    })
}

fn not(what: impl Into<String>) -> NotFollowed {
    NotFollowed(what.into())
}
