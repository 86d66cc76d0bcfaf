//! Tests of the whole stage on small projects.

mod settings;

use serde_json::json;

use super::*;
use crate::diagnostic::{Diagnostic, Severity};
use crate::world::Memory;

/// Files given as `--- path ---` sections; `dbt_project.yml` is added if it isn't there.
fn world(fixture: &str) -> Memory {
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in fixture.split_inclusive('\n') {
        match line.trim_end().strip_prefix("--- ").and_then(|rest| rest.strip_suffix(" ---")) {
            Some(path) => files.push((path, String::new())),
            None => {
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    if !files.iter().any(|(path, _)| *path == "dbt_project.yml") {
        files.push(("dbt_project.yml", "name: shop\n".to_owned()));
    }
    files.into_iter().fold(Memory::default(), |world, (path, text)| world.with_file(path, text))
}

fn load_with(world: &Memory, options: &LoadOptions) -> (Option<Project>, Vec<Diagnostic>) {
    let staged = load(world, options);
    (staged.value.ok(), staged.diagnostics)
}

/// The files that the diagnostics point into, project or not.
fn files_of(world: &Memory, options: &LoadOptions) -> Sources {
    match load(world, options).value {
        Ok(project) => project.files,
        Err(files) => files,
    }
}

/// Loads a project that has to be without problems.
#[track_caller]
fn good(fixture: &str) -> Project {
    let (project, diagnostics) = load_with(&world(fixture), &LoadOptions::default());
    assert_eq!(diagnostics, []);
    project.expect("a project without problems loads")
}

#[track_caller]
fn node<'p>(project: &'p Project, id: &str) -> &'p Node {
    let ids: Vec<&str> = project.nodes.iter().map(|node| node.unique_id.as_str()).collect();
    project
        .nodes
        .iter()
        .find(|node| node.unique_id == id)
        .unwrap_or_else(|| panic!("{id} is not among {ids:#?}"))
}

/// All levels of a node's config laid over each other.
fn config(node: &Node) -> Value {
    let mut config = Config::default();
    config.merge(&node.project_config.values);
    config.merge(&node.property_config.values);
    config.merge(&node.override_config.values);
    Value::Object(config.values)
}

fn ids(project: &Project) -> Vec<&str> {
    project.nodes.iter().map(|node| node.unique_id.as_str()).collect()
}

/// `error B0104 path:line:column message; help` for each problem.
#[track_caller]
fn check(fixture: &str, expect: &[&str]) {
    check_with(&world(fixture), &LoadOptions::default(), expect);
}

#[track_caller]
fn check_with(world: &Memory, options: &LoadOptions, expect: &[&str]) {
    let (_, mut diagnostics) = load_with(world, options);
    let files = files_of(world, options);
    crate::diagnostic::sort(&mut diagnostics);
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|problem| {
            let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
            let place = problem.label.as_ref().map_or_else(String::new, |label| {
                let file = files.get(label.span.file);
                let at = file.line_column(label.span.start);
                format!(" {}:{}:{}", file.path, at.line, at.column)
            });
            let help: Vec<String> = problem.help.iter().map(|help| format!("; {}", help.text)).collect();
            format!("{severity} {}{place} {}{}", problem.code, problem.message, help.concat())
        })
        .collect();
    assert_eq!(shown, expect);
}

// Parts, seeds and the other files.

#[test]
fn every_kind_of_file_makes_its_node() {
    let project = good(
        "--- models/staging/a.sql ---\n\nselect 1\n\n--- models/p.py ---\ndef model(dbt, session): pass\n\
         --- seeds/s.csv ---\nid\n1\n--- snapshots/sn.sql ---\n{% snapshot sna %}select 1{% endsnapshot %}\n\
         --- tests/t.sql ---\nselect 1\n--- tests/generic/g.sql ---\n{% test g(model) %}{% endtest %}\n\
         --- analyses/x/an.sql ---\nselect 1\n--- macros/m.sql ---\n{% macro m() %}{% endmacro %}\n\
         --- models/docs.md ---\n{% docs d %} text {% enddocs %}\n",
    );
    assert_eq!(
        ids(&project),
        [
            "model.shop.p",
            "model.shop.a",
            "seed.shop.s",
            "snapshot.shop.sna",
            "test.shop.t",
            "analysis.shop.an"
        ]
    );
    let part = node(&project, "model.shop.a");
    assert_eq!(part.fqn, ["shop", "staging", "a"]);
    assert_eq!(part.path, "models/staging/a.sql");
    assert_eq!(part.relative_path, "staging/a.sql");
    assert_eq!(project.files.text(part.body.expect("a part has a body")), "select 1");
    assert!(node(&project, "model.shop.p").is_python);
    assert_eq!(node(&project, "snapshot.shop.sna").fqn, ["shop", "sn", "sna"]);
    assert_eq!(node(&project, "analysis.shop.an").relative_path, "analysis/x/an.sql");
    let macros: Vec<_> =
        project.macro_files.iter().map(|file| project.files.path(file.file).as_str()).collect();
    assert_eq!(macros, ["macros/m.sql", "tests/generic/g.sql"]);
    assert_eq!(project.docs[&("shop".to_owned(), "d".to_owned())].text, "text");
}

