//! Tests on the pages of what they test, with how they ended last.

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::Value;

use super::Input;
use super::columns::Columns;
use super::entities::Entities;
use crate::project::{Node, NodeId, NodeKind};

/// A test of an entity.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Test<'a> {
    pub(super) name: &'a str,
    /// `generic`, `singular` or `unit`.
    pub(super) kind: &'static str,
    /// The column's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failures: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<&'a str>,
    /// What it asks, in a word: `not_null`, `accepted_values: 1, 2`.
    pub(super) says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
}

/// The tests of all entities, each in the order of nodes.
pub(super) fn by_entity<'a>(
    input: Input<'a>,
    entities: &Entities,
    columns: &Columns<'a>,
) -> Vec<Vec<Test<'a>>> {
    let mut tests: Vec<Vec<Test<'a>>> = (0..entities.len()).map(|_| Vec::new()).collect();
    let mut names: Vec<Option<FxHashMap<String, u32>>> = vec![None; entities.len() as usize];
    for (id, node) in input.project.nodes() {
        let is_test = matches!(node.kind, NodeKind::Test | NodeKind::UnitTest);
        if !is_test || !input.graph.enabled[id] {
            continue;
        }
        let attached = node.test.as_ref().and_then(|test| test.attached);
        let of: Vec<NodeId> =
            attached.map_or_else(|| input.graph.parents[id].clone(), |attached| vec![attached]);
        let column = node.test.as_ref().and_then(|test| test.column.as_deref());
        for n in of.into_iter().filter_map(|id| entities.number(id)) {
            let column = column.and_then(|column| {
                let by_name = names[n as usize].get_or_insert_with(|| {
                    let all = columns.of_entity(n).iter().enumerate().rev();
                    all.map(|(at, column)| (column.name.to_lowercase(), at as u32)).collect()
                });
                by_name.get(&column.trim_matches(['"', '`', '[', ']']).to_lowercase()).copied()
            });
            tests[n as usize].push(test(input, id, node, column));
        }
    }
    tests
}

fn test<'a>(input: Input<'a>, id: NodeId, node: &'a Node, column: Option<u32>) -> Test<'a> {
    let result = input.facts.result(&node.unique_id);
    let config = input.collected.nodes[id].as_ref().map(|node| &node.config);
    let severity = config.and_then(|config| config.text("severity")).map(str::to_lowercase);
    let call = node.test.as_ref().filter(|test| !test.name.is_empty());
    let kind = match (node.kind, call) {
        (NodeKind::UnitTest, _) => "unit",
        (_, Some(_)) => "generic",
        _ => "singular",
    };
    let says = call.map_or_else(
        || node.name.clone(),
        |call| {
            let name = match &call.namespace {
                Some(package) => format!("{package}.{}", call.name),
                None => call.name.clone(),
            };
            // How values are written in SQL is nothing to readers, and the column stands beside.
            let told =
                call.arguments.iter().filter(|(key, _)| !matches!(key.as_str(), "quote" | "column_name"));
            let told: Vec<_> = told.collect();
            let words = match told.as_slice() {
                [(_, only)] => words(only, 0),
                all => all
                    .iter()
                    .map(|(key, value)| format!("{key} {}", words(value, 0)))
                    .collect::<Vec<_>>()
                    .join("; "),
            };
            if words.is_empty() { name } else { format!("{name}: {}", cut(&words)) }
        },
    );
    Test {
        name: &node.name,
        kind,
        column,
        severity: severity.filter(|it| it != "error"),
        status: result.map(|result| result.status.as_str()),
        failures: result.and_then(|result| result.failures).filter(|failures| *failures > 0),
        message: result.and_then(|result| result.message.as_deref()),
        says,
        description: super::markdown::html(&node.description),
    }
}

/// A value as people would say it.
fn words(value: &Value, depth: usize) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if depth == 0 => {
            list.iter().take(100).map(|it| words(it, 1)).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    let end = text.char_indices().nth(200).map(|(at, _)| at);
    end.map_or_else(|| text.to_owned(), |end| format!("{}…", &text[..end]))
}
