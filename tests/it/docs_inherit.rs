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
    insta::assert_snapshot!(first, @r#"
    {"unique_id":"model.shop.copy","name":"copy","column":"order_id","description":"注文の番号","inherited_from":{"relation":"source.shop.raw.orders","name":"raw.orders","column":"id"}}
    "#);
    sandbox.run(&["docs", "inherit", "--select", "nothing_of_this_name"]).says("nothing_of_this_name");
}
