//! Who reads what differs.

use std::collections::{BTreeMap, BTreeSet};

use super::canon::ColumnKind;
use super::change::{Change, Presence};
use super::side::Side;
use super::verdict::Verdict;
use crate::flow::{ColumnRef, Direction, End, Follow, Walk};
use crate::project::{Node, NodeId, NodeKind};

/// What a change reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// True if all rows may be others, so that every reader is reached.
    pub rows: bool,
    /// The parts whose columns are made of what differs, or whose rows it decides.
    pub parts: Vec<Touched>,
    /// Tests of those columns.
    pub tests: Vec<String>,
    /// Exposures that read them, with their owners.
    pub exposures: Vec<(String, Option<String>)>,
    /// Owners of all of them, each once.
    pub owners: Vec<String>,
    /// How many parts stand downstream and read nothing that differs.
    pub untouched: usize,
}

/// A part that reads what differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Its name.
    pub name: String,
    /// Those of its columns that are reached.
    pub columns: Vec<String>,
}

/// Walks downstream, prepared once for all changes.
pub(super) struct Reach<'a> {
    old: (Side<'a>, Walk<'a>),
    new: (Side<'a>, Walk<'a>),
}

impl<'a> Reach<'a> {
    pub(super) fn new(old: Side<'a>, new: Side<'a>) -> Self {
        let walk = |side: Side<'a>| (side, Walk::new(side.flow, Direction::Downstream, Follow::All));
        Self { old: walk(old), new: walk(new) }
    }

    /// What a change reaches.
    pub(super) fn of(&self, change: &Change) -> Impact {
        let mut impact = Impact::default();
        // Columns that are gone had their readers on the old side.
        let (rows, columns, gone): (bool, Vec<&str>, Vec<&str>) = match (&change.presence, &change.verdict) {
            (Presence::Added, _) => return impact,
            (Presence::Removed, _) | (_, Verdict::Opaque(_)) => (true, Vec::new(), Vec::new()),
            (_, Verdict::Changed(found)) => {
                let of = |wanted: fn(&ColumnKind) -> bool| -> Vec<&str> {
                    let some = found.columns.iter().filter(|it| wanted(&it.kind));
                    some.map(|it| it.name.as_str()).collect()
                };
                let mut gone = of(|kind| *kind == ColumnKind::Removed);
                gone.extend(found.columns.iter().filter_map(|it| match &it.kind {
                    ColumnKind::Renamed { from } => Some(from.as_str()),
                    _ => None,
                }));
                (
                    !found.rows.is_empty(),
                    of(|kind| matches!(kind, ColumnKind::Expression | ColumnKind::Type)),
                    gone,
                )
            }
            _ => return impact,
        };
        impact.rows = rows;
        let mut touched: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut found = Found::default();
        let is_removed = change.presence == Presence::Removed;
        let (side, id) = if is_removed { (&self.old, change.old) } else { (&self.new, change.new) };
        let Some(id) = id else { return impact };
        if rows {
            let count = side.0.flow.nodes[id].as_ref().map_or(0, |node| node.columns.len());
            let all = (0..count as u32).map(|column| ColumnRef { node: id, column });
            found.follow(side, all);
            // Whoever reads the part has other rows, columns or not.
            for child in &side.0.graph_children(id) {
                found.nodes.entry(*child).or_default();
            }
        } else {
            found.follow(side, starts(side.0, id, &columns));
        }
        found.tell(side.0, id, &columns, rows, &mut touched, &mut impact);
        if !gone.is_empty()
            && let Some(old) = change.old
        {
            let mut found = Found::default();
            found.follow(&self.old, starts(self.old.0, old, &gone));
            found.tell(self.old.0, old, &gone, false, &mut touched, &mut impact);
        }
        impact.untouched = side.0.descendants(id).len().saturating_sub(touched.len());
        impact.parts = touched
            .into_iter()
            .map(|(name, columns)| Touched { name, columns: columns.into_iter().collect() })
            .collect();
        for list in [&mut impact.tests, &mut impact.owners] {
            list.sort();
            list.dedup();
        }
        impact.exposures.sort();
        impact.exposures.dedup();
        impact
    }
}

