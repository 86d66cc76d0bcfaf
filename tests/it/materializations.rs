//! Materializations that a project defines, at run time.

use crate::sandbox::{Sandbox, has_duckdb};

const TWICE: &str = "\
{% materialization twice, default %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set aside = make_intermediate_relation(target_relation) -%}
  {%- set existing = load_cached_relation(this) -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ drop_relation_if_exists(load_cached_relation(aside)) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% call statement('main') -%}
    {{ get_create_table_as_sql(False, aside, 'select * from (' ~ sql ~ ') union all select * from (' ~ sql ~ ')') }}
  {%- endcall %}
  {% if existing %}{% do adapter.drop_relation(existing) %}{% endif %}
  {% do adapter.rename_relation(aside, target_relation) %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
{% materialization forgetful, default %}
  {% call statement('main') %}create table forgotten as {{ sql }}{% endcall %}
{% endmaterialization %}
{% materialization elsewhere, adapter='snowflake' %}{{ return({'relations': []}) }}{% endmaterialization %}
";

#[test]
fn a_materialization_of_the_project_builds_its_part() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[
        ("macros/m.sql", TWICE),
        (
            "models/a.sql",
            "{{ config(materialized='twice', pre_hook='create table before as select 7 as n', \
             post_hook='insert into {{ this }} select n from before') }}\nselect 1 as id\n",
        ),
        (
            "models/b.sql",
            "{{ config(materialized='table') }}\nselect sum(id)::int as n from {{ ref('a') }}\n",
        ),
    ]);
    sandbox.run(&["run"]).exits(0);
    let database = "target/buhin.duckdb";
    assert_eq!(sandbox.query(database, "select id from main.a order by 1"), [["1"], ["1"], ["7"]]);
    assert_eq!(sandbox.query(database, "select n from main.b"), [["9"]], "what reads it comes after it");
    sandbox.write("models/a.sql", "{{ config(materialized='twice') }}\nselect 2 as id\n");
    sandbox.run(&["run", "--select", "a"]).exits(0);
    assert_eq!(
        sandbox.query(database, "select id from main.a"),
        [["2"], ["2"]],
        "the former table is replaced"
    );
}

#[test]
fn a_materialization_that_fails_leaves_nothing_behind() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(&[
        ("macros/m.sql", TWICE),
        ("models/a.sql", "{{ config(materialized='twice') }}\nselect nope from nowhere\n"),
        ("models/f.sql", "{{ config(materialized='forgetful') }}\nselect 1 as id\n"),
        ("models/e.sql", "{{ config(materialized='elsewhere') }}\nselect 1 as id\n"),
        ("models/z.sql", "{{ config(materialized='table') }}\nselect 1 as id\n"),
    ]);
    let said = sandbox.run(&["run"]).exits(1);
    let said = said.says("nowhere does not exist").says("does not return the relations").says("B0501");
    said.says("neither for `duckdb` nor as `default`");
    let tables = sandbox.query("target/buhin.duckdb", "select table_name from duckdb_tables() order by 1");
    assert_eq!(tables, [["z"]]);
}

#[test]
fn what_is_behind_a_fence_is_run_once_and_leaves_no_object() {
    if !has_duckdb() {
        return;
    }
    let pair = "{{ config(materialized='table') }}\nselect count(*)::int as n, count(distinct a.r)::int as d \
                from {{ ref('dice') }} a join {{ ref('dice') }} b on a.r = b.r\n";
    let sandbox = Sandbox::new(&[
        ("models/dice.sql", "{{ config(materialized='auto') }}\nselect random() as r from range(50)\n"),
        ("models/pair.sql", pair),
    ]);
    sandbox.run(&["run"]).exits(0);
    let database = "target/buhin.duckdb";
    assert_eq!(sandbox.query(database, "select n, d from main.pair"), [["50", "50"]]);
    let objects = "select table_name from information_schema.tables where table_schema = 'main'";
    assert_eq!(sandbox.query(database, objects), [["pair"]]);
    let plan = sandbox.run(&["plan", "--format", "json"]).exits(0).stdout;
    assert!(plan.contains(r#""materialization":"inline","fenced":true"#), "{plan}");
}

/// Two tables read `grouped`, which buhin makes a temporary table, and it reads `doubled`, which its author does.
const TEMPORARY: &[(&str, &str)] = &[
    ("buhin.yml", "materialization: {temp: auto}\n"),
    ("models/doubled.sql", "{{ config(materialized='temp') }}\nselect r, r * 2 as d from range(100) t(r)\n"),
    (
        "models/grouped.sql",
        "{{ config(materialized='auto') }}\nselect r % 3 as k, count(*)::int as n, max(d)::int as d from {{ ref('doubled') }} \
         join range(100) a(r) using (r) join range(100) b(r) using (r) join range(100) c(r) using (r) group by 1 order by 1\n",
    ),
    ("models/_models.yml", "models: [{name: grouped, columns: [{name: k, tests: [unique]}]}]\n"),
    (
        "models/first.sql",
        "{{ config(materialized='table') }}\nselect * from {{ ref('grouped') }} where k = 0\n",
    ),
    (
        "models/second.sql",
        "{{ config(materialized='table') }}\nselect * from {{ ref('grouped') }} where k > 0\n",
    ),
];

#[test]
fn temporary_parts_are_made_by_each_run_that_reads_them_and_are_gone_after_it() {
    if !has_duckdb() {
        return;
    }
    let sandbox = Sandbox::new(TEMPORARY);
    let database = "target/buhin.duckdb";
    let plan = sandbox.run(&["plan", "--format", "json"]).exits(0).stdout;
    assert_eq!(plan.matches(r#""materialization":"temp""#).count(), 2, "{plan}");
    let objects = "select table_name from information_schema.tables where table_schema = 'main' order by 1";
    sandbox.run(&["build"]).exits(0);
    assert_eq!(sandbox.query(database, objects), [["first"], ["second"]]);
    assert_eq!(sandbox.query(database, "select n, d from main.first"), [["34", "198"]]);
    sandbox.run(&["run", "--select", "second"]).exits(0);
    assert_eq!(sandbox.query(database, "select sum(n)::int from main.second"), [["66"]]);
    sandbox.run(&["test", "--select", "grouped"]).exits(0);
    assert_eq!(sandbox.query(database, objects), [["first"], ["second"]]);
}
