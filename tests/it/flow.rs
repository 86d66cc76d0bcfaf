//! `buhin lineage` through a project: what a column is made of, what is made of it, and its forms.

use crate::sandbox::{Said, Sandbox};

/// Two sources' worth of shop, with a star, a rename, an aggregate, an inlined part, and Japanese.
const SHOP: &[(&str, &str)] = &[
    (
        "models/_shop.yml",
        "sources:\n  - name: raw\n    tables:\n      - name: orders\n        columns: [{name: id, description: 注文の番号}]\n      - name: payments\nmodels:\n  - name: sales\n    columns:\n      - name: order_id\n        data_tests: [unique]\n",
    ),
    ("models/stg_orders.sql", "select id as order_id, status, 顧客 from {{ source('raw', 'orders') }}\n"),
    (
        "models/stg_payments.sql",
        "{{ config(materialized='ephemeral') }}\nwith source as (select * from {{ source('raw', 'payments') }})\nselect order_id, amount / 100 as amount from source\n",
    ),
    (
        "models/sales.sql",
        "select o.order_id, 顧客, sum(p.amount) as total\nfrom {{ ref('stg_orders') }} as o\njoin {{ ref('stg_payments') }} as p using (order_id)\nwhere o.status <> 'x'\ngroup by 1, 2\n",
    ),
    ("models/everything.sql", "select * from {{ ref('sales') }}\n"),
    ("models/copy.sql", "select * from {{ source('raw', 'orders') }}\n"),
    ("models/reader.sql", "select status from {{ ref('copy') }}\n"),
    ("seeds/codes.csv", "code,\"the \"\"name\"\"\"\n1,一\n"),
    ("models/coded.sql", "select code from {{ ref('codes') }}\n"),
];

fn lineage(arguments: &[&str]) -> Said {
    Sandbox::new(SHOP).run(&[&["lineage"], arguments].concat())
}

