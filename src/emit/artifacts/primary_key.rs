//! `primary_key` of a part: what its constraints say, else what its tests show.

use serde_json::Value;

use super::super::Context;
use crate::project::{Node, NodeId, NodeMap};

/// The generic tests of each node, in order.
pub(super) fn tests(context: &Context<'_>) -> NodeMap<Vec<NodeId>> {
    let mut tests = NodeMap::new(vec![Vec::new(); context.project.nodes.len()]);
    for (id, node) in context.project.nodes() {
        let Some(test) = node.test.as_ref().filter(|test| !test.name.is_empty()) else { continue };
        if let Some(attached) = test.attached {
            tests[attached].push(id);
        }
    }
    tests
}

/// The columns, by dbt's rules: a primary key constraint; else columns that are tested to be unique and not null;
/// else those that are tested to be unique, alone or together, tests that are switched on before others.
pub(super) fn primary_key<'a>(context: &Context<'a>, node: &'a Node, tests: &[NodeId]) -> Vec<&'a str> {
    let is_key = |constraint: &Value| constraint.get("type").and_then(Value::as_str) == Some("primary_key");
    let own = node.properties.get("constraints").and_then(Value::as_array).into_iter().flatten();
    if let Some(key) = own.into_iter().find(|constraint| is_key(constraint)) {
        let columns = key.get("columns").and_then(Value::as_array);
        return columns.into_iter().flatten().filter_map(Value::as_str).collect();
    }
    if let Some((name, _)) = node.columns.iter().find(|(_, column)| column.constraints.iter().any(is_key)) {
        return vec![name];
    }
    let (mut unique, mut unique_off, mut filled) = (Vec::new(), Vec::new(), Vec::new());
    for id in tests {
        let Some(test) = &context.project.node(*id).test else { continue };
        let columns: Vec<&str> = match (&test.column, test.arguments.get("combination_of_columns")) {
            (Some(column), _) => vec![column],
            (None, Some(Value::Array(columns))) => columns.iter().filter_map(Value::as_str).collect(),
            (None, _) => continue,
        };
        let into = match test.name.as_str() {
            "unique" | "unique_combination_of_columns" if context.graph.enabled[*id] => &mut unique,
            "unique" | "unique_combination_of_columns" => &mut unique_off,
            "not_null" => &mut filled,
            _ => continue,
        };
        for column in columns {
            if !into.contains(&column) {
                into.push(column);
            }
        }
    }
    filled.retain(|column| unique.contains(column) || unique_off.contains(column));
    [filled, unique, unique_off].into_iter().find(|columns| !columns.is_empty()).unwrap_or_default()
}