#[test]
fn a_project_without_parts_is_a_project() {
    assert_eq!(ids(&good("")), [""; 0]);
}

#[test]
fn names_with_blanks_and_japanese_in_folders_are_fine() {
    let project = good("--- models/日本 語/部品.sql ---\nselect 1\n");
    assert_eq!(node(&project, "model.shop.部品").fqn, ["shop", "日本 語", "部品"]);
}

#[test]
fn older_spellings_of_folders_count() {
    let project = good(
        "--- dbt_project.yml ---\nname: shop\nsource-paths: [parts/]\ndata-paths: ./data\ntarget-path: out\n\
         --- parts/a.sql ---\nselect 1\n--- data/s.csv ---\nid\n",
    );
    assert_eq!(ids(&project), ["model.shop.a", "seed.shop.s"]);
    assert_eq!(project.root().paths.target, "out");
}

#[test]
fn a_byte_order_mark_is_taken_away() {
    let project = good("--- models/a.sql ---\n\u{feff}select 1\n");
    let part = node(&project, "model.shop.a");
    assert_eq!(project.files.text(part.span), "select 1\n");
}

#[test]
fn dbtignore_hides_files() {
    let project = good(
        "--- .dbtignore ---\n# old ones\nold/\n*.skip.sql\n--- models/a.sql ---\nselect 1\n\
         --- models/old/b.sql ---\nselect 1\n--- models/c.skip.sql ---\nselect 1\n",
    );
    assert_eq!(ids(&project), ["model.shop.a"]);
}

// Configs.

#[test]
fn configs_of_folders_come_from_outside_in() {
    let project = good(
        "--- dbt_project.yml ---\nname: shop\nmodels:\n  +materialized: view\n  +meta: {a: 1, b: 1}\n  shop:\n    \
         +tags: one\n    staging:\n      tags: [two]\n      +materialized: table\n      +meta: {b: 2}\n      a:\n        \
         +pre-hook: 'select 1'\n--- models/staging/a.sql ---\nselect 1\n--- models/b.sql ---\nselect 1\n",
    );
    assert_eq!(
        config(node(&project, "model.shop.a")),
        json!({
            "materialized": "table", "meta": {"a": 1, "b": 2}, "tags": ["one", "two"], "pre_hook": ["select 1"]
        })
    );
    assert_eq!(
        config(node(&project, "model.shop.b")),
        json!({"materialized": "view", "meta": {"a": 1, "b": 1}, "tags": ["one"]})
    );
}

#[test]
fn properties_add_to_the_config_and_older_keys_count() {
    let project = good(
        "--- models/a.sql ---\nselect 1\n--- models/a.yml ---\nmodels:\n  - name: a\n    description: about a\n    \
         meta: {owner: me}\n    docs: {show: false}\n    config: {tags: x, enabled: false}\n    columns:\n      \
         - name: id\n        description: number\n        data_type: int\n        tags: [k]\n        \
         config: {tags: [l], meta: {p: 1}}\n",
    );
    let part = node(&project, "model.shop.a");
    assert_eq!(
        config(part),
        json!({"tags": ["x"], "enabled": false, "meta": {"owner": "me"}, "docs": {"show": false}})
    );
    assert_eq!(part.description, "about a");
    let column = &part.columns["id"];
    assert_eq!((column.description.as_str(), column.data_type.as_deref()), ("number", Some("int")));
    assert_eq!(column.tags, ["k", "l"]);
    assert_eq!(column.meta["p"], 1);
}

#[test]
fn the_root_overrides_a_packages_config() {
    let project = good(
        "--- dbt_project.yml ---\nname: shop\nmodels:\n  util:\n    +materialized: table\n\
         --- dbt_packages/util/dbt_project.yml ---\nname: util\nmodels:\n  +materialized: view\n\
         --- dbt_packages/util/models/u.sql ---\nselect 1\n",
    );
    let part = node(&project, "model.util.u");
    assert_eq!(part.project_config.materialized(), Some("view"));
    assert_eq!(part.override_config.materialized(), Some("table"));
    assert_eq!(part.path, "models/u.sql");
    assert_eq!(project.files.path(part.span.file), "dbt_packages/util/models/u.sql");
}

