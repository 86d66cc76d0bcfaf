//! Parsing through sqlparser: the only file that calls its parser.

use std::ops::Range;

use sqlparser::ast::{SelectItem, Statement};
use sqlparser::dialect as parser_dialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::{Dialect, tokens};
use crate::source::Lines;

/// Brackets and operators may nest this deep; the stack grows as needed.
const DEPTH: usize = 20_000;

/// Deeper brackets are not parsed: subqueries that deep take sqlparser minutes.
const BRACKETS: usize = 500;

/// What was parsed.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The statements of the text.
    pub statements: Vec<Statement>,
}

/// Why and where a text can't be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The token that did not fit, in bytes.
    pub range: Range<usize>,
    /// What was wrong, in lower case.
    pub message: String,
    /// What would have fitted, if the parser says so.
    pub expected: Option<String>,
    /// What was found instead.
    pub found: Option<String>,
}

/// Parses a text of one or more statements.
pub fn parse(dialect: Dialect, sql: &str) -> Result<Parsed, SyntaxError> {
    parsed(dialect, sql, |parser| Ok(Parsed { statements: parser.parse_statements()? }))
}

/// Parses what may stand between `select` and `from`: expressions with or without names.
pub fn parse_items(dialect: Dialect, sql: &str) -> Result<Vec<SelectItem>, SyntaxError> {
    parsed(dialect, sql, |parser| {
        let items = parser.parse_projection()?;
        parser.expect_token(&Token::EOF)?;
        Ok(items)
    })
}

fn parsed<T>(
    dialect: Dialect,
    sql: &str,
    read: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>,
) -> Result<T, SyntaxError> {
    let sql = sql.strip_prefix('\u{feff}').unwrap_or(sql);
    let rules = rules(dialect);
    let tokens = Tokenizer::new(&*rules, sql)
        .tokenize_with_location()
        .map_err(|error| at(sql, error.location, error.message))?;
    if brackets(&tokens) > BRACKETS {
        return Err(too_deep(sql));
    }
    let mut parser = Parser::new(&*rules).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
    read(&mut parser).map_err(|error| syntax_error(dialect, sql, &parser, error))
}

/// sqlparser's rules for a dialect.
fn rules(dialect: Dialect) -> Box<dyn parser_dialect::Dialect> {
    match dialect {
        Dialect::DuckDb => Box::new(parser_dialect::DuckDbDialect {}),
        Dialect::Postgres => Box::new(parser_dialect::PostgreSqlDialect {}),
        Dialect::BigQuery => Box::new(parser_dialect::BigQueryDialect {}),
        Dialect::Snowflake => Box::new(parser_dialect::SnowflakeDialect {}),
        Dialect::Redshift => Box::new(parser_dialect::RedshiftSqlDialect {}),
        Dialect::Databricks => Box::new(parser_dialect::DatabricksDialect {}),
        Dialect::Spark => Box::new(parser_dialect::SparkSqlDialect {}),
        Dialect::ClickHouse => Box::new(parser_dialect::ClickHouseDialect {}),
        Dialect::MySql | Dialect::MariaDb => Box::new(parser_dialect::MySqlDialect {}),
        Dialect::Sqlite => Box::new(parser_dialect::SQLiteDialect {}),
        Dialect::MsSql | Dialect::Fabric => Box::new(parser_dialect::MsSqlDialect {}),
        Dialect::Trino | Dialect::Athena | Dialect::DataFusion | Dialect::Generic => {
            Box::new(parser_dialect::GenericDialect {})
        }
    }
}

fn syntax_error(dialect: Dialect, sql: &str, parser: &Parser<'_>, error: ParserError) -> SyntaxError {
    let text = match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
        ParserError::RecursionLimitExceeded => return too_deep(sql),
    };
    // `Expected: a, found: b at Line: 1, Column: 2` is all that the parser tells of the place.
    let (text, location) = match text.rsplit_once(" at Line: ") {
        Some((text, place)) => {
            let numbers = place.split_once(", Column: ");
            let location = numbers.and_then(|(line, column)| {
                Some(Location::new(line.trim().parse().ok()?, column.trim().parse().ok()?))
            });
            (text.to_owned(), location)
        }
        None => (text, None),
    };
    let location = location.unwrap_or_else(|| here(parser));
    let mut error = at(sql, location, text);
    if let Some(rest) = error.message.strip_prefix("Expected: ")
        && let Some((expected, found)) = rest.split_once(", found: ")
    {
        let (expected, found) = (expected.to_owned(), found.to_owned());
        error.message = if found == "EOF" {
            format!("the statement ends where {expected} should follow")
        } else {
            format!("expected {expected}, found `{found}`")
        };
        (error.expected, error.found) = (Some(expected), Some(found));
    }
    let mut chars = error.message.chars();
    if let Some(first) = chars.next()
        && !error.message.chars().nth(1).is_some_and(char::is_uppercase)
    {
        error.message = first.to_lowercase().chain(chars).collect();
    }
    // The range is the whole token that stands there.
    let start = error.range.start;
    let hit = tokens(dialect, sql).find(|token| token.start as usize <= start && start < token.end as usize);
    if let Some(token) = hit {
        error.range = token.start as usize..token.end as usize;
    }
    error
}

fn too_deep(sql: &str) -> SyntaxError {
    let first = sql.chars().next().map_or(0, char::len_utf8);
    SyntaxError { range: 0..first, message: "nested too deep".to_owned(), expected: None, found: None }
}

/// How deep brackets nest.
fn brackets(tokens: &[TokenWithSpan]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in tokens {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn here(parser: &Parser<'_>) -> Location {
    let TokenWithSpan { token, span } = parser.peek_token();
    if token == Token::EOF { Location::new(u64::MAX, 1) } else { span.start }
}

/// An error at a line and column of `sql`; the column counts characters.
fn at(sql: &str, location: Location, message: String) -> SyntaxError {
    let offset = offset(sql, location);
    let end = sql[offset..].chars().next().map_or(offset, |char| offset + char.len_utf8());
    SyntaxError { range: offset..end, message, expected: None, found: None }
}

fn offset(sql: &str, location: Location) -> usize {
    let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let end = sql.trim_end().len();
    match Lines::new(sql).offset(sql, place(location.line), place(location.column)) {
        _ if location.line == 0 => 0,
        Some(at) if (at as usize) < sql.len() => at as usize,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: &str) {
        let shown = match parse(Dialect::DuckDb, sql) {
            Ok(parsed) => format!("{} statements", parsed.statements.len()),
            Err(error) => format!("{:?}: {}", &sql[error.range], error.message),
        };
        assert_eq!(shown, expect);
    }

    #[test]
    fn a_syntax_error_points_at_its_token() {
        check("select 1", "1 statements");
        check("select '部品', a b c from t", "\"c\": expected end of statement, found `c`");
        check(
            "select\n  a\n  from t where\n",
            "\"\\n\": the statement ends where an expression should follow",
        );
    }

    #[test]
    fn deep_nesting_gives_an_answer() {
        let nested = |depth: usize| format!("select {}1{}", "(".repeat(depth), ")".repeat(depth));
        check(&nested(400), "1 statements");
        check(&nested(5_000), "\"s\": nested too deep");
    }
}
