//! Finding parts that read each other in a circle.

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

use super::edges::Places;
use super::{Graph, errors};
use crate::diagnostic::Diagnostic;
use crate::project::{NodeId, NodeMap, Project};
use crate::source::Span;

/// In a knot of many cycles, at most so many are written out.
const SHOWN: usize = 8;

/// Reports cycles until every part on one has been named, and marks the parts as broken.
///
/// Gives the nodes that lie on a cycle.
pub(super) fn report(
    project: &Project,
    graph: &mut Graph,
    places: &Places,
    diagnostics: &mut Vec<Diagnostic>,
) -> NodeMap<bool> {
    let mut on_cycle = NodeMap::new(vec![false; project.nodes.len()]);
    for knot in knots(graph) {
        let within: FxHashSet<NodeId> = knot.iter().copied().collect();
        let mut named: FxHashSet<NodeId> = FxHashSet::default();
        let mut shown = Vec::new();
        for id in &knot {
            on_cycle[*id] = true;
            graph.broken[*id] = true;
            if named.contains(id) || shown.len() == SHOWN {
                continue;
            }
            let ring = shortest_ring(graph, &within, *id);
            named.extend(&ring);
            shown.push(errors::cycle(project, &steps(graph, places, &ring)));
        }
        let rest = knot.len() - named.len();
        if rest > 0 {
            shown = match shown.pop() {
                Some(last) => shown.into_iter().chain([errors::more_on_cycles(last, rest)]).collect(),
                None => shown,
            };
        }
        diagnostics.append(&mut shown);
    }
    on_cycle
}

/// Sets of nodes that all reach each other, each in order of id, by their smallest id.
fn knots(graph: &Graph) -> Vec<Vec<NodeId>> {
    let mut reads: DiGraphMap<u32, ()> = DiGraphMap::new();
    for (id, parents) in graph.parents.iter() {
        for parent in parents {
            reads.add_edge(id.0, parent.0, ());
        }
    }
    let loops = |id: u32| reads.contains_edge(id, id);
    let mut knots: Vec<Vec<NodeId>> = tarjan_scc(&reads)
        .into_iter()
        .filter(|knot| knot.len() > 1 || knot.iter().any(|id| loops(*id)))
        .map(|knot| knot.into_iter().map(NodeId).collect())
        .collect();
    for knot in &mut knots {
        knot.sort_unstable();
    }
    knots.sort_unstable();
    knots
}

/// The shortest cycle through `start`, which lies on one, turned so that its smallest id comes first.
fn shortest_ring(graph: &Graph, within: &FxHashSet<NodeId>, start: NodeId) -> Vec<NodeId> {
    let mut came_from: FxHashMap<NodeId, NodeId> = FxHashMap::default();
    let mut queue = VecDeque::from([start]);
    while let Some(id) = queue.pop_front() {
        for parent in graph.parents[id].iter().filter(|parent| within.contains(parent)) {
            if *parent == start {
                let mut ring = vec![id];
                let mut at = id;
                while let Some(before) = came_from.get(&at) {
                    ring.push(*before);
                    at = *before;
                }
                ring.reverse();
                let smallest = ring.iter().enumerate().min_by_key(|(_, id)| **id).map_or(0, |(at, _)| at);
                ring.rotate_left(smallest);
                return ring;
            }
            if *parent != id && !came_from.contains_key(parent) {
                came_from.insert(*parent, id);
                queue.push_back(*parent);
            }
        }
    }
    vec![start]
}

/// The calls that make up a ring.
fn steps(graph: &Graph, places: &Places, ring: &[NodeId]) -> Vec<(NodeId, NodeId, Option<Span>)> {
    let step = |(at, from): (usize, &NodeId)| {
        let into = ring[(at + 1) % ring.len()];
        let edge = graph.parents[*from].iter().position(|parent| *parent == into);
        (*from, into, edge.and_then(|edge| places[*from][edge]))
    };
    ring.iter().enumerate().map(step).collect()
}
