//! Dogfood: the demo project at the repository's root, its compiled SQL held by snapshots, and its build.

use crate::determinism::demo;
use crate::sandbox::has_duckdb;

#[test]
fn compiled_sql_of_the_demo_is_as_approved() {
    let sandbox = demo();
    let approved = sandbox.files("snapshots/dev");
    assert!(approved.len() >= 45, "the demo has {} approved parts", approved.len());
    sandbox.run(&["verify"]).exits(0);
}

#[test]
fn the_approved_plan_of_the_demo_is_current() {
    let sandbox = demo();
    let approved = sandbox.read("snapshots/plan.json");
    let said = sandbox.run(&["plan", "--diff"]).exits(0).stdout;
    assert_eq!(said, "all decisions are as approved\n");
    sandbox.run(&["plan", "--accept"]).exits(0);
    assert_eq!(sandbox.read("snapshots/plan.json"), approved, "write it anew with `buhin plan --accept`");
}

#[test]
fn duckdb_takes_every_planned_statement_of_the_demo() {
    if !has_duckdb() {
        return;
    }
    let sandbox = demo();
    let said = sandbox.run(&["plan", "--verify"]).exits(0).stdout;
    assert!(said.contains(" 0 refused, 0 unknown\n"), "{said}");
}

#[test]
fn the_demo_builds_and_its_tests_pass() {
    if !has_duckdb() {
        return;
    }
    let sandbox = demo();
    let said = sandbox.run(&["build"]).exits(0);
    assert!(!said.stderr.contains("error["), "{}", said.stderr);
    let results: serde_json::Value =
        serde_json::from_str(&sandbox.read("target/run_results.json")).expect("run_results.json is JSON");
    let results = results["results"].as_array().expect("a list");
    assert!(results.len() > 100, "only {} nodes were built", results.len());
    let bad: Vec<_> = results
        .iter()
        .filter(|one| !["success", "pass", "warn"].contains(&one["status"].as_str().unwrap_or_default()))
        .map(|one| (&one["unique_id"], &one["status"]))
        .collect();
    assert!(bad.is_empty(), "{bad:?}");
    let run = sandbox.read("target/run/mail_marketing_demo/models/marts/kpi_sales_daily.sql");
    assert!(run.contains("create table"), "{run}");
}
