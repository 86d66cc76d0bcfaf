//! What holds for every problem.

use super::super::component::split;
use super::super::eval::COST_CAP;
use super::super::net::Net;
use super::super::search::Search;
use super::super::{Evaluator, broken, cost, excess, solve};
use super::generate::{Random, Shape, problem};
use crate::plan::problem::{CtePolicy, ItemId, Problem, State};

/// Random problems of both policies.
fn each(count: u64, most: u64, mut check: impl FnMut(&mut Random, Problem)) {
    for seed in 0..count {
        let mut random = Random::new(seed);
        let shape = Shape {
            free: random.within(2, most),
            policy: random.pick(&[CtePolicy::Reevaluate, CtePolicy::Share]),
            slack: random.within(0, 100),
            once: random.pick(&[0, 0, 20]),
            choices: 7,
        };
        let problem = problem(&mut random, shape);
        check(&mut random, problem);
    }
}

#[test]
fn what_is_measured_after_changes_is_what_is_measured_afresh() {
    each(40, 20, |random, problem| {
        let net = Net::new(&problem, true);
        let states = problem.items.iter().map(|item| item.allowed.iter().next().expect("one is allowed"));
        let mut search = Search::new(&problem, &net, states.collect());
        let all: Vec<ItemId> = (0..problem.items.len() as ItemId).collect();
        search.measure(&all);
        for _ in 0..60 {
            let checkpoint = search.checkpoint();
            let (before, states) = (search.score(), search.states.clone());
            for _ in 0..random.within(1, 3) {
                let item = random.within(0, all.len() as u64 - 1) as ItemId;
                let allowed: Vec<State> = problem.items[item as usize].allowed.iter().collect();
                search.set(item, random.pick(&allowed));
            }
            assert_eq!(search.score().1, cost(&problem, &search.states));
            let fits = broken(&problem, &search.states).is_empty()
                && Evaluator::new(&problem)
                    .loads(&search.states)
                    .iter()
                    .flatten()
                    .all(|load| excess(load, &problem.budgets, 0).next().is_none());
            assert_eq!(search.score().0 == 0, fits);
            if random.percent(50) {
                search.rollback(checkpoint);
                assert_eq!((search.score(), &search.states), (before, &states));
            }
            let kept = search.score();
            search.measure(&all);
            assert_eq!(search.score(), kept);
        }
    });
    assert!(COST_CAP.checked_mul(1 << 20).is_some(), "sums of a million costs don't overflow");
}

#[test]
fn a_solution_says_what_it_is() {
    each(30, 14, |_, problem| {
        let solution = solve(&problem);
        let loads = Evaluator::new(&problem).loads(&solution.states);
        let over: Vec<_> = (0..)
            .zip(&loads)
            .filter_map(|(root, load)| Some((root, load.as_ref()?)))
            .flat_map(|(root, load)| excess(load, &problem.budgets, root))
            .collect();
        assert_eq!(solution.over, over);
        assert_eq!(solution.broken, broken(&problem, &solution.states));
        assert_eq!(solution.cost, cost(&problem, &solution.states));
        assert_eq!(solution, solve(&problem), "the same problem has the same solution");
    });
}

#[test]
fn what_stands_apart_is_decided_apart() {
    each(15, 12, |random, mut first| {
        let alone = solve(&first);
        let shape = Shape { free: random.within(1, 6), policy: first.policy, slack: 50, once: 0, choices: 7 };
        let mut second = problem(random, shape);
        let moved = first.items.len() as ItemId;
        for item in &mut second.items {
            for slot in item.blocks.iter_mut().flat_map(|block| &mut block.slots) {
                slot.item += moved;
            }
            for mention in item.outputs.iter_mut().chain([&mut item.filter]).flat_map(|it| &mut it.mentions) {
                mention.item += moved;
            }
        }
        first.items.append(&mut second.items);
        assert_eq!(solve(&first).states[..moved as usize], alone.states);
    });
}

#[test]
fn components_hold_each_item_once() {
    each(20, 30, |_, problem| {
        let mut items: Vec<ItemId> =
            split(&problem, &Net::new(&problem, false)).into_iter().flat_map(|part| part.items).collect();
        items.sort_unstable();
        assert!(items.into_iter().eq(0..problem.items.len() as ItemId));
    });
}

#[test]
fn an_approved_plan_stays_and_a_small_edit_changes_little() {
    let (mut decisions, mut changed) = (0, 0);
    each(25, 18, |random, mut problem| {
        problem.costs.change = 20;
        let solution = solve(&problem);
        if !solution.over.is_empty() || !solution.broken.is_empty() {
            return;
        }
        for (item, state) in problem.items.iter_mut().zip(&solution.states) {
            item.previous = Some(*state);
        }
        assert_eq!(solve(&problem).states, solution.states);
        let edited = random.within(0, problem.items.len() as u64 - 1) as usize;
        let item = &mut problem.items[edited];
        item.nodes += item.nodes / 20 + 1;
        item.work += item.work / 20 + 1;
        let again = solve(&problem);
        decisions += solution.states.len();
        changed += again.states.iter().zip(&solution.states).filter(|(now, then)| now != then).count();
    });
    assert!(changed * 50 <= decisions, "{changed} of {decisions} decisions changed");
}
