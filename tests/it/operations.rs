//! `run-operation`: macros that act on the warehouse.

use crate::sandbox::{Sandbox, has_duckdb};

const MACROS: &str = "\
{% macro hello(name, n=3) %}
  {% do log('hello ' ~ name ~ ' ' ~ (n + 1), info=true) %}
  {% do print('printed') %}
  {% do run_query('create or replace table made as select 1 as id') %}
  {% do log(run_query('select * from made').columns[0].values(), info=true) %}
{% endmacro %}
{% macro bad() %}{% do exceptions.raise_compiler_error('no way') %}{% endmacro %}
{% macro badsql() %}{% do run_query('select nope from nowhere') %}{% endmacro %}
{% macro open() %}{% call statement('x') %}create table left_open as select 1 as i{% endcall %}{% endmacro %}
{% macro closed() %}
  {% call statement('x') %}create table closed as select 1 as i{% endcall %}{% do adapter.commit() %}
{% endmacro %}
{% macro away() %}
  {% set made = api.Relation.create(database=target.database, schema='main', identifier='made', type='table') %}
  {% do adapter.drop_relation(made) %}
  {% do adapter.create_schema(api.Relation.create(database=target.database, schema='fresh')) %}
  {% do log('now ' ~ load_relation(made), info=true) %}
{% endmacro %}
";

fn sandbox() -> Sandbox {
    Sandbox::new(&[("models/a.sql", "select 1 as id\n"), ("macros/m.sql", MACROS)])
}

fn tables(sandbox: &Sandbox) -> Vec<Vec<String>> {
    sandbox.query("target/buhin.duckdb", "select table_name from duckdb_tables() order by 1")
}

fn result(sandbox: &Sandbox) -> serde_json::Value {
    let file: serde_json::Value =
        serde_json::from_str(&sandbox.read("target/run_results.json")).expect("it is JSON");
    assert_eq!(file["args"]["which"], "run-operation");
    file["results"][0].clone()
}

#[test]
fn a_macro_is_called_with_its_arguments() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    let said = sandbox.run(&["run-operation", "hello", "--args", "{name: bob}"]).exits(0);
    let said = said.says("hello bob 4").says("(1,)");
    assert_eq!(said.stdout, "printed\n", "what is printed can go into a file");
    assert_eq!(tables(&sandbox), [["made"]]);
    let result = result(&sandbox);
    assert_eq!(result["unique_id"], "macro.shop.hello");
    assert_eq!((&result["status"], &result["failures"]), (&"success".into(), &0.into()));
    assert_eq!(result["message"], serde_json::Value::Null);
}

#[test]
fn what_a_macro_does_not_commit_is_undone_as_in_dbt() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["run-operation", "open"]).exits(0);
    sandbox.run(&["run-operation", "closed"]).exits(0);
    assert_eq!(tables(&sandbox), [["closed"]]);
}

#[test]
fn methods_of_the_adapter_act() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["run-operation", "shop.hello"]).exits(0);
    sandbox.run(&["run-operation", "away"]).exits(0).says("now None");
    assert_eq!(tables(&sandbox), Vec::<Vec<String>>::new());
    let schemas = "select schema_name from duckdb_schemas() where schema_name = 'fresh'";
    assert_eq!(sandbox.query("target/buhin.duckdb", schemas), [["fresh"]]);
}

#[test]
fn hooks_of_the_project_are_left_alone() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.write(
        "dbt_project.yml",
        "name: shop\nversion: '1'\non-run-start: create table hooked as select 1 as i\n",
    );
    sandbox.run(&["run-operation", "hello"]).exits(0);
    assert_eq!(tables(&sandbox), [["made"]]);
}

#[test]
fn hooks_of_a_package_that_is_switched_off_are_not_run() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    let root = "name: shop\nversion: '1'\non-run-start: create table own as select '{{ model.name }}' as i\n";
    sandbox.write("dbt_project.yml", root);
    sandbox.write("packages.yml", "packages: [{local: dbt_packages/tools}]\n");
    let package = "name: tools\nversion: '1'\non-run-start: create table theirs as select 1 as i\n";
    sandbox.write("dbt_packages/tools/dbt_project.yml", package);
    sandbox.run(&["compile"]).exits(0);
    let compiled = sandbox.read("target/compiled/tools/dbt_project.yml/hooks/tools-on-run-start-0.sql");
    assert_eq!(compiled, "create table theirs as select 1 as i");
    assert!(!sandbox.run(&["ls"]).exits(0).stdout.contains("on-run-start"));
    sandbox.write("dbt_project.yml", format!("{root}models: {{tools: {{+enabled: false}}}}\n"));
    sandbox.run(&["compile"]).exits(0);
    assert!(!sandbox.path("target/compiled/tools").exists(), "what is left of it is removed");
    sandbox.run(&["run"]).exits(0);
    assert_eq!(tables(&sandbox), [["own"]]);
}

#[test]
fn a_statement_is_run_with_its_jinja() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["run-operation", "--sql", "create table t{{ 1 + 1 }} as select 1 as i"]).exits(0);
    assert_eq!(tables(&sandbox), [["t2"]]);
    assert_eq!(result(&sandbox)["unique_id"], "sql_operation.shop.inline_query");
}

#[test]
fn an_operation_that_fails_is_said_with_its_macro() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["run-operation", "bad"]).exits(1).says("B0206").says("no way").says("macros/m.sql:7");
    let failed = result(&sandbox);
    assert_eq!((&failed["status"], &failed["failures"]), (&"error".into(), &1.into()));
    assert_eq!(failed["message"], "no way");
    sandbox.run(&["run-operation", "badsql"]).exits(1).says("nowhere does not exist").says("macros/m.sql:8");
    let wrong = ["run-operation", "hello", "--args", "{nmae: bob}"];
    sandbox.run(&wrong).exits(1).says("nmae");
}

#[test]
fn an_unknown_macro_and_wrong_arguments_are_said() {
    let sandbox = sandbox();
    sandbox.run(&["run-operation", "helo"]).exits(2).says("B0202").says("exists: `hello`");
    sandbox.run(&["run-operation", "hello", "--args", "[1]"]).exits(2).says("B0901").says("it is a list");
    sandbox.run(&["run-operation"]).exits(2);
}
