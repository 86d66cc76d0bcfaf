//! `semantic_manifest.json`: semantic models, metrics, saved queries and time spines, as MetricFlow reads them.

use std::io;

use serde_json::{Value, json};

use super::super::Context;
use super::other;
use super::semantic::{self, node_relation};
use super::write::put;
use crate::project::{Node, NodeId, NodeKind};

/// True if there is anything to write.
fn has_any(context: &Context<'_>) -> bool {
    let kinds = [NodeKind::SemanticModel, NodeKind::Metric, NodeKind::SavedQuery];
    context.project.nodes.iter().any(|node| kinds.contains(&node.kind))
}

/// Writes the file's content; `false` if the project has no semantic layer, and then nothing is written. Fails
/// where `out` does.
pub fn semantic_manifest(context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<bool> {
    if !has_any(context) {
        return Ok(false);
    }
    let of = |kind: NodeKind| {
        let nodes = context.project.nodes();
        nodes.filter(move |(id, node)| node.kind == kind && context.graph.enabled[*id])
    };
    let entries = |kind: NodeKind| -> Vec<Value> {
        of(kind)
            .filter_map(|(id, node)| {
                let collected = context.collected.nodes[id].as_ref()?;
                let own = match kind {
                    NodeKind::Metric => semantic::metric(context, node, collected),
                    NodeKind::SemanticModel => semantic::semantic_model(context, id, node, collected),
                    _ => semantic::saved_query(context, node, collected),
                };
                serde_json::to_value(other::other(context, id, node, collected, own)).ok()
            })
            .collect()
    };
    let spines: Vec<Value> = of(NodeKind::Model).filter_map(|(id, node)| spine(context, id, node)).collect();
    let legacy = of(NodeKind::Model).find(|(_, node)| node.name == "metricflow_time_spine");
    let has_models = of(NodeKind::SemanticModel).next().is_some();
    let legacy = legacy.filter(|(_, node)| has_models && node.properties.get("time_spine").is_none());
    let legacy = legacy.and_then(|(id, _)| {
        let relation = context.collected.nodes[id].as_ref()?.relation.as_ref()?;
        Some(json!({"location": relation.render(), "column_name": "date_day", "grain": "day"}))
    });
    let content = json!({
        "semantic_models": entries(NodeKind::SemanticModel).iter().map(model).collect::<Vec<_>>(),
        "metrics": entries(NodeKind::Metric).iter().map(metric).collect::<Vec<_>>(),
        "project_configuration": {
            "time_spine_table_configurations": legacy.into_iter().collect::<Vec<_>>(),
            "metadata": null,
            "dsi_package_version": {"major_version": "0", "minor_version": "9", "patch_version": "0"},
            "time_spines": spines,
        },
        "saved_queries": entries(NodeKind::SavedQuery).iter().map(saved_query).collect::<Vec<_>>(),
    });
    put(out, &content)?;
    Ok(true)
}

fn spine(context: &Context<'_>, id: NodeId, node: &Node) -> Option<Value> {
    let spine = node.properties.get("time_spine").filter(|spine| spine.is_object())?;
    let relation = context.collected.nodes[id].as_ref()?.relation.as_ref()?;
    let column = spine.get("standard_granularity_column")?.as_str()?;
    let own = node.columns.get(column)?.more.as_ref()?;
    let custom = spine.get("custom_granularities").and_then(Value::as_array).into_iter().flatten();
    let custom = custom.map(|it| {
        let name = it.get("name").cloned().unwrap_or(Value::Null);
        json!({"name": name, "column_name": it.get("column_name")})
    });
    Some(json!({
        "node_relation": node_relation(relation),
        "primary_column": {"name": column, "time_granularity": own.get("granularity")?},
        "custom_granularities": custom.collect::<Vec<_>>(),
    }))
}

/// Just these keys of an entry.
fn kept(entry: &Value, keys: &[&str]) -> Value {
    let pair = |key: &&str| ((*key).to_owned(), entry.get(*key).cloned().unwrap_or(Value::Null));
    Value::Object(keys.iter().map(pair).collect())
}

fn model(entry: &Value) -> Value {
    kept(
        entry,
        &[
            "name",
            "defaults",
            "description",
            "node_relation",
            "primary_entity",
            "entities",
            "measures",
            "dimensions",
            "label",
            "metadata",
            "config",
        ],
    )
}

fn metric(entry: &Value) -> Value {
    let keys = [
        "name",
        "description",
        "type",
        "type_params",
        "filter",
        "metadata",
        "label",
        "config",
        "time_granularity",
    ];
    kept(entry, &keys)
}

fn saved_query(entry: &Value) -> Value {
    kept(entry, &["name", "query_params", "description", "metadata", "label", "exports", "tags"])
}
