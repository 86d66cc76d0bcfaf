//! `buhin diff --state`: what has changed since another run of buhin or of dbt, by what that has saved.

use crate::case::Case;
use crate::sandbox::{Said, Sandbox};

/// The project whose manifest dbt has made, as it was then; `prod.json` is the manifest.
fn shop() -> Sandbox {
    let case = Case::parse(include_str!("../review/state/shop.case"));
    let sandbox = Sandbox::empty();
    for (path, bytes) in &case.files {
        sandbox.write(path, bytes);
    }
    sandbox
}

#[track_caller]
fn told(said: &Said, text: &str) {
    assert!(said.stdout.contains(text), "no `{text}`:\n{}\n{}", said.stdout, said.stderr);
}

fn short(sandbox: &Sandbox) -> String {
    sandbox.run(&["diff", "--state", "prod.json", "--format", "short"]).exits(0).stdout.clone()
}

#[test]
fn a_project_is_what_dbt_has_compiled_at_another_target() {
    let sandbox = shop();
    // Of one part the manifest has only the form for a first run, and what a macro makes of the other can't be told.
    insta::assert_snapshot!(short(&sandbox), @r"
    opaque  late  models/late.sql
      the manifest has only one of its forms, for a first run or for later ones
      note: rows that are there already stay as they are; `--full-refresh` builds them anew
    Compared with prod.json: 1 opaque; 9 unchanged.
    ");
    // The same in a folder.
    sandbox.write("prod/manifest.json", sandbox.read("prod.json"));
    told(&sandbox.run(&["diff", "--state", "prod"]).exits(0), "Compared with prod: 1 opaque");
}

#[test]
fn each_change_has_the_verdict_that_it_has_against_git() {
    let sandbox = shop();
    sandbox.write(
        "models/base.sql",
        "{{ config(materialized='view') }}\nselect o.id, o.amount, 'x' as note from {{ source('raw', 'orders') }} as o\n",
    );
    sandbox.write(
        "models/kept.sql",
        "{{ config(materialized='ephemeral') }}\nselect * from {{ ref('base') }} where amount >= 0\n",
    );
    sandbox.write("models/sales.sql", "{{ config(materialized='table') }}\nwith s as (select * from {{ ref('kept') }})\nselect k.id, sum(k.amount) as 売上\nfrom s as k\njoin {{ ref('codes') }} as c on k.id = c.id\ngroup by 1\n");
    sandbox.write("macros/twice.sql", "{% macro twice(x) %}{{ x }} * 3{% endmacro %}\n");
    sandbox.write("models/log.sql", "{{ config(materialized='incremental', unique_key='id') }}\nselect id, amount from {{ ref('base') }}\n{% if is_incremental() %}\nwhere id >= (select max(id) from {{ this }})\n{% endif %}\n");
    sandbox.write("models/fresh.sql", "select 1 as id\n");
    sandbox.write("seeds/codes.csv", "id,name\n1,弐\n");
    insta::assert_snapshot!("state", short(&sandbox));
}

#[test]
fn configs_and_docs_are_compared_as_they_are_written() {
    let sandbox = shop();
    let yaml =
        sandbox.read("models/_models.yml").replace("番号", "番号です").replace("[not_null]", "[unique]");
    sandbox.write("models/_models.yml", yaml.replace("name: 田中", "name: 鈴木"));
    let notes = sandbox.read("models/notes.sql").replace("'memo', tags=['a']", "'memos', tags=['b']");
    sandbox.write("models/notes.sql", notes);
    insta::assert_snapshot!(short(&sandbox), @r#"
    opaque  late  models/late.sql
      the manifest has only one of its forms, for a first run or for later ones
      note: rows that are there already stay as they are; `--full-refresh` builds them anew
    removed  not_null_sales_id  models/_models.yml
    materialization or config  notes  models/notes.sql:1
      is "shop"."ci_memos"."notes" instead of "shop"."prod_memo"."notes"
      documentation: tags
      note: "shop"."prod_memo"."notes" stays as it is until somebody drops it; from now on "shop"."ci_memos"."notes" is written
    added  unique_sales_id  models/_models.yml
    documentation only  sales  models/sales.sql
      documentation: column id
    documentation only  売上ボード  models/_models.yml
      documentation: properties
    Compared with prod.json: 1 opaque, 1 removed, 1 materialization or config, 1 added, 2 documentation only; 5 unchanged.
    "#);
}

#[test]
fn without_compiled_sql_only_plain_templates_are_compared() {
    let sandbox = shop();
    let mut manifest: serde_json::Value = serde_json::from_str(&sandbox.read("prod.json")).expect("json");
    for (_, node) in manifest["nodes"].as_object_mut().expect("nodes") {
        node.as_object_mut().expect("a node").remove("compiled_code");
    }
    sandbox.write("prod.json", manifest.to_string());
    let said = sandbox.run(&["diff", "--state", "prod.json", "--format", "short"]).exits(0);
    assert!(said.stderr.contains("no compiled SQL of 6 parts"), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout, @r"
    opaque  late  models/late.sql
      the manifest has no compiled SQL of it
      note: rows that are there already stay as they are; `--full-refresh` builds them anew
    opaque  notes  models/notes.sql
      the manifest has no compiled SQL of it
    Compared with prod.json: 2 opaque; 8 unchanged.
    ");
    let base = sandbox.read("models/base.sql");
    sandbox.write("models/base.sql", base.replace("select id, amount", "select id,\n  amount"));
    sandbox.write("models/kept.sql", sandbox.read("models/kept.sql").replace("> 0", "< 0"));
    sandbox.write("models/log.sql", sandbox.read("models/log.sql").replace("id >", "id <"));
    insta::assert_snapshot!(short(&sandbox), @r"
    opaque  late  models/late.sql
      the manifest has no compiled SQL of it
      note: rows that are there already stay as they are; `--full-refresh` builds them anew
    opaque  log  models/log.sql:4
      the manifest has no compiled SQL of it
      note: rows that are there already stay as they are; `--full-refresh` builds them anew
    opaque  notes  models/notes.sql
      the manifest has no compiled SQL of it
    changed rows  kept  models/kept.sql:2
      filter
      reaches sales
      tested by not_null_sales_id
      read by 売上ボード of 田中
    cosmetic  base  models/base.sql:2
    Compared with prod.json: 3 opaque, 1 changed rows, 1 cosmetic; 5 unchanged.
    ");
}

#[test]
fn what_can_not_be_compared_with_is_one_error() {
    let sandbox = shop();
    let refused = |path: &str, words: &str| {
        let said = sandbox.run(&["diff", "--state", path]).exits(2);
        assert_eq!(said.stderr.matches("error[").count(), 1, "{}", said.stderr);
        assert!(said.stderr.contains("B0904") && said.stderr.contains(words), "{}", said.stderr);
    };
    refused("nowhere", "there is no folder `nowhere`");
    refused("nowhere.json", "there is no file `nowhere.json`");
    refused("models", "`models` has no manifest.json");
    for (text, words) in [
        ("{", "is not well-formed JSON"),
        ("[]", "does not say which version"),
        (
            r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v2.json"}}"#,
            "v2.json",
        ),
    ] {
        sandbox.write("bad.json", text);
        refused("bad.json", words);
    }
    let manifest = sandbox.read("prod.json");
    for (from, to, words) in [
        (r#""project_name": "shop""#, r#""project_name": "other""#, "of the project `other`"),
        (r#""adapter_type": "duckdb""#, r#""adapter_type": "postgres""#, "is of `postgres`"),
        (r#""nodes": {"#, r#""nodes": 1, "gone": {"#, "has no `nodes`"),
    ] {
        sandbox.write("bad.json", manifest.replacen(from, to, 1));
        refused("bad.json", words);
    }
    // Entries of odd shapes are passed over, never a panic.
    let mut odd: serde_json::Value = serde_json::from_str(&manifest).expect("json");
    for (_, node) in odd["nodes"].as_object_mut().expect("nodes") {
        node["depends_on"] = serde_json::json!({"nodes": ["model.shop.log", 1, "model.shop.late"]});
        node["columns"] = serde_json::json!([1]);
        node["relation_name"] = serde_json::json!("a.b.c.d");
    }
    odd["nodes"]["model.shop.base"] = serde_json::json!(1);
    sandbox.write("odd.json", odd.to_string());
    sandbox.run(&["diff", "--state", "odd.json"]).exits(0);
}

#[test]
fn a_saved_target_folder_of_buhin_serves() {
    let sandbox = shop();
    sandbox.run(&["compile", "--target-path", "saved"]).exits(0);
    told(&sandbox.run(&["diff", "--state", "saved"]).exits(0), "Compared with saved: 1 opaque");
    sandbox.write("models/kept.sql", sandbox.read("models/kept.sql").replace("> 0", ">= 0"));
    let said = sandbox.run(&["diff", "--state", "saved", "--exit-code"]).exits(1);
    told(&said, "changed rows  kept");
    told(&said, "reaches sales");
    let json = sandbox.path("d.json").display().to_string();
    sandbox.run(&["diff", "--state", "saved", "-o", &json]).exits(0);
    let report: serde_json::Value = serde_json::from_str(&sandbox.read("d.json")).expect("json");
    assert_eq!(report["base"], serde_json::json!({"name": "saved", "commit": null, "is_merge_base": false}));
}
