//! Two states of a project, compiled one beside the other: the second must come out as it does alone, to the last place.

use std::fmt::Write as _;
use std::sync::Arc;

use buhin::compile::{self, Before, Options, Resolved};
use buhin::flow::{self, Known, Memo, NodeColumns};
use buhin::project::{self, LoadOptions, Project};
use buhin::render::{Empty, Rendered};
use buhin::world::Memory;

/// The files of the project, each as it may be; no text if the file is not there.
pub(crate) const FILES: &[(&str, &[&str])] = &[
    (
        "dbt_project.yml",
        &[
            "name: shop\nprofile: p\nvars: {x: 1, m: {a: 1, b: 2}}\n",
            "name: shop\nprofile: p\nvars: {x: 2, m: {a: 1, b: 2}}\n",
            "name: shop\nprofile: p\nvars: {x: 1, m: {b: 2, a: 1}}\n",
            "name: shop\nprofile: p\nvars: {x: 1, m: {a: 1, b: 2}}\nmodels:\n  shop:\n    +schema: other\n",
            "name: shop\nprofile: p\nvars: {x: 1, m: {a: 1, b: 2}}\non-run-start: select 1\nquoting: {identifier: true}\n",
        ],
    ),
    (
        "profiles.yml",
        &[
            "p: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb, schema: main}}}\n",
            "p: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb, schema: second}}}\n",
        ],
    ),
    ("buhin.yml", &["", "materialization: {ephemeral: auto}\n"]),
    (
        "macros/m.sql",
        &[
            "{% macro twice(x) %}{{ x }} + {{ x }}{% endmacro %}\n{% test small(model, column_name, at=1) %}select * from {{ model }} where {{ column_name }} > {{ at }}{% endtest %}\n",
            "\n{% macro twice(x) %}{{ x }} + {{ x }}{% endmacro %}\n{% test small(model, column_name, at=1) %}select * from {{ model }} where {{ column_name }} > {{ at }}{% endtest %}\n",
            "{% macro twice(x) %}2 * {{ x }}{% endmacro %}\n{% test small(model, column_name, at=1) %}select 1 from {{ model }}{% endtest %}\n",
        ],
    ),
    (
        "macros/naming.sql",
        &[
            "",
            "{% macro generate_alias_name(custom_alias_name=none, node=none) %}z_{{ node.name }}{% endmacro %}\n",
            "{% macro generate_schema_name(custom_schema_name=none, node=none) %}of_{{ run_started_at.day }}{% endmacro %}\n",
        ],
    ),
    // Before all others, so that the numbers of files and nodes are others.
    ("models/a0.sql", &["", "select 0 as zero\n"]),
    (
        "models/a.sql",
        &[
            "select 1 as id, 2 as n\n",
            "select 1 as id, 3 as n\n",
            "{{ config(alias='first') }}select 1 as id\n",
        ],
    ),
    (
        "models/b.sql",
        &[
            "{% do print('b is rendered') %}select id, {{ twice('n') }} as m, {{ var('x') }} as x, '{{ var('m') }}' as y\nfrom {{ ref('a') }}\n",
            "select id, {{ twice('id') }} as m from {{ ref('a') }}\n",
        ],
    ),
    ("models/c.sql", &["select * from {{ ref('b') }} join {{ ref('e') }} using (id)\n"]),
    (
        "models/e.sql",
        &[
            "{{ config(materialized='ephemeral') }}select 1 as id, '{{ env_var('PLACE', 'nowhere') }}' as place\n",
            "{{ config(materialized='table') }}select 1 as id, '{{ env_var('PLACE', 'nowhere') }}' as place\n",
        ],
    ),
    (
        "models/auto.sql",
        &[
            "{{ config(materialized='view', meta={'buhin': {'materialized': 'auto'}}) }}select * from {{ ref('c') }}\n",
            "{{ config(materialized='view') }}select * from {{ ref('c') }}\n",
        ],
    ),
    (
        "models/grows.sql",
        &[
            "{{ config(materialized='incremental') }}select * from {{ ref('a') }}{% if is_incremental() %} where id > (select max(id) from {{ this }}){% endif %}\n",
            "{{ config(materialized='incremental', alias='grown') }}select * from {{ ref('a') }}{% if is_incremental() %} where id > 1{% endif %}\n",
        ],
    ),
    (
        "models/looks.sql",
        &[
            "{% if execute %}{% set there = adapter.get_relation(none, 'main', 'grows') %}{% endif %}select {{ 1 if there else 2 }} as it -- {{ ref('grows') }}\n",
        ],
    ),
    (
        "models/own.sql",
        &[
            "select 1 as id /* {{ model.description }} {{ model.meta }} {{ model.columns }} {{ model.patch_path }} {{ model.depends_on.nodes }} {{ model.tags }} {{ config.get('meta') }} */ from {{ ref('a') }}, {{ ref('p') }}\n",
        ],
    ),
    (
        "models/late.sql",
        &[
            "select * from {% if execute %}{{ source('raw', 'late') }}{% else %}x{% endif %}\n",
            "select * from {{ source('raw', 'late') }}\n",
        ],
    ),
    (
        "models/early.sql",
        &[
            "{{ config(pre_hook='grant {{ this }} to {{ var(\"x\") }}') }}select * from {{ source('raw', 'early') }} as s -- {{ doc('d') }}\n",
        ],
    ),
    ("models/all.sql", &["", "select {{ graph.nodes | length }} as n -- graph\n"]),
    ("models/p.sql", &["", "select 'of the root' as id\n"]),
    ("models/text.sql", &["select 5 as id\n", "select 6 as id\n"]),
    (
        "models/flagged.sql",
        &["{{ config(alias='as_' ~ flags.WHICH) }}select '{{ invocation_args_dict }}' as id\n"],
    ),
    (
        "models/when.sql",
        &[
            "{{ config(alias='on_' ~ modules.datetime.date.today().day) }}select '{{ run_started_at }}' as at\n",
        ],
    ),
    (
        "models/broken.sql",
        &[
            "select {{ 1 + }} as id\n",
            "select {{ nothing_of_the_kind() }} as id\n",
            "select 1 as id; select 2 as id\n",
            "select 3 as id\n",
        ],
    ),
    ("models/docs.md", &["{% docs d %}one{% enddocs %}\n", "{% docs d %}two{% enddocs %}\n"]),
    (
        "models/props.yml",
        &[
            "models:\n  - name: own\n    description: \"{{ doc('d') }}\"\n    config: {meta: {a: 1, b: 2}}\n    columns: [{name: id, data_tests: [unique, {small: {at: 3}}]}]\nsources:\n  - name: raw\n    tables: [{name: late}, {name: early}]\n",
            "# a comment\nmodels:\n  - name: own\n    description: \"{{ doc('d') }}\"\n    config: {meta: {a: 1, b: 2}}\n    columns: [{name: id, data_tests: [unique, {small: {at: 3}}]}]\nsources:\n  - name: raw\n    tables: [{name: late}, {name: early}]\n",
            "models:\n  - name: own\n    description: \"{{ doc('d') }}\"\n    config: {meta: {b: 2, a: 1}}\n    columns: [{name: id, description: key, data_tests: [unique, {small: {at: 4}}]}]\nsources:\n  - name: raw\n    tables: [{name: late}, {name: early, identifier: early_2}]\n",
            "models:\n  - name: own\n    config: {meta: {a: 1, b: -0.0}, enabled: false}\nsources:\n  - name: raw\n    schema: moved\n    tables: [{name: late}, {name: early}]\n",
        ],
    ),
    (
        "models/more.yml",
        &[
            "",
            "models:\n  - name: a\n    tests: [{small: {column_name: id}}]\n  - name: text\n    description: here\n",
        ],
    ),
    (
        "tests/one.sql",
        &[
            "select * from {{ ref('b') }} where {{ twice('id') }} > 9\n",
            "select 1 as x from {{ ref('text') }}\n",
        ],
    ),
    (
        "snapshots/s.sql",
        &[
            "{% snapshot s %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select * from {{ ref('a') }}{% endsnapshot %}\n",
            "{% snapshot r %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select 1 as id{% endsnapshot %}\n{% snapshot s %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select * from {{ ref('a') }}{% endsnapshot %}\n",
        ],
    ),
    ("seeds/k.csv", &["id\n1\n", "id\n2\n"]),
    ("dbt_packages/pack/dbt_project.yml", &["name: pack\n", "name: pack\nvars: {x: 9}\n"]),
    ("dbt_packages/pack/models/p.sql", &["select 'of the package' as id, {{ var('x', 0) }} as x\n"]),
];

