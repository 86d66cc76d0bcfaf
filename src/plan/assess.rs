//! A plan's statements against the limits: how close each is, and what weighs most in those that are over.

use super::limits::Profile;
use super::measure::{Extent, Measured, measure, state_of};
use super::problem::{Budgets, ItemId, Load, Measure, State};
use super::solve::{self, Evaluator, Over};
use super::{Input, Materialization, Plan, errors};
use crate::diagnostic::{Diagnostic, Staged};
use crate::project::{NodeId, NodeMap};

/// A statement that is over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooComplex {
    /// The node whose statement it is.
    pub node: NodeId,
    /// What there is too much of.
    pub measure: Measure,
    /// How much there is.
    pub value: u128,
    /// How much there may be.
    pub budget: u64,
    /// True if the node's own text is over the limit, whatever it reads.
    pub alone: bool,
}

/// All statements of a plan, by node.
#[derive(Debug)]
pub struct Assessment {
    /// The measures of what is built or run; `None` for what is only part of others' statements.
    pub statements: NodeMap<Option<Load>>,
    /// Each part's own text, everything else stored.
    pub alone: NodeMap<Option<Load>>,
    /// Each part with all parts beneath it inlined.
    pub whole: NodeMap<Option<Load>>,
    /// Statements that are over a limit, in the order of the graph.
    pub too_complex: Vec<TooComplex>,
    /// What a statement may have.
    pub budgets: Budgets,
}

/// How many parts are named that make a statement large.
const NAMED: usize = 3;
/// Statements that are told one by one; of the others just their number.
const TOLD: usize = 10;

/// The measures of statements, and what is said of those that are over a limit.
pub(super) fn assess(input: Input<'_>, plan: &Plan) -> Staged<Assessment> {
    let measured = measure(input, Extent::Statements);
    let mut scales = Scales::new(input, plan, &measured);
    let loads = scales.evaluator.loads(&scales.planned);
    let mut by_node = |states: &[State]| {
        let mut load = |item: &Option<ItemId>| Some(scales.evaluator.load(states, (*item)?));
        NodeMap::new(measured.item.iter().map(|(_, item)| load(item)).collect())
    };
    let alone = by_node(&stored(&measured));
    let whole = by_node(&inlined(&measured, plan));
    let too_complex = scales.too_complex(&loads);
    let said = scales.tell(&too_complex);
    let budgets = measured.problem.budgets;
    let statements = measured.item.iter().map(|(_, item)| loads[(*item)? as usize]);
    let statements = NodeMap::new(statements.collect());
    Staged::new(Assessment { statements, alone, whole, too_complex, budgets }, said)
}

/// Just what is said of statements that are over a limit.
pub(super) fn warn(input: Input<'_>, plan: &Plan) -> Vec<Diagnostic> {
    let measured = measure(input, Extent::Statements);
    let mut scales = Scales::new(input, plan, &measured);
    let loads = scales.evaluator.loads(&scales.planned);
    let too_complex = scales.too_complex(&loads);
    scales.tell(&too_complex)
}

/// Every part stored; authors' CTEs stay where they are.
fn stored(measured: &Measured) -> Vec<State> {
    let mut states = vec![State::Inline; measured.problem.items.len()];
    for (_, item) in measured.item.iter() {
        if let Some(item) = *item {
            states[item as usize] = State::Table;
        }
    }
    states
}

/// Everything inlined that can be.
fn inlined(measured: &Measured, plan: &Plan) -> Vec<State> {
    let mut states = vec![State::Inline; measured.problem.items.len()];
    for (id, item) in measured.item.iter() {
        let must = matches!(
            plan.materialization(id),
            Some(Materialization::Incremental | Materialization::Snapshot | Materialization::Custom(_))
        );
        if let Some(item) = item.filter(|_| must) {
            states[item as usize] = State::Table;
        }
    }
    states
}

/// Weighs statements of a plan.
struct Scales<'a> {
    input: Input<'a>,
    measured: &'a Measured,
    planned: Vec<State>,
    evaluator: Evaluator<'a>,
}

