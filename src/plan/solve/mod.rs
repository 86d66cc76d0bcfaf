//! The planner's answer: what each item becomes, so that every statement fits and all of it costs least.
//!
//! Pure: numbers in, decisions out. `eval` measures a statement, `cost` prices a plan, `rules` says what no plan may
//! do; `solve` looks for the cheapest plan that keeps them all, in parts of the problem that don't touch
//! each other (`component`): a first plan from below (`greedy`), made cheaper by exchanging decisions (`improve`, `kick`),
//! and, where there are few enough, proved or replaced by trying them all (`exact`).

mod answer;
mod component;
mod cost;
mod count;
mod eval;
mod exact;
mod greedy;
mod improve;
mod kick;
mod net;
mod propose;
mod rules;
mod search;
#[cfg(test)]
mod tests;

pub use cost::{cost, evaluations};
pub use propose::propose;
pub use rules::{Broken, Rule, broken};

use super::problem::{Budgets, ItemId, Load, Measure, Problem, State};
use super::walk::reach;
use eval::Eval;
use net::Net;

/// A statement that is over a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// The item at its root.
    pub root: ItemId,
    /// What there is too much of.
    pub measure: Measure,
    /// How much there is.
    pub value: u128,
    /// How much there may be.
    pub budget: u64,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// What each item becomes.
    pub states: Vec<State>,
    /// What that costs, as [`cost`] counts it.
    pub cost: u128,
    /// Statements that are over a budget; empty if there is a plan in which none is.
    pub over: Vec<Over>,
    /// Rules that are broken; empty if there is a plan that keeps them.
    pub broken: Vec<Broken>,
}

/// Measures statements of plans of one problem.
pub struct Evaluator<'p> {
    problem: &'p Problem,
    net: Net,
    eval: Eval<u128>,
}

impl<'p> Evaluator<'p> {
    /// Lays the problem out.
    pub fn new(problem: &'p Problem) -> Self {
        let net = Net::new(problem, true);
        let eval = Eval::new(&net, problem.policy);
        Self { problem, net, eval }
    }

    /// The measures of each statement, in order; `None` for an item that is only part of others' statements.
    pub fn loads(&mut self, states: &[State]) -> Vec<Option<Load>> {
        (0..self.problem.items.len() as ItemId)
            .map(|item| {
                let state = states[item as usize];
                self.net.is_root(item, state).then(|| self.load_of(states, item))
            })
            .collect()
    }

    /// The measures of the statement at one item, as if it were one even where it is inlined.
    pub fn load(&mut self, states: &[State], root: ItemId) -> Load {
        for view in self.views_beneath(states, root) {
            self.eval.statement(&self.net, states, view);
        }
        self.load_of(states, root)
    }

    fn load_of(&mut self, states: &[State], root: ItemId) -> Load {
        let seen = self.eval.statement(&self.net, states, root);
        let mut load = Load::default();
        for measure in Measure::ALL {
            load[measure] = seen.load[measure as usize];
        }
        load
    }

    fn views_beneath(&self, states: &[State], root: ItemId) -> Vec<ItemId> {
        let inputs = |item: ItemId| {
            let inputs = self.net.inputs.of(item).iter().map(|edge| edge.item);
            inputs.filter(|input| !states[*input as usize].is_stored())
        };
        let mut views = reach(root, inputs, |_| true);
        views.retain(|item| states[*item as usize] == State::View);
        views.sort_unstable();
        views
    }
}

/// The measures of the statement at `root`.
///
/// For several statements of one problem use an [`Evaluator`].
pub fn load(problem: &Problem, states: &[State], root: ItemId) -> Load {
    Evaluator::new(problem).load(states, root)
}

/// The measures in which a statement is over its budget.
pub fn excess(load: &Load, budgets: &Budgets, root: ItemId) -> impl Iterator<Item = Over> {
    Measure::ALL.into_iter().filter_map(move |measure| {
        let (value, budget) = (load[measure], budgets[measure]?);
        (value > u128::from(budget)).then_some(Over { root, measure, value, budget })
    })
}

/// The plan that costs least among those in which every statement fits, as far as it can be found.
///
/// If there is none, the one that comes closest, with what it is over. The same problem always gives the same plan.
pub fn solve(problem: &Problem) -> Solution {
    let answer = answer::answer(problem, true);
    if answer.fits {
        let cost = cost(problem, &answer.states);
        return Solution { states: answer.states, cost, over: Vec::new(), broken: Vec::new() };
    }
    report(problem, answer.states)
}

/// What is to be said of a plan.
fn report(problem: &Problem, states: Vec<State>) -> Solution {
    let loads = Evaluator::new(problem).loads(&states);
    let over = loads
        .iter()
        .enumerate()
        .filter_map(|(root, load)| Some((root as ItemId, load.as_ref()?)))
        .flat_map(|(root, load)| excess(load, &problem.budgets, root).collect::<Vec<_>>())
        .collect();
    Solution { cost: cost(problem, &states), over, broken: broken(problem, &states), states }
}
