//! `--check-columns` and `checks: {columns: true}`: columns that can't exist are found before anything is run.

use crate::sandbox::{Sandbox, has_duckdb};

const SHOP: &[(&str, &str)] = &[
    ("seeds/orders.csv", "id,total\n1,10\n"),
    ("models/base.sql", "select id, total from {{ ref('orders') }}\n"),
    ("models/wrong.sql", "select id,\n  totl from {{ ref('base') }}\n"),
    ("models/after.sql", "select id from {{ ref('wrong') }}\n"),
    ("models/right.sql", "select total from {{ ref('base') }}\n"),
];

#[test]
fn compile_checks_columns_where_it_is_asked_to() {
    let sandbox = Sandbox::new(SHOP);
    assert!(!sandbox.run(&["compile"]).exits(0).stderr.contains("B0701"));
    let run = sandbox.run(&["compile", "--check-columns"]).exits(1);
    run.says("error[B0701]").says("models/wrong.sql:2:3").says("did you mean `total`?");
    sandbox.write("buhin.yml", "version: 1\nchecks: {columns: true}\n");
    sandbox.run(&["compile"]).exits(1).says("B0701");
    sandbox.run(&["compile", "--no-check-columns"]).exits(0);
    sandbox.run(&["compile", "--no-check-columns", "--check-columns"]).exits(1);
}

#[test]
fn a_selection_is_checked_against_what_it_reads_and_nothing_else_is_told() {
    let sandbox = Sandbox::new(SHOP);
    sandbox.run(&["compile", "--check-columns", "--select", "wrong"]).exits(1).says("B0701");
    sandbox.run(&["compile", "--check-columns", "--select", "after"]).exits(0);
    sandbox.run(&["compile", "--check-columns", "--select", "right"]).exits(0);
}

#[test]
fn a_part_whose_macros_ask_the_warehouse_tells_nothing() {
    let asks = ("models/base.sql", "{% set x = run_query('select 1') %}select id from {{ ref('orders') }}\n");
    let files: Vec<(&str, &str)> = SHOP.iter().filter(|(path, _)| *path != asks.0).copied().collect();
    let sandbox = Sandbox::new(&[&files[..], &[asks]].concat());
    for arguments in
        [&["compile", "--check-columns", "--select", "wrong"][..], &["compile", "--check-columns"]]
    {
        let run = sandbox.run(arguments);
        assert!(!run.stderr.contains("B0701"), "{}", run.stderr);
    }
}

#[test]
fn a_build_does_not_send_what_the_warehouse_would_refuse() {
    let sandbox = Sandbox::new(SHOP);
    if !has_duckdb() {
        return;
    }
    let run = sandbox.run(&["build", "--check-columns"]).exits(1);
    let run = run.says("error[B0701]").says("models/wrong.sql:2:3");
    assert!(!run.stderr.contains("B0803"), "the warehouse was not asked: {}", run.stderr);
    let results: serde_json::Value =
        serde_json::from_str(&sandbox.read("target/run_results.json")).expect("JSON");
    let status = |name: &str| {
        let results = results["results"].as_array().expect("a list");
        let found = results.iter().find(|it| it["unique_id"] == format!("model.shop.{name}"));
        found.map_or(String::new(), |it| it["status"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(
        [status("base"), status("right"), status("wrong"), status("after")],
        ["success", "success", "error", "skipped"]
    );
    sandbox.run(&["run", "--check-columns", "--select", "right"]).exits(0);
    sandbox.run(&["run", "--select", "wrong"]).exits(1).says("B0803");
}

#[test]
fn a_mistake_in_an_inlined_part_stops_its_readers_and_is_told_once() {
    let inlined = (
        "models/wrong.sql",
        "{{ config(materialized='ephemeral') }}select id, totl from {{ ref('base') }}\n",
    );
    let second = ("models/other.sql", "select id from {{ ref('wrong') }}\n");
    let files: Vec<(&str, &str)> = SHOP.iter().filter(|(path, _)| *path != inlined.0).copied().collect();
    let sandbox = Sandbox::new(&[&files[..], &[inlined, second]].concat());
    if !has_duckdb() {
        return;
    }
    sandbox.run(&["build", "--select", "base", "orders"]).exits(0);
    let run = sandbox.run(&["run", "--check-columns", "--select", "after", "other"]).exits(1);
    assert_eq!(run.stderr.matches("error[B0701]").count(), 1, "{}", run.stderr);
    assert!(!run.stderr.contains("B0803"), "{}", run.stderr);
}

#[test]
fn the_settings_take_nothing_but_truth_values() {
    let sandbox = Sandbox::new(SHOP);
    sandbox.write("buhin.yml", "version: 1\nchecks: {column: true}\n");
    sandbox.run(&["parse"]).exits(1).says("B0112").says("a similar one exists: `columns`");
    sandbox.write("buhin.yml", "version: 1\ndocs: {inherit: sometimes}\n");
    sandbox.run(&["parse"]).exits(1).says("`inherit` should be `true` or `false`");
}
