//! A plan's statements against the limits: how close each is, and what weighs most in those that are over.

use rustc_hash::FxHashSet;

use super::errors::Told;
use super::limits::Profile;
use super::measure::{Extent, Measured, measure, state_of};
use super::problem::{Budgets, ItemId, Load, Measure, State};
use super::propose::{Proposal, propose};
use super::solve::{self, Evaluator, Over};
use super::walk::reach;
use super::weigh::{Weights, weigh};
use super::{Input, Materialization, Plan, errors};
use crate::diagnostic::{Diagnostic, Staged};
use crate::project::{NodeId, NodeMap, Project};

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
    /// True if the node's own text is over the limit, whatever it reads; a part that isn't a statement of its own is
    /// told of only then.
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
    /// What authors could change; `None` if nothing is over a limit.
    pub proposal: Option<Proposal>,
    /// What a statement may have.
    pub budgets: Budgets,
}

/// The measures of a plan's statements, and what a statement may have.
#[derive(Clone, Debug)]
pub struct Statements {
    /// By node; `None` for what is only part of others' statements.
    pub loads: NodeMap<Option<Load>>,
    /// What a statement may have.
    pub budgets: Budgets,
}

/// Statements that are told one by one; of the others just their number.
const TOLD: usize = 10;

/// The measures of statements, and what is said of those that are over a limit.
pub(super) fn assess(input: Input<'_>, plan: &Plan) -> Staged<Assessment> {
    let measured = measure(input, Extent::Statements);
    let mut scales = Scales::new(input, plan, &measured);
    let Judged { statements, too_complex } = scales.judge();
    let mut by_node = |states: &[State]| {
        let mut load = |item: &Option<ItemId>| Some(scales.evaluator.load(states, (*item)?));
        NodeMap::new(measured.item.iter().map(|(_, item)| load(item)).collect())
    };
    let alone = by_node(&stored(&measured));
    let whole = by_node(&inlined(&measured, plan));
    let proposal = scales.propose(&too_complex);
    let said = scales.tell(&too_complex, proposal.as_ref());
    let budgets = measured.problem.budgets;
    Staged::new(Assessment { statements, alone, whole, too_complex, proposal, budgets }, said)
}

/// Just the measures of statements, and what is said of those that are over a limit. What parts would be like alone, or
/// with all beneath them inlined, takes far longer.
pub(super) fn statements(input: Input<'_>, plan: &Plan) -> Staged<Statements> {
    let measured = measure(input, Extent::Statements);
    let mut scales = Scales::new(input, plan, &measured);
    let Judged { statements: loads, too_complex } = scales.judge();
    let proposal = scales.propose(&too_complex);
    let said = scales.tell(&too_complex, proposal.as_ref());
    Staged::new(Statements { loads, budgets: measured.problem.budgets }, said)
}

/// Every part stored; authors' CTEs stay where they are.
pub(super) fn stored(measured: &Measured) -> Vec<State> {
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

/// What a plan's statements are like.
pub(super) struct Judged {
    /// As in [`Assessment`].
    pub(super) statements: NodeMap<Option<Load>>,
    /// As in [`Assessment`].
    pub(super) too_complex: Vec<TooComplex>,
}

/// Weighs statements of a plan.
pub(super) struct Scales<'a> {
    pub(super) input: Input<'a>,
    pub(super) measured: &'a Measured,
    plan: &'a Plan,
    pub(super) planned: Vec<State>,
    pub(super) evaluator: Evaluator<'a>,
}

impl<'a> Scales<'a> {
    pub(super) fn new(input: Input<'a>, plan: &'a Plan, measured: &'a Measured) -> Self {
        let items = measured.problem.items.iter();
        let mut planned: Vec<State> =
            items.map(|item| item.allowed.iter().next().unwrap_or(State::Inline)).collect();
        for (id, item) in measured.item.iter() {
            if let (Some(item), Some(decision)) = (*item, &plan.decisions[id]) {
                planned[item as usize] = state_of(decision);
            }
        }
        Self { input, measured, plan, planned, evaluator: Evaluator::new(&measured.problem) }
    }

    /// Measures all statements of the plan, and finds those that are over a limit.
    pub(super) fn judge(&mut self) -> Judged {
        let loads = self.loads();
        let too_complex = self.too_complex(&loads);
        Judged { statements: self.by_node(&loads), too_complex }
    }

    /// By item.
    fn loads(&mut self) -> Vec<Option<Load>> {
        self.evaluator.loads(&self.planned)
    }

    fn by_node(&self, loads: &[Option<Load>]) -> NodeMap<Option<Load>> {
        NodeMap::new(self.measured.item.iter().map(|(_, item)| loads[(*item)? as usize]).collect())
    }

    /// The items that are put into the statement of one, views too.
    pub(super) fn put_into(&self, root: ItemId) -> Vec<ItemId> {
        let items = &self.measured.problem.items;
        let inputs = |item: ItemId| {
            let slots = items[item as usize].blocks.iter().flat_map(|block| &block.slots);
            slots.map(|slot| slot.item).filter(|input| !self.planned[*input as usize].is_stored())
        };
        reach(root, inputs, |_| true)
    }

    fn walls(&self) -> Budgets {
        let project = self.input.project;
        Profile::of(project.target.dialect).walls(&project.settings.limits, &project.target.name)
    }

