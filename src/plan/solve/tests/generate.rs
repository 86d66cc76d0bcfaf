//! Random problems, the same for the same seed.

use super::super::Evaluator;
use crate::plan::problem::{
    Block, Budgets, Costs, CtePolicy, Expression, Item, ItemId, Measure, Mention, Problem, Slot, State,
    States,
};

/// A small generator of numbers (splitmix64).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least `low`, at most `high`.
    pub(super) fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True so many times in a hundred.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.within(1, 100) <= percent
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.within(0, of.len() as u64 - 1) as usize]
    }
}

/// What a random problem is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) free: u64,
    pub(super) policy: CtePolicy,
    /// How far budgets are above what the largest item has alone: 0 as tight as can be, 100 all fits inlined.
    pub(super) slack: u64,
    /// Items that may be run only once, percent.
    pub(super) once: u64,
    /// States that free items are chosen from.
    pub(super) choices: u64,
}

/// A problem of this shape.
pub(super) fn problem(random: &mut Random, shape: Shape) -> Problem {
    let mut items: Vec<Item> = Vec::new();
    let mut free = 0;
    let locality = random.pick(&[3, 5, 100]);
    while free < shape.free {
        let fixed = random.percent(25);
        free += u64::from(!fixed);
        let item = item(random, shape, &items, fixed, locality);
        items.push(item);
    }
    let mut read = vec![false; items.len()];
    for item in &items {
        for slot in item.blocks.iter().flat_map(|block| &block.slots) {
            read[slot.item as usize] = true;
        }
    }
    // Statements that someone reads from outside, over what is still unread and a little else.
    let unread: Vec<ItemId> = (0..items.len() as ItemId).filter(|at| !read[*at as usize]).collect();
    let count = items.len() as u64;
    for mut inputs in unread.chunks(2).map(<[ItemId]>::to_vec).collect::<Vec<_>>() {
        if random.percent(40) {
            inputs.push(random.within(0, count - 1) as ItemId);
        }
        inputs.dedup();
        let mut root = query(random, &items, &inputs);
        root.once = false;
        match random.within(0, 2) {
            0 => root.allowed = States::of(&[State::Table]),
            1 => {
                root.allowed = States::of(&[State::View]);
                root.persistent = true;
            }
            _ => {
                root.allowed = States::of(&[State::Inline]);
                root.is_reader = true;
            }
        }
        items.push(root);
    }
    let costs = Costs {
        fence: random.within(1, 150),
        view: random.within(5, 60),
        temp: random.within(20, 400),
        table: random.within(50, 600),
        change: 0,
    };
    let mut problem = Problem { items, policy: shape.policy, budgets: Budgets::default(), costs };
    problem.budgets = budgets(random, &problem, shape.slack);
    problem
}

fn item(random: &mut Random, shape: Shape, items: &[Item], fixed: bool, locality: u64) -> Item {
    let count = items.len() as u64;
    let mut inputs: Vec<ItemId> = Vec::new();
    if count > 0 {
        for _ in 0..random.pick(&[0, 1, 1, 1, 2, 2, 3]) {
            let back = random.within(1, locality.min(count));
            inputs.push((count - back) as ItemId);
        }
    }
    inputs.sort_unstable();
    inputs.dedup();
    let mut item = query(random, items, &inputs);
    item.once = random.percent(shape.once);
    item.allowed = if fixed {
        States::of(&[random.pick(&[
            State::Inline,
            State::Inline,
            State::Inline,
            State::Inline,
            State::Table,
            State::View,
        ])])
    } else {
        match random.within(1, shape.choices) {
            1 | 2 => States::of(&[State::Inline, random.pick(&[State::Fenced, State::Temp, State::Table])]),
            3 => States::of(&[State::Inline, State::Fenced, State::View, State::Temp]),
            4 => States::of(&[State::View, State::Table]),
            5 => States::of(&[State::Fenced, State::Table]),
            _ => States::of(&State::ALL),
        }
    };
    item.persistent = item.allowed.has(State::View) && random.percent(30);
    item
}

fn query(random: &mut Random, items: &[Item], inputs: &[ItemId]) -> Item {
    let nodes = random.within(4, 60);
    let mut blocks = vec![Block::default()];
    if random.percent(15) {
        blocks.resize(random.within(2, 4) as usize, Block::default());
    }
    let tables = if inputs.is_empty() { random.within(0, 2) } else { u64::from(random.percent(30)) };
    let relations: Vec<u32> = (0..tables).map(|_| random.within(0, 8) as u32).collect();
    blocks[0].tables = tables as u32;
    for input in inputs {
        let times = random.pick(&[1, 1, 1, 1, 2, 3]);
        let last = blocks.len() as u64 - 1;
        blocks[random.within(0, last) as usize].slots.push(Slot { item: *input, times });
    }
    let outputs = (0..random.within(1, 4)).map(|_| expression(random, items, inputs)).collect();
    Item {
        nodes,
        stages: random.within(0, 3),
        text: nodes * 7,
        columns: random.within(1, 20),
        nesting: random.within(0, 5),
        list: random.within(0, 9),
        depth: random.within(1, 2),
        branches: blocks.len() as u64,
        is_cte: true,
        blocks,
        relations,
        mergeable: random.percent(60),
        outputs,
        filter: expression(random, items, inputs),
        allowed: States::of(&[State::Inline]),
        work: nodes * random.pick(&[1, 1, 2, 5]),
        rows: random.pick(&[0, 0, 10, 100, 500]),
        ..Item::default()
    }
}

fn expression(random: &mut Random, items: &[Item], inputs: &[ItemId]) -> Expression {
    let mentions = (0..random.within(0, 2))
        .filter(|_| !inputs.is_empty())
        .collect::<Vec<_>>()
        .into_iter()
        .map(|_| {
            let item = random.pick(inputs);
            let outputs = items[item as usize].outputs.len() as u64;
            let (output, times) = (random.within(0, outputs) as u32, random.pick(&[1, 1, 2]));
            Mention { item, output, times }
        })
        .collect();
    Expression { nodes: random.within(1, 4) as u32, mentions }
}

/// Between what is there when all is stored and when all is inlined.
fn budgets(random: &mut Random, problem: &Problem, slack: u64) -> Budgets {
    let all = |first: fn(States) -> Option<State>| -> Vec<State> {
        problem.items.iter().map(|item| first(item.allowed).unwrap_or(State::Inline)).collect()
    };
    let most = |states: &[State], measure: Measure| {
        let loads = Evaluator::new(problem).loads(states);
        loads.iter().flatten().map(|load| load[measure]).max().unwrap_or(0)
    };
    let inlined = all(|allowed| allowed.iter().next());
    let stored = all(|allowed| allowed.iter().last());
    let mut budgets = Budgets::default();
    for measure in Measure::ALL {
        if random.percent(35) {
            let (low, high) = (most(&stored, measure).max(1), most(&inlined, measure));
            // Shares of the way from one to the other, on a scale where doubling is a step.
            let steps = high.max(low).ilog2() - low.ilog2();
            let share = i64::from(steps) * (slack + random.within(0, 20)).cast_signed() - i64::from(steps);
            let (whole, rest) = (share.div_euclid(100), share.rem_euclid(100) as u128);
            let doubled = if whole < 0 { low / 2 } else { low << whole };
            budgets[measure] = Some((doubled + doubled * rest / 100) as u64);
        }
    }
    budgets
}
