//! SQL that sqlparser does not know, written so that it does: bytes are only replaced, so places stay.
//!
//! Nothing that is rewritten here is ever written out; it only serves the analysis.

use sqlparser::ast::{Ident, Statement};

use crate::sql::{Dialect, SyntaxError, Token, TokenKind, parse, tokens, unquote};

/// A statement's tree, and what had to be taken out of its text.
pub(super) struct Repaired {
    /// The tree.
    pub(super) statements: Vec<Statement>,
    /// The columns of `create table t (a, b) as`, which the parser wants to have types.
    pub(super) columns: Vec<Ident>,
    /// What set operations by name say of their columns, by the byte where they stand, in order.
    pub(super) by_name: Vec<(u32, ByName)>,
    /// The name that `create table … as` behind a `with` gives.
    pub(super) target: Option<Target>,
}

/// Which columns a set operation by name gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByName {
    /// Those of any branch.
    Full,
    /// Those of the branches before.
    Left,
    /// Those of both.
    Inner,
}

/// A relation that is made by words which the parser was not shown.
pub(super) struct Target {
    /// True for a view.
    pub(super) is_view: bool,
    /// The parts of its name, as written.
    pub(super) parts: Vec<String>,
}

/// Parses one statement; where that fails, tries again on a text without what the parser does not know.
pub(super) fn parse_statement(dialect: Dialect, sql: &str) -> Result<Repaired, SyntaxError> {
    let error = match parse(dialect, sql) {
        Ok(parsed) => {
            return Ok(Repaired {
                statements: parsed.statements,
                columns: Vec::new(),
                by_name: Vec::new(),
                target: None,
            });
        }
        Err(error) => error,
    };
    let mut text = Text::new(dialect, sql);
    let target = text.create_behind_with();
    let columns = text.columns_without_types();
    let by_name = text.set_operations();
    text.small_things();
    if text.is_changed
        && let Ok(parsed) = parse(dialect, &text.sql())
    {
        return Ok(Repaired { statements: parsed.statements, columns, by_name, target });
    }
    // Another dialect may know it, where both read quotes alike.
    let has_double_quotes = sql.contains('"');
    for other in others(dialect).iter().filter(|other| **other != dialect) {
        if has_double_quotes && other.double_quotes_are_strings() != dialect.double_quotes_are_strings() {
            continue;
        }
        if sql.contains('`') && !has_backticks(*other) {
            continue;
        }
        if let Ok(parsed) = parse(*other, &text.sql()) {
            return Ok(Repaired { statements: parsed.statements, columns, by_name, target });
        }
    }
    Err(error)
}

/// Whose rules are tried next.
fn others(dialect: Dialect) -> &'static [Dialect] {
    match dialect {
        Dialect::Generic => {
            &[Dialect::Snowflake, Dialect::Databricks, Dialect::DuckDb, Dialect::MySql, Dialect::BigQuery]
        }
        Dialect::Spark | Dialect::Databricks => {
            &[Dialect::Databricks, Dialect::Generic, Dialect::Snowflake, Dialect::BigQuery]
        }
        Dialect::BigQuery => &[Dialect::Generic, Dialect::Databricks, Dialect::Snowflake],
        Dialect::MySql | Dialect::MariaDb => &[Dialect::Generic, Dialect::Databricks],
        _ => &[Dialect::Generic, Dialect::Snowflake, Dialect::DuckDb, Dialect::Databricks],
    }
}

fn has_backticks(dialect: Dialect) -> bool {
    dialect.double_quotes_are_strings()
        || matches!(dialect, Dialect::Generic | Dialect::Sqlite | Dialect::ClickHouse)
}

struct Text<'s> {
    sql: &'s str,
    bytes: Vec<u8>,
    tokens: Vec<Token>,
    is_changed: bool,
}

impl<'s> Text<'s> {
    fn new(dialect: Dialect, sql: &'s str) -> Self {
        let tokens = tokens(dialect, sql).filter(|token| !token.kind.is_trivia()).collect();
        Self { sql, bytes: sql.as_bytes().to_vec(), tokens, is_changed: false }
    }

