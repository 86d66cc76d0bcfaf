//! Tests of selecting, on one project built by hand.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::graph::fixture::Fixture;
use crate::graph::resolve;

/// `raw.orders` → `stg_orders` → `orders` → `kpi`, `raw.members` → `stg_members` → `orders`, and so on.
fn shop() -> Fixture {
    Fixture::new()
        .source("raw", "orders")
        .source("raw", "members")
        .part("staging/stg_orders", "source('raw', 'orders')")
        .config(&json!({"tags": ["nightly"], "materialized": "view"}))
        .part("staging/stg_members", "source('raw', 'members')")
        .config(&json!({"tags": "pii", "meta": {"owner": "crm"}}))
        .part("marts/orders", "ref('stg_orders') ref('stg_members')")
        .config(&json!({"tags": ["nightly", "core"], "materialized": "table", "group": "sales"}))
        .part("marts/kpi", "ref('orders') ref('calendar')")
        .config(&json!({"materialized": "table", "access": "public"}))
        .part("marts/off", "")
        .config(&json!({"enabled": false}))
        .add("shop", NodeKind::Seed, "seeds/codes.csv", "")
        .add("shop", NodeKind::Test, "tests/no_negative.sql", "ref('orders')")
        .config(&json!({"severity": "warn"}))
        .add("kit", NodeKind::Model, "models/calendar.sql", "")
        .test("unique", &["orders"])
        .test("relationships", &["orders", "stg_members"])
        .exposure("board", &["ref('kpi')"])
}

struct Ask<'a> {
    select: &'a [&'a str],
    exclude: &'a [&'a str],
    selector: Option<&'a str>,
    mode: IndirectSelection,
    kinds: &'a [NodeKind],
}

const ASK: Ask<'_> = Ask {
    select: &[],
    exclude: &[],
    selector: None,
    mode: IndirectSelection::Eager,
    kinds: &[NodeKind::Model],
};

fn ask(fixture: &Fixture, ask: &Ask<'_>) -> (String, String) {
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (select_texts, exclude_texts) = (own(ask.select), own(ask.exclude));
    let graph = resolve(&fixture.project, &fixture.collected).value;
    let args = SelectionArgs {
        select: &select_texts,
        exclude: &exclude_texts,
        selector: ask.selector,
        resource_types: ask.kinds,
        indirect_selection: ask.mode,
        previous: None,
    };
    let Staged { value, diagnostics } = select(&fixture.project, &fixture.collected, &graph, &args);
    (fixture.names(&value), fixture.shown(diagnostics))
}

/// Selected models by name.
#[track_caller]
fn check(select: &str, expect: &str) {
    let (names, shown) = ask(&shop(), &Ask { select: &[select], ..ASK });
    assert_eq!((names.as_str(), shown.as_str()), (expect, ""), "{select}");
}

/// Selected nodes of all kinds by name.
#[track_caller]
fn check_all(select: &str, expect: &str) {
    let (names, shown) = ask(&shop(), &Ask { select: &[select], kinds: &[], ..ASK });
    assert_eq!((names.as_str(), shown.as_str()), (expect, ""), "{select}");
}

/// What is complained about.
#[track_caller]
fn complaint(select: &str) -> String {
    let (names, shown) = ask(&shop(), &Ask { select: &[select], kinds: &[], ..ASK });
    assert_eq!(names, "", "{select}");
    shown
}

#[test]
fn without_a_selection_everything_is_selected() {
    let (names, shown) = ask(&shop(), &Ask { kinds: &[], ..ASK });
    assert_eq!(shown, "");
    assert_eq!(
        names,
        "orders members stg_orders stg_members orders codes no_negative calendar kpi unique_orders \
         relationships_orders_stg_members board"
    );
    let (names, _) = ask(&shop(), &Ask { exclude: &["orders+"], ..ASK });
    assert_eq!(names, "stg_orders stg_members calendar");
}

#[test]
fn names_folders_and_wildcards() {
    check("orders", "orders");
    check("marts", "orders kpi");
    check("shop.marts", "orders kpi");
    check("marts.kpi", "kpi");
    check("stg_*", "stg_orders stg_members");
    check("*orders", "stg_orders orders");
    check("staging.*_m?mbers", "stg_members");
    check("kit", "calendar");
    check("fqn:calendar", "calendar");
    check("shop.*.kp[hij]", "kpi");
}

