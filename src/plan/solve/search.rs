//! A plan that can be changed a decision at a time, and knows at each moment what it costs and what it breaks.

use super::super::problem::{CtePolicy, ItemId, Measure, Problem, State};
use super::cost::object;
use super::count::log_scale;
use super::eval::Eval;
use super::net::{Edge, Net};

/// What weighs first: how far the plan is from keeping all rules, then what it costs.
pub(super) type Score = (u64, u128);

/// Said of each thing that is wrong, so that one thing a little wrong counts.
const WRONG: u64 = 64;

enum Undo {
    State(ItemId, State),
    Root(ItemId, u64, u128),
    Once(ItemId, u64),
}

/// A plan in the making.
pub(super) struct Search<'p> {
    pub(super) problem: &'p Problem,
    pub(super) net: &'p Net,
    pub(super) eval: Eval<u64>,
    pub(super) states: Vec<State>,
    /// Of each item: what each state costs, runs not counted.
    pub(super) objects: Vec<[u128; State::ALL.len()]>,
    budgets: Vec<(usize, u64, u64)>,
    root_excess: Vec<u64>,
    root_cost: Vec<u128>,
    once_excess: Vec<u64>,
    /// True where there is an item that may run only once at or beneath it.
    once_beneath: Vec<bool>,
    excess: u64,
    cost: u128,
    undo: Vec<Undo>,
    mark: Vec<u32>,
    stamp: u32,
    runs: Vec<u64>,
    affected: Vec<ItemId>,
    stack: Vec<ItemId>,
}

impl<'p> Search<'p> {
    /// With states that nothing has been measured of yet; see [`Search::measure`].
    pub(super) fn new(problem: &'p Problem, net: &'p Net, states: Vec<State>) -> Self {
        let count = net.len();
        let mut once_beneath = vec![false; count];
        for item in 0..count {
            once_beneath[item] = net.heads[item].once
                || net.inputs.of(item as ItemId).iter().any(|edge| once_beneath[edge.item as usize]);
        }
        let objects =
            (0..count as ItemId).map(|item| State::ALL.map(|state| object(problem, item, state))).collect();
        let budgets = Measure::ALL
            .into_iter()
            .filter_map(|measure| {
                let budget = problem.budgets[measure]?;
                Some((measure as usize, budget, log_scale(u128::from(budget))))
            })
            .collect();
        Self {
            problem,
            net,
            eval: Eval::limited(net, problem.policy, &problem.budgets),
            states,
            objects,
            budgets,
            root_excess: vec![0; count],
            root_cost: vec![0; count],
            once_excess: vec![0; count],
            once_beneath,
            excess: 0,
            cost: 0,
            undo: Vec::new(),
            mark: vec![0; count],
            stamp: 0,
            runs: vec![0; count],
            affected: Vec::new(),
            stack: Vec::new(),
        }
    }

    /// Measures the statements of a component afresh; the score is of it alone from now on.
    pub(super) fn measure(&mut self, items: &[ItemId]) {
        (self.excess, self.cost) = (0, 0);
        self.undo.clear();
        for item in items {
            let at = *item as usize;
            (self.root_excess[at], self.root_cost[at], self.once_excess[at]) = (0, 0, 0);
            self.cost += self.objects[at][self.states[at] as usize];
            if self.net.is_root(*item, self.states[at]) {
                self.measure_root(*item);
            }
        }
        for item in items {
            if self.net.heads[*item as usize].once {
                self.measure_once(*item);
            }
        }
        self.undo.clear();
    }

    pub(super) fn score(&self) -> Score {
        (self.excess, self.cost)
    }

    pub(super) fn state(&self, item: ItemId) -> State {
        self.states[item as usize]
    }

    /// What is wrong with the statement at an item.
    pub(super) fn wrong(&self, item: ItemId) -> u64 {
        self.root_excess[item as usize] + self.once_excess[item as usize]
    }

    /// A place to come back to.
    pub(super) fn checkpoint(&self) -> usize {
        self.undo.len()
    }

    /// What was done so far stays.
    pub(super) fn commit(&mut self) {
        self.undo.clear();
    }

    /// Goes back to a place.
    pub(super) fn rollback(&mut self, checkpoint: usize) {
        let mut views = std::mem::take(&mut self.affected);
        views.clear();
        while self.undo.len() > checkpoint {
            match self.undo.pop() {
                Some(Undo::State(item, state)) => {
                    let at = item as usize;
                    self.cost -= self.objects[at][self.states[at] as usize];
                    self.cost += self.objects[at][state as usize];
                    self.states[at] = state;
                }
                Some(Undo::Root(item, excess, cost)) => {
                    let at = item as usize;
                    self.excess = self.excess - self.root_excess[at] + excess;
                    self.cost = self.cost - self.root_cost[at] + cost;
                    (self.root_excess[at], self.root_cost[at]) = (excess, cost);
                    views.push(item);
                }
                Some(Undo::Once(item, excess)) => {
                    self.excess = self.excess - self.once_excess[item as usize] + excess;
                    self.once_excess[item as usize] = excess;
                }
                None => break,
            }
        }
        views.retain(|item| self.states[*item as usize] == State::View);
        views.sort_unstable();
        views.dedup();
        for view in &views {
            self.eval.statement(self.net, &self.states, *view);
        }
        self.affected = views;
    }

