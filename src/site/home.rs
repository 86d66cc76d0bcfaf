//! The first page: what the project is, how well it is described, what is wrong and what is new.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::Value;

use super::{Site, dictionary, entities, markdown, people};
use crate::diagnostic::Severity;
use crate::project::{NodeId, NodeKind};
use crate::source::FileId;

#[derive(Serialize)]
pub(super) struct Home<'a> {
    version: u32,
    buhin: &'static str,
    project: &'a str,
    description: Option<String>,
    dialect: &'static str,
    target: &'a str,
    counts: Counts,
    coverage: Coverage,
    layers: Vec<Layer>,
    /// Every folder with the number of entities in it, in the order of the index: the side bar needs no index then.
    folders: Vec<(String, u32)>,
    materializations: Vec<(String, u32)>,
    /// Those who own the most; how many there are is in `counts`.
    owners: Vec<(String, u32)>,
    /// The first of them; how many there are is in `counts`.
    exposures: Vec<Exposure<'a>>,
    warnings: Vec<Warning>,
    changed: Option<Changes<'a>>,
    run: Option<Run<'a>>,
    pieces: Pieces<'a>,
    /// What other programs read.
    files: Vec<String>,
}

#[derive(Default, Serialize)]
struct Counts {
    parts: u32,
    sources: u32,
    seeds: u32,
    snapshots: u32,
    analyses: u32,
    metrics: u32,
    tests: u32,
    exposures: u32,
    columns: u32,
    owners: u32,
}

/// How many of how many.
#[derive(Default, Serialize)]
struct Coverage {
    described: [u32; 2],
    columns: [u32; 2],
    inherited: [u32; 2],
    tested: [u32; 2],
    owned: [u32; 2],
}

#[derive(Serialize)]
struct Layer {
    name: String,
    parts: u32,
    described: u32,
    tested: u32,
}

#[derive(Serialize)]
struct Exposure<'a> {
    id: &'a str,
    name: &'a str,
    label: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    url: Option<&'a str>,
    owner: Option<&'a str>,
}

#[derive(Serialize)]
struct Warning {
    code: String,
    severity: Severity,
    title: &'static str,
    count: u32,
    parts: Vec<u32>,
    first: String,
}

#[derive(Serialize)]
struct Changes<'a> {
    count: usize,
    /// The first of them.
    first: Vec<Changed<'a>>,
}

#[derive(Serialize)]
struct Changed<'a> {
    /// The unique id of what has a page.
    id: Option<&'a str>,
    what: &'static str,
    name: &'a str,
}

#[derive(Default, Serialize)]
struct Run<'a> {
    at: Option<&'a str>,
    passed: u32,
    warned: u32,
    failed: u32,
    errors: u32,
    skipped: u32,
}

#[derive(Serialize)]
struct Pieces<'a> {
    dictionary: u32,
    columns: usize,
    text: usize,
    sql: Vec<&'a str>,
}

/// So many parts are named for a warning, and so many that are new: the first page is small in a project of any size.
const NAMED: usize = 50;
/// So many exposures stand on the first page.
const EXPOSURES: usize = 100;
/// So many owners do.
const OWNERS: usize = 20;

