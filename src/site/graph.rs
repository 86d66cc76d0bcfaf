//! The graph, laid out ahead of time.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Site, entities, layout};

#[derive(Serialize)]
pub(super) struct GraphData<'a> {
    layers: u32,
    layer: Vec<u32>,
    y: Vec<f32>,
    edges: Vec<u32>,
    clusters: Vec<Cluster>,
    cluster_edges: Vec<u32>,
    freshness: Option<Vec<Option<&'a str>>>,
    rows: Option<Vec<Option<u64>>>,
}

#[derive(Serialize)]
struct Cluster {
    name: String,
    nodes: Vec<u32>,
}

pub(super) fn graph<'a>(site: &'a Site<'a>) -> GraphData<'a> {
    let (input, entities) = (site.input, &site.entities);
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for (n, id, _) in entities.iter(input.project) {
        let parents = input.graph.parents[id].iter().filter_map(|parent| entities.number(*parent));
        edges.extend(parents.map(|parent| (parent, n)));
    }
    let laid = layout(entities.nodes.len(), &edges);
    let mut clusters: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (n, _, node) in entities.iter(input.project) {
        clusters.entry(entities::folder(input.project, node)).or_default().push(n);
    }
    let clusters: Vec<Cluster> = clusters.into_iter().map(|(name, nodes)| Cluster { name, nodes }).collect();
    let mut cluster_of = vec![0_u32; entities.nodes.len()];
    for (at, cluster) in clusters.iter().enumerate() {
        for node in &cluster.nodes {
            cluster_of[*node as usize] = at as u32;
        }
    }
    let mut between: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for (from, to) in &edges {
        let ends = (cluster_of[*from as usize], cluster_of[*to as usize]);
        if ends.0 != ends.1 {
            *between.entry(ends).or_default() += 1;
        }
    }
    let unique_id = |id| input.project.node(id).unique_id.as_str();
    let freshness = input.facts.has_freshness().then(|| {
        let all =
            entities.nodes.iter().map(|id| Some(input.facts.freshness(unique_id(*id))?.status.as_str()));
        all.collect()
    });
    let rows: Vec<Option<u64>> = entities.nodes.iter().map(|id| input.facts.rows(unique_id(*id))).collect();
    GraphData {
        layers: laid.layers,
        layer: laid.layer,
        y: laid.y,
        edges: edges.into_iter().flat_map(|(from, to)| [from, to]).collect(),
        clusters,
        cluster_edges: between.into_iter().flat_map(|((from, to), count)| [from, to, count]).collect(),
        freshness,
        rows: rows.iter().any(Option::is_some).then_some(rows),
    }
}
