//! A plan's statements against the limits: how close each is, and what weighs most in those that are over.

use super::limits::Profile;
use super::measure::{Extent, Measured, Subject, measure};
use super::problem::{Budgets, ItemId, Load, Measure, State};
use super::solve::{self, Evaluator, Over};
use super::{Materialization, Plan};
use crate::project::{NodeId, NodeMap, Target};

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The node that it builds, or runs.
    pub node: NodeId,
    /// Its measures.
    pub load: Load,
}

/// A statement that is over a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The inlined parts and views without which it would be smaller, and how much is left then; smallest first.
    pub contributors: Vec<(NodeId, u128)>,
}

/// All statements of a plan.
#[derive(Debug)]
pub struct Assessment {
    /// In the order of the graph.
    pub statements: Vec<Statement>,
    /// Those that are over a limit.
    pub too_complex: Vec<TooComplex>,
    /// Each part's own text, everything else stored.
    pub alone: NodeMap<Option<Load>>,
    /// Each part with all parts beneath it inlined.
    pub whole: NodeMap<Option<Load>>,
    /// What a statement may have.
    pub budgets: Budgets,
}

/// How many parts are named that make a statement large.
const NAMED: usize = 3;

pub(super) fn assess(subject: &Subject<'_>, plan: &Plan) -> Assessment {
    let measured = measure(subject, Extent::Statements);
    let count = subject.project.nodes.len();
    let items = &measured.problem.items;
    let mut planned: Vec<State> =
        items.iter().map(|item| item.allowed.iter().next().unwrap_or(State::Inline)).collect();
    // Everything stored, and everything inlined that can be: authors' CTEs stay where they are in both.
    let (mut stored, mut inlined) = (vec![State::Inline; items.len()], vec![State::Inline; items.len()]);
    for (id, item) in measured.item.iter() {
        let Some(item) = *item else { continue };
        let Some(materialization) = plan.materialization(id) else { continue };
        planned[item as usize] = super::measure::state_of(materialization);
        stored[item as usize] = State::Table;
        let must = matches!(
            materialization,
            Materialization::Incremental | Materialization::Snapshot | Materialization::Custom(_)
        );
        inlined[item as usize] = if must { State::Table } else { State::Inline };
    }
    let Target { dialect, name, .. } = &subject.project.target;
    let walls = Profile::of(*dialect).walls(&subject.project.settings.limits, name);
    let mut evaluator = Evaluator::new(&measured.problem);
    let mut assessment = Assessment {
        statements: Vec::new(),
        too_complex: Vec::new(),
        alone: NodeMap::new(vec![None; count]),
        whole: NodeMap::new(vec![None; count]),
        budgets: subject.budgets,
    };
    for id in subject.graph.order.iter().copied() {
        let Some(item) = measured.item[id] else { continue };
        assessment.alone[id] = Some(evaluator.load(&stored, item));
        assessment.whole[id] = Some(evaluator.load(&inlined, item));
    }
    let loads = evaluator.loads(&planned);
    for id in subject.graph.order.iter().copied() {
        let Some(item) = measured.item[id] else { continue };
        let Some(load) = loads[item as usize] else { continue };
        assessment.statements.push(Statement { node: id, load });
        for over in solve::excess(&load, &walls, item) {
            let own = assessment.alone[id].map_or(0, |load| load[over.measure]);
            let contributors = contributors(&measured, &mut evaluator, &mut planned, over);
            assessment.too_complex.push(TooComplex {
                node: id,
                measure: over.measure,
                value: over.value,
                budget: over.budget,
                alone: own > u128::from(over.budget),
                contributors,
            });
        }
    }
    assessment
}

/// What the statement would have if each of the parts in it were stored instead.
fn contributors(
    measured: &Measured,
    evaluator: &mut Evaluator<'_>,
    states: &mut [State],
    over: Over,
) -> Vec<(NodeId, u128)> {
    let items = &measured.problem.items;
    let mut seen: Vec<ItemId> = vec![over.root];
    let mut at = 0;
    while at < seen.len() {
        for slot in items[seen[at] as usize].blocks.iter().flat_map(|block| &block.slots) {
            if !states[slot.item as usize].is_stored() && !seen.contains(&slot.item) {
                seen.push(slot.item);
            }
        }
        at += 1;
    }
    let mut found: Vec<(NodeId, u128)> = Vec::new();
    for item in seen.into_iter().skip(1) {
        let node = measured.node[item as usize];
        if measured.item[node] != Some(item) || node == measured.node[over.root as usize] {
            continue;
        }
        let was = std::mem::replace(&mut states[item as usize], State::Table);
        let value = evaluator.load(states, over.root)[over.measure];
        states[item as usize] = was;
        if value < over.value {
            found.push((node, value));
        }
    }
    found.sort_by_key(|(node, value)| (*value, *node));
    found.truncate(NAMED);
    found
}

impl Assessment {
    /// The statement of a node.
    pub fn statement(&self, id: NodeId) -> Option<&Statement> {
        self.statements.iter().find(|statement| statement.node == id)
    }

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
