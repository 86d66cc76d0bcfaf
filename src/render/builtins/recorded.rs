//! The built-in macros against what dbt's adapters made of the same calls.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::graph::resolve;
use crate::project::{LoadOptions, load};
use crate::render::{Empty, RenderOptions, Renderer};
use crate::world::Memory;

const PROJECT: &str = "name: shop\nversion: '1.0'\nprofile: shop\n";
const SOURCES: &str = "sources: [{name: raw, tables: [{name: items}]}]\n";

/// Where buhin differs on purpose: it gives a text where the adapter refuses for reasons that are no template's.
const KNOWN: &[(&str, &str)] = &[
    ("bigquery", "from_description('a', 'varchar(20)').data_type"),
    ("bigquery", "'timestamp(3) with time zone'"),
    ("bigquery", "can_expand_to("),
    ("clickhouse", "from_description('a', 'varchar(20)').data_type"),
    ("clickhouse", "'timestamp(3) with time zone'"),
    ("clickhouse", "can_expand_to("),
    ("clickhouse", "api.Relation.create(database='d'"),
    ("spark", "api.Relation.create(database='d'"),
    ("sqlserver", "dbt.last_day('at', 'week')"),
];

/// Renders every sample as the part `part`, and tells which differ.
#[track_caller]
fn check(adapter: &str, recorded: &str) {
    let mut report = String::new();
    let mut count = 0;
    for (template, expected) in samples(recorded) {
        count += 1;
        let found = render(adapter, template);
        let agree = match &found {
            Ok(text) => text == expected,
            Err(_) => expected == "!error",
        };
        let known = KNOWN.iter().any(|(of, part)| *of == adapter && template.contains(part));
        if agree == known {
            writeln!(report, "--- {template}\n dbt: {expected:?}\nhere: {found:?}")
                .expect("a string takes all");
        }
    }
    assert!(count > 100, "only {count} samples were found");
    assert!(report.is_empty(), "{adapter}:\n{report}");
}

/// The templates of a recording and what they gave.
fn samples(recorded: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces = recorded.strip_prefix("--- ").expect("begins with a sample").split("\n--- ");
    pieces.map(|piece| {
        let (template, result) = piece.split_once('\n').expect("a result follows the template");
        (template, result.strip_suffix('\n').unwrap_or(result))
    })
}

/// What a template gives between brackets, or why it gives nothing.
fn render(adapter: &str, template: &str) -> Result<String, String> {
    let profile = match adapter {
        "bigquery" => "project: db",
        "clickhouse" | "spark" => "host: h",
        "duckdb" => "path: db.duckdb",
        _ => "database: db",
    };
    let profiles = format!(
        "shop:\n  target: dev\n  outputs:\n    dev:\n      type: {adapter}\n      schema: sch\n      {profile}\n"
    );
    let world = Memory::default()
        .with_file("dbt_project.yml", PROJECT)
        .with_file("profiles.yml", profiles)
        .with_file("models/s.yml", SOURCES)
        .with_file("models/orders.sql", "select 1 as id")
        .with_file("models/part.sql", format!("[{template}]"));
    let mut diagnostics = Vec::new();
    let project = load(&world, &LoadOptions::default()).collect(&mut diagnostics);
    let project = Arc::new(project.map_err(|_| format!("{diagnostics:?}"))?);
    let mut renderer = Renderer::new(&project, &world, RenderOptions::default()).collect(&mut diagnostics);
    let collected = renderer.collect().collect(&mut diagnostics);
    let graph = resolve(&project, &collected).collect(&mut diagnostics);
    let rendered = renderer.render(&collected, &graph, None, &Empty).collect(&mut diagnostics);
    let part = rendered.nodes.iter().find(|(id, _)| project.node(*id).name == "part");
    part.and_then(|(_, node)| Some(node.as_ref()?.sql.clone())).ok_or_else(|| format!("{diagnostics:?}"))
}

macro_rules! adapters {
    ($($name:ident),*) => {$(
        #[test]
        fn $name() {
            check(stringify!($name), include_str!(concat!("recorded/", stringify!($name), ".out")));
        }
    )*};
}

adapters!(
    duckdb, postgres, redshift, snowflake, bigquery, spark, databricks, trino, athena, clickhouse, sqlserver,
    fabric
);
