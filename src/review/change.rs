//! What differs between two states of a project, part by part.

use super::aspects::{Aspects, ConfigChange};
use super::impact::{Impact, Reach};
use super::query::{compare_sql, renamed_columns};
use super::side::{Names, OwnNames, Side};
use super::verdict::Verdict;
use super::warehouse::Consequences;
use crate::emit::Context;
use crate::plan::Materialization;
use crate::project::{Node, NodeId, NodeKind, NodeMap};
use rustc_hash::{FxHashMap, FxHashSet};

/// Whether a node is on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Both,
    /// Only on the new side.
    Added,
    /// Only on the old side.
    Removed,
    /// It is, under this name before.
    Renamed {
        /// Its former name.
        from: String,
    },
}

/// A node that differs.
#[derive(Clone, Debug)]
pub struct Change {
    /// dbt's unique id, of the new side if it is there.
    pub unique_id: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: NodeKind,
    /// On which sides it is.
    pub presence: Presence,
    /// The node on the old side.
    pub old: Option<NodeId>,
    /// The node on the new side.
    pub new: Option<NodeId>,
    /// What its SQL does otherwise.
    pub verdict: Verdict,
    /// The parts that were read as if they stood in it, so that the verdict could be given.
    pub with: Vec<String>,
    /// Parts whose columns have other names, which it reads by them.
    pub follows: Vec<String>,
    /// What it becomes, if that differs: before and now.
    pub becomes: Option<(String, String)>,
    /// Where it is in the warehouse, if that differs: before and now.
    pub place: Option<(String, String)>,
    /// Configs that differ.
    pub config: Vec<ConfigChange>,
    /// What of its documentation differs: `description`, `meta`, a column's name.
    pub docs: Vec<String>,
    /// What follows for what is in the warehouse already.
    pub warehouse: Consequences,
    /// Who reads what differs.
    pub impact: Impact,
}

impl Change {
    /// The verdict on all of it, in the words of the closed list, with `added`, `removed` and `renamed`.
    pub fn headline(&self) -> &'static str {
        match self.presence {
            Presence::Added => return "added",
            Presence::Removed => return "removed",
            Presence::Both | Presence::Renamed { .. } => {}
        }
        // Nobody reads the columns of a test: whether it finds rows is all that it tells.
        if self.kind == NodeKind::Test
            && matches!(self.presence, Presence::Renamed { .. })
            && self.verdict.only_renames()
        {
            return "renamed";
        }
        let is_config = self.becomes.is_some() || self.place.is_some() || !self.config.is_empty();
        match &self.verdict {
            Verdict::Opaque(_) | Verdict::Changed(_) => self.verdict.name(),
            _ if matches!(self.presence, Presence::Renamed { .. }) => "renamed",
            _ if is_config => "materialization or config",
            Verdict::Equivalent | Verdict::Cosmetic => self.verdict.name(),
            Verdict::Unchanged if !self.docs.is_empty() => "documentation only",
            Verdict::Unchanged => "unchanged",
        }
    }

    /// True if the rows or columns that readers get may be others.
    pub fn is_meaningful(&self) -> bool {
        !matches!(self.headline(), "unchanged" | "cosmetic" | "equivalent" | "documentation only")
    }
}

/// All nodes that differ, by their place in the new project, removed ones last.
pub fn changes(old: Side<'_>, new: Side<'_>) -> Vec<Change> {
    let (before, after) = (by_id(old), by_id(new));
    let renamed = renamed(old, new, &before, &after);
    let keys: FxHashMap<String, String> =
        renamed.iter().map(|(now, was)| (now.clone(), was.clone())).collect();
    let mut changes = Vec::new();
    let mut names = (Names::new(old, FxHashMap::default()), Names::new(new, keys));
    let mut tests: Vec<NodeId> = enabled(old)
        .filter(|(_, node)| node.kind == NodeKind::Test && !after.contains_key(&node.unique_id))
        .map(|(id, _)| id)
        .collect();
    let mut paired: FxHashSet<NodeId> = FxHashSet::default();
    for id in parents_first(new) {
        let node = new.context.project.node(id);
        let former = renamed.get(&node.unique_id).unwrap_or(&node.unique_id);
        let own = before.get(former).copied();
        let own = own.or_else(|| {
            let at = tests.iter().position(|was| is_same_test(old, new, (*was, id), &names))?;
            let was = tests.swap_remove(at);
            paired.insert(was);
            Some(was)
        });
        let mut change = match own {
            None => Change::new(node, Presence::Added, None, Some(id)),
            Some(old_id) => {
                let presence = if old.context.project.node(old_id).unique_id == node.unique_id {
                    Presence::Both
                } else {
                    Presence::Renamed { from: old.context.project.node(old_id).name.clone() }
                };
                Change::new(node, presence, Some(old_id), Some(id))
            }
        };
        if let Some(old_id) = own {
            // A part that is added to reads itself; what reads a renamed column may hand it on by a star.
            let is_added_to = new.added_to[id].is_some() && old.sql(old_id) != new.sql(id);
            let reads_renamed = !names.1.renamed(&new.context.graph.parents[id]).is_empty();
            if is_added_to || reads_renamed {
                let columns = renamed_columns(old, new, (old_id, id), (&names.0, &names.1));
                names.1.rename(id, columns);
            }
            change.compare(old, new, (old_id, id), &names);
            names.1.rename(id, change.verdict.renamed());
            if change.headline() == "unchanged" {
                continue;
            }
        }
        changes.push(change);
    }
    changes.sort_by_key(|change| change.new);
    let was_renamed: FxHashSet<&String> = renamed.values().collect();
    for (id, node) in enabled(old) {
        let is_here = after.contains_key(&node.unique_id) || was_renamed.contains(&node.unique_id);
        if !is_here && !paired.contains(&id) {
            changes.push(Change::new(node, Presence::Removed, Some(id), None));
        }
    }
    put_in(&mut changes, old, new, names);
    for change in &mut changes {
        change.warehouse = Consequences::of(change, old, new);
    }
    let reach = Reach::new(old, new);
    for change in &mut changes {
        change.impact = reach.of(change);
    }
    changes
}

