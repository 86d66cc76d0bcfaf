//! Parts of the problem that don't touch each other: between them stands only what is a table whatever happens.

use super::super::problem::{ItemId, Problem, State};
use super::net::Net;

/// Items whose decisions may bear on each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Component {
    /// All of them, in order.
    pub(super) items: Vec<ItemId>,
    /// Those with a choice.
    pub(super) free: Vec<ItemId>,
}

/// Splits a problem, in order of each part's first item.
pub(super) fn split(problem: &Problem, net: &Net) -> Vec<Component> {
    let mut parents: Vec<ItemId> = (0..net.len() as ItemId).collect();
    for reader in 0..net.len() as ItemId {
        for edge in net.inputs.of(reader) {
            if !is_always_stored(problem, edge.item) {
                let (low, high) = (root(&mut parents, edge.item), root(&mut parents, reader));
                parents[low.max(high) as usize] = low.min(high);
            }
        }
    }
    let mut components: Vec<Component> = Vec::new();
    let mut places = vec![usize::MAX; net.len()];
    for item in 0..net.len() as ItemId {
        let root = root(&mut parents, item) as usize;
        if places[root] == usize::MAX {
            places[root] = components.len();
            components.push(Component::default());
        }
        let component = &mut components[places[root]];
        component.items.push(item);
        if problem.items[item as usize].allowed.count() > 1 {
            component.free.push(item);
        }
    }
    components
}

/// True for a table, temporary or not, that nothing else can become: its readers see always the same.
pub(super) fn is_always_stored(problem: &Problem, item: ItemId) -> bool {
    let allowed = problem.items[item as usize].allowed;
    allowed.count() == 1 && allowed.iter().all(State::is_stored)
}

fn root(parents: &mut [ItemId], mut item: ItemId) -> ItemId {
    while parents[item as usize] != item {
        parents[item as usize] = parents[parents[item as usize] as usize];
        item = parents[item as usize];
    }
    item
}
