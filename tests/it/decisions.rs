//! What the planner's decisions come to on the command line and in DuckDB.

use crate::sandbox::{Sandbox, has_duckdb};

/// Merged into its reader, the part would bring that over the limit, whatever the reason was to store it.
#[test]
fn a_part_that_statistics_store_is_fenced_where_nothing_can_be_stored() {
    let sandbox = Sandbox::new(&[]);
    sandbox.write("buhin.yml", "limits: {joins: 3}\nstatistics: statistics\n");
    let success = r#""status": "success", "execution_time": 90.5, "adapter_response": {"rows_affected": 12}"#;
    let results = format!(r#"{{"results": [{{"unique_id": "model.shop.pair", {success}}}]}}"#);
    sandbox.write("statistics/run_results.json", &results);
    let pair = "{{ config(materialized='auto') }} select x.id from raw.x join raw.y using (id)\n";
    sandbox.write("models/pair.sql", pair);
    for reader in ["one", "two"] {
        let text = "select p.id from {{ ref('pair') }} p join raw.z using (id) join raw.w using (id)\n";
        sandbox
            .write(&format!("models/{reader}.sql"), format!("{{{{ config(materialized='table') }}}} {text}"));
    }
    let plan = sandbox.run(&["plan", "--explain", "pair"]).exits(0).stdout;
    assert!(plan.contains("pair becomes: table") && plan.contains("it ran for 90.5 s"), "{plan}");
    let said = sandbox.run(&["compile", "--select", "one", "--standalone"]).exits(0);
    assert!(said.stdout.contains("with pair as materialized ("), "{}", said.stdout);
}

/// Until it is quoted, a name with a blank is two tokens, and was measured as a table with an alias beside the part.
#[test]
fn a_part_whose_name_is_no_word_is_measured_once() {
    let sandbox = Sandbox::new(&[("buhin.yml", "limits: {relations: 2}\n")]);
    sandbox.write(
        "models/月次 売上.sql",
        "{{ config(materialized='auto') }} select a.id from raw.a join raw.b using (id)\n",
    );
    let reader = "select x.id, y.id as other from {{ ref('月次 売上') }} as x cross join {{ ref('月次 売上') }} as y\n";
    sandbox.write("models/part's.sql", format!("{{{{ config(materialized='table') }}}} {reader}"));
    let both = "select id, (select count(*) from {{ ref(\"part's\") }}) as n from {{ ref('月次 売上') }}\n";
    sandbox.write("models/both.sql", format!("{{{{ config(materialized='table') }}}} {both}"));
    let said = sandbox.run(&["plan", "--explain", "月次 売上"]).exits(0);
    assert!(said.stdout.contains("becomes: table") && !said.stderr.contains("B05"), "{said:?}");
}

#[test]
fn show_shows_what_reads_a_temporary_part_after_its_table_is_gone() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[("seeds/codes.csv", "id\n1\n2\n")]);
    sandbox.write(
        "models/gone.sql",
        "{{ config(materialized='temp') }} select id + 40 as id from {{ ref('codes') }}\n",
    );
    sandbox.write(
        "models/inner.sql",
        "{{ config(materialized='ephemeral') }} select id from {{ ref('gone') }}\n",
    );
    sandbox.write(
        "models/kept.sql",
        "{{ config(materialized='table') }} select gone.id as one, i.id as two from {{ ref('gone') }} join {{ ref('inner') }} i using (id)\n",
    );
    sandbox.run(&["build"]).exits(0);
    for part in ["gone", "inner", "kept"] {
        let said = sandbox.run(&["show", "--select", part]).exits(0).stdout;
        assert!(said.contains("41") && said.contains("42"), "{part}: {said}");
    }
    sandbox.run(&["show", "--inline", "select sum(id) as n from {{ ref('gone') }}"]).exits(0).prints("83");
}

/// Trap 39 of docs/traps.md.
#[test]
fn settings_of_the_profile_hold_whatever_a_part_becomes() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[]);
    sandbox.write("dbt_project.yml", "name: shop\nversion: '1'\nprofile: shop\n");
    let output = "{type: duckdb, path: shop.duckdb, threads: 4, settings: {integer_division: true}}";
    sandbox.write("profiles.yml", format!("shop: {{target: dev, outputs: {{dev: {output}}}}}\n"));
    for kind in ["ephemeral", "view", "table", "temp", "auto"] {
        let half = format!("{{{{ config(materialized='{kind}') }}}} select 7 / 2 as v");
        sandbox.write(&format!("models/half_{kind}.sql"), half);
        let reader =
            format!("{{{{ config(materialized='table') }}}} select v from {{{{ ref('half_{kind}') }}}}");
        sandbox.write(&format!("models/read_{kind}.sql"), reader);
    }
    sandbox.run(&["build"]).exits(0);
    for kind in ["ephemeral", "view", "table", "temp", "auto"] {
        let rows =
            sandbox.run(&["show", "--select", &format!("read_{kind}"), "--output", "csv"]).exits(0).stdout;
        assert_eq!(rows, "v\n3\n", "{kind}");
        assert_eq!(sandbox.query("shop.duckdb", &format!("select v from read_{kind}")), [["3"]], "{kind}");
    }
}
