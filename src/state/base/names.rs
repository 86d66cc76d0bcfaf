//! Compiled SQL of a manifest as it stands before inlined parts are put in, with the names that parts have now.
//!
//! A name is only taken for one where it can be nothing else: after `from` or `join`, and where its first word occurs in
//! the text only before a dot, so that it is no alias. What is left as it was, `review` knows by its former name.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::project::{NodeId, NodeMap, Project};
use crate::render::{CTE_PREFIX, cte_name};
use crate::sql::{Dialect, Relation, Words, compared, unquote};

/// What parts are called now, by what they are called in the manifest.
pub(super) struct Names {
    dialect: Dialect,
    now: FxHashMap<Vec<String>, String>,
}

impl Names {
    /// `now` gives a node's name in SQL of the project as it is; nothing for one that is no more.
    pub(super) fn new(
        project: &Project,
        former: &NodeMap<Option<Relation>>,
        now: impl Fn(NodeId) -> Option<String>,
    ) -> Self {
        let dialect = project.target.dialect;
        let mut names = Self { dialect, now: FxHashMap::default() };
        for (id, relation) in former.iter() {
            let (Some(relation), Some(now)) = (relation, now(id)) else { continue };
            let parts: Vec<String> = relation.parts().map(|part| compared(dialect, &part)).collect();
            if parts.len() > 1 {
                names.now.insert(parts, now.clone());
            }
            if let Some(identifier) = &relation.identifier {
                names.now.insert(vec![compared(dialect, &cte_name(identifier))], now);
            }
        }
        names
    }

    /// The SQL without the CTEs that were put in, and with names of now.
    pub(super) fn now(&self, sql: &str) -> String {
        let own = without_ctes(self.dialect, sql);
        let words = Words::new(self.dialect, &own);
        let at = |place: usize| compared(self.dialect, words.text(place));
        let bare: FxHashSet<String> = (0..words.len())
            .filter(|place| words.is_name(*place) && !words.symbol(place + 1, b'.'))
            .map(at)
            .collect();
        let mut text = String::with_capacity(own.len());
        let mut copied = 0;
        let mut open: Vec<usize> = Vec::new();
        let mut place = 0;
        while place < words.len() {
            match words.text(place) {
                "(" => open.push(place),
                ")" => drop(open.pop()),
                _ => {}
            }
            let found = self.name_at(&words, place, &bare, open.last().copied());
            let Some((length, now)) = found else {
                place += 1;
                continue;
            };
            let (first, last) = (words.all()[place], words.all()[place + length - 1]);
            text.push_str(&own[copied..first.start as usize]);
            text.push_str(now);
            copied = last.end as usize;
            place += length;
        }
        text.push_str(&own[copied..]);
        text
    }

    /// The name that begins at a word: how many words it has, and what it is now.
    fn name_at(
        &self,
        words: &Words<'_>,
        place: usize,
        bare: &FxHashSet<String>,
        open: Option<usize>,
    ) -> Option<(usize, &str)> {
        if !words.is_name(place) {
            return None;
        }
        let at = |place: usize| compared(self.dialect, words.text(place));
        if is_cte(words.text(place)) {
            return self.now.get(&vec![at(place)]).map(|now| (1, now.as_str()));
        }
        let before = place.checked_sub(1)?;
        // `extract(year from …)` has a `from`, too.
        let is_query = open.is_none_or(|open| words.is_one_of(open + 1, &["select", "with", "from"]));
        if !(words.is(before, "join") || words.is(before, "from") && is_query) {
            return None;
        }
        let mut parts = vec![at(place)];
        while words.symbol(place + 2 * parts.len() - 1, b'.') && words.is_name(place + 2 * parts.len()) {
            parts.push(at(place + 2 * parts.len()));
        }
        let now = self.now.get(&parts).filter(|_| parts.len() > 1 && !bare.contains(&parts[0]))?;
        Some((2 * parts.len() - 1, now))
    }
}

fn is_cte(word: &str) -> bool {
    let word = unquote(word);
    word.get(..CTE_PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(CTE_PREFIX))
}

