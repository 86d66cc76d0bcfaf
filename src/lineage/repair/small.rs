//! Constructs of a few words: what is put aside changes nothing, or is kept beside the tree.

use sqlparser::ast::Ident;

use super::text::Text;
use super::{Target, ident};
use crate::lineage::model::StatementKind;
use crate::sql::TokenKind;

impl Text<'_> {
    /// `with a as (…) create table t as select …`: the CTEs belong to the query.
    pub(super) fn create_behind_with(&mut self) -> Option<Target> {
        if !self.words.is(0, "with") {
            return None;
        }
        let mut at = 1;
        while at < self.words.len() && !self.words.is(at, "create") {
            at = if self.words.symbol(at, b'(') { self.words.past_bracket(at) } else { at + 1 };
        }
        let create = at;
        let mut is_view = false;
        let mut parts: Vec<Ident> = Vec::new();
        let mut after_kind = false;
        while at < self.words.len() && !self.words.is(at, "as") {
            if self.words.is_one_of(at, &["table", "view"]) && !after_kind {
                is_view = self.words.is(at, "view");
                after_kind = true;
            } else if after_kind
                && self.words.is_name(at)
                && !self.words.is_one_of(at, &["if", "not", "exists"])
                && (parts.is_empty() || self.words.symbol(at - 1, b'.'))
            {
                parts.push(ident(self.words.text(at)));
            }
            at = if self.words.symbol(at, b'(') { self.words.past_bracket(at) } else { at + 1 };
        }
        if at >= self.words.len() || parts.is_empty() {
            return None;
        }
        self.blank(create..at + 1);
        if self.words.is(at + 1, "with") {
            self.replace(at + 1, ",");
            if self.words.is(at + 2, "recursive") {
                self.blank(at + 2..at + 3);
            }
        }
        let kind = if is_view { StatementKind::CreateView } else { StatementKind::CreateTable };
        Some(Target { kind, parts, partitions: Vec::new(), is_by_name: false })
    }

    /// Where the word stands for what a leading `create` makes, a place behind its name, and its `as` before a query.
    fn created(&self) -> Option<(usize, usize, usize)> {
        let words = &self.words;
        let kind = (1..10).find(|at| words.is(0, "create") && words.is_one_of(*at, &["table", "view"]))?;
        let name = (kind + 1..words.len()).find(|at| !words.is_one_of(*at, &["if", "not", "exists"]))?;
        let (parts, behind) = self.dotted(name);
        let begins_query =
            |at: usize| words.is_one_of(at, &["select", "with", "from"]) || words.symbol(at, b'(');
        let body = words.find(behind, |at| words.is(at, "as") && begins_query(at + 1));
        (!parts.is_empty() && words.is(body, "as")).then_some((kind, behind, body))
    }

    /// What says nothing of columns: `create multiset table t using delta as (select …) with data`.
    pub(super) fn create_options(&mut self) {
        let Some((kind, behind, body)) = self.created() else { return };
        let words = &self.words;
        let mut options = if words.symbol(behind, b'(') { words.past_bracket(behind) } else { behind };
        if words.is(options, "to") {
            // Where ClickHouse's view puts its rows.
            (_, options) = self.dotted(options + 1);
        }
        let end = words.after(body + 1);
        let is_data = words.symbol(body + 1, b'(') && words.is(end, "with");
        self.blank(if self.words.is(1, "or") { 3..kind } else { 1..kind });
        self.blank(options..body);
        if is_data {
            self.blank(end..self.words.len());
        }
    }

    /// `create table t (a, b) as …`.
    pub(super) fn columns_without_types(&mut self) -> Vec<Ident> {
        let Some((_, open, _)) = self.created().filter(|(_, open, _)| self.words.symbol(*open, b'(')) else {
            return Vec::new();
        };
        let end = self.words.past_bracket(open);
        let mut names = Vec::new();
        for at in open + 1..end - 1 {
            let is_place_of_name = (at - open) % 2 == 1;
            match self.words.symbol(at, b',') {
                true if !is_place_of_name => {}
                false if is_place_of_name && self.words.is_name(at) => names.push(ident(self.words.text(at))),
                _ => return Vec::new(),
            }
        }
        self.blank(open..end);
        names
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.words.all().get(at).map(|token| token.kind)
    }

    /// Past the `<` that opens at `at`.
    fn past_angles(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for place in at..self.words.len() {
            if self.words.symbol(place, b'<') {
                depth += 1;
            } else if self.words.symbol(place, b'>') {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return place + 1;
                }
            }
        }
        self.words.len()
    }

    /// Everything that is left out, or written otherwise.
    pub(super) fn small_things(&mut self) {
        let mut at = 0;
        while at < self.words.len() {
            // Teradata's `(title '…')` and `(format '…')`.
            if self.words.symbol(at, b'(')
                && self.words.is_one_of(at + 1, &["title", "format", "named"])
                && self.kind(at + 2) == Some(TokenKind::String)
            {
                let end = self.words.past_bracket(at);
                self.blank(at..end);
                at = end;
                continue;
            }
            // `except (t.a)`: the qualifier says nothing.
            if self.words.is_one_of(at, &["except", "exclude"])
                && at > 0
                && self.words.symbol(at - 1, b'*')
                && self.words.symbol(at + 1, b'(')
            {
                let end = self.words.past_bracket(at + 1);
                for place in at + 2..end {
                    if self.words.symbol(place + 1, b'.') {
                        self.blank(place..place + 2);
                    }
                }
            }
            // `insert into t (with …)`.
            if self.words.is(at, "with")
                && at > 1
                && self.words.symbol(at - 1, b'(')
                && self.words.is(0, "insert")
            {
                let end = self.words.past_bracket(at - 1);
                if self.words.is_name(at - 2) && end == self.words.len() {
                    self.blank(at - 1..at);
                    self.blank(end - 1..end);
                }
            }
            // BigQuery's `array<struct<a int64>>[…]`.
            if self.words.is(at, "array") && self.words.symbol(at + 1, b'<') {
                let end = self.past_angles(at + 1);
                if self.words.symbol(end, b'[') {
                    self.blank(at..end);
                }
            }
            // Words before `join` that change which rows meet, and no column: DuckDB's, ClickHouse's.
            if self.words.is_one_of(at, &["asof", "positional", "any", "all", "semi", "anti"])
                && (1..3).any(|next| self.words.is(at + next, "join"))
                && (self.words.is(at + 1, "join")
                    || self.words.is_one_of(at + 1, &["left", "right", "inner", "full", "outer"]))
                && !self
                    .words
                    .is_one_of(at.saturating_sub(1), &["union", "intersect", "except", "left", "right"])
            {
                self.blank(at..at + 1);
            }
            if self.words.is(at, "approximate") && self.words.is_one_of(at + 1, &["count", "percentile_disc"])
            {
                self.blank(at..at + 1);
            }
            // `cast(x as row(a bigint))`.
            if self.words.is(at, "as")
                && self.words.is_one_of(at + 1, &["row", "array", "map"])
                && self.words.symbol(at + 2, b'(')
            {
                let end = self.words.past_bracket(at + 2);
                self.blank(at + 1..end);
                self.replace(at + 1, "int");
                at = end;
                continue;
            }
            // ClickHouse's `from t final`.
            if at > 1
                && self.words.is(at, "final")
                && self.words.is_name(at - 1)
                && !self.words.is_one_of(at - 1, &["select", "as", "from", "by"])
            {
                self.blank(at..at + 1);
            }
            // Teradata's comparisons in words.
            if at > 0
                && self.words.is_one_of(at, &["eq", "ne", "lt", "le", "gt", "ge"])
                && (self.words.is_name(at - 1) || self.words.symbol(at - 1, b')'))
                && (self.words.is_name(at + 1)
                    || matches!(self.kind(at + 1), Some(TokenKind::String | TokenKind::Number)))
                && !self
                    .words
                    .is_one_of(at - 1, &["select", "as", "from", "by", "and", "or", "where", "on", "not"])
            {
                let sign = match self.words.text(at).to_ascii_lowercase().as_str() {
                    "eq" => "=",
                    "ne" => "<>",
                    "lt" => "<",
                    "le" => "<=",
                    "gt" => ">",
                    _ => ">=",
                };
                self.replace(at, sign);
            }
            // PostgreSQL's functions side by side are its `unnest` of several arrays.
            if self.words.is(at, "rows")
                && self.words.is(at + 1, "from")
                && self.words.symbol(at + 2, b'(')
                && self.start(at + 1) == self.start(at) + "rows ".len()
            {
                self.blank(at..at + 2);
                self.write(self.start(at), "unnest");
            }
            // T-SQL's hints at the end, and ClickHouse's word for where a subquery runs.
            if self.words.is(at, "option")
                && self.dialect.is_tsql()
                && self.words.symbol(at + 1, b'(')
                && self.words.past_bracket(at + 1) == self.words.len()
            {
                self.blank(at..self.words.len());
            }
            if self.words.is(at, "global")
                && self.words.is_one_of(at + 1, &["in", "not", "join", "left", "any"])
            {
                self.blank(at..at + 1);
            }
            // DB2's isolation, and what Databricks replaces.
            if self.words.is(at, "with")
                && self.words.is_one_of(at + 1, &["ur", "cs", "rs", "rr"])
                && at + 2 == self.words.len()
            {
                self.blank(at..at + 2);
            }
            if self.words.is(at, "replace") && self.words.is(at + 1, "where") && self.words.is(0, "insert") {
                let words = &self.words;
                let end = words.find(at, |at| words.is_one_of(at, &["select", "with", "values", "from"]));
                self.blank(at..end);
            }
            // Trino's json functions.
            if self.words.is_one_of(at, &["omit", "keep"]) && self.words.is(at + 1, "quotes") {
                self.blank(at..at + 2);
            }
            at += 1;
        }
    }
}