#[test]
fn graph_operators() {
    check("+orders", "stg_orders stg_members orders");
    check("orders+", "orders kpi");
    check("1+kpi", "orders calendar kpi");
    check("+stg_orders+1", "stg_orders orders");
    check("@stg_orders", "stg_orders stg_members orders calendar kpi");
    check_all("+board,resource_type:source", "orders members");
}

#[test]
fn blanks_unite_and_commas_intersect() {
    check("stg_orders  kpi", "stg_orders kpi");
    check("tag:nightly,config.materialized:table", "orders");
    check("+kpi,tag:nightly calendar", "stg_orders orders calendar");
    let (names, _) = ask(&shop(), &Ask { select: &["stg_orders", "kpi"], exclude: &["tag:nightly"], ..ASK });
    assert_eq!(names, "kpi");
}

#[test]
fn methods() {
    check("tag:nightly", "stg_orders orders");
    check("tag:p*", "stg_members");
    check("config.materialized:view", "stg_orders stg_members calendar");
    check("config.meta.owner:crm", "stg_members");
    check("config.tags:pii", "stg_members");
    check("config.enabled:TRUE,kpi", "kpi");
    check("config.docs.show:true,kpi", "kpi");
    check("group:sales", "orders");
    check("access:public", "kpi");
    check("package:kit", "calendar");
    check("package:this,config.materialized:view", "stg_orders stg_members");
    check("version:none,kpi", "kpi");
    check_all("source:raw", "orders members");
}

#[test]
fn paths_and_files() {
    check("path:models/marts", "orders kpi");
    check("models/marts/", "orders kpi");
    check("models/*/stg_*.sql", "stg_orders stg_members");
    check("models/**/kpi.sql", "kpi");
    check("kpi.sql", "kpi");
    check("file:stg_orders", "stg_orders");
    check_all("codes.csv", "codes");
}

#[test]
fn kinds_and_tests() {
    check_all("resource_type:seed", "codes");
    check_all("test_type:singular", "no_negative");
    check_all("test_type:generic", "unique_orders relationships_orders_stg_members");
    check_all("test_name:un*", "unique_orders");
    check_all("config.severity:WARN", "no_negative");
    check_all("exposure:board", "board");
    check_all("exposure:shop.board", "board");
    check_all("source:raw.members,resource_type:source", "members");
}

#[test]
fn tests_come_along_as_the_mode_says() {
    let tests = |mode, select: &str| {
        let select = [select];
        ask(&shop(), &Ask { select: &select, mode, kinds: &[NodeKind::Test], ..ASK }).0
    };
    let both = "no_negative unique_orders relationships_orders_stg_members";
    assert_eq!(tests(IndirectSelection::Eager, "orders"), both);
    assert_eq!(tests(IndirectSelection::Eager, "stg_members"), "relationships_orders_stg_members");
    assert_eq!(tests(IndirectSelection::Cautious, "orders"), "no_negative unique_orders");
    assert_eq!(tests(IndirectSelection::Cautious, "orders stg_members"), both);
    assert_eq!(tests(IndirectSelection::Buildable, "orders"), both);
    assert_eq!(tests(IndirectSelection::Buildable, "stg_members"), "");
    assert_eq!(tests(IndirectSelection::Empty, "orders"), "");
    assert_eq!(tests(IndirectSelection::Empty, "test_name:unique"), "unique_orders");
}

#[track_caller]
fn check_selector(definition: &Value, expect: &str) {
    let fixture = shop()
        .selector(json!({"name": "nightly", "definition": "tag:nightly"}))
        .selector(json!({"name": "it", "definition": definition, "default": true}));
    let (names, shown) = ask(&fixture, &Ask { selector: Some("it"), ..ASK });
    assert_eq!((names.as_str(), shown.as_str()), (expect, ""));
    let (by_default, _) = ask(&fixture, &ASK);
    assert_eq!(by_default, expect);
}

