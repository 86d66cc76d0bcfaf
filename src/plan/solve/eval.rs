//! Measures of one statement: a walk over what is inlined into it, never an expansion.

use super::super::problem::{Budgets, CtePolicy, ItemId, Measure, State};
use super::count::Count;
use super::net::{Net, UNKNOWN};

/// Bytes that a CTE adds to its text: its name, `as (`, `)`, commas and newlines.
const CTE_BYTES: u64 = 20;

/// Costs stop growing here, so that sums of a million of them can't overflow.
pub(super) const COST_CAP: u128 = 1 << 90;

/// What is known of an item once it has been seen: within one statement if it is inline, for good if it is a view.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen<N> {
    pub(super) load: [N; Measure::ALL.len()],
    /// Its largest block, merged: what it puts into the block of a reader that merges it.
    pub(super) block: N,
    /// What running it once costs, with all that runs with it.
    pub(super) cost: u128,
    /// How many temporary tables are read, through views too; each as often as it is read.
    pub(super) temps: u32,
}

/// Scratch space for walks; one for each search.
#[allow(clippy::struct_excessive_bools, reason = "each says on its own whether something is measured")]
pub(super) struct Eval<N> {
    pub(super) seen: Vec<Seen<N>>,
    /// The largest form of each expression, by its place among all.
    sizes: Vec<N>,
    /// Which walk last met the item as a member of the statement.
    mark: Vec<u32>,
    /// How often the statement's text names a member.
    reads: Vec<u32>,
    /// True for a member that is a subquery of the root's own text, not of its WITH clause.
    body: Vec<bool>,
    /// Which walk last met it beneath the statement, through views.
    deep: Vec<u32>,
    relation_mark: Vec<u32>,
    stamp: u32,
    /// The statement's inlined items and, last, its root.
    pub(super) members: Vec<ItemId>,
    stack: Vec<ItemId>,
    share: bool,
    blocks: bool,
    expressions: bool,
    relations: bool,
    /// Steps taken so far, the currency in which searching is paid.
    pub(super) steps: u64,
}

impl<N: Count> Eval<N> {
    /// For all measures.
    pub(super) fn new(net: &Net, policy: CtePolicy) -> Self {
        let count = net.len();
        Self {
            seen: vec![Seen::default(); count],
            sizes: vec![N::ONE; net.expressions.len()],
            mark: vec![0; count],
            reads: vec![0; count],
            body: vec![false; count],
            deep: vec![0; count],
            relation_mark: vec![0; net.relation_count],
            stamp: 0,
            members: Vec::new(),
            stack: Vec::new(),
            share: policy == CtePolicy::Share,
            blocks: true,
            expressions: true,
            relations: true,
            steps: 0,
        }
    }

    /// For the measures that have a budget only; others may be anything.
    pub(super) fn limited(net: &Net, policy: CtePolicy, budgets: &Budgets) -> Self {
        Self {
            blocks: budgets[Measure::Joins].is_some(),
            expressions: budgets[Measure::Expression].is_some(),
            relations: budgets[Measure::Relations].is_some(),
            ..Self::new(net, policy)
        }
    }

