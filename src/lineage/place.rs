//! Places in a statement's text: from sqlparser's lines and columns to bytes, and the extent of expressions.
//!
//! sqlparser's spans of expressions leave out brackets; the items of a `select` are therefore measured on tokens.

use std::ops::Range;

use sqlparser::ast::{Ident, Select, Spanned};
use sqlparser::tokenizer::{Location, Span};

use crate::sql::{Dialect, Token, TokenKind, tokens};

/// A text with its lines and tokens.
pub(super) struct Places<'s> {
    sql: &'s str,
    lines: Vec<u32>,
    tokens: Vec<Token>,
    /// For each opening bracket the token that closes it.
    closing: Vec<u32>,
}

impl<'s> Places<'s> {
    /// Reads a text.
    pub(super) fn new(dialect: Dialect, sql: &'s str) -> Self {
        let skipped = if sql.starts_with('\u{feff}') { '\u{feff}'.len_utf8() as u32 } else { 0 };
        let mut lines = vec![skipped];
        lines.extend(sql.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1));
        let shifted =
            |token: Token| Token { start: token.start + skipped, end: token.end + skipped, ..token };
        let tokens = tokens(dialect, &sql[skipped as usize..]).filter(|token| !token.kind.is_trivia());
        let tokens: Vec<Token> = tokens.map(shifted).collect();
        let mut closing = vec![u32::MAX; tokens.len()];
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Symbol(b'(' | b'[' | b'{') => open.push(at),
                TokenKind::Symbol(b')' | b']' | b'}') => {
                    if let Some(from) = open.pop() {
                        closing[from] = at as u32;
                    }
                }
                _ => {}
            }
        }
        Self { sql, lines, tokens, closing }
    }

    /// The text.
    pub(super) fn sql(&self) -> &'s str {
        self.sql
    }

    /// The bytes of a span of the parser; `None` if it has no place.
    pub(super) fn range(&self, span: Span) -> Option<Range<u32>> {
        let (start, end) = (self.offset(span.start)?, self.offset(span.end)?);
        (start < end).then_some(start..end)
    }

    /// The bytes of a name.
    pub(super) fn of_name(&self, name: &Ident) -> Option<Range<u32>> {
        self.range(name.span)
    }

    /// The bytes of any node.
    pub(super) fn of(&self, node: &impl Spanned) -> Option<Range<u32>> {
        self.range(node.span())
    }

    fn offset(&self, location: Location) -> Option<u32> {
        let line = usize::try_from(location.line.checked_sub(1)?).ok()?;
        let start = *self.lines.get(line)?;
        let column = usize::try_from(location.column.checked_sub(1)?).ok()?;
        let end = self.lines.get(line + 1).map_or(self.sql.len(), |next| *next as usize);
        let text = self.sql.get(start as usize..end)?;
        // A column counts characters; in plain text they are bytes.
        let first = text.get(..column);
        if first.is_some_and(str::is_ascii) {
            return Some(start + column as u32);
        }
        let at = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        Some(start + at as u32)
    }

    /// The extents of the items of a `select`, without their aliases' names; as many as the items, or none.
    pub(super) fn items(&self, select: &Select) -> Vec<Range<u32>> {
        let Some(keyword) = self.range(select.select_token.0.span) else { return Vec::new() };
        let Ok(at) = self.tokens.binary_search_by_key(&keyword.start, |token| token.start) else {
            return Vec::new();
        };
        let mut at = self.after_modifiers(at + 1);
        let mut items = Vec::with_capacity(select.projection.len());
        let mut from = at;
        while let Some(token) = self.tokens.get(at) {
            let ends = match token.kind {
                TokenKind::Symbol(b',') => {
                    self.push_item(&mut items, from, at);
                    from = at + 1;
                    false
                }
                TokenKind::Symbol(b')' | b';') => true,
                TokenKind::Word => {
                    let is_name = at > from && self.tokens[at - 1].kind == TokenKind::Symbol(b'.');
                    !is_name && at > from && ENDS.iter().any(|word| token.is(self.sql, word))
                }
                TokenKind::Symbol(b'(' | b'[' | b'{') if self.closing[at] != u32::MAX => {
                    at = self.closing[at] as usize;
                    false
                }
                _ => false,
            };
            if ends {
                break;
            }
            at += 1;
        }
        self.push_item(&mut items, from, at.min(self.tokens.len()));
        if items.len() == select.projection.len() { items } else { Vec::new() }
    }

    fn push_item(&self, items: &mut Vec<Range<u32>>, from: usize, to: usize) {
        if from < to {
            items.push(self.tokens[from].start..self.tokens[to - 1].end);
        }
    }

    /// Past `distinct on (…)`, `top 5`, `as struct` and their like.
    fn after_modifiers(&self, mut at: usize) -> usize {
        let word = |at: usize, word: &str| self.tokens.get(at).is_some_and(|token| token.is(self.sql, word));
        let bracket = |at: usize| {
            let opens = self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Symbol(b'('));
            opens.then(|| self.closing[at]).filter(|end| *end != u32::MAX).map(|end| end as usize + 1)
        };
        loop {
            if word(at, "distinct") || word(at, "all") {
                at += 1;
                if word(at, "on")
                    && let Some(after) = bracket(at + 1)
                {
                    at = after;
                }
            } else if word(at, "top") {
                let quantity = self.tokens.get(at + 1).map(|token| token.kind);
                match bracket(at + 1) {
                    Some(after) => at = after,
                    None if quantity == Some(TokenKind::Number) => at += 2,
                    None => return at,
                }
                if word(at, "percent") {
                    at += 1;
                }
                if word(at, "with") && word(at + 1, "ties") {
                    at += 2;
                }
            } else if word(at, "as") && (word(at + 1, "struct") || word(at + 1, "value")) {
                at += 2;
            } else {
                return at;
            }
        }
    }

    /// `item` up to the name that follows it, without `as`.
    pub(super) fn without_alias(&self, item: Range<u32>, alias: &Ident) -> Range<u32> {
        let Some(name) = self.of_name(alias) else { return item };
        if name.start <= item.start {
            // `alias = expression`.
            let after = self.tokens.partition_point(|token| token.start < name.end);
            let is_equals = self.tokens.get(after).is_some_and(|it| it.kind == TokenKind::Symbol(b'='));
            let start = self.tokens.get(after + 1).filter(|_| is_equals).map_or(item.start, |it| it.start);
            return start.min(item.end)..item.end;
        }
        let at = self.tokens.partition_point(|token| token.start < name.start);
        let mut last = at.saturating_sub(1);
        if self.tokens.get(last).is_some_and(|token| token.is(self.sql, "as")) {
            last = last.saturating_sub(1);
        }
        match self.tokens.get(last) {
            Some(token) if token.end > item.start && at > 0 => item.start..token.end,
            _ => item,
        }
    }
}

