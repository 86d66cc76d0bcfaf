//! Looking at one SQL text by its tokens: names and where they stand, WITH clauses, the end.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::sql::{Dialect, Token, TokenKind, fold, tokens, unquote};

/// A significant token with its bracket group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) token: Token,
    /// The bracket that it stands in; 0 outside of all.
    pub(super) group: u32,
}

/// The significant tokens of a text.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    pub(super) words: Vec<Word>,
    /// By group, the group around it.
    pub(super) outer: Vec<u32>,
    /// Comments, strings and open ends, which may hold names too.
    pub(super) hidden: Vec<Token>,
    /// The first byte that is not blank.
    pub(super) first: usize,
}

/// A `with` clause at the start of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct With {
    /// Offset after `with` or `with recursive`.
    pub(super) keyword_end: usize,
    /// `recursive` stands there.
    pub(super) recursive: bool,
    /// The names that it defines.
    pub(super) names: Vec<Range<usize>>,
    /// Where the main query begins; `None` if the clause could not be followed to its end.
    pub(super) main: Option<usize>,
}

/// How a name is used.
pub(super) mod usage {
    /// On its own: a table, a CTE, a column or an alias.
    pub(crate) const BARE: u8 = 1;
    /// Before a dot.
    pub(crate) const QUALIFIER: u8 = 2;
    /// After a dot.
    pub(crate) const FIELD: u8 = 4;
}

impl Scan {
    pub(super) fn of(dialect: Dialect, sql: &str) -> Self {
        let mut scan = Self { words: Vec::new(), outer: vec![0], hidden: Vec::new(), first: sql.len() };
        let mut group = 0_u32;
        for token in tokens(dialect, sql) {
            if token.kind == TokenKind::Space {
                continue;
            }
            scan.first = scan.first.min(token.start as usize);
            match token.kind {
                TokenKind::Comment => {
                    scan.hidden.push(token);
                    continue;
                }
                TokenKind::String | TokenKind::Open => scan.hidden.push(token),
                _ => {}
            }
            let mut word = Word { token, group };
            match token.kind {
                TokenKind::Symbol(b'(') => {
                    scan.outer.push(group);
                    group = scan.outer.len() as u32 - 1;
                }
                TokenKind::Symbol(b')') => {
                    group = scan.outer[group as usize];
                    word.group = group;
                }
                _ => {}
            }
            scan.words.push(word);
        }
        scan
    }

    /// True if `inner` is `outer` or within it.
    pub(super) fn within(&self, mut inner: u32, outer: u32) -> bool {
        loop {
            if inner == outer {
                return true;
            }
            if inner == 0 {
                return false;
            }
            inner = self.outer[inner as usize];
        }
    }

