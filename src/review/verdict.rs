//! The verdict on a change of one query.

use super::canon::{self, ColumnChange, ColumnKind, Differences, Level, NotFollowed, Parsed, Tables};
use crate::sql::{Dialect, TokenKind, tokens};

/// What a change of a part does, from a closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: the text is the same.
    Unchanged,
    /// Whitespace, comments, case, quotes, names that don't escape, the order of CTEs.
    Cosmetic,
    /// It is written otherwise and gives the same rows for every input.
    Equivalent,
    /// It differs in its rows or columns.
    Changed(Differences),
    /// It can't be told, for this reason.
    Opaque(String),
}

impl Verdict {
    /// The verdict's name in the closed list.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Cosmetic => "cosmetic",
            Self::Equivalent => "equivalent",
            Self::Changed(found) if !found.rows.is_empty() => "changed rows",
            Self::Changed(found) if found.only_adds() => "added columns",
            Self::Changed(_) => "changed columns",
            Self::Opaque(_) => "opaque",
        }
    }

    /// How much of a change it is, the most for what can't be told.
    pub(super) fn gravity(&self) -> u8 {
        match self {
            Self::Unchanged => 0,
            Self::Cosmetic => 1,
            Self::Equivalent => 2,
            Self::Changed(found) if found.only_adds() => 3,
            Self::Changed(found) if found.rows.is_empty() => 4,
            Self::Changed(_) => 5,
            Self::Opaque(_) => 6,
        }
    }

    /// The columns that have other names: the new one and the former one.
    pub(super) fn renamed(&self) -> Vec<(String, String)> {
        let Self::Changed(found) = self else { return Vec::new() };
        let pair = |column: &ColumnChange| match &column.kind {
            ColumnKind::Renamed { from } => Some((column.name.clone(), from.clone())),
            _ => None,
        };
        found.columns.iter().filter_map(pair).collect()
    }

    /// True if what comes out is surely the same.
    pub fn is_same(&self) -> bool {
        matches!(self, Self::Unchanged | Self::Cosmetic | Self::Equivalent)
    }

    /// True if the same rows come out, and all that differs is what their columns are called.
    pub(super) fn only_renames(&self) -> bool {
        let Self::Changed(found) = self else { return false };
        found.rows.is_empty()
            && !found.columns.is_empty()
            && found.columns.iter().all(|it| matches!(it.kind, ColumnKind::Renamed { .. }))
    }

    /// What differs, in a few words.
    pub fn detail(&self) -> String {
        match self {
            Self::Opaque(why) => why.clone(),
            Self::Changed(Differences { rows, columns }) => {
                let mut words: Vec<String> = Vec::new();
                if !rows.is_empty() {
                    words.push(rows.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "));
                }
                words.extend(columns.iter().map(in_words));
                words.join("; ")
            }
            _ => String::new(),
        }
    }
}

fn in_words(change: &ColumnChange) -> String {
    match &change.kind {
        ColumnKind::Renamed { from } => format!("`{}` was `{from}`", change.name),
        kind => format!("`{}` {}", change.name, kind.name()),
    }
}

/// One side of a comparison.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    /// The query.
    pub sql: &'a str,
    /// What is known of the relations it reads.
    pub tables: &'a dyn Tables,
}

/// The verdict on two writings of a query.
///
/// It is never "cosmetic" or "equivalent" unless the forms of both are equal under rules that hold for every input;
/// what the rules don't know is [`Verdict::Opaque`].
pub fn verdict(dialect: Dialect, old: Written<'_>, new: Written<'_>) -> Verdict {
    if old.sql == new.sql {
        return Verdict::Unchanged;
    }
    let (before, after) = (words(dialect, old.sql), words(dialect, new.sql));
    if before.hints != after.hints {
        return Verdict::Opaque("a hint in a comment differs".to_owned());
    }
    if before.text == after.text {
        return Verdict::Cosmetic;
    }
    if !before.hints.is_empty() {
        return Verdict::Opaque("it has hints in comments".to_owned());
    }
    by_form(dialect, old, new).unwrap_or_else(Verdict::Opaque)
}

/// The verdict by the queries' forms alone; in a reason, why there is none.
pub(super) fn by_form(dialect: Dialect, old: Written<'_>, new: Written<'_>) -> Result<Verdict, String> {
    let before = |why: NotFollowed| format!("before, {}", why.0);
    let was = Parsed::new(dialect, old.sql).map_err(before)?;
    let is = Parsed::new(dialect, new.sql).map_err(|why| why.0)?;
    let forms = |level| (was.canonical(old.tables, level), is.canonical(new.tables, level));
    if let (Ok(was), Ok(is)) = forms(Level::Writing)
        && was == is
    {
        return Ok(Verdict::Cosmetic);
    }
    let (was, is) = forms(Level::Meaning);
    let (was, is) = (was.map_err(before)?, is.map_err(|why| why.0)?);
    Ok(if was == is { Verdict::Equivalent } else { Verdict::Changed(canon::differences(&was, &is)) })
}

/// True if two texts differ in no more than blanks, comments without hints, and the case of keywords.
pub(super) fn same_words(dialect: Dialect, old: &str, new: &str) -> bool {
    let (old, new) = (words(dialect, old), words(dialect, new));
    old.text == new.text && old.hints == new.hints
}

/// The words of a text with the case of keywords and names taken away where it can't count.
struct Words {
    text: Vec<String>,
    hints: Vec<String>,
}

fn words(dialect: Dialect, sql: &str) -> Words {
    let mut words = Words { text: Vec::new(), hints: Vec::new() };
    for token in tokens(dialect, sql) {
        let text = token.text(sql);
        match token.kind {
            kind if kind.is_trivia() => {
                let inner = text.strip_prefix("/*").or_else(|| text.strip_prefix("--")).unwrap_or_default();
                if inner.starts_with(['+', '!']) {
                    words.hints.push(text.to_owned());
                }
            }
            TokenKind::Word if is_keyword(text) => words.text.push(text.to_ascii_lowercase()),
            _ => words.text.push(text.to_owned()),
        }
    }
    while words.text.last().is_some_and(|last| last == ";") {
        words.text.pop();
    }
    words
}

/// Words whose case never counts, since they can be no names.
fn is_keyword(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "and",
        "as",
        "asc",
        "between",
        "by",
        "case",
        "cross",
        "desc",
        "distinct",
        "else",
        "end",
        "except",
        "exists",
        "from",
        "full",
        "group",
        "having",
        "in",
        "inner",
        "intersect",
        "is",
        "join",
        "left",
        "like",
        "limit",
        "not",
        "null",
        "on",
        "or",
        "order",
        "outer",
        "over",
        "right",
        "select",
        "then",
        "union",
        "using",
        "when",
        "where",
        "with",
    ];
    WORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

impl Differences {
    /// True if nothing but new columns was found.
    pub fn only_adds(&self) -> bool {
        self.rows.is_empty() && self.columns.iter().all(|it| it.kind == ColumnKind::Added)
    }
}