/// Words that end the items of a `select`.
const ENDS: &[&str] = &[
    "from",
    "into",
    "where",
    "group",
    "having",
    "window",
    "qualify",
    "order",
    "limit",
    "union",
    "intersect",
    "except",
    "minus",
    "fetch",
    "offset",
    "settings",
    "format",
    "lateral",
    "prewhere",
    "connect",
    "start",
];

#[cfg(test)]
mod tests {
    use sqlparser::ast::{SelectItem, SetExpr, Statement};

    use super::*;
    use crate::sql::parse;

    #[track_caller]
    fn check(sql: &str, expect: &[&str]) {
        let places = Places::new(Dialect::Snowflake, sql);
        let parsed = parse(Dialect::Snowflake, sql).unwrap();
        let Statement::Query(query) = &parsed.statements[0] else { panic!("no query") };
        let SetExpr::Select(select) = &*query.body else { panic!("no select") };
        let items = places.items(select);
        let texts: Vec<&str> = items
            .into_iter()
            .zip(&select.projection)
            .map(|(item, node)| match node {
                SelectItem::ExprWithAlias { alias, .. } => places.without_alias(item, alias),
                _ => item,
            })
            .map(|range| &sql[range.start as usize..range.end as usize])
            .collect();
        assert_eq!(texts, expect);
    }

    #[test]
    fn items_are_measured_with_their_brackets() {
        check("select (a + b), f(c, d) as x, \"売上\" y from t", &["(a + b)", "f(c, d)", "\"売上\""]);
        check("select distinct a, (select 1 from u) b\nfrom t", &["a", "(select 1 from u)"]);
        check("\u{feff}select\n  '部', a -- , b\n, c", &["'部'", "a", "c"]);
        check("select top 5 a, b:c::int as d from t", &["a", "b:c::int"]);
    }
}
