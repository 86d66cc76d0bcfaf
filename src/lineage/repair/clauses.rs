//! Clauses of single engines that the parser does not know there, and that say nothing of columns; and operators that
//! others write otherwise.

use std::ops::Range;

use super::text::Text;
use crate::sql::{Dialect, TokenKind};

impl Text<'_> {
    /// Leaves out what says nothing, and writes the rest as the parser knows it.
    pub(super) fn clauses(&mut self) {
        let mut at = 0;
        while at < self.words.len() {
            match self.idle_clause(at) {
                Some(range) => {
                    at = range.end.max(at + 1);
                    self.blank(range);
                }
                None => {
                    self.operator(at);
                    self.json_call(at);
                    at += 1;
                }
            }
        }
    }

    /// The words of a clause that begins at `at` and gives no value.
    fn idle_clause(&self, at: usize) -> Option<Range<usize>> {
        let words = &self.words;
        let is = |ahead: usize, word: &str| words.is(at + ahead, word);
        let is_behind = |word: &[&str]| at > 0 && words.is_one_of(at - 1, word);
        let ends = |at: usize| at >= words.len() || words.symbol(at, b';');
        // A window's frame.
        if is(0, "exclude") {
            if (is(1, "current") && is(2, "row")) || (is(1, "no") && is(2, "others")) {
                return Some(at..at + 3);
            }
            if words.is_one_of(at + 1, &["group", "ties"]) && words.symbol(at + 2, b')') {
                return Some(at..at + 2);
            }
        }
        if is(0, "with") {
            let check = if words.is_one_of(at + 1, &["local", "cascaded"]) { 2 } else { 1 };
            if is(check, "check") && is(check + 1, "option") && ends(at + check + 2) {
                return Some(at..at + check + 2);
            }
            // Databricks' merge.
            if is(1, "schema") && is(2, "evolution") {
                return Some(at..at + 3);
            }
        }
        // Databricks' streaming tables.
        if at == 1 && is(0, "or") && is(1, "refresh") {
            return Some(at..at + 2);
        }
        if self.dialect == Dialect::Databricks
            && is(0, "stream")
            && words.is_name(at + 1)
            && !words.is_one_of(at + 1, &["as", "where", "join", "group", "order", "limit"])
            && is_behind(&["from", "join"])
        {
            return Some(at..at + 1);
        }
        // DuckDB's sample at the end, and what a recursion replaces.
        if is(0, "using") && is(1, "sample") {
            return Some(at..words.find(at, |at| words.symbol(at, b';')));
        }
        if is(0, "using") && is(1, "key") && words.symbol(at + 2, b'(') {
            return Some(at..words.past_bracket(at + 2));
        }
        // The table as it was.
        if is(0, "for") && words.is_one_of(at + 1, &["version", "timestamp", "system_time", "system_version"])
        {
            let end = if is(2, "as") && is(3, "of") {
                self.past_operand(at + 4)
            } else if is(2, "all") {
                at + 3
            } else if words.is_one_of(at + 2, &["between", "from"]) {
                let to = self.past_operand(at + 3);
                self.past_operand(to + 1)
            } else if is(2, "contained") && is(3, "in") {
                words.after(at + 4)
            } else {
                return None;
            };
            return Some(at..end);
        }
        if is(0, "character") && is(1, "set") && words.is_name(at + 2) {
            return Some(at..at + 3);
        }
        // PostgreSQL's table without those that inherit from it.
        if is(0, "only") && words.is_name(at + 1) && is_behind(&["from", "join", "update"]) {
            return Some(at..at + 1);
        }
        if at == 1 && is(0, "top") && words.symbol(2, b'(') && words.is_one_of(0, &["update", "delete"]) {
            return Some(at..words.past_bracket(2));
        }
        // BigQuery's export of a query, and the model that a function is given.
        if at == 0 && is(0, "export") && is(1, "data") {
            let body = words.find(at, |at| words.is(at, "as"));
            return words.is(body, "as").then_some(at..body + 1);
        }
        if is(0, "model") && at > 0 && words.symbol(at - 1, b'(') && words.is_name(at + 1) {
            let (_, behind) = self.dotted(at + 1);
            return words.symbol(behind, b',').then_some(at..behind + 1);
        }
        None
    }

    /// The place behind a value: a literal, a call, a sum of them.
    fn past_operand(&self, at: usize) -> usize {
        let words = &self.words;
        let is_literal = |at: usize| {
            words.all().get(at).is_some_and(|it| matches!(it.kind, TokenKind::String | TokenKind::Number))
        };
        let end = if words.is(at, "interval") {
            at + 3
        } else if words.is_name(at) && is_literal(at + 1) {
            at + 2
        } else if words.is_name(at) {
            let (_, behind) = self.dotted(at);
            if words.symbol(behind, b'(') { words.past_bracket(behind) } else { behind }
        } else {
            words.after(at)
        };
        if words.symbol(end, b'+') || words.symbol(end, b'-') { self.past_operand(end + 1) } else { end }
    }

    /// Signs and words between values, and what stands behind a call.
    fn operator(&mut self, at: usize) {
        let words = &self.words;
        let symbol = |at: usize, sign: u8| words.symbol(at, sign);
        let touches = |at: usize| {
            at > 0 && words.all().get(at - 1).map(|it| it.end) == words.all().get(at).map(|it| it.start)
        };
        let is_call = symbol(at + 1, b'(');
        match self.dialect {
            Dialect::DuckDb if symbol(at, b'*') && symbol(at + 1, b'*') && touches(at + 1) => {
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
            Dialect::MySql | Dialect::MariaDb if words.is(at, "mod") && !is_call => self.replace(at, "%"),
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
    fn json_call(&mut self, at: usize) {
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
