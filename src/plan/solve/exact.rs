//! The best plan of a small component, by trying all that could be better than one that is known.
//!
//! Decisions are made from below, so that a statement is complete when its root is decided. A branch is left as soon
//! as a statement doesn't fit, or what is decided, with the least that the rest can cost, is no better than the best.

use super::super::problem::{CtePolicy, ItemId, Measure, State};
use super::component::Component;
use super::search::{Score, Search};

/// Components with more free items aren't tried.
pub(super) const MOST: usize = 24;

/// Replaces the plan in `search` by the best one. True if that was proved within so many steps.
pub(super) fn exact(search: &mut Search<'_>, component: &Component, steps: u64) -> bool {
    let places: Vec<usize> = component.items.iter().map(|item| *item as usize).collect();
    let mut best: Vec<State> = places.iter().map(|place| search.states[*place]).collect();
    let count = search.net.len();
    let mut tried = Tried {
        items: &component.items,
        live: surely_live(search, component),
        least: places
            .iter()
            .map(|place| {
                let allowed = search.problem.items[*place].allowed;
                allowed.iter().map(|state| search.objects[*place][state as usize]).min().unwrap_or(0)
            })
            .collect(),
        runs: vec![0; count],
        score: search.score(),
        best: &mut best,
        end: search.eval.steps.saturating_add(steps),
        search,
    };
    let proved = tried.decide(0);
    for (place, state) in places.iter().zip(&best) {
        search.states[*place] = *state;
    }
    search.measure(&component.items);
    proved
}

/// Items that are run whatever is decided, by place in the component.
fn surely_live(search: &Search<'_>, component: &Component) -> Vec<bool> {
    let mut live = vec![false; component.items.len()];
    for place in (0..live.len()).rev() {
        let item = component.items[place];
        live[place] = search.net.heads[item as usize].reader
            || !search.problem.items[item as usize].allowed.iter().any(State::is_inline)
            || search
                .net
                .readers
                .of(item)
                .iter()
                .any(|edge| component.items.binary_search(&edge.item).is_ok_and(|reader| live[reader]));
    }
    live
}

struct Tried<'s, 'p> {
    search: &'s mut Search<'p>,
    items: &'s [ItemId],
    live: Vec<bool>,
    /// The least that each item's object costs.
    least: Vec<u128>,
    runs: Vec<u128>,
    score: Score,
    best: &'s mut Vec<State>,
    end: u64,
}

impl Tried<'_, '_> {
    /// Decides the items from this place on; false if there was no time for all.
    fn decide(&mut self, place: usize) -> bool {
        if self.search.eval.steps > self.end {
            return false;
        }
        let Some(item) = self.items.get(place).copied() else {
            self.search.measure(self.items);
            let score = self.search.score();
            if score < self.score {
                self.score = score;
                for (best, item) in self.best.iter_mut().zip(self.items) {
                    *best = self.search.states[*item as usize];
                }
            }
            return true;
        };
        let allowed = self.search.problem.items[item as usize].allowed;
        if allowed.count() == 0 {
            self.search.states[item as usize] = State::Inline;
            return self.decide(place + 1);
        }
        for state in allowed.iter() {
            self.search.states[item as usize] = state;
            if self.fits(item, self.live[place])
                && self.bound(place + 1).is_some_and(|bound| bound < self.score.1 || self.score.0 > 0)
                && !self.decide(place + 1)
            {
                return false;
            }
        }
        true
    }

    /// False if no plan with these decisions beneath keeps the budgets.
    fn fits(&mut self, item: ItemId, live: bool) -> bool {
        let search = &mut *self.search;
        let state = search.states[item as usize];
        let root = search.net.is_root(item, state);
        let share = search.problem.policy == CtePolicy::Share;
        let persistent = search.net.heads[item as usize].persistent;
        let seen = search.eval.statement(search.net, &search.states, item);
        if root && state == State::View && persistent && seen.temps > 0 {
            return false;
        }
        for measure in Measure::ALL {
            let grows = match measure {
                // Read a second time by another member of the statement, it is no longer merged.
                Measure::Joins | Measure::Expression => !share,
                // Counted by the root's branches.
                Measure::Copies => false,
                _ => true,
            };
            if let Some(budget) = search.problem.budgets[measure]
                && (root || (grows && live))
                && seen.load[measure as usize] > budget
            {
                return false;
            }
        }
        true
    }

    /// The least that a plan with these decisions costs; `None` if a rule is broken already.
    fn bound(&mut self, decided: usize) -> Option<u128> {
        // There are few items to decide, but this looks at all, which may be hundreds.
        self.search.eval.steps += self.items.len().saturating_sub(MOST) as u64;
        let search = &*self.search;
        let share = search.problem.policy == CtePolicy::Share;
        let mut sum = 0u128;
        for place in (0..self.items.len()).rev() {
            let item = self.items[place];
            let at = item as usize;
            let head = &search.net.heads[at];
            let least = u128::from(self.live[place]);
            let runs = if place >= decided {
                sum += self.least[place];
                least
            } else {
                let state = search.states[at];
                sum += search.objects[at][state as usize];
                if state.is_stored() {
                    1
                } else {
                    let (mut all, mut roots, mut largest) = (0u128, 0u128, 0u128);
                    for edge in search.net.readers.of(item) {
                        let reader = edge.item as usize;
                        let runs = self.runs[reader];
                        all = all.saturating_add(runs.saturating_mul(u128::from(edge.times)));
                        largest = largest.max(runs);
                        // Decided readers that are statements run it each on its own.
                        let known = self.items.get(decided).is_none_or(|next| edge.item < *next);
                        if known && search.net.is_root(edge.item, search.states[reader]) {
                            roots = roots.saturating_add(runs);
                        }
                    }
                    let own = u128::from(head.reader);
                    match state {
                        State::View => all.max(1),
                        State::Fenced if !share => roots.saturating_add(own).max(least),
                        _ if share => roots.max(largest).saturating_add(own).max(least),
                        _ => all.saturating_add(own).max(least),
                    }
                }
            };
            self.runs[at] = runs;
            if head.once && runs > 1 && place < decided && !search.states[at].is_stored() {
                return None;
            }
            sum = sum.saturating_add(runs.saturating_mul(u128::from(head.work)));
        }
        Some(sum)
    }
}