#[test]
fn jinja_in_yaml_is_rendered_where_dbt_does_it() {
    let fixture = "--- dbt_project.yml ---\nname: shop\nvars: {layer: stg, shop: {flag: true}}\non-run-start: \"{{ later }}\"\n\
        models:\n  +schema: \"{{ env_var('SCHEMA', 'dev') }}_x\"\n  +enabled: \"{{ env_var('ON') | as_bool }}\"\n  \
        +pre-hook: \"{{ later }}\"\n--- models/a.sql ---\nselect 1\n--- models/a.yml ---\nmodels:\n  - name: a\n    \
        description: \"{{ doc('a') }}\"\n    config:\n      tags: \"{{ var('layer') }}\"\n      \
        meta: {flag: \"{{ var('flag') }}\", none: \"{{ var('missing', 3) }}\", text: \"{{ 1 + 1 }}\"}\n--- models/a.md ---\n\
        {% docs a %}About it.{% enddocs %}\n";
    let (project, diagnostics) = load_with(&world(fixture).with_env("ON", "False"), &LoadOptions::default());
    assert_eq!(diagnostics, []);
    let project = project.expect("a project");
    let part = node(&project, "model.shop.a");
    assert_eq!(
        config(part),
        json!({
            "schema": "dev_x", "enabled": false, "pre_hook": ["{{ later }}"], "tags": ["stg"],
            "meta": {"flag": true, "none": 3, "text": "2"}
        })
    );
    assert_eq!(part.description, "About it.");
    assert_eq!(part.doc_blocks, ["doc.shop.a"]);
    assert_eq!(project.root().on_run_start[0].value, "{{ later }}");
}

#[test]
fn a_description_that_cannot_be_rendered_stays_with_a_warning() {
    let fixture = "--- models/a.sql ---\nselect 1\n--- models/a.yml ---\nmodels:\n  - name: a\n    \
        description: \"{{ doc('nowhere') }}\"\n    columns: [{name: id, description: \"{{ doc('x'\"}]\n";
    let (project, diagnostics) = load_with(&world(fixture), &LoadOptions::default());
    let said: Vec<_> =
        diagnostics.iter().map(|one| (one.is_error(), one.message.contains("description"))).collect();
    assert_eq!(said, [(false, true), (false, true)]);
    assert_eq!(node(&project.expect("a project"), "model.shop.a").description, "{{ doc('nowhere') }}");
}

#[test]
fn vars_of_the_command_line_win() {
    let fixture = "--- dbt_project.yml ---\nname: shop\nvars: {t: file}\n--- models/a.sql ---\nselect 1\n\
        --- models/a.yml ---\nmodels: [{name: a, config: {tags: \"{{ var('t') }}\"}}]\n";
    let options = LoadOptions { vars: Some("{t: line, n: 1}".to_owned()), ..LoadOptions::default() };
    let (project, diagnostics) = load_with(&world(fixture), &options);
    assert_eq!(diagnostics, []);
    let project = project.expect("a project");
    assert_eq!(config(node(&project, "model.shop.a")), json!({"tags": ["line"]}));
    assert_eq!(project.cli_vars["n"], 1);
}

// Generic tests. Ids and texts are those that dbt gives to the same YAML.

const TESTED: &str = "--- models/staging/a.sql ---\nselect 1\n";

/// Loads tests under `data_tests:` of a part, or of its column `id`, and gives the only one.
#[track_caller]
fn only_test(below: &str, yaml: &str) -> Node {
    let fixture =
        format!("{TESTED}--- models/staging/schema.yml ---\nmodels:\n  - name: stg_a\n{below}{yaml}");
    let fixture = fixture.replace("staging/a.sql", "staging/stg_a.sql");
    let project = good(&fixture);
    let tests: Vec<&Node> = project.nodes.iter().filter(|node| node.kind == NodeKind::Test).collect();
    let [test] = tests.as_slice() else { panic!("one test is expected, not {tests:#?}") };
    let call = test.test.as_ref().expect("a test has a call");
    assert_eq!(project.node(call.attached.expect("it tests something")).unique_id, "model.shop.stg_a");
    (*test).clone()
}

const ON_PART: &str = "    data_tests:\n";
const ON_ID: &str = "    columns:\n      - name: id\n        data_tests:\n";

