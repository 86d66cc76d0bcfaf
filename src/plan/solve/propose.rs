//! What an author could change, where their own decisions make a statement too complex.

use super::super::problem::{ItemId, Problem, State, States};
use super::answer;
use super::component::split;
use super::net::Net;
use super::search::Search;

/// More than any plan costs: fewer changes come first.
const CHANGE: u128 = 1 << 100;

/// The fewest changes, and among those the cheapest, of items that have no choice, which make statements fit that
/// are over a budget in the plan `states`.
///
/// `could` says what each item could become if its author let it. Items with a choice are decided anew where that
/// helps; only changes that are the author's to make are returned. Where no change makes all fit, those are returned
/// that come closest.
pub fn propose(problem: &Problem, could: &[States], states: &[State]) -> Vec<(ItemId, State)> {
    let mut relaxed = problem.clone();
    for (item, could) in relaxed.items.iter_mut().zip(could) {
        item.allowed = item.allowed.or(*could);
    }
    let net = Net::new(&relaxed, true);
    let mut search = Search::new(&relaxed, &net, states.to_vec());
    for (at, item) in problem.items.iter().enumerate() {
        for state in relaxed.items[at].allowed.iter().filter(|state| !item.allowed.has(*state)) {
            search.objects[at][state as usize] += CHANGE;
        }
    }
    for component in split(&relaxed, &net) {
        search.measure(&component.items);
        if search.score().0 > 0 {
            answer::search(&mut search, &component, true);
        }
    }
    (0..problem.items.len() as ItemId)
        .map(|item| (item, search.state(item)))
        .filter(|(item, state)| {
            let allowed = problem.items[*item as usize].allowed;
            !allowed.has(*state) && states[*item as usize] != *state
        })
        .collect()
}
