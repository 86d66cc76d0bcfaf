//! Tests of resolving, on projects built by hand.

use insta::assert_snapshot;
use serde_json::json;

use super::fixture::Fixture;
use super::*;
use crate::project::NodeKind;

#[track_caller]
fn check(fixture: &Fixture) -> (Graph, String) {
    let Staged { value, diagnostics } = resolve(&fixture.project, &fixture.collected);
    let shown = fixture.shown(diagnostics);
    (value, shown)
}

#[track_caller]
fn check_order(fixture: &Fixture, expect: &str) -> Graph {
    let (graph, shown) = check(fixture);
    assert_eq!(shown, "");
    assert_eq!(fixture.names(&graph.order), expect);
    graph
}

#[test]
fn parents_come_before_children_and_equals_by_id() {
    let fixture = Fixture::new()
        .part("z", "ref('b') ref('a') ref('b')")
        .part("a", "source('raw', 'orders')")
        .part("b", "ref('a')")
        .part("c", "")
        .source("raw", "orders")
        .test("unique", &["b"])
        .exposure("board", &["ref('z')", "source('raw', 'orders')"]);
    let graph = check_order(&fixture, "c orders a b z unique_b board");
    assert_eq!(fixture.names(&graph.parents[NodeId(0)]), "b a");
    assert_eq!(fixture.names(&graph.children[NodeId(1)]), "z b");
    assert_eq!(fixture.names(&graph.parents[NodeId(6)]), "orders z");
}

#[test]
fn the_root_project_is_searched_first_then_the_own_package() {
    let fixture = Fixture::new()
        .add("kit", NodeKind::Model, "models/calendar.sql", "")
        .add("kit", NodeKind::Model, "models/months.sql", "ref('calendar')")
        .add("kit", NodeKind::Model, "models/only_kit.sql", "")
        .part("calendar", "")
        .part("far", "ref('only_kit') ref('kit', 'calendar')");
    let (graph, shown) = check(&fixture);
    assert_eq!(shown, "");
    assert_eq!(graph.parents[NodeId(1)], [NodeId(3)]);
    assert_eq!(graph.parents[NodeId(4)], [NodeId(2), NodeId(0)]);

    let mut fixture = fixture;
    fixture.project.packages[0].raw =
        json!({"flags": {"require_ref_searches_node_package_before_root": true}});
    let (graph, _) = check(&fixture);
    assert_eq!(graph.parents[NodeId(1)], [NodeId(0)]);
}

