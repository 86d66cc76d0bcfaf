//! The data dictionary: codes and what they mean, handed on from column to column, and literals that are none of them.

use crate::sandbox::{Said, Sandbox};

/// A source whose codes are written down in every form, and parts that hand them on.
const ORDERS: &[(&str, &str)] = &[
    (
        "models/_orders.yml",
        "
sources:
  - name: raw
    tables:
      - name: orders
        columns:
          - name: status
            description: 注文の状態
            meta:
              values: {1: 新規, 2: 出荷済み, 9: {label: 取消, description: 在庫なし}}
          - name: rank
            config:
              meta: {buhin: {values: [{value: A, label: gold}, {value: B, label: silver}]}}
          - name: channel
            data_tests:
              - accepted_values: {values: [web, shop]}
          - name: kind
            data_tests:
              - accepted_values:
                  arguments: {values: [x, y], quote: true}
                  config: {where: id > 10}
models:
  - name: stg_orders
    columns:
      - name: state
        data_tests:
          - accepted_values:
              arguments: {values: [1, 2], quote: false}
",
    ),
    (
        "models/stg_orders.sql",
        "select id, status as state, rank, channel, kind, upper(rank) as loud from {{ source('raw', 'orders') }}\n",
    ),
    (
        "models/orders.sql",
        "with o as (select * from {{ ref('stg_orders') }}) select o.state as 状態, rank from o\n",
    ),
];

fn with(name: &str, sql: &str) -> Sandbox {
    Sandbox::new(&[ORDERS, &[(name, sql)]].concat())
}

/// The warnings of a part that reads the others.
#[track_caller]
fn warned(sql: &str) -> Said {
    with("models/reader.sql", &format!("{sql}\n")).run(&["lineage", "reader", "--upstream"]).exits(0)
}

/// Holds that no comparison of this part is warned of.
#[track_caller]
fn passes(condition: &str) {
    let sql = format!("select id from {{{{ ref('stg_orders') }}}} where {condition}");
    let said = warned(&sql);
    assert!(!said.stderr.contains("B0703"), "{condition}\n{}", said.stderr);
}

/// Holds that this part is warned of, with words of the message.
#[track_caller]
fn fails(condition: &str, words: &str) {
    let sql = format!("select id from {{{{ ref('stg_orders') }}}} where {condition}");
    warned(&sql).says("warning[B0703]").says(words);
}

