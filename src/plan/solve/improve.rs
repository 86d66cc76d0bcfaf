//! A plan made to fit, then cheaper, by changing few decisions at a time.

use super::super::problem::{CtePolicy, ItemId, State};
use super::component::{Component, is_always_stored};
use super::eval::COST_CAP;
use super::search::{Score, Search};

/// A repair measures so many candidates at most.
const CANDIDATES: usize = 48;

/// Changes that make an exchange; more are tried one exchange after another.
const REPAIRS: usize = 3;

/// Makes the plan better until nothing helps or `steps` are used up. True if all was tried.
pub(super) fn improve(search: &mut Search<'_>, component: &Component, steps: u64) -> bool {
    let end = search.eval.steps.saturating_add(steps);
    mend(search, &component.items, None, usize::MAX, end);
    search.commit();
    loop {
        let before = search.score();
        sweep(search, component, end);
        exchanges(search, component, end);
        if search.eval.steps >= end {
            return false;
        }
        if search.score() == before {
            return true;
        }
    }
}

/// Single changes over the whole component, until none helps.
///
/// What can't help by the numbers of the moment isn't measured.
fn sweep(search: &mut Search<'_>, component: &Component, end: u64) {
    let mut outlook = Outlook { runs: vec![0; search.net.len()], cost: vec![0; search.net.len()] };
    loop {
        outlook.look(search, component);
        let mut changed = false;
        for item in &component.free {
            if search.eval.steps >= end {
                return;
            }
            changed |= single(search, *item, Some(&outlook));
        }
        search.commit();
        if !changed {
            return;
        }
    }
}

/// Single changes of a few items, until none helps.
pub(super) fn settle(search: &mut Search<'_>, items: &[ItemId], end: u64) {
    loop {
        let mut changed = false;
        for item in items {
            if search.eval.steps >= end {
                return;
            }
            changed |= single(search, *item, None);
        }
        if !changed {
            return;
        }
    }
}

/// The most that each item is run, and the most that a run of it costs, as things stand.
struct Outlook {
    runs: Vec<u128>,
    cost: Vec<u128>,
}

impl Outlook {
    fn look(&mut self, search: &Search<'_>, component: &Component) {
        let share = search.problem.policy == CtePolicy::Share;
        for item in &component.items {
            let at = *item as usize;
            let mut cost = u128::from(search.net.heads[at].work);
            for edge in search.net.inputs.of(*item) {
                let input = edge.item as usize;
                let state = search.states[input];
                let once = state == State::Fenced || (share && state == State::Inline);
                let times = if once { 1 } else { edge.times };
                if !search.states[input].is_stored() {
                    cost = cost.saturating_add(self.cost[input].saturating_mul(u128::from(times)));
                }
            }
            self.cost[at] = cost.min(COST_CAP);
        }
        for item in component.items.iter().rev() {
            let at = *item as usize;
            self.runs[at] = match search.states[at] {
                State::Temp | State::Table => 1,
                _ => self.wanted(search, *item),
            };
        }
    }

    /// How often the item would be run if it weren't stored.
    fn wanted(&self, search: &Search<'_>, item: ItemId) -> u128 {
        let own = u128::from(search.net.heads[item as usize].reader);
        let runs = search.net.readers.of(item).iter().fold(own, |sum, edge| {
            sum.saturating_add(self.runs[edge.item as usize].saturating_mul(u128::from(edge.times)))
        });
        runs.clamp(1, COST_CAP)
    }

    /// False if the change can only cost more.
    fn can_help(&self, search: &Search<'_>, item: ItemId, state: State) -> bool {
        let at = item as usize;
        let objects = &search.objects[at];
        let now = search.state(item);
        let (less, more) = (objects[now as usize], objects[state as usize]);
        if now.is_stored() {
            // The fewest runs: one for each statement that reads it, or (not shared) one for each mention.
            let shared = search.problem.policy == CtePolicy::Share || state == State::Fenced;
            let runs = if shared { 1 } else { self.wanted(search, item) };
            less > more.saturating_add(self.cost[at].saturating_mul(runs - 1))
        } else {
            let runs = self.runs[at].max(1) - 1;
            less.saturating_add(self.cost[at].saturating_mul(runs)) > more
        }
    }
}

/// The best state of one item, all others as they are.
fn single(search: &mut Search<'_>, item: ItemId, outlook: Option<&Outlook>) -> bool {
    let now = search.state(item);
    let before = search.score();
    let mut best = (before, now);
    for state in search.problem.items[item as usize].allowed.iter() {
        if state == now || (best.0.0 == 0 && is_vain(search, item, state, best)) {
            continue;
        }
        if before.0 == 0 && outlook.is_some_and(|outlook| !outlook.can_help(search, item, state)) {
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

/// True if a plan that breaks no rule can't become cheaper by it than it is with the best state so far.
fn is_vain(search: &Search<'_>, item: ItemId, state: State, best: (Score, State)) -> bool {
    let objects = &search.objects[item as usize];
    let dearer = |than: State| objects[state as usize] >= objects[than as usize];
    let (_, found) = best;
    match (found, state) {
        // What is stored is stored, and a view is run as often as what is inlined, or more.
        (State::Temp | State::Table, State::Temp | State::Table)
        | (State::Inline | State::Fenced, State::View) => dearer(found),
        // Where CTEs are shared, a fence saves no run.
        (State::Inline, State::Fenced) => search.problem.policy == CtePolicy::Share,
        _ => false,
    }
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
                mend(search, &touched, Some(*item), REPAIRS, end);
            }
            if search.score().0 <= before.0 {
                for other in &touched {
                    if other != item && search.problem.items[*other as usize].allowed.count() > 1 {
                        single(search, *other, None);
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
pub(super) fn touched(search: &mut Search<'_>, item: ItemId) -> Vec<ItemId> {
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
                    let inputs = search.net.inputs.of(at).iter().map(|edge| edge.item);
                    stack.extend(inputs.filter(|input| !is_always_stored(search.problem, *input)));
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

/// Makes these statements fit by the changes that relieve most for their price; at most so many, and not of `kept`.
pub(super) fn mend(search: &mut Search<'_>, roots: &[ItemId], kept: Option<ItemId>, most: usize, end: u64) {
    let mut done = 0;
    while search.score().0 > 0 && done < most && search.eval.steps < end {
        let before = done;
        for root in roots {
            while search.wrong(*root) > 0 && done < most && search.eval.steps < end {
                if !mend_one(search, *root, kept) {
                    break;
                }
                done += 1;
            }
        }
        if done == before {
            break;
        }
    }
}

/// The one change that relieves most for its price.
fn mend_one(search: &mut Search<'_>, root: ItemId, kept: Option<ItemId>) -> bool {
    let mut candidates = vec![root];
    if !search.state(root).is_stored() {
        search.roots_above(root, &mut candidates);
    }
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
                    if !search.state(edge.item).is_stored() {
                        above.push(edge.item);
                    }
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
