//! Each measure, by hand.

use super::super::{cost, evaluations, load};
use super::{inline, net, reads, table, view};
use crate::plan::problem::{Block, CtePolicy, Expression, Item, Measure, Mention, Problem, Slot, State};

use CtePolicy::{Reevaluate, Share};
use State::{Fenced, Inline, Table, Temp, View};

/// The measure of the last item's statement, by policy: run for each reference, run once.
#[track_caller]
fn check(items: &[Item], states: &[State], measure: Measure, reevaluated: u128, shared: u128) {
    let root = items.len() as u32 - 1;
    for (policy, expected) in [(Reevaluate, reevaluated), (Share, shared)] {
        let problem = net(items, policy);
        assert_eq!(load(&problem, states, root)[measure], expected, "{measure:?}, {policy:?}");
    }
}

/// A ladder: each rung reads the one below twice.
fn ladder(rungs: u32) -> Vec<Item> {
    (0..=rungs)
        .map(|rung| match rung {
            0 => Item { nodes: 10, ..table(1) },
            _ => Item { nodes: 10, ..reads(&[(rung - 1, 2)]) },
        })
        .collect()
}

#[test]
fn nodes_of_a_cte_count_for_each_reference_or_once() {
    let items = [Item { nodes: 10, ..table(1) }, Item { nodes: 5, ..reads(&[(0, 3)]) }];
    // 5 + 3 × (10 and its table); or 5, three scans, and 10 and its table.
    check(&items, &[Inline, View], Measure::Nodes, 38, 19);
    // A view is never shared.
    check(&items, &[View, View], Measure::Nodes, 38, 38);
    // A table is a scan for each reference.
    check(&items, &[Table, View], Measure::Nodes, 8, 8);
    check(&items, &[Temp, View], Measure::Nodes, 8, 8);
}

#[test]
fn nothing_is_merged_through_a_fence_and_it_is_run_once() {
    let merged = |item: Item| Item { mergeable: true, ..item };
    let joined = [merged(table(4)), merged(reads(&[(0, 1)])), reads(&[(1, 1)])];
    check(&joined, &[Inline, Inline, View], Measure::Joins, 4, 4);
    check(&joined, &[Fenced, Inline, View], Measure::Joins, 4, 4);
    let joined = [merged(table(4)), merged(table(3)), reads(&[(0, 1), (1, 1)])];
    check(&joined, &[Inline, Inline, View], Measure::Joins, 7, 7);
    check(&joined, &[Fenced, Inline, View], Measure::Joins, 4, 4);
    let doubled =
        |input| Expression { nodes: 1, mentions: vec![Mention { item: input, output: 0, times: 2 }] };
    let one = Item { outputs: vec![Expression { nodes: 5, mentions: vec![] }], ..merged(table(1)) };
    let two = Item { outputs: vec![doubled(0)], ..merged(reads(&[(0, 1)])) };
    let three = Item { outputs: vec![doubled(1)], ..reads(&[(1, 1)]) };
    let grown = [one, two, three];
    check(&grown, &[Inline, Inline, View], Measure::Expression, 23, 23);
    check(&grown, &[Inline, Fenced, View], Measure::Expression, 11, 11);
    check(&grown, &[Fenced, Fenced, View], Measure::Expression, 5, 5);
    // Its nodes are still there, by the engine's policy, and it is a CTE.
    let read = [Item { nodes: 10, ..table(1) }, Item { nodes: 5, ..reads(&[(0, 3)]) }];
    check(&read, &[Fenced, View], Measure::Nodes, 38, 19);
    check(&read, &[Fenced, View], Measure::Ctes, 1, 1);
    for policy in [Reevaluate, Share] {
        let problem = net(&read, policy);
        assert_eq!(evaluations(&problem, &[Fenced, Table]), [1, 1]);
        // A fence costs 20, a table 80, and a unit of work for each run.
        assert_eq!(cost(&problem, &[Fenced, Table]), 20 + 80 + 2);
        // Two statements run it each once; what it reads, as often as it is run.
        let items =
            [table(1), reads(&[(0, 2)]), reads(&[(1, 2)]), reads(&[(2, 1), (1, 3)]), reads(&[(1, 1)])];
        let problem = net(&items, policy);
        let inner = if policy == Reevaluate { 4 } else { 2 };
        assert_eq!(evaluations(&problem, &[Inline, Fenced, Inline, Table, Table]), [inner, 2, 1, 1, 1]);
    }
}

