//! Queries: WITH clauses, set operations, clauses.

use super::keyword::{Word, Words, words};
use super::{Expression, Outline, Query, Role, Table};
use crate::sql::{Dialect, Token, TokenKind, fold, tokens, unquote};

/// Reads one text.
pub(super) struct Reader<'s> {
    pub(super) dialect: Dialect,
    pub(super) sql: &'s str,
    /// The significant tokens.
    pub(super) words: Vec<Token>,
    /// What each of them is, of the words that matter here.
    keywords: Vec<Word>,
    /// By opening bracket, the place of its closing one; the end where there is none.
    pub(super) closing: Vec<u32>,
    /// Nodes before each word.
    nodes: Vec<u32>,
    /// CTEs that can be seen, the innermost last; `None` for one that is being read.
    scope: Vec<(String, Option<usize>)>,
    pub(super) outline: Outline,
}

/// Deeper brackets than this are passed over: no engine reads them, and our stack shall hold.
pub(super) const DEEPEST: u32 = 300;

/// A query while it is read.
pub(super) struct Open {
    pub(super) query: Query,
    /// The block that tables are put into.
    pub(super) block: Vec<Table>,
    /// Nodes of CTEs and subqueries in it.
    pub(super) others: u64,
    /// Brackets around it.
    pub(super) level: u32,
}

/// The part of a SELECT that a word opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    Select,
    From,
    Filter,
    Group,
    Sort,
    Limit,
    Window,
}

impl<'s> Reader<'s> {
    pub(super) fn new(dialect: Dialect, sql: &'s str) -> Self {
        // A word and the blank after it are seldom shorter.
        let mut words: Vec<Token> = Vec::with_capacity(sql.len() / 4);
        let mut keywords: Vec<Word> = Vec::with_capacity(sql.len() / 4);
        for token in tokens(dialect, sql).filter(|token| !token.kind.is_trivia()) {
            words.push(token);
            keywords.push(match token.kind {
                TokenKind::Word => Word::read(&sql.as_bytes()[token.start as usize..token.end as usize]),
                _ => Word::NONE,
            });
        }
        let mut closing = vec![words.len() as u32; words.len()];
        let mut nodes = Vec::with_capacity(words.len() + 1);
        let (mut open, mut count) = (Vec::new(), 0);
        let mut outline = Outline::default();
        let is_query = |at: usize| keywords[at].is(words!["select", "with", "from"]);
        for (at, word) in words.iter().enumerate() {
            nodes.push(count);
            match word.kind {
                TokenKind::Symbol(b'(') => {
                    open.push((at, 0_u64));
                    if open.len() as u64 > outline.nesting {
                        outline.nesting = open.len() as u64;
                        outline.innermost = word.start..word.end;
                    }
                }
                TokenKind::Symbol(b')') => {
                    if let Some((start, commas)) = open.pop() {
                        closing[start] = at as u32;
                        if start > 0
                            && keywords[start - 1].is(words!["in"])
                            && at > start + 1
                            && !is_query(start + 1)
                            && commas + 1 > outline.list
                        {
                            outline.list = commas + 1;
                            outline.longest = words[start].start..word.end;
                        }
                    }
                }
                TokenKind::Symbol(b',') => {
                    if let Some((_, commas)) = open.last_mut() {
                        *commas += 1;
                    }
                }
                TokenKind::Symbol(b'.' | b';') => {}
                _ => {
                    count += 1;
                    outline.is_recursive |=
                        at > 0 && keywords[at - 1].is(words!["with"]) && keywords[at].is(words!["recursive"]);
                }
            }
        }
        nodes.push(count);
        Self { dialect, sql, words, keywords, closing, nodes, scope: Vec::new(), outline }
    }

    pub(super) fn read(mut self) -> Outline {
        let mut end = self.words.len();
        while end > 0 && self.symbol(end - 1) == Some(b';') {
            end -= 1;
        }
        self.query(0, end, Role::Main, 0);
        self.outline
    }