    /// Changes one decision and measures again what that touches.
    pub(super) fn set(&mut self, item: ItemId, state: State) {
        let at = item as usize;
        let old = self.states[at];
        if old == state {
            return;
        }
        let mut affected = std::mem::take(&mut self.affected);
        affected.clear();
        self.roots_above(item, &mut affected);
        if self.net.is_root(item, old) || self.net.is_root(item, state) {
            affected.push(item);
        }
        let only_reads = !self.net.heads[at].reader && old.is_inline() != state.is_inline();
        if only_reads && !self.is_live(item) {
            self.views_beneath(item, &mut affected);
        }
        self.undo.push(Undo::State(item, old));
        self.cost -= self.objects[at][old as usize];
        self.cost += self.objects[at][state as usize];
        self.states[at] = state;
        affected.sort_unstable();
        affected.dedup();
        for root in &affected {
            if self.net.is_root(*root, self.states[*root as usize]) {
                self.measure_root(*root);
            } else {
                self.note_root(*root, 0, 0);
            }
        }
        self.affected = affected;
        if self.once_beneath[at] {
            self.measure_once_beneath(item);
        }
    }

    /// Statements that the item is part of, itself not counted.
    pub(super) fn roots_above(&mut self, item: ItemId, roots: &mut Vec<ItemId>) {
        let stamp = self.next_stamp();
        self.stack.clear();
        self.stack.push(item);
        while let Some(at) = self.stack.pop() {
            for edge in self.net.readers.of(at) {
                let reader = edge.item as usize;
                if self.mark[reader] == stamp {
                    continue;
                }
                self.mark[reader] = stamp;
                self.eval.steps += 2;
                let state = self.states[reader];
                if self.net.is_root(edge.item, state) {
                    roots.push(edge.item);
                }
                if !state.is_stored() {
                    self.stack.push(edge.item);
                }
            }
        }
    }

    fn next_stamp(&mut self) -> u32 {
        if self.stamp == u32::MAX {
            self.mark.fill(0);
            self.stamp = 0;
        }
        self.stamp += 1;
        self.stamp
    }

    /// True if a statement reads the item.
    fn is_live(&mut self, item: ItemId) -> bool {
        let stamp = self.next_stamp();
        self.stack.clear();
        self.stack.push(item);
        while let Some(at) = self.stack.pop() {
            for edge in self.net.readers.of(at) {
                let reader = edge.item as usize;
                if self.net.is_root(edge.item, self.states[reader]) {
                    return true;
                }
                if self.mark[reader] != stamp {
                    self.mark[reader] = stamp;
                    self.stack.push(edge.item);
                }
            }
        }
        false
    }

    /// Views that the item reads, through inlined items.
    fn views_beneath(&mut self, item: ItemId, views: &mut Vec<ItemId>) {
        let stamp = self.next_stamp();
        self.stack.clear();
        self.stack.push(item);
        while let Some(at) = self.stack.pop() {
            for edge in self.net.inputs.of(at) {
                let input = edge.item as usize;
                if self.mark[input] == stamp {
                    continue;
                }
                self.mark[input] = stamp;
                match self.states[input] {
                    State::View => views.push(edge.item),
                    State::Inline | State::Fenced => self.stack.push(edge.item),
                    State::Temp | State::Table => {}
                }
            }
        }
    }

    fn measure_root(&mut self, root: ItemId) {
        let state = self.states[root as usize];
        let (excess, mut cost) = {
            let seen = self.eval.statement(self.net, &self.states, root);
            let mut excess = 0;
            for (measure, budget, log) in &self.budgets {
                let value = seen.load[*measure];
                if value > *budget {
                    excess += WRONG + log_scale(u128::from(value)) - log;
                }
            }
            if seen.temps > 0 && state == State::View && self.net.heads[root as usize].persistent {
                // Each that becomes a table is a step, though only the last one mends it.
                excess += WRONG * (1 + u64::from(seen.temps.min(1_000)));
            }
            (excess, seen.cost)
        };
        if state == State::View && self.is_live(root) {
            // Its readers pay.
            cost = 0;
        }
        self.note_root(root, excess, cost);
    }