#[test]
fn a_column_test_has_dbts_id_and_text() {
    let test = only_test(ON_ID, "          - unique\n");
    assert_eq!(test.unique_id, "test.shop.unique_stg_a_id.944f84deb7");
    assert_eq!(test.fqn, ["shop", "staging", "unique_stg_a_id"]);
    assert_eq!(test.relative_path, "unique_stg_a_id.sql");
    let call = test.test.expect("a call");
    assert_eq!(call.raw, "{{ test_unique(**_dbt_generic_test_kwargs) }}");
    assert_eq!(call.model, "{{ get_where_subquery(ref('stg_a')) }}");
    assert_eq!(call.column.as_deref(), Some("id"));
}

#[test]
fn config_of_a_test_goes_to_its_text_in_dbts_order() {
    let yaml = "          - not_null:\n              name: mine\n              config: {where: 'a = \"x\"', severity: warn, limit: 5}\n              enabled: false\n";
    let test = only_test(ON_ID, yaml);
    assert_eq!(test.name, "mine");
    assert_eq!(
        test.test.as_ref().expect("a call").raw,
        r#"{{ test_not_null(**_dbt_generic_test_kwargs) }}{{ config(severity="warn",where="a = \"x\"",limit=5) }}"#
    );
    assert_eq!(config(&test), json!({"severity": "warn", "where": "a = \"x\"", "limit": 5}));
}

#[test]
fn long_names_are_cut_and_hashed() {
    let yaml = "      - dbt_utils.expression_is_true:\n          arguments: {expression: 'id > 0 and id < 1000000 or id is null or 1 = 1'}\n";
    let test = only_test(ON_PART, yaml);
    let name = "dbt_utils_expression_is_true_stg_a_id_0_and_id_1000000_or_id_is_null_or_1_1";
    assert_eq!(test.name, name);
    let call = test.test.as_ref().expect("a call");
    assert_eq!((call.namespace.as_deref(), call.name.as_str()), (Some("dbt_utils"), "expression_is_true"));
    assert_eq!(call.short_name.len(), 30 + 1 + 32);
    assert!(call.short_name.starts_with("dbt_utils_expression_is_true_s_"));
    assert_eq!(test.relative_path, format!("{}.sql", call.short_name));
    assert!(
        call.raw.starts_with(
            "{{ dbt_utils.test_expression_is_true(**_dbt_generic_test_kwargs) }}{{ config(alias="
        )
    );
}

#[test]
fn arguments_are_flat_or_nested_and_all_kinds_of_values() {
    let nested = only_test(
        ON_ID,
        "          - accepted_values: {arguments: {values: [1, 'x y', 日本], quote: false}}\n",
    );
    let flat = only_test(ON_ID, "          - accepted_values: {values: [1, 'x y', 日本], quote: false}\n");
    assert_eq!(nested.unique_id, flat.unique_id);
    assert_eq!(nested.name, "accepted_values_stg_a_id__False__1__x_y___");
    let call = flat.test.expect("a call");
    assert_eq!(Value::Object(call.arguments), json!({"values": [1, "x y", "日本"], "quote": false}));
}

#[test]
fn the_test_name_form_is_the_same_test() {
    let test = only_test(ON_PART, "      - {test_name: unique, column_name: id, name: named}\n");
    let call = test.test.as_ref().expect("a call");
    assert_eq!((test.name.as_str(), call.name.as_str()), ("named", "unique"));
    assert_eq!(call.column, None);
}

#[test]
fn quoted_columns_are_quoted_in_the_hash_but_not_in_the_call() {
    let fixture = "    columns:\n      - name: id\n        quote: true\n        data_tests:\n";
    let test = only_test(fixture, "          - unique\n");
    assert_eq!(test.name, "unique_stg_a__id_");
    let call = test.test.expect("a call");
    assert_eq!((call.column.as_deref(), call.quote_column), (Some("id"), true));
}

#[test]
fn wrong_forms_of_tests_are_told() {
    check(
        "--- models/a.sql ---\nselect 1\n--- models/a.yml ---\nmodels:\n  - name: a\n    data_tests:\n      - unique:\n      \
         - {a: {}, b: {}}\n      - 5\n      - x: {model: y}\n",
        &[
            "error B0105 models/a.yml:4:9 the arguments of the test `unique` should be a mapping, not nothing; write \
             just `- unique` for a test without arguments",
            "error B0105 models/a.yml:5:9 a test is a name, or a mapping of one name to its arguments; indent the \
             arguments deeper than the test's name",
            "error B0105 models/a.yml:6:9 a test is a name, or a mapping of one name to its arguments",
            "error B0105 models/a.yml:7:13 a test gets `model` by itself",
        ],
    );
}

// Sources.