    /// The item's position once views that it reads have been seen.
    pub(super) fn statement(&mut self, net: &Net, states: &[State], root: ItemId) -> &Seen<N> {
        self.collect(net, states, root);
        let members = std::mem::take(&mut self.members);
        let mut total = Seen::<N>::default();
        let (mut copied, mut body) = (N::default(), N::default());
        let mut ctes = 0;
        for member in &members {
            let item = *member;
            let head = &net.heads[item as usize];
            let mut own = Seen::<N>::default();
            let load = &mut own.load;
            let mut nodes = N::of(head.nodes).plus(N::of(head.tables));
            let mut stages = N::of(head.stages);
            let mut cost = u128::from(head.work);
            let mut depth = N::default();
            load[Measure::Unions as usize] = N::of(head.branches);
            load[Measure::Columns as usize] = N::of(head.columns);
            load[Measure::Nesting as usize] = N::of(head.nesting);
            load[Measure::List as usize] = N::of(head.list);
            let inputs = net.inputs.of(item);
            self.steps += 4 + 2 * inputs.len() as u64;
            for edge in inputs {
                let times = u64::from(edge.times);
                match states[edge.item as usize] {
                    State::Inline | State::Fenced if self.share => {
                        let input = &self.seen[edge.item as usize];
                        nodes = nodes.plus(N::of(times));
                        depth = depth.max(input.load[Measure::Depth as usize]);
                    }
                    state @ (State::Inline | State::Fenced | State::View) => {
                        let input = &self.seen[edge.item as usize];
                        nodes = nodes.plus(input.load[Measure::Nodes as usize].max(N::ONE).times(times));
                        stages = stages.plus(input.load[Measure::Stages as usize].times(times));
                        // What is behind a fence is run once, for the whole statement.
                        if state != State::Fenced {
                            let runs = input.cost.saturating_mul(u128::from(times));
                            cost = cost.saturating_add(runs).min(COST_CAP);
                        }
                        depth = depth.max(input.load[Measure::Depth as usize]);
                        if state == State::View {
                            // Members count for themselves.
                            own.temps = own.temps.saturating_add(input.temps);
                            for measure in MAXIMA {
                                own.load[measure as usize] =
                                    own.load[measure as usize].max(input.load[measure as usize]);
                            }
                        }
                    }
                    state @ (State::Temp | State::Table) => {
                        nodes = nodes.plus(N::of(times));
                        own.temps = own.temps.saturating_add(u32::from(state == State::Temp));
                    }
                }
            }
            own.cost = cost.min(COST_CAP);
            own.load[Measure::Nodes as usize] = nodes;
            own.load[Measure::Stages as usize] = stages;
            own.load[Measure::Depth as usize] = N::of(head.depth).plus(depth);
            if self.blocks {
                own.block = self.block(net, states, item);
                let joins = Measure::Joins as usize;
                own.load[joins] = own.load[joins].max(own.block);
            }
            if self.expressions {
                let size = Measure::Expression as usize;
                own.load[size] = own.load[size].max(self.expressions(net, states, item));
            }
            // What is summed or maximized over the statement, not along its branches.
            total.temps = total.temps.saturating_add(own.temps);
            for measure in MAXIMA {
                total.load[measure as usize] = total.load[measure as usize].max(own.load[measure as usize]);
            }
            if self.share || item == root || states[item as usize] == State::Fenced {
                total.cost = total.cost.saturating_add(own.cost).min(COST_CAP);
            }
            if self.share {
                for measure in [Measure::Nodes, Measure::Stages] {
                    total.load[measure as usize] =
                        total.load[measure as usize].plus(own.load[measure as usize]);
                }
            }
            let text = Measure::Text as usize;
            total.load[text] = total.load[text].plus(N::of(head.text));
            let nodes = if self.body[item as usize] { &mut body } else { &mut copied };
            *nodes = nodes.plus(N::of(head.nodes));
            if item == root {
                total.block = own.block;
                total.load[Measure::Depth as usize] = own.load[Measure::Depth as usize];
                if !self.share {
                    for measure in [Measure::Nodes, Measure::Stages] {
                        total.load[measure as usize] = own.load[measure as usize];
                    }
                }
                total.load[Measure::Copies as usize] = copied.times(head.branches).plus(body);
            } else {
                if head.cte {
                    ctes += 1;
                    total.load[text] = total.load[text].plus(N::of(CTE_BYTES));
                }
                self.seen[item as usize] = own;
            }
        }
        total.load[Measure::Ctes as usize] = N::of(ctes);
        if states[root as usize] == State::View {
            let views = Measure::Views as usize;
            total.load[views] = total.load[views].plus(N::ONE);
        }
        if self.relations {
            total.load[Measure::Relations as usize] = N::of(self.relations(net, states, &members));
        }
        self.members = members;
        self.seen[root as usize] = total;
        &self.seen[root as usize]
    }

