//! Clauses of single engines that the parser does not know there, and that say nothing of columns.

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
            // Oracle's views, and what is filled later.
            if ((is(1, "read") && is(2, "only")) || (is(1, "no") && is(2, "data"))) && ends(at + 3) {
                return Some(at..at + 3);
            }
            let is_hint = words.symbol(at + 1, b'(') && words.is_one_of(at + 2, TABLE_HINTS);
            if self.dialect.is_tsql() && is_hint {
                return Some(at..words.past_bracket(at + 1));
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
        // Spark's intervals of several units.
        if is(0, "interval") && matches!(self.dialect, Dialect::Spark | Dialect::Databricks) {
            let is_value = |at: usize| {
                words.all().get(at).is_some_and(|it| matches!(it.kind, TokenKind::Number | TokenKind::String))
            };
            let mut end = at + 3;
            while is_value(end) && words.is_one_of(end + 1, INTERVAL_UNITS) {
                end += 2;
            }
            return (is_value(at + 1) && end > at + 3).then_some(at + 3..end);
        }
        if is(0, "on") && is(1, "overflow") {
            return Some(at..words.find(at, |_| false));
        }
        if is(0, "character") && is(1, "set") && words.is_name(at + 2) {
            return Some(at..at + 3);
        }
        // PostgreSQL's table without those that inherit from it.
        if is(0, "only") && words.is_name(at + 1) && is_behind(&["from", "join", "update"]) {
            return Some(at..at + 1);
        }
        if self.dialect.is_tsql() && is(0, "output") && words.is_one_of(0, &["delete", "update", "insert"]) {
            let ends = ["from", "where", "select", "values", "exec", "default"];
            return Some(at..words.find(at, |at| words.is_one_of(at, &ends)));
        }
        self.idle_elsewhere(at).or_else(|| self.idle_beginning(at))
    }

    /// The same for Oracle, Teradata and others that have no dialect of their own.
    fn idle_elsewhere(&self, at: usize) -> Option<Range<usize>> {
        let words = &self.words;
        let is = |ahead: usize, word: &str| words.is(at + ahead, word);
        let ends = |at: usize| at >= words.len() || words.symbol(at, b';') || words.symbol(at, b')');
        // Where the rows of a table that is made are put.
        let is_place = (is(0, "segmented") && is(1, "by"))
            || (is(0, "unsegmented") && is(1, "all"))
            || (is(0, "distribute") && is(1, "on"));
        if is_place && words.is(0, "create") {
            return Some(at..words.find(at, |at| words.symbol(at, b';')));
        }
        if self.dialect != Dialect::Generic {
            return None;
        }
        // `locking row for access select …`
        if is(0, "locking") && (at == 0 || words.is(at - 1, "as")) {
            let end =
                words.find(at, |at| words.is_one_of(at, &["select", "with", "insert", "update", "delete"]));
            return Some(at..end);
        }
        if is(0, "sample")
            && ends(at + 2)
            && words.text(at + 1).starts_with(|char: char| char.is_ascii_digit())
        {
            return Some(at..at + 2);
        }
        if is(0, "siblings") && at > 0 && words.is(at - 1, "order") {
            return Some(at..at + 1);
        }
        if is(0, "prior") && at > 0 && (words.is(at - 1, "select") || words.symbol(at - 1, b',')) {
            return Some(at..at + 1);
        }
        if words.is_one_of(at, &["force", "noforce", "editionable"])
            && words.is(0, "create")
            && (1..3).any(|next| is(next, "view"))
        {
            return Some(at..at + 1);
        }
        None
    }

    /// What only stands at the beginning, or is an argument.
    fn idle_beginning(&self, at: usize) -> Option<Range<usize>> {
        let words = &self.words;
        let is = |ahead: usize, word: &str| words.is(at + ahead, word);
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
}

/// The units of Spark's intervals.
const INTERVAL_UNITS: &[&str] = &[
    "year",
    "years",
    "month",
    "months",
    "week",
    "weeks",
    "day",
    "days",
    "hour",
    "hours",
    "minute",
    "minutes",
    "second",
    "seconds",
    "millisecond",
    "milliseconds",
    "microsecond",
    "microseconds",
];

/// The first words of T-SQL's hints on a table.
const TABLE_HINTS: &[&str] = &[
    "forceseek",
    "forcescan",
    "holdlock",
    "index",
    "noexpand",
    "nolock",
    "nowait",
    "paglock",
    "readcommitted",
    "readpast",
    "readuncommitted",
    "repeatableread",
    "rowlock",
    "serializable",
    "snapshot",
    "tablock",
    "tablockx",
    "updlock",
    "xlock",
];