    /// Reads the query between two words; gives its place and all nodes between them.
    pub(super) fn query(&mut self, from: usize, to: usize, role: Role, level: u32) -> (usize, u64) {
        let seen = self.scope.len();
        let place = self.bytes(from, to);
        let mut query = Query { role, place, branches: 1, mergeable: true, ..Query::default() };
        let whole = self.nodes_of(from, to);
        if level > DEEPEST {
            query.nodes = whole;
            self.outline.queries.push(query);
            return (self.outline.queries.len() - 1, whole);
        }
        let mut open = Open { query, block: Vec::new(), others: 0, level };
        self.body(from, to, &mut open);
        self.scope.truncate(seen);
        let Open { mut query, others, .. } = open;
        query.nodes = whole.saturating_sub(others);
        self.outline.queries.push(query);
        (self.outline.queries.len() - 1, whole)
    }

    /// A query with its WITH clause, in brackets or not.
    fn body(&mut self, mut from: usize, mut to: usize, open: &mut Open) {
        while from < to && self.symbol(from) == Some(b'(') && self.closing[from] as usize == to - 1 {
            (from, to) = (from + 1, to - 1);
        }
        if self.is(from, words!["with"]) {
            from = self.ctes(from, to, open);
        }
        let branches = self.branches(from, to);
        let count = branches.len() as u64;
        if count > 1 {
            open.query.branches = open.query.branches.max(count);
            open.query.stages += count - 1;
            open.query.mergeable = false;
        }
        for (from, to) in branches {
            if self.symbol(from) == Some(b'(') && self.closing[from] as usize <= to {
                let close = self.closing[from] as usize;
                self.body(from + 1, close.min(to), open);
                self.select(close + 1, to, open);
            } else {
                self.select(from, to, open);
            }
        }
    }

    /// Reads CTEs; gives the place of the main query.
    fn ctes(&mut self, from: usize, to: usize, open: &mut Open) -> usize {
        let recursive = self.is(from + 1, words!["recursive"]);
        let mut at = from + 1 + usize::from(recursive);
        while at < to {
            let Some(name) = self.name(at) else { return at };
            let named = self.bytes(at, at + 1);
            at += 1;
            while at < to && !self.is(at, words!["as"]) {
                at = self.after(at);
            }
            let fenced = self.is(at + 1, words!["materialized"]);
            while at < to && self.symbol(at) != Some(b'(') {
                at += 1;
            }
            if at >= to {
                return to;
            }
            let close = (self.closing[at] as usize).min(to);
            if recursive {
                self.scope.push((name.clone(), None));
            }
            let (place, nodes) = self.query(at + 1, close, Role::Cte, open.level + 1);
            self.outline.queries[place].name = Some(named);
            if recursive {
                self.scope.pop();
            }
            if recursive || fenced {
                self.outline.queries[place].mergeable = false;
            }
            self.scope.push((name, Some(place)));
            open.others += nodes;
            at = close + 1;
            for (keyword, last) in [(words!["search"], words!["set"]), (words!["cycle"], words!["using"])] {
                if recursive && self.is(at, keyword) {
                    while at < to && !self.is(at, last) {
                        at += 1;
                    }
                    at += 2;
                }
            }
            if self.symbol(at) != Some(b',') {
                return at;
            }
            at += 1;
        }
        at
    }

    /// The branches of set operations.
    fn branches(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let mut branches = Vec::new();
        let (mut start, mut at) = (from, from);
        while at < to {
            let set = self.is(at, words!["union", "intersect", "except", "minus"]);
            // `select * except (a)` names columns.
            if set && at > from && !matches!(self.symbol(at - 1), Some(b'*' | b'.')) {
                branches.push((start, at));
                at += 1;
                while self.is(at, words!["all", "distinct"]) {
                    at += 1;
                }
                if self.is(at, words!["by"]) {
                    at += 2;
                }
                start = at;
            } else {
                at = self.after(at);
            }
        }
        branches.push((start, to));
        branches
    }

