//! Parents before children, the same way each time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Graph;
use crate::project::{NodeId, NodeMap};

/// Fills [`Graph::order`], and hands `broken` down to all that read a broken node, once it is kept who was so
/// by itself.
///
/// Nodes on a cycle have been marked as broken and lie outside of the order; what reads them waits for its
/// other parents only.
pub(super) fn order(graph: &mut Graph, on_cycle: &NodeMap<bool>) {
    let takes_part = |id: NodeId| graph.enabled[id] && !on_cycle[id];
    let mut waits: Vec<usize> = Vec::with_capacity(graph.enabled.len());
    let mut ready = BinaryHeap::new();
    for (id, parents) in graph.parents.iter() {
        let count = parents.iter().filter(|parent| takes_part(**parent)).count();
        waits.push(count);
        if count == 0 && takes_part(id) {
            ready.push(Reverse(id));
        }
    }
    let mut order = Vec::with_capacity(graph.enabled.len());
    while let Some(Reverse(id)) = ready.pop() {
        order.push(id);
        for child in &graph.children[id] {
            let wait = &mut waits[child.0 as usize];
            *wait = wait.saturating_sub(1);
            if *wait == 0 && takes_part(*child) {
                ready.push(Reverse(*child));
            }
        }
    }
    graph.unresolved = graph.broken.clone();
    for id in &order {
        if graph.parents[*id].iter().any(|parent| graph.broken[*parent]) {
            graph.broken[*id] = true;
        }
    }
    graph.order = order;
}
