//! Out of a dead end: a few decisions near each other are thrown over, and what follows is mended.

use super::component::Component;
use super::improve::{mend, settle, touched};
use super::search::Search;

/// Kicks and mends while there are steps left; what is no better is taken back.
pub(super) fn kick(search: &mut Search<'_>, component: &Component, steps: u64) {
    let end = search.eval.steps.saturating_add(steps);
    let free = &component.free;
    let mut seed = free.len() as u64;
    while search.eval.steps < end {
        let item = if search.score().0 > 0 && next(&mut seed).is_multiple_of(2) {
            let wrong: Vec<_> =
                component.items.iter().copied().filter(|item| search.wrong(*item) > 0).collect();
            wrong[(next(&mut seed) % wrong.len() as u64) as usize]
        } else {
            free[(next(&mut seed) % free.len() as u64) as usize]
        };
        let near = touched(search, item);
        let choices: Vec<_> = near
            .iter()
            .copied()
            .filter(|near| search.problem.items[*near as usize].allowed.count() > 1)
            .collect();
        search.eval.steps += near.len() as u64 + 50;
        if choices.is_empty() {
            continue;
        }
        let before = search.score();
        let checkpoint = search.checkpoint();
        for _ in 0..2 + next(&mut seed) % 3 {
            let other = choices[(next(&mut seed) % choices.len() as u64) as usize];
            let allowed = search.problem.items[other as usize].allowed;
            let nth = next(&mut seed) % u64::from(allowed.count());
            if let Some(state) = allowed.iter().nth(nth as usize) {
                search.set(other, state);
            }
        }
        mend(search, &component.items, None, 8, end);
        settle(search, &choices, end);
        // As long as something is wrong, what it costs doesn't matter, and moving on is better than standing still.
        let better = if before.0 > 0 { search.score().0 <= before.0 } else { search.score() < before };
        if better {
            search.commit();
        } else {
            search.rollback(checkpoint);
        }
    }
}

/// The next of a fixed sequence of numbers (splitmix64).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
