//! From a spec to a set of nodes, with the tests that come along.

use super::method::{Facts, Test};
use super::node_set::NodeSet;
use super::spec::{Criterion, Group, How, Method, Spec};
use super::{IndirectSelection, SelectionArgs, advice, errors};
use crate::diagnostic::{Diagnostic, Staged};
use crate::graph::Graph;
use crate::project::{NodeId, NodeKind, Project};
use crate::render::Collected;

/// Selects, and says what matched nothing.
pub(super) fn evaluate(
    project: &Project,
    collected: &Collected,
    graph: &Graph,
    args: &SelectionArgs<'_>,
    spec: &Spec,
) -> Staged<Vec<NodeId>> {
    let facts = Facts { project, collected, previous: args.previous };
    let mut evaluator = Evaluator { facts, graph, args, has_missed: false, diagnostics: Vec::new() };
    let chosen = evaluator.spec(spec).direct;
    let selected = evaluator.filtered(&chosen);
    let ordered: Vec<NodeId> = graph.order.iter().copied().filter(|id| selected.contains(*id)).collect();
    if ordered.is_empty() && !evaluator.has_missed && !project.nodes.is_empty() {
        let why = if chosen.is_empty() {
            "what is excluded takes all of it away"
        } else {
            "what is selected is of kinds that this command does not look at"
        };
        if !args.select.is_empty() || !args.exclude.is_empty() || args.selector.is_some() {
            evaluator.diagnostics.push(errors::nothing_left(why));
        }
    }
    Staged::new(ordered, evaluator.diagnostics)
}

/// A selection on its way.
struct Found {
    direct: NodeSet,
    /// Tests whose other nodes may still turn up.
    indirect: NodeSet,
}

struct Evaluator<'a> {
    facts: Facts<'a>,
    graph: &'a Graph,
    args: &'a SelectionArgs<'a>,
    /// A criterion has matched nothing.
    has_missed: bool,
    diagnostics: Vec<Diagnostic>,
}

