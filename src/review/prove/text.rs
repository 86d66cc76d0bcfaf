//! The texts that are run: translated where that is needed, moments fixed, random functions refused.

use super::{Engine, Trial};
use crate::sql::{Dialect, Words, without_terminator};

/// Two queries of DuckDB that give the same answer whenever they are run.
#[derive(Clone, Debug)]
pub(super) struct Queries {
    /// The one before.
    pub(super) old: Query,
    /// The one after.
    pub(super) new: Query,
}

/// A query of DuckDB.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// Its text.
    pub(super) sql: String,
    /// True if it says in which order its rows come.
    pub(super) is_ordered: bool,
}

/// The texts of a trial; fails with why they can't be run.
pub(super) fn queries(trial: &Trial<'_>, engine: &mut dyn Engine) -> Result<Queries, String> {
    let mut ready = |which: &str, sql: &str| {
        let sql = without_terminator(trial.dialect, sql);
        if let Some(name) = random(trial.dialect, &sql) {
            return Err(format!("the {which} query calls `{name}`, which gives another value each time"));
        }
        if let Some(what) = untranslated(trial.dialect, &sql) {
            return Err(format!("the {which} query has `{what}`, which can't be translated"));
        }
        let sql = match trial.dialect {
            Dialect::DuckDb => sql.into_owned(),
            dialect => engine.translate(dialect, &sql).map_err(|why| {
                format!("the {which} query can't be translated from {}: {why}", dialect.name())
            })?,
        };
        query(which, &sql)
    };
    Ok(Queries { old: ready("old", trial.old)?, new: ready("new", trial.new)? })
}

fn query(which: &str, sql: &str) -> Result<Query, String> {
    if let Some(name) = random(Dialect::DuckDb, sql) {
        return Err(format!("the {which} query calls `{name}`, which gives another value each time"));
    }
    let sql = fixed(&without_terminator(Dialect::DuckDb, sql));
    let words = Words::new(Dialect::DuckDb, &sql);
    let reads = words.is_one_of(0, &["select", "with", "from", "values", "pivot", "unpivot", "table"]);
    if !reads && !words.symbol(0, b'(') {
        return Err(format!("the {which} text is no query"));
    }
    if (0..words.len()).any(|at| words.symbol(at, b';')) {
        return Err(format!("the {which} text is several statements"));
    }
    let is_ordered = is_ordered(&words);
    Ok(Query { sql, is_ordered })
}

/// True if `order by` stands outside of all brackets.
fn is_ordered(words: &Words<'_>) -> bool {
    let mut depth = 0_i32;
    for at in 0..words.len() {
        if words.symbol(at, b'(') {
            depth += 1;
        } else if words.symbol(at, b')') {
            depth -= 1;
        } else if depth == 0 && words.is(at, "order") && words.is(at + 1, "by") {
            return true;
        }
    }
    // A whole query in brackets.
    let whole = words.symbol(0, b'(') && words.closing(0).is_some_and(|end| end + 1 == words.len());
    whole && (1..words.len()).any(|at| words.is(at, "order") && words.is(at + 1, "by")) && {
        let mut depth = 0_i32;
        (0..words.len()).any(|at| {
            depth += i32::from(words.symbol(at, b'(')) - i32::from(words.symbol(at, b')'));
            depth == 1 && words.is(at, "order") && words.is(at + 1, "by")
        })
    }
}

/// What a translation would leave out without a word, if a query has it.
fn untranslated(dialect: Dialect, sql: &str) -> Option<&'static str> {
    let words = Words::new(dialect, sql);
    let has = |word: &'static str| (0..words.len()).any(|at| words.is(at, word)).then_some(word);
    match dialect {
        // The server runs what stands in such a comment.
        Dialect::MySql | Dialect::MariaDb => ["/*!", "/*M!"].into_iter().find(|start| sql.contains(start)),
        Dialect::ClickHouse => ["prewhere", "final", "sample", "any", "array"].into_iter().find_map(has),
        _ => None,
    }
}

