//! Trials over `tests/review/pairs/*.case`: differences are found, and none where there is none.

use std::collections::BTreeMap;
use std::sync::Mutex;

use buhin::review::prove::{
    Budget, Counterexample, Difference, Engine as _, Outcome, Trial, TrialColumn, TrialTable, prove, render,
};
use buhin::run::TrialEngine;
use buhin::sql::Dialect;
use buhin::world::Disk;

use crate::pairs::{Pair, pairs};
use crate::sandbox;

/// So many trials find a difference, if there is one.
const TRIALS: usize = 250;

/// So many trials a pair has that is equal; `BUHIN_TRIALS` sets another number.
const EQUAL_TRIALS: usize = 40;

fn engine() -> TrialEngine {
    TrialEngine::open(&Disk::new(env!("CARGO_MANIFEST_DIR"))).expect("DuckDB opens")
}

fn tables(pair: &Pair, typed: bool) -> Vec<TrialTable> {
    let column = |column: &crate::pairs::PairColumn| TrialColumn {
        name: column.name.clone(),
        data_type: column.data_type.clone().filter(|_| typed),
        not_null: column.not_null,
        unique: column.unique,
        accepted: Vec::new(),
    };
    let table = |table: &crate::pairs::PairTable| TrialTable {
        name: table.name.clone(),
        columns: table.columns.iter().map(column).collect(),
        is_complete: true,
    };
    pair.tables.iter().map(table).collect()
}

fn run(pair: &Pair, typed: bool, budget: &Budget<'_>) -> Outcome {
    let trial = Trial {
        old: &pair.old,
        new: &pair.new,
        dialect: Dialect::from_name(&pair.dialect).expect("a known dialect"),
        tables: &tables(pair, typed),
        common_columns: false,
    };
    prove(&trial, &mut engine(), budget)
}

/// What became of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Found,
    Missed,
    Equal,
    Wrong,
    Random,
    NotRun,
}

