//! `buhin lineage` for SQL outside of any project: what it prints, its errors, and cases one a line.

use crate::sandbox::Sandbox;

const SCHEMA: (&str, &str) = ("schema.json", r#"{"orders": {"order_id": "int", "total": "decimal"}}"#);

#[test]
fn columns_of_a_statement_and_where_they_come_from() {
    let sandbox =
        Sandbox::new(&[SCHEMA, ("q.sql", "create table t as select sum(total) as total from orders\n")]);
    let arguments = ["lineage", "--sql", "q.sql", "--dialect", "duckdb", "--schema", "schema.json"];
    sandbox.run(&arguments).exits(0).prints("create table t").prints("aggregate").prints("orders.total");
    let json: serde_json::Value = {
        let arguments = [&arguments[..], &["--format", "json"]].concat();
        serde_json::from_str(&sandbox.run(&arguments).exits(0).stdout).expect("one object")
    };
    assert_eq!(json["target"], "t");
    assert_eq!(json["columns"][0]["value"][0]["table"], "orders");
    assert_eq!(json["columns"][0]["expression"], "sum(total)");
}

#[test]
fn a_column_that_can_not_exist_is_an_error_with_the_name_that_is_near() {
    let sandbox = Sandbox::new(&[SCHEMA, ("q.sql", "select order_idd, o.total from orders\n")]);
    let run = sandbox.run(&["lineage", "--sql", "q.sql", "--schema", "schema.json"]).exits(1);
    run.says("B0701").says("`order_idd`").says("did you mean `order_id`?").says("q.sql:1:8").says("B0702");
}

#[test]
fn sql_that_is_not_followed_is_a_warning_and_names_its_tables() {
    let sandbox = Sandbox::new(&[("q.sql", "select ((( from a\n")]);
    sandbox
        .run(&["lineage", "--sql", "q.sql", "--format", "json"])
        .exits(0)
        .prints(r#""reads":["a"]"#)
        .says("B0304");
}

#[test]
fn arguments_that_can_not_be_used() {
    let sandbox = Sandbox::new(&[("q.sql", "select 1"), ("bad.json", "[1")]);
    sandbox.run(&["lineage", "orders", "--sql", "q.sql"]).exits(2).says("--sql");
    sandbox.run(&["lineage", "--sql", "no.sql"]).exits(2).says("B0901").says("no.sql");
    sandbox.run(&["lineage", "--sql", "q.sql", "--dialect", "sequel"]).exits(2).says("B0901").says("sequel");
    sandbox
        .run(&["lineage", "--sql", "q.sql", "--schema", "bad.json"])
        .exits(2)
        .says("B0901")
        .says("bad.json");
}

#[test]
fn every_line_gets_an_answer() {
    let lines = "{\"id\": \"a\", \"dialect\": \"tsql\", \"sql\": \"select x as y from t\"}\n\
                 this is no JSON\n\
                 \n\
                 {\"id\": \"b\"}\n\
                 {\"id\": \"c\", \"sql\": \"select ((( from a\"}\n\
                 {\"id\": \"d\", \"dialect\": \"klingon\", \"sql\": \"select 1\"}\n\
                 {\"id\": \"e\", \"sql\": \"select z from q\"}";
    let sandbox = Sandbox::new(&[("cases.jsonl", lines)]);
    let answers = sandbox.shell("\"$BUHIN\" lineage --jsonl < cases.jsonl").exits(0).stdout;
    let answers: Vec<serde_json::Value> =
        answers.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let ids: Vec<Option<&str>> = answers.iter().map(|answer| answer["id"].as_str()).collect();
    assert_eq!(ids, [Some("a"), None, Some("b"), Some("c"), Some("d"), Some("e")]);
    assert_eq!(answers[0]["edges"], serde_json::json!([["t", "x", "", "y"]]));
    assert!(answers[1..5].iter().all(|answer| answer["error"].is_string()), "{answers:?}");
    assert_eq!(answers[5]["edges"], serde_json::json!([["q", "z", "", "z"]]));
}
