//! The edits of one statement: names that mean a renamed column, and aliases that keep what others read.

use std::collections::BTreeMap;
use std::ops::Range;

use super::marks::Marks;
use super::name::ColumnNames;
use crate::flow::NodeStatement;
use crate::lineage::ColumnId;
use crate::sql::{Token, TokenKind, Words};

/// New text for some bytes of rendered SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<u32>,
    pub(super) text: String,
}

/// A place in rendered SQL that can't be changed for sure, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) range: Range<u32>,
    pub(super) why: String,
}

/// Functions that take the names of columns into what they give.
const NAMING: &[&str] = &[
    "struct",
    "object_construct",
    "object_construct_keep_null",
    "to_json",
    "to_jsonb",
    "to_json_string",
    "row_to_json",
    "json_object",
    "columns",
];

/// What has to change in a statement whose renamed columns are marked; `sql` is its text.
pub(super) fn splices(
    statement: &NodeStatement,
    marks: &Marks<'_>,
    names: &ColumnNames,
    sql: &str,
) -> Result<Vec<Splice>, Vec<Doubt>> {
    let words = Words::new(names.dialect, sql);
    let mut work = Work { statement, marks, names, sql, words, made: Vec::new(), doubts: Vec::new() };
    let uses = work.uses();
    work.aliases(&uses);
    for range in &uses {
        work.fields(range);
    }
    work.stars();
    if work.doubts.is_empty() { Ok(work.made) } else { Err(work.doubts) }
}

struct Work<'a> {
    statement: &'a NodeStatement,
    marks: &'a Marks<'a>,
    names: &'a ColumnNames,
    sql: &'a str,
    words: Words<'a>,
    made: Vec<Splice>,
    doubts: Vec<Doubt>,
}

