//! Another run's artifacts: selection by state, deferral, and what becomes of warnings.

use crate::sandbox::Sandbox;

const SHOP: &[(&str, &str)] = &[
    ("models/base.sql", "select 1 as id\n"),
    (
        "models/top.sql",
        "{{ config(materialized='table') }}\nselect {{ twice('id') }} as id from {{ ref('base') }}\n",
    ),
    ("models/apart.sql", "select 2 as id\n"),
    ("models/_models.yml", "models:\n  - name: top\n    columns: [{name: id, tests: [unique]}]\n"),
    ("macros/twice.sql", "{% macro twice(x) %}{{ thrice(x) }}{% endmacro %}\n"),
    ("macros/thrice.sql", "{% macro thrice(x) %}{{ x }} * 2{% endmacro %}\n"),
    ("seeds/codes.csv", "id,name\n1,壱\n"),
];

/// The shop, with its artifacts of before in `prod`.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new(SHOP);
    sandbox.run(&["parse", "--target-path", "prod"]).exits(0);
    sandbox
}

#[track_caller]
fn listed(sandbox: &Sandbox, selection: &str) -> String {
    let done = sandbox.run(&["ls", "-q", "--output", "name", "--state", "prod", "--select", selection]);
    done.exits(0).stdout.lines().collect::<Vec<_>>().join(" ")
}

#[test]
fn nothing_is_modified_at_first() {
    let sandbox = shop();
    assert_eq!(listed(&sandbox, "state:modified state:new"), "");
    assert_eq!(listed(&sandbox, "state:unmodified"), "apart base top codes unique_top_id");
    assert_eq!(listed(&sandbox, "state:old,resource_type:model"), "apart base top unique_top_id");
}

#[test]
fn each_kind_of_change_is_told_from_the_others() {
    let sandbox = shop();
    sandbox.write("models/base.sql", "select 3 as id\n");
    sandbox.write("models/apart.sql", "{{ config(materialized='table') }}select 2 as id\n");
    sandbox.write("models/fresh.sql", "select 4 as id\n");
    sandbox.write("macros/thrice.sql", "{% macro thrice(x) %}{{ x }} * 3{% endmacro %}\n");
    sandbox.write("seeds/codes.csv", "id,name\n1,弐\n");
    assert_eq!(listed(&sandbox, "state:new"), "fresh");
    assert_eq!(listed(&sandbox, "state:modified.body"), "apart base fresh codes");
    assert_eq!(listed(&sandbox, "state:modified.configs"), "apart fresh");
    assert_eq!(listed(&sandbox, "state:modified.relation"), "fresh");
    // Through a macro that the part's own macro calls.
    assert_eq!(listed(&sandbox, "state:modified.macros"), "top unique_top_id");
    assert_eq!(listed(&sandbox, "state:modified,resource_type:model"), "apart base fresh top unique_top_id");
}

#[test]
fn a_manifest_is_compared_by_what_it_says() {
    let sandbox = shop();
    let manifest = sandbox.read("prod/manifest.json");
    // What the target leads to is no change; a source of dbt's own names would differ in just that.
    sandbox.write("prod/manifest.json", manifest.replace("\"schema\":\"main\"", "\"schema\":\"prod\""));
    assert_eq!(listed(&sandbox, "state:modified"), "");
    sandbox.write("prod/manifest.json", manifest.replace("manifest/v12.json", "manifest/v99.json"));
    let select = ["ls", "--select", "state:new", "--state", "prod"];
    sandbox.run(&select).exits(2).says("B0904").says("v99");
    sandbox.write("prod/manifest.json", "{");
    sandbox.run(&select).exits(2).says("B0904").says("not well-formed");
    sandbox
        .run(&["ls", "--select", "state:new", "--state", "nowhere"])
        .exits(2)
        .says("B0904")
        .says("nowhere");
    sandbox.run(&["ls", "--select", "state:new"]).exits(2).says("B0405").says("--state");
}

#[test]
fn what_the_target_and_variables_decide_is_no_change() {
    let sandbox = shop();
    sandbox.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: duckdb}, prod: {type: duckdb, schema: x}}}\n",
    );
    sandbox.write("dbt_project.yml", "name: shop\nversion: '1'\nprofile: shop\nvars: {kind: view}\nmodels: {shop: {+schema: \"{{ target.name }}\"}}\n");
    let config = "{{ config(materialized=var('kind'), tags=[target.name], schema='x' if target.name == 'prod' else none) }}";
    sandbox.write("models/base.sql", format!("{config}select {{{{ var('n', 1) }}}} as id\n"));
    let parse = ["parse", "--target", "prod", "--vars", "{kind: table, n: 2}", "--target-path", "prod"];
    sandbox.run(&parse).exits(0);
    assert_eq!(listed(&sandbox, "state:modified"), "");
    sandbox
        .write("models/base.sql", format!("{}select 1 as id\n", config.replace("'kind'", "'kinds', 'view'")));
    assert_eq!(listed(&sandbox, "state:modified.configs"), "base");
}