pub(super) fn home<'a>(site: &'a Site<'a>) -> Home<'a> {
    let input = site.input;
    let project = input.project;
    let (mut counts, coverage) = counted(site);
    let mut materializations: BTreeMap<&str, u32> = BTreeMap::new();
    let mut owners: BTreeMap<&str, u32> = BTreeMap::new();
    for (n, id, node) in site.entities.iter(project) {
        if node.kind == NodeKind::Model
            && let Some(decision) = &input.plan.decisions[id]
        {
            *materializations.entry(decision.materialization.name()).or_default() += 1;
        }
        if let Some(owner) = site.people.owner(n).filter(|_| node.kind == NodeKind::Model) {
            *owners.entry(owner.name).or_default() += 1;
        }
    }
    let changed = input.changed.map(|changes| {
        let has_page = |id: &NodeId| site.entities.number(*id).is_some();
        let one = |change: &'a super::Change| Changed {
            id: change.node.filter(has_page).map(|id| project.node(id).unique_id.as_str()),
            what: change.what,
            name: &change.name,
        };
        Changes { count: changes.len(), first: changes.iter().take(NAMED).map(one).collect() }
    });
    counts.owners = owners.len() as u32;
    Home {
        version: 1,
        buhin: env!("CARGO_PKG_VERSION"),
        project: &project.root().name,
        description: overview(site).and_then(markdown::html),
        dialect: project.target.dialect.name(),
        target: &project.target.name,
        counts,
        coverage,
        layers: layers(site),
        folders: folders(site),
        materializations: sorted(materializations),
        owners: sorted(owners).into_iter().take(OWNERS).collect(),
        exposures: exposures(site),
        warnings: warnings(site),
        changed,
        run: run(site),
        pieces: Pieces {
            dictionary: dictionary::pieces(&site.columns),
            columns: site.search.columns.len(),
            text: site.search.text.len(),
            sql: site.search.sql.iter().map(|(bucket, _)| bucket.as_str()).collect(),
        },
        files: {
            let own = Site::for_tools().map(|file| site.path(file).into_string());
            input.beside.iter().map(|file| (*file).to_owned()).chain(own).collect()
        },
    }
}

/// dbt's own block for the first page, `{% docs __overview__ %}`, or the one of the project.
fn overview<'a>(site: &Site<'a>) -> Option<&'a str> {
    let project = site.input.project;
    let root = &project.root().name;
    let own = format!("__{root}__");
    let block = |name: &str| project.docs.get(&(root.clone(), name.to_owned()));
    block(&own).or_else(|| block("__overview__")).map(|block| block.text.as_str())
}

/// The most frequent first.
fn sorted(counts: BTreeMap<&str, u32>) -> Vec<(String, u32)> {
    let mut counts: Vec<(String, u32)> =
        counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}

fn counted(site: &Site<'_>) -> (Counts, Coverage) {
    let input = site.input;
    let (mut counts, mut coverage) = (Counts::default(), Coverage::default());
    for (id, node) in input.project.nodes().filter(|(id, _)| input.graph.enabled[*id]) {
        let count = match node.kind {
            NodeKind::Model => &mut counts.parts,
            NodeKind::Source => &mut counts.sources,
            NodeKind::Seed => &mut counts.seeds,
            NodeKind::Snapshot => &mut counts.snapshots,
            NodeKind::Analysis => &mut counts.analyses,
            NodeKind::Metric => &mut counts.metrics,
            NodeKind::Test | NodeKind::UnitTest => &mut counts.tests,
            NodeKind::Exposure => &mut counts.exposures,
            NodeKind::SemanticModel | NodeKind::SavedQuery | NodeKind::Operation => continue,
        };
        *count += 1;
        let Some(n) = site.entities.number(id) else { continue };
        let columns = site.columns.of_entity(n);
        counts.columns += columns.len() as u32;
        if node.kind != NodeKind::Model {
            continue;
        }
        let all = columns.len() as u32;
        let described = columns.iter().filter(|column| !column.description.is_empty()).count() as u32;
        let inherited = columns.iter().filter(|column| column.inherited.is_some()).count() as u32;
        let add = |of: &mut [u32; 2], yes: u32, all: u32| {
            of[0] += yes;
            of[1] += all;
        };
        add(&mut coverage.described, u32::from(!node.description.is_empty()), 1);
        add(&mut coverage.columns, described, all);
        add(&mut coverage.inherited, inherited, all);
        add(&mut coverage.tested, u32::from(!site.tests[n as usize].is_empty()), 1);
        add(&mut coverage.owned, u32::from(site.people.owner(n).is_some()), 1);
    }
    (counts, coverage)
}

fn folders(site: &Site<'_>) -> Vec<(String, u32)> {
    let project = site.input.project;
    let mut folders: Vec<(String, u32)> = Vec::new();
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    for (_, _, node) in site.entities.iter(project) {
        let folder = entities::folder(project, node);
        if let Some(&place) = places.get(&folder) {
            folders[place].1 += 1;
        } else {
            places.insert(folder.clone(), folders.len());
            folders.push((folder, 1));
        }
    }
    folders
}

