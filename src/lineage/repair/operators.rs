//! Operators and calls that single engines write otherwise than the parser knows them.

use super::text::Text;
use crate::sql::{Dialect, TokenKind};

impl Text<'_> {
    /// Signs and words between values, and what stands behind a call.
    pub(super) fn operator(&mut self, at: usize) {
        let words = &self.words;
        let symbol = |at: usize, sign: u8| words.symbol(at, sign);
        let touches = |at: usize| {
            at > 0 && words.all().get(at - 1).map(|it| it.end) == words.all().get(at).map(|it| it.start)
        };
        let is_call = symbol(at + 1, b'(');
        match self.dialect {
            Dialect::DuckDb | Dialect::Generic
                if symbol(at, b'*') && symbol(at + 1, b'*') && touches(at + 1) =>
            {
                self.blank(at..at + 2);
                self.write(self.start(at), "^");
            }
            Dialect::DuckDb if words.is(at, "glob") && !is_call && at > 0 && !symbol(at - 1, b',') => {
                self.replace(at, "like");
            }
            // `sum(a) filter (b > 1)`: the condition becomes an argument.
            Dialect::DuckDb
                if words.is(at, "filter")
                    && is_call
                    && !words.is(at + 2, "where")
                    && at > 1
                    && symbol(at - 1, b')') =>
            {
                let is_first = symbol(at - 2, b'(');
                self.blank(at - 1..at + 2);
                if !is_first {
                    self.write(self.start(at - 1), ",");
                }
            }
            Dialect::MySql | Dialect::MariaDb | Dialect::Generic
                if words.is(at, "mod") && !is_call && at > 0 =>
            {
                let is_value = |at: usize| {
                    words.is_name(at) || words.all().get(at).is_some_and(|it| it.kind == TokenKind::Number)
                };
                let is_operator = (is_value(at - 1) || symbol(at - 1, b')'))
                    && is_value(at + 1)
                    && !words.is_one_of(
                        at - 1,
                        &["select", "by", "where", "and", "or", "on", "as", "when", "then"],
                    );
                if is_operator {
                    self.replace(at, "%");
                }
            }
            // Teradata's `replace view`, and Oracle's `max(a) keep (dense_rank last order by b)`.
            Dialect::Generic if at == 0 && words.is(0, "replace") && words.is(1, "view") => {
                self.replace(0, "create");
            }
            Dialect::Generic if words.is(at, "keep") && is_call && words.is(at + 2, "dense_rank") => {
                self.blank(at + 2..at + 4);
                self.replace(at, "over");
            }
            dialect if dialect.is_tsql() && is_call && words.is_one_of(at, &["try_parse", "parse"]) => {
                let close = words.past_bracket(at + 1) - 1;
                let culture = words.find(at + 2, |at| words.is(at, "using"));
                let cast = if words.is(at, "parse") { "cast" } else { "try_cast" };
                self.blank(culture..close);
                self.replace(at, cast);
            }
            // `t.1` of a tuple.
            Dialect::ClickHouse if touches(at) && words.all()[at].kind == TokenKind::Number => {
                let is_field = words.is_name(at - 1) && words.text(at).starts_with('.');
                let is_behind_dot = symbol(at - 1, b'.') && at > 1 && words.is_name(at - 2);
                let length = words.text(at).len();
                if is_field {
                    self.replace(at, &format!(".{}", "_".repeat(length - 1)));
                } else if is_behind_dot {
                    self.replace(at, &"_".repeat(length));
                }
            }
            // `f(table t)`: the rows of a table are an argument, which gets a name that stands for that.
            Dialect::BigQuery
                if words.is(at, "table")
                    && words.is_name(at + 1)
                    && at > 0
                    && (symbol(at - 1, b'(') || symbol(at - 1, b',')) =>
            {
                let (_, behind) = self.dotted(at + 1);
                if symbol(behind, b')') || symbol(behind, b',') {
                    self.replace(at, &format!("{TABLE_ARGUMENT}=>"));
                }
            }
            _ => {}
        }
    }

    /// What the standard's JSON functions say of types and errors: `json_value(a, '$.b' returning int null on error)`.
    pub(super) fn json_call(&mut self, at: usize) {
        let is_json = self.words.is_one_of(at, &["json_value", "json_query", "json_exists"]);
        let Some(close) = self.words.closing(at + 1).filter(|_| is_json) else { return };
        let mut place = at + 2;
        while place < close {
            let words = &self.words;
            let is_behind = !words.symbol(place - 1, b',') && !words.symbol(place - 1, b'(');
            let ends_values = [
                "returning",
                "default",
                "null",
                "error",
                "empty",
                "true",
                "false",
                "unknown",
                "with",
                "without",
            ];
            if is_behind && words.is_one_of(place, &ends_values) {
                return self.blank(place..close);
            }
            if is_behind && words.is(place, "passing") {
                self.replace(place, ",");
            } else if words.is(place, "as") {
                self.blank(place..place + 2);
            }
            place = self.words.after(place);
        }
    }
}

/// The name of an argument that is a table: with an arrow as long as the word that it stands for.
pub(in crate::lineage) const TABLE_ARGUMENT: &str = "of_";
