//! Same rows, whatever the plan: random graphs of parts with random materializations against all tables.
//!
//! For each project: the rows of every part that nobody reads, as built with every part a table, equal those
//! of the random build, those of the part's standalone statement, and those after the deploy script.
//! `BUHIN_EQUIVALENCE_CASES=1000` tries more projects, from another seed at each run.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::sandbox::{Sandbox, has_duckdb, rows};

/// A part: its name, its SQL with references to earlier parts, and what it becomes.
#[derive(Clone, Debug)]
struct Part {
    name: &'static str,
    sql: String,
    materialized: &'static str,
    reads: Vec<usize>,
}

/// Names as people give them; equal to CTEs that other parts use, to keywords, with blanks, in Japanese.
const NAMES: &[&str] = &[
    "orders",
    "o'brien",
    "注文",
    "月次 売上",
    "base",
    "src",
    "select",
    "t",
    "final",
    "部品1",
    "x_y",
    "Mixed",
];

const MATERIALIZATIONS: &[&str] = &["ephemeral", "view", "table", "auto", "incremental", "inline"];

/// Comments and semicolons that may end a part.
const TAILS: &[&str] =
    &["", "\n", " -- the end", ";", " ; -- ; done", "\n/* with x as ( */\n", " -- from 'it''s\n;\n"];

/// What may stand before a part's statement.
const HEADS: &[&str] = &["", "-- with base as (\n", "/* 集計 ; */ ", "{# gone #}\n\n"];

/// The raw choices that a part is made of; kept small so that proptest shrinks well.
type Choice = (u8, u8, u8, u8, u8, u8);

fn parts(choices: &[Choice]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (at, (shape, one, two, materialized, head, tail)) in choices.iter().enumerate() {
        let pick = |choice: u8| if at == 0 { 0 } else { usize::from(choice) % at };
        let (one, two) = (pick(*one), pick(*two));
        let shapes: u8 = if at == 0 { 2 } else { 14 };
        let read = |part: usize| format!("{{{{ ref({}) }}}}", quoted(parts[part].name));
        let (body, reads) = if shape % shapes < 2 {
            (leaf(*shape % 2, at), Vec::new())
        } else {
            reader(shape % shapes, &read(one), &read(two), one, two)
        };
        let materialized = MATERIALIZATIONS[usize::from(*materialized) % MATERIALIZATIONS.len()];
        let head = HEADS[usize::from(*head) % HEADS.len()];
        let tail = TAILS[usize::from(*tail) % TAILS.len()];
        parts.push(Part { name: NAMES[at], sql: format!("{head}{body}{tail}"), materialized, reads });
    }
    parts
}

/// A part that reads nothing; all parts have the columns `id`, `grp`, `v`.
fn leaf(shape: u8, at: usize) -> String {
    if shape == 0 {
        format!(
            "select i::bigint as id, 'g' || (i % 3) as grp, (i * {} % 17)::bigint as v from range(12) t(i)",
            at + 3
        )
    } else {
        let rows = "(1, 'g1', 5), (2, '二', 6), (2, 'g2', null), (null, 'it''s -- x', 7)";
        format!("select * from (values {rows}) as v(id, grp, v)")
    }
}