/// What the environment has to say.
pub(crate) const PLACES: &[&str] = &["", "Kyoto"];

/// One state: for each file, and last for the environment, which of its texts it has.
pub(crate) type Chosen = Vec<usize>;

pub(crate) struct State {
    pub(crate) world: Memory,
    pub(crate) project: Arc<Project>,
}

impl State {
    pub(crate) fn new(chosen: &Chosen) -> Self {
        Self::within(Memory::default(), chosen)
    }

    /// The state of a project in a world that has a clock, or a cache, of its own.
    pub(crate) fn within(mut world: Memory, chosen: &Chosen) -> Self {
        for ((path, texts), at) in FILES.iter().zip(chosen) {
            if !texts[*at].is_empty() {
                world = world.with_file(*path, texts[*at]);
            }
        }
        let place = PLACES[chosen[FILES.len()]];
        if !place.is_empty() {
            world = world.with_env("PLACE", place);
        }
        let project = project::load(&world, &LoadOptions::default()).value.expect("there is a project");
        Self { world, project: Arc::new(project) }
    }

    fn compile<'s>(&'s self, before: Option<Before<'s>>) -> (Resolved<'s>, Rendered) {
        let resolved = compile::resolve_beside(&self.project, &self.world, Options::default(), before).value;
        let rendered = compile::render(&resolved, None, &Empty).value;
        (resolved, rendered)
    }
}

