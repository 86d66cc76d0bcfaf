//! Text that may give other rows each time it is run.
//!
//! The author's text is looked at, not what macros make of it: the plan comes before the SQL is rendered.

use crate::sql::{Dialect, Token, TokenKind, tokens};

/// What makes a text volatile, in the author's words: a function's name, or `limit` without `order by`.
pub(super) fn volatile(dialect: Dialect, text: &str) -> Option<String> {
    let significant: Vec<Token> = tokens(dialect, text).filter(|token| !token.kind.is_trivia()).collect();
    let mut depth = 0_usize;
    let mut ordered = vec![false];
    for (at, token) in significant.iter().enumerate() {
        match token.kind {
            TokenKind::Symbol(b'(') => {
                depth += 1;
                ordered.truncate(depth);
                ordered.push(false);
            }
            TokenKind::Symbol(b')') => depth = depth.saturating_sub(1),
            TokenKind::Word => {
                let word = token.text(text).to_ascii_lowercase();
                let called = significant.get(at + 1).is_some_and(|next| next.kind == TokenKind::Symbol(b'('));
                let field = at > 0 && significant[at - 1].kind == TokenKind::Symbol(b'.');
                if (called && CALLED.binary_search(&word.as_str()).is_ok())
                    || (!field && BARE.binary_search(&word.as_str()).is_ok())
                {
                    return Some(word);
                }
                match word.as_str() {
                    "order" => ordered[depth] = true,
                    // A new SELECT of a union starts over.
                    "union" | "intersect" | "except" => ordered[depth] = false,
                    "limit" | "fetch" if !ordered[depth] && !field && is_limit(&significant, at, text) => {
                        return Some("limit".to_owned());
                    }
                    "tablesample" | "sample" if called => return Some(word),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    None
}

/// A function in the text that rolls dice, so that no two readers see the same rows.
pub(super) fn random(dialect: Dialect, text: &str) -> Option<String> {
    let word = volatile(dialect, text)?;
    RANDOM.binary_search(&word.as_str()).is_ok().then_some(word)
}

/// `limit 10` and the like; a column named `limit` is followed by something else. `limit 0` gives no rows.
fn is_limit(significant: &[Token], at: usize, text: &str) -> bool {
    significant.get(at + 1).is_some_and(|next| match next.kind {
        TokenKind::Number => next.text(text) != "0",
        TokenKind::Symbol(symbol) => symbol == b'{',
        TokenKind::Word => next.is(text, "first") || next.is(text, "next"),
        _ => false,
    })
}

/// Volatile when called, sorted.
const CALLED: &[&str] = &[
    "clock_timestamp",
    "current_date",
    "current_datetime",
    "current_time",
    "current_timestamp",
    "gen_random_uuid",
    "generate_uuid",
    "generateuuidv4",
    "get_current_time",
    "get_current_timestamp",
    "getdate",
    "getutcdate",
    "localtime",
    "localtimestamp",
    "newid",
    "nextval",
    "now",
    "now64",
    "rand",
    "randn",
    "random",
    "random_uuid",
    "randstr",
    "setseed",
    "statement_timestamp",
    "sysdate",
    "sysdatetime",
    "systimestamp",
    "sysutcdatetime",
    "timeofday",
    "today",
    "transaction_timestamp",
    "uniform",
    "unix_timestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
    "uuid",
    "uuid_string",
    "uuidv7",
];

/// Those of them that give another value for each row, sorted.
const RANDOM: &[&str] = &[
    "gen_random_uuid",
    "generate_uuid",
    "generateuuidv4",
    "newid",
    "rand",
    "randn",
    "random",
    "random_uuid",
    "randstr",
    "uniform",
    "uuid",
    "uuid_string",
    "uuidv7",
];

/// Volatile without being called, sorted.
const BARE: &[&str] =
    &["current_date", "current_datetime", "current_time", "current_timestamp", "localtime", "localtimestamp"];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: Option<&str>) {
        assert_eq!(volatile(Dialect::DuckDb, sql).as_deref(), expect, "{sql}");
    }

    #[test]
    fn lists_are_sorted() {
        assert!(CALLED.is_sorted() && BARE.is_sorted() && RANDOM.is_sorted());
    }

    #[test]
    fn clocks_and_dice_are_volatile() {
        check("select random() as r", Some("random"));
        check("select current_date", Some("current_date"));
        check("select {{ dbt.current_timestamp() }}", Some("current_timestamp"));
        check("select random, 'now()', t.now -- uuid()", None);
    }

    #[test]
    fn a_limit_needs_an_order() {
        check("select * from t limit 10", Some("limit"));
        check("select * from t order by id limit 10", None);
        check("select * from (select * from t order by id) limit 3", Some("limit"));
        check("select limit_a from t limit 0", None);
        check("select * from t order by 1 limit {{ var('n') }}", None);
    }
}
