//! A plan made to fit, then cheaper, by changing few decisions at a time.

use super::super::problem::{ItemId, State};
use super::component::Component;
use super::search::Search;

/// A repair measures so many candidates at most.
const CANDIDATES: usize = 48;

/// Changes that make an exchange; more are tried one exchange after another.
const REPAIRS: usize = 3;

/// Makes the plan better until nothing helps or `steps` are used up. True if all was tried.
pub(super) fn improve(search: &mut Search<'_>, component: &Component, steps: u64) -> bool {
    let end = search.eval.steps.saturating_add(steps);
    mend(search, component, None, usize::MAX, end);
    search.commit();
    loop {
        let before = search.score();
        singles(search, &component.free, end);
        exchanges(search, component, end);
        if search.eval.steps >= end {
            return false;
        }
        if search.score() == before {
            return true;
        }
    }
}

/// Single changes that help.
fn singles(search: &mut Search<'_>, items: &[ItemId], end: u64) -> bool {
    let mut changed = false;
    for item in items {
        if search.eval.steps >= end {
            break;
        }
        changed |= single(search, *item);
    }
    changed
}

/// The best state of one item, all others as they are.
fn single(search: &mut Search<'_>, item: ItemId) -> bool {
    let mut best = (search.score(), search.state(item));
    let now = search.state(item);
    for state in search.problem.items[item as usize].allowed.iter() {
        if state == now {
            continue;
        }
        let checkpoint = search.checkpoint();
        search.set(item, state);
        let score = search.score();
        search.rollback(checkpoint);
        if score < best.0 {
            best = (score, state);
        }
    }
    search.set(item, best.1);
    best.1 != now
}

/// Changes of one decision that only help together with others.
fn exchanges(search: &mut Search<'_>, component: &Component, end: u64) {
    for item in &component.free {
        let now = search.state(*item);
        for state in search.problem.items[*item as usize].allowed.iter() {
            if state == now || search.eval.steps >= end {
                continue;
            }
            let checkpoint = search.checkpoint();
            let before = search.score();
            search.set(*item, state);
            let touched = touched(search, *item);
            if search.score().0 > before.0 {
                mend(search, component, Some((*item, &touched)), REPAIRS, end);
            }
            if search.score().0 <= before.0 {
                for other in &touched {
                    if other != item && search.problem.items[*other as usize].allowed.count() > 1 {
                        single(search, *other);
                    }
                }
            }
            if search.score() < before {
                break;
            }
            search.rollback(checkpoint);
        }
        if search.state(*item) != now {
            search.commit();
        }
    }
}

/// Items of the statements that an item is part of or reads from, nearest first; few enough to be tried.
fn touched(search: &mut Search<'_>, item: ItemId) -> Vec<ItemId> {
    let mut roots = Vec::new();
    search.roots_above(item, &mut roots);
    roots.push(item);
    let mut touched = Vec::new();
    let mut met = rustc_hash::FxHashSet::default();
    for root in roots {
        let mut stack = vec![root];
        while let Some(at) = stack.pop() {
            if met.insert(at) {
                touched.push(at);
                if at == root || !search.state(at).is_stored() {
                    stack.extend(search.net.inputs.of(at).iter().map(|edge| edge.item));
                }
            }
            if touched.len() >= CANDIDATES {
                touched.sort_unstable();
                return touched;
            }
        }
    }
    touched.sort_unstable();
    touched
}

/// Makes statements fit by the changes that relieve most for their price; at most so many.
fn mend(
    search: &mut Search<'_>,
    component: &Component,
    kept: Option<(ItemId, &[ItemId])>,
    most: usize,
    end: u64,
) {
    let mut done = 0;
    while search.score().0 > 0 && done < most && search.eval.steps < end {
        let mut mended = false;
        let roots = match kept {
            Some((_, touched)) => touched,
            None => component.items.as_slice(),
        };
        for root in roots {
            while search.wrong(*root) > 0 && done < most && search.eval.steps < end {
                if !mend_one(search, *root, kept.map(|(item, _)| item)) {
                    break;
                }
                mended = true;
                done += 1;
            }
        }
        if !mended {
            break;
        }
    }
}

/// The one change that relieves most for its price.
fn mend_one(search: &mut Search<'_>, root: ItemId, kept: Option<ItemId>) -> bool {
    let mut candidates = vec![root];
    search.roots_above(root, &mut candidates);
    let mut met = rustc_hash::FxHashSet::default();
    let mut at = 0;
    let mut beneath = vec![root];
    met.insert(root);
    while at < beneath.len() && candidates.len() < CANDIDATES {
        let item = beneath[at];
        at += 1;
        for edge in search.net.inputs.of(item) {
            if met.insert(edge.item) {
                candidates.push(edge.item);
                if !search.state(edge.item).is_stored() {
                    beneath.push(edge.item);
                }
            }
        }
    }
    // What is run too often is run by those who read it.
    let mut above = vec![root];
    while let Some(item) = above.pop() {
        if search.net.heads[root as usize].once && candidates.len() < 2 * CANDIDATES {
            for edge in search.net.readers.of(item) {
                if met.insert(edge.item) {
                    candidates.push(edge.item);
                    above.push(edge.item);
                }
            }
        }
    }
    candidates.sort_unstable();
    candidates.dedup();
    let before = search.score();
    let mut best: Option<(u64, u128, ItemId, State)> = None;
    for item in candidates {
        if Some(item) == kept || search.problem.items[item as usize].allowed.count() < 2 {
            continue;
        }
        let now = search.state(item);
        for state in search.problem.items[item as usize].allowed.iter() {
            if state == now {
                continue;
            }
            let checkpoint = search.checkpoint();
            search.set(item, state);
            let after = search.score();
            search.rollback(checkpoint);
            if after.0 < before.0 {
                let (relief, price) = (before.0 - after.0, after.1.saturating_sub(before.1) + 1);
                let better = best.is_none_or(|(most, least, ..)| {
                    u128::from(relief).saturating_mul(least) > u128::from(most).saturating_mul(price)
                });
                if better {
                    best = Some((relief, price, item, state));
                }
            }
        }
    }
    let Some((_, _, item, state)) = best else { return false };
    search.set(item, state);
    true
}
