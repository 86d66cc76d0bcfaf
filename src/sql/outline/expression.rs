//! Select lists and other expressions.

use super::keyword::{Words, words};
use super::read::{Open, Reader, keep_larger};
use super::{Column, Expression, Role, Table};
use crate::sql::TokenKind;

impl Reader<'_> {
    /// A select list, from after `select`.
    pub(super) fn columns(&mut self, mut from: usize, to: usize, first: bool, open: &mut Open) {
        if self.is(from, words!["distinct"]) {
            open.query.stages += 1;
            open.query.mergeable = false;
            from += 1;
            if self.is(from, words!["on"]) {
                from = self.after(from + 1);
            }
        } else if self.is(from, words!["all"]) {
            from += 1;
        }
        if self.is(from, words!["top"]) {
            open.query.mergeable = false;
            from = self.after(from + 1);
        }
        let (mut start, mut at) = (from, from);
        loop {
            if at >= to || self.symbol(at) == Some(b',') {
                if start < at.min(to) {
                    let column = self.column(start, at.min(to), open);
                    match column {
                        column if first => open.query.columns.push(column),
                        Column::One { expression, .. } => keep_larger(&mut open.query.filter, expression),
                        Column::Star => {}
                    }
                }
                start = at + 1;
            }
            if at >= to {
                return;
            }
            at = self.after(at);
        }
    }

    fn column(&mut self, from: usize, to: usize, open: &mut Open) -> Column {
        let mut star = from;
        while star + 1 < to && self.symbol(star + 1) == Some(b'.') {
            star += 2;
        }
        if self.symbol(star) == Some(b'*') {
            self.expression(star + 1, to, open);
            return Column::Star;
        }
        let is_name = |at: usize| matches!(self.words[at].kind, TokenKind::Word | TokenKind::Quoted);
        let last = to - 1;
        let (name, end) = if !is_name(last) {
            (None, to)
        } else if last > from + 1 && self.is(last - 1, words!["as"]) {
            (Some(last), last - 1)
        } else if last == from || self.symbol(last - 1) == Some(b'.') {
            (Some(last), to)
        } else if !self.is(last, words!["end"]) && self.ends_expression(last - 1) {
            (Some(last), last)
        } else {
            (None, to)
        };
        let name = name.map(|at| self.words[at].start..self.words[at].end);
        let expression = self.expression(from, end, open);
        Column::One { name, expression }
    }

    /// True if an expression can end with this word, so that a name after it is an alias.
    fn ends_expression(&self, at: usize) -> bool {
        let word = self.words[at];
        match word.kind {
            TokenKind::Symbol(symbol) => matches!(symbol, b')' | b']' | b'}'),
            TokenKind::Word => !self.is(at, OPERATORS),
            _ => true,
        }
    }

    /// Reads an expression: its size, the names in it, and the subqueries, which become tables of the query.
    pub(super) fn expression(&mut self, from: usize, to: usize, open: &mut Open) -> Expression {
        let mut start = self.outline.mentions.len();
        let mut nodes = self.nodes_of(from, to.max(from));
        let mut at = from;
        while at < to {
            let word = self.words[at];
            match word.kind {
                TokenKind::Symbol(b'(')
                    if self.opens_query(at + 1) && !self.is_call_of(at, words!["extract"]) =>
                {
                    let close = (self.closing[at] as usize).min(to);
                    let mine = self.outline.mentions.split_off(start);
                    let (place, inner) = self.query(at + 1, close, Role::Subquery, open.level + 1);
                    start = self.outline.mentions.len();
                    self.outline.mentions.extend(mine);
                    open.others += inner;
                    nodes = nodes.saturating_sub(inner);
                    if at > from && self.is(at - 1, words!["exists", "in"]) {
                        // Engines make joins of these.
                        open.block.push(Table::Query(place));
                    } else {
                        open.query.blocks.push(vec![Table::Query(place)]);
                    }
                    at = close;
                }
                TokenKind::Quoted => self.mention(at),
                TokenKind::Word => {
                    if self.is(at, words!["over"]) {
                        open.query.stages += 1;
                        open.query.mergeable = false;
                    } else if self.symbol(at + 1) == Some(b'(') {
                        open.query.mergeable &= !self.makes_groups(at);
                    } else if !self.is_literal_word(at) {
                        self.mention(at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Expression { nodes, mentions: start as u32..self.outline.mentions.len() as u32 }
    }

    fn mention(&mut self, at: usize) {
        // Of `t.a` the column is meant.
        if self.symbol(at + 1) != Some(b'.') {
            let word = self.words[at];
            self.outline.mentions.push(word.start..word.end);
        }
    }

    /// `extract(year from x)` is no query.
    fn is_call_of(&self, bracket: usize, function: Words) -> bool {
        bracket > 0 && self.is(bracket - 1, function)
    }

    fn makes_groups(&self, at: usize) -> bool {
        self.is(at, AGGREGATES)
    }

    fn is_literal_word(&self, at: usize) -> bool {
        self.is(at, KEYWORDS)
    }
}

/// Functions that make one row of many. Others of this kind are rarer than the GROUP BY that stands with them.
const AGGREGATES: Words = words![
    "any_value",
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "count_if",
    "countif",
    "group_concat",
    "json_agg",
    "list",
    "listagg",
    "max",
    "max_by",
    "median",
    "min",
    "min_by",
    "stddev",
    "string_agg",
    "sum",
    "variance",
];

/// Words in expressions that name no column.
const KEYWORDS: Words =
    words!["and", "as", "case", "else", "end", "false", "is", "not", "null", "or", "then", "true", "when"];

/// Words that an expression can't end with.
const OPERATORS: Words = words![
    "and", "as", "between", "by", "case", "distinct", "else", "from", "in", "interval", "is", "like", "not",
    "or", "over", "then", "when",
];