#[test]
fn selectors_of_the_yaml_file() {
    check_selector(&json!("tag:nightly"), "stg_orders orders");
    check_selector(&json!({"tag": "nightly"}), "stg_orders orders");
    check_selector(&json!({"method": "config.materialized", "value": "table"}), "orders kpi");
    check_selector(
        &json!({"method": "fqn", "value": "orders", "parents": true, "parents_depth": 1, "children": true}),
        "stg_orders stg_members orders kpi",
    );
    check_selector(
        &json!({"method": "fqn", "value": "stg_orders", "childrens_parents": true}),
        "stg_orders stg_members orders calendar kpi",
    );
    check_selector(&json!({"union": ["kpi", {"tag": "nightly"}, {"exclude": ["orders"]}]}), "stg_orders kpi");
    check_selector(&json!({"intersection": [{"tag": "nightly"}, "marts"]}), "orders");
    check_selector(&json!({"method": "tag", "value": "nightly", "exclude": ["orders"]}), "stg_orders");
    check_selector(&json!({"method": "selector", "value": "nightly"}), "stg_orders orders");
    check_selector(
        &json!({"union": [{"method": "selector", "value": "night*"}, "kpi"]}),
        "stg_orders orders kpi",
    );
    check_selector(&json!({"config.enabled": true, }), "stg_orders stg_members orders calendar kpi");
}

#[test]
fn a_selector_keeps_out_the_tests_that_it_excludes() {
    let fixture = shop()
        .selector(
            json!({"name": "inner", "definition": {"union": ["orders", {"exclude": ["test_name:unique"]}]}}),
        )
        .selector(json!({"name": "outer", "definition": {"method": "selector", "value": "inner"}}));
    let kinds = &[NodeKind::Model, NodeKind::Test];
    let (names, _) = ask(&fixture, &Ask { selector: Some("outer"), kinds, ..ASK });
    assert_eq!(names, "orders no_negative relationships_orders_stg_members");
}

