//! The page of one part, source or whatever else has one.

use serde::Serialize;
use serde_json::{Map, Value};

use super::highlight::Runs;
use super::lines::{Line, Lines, lines};
use super::part_columns::{Beginning, ColumnData, columns};
use super::part_tests::Test;
use super::people::Owner;
use super::{Site, entities, highlight, markdown, people, text};
use crate::plan::Decision;
use crate::plan::limits::Profile;
use crate::project::{Config, Node, NodeId, NodeKind};

#[derive(Serialize)]
pub(super) struct Part<'a> {
    n: u32,
    id: &'a str,
    name: String,
    label: Option<&'a str>,
    kind: &'static str,
    relation: Option<String>,
    database: Option<&'a str>,
    schema: Option<&'a str>,
    alias: Option<&'a str>,
    file: String,
    properties_file: Option<&'a str>,
    package: &'a str,
    dialect: &'static str,
    description: Option<String>,
    owner: Option<&'a Owner<'a>>,
    group: Option<&'a str>,
    access: Option<&'a str>,
    tags: Vec<&'a str>,
    meta: Option<&'a Map<String, Value>>,
    language: &'static str,
    materialized: Option<&'a str>,
    reason: Option<&'a str>,
    reason_ja: Option<&'a str>,
    auto: bool,
    contract: bool,
    deprecated: Option<&'a str>,
    url: Option<&'a str>,
    facts: Option<Facts<'a>>,
    freshness: Option<Freshness<'a>>,
    status: Option<&'a str>,
    parents: Vec<u32>,
    children: Vec<u32>,
    exposures: Vec<u32>,
    tests: &'a [Test<'a>],
    columns: Vec<ColumnData<'a>>,
    shape: Vec<Shape<'a>>,
    shape_to: Vec<ShapeTo>,
    opaque: Option<&'a str>,
    gaps: Vec<String>,
    code: Option<Code<'a>>,
    compiled: Option<CompiledCode<'a>>,
    files: Vec<&'a str>,
    complexity: Option<Vec<Bar>>,
    config: Option<&'a Map<String, Value>>,
}

#[derive(Serialize)]
struct Facts<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    rows: Option<u64>,
    bytes: Option<u64>,
    modified: Option<&'a str>,
}

#[derive(Serialize)]
struct Freshness<'a> {
    status: Option<&'a str>,
    at: Option<&'a str>,
    warn_after: Option<String>,
    error_after: Option<String>,
}

#[derive(Serialize)]
struct Shape<'a> {
    role: &'static str,
    #[serde(flatten)]
    from: Beginning<'a>,
}

#[derive(Serialize)]
struct ShapeTo {
    n: u32,
    column_index: u32,
    role: &'static str,
}

#[derive(Serialize)]
struct Code<'a> {
    text: std::borrow::Cow<'a, str>,
    line: usize,
    runs: Runs,
}

#[derive(Serialize)]
struct CompiledCode<'a> {
    text: std::borrow::Cow<'a, str>,
    runs: Runs,
    lines: Vec<Option<Line>>,
}

/// How much of a limit a statement uses.
#[derive(Serialize)]
struct Bar {
    name: &'static str,
    title: &'static str,
    title_ja: &'static str,
    value: String,
    limit: String,
    share: f64,
    source: &'static str,
}

/// All of one entity.
pub(super) fn part<'a>(site: &'a Site<'a>, n: u32) -> Part<'a> {
    let input = site.input;
    let id = site.entities.id(n);
    let node = input.project.node(id);
    let collected = input.collected.nodes[id].as_ref();
    let config = collected.map(|collected| &*collected.config);
    let relation = collected.and_then(|collected| collected.relation.as_ref());
    let decision = input.plan.decisions[id].as_ref();
    let flow = input.flow.nodes[id].as_ref();
    let number = |id: &NodeId| site.entities.number(*id);
    let (exposures, children) = input.graph.children[id]
        .iter()
        .filter_map(number)
        .partition(|n| input.project.node(site.entities.id(*n)).kind == NodeKind::Exposure);
    let Lines { files, lines } = compiled_lines(site, id, node);
    let compiled = input.compiled[id].as_ref().filter(|_| !node.is_python);
    let dialect = input.project.target.dialect;
    Part {
        n,
        id: &node.unique_id,
        name: entities::name(node),
        label: people::label(input, id),
        kind: node.kind.resource_type(),
        relation: relation.map(crate::sql::Relation::render),
        database: relation.and_then(|relation| relation.database.as_deref()),
        schema: relation.and_then(|relation| relation.schema.as_deref()),
        alias: relation.and_then(|relation| relation.identifier.as_deref()),
        file: file(site, node),
        properties_file: node.properties_span.map(|span| input.project.files.path(span.file).as_str()),
        package: &node.package,
        dialect: dialect.name(),
        description: markdown::html(&node.description),
        owner: site.people.owner(n),
        group: people::group(input, id),
        access: config.and_then(|config| config.text("access")),
        tags: people::tags(input, id),
        meta: people::meta(input, id),
        language: if node.is_python { "python" } else { "sql" },
        materialized: decision.map(Decision::shown).or(config.and_then(Config::materialized)),
        reason: decision.map(|it| it.reason.text.as_str()),
        reason_ja: decision.map(|it| it.reason.japanese.as_str()),
        auto: decision.is_some_and(|it| it.auto),
        contract: config.is_some_and(Config::has_contract),
        deprecated: node.properties.get("deprecation_date").and_then(Value::as_str),
        url: node.properties.get("url").and_then(Value::as_str).filter(|url| markdown::leads_well(url)),
        facts: facts(site, node),
        freshness: freshness(site, id, node),
        status: input.facts.result(&node.unique_id).map(|it| it.status.as_str()),
        parents: input.graph.parents[id].iter().filter_map(number).collect(),
        children,
        exposures,
        tests: &site.tests[n as usize],
        columns: columns(site, n),
        shape: shape(site, id),
        shape_to: site
            .readers
            .shapes(n)
            .iter()
            .map(|it| ShapeTo { n: it.n, column_index: it.index, role: it.role.name() })
            .collect(),
        opaque: flow.and_then(|flow| flow.opaque.as_deref()),
        gaps: gaps(site, id),
        code: code(site, node),
        compiled: compiled.map(|compiled| {
            let text = text::visible(&compiled.sql);
            CompiledCode { runs: highlight::sql(dialect, &text), text, lines }
        }),
        files,
        complexity: complexity(site, id),
        config: config.map(|config| &config.values).filter(|values| !values.is_empty()),
    }
}