    /// One SELECT, or what follows a branch in brackets.
    fn select(&mut self, from: usize, to: usize, open: &mut Open) {
        if from >= to {
            return;
        }
        let first = open.query.blocks.is_empty();
        open.block = Vec::new();
        let mut clauses: Vec<(Clause, usize)> = Vec::new();
        let mut at = from;
        while at < to {
            if let Some(clause) = self.clause(at, from) {
                clauses.push((clause, at));
            }
            at = self.after(at);
        }
        // Tables first: what they are is asked for by nothing else, but their subqueries stand before.
        for (place, (clause, start)) in clauses.iter().copied().enumerate() {
            let end = clauses.get(place + 1).map_or(to, |next| next.1);
            match clause {
                Clause::Select => self.columns(start + 1, end, first, open),
                Clause::From => self.from(start + 1, end, open),
                Clause::Filter => {
                    let expression = self.expression(start + 1, end, open);
                    keep_larger(&mut open.query.filter, expression);
                }
                Clause::Group => {
                    open.query.stages += 1;
                    open.query.mergeable = false;
                    self.expression(start + 1, end, open);
                }
                Clause::Sort => {
                    open.query.stages += 1;
                    self.expression(start + 1, end, open);
                }
                Clause::Limit => open.query.mergeable = false,
                Clause::Window => open.query.stages += 1,
            }
        }
        if !clauses.is_empty() {
            let block = std::mem::take(&mut open.block);
            open.query.blocks.push(block);
        }
    }

    fn clause(&self, at: usize, from: usize) -> Option<Clause> {
        let word = *self.keywords.get(at)?;
        if word == Word::NONE || (at > from && self.symbol(at - 1) == Some(b'.')) {
            return None;
        }
        Some(if word.is(words!["select"]) {
            Clause::Select
        } else if word.is(words!["from"]) && !(at > from && self.is(at - 1, words!["distinct"])) {
            Clause::From
        } else if word.is(words!["where", "having", "qualify", "prewhere"]) {
            Clause::Filter
        } else if word.is(words!["group"]) && self.is(at + 1, words!["by"]) {
            Clause::Group
        } else if word.is(words!["order"]) && self.is(at + 1, words!["by"]) {
            Clause::Sort
        } else if word.is(words!["limit", "fetch"]) {
            Clause::Limit
        } else if word.is(words!["window"]) {
            Clause::Window
        } else {
            return None;
        })
    }

    /// The CTE that a name stands for; [`Table::Other`] for a recursive one within itself.
    pub(super) fn cte(&self, at: usize) -> Option<Table> {
        if self.scope.is_empty() {
            return None;
        }
        let name = self.name(at)?;
        let (_, place) = self.scope.iter().rev().find(|(known, _)| *known == name)?;
        Some(place.map_or(Table::Other, Table::Query))
    }

    fn name(&self, at: usize) -> Option<String> {
        let token = self.words.get(at)?;
        let text = token.text(self.sql);
        match token.kind {
            TokenKind::Word => Some(fold(self.dialect, text, false)),
            TokenKind::Quoted => Some(fold(self.dialect, &unquote(text), true)),
            _ => None,
        }
    }

    /// The word after this one, or after the bracket that it opens.
    pub(super) fn after(&self, at: usize) -> usize {
        if self.symbol(at) == Some(b'(') { self.closing[at] as usize + 1 } else { at + 1 }
    }

    /// The bytes from one word to before another.
    fn bytes(&self, from: usize, to: usize) -> std::ops::Range<u32> {
        let last = to.min(self.words.len()).checked_sub(1).filter(|last| *last >= from);
        last.map_or(0..0, |last| self.words[from].start..self.words[last].end)
    }

    pub(super) fn nodes_of(&self, from: usize, to: usize) -> u64 {
        let last = self.words.len();
        u64::from(self.nodes[to.min(last)].saturating_sub(self.nodes[from.min(last)]))
    }

    pub(super) fn symbol(&self, at: usize) -> Option<u8> {
        match self.words.get(at)?.kind {
            TokenKind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    pub(super) fn is(&self, at: usize, words: Words) -> bool {
        self.keywords.get(at).is_some_and(|word| word.is(words))
    }

    /// True if a query begins at this word.
    pub(super) fn opens_query(&self, at: usize) -> bool {
        let mut at = at;
        while self.symbol(at) == Some(b'(') {
            at += 1;
        }
        self.is(at, words!["select", "with", "from"])
    }
}

pub(super) fn keep_larger(kept: &mut Expression, other: Expression) {
    if (other.nodes, other.mentions.len()) > (kept.nodes, kept.mentions.len()) {
        *kept = other;
    }
}