/// True if both are one generic test, which is called otherwise since what it tests, or a column of that, is.
fn is_same_test(
    old: Side<'_>,
    new: Side<'_>,
    (was, is): (NodeId, NodeId),
    names: &(Names<'_>, Names<'_>),
) -> bool {
    let (before, after) = (old.context.project.node(was), new.context.project.node(is));
    let (Some(before), Some(after)) = (&before.test, &after.test) else { return false };
    let is_generic =
        !before.name.is_empty() && before.name == after.name && before.namespace == after.namespace;
    let attached = (before.attached.map(|id| names.0.key(id)), after.attached.map(|id| names.1.key(id)));
    let finds_the_same = || {
        let verdict = compare_sql(old, new, (was, is), (&names.0, &names.1));
        verdict.is_same() || verdict.only_renames()
    };
    is_generic && attached.0 == attached.1 && finds_the_same()
}

/// The enabled nodes, each behind those that it reads as far as there is such an order.
fn parents_first(side: Side<'_>) -> Vec<NodeId> {
    let mut all = side.context.graph.order.clone();
    let known: FxHashSet<NodeId> = all.iter().copied().collect();
    all.extend(enabled(side).map(|(id, _)| id).filter(|id| !known.contains(id)));
    all
}

fn by_id(side: Side<'_>) -> FxHashMap<String, NodeId> {
    enabled(side).map(|(id, node)| (node.unique_id.clone(), id)).collect()
}