#[test]
fn a_large_seed_is_compared_by_its_rows() {
    let sandbox = shop();
    let mut rows = String::from("id,name\n");
    for id in 0..120_000 {
        rows.push_str(&format!("{id},ある\n"));
    }
    assert!(rows.len() > 1 << 20, "dbt compares such seeds by their path alone");
    sandbox.write("seeds/codes.csv", &rows);
    sandbox.run(&["parse", "--target-path", "prod"]).exits(0);
    assert_eq!(listed(&sandbox, "state:modified"), "");
    sandbox.write("seeds/codes.csv", rows.replace("7,ある", "7,いる"));
    assert_eq!(listed(&sandbox, "state:modified.body"), "codes");
}

#[test]
fn slips_and_missing_files_are_told() {
    let sandbox = shop();
    let ls = |select: &str| sandbox.run(&["ls", "--state", "prod", "--select", select]);
    ls("state:modifed").exits(2).says("did you mean `modified`");
    ls("result:error").exits(2).says("run_results.json");
    ls("source_status:fresher").exits(2).says("sources.json");
}

#[test]
fn results_of_another_run_select() {
    let sandbox = shop();
    let results = r#"{"results": [{"unique_id": "model.shop.base", "status": "error"},
        {"unique_id": "model.shop.top", "status": "skipped"}]}"#;
    sandbox.write("prod/run_results.json", results);
    assert_eq!(listed(&sandbox, "result:error"), "base");
    assert_eq!(listed(&sandbox, "result:error+ result:skipped"), "base top unique_top_id");
    assert_eq!(listed(&sandbox, "result:success"), "");
}

#[test]
fn refs_are_deferred_to_what_another_run_has_built() {
    let sandbox = shop();
    let manifest = sandbox.read("prod/manifest.json");
    sandbox.write("prod/manifest.json", manifest.replace("\"schema\":\"main\"", "\"schema\":\"prod\""));
    let compile = |more: &[&str]| {
        let args = [&["compile", "-q", "--select", "top"], more].concat();
        sandbox.run(&args)
    };
    assert!(compile(&[]).exits(0).stdout.contains("\"main\".\"base\""));
    let deferred = compile(&["--defer", "--state", "prod"]).exits(0).stdout;
    assert!(deferred.contains("\"prod\".\"base\""), "{deferred}");
    assert!(compile(&["--defer", "--defer-state", "prod"]).exits(0).stdout.contains("\"prod\".\"base\""));
    compile(&["--defer"]).exits(2).says("B0904").says("--state");
}

#[test]
fn warnings_become_errors_when_asked() {
    let sandbox = shop();
    let ls = |more: &[&str]| {
        let args = [&["ls", "--select", "nothing_of_this_name"], more].concat();
        sandbox.run(&args)
    };
    ls(&[]).exits(0).says("warning[B0406]");
    ls(&["--warn-error"]).exits(1).says("error[B0406]");
    ls(&["--warn-error-options", "{error: [NoNodesForSelectionCriteria]}"]).exits(1).says("error[B0406]");
    ls(&["--warn-error-options", "{error: all, warn: [nothing-selected]}"]).exits(0).says("warning[B0406]");
    let silenced = ls(&["--warn-error-options", "{silence: [B0406]}"]).exits(0);
    assert!(!silenced.stderr.contains("B0406"), "{}", silenced.stderr);
    ls(&["--warn-error-options", "{error: [NoNodeSelected]}"])
        .exits(2)
        .says("did you mean `NoNodesSelected`");
    let project = sandbox.read("dbt_project.yml");
    sandbox.write("dbt_project.yml", format!("{project}\nflags: {{warn_error_options: {{error: all}}}}\n"));
    ls(&[]).exits(1).says("error[B0406]");
}

#[test]
fn flags_of_dbt_do_no_harm() {
    let sandbox = shop();
    let line =
        "--no-partial-parse --no-use-colors ls --log-format text --no-version-check --log-level debug -q";
    let words: Vec<&str> = line.split(' ').collect();
    let plain = sandbox.run(&["ls", "-q"]).exits(0).stdout;
    assert_eq!(sandbox.run(&words).exits(0).stdout, plain);
}

#[test]
fn ls_knows_models_and_selected_keys() {
    let sandbox = shop();
    let models = sandbox.run(&["ls", "-q", "--models", "top"]).exits(0).stdout;
    assert_eq!(models.lines().count(), 1, "only the part, without its tests: {models}");
    let keys = ["--output", "json", "--output-keys", "name config.materialized nothing"];
    let json = sandbox.run(&[&["ls", "-q", "--models", "top"], &keys[..]].concat()).exits(0).stdout;
    assert_eq!(json.trim(), r#"{"name": "top", "config.materialized": "table"}"#);
}