#[test]
fn codes_are_shown_where_they_are_written_and_where_they_are_inherited() {
    let sandbox = Sandbox::new(ORDERS);
    let run = |column: &str| sandbox.run(&["lineage", column, "--upstream"]).exits(0).stdout;
    insta::assert_snapshot!(run("raw.orders.status"), @r"
    raw.orders.status  identity
      注文の状態
      codes
        1  新規
        2  出荷済み
        9  取消: 在庫なし
    ");
    insta::assert_snapshot!(run("orders.状態"), @r"
    orders.状態  rename: o.state  [models/orders.sql:1:58]
      注文の状態  (said of raw.orders.status)
      codes
        1  新規  (said of raw.orders.status)
        2  出荷済み  (said of raw.orders.status)
      made of
      └─ stg_orders.state  rename
         └─ raw.orders.status  rename
    ");
    insta::assert_snapshot!(run("orders.rank"), @r"
    orders.rank  identity  [models/orders.sql:1:73]
      codes
        'A'  gold  (said of raw.orders.rank)
        'B'  silver  (said of raw.orders.rank)
      made of
      └─ stg_orders.rank
         └─ raw.orders.rank
    ");
    insta::assert_snapshot!(run("stg_orders.loud"), @r"
    stg_orders.loud  expression: upper(rank)  [models/stg_orders.sql:1:50]
      made of
      └─ raw.orders.rank  expression
    ");
}

#[test]
fn codes_as_json() {
    let sandbox = Sandbox::new(ORDERS);
    let run = sandbox.run(&["lineage", "orders.rank", "--output", "json", "--depth", "0"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("an object");
    insta::assert_snapshot!(json["codes"], @r#"[{"code":"A","meaning":"gold","inherited_from":{"relation":"source.shop.raw.orders","name":"raw.orders","column":"rank"}},{"code":"B","meaning":"silver","inherited_from":{"relation":"source.shop.raw.orders","name":"raw.orders","column":"rank"}}]"#);
    let run = sandbox.run(&["lineage", "stg_orders.state", "--output", "json", "--depth", "0"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("an object");
    assert_eq!(json["codes"][0]["code"], 1);
    assert_eq!(json["codes"][0]["meaning"], "新規");
    assert_eq!(json["codes"][1]["inherited_from"]["name"], "raw.orders");
}

#[test]
fn a_literal_that_is_none_of_the_codes_is_a_warning_at_its_place() {
    let said = warned("select *\nfrom {{ ref('orders') }}\nwhere 状態 = 3");
    insta::assert_snapshot!(said.stderr, @r"
    warning[B0703]: `orders.状態` is compared with `3`, which is none of its codes
      --> models/reader.sql:3:12
       |
     3 | where 状態 = 3
       |              ^ not a code that is documented
       |
      ::: models/_orders.yml:25:15
       |
    25 |       - name: state
       |               ----- its codes are written here
       |
       = help: these are documented: `1` (新規), `2` (出荷済み)

    1 warning
    ");
    let said =
        warned("select case rank when 'C' then 1 end as x from {{ ref('orders') }} where rank <> 'silver'");
    insta::assert_snapshot!(said.stderr, @r"
    warning[B0703]: `orders.rank` is compared with `'C'`, which is none of its codes
      --> models/reader.sql:1:23
       |
     1 | select case rank when 'C' then 1 end as x from {{ ref('orders') }} where rank <> 'silver'
       |                       ^^^ not a code that is documented
       |
      ::: models/_orders.yml:11:19
       |
    11 |           - name: rank
       |                   ---- its codes are written here
       |
       = help: these are documented: `'A'` (gold), `'B'` (silver)

    warning[B0703]: `orders.rank` is compared with `'silver'`, which is none of its codes
      --> models/reader.sql:1:82
       |
     1 | select case rank when 'C' then 1 end as x from {{ ref('orders') }} where rank <> 'silver'
       |                                                                                  ^^^^^^^^ not a code that is documented
       |
      ::: models/_orders.yml:11:19
       |
    11 |           - name: rank
       |                   ---- its codes are written here
       |
       = help: these are documented: `'A'` (gold), `'B'` (silver)
    help: did you mean `'B'` (silver)?
       |
     1 - select case rank when 'C' then 1 end as x from {{ ref('orders') }} where rank <> 'silver'
     1 + select case rank when 'C' then 1 end as x from {{ ref('orders') }} where rank <> 'B'
       |

    2 warnings
    ");
}

#[test]
fn every_form_of_being_equal_is_looked_at() {
    fails("state = 3", "`stg_orders.state` is compared with `3`");
    fails("3 = state", "`3`");
    fails("(state) <> (3)", "`3`");
    fails("state != '3'", "`'3'`");
    fails("state = -1", "`-1`");
    fails("state in (1, 2, 3)", "`3`");
    fails("state not in (7)", "`7`");
    fails("state is distinct from 3", "`3`");
    fails("id = 1 and (channel = 'mail' or id = 2)", "`'mail'`");
    fails("case state when 1 then true when 4 then false end", "`4`");
    fails("case when state = 5 then true end", "`5`");
    fails("count_if(state = 6) > 1", "`6`");
    fails("exists (select 1 from {{ ref('orders') }} as o where o.rank = 'Z' and state = 1)", "`'Z'`");
    fails("{{ 'state' }} = 8", "`8`");
}

#[test]
fn nothing_else_is_warned_of() {
    passes("state = 1 or state in (2, null) or 1.0 = state or state = '2'");
    passes("state = null or state is null");
    passes("state > 3 or state between 3 and 5");
    passes("state + 1 = 3 or abs(state) = 3 or cast(state as int) = 3 or coalesce(state, 0) = 0");
    passes("loud = 'C' or upper(rank) = 'C'");
    passes("rank = '' or rank = 1 or rank like 'C%'");
    passes("rank = kind or rank in (select rank from {{ ref('orders') }})");
    passes("kind = 'z'");
    passes("id = 3");
}

#[test]
fn a_union_has_the_codes_of_all_its_branches() {
    let union = "select state from {{ ref('stg_orders') }} union all select status from {{ source('raw', 'orders') }}";
    let sandbox = Sandbox::new(
        &[
            ORDERS,
            &[
                ("models/both.sql", union),
                ("models/reader.sql", "select * from {{ ref('both') }} where state in (9, 8)"),
                (
                    "models/half.sql",
                    "select state from {{ ref('stg_orders') }} union all select id from other",
                ),
                ("models/half_reader.sql", "select * from {{ ref('half') }} where state = 8"),
            ],
        ]
        .concat(),
    );
    let said = sandbox.run(&["lineage", "reader", "--upstream"]).exits(0);
    let said = said.says("compared with `8`").says("`9` (取消: 在庫なし)");
    assert!(!said.stderr.contains("compared with `9`"), "{}", said.stderr);
    let said = sandbox.run(&["lineage", "half_reader", "--upstream"]).exits(0);
    assert!(!said.stderr.contains("B0703"), "{}", said.stderr);
}

#[test]
fn the_warning_can_be_turned_off_or_made_an_error() {
    let sandbox = with("models/reader.sql", "select id from {{ ref('stg_orders') }} where state = 3\n");
    let run = |text: &str| {
        sandbox.write("buhin.yml", format!("version: 1\nwarnings: {{undocumented-code: {text}}}\n"));
        sandbox.run(&["lineage", "reader", "--upstream"])
    };
    assert!(!run("off").exits(0).stderr.contains("B0703"));
    run("error").exits(1).says("error[B0703]");
}

#[test]
fn where_the_dialect_compares_texts_without_regard_to_case_so_do_codes() {
    let sandbox = with("models/reader.sql", "select id from {{ ref('stg_orders') }} where channel = 'Web'\n");
    let run =
        |dialect: &str| sandbox.run(&["lineage", "reader", "--upstream", "--dialect", dialect]).exits(0);
    run("duckdb").says("B0703").says("did you mean `'web'`?");
    assert!(!run("mysql").stderr.contains("B0703"));
}

#[test]
fn codes_that_can_not_be_read_are_a_warning_at_their_column() {
    let sandbox = Sandbox::new(&[
        (
            "models/_models.yml",
            "
models:
  - name: orders
    columns:
      - name: id
      - name: status
        config:
          meta:
            values:
              - {value: placed, label: 注文済み}
              - {label: 出荷済み}
      - name: rank
        meta: {values: 1 to 5}
",
        ),
        ("models/orders.sql", "select 1 as id, 'x' as status, 3 as rank\n"),
    ]);
    let said = sandbox.run(&["lineage", "orders", "--upstream"]).exits(0);
    insta::assert_snapshot!(said.stderr, @r"
    warning[B0704]: the codes of `orders.status` have a mistake: entry 2 has no `value`
     --> models/_models.yml:6:15
      |
    6 |       - name: status
      |               ^^^^^^ in this column's `meta`
      |
      = help: write `values: {1: new, 2: shipped}`, or a list of `{value: 1, label: new}`
      = help: if `values` is another tool's, buhin's own can stand in `meta: {buhin: {values: …}}`

    1 warning
    ");
    sandbox.write("buhin.yml", "version: 1\nwarnings: {unreadable-codes: off}\n");
    let said = sandbox.run(&["lineage", "orders", "--upstream"]).exits(0);
    assert!(!said.stderr.contains("B0704"), "{}", said.stderr);
}
