//! Names: how a dialect folds their case, which need quotes; and the end of a statement's text.

use std::borrow::Cow;

use md5::{Digest as _, Md5};

use super::{Dialect, TokenKind, tokens};

/// A name as the dialect compares it: `quoted` names as they stand where case counts.
pub fn fold(dialect: Dialect, name: &str, quoted: bool) -> String {
    match dialect {
        Dialect::Snowflake if !quoted => name.to_uppercase(),
        Dialect::Snowflake | Dialect::ClickHouse => name.to_owned(),
        Dialect::Postgres | Dialect::DataFusion if quoted => name.to_owned(),
        _ => name.to_lowercase(),
    }
}

/// A part of a name as SQL has it, as the warehouse compares names of tables.
pub fn compared(dialect: Dialect, part: &str) -> String {
    let bare = unquote(part);
    let quoted = part.starts_with(['"', '`', '[']);
    match dialect {
        Dialect::BigQuery | Dialect::MySql | Dialect::MariaDb => bare.into_owned(),
        _ => fold(dialect, &bare, quoted),
    }
}

/// The text of a quoted name without its quotes.
pub fn unquote(text: &str) -> Cow<'_, str> {
    let Some(open) = text.chars().next().filter(|char| matches!(char, '"' | '`' | '[')) else {
        return Cow::Borrowed(text);
    };
    let close = if open == '[' { ']' } else { open };
    let inner = text[1..].strip_suffix(close).unwrap_or(&text[1..]);
    let doubled = [close, close].iter().collect::<String>();
    if inner.contains(&doubled) {
        Cow::Owned(inner.replace(&doubled, &close.to_string()))
    } else {
        inner.into()
    }
}

/// True if `name` can stand in SQL only in quotes, or would not be the same name without them.
pub fn needs_quotes(dialect: Dialect, name: &str) -> bool {
    let folds = matches!(dialect, Dialect::Postgres | Dialect::Redshift | Dialect::DataFusion)
        && name.chars().any(char::is_uppercase);
    !is_word(dialect, name) || folds || RESERVED.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

/// True if `name` is made of characters that a name without quotes may have.
pub fn is_word(dialect: Dialect, name: &str) -> bool {
    let starts = name.chars().next().is_some_and(|char| char == '_' || char.is_alphabetic());
    let ascii_only =
        matches!(dialect, Dialect::BigQuery | Dialect::Snowflake | Dialect::Databricks | Dialect::Spark)
            || matches!(dialect, Dialect::Trino | Dialect::Athena | Dialect::ClickHouse);
    let plain = name.chars().all(|char| {
        char == '_'
            || char.is_ascii_alphanumeric()
            || (!ascii_only && !char.is_ascii() && char.is_alphanumeric())
    });
    starts && plain
}

/// `name` in at most `longest` bytes: what is cut off becomes eight hex digits, so that names stay apart.
pub fn shorten(name: &str, longest: usize) -> Cow<'_, str> {
    if name.len() <= longest {
        return Cow::Borrowed(name);
    }
    let digest = Md5::digest(name.as_bytes());
    let hash = digest.iter().take(4).map(|byte| format!("{byte:02x}"));
    let mut end = longest.saturating_sub(9);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}_{}", &name[..end], hash.collect::<String>()))
}

/// `name` if the dialect keeps all of it, or else shortened.
pub fn fitting(dialect: Dialect, name: &str) -> Cow<'_, str> {
    let longest = dialect.longest_name();
    // MySQL counts characters, the others bytes.
    let length = if dialect.is_mysql() { name.chars().count() } else { name.len() };
    if length <= longest { Cow::Borrowed(name) } else { shorten(name, longest) }
}

