//! How near to the optimum the planner comes.

use super::super::{Evaluator, answer::answer, cost, propose, report};
use super::brute::{Distribution, is_feasible, optimum};
use super::generate::{Random, Shape, problem};
use crate::plan::problem::{CtePolicy, Problem, State, States};

/// Runs so many instances, half of them with few choices for many items, half with more for fewer.
fn run(instances: u64, seed: u64, slack: u64, policy: CtePolicy, most: u64, exact: bool) -> Distribution {
    let mut random = Random::new(seed ^ (slack << 32) ^ ((policy as u64) << 48));
    let mut distribution = Distribution::default();
    for instance in 0..instances {
        let wide = instance % 2 == 0;
        let free = if wide { random.within(3, most) } else { random.within(3, most.min(7)) };
        let shape = Shape {
            free,
            policy,
            slack,
            once: if random.percent(30) { 15 } else { 0 },
            choices: if wide { 2 } else { 7 },
        };
        let problem: Problem = problem(&mut random, shape);
        distribution.add(&problem, &report(&problem, answer(&problem, exact).states));
    }
    distribution
}

fn table(instances: u64, seed: u64, most: u64) {
    let (mut mean, mut worst, mut missed) = (0.0, 1.0f64, [0, 0]);
    for exact in [true, false] {
        for policy in [CtePolicy::Reevaluate, CtePolicy::Share] {
            for slack in [0, 15, 35, 60, 90] {
                let distribution = run(instances, seed, slack, policy, most, exact);
                let search = if exact { "with exact search" } else { "heuristic alone" };
                distribution.print(&format!("{policy:?}, slack {slack}, {search}"));
                mean += distribution.mean() / 20.0;
                worst = worst.max(distribution.worst());
                missed[usize::from(exact)] += distribution.missed();
            }
        }
    }
    assert!(mean < 1.01, "1 % above the optimum on average: {mean}");
    assert!(worst <= 1.2, "20 % above the optimum at worst: {worst}");
    assert_eq!(missed[1], 0, "a plan is found wherever there is one");
    assert!(missed[0] as u64 * 200 <= 10 * instances, "exchanges alone find nearly all");
}

#[test]
fn plans_cost_little_more_than_the_best_and_are_found_where_there_is_one() {
    table(15, 1, 9);
}

#[test]
fn proposals_are_the_fewest_changes_and_the_cheapest_of_those() {
    // More than anything else costs.
    const CHANGE: u64 = 1 << 40;
    let (mut mended, mut hopeless) = (0, 0);
    for seed in 0..80 {
        let mut random = Random::new(seed);
        let shape = Shape {
            free: random.within(2, 4),
            policy: random.pick(&[CtePolicy::Reevaluate, CtePolicy::Share]),
            slack: random.within(0, 50),
            once: 0,
            choices: 7,
        };
        let mut problem = problem(&mut random, shape);
        let states: Vec<State> =
            problem.items.iter().map(|item| item.allowed.iter().next().unwrap_or(State::Inline)).collect();
        for (item, state) in problem.items.iter_mut().zip(&states) {
            item.allowed = States::of(&[*state]);
        }
        let solution = report(&problem, states.clone());
        if solution.over.is_empty() && solution.broken.is_empty() {
            continue;
        }
        let could: Vec<States> = (problem.items.iter().zip(&states))
            .map(|(item, state)| match state {
                State::Inline | State::View if !item.is_reader => {
                    States::of(&[State::Inline, State::View, State::Table])
                }
                _ => States::default(),
            })
            .collect();
        let mut proposed = states.clone();
        for (item, state) in propose(&problem, &could, &states) {
            proposed[item as usize] = state;
        }
        let mut relaxed = problem;
        relaxed.costs.change = CHANGE;
        for ((item, could), state) in relaxed.items.iter_mut().zip(&could).zip(&states) {
            item.allowed = States::of(&could.iter().chain([*state]).collect::<Vec<_>>());
            item.previous = Some(*state);
        }
        let Some(best) = optimum(&relaxed, u128::MAX) else {
            hopeless += 1;
            continue;
        };
        mended += 1;
        assert!(is_feasible(&relaxed, &mut Evaluator::new(&relaxed), &proposed), "seed {seed} isn't mended");
        assert_eq!(cost(&relaxed, &proposed), best, "seed {seed}");
    }
    assert!(mended > 10 && hopeless > 0, "{mended} mended, {hopeless} hopeless");
}

/// 250 of each of twenty kinds: `cargo test --release plan::solve -- --ignored --nocapture`.
#[test]
#[ignore = "minutes of trying every plan"]
fn distribution_of_costs_against_the_optimum() {
    table(250, 7, 18);
}

/// What exchanges alone find, beside the search that tries all plans: many more instances than brute force allows.
#[test]
#[ignore = "a minute of searching"]
fn exchanges_alone_find_a_plan_where_there_is_one() {
    let (mut missed, mut found, mut worst) = (Vec::new(), 0, 1.0f64);
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        let shape = Shape {
            free: random.within(3, 14),
            policy: random.pick(&[CtePolicy::Reevaluate, CtePolicy::Share]),
            slack: random.within(0, 100),
            once: random.pick(&[0, 0, 15]),
            choices: random.pick(&[2, 7]),
        };
        let problem = problem(&mut random, shape);
        let exact = report(&problem, answer(&problem, true).states);
        if exact.over.is_empty() && exact.broken.is_empty() {
            let alone = report(&problem, answer(&problem, false).states);
            if alone.over.is_empty() && alone.broken.is_empty() {
                found += 1;
                worst = worst.max(alone.cost as f64 / exact.cost.max(1) as f64);
            } else {
                missed.push((seed, alone.over, alone.broken, exact.states, alone.states));
            }
        }
    }
    println!("{found} found, worst {worst:.3}, missed {missed:#?}");
    assert!(missed.len() * 500 <= found && worst <= 1.2);
}
