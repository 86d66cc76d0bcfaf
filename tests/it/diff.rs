//! `buhin diff`: what a change of a project really does.

use std::process::Command;

use crate::sandbox::{Said, Sandbox};

const SHOP: &[(&str, &str)] = &[
    (
        "models/base.sql",
        "{{ config(materialized='table') }}\nselect 1 as id, 2 as amount, 'x' as note -- 金額\n",
    ),
    (
        "models/sales.sql",
        "{{ config(materialized='table') }}\nselect id, sum(amount) as 売上\nfrom {{ ref('base') }}\nwhere amount > 0 and id < 9\ngroup by id\n",
    ),
    ("models/notes.sql", "{{ config(materialized='view') }}\nselect note from {{ ref('base') }}\n"),
    (
        "models/top.sql",
        "{{ config(materialized='table') }}\nselect max(売上) as top from {{ ref('sales') }}\n",
    ),
    (
        "models/shop.yml",
        "models:\n  - name: sales\n    columns:\n      - name: id\n        data_tests: [not_null]\n      - name: 売上\n        data_tests: [not_null]\nexposures:\n  - name: 売上ボード\n    type: dashboard\n    owner: {name: 田中}\n    depends_on: [ref('top')]\n",
    ),
];

/// A project in a repository, with everything committed.
fn committed(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new(files);
    sandbox.write(".gitignore", "target/\n");
    git(&sandbox, &["init", "-q", "-b", "main"]);
    commit(&sandbox);
    sandbox
}

