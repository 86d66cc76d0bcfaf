//! Made-up questions for the planner: layered warehouses of any size. The same number of parts always gives the same.

use buhin::plan::problem::{
    Block, Budgets, Costs, CtePolicy, Expression, Item, ItemId, Measure, Mention, Problem, Slot, State,
    States,
};

/// A name, what the engine does with CTEs, and its budgets.
type Engine = (&'static str, CtePolicy, &'static [(Measure, u64)]);

/// What engines are like: one that runs a CTE for each reference, one that runs it once.
pub(crate) const ENGINES: [Engine; 2] = [
    (
        "like BigQuery",
        CtePolicy::Reevaluate,
        &[
            (Measure::Nodes, 5_000),
            (Measure::Joins, 40),
            (Measure::Depth, 10),
            (Measure::Ctes, 100),
            (Measure::Unions, 80),
            (Measure::Text, 500_000),
            (Measure::Relations, 500),
            (Measure::Views, 12),
            (Measure::Columns, 5_000),
        ],
    ),
    (
        "like PostgreSQL",
        CtePolicy::Share,
        &[
            (Measure::Nodes, 20_000),
            (Measure::Joins, 32),
            (Measure::Expression, 5_000),
            (Measure::Depth, 100),
            (Measure::Ctes, 150),
            (Measure::Columns, 800),
        ],
    ),
];

/// A warehouse of so many parts, each with the CTEs that its author wrote: about three items a part.
///
/// Three in ten read a source, four in ten join two or three parts, three in ten group what they join. All are left to
/// the planner, but those that nobody reads are tables; one in ten has a test.
pub(crate) fn problem(parts: usize, policy: CtePolicy, budgets: &[(Measure, u64)]) -> Problem {
    // Engines that share CTEs have fences.
    let fences = policy == CtePolicy::Share;
    let mut made = Made { items: Vec::new(), seed: parts as u64, fences };
    let mut layers: [Vec<ItemId>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for part in 0..parts {
        let at = part * 10 / parts;
        let layer = usize::from(at >= 3) + usize::from(at >= 7);
        let inputs = made.inputs(&layers, layer);
        let item = made.part(layer, &inputs);
        layers[layer].push(item);
    }
    let mut read = vec![false; made.items.len()];
    for slot in made.items.iter().flat_map(|item| &item.blocks).flat_map(|block| &block.slots) {
        read[slot.item as usize] = true;
    }
    let all: Vec<ItemId> = layers.concat();
    for part in &all {
        if !read[*part as usize] {
            made.items[*part as usize].allowed = States::of(&[State::Table]);
        }
        if made.next(10) == 0 {
            made.test(*part);
        }
    }
    let mut limits = Budgets::default();
    for (measure, budget) in budgets {
        limits[*measure] = Some(*budget);
    }
    let costs = Costs { fence: 100, view: 60, temp: 300, table: 400, change: 40 };
    Problem { items: made.items, policy, budgets: limits, costs }
}

struct Made {
    items: Vec<Item>,
    seed: u64,
    fences: bool,
}

impl Made {
    /// A number below `below`.
    fn next(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % below
    }

    /// Parts of earlier layers, and at times of the same, mostly near each other.
    fn inputs(&mut self, layers: &[Vec<ItemId>; 3], layer: usize) -> Vec<ItemId> {
        let mut inputs = Vec::new();
        for _ in 0..if layer == 0 { 0 } else { 2 + self.next(2) } {
            let same = self.next(3) == 0 && layers[layer].len() > 3;
            let from = &layers[if same { layer } else { layer - 1 }];
            let count = from.len() as u64;
            let back = if self.next(4) == 0 { self.next(count) } else { self.next(count.min(12)) };
            let place = if same {
                count - 1 - back
            } else {
                // Neighbours in one layer read neighbours in the other.
                (layers[layer].len() as u64 + back) % count
            };
            inputs.push(from[place as usize]);
        }
        inputs.sort_unstable();
        inputs.dedup();
        inputs
    }

    fn part(&mut self, layer: usize, inputs: &[ItemId]) -> ItemId {
        // Each input comes through a CTE of the author's, every second one in the middle layer through one more.
        let mut read = Vec::new();
        for input in inputs {
            read.push(self.query(std::slice::from_ref(input), 12, true));
        }
        if inputs.is_empty() {
            read.push(self.query(&[], 25, true));
        }
        if layer == 1 && self.next(2) == 0 {
            read = vec![self.query(&read, 50, true)];
        }
        let item = self.query(&read, 60, layer < 2);
        let part = &mut self.items[item as usize];
        part.allowed = if self.fences && part.mergeable {
            States::of(&State::ALL)
        } else {
            States::of(&[State::Inline, State::View, State::Temp, State::Table])
        };
        part.rows = [20, 100, 40][layer];
        item
    }

    fn query(&mut self, inputs: &[ItemId], nodes: u64, mergeable: bool) -> ItemId {
        let nodes = nodes + self.next(nodes);
        let outputs = (0..15)
            .map(|at| {
                let computed = self.next(5) == 0;
                let mentions = inputs
                    .iter()
                    .cycle()
                    .skip(at as usize % inputs.len().max(1))
                    .take(if inputs.is_empty() { 0 } else { 1 + usize::from(computed) })
                    .map(|input| Mention { item: *input, output: (at + u32::from(computed)) % 15, times: 1 })
                    .collect();
                Expression { nodes: if computed { 4 } else { 1 }, mentions }
            })
            .collect();
        let slot = |input: &ItemId| Slot { item: *input, times: 1 + u32::from(self.next(20) == 0) };
        let slots = inputs.iter().map(slot).collect();
        let tables = u32::from(inputs.is_empty());
        self.items.push(Item {
            nodes,
            stages: inputs.len().saturating_sub(1) as u64 + u64::from(!mergeable),
            text: nodes * 8,
            columns: 15,
            nesting: 3,
            list: 2,
            depth: 1,
            branches: 1,
            blocks: vec![Block { tables, slots }],
            relations: if tables == 1 { vec![self.items.len() as u32] } else { Vec::new() },
            mergeable,
            outputs,
            is_cte: true,
            allowed: States::of(&[State::Inline]),
            work: nodes,
            ..Item::default()
        });
        self.items.len() as ItemId - 1
    }

    fn test(&mut self, part: ItemId) {
        let test = self.query(&[part], 8, false) as usize;
        self.items[test].is_reader = true;
        self.items[test].is_cte = false;
    }
}
