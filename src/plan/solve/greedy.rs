//! A first plan, from the sources up: what doesn't fit is cut where that relieves most for its price.

use super::super::problem::{CtePolicy, ItemId, Measure, State};
use super::component::Component;
use super::count::log_scale;
use super::search::Search;

/// So many candidates for a cut are measured; those that look best.
const MEASURED: usize = 8;

/// Decides all items of a component, in the states of `search`; measures are taken afterwards.
pub(super) fn plan(search: &mut Search<'_>, component: &Component) {
    for item in &component.items {
        let at = *item as usize;
        let allowed = search.problem.items[at].allowed;
        search.states[at] = if allowed.has(State::Inline) {
            State::Inline
        } else {
            allowed.iter().next().unwrap_or(State::Inline)
        };
        fit(search, *item);
        if allowed.count() > 1 {
            search.states[at] = cheapest(search, *item);
        }
        if search.states[at] == State::View {
            search.eval.statement(search.net, &search.states, *item);
        }
    }
}

/// Cuts beneath an item until a statement rooted at it fits, or nothing helps.
fn fit(search: &mut Search<'_>, item: ItemId) {
    let mut excess = over(search, item);
    while excess > 0 {
        let mut best: Option<(Price, ItemId, State)> = None;
        for (candidate, state) in candidates(search, item) {
            let old = search.states[candidate as usize];
            search.states[candidate as usize] = state;
            remeasure_views(search, candidate, item);
            let left = over(search, item);
            search.states[candidate as usize] = old;
            remeasure_views(search, candidate, item);
            if left < excess {
                let price = Price { relief: excess - left, cost: extra_cost(search, candidate, state) };
                if best.is_none_or(|(least, ..)| price.is_better(least)) {
                    best = Some((price, candidate, state));
                }
            }
        }
        let Some((_, cut, state)) = best else { break };
        search.states[cut as usize] = state;
        remeasure_views(search, cut, item);
        excess = over(search, item);
    }
}

#[derive(Clone, Copy)]
struct Price {
    relief: u64,
    cost: u128,
}

impl Price {
    fn is_better(self, other: Self) -> bool {
        // relief / cost, compared without division.
        u128::from(self.relief) * (other.cost + 1) > u128::from(other.relief) * (self.cost + 1)
    }
}

fn over(search: &mut Search<'_>, item: ItemId) -> u64 {
    let seen = search.eval.statement(search.net, &search.states, item);
    let budgets = &search.problem.budgets;
    let mut excess = 0;
    for measure in RELIEVABLE {
        if let Some(budget) = budgets[measure] {
            let value = seen.load[measure as usize];
            if value > budget {
                excess += 64 + log_scale(u128::from(value)) - log_scale(u128::from(budget));
            }
        }
    }
    excess
}

/// Measures that a cut beneath can make smaller.
const RELIEVABLE: [Measure; 10] = [
    Measure::Nodes,
    Measure::Joins,
    Measure::Expression,
    Measure::Depth,
    Measure::Ctes,
    Measure::Copies,
    Measure::Stages,
    Measure::Text,
    Measure::Relations,
    Measure::Views,
];

/// Free items beneath that are expanded into the statement, those first that bring most; with what they may become.
fn candidates(search: &mut Search<'_>, item: ItemId) -> Vec<(ItemId, State)> {
    let mut beneath = Vec::new();
    let mut stack = vec![item];
    let mut met = rustc_hash::FxHashSet::default();
    while let Some(at) = stack.pop() {
        for edge in search.net.inputs.of(at) {
            let input = edge.item as usize;
            if !search.states[input].is_stored() && met.insert(edge.item) {
                stack.push(edge.item);
                if search.problem.items[input].allowed.count() > 1 {
                    let seen = &search.eval.seen[input];
                    let nodes = seen.load[Measure::Nodes as usize];
                    let brings = log_scale(u128::from(nodes))
                        + log_scale(u128::from(seen.block))
                        + 512 * seen.load[Measure::Depth as usize].min(64)
                        + log_scale(u128::from(edge.times)) * 2;
                    beneath.push((std::cmp::Reverse(brings), edge.item));
                }
            }
        }
    }
    beneath.sort_unstable();
    beneath.truncate(MEASURED);
    beneath
        .into_iter()
        .flat_map(|(_, candidate)| {
            let allowed = search.problem.items[candidate as usize].allowed;
            let now = search.states[candidate as usize];
            allowed
                .iter()
                .filter(move |state| *state != State::Inline && *state != now)
                .map(move |state| (candidate, state))
        })
        .collect()
}

/// Measures again the views between a changed item and a statement, and the item if it is one.
fn remeasure_views(search: &mut Search<'_>, changed: ItemId, beneath: ItemId) {
    let mut views = Vec::new();
    search.roots_above(changed, &mut views);
    views.push(changed);
    views.retain(|view| *view < beneath && search.states[*view as usize] == State::View);
    views.sort_unstable();
    for view in views {
        search.eval.statement(search.net, &search.states, view);
    }
}

/// What an item will cost, as far as can be guessed before its readers are decided.
fn cheapest(search: &mut Search<'_>, item: ItemId) -> State {
    let mut best = (u128::MAX, State::Inline);
    let mut found = false;
    for state in search.problem.items[item as usize].allowed.iter() {
        let cost = guess(search, item, state);
        if !found || cost < best.0 {
            best = (cost, state);
            found = true;
        }
    }
    best.1
}

/// What becoming this costs beyond what the item costs now.
fn extra_cost(search: &mut Search<'_>, item: ItemId, state: State) -> u128 {
    let now = search.states[item as usize];
    guess(search, item, state).saturating_sub(guess(search, item, now))
}

fn guess(search: &mut Search<'_>, item: ItemId, state: State) -> u128 {
    let readers = search.net.readers.of(item);
    let named = readers.iter().map(|edge| u128::from(edge.times)).sum::<u128>();
    let shared = search.problem.policy == CtePolicy::Share;
    let runs = match state {
        State::Inline if !shared => named,
        State::Inline | State::Fenced => readers.len() as u128,
        State::View => named,
        State::Temp | State::Table => 1,
    };
    let once = search.net.heads[item as usize].once && runs > 1;
    let price = search.objects[item as usize][state as usize];
    let run = search.eval.seen[item as usize].cost;
    price + run.saturating_mul(runs.max(1)).min(1 << 100) + if once { 1 << 100 } else { 0 }
}
