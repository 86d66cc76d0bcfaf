//! What no plan may do, and what is proposed where authors stand in the way.

use super::super::{Broken, Rule, broken, propose, solve};
use super::{inline, net, reads, table, view};
use crate::plan::problem::{CtePolicy, Item, Measure, Problem, State, States};

use CtePolicy::{Reevaluate, Share};
use State::{Fenced, Inline, Table, Temp, View};

fn fixed(state: State, item: Item) -> Item {
    Item { allowed: States::of(&[state]), ..item }
}

fn once(item: Item) -> Item {
    Item { once: true, ..item }
}

#[track_caller]
fn solved(problem: &Problem) -> Vec<State> {
    let solution = solve(problem);
    assert_eq!((solution.over, solution.broken), (vec![], vec![]));
    solution.states
}

#[test]
fn what_may_run_once_is_inlined_where_it_is_run_once() {
    let dear = |item: Item| Item { rows: 1_000, ..item };
    let read_twice = [once(dear(table(1))), fixed(Table, reads(&[(0, 2)]))];
    assert_eq!(solved(&net(&read_twice, Share)), [Inline, Table]);
    assert_eq!(solved(&net(&read_twice, Reevaluate)), [Temp, Table]);
    let two_readers = [once(dear(table(1))), fixed(Table, reads(&[(0, 1)])), fixed(Table, reads(&[(0, 1)]))];
    assert_eq!(solved(&net(&two_readers, Share)), [Temp, Table, Table]);
}

#[test]
fn what_may_run_once_is_fenced_where_one_statement_reads_it_twice() {
    let dear = |item: Item| Item { allowed: States::of(&[Fenced, Table]), ..once(item) };
    let read_twice = [dear(table(1)), fixed(Table, reads(&[(0, 2)]))];
    let two_readers = [dear(table(1)), fixed(Table, reads(&[(0, 1)])), fixed(Table, reads(&[(0, 1)]))];
    for policy in [Reevaluate, Share] {
        assert_eq!(solved(&net(&read_twice, policy)), [Fenced, Table]);
        assert_eq!(solved(&net(&two_readers, policy)), [Table, Table, Table]);
    }
}

#[test]
fn a_fence_is_taken_where_it_suffices_and_costs_less() {
    let merged = |item: Item| Item { mergeable: true, allowed: States::of(&State::ALL), ..item };
    let items = [merged(table(4)), merged(table(4)), fixed(Table, reads(&[(0, 1), (1, 1)]))];
    for policy in [Reevaluate, Share] {
        let mut problem = net(&items, policy);
        assert_eq!(solved(&problem), [Inline, Inline, Table]);
        problem.budgets[Measure::Joins] = Some(5);
        let states = solved(&problem);
        assert_eq!(states.iter().filter(|state| **state == Fenced).count(), 1, "{states:?}");
        // It is still a CTE: where there may be none, it has to be stored.
        problem.budgets[Measure::Ctes] = Some(0);
        let states = solved(&problem);
        assert!(!states.contains(&Fenced) && states.contains(&Temp), "{states:?}");
    }
}

#[test]
fn what_may_run_once_beneath_a_view_read_twice_runs_twice() {
    let items = [once(inline(table(1))), view(reads(&[(0, 1)])), fixed(Table, reads(&[(1, 2)]))];
    let problem = net(&items, Share);
    let solution = solve(&problem);
    assert_eq!(solution.broken, [Broken { item: 0, rule: Rule::Once(2) }]);
    // With a choice, what stands between them is stored.
    let mut free = problem;
    free.items[1].allowed = States::of(&[View, Table]);
    assert_eq!(solved(&free), [Inline, Table, Table]);
}

#[test]
fn a_persistent_view_never_reads_a_temporary_table() {
    let lasting = |item: Item| Item { persistent: true, ..view(item) };
    let items = [Item { work: 10_000, ..table(1) }, reads(&[(0, 2)]), lasting(reads(&[(1, 2), (0, 1)]))];
    for policy in [Reevaluate, Share] {
        let problem = net(&items, policy);
        for states in [[Temp, Inline, View], [Temp, View, View], [Inline, Temp, View]] {
            assert_eq!(broken(&problem, &states), [Broken { item: 2, rule: Rule::TempBeneathView }]);
        }
        assert_eq!(broken(&problem, &[Temp, Table, View])[0].item, 2);
        assert_eq!(broken(&problem, &[Table, Inline, View]), []);
        if policy == Reevaluate {
            assert_eq!(solved(&problem)[0], Table);
        }
    }
}

#[test]
fn a_state_that_is_not_allowed_is_told() {
    let problem = net(&[view(table(1))], Share);
    assert_eq!(broken(&problem, &[Table]), [Broken { item: 0, rule: Rule::Allowed(Table) }]);
}

#[test]
fn storing_is_not_always_the_way_to_fewer_relations() {
    // Three small lists of constants: stored, they are three relations; inlined, none.
    let items = [table(0), table(0), table(0), fixed(Table, reads(&[(0, 1), (1, 1), (2, 1)]))];
    let mut problem = net(&items, Share);
    problem.budgets[Measure::Relations] = Some(1);
    problem.budgets[Measure::Ctes] = Some(2);
    let states = solved(&problem);
    // One is out of WITH, the others out of the relations.
    assert_eq!(states.iter().filter(|state| **state == Inline).count(), 2);
}

#[test]
fn an_item_that_is_too_large_alone_is_told_with_its_measure() {
    let mut problem = net(&[Item { nodes: 500, ..fixed(Table, table(3)) }], Reevaluate);
    problem.budgets[Measure::Nodes] = Some(100);
    let solution = solve(&problem);
    let [over] = solution.over[..] else { panic!("{:?}", solution.over) };
    assert_eq!((over.root, over.measure, over.value, over.budget), (0, Measure::Nodes, 503, 100));
    assert_eq!(propose(&problem, &[States::default()], &solution.states), []);
}

#[test]
fn the_fewest_changes_of_what_authors_fixed_are_proposed() {
    // Two wide views that an author fixed beneath two statements; a table of either of the lower would do for one
    // statement each, a table of the upper for both.
    let wide = |item: Item| Item { nodes: 60, ..view(item) };
    let items = [
        wide(table(1)),
        wide(table(1)),
        wide(reads(&[(0, 1), (1, 1)])),
        Item { nodes: 30, ..fixed(Table, reads(&[(2, 1)])) },
        Item { nodes: 30, ..fixed(Table, reads(&[(2, 1)])) },
    ];
    let mut problem = net(&items, Reevaluate);
    problem.budgets[Measure::Nodes] = Some(190);
    let solution = solve(&problem);
    assert_eq!(solution.over.iter().map(|over| over.root).collect::<Vec<_>>(), [3, 4]);
    let could = vec![States::of(&[View, Table]); 5];
    assert_eq!(propose(&problem, &could, &solution.states).len(), 1);
    // Where the upper one can't be changed, one of the lower ones is enough too: 30 + 60 + 61 + 1.
    let mut kept = could;
    kept[2] = States::of(&[View]);
    let proposed = propose(&problem, &kept, &solution.states);
    assert_eq!(proposed.len(), 1);
    assert!(proposed[0].0 < 2 && proposed[0].1 == Table);
}
