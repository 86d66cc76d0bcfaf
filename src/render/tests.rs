//! The stage as a whole, on small projects in memory.

use super::*;
use crate::graph::resolve;
use crate::project::{LoadOptions, load};
use crate::world::Memory;

/// Everything that a project says and gives.
struct Outcome {
    sql: Vec<(String, String)>,
    diagnostics: Vec<Diagnostic>,
    collected: Collected,
    project: Arc<Project>,
}

const PROJECT: &str = "name: shop\nversion: '1.0'\nprofile: shop\n";
const PROFILES: &str = "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: shop.duckdb\n      schema: main\n";

fn run_with(files: &[(&str, &str)], introspect: &dyn Introspect) -> Outcome {
    let mut world = Memory::default().with_env("HOME_TOWN", "Kyoto");
    if !files.iter().any(|(path, _)| *path == "dbt_project.yml") {
        world = world.with_file("dbt_project.yml", PROJECT);
    }
    world = world.with_file("profiles.yml", PROFILES);
    for (path, text) in files {
        world = world.with_file(*path, *text);
    }
    let mut diagnostics = Vec::new();
    let project = load(&world, &LoadOptions::default()).collect(&mut diagnostics);
    let project = Arc::new(project.unwrap_or_else(|_| panic!("no project: {diagnostics:#?}")));
    let (collected, rendered) = {
        let mut renderer =
            Renderer::new(&project, &world, RenderOptions::default()).collect(&mut diagnostics);
        let collected = renderer.collect().collect(&mut diagnostics);
        let graph = resolve(&project, &collected).collect(&mut diagnostics);
        let rendered = renderer.render(&collected, &graph, None, introspect).collect(&mut diagnostics);
        (collected, rendered)
    };
    let sql = rendered.nodes.iter().filter_map(|(id, node)| {
        let node = node.as_ref()?;
        Some((project.node(id).name.clone(), node.sql.clone()))
    });
    Outcome { sql: sql.collect(), diagnostics, collected, project }
}

fn run(files: &[(&str, &str)]) -> Outcome {
    run_with(files, &Empty)
}

impl Outcome {
    #[track_caller]
    fn sql(&self, name: &str) -> &str {
        let found = self.sql.iter().find(|(known, _)| known.starts_with(name));
        match found {
            Some((_, sql)) => sql,
            None => panic!("`{name}` was not rendered: {:#?}", self.diagnostics),
        }
    }

    fn said(&self) -> Vec<String> {
        let line = |diagnostic: &Diagnostic| {
            let place = diagnostic.label.as_ref().map_or_else(String::new, |label| {
                let text =
                    self.project.files.get(label.span.file).text.get(label.span.range()).unwrap_or("?");
                format!(" at `{}`", text.lines().next().unwrap_or_default())
            });
            let help = diagnostic.help.first().map_or_else(String::new, |help| format!(" ({})", help.text));
            format!("{}: {}{place}{help}", diagnostic.code, diagnostic.message)
        };
        self.diagnostics.iter().map(line).collect()
    }
}

/// Renders one part and gives its SQL.
#[track_caller]
fn check(text: &str, expect: &str) {
    let outcome = run(&[
        ("models/part.sql", text),
        ("models/orders.sql", "select 1 as id"),
        ("models/schema.yml", "sources:\n  - name: raw\n    tables:\n      - name: items\n"),
    ]);
    assert_eq!(outcome.sql("part"), expect);
}

#[test]
fn refs_and_sources_are_relations() {
    check("select * from {{ ref('orders') }}\n", "select * from \"shop\".\"main\".\"orders\"");
    check("from {{ source('raw', 'items') }}", "from \"shop\".\"raw\".\"items\"");
    check(
        "{{ ref('orders').identifier }} {{ ref('orders').include(database=false) }}",
        "orders \"main\".\"orders\"",
    );
    check("{{ this }} {{ this.schema }} {{ this.name }}", "\"shop\".\"main\".\"part\" main part");
}

#[test]
fn config_sets_and_answers() {
    check(
        "{{ config(materialized='table', tags=['a']) }}{{ config.get('materialized') }} {{ config.get('nothing', 'x') }}",
        "table x",
    );
    check(
        "{{ model.config.materialized }} {{ model.unique_id }} {{ config.get('tags') }}",
        "view model.shop.part []",
    );
}

