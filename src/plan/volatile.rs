//! Text that may give other rows each time it is run.
//!
//! The author's text is looked at, not what macros make of it: the plan comes before the SQL is rendered.

use crate::sql::{Dialect, Token, TokenKind, tokens};

/// What makes a text volatile, in the author's words: a function's name, or `limit` without `order by`.
pub(super) fn volatile(dialect: Dialect, text: &str) -> Option<String> {
    find(dialect, text, |_| true)
}

/// A function in the text that rolls dice, so that no two readers see the same rows.
pub(super) fn random(dialect: Dialect, text: &str) -> Option<String> {
    find(dialect, text, |word| DICE.binary_search(&word).is_ok())
}

/// The first word that makes a text volatile and is wanted, in lower case.
fn find(dialect: Dialect, text: &str, wanted: impl Fn(&str) -> bool) -> Option<String> {
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
                let is_in = |list: &[&str]| list.binary_search(&word.as_str()).is_ok();
                let mut found = None;
                match word.as_str() {
                    "order" => ordered[depth] = true,
                    // A new SELECT of a union starts over.
                    "union" | "intersect" | "except" => ordered[depth] = false,
                    "limit" | "fetch" if !ordered[depth] && !field && is_limit(&significant, at, text) => {
                        found = Some("limit".to_owned());
                    }
                    "tablesample" | "sample" if called => found = Some(word),
                    _ if (called && (is_in(DICE) || is_in(CLOCKS))) || (!field && is_in(BARE)) => {
                        found = Some(word);
                    }
                    _ => {}
                }
                if let Some(found) = found.filter(|found| wanted(found)) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
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

/// Functions that give another value for each row, sorted.
const DICE: &[&str] = &[
    "arrayshuffle",
    "fuzzbits",
    "gen_random_uuid",
    "generate_uuid",
    "generatesnowflakeid",
    "generateulid",
    "generateuuidv4",
    "generateuuidv7",
    "newid",
    "newsequentialid",
    "normal",
    "rand",
    "rand32",
    "rand64",
    "randbernoulli",
    "randbinomial",
    "randcanonical",
    "randchisquared",
    "randexponential",
    "randfisherf",
    "randlognormal",
    "randn",
    "randnegativebinomial",
    "randnormal",
    "random",
    "random_normal",
    "random_uuid",
    "randomblob",
    "randomfixedstring",
    "randomprintableascii",
    "randomstring",
    "randomstringutf8",
    "randpoisson",
    "randstr",
    "randstudentt",
    "randuniform",
    "shuffle",
    "uniform",
    "uuid",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuid_short",
    "uuid_string",
    "uuidv4",
    "uuidv7",
    "zipf",
];

/// Functions whose value hangs on when, where or in which order they are called, sorted.
const CLOCKS: &[&str] = &[
    "blocknumber",
    "clock_timestamp",
    "curdate",
    "current_date",
    "current_datetime",
    "current_localtime",
    "current_localtimestamp",
    "current_time",
    "current_timestamp",
    "curtime",
    "get_current_time",
    "get_current_timestamp",
    "getdate",
    "getutcdate",
    "lastval",
    "localtime",
    "localtimestamp",
    "monotonically_increasing_id",
    "nextval",
    "now",
    "now64",
    "nowinblock",
    "pg_current_xact_id",
    "randconstant",
    "rownumberinallblocks",
    "rownumberinblock",
    "seq1",
    "seq2",
    "seq4",
    "seq8",
    "setseed",
    "statement_timestamp",
    "sysdate",
    "sysdatetime",
    "systimestamp",
    "sysutcdatetime",
    "timeofday",
    "today",
    "transaction_timestamp",
    "txid_current",
    "unix_timestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
    "yesterday",
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
        assert!(DICE.is_sorted() && CLOCKS.is_sorted() && BARE.is_sorted());
    }

    #[test]
    fn clocks_and_dice_are_volatile() {
        check("select random() as r", Some("random"));
        check("select current_date", Some("current_date"));
        check("select {{ dbt.current_timestamp() }}", Some("current_timestamp"));
        check("select random, 'now()', t.now -- uuid()", None);
    }

    #[test]
    fn dice_of_every_dialect_are_known() {
        for sql in [
            "select rand64()",
            "select randCanonical()",
            "select generateUUIDv7()",
            "select randomblob(8)",
            "select uuid_generate_v4()",
            "select random_normal(0, 1)",
        ] {
            assert!(random(Dialect::ClickHouse, sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn dice_are_found_beside_a_clock() {
        assert_eq!(random(Dialect::DuckDb, "select now(), random()").as_deref(), Some("random"));
        assert_eq!(random(Dialect::DuckDb, "select now() from t limit 3"), None);
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
