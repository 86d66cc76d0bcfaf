//! What columns inherit, as the manifest has it under `meta.buhin`.

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};

use super::columns::code_json;
use super::picture::name_of;
use crate::flow::describe::entry;
use crate::flow::{ColumnRef, Flow, Input, dictionary};

/// By node's unique id and column: `inherited_description` with its `text` and where it is `from`, `codes` if some of
/// them or their meanings are inherited, and `listed: false` for a column that property files don't name.
pub fn inherited_meta(
    input: Input<'_>,
    flow: &Flow,
) -> FxHashMap<String, IndexMap<String, Map<String, Value>>> {
    let end = |at: ColumnRef| {
        let column = flow.column(at).map_or("", |column| &column.name);
        let node = input.project.node(at.node);
        json!({"relation": node.unique_id, "name": name_of(input.project, at.node), "column": column})
    };
    let mut all: FxHashMap<String, IndexMap<String, Map<String, Value>>> = FxHashMap::default();
    for column in dictionary(input, flow) {
        let mut meta = Map::new();
        if let Some(from) = column.described_at {
            let said = json!({"text": column.description, "from": end(from)});
            meta.insert("inherited_description".to_owned(), said);
        }
        let codes = column
            .codes
            .filter(|list| list.from.is_some() || list.codes.iter().any(|code| code.from.is_some()));
        if let Some(list) = codes {
            let codes: Vec<Value> = list.codes.iter().map(|code| code_json(code, end)).collect();
            meta.insert("codes".to_owned(), codes.into());
        }
        if meta.is_empty() {
            continue;
        }
        let listed = entry(input.project, column.node, &column.name);
        if listed.is_none() {
            meta.insert("listed".to_owned(), false.into());
        }
        let name = listed.map_or(&*column.name, |listed| &listed.name).to_owned();
        let node = input.project.node(column.node).unique_id.clone();
        all.entry(node).or_default().insert(name, meta);
    }
    all
}