    /// Statements over the engine's own limits, each measure on its own; and parts that buhin may decide about and
    /// that are over one by their own text, wherever it ends up.
    fn too_complex(&mut self, loads: &[Option<Load>]) -> Vec<TooComplex> {
        let walls = self.walls();
        let stored = stored(self.measured);
        let mut found = Vec::new();
        for id in self.input.graph.order.iter().copied() {
            let Some(item) = self.measured.item[id] else { continue };
            if let Some(load) = loads[item as usize] {
                for Over { measure, value, budget, .. } in solve::excess(&load, &walls, item) {
                    let alone = self.evaluator.load(&stored, item)[measure] > u128::from(budget);
                    found.push(TooComplex { node: id, measure, value, budget, alone });
                }
            } else if self.is_auto(id) {
                let load = self.evaluator.load(&stored, item);
                for Over { measure, value, budget, .. } in solve::excess(&load, &walls, item) {
                    // Fewer tables can be read where what it reads is inlined.
                    if self.evaluator.load(&self.planned, item)[measure] > u128::from(budget) {
                        found.push(TooComplex { node: id, measure, value, budget, alone: true });
                    }
                }
            }
        }
        found
    }

    fn is_auto(&self, id: NodeId) -> bool {
        self.plan.decisions[id].as_ref().is_some_and(|decision| decision.auto)
    }

    /// What authors could change; `None` if nothing is too complex.
    fn propose(&self, found: &[TooComplex]) -> Option<Proposal> {
        (!found.is_empty()).then(|| propose(self, &self.walls(), found))
    }

    /// A diagnostic for each of the first statements, by what it is farthest over.
    fn tell(&mut self, found: &[TooComplex], proposal: Option<&Proposal>) -> Vec<Diagnostic> {
        let Some(proposal) = proposal else { return Vec::new() };
        let mut worst: Vec<TooComplex> = Vec::new();
        let alone: FxHashSet<(NodeId, Measure)> =
            found.iter().filter(|one| one.alone).map(|one| (one.node, one.measure)).collect();
        for one in found {
            let times = |it: &TooComplex| it.value / u128::from(it.budget.max(1));
            // Those of one statement stand together.
            match worst.last_mut().filter(|other| other.node == one.node) {
                Some(other) if times(one) > times(other) => *other = *one,
                Some(_) => {}
                None if self.is_of_another(&alone, one) => {}
                None => worst.push(*one),
            }
        }
        let mut said: Vec<Diagnostic> = Vec::new();
        for one in worst.iter().take(TOLD) {
            let is_hopeless = self.is_hopeless(one, proposal);
            let weights = if one.alone { weigh(self, one.node, one.measure) } else { Weights::default() };
            let told = Told { found: one, is_hopeless, weights, proposal };
            said.push(errors::too_complex(self.input.project, &told));
        }
        if let Some(last) = said.last_mut().filter(|_| worst.len() > TOLD) {
            last.notes
                .push(format!("{} more statements are too complex: see `buhin plan`", worst.len() - TOLD));
        }
        said
    }

    /// True if a part that is put into a statement is over the same limit by its own text, and is told of.
    fn is_of_another(&self, alone: &FxHashSet<(NodeId, Measure)>, one: &TooComplex) -> bool {
        let Some(root) = self.measured.item[one.node].filter(|_| !one.alone && !alone.is_empty()) else {
            return false;
        };
        let mut parts = self.put_into(root).into_iter().map(|item| self.measured.node[item as usize]);
        parts.any(|part| part != one.node && alone.contains(&(part, one.measure)))
    }

    /// True if buhin could decide, and there is nothing that it could decide: an error.
    ///
    /// What an engine was only measured to stall at, it may well take, be it slowly.
    fn is_hopeless(&self, one: &TooComplex, proposal: &Proposal) -> bool {
        if one.alone {
            let Project { settings, target, .. } = self.input.project;
            let authority =
                Profile::of(target.dialect).authority(one.measure, &settings.limits, &target.name);
            return self.is_auto(one.node) && authority.refuses();
        }
        let is_left =
            proposal.remaining.iter().any(|left| left.node == one.node && left.measure == one.measure);
        is_left && (self.is_auto(one.node) || self.holds_only_auto(one.node))
    }

    /// True if all parts that are put into a statement were buhin's to decide about.
    fn holds_only_auto(&self, node: NodeId) -> bool {
        let Some(root) = self.measured.item[node] else { return false };
        let parts = self.put_into(root).into_iter().map(|item| self.measured.node[item as usize]);
        let mut parts = parts.filter(|part| *part != node).peekable();
        parts.peek().is_some() && parts.all(|part| self.is_auto(part))
    }
}

impl Assessment {
    /// How much of each budget a statement uses, in thousandths, the fullest first; measures without a budget are
    /// left out.
    pub fn shares(&self, load: &Load) -> Vec<(Measure, u128)> {
        shares(&self.budgets, load)
    }
}

impl Statements {
    /// As [`Assessment::shares`].
    pub fn shares(&self, load: &Load) -> Vec<(Measure, u128)> {
        shares(&self.budgets, load)
    }
}

fn shares(budgets: &Budgets, load: &Load) -> Vec<(Measure, u128)> {
    let share = |measure: Measure| {
        let budget = u128::from(budgets[measure]?.max(1));
        Some((measure, load[measure].saturating_mul(1000) / budget))
    };
    let mut shares: Vec<(Measure, u128)> = Measure::ALL.into_iter().filter_map(share).collect();
    shares.sort_by_key(|(measure, share)| (std::cmp::Reverse(*share), *measure));
    shares
}