/// Functions whose value is another each time.
const RANDOM: &[&str] = &[
    "random",
    "rand",
    "randn",
    "uuid",
    "uuidv4",
    "uuidv7",
    "gen_random_uuid",
    "generate_uuid",
    "generateuuidv4",
    "uuid_string",
    "newid",
    "uniform",
    "randstr",
    "nextval",
    "setseed",
];

/// The random function or sample that a query has, if it has one.
fn random(dialect: Dialect, sql: &str) -> Option<String> {
    let words = Words::new(dialect, sql);
    (0..words.len()).find_map(|at| {
        let is_call = words.symbol(at + 1, b'(') && (at == 0 || !words.symbol(at - 1, b'.'));
        let is_sample = words.is(at, "tablesample") || (words.is(at, "using") && words.is(at + 1, "sample"));
        let is_random = is_call && words.is_one_of(at, RANDOM);
        (is_random || is_sample).then(|| words.text(at + usize::from(words.is(at, "using"))).to_lowercase())
    })
}

/// Puts one moment for all that ask for the time, so that both queries and all trials have the same.
fn fixed(sql: &str) -> String {
    let words = Words::new(Dialect::DuckDb, sql);
    let mut text = String::with_capacity(sql.len());
    let mut written = 0;
    for at in 0..words.len() {
        if at > 0 && words.symbol(at - 1, b'.') {
            continue;
        }
        let has_brackets = words.symbol(at + 1, b'(');
        let empty = has_brackets && words.symbol(at + 2, b')');
        let bare = !has_brackets && !words.symbol(at + 1, b'.');
        let call = |names: &[&str]| empty && words.is_one_of(at, names);
        let name = |names: &[&str]| (bare || empty) && words.is_one_of(at, names);
        let value = if call(&["now", "transaction_timestamp", "get_current_timestamp"])
            || name(&["current_timestamp"])
        {
            "timestamptz '2024-02-29 12:30:00+00'"
        } else if call(&["today", "get_current_date"]) || name(&["current_date"]) {
            "date '2024-02-29'"
        } else if name(&["localtimestamp", "current_localtimestamp"]) {
            "timestamp '2024-02-29 12:30:00'"
        } else if name(&["current_time", "localtime"]) || call(&["get_current_time"]) {
            "time '12:30:00'"
        } else {
            continue;
        };
        let token = words.all()[at];
        let last = words.all()[if empty { at + 2 } else { at }];
        if (token.start as usize) < written {
            continue;
        }
        text.push_str(&sql[written..token.start as usize]);
        text.push_str(value);
        written = last.end as usize;
    }
    text.push_str(&sql[written..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_fixed_and_names_like_them_are_not() {
        assert_eq!(
            fixed("select now(), current_date - 1, t.now, today from t"),
            "select timestamptz '2024-02-29 12:30:00+00', date '2024-02-29' - 1, t.now, today from t"
        );
    }

    #[test]
    fn random_functions_are_found() {
        assert_eq!(random(Dialect::DuckDb, "select Random() from t").as_deref(), Some("random"));
        assert_eq!(random(Dialect::DuckDb, "select * from t using sample 10").as_deref(), Some("sample"));
        assert_eq!(random(Dialect::DuckDb, "select random, 'uuid()' from t"), None);
    }

    #[test]
    fn only_the_order_at_the_top_counts() {
        let ordered = |sql: &str| query("old", sql).map(|query| query.is_ordered);
        assert_eq!(ordered("select a from t order by a"), Ok(true));
        assert_eq!(ordered("(select a from t order by a)"), Ok(true));
        assert_eq!(ordered("select row_number() over (order by a) from t"), Ok(false));
        assert_eq!(ordered("with c as (select a from t order by a) select a from c"), Ok(false));
        assert!(ordered("drop table t").is_err());
        assert!(ordered("select 1; select 2").is_err());
    }
}