fn compiled_lines<'a>(site: &'a Site<'a>, id: NodeId, node: &Node) -> Lines<'a> {
    let compiled = site.input.compiled[id].as_ref().filter(|_| !node.is_python);
    compiled.map(|compiled| lines(&site.input.project.files, node.span.file, compiled)).unwrap_or_default()
}

/// The file as people find it, below the project's folder.
fn file(site: &Site<'_>, node: &Node) -> String {
    let path = site.input.project.files.path(node.span.file);
    path.as_str().to_owned()
}

fn code<'a>(site: &'a Site<'a>, node: &'a Node) -> Option<Code<'a>> {
    let project = site.input.project;
    let shown = matches!(node.kind, NodeKind::Model | NodeKind::Snapshot | NodeKind::Analysis);
    let span = node.body.filter(|_| shown).map(|_| node.span)?;
    let text = text::visible(project.files.text(span));
    let runs =
        if node.is_python { Runs::default() } else { highlight::template(project.target.dialect, &text) };
    Some(Code { text, line: project.files.get(span.file).line_column(span.start).line, runs })
}

fn facts<'a>(site: &'a Site<'a>, node: &Node) -> Option<Facts<'a>> {
    let facts = site.input.facts;
    let rows = facts.rows(&node.unique_id);
    let table = facts.table(&node.unique_id);
    if table.is_none() && rows.is_none() {
        return None;
    }
    Some(Facts {
        kind: table.map_or("", |table| table.kind.as_str()),
        rows,
        bytes: table.and_then(|table| table.bytes),
        modified: table.and_then(|table| table.modified.as_deref()),
    })
}

fn freshness<'a>(site: &'a Site<'a>, id: NodeId, node: &Node) -> Option<Freshness<'a>> {
    let config = site.input.collected.nodes[id].as_ref().map(|it| &it.config);
    let criteria = config.and_then(|config| config.get("freshness")).filter(|it| it.is_object());
    let fact = site.input.facts.freshness(&node.unique_id);
    if node.kind != NodeKind::Source || (criteria.is_none() && fact.is_none()) {
        return None;
    }
    let after = |key: &str| {
        let after = criteria?.get(key)?;
        let (count, period) = (after.get("count")?.as_u64()?, after.get("period")?.as_str()?);
        Some(format!("{count} {period}{}", if count == 1 { "" } else { "s" }))
    };
    let (warn_after, error_after) = (after("warn_after"), after("error_after"));
    if fact.is_none() && warn_after.is_none() && error_after.is_none() {
        return None;
    }
    Some(Freshness {
        status: fact.map(|fact| fact.status.as_str()),
        at: fact.and_then(|fact| fact.at.as_deref()),
        warn_after,
        error_after,
    })
}

fn shape<'a>(site: &'a Site<'a>, id: NodeId) -> Vec<Shape<'a>> {
    let shape = site.input.flow.nodes[id].iter().flat_map(|flow| &flow.shape);
    let shape = shape.filter_map(|shape| {
        let from = Beginning::of(site, shape.from).filter(|from| !from.is_star())?;
        Some(Shape { role: shape.role.name(), from })
    });
    shape.collect()
}

/// What could not be told of a part, each once.
fn gaps(site: &Site<'_>, id: NodeId) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut seen = rustc_hash::FxHashSet::default();
    for gap in site.input.flow.nodes[id].iter().flat_map(|flow| &flow.gaps) {
        let said = super::part_columns::gap(gap);
        if seen.insert(said.clone()) {
            all.push(said);
        }
    }
    all
}

/// How much of each of the warehouse's limits a statement uses, the fullest first.
fn complexity(site: &Site<'_>, id: NodeId) -> Option<Vec<Bar>> {
    let statements = site.input.statements?;
    let load = statements.loads[id]?;
    let profile = Profile::of(site.input.project.target.dialect);
    let bars = statements.shares(&load).into_iter().map(|(measure, share)| Bar {
        name: measure.name(),
        title: measure.noun(),
        title_ja: measure.noun_in_japanese(),
        value: load[measure].to_string(),
        limit: statements.budgets[measure].unwrap_or_default().to_string(),
        share: f64::from(u32::try_from(share).unwrap_or(u32::MAX)) / 1000.0,
        source: profile.limit(measure).map_or("buhin.yml", |limit| limit.source),
    });
    Some(bars.collect())
}