#[test]
fn a_ref_without_version_means_the_latest() {
    let versioned = |fixture: Fixture, version: &str, latest: &str| {
        fixture.part(&format!("orders_v{version}"), "").with(|node, _| {
            node.name = "orders".to_owned();
            node.version = Some(version.to_owned());
            node.latest_version = Some(latest.to_owned());
        })
    };
    let fixture = versioned(versioned(Fixture::new(), "1", "1"), "2", "1");
    let fixture = fixture.part("x", "ref('orders') ref('orders', v=2)").part("y", "ref('orders', v=3)");
    let (graph, shown) = check(&fixture);
    assert_eq!(graph.parents[NodeId(2)], [NodeId(0), NodeId(1)]);
    assert_snapshot!(shown, @r"
    Error[B0401] part `orders` has no version `3`
      models/y.sql:1:1 `ref('orders', v=3)` no such version
      help: its versions are `1`, `2`
    ");
    let dotted = graph.resolve_ref(&fixture.project, "shop", None, "orders.v2", None);
    assert_eq!(dotted, Resolved::Found(NodeId(1)));
}

#[test]
fn unknown_names_come_with_advice() {
    let fixture = Fixture::new()
        .part("customers", "")
        .part("a", "select *\nfrom {{ ref('custmers') }}")
        .part("b", "ref('payments')")
        .part("c", "ref('kit', 'customers')")
        .part("d", "source('row', 'payments')")
        .part("e", "source('raw', 'paiments') source('x', 'customers')")
        .part("f", "ref('nothing_like_it') ref('board')")
        .source("raw", "payments")
        .exposure("board", &["ref('customers')", "ref('customer')"]);
    let (graph, shown) = check(&fixture);
    assert_snapshot!(shown, @r"
    Error[B0401] part `custmers` is not defined
      models/a.sql:2:13 `'custmers'` no part, seed or snapshot of this name
      help: a part with a similar name exists: `customers`
        models/a.sql:2:14 `custmers` -> `customers`
    Error[B0401] part `payments` is not defined
      models/b.sql:1:5 `'payments'` no part, seed or snapshot of this name
      help: a source table of this name is declared: `source('raw', 'payments')`
        models/b.sql:1:1 `ref('payments')` -> `source('raw', 'payments')`
    Error[B0401] package `kit` has no part `customers`
      models/c.sql:1:5 `'kit'` not in this package
      help: package `shop` has one
        models/c.sql:1:6 `kit` -> `shop`
    Error[B0402] source `row` is not declared
      models/d.sql:1:8 `'row'` no source of this name
      help: a source with a similar name is declared: `raw`
        models/d.sql:1:9 `row` -> `raw`
    Error[B0402] source `raw` has no table `paiments`
      models/e.sql:1:15 `'paiments'` not declared among the source's tables
      help: a table with a similar name is declared: `payments`
        models/e.sql:1:16 `paiments` -> `payments`
    Error[B0402] source `x` is not declared
      models/e.sql:1:34 `'x'` no source of this name
      help: a part of the table's name exists: `ref('customers')`
        models/e.sql:1:27 `source('x', 'customers')` -> `ref('customers')`
    Error[B0401] part `nothing_like_it` is not defined
      models/f.sql:1:5 `'nothing_like_it'` no part, seed or snapshot of this name
      help: a part's name is that of its file: `models/…/nothing_like_it.sql`
    Error[B0401] part `board` is not defined
      models/f.sql:1:28 `'board'` no part, seed or snapshot of this name
      note: `board` is of type exposure; `ref()` reaches models, seeds and snapshots only
    Error[B0401] part `customer` is not defined
      models/board.yml:2:5 `'customer'` no part, seed or snapshot of this name
      help: a part with a similar name exists: `customers`
        models/board.yml:2:6 `customer` -> `customers`
    ");
    assert!(graph.broken[NodeId(1)]);
    assert!(!graph.broken[NodeId(0)]);
}

#[test]
fn a_literal_that_is_not_in_the_call_gets_no_edit() {
    let fixture = Fixture::new().part("customers", "").part("a", "{{ from_part(var('x')) }}").with(
        |node, collected| {
            let call = crate::render::RefCall {
                package: None,
                name: "custmers".to_owned(),
                version: None,
                span: node.span,
            };
            collected.refs.push(call);
        },
    );
    assert_snapshot!(check(&fixture).1, @r"
    Error[B0401] part `custmers` is not defined
      models/a.sql:1:1 `{{ from_part(var('x')) }}` no part, seed or snapshot of this name
      help: a part with a similar name exists: `customers`
    ");
}

#[test]
fn a_disabled_part_can_not_be_read_and_its_tests_go_with_it() {
    let fixture = Fixture::new()
        .part("off", "-- a comment\nselect 1")
        .config(&json!({"enabled": false}))
        .part("a", "ref('off')")
        .test("unique", &["off"]);
    let (graph, shown) = check(&fixture);
    assert_snapshot!(shown, @r"
    Error[B0404] part `off` is disabled
      models/a.sql:1:1 `ref('off')` nothing to read here
      models/off.sql:1:1 `-- a comment` disabled by the config of this node
      help: remove `enabled: false` from the config of `off`, or this call
    ");
    assert_eq!(graph.enabled, NodeMap::new(vec![false, true, false]));
    assert_eq!(graph.broken, NodeMap::new(vec![false, true, false]));
}

#[test]
fn a_test_of_something_unknown_is_left_out_with_a_warning() {
    let fixture = Fixture::new().part("orders", "").test("relationships", &["orders", "membres"]);
    let (graph, shown) = check(&fixture);
    assert_snapshot!(shown, @r"
    Warning[B0401] part `membres` is not defined
      models/relationships_orders_membres.yml:1:19 `'membres'` no part, seed or snapshot of this name
      note: the test is left out
      help: a part's name is that of its file: `models/…/membres.sql`
    ");
    assert_eq!(fixture.names(&graph.order), "orders");
}

#[test]
fn a_part_that_was_not_rendered_breaks_its_readers_in_silence() {
    let fixture =
        Fixture::new().part("a", "").unrendered().part("b", "ref('a')").part("c", "ref('b')").part("d", "");
    let (graph, shown) = check(&fixture);
    assert_eq!(shown, "");
    assert_eq!(graph.broken, NodeMap::new(vec![true, true, true, false]));
    assert_eq!(fixture.names(&graph.order), "b c d");
}

#[test]
fn a_cycle_names_every_part_on_it() {
    let fixture = Fixture::new()
        .part("b", "ref('c')")
        .part("c", "ref('a')")
        .part("a", "ref('b')")
        .part("below", "ref('a') ref('above')")
        .part("above", "");
    let (graph, shown) = check(&fixture);
    assert_snapshot!(shown, @r"
    Error[B0403] parts read each other in a circle: `b` → `c` → `a` → `b`
      models/b.sql:1:1 `ref('c')` `b` reads `c`
      models/c.sql:1:1 `ref('a')` `c` reads `a`
      models/a.sql:1:1 `ref('b')` `a` reads `b`
      help: remove one of these calls, or move what both sides need into a part of its own
    ");
    assert_eq!(fixture.names(&graph.order), "above below");
    assert!(graph.broken[NodeId(3)]);
}

#[test]
fn a_part_that_reads_itself_is_a_cycle_of_one() {
    assert_snapshot!(check(&Fixture::new().part("a", "ref('a')")).1, @r"
    Error[B0403] part `a` reads itself
      models/a.sql:1:1 `ref('a')` a part can't be its own input
      help: to read what an incremental part holds already, use `{{ this }}`
    ");
}

#[test]
fn cycles_that_share_a_part_are_each_named_once() {
    let fixture = Fixture::new().part("a", "ref('b') ref('c')").part("b", "ref('a')").part("c", "ref('a')");
    assert_snapshot!(check(&fixture).1, @r"
    Error[B0403] parts read each other in a circle: `a` → `b` → `a`
      models/a.sql:1:1 `ref('b')` `a` reads `b`
      models/b.sql:1:1 `ref('a')` `b` reads `a`
      help: remove one of these calls, or move what both sides need into a part of its own
    Error[B0403] parts read each other in a circle: `a` → `c` → `a`
      models/a.sql:1:10 `ref('c')` `a` reads `c`
      models/c.sql:1:1 `ref('a')` `c` reads `a`
      help: remove one of these calls, or move what both sides need into a part of its own
    ");
}

#[test]
fn a_knot_of_many_parts_is_reported_in_a_few_cycles() {
    let mut fixture = Fixture::new().part("hub", "");
    let all: Vec<String> = (0..300).map(|at| format!("ref('p{at}')")).collect();
    fixture = fixture.part("first", &all.join(" "));
    for at in 0..300 {
        fixture = fixture.part(&format!("p{at}"), "ref('first')");
    }
    let (_, shown) = check(&fixture);
    assert_eq!(shown.matches("B0403").count(), 8);
    assert!(shown.contains("note: 292 more parts are on cycles that go through these"), "{shown}");
}

#[test]
fn two_packages_with_the_name_are_ambiguous_from_a_third() {
    let fixture = Fixture::new()
        .part("a", "from {{ ref('calendar') }}")
        .add("kit", NodeKind::Model, "models/calendar.sql", "select 1")
        .add("more", NodeKind::Model, "models/calendar.sql", "select 2");
    assert_snapshot!(check(&fixture).1, @r"
    Error[B0407] part `calendar` could be that of package `kit` or of package `more`
      models/a.sql:1:9 `ref('calendar')` which one?
      dbt_packages/kit/models/calendar.sql:1:1 `select 1` in package `kit`
      dbt_packages/more/models/calendar.sql:1:1 `select 2` in package `more`
      help: name the package, as in `ref('kit', 'calendar')`
        models/a.sql:1:9 `ref('calendar')` -> `ref('kit', 'calendar')`
    ");
}

#[test]
fn two_parts_may_not_make_the_same_table() {
    let fixture = Fixture::new()
        .part("orders", "select 1")
        .part("Orders2", "\n  select 2")
        .with(|_, collected| {
            collected.relation.as_mut().expect("a relation").identifier = Some("ORDERS".to_owned());
        })
        .part("inline/orders", "select 3")
        .config(&json!({"materialized": "ephemeral"}));
    assert_snapshot!(check(&fixture).1, @r"
    Error[B0408] `orders` and `Orders2` would both make `db.main.ORDERS`
      models/Orders2.sql:2:3 `select 2` this one
      models/orders.sql:1:1 `select 1` and this one
      help: give one of them another `alias`, `schema` or `database`
    ");
}

#[test]
fn a_private_part_is_for_its_group() {
    let fixture = Fixture::new()
        .part("secret", "select 1")
        .config(&json!({"access": "private", "group": "finance"}))
        .part("same", "ref('secret')")
        .config(&json!({"group": "finance"}))
        .part("other", "ref('secret')");
    assert_snapshot!(check(&fixture).1, @r"
    Error[B0409] part `secret` is private to its group
      models/other.sql:1:1 `ref('secret')` this part is not in the group
      models/secret.sql:1:1 `select 1` `access: private` holds for this part
      help: put both parts into one `group`, or set `access: protected` on `secret`
    ");
}

#[test]
fn a_call_in_a_macro_is_reported_once_for_all_its_users() {
    let mut fixture = Fixture::new().part("orders", "");
    let file = fixture.project.files.add("macros/m.sql", "{% macro m() %}{{ ref('ordes') }}{% endmacro %}");
    for name in ["a", "b", "c"] {
        fixture = fixture.part(name, "{{ m() }}").with(|_, collected| {
            let span = crate::source::Span::new(file, 18, 30);
            let call =
                crate::render::RefCall { package: None, name: "ordes".to_owned(), version: None, span };
            collected.refs.push(call);
        });
    }
    let (graph, shown) = check(&fixture);
    assert_snapshot!(shown, @r"
    Error[B0401] part `ordes` is not defined
      macros/m.sql:1:23 `'ordes'` no part, seed or snapshot of this name
      note: reached from the part `a` in `models/a.sql`
      note: and from 2 more
      help: a part with a similar name exists: `orders`
        macros/m.sql:1:24 `ordes` -> `orders`
    ");
    assert!(graph.broken[NodeId(3)]);
}