/// `sql` without the `;` after its last statement; the comments around it stay.
pub fn without_terminator(dialect: Dialect, sql: &str) -> Cow<'_, str> {
    if !sql.contains(';') {
        return Cow::Borrowed(sql.trim_end());
    }
    let mut trailing = Vec::new();
    for token in tokens(dialect, sql) {
        match token.kind {
            TokenKind::Symbol(b';') => trailing.push(token.start as usize),
            kind if kind.is_trivia() => {}
            _ => trailing.clear(),
        }
    }
    if trailing.is_empty() {
        return Cow::Borrowed(sql.trim_end());
    }
    let mut kept = String::with_capacity(sql.len());
    let mut from = 0;
    for at in trailing {
        kept.push_str(&sql[from..at]);
        from = at + 1;
    }
    kept.push_str(&sql[from..]);
    kept.truncate(kept.trim_end().len());
    Cow::Owned(kept)
}

/// Words that are reserved in at least one of the dialects, sorted.
const RESERVED: &[&str] = &[
    "all",
    "alter",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "at",
    "between",
    "both",
    "by",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "columns",
    "constraint",
    "contains",
    "create",
    "cross",
    "cube",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "database",
    "default",
    "deferrable",
    "define",
    "delete",
    "desc",
    "describe",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "enum",
    "escape",
    "except",
    "exclude",
    "exists",
    "extract",
    "false",
    "fetch",
    "filter",
    "following",
    "for",
    "foreign",
    "from",
    "full",
    "function",
    "grant",
    "group",
    "grouping",
    "groups",
    "hash",
    "having",
    "if",
    "ignore",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "key",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "lookup",
    "merge",
    "natural",
    "new",
    "no",
    "not",
    "null",
    "nulls",
    "of",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "overlaps",
    "partition",
    "pivot",
    "placing",
    "preceding",
    "primary",
    "proto",
    "qualify",
    "range",
    "recursive",
    "references",
    "respect",
    "returning",
    "right",
    "rollup",
    "row",
    "rows",
    "schema",
    "select",
    "semi",
    "session",
    "set",
    "show",
    "similar",
    "some",
    "start",
    "struct",
    "summarize",
    "symmetric",
    "system",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "treat",
    "trigger",
    "true",
    "unbounded",
    "union",
    "unique",
    "unnest",
    "unpivot",
    "update",
    "user",
    "using",
    "values",
    "variadic",
    "view",
    "when",
    "where",
    "window",
    "with",
    "within",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn the_terminator_goes_and_comments_stay() {
        let check = |sql: &str, expect: &str| {
            assert_eq!(without_terminator(Dialect::DuckDb, sql), expect);
        };
        check("select 1;\n", "select 1");
        check("select ';' ; -- ; end\n;", "select ';'  -- ; end");
        check("select 1 -- ;", "select 1 -- ;");
        check("select 1; select 2", "select 1; select 2");
    }

    #[test]
    fn quotes_where_they_are_needed() {
        assert!(!needs_quotes(Dialect::DuckDb, "売上"));
        assert!(needs_quotes(Dialect::BigQuery, "売上"));
        assert!(needs_quotes(Dialect::DuckDb, "Order"));
        assert!(needs_quotes(Dialect::Postgres, "Orders"));
        assert!(needs_quotes(Dialect::DuckDb, "a-b"));
        assert!(needs_quotes(Dialect::DuckDb, "1a"));
    }

    #[test]
    fn long_names_stay_apart() {
        let (one, other) = (format!("{}_a", "x".repeat(80)), format!("{}_b", "x".repeat(80)));
        let [one, other] = [&one, &other].map(|name| fitting(Dialect::Postgres, name).into_owned());
        assert_eq!((one.len(), other.len()), (63, 63));
        assert_ne!(one, other);
        assert_eq!(fitting(Dialect::MariaDb, &"部".repeat(60)), "部".repeat(60));
        assert_eq!(fitting(Dialect::DuckDb, &"x".repeat(100)), "x".repeat(100));
        assert!(fitting(Dialect::MariaDb, &"部".repeat(70)).len() <= 64);
    }

    #[test]
    fn quoted_names_lose_their_quotes() {
        assert_eq!(unquote("\"a\"\"b\""), "a\"b");
        assert_eq!(unquote("[a]]b]"), "a]b");
        assert_eq!(unquote("plain"), "plain");
    }
}
