//! What a plan costs: objects, runs, and changes since the last one.

use super::super::problem::{CtePolicy, ItemId, Problem, State};
use super::super::walk::reach;

/// How often each item is run when every statement is run once.
///
/// A stored item and a reader are run once; an inlined one by each statement, once for each reference or (shared)
/// once in all; one behind a fence once by each statement; a view once for each reference of each statement that
/// reads it, and once if none does. An inlined item that no statement reads is never run.
pub fn evaluations(problem: &Problem, states: &[State]) -> Vec<u128> {
    let mut runs = vec![0u128; problem.items.len()];
    let fenced = states.contains(&State::Fenced);
    let mut mark = vec![u32::MAX; problem.items.len()];
    let mut members = Vec::new();
    // Readers first: each stands after what it reads.
    for root in (0..problem.items.len()).rev() {
        let item = &problem.items[root];
        match states[root] {
            State::Temp | State::Table => runs[root] = 1,
            State::View => runs[root] = runs[root].max(1),
            State::Inline | State::Fenced if item.is_reader => runs[root] = runs[root].saturating_add(1),
            State::Inline | State::Fenced if problem.policy == CtePolicy::Share => continue,
            State::Inline | State::Fenced => {}
        }
        let own = runs[root];
        if own == 0 {
            continue;
        }
        if problem.policy == CtePolicy::Reevaluate {
            if fenced && (item.is_reader || !states[root].is_inline()) {
                let own = if states[root].is_inline() { 1 } else { own };
                run_fenced(problem, states, root as ItemId, own, &mut runs);
            }
            for slot in item.blocks.iter().flat_map(|block| &block.slots) {
                if matches!(states[slot.item as usize], State::Inline | State::View) {
                    let input = &mut runs[slot.item as usize];
                    *input = input.saturating_add(own.saturating_mul(u128::from(slot.times)));
                }
            }
            continue;
        }
        members.clear();
        members.push(root as ItemId);
        mark[root] = root as u32;
        let mut at = 0;
        while at < members.len() {
            let member = members[at] as usize;
            at += 1;
            for slot in problem.items[member].blocks.iter().flat_map(|block| &block.slots) {
                let input = slot.item as usize;
                match states[input] {
                    State::Inline | State::Fenced if mark[input] != root as u32 => {
                        mark[input] = root as u32;
                        runs[input] = runs[input].saturating_add(own);
                        members.push(slot.item);
                    }
                    State::View => {
                        runs[input] = runs[input].saturating_add(own.saturating_mul(u128::from(slot.times)));
                    }
                    _ => {}
                }
            }
        }
    }
    runs
}

/// Adds the runs of what is behind a fence in one statement: once for each run of it, however often it is read.
fn run_fenced(problem: &Problem, states: &[State], root: ItemId, runs_of_root: u128, runs: &mut [u128]) {
    let inputs = |item: ItemId| {
        let slots = problem.items[item as usize].blocks.iter().flat_map(|block| &block.slots);
        slots.map(|slot| slot.item).filter(|input| states[*input as usize].is_inline())
    };
    for item in reach(root, inputs, |_| true) {
        if states[item as usize] == State::Fenced {
            let runs = &mut runs[item as usize];
            *runs = runs.saturating_add(runs_of_root);
        }
    }
}

/// Objects, runs and changes; saturates.
pub fn cost(problem: &Problem, states: &[State]) -> u128 {
    let runs = evaluations(problem, states);
    (0..problem.items.len()).fold(0u128, |sum, at| {
        let work = u128::from(problem.items[at].work).saturating_mul(runs[at]);
        sum.saturating_add(work).saturating_add(object(problem, at as ItemId, states[at]))
    })
}

/// What it costs that an item is this, its runs not counted.
pub(super) fn object(problem: &Problem, item: ItemId, state: State) -> u128 {
    let item = &problem.items[item as usize];
    let costs = &problem.costs;
    let made = match state {
        State::Inline => 0,
        State::Fenced => u128::from(costs.fence) + u128::from(item.rows),
        State::View => u128::from(costs.view),
        State::Temp => u128::from(costs.temp) + u128::from(item.rows),
        State::Table => u128::from(costs.table) + u128::from(item.rows),
    };
    let changed = item.previous.is_some_and(|previous| previous != state);
    made + if changed { u128::from(costs.change) } else { 0 }
}
