//! What metrics and saved queries are made of: measures of semantic models, and other metrics.

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::project::{NodeId, NodeKind, Project};

/// Metrics by name, and semantic models by the names of their measures.
pub(super) struct Semantic<'p> {
    metrics: FxHashMap<&'p str, NodeId>,
    measures: FxHashMap<&'p str, NodeId>,
}

impl<'p> Semantic<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        let mut semantic = Self { metrics: FxHashMap::default(), measures: FxHashMap::default() };
        for (id, node) in project.nodes() {
            match node.kind {
                NodeKind::Metric => {
                    semantic.metrics.insert(&node.name, id);
                }
                NodeKind::SemanticModel => {
                    let measures = node.properties.get("measures").and_then(Value::as_array);
                    for measure in measures.into_iter().flatten() {
                        if let Some(name) = measure.get("name").and_then(Value::as_str) {
                            semantic.measures.entry(name).or_insert(id);
                        }
                    }
                }
                _ => {}
            }
        }
        semantic
    }

    /// The metric of this name.
    pub(super) fn metric(&self, name: &str) -> Option<NodeId> {
        self.metrics.get(name).copied()
    }

    /// What a metric or a saved query reads, in the order in which it is written.
    pub(super) fn inputs(&self, kind: NodeKind, properties: &Value) -> Vec<NodeId> {
        match kind {
            NodeKind::SavedQuery => {
                let metrics = properties.get("query_params").and_then(|params| params.get("metrics"));
                names(metrics).into_iter().filter_map(|name| self.metric(name)).collect()
            }
            NodeKind::Metric => {
                let of_measures = measure_inputs(properties);
                let of_measures = of_measures.into_iter().filter_map(|name| self.measures.get(name).copied());
                let of_metrics = metric_inputs(properties);
                of_measures.chain(of_metrics.into_iter().filter_map(|name| self.metric(name))).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The names of the metrics that a derived or ratio metric is made of.
pub(crate) fn metric_inputs(properties: &Value) -> Vec<&str> {
    let Some(params) = properties.get("type_params") else { return Vec::new() };
    let mut found = match properties.get("type").and_then(Value::as_str) {
        Some("ratio") => {
            [params.get("numerator"), params.get("denominator")].into_iter().filter_map(name).collect()
        }
        Some("derived") => Vec::new(),
        _ => return Vec::new(),
    };
    found.extend(names(params.get("metrics")));
    found
}

fn measure_inputs(properties: &Value) -> Vec<&str> {
    let Some(params) = properties.get("type_params") else { return Vec::new() };
    let conversion = params.get("conversion_type_params");
    let of = |key: &str| conversion.and_then(|conversion| conversion.get(key));
    let all = [params.get("measure"), of("base_measure"), of("conversion_measure")];
    all.into_iter().filter_map(name).collect()
}

/// The names in a list of names, or of mappings with `name`.
fn names(list: Option<&Value>) -> Vec<&str> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| name(Some(item))).collect()
}

fn name(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::String(name) => Some(name),
        other => other.get("name")?.as_str(),
    }
}