/// A part that reads one or two others.
fn reader(shape: u8, a: &str, b: &str, one: usize, two: usize) -> (String, Vec<usize>) {
    let single = |sql: String| (sql, vec![one]);
    let both = |sql: String| (sql, vec![one, two]);
    match shape {
        2 => single(format!("select id, grp, v + 1 as v from {a} where coalesce(v, 0) % 3 <> 1")),
        3 => both(format!(
            "select a.id, min(b.grp) as grp, sum(a.v + b.v)::bigint % 1000 as v\nfrom {a} a join {b} b using (id) group by a.id"
        )),
        4 => both(format!("select id, grp, v from {a}\nunion all\nselect id, grp, v from {b}")),
        5 => single(format!(
            "select min(id)::bigint as id, grp, (sum(v) % 1000)::bigint as v from {a} group by grp having count(*) > 0"
        )),
        6 => single(format!(
            "select id, grp, row_number() over (partition by grp order by id nulls first, v nulls first)::bigint as v from {a}"
        )),
        // CTEs with the names of parts.
        7 => both(format!(
            "with base as (select * from {a}), orders as (select * from {b} where id > 1)\n\
             select id, grp, v from base union select id, grp, v from orders"
        )),
        8 => single(format!(
            "select id, grp, v from (with src as (select * from {a}) select * from src where id is not null) as src"
        )),
        9 => both(format!(
            "select x.id, x.grp, x.v from {a} as x where exists (select 1 from {b} as y where y.id = x.id)"
        )),
        10 => both(format!(
            "select id, grp || '{{{{ 1 + 1 }}}}' as grp, v + (select count(*) from {b})::bigint as v -- {b}\nfrom {a}"
        )),
        11 => single(format!(
            "with recursive 繰返し as (\n  select id, grp, v, 0 as n from {a}\n  union all\n  \
             select id, grp, v + 1, n + 1 from 繰返し where n < 2\n)\nselect id, grp, v from 繰返し where n = 2"
        )),
        12 => both(format!("(select id, grp, v from {a} except select id, grp, v from {b})")),
        _ => both(format!(
            "select a.id, coalesce(b.grp, a.grp) as grp, a.v from {a} a left join (select id, min(grp) as grp from {b} group by id) b on a.id = b.id"
        )),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn config(materialized: &str) -> String {
    format!("{{{{ config(materialized='{materialized}') }}}}\n")
}

/// Writes the parts to a project; what nobody reads is never inlined, so that it can be read from outside.
fn project(parts: &[Part], all_tables: bool) -> Sandbox {
    let sandbox = Sandbox::new(&[]);
    if !all_tables {
        // No more than a part joins itself, so that fences and cuts are needed.
        sandbox.write("buhin.yml", "materialization: {temp: auto}\nlimits: {joins: 2}\n");
    }
    for (at, part) in parts.iter().enumerate() {
        let materialized = match (all_tables, part.materialized) {
            (true, _) => "table",
            (false, "ephemeral" | "inline") if is_leaf(parts, at) => "view",
            (false, other) => other,
        };
        sandbox.write(&format!("models/{}.sql", part.name), format!("{}{}", config(materialized), part.sql));
    }
    sandbox
}

fn is_leaf(parts: &[Part], at: usize) -> bool {
    parts.iter().all(|part| !part.reads.contains(&at))
}

/// The project as a case, to be pasted into `cases/`.
fn case(parts: &[Part]) -> String {
    let mut text = String::from("From the equivalence test.\n");
    for part in parts {
        let end = if part.sql.ends_with('\n') { "" } else { "\n" };
        let flag = if part.sql.ends_with('\n') { "" } else { " (no newline)" };
        write!(
            text,
            "--- models/{}.sql{flag} ---\n{}{}{end}",
            part.name,
            config(part.materialized),
            part.sql
        )
        .expect("a string takes all");
    }
    text
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn table_rows(sandbox: &Sandbox, name: &str) -> Result<Vec<Vec<String>>, String> {
    let sql = format!("select id, grp, v from main.{} order by all", identifier(name));
    rows(&sandbox.path("target/buhin.duckdb").to_string_lossy(), &[], &sql)
}

/// Compares all the ways of getting a leaf's rows.
fn check(parts: &[Part]) -> Result<(), String> {
    let tables = project(parts, true);
    let planned = project(parts, false);
    for (sandbox, what) in [(&tables, "all tables"), (&planned, "as planned")] {
        let said = sandbox.run(&["run"]);
        if said.code != Some(0) {
            return Err(format!("{what}: exit {:?}\n{}\n{}", said.code, said.stdout, said.stderr));
        }
    }
    let said = planned.run(&["compile"]);
    if said.code != Some(0) {
        return Err(format!("compile: {}", said.stderr));
    }
    let scripts = planned.files("target/deploy");
    let script = scripts.iter().find(|(path, _)| path.ends_with(".sql")).ok_or("no deploy script")?;
    let script = String::from_utf8_lossy(&script.1).into_owned();
    // The script names the database as the project's file does.
    let fresh = tempfile::tempdir().map_err(|error| error.to_string())?;
    let fresh = fresh.path().join("buhin.duckdb").to_string_lossy().into_owned();
    rows(&fresh, &[&script], "select 1").map_err(|error| format!("the deploy script: {error}"))?;
    for at in (0..parts.len()).filter(|at| is_leaf(parts, *at)) {
        let name = parts[at].name;
        let expected = table_rows(&tables, name)?;
        let found = table_rows(&planned, name)?;
        same(name, "as planned", &expected, &found)?;
        let said = planned.run(&["compile", "--standalone", "--select", &name.replace(' ', "?")]);
        if said.code != Some(0) {
            return Err(format!("--standalone of `{name}`: {}", said.stderr));
        }
        let before = format!("create or replace table answer as\n{}", said.stdout);
        let sql = "select id, grp, v from answer order by all";
        let found = rows(":memory:", &[&before], sql)?;
        same(name, "standalone", &expected, &found)?;
        let sql = format!("select id, grp, v from main.{} order by all", identifier(name));
        let found = rows(&fresh, &[], &sql)?;
        same(name, "after the deploy script", &expected, &found)?;
    }
    Ok(())
}

fn same(name: &str, what: &str, expected: &[Vec<String>], found: &[Vec<String>]) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("rows of `{name}` differ, {what}:\nall tables: {expected:?}\nfound:      {found:?}"))
}

#[test]
fn rows_are_the_same_whatever_the_parts_become() {
    if !has_duckdb() {
        return;
    }
    let asked: Option<u32> =
        std::env::var("BUHIN_EQUIVALENCE_CASES").ok().and_then(|count| count.parse().ok());
    let config = Config {
        cases: asked.unwrap_or(24),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let mut runner = match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let choices = proptest::collection::vec(any::<Choice>(), 2..=10);
    let outcome = runner.run(&choices, |choices| {
        let parts = parts(&choices);
        check(&parts).map_err(|error| TestCaseError::fail(format!("{error}\n\n{}", case(&parts))))
    });
    if let Err(error) = outcome {
        // The error's own text shows the choices escaped; the case is easier to read.
        panic!("{}", error.to_string().replace("\\n", "\n"));
    }
}