    /// Finds the statement's members, in order, and how often each is named.
    fn collect(&mut self, net: &Net, states: &[State], root: ItemId) {
        if self.stamp == u32::MAX {
            self.mark.fill(0);
            self.deep.fill(0);
            self.relation_mark.fill(0);
            self.stamp = 0;
        }
        self.stamp += 1;
        self.members.clear();
        self.members.push(root);
        self.mark[root as usize] = self.stamp;
        self.reads[root as usize] = 0;
        self.body[root as usize] = true;
        let mut at = 0;
        while at < self.members.len() {
            let item = self.members[at];
            at += 1;
            for edge in net.inputs.of(item) {
                let input = edge.item as usize;
                if states[input].is_inline() {
                    if self.mark[input] != self.stamp {
                        self.mark[input] = self.stamp;
                        self.reads[input] = 0;
                        self.body[input] = self.body[item as usize] && !net.heads[input].cte;
                        self.members.push(edge.item);
                    }
                    self.reads[input] = self.reads[input].saturating_add(edge.times);
                }
            }
        }
        self.members.sort_unstable();
    }

    /// True if the engine merges the item into its reader in this statement.
    fn is_merged(&self, net: &Net, states: &[State], item: ItemId) -> bool {
        net.heads[item as usize].mergeable
            && match states[item as usize] {
                State::Inline => {
                    self.mark[item as usize] == self.stamp && !(self.share && self.reads[item as usize] > 1)
                }
                State::View => true,
                State::Fenced | State::Temp | State::Table => false,
            }
    }

    fn block(&mut self, net: &Net, states: &[State], item: ItemId) -> N {
        let mut largest = N::default();
        for block in net.blocks.range(item) {
            let joined = net.joined.of(block);
            self.steps += joined.len() as u64;
            let mut tables = N::of(net.blocks.at(block));
            for edge in joined {
                let times = u64::from(edge.times);
                tables = tables.plus(if self.is_merged(net, states, edge.item) {
                    self.seen[edge.item as usize].block.max(N::ONE).times(times)
                } else {
                    N::of(times)
                });
            }
            largest = largest.max(tables);
        }
        largest
    }

    /// Sizes of all expressions of an item; the largest.
    fn expressions(&mut self, net: &Net, states: &[State], item: ItemId) -> N {
        let mut largest = N::default();
        for expression in net.expressions.range(item) {
            let mentions = net.mentions.of(expression);
            self.steps += 1 + mentions.len() as u64;
            let mut size = N::of(u64::from(net.expressions.at(expression)));
            for mention in mentions {
                let times = u64::from(mention.times);
                let known = mention.expression != UNKNOWN && self.is_merged(net, states, mention.item);
                size = size.plus(if known {
                    self.sizes[mention.expression as usize].max(N::ONE).times(times)
                } else {
                    N::of(times)
                });
            }
            self.sizes[expression as usize] = size;
            largest = largest.max(size);
        }
        largest
    }

    /// Distinct tables of a statement, through views.
    fn relations(&mut self, net: &Net, states: &[State], members: &[ItemId]) -> u64 {
        let mut count = 0;
        for member in members {
            count += self.relations_of(net, states, *member);
        }
        while let Some(item) = self.stack.pop() {
            count += self.relations_of(net, states, item);
        }
        count
    }

    fn relations_of(&mut self, net: &Net, states: &[State], item: ItemId) -> u64 {
        let mut count = 0;
        for relation in net.relations.of(item) {
            let mark = &mut self.relation_mark[*relation as usize];
            count += u64::from(*mark != self.stamp);
            *mark = self.stamp;
        }
        let inputs = net.inputs.of(item);
        self.steps += inputs.len() as u64;
        for edge in inputs {
            let state = states[edge.item as usize];
            let deep = &mut self.deep[edge.item as usize];
            if *deep == self.stamp || (state.is_inline() && self.mark[edge.item as usize] == self.stamp) {
                continue;
            }
            *deep = self.stamp;
            if state.is_stored() {
                count += 1;
            } else {
                self.stack.push(edge.item);
            }
        }
        count
    }
}

/// Measures of which the largest counts, through views.
const MAXIMA: [Measure; 7] = [
    Measure::Joins,
    Measure::Expression,
    Measure::Unions,
    Measure::Views,
    Measure::Columns,
    Measure::Nesting,
    Measure::List,
];