#[test]
fn a_source_makes_a_node_for_each_table() {
    let project = good(
        "--- models/staging/src.yml ---\nsources:\n  - name: raw\n    schema: raw_data\n    loader: files\n    tags: [b]\n    \
         quoting: {schema: true}\n    freshness: {warn_after: {count: 12, period: hour}}\n    loaded_at_field: at\n    \
         tables:\n      - name: orders\n        identifier: ORDERS\n        description: all orders\n        tags: [a]\n        \
         quoting: {identifier: false}\n        freshness: {error_after: {count: 1, period: day}}\n        columns:\n          \
         - name: id\n            data_tests: [unique]\n      - name: items\n        freshness: null\n        \
         loaded_at_field: null\n",
    );
    let orders = node(&project, "source.shop.raw.orders");
    assert_eq!(orders.fqn, ["shop", "staging", "raw", "orders"]);
    assert_eq!((orders.name.as_str(), orders.source_name.as_deref()), ("orders", Some("raw")));
    assert_eq!(
        orders.source_relation,
        Some(SourceRelation {
            database: None,
            schema: Some("raw_data".to_owned()),
            identifier: "ORDERS".to_owned(),
            quote: [None, Some(true), Some(false)],
        })
    );
    assert_eq!(
        config(orders),
        json!({
            "tags": ["a", "b"],
            "loaded_at_field": "at",
            "freshness": {
                "warn_after": {"count": 12, "period": "hour"},
                "error_after": {"count": 1, "period": "day"},
                "filter": null
            }
        })
    );
    let items = node(&project, "source.shop.raw.items");
    assert_eq!(config(items), json!({"tags": ["b"], "freshness": null}));
    let test = project.nodes.iter().find(|node| node.kind == NodeKind::Test).expect("a test");
    assert_eq!(test.name, "source_unique_raw_orders_id");
    let call = test.test.as_ref().expect("a call");
    assert_eq!(project.node(call.attached.expect("attached")).unique_id, "source.shop.raw.orders");
    assert_eq!(call.model, "{{ get_where_subquery(source('raw', 'orders')) }}");
}

// Versions.

#[test]
fn versions_are_nodes_of_their_own() {
    let project = good(
        "--- models/dim_v1.sql ---\nselect 1\n--- models/dim.sql ---\nselect 2\n--- models/dim.yml ---\nmodels:\n  - name: dim\n    \
         latest_version: 2\n    columns:\n      - {name: id, data_tests: [unique]}\n      - {name: b}\n    versions:\n      \
         - v: 1\n        columns: [{include: all, exclude: [b]}]\n      - v: 2\n        config: {tags: [new]}\n",
    );
    let old = node(&project, "model.shop.dim.v1");
    assert_eq!(
        (old.name.as_str(), old.version.as_deref(), old.latest_version.as_deref()),
        ("dim", Some("1"), Some("2"))
    );
    assert_eq!(old.fqn, ["shop", "dim", "v1"]);
    assert_eq!(old.columns.keys().collect::<Vec<_>>(), ["id"]);
    let new = node(&project, "model.shop.dim.v2");
    assert_eq!(new.path, "models/dim.sql");
    assert_eq!(config(new), json!({"tags": ["new"]}));
    let tests: Vec<&Node> = project.nodes.iter().filter(|node| node.kind == NodeKind::Test).collect();
    let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names, ["unique_dim_v1_id", "unique_dim_v2_id"]);
    let model = &tests[0].test.as_ref().expect("a call").model;
    assert_eq!(model, "{{ get_where_subquery(ref('dim', version='1')) }}");
}

// What only YAML defines.

#[test]
fn exposures_unit_tests_groups_and_snapshots_of_yaml() {
    let project = good(
        "--- models/x/a.sql ---\nselect 1\n--- models/x/x.yml ---\nexposures:\n  - name: dash\n    type: dashboard\n    \
         owner: {email: a@b.c}\n    depends_on: [ref('a')]\nunit_tests:\n  - {name: u, model: a, given: [], expect: {rows: []}}\n\
         groups: [{name: g, owner: {name: me}}]\nsnapshots:\n  - {name: sn, relation: ref('a'), config: {unique_key: id}}\n",
    );
    let exposure = node(&project, "exposure.shop.dash");
    assert_eq!(exposure.fqn, ["shop", "x", "dash"]);
    assert_eq!(exposure.depends_on[0].value, "ref('a')");
    assert_eq!(node(&project, "unit_test.shop.a.u").fqn, ["shop", "x", "a", "u"]);
    assert!(project.groups.contains_key(&("shop".to_owned(), "g".to_owned())));
    let snapshot = node(&project, "snapshot.shop.sn");
    assert_eq!(project.files.text(snapshot.body.expect("a body")), "select * from {{ ref('a') }}");
    assert_eq!(config(snapshot), json!({"unique_key": "id"}));
}