#[test]
fn bad_selectors_are_pointed_at() {
    assert_snapshot!(complaint("orders tagg:nightly,kpi"), @r"
    Error[B0405] `tagg` is not a selection method
      note: --select orders tagg:nightly,kpi
                            ^^^^
      help: a method with a similar name exists: `tag`
    ");
    assert_snapshot!(complaint("受注 +nonsense:x"), @r"
    Error[B0405] `nonsense` is not a selection method
      note: --select 受注 +nonsense:x
                           ^^^^^^^^
      help: the methods are `access`, `config`, `exposure`, `file`, `fqn`, `group`, `metric`, `package`, `path`, `resource_type`, `result`, `saved_query`, `selector`, `semantic_model`, `source`, `source_status`, `state`, `tag`, `test_name`, `test_type`, `unit_test`, `version`
    ");
    assert_snapshot!(complaint("@orders+"), @r"
    Error[B0405] `@` in front and `+` behind do not go together
      note: --select @orders+
                     ^^^^^^^^
      help: `@` takes in all children already
    ");
    assert_snapshot!(complaint("orders,"), @r"
    Error[B0405] a criterion is empty
      note: --select orders,
                            ^
      help: write what to select, as in `+orders` or `tag:nightly`
    ");
    assert_snapshot!(complaint("+"), @r"
    Error[B0405] a criterion names nothing
      note: --select +
                     ^
      help: write what to select, as in `+orders` or `tag:nightly`
    ");
    assert_snapshot!(complaint("resource_type:modl"), @r"
    Error[B0405] `modl` is not a value of `resource_type:`
      note: --select resource_type:modl
                                   ^^^^
      help: did you mean `model`
    ");
    assert_snapshot!(complaint("source:a.b.c.d"), @r"
    Error[B0405] `a.b.c.d` has too many dots for a source
      note: --select source:a.b.c.d
                            ^^^^^^^
      help: write `source:name`, `source:name.table` or `source:package.name.table`
    ");
    assert_snapshot!(complaint("config:table"), @r"
    Error[B0405] `config:` does not say which config
      note: --select config:table
                     ^^^^^^^^^^^^
      help: write the key after a dot, as in `config.materialized:table`
    ");
    assert_snapshot!(complaint("state:modified"), @r"
    Error[B0405] `state:` compares with an earlier run, and none is given
      note: --select state:modified
                     ^^^^^^^^^^^^^^
      help: name the folder of its artifacts with `--state`
    ");
    assert_snapshot!(complaint("selector:x"), @r"
    Error[B0405] selector `x` is not defined
      note: --select selector:x
                              ^
      help: selectors are defined in `selectors.yml`, which has none
    ");
}

#[test]
fn bad_definitions_are_pointed_at() {
    let complaint = |definition: Value| {
        let fixture = shop().selector(json!({"name": "it", "definition": definition}));
        ask(&fixture, &Ask { selector: Some("it"), ..ASK }).1
    };
    assert_snapshot!(complaint(json!({"union": "orders"})), @r"
    Error[B0405] `union` is not a list
      selectors.yml:1:1 `selectors` in the definition of `it`
      help: write each entry on a line of its own after `-`
    ");
    assert_snapshot!(complaint(json!({"union": [], "intersection": []})), @r"
    Error[B0405] `union` stands beside other keys
      selectors.yml:1:1 `selectors` in the definition of `it`
      help: put all of them into one list under it
    ");
    assert_snapshot!(complaint(json!({"method": "tag"})), @r"
    Error[B0405] `method` is not a selection method
      selectors.yml:1:1 `selectors` in the definition of `it`
      help: the methods are `access`, `config`, `exposure`, `file`, `fqn`, `group`, `metric`, `package`, `path`, `resource_type`, `result`, `saved_query`, `selector`, `semantic_model`, `source`, `source_status`, `state`, `tag`, `test_name`, `test_type`, `unit_test`, `version`
    ");
    assert_snapshot!(complaint(json!({"method": "tag", "value": "x", "indirect_selection": "all"})), @r#"
    Error[B0405] `indirect_selection` can't be "all"
      selectors.yml:1:1 `selectors` in the definition of `it`
      help: it can be `eager`, `cautious`, `buildable` or `empty`
    "#);
    assert_snapshot!(complaint(json!({"method": "selector", "value": "it"})), @r"
    Error[B0405] selectors that need each other: `it` → `it`
      selectors.yml:1:1 `selectors` in the definition of `it`
    ");
    assert_snapshot!(complaint(json!(["a"])), @r"
    Error[B0405] a definition is neither text nor a mapping
      selectors.yml:1:1 `selectors` in the definition of `it`
      help: write a criterion such as `tag:nightly`, a mapping with `method` and `value`, or a `union` or `intersection`
    ");
    assert_snapshot!(ask(&shop(), &Ask { selector: Some("it"), ..ASK }).1, @r"
    Error[B0405] selector `it` is not defined
      help: selectors are defined in `selectors.yml`, which has none
    ");
}

#[test]
fn what_matches_nothing_is_a_warning_with_advice() {
    assert_snapshot!(complaint("ordesr"), @r"
    Warning[B0406] `ordesr` selects nothing
      note: --select ordesr
                     ^^^^^^
      help: did you mean `orders`
    ");
    assert_snapshot!(complaint("tag:nightyl"), @r"
    Warning[B0406] `tag:nightyl` selects nothing
      note: --select tag:nightyl
                     ^^^^^^^^^^^
      help: did you mean `nightly`
    ");
    assert_snapshot!(complaint("off"), @r"
    Warning[B0406] `off` selects nothing
      note: --select off
                     ^^^
      note: `off` is disabled
    ");
    assert_snapshot!(complaint("models/mart"), @r"
    Warning[B0406] `models/mart` selects nothing
      note: --select models/mart
                     ^^^^^^^^^^^
      help: did you mean `models/marts`
    ");
    assert_snapshot!(complaint("group:x,kpi"), @r"
    Warning[B0406] `group:x,kpi` selects nothing
      note: --select group:x,kpi
                     ^^^^^^^^^^^
      note: nothing meets all of these criteria at once
    ");
    assert_snapshot!(complaint("metric:x"), @r"
    Warning[B0406] `metric:x` selects nothing
      note: --select metric:x
                     ^^^^^^^^
      note: nothing in the project has a value for `metric:`
    ");
    let (_, shown) = ask(&shop(), &Ask { select: &["kpi"], exclude: &["marts"], ..ASK });
    assert_snapshot!(shown, @r"
    Warning[B0406] nothing is selected
      note: what is excluded takes all of it away
    ");
    let (_, shown) = ask(&shop(), &Ask { select: &["kpi"], kinds: &[NodeKind::Seed], ..ASK });
    assert_snapshot!(shown, @r"
    Warning[B0406] nothing is selected
      note: what is selected is of kinds that this command does not look at
    ");
}

#[test]
fn a_broken_part_is_passed_over_in_silence() {
    let fixture = shop().part("bad", "").unrendered();
    assert_eq!(ask(&fixture, &Ask { select: &["bad"], ..ASK }), (String::new(), String::new()));
}