fn starts(side: Side<'_>, id: NodeId, columns: &[&str]) -> Vec<ColumnRef> {
    let Some(node) = &side.flow.nodes[id] else { return Vec::new() };
    let place = |name: &&str| node.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    columns.iter().filter_map(place).map(|column| ColumnRef { node: id, column: column as u32 }).collect()
}

/// Columns that were reached, by node.
#[derive(Default)]
struct Found {
    nodes: BTreeMap<NodeId, BTreeSet<u32>>,
}

impl Found {
    fn follow(&mut self, (_, walk): &(Side<'_>, Walk<'_>), starts: impl IntoIterator<Item = ColumnRef>) {
        let mut seen: BTreeSet<(NodeId, u32)> = BTreeSet::new();
        for start in starts {
            if !seen.insert((start.node, start.column)) {
                continue;
            }
            for step in walk.from(start, usize::MAX) {
                if let End::Column(at) = step.to {
                    seen.insert((at.node, at.column));
                    self.nodes.entry(at.node).or_default().insert(at.column);
                }
            }
        }
    }

    fn tell(
        self,
        side: Side<'_>,
        start: NodeId,
        columns: &[&str],
        rows: bool,
        touched: &mut BTreeMap<String, BTreeSet<String>>,
        impact: &mut Impact,
    ) {
        let project = side.context.project;
        let is_part = |node: &Node| matches!(node.kind, NodeKind::Model | NodeKind::Snapshot);
        let mut readers: BTreeMap<NodeId, BTreeSet<String>> = BTreeMap::new();
        readers.insert(start, columns.iter().map(|name| name.to_lowercase()).collect());
        for (id, places) in self.nodes {
            let node = project.node(id);
            let name = |place: &u32| {
                side.flow.nodes[id]
                    .as_ref()
                    .and_then(|it| it.columns.get(*place as usize))
                    .map(|it| it.name.to_string())
            };
            let names: BTreeSet<String> = places.iter().filter_map(name).collect();
            if id != start && is_part(node) {
                touched.entry(node.name.clone()).or_default().extend(names.iter().cloned());
                impact.owners.extend(owner(side, id));
            }
            readers.entry(id).or_default().extend(names.iter().map(|name| name.to_lowercase()));
        }
        for (reader, names) in &readers {
            for child in side.graph_children(*reader) {
                let node = project.node(child);
                match node.kind {
                    NodeKind::Test => {
                        let column = node.test.as_ref().and_then(|test| test.column.as_ref());
                        if rows || column.is_none_or(|column| names.contains(&column.to_lowercase())) {
                            impact.tests.push(node.name.clone());
                        }
                    }
                    NodeKind::Exposure => {
                        let owner = node.properties.get("owner");
                        let owner = owner.and_then(|owner| owner.get("name").or_else(|| owner.get("email")));
                        let owner = owner.and_then(|owner| owner.as_str()).map(str::to_owned);
                        impact.owners.extend(owner.clone());
                        impact.exposures.push((node.name.clone(), owner));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// `meta.owner`, or the group.
fn owner(side: Side<'_>, id: NodeId) -> Option<String> {
    let config = &side.context.collected.nodes[id].as_ref()?.config;
    let meta = config.get("meta").and_then(|meta| meta.get("owner")).and_then(|owner| owner.as_str());
    meta.or_else(|| config.text("group")).map(str::to_owned)
}

impl Side<'_> {
    fn graph_children(&self, id: NodeId) -> Vec<NodeId> {
        self.context.graph.children[id].clone()
    }

    /// All parts downstream.
    fn descendants(&self, id: NodeId) -> BTreeSet<NodeId> {
        let mut all = BTreeSet::new();
        let mut waiting = self.graph_children(id);
        while let Some(next) = waiting.pop() {
            let node = self.context.project.node(next);
            if matches!(node.kind, NodeKind::Model | NodeKind::Snapshot) && all.insert(next) {
                waiting.extend(self.graph_children(next));
            }
        }
        all
    }
}
