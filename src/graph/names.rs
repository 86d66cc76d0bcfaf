//! Looking up what `ref()` and `source()` name, by dbt's rules.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::{Graph, Resolved};
use crate::project::{Node, NodeId, NodeKind, NodeMap, Project};
use crate::render::Collected;

impl Graph {
    /// What `ref(package, name, version=version)` means in a node of the package `from`.
    ///
    /// Without a package, dbt looks in the root project, then in the calling package, then everywhere; the
    /// first two change places where the project sets `require_ref_searches_node_package_before_root`.
    /// Without a version, a versioned part's latest one is meant.
    pub fn resolve_ref(
        &self,
        project: &Project,
        from: &str,
        package: Option<&str>,
        name: &str,
        version: Option<&str>,
    ) -> Resolved {
        let found = self.search(project, from, package, self.by_name.get(name), |node| match version {
            Some(version) => node.version.as_deref() == Some(version),
            None => node.version.is_none() || node.version == node.latest_version,
        });
        // `ref('orders.v2')` is a way to name a version, too.
        match (found, name.rsplit_once(".v")) {
            (Resolved::Missing, Some((family, of_name))) if version.is_none() => {
                self.search(project, from, package, self.by_name.get(family), |node| {
                    node.version.as_deref() == Some(of_name)
                })
            }
            _ => found,
        }
    }

    /// What `source(source, table)` means in a node of the package `from`.
    pub fn resolve_source(&self, project: &Project, from: &str, source: &str, table: &str) -> Resolved {
        let ids = self.by_source.get(&(source.to_owned(), table.to_owned()));
        self.search(project, from, None, ids, |_| true)
    }

    /// True for a node that is switched off, as opposed to one that could not be rendered.
    pub fn is_disabled(&self, id: NodeId) -> bool {
        !self.enabled[id] && !self.broken[id]
    }

    fn search(
        &self,
        project: &Project,
        from: &str,
        package: Option<&str>,
        ids: Option<&Vec<NodeId>>,
        fits: impl Fn(&Node) -> bool,
    ) -> Resolved {
        let Some(ids) = ids else { return Resolved::Missing };
        let root = project.root().name.as_str();
        let order: &[Option<&str>] = match package {
            Some(package) => &[Some(package)],
            None if own_package_first(project) => &[Some(from), Some(root), None],
            None => &[Some(root), Some(from), None],
        };
        let mut disabled = None;
        for package in order {
            let within = |id: &&NodeId| {
                let node = project.node(**id);
                package.is_none_or(|package| node.package == package) && fits(node)
            };
            let mut live = ids.iter().filter(within).filter(|id| !self.is_disabled(**id));
            if let Some(first) = live.next() {
                let package = &project.node(*first).package;
                return match live.find(|other| project.node(**other).package != *package) {
                    Some(other) => Resolved::Ambiguous(*first, *other),
                    None => Resolved::Found(*first),
                };
            }
            disabled = disabled.or_else(|| ids.iter().find(within).copied());
        }
        disabled.map_or(Resolved::Missing, Resolved::Disabled)
    }
}

/// Fills everything of the graph that needs no edges.
pub(super) fn index(project: &Project, collected: &Collected) -> Graph {
    let mut by_name: FxHashMap<String, Vec<NodeId>> = FxHashMap::default();
    let mut by_source: FxHashMap<(String, String), Vec<NodeId>> = FxHashMap::default();
    let mut enabled = Vec::with_capacity(project.nodes.len());
    let mut broken = Vec::with_capacity(project.nodes.len());
    for (id, node) in project.nodes() {
        if node.kind.is_refable() {
            by_name.entry(node.name.clone()).or_default().push(id);
        }
        if let Some(source) = &node.source_name {
            by_source.entry((source.clone(), node.name.clone())).or_default().push(id);
        }
        let state = collected.nodes[id].as_ref().map(|node| node.config.enabled());
        let state = state.or_else(|| enabled_by_files(node));
        enabled.push(state.unwrap_or(false));
        broken.push(collected.nodes[id].as_ref().map_or(state.is_none(), |node| node.failed));
    }
    let none = || NodeMap::new(project.nodes.iter().map(|_| Vec::new()).collect());
    Graph {
        parents: none(),
        children: none(),
        order: Vec::new(),
        enabled: NodeMap::new(enabled),
        unresolved: NodeMap::new(broken.clone()),
        broken: NodeMap::new(broken),
        by_name,
        by_source,
    }
}

/// Whether a node without any text to render is enabled; `None` for nodes with text.
fn enabled_by_files(node: &Node) -> Option<bool> {
    let textless = matches!(
        node.kind,
        NodeKind::Source
            | NodeKind::Exposure
            | NodeKind::Metric
            | NodeKind::SemanticModel
            | NodeKind::SavedQuery
            | NodeKind::UnitTest
    );
    let configs = [&node.override_config, &node.property_config, &node.project_config];
    let set = configs.iter().find_map(|config| config.get("enabled").and_then(Value::as_bool));
    textless.then(|| set.unwrap_or(true))
}

fn own_package_first(project: &Project) -> bool {
    let flags = project.root().raw.get("flags");
    let flag = flags.and_then(|flags| flags.get("require_ref_searches_node_package_before_root"));
    flag.and_then(Value::as_bool).unwrap_or(false)
}