#[test]
fn a_column_up_to_its_sources_and_down_to_its_readers() {
    insta::assert_snapshot!(lineage(&["sales.total"]).exits(0).stdout, @r"
    sales.total  aggregate: sum(p.amount)  [models/sales.sql:1:24]
      made of
      └─ stg_payments.amount  aggregate
         └─ raw.payments.amount  expression
      read by
      └─ everything.total
    ");
    insta::assert_snapshot!(lineage(&["raw.orders.id", "--downstream"]).exits(0).stdout, @r"
    raw.orders.id  identity
      注文の番号
      read by
      └─ stg_orders.order_id  rename
         └─ sales.order_id
            ├─ everything.order_id
            └─ unique_sales_order_id.unique_field  rename
    ");
}

#[test]
fn every_column_of_a_part_with_what_decides_its_rows() {
    insta::assert_snapshot!(lineage(&["everything", "--upstream", "--depth", "1"]).exits(0).stdout, @r"
    everything.order_id  identity
      注文の番号  (said of raw.orders.id)
      made of
      └─ sales.order_id

    everything.顧客  identity
      made of
      └─ sales.顧客

    everything.total  identity
      made of
      └─ sales.total
    ");
    insta::assert_snapshot!(lineage(&["sales.total", "--upstream", "--kind", "shape"]).exits(0).stdout, @r"
    sales.total  aggregate: sum(p.amount)  [models/sales.sql:1:24]
      made of
      ├─ stg_orders.status  filter
      │  └─ raw.orders.status
      ├─ stg_orders.order_id  join key
      │  └─ raw.orders.id  rename
      ├─ stg_payments.order_id  join key
      │  └─ raw.payments.order_id
      ├─ stg_orders.order_id  group  (see above)
      └─ stg_orders.顧客  group
         └─ raw.orders.顧客
    ");
}

#[test]
fn a_column_is_found_behind_a_star_of_unknown_columns() {
    insta::assert_snapshot!(lineage(&["reader.status", "--upstream"]).exits(0).stdout, @r"
    reader.status  identity  [models/reader.sql:1:8]
      made of
      └─ copy.status
         └─ raw.orders.status
    ");
}

#[test]
fn a_snapshot_is_followed_and_has_columns_of_its_own() {
    let snapshot = (
        "snapshots/history.sql",
        "{% snapshot history %}{{ config(unique_key='order_id', strategy='check', check_cols='all', target_schema='main', snapshot_meta_column_names={'dbt_valid_from': 'since'}) }}select order_id, total as amount from {{ ref('sales') }}{% endsnapshot %}\n",
    );
    let reader = ("models/of_history.sql", "select amount, since from {{ ref('history') }}\n");
    let sandbox = Sandbox::new(&[SHOP, &[snapshot, reader]].concat());
    let run = sandbox.run(&["lineage", "of_history", "--upstream", "--depth", "2"]).exits(0);
    insta::assert_snapshot!(run.stdout, @r"
    of_history.amount  identity  [models/of_history.sql:1:8]
      made of
      └─ history.amount
         └─ sales.total  rename

    of_history.since  identity  [models/of_history.sql:1:16]
      made of
      └─ history.since
    ");
}

#[test]
fn a_seed_has_the_columns_of_its_first_line() {
    insta::assert_snapshot!(lineage(&["codes", "--downstream"]).exits(0).stdout, @r#"
    codes.code  identity
      read by
      └─ coded.code

    codes.the "name"  identity
    "#);
}

#[test]
fn forms_for_other_tools() {
    let arguments = ["sales.total", "--upstream", "--output"];
    for form in ["mermaid", "dot", "csv", "openlineage", "json"] {
        let run = lineage(&[&arguments[..], &[form]].concat()).exits(0);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("goldens");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("lineage_{form}"), run.stdout));
    }
}

#[test]
fn the_whole_project_in_numbers_and_as_edges() {
    insta::assert_snapshot!(lineage(&[]).exits(0).stdout, @r"
    23 columns, 16 value edges, 0 of them unknown
    ");
    let edges = lineage(&["--output", "csv"]).exits(0).stdout;
    assert!(
        edges.contains("raw.payments,amount,source,stg_payments,amount,model,value,expression"),
        "{edges}"
    );
}

#[test]
fn a_column_that_no_parent_has_is_an_error_at_its_place() {
    let wrong = ("models/wrong.sql", "select order_id,\n  totl\nfrom {{ ref('sales') }}\n");
    let sandbox = Sandbox::new(&[SHOP, &[wrong]].concat());
    let run = sandbox.run(&["lineage", "wrong"]).exits(1);
    run.says("error[B0701]").says("models/wrong.sql:2:3").says("did you mean `total`?");
}

#[test]
fn sql_that_depends_on_answers_is_not_believed_without_them() {
    let asking = (
        "models/asking.sql",
        "select {% for c in adapter.get_columns_in_relation(source('raw', 'orders')) %}{{ c.name }},{% endfor %} 1 as one from {{ source('raw', 'orders') }}\n",
    );
    let reader = ("models/of_asking.sql", "select anything from {{ ref('asking') }}\n");
    let sandbox = Sandbox::new(&[SHOP, &[asking, reader]].concat());
    let arguments = ["lineage", "of_asking.anything", "--upstream", "--introspect", "empty"];
    sandbox.run(&arguments).exits(0).prints("? anything (opaque)");
    sandbox.run(&["lineage", "--introspect", "empty"]).exits(0).prints("asking is opaque: its macros ask");
}

#[test]
fn a_name_that_nothing_has() {
    lineage(&["sale.total"]).exits(2).says("did you mean `sales`?");
    lineage(&["sales.totl"]).exits(2).says("`sales` has no column `totl`").says("did you mean `total`?");
    lineage(&["raw.orders.nothing"]).exits(2).says("is not known to have").says("--catalog");
}

#[test]
fn a_catalog_makes_stars_whole() {
    let catalog = r#"{"sources": {"source.shop.raw.orders": {"columns": {
        "status": {"index": 2, "name": "status", "type": "VARCHAR"},
        "id": {"index": 1, "name": "id", "type": "BIGINT"}}}}}"#;
    let sandbox = Sandbox::new(&[SHOP, &[("catalog.json", catalog)]].concat());
    sandbox.run(&["lineage", "--catalog", "catalog.json"]).exits(1).says("B0701").says("`顧客`");
    let run = sandbox.run(&["lineage", "copy", "--upstream", "--catalog", "catalog.json"]).exits(0);
    insta::assert_snapshot!(run.stdout, @r"
    copy.id (BIGINT)  identity
      注文の番号  (said of raw.orders.id)
      made of
      └─ raw.orders.id

    copy.status (VARCHAR)  identity
      made of
      └─ raw.orders.status
    ");
    sandbox.run(&["lineage", "copy", "--catalog", "no.json"]).exits(2).says("B0102").says("no.json");
}
