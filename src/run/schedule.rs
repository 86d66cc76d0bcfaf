//! Who waits for whom: the selected nodes in order, with what must end before each.
//!
//! Nodes that are not run (unselected, inlined, sources) are contracted: who reads them waits for what they
//! read. In a `build`, what stands below a tested node waits for its tests too. A source that is the table of a
//! seed waits for that seed: dbt knows of no such bond, and reads the table too early or not at all.

use std::collections::{BTreeSet, HashMap};

use crate::graph::Graph;
use crate::project::{NodeId, NodeKind, NodeMap, Project};
use crate::render::Collected;

/// The nodes of a run in the order in which they are taken, with their dependencies as places in that order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schedule {
    /// The nodes.
    pub nodes: Vec<NodeId>,
    /// For each, the places of those that it waits for.
    pub waits_for: Vec<Vec<usize>>,
    /// For each, the places of those that wait for it.
    pub holds: Vec<Vec<usize>>,
}

/// Orders `wanted`. With `tests_hold`, a test holds what is below all that it tests.
pub(super) fn schedule(
    project: &Project,
    collected: &Collected,
    graph: &Graph,
    wanted: &[NodeId],
    tests_hold: bool,
) -> Schedule {
    let is_wanted: BTreeSet<NodeId> = wanted.iter().copied().collect();
    let mut parents = graph.parents.clone();
    for (seed, source) in seeded_sources(project, collected, wanted) {
        parents[source].push(seed);
    }
    // A unit test needs what its part reads, not the part itself, which waits for it in a build.
    let unit_tests = wanted.iter().filter(|id| project.node(**id).kind == NodeKind::UnitTest);
    for test in unit_tests.copied() {
        for model in graph.parents[test].clone() {
            parents[test].clone_from(&graph.parents[model]);
            if tests_hold {
                parents[model].push(test);
            }
        }
    }
    if tests_hold {
        for (test, node) in test_edges(project, graph, &is_wanted) {
            parents[node].push(test);
        }
    }
    let order = ordered(graph, &parents);
    let nodes: Vec<NodeId> = order.iter().copied().filter(|id| is_wanted.contains(id)).collect();
    let places: HashMap<NodeId, usize> = nodes.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    // What a node stands for in the eyes of its readers: itself if it is run, else what it waits for.
    let mut stands_for: HashMap<NodeId, BTreeSet<usize>> = HashMap::new();
    let mut waits_for = vec![Vec::new(); nodes.len()];
    for id in order {
        let mut found = BTreeSet::new();
        for parent in &parents[id] {
            match places.get(parent) {
                Some(at) => {
                    found.insert(*at);
                }
                None => found.extend(stands_for.get(parent).into_iter().flatten()),
            }
        }
        match places.get(&id) {
            Some(at) => waits_for[*at] = found.into_iter().collect(),
            None => {
                stands_for.insert(id, found);
            }
        }
    }
    let mut holds = vec![Vec::new(); nodes.len()];
    for (at, waited) in waits_for.iter().enumerate() {
        for before in waited {
            holds[*before].push(at);
        }
    }
    Schedule { nodes, waits_for, holds }
}

/// From each wanted seed to the sources that are its table. A seed reads nothing, so this makes no circle.
fn seeded_sources(project: &Project, collected: &Collected, wanted: &[NodeId]) -> Vec<(NodeId, NodeId)> {
    let table = |id: NodeId| {
        let relation = collected.nodes[id].as_ref()?.relation.as_ref()?;
        let lower = |part: &Option<String>| part.as_deref().map(str::to_lowercase);
        Some([lower(&relation.database), lower(&relation.schema), lower(&relation.identifier)])
    };
    let seeds = wanted.iter().filter(|id| project.node(**id).kind == NodeKind::Seed);
    let seeds: HashMap<_, NodeId> = seeds.filter_map(|id| Some((table(*id)?, *id))).collect();
    let sources = project.nodes().filter(|(_, node)| node.kind == NodeKind::Source && !seeds.is_empty());
    sources.filter_map(|(id, _)| Some((*seeds.get(&table(id)?)?, id))).collect()
}