    pub(super) fn symbol(&self, at: usize) -> Option<u8> {
        match self.words.get(at)?.token.kind {
            TokenKind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    /// True if the word at `at` is this keyword.
    pub(super) fn is(&self, at: usize, sql: &str, keyword: &str) -> bool {
        self.words.get(at).is_some_and(|word| word.token.is(sql, keyword))
    }

    /// Offsets of the `;` that end the text.
    pub(super) fn terminators(&self) -> Vec<usize> {
        let tail = self.words.iter().rev().map_while(|word| match word.token.kind {
            TokenKind::Symbol(b';') => Some(word.token.start as usize),
            _ => None,
        });
        let mut tail: Vec<usize> = tail.collect();
        tail.reverse();
        tail
    }

    /// The clause that the text begins with, if it does.
    pub(super) fn with(&self, sql: &str) -> Option<With> {
        if !self.is(0, sql, "with") {
            return None;
        }
        let recursive = self.is(1, sql, "recursive");
        let keyword = usize::from(recursive);
        let mut with = With {
            keyword_end: self.words[keyword].token.end as usize,
            recursive,
            names: Vec::new(),
            main: None,
        };
        let mut at = keyword + 1;
        loop {
            let Some(name) = self.words.get(at) else { return Some(with) };
            if !matches!(name.token.kind, TokenKind::Word | TokenKind::Quoted) {
                return Some(with);
            }
            with.names.push(name.token.start as usize..name.token.end as usize);
            at += 1;
            // Everything up to the body's bracket: column names, `as`, `materialized`, `using key` …
            while !self.is(at, sql, "as") {
                match self.symbol(at) {
                    Some(b'(') => at = self.closing(at) + 1,
                    _ if self.words.get(at).is_some() => at += 1,
                    _ => return Some(with),
                }
            }
            while self.symbol(at) != Some(b'(') {
                if self.words.get(at).is_none() {
                    return Some(with);
                }
                at += 1;
            }
            at = self.closing(at) + 1;
            // `search breadth first …` and `cycle …` may follow a recursive body.
            for (keyword, last) in [("search", "set"), ("cycle", "using")] {
                if recursive && self.is(at, sql, keyword) {
                    while self.words.get(at).is_some() && !self.is(at, sql, last) {
                        at += 1;
                    }
                    at += 2;
                }
            }
            if self.symbol(at) == Some(b',') {
                at += 1;
                continue;
            }
            with.main = self.words.get(at).map(|word| word.token.start as usize);
            return Some(with);
        }
    }

    /// The place of the bracket that closes the one at `open`; the last token if none does.
    fn closing(&self, open: usize) -> usize {
        let group = self.words[open].group;
        let close = self.words[open + 1..]
            .iter()
            .position(|word| word.group == group && word.token.kind == TokenKind::Symbol(b')'));
        close.map_or(self.words.len(), |at| open + 1 + at)
    }

    /// Every name in the text, folded, and how it is used; the words for which `skip` is true are left out.
    pub(super) fn names(
        &self,
        dialect: Dialect,
        sql: &str,
        skip: impl Fn(&Token) -> bool,
    ) -> FxHashMap<String, u8> {
        let mut names: FxHashMap<String, u8> = FxHashMap::default();
        for (at, word) in self.words.iter().enumerate() {
            let quoted = match word.token.kind {
                TokenKind::Word => false,
                TokenKind::Quoted => true,
                _ => continue,
            };
            if skip(&word.token) {
                continue;
            }
            let mut used = 0;
            if self.symbol(at + 1) == Some(b'.') {
                used |= usage::QUALIFIER;
            }
            if at > 0 && self.symbol(at - 1) == Some(b'.') {
                used |= usage::FIELD;
            }
            if used == 0 {
                used = usage::BARE;
            }
            let text = word.token.text(sql);
            let name = if quoted { fold(dialect, &unquote(text), true) } else { fold(dialect, text, false) };
            *names.entry(name).or_default() |= used;
        }
        names
    }

    /// True if the word at `at` stands where a table does: after `from`, `join` or a comma.
    pub(super) fn is_table(&self, at: usize, sql: &str) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        self.symbol(before) == Some(b',')
            || self.symbol(before) == Some(b'(') && before > 0 && self.is_table_opening(before, sql)
            || ["from", "join", "apply"].iter().any(|keyword| self.is(before, sql, keyword))
    }

    /// True for the bracket in `from (a join b on …)`.
    fn is_table_opening(&self, bracket: usize, sql: &str) -> bool {
        ["from", "join"].iter().any(|keyword| self.is(bracket - 1, sql, keyword))
    }

    /// True if an alias follows the name whose last word is at `at`.
    pub(super) fn has_alias(&self, at: usize, sql: &str) -> bool {
        let Some(next) = self.words.get(at + 1) else { return false };
        match next.token.kind {
            TokenKind::Quoted => true,
            TokenKind::Word => {
                let word = next.token.text(sql).to_ascii_lowercase();
                AFTER_TABLE.binary_search(&word.as_str()).is_err()
            }
            _ => false,
        }
    }
}

/// Keywords that may follow a table without an alias, sorted.
const AFTER_TABLE: &[&str] = &[
    "and",
    "anti",
    "any",
    "array",
    "asof",
    "at",
    "cluster",
    "connect",
    "cross",
    "distribute",
    "end",
    "except",
    "fetch",
    "final",
    "for",
    "from",
    "full",
    "global",
    "group",
    "having",
    "inner",
    "intersect",
    "into",
    "join",
    "lateral",
    "left",
    "limit",
    "match_recognize",
    "minus",
    "natural",
    "offset",
    "on",
    "option",
    "or",
    "order",
    "outer",
    "pivot",
    "positional",
    "prewhere",
    "qualify",
    "returning",
    "right",
    "sample",
    "select",
    "semi",
    "set",
    "settings",
    "sort",
    "start",
    "tablesample",
    "then",
    "union",
    "unpivot",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        assert!(AFTER_TABLE.is_sorted());
    }

    #[track_caller]
    fn check(sql: &str, names: &[&str], main: Option<&str>) {
        let with = Scan::of(Dialect::DuckDb, sql).with(sql).expect("a with clause");
        let found: Vec<&str> = with.names.iter().map(|range| &sql[range.clone()]).collect();
        assert_eq!(found, names);
        assert_eq!(with.main.map(|at| &sql[at..]), main);
    }

    #[test]
    fn a_with_clause_is_followed_to_its_end() {
        check(
            "with a as (select (1)), b(x, y) as not materialized (select 2) select 3",
            &["a", "b"],
            Some("select 3"),
        );
        check("-- c\nWITH RECURSIVE \"a b\" (n) AS (select ')') from t", &["\"a b\""], Some("from t"));
        check("with a as (select 1", &["a"], None);
        check(
            "with recursive t as (select 1) search depth first by id, b set o, u as (select 2) select 1",
            &["t", "u"],
            Some("select 1"),
        );
    }
}
