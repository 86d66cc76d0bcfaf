//! Answers of the warehouse: recorded, replayed, switched off.

use crate::sandbox::{Sandbox, has_duckdb};

const PIVOT: &str = "\
{% set kinds = run_query('select distinct kind from ' ~ ref('payments') ~ ' order by 1') if execute else [] %}
select order_id
{%- for row in kinds %},
  sum(case when kind = '{{ row[0] }}' then amount end) as {{ row[0] }}
{%- endfor %}
from {{ ref('payments') }}
group by 1
";

const ASKS: &str = "\
select '{{ adapter.get_columns_in_relation(ref('payments')) | map(attribute='dtype') | join(' ') }}' as columns,
  '{{ adapter.get_relation(this.database, this.schema, 'PAYMENTS').identifier }}' as found,
  '{{ adapter.get_relation(this.database, this.schema, 'nobody') }}' as missing,
  '{{ run_query('select 3.30::decimal(5,2) as d, date \\'2020-01-31\\' as at').rows[0] | string | replace('\\'', '') if execute }}' as typed
";

fn sandbox() -> Sandbox {
    Sandbox::new(&[
        (
            "models/payments.sql",
            "{{ config(materialized='table') }}\n\
             select 1 as order_id, 'card' as kind, 1.50 as amount union all select 1, 'coin', 2.50\n",
        ),
        ("models/pivot.sql", PIVOT),
        ("models/asks.sql", ASKS),
        (
            "models/inc.sql",
            "{{ config(materialized='incremental') }}\nselect 1 as n{% if is_incremental() %} where false{% endif %}\n",
        ),
    ])
}

fn compiled(sandbox: &Sandbox) -> Vec<(String, Vec<u8>)> {
    sandbox.files("target/compiled")
}

#[test]
fn what_is_replayed_is_what_was_recorded() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["build"]).exits(0);
    sandbox.run(&["compile", "--record"]).exits(0).says("recorded ");
    let (live, record) = (compiled(&sandbox), sandbox.read("buhin.answers.yml"));
    let pivot = sandbox.read("target/compiled/shop/models/pivot.sql");
    assert!(pivot.contains("as card,") && pivot.contains("as coin"), "{pivot}");
    assert!(record.contains("    rows:\n      - [\"card\"]\n      - [\"coin\"]\n"), "{record}");
    assert!(record.contains("  \"buhin.main.nobody\": null\n"), "{record}");
    assert!(!record.contains(&*sandbox.folder().to_string_lossy()), "{record}");
    sandbox.run(&["compile", "--record"]).exits(0);
    assert_eq!(sandbox.read("buhin.answers.yml"), record, "the same answers, the same bytes");

    std::fs::remove_dir_all(sandbox.path("target")).expect("it can be removed");
    sandbox.run(&["compile", "--replay", "--threads", "1"]).exits(0);
    assert_eq!(compiled(&sandbox), live);
    assert!(!sandbox.path("target/buhin.duckdb").exists(), "no database was opened");
    let inc = sandbox.read("target/compiled/shop/models/inc.sql");
    assert!(inc.contains("where false"), "the table was there when it was recorded: {inc}");
}

#[test]
fn an_answer_that_is_missing_is_said_with_its_query_and_its_part() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.run(&["build"]).exits(0);
    sandbox.run(&["compile", "--record", "answers/ci.yml"]).exits(0);
    sandbox.write("models/pivot.sql", PIVOT.replace("order by 1", "order by 1 desc"));
    let said = sandbox.run(&["compile", "--replay", "answers/ci.yml"]).exits(1);
    said.says("B0213")
        .says("a query of `pivot` has no answer")
        .says("answers/ci.yml")
        .says("order by 1 desc");
    assert!(sandbox.path("target/compiled/shop/models/asks.sql").exists(), "the others are compiled");

    sandbox.run(&["compile", "--record", "answers/ci.yml", "--select", "asks"]).exits(0);
    assert!(sandbox.read("answers/ci.yml").contains("order by 1\n"), "what others asked is kept");
    let said = sandbox.run(&["compile", "--record", "answers/ci.yml"]).exits(0);
    said.says("B0215").says("1 answer is no longer asked for").says("order by 1");
    sandbox.run(&["compile", "--replay", "answers/ci.yml"]).exits(0);

    let said = sandbox.run(&["compile", "--replay", "answers/ci.yml", "--dialect", "snowflake"]).exits(2);
    said.says("B0214").says("recorded with dialect `duckdb`, not `snowflake`");
}

