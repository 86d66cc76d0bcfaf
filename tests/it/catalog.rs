//! `docs generate` and `source freshness`: the artifacts, and how they end.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, has_duckdb};

const SOURCES: &str = "\
sources:
  - name: raw
    schema: main
    config:
      loaded_at_field: ts
      freshness: {warn_after: {count: 12, period: hour}, error_after: {count: 24, period: hour}}
    tables:
      - name: fresh
      - name: older
        config: {freshness: {warn_after: {count: 1, period: day}, error_after: null}}
      - name: errs
      - name: filtered
        config: {freshness: {filter: id > 1}}
      - name: asked
        config: {loaded_at_query: \"select max(ts) from {{ this }} where id = 2\"}
      - name: missing
      - name: nothing
      - name: unchecked
        config: {freshness: null}
      - name: nofield
        loaded_at_field: null
      - name: words
        config: {loaded_at_field: \"'x'\"}
";

const MACROS: &str = "\
{% macro load() %}
  {% for name, age in {'fresh': '1 minute', 'older': '2 days', 'errs': '2 days', 'filtered': '1 hour', 'asked': '1 hour',
                       'unchecked': '9 days', 'nofield': '1 hour', 'words': '1 hour'}.items() %}
    {% do run_query(\"create or replace table \" ~ name ~ \" as select * from (values (1, now()::timestamp - interval '\" ~ age
      ~ \"'), (2, now()::timestamp - interval '\" ~ age ~ \"' - interval '20 hours')) v(id, ts)\") %}
  {% endfor %}
  {% do run_query('create or replace table nothing (id int, ts timestamp)') %}
{% endmacro %}
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[
        ("models/_s.yml", SOURCES),
        ("macros/load.sql", MACROS),
        (
            "models/_m.yml",
            "models: [{name: a, description: the a, columns: [{name: id, description: the id}], \
             config: {persist_docs: {relation: true, columns: true}}}]\n",
        ),
        (
            "models/a.sql",
            "{{ config(materialized='table') }}\nselect 1 as id, 1.5::decimal(4,2) as d, [1] as l, {'a': 1} as s\n",
        ),
        ("models/e.sql", "{{ config(materialized='ephemeral') }}\nselect * from {{ ref('a') }}\n"),
        ("models/v.sql", "{{ config(materialized='view') }}\nselect id from {{ ref('e') }}\n"),
    ]);
    sandbox.run(&["run-operation", "load"]).exits(0);
    sandbox
}

fn file(sandbox: &Sandbox, path: &str) -> Value {
    serde_json::from_str(&sandbox.read(path)).expect("it is JSON")
}

#[test]
fn the_age_of_sources_is_held_against_what_they_say() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    let said = sandbox.run(&["source", "freshness"]).exits(1);
    let said =
        said.says("source `raw.errs` is stale: 2 d 0 h ago").says("source `raw.nothing` is stale: no row");
    let said = said.says("B0820").says("warning").says("the freshness of `raw.missing` can't be told");
    said.says("B0821").says("neither `loaded_at_field` nor `loaded_at_query`").says("`x` is no timestamp");
    let file = file(&sandbox, "target/sources.json");
    assert_eq!(file["metadata"]["dbt_schema_version"], "https://schemas.getdbt.com/dbt/sources/v3.json");
    let results = file["results"].as_array().expect("a list");
    let told: Vec<(&str, &str)> = results
        .iter()
        .map(|it| (it["unique_id"].as_str().unwrap_or(""), it["status"].as_str().unwrap_or("")))
        .collect();
    // What could not be asked is not in the file, as in dbt.
    let expected = [
        ("source.shop.raw.asked", "warn"),
        ("source.shop.raw.errs", "error"),
        ("source.shop.raw.filtered", "warn"),
        ("source.shop.raw.fresh", "pass"),
        ("source.shop.raw.nothing", "error"),
        ("source.shop.raw.older", "warn"),
    ];
    let mut sorted = told.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    let nothing =
        results.iter().find(|it| it["unique_id"] == "source.shop.raw.nothing").expect("it is there");
    assert_eq!(nothing["max_loaded_at"], "0001-01-01T00:00:00+00:00");
    assert_eq!(
        nothing["criteria"],
        json!({
            "warn_after": {"count": 12, "period": "hour"},
            "error_after": {"count": 24, "period": "hour"},
            "filter": null
        })
    );
}

#[test]
fn a_selection_of_sources_and_its_exit_code() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    let warns =
        ["source", "freshness", "--select", "source:raw.fresh", "source:raw.older", "-o", "ages.json"];
    sandbox.run(&warns).exits(0).says("PASS    raw.fresh").says("WARN    raw.older");
    assert_eq!(file(&sandbox, "ages.json")["results"].as_array().map(Vec::len), Some(2));
    sandbox
        .run(&["source", "snapshot-freshness", "--select", "source:raw.unchecked"])
        .exits(0)
        .says("nothing to do");
}