#[test]
fn a_ladder_of_two_hundred_rungs_is_measured_without_expanding_it() {
    let items = ladder(200);
    let root = items.len() as u32 - 1;
    let states = vec![Inline; items.len()];
    assert_eq!(load(&net(&items, Reevaluate), &states, root)[Measure::Nodes], u128::MAX);
    assert_eq!(load(&net(&items, Share), &states, root)[Measure::Nodes], 201 * 10 + 200 * 2 + 1);
    let items = ladder(100);
    let states = vec![Inline; items.len()];
    // 10 × (2^101 − 1), and 2^100 scans of the table.
    let expanded = 10 * ((1u128 << 101) - 1) + (1 << 100);
    assert_eq!(load(&net(&items, Reevaluate), &states, 100)[Measure::Nodes], expanded);
    // Views: 2^101 − 1 runs, and 101 objects.
    assert_eq!(cost(&net(&items, Reevaluate), &[View; 101]), (1 << 101) - 1 + 101 * 5);
}

#[test]
fn stages_count_like_nodes_and_stored_items_have_none() {
    let items = [Item { stages: 2, ..table(1) }, Item { stages: 1, ..reads(&[(0, 2)]) }];
    check(&items, &[Inline, View], Measure::Stages, 5, 3);
    check(&items, &[Table, View], Measure::Stages, 1, 1);
}

#[test]
fn a_mergeable_item_brings_its_joins_into_its_reader() {
    let wide = Item { mergeable: true, ..table(4) };
    let items = [wide.clone(), reads(&[(0, 2)])];
    // Read twice it stays apart where it is shared: its own four tables are the largest block.
    check(&items, &[Inline, View], Measure::Joins, 8, 4);
    check(&items, &[View, View], Measure::Joins, 8, 8);
    check(&items, &[Table, View], Measure::Joins, 2, 2);
    // Read once it is merged whatever the policy.
    check(&[wide.clone(), reads(&[(0, 1)])], &[Inline, View], Measure::Joins, 4, 4);
    // A group keeps its block to itself.
    let grouped = Item { mergeable: false, ..wide };
    check(&[grouped, reads(&[(0, 2)])], &[Inline, View], Measure::Joins, 4, 4);
}

#[test]
fn branches_are_blocks_of_their_own() {
    let mut union = reads(&[(0, 1)]);
    union.blocks.push(Block { tables: 1, slots: vec![Slot { item: 0, times: 1 }] });
    union.branches = 2;
    let items = [Item { mergeable: true, ..table(3) }, union];
    check(&items, &[Inline, View], Measure::Joins, 4, 3);
    check(&items, &[Inline, View], Measure::Unions, 2, 2);
}

#[test]
fn an_item_without_tables_takes_a_place_in_a_join() {
    let items = [Item { mergeable: true, ..table(0) }, reads(&[(0, 3)])];
    check(&items, &[Inline, View], Measure::Joins, 3, 3);
}

#[test]
fn mentions_multiply_what_is_merged() {
    let output = |nodes, mentions: &[(u32, u32)]| Expression {
        nodes,
        mentions: mentions
            .iter()
            .map(|(item, times)| Mention { item: *item, output: 0, times: *times })
            .collect(),
    };
    let chain: Vec<Item> = (0..3)
        .map(|at| match at {
            0 => Item { mergeable: true, outputs: vec![output(5, &[])], ..table(1) },
            _ => Item { mergeable: true, outputs: vec![output(1, &[(at - 1, 2)])], ..reads(&[(at - 1, 1)]) },
        })
        .collect();
    // 1 + 2 × (1 + 2 × 5).
    check(&chain, &[Inline, Inline, View], Measure::Expression, 23, 23);
    check(&chain, &[Inline, Table, View], Measure::Expression, 3, 3);
    // Read twice, a shared item is not merged: 1 + 2 × 1 over it, 1 + 2 × 5 beneath.
    let mut twice = chain.clone();
    twice[2].blocks[0].slots[0].times = 2;
    check(&twice, &[Inline, Inline, View], Measure::Expression, 23, 11);
    // A filter counts like an output; an output that isn't known counts one.
    let mut filtered = chain;
    filtered[2].outputs = vec![];
    filtered[2].filter = Expression { nodes: 1, mentions: vec![Mention { item: 1, output: 7, times: 9 }] };
    check(&filtered, &[Inline, Table, View], Measure::Expression, 10, 10);
}

#[test]
fn depth_adds_up_through_what_is_not_stored() {
    let items = [Item { depth: 2, ..table(1) }, reads(&[(0, 1)]), reads(&[(0, 1), (1, 1)])];
    check(&items, &[Inline, Inline, View], Measure::Depth, 4, 4);
    check(&items, &[Inline, View, View], Measure::Depth, 4, 4);
    check(&items, &[Table, Inline, View], Measure::Depth, 2, 2);
}

#[test]
fn ctes_are_distinct_and_a_views_are_its_own() {
    let mut items = vec![table(1), reads(&[(0, 2)]), reads(&[(0, 1), (1, 2)])];
    check(&items, &[Inline, Inline, View], Measure::Ctes, 2, 2);
    check(&items, &[Inline, View, View], Measure::Ctes, 1, 1);
    // A subquery is no CTE.
    items[0].is_cte = false;
    check(&items, &[Inline, Inline, View], Measure::Ctes, 1, 1);
}