    fn note_root(&mut self, root: ItemId, excess: u64, cost: u128) {
        let at = root as usize;
        self.undo.push(Undo::Root(root, self.root_excess[at], self.root_cost[at]));
        self.excess = self.excess - self.root_excess[at] + excess;
        self.cost = self.cost - self.root_cost[at] + cost;
        (self.root_excess[at], self.root_cost[at]) = (excess, cost);
    }

    fn measure_once_beneath(&mut self, item: ItemId) {
        let stamp = self.next_stamp();
        let mut found = Vec::new();
        self.stack.clear();
        self.stack.push(item);
        self.mark[item as usize] = stamp;
        while let Some(at) = self.stack.pop() {
            if self.net.heads[at as usize].once {
                found.push(at);
            }
            for edge in self.net.inputs.of(at) {
                let input = edge.item as usize;
                if self.mark[input] != stamp && self.once_beneath[input] && !self.states[input].is_stored() {
                    self.mark[input] = stamp;
                    self.stack.push(edge.item);
                }
            }
        }
        for once in found {
            self.measure_once(once);
        }
    }

    fn measure_once(&mut self, item: ItemId) {
        let at = item as usize;
        let runs = if self.states[at].is_stored() { 1 } else { self.runs_of(item) };
        let excess = if runs > 1 { WRONG + log_scale(u128::from(runs)) } else { 0 };
        self.undo.push(Undo::Once(item, self.once_excess[at]));
        self.excess = self.excess - self.once_excess[at] + excess;
        self.once_excess[at] = excess;
    }

    /// How often an inlined item or a view is run over all statements.
    fn runs_of(&mut self, item: ItemId) -> u64 {
        let stamp = self.next_stamp();
        let mut above = vec![item];
        self.mark[item as usize] = stamp;
        self.runs[item as usize] = 0;
        let mut next = 0;
        while next < above.len() {
            let at = above[next];
            next += 1;
            if next > 1 && self.states[at as usize].is_stored() {
                continue;
            }
            for edge in self.net.readers.of(at) {
                let reader = edge.item as usize;
                if self.mark[reader] != stamp {
                    self.mark[reader] = stamp;
                    self.runs[reader] = 0;
                    above.push(edge.item);
                }
            }
        }
        above.sort_unstable();
        self.eval.steps += 4 * above.len() as u64;
        let share = self.problem.policy == CtePolicy::Share;
        let fenced = !share && above.iter().any(|at| self.states[*at as usize] == State::Fenced);
        let mut seen: Vec<ItemId> = Vec::new();
        for at in above.iter().rev() {
            let runs = match self.states[*at as usize] {
                State::Temp | State::Table => 1,
                State::View => self.runs[*at as usize].max(1),
                State::Inline | State::Fenced if self.net.heads[*at as usize].reader => {
                    self.runs[*at as usize].saturating_add(1)
                }
                State::Inline | State::Fenced if share => continue,
                State::Inline | State::Fenced => self.runs[*at as usize],
            };
            self.runs[*at as usize] = runs;
            if runs == 0 {
                continue;
            }
            let state = self.states[*at as usize];
            if fenced && self.net.is_root(*at, state) {
                self.run_fenced(*at, if state.is_inline() { 1 } else { runs }, stamp);
            }
            seen.clear();
            seen.push(*at);
            let mut next = 0;
            while next < seen.len() {
                let member = seen[next];
                next += 1;
                for Edge { item: input, times } in self.net.inputs.of(member) {
                    if self.mark[*input as usize] != stamp {
                        continue;
                    }
                    let sum = &mut self.runs[*input as usize];
                    match self.states[*input as usize] {
                        State::Inline | State::Fenced if share => {
                            if !seen.contains(input) {
                                *sum = sum.saturating_add(runs);
                                seen.push(*input);
                            }
                        }
                        State::Inline | State::View => {
                            *sum = sum.saturating_add(runs.saturating_mul(u64::from(*times)));
                        }
                        State::Fenced | State::Temp | State::Table => {}
                    }
                }
            }
        }
        self.runs[item as usize]
    }

    /// Adds the runs of what is behind a fence in one statement, among items with the mark.
    fn run_fenced(&mut self, root: ItemId, runs: u64, stamp: u32) {
        let mut met = rustc_hash::FxHashSet::default();
        self.stack.clear();
        self.stack.push(root);
        while let Some(at) = self.stack.pop() {
            for edge in self.net.inputs.of(at) {
                let input = edge.item as usize;
                let state = self.states[input];
                if self.mark[input] == stamp && state.is_inline() && met.insert(edge.item) {
                    self.stack.push(edge.item);
                    if state == State::Fenced {
                        self.runs[input] = self.runs[input].saturating_add(runs);
                    }
                }
            }
        }
    }
}