fn commit(sandbox: &Sandbox) {
    git(sandbox, &["add", "-A"]);
    git(sandbox, &["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "x"]);
}

fn git(sandbox: &Sandbox, args: &[&str]) {
    let done = Command::new("git").arg("-C").arg(sandbox.path("")).args(args).output().expect("git runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn nothing_differs() {
    let sandbox = committed(SHOP);
    told(&sandbox.run(&["diff"]).exits(0), "Nothing differs from what it shares with main");
    sandbox.run(&["diff", "HEAD", "--exit-code"]).exits(0);
}

#[test]
fn each_kind_of_change_has_its_verdict_and_its_reach() {
    let sandbox = committed(SHOP);
    // Cosmetic: a comment and an alias. Equivalent: conditions in another order. Config. Rows, with their readers.
    sandbox.write(
        "models/notes.sql",
        "{{ config(materialized='table') }}\nselect b.note\nfrom {{ ref('base') }} as b -- メモ\n",
    );
    sandbox.write(
        "models/sales.sql",
        "{{ config(materialized='table') }}\nselect id, sum(amount) as 売上\nfrom {{ ref('base') }}\nwhere id < 9 and amount >= 0\ngroup by 1\n",
    );
    sandbox.write("models/top.sql", "{{ config(materialized='table') }}\nwith s as (\n  select * from {{ ref('sales') }}\n)\nselect max(s.売上) as top from s\n");
    let said = sandbox.run(&["diff"]).exits(0);
    insta::assert_snapshot!("verdicts", masked(&said.stdout));
    sandbox.run(&["diff", "--exit-code"]).exits(1);
    told(&sandbox.run(&["diff", "-s", "top", "--exit-code"]).exits(0), "equivalent  top");
    let said = sandbox.run(&["diff", "--format", "markdown"]).exits(0);
    insta::assert_snapshot!("markdown", masked(&said.stdout));
    sandbox.run(&["diff", "--format", "github"]).exits(0).says("B1105").says("models/sales.sql");
}

#[test]
fn a_part_that_was_split_is_what_it_was() {
    let sandbox = committed(SHOP);
    sandbox.write(
        "models/kept.sql",
        "{{ config(materialized='ephemeral') }}\nselect * from {{ ref('base') }}\nwhere id < 9\n",
    );
    sandbox.write(
        "models/sales.sql",
        "{{ config(materialized='table') }}\nselect id, sum(amount) as 売上\nfrom {{ ref('kept') }} as kept\nwhere kept.amount > 0\ngroup by id\n",
    );
    let said = sandbox.run(&["diff"]).exits(0);
    told(&said, "equivalent  sales");
    told(&said, "with kept put in");
    told(&said, "added  kept");
}

#[test]
fn a_column_that_is_gone_and_still_read_is_an_error_where_it_is_read() {
    let sandbox = committed(SHOP);
    sandbox.write(
        "models/base.sql",
        "{{ config(materialized='table') }}\nselect 1 as id, 2 as amount_jpy, 'x' as note -- 金額\n",
    );
    let said = sandbox.run(&["diff"]).exits(1).says("models/sales.sql");
    told(&said, "`amount_jpy` was `amount`");
    told(&said, "reaches sales (id, 売上)");
    // What reads nothing of it is only counted.
    assert!(!said.stdout.contains("notes"), "{}", said.stdout);
}

#[test]
fn parts_come_go_and_are_renamed() {
    let sandbox = committed(SHOP);
    std::fs::rename(sandbox.path("models/notes.sql"), sandbox.path("models/memo.sql")).expect("renamed");
    sandbox.write("models/new.sql", "{{ config(materialized='view') }}\nselect 1 as one\n");
    std::fs::remove_file(sandbox.path("models/top.sql")).expect("removed");
    sandbox.write("models/shop.yml", "models: []\n");
    let said = sandbox.run(&["diff", "--format", "short"]).exits(0);
    insta::assert_snapshot!("presence", masked(&said.stdout));
}

#[test]
fn columns_of_what_is_read_are_known_by_their_names() {
    let part = |sql: &str| format!("{{{{ config(materialized='table') }}}}\n{sql}\n");
    let sandbox = committed(&[
        ("models/base.sql", &part("select 1 as a, 2 as b")),
        ("models/reader.sql", &part("select a as x from {{ ref('base') }}")),
    ]);
    let verdict = |base: &str, reader: &str| {
        sandbox.write("models/base.sql", part(base));
        sandbox.write("models/reader.sql", part(reader));
        let said = sandbox.run(&["diff", "HEAD", "--format", "short"]);
        said.stdout
            .lines()
            .filter(|line| !line.ends_with("base.sql:2") && !line.starts_with("  `"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    // Another column, though it stands where the former one stood.
    let swapped = verdict("select 2 as b, 1 as a", "select b as x from {{ ref('base') }}");
    assert!(swapped.contains("changed columns  reader"), "{swapped}");
    let other = verdict("select 7 as c, 2 as b", "select c as x from {{ ref('base') }}");
    assert!(other.contains("changed columns  reader"), "{other}");
    // The same column, though it stands elsewhere.
    let moved = verdict("select 2 as b, 1 as a", "select o.a as x from {{ ref('base') }} as o");
    assert!(moved.contains("cosmetic  reader"), "{moved}");
    // A renamed column is the same one under its new name.
    let renamed = verdict("select 1 as c, 2 as b", "select c as x from {{ ref('base') }}");
    assert!(renamed.contains("equivalent  reader"), "{renamed}");
    assert!(renamed.contains("goes with the new names of columns of base"), "{renamed}");
    let taken = verdict("select 1 as c, 2 as a", "select c as x from {{ ref('base') }}");
    assert!(taken.contains("changed columns  reader"), "{taken}");
}

#[test]
fn tests_of_a_renamed_column_are_the_tests_that_they_were() {
    let part = |column: &str| {
        format!("{{{{ config(materialized='table') }}}}\nselect 1 as {column}, 2 as other, 3 as third\n")
    };
    let properties = |column: &str| {
        let tests = "[not_null, unique, {accepted_values: {values: [1]}}, {relationships: {to: ref('to'), field: id}}]";
        let of_other = "{name: other, data_tests: [not_null]}";
        format!(
            "models:\n  - name: base\n    columns: [{{name: {column}, data_tests: {tests}}}, {of_other}]\n"
        )
    };
    let to = ("models/to.sql", "{{ config(materialized='table') }}\nselect 1 as id\n");
    let sandbox = committed(&[("models/base.sql", &part("a")), to, ("models/base.yml", &properties("a"))]);
    sandbox.write("models/base.sql", part("b"));
    sandbox.write("models/base.yml", properties("b"));
    let said = sandbox.run(&["diff", "--format", "short"]).exits(0);
    insta::assert_snapshot!("renamed_tests", masked(&said.stdout));
    // A test of another column is another test, and so is one with other arguments.
    sandbox.write("models/base.yml", properties("third"));
    let said = sandbox.run(&["diff", "HEAD", "--format", "short"]).exits(0);
    told(&said, "added  not_null_base_third");
    told(&said, "removed  not_null_base_a");
    sandbox.write("models/base.yml", properties("b").replace("values: [1]", "values: [2]"));
    let said = sandbox.run(&["diff", "HEAD", "--format", "short"]).exits(0);
    told(&said, "added  accepted_values_base_b__2");
    told(&said, "renamed  not_null_base_b");
}

#[test]
fn what_follows_for_the_warehouse_is_said() {
    let sandbox = committed(&[
        ("models/log.sql", "{{ config(materialized='incremental') }}\nselect 1 as id\n"),
        ("models/fact.sql", "{{ config(materialized='incremental') }}\nselect 1 as id\n"),
        ("models/old.sql", "{{ config(materialized='table') }}\nselect 1 as id\n"),
    ]);
    sandbox.write("models/log.sql", "{{ config(materialized='table') }}\nselect 1 as id\n");
    sandbox.write("models/fact.sql", "{{ config(materialized='incremental') }}\nselect 2 as id\n");
    sandbox.write("models/old.sql", "{{ config(materialized='table', alias='older') }}\nselect 1 as id\n");
    let said = sandbox.run(&["diff", "--format", "short"]).exits(0);
    insta::assert_snapshot!("consequences", masked(&said.stdout));
}

#[test]
fn the_statements_that_will_run_are_shown() {
    let part = |kind: &str| format!("{{{{ config(materialized='{kind}') }}}}\nselect 1 as id\n");
    let kinds = [
        ("shown", "view", "table"),
        ("stored", "table", "view"),
        ("log", "incremental", "table"),
        ("grows", "view", "incremental"),
        ("inner", "table", "ephemeral"),
    ];
    let files: Vec<(String, String)> =
        kinds.iter().map(|(name, was, _)| (format!("models/{name}.sql"), part(was))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let sandbox = committed(&files);
    for (name, _, is) in kinds {
        sandbox.write(&format!("models/{name}.sql"), part(is));
    }
    let said = sandbox.run(&["diff"]).exits(0);
    insta::assert_snapshot!("ddl", masked(&said.stdout));
    let (md, html, json) = (sandbox.path("d.md"), sandbox.path("d.html"), sandbox.path("d.json"));
    let path = |path: &std::path::Path| path.display().to_string();
    sandbox.run(&["diff", "-o", &path(&md), "-o", &path(&html), "-o", &path(&json)]).exits(0);
    assert!(sandbox.read("d.md").contains("what the next run does:\n\n```sql\n"));
    assert!(sandbox.read("d.html").contains("<p>what the next run does:</p>\n<pre>"));
    let report: serde_json::Value = serde_json::from_str(&sandbox.read("d.json")).expect("json");
    let changes = report["changes"].as_array().expect("a list");
    let of = |name: &str| changes.iter().find(|it| it["name"] == name).expect("it differs");
    assert_eq!((&of("log")["loses_data"], &of("shown")["loses_data"]), (&true.into(), &false.into()));
    assert_eq!(of("inner")["ddl"], serde_json::json!([]));

    sandbox.run(&["diff", "HEAD"]).exits(0);
    commit(&sandbox);
    sandbox.write("models/grows.sql", part("incremental").replace("tal'", "tal', unique_key='id'"));
    let said = sandbox.run(&["diff", "HEAD"]).exits(0);
    told(&said, "what a run with `--full-refresh` does:");
}

#[test]
fn python_is_opaque_if_it_differs() {
    let python = "def model(dbt, session):\n    return session.sql('select 1 as id')\n";
    let sandbox = committed(&[("models/p.py", python)]);
    told(&sandbox.run(&["diff", "HEAD"]).exits(0), "Nothing differs");
    sandbox.write("models/p.py", python.replace("1 as", "2 as"));
    told(&sandbox.run(&["diff", "HEAD"]).exits(0), "it is written in Python");
}

#[test]
fn what_this_target_does_not_render_is_looked_at() {
    let sandbox = committed(&[
        (
            "models/log.sql",
            "{{ config(materialized='incremental') }}\nselect 1 as id\n{% if is_incremental() %}\nwhere 1 > (select max(id) from {{ this }})\n{% endif %}\n",
        ),
        ("models/prod.sql", "select 1 as id\n{% if target.name == 'prod' %}\nwhere 1 = 2\n{% endif %}\n"),
        ("models/note.sql", "{# a #}\nselect 1 as id\n"),
    ]);
    sandbox.write("models/log.sql", "{{ config(materialized='incremental') }}\nselect 1 as id\n{% if is_incremental() %}\nwhere 1 >= (select max(id) from {{ this }})\n{% endif %}\n");
    sandbox.write(
        "models/prod.sql",
        "select 1 as id\n{% if target.name == 'prod' %}\nwhere 1 = 3\n{% endif %}\n",
    );
    sandbox.write("models/note.sql", "{# b #}\nselect 1 as id\n");
    let said = sandbox.run(&["diff", "--format", "short"]).exits(0);
    insta::assert_snapshot!("hidden", masked(&said.stdout));
}

#[test]
fn trials_find_rows_on_which_a_part_differs() {
    if !crate::sandbox::has_duckdb() {
        return;
    }
    let sandbox = committed(SHOP);
    sandbox.write(
        "models/sales.sql",
        "{{ config(materialized='table') }}\nselect id, sum(amount) as 売上\nfrom {{ ref('base') }}\nwhere amount >= 0 and id < 9\ngroup by id\n",
    );
    let said = sandbox.run(&["diff", "--prove", "--seed", "7"]).exits(0);
    told(&said, "a counterexample in trial");
    told(&said, "(seed 7)");
    let again = sandbox.run(&["diff", "--prove", "--seed", "7"]).exits(0);
    assert_eq!(said.stdout, again.stdout, "the same seed makes the same tables");
    sandbox.run(&["diff", "--seed", "7"]).exits(2);
}

#[test]
fn trials_have_the_columns_of_both_sides() {
    if !crate::sandbox::has_duckdb() {
        return;
    }
    let part = |sql: &str| format!("{{{{ config(materialized='table') }}}}\n{sql}\n");
    let sandbox = committed(&[
        ("models/base.sql", &part("select 1 as id, 2 as gone")),
        ("models/reader.sql", &part("select id from {{ ref('base') }} where gone > 0")),
    ]);
    sandbox.write("models/base.sql", part("select 1 as id"));
    sandbox.write("models/reader.sql", part("select id from {{ ref('base') }} where id > 3"));
    let said = sandbox.run(&["diff", "-s", "reader", "--prove"]).exits(0);
    told(&said, "a counterexample in trial");
    assert!(!said.stdout.contains("query fails"), "{}", said.stdout);
}

#[test]
fn trials_are_of_later_runs_where_only_those_differ() {
    if !crate::sandbox::has_duckdb() {
        return;
    }
    let part = |sign: &str| {
        format!(
            "{{{{ config(materialized='incremental') }}}}\nselect id from {{{{ ref('base') }}}}\n{{% if is_incremental() %}}\nwhere id {sign} (select max(id) from {{{{ this }}}})\n{{% endif %}}\n"
        )
    };
    let base = ("models/base.sql", "{{ config(materialized='table') }}\nselect 1 as id\n");
    let sandbox = committed(&[base, ("models/log.sql", &part(">"))]);
    sandbox.write("models/log.sql", part(">="));
    told(&sandbox.run(&["diff", "--prove"]).exits(0), "a counterexample in trial");
}

#[test]
fn a_test_with_a_condition_says_nothing_of_all_rows() {
    if !crate::sandbox::has_duckdb() {
        return;
    }
    let properties = |config: &str| {
        format!(
            "models:\n  - name: base\n    columns:\n      - name: id\n        data_tests: [{{not_null: {{config: {config}}}}}]\n"
        )
    };
    let part = |sql: &str| format!("{{{{ config(materialized='table') }}}}\n{sql}\n");
    let sandbox = committed(&[
        ("models/base.sql", &part("select * from (values (1)) as v(id)")),
        ("models/reader.sql", &part("select id from {{ ref('base') }}")),
        ("models/base.yml", &properties("{where: 'id > 0'}")),
    ]);
    sandbox.write("models/reader.sql", part("select id from {{ ref('base') }} where id is not null"));
    told(&sandbox.run(&["diff", "--prove"]).exits(0), "a counterexample in trial");
    sandbox.write("models/base.yml", properties("{}"));
    told(&sandbox.run(&["diff", "--prove", "-s", "reader"]).exits(0), "no difference in");
}

#[test]
fn a_macro_shows_in_every_part_that_calls_it() {
    let sandbox = committed(&[
        ("macros/m.sql", "{% macro total(x) %}sum({{ x }}){% endmacro %}\n"),
        ("models/a.sql", "select {{ total('x') }} as t from (select 1 as x) as s\n"),
        ("models/b.sql", "select 1 as x\n"),
    ]);
    sandbox.write("macros/m.sql", "{% macro total(x) %}max({{ x }}){% endmacro %}\n");
    let said = sandbox.run(&["diff", "--format", "json"]).exits(0);
    let entry: serde_json::Value = serde_json::from_str(said.stdout.trim()).expect("one object");
    assert_eq!((entry["name"].as_str(), entry["verdict"].as_str()), (Some("a"), Some("changed columns")));
    assert_eq!(entry["columns"][0]["name"], "t");
    assert_eq!(entry["hunks"][0]["new"][0], "select max(x) as t from (select 1 as x) as s");
}

#[test]
fn reports_are_written_in_the_form_of_their_ending() {
    let sandbox = committed(SHOP);
    sandbox.write(
        "models/notes.sql",
        "{{ config(materialized='view') }}\nselect note from {{ ref('base') }} where id = 1 -- <script>\n",
    );
    let path = |name: &str| sandbox.path(name).display().to_string();
    let (md, html, json, sarif) = (path("d.md"), path("d.html"), path("d.json"), path("d.sarif"));
    sandbox.run(&["diff", "-o", &md, "-o", &html, "-o", &json, "-o", &sarif]).exits(0);
    assert!(sandbox.read("d.md").starts_with("<!-- buhin diff -->\n"));
    assert!(!sandbox.read("d.html").contains("<script>"), "what authors write is text");
    let report: serde_json::Value = serde_json::from_str(&sandbox.read("d.json")).expect("json");
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/schemas/diff.json")).expect("a schema");
    let told: Vec<&String> =
        schema["$defs"]["change"]["properties"].as_object().expect("keys").keys().collect();
    let has: Vec<&String> = report["changes"][0].as_object().expect("keys").keys().collect();
    assert_eq!(has, told, "the schema tells of every key");
    let log: serde_json::Value = serde_json::from_str(&sandbox.read("d.sarif")).expect("json");
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "changed-rows");
    sandbox.run(&["diff", "-o", "report.txt"]).exits(2).says("B0901");
}

#[test]
fn a_base_that_is_not_there_is_said() {
    let sandbox = committed(SHOP);
    sandbox.run(&["diff", "relase-1"]).exits(2).says("B1106").says("git knows no revision `relase-1`");
    sandbox.run(&["diff", "--", "-x"]).exits(2).says("B1106");
    let bare = Sandbox::new(SHOP);
    bare.run(&["diff"]).exits(2).says("B1106");
}

#[test]
fn a_long_report_stays_within_what_a_comment_takes() {
    let models: Vec<(String, String)> = (0..300)
        .map(|at| {
            (format!("models/m{at}.sql"), format!("select {at} as id, '{}' as text\n", "長".repeat(200)))
        })
        .collect();
    let files: Vec<(&str, &str)> = models.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let sandbox = committed(&files);
    for (path, text) in &models {
        sandbox.write(path, text.replace("select ", "select distinct "));
    }
    let said = sandbox.run(&["diff", "--format", "markdown"]).exits(0);
    assert!(said.stdout.chars().count() < 65_536, "{}", said.stdout.chars().count());
    assert!(said.stdout.contains("more parts differ"));
}

fn told(said: &Said, text: &str) {
    assert!(said.stdout.contains(text), "no `{text}`:\n{}\n{}", said.stdout, said.stderr);
}

/// Commits and the names of folders differ from run to run.
fn masked(text: &str) -> String {
    let commit = regex::Regex::new(r"\([0-9a-f]{9}\)").expect("a pattern");
    commit.replace_all(text, "(COMMIT)").into_owned()
}