#[test]
fn text_counts_each_cte_once() {
    let items = [
        Item { text: 100, ..table(1) },
        Item { text: 10, ..reads(&[(0, 2)]) },
        Item { text: 1, ..reads(&[(0, 1), (1, 2)]) },
    ];
    check(&items, &[Inline, Inline, View], Measure::Text, 151, 151);
    check(&items, &[Inline, View, View], Measure::Text, 121, 121);
}

#[test]
fn with_is_copied_into_each_branch() {
    let mut union = Item { nodes: 7, ..reads(&[(0, 1)]) };
    let cte = Item { nodes: 100, ..table(1) };
    check(&[cte.clone(), union.clone()], &[Inline, View], Measure::Copies, 107, 107);
    union.branches = 5;
    check(&[cte.clone(), union.clone()], &[Inline, View], Measure::Copies, 507, 507);
    check(&[cte.clone(), union.clone()], &[View, View], Measure::Copies, 7, 7);
    // A subquery of the statement's own text stands there once.
    let subquery = Item { is_cte: false, ..cte };
    check(&[subquery, union], &[Inline, View], Measure::Copies, 107, 107);
}

#[test]
fn relations_are_distinct_and_seen_through_views() {
    let source = Item { relations: vec![3, 4], ..table(2) };
    let items = [source.clone(), source, reads(&[(0, 1), (1, 1)]), reads(&[(2, 1), (1, 1)])];
    let inlined = [Inline, Inline, Inline, View];
    check(&items, &inlined, Measure::Relations, 2, 2);
    check(&items, &[Inline, Inline, View, View], Measure::Relations, 2, 2);
    // Stored items are relations too.
    check(&items, &[Table, Inline, View, View], Measure::Relations, 3, 3);
    check(&items, &[Table, Temp, View, View], Measure::Relations, 2, 2);
}

#[test]
fn views_upon_views_are_counted() {
    let items = [table(1), reads(&[(0, 1)]), reads(&[(1, 1)]), reads(&[(2, 1), (0, 1)])];
    check(&items, &[View, View, View, View], Measure::Views, 4, 4);
    check(&items, &[View, Inline, View, Table], Measure::Views, 2, 2);
    check(&items, &[View, Table, View, View], Measure::Views, 2, 2);
}

#[test]
fn the_widest_query_counts_wherever_it_stands() {
    let wide = Item { columns: 900, nesting: 8, list: 70, ..table(1) };
    let items = [wide, reads(&[(0, 1)])];
    for (measure, value) in [(Measure::Columns, 900), (Measure::Nesting, 8), (Measure::List, 70)] {
        check(&items, &[Inline, View], measure, value, value);
        check(&items, &[Table, View], measure, 0, 0);
    }
}

#[test]
fn runs_are_counted_by_policy() {
    // A source read twice by `middle`, which two statements read, one of them twice.
    let items =
        [inline(table(1)), inline(reads(&[(0, 2)])), view(reads(&[(1, 2)])), view(reads(&[(1, 1), (0, 1)]))];
    let runs = |policy, states: &[State]| evaluations(&net(&items, policy), states);

    assert_eq!(runs(Reevaluate, &[Inline, Inline, Table, Table]), [7, 3, 1, 1]);
    assert_eq!(runs(Share, &[Inline, Inline, Table, Table]), [2, 2, 1, 1]);
    // Views are run for each reference, what they inline once in each run.
    assert_eq!(runs(Share, &[Inline, View, Table, Table]), [4, 3, 1, 1]);
    assert_eq!(runs(Share, &[View, View, Table, Table]), [7, 3, 1, 1]);
    // Views that nobody reads are run once.
    assert_eq!(runs(Reevaluate, &[Table, Table, View, View]), [1, 1, 1, 1]);
}

#[test]
fn a_plan_costs_objects_rows_runs_and_changes() {
    let items = [
        Item { work: 100, rows: 7, previous: Some(View), ..inline(table(1)) },
        Item { work: 10, ..view(reads(&[(0, 2)])) },
    ];
    let problem: Problem = net(&items, Reevaluate);
    assert_eq!(cost(&problem, &[Inline, View]), 2 * 100 + 10 + 5 + 1);
    assert_eq!(cost(&problem, &[View, View]), 2 * 100 + 10 + 5 + 5);
    assert_eq!(cost(&problem, &[Temp, View]), 100 + 10 + 50 + 7 + 5 + 1);
    assert_eq!(cost(&problem, &[Table, Table]), 100 + 10 + 2 * 80 + 7 + 1);
}