impl Evaluator<'_> {
    fn spec(&mut self, spec: &Spec) -> Found {
        match spec {
            Spec::One(criterion) => self.criterion(criterion),
            Spec::Group(group) => self.group(group),
        }
    }

    fn group(&mut self, group: &Group) -> Found {
        let mut direct: Option<NodeSet> = None;
        let mut with_indirect: Option<NodeSet> = None;
        for part in &group.parts {
            let Found { direct: part_direct, indirect: mut part_all } = self.spec(part);
            part_all.extend(&part_direct);
            combine(&mut direct, part_direct, group.how);
            combine(&mut with_indirect, part_all, group.how);
        }
        let empty = || NodeSet::new(self.facts.project.nodes.len());
        let (direct, indirect) = (direct.unwrap_or_else(empty), with_indirect.unwrap_or_else(empty));
        let direct = self.incorporate(direct, &indirect, group.mode);
        if let Some(place) = group.expected.as_ref().filter(|_| direct.is_empty()) {
            self.has_missed = true;
            let warning = advice::nothing(self.facts, self.graph, group, place);
            self.diagnostics.extend(warning);
        }
        Found { direct, indirect }
    }

    fn criterion(&mut self, criterion: &Criterion) -> Found {
        let mut chosen = self.empty();
        if criterion.method == Method::Selector {
            for spec in &criterion.inherited {
                let direct = self.spec(spec).direct;
                chosen.extend(&self.filtered(&direct));
            }
        } else {
            let test = Test::new(self.facts, criterion);
            for (id, enabled) in self.graph.enabled.iter() {
                if *enabled && test.holds(id) {
                    chosen.insert(id);
                }
            }
        }
        let matched = chosen.clone();
        if criterion.childrens_parents {
            chosen.extend(&self.reach(&matched, &self.graph.children, usize::MAX));
            chosen.extend(&self.reach(&chosen, &self.graph.parents, usize::MAX));
        }
        if let Some(depth) = criterion.parents {
            chosen.extend(&self.reach(&matched, &self.graph.parents, depth));
        }
        if let Some(depth) = criterion.children {
            chosen.extend(&self.reach(&matched, &self.graph.children, depth));
        }
        // What a selector gives has its tests already, and those that it excludes must not come back.
        if criterion.method == Method::Selector || criterion.mode == IndirectSelection::Empty {
            return Found { direct: chosen, indirect: self.empty() };
        }
        self.with_tests(&chosen, criterion.mode)
    }

    /// Adds the tests of what is chosen, or keeps them for later.
    fn with_tests(&self, chosen: &NodeSet, mode: IndirectSelection) -> Found {
        let mut around = self.empty();
        if mode == IndirectSelection::Buildable {
            around.extend(chosen);
            around.extend(&self.reach(chosen, &self.graph.parents, usize::MAX));
            for (id, node) in self.facts.project.nodes() {
                if node.kind == NodeKind::Source {
                    around.insert(id);
                }
            }
        }
        let mut found = Found { direct: chosen.clone(), indirect: self.empty() };
        for id in chosen.iter().flat_map(|id| &self.graph.children[id]) {
            let kind = self.facts.project.node(*id).kind;
            if !matches!(kind, NodeKind::Test | NodeKind::UnitTest) {
                continue;
            }
            let is_in = match mode {
                IndirectSelection::Eager => true,
                IndirectSelection::Buildable => self.reads_only(*id, chosen) || self.reads_only(*id, &around),
                IndirectSelection::Cautious | IndirectSelection::Empty => self.reads_only(*id, chosen),
            };
            if is_in {
                found.direct.insert(*id);
            } else {
                found.indirect.insert(*id);
            }
        }
        found
    }

    /// Takes in the tests whose nodes have all turned up by now.
    fn incorporate(&self, direct: NodeSet, indirect: &NodeSet, mode: IndirectSelection) -> NodeSet {
        let mut around = direct.clone();
        match mode {
            IndirectSelection::Cautious => {}
            IndirectSelection::Buildable => {
                around.extend(&self.reach(&direct, &self.graph.parents, usize::MAX));
            }
            IndirectSelection::Eager | IndirectSelection::Empty => return direct,
        }
        let mut all = direct.clone();
        for id in indirect.iter().filter(|id| self.facts.project.node(*id).kind == NodeKind::Test) {
            // As in dbt, tests that came in this way count for those after them.
            if self.reads_only(id, &around) {
                all.insert(id);
            }
        }
        all
    }

    fn reads_only(&self, test: NodeId, nodes: &NodeSet) -> bool {
        self.graph.parents[test].iter().all(|parent| nodes.contains(*parent))
    }

    /// The nodes within so many steps, the start aside.
    fn reach(&self, from: &NodeSet, edges: &crate::project::NodeMap<Vec<NodeId>>, depth: usize) -> NodeSet {
        let mut reached = self.empty();
        let mut layer: Vec<NodeId> = from.iter().collect();
        let mut steps = 0;
        while !layer.is_empty() && steps < depth {
            let mut next = Vec::new();
            for id in layer.iter().flat_map(|id| &edges[*id]) {
                if self.graph.enabled[*id] && reached.insert(*id) {
                    next.push(*id);
                }
            }
            layer = next;
            steps += 1;
        }
        reached
    }

    fn filtered(&self, nodes: &NodeSet) -> NodeSet {
        let mut filtered = self.empty();
        for id in nodes.iter() {
            let kind = self.facts.project.node(id).kind;
            let wanted = match self.args.resource_types {
                [] => kind != NodeKind::Operation,
                kinds => kinds.contains(&kind),
            };
            if wanted {
                filtered.insert(id);
            }
        }
        filtered
    }

    fn empty(&self) -> NodeSet {
        NodeSet::new(self.facts.project.nodes.len())
    }
}

fn combine(so_far: &mut Option<NodeSet>, part: NodeSet, how: How) {
    match so_far {
        None => *so_far = Some(part),
        Some(so_far) => match how {
            How::Union => so_far.extend(&part),
            How::Intersection => so_far.intersect(&part),
            How::Difference => so_far.subtract(&part),
        },
    }
}