/// From each wanted test to the first nodes that are below everything it tests.
fn test_edges(project: &Project, graph: &Graph, wanted: &BTreeSet<NodeId>) -> Vec<(NodeId, NodeId)> {
    let executable = |id: NodeId| {
        let kind = project.node(id).kind;
        matches!(kind, NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot | NodeKind::Analysis)
    };
    let is_test = |id: &NodeId| project.node(*id).kind == NodeKind::Test;
    let mut edges = Vec::new();
    let mut several = Vec::new();
    for test in wanted.iter().copied().filter(is_test) {
        match graph.parents[test].as_slice() {
            [] => {}
            [tested] => {
                edges.extend(
                    graph.children[*tested].iter().filter(|id| executable(**id)).map(|id| (test, *id)),
                );
            }
            tested => several.push((test, tested.to_vec())),
        }
    }
    if several.is_empty() {
        return edges;
    }
    // Only nodes that some test looks at together with others are tracked, one bit each.
    let tracked: BTreeSet<NodeId> = several.iter().flat_map(|(_, tested)| tested.iter().copied()).collect();
    let bits: HashMap<NodeId, usize> = tracked.iter().enumerate().map(|(bit, id)| (*id, bit)).collect();
    let words = tracked.len().div_ceil(64);
    let mut above: NodeMap<Vec<u64>> = NodeMap::new(vec![Vec::new(); project.nodes.len()]);
    for id in &graph.order {
        let mut mine = vec![0_u64; words];
        for parent in &graph.parents[*id] {
            for (word, theirs) in mine.iter_mut().zip(&above[*parent]) {
                *word |= theirs;
            }
            if let Some(bit) = bits.get(parent) {
                mine[bit / 64] |= 1 << (bit % 64);
            }
        }
        above[*id] = mine;
    }
    for (test, tested) in several {
        let below_all = |id: NodeId| {
            let above = &above[id];
            !above.is_empty()
                && tested.iter().all(|tested| above[bits[tested] / 64] >> (bits[tested] % 64) & 1 == 1)
        };
        let first = graph.order.iter().copied().filter(|id| {
            executable(*id) && below_all(*id) && !graph.parents[*id].iter().any(|parent| below_all(*parent))
        });
        edges.extend(first.map(|node| (test, node)));
    }
    edges
}

/// `graph.order`, moved where the added edges ask for it; among equals the former order is kept.
fn ordered(graph: &Graph, parents: &NodeMap<Vec<NodeId>>) -> Vec<NodeId> {
    let place: HashMap<NodeId, usize> = graph.order.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut missing = vec![0_usize; graph.order.len()];
    let mut children = vec![Vec::new(); graph.order.len()];
    for (at, id) in graph.order.iter().enumerate() {
        for parent in &parents[*id] {
            if let Some(before) = place.get(parent) {
                children[*before].push(at);
                missing[at] += 1;
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..missing.len()).filter(|at| missing[*at] == 0).collect();
    let mut order = Vec::with_capacity(missing.len());
    while let Some(at) = ready.pop_first() {
        order.push(graph.order[at]);
        for child in &children[at] {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                ready.insert(*child);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::fixture::Fixture;
    use crate::graph::resolve;

    /// `name: what it waits for`, in order, for the nodes whose names are in `wanted` (all if empty).
    #[track_caller]
    fn check(fixture: &Fixture, wanted: &[&str], tests_hold: bool, shown: &[&str]) {
        let graph = resolve(&fixture.project, &fixture.collected).value;
        let name = |id: NodeId| fixture.project.node(id).name.as_str();
        let wanted: Vec<NodeId> = graph
            .order
            .iter()
            .copied()
            .filter(|id| wanted.is_empty() || wanted.contains(&name(*id)))
            .collect();
        let schedule = schedule(&fixture.project, &fixture.collected, &graph, &wanted, tests_hold);
        let lines = schedule.nodes.iter().zip(&schedule.waits_for).map(|(id, waits)| {
            let waits: Vec<_> = waits.iter().map(|at| name(schedule.nodes[*at])).collect();
            format!("{}: {}", name(*id), waits.join(" "))
        });
        assert_eq!(lines.collect::<Vec<_>>(), shown);
    }

    fn shop() -> Fixture {
        Fixture::new()
            .part("a", "select 1")
            .part("b", "select * from {{ ref('a') }}")
            .part("c", "select * from {{ ref('b') }}")
            .add("shop", NodeKind::Test, "tests/one.sql", "select * from {{ ref('a') }}")
            .add(
                "shop",
                NodeKind::Test,
                "tests/two.sql",
                "select * from {{ ref('a') }} join {{ ref('b') }} using (x)",
            )
    }

    #[test]
    fn a_node_that_is_not_run_passes_its_waiting_on() {
        check(&shop(), &["a", "c"], false, &["a: ", "c: a"]);
    }

    #[test]
    fn in_a_build_tests_hold_what_is_below_all_that_they_test() {
        check(&shop(), &[], true, &["a: ", "one: a", "b: a one", "two: a b", "c: b two"]);
    }

    #[test]
    fn a_source_that_is_a_seeds_table_waits_for_the_seed() {
        let fixture = Fixture::new()
            .part("a", "select * from {{ source('raw', 'orders') }}")
            .source("raw", "orders")
            .with(|_, collected| {
                collected.relation.as_mut().expect("a table").identifier = Some("Raw_Orders".into());
            })
            .add("shop", NodeKind::Seed, "seeds/raw_orders.csv", "");
        check(&fixture, &["a", "raw_orders"], false, &["raw_orders: ", "a: raw_orders"]);
    }

    #[test]
    fn a_test_that_is_not_selected_holds_nothing() {
        check(&shop(), &["a", "b", "c"], true, &["a: ", "b: a", "c: b"]);
    }
}