/// All that a comparison can read of a state.
pub(crate) fn told((resolved, rendered): &(Resolved<'_>, Rendered)) -> String {
    let mut told = String::new();
    let added_to = compile::added_to(resolved);
    for (id, node) in resolved.project.nodes() {
        let rehearsed = resolved.rehearsed.as_ref().map(|it| &it.nodes[id]);
        let decision = &resolved.plan.decisions[id];
        writeln!(
            told,
            "{} {}\n{:?}\n{:?}\n{rehearsed:?}\n{decision:?}\n{:?}",
            id.0, node.unique_id, resolved.collected.nodes[id], rendered.nodes[id], added_to[id]
        )
        .expect("a text takes all");
    }
    told
}

/// What its columns are made of, and what is wrong with them.
fn columns((resolved, rendered): &(Resolved<'_>, Rendered), memo: Option<&Memo>) -> String {
    let known = Known::default();
    let (flow, found) =
        flow::found(flow::Input { memo, ..resolved.flow_input(rendered, &known, false, None) });
    let node = |node: &NodeColumns| {
        format!(
            "{:?} {:?} {:?} {:?} {:?}",
            node.columns, node.shape, node.gaps, node.comparisons, node.opaque
        )
    };
    let nodes: Vec<String> = flow.nodes.iter().filter_map(|(_, it)| it.as_ref().map(node)).collect();
    format!("{nodes:#?}\n{:?}\n{found:?}", flow.outside)
}

/// How many nodes were taken over in the first pass, after a look at all of them.
#[track_caller]
fn check(own: &Chosen, there: &Chosen) -> usize {
    let (own_state, other) = (State::new(own), State::new(there));
    let before = other.compile(None);
    let beside = own_state.compile(Some(Before { resolved: &before.0, rendered: &before.1 }));
    let alone = own_state.compile(None);
    let memo = Memo::default();
    let _first = columns(&before, Some(&memo));
    assert_eq!(columns(&beside, Some(&memo)), columns(&alone, None), "{own:?} beside {there:?}");
    let (is, should) = (told(&beside), told(&alone));
    if is != should {
        let differs = is.lines().zip(should.lines()).find(|(is, should)| is != should);
        let (is, should) = differs.expect("a line differs");
        panic!("beside {there:?}, {own:?} is\n{is}\nand should be\n{should}");
    }
    let there = &before.0.collected.nodes;
    let of = |unique_id: &str| {
        let found = other.project.nodes().find(|(_, node)| node.unique_id == unique_id)?;
        there[found.0].as_ref()
    };
    let taken = beside.0.collected.nodes.iter().filter(|(id, node)| {
        let known = of(&own_state.project.node(*id).unique_id);
        node.as_ref().zip(known).is_some_and(|(own, known)| Arc::ptr_eq(&own.config, &known.config))
    });
    taken.count()
}

/// Numbers below one that is given, the same at each run.
pub(crate) fn dice() -> impl FnMut(usize) -> usize {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    move |sides: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % sides as u64).expect("it is less than the sides")
    }
}

pub(crate) fn plain() -> Chosen {
    vec![0; FILES.len() + 1]
}

#[test]
fn every_single_edit_comes_out_as_it_does_alone() {
    for at in 0..=FILES.len() {
        let count = FILES.get(at).map_or(PLACES.len(), |(_, texts)| texts.len());
        for other in 1..count {
            let mut edited = plain();
            edited[at] = other;
            check(&edited, &plain());
            check(&plain(), &edited);
        }
    }
}

#[test]
fn many_edits_at_once_come_out_as_they_do_alone() {
    let mut dice = dice();
    let mut taken = 0;
    for _ in 0..40 {
        let mut one = plain();
        for _ in 0..dice(4) {
            let at = dice(FILES.len());
            one[at] = dice(FILES[at].1.len());
        }
        let mut two = one.clone();
        for _ in 0..=dice(3) {
            let at = dice(FILES.len());
            two[at] = dice(FILES[at].1.len());
        }
        taken += check(&two, &one);
    }
    assert!(taken > 0, "nothing was alike");
}

#[test]
fn what_is_alike_is_rendered_once() {
    let all = State::new(&plain()).project.nodes.len();
    // The same project twice: all but what can't be rendered.
    assert_eq!(check(&plain(), &plain()), all - 1);
    // A part of its own: nothing else is touched, though files and nodes have other numbers.
    let at = |path: &str| FILES.iter().position(|(own, _)| *own == path).expect("a file of the project");
    let mut more = plain();
    more[at("models/a0.sql")] = 1;
    assert_eq!(check(&more, &plain()), all - 1);
    // In the second pass as well, and what a part prints is printed once.
    let mut other = plain();
    other[at("models/text.sql")] = 1;
    let (own, there) = (State::new(&other), State::new(&plain()));
    let before = there.compile(None);
    let printed = |compiled: &(Resolved<'_>, Rendered)| compiled.0.renderer.take_messages().len();
    assert_eq!(printed(&before), 1);
    assert_eq!(printed(&own.compile(Some(Before { resolved: &before.0, rendered: &before.1 }))), 0);
    assert_eq!(printed(&own.compile(None)), 1);
    // A var may show in any part.
    let mut ground = plain();
    ground[at("dbt_project.yml")] = 1;
    assert_eq!(check(&ground, &plain()), 0);
}
