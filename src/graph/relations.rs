//! No two nodes may make the same table.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::{Graph, errors};
use crate::diagnostic::Diagnostic;
use crate::project::{Node, NodeId, NodeKind, Project};
use crate::render::{Collected, inlining};
use crate::sql::{Dialect, Relation};

/// Reports each relation that two enabled nodes would make.
pub(super) fn report(
    project: &Project,
    collected: &Collected,
    graph: &Graph,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut sources: FxHashMap<[Option<String>; 3], NodeId> = FxHashMap::default();
    for (id, node) in project.nodes() {
        if node.kind == NodeKind::Source
            && graph.enabled[id]
            && let Some(relation) = collected.nodes[id].as_ref().and_then(|it| it.relation.as_ref())
        {
            sources.entry(key(relation)).or_insert(id);
        }
    }
    let mut makers: FxHashMap<[Option<String>; 3], NodeId> = FxHashMap::default();
    for (id, node) in project.nodes() {
        let all = collected;
        let Some(collected) = &all.nodes[id] else { continue };
        let inline = matches!(collected.config.materialized(), Some("ephemeral" | "inline"));
        if !node.kind.is_refable() || !graph.enabled[id] || inline {
            continue;
        }
        let Some(relation) = &collected.relation else { continue };
        let key = key(relation);
        // A seed or a snapshot is often read as a source by other parts; a part that reads what it writes is not.
        if let Some(source) = sources.get(&key)
            && let Some(reader) = reader(project, all, graph, id, *source)
        {
            diagnostics.push(errors::overwrites_source(project, &shown(relation), id, reader, *source));
        }
        match makers.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(id);
            }
            // Two nodes of one name in one package: the load stage has said so already.
            Entry::Occupied(entry) if same_name(project.node(*entry.get()), node) => {}
            Entry::Occupied(entry) => {
                diagnostics.push(errors::duplicate_relation(project, &shown(relation), *entry.get(), id));
            }
        }
    }
}

/// Whose text in the statement of a node reads a source: its own, or that of a part that is or may be put into it.
fn reader(
    project: &Project,
    collected: &Collected,
    graph: &Graph,
    id: NodeId,
    source: NodeId,
) -> Option<NodeId> {
    let is_inlined = |id: NodeId| {
        let collected = collected.nodes[id].as_ref();
        collected.is_some_and(|collected| {
            let (for_sure, perhaps) = inlining(project, project.node(id), collected);
            for_sure || perhaps
        })
    };
    let mut texts = vec![id];
    let mut at = 0;
    while let Some(text) = texts.get(at).copied() {
        at += 1;
        if graph.parents[text].contains(&source) {
            return Some(text);
        }
        for parent in graph.parents[text].iter().copied() {
            if !texts.contains(&parent) && is_inlined(parent) {
                texts.push(parent);
            }
        }
    }
    None
}

/// A relation's name as the warehouse compares it; DuckDB's are equal whatever their case, quoted or not.
fn key(relation: &Relation) -> [Option<String>; 3] {
    [&relation.database, &relation.schema, &relation.identifier].map(|name| match relation.dialect {
        Dialect::DuckDb => name.as_deref().map(str::to_lowercase),
        _ => name.clone(),
    })
}

fn shown(relation: &Relation) -> String {
    let parts = [&relation.database, &relation.schema, &relation.identifier];
    parts.into_iter().filter_map(|part| part.as_deref()).collect::<Vec<_>>().join(".")
}

fn same_name(one: &Node, other: &Node) -> bool {
    (&one.package, &one.name, &one.version) == (&other.package, &other.name, &other.version)
}
