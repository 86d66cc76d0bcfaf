//! `buhin plan --verify`: planned statements asked of DuckDB, without a trace in the target's database.

use crate::sandbox::{Sandbox, has_duckdb};

/// A project on a database file that isn't there yet, with settings of the session.
fn shop(settings: &str, files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new(files);
    sandbox.write("dbt_project.yml", "name: shop\nversion: '1'\nprofile: shop\n");
    let output = format!("{{type: duckdb, path: data/shop.duckdb, settings: {{{settings}}}}}");
    sandbox.write("profiles.yml", format!("shop: {{target: dev, outputs: {{dev: {output}}}}}\n"));
    sandbox
}

/// `c1` to `c25`, each reading the one before it, all inlined but the last.
fn chain(sandbox: &Sandbox) {
    sandbox.write("models/c0.sql", "{{ config(materialized='table') }} select 1 as id, 2 as v");
    for at in 1..=25 {
        let kind = if at == 25 { "table" } else { "ephemeral" };
        let text = format!("select id, v + 1 as v from {{{{ ref('c{}') }}}}", at - 1);
        sandbox
            .write(&format!("models/c{at}.sql"), format!("{{{{ config(materialized='{kind}') }}}} {text}"));
    }
}

#[test]
fn every_kind_of_statement_is_taken_and_nothing_is_written() {
    if !has_duckdb() {
        return;
    }
    let sandbox = shop(
        "",
        &[
            ("seeds/codes.csv", "id,name\n1,壱\n"),
            (
                "models/_all.yml",
                "sources:\n  - name: raw\n    tables:\n      - name: orders\n        columns:\n          \
                 - {name: code, data_type: integer}\n          - {name: seen_at, data_type: timestamp}\n\
                 models:\n  - name: top\n    columns: [{name: id, tests: [unique, not_null]}]\n",
            ),
            (
                "models/base.sql",
                "{{ config(materialized='ephemeral') }} select * from {{ ref('codes') }} -- all",
            ),
            (
                "models/seen.sql",
                "select b.id, o.seen_at from {{ ref('base') }} b join {{ source('raw', 'orders') }} o on o.code = b.id;\n",
            ),
            (
                "models/top.sql",
                "{{ config(materialized='table') }} select id, max(seen_at) as seen_at from {{ ref('kept') }} where dbt_valid_to is null group by id",
            ),
            (
                "models/wide.sql",
                "{{ config(materialized='table') }} select {% for column in adapter.get_columns_in_relation(ref('top')) %}{{ column.name }}, {% endfor %}1 as one from {{ ref('top') }}",
            ),
            ("models/last.sql", "select id, seen_at, one from {{ ref('wide') }}"),
            (
                "snapshots/kept.sql",
                "{% snapshot kept %}{{ config(unique_key='id', strategy='timestamp', updated_at='seen_at') }}\
                 select * from {{ ref('seen') }}{% endsnapshot %}",
            ),
        ],
    );
    let said = sandbox.run(&["plan", "--verify"]).exits(0).stdout;
    assert!(said.contains("7 statements, asked of duckdb: 7 taken, 0 refused, 0 unknown"), "{said}");
    assert!(!sandbox.path("data").exists(), "the database's folder was made");
    let json = sandbox.run(&["plan", "--verify", "--select", "last", "--format", "json"]).exits(0).stdout;
    assert_eq!(json.lines().count(), 5, "what is upstream is asked too, tests are not: {json}");
    assert!(json.lines().all(|line| line.contains(r#""verdict":"taken""#)), "{json}");
}

#[test]
fn of_parts_that_are_too_much_together_one_is_named_that_helps() {
    if !has_duckdb() {
        return;
    }
    let sandbox = shop("max_expression_depth: 20", &[]);
    chain(&sandbox);
    let said = sandbox.run(&["plan", "--verify"]).exits(1);
    assert!(
        said.stdout.contains("2 statements, asked of duckdb: 1 taken, 1 refused, 0 unknown"),
        "{}",
        said.stdout
    );
    let error =
        "error[B0508]: duckdb refuses the statement of `c25`: max expression depth limit of 20 exceeded";
    let said =
        said.says("B0508").says(error).says("models/c25.sql").says("refused if just these are inlined: `c");
    let (_, help) = said.stderr.split_once("help: materialize `").expect("a part that helps");
    let part = help.split('`').next().expect("a name");
    let path = format!("models/{part}.sql");
    sandbox.write(&path, sandbox.read(&path).replace("ephemeral", "table"));
    sandbox.run(&["plan", "--verify"]).exits(0);
}

#[test]
fn a_text_that_is_refused_whatever_is_inlined_is_pointed_at() {
    if !has_duckdb() {
        return;
    }
    let sandbox = shop(
        "",
        &[
            ("models/base.sql", "{{ config(materialized='ephemeral') }}\nselect 1 as id, 2 as amount"),
            (
                "models/middle.sql",
                "{{ config(materialized='ephemeral') }}\nselect id,\n  amuont from {{ ref('base') }}",
            ),
            ("models/one.sql", "{{ config(materialized='table') }}\nselect * from {{ ref('middle') }}"),
            (
                "models/two.sql",
                "{{ config(materialized='table') }}\nselect count(*) as n from {{ ref('middle') }}",
            ),
            ("models/above.sql", "select * from {{ ref('one') }}"),
        ],
    );
    let said = sandbox.run(&["plan", "--verify"]).exits(1);
    assert!(
        said.stdout.contains("3 statements, asked of duckdb: 0 taken, 2 refused, 1 unknown"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("`one`, which it reads, is refused"), "{}", said.stdout);
    let said = said.says("refuses the statement of `middle`").says("models/middle.sql:3:3");
    let said = said.says("it is inlined into `one`").says("did you mean `amount`?");
    assert_eq!(said.stderr.matches("error[B0508]").count(), 1, "one mistake, one error: {}", said.stderr);
}

#[test]
fn columns_of_sources_are_those_of_the_database() {
    if !has_duckdb() {
        return;
    }
    let sandbox = shop(
        "",
        &[
            ("models/_s.yml", "sources: [{name: main, tables: [{name: orders}, {name: gone}]}]\n"),
            ("models/a.sql", "select price * 2 as price from {{ source('main', 'orders') }}"),
            ("models/b.sql", "select * from {{ source('main', 'gone') }}"),
            ("models/c.sql", "select a.price from {{ ref('a') }} a, {{ ref('b') }} b"),
            // What a source reads may be what a seed fills.
            ("seeds/filled.csv", "id,price\n1,2.5\n"),
            ("models/_t.yml", "sources: [{name: seeds, schema: main, tables: [{name: filled}]}]\n"),
            ("models/d.sql", "select price from {{ source('seeds', 'filled') }}"),
        ],
    );
    sandbox.write("data/.keep", "");
    sandbox.query("data/shop.duckdb", "create table orders as select 1.5 as price");
    let before = sandbox.files("data");
    let said = sandbox.run(&["plan", "--verify"]).exits(0).stdout;
    assert!(said.contains("4 statements, asked of duckdb: 2 taken, 0 refused, 2 unknown"), "{said}");
    assert!(said.contains("the columns of source") && said.contains("gone"), "{said}");
    assert_eq!(before, sandbox.files("data"), "the database was written to");
}

#[test]
fn engines_without_a_connection_are_said_to_have_none() {
    let sandbox = shop("", &[("models/a.sql", "select 1 as id")]);
    sandbox.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: bigquery, project: p, dataset: d}}}\n",
    );
    sandbox.run(&["plan", "--verify"]).exits(2).says("error[B0807]");
}
