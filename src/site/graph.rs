//! The graph, laid out ahead of time.

use serde::Serialize;

use super::{Site, layout};

#[derive(Serialize)]
pub(super) struct GraphData<'a> {
    layers: u32,
    layer: Vec<u32>,
    y: Vec<f32>,
    edges: Vec<u32>,
    freshness: Option<Vec<Option<&'a str>>>,
    rows: Option<Vec<Option<u64>>>,
}

pub(super) fn graph<'a>(site: &'a Site<'a>) -> GraphData<'a> {
    let (input, entities) = (site.input, &site.entities);
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for (n, id, _) in entities.iter(input.project) {
        let parents = input.graph.parents[id].iter().filter_map(|parent| entities.number(*parent));
        edges.extend(parents.map(|parent| (parent, n)));
    }
    let laid = layout(entities.nodes.len(), &edges);
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
        freshness,
        rows: rows.iter().any(Option::is_some).then_some(rows),
    }
}
