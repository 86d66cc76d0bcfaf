//! What authors could change, where what they decided makes statements too complex; measured again as if they had.

use rustc_hash::{FxHashMap, FxHashSet};

use super::assess::{Judged, Scales, TooComplex};
use super::decide::{decide, materialization_of};
use super::measure::{self, Measured};
use super::problem::{Budgets, ItemId, Load, Problem, State, States};
use super::wish::{Wish, Wishes, place, reason, table};
use super::{Decision, Input, Materialization, solve};
use crate::project::{NodeId, NodeMap};
use crate::source::Span;

/// One part that would have to become something else than its author says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The part.
    pub node: NodeId,
    /// What it is now.
    pub from: Materialization,
    /// What it would have to be.
    pub to: Materialization,
    /// Where that has to be written.
    pub asked: Asked,
    /// The statements that it is put into and that fit when all changes are made, in the order of the graph.
    pub mends: Vec<NodeId>,
    /// The statements that it is put into and that are still over a limit then.
    pub eases: Vec<NodeId>,
}

/// Where the word stands that decides about a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// In `config()` of its text.
    Text(Span),
    /// In `meta.buhin` of its properties.
    Meta,
    /// In its properties or `dbt_project.yml`, or nowhere.
    Properties,
    /// In `dbt_project.yml`, for a part of a package.
    Package,
}

/// The cheapest set of changes that makes statements fit that are over a limit, or comes closest to that.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What to change, in the order of the graph.
    pub changes: Vec<Change>,
    /// What is over a limit when all of it is changed; empty if all fits.
    pub remaining: Vec<TooComplex>,
    /// The measures of statements when all of it is changed.
    pub statements: NodeMap<Option<Load>>,
    /// True if it would do as well to leave all `ephemeral` parts to buhin.
    pub ephemeral_auto: bool,
}

impl Proposal {
    /// The changes of parts that are put into the statement of a node.
    pub fn of(&self, node: NodeId) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.mends.contains(&node) || change.eases.contains(&node))
    }
}

/// Looks for changes, and measures what they bring. `scales` weigh the plan that is over the limits.
pub(super) fn propose(scales: &Scales<'_>, walls: &Budgets, over: &[TooComplex]) -> Proposal {
    let Scales { input, measured, planned, .. } = scales;
    let mut could = vec![States::default(); planned.len()];
    // By item that could change, the nodes whose statements it is put into.
    let mut roots: FxHashMap<ItemId, Vec<NodeId>> = FxHashMap::default();
    let mut nodes: Vec<NodeId> = over.iter().map(|one| one.node).collect();
    // Those of one statement stand together.
    nodes.dedup();
    for node in nodes {
        let Some(root) = measured.item[node] else { continue };
        for item in scales.put_into(root) {
            let part = measured.node[item as usize];
            let is_view = planned[item as usize] == State::View;
            let is_fixed = measured.item[part] == Some(item)
                && matches!(&input.wishes[part], Some(Wish::Fixed(it)) if is_view || it.materialization == Materialization::Inline);
            if is_fixed && could[item as usize].count() == 0 {
                could[item as usize] = measure::could(*input, part);
            }
            if is_fixed {
                roots.entry(item).or_default().push(node);
            }
        }
    }
    let changes = changes(measured, walls, &could, planned);
    let Judged { statements, too_complex: remaining } =
        again(*input, measured, &changed(*input, measured, &changes));
    let left: FxHashSet<NodeId> = remaining.iter().map(|one| one.node).collect();
    let change = |(item, state): (ItemId, State)| {
        let node = measured.node[item as usize];
        let Some(Wish::Fixed(Decision { materialization: from, .. })) = &input.wishes[node] else {
            return None;
        };
        let roots = roots.get(&item).map_or(&[][..], Vec::as_slice).iter().copied();
        let (eases, mends) = roots.partition(|root| left.contains(root));
        let to = materialization_of(state);
        Some(Change { node, from: from.clone(), to, asked: asked(*input, node), mends, eases })
    };
    let changes: Vec<Change> = changes.into_iter().filter_map(change).collect();
    let ephemeral_auto = changes.iter().any(|change| is_ephemeral(*input, change.node))
        && again(*input, measured, &loose(*input)).too_complex.is_empty();
    Proposal { changes, remaining, statements, ephemeral_auto }
}

/// What the solver would change.
fn changes(
    measured: &Measured,
    walls: &Budgets,
    could: &[States],
    planned: &[State],
) -> Vec<(ItemId, State)> {
    if could.iter().all(|states| states.count() == 0) {
        return Vec::new();
    }
    let problem = Problem { budgets: *walls, ..measured.problem.clone() };
    solve::propose(&problem, could, planned)
}

/// The authors' wishes with the changes made.
fn changed(input: Input<'_>, measured: &Measured, changes: &[(ItemId, State)]) -> Wishes {
    let mut wishes = input.wishes.clone();
    for (item, state) in changes {
        let decision = Decision::fixed(materialization_of(*state), reason("proposed", "proposed", "提案"));
        wishes[measured.node[*item as usize]] = Some(Wish::Fixed(decision));
    }
    wishes
}

/// The authors' wishes with all `ephemeral` parts left to buhin.
fn loose(input: Input<'_>) -> Wishes {
    let mut wishes = input.wishes.clone();
    for (id, _) in input.wishes.iter().filter(|(id, _)| is_ephemeral(input, *id)) {
        wishes[id] = Some(Wish::Auto { table: table(input.project, input.collected, input.graph, id) });
    }
    wishes
}

/// True for a part that `ephemeral: auto` of `buhin.yml` would let loose.
fn is_ephemeral(input: Input<'_>, id: NodeId) -> bool {
    let inline =
        matches!(&input.wishes[id], Some(Wish::Fixed(it)) if it.materialization == Materialization::Inline);
    let config = input.collected.nodes[id].as_ref().map(|it| &it.config);
    inline
        && config.is_some_and(|it| it.materialized() == Some("ephemeral"))
        && asked(input, id) != Asked::Meta
}

/// Plans and measures with these wishes.
fn again(input: Input<'_>, measured: &Measured, wishes: &Wishes) -> Judged {
    let input = Input { wishes, ..input };
    Scales::new(input, &decide(input), measured).judge()
}

fn asked(input: Input<'_>, id: NodeId) -> Asked {
    let node = input.project.node(id);
    let Some(collected) = &input.collected.nodes[id] else { return Asked::Properties };
    let meta = collected.config.get("meta").and_then(|meta| meta.get("buhin"));
    if meta.and_then(|buhin| buhin.get("materialized")).is_some() {
        return Asked::Meta;
    }
    if node.package != input.project.root().name {
        return Asked::Package;
    }
    match collected.inline_config.materialized() {
        Some(word) => Asked::Text(place(input.project, node, word)),
        None => Asked::Properties,
    }
}