#[test]
fn selectors_and_macro_properties_are_kept() {
    let project = good(
        "--- selectors.yml ---\nselectors:\n  - name: nightly\n    definition: 'tag:nightly'\n--- macros/m.sql ---\n\
         {% macro m() %}{% endmacro %}\n--- macros/m.yml ---\nmacros: [{name: m, description: one}]\n",
    );
    assert_eq!(project.selectors["nightly"].value["definition"], "tag:nightly");
    assert_eq!(project.macro_properties[&("shop".to_owned(), "m".to_owned())]["description"], "one");
}

// Profiles.

const PROFILED: &str = "--- dbt_project.yml ---\nname: shop\nprofile: shop\n";

#[test]
fn without_any_profile_there_is_an_embedded_database() {
    let target = good(PROFILED).target;
    assert_eq!((target.adapter.as_str(), target.schema.as_str()), ("duckdb", "main"));
    assert_eq!(target.database.as_deref(), Some("buhin"));
    assert_eq!(target.credentials["path"], "target/buhin.duckdb");
}

#[test]
fn a_profile_is_rendered_and_secrets_are_allowed_in_it() {
    let fixture = format!(
        "{PROFILED}--- profiles.yml ---\nshop:\n  target: \"{{{{ env_var('T', 'pg') }}}}\"\n  outputs:\n    \
         pg: {{type: postgres, dbname: db, schema: s, threads: \"{{{{ env_var('N') | as_number }}}}\", \
         password: \"{{{{ env_var('DBT_ENV_SECRET_P') }}}}\"}}\n    other: {{type: x, password: \"{{{{ env_var('NOT_SET') }}}}\"}}\n"
    );
    let world = world(&fixture).with_env("N", "8").with_env("DBT_ENV_SECRET_P", "hush");
    let (project, diagnostics) = load_with(&world, &LoadOptions::default());
    assert_eq!(diagnostics, []);
    let target = project.expect("a project").target;
    assert_eq!((target.name.as_str(), target.threads, target.dialect), ("pg", 8, Dialect::Postgres));
    assert_eq!((target.database.as_deref(), target.schema.as_str()), (Some("db"), "s"));
    assert_eq!(target.credentials["password"], "hush");
}

#[test]
fn a_duckdb_database_is_named_after_its_file() {
    for (path, expect) in
        [("data/my.db.duckdb", "my"), (":memory:", "memory"), ("x", "x"), ("md:cloud", "cloud")]
    {
        let fixture = format!(
            "{PROFILED}--- profiles.yml ---\nshop: {{target: d, outputs: {{d: {{type: duckdb, path: '{path}'}}}}}}\n"
        );
        assert_eq!(good(&fixture).target.database.as_deref(), Some(expect), "of {path}");
    }
}

#[test]
fn profiles_are_found_in_dbts_order() {
    let profile =
        |schema: &str| format!("shop: {{target: d, outputs: {{d: {{type: duckdb, schema: {schema}}}}}}}\n");
    let home =
        world(PROFILED).with_env("HOME", "/home/u").with_file("/home/u/.dbt/profiles.yml", profile("home"));
    let local = home.clone().with_file("profiles.yml", profile("local"));
    let named =
        local.clone().with_env("DBT_PROFILES_DIR", "/env").with_file("/env/profiles.yml", profile("env"));
    let flagged = named.clone().with_file("/flag/profiles.yml", profile("flag"));
    let flag = LoadOptions { profiles_dir: Some("/flag".into()), ..LoadOptions::default() };
    let none = LoadOptions::default();
    for (world, options, expect) in
        [(home, &none, "home"), (local, &none, "local"), (named, &none, "env"), (flagged, &flag, "flag")]
    {
        assert_eq!(load_with(&world, options).0.expect("a project").target.schema, expect);
    }
}

// What is wrong with a project.

#[test]
fn no_project_file() {
    check_with(
        &Memory::default(),
        &LoadOptions::default(),
        &["error B0101 no `dbt_project.yml` in `/project`; go to the folder of a project, name it with \
           `--project-dir`, or start one with `buhin init`"],
    );
}

#[test]
fn a_misspelt_profile_and_target() {
    let fixture = format!(
        "{PROFILED}--- profiles.yml ---\nshap: {{target: prd, outputs: {{prod: {{type: duckdb}}}}}}\n"
    );
    check(
        &fixture,
        &[
            "error B0107 dbt_project.yml:2:10 no profile `shop` in `profiles.yml`; a profile of a similar name exists: `shap`",
        ],
    );
    let fixture = fixture.replace("shap:", "shop:");
    check(
        &fixture,
        &[
            "error B0107 profiles.yml:1:16 the profile `shop` has no target `prd`; a target of a similar name exists: `prod`",
        ],
    );
}

