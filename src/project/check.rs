//! Checks over all nodes: names that stand twice, configs that no node gets.

use rustc_hash::FxHashMap;

use super::project_file::{self, ProjectFile};
use super::properties::word;
use super::{Node, NodeKind, errors};
use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// Reports parts, seeds and snapshots of one package that share a name, and other nodes that share an id.
///
/// A node that is disabled does not count; whether `config()` in a text disables it is not known yet, so where
/// a text mentions `enabled` the graph stage has to see to it.
pub(super) fn duplicates(nodes: &[Node], sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let mut refable: FxHashMap<(&str, &str, Option<&str>), &Node> = FxHashMap::default();
    let mut others: FxHashMap<&str, &Node> = FxHashMap::default();
    for node in nodes {
        if !enabled(node) || node.body.is_some_and(|body| sources.text(body).contains("enabled")) {
            continue;
        }
        let first = if matches!(node.kind, NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot) {
            *refable.entry((&node.package, &node.name, node.version.as_deref())).or_insert(node)
        } else {
            *others.entry(&node.unique_id).or_insert(node)
        };
        if std::ptr::eq(first, node) {
            continue;
        }
        let what = if first.kind == node.kind { word(node.kind).to_owned() } else { "the name".to_owned() };
        let what = if node.test.as_ref().is_some_and(|test| !test.name.is_empty()) {
            "the test".to_owned()
        } else {
            what
        };
        let name = match &node.source_name {
            Some(source) => format!("{source}.{}", node.name),
            None => node.name.clone(),
        };
        diagnostics.push(errors::duplicate_name(&what, &name, place(first), place(node)));
    }
}

/// Reports folders in the root's `dbt_project.yml` that no node lies in.
pub(super) fn unused_configs(root: &ProjectFile, nodes: &[Node], diagnostics: &mut Vec<Diagnostic>) {
    for folder in &root.folders {
        let heading = if folder.heading == "tests" { "data_tests" } else { folder.heading };
        let fqns =
            || nodes.iter().filter(|node| project_file::heading(node.kind) == heading).map(|node| &node.fqn);
        if fqns().any(|fqn| fqn.starts_with(&folder.path)) {
            continue;
        }
        let Some((last, above)) = folder.path.split_last() else { continue };
        let shown = format!("{}.{}", folder.heading, folder.path.join("."));
        let beside = fqns().filter(|fqn| fqn.starts_with(above)).filter_map(|fqn| fqn.get(above.len()));
        diagnostics.push(errors::unused_config(&shown, last, folder.span, beside.map(String::as_str)));
    }
}

fn enabled(node: &Node) -> bool {
    let levels = [&node.override_config, &node.property_config, &node.project_config];
    let set = levels.into_iter().find(|config| config.get("enabled").is_some());
    set.is_none_or(super::Config::enabled)
}

/// A whole file is too much to show; its first line will do.
fn place(node: &Node) -> crate::source::Span {
    if node.kind == NodeKind::Test || node.source_name.is_some() {
        return node.span;
    }
    match node.properties_span.filter(|span| span.file == node.span.file) {
        Some(name) => name,
        None => crate::source::Span { end: node.span.start, ..node.span },
    }
}
