//! Places in a statement's text: from sqlparser's lines and columns to bytes, and the extent of expressions.
//!
//! sqlparser's spans of expressions leave out brackets; the items of a `select` are therefore measured on tokens.

use std::ops::Range;

use sqlparser::ast::{Ident, Select, Spanned};
use sqlparser::tokenizer::{Location, Span};

use crate::source::Lines;
use crate::sql::{Dialect, TokenKind, Words};

/// A text with its lines and tokens.
pub(super) struct Places<'s> {
    lines: Lines,
    words: Words<'s>,
}

impl<'s> Places<'s> {
    /// Reads a text.
    pub(super) fn new(dialect: Dialect, sql: &'s str) -> Self {
        Self { lines: Lines::new(sql), words: Words::new(dialect, sql) }
    }

    /// The text.
    pub(super) fn sql(&self) -> &'s str {
        self.words.sql()
    }

    /// Its words.
    pub(super) fn words(&self) -> &Words<'s> {
        &self.words
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
        let (line, column) = (usize::try_from(location.line).ok()?, usize::try_from(location.column).ok()?);
        // A place that is nowhere has zeros.
        column.checked_sub(1)?;
        self.lines.offset(self.words.sql(), line, column)
    }

    /// The extents of the items of a `select`, without their aliases' names; as many as the items, or none.
    pub(super) fn items(&self, select: &Select) -> Vec<Range<u32>> {
        let Some(keyword) = self.range(select.select_token.0.span) else { return Vec::new() };
        let Ok(at) = self.words.all().binary_search_by_key(&keyword.start, |token| token.start) else {
            return Vec::new();
        };
        let mut at = self.after_modifiers(at + 1);
        let mut items = Vec::with_capacity(select.projection.len());
        let mut from = at;
        while let Some(token) = self.words.all().get(at) {
            let ends = match token.kind {
                TokenKind::Symbol(b',') => {
                    self.push_item(&mut items, from, at);
                    from = at + 1;
                    false
                }
                TokenKind::Symbol(b')' | b';') => true,
                TokenKind::Word => {
                    at > from && !self.words.symbol(at - 1, b'.') && self.words.is_one_of(at, ENDS)
                }
                _ => {
                    at = self.words.closing(at).unwrap_or(at);
                    false
                }
            };
            if ends {
                break;
            }
            at += 1;
        }
        self.push_item(&mut items, from, at.min(self.words.len()));
        if items.len() == select.projection.len() { items } else { Vec::new() }
    }

    fn push_item(&self, items: &mut Vec<Range<u32>>, from: usize, to: usize) {
        if from < to {
            items.push(self.words.all()[from].start..self.words.all()[to - 1].end);
        }
    }

    /// Past `distinct on (…)`, `top 5`, `as struct` and their like.
    fn after_modifiers(&self, mut at: usize) -> usize {
        let word = |at: usize, word: &str| self.words.is(at, word);
        let bracket = |at: usize| {
            let opens = self.words.symbol(at, b'(');
            opens.then(|| self.words.closing(at)).flatten().map(|end| end + 1)
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
                let quantity = self.words.all().get(at + 1).map(|token| token.kind);
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
            let after = self.words.all().partition_point(|token| token.start < name.end);
            let is_equals = self.words.symbol(after, b'=');
            let start =
                self.words.all().get(after + 1).filter(|_| is_equals).map_or(item.start, |it| it.start);
            return start.min(item.end)..item.end;
        }
        let at = self.words.all().partition_point(|token| token.start < name.start);
        let mut last = at.saturating_sub(1);
        if self.words.is(last, "as") {
            last = last.saturating_sub(1);
        }
        match self.words.all().get(last) {
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
