//! FROM clauses: what is joined.

use super::keyword::words;
use super::read::{DEEPEST, Open, Reader, keep_larger};
use super::{Role, Table};
use crate::sql::TokenKind;

impl Reader<'_> {
    /// The tables between two words.
    pub(super) fn from(&mut self, from: usize, to: usize, open: &mut Open) {
        let mut wanted = true;
        let mut at = from;
        while at < to {
            let token = self.words[at];
            match token.kind {
                TokenKind::Symbol(b',') => {
                    wanted = true;
                    open.query.stages += 1;
                    at += 1;
                }
                TokenKind::Symbol(b'(') if wanted => {
                    let close = (self.closing[at] as usize).min(to);
                    if self.opens_query(at + 1) && !self.is_joined(at, close) {
                        let (place, nodes) = self.query(at + 1, close, Role::Subquery, open.level + 1);
                        open.others += nodes;
                        open.block.push(Table::Query(place));
                    } else if self.is(at + 1, words!["values"]) {
                        open.block.push(Table::Other);
                    } else if open.level < DEEPEST {
                        open.level += 1;
                        self.from(at + 1, close, open);
                        open.level -= 1;
                    }
                    wanted = false;
                    at = close + 1;
                }
                TokenKind::Symbol(b'(') => {
                    let close = (self.closing[at] as usize).min(to);
                    self.expression(at + 1, close, open);
                    at = close + 1;
                }
                TokenKind::Word | TokenKind::Quoted => {
                    if self.is(at, words!["join", "apply"]) {
                        wanted = true;
                        open.query.stages += 1;
                        at += 1;
                    } else if wanted {
                        if self.is(at, words!["lateral", "only"]) {
                            at += 1;
                        } else {
                            at = self.table(at, to, open);
                            wanted = false;
                        }
                    } else if self.is(at, words!["on"]) {
                        let end = self.end_of_condition(at + 1, to);
                        let expression = self.expression(at + 1, end, open);
                        keep_larger(&mut open.query.filter, expression);
                        at = end;
                    } else {
                        if self.is(at, words!["pivot", "unpivot", "match_recognize"]) {
                            open.query.stages += 1;
                            open.query.mergeable = false;
                        }
                        at += 1;
                    }
                }
                _ if wanted => {
                    open.block.push(Table::Other);
                    wanted = false;
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// A name in the place of a table; gives the word after it.
    fn table(&mut self, at: usize, to: usize, open: &mut Open) -> usize {
        let mut last = at;
        while last + 2 < to
            && matches!(self.symbol(last + 1), Some(b'.' | b'-'))
            && self.words[last + 1].start == self.words[last].end
            && matches!(self.words[last + 2].kind, TokenKind::Word | TokenKind::Quoted | TokenKind::Number)
        {
            last += 2;
        }
        if last + 1 < to && self.symbol(last + 1) == Some(b'(') && !self.is(last, words!["as"]) {
            let close = (self.closing[last + 1] as usize).min(to);
            open.block.push(Table::Other);
            self.expression(last + 2, close, open);
            return close + 1;
        }
        let found = if last == at { self.cte(at) } else { None };
        open.block.push(found.unwrap_or_else(|| Table::Named(self.words[at].start..self.words[last].end)));
        last + 1
    }

    /// True for `(select …) join …` in brackets: the query is one table of several.
    fn is_joined(&self, at: usize, close: usize) -> bool {
        self.symbol(at + 1) == Some(b'(') && {
            let inner = self.closing[at + 1] as usize + 1;
            inner < close
                && !self.is(inner, words!["union", "intersect", "except", "minus", "order", "limit"])
        }
    }

    /// Where a join's condition ends: at the next join, or a comma.
    fn end_of_condition(&self, from: usize, to: usize) -> usize {
        let mut at = from;
        while at < to {
            let ends = self.is(
                at,
                words![
                    "join",
                    "left",
                    "right",
                    "inner",
                    "full",
                    "cross",
                    "natural",
                    "asof",
                    "anti",
                    "semi",
                    "any",
                    "global",
                    "outer",
                    "positional",
                    "lateral",
                ],
            );
            // `left(name, 3)` is a function.
            if (ends && self.symbol(at + 1) != Some(b'(')) || self.symbol(at) == Some(b',') {
                return at;
            }
            at = self.after(at);
        }
        to
    }
}
