//! Trying every plan: slow, and right.

use super::super::{Evaluator, Solution, broken, cost, excess};
use crate::plan::problem::{ItemId, Problem, State};

/// True if the plan keeps all budgets and rules.
pub(super) fn is_feasible(problem: &Problem, evaluator: &mut Evaluator<'_>, states: &[State]) -> bool {
    broken(problem, states).is_empty()
        && evaluator.loads(states).iter().enumerate().all(|(root, load)| {
            load.as_ref().is_none_or(|load| excess(load, &problem.budgets, root as ItemId).next().is_none())
        })
}

/// The least that a plan costs which keeps all budgets and rules, if it is less than `bound`.
pub(super) fn optimum(problem: &Problem, bound: u128) -> Option<u128> {
    let mut evaluator = Evaluator::new(problem);
    let choices: Vec<Vec<State>> = problem.items.iter().map(|item| item.allowed.iter().collect()).collect();
    let mut at = vec![0; choices.len()];
    let mut states: Vec<State> = choices.iter().map(|choice| choice[0]).collect();
    let mut best = bound;
    loop {
        let cost = cost(problem, &states);
        if cost < best && is_feasible(problem, &mut evaluator, &states) {
            best = cost;
        }
        let Some(next) = (0..at.len()).find(|place| at[*place] + 1 < choices[*place].len()) else {
            return (best < bound).then_some(best);
        };
        for place in 0..next {
            at[place] = 0;
            states[place] = choices[place][0];
        }
        at[next] += 1;
        states[next] = choices[next][at[next]];
    }
}

/// How solutions compare with the optimum.
#[derive(Default)]
pub(super) struct Distribution {
    ratios: Vec<f64>,
    infeasible: usize,
    missed: usize,
}

impl Distribution {
    pub(super) fn add(&mut self, problem: &Problem, solution: &Solution) {
        let found = solution.over.is_empty() && solution.broken.is_empty();
        assert_eq!(
            found,
            is_feasible(problem, &mut Evaluator::new(problem), &solution.states),
            "the solution says what it is"
        );
        if !found {
            match optimum(problem, u128::MAX) {
                None => self.infeasible += 1,
                Some(_) => self.missed += 1,
            }
            return;
        }
        let least = optimum(problem, solution.cost).unwrap_or(solution.cost);
        self.ratios.push(solution.cost as f64 / (least.max(1)) as f64);
    }

    pub(super) fn missed(&self) -> usize {
        self.missed
    }

    pub(super) fn mean(&self) -> f64 {
        self.ratios.iter().sum::<f64>() / self.ratios.len().max(1) as f64
    }

    pub(super) fn worst(&self) -> f64 {
        self.ratios.iter().copied().fold(1.0, f64::max)
    }

    pub(super) fn print(&self, title: &str) {
        let optimal = self.ratios.iter().filter(|ratio| **ratio <= 1.0).count();
        let total = self.ratios.len() + self.infeasible + self.missed;
        println!(
            "{title:32} {total:5} instances {:6.2} % optimal, mean {:.4}, worst {:.3}, infeasible {} (missed {})",
            100.0 * optimal as f64 / self.ratios.len().max(1) as f64,
            self.mean(),
            self.worst(),
            self.infeasible,
            self.missed,
        );
    }
}