/// The SQL without those CTEs at its beginning that stand for parts.
fn without_ctes(dialect: Dialect, sql: &str) -> Cow<'_, str> {
    let words = Words::new(dialect, sql);
    let Some((ctes, after)) = ctes(&words) else { return Cow::Borrowed(sql) };
    let byte = |place: usize| words.all().get(place).map_or(sql.len(), |word| word.start as usize);
    let kept: Vec<&Range<usize>> = ctes.iter().filter(|cte| !is_cte(words.text(cte.start))).collect();
    if kept.len() == ctes.len() {
        return Cow::Borrowed(sql);
    }
    let mut text = sql[..byte(0)].to_owned();
    if let (Some(first), false) = (ctes.first(), kept.is_empty()) {
        text.push_str(&sql[byte(0)..byte(first.start)]);
        for (at, cte) in kept.iter().enumerate() {
            text.push_str(if at == 0 { "" } else { ", " });
            text.push_str(&sql[byte(cte.start)..words.all()[cte.end - 1].end as usize]);
        }
        text.push('\n');
    }
    text.push_str(&sql[byte(after)..]);
    Cow::Owned(text)
}

/// The CTEs at the beginning of a text, by the places of their words, and the place after them.
fn ctes(words: &Words<'_>) -> Option<(Vec<Range<usize>>, usize)> {
    let mut at = if words.is(0, "with") { 1 } else { return None };
    at += usize::from(words.is(at, "recursive"));
    let mut ctes = Vec::new();
    loop {
        let start = at;
        at = if words.symbol(start + 1, b'(') { words.past_bracket(start + 1) } else { start + 1 };
        if !words.is_name(start) || !words.is(at, "as") {
            return None;
        }
        at += 1;
        while words.is_one_of(at, &["not", "materialized"]) {
            at += 1;
        }
        if !words.symbol(at, b'(') {
            return None;
        }
        at = words.closing(at)? + 1;
        ctes.push(start..at);
        if !words.symbol(at, b',') {
            return Some((ctes, at));
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let mut names = Names { dialect: Dialect::DuckDb, now: FxHashMap::default() };
        let mut add = |parts: &[&str], now: &str| {
            names.now.insert(parts.iter().map(|part| (*part).to_owned()).collect(), now.to_owned());
        };
        add(&["db", "prod", "a"], "\"db\".\"ci\".\"a\"");
        add(&["prod", "b"], "ci.b");
        add(&["__dbt__cte__c"], "\"db\".\"ci\".\"c\"");
        add(&["__dbt__cte__d"], "__dbt__cte__d");
        assert_eq!(names.now(sql), expected);
    }

    #[test]
    fn names_after_from_and_join_are_those_of_now() {
        check("select 1 from \"db\".\"prod\".\"a\" as x", "select 1 from \"db\".\"ci\".\"a\" as x");
        check(
            "select 1 from t join DB.prod.a using (id)",
            "select 1 from t join \"db\".\"ci\".\"a\" using (id)",
        );
        check("select * from (select * from prod.b)", "select * from (select * from ci.b)");
        check(
            "select '\"db\".\"prod\".\"a\"' from prod.other",
            "select '\"db\".\"prod\".\"a\"' from prod.other",
        );
    }

    #[test]
    fn what_may_be_an_alias_is_left() {
        for sql in [
            "select extract(year from prod.b) from t",
            "select prod.b from t",
            "select 1 from t as prod join prod.b on true",
            "select 1 from prod.b.c",
        ] {
            check(sql, sql);
        }
    }

    #[test]
    fn parts_that_were_put_in_are_taken_out() {
        check(
            "with  __dbt__cte__c as (\nselect (1)\n) select * from __dbt__cte__c",
            "select * from \"db\".\"ci\".\"c\"",
        );
        check(
            "with __dbt__cte__d as (select 1), own as not materialized (select * from __dbt__cte__d) select * from own",
            "with own as not materialized (select * from __dbt__cte__d)\nselect * from own",
        );
        check("with own as (select 1) select 2", "with own as (select 1) select 2");
    }
}