#[test]
fn another_schema_is_named_when_an_answer_is_missing() {
    let sandbox = sandbox();
    sandbox.write("buhin.answers.yml", "version: 1\ndialect: duckdb\ndatabase: buhin\nschema: dev\n");
    let said = sandbox.run(&["compile", "--replay"]).exits(1);
    said.says("B0213").says("recorded with schema `buhin.dev`, not `buhin.main`");
}

#[test]
fn the_empty_record_is_an_empty_warehouse() {
    let sandbox = sandbox();
    sandbox.run(&["compile", "--introspect", "empty"]).exits(0);
    let empty = compiled(&sandbox);
    sandbox.write("nothing.yml", "");
    sandbox.run(&["compile", "--replay", "nothing.yml"]).exits(0);
    assert_eq!(compiled(&sandbox), empty);
}

#[test]
fn a_record_that_is_none_is_said() {
    let sandbox = sandbox();
    sandbox.run(&["compile", "--replay"]).exits(2).says("B0214").says("buhin.answers.yml");
    for (text, words) in
        [("[]", "it is a list"), ("version: 7", "version is 7"), ("a: [", ""), ("queries: 1", "queries")]
    {
        sandbox.write("buhin.answers.yml", text);
        sandbox.run(&["compile", "--replay"]).exits(2).says("B0214").says(words);
    }
    sandbox.run(&["compile", "--record", "--replay"]).exits(2);
    sandbox.run(&["compile", "--record", "--introspect", "empty"]).exits(2).says("B0901");
}

#[test]
fn a_record_that_can_not_be_made_leaves_the_former_one() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    sandbox.write("buhin.answers.yml", "version: 1\n");
    sandbox.run(&["compile", "--record"]).exits(1).says("B0212").says("payments");
    assert_eq!(sandbox.read("buhin.answers.yml"), "version: 1\n");
}

#[test]
fn without_introspection_only_what_asks_is_not_compiled() {
    for arguments in [&["compile", "--introspect", "off"][..], &["compile", "--no-introspect"]] {
        let sandbox = sandbox();
        let said = sandbox.run(arguments).exits(1);
        said.says("B0212").says("models/pivot.sql").says("introspection is switched off");
        assert!(sandbox.path("target/compiled/shop/models/payments.sql").exists());
        assert!(sandbox.path("target/compiled/shop/models/inc.sql").exists());
        assert!(!sandbox.path("target/compiled/shop/models/pivot.sql").exists());
    }
}

#[test]
fn a_record_holds_no_secret_and_is_replayed_with_it() {
    if !has_duckdb() {
        return;
    }
    let sandbox = sandbox();
    let asks = "select '{{ run_query(\"select 'hidden-' || '\" ~ var('word') ~ \"' as hush\").rows[0][0] if execute }}' as a\n";
    sandbox.write("models/pivot.sql", asks);
    sandbox.run(&["build", "--exclude", "pivot"]).exits(0);
    let run = |option: &str| {
        let line = format!("DBT_ENV_SECRET_WORD=h0ney \"$BUHIN\" compile --vars '{{word: h0ney}}' {option}");
        sandbox.shell(&line).exits(0);
    };
    run("--record");
    let record = sandbox.read("buhin.answers.yml");
    assert!(!record.contains("h0ney"), "{record}");
    assert!(record.contains("select 'hidden-' || '*****' as hush"), "{record}");
    assert!(record.contains("- [\"hidden-*****\"]"), "{record}");
    run("--replay");
    let compiled = sandbox.read("target/compiled/shop/models/pivot.sql");
    assert_eq!(compiled, "select 'hidden-*****' as a");
}
