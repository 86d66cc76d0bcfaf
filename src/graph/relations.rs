//! No two nodes may make the same table.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::names::is_refable;
use super::{Graph, errors};
use crate::diagnostic::Diagnostic;
use crate::project::{Node, NodeId, Project};
use crate::render::Collected;
use crate::sql::Dialect;

/// Reports each relation that two enabled nodes would make.
pub(super) fn report(
    project: &Project,
    collected: &Collected,
    graph: &Graph,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut makers: FxHashMap<[Option<String>; 3], NodeId> = FxHashMap::default();
    for (id, node) in project.nodes() {
        let Some(collected) = &collected.nodes[id] else { continue };
        let inline = matches!(collected.config.materialized(), Some("ephemeral" | "inline"));
        if !is_refable(node.kind) || !graph.enabled[id] || inline {
            continue;
        }
        let Some(relation) = &collected.relation else { continue };
        // DuckDB's names are equal whatever their case, quoted or not.
        let fold = |name: &Option<String>| match relation.dialect {
            Dialect::DuckDb => name.as_deref().map(str::to_lowercase),
            _ => name.clone(),
        };
        let key = [fold(&relation.database), fold(&relation.schema), fold(&relation.identifier)];
        match makers.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(id);
            }
            // Two nodes of one name in one package: the load stage has said so already.
            Entry::Occupied(entry) if same_name(project.node(*entry.get()), node) => {}
            Entry::Occupied(entry) => {
                let parts = [&relation.database, &relation.schema, &relation.identifier];
                let name: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
                diagnostics.push(errors::duplicate_relation(project, &name.join("."), *entry.get(), id));
            }
        }
    }
}

fn same_name(one: &Node, other: &Node) -> bool {
    (&one.package, &one.name, &one.version) == (&other.package, &other.name, &other.version)
}