impl Work<'_> {
    fn doubt(&mut self, range: Range<u32>, why: impl Into<String>) {
        self.doubts.push(Doubt { range, why: why.into() });
    }

    fn replace(&mut self, token: Token) {
        let text = self.names.written(token.text(self.sql));
        self.made.push(Splice { range: token.start..token.end, text });
    }

    fn token_at(&self, start: u32) -> Option<usize> {
        self.words.all().binary_search_by_key(&start, |token| token.start).ok()
    }

    /// The places that name renamed columns; each gets the new name.
    fn uses(&mut self) -> Vec<Range<u32>> {
        let mut by_place: BTreeMap<(u32, u32), (bool, bool, bool)> = BTreeMap::new();
        for used in &self.statement.lineage.uses {
            let state = by_place.entry((used.span.start, used.span.end)).or_default();
            let is_marked = self.marks.has(used.column);
            state.0 |= is_marked;
            state.1 |= !is_marked && !used.is_row;
            state.2 |= used.is_row;
        }
        let mut places = Vec::new();
        for ((start, end), (marked, others, is_row)) in by_place {
            let range = start..end;
            if !marked {
                continue;
            }
            if is_row {
                if !self.is_counted(start) {
                    self.doubt(range, "a whole row is taken here, and with it the column's name");
                }
                continue;
            }
            if others {
                self.doubt(range, "this names columns of several relations, and only one of them is renamed");
                continue;
            }
            match self.token_at(start).map(|at| self.words.all()[at]) {
                Some(token) if self.names.is_old(token, self.sql) => self.replace(token),
                _ => self.doubt(range.clone(), "this names the column in a form that is not understood"),
            }
            places.push(range);
        }
        places
    }

    /// True for the row in `count(t)`.
    fn is_counted(&self, start: u32) -> bool {
        let at = self.token_at(start).unwrap_or(0);
        at >= 2 && self.words.symbol(at - 1, b'(') && self.words.is(at - 2, "count")
    }

    /// Items of a `select` that need another alias, or one to keep the name that they had.
    fn aliases(&mut self, uses: &[Range<u32>]) {
        let lineage = &self.statement.lineage;
        let outputs = lineage.outputs();
        for at in 0..lineage.columns.len() as u32 {
            let id = ColumnId(at);
            if !self.marks.is_written(id) {
                continue;
            }
            let column = lineage.column(id);
            let Some(span) = column.span.clone() else { continue };
            let inner = uses.iter().find(|used| span.start <= used.start && used.end <= span.end);
            if inner.is_none() && !self.marks.has(id) {
                continue;
            }
            let key = lineage.text(lineage.key(id)).to_owned();
            if let Some(alias) = self.alias_of(&span, &key) {
                if self.marks.has(id) {
                    self.replace(alias);
                }
                continue;
            }
            if column.is_unnamed {
                let name = lineage.text(column.name);
                let text = inner.map(|used| &self.sql[used.start as usize..used.end as usize]);
                if outputs.contains(&id) && text.is_some_and(|text| name.contains(text)) {
                    self.doubt(span, "this has no name but its text, which would be another");
                }
                continue;
            }
            if key != self.names.old_key {
                continue;
            }
            match (self.marks.has(id), inner) {
                (true, None) => {
                    let text = format!(" as {}", self.names.written(""));
                    self.made.push(Splice { range: span.end..span.end, text });
                }
                (false, Some(used)) => {
                    let old = &self.sql[used.start as usize..used.end as usize];
                    self.made.push(Splice { range: span.end..span.end, text: format!(" as {old}") });
                }
                _ => {}
            }
        }
    }

    /// The alias that an item has: behind it with or without `as`, or before it with `=`.
    fn alias_of(&self, span: &Range<u32>, key: &str) -> Option<Token> {
        let all = self.words.all();
        let is_key = |at: usize| {
            all.get(at).filter(|token| {
                let quoted = token.kind == TokenKind::Quoted;
                let text = token.text(self.sql);
                matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
                    && crate::sql::fold(self.names.dialect, &crate::sql::unquote(text), quoted) == key
            })
        };
        let next = all.partition_point(|token| token.start < span.end);
        if self.words.is(next, "as") {
            return is_key(next + 1).copied();
        }
        if let Some(token) = is_key(next) {
            return Some(*token);
        }
        let first = all.partition_point(|token| token.start < span.start);
        let before = first.checked_sub(2)?;
        if self.words.symbol(first - 1, b'=') { is_key(before).copied() } else { None }
    }

    /// `struct(a)` names its field after the column.
    fn fields(&mut self, used: &Range<u32>) {
        let Some(at) = self.token_at(used.start) else { return };
        let mut first = at;
        while first >= 2 && self.words.symbol(first - 1, b'.') && self.words.is_name(first - 2) {
            first -= 2;
        }
        let starts = first >= 1 && (self.words.symbol(first - 1, b',') || self.words.symbol(first - 1, b'('));
        let ends = self.words.symbol(at + 1, b',') || self.words.symbol(at + 1, b')');
        if !starts || !ends {
            return;
        }
        if self.enclosing(at).is_some_and(|open| open >= 1 && self.words.is(open - 1, "struct")) {
            let old = &self.sql[used.start as usize..used.end as usize];
            self.made.push(Splice { range: used.end..used.end, text: format!(" as {old}") });
        }
    }

    /// The bracket that a word stands in.
    fn enclosing(&self, at: usize) -> Option<usize> {
        (0..at).rev().find(|open| {
            self.words.symbol(*open, b'(') && self.words.closing(*open).is_some_and(|end| end > at)
        })
    }

    /// A star within a function that names what it gives after the columns.
    fn stars(&mut self) {
        for at in 1..self.words.len() {
            let is_star = self.words.symbol(at, b'*')
                && [b'(', b',', b'.'].iter().any(|before| self.words.symbol(at - 1, *before));
            if !is_star {
                continue;
            }
            let names = |open: usize| open >= 1 && self.words.is_one_of(open - 1, NAMING);
            if self.enclosing(at).is_some_and(names) {
                let token = self.words.all()[at];
                self.doubt(token.start..token.end, "the column's name goes into what this gives");
            }
        }
    }
}

/// The last star of a text that is an item of a `select`.
pub(super) fn last_star(words: &Words<'_>) -> Option<Token> {
    let is_item = |at: usize| {
        words.symbol(at, b'*')
            && at >= 1
            && (words.is(at - 1, "select")
                || words.is(at - 1, "distinct")
                || words.symbol(at - 1, b',')
                || words.symbol(at - 1, b'.'))
    };
    (0..words.len()).rev().find(|at| is_item(*at)).map(|at| words.all()[at])
}