impl<'a> Scales<'a> {
    fn new(input: Input<'a>, plan: &Plan, measured: &'a Measured) -> Self {
        let items = measured.problem.items.iter();
        let mut planned: Vec<State> =
            items.map(|item| item.allowed.iter().next().unwrap_or(State::Inline)).collect();
        for (id, item) in measured.item.iter() {
            if let (Some(item), Some(materialization)) = (*item, plan.materialization(id)) {
                planned[item as usize] = state_of(materialization);
            }
        }
        Self { input, measured, planned, evaluator: Evaluator::new(&measured.problem) }
    }

    /// Statements over the engine's own limits, each measure on its own.
    fn too_complex(&mut self, loads: &[Option<Load>]) -> Vec<TooComplex> {
        let project = self.input.project;
        let walls = Profile::of(project.target.dialect).walls(&project.settings.limits, &project.target.name);
        let stored = stored(self.measured);
        let mut found = Vec::new();
        for id in self.input.graph.order.iter().copied() {
            let Some(item) = self.measured.item[id] else { continue };
            let Some(load) = loads[item as usize] else { continue };
            for Over { measure, value, budget, .. } in solve::excess(&load, &walls, item) {
                let alone = self.evaluator.load(&stored, item)[measure] > u128::from(budget);
                found.push(TooComplex { node: id, measure, value, budget, alone });
            }
        }
        found
    }

    /// A diagnostic for each of the first statements, by what it is farthest over.
    fn tell(&mut self, found: &[TooComplex]) -> Vec<Diagnostic> {
        let mut worst: Vec<&TooComplex> = Vec::new();
        for one in found {
            let times = |it: &TooComplex| it.value / u128::from(it.budget.max(1));
            // Those of one statement stand together.
            match worst.last_mut().filter(|other| other.node == one.node) {
                Some(other) if times(one) > times(other) => *other = one,
                Some(_) => {}
                None => worst.push(one),
            }
        }
        let mut said: Vec<Diagnostic> = Vec::new();
        for one in worst.iter().take(TOLD) {
            let contributors = self.contributors(one);
            said.push(errors::too_complex(self.input.project, one, &contributors));
        }
        if let Some(last) = said.last_mut().filter(|_| worst.len() > TOLD) {
            last.notes
                .push(format!("{} more statements are too complex: see `buhin plan`", worst.len() - TOLD));
        }
        said
    }

    /// The inlined parts and views without which a statement would be smaller, and how much is left then; smallest
    /// first.
    fn contributors(&mut self, over: &TooComplex) -> Vec<(NodeId, u128)> {
        let Some(root) = self.measured.item[over.node] else { return Vec::new() };
        let items = &self.measured.problem.items;
        let mut seen: Vec<ItemId> = vec![root];
        let mut at = 0;
        while at < seen.len() {
            for slot in items[seen[at] as usize].blocks.iter().flat_map(|block| &block.slots) {
                if !self.planned[slot.item as usize].is_stored() && !seen.contains(&slot.item) {
                    seen.push(slot.item);
                }
            }
            at += 1;
        }
        let mut found: Vec<(NodeId, u128)> = Vec::new();
        for item in seen.into_iter().skip(1) {
            let node = self.measured.node[item as usize];
            if self.measured.item[node] != Some(item) || node == over.node {
                continue;
            }
            let was = std::mem::replace(&mut self.planned[item as usize], State::Table);
            let value = self.evaluator.load(&self.planned, root)[over.measure];
            self.planned[item as usize] = was;
            if value < over.value {
                found.push((node, value));
            }
        }
        found.sort_by_key(|(node, value)| (*value, *node));
        found.truncate(NAMED);
        found
    }
}

impl Assessment {
    /// How much of each budget a statement uses, in thousandths, the fullest first; measures without a budget are
    /// left out.
    pub fn shares(&self, load: &Load) -> Vec<(Measure, u128)> {
        let share = |measure: Measure| {
            let budget = u128::from(self.budgets[measure]?.max(1));
            Some((measure, load[measure].saturating_mul(1000) / budget))
        };
        let mut shares: Vec<(Measure, u128)> = Measure::ALL.into_iter().filter_map(share).collect();
        shares.sort_by_key(|(measure, share)| (std::cmp::Reverse(*share), *measure));
        shares
    }
}
