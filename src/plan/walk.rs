//! The walk along readings: from a statement down to what is put into it, and from what is inlined up to the
//! statements that it is in.

use std::hash::Hash;

use rustc_hash::FxHashSet;

/// All that can be reached from `start`, which isn't among it: each once, the nearest first.
///
/// `next` gives the neighbours of one. What `passes` says no to is reached, but nothing is reached through it.
pub(crate) fn reach<T, I>(start: T, next: impl Fn(T) -> I, passes: impl Fn(T) -> bool) -> Vec<T>
where
    T: Copy + Eq + Hash,
    I: IntoIterator<Item = T>,
{
    let mut seen: FxHashSet<T> = FxHashSet::default();
    seen.insert(start);
    let mut reached = Vec::new();
    let mut from = Some(start);
    let mut at = 0;
    while let Some(here) = from {
        if here == start || passes(here) {
            reached.extend(next(here).into_iter().filter(|other| seen.insert(*other)));
        }
        from = reached.get(at).copied();
        at += 1;
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_reached_once_and_nothing_beyond_an_end() {
        // 0 reads 1 and 2; both read 3; 3 reads 4 and, in a circle, 0.
        let inputs: [&[u32]; 5] = [&[1, 2], &[3], &[3], &[4, 0], &[]];
        let next = |at: u32| inputs[at as usize].iter().copied();
        assert_eq!(reach(0, next, |_| true), [1, 2, 3, 4]);
        assert_eq!(reach(0, next, |at| at != 3), [1, 2, 3]);
        assert_eq!(reach(0, next, |_| false), [1, 2]);
        assert_eq!(reach(4, next, |_| true), [0_u32; 0]);
    }
}