    fn sql(&self) -> String {
        // Whole tokens were replaced by blanks.
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(self.sql, word))
    }

    fn is_one_of(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    fn symbol(&self, at: usize, symbol: u8) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Symbol(symbol))
    }

    /// Blanks the tokens of a range.
    fn blank(&mut self, range: std::ops::Range<usize>) {
        for at in range {
            let Some(token) = self.tokens.get(at) else { return };
            self.bytes[token.start as usize..token.end as usize].fill(b' ');
            self.is_changed = true;
        }
    }

    /// Past the bracket that opens at `at`.
    fn past_bracket(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for (place, token) in self.tokens.iter().enumerate().skip(at) {
            match token.kind {
                TokenKind::Symbol(b'(') => depth += 1,
                TokenKind::Symbol(b')') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return place + 1;
                    }
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// Past the `<` that opens at `at`.
    fn past_angles(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for place in at..self.tokens.len() {
            if self.symbol(place, b'<') {
                depth += 1;
            } else if self.symbol(place, b'>') {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return place + 1;
                }
            }
        }
        self.tokens.len()
    }

    /// `with a as (…) create table t as select …`: the CTEs belong to the query.
    fn create_behind_with(&mut self) -> Option<Target> {
        if !self.is(0, "with") {
            return None;
        }
        let mut at = 1;
        while at < self.tokens.len() && !self.is(at, "create") {
            at = if self.symbol(at, b'(') { self.past_bracket(at) } else { at + 1 };
        }
        let create = at;
        let mut is_view = false;
        let mut parts: Vec<String> = Vec::new();
        let mut after_kind = false;
        while at < self.tokens.len() && !self.is(at, "as") {
            let token = self.tokens[at];
            if self.is_one_of(at, &["table", "view"]) && !after_kind {
                is_view = self.is(at, "view");
                after_kind = true;
            } else if after_kind
                && matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
                && !self.is_one_of(at, &["if", "not", "exists"])
                && (parts.is_empty() || self.symbol(at - 1, b'.'))
            {
                parts.push(token.text(self.sql).to_owned());
            }
            at = if self.symbol(at, b'(') { self.past_bracket(at) } else { at + 1 };
        }
        if at >= self.tokens.len() || parts.is_empty() {
            return None;
        }
        self.blank(create..at + 1);
        if self.is(at + 1, "with") {
            let start = self.tokens[at + 1].start as usize;
            self.blank(at + 1..at + 2);
            self.bytes[start] = b',';
            if self.is(at + 2, "recursive") {
                self.blank(at + 2..at + 3);
            }
        }
        Some(Target { is_view, parts })
    }

    /// `create table t (a, b) as …`.
    fn columns_without_types(&mut self) -> Vec<Ident> {
        if !self.is(0, "create") {
            return Vec::new();
        }
        let Some(open) = (1..self.tokens.len().min(16)).find(|at| self.symbol(*at, b'(')) else {
            return Vec::new();
        };
        let end = self.past_bracket(open);
        if !self.is(end, "as") {
            return Vec::new();
        }
        let mut names = Vec::new();
        for at in open + 1..end - 1 {
            let token = self.tokens[at];
            match token.kind {
                TokenKind::Symbol(b',') if (at - open) % 2 == 0 => {}
                TokenKind::Word if (at - open) % 2 == 1 => names.push(Ident::new(token.text(self.sql))),
                TokenKind::Quoted if (at - open) % 2 == 1 => {
                    let text = token.text(self.sql);
                    let quote = text.chars().next().unwrap_or('"');
                    names.push(Ident::with_quote(quote, unquote(text)));
                }
                _ => return Vec::new(),
            }
        }
        self.blank(open..end);
        names
    }

    /// BigQuery's `left union all by name`, `union all corresponding (a, b)`.
    fn set_operations(&mut self) -> Vec<(u32, ByName)> {
        let mut all = Vec::new();
        for at in 0..self.tokens.len() {
            if !self.is_one_of(at, &["union", "intersect", "except"]) {
                continue;
            }
            let mut before = at;
            while before > 0 && self.is_one_of(before - 1, &["left", "full", "inner", "outer"]) {
                before -= 1;
            }
            let manner = match before {
                _ if self.is(before, "left") => ByName::Left,
                _ if self.is(before, "inner") => ByName::Inner,
                _ => ByName::Full,
            };
            let place = self.tokens[at].start;
            let mut after = at + 1;
            if self.is_one_of(after, &["all", "distinct"]) {
                after += 1;
            }
            let strict = if self.is(after, "strict") { after + 1 } else { after };
            if self.is(strict, "corresponding") {
                all.push((place, manner));
                self.blank(before..at);
                self.blank(after..strict);
                let token = self.tokens[strict];
                self.blank(strict..strict + 1);
                let start = token.start as usize;
                self.bytes[start..start + 7].copy_from_slice(b"BY NAME");
                if self.is(strict + 1, "by") && self.symbol(strict + 2, b'(') {
                    let end = self.past_bracket(strict + 2);
                    self.blank(strict + 1..end);
                }
            } else if self.is(strict, "by") && self.is(strict + 1, "name") {
                all.push((place, manner));
                self.blank(before..at);
                if self.is(strict + 2, "on") && self.symbol(strict + 3, b'(') {
                    let end = self.past_bracket(strict + 3);
                    self.blank(strict + 2..end);
                }
            }
        }
        all
    }

    fn small_things(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            // Teradata's `(title '…')` and `(format '…')`.
            if self.symbol(at, b'(')
                && self.is_one_of(at + 1, &["title", "format", "named"])
                && self.tokens.get(at + 2).is_some_and(|token| token.kind == TokenKind::String)
            {
                let end = self.past_bracket(at);
                self.blank(at..end);
                at = end;
                continue;
            }
            // `except (t.a)`: the qualifier says nothing.
            if self.is_one_of(at, &["except", "exclude"])
                && at > 0
                && self.symbol(at - 1, b'*')
                && self.symbol(at + 1, b'(')
            {
                let end = self.past_bracket(at + 1);
                for place in at + 2..end {
                    if self.symbol(place + 1, b'.') {
                        self.blank(place..place + 2);
                    }
                }
            }
            // `insert into t (with …)`.
            if self.is(at, "with") && at > 1 && self.symbol(at - 1, b'(') && self.is(0, "insert") {
                let name = self.tokens[at - 2].kind;
                let end = self.past_bracket(at - 1);
                if matches!(name, TokenKind::Word | TokenKind::Quoted) && end == self.tokens.len() {
                    self.blank(at - 1..at);
                    self.blank(end - 1..end);
                }
            }
            // BigQuery's `array<struct<a int64>>[…]`.
            if self.is(at, "array") && self.symbol(at + 1, b'<') {
                let end = self.past_angles(at + 1);
                if self.symbol(end, b'[') {
                    self.blank(at..end);
                }
            }
            // Words before `join` that change which rows meet, and no column: DuckDB's, ClickHouse's.
            if self.is_one_of(at, &["asof", "positional", "any", "all", "semi", "anti"])
                && (1..3).any(|next| self.is(at + next, "join"))
                && (self.is(at + 1, "join")
                    || self.is_one_of(at + 1, &["left", "right", "inner", "full", "outer"]))
                && !self.is_one_of(at.saturating_sub(1), &["union", "intersect", "except", "left", "right"])
            {
                self.blank(at..at + 1);
            }
            if self.is(at, "approximate") && self.is_one_of(at + 1, &["count", "percentile_disc"]) {
                self.blank(at..at + 1);
            }
            // `cast(x as row(a bigint))`.
            if self.is(at, "as")
                && self.is_one_of(at + 1, &["row", "array", "map"])
                && self.symbol(at + 2, b'(')
            {
                let end = self.past_bracket(at + 2);
                let start = self.tokens[at + 1].start as usize;
                self.blank(at + 1..end);
                self.bytes[start..start + 3].copy_from_slice(b"int");
                at = end;
                continue;
            }
            // ClickHouse's `from t final`.
            if at > 1
                && self.is(at, "final")
                && matches!(self.tokens[at - 1].kind, TokenKind::Word | TokenKind::Quoted)
                && !self.is_one_of(at - 1, &["select", "as", "from", "by"])
            {
                self.blank(at..at + 1);
            }
            // Teradata's comparisons in words.
            if at > 0
                && self.is_one_of(at, &["eq", "ne", "lt", "le", "gt", "ge"])
                && matches!(
                    self.tokens[at - 1].kind,
                    TokenKind::Word | TokenKind::Quoted | TokenKind::Symbol(b')')
                )
                && self.tokens.get(at + 1).is_some_and(|next| {
                    matches!(
                        next.kind,
                        TokenKind::Word | TokenKind::Quoted | TokenKind::String | TokenKind::Number
                    )
                })
                && !self.is_one_of(at - 1, &["select", "as", "from", "by", "and", "or", "where", "on", "not"])
            {
                let sign = match self.tokens[at].text(self.sql).to_ascii_lowercase().as_str() {
                    "eq" => b"= ",
                    "ne" => b"<>",
                    "lt" => b"< ",
                    "le" => b"<=",
                    "gt" => b"> ",
                    _ => b">=",
                };
                let start = self.tokens[at].start as usize;
                self.blank(at..at + 1);
                self.bytes[start..start + 2].copy_from_slice(sign);
            }
            // Trino's json functions.
            if self.is_one_of(at, &["omit", "keep"]) && self.is(at + 1, "quotes") {
                self.blank(at..at + 2);
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, sql: &str, target: Option<&str>) {
        let repaired = parse_statement(dialect, sql);
        let found = repaired.ok().map(|it| it.target.map(|target| target.parts.join(".")));
        assert_eq!(found, Some(target.map(str::to_owned)));
    }

    #[test]
    fn what_the_parser_does_not_know_is_put_aside() {
        check(Dialect::Generic, "with a as (select 1 x) create table s.t as select * from a", Some("s.t"));
        check(
            Dialect::Generic,
            "with a as (select 1 x) create view v as with b as (select x from a) select * from b",
            Some("v"),
        );
        check(Dialect::BigQuery, "select 1 as a left union all by name on (a) select 2 as a", None);
        check(
            Dialect::BigQuery,
            "select 1 as a full outer union all corresponding by (a) select 2 as a",
            None,
        );
        check(Dialect::Generic, "select a (title 'b') from t", None);
    }
}