#[test]
fn ephemeral_and_auto_parts_are_ctes() {
    let outcome = run(&[
        ("models/e.sql", "{{ config(materialized='ephemeral') }}select 1"),
        ("models/a.sql", "{{ config(materialized='auto') }}select 2"),
        ("models/b.sql", "from {{ ref('e') }}, {{ ref('a') }} {{ ref('a').schema }}"),
    ]);
    assert_eq!(outcome.sql("b"), "from __dbt__cte__e, __dbt__cte__a main");
}

#[test]
fn names_are_made_by_the_projects_macros() {
    let outcome = run(&[
        (
            "macros/names.sql",
            "{% macro generate_schema_name(custom_schema_name, node) -%}\n  x_{{ custom_schema_name or node.name }}\n{%- endmacro %}",
        ),
        ("models/a.sql", "{{ config(schema='mart', alias='renamed') }}select 1"),
        ("models/b.sql", "{{ ref('a') }} {{ this }}"),
    ]);
    assert_eq!(outcome.sql("b"), "\"shop\".\"x_mart\".\"renamed\" \"shop\".\"x_b\".\"b\"");
}

#[test]
fn generic_tests_are_dbts_to_the_byte() {
    let outcome = run(&[
        ("models/orders.sql", "select 1 as id, 'a' as status"),
        ("models/customers.sql", "select 1 as id"),
        (
            "models/schema.yml",
            "models:\n  - name: orders\n    columns:\n      - name: id\n        data_tests:\n          - unique\n          - not_null\n          - relationships:\n              arguments: {to: ref('customers'), field: id}\n      - name: status\n        data_tests:\n          - accepted_values:\n              arguments: {values: [a, b]}\n              config: {where: \"id > 1\"}\n",
        ),
    ]);
    assert_eq!(
        outcome.sql("unique_orders_id"),
        "\n    \n    \n\nselect\n    id as unique_field,\n    count(*) as n_records\n\nfrom \"shop\".\"main\".\"orders\"\nwhere id is not null\ngroup by id\nhaving count(*) > 1\n\n\n"
    );
    assert_eq!(
        outcome.sql("not_null_orders_id"),
        "\n    \n    \n\n\n\nselect id\nfrom \"shop\".\"main\".\"orders\"\nwhere id is null\n\n\n"
    );
    assert!(outcome.sql("relationships").contains("from \"shop\".\"main\".\"customers\""));
    let accepted = outcome.sql("accepted_values");
    assert!(
        accepted.contains("from (select * from \"shop\".\"main\".\"orders\" where id > 1) dbt_subquery"),
        "{accepted}"
    );
    assert!(accepted.contains("    'a','b'\n)"), "{accepted}");
    let id = outcome.project.nodes().find(|(_, node)| node.name.starts_with("relationships")).unwrap().0;
    let refs = &outcome.collected.nodes[id].as_ref().unwrap().refs;
    assert_eq!(refs.iter().map(|call| call.name.as_str()).collect::<Vec<_>>(), ["customers", "orders"]);
}

#[test]
fn macros_dispatch_to_the_adapter() {
    check("{{ dbt.dateadd('week', 2, 'd') }}", "\n\n    (d + (cast(2 as bigint) * 7) * interval 1 day)");
    check(
        "{{ dbt.type_string() }} {{ type_numeric() }} {{ dbt.concat(['a', 'b']) }}",
        "TEXT numeric(28,6) a || b",
    );
    let outcome = run(&[
        (
            "macros/m.sql",
            "{% macro m(x) %}{{ return(adapter.dispatch('m', 'shop')(x)) }}{% endmacro %}\
             {% macro default__m(x) %}default{% endmacro %}{% macro duckdb__m(x) %}duck {{ x }}{% endmacro %}",
        ),
        ("models/a.sql", "{{ m(1) }}{{ shop.m(x=2) }}"),
    ]);
    assert_eq!(outcome.sql("a"), "duck 1duck 2");
    let id = outcome.project.nodes().find(|(_, node)| node.name == "a").unwrap().0;
    let macros = &outcome.collected.nodes[id].as_ref().unwrap().macros;
    assert_eq!(macros, &["macro.shop.m"], "what a macro calls is its own");
}

#[test]
fn vars_are_scoped() {
    let project =
        format!("{PROJECT}vars:\n  a: 1\n  b: root\n  shop:\n    b: scoped\n  t: '{{{{ target.name }}}}'\n");
    let outcome = run(&[
        ("dbt_project.yml", &project),
        (
            "models/part.sql",
            "{{ var('a') + 1 }} {{ var('b') }} {{ var('c', 'd') }} {{ env_var('HOME_TOWN') }} {{ var.has_var('z') }}",
        ),
        ("models/bad.sql", "{{ var('aa') }}"),
    ]);
    assert_eq!(outcome.sql("part"), "2 scoped d Kyoto False");
    assert_eq!(
        outcome.said(),
        ["B0203: var `aa` has no value at `var('aa')` (a var with a similar name exists: `a`)"]
    );
}

