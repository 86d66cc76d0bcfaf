//! What no plan may do, whatever it costs.

use super::super::problem::{ItemId, Problem, State};
use super::cost::evaluations;

/// A rule that a plan breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The item is something that it may not be.
    Allowed(State),
    /// The item's rows could differ each time it is run, and it is run this often.
    Once(u128),
    /// The item is a view that outlives the session, and reads a temporary table.
    TempBeneathView,
}

/// A rule, and the item that breaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub item: ItemId,
    /// How.
    pub rule: Rule,
}

/// The rules that a plan breaks.
pub fn broken(problem: &Problem, states: &[State]) -> Vec<Broken> {
    let runs = evaluations(problem, states);
    let mut reads_temp = vec![false; problem.items.len()];
    let mut broken = Vec::new();
    for (at, item) in problem.items.iter().enumerate() {
        let state = states[at];
        reads_temp[at] = item.blocks.iter().flat_map(|block| &block.slots).any(|slot| {
            let input = slot.item as usize;
            states[input] == State::Temp || (!states[input].is_stored() && reads_temp[input])
        });
        let mut breaks = |rule| broken.push(Broken { item: at as ItemId, rule });
        if !item.allowed.has(state) {
            breaks(Rule::Allowed(state));
        }
        if item.once && !state.is_stored() && runs[at] > 1 {
            breaks(Rule::Once(runs[at]));
        }
        if item.persistent && state == State::View && reads_temp[at] {
            breaks(Rule::TempBeneathView);
        }
    }
    broken
}