/// The nodes of each side whose columns [`changes`] looks at, in order of id: what differs in its SQL or is on one side
/// only, what reads it, and what all of those read.
pub fn concerned(
    old: (Context<'_>, &NodeMap<Option<String>>),
    new: (Context<'_>, &NodeMap<Option<String>>),
) -> (Vec<NodeId>, Vec<NodeId>) {
    type Text<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);
    type Own<'a> = FxHashMap<&'a str, (NodeId, Text<'a>)>;
    fn texts<'a>((context, added_to): (Context<'a>, &'a NodeMap<Option<String>>)) -> Own<'a> {
        let of = |id: NodeId| {
            let rendered = context.rendered.nodes[id].as_ref().map(|it| it.sql.as_str());
            let raw = context.project.node(id).body.map(|body| context.project.files.text(body));
            (rendered, added_to[id].as_deref(), raw)
        };
        let nodes = context
            .project
            .nodes()
            .filter(|(id, node)| context.graph.enabled[*id] && node.kind.has_columns());
        nodes.map(|(id, node)| (node.unique_id.as_str(), (id, of(id)))).collect()
    }
    let (before, after) = (texts(old), texts(new));
    let differing = |own: &Own<'_>, other: &Own<'_>| -> Vec<String> {
        let differs =
            own.iter().filter(|(name, (_, text))| other.get(*name).is_none_or(|(_, there)| there != text));
        differs.map(|(name, _)| (*name).to_owned()).collect()
    };
    // A column that is gone is looked for in its readers on both sides.
    let mut names = differing(&before, &after);
    names.extend(differing(&after, &before));
    let around = |context: Context<'_>, own: &Own<'_>| {
        let start = names.iter().filter_map(|name| own.get(name.as_str())).map(|(id, _)| *id);
        let down = reached(start, &context.graph.children);
        let mut all: Vec<NodeId> = reached(down, &context.graph.parents).into_iter().collect();
        all.sort_unstable();
        all
    };
    (around(old.0, &before), around(new.0, &after))
}

/// Some nodes and all that can be reached from them.
fn reached(start: impl IntoIterator<Item = NodeId>, along: &NodeMap<Vec<NodeId>>) -> FxHashSet<NodeId> {
    let mut waiting: Vec<NodeId> = start.into_iter().collect();
    let mut all = FxHashSet::default();
    while let Some(id) = waiting.pop() {
        if all.insert(id) {
            waiting.extend(along[id].iter().copied());
        }
    }
    all
}

fn enabled(side: Side<'_>) -> impl Iterator<Item = (NodeId, &Node)> {
    side.context.project.nodes().filter(move |(id, _)| side.context.graph.enabled[*id])
}

/// Parts of which only the name differs: the new unique id and the old one.
fn renamed(
    old: Side<'_>,
    new: Side<'_>,
    before: &FxHashMap<String, NodeId>,
    after: &FxHashMap<String, NodeId>,
) -> FxHashMap<String, String> {
    fn sql(side: Side<'_>, id: NodeId) -> Option<&str> {
        side.sql(id).map(str::trim).filter(|text| !text.is_empty())
    }
    let is_part = |node: &Node| matches!(node.kind, NodeKind::Model | NodeKind::Snapshot);
    let mut gone: FxHashMap<&str, Vec<NodeId>> = FxHashMap::default();
    for (id, node) in enabled(old).filter(|(_, node)| is_part(node)) {
        if !after.contains_key(&node.unique_id)
            && let Some(sql) = sql(old, id)
        {
            gone.entry(sql).or_default().push(id);
        }
    }
    let mut pairs = FxHashMap::default();
    for (id, node) in enabled(new).filter(|(_, node)| is_part(node)) {
        if before.contains_key(&node.unique_id) {
            continue;
        }
        let Some(candidates) = sql(new, id).and_then(|sql| gone.get_mut(&sql)) else { continue };
        // Of several alike none is surely the one.
        if let [was] = candidates.as_slice() {
            pairs.insert(node.unique_id.clone(), old.context.project.node(*was).unique_id.clone());
            candidates.clear();
        }
    }
    pairs
}

impl Change {
    fn new(node: &Node, presence: Presence, old: Option<NodeId>, new: Option<NodeId>) -> Self {
        Self {
            unique_id: node.unique_id.clone(),
            name: node.name.clone(),
            kind: node.kind,
            presence,
            old,
            new,
            verdict: Verdict::Unchanged,
            with: Vec::new(),
            follows: Vec::new(),
            becomes: None,
            place: None,
            config: Vec::new(),
            docs: Vec::new(),
            warehouse: Consequences::default(),
            impact: Impact::default(),
        }
    }

    fn compare(
        &mut self,
        old: Side<'_>,
        new: Side<'_>,
        (was, is): (NodeId, NodeId),
        names: &(Names<'_>, Names<'_>),
    ) {
        self.verdict = compare_sql(old, new, (was, is), (&names.0, &names.1));
        let renamed = names.1.renamed(&new.context.graph.parents[is]);
        if !renamed.is_empty() && self.verdict != Verdict::Unchanged {
            let alone = compare_sql(old, new, (was, is), (&names.0, &OwnNames(&names.1)));
            if alone != self.verdict {
                let name = |id: &&NodeId| new.context.project.node(**id).name.clone();
                self.follows = renamed.iter().map(name).collect();
                // It is written otherwise, and means the same.
                if self.verdict == Verdict::Cosmetic {
                    self.verdict = Verdict::Equivalent;
                }
            }
        }
        let aspects = match old.recorded {
            Some(recorded) => recorded.aspects(was, is),
            None => Aspects::compiled(old, new, (was, is)),
        };
        let Aspects { becomes, place, config, docs } = aspects;
        (self.becomes, self.place, self.config, self.docs) = (becomes, place, config, docs);
    }
}

/// Parts that differ, or are on one side only, are read as if they stood in their readers: a query that was split into
/// parts is what it was.
fn put_in(changes: &mut [Change], old: Side<'_>, new: Side<'_>, names: (Names<'_>, Names<'_>)) {
    let is_query = |side: Side<'_>, id: NodeId| {
        side.context.project.node(id).kind == NodeKind::Model
            && side.decision(id).is_some_and(|it| {
                matches!(
                    it.materialization,
                    Materialization::Inline
                        | Materialization::View
                        | Materialization::Table
                        | Materialization::Temp
                )
            })
    };
    let differs = |change: &&Change| change.presence != Presence::Both || !change.verdict.is_same();
    let before: Vec<NodeId> =
        changes.iter().filter(differs).filter_map(|it| it.old).filter(|id| is_query(old, *id)).collect();
    let after: Vec<NodeId> =
        changes.iter().filter(differs).filter_map(|it| it.new).filter(|id| is_query(new, *id)).collect();
    let (mut old_names, mut new_names) = names;
    old_names.put_in(before.iter().copied());
    new_names.put_in(after.iter().copied());
    let names = (old_names, new_names);
    for change in changes.iter_mut() {
        let (Some(was), Some(is)) = (change.old, change.new) else { continue };
        if change.verdict.is_same() || change.kind == NodeKind::Seed {
            continue;
        }
        let reads = |side: Side<'_>, id: NodeId, among: &[NodeId]| -> Vec<String> {
            let parents = side.context.graph.parents[id].iter().filter(|parent| among.contains(parent));
            parents.map(|parent| side.context.project.node(*parent).name.clone()).collect()
        };
        let mut with = reads(old, was, &before);
        with.extend(reads(new, is, &after));
        with.sort();
        with.dedup();
        if !with.is_empty() && compare_sql(old, new, (was, is), (&names.0, &names.1)) == Verdict::Equivalent {
            change.verdict = Verdict::Equivalent;
            change.with = with;
        }
    }
}