#[test]
fn dates_are_pythons() {
    check(
        "{{ run_started_at.strftime('%Y-%m-%d') }} {{ run_started_at }}",
        "2026-01-15 2026-01-15 12:00:00+00:00",
    );
    check(
        "{% set d = modules.datetime.datetime.strptime('20260101', '%Y%m%d') %}\
         {{ d - modules.datetime.timedelta(days=1) }} {{ (modules.datetime.timedelta(hours=5) + d).isoformat() }} {{ (d - d).days }}",
        "2025-12-31 00:00:00 2026-01-01T05:00:00 0",
    );
    check("{{ dates_in_range('20260130', '20260201') }}", "['20260130', '20260131', '20260201']");
    check(
        "{{ modules.pytz.timezone('Asia/Tokyo').localize(modules.datetime.datetime(2026, 1, 2)) }}",
        "2026-01-02 00:00:00+09:00",
    );
}

#[test]
fn errors_are_at_the_authors_place() {
    let outcome = run(&[
        (
            "macros/cents.sql",
            "{% macro cents(x) %}{{ exceptions.raise_compiler_error('no cents') }}{% endmacro %}",
        ),
        ("models/a.sql", "select {{ cents(1) }}"),
        ("models/b.sql", "select {{ cent(1) }}"),
        ("models/c.sql", "select {{ ref() }}"),
        ("models/d.sql", "select {{ 1 + }}"),
        ("models/e.sql", "select 1"),
        ("models/f.sql", "{{ env_var('HOME_TOWM') }}"),
    ]);
    assert_eq!(outcome.sql("e"), "select 1");
    let mut said = outcome.said();
    said.sort();
    insta::assert_snapshot!(said.join("\n"), @r"
    B0201: unexpected end of variable block at `}}`
    B0202: `cent` is undefined at `cent` (a name like it exists: `cents`)
    B0204: environment variable `HOME_TOWM` is not set at `env_var('HOME_TOWM')` (set it, or give a default: `env_var('HOME_TOWM', 'default')`)
    B0206: no cents at `exceptions.raise_compiler_error('no cents')`
    B0208: `ref()` takes a part's name, or a package's and a part's, but got 0 arguments at `ref()`
    ");
}

#[test]
fn queries_are_answered() {
    struct One;
    impl Introspect for One {
        fn relations(&self, _: Option<&str>, _: &str) -> Result<Vec<Relation>, String> {
            Ok(Vec::new())
        }
        fn columns(&self, _: &Relation) -> Result<Vec<(String, String)>, String> {
            Ok(vec![("id".to_owned(), "INTEGER".to_owned()), ("name".to_owned(), "VARCHAR".to_owned())])
        }
        fn query(&self, sql: &str) -> Result<Answer, String> {
            assert_eq!(sql.trim(), "select 1");
            let text = |text: &str| vec![Some(text.to_owned())];
            let columns = vec![("x".to_owned(), AnswerKind::Integer)];
            Ok(Answer { columns, rows: vec![text("1"), text("b")] })
        }
    }
    let outcome = run_with(
        &[
            (
                "models/a.sql",
                "{% set t = run_query('select 1') %}{% if execute %}{{ t.columns[0].values() }} {{ t.rows[1][0] }} {{ t.rows[0]['x'] }}{% for row in t %}{{ row.x }}{% endfor %}{% endif %}",
            ),
            (
                "models/b.sql",
                "{% for c in adapter.get_columns_in_relation(this) %}{{ c.name }} {{ c.quoted }} {{ c.is_integer() }} {% endfor %}",
            ),
        ],
        &One,
    );
    assert_eq!(outcome.sql("a"), "(1, 'b') b 11b");
    assert_eq!(outcome.sql("b"), "id \"id\" True name \"name\" False ");
}

#[test]
fn hooks_are_rendered() {
    let outcome = run(&[(
        "models/a.sql",
        "{{ config(pre_hook='delete from {{ this }}', post_hook=[' ', {'sql': 'x', 'transaction': false}]) }}select 1",
    )]);
    assert_eq!(outcome.said(), Vec::<String>::new());
    assert_eq!(outcome.sql("a"), "select 1");
}