/// All pairs of DuckDB that trials are for, on two threads; the text says what is not as it should be.
fn all(typed: bool, equal_trials: usize) -> (BTreeMap<Told, usize>, String) {
    let wanted = |pair: &Pair| pair.dialect == "duckdb" && pair.file != "volatile.case";
    let todo: Mutex<Vec<Pair>> = Mutex::new(pairs().into_iter().filter(wanted).collect());
    let told: Mutex<Vec<(Told, String)>> = Mutex::new(Vec::new());
    let work = || {
        loop {
            let Some(pair) = todo.lock().expect("no thread has failed").pop() else { return };
            let trials = if pair.is_equal() { equal_trials } else { TRIALS };
            let outcome = run(&pair, typed, &Budget { trials, shrinks: 0, seed: 1, is_over: &|| false });
            let place = format!("{}: {}", pair.file, pair.name);
            let said = match (outcome, pair.is_equal()) {
                (Outcome::Counterexample(_), false) => (Told::Found, String::new()),
                (Outcome::NoDifference(_), true) => (Told::Equal, String::new()),
                (Outcome::NoDifference(none), false) => (Told::Missed, format!("missed {place} {none:?}\n")),
                (Outcome::Counterexample(found), true) => {
                    (Told::Wrong, format!("wrong {place} {:?}\n{}", found.difference, render(&found)))
                }
                (Outcome::NotRun { reason }, _) if reason.contains("another value each time") => {
                    (Told::Random, String::new())
                }
                (Outcome::NotRun { reason }, _) => (Told::NotRun, format!("not run {place}: {reason}\n")),
            };
            told.lock().expect("no thread has failed").push(said);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let mut counts = BTreeMap::new();
    let mut text = String::new();
    let mut told = told.into_inner().expect("no thread has failed");
    told.sort();
    for (one, said) in told {
        *counts.entry(one).or_default() += 1;
        text.push_str(&said);
    }
    (counts, text)
}

fn count(counts: &BTreeMap<Told, usize>, told: Told) -> usize {
    counts.get(&told).copied().unwrap_or(0)
}

#[test]
fn trials_find_a_difference_where_there_is_one_and_nowhere_else() {
    if !sandbox::has_duckdb() {
        return;
    }
    let trials = std::env::var("BUHIN_TRIALS").ok().and_then(|text| text.parse().ok());
    let (counts, text) = all(true, trials.unwrap_or(EQUAL_TRIALS));
    println!("{counts:?}\n{text}");
    assert_eq!(count(&counts, Told::Wrong), 0, "{text}");
    assert_eq!(count(&counts, Told::NotRun), 0, "{text}");
    let (found, missed) = (count(&counts, Told::Found), count(&counts, Told::Missed));
    assert!(found * 100 >= (found + missed) * 95, "{found} of {} are found:\n{text}", found + missed);
}

#[track_caller]
fn counterexample(name: &str) -> Box<Counterexample> {
    let pair = pairs().into_iter().find(|pair| pair.name == name).expect("there is such a pair");
    let outcome = run(&pair, true, &Budget { trials: TRIALS, shrinks: 500, seed: 1, is_over: &|| false });
    let Outcome::Counterexample(found) = outcome else { panic!("{outcome:?}") };
    found
}

#[test]
fn a_counterexample_is_the_smallest_that_still_shows_it() {
    if !sandbox::has_duckdb() {
        return;
    }
    let rows = |name: &str| -> Vec<usize> {
        counterexample(name).inputs.iter().map(|input| input.rows.len()).collect()
    };
    assert_eq!(rows("unequal leaves NULLs out"), [1]);
    assert_eq!(rows("NOT IN meets NULLs in its list's query"), [1, 1]);
    assert_eq!(rows("UNION ALL becomes UNION").iter().sum::<usize>(), 2);
    assert_eq!(rows("INTERSECT binds tighter than UNION"), [1, 0, 0]);
    let found = counterexample("a left join becomes inner");
    assert_eq!(found.difference, Difference::Rows);
    assert_eq!(found.inputs.iter().map(|input| input.rows.len()).collect::<Vec<_>>(), [1, 0]);
    // What is shown can be made again.
    let mut engine = engine();
    for input in &found.inputs {
        engine.execute(&input.sql).expect("the statements are good");
    }
    let pair =
        pairs().into_iter().find(|pair| pair.name == "a left join becomes inner").expect("it is there");
    assert_eq!(engine.query(&pair.old, 10), found.old);
    assert_eq!(engine.query(&pair.new, 10), found.new);
}

#[test]
fn the_same_seed_finds_the_same_rows() {
    if !sandbox::has_duckdb() {
        return;
    }
    let name = "WHERE turns a left join inner";
    assert_eq!(counterexample(name), counterexample(name));
}

#[track_caller]
fn check(old: &str, new: &str, tables: &[TrialTable], common_columns: bool, expect: &str) {
    if !sandbox::has_duckdb() {
        return;
    }
    let trial = Trial { old, new, dialect: Dialect::DuckDb, tables, common_columns };
    let budget = Budget { trials: 120, shrinks: 200, seed: 1, is_over: &|| false };
    let said = match prove(&trial, &mut engine(), &budget) {
        Outcome::NoDifference(_) => "no difference".to_owned(),
        Outcome::Counterexample(found) => found.difference.describe().to_owned(),
        Outcome::NotRun { reason } => reason,
    };
    assert!(said.contains(expect), "{said}");
}

#[test]
fn tables_of_which_nothing_is_known_are_made_up_from_their_use() {
    let old = "select o.customer, sum(o.amount) as total from shop.orders o join shop.customers c \
               on c.code = o.customer where c.country = 'JP' and o.ordered_at >= '2024-01-01' group by o.customer";
    check(old, &old.replace("'JP'", "'US'"), &[], false, "rows");
    check(old, &old.replace(">=", ">"), &[], false, "rows");
    check(old, &old.replace("c.country = 'JP' and ", ""), &[], false, "rows");
    check(old, &old.replace("c.code = o.customer", "o.customer = c.code"), &[], false, "no difference");
    check(
        "select a from \"db\".\"s\".\"t\"",
        "select a + 1 as a from \"db\".\"s\".\"t\"",
        &[],
        false,
        "rows",
    );
    check("select * from t where x", "select * from t where not x", &[], false, "rows");
}

#[test]
fn what_is_known_of_columns_holds_in_all_rows() {
    let column = |name: &str| TrialColumn { name: name.into(), ..TrialColumn::default() };
    let status = TrialColumn {
        data_type: Some("varchar".into()),
        accepted: vec!["new".into(), "paid".into()],
        not_null: true,
        ..column("status")
    };
    let id = TrialColumn { unique: true, not_null: true, ..column("id") };
    let table = TrialTable { name: "t".into(), columns: vec![id, status], is_complete: true };
    let tables = [table];
    check(
        "select id from t where status <> 'new'",
        "select id from t where status = 'paid'",
        &tables,
        false,
        "no difference",
    );
    check("select distinct id from t", "select id from t", &tables, false, "no difference");
    check("select status from t", "select distinct status from t", &tables, false, "rows");
}

#[test]
fn columns_that_only_one_query_has_may_be_left_out() {
    check("select a from t", "select b, a from t", &[], false, "names of columns");
    check("select a from t", "select b, a from t", &[], true, "no difference");
    check("select a from t", "select b, a from t where a > 0", &[], true, "rows");
}

#[test]
fn a_query_that_fails_on_rows_that_the_other_takes_is_a_difference() {
    let (old, new) = ("select try_cast(s as int) as x from t", "select cast(s as int) as x from t");
    let s = TrialColumn { name: "s".into(), data_type: Some("text".into()), ..TrialColumn::default() };
    let table = TrialTable { name: "t".into(), columns: vec![s], is_complete: true };
    check(old, new, &[table], false, "new query fails");
    // That it is text would be a guess.
    check(old, new, &[], false, "no difference");
}

#[test]
fn moments_are_the_same_for_both_queries() {
    check(
        "select a from t where d <= current_date",
        "select a from t where d < today() + 1",
        &[TrialTable {
            name: "t".into(),
            columns: vec![TrialColumn {
                name: "d".into(),
                data_type: Some("date".into()),
                ..TrialColumn::default()
            }],
            is_complete: false,
        }],
        false,
        "no difference",
    );
    check("select current_timestamp as x", "select now() as x", &[], false, "no difference");
}

#[test]
fn what_can_not_be_run_is_said() {
    check("select random() as x", "select random() as x", &[], false, "the old query calls `random`");
    check("select 1; select 2", "select 1", &[], false, "the old text is several statements");
    check("select 1", "create table x as select 1", &[], false, "the new text is no query");
    check(
        "select * from read_csv('a.csv')",
        "select * from read_csv('a.csv') as t",
        &[],
        false,
        "disabled by configuration",
    );
    check(
        "select no_such_function(a) from t",
        "select no_such_function(a) as x from t",
        &[],
        false,
        "no_such_function",
    );
}

#[test]
fn other_dialects_are_translated_where_sqlglot_is() {
    if !sandbox::has_duckdb() {
        return;
    }
    let mut engine = engine();
    if let Err(why) = engine.translate(Dialect::Snowflake, "select 1") {
        assert!(why.contains("pip install sqlglot"), "{why}");
        eprintln!("SKIPPED: {why}");
        return;
    }
    let budget = Budget { trials: TRIALS, shrinks: 0, seed: 1, is_over: &|| false };
    let said = |name: &str| {
        let pair = pairs().into_iter().find(|pair| pair.name == name).expect("there is such a pair");
        run(&pair, true, &budget)
    };
    let equal = said("QUALIFY in Snowflake as an outer WHERE");
    assert!(matches!(equal, Outcome::NoDifference(_)), "{equal:?}");
    let other = said("SAFE_CAST in BigQuery");
    assert!(matches!(other, Outcome::Counterexample(_)), "{other:?}");
}