#[test]
fn a_folder_of_profiles_without_the_file() {
    let options = LoadOptions { profiles_dir: Some("/nowhere".into()), ..LoadOptions::default() };
    check_with(
        &world(PROFILED),
        &options,
        &[
            "error B0107 no `profiles.yml` in `/nowhere`, the folder that `--profiles-dir` names; correct the folder, \
           or leave it out",
        ],
    );
}

#[test]
fn a_missing_name_and_wrong_kinds() {
    check(
        "--- dbt_project.yml ---\nversion: 1\n",
        &["error B0105 dbt_project.yml:1:1 `dbt_project.yml` lacks `name`; add `name: …`"],
    );
    check(
        "--- dbt_project.yml ---\nname: my-shop\nmodel-paths: {a: 1}\nvars: [1]\nmodels: 5\n",
        &[
            "error B0105 dbt_project.yml:1:7 `my-shop` can't be the name of a project",
            "error B0105 dbt_project.yml:2:14 `model-paths` should be a list of folders, not a mapping",
            "error B0105 dbt_project.yml:3:7 `vars` should be a mapping, not a list",
            "error B0105 dbt_project.yml:4:9 `models` should be a mapping, not a number",
        ],
    );
}

#[test]
fn misspelt_keys_have_a_suggestion() {
    check(
        "--- dbt_project.yml ---\nname: shop\nmodel-pahts: [x]\n--- models/a.sql ---\nselect 1\n--- models/a.yml ---\n\
         modles: []\nmodels:\n  - name: a\n    descripton: x\n    columns:\n      - {name: id, descritpion: y, mine: z}\n",
        &[
            "warning B0106 dbt_project.yml:2:1 `model-pahts` is not a key of `dbt_project.yml`; a similar key exists: \
             `model-paths`",
            "warning B0106 models/a.yml:1:1 `modles` is not a key of property files; a similar key exists: `models`",
            "warning B0106 models/a.yml:4:5 `descripton` is not a key of a model; a similar key exists: `description`",
            "warning B0106 models/a.yml:6:20 `descritpion` is not a key of a column; a similar key exists: \
             `description`",
        ],
    );
}

#[test]
fn a_broken_property_file_does_not_stop_the_others() {
    let fixture = "--- models/a.sql ---\nselect 1\n--- models/a.yml ---\nmodels: [{name: a, description: d}]\n\
        --- models/b.yml ---\nmodels:\n\t- x\n";
    check(
        fixture,
        &[
            "error B0104 models/b.yml:2:1 this is not well-formed YAML: a tab where YAML wants spaces; indent with spaces",
        ],
    );
    let project = load_with(&world(fixture), &LoadOptions::default()).0.expect("a project");
    assert_eq!(node(&project, "model.shop.a").description, "d");
}

#[test]
fn bytes_that_are_not_utf8_are_shown_on_their_line() {
    let world = world("").with_file("models/a.sql", b"select 1\n-- \x93\xfa\x96\x7b\n".to_vec());
    check_with(
        &world,
        &LoadOptions::default(),
        &[
            "error B0103 models/a.sql:2:4 `models/a.sql` is not UTF-8; save the file as UTF-8; `iconv -f SHIFT_JIS -t \
           UTF-8` converts an older Japanese file",
        ],
    );
}

#[test]
fn names_that_stand_twice() {
    check(
        "--- models/x/a.sql ---\nselect 1\n--- models/y/a.sql ---\nselect 1\n--- seeds/a.csv ---\nid\n\
         --- models/s.yml ---\nsources:\n  - name: r\n    tables: [{name: t}, {name: t}]\n",
        &[
            "error B0108 models/y/a.sql:1:1 part `a` is defined twice; rename one of them, or disable one with \
             `enabled: false`",
            "error B0108 seeds/a.csv:1:1 the name `a` is defined twice; rename one of them, or disable one with \
             `enabled: false`",
            "error B0108 models/s.yml:3:32 source `r.t` is defined twice; rename one of them, or disable one with \
             `enabled: false`",
        ],
    );
}

#[test]
fn a_disabled_part_may_share_its_name() {
    let project = good(
        "--- dbt_project.yml ---\nname: shop\nmodels: {shop: {old: {+enabled: false}}}\n--- models/old/a.sql ---\n\
         select 1\n--- models/new/a.sql ---\nselect 1\n",
    );
    assert_eq!(project.nodes.len(), 2);
}

