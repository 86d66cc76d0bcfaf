//! The search as a whole: where it starts, how much it may take, and when the last plan stays.

use super::super::problem::{Item, Measure, Problem, State};
use super::component::{Component, split};
use super::exact::{self, exact};
use super::greedy;
use super::improve::improve;
use super::kick::kick;
use super::net::Net;
use super::search::{Score, Search};

/// What a component may take, and for each item of it: counted in steps, not in time, so that every machine comes to
/// the same plan.
const STEPS: u64 = 200_000;
const STEPS_PER_ITEM: u64 = 120;

/// Components with more free items aren't begun again from a plan that stores all.
const SMALL: usize = 64;

/// What each item becomes.
pub(super) struct Answer {
    pub(super) states: Vec<State>,
    /// True if all budgets and rules are kept.
    pub(super) fits: bool,
}

/// Decides all items; `prove` says whether small components may be tried exhaustively.
pub(super) fn answer(problem: &Problem, prove: bool) -> Answer {
    let net = Net::new(problem, problem.budgets[Measure::Expression].is_some());
    let states = problem.items.iter().map(|item| item.allowed.iter().next().unwrap_or(State::Inline));
    let mut search = Search::new(problem, &net, states.collect());
    let mut fits = problem.items.iter().all(|item| item.allowed.count() > 0);
    for component in split(problem, &net) {
        if component.free.is_empty() {
            search.measure(&component.items);
        } else {
            greedy::plan(&mut search, &component);
            search.measure(&component.items);
            self::search(&mut search, &component, prove);
            keep(&mut search, &component);
        }
        fits &= search.score().0 == 0;
    }
    Answer { states: search.states, fits }
}

/// Makes the plan of a component as good as it gets, from the one that stands there and others.
pub(super) fn search(search: &mut Search<'_>, component: &Component, prove: bool) {
    let steps = STEPS + STEPS_PER_ITEM * component.items.len() as u64;
    improve(search, component, steps);
    let mut best = Found::new(search, component);
    if component.free.iter().any(|item| search.problem.items[*item as usize].previous.is_some()) {
        start(search, component, |item, now| {
            item.previous.filter(|state| item.allowed.has(*state)).unwrap_or(now)
        });
        improve(search, component, steps);
        best = best.or(Found::new(search, component));
    }
    if component.free.len() <= SMALL {
        start(search, component, |item, now| item.allowed.iter().last().unwrap_or(now));
        improve(search, component, steps);
        best = best.or(Found::new(search, component));
    }
    if best.score.0 > 0 && component.free.len() <= SMALL {
        // Temporary tables may be what is in the way.
        start(search, component, |item, now| {
            let lasting = [State::Table, State::View, State::Inline];
            lasting.into_iter().find(|state| item.allowed.has(*state)).unwrap_or(now)
        });
        improve(search, component, steps);
        best = best.or(Found::new(search, component));
    }
    best.restore(search, component);
    if prove && component.free.len() <= exact::MOST && exact(search, component, 4 * steps) {
        return;
    }
    kick(search, component, steps);
    if search.score().0 > 0 {
        kick(search, component, 4 * steps);
    }
}

/// The last plan stays where it keeps all rules and isn't clearly worse.
fn keep(search: &mut Search<'_>, component: &Component) {
    let problem = search.problem;
    let known = |item: &Item| item.previous.is_some_and(|state| item.allowed.has(state));
    if !component.free.iter().all(|item| known(&problem.items[*item as usize])) {
        return;
    }
    let found = Found::new(search, component);
    start(search, component, |item, now| item.previous.unwrap_or(now));
    let (excess, cost) = search.score();
    let margin = (cost / 100).min(4 * u128::from(problem.costs.change));
    if excess > 0 || (found.score.0 == 0 && found.score.1 + margin < cost) {
        found.restore(search, component);
    }
}

/// Puts all free items into the states that are asked for.
fn start(search: &mut Search<'_>, component: &Component, state: impl Fn(&Item, State) -> State) {
    for item in &component.free {
        let at = *item as usize;
        search.states[at] = state(&search.problem.items[at], search.states[at]);
    }
    search.measure(&component.items);
}

/// A plan of a component.
struct Found {
    score: Score,
    states: Vec<State>,
}

impl Found {
    fn new(search: &Search<'_>, component: &Component) -> Self {
        let states = component.free.iter().map(|item| search.state(*item)).collect();
        Self { score: search.score(), states }
    }

    fn or(self, other: Self) -> Self {
        if other.score < self.score { other } else { self }
    }

    fn restore(&self, search: &mut Search<'_>, component: &Component) {
        for (item, state) in component.free.iter().zip(&self.states) {
            search.states[*item as usize] = *state;
        }
        search.measure(&component.items);
    }
}
