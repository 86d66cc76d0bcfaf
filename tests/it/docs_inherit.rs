//! `buhin docs inherit`: what columns inherit, and how it is written into property files.

use crate::sandbox::Sandbox;

const SHOP: &[(&str, &str)] = &[
    (
        "models/_shop.yml",
        "sources:\n  - name: raw\n    tables:\n      - name: orders\n        columns:\n          - {name: id, description: 注文の番号}\n          - {name: status, description: \"one of: new, done\"}\nmodels:\n  - name: orders\n    columns:\n      - name: order_id\n",
    ),
    ("models/orders.sql", "select id as order_id, status, 1 as one from {{ source('raw', 'orders') }}\n"),
    ("models/copy.sql", "select * from {{ ref('orders') }}\n"),
];

#[test]
fn what_would_be_inherited_is_shown_with_where_it_comes_from() {
    let sandbox = Sandbox::new(SHOP);
    insta::assert_snapshot!(sandbox.run(&["docs", "inherit"]).exits(0).stdout, @r"
    orders.order_id  (from raw.orders.id)
      注文の番号
    orders.status  (from raw.orders.status)
      one of: new, done
    copy.order_id  (from raw.orders.id)
      注文の番号
    copy.status  (from raw.orders.status)
      one of: new, done
    ");
    let run = sandbox.run(&["docs", "inherit", "--select", "copy", "--format", "json"]).exits(0);
    let first: serde_json::Value =
        serde_json::from_str(run.stdout.lines().next().expect("a line")).expect("an object");
    insta::assert_snapshot!(first, @r#"{"unique_id":"model.shop.copy","name":"copy","column":"order_id","description":"注文の番号","inherited_from":{"relation":"source.shop.raw.orders","name":"raw.orders","column":"id"}}"#);
    sandbox.run(&["docs", "inherit", "--select", "nothing_of_this_name"]).says("nothing_of_this_name");
}

#[test]
fn what_is_written_is_all_that_changes_and_is_written_once() {
    let sandbox = Sandbox::new(SHOP);
    let run = sandbox.run(&["docs", "inherit", "--write"]).exits(0);
    insta::assert_snapshot!(run.stdout, @r"
    orders.order_id  (from raw.orders.id)  written to models/_shop.yml
      注文の番号
    orders.status  (from raw.orders.status)  written to models/_shop.yml
      one of: new, done
    copy.order_id  (from raw.orders.id)  written to models/_shop.yml
      注文の番号
    copy.status  (from raw.orders.status)  written to models/_shop.yml
      one of: new, done
    ");
    insta::assert_snapshot!(sandbox.read("models/_shop.yml"), @r#"
    sources:
      - name: raw
        tables:
          - name: orders
            columns:
              - {name: id, description: 注文の番号}
              - {name: status, description: "one of: new, done"}
    models:
      - name: orders
        columns:
          - name: order_id
            description: 注文の番号
          - name: status
            description: "one of: new, done"
      - name: copy
        columns:
          - name: order_id
            description: 注文の番号
          - name: status
            description: "one of: new, done"
    "#);
    assert!(!sandbox.path("models/schema.yml").exists(), "the folder has a file for its parts");
    let before = sandbox.read("models/_shop.yml");
    sandbox.run(&["docs", "inherit", "--write"]).exits(0).prints("no column inherits");
    assert_eq!(sandbox.read("models/_shop.yml"), before);
    sandbox.run(&["lineage", "copy.status", "--upstream"]).exits(0).prints("one of: new, done");
}

#[test]
fn nothing_is_written_without_being_asked() {
    let sandbox = Sandbox::new(SHOP);
    let before = sandbox.read("models/_shop.yml");
    sandbox.run(&["docs", "inherit"]).exits(0);
    assert_eq!(sandbox.read("models/_shop.yml"), before);
}

#[test]
fn a_folder_without_a_property_file_gets_one() {
    let part = ("models/marts/wide.sql", "select order_id, status from {{ ref('orders') }}\n");
    let sandbox = Sandbox::new(&[SHOP, &[part]].concat());
    sandbox
        .run(&["docs", "inherit", "--write", "--select", "wide"])
        .exits(0)
        .prints("models/marts/schema.yml");
    insta::assert_snapshot!(sandbox.read("models/marts/schema.yml"), @r"
    version: 2

    models:
      - name: wide
        columns:
          - name: order_id
            description: 注文の番号
          - name: status
            description: 'one of: new, done'
    ");
}

#[test]
fn a_reference_to_a_docs_block_stays_one() {
    let sandbox = Sandbox::new(&[
        ("models/docs.md", "{% docs order_id %}The order's number.\n\nIt is unique.{% enddocs %}\n"),
        (
            "models/_shop.yml",
            "sources:\n  - name: raw\n    tables:\n      - name: orders\n        columns:\n          - {name: id, description: \"{{ doc('order_id') }}\"}\n",
        ),
        ("models/orders.sql", "select id from {{ source('raw', 'orders') }}\n"),
    ]);
    sandbox.run(&["docs", "inherit", "--write"]).exits(0).prints("The order's number.");
    assert!(sandbox.read("models/schema.yml").contains("description: \"{{ doc('order_id') }}\"\n"));
    sandbox.run(&["docs", "inherit"]).exits(0).prints("no column inherits");
}

#[test]
fn what_can_not_be_added_safely_is_told_and_left_alone() {
    let file = "sources:\n  - name: raw\n    tables:\n      - {name: orders, columns: [{name: id, description: K}]}\nmodels:\n  - name: orders\n    columns: &shared\n      - name: other\n  - name: twin\n    columns: *shared\n";
    let sandbox = Sandbox::new(&[
        ("models/_shop.yml", file),
        ("models/orders.sql", "select id, 1 as other from {{ source('raw', 'orders') }}\n"),
        ("models/twin.sql", "select 1 as other\n"),
    ]);
    let run = sandbox.run(&["docs", "inherit", "--write"]).exits(0);
    run.says("warning[B0602]").says("`orders.id`").says("models/_shop.yml");
    assert_eq!(sandbox.read("models/_shop.yml"), file);
}

#[test]
fn the_manifest_and_ls_have_what_is_inherited_where_the_project_wants_it() {
    let sandbox = Sandbox::new(SHOP);
    let columns = |sandbox: &Sandbox| {
        sandbox.run(&["compile"]).exits(0);
        let manifest: serde_json::Value =
            serde_json::from_str(&sandbox.read("target/manifest.json")).expect("JSON");
        manifest["nodes"]["model.shop.orders"]["columns"].clone()
    };
    assert_eq!(columns(&sandbox)["order_id"]["meta"], serde_json::json!({}));
    sandbox.write("buhin.yml", "version: 1\ndocs: {inherit: true}\n");
    let found = columns(&sandbox);
    assert_eq!(found["order_id"]["description"], "");
    insta::assert_snapshot!(found["order_id"]["meta"], @r#"{"buhin":{"inherited_description":{"text":"注文の番号","from":{"relation":"source.shop.raw.orders","name":"raw.orders","column":"id"}}}}"#);
    assert_eq!(found["status"]["meta"]["buhin"]["listed"], false);
    let run =
        sandbox.run(&["ls", "--output", "json", "--output-keys", "columns", "--select", "orders"]).exits(0);
    let listed: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(listed["columns"], found);
}