#[test]
fn properties_for_nothing_and_twice() {
    check(
        "--- models/orders.sql ---\nselect 1\n--- seeds/codes.csv ---\nid\n--- models/a.yml ---\nmodels:\n  - name: order\n    \
         columns: [{name: id, data_tests: [unique]}]\n  - name: codes\n  - name: orders\n  - name: orders\n",
        &[
            "warning B0109 models/a.yml:2:11 there is no part `order` for these properties; a similar one exists: \
             `orders`",
            "warning B0109 models/a.yml:4:11 `codes` is a seed, but its properties stand under `models`; move the \
             entry to `seeds`",
            "error B0108 models/a.yml:6:11 the part `orders` has properties in two places; join the two entries",
        ],
    );
}

#[test]
fn packages_declared_but_not_installed() {
    check(
        "--- packages.yml ---\npackages:\n  - package: dbt-labs/dbt_utils\n    version: 1.0.0\n  - local: ../near\n",
        &[
            "warning B0110 packages.yml:2:5 the package `dbt-labs/dbt_utils` is declared, but not installed; install \
             the packages with `buhin deps`",
            "error B0101 packages.yml:4:5 the package in `../near` has no `dbt_project.yml`",
        ],
    );
}

#[test]
fn a_local_package_may_be_installed_from_a_folder_that_is_gone() {
    check(
        "--- packages.yml ---\npackages:\n  - local: ../near\n--- dbt_packages/near/dbt_project.yml ---\nname: near\n",
        &[],
    );
}

#[test]
fn local_packages_are_read_in_place() {
    let project = good(
        "--- packages.yml ---\npackages: [{local: ./near}]\n--- near/dbt_project.yml ---\nname: near\n\
         --- near/packages.yml ---\npackages: [{local: ../far}]\n--- far/dbt_project.yml ---\nname: far\n\
         --- far/models/f.sql ---\nselect 1\n--- near/models/n.sql ---\nselect 1\n",
    );
    assert_eq!(ids(&project), ["model.far.f", "model.near.n"]);
}

#[test]
fn missing_values_in_yaml_are_shown_in_place() {
    check(
        "--- models/a.sql ---\nselect 1\n--- models/a.yml ---\nmodels:\n  - name: a\n    config:\n      schema: \"{{ env_var('NO') }}\"\n      \
         tags: \"{{ var('no') }}\"\n      alias: \"{{ env_var('DBT_ENV_SECRET_X') }}\"\n      group: \"{{ 1 + }}\"\n",
        &[
            "error B0204 models/a.yml:4:15 the environment variable `NO` has neither a value nor a default; set it: \
             `export NO=…`, or give a default: `env_var('NO', '…')`",
            "error B0203 models/a.yml:5:13 the var `no` has neither a value nor a default; set it under `vars:`, with \
             `--vars '{no: …}'`, or give a default: `var('no', …)`",
            "error B0204 models/a.yml:6:14 the secret `DBT_ENV_SECRET_X` may be used in `profiles.yml` and \
             `packages.yml` only; use a variable whose name does not start with `DBT_ENV_SECRET_`",
            "error B0201 models/a.yml:7:14 this Jinja can't be parsed: unexpected end of variable block",
        ],
    );
}

#[test]
fn vars_that_are_no_mapping() {
    for (vars, expect) in [("[1]", "it is a list"), ("{a: [", "this `{` is never closed")] {
        let options = LoadOptions { vars: Some(vars.to_owned()), ..LoadOptions::default() };
        let expect = format!(
            "error B0113 `--vars` is not a YAML mapping: {expect}; write it like `--vars '{{name: value, other: 1}}'`"
        );
        check_with(&world(""), &options, &[&expect]);
    }
}

#[test]
fn an_unclosed_docs_block() {
    check(
        "--- models/d.md ---\ntext\n{% docs d %}\nmore\n",
        &["error B0201 models/d.md:2:1 `{% docs %}` is never closed; close it with `{% enddocs %}`"],
    );
}

#[test]
fn configs_that_apply_to_nothing() {
    check(
        "--- dbt_project.yml ---\nname: shop\nmodels:\n  shop:\n    stagin: {+materialized: view}\n    meta: {a: 1}\n  \
         gone: {+enabled: false}\nseeds: {shop: {+schema: s}}\n--- models/staging/a.sql ---\nselect 1\n",
        &[
            "warning B0109 dbt_project.yml:4:5 `models.shop.stagin` applies to nothing; a similar one exists: `staging`",
            "warning B0109 dbt_project.yml:5:5 `models.shop.meta` applies to nothing; a config that is a mapping needs \
             a `+`, or it is taken for a folder",
            "warning B0109 dbt_project.yml:6:3 `models.gone` applies to nothing; correct the name, or remove these \
             configs",
            "warning B0109 dbt_project.yml:7:9 `seeds.shop` applies to nothing; correct the name, or remove these configs",
        ],
    );
}