/// By the first folder below the folder of models, in the order of the graph's depth.
fn layers(site: &Site<'_>) -> Vec<Layer> {
    let input = site.input;
    let mut layers: BTreeMap<String, (Layer, u64)> = BTreeMap::new();
    let mut depth: Vec<u32> = vec![0; input.project.nodes.len()];
    for id in &input.graph.order {
        let parents = input.graph.parents[*id].iter().map(|parent| depth[parent.0 as usize] + 1);
        depth[id.0 as usize] = parents.max().unwrap_or(0);
    }
    for (n, id, node) in site.entities.iter(input.project).filter(|(_, _, node)| node.kind == NodeKind::Model)
    {
        let mut folders = node.relative_path.components();
        let first = folders.next().map(|it| it.as_str()).filter(|_| folders.next().is_some());
        let name = match (node.package == input.project.root().name, first) {
            (true, first) => first.unwrap_or_default().to_owned(),
            (false, _) => node.package.clone(),
        };
        let new = || (Layer { name: name.clone(), parts: 0, described: 0, tested: 0 }, 0);
        let (layer, depths) = layers.entry(name.clone()).or_insert_with(new);
        layer.parts += 1;
        layer.described += u32::from(!node.description.is_empty());
        layer.tested += u32::from(!site.tests[n as usize].is_empty());
        *depths += u64::from(depth[id.0 as usize]);
    }
    let mut layers: Vec<(Layer, u64)> = layers.into_values().collect();
    // By mean depth; a thousandth of a layer is as fine as it need be.
    layers.sort_by_key(|(layer, depths)| depths * 1000 / u64::from(layer.parts.max(1)));
    layers.into_iter().map(|(layer, _)| layer).collect()
}

fn exposures<'a>(site: &'a Site<'a>) -> Vec<Exposure<'a>> {
    let input = site.input;
    let all = site.entities.iter(input.project).filter(|(_, _, node)| node.kind == NodeKind::Exposure);
    let exposures = all.take(EXPOSURES).map(|(n, id, node)| Exposure {
        id: &node.unique_id,
        name: &node.name,
        label: people::label(input, id),
        kind: node.properties.get("type").and_then(Value::as_str),
        url: node.properties.get("url").and_then(Value::as_str).filter(|url| markdown::leads_well(url)),
        owner: site.people.owner(n).map(|owner| owner.name),
    });
    exposures.collect()
}

/// What there is to say, by code, the worst first.
fn warnings(site: &Site<'_>) -> Vec<Warning> {
    let input = site.input;
    let mut by_file: FxHashMap<FileId, Option<u32>> = FxHashMap::default();
    for (n, _, node) in site.entities.iter(input.project) {
        // A file of several entities points to none of them.
        by_file.entry(node.span.file).and_modify(|it| *it = None).or_insert(Some(n));
    }
    let mut warnings: BTreeMap<(Severity, u16), Warning> = BTreeMap::new();
    for said in input.said {
        let warning = warnings.entry((said.severity, said.code.0)).or_insert_with(|| Warning {
            code: said.code.to_string(),
            severity: said.severity,
            title: said.code.info().map_or("", |info| info.summary),
            count: 0,
            parts: Vec::new(),
            first: said.message.clone(),
        });
        warning.count += 1;
        let file = said.label.as_ref().map(|label| label.span.file);
        if let Some(part) = file.and_then(|file| *by_file.get(&file)?)
            && warning.parts.len() < NAMED
            && !warning.parts.contains(&part)
        {
            warning.parts.push(part);
        }
    }
    warnings.into_values().collect()
}

fn run<'a>(site: &'a Site<'a>) -> Option<Run<'a>> {
    let fact = site.input.facts.run()?;
    let count = |statuses: &[&str]| statuses.iter().filter_map(|status| fact.counts.get(*status)).sum();
    Some(Run {
        at: fact.at.as_deref(),
        passed: count(&["pass", "success"]),
        warned: count(&["warn"]),
        failed: count(&["fail"]),
        errors: count(&["error", "runtime error", "partial success"]),
        skipped: count(&["skipped", "no-op"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_stands_first() {
        let counts = BTreeMap::from([("a", 1), ("b", 2), ("c", 2)]);
        let shown: Vec<String> = sorted(counts).into_iter().map(|(name, _)| name).collect();
        assert_eq!(shown, ["b", "c", "a"]);
    }
}