#[test]
fn the_catalog_holds_what_the_database_says() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["run"]).exits(0);
    sandbox.run(&["docs", "generate"]).exits(0).says("catalog.json");
    let catalog = file(&sandbox, "target/catalog.json");
    assert_eq!(catalog["metadata"]["dbt_schema_version"], "https://schemas.getdbt.com/dbt/catalog/v1.json");
    let ids = |key: &str| catalog[key].as_object().expect("a mapping").keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids("nodes"), ["model.shop.a", "model.shop.v"]);
    assert!(ids("sources").contains(&"source.shop.raw.unchecked".to_owned()));
    let a = &catalog["nodes"]["model.shop.a"];
    assert_eq!(
        a["metadata"],
        json!({"type": "BASE TABLE", "schema": "main", "name": "a", "database": "buhin", "comment": "the a", "owner": null})
    );
    assert_eq!(a["columns"]["id"], json!({"type": "INTEGER", "index": 1, "name": "id", "comment": "the id"}));
    assert_eq!(a["columns"]["d"]["type"], "DECIMAL(4,2)");
    assert_eq!(a["columns"]["l"]["type"], "INTEGER[]");
    assert_eq!(a["stats"]["has_stats"]["value"], true);
    assert_eq!(a["stats"]["row_count"]["value"], 1);
    assert_eq!(catalog["nodes"]["model.shop.v"]["stats"]["has_stats"]["value"], false, "a view has none");
    assert_eq!(catalog["nodes"]["model.shop.v"]["metadata"]["type"], "VIEW");
    let parts = sandbox.files("target/docs/data/part");
    let has = |(_, bytes): &(String, Vec<u8>)| String::from_utf8_lossy(bytes).contains("\"rows\":1,");
    assert!(parts.iter().any(has), "the page of a part has it, too");
    assert!(
        sandbox.path("target/manifest.json").exists()
            && sandbox.path("target/compiled/shop/models/a.sql").exists()
    );
}

#[test]
fn a_catalog_of_what_is_selected_and_of_nothing() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["run"]).exits(0);
    sandbox.run(&["docs", "generate", "--no-compile", "--select", "a"]).exits(0);
    let catalog = file(&sandbox, "target/catalog.json");
    assert_eq!(catalog["nodes"].as_object().map(serde_json::Map::len), Some(1));
    assert_eq!(catalog["sources"], json!({}));
    let offline = Sandbox::new(&[("models/a.sql", "select 1 as id\n")]).env("BUHIN_DUCKDB_LIB", "/nowhere");
    offline.run(&["docs", "generate", "--empty-catalog"]).exits(0);
    assert_eq!(file(&offline, "target/catalog.json")["nodes"], json!({}));
    assert!(offline.path("target/manifest.json").exists());
    let offline = offline.run(&["docs", "generate"]).exits(0);
    offline.says("warning[B0801]").says("the docs are made without what a database tells of tables");
}
