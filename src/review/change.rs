//! What differs between two states of a project, part by part.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::impact::{Impact, Reach};
use super::side::{Names, Side};
use super::template;
use super::verdict::{Verdict, Written, same_words, verdict};
use crate::emit::Context;
use crate::plan::Materialization;
use crate::project::{Node, NodeId, NodeKind, NodeMap};

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

/// A config that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigChange {
    /// Its key.
    pub key: String,
    /// Its value before; null if it was not set.
    pub old: Value,
    /// Its value now.
    pub new: Value,
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
    /// What it becomes, if that differs: before and now.
    pub becomes: Option<(String, String)>,
    /// Where it is in the warehouse, if that differs: before and now.
    pub place: Option<(String, String)>,
    /// Configs that differ.
    pub config: Vec<ConfigChange>,
    /// What of its documentation differs: `description`, `meta`, a column's name.
    pub docs: Vec<String>,
    /// What follows for what is in the warehouse already, in sentences.
    pub consequences: Vec<String>,
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

/// Configs that say how a node is found or told of, not what it is.
const DOCS: &[&str] = &["meta", "tags", "docs", "group", "description"];

/// All nodes that differ, by their place in the new project, removed ones last.
pub fn changes(old: Side<'_>, new: Side<'_>) -> Vec<Change> {
    let (before, after) = (by_id(old), by_id(new));
    let renamed = renamed(old, new, &before, &after);
    let keys: FxHashMap<String, String> =
        renamed.iter().map(|(now, was)| (now.clone(), was.clone())).collect();
    let mut changes = Vec::new();
    let names = (Names::new(old, FxHashMap::default()), Names::new(new, keys));
    for (id, node) in enabled(new) {
        let former = renamed.get(&node.unique_id).unwrap_or(&node.unique_id);
        let own = before.get(former).copied();
        let mut change = match own {
            None => Change::new(node, Presence::Added, None, Some(id)),
            Some(old_id) => {
                let presence = if *former == node.unique_id {
                    Presence::Both
                } else {
                    Presence::Renamed { from: old.context.project.node(old_id).name.clone() }
                };
                Change::new(node, presence, Some(old_id), Some(id))
            }
        };
        if let Some(old_id) = own {
            change.compare(old, new, (old_id, id), &names);
            if change.headline() == "unchanged" {
                continue;
            }
        }
        changes.push(change);
    }
    let was_renamed: FxHashSet<&String> = renamed.values().collect();
    for (id, node) in enabled(old) {
        if !after.contains_key(&node.unique_id) && !was_renamed.contains(&node.unique_id) {
            changes.push(Change::new(node, Presence::Removed, Some(id), None));
        }
    }
    put_in(&mut changes, old, new, names);
    for change in &mut changes {
        change.consequences(old, new);
    }
    let reach = Reach::new(old, new);
    for change in &mut changes {
        change.impact = reach.of(change);
    }
    changes
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
    let sql = |side: Side<'_>, id: NodeId| {
        let text = side.context.rendered.nodes[id].as_ref().map(|it| it.sql.trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let is_part = |node: &Node| matches!(node.kind, NodeKind::Model | NodeKind::Snapshot);
    let mut gone: FxHashMap<String, Vec<NodeId>> = FxHashMap::default();
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
            becomes: None,
            place: None,
            config: Vec::new(),
            docs: Vec::new(),
            consequences: Vec::new(),
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
        let (before, after) = (old.context.project.node(was), new.context.project.node(is));
        self.verdict = compare_sql(old, new, (was, is), names);
        let decided = |side: Side<'_>, id: NodeId| {
            side.context.plan.decisions[id].as_ref().map(|it| it.shown().to_owned())
        };
        self.becomes = decided(old, was).zip(decided(new, is)).filter(|(was, is)| was != is);
        let place = |side: Side<'_>, id: NodeId| {
            side.context.collected.nodes[id]
                .as_ref()
                .and_then(|it| it.relation.as_ref())
                .map(crate::sql::Relation::render)
        };
        let has_place =
            matches!(self.kind, NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot | NodeKind::Source);
        self.place = place(old, was).zip(place(new, is)).filter(|(was, is)| has_place && was != is);
        let config = |side: Side<'_>, id: NodeId| {
            side.context.collected.nodes[id].as_ref().map(|it| it.config.clone())
        };
        if let (Some(was), Some(is)) = (config(old, was), config(new, is))
            && was.values != is.values
        {
            let mut keys: Vec<&String> = was.values.keys().chain(is.values.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let at =
                    |values: &serde_json::Map<String, Value>| values.get(key).cloned().unwrap_or(Value::Null);
                let (old, new) = (at(&was.values), at(&is.values));
                if old == new {
                    continue;
                }
                if DOCS.contains(&key.as_str()) {
                    self.docs.push(key.clone());
                } else {
                    self.config.push(ConfigChange { key: key.clone(), old, new });
                }
            }
        }
        if before.description != after.description {
            self.docs.push("description".to_owned());
        }
        let described = |node: &Node, name: &str| {
            node.columns.values().find(|it| it.name == name).map(|it| {
                (
                    it.description.clone(),
                    it.meta.clone(),
                    it.tags.clone(),
                    it.data_type.clone(),
                    it.constraints.clone(),
                )
            })
        };
        let mut columns: Vec<&String> =
            before.columns.values().chain(after.columns.values()).map(|column| &column.name).collect();
        columns.sort();
        columns.dedup();
        self.docs.extend(
            columns
                .into_iter()
                .filter(|name| described(before, name) != described(after, name))
                .map(|name| format!("column {name}")),
        );
        let is_told_by_properties = !matches!(
            self.kind,
            NodeKind::Model
                | NodeKind::Seed
                | NodeKind::Snapshot
                | NodeKind::Source
                | NodeKind::Test
                | NodeKind::Analysis
        );
        if is_told_by_properties && before.properties != after.properties {
            self.docs.push("properties".to_owned());
        }
    }

    fn consequences(&mut self, old: Side<'_>, new: Side<'_>) {
        let kind = |side: Side<'_>, id: Option<NodeId>| {
            id.and_then(|id| side.context.plan.decisions[id].as_ref()).map(|it| it.materialization.clone())
        };
        let (was, is) = (kind(old, self.old), kind(new, self.new));
        let relation = |side: Side<'_>, id: Option<NodeId>| {
            id.and_then(|id| {
                side.context.collected.nodes[id].as_ref()?.relation.as_ref().map(crate::sql::Relation::render)
            })
        };
        let is_stored = |kind: &Option<Materialization>| {
            !matches!(kind, None | Some(Materialization::Inline | Materialization::Temp))
        };
        let keeps = |kind: &Option<Materialization>| {
            matches!(kind, Some(Materialization::Incremental | Materialization::Snapshot))
        };
        match self.presence {
            Presence::Added => {}
            Presence::Removed => {
                if let Some(relation) = relation(old, self.old).filter(|_| is_stored(&was)) {
                    self.consequences
                        .push(format!("{relation} stays in the warehouse as it is until somebody drops it"));
                }
            }
            Presence::Both | Presence::Renamed { .. } => {
                if let Some((from, to)) = self.place.as_ref().filter(|_| is_stored(&was)) {
                    self.consequences.push(format!(
                        "{from} stays as it is until somebody drops it; from now on {to} is written"
                    ));
                    if keeps(&was) {
                        self.consequences
                            .push("what the old table has gathered does not move to the new one".to_owned());
                    }
                }
                if was != is && is_stored(&was) && !is_stored(&is) {
                    let relation = relation(old, self.old).unwrap_or_default();
                    self.consequences
                        .push(format!("{relation} is written no more and grows old until somebody drops it"));
                } else if was != is && is_stored(&was) {
                    let words = |kind: &Option<Materialization>| match kind {
                        Some(Materialization::Incremental) => "incremental table".to_owned(),
                        Some(Materialization::MaterializedView) => "materialized view".to_owned(),
                        other => other.as_ref().map_or("", Materialization::name).to_owned(),
                    };
                    self.consequences.push(format!("the {} is replaced by a {}", words(&was), words(&is)));
                }
                if was != is && keeps(&was) {
                    self.consequences.push(
                        "rows that only the old table has, since its sources no longer do, are lost"
                            .to_owned(),
                    );
                }
                let is_other = !self.verdict.is_same() || !self.config.is_empty();
                if was == is && is_other && matches!(is, Some(Materialization::Incremental)) {
                    self.consequences.push(
                        "rows that are there already stay as they are; `--full-refresh` builds them anew"
                            .to_owned(),
                    );
                }
                if was == is && is_other && matches!(is, Some(Materialization::Snapshot)) {
                    self.consequences.push(
                        "versions of rows that are there already stay as they are, and can't be built anew"
                            .to_owned(),
                    );
                }
            }
        }
    }
}

fn compare_sql(
    old: Side<'_>,
    new: Side<'_>,
    (was, is): (NodeId, NodeId),
    names: &(Names<'_>, Names<'_>),
) -> Verdict {
    let (before, after) = (old.context.project.node(was), new.context.project.node(is));
    if after.kind == NodeKind::Seed {
        let bytes = |side: Side<'_>, node: &Node| side.world.read(&node.path).ok();
        let same = bytes(old, before) == bytes(new, after);
        return if same { Verdict::Unchanged } else { Verdict::Opaque("the seed's rows differ".to_owned()) };
    }
    if after.is_python {
        let same = raw_text(old, was) == raw_text(new, is);
        return if same { Verdict::Unchanged } else { Verdict::Opaque("it is written in Python".to_owned()) };
    }
    let (rendered, now) = (&old.context.rendered.nodes[was], &new.context.rendered.nodes[is]);
    match (rendered, now) {
        (Some(rendered), Some(now)) => {
            let dialect = new.context.project.target.dialect;
            let written = Written { sql: &rendered.sql, tables: &names.0 };
            let found = verdict(dialect, written, Written { sql: &now.sql, tables: &names.1 });
            let added = old.added_to[was].as_deref().zip(new.added_to[is].as_deref());
            let added = added.map(|(was, is)| {
                verdict(
                    dialect,
                    Written { sql: was, tables: &names.0 },
                    Written { sql: is, tables: &names.1 },
                )
            });
            let covers_both = added.is_some();
            let found = match added {
                Some(later) if later.gravity() > found.gravity() => later,
                _ => found,
            };
            if !found.is_same() {
                return found;
            }
            let (was, is) = (raw_text(old, was).unwrap_or_default(), raw_text(new, is).unwrap_or_default());
            // Nothing hides where the templates are the same words.
            if same_words(dialect, &template::as_sql(&was), &template::as_sql(&is)) {
                let is_touched = found == Verdict::Unchanged && was != is;
                return if is_touched { Verdict::Cosmetic } else { found };
            }
            let asks = |node: &crate::render::RenderedNode, side: Side<'_>| node.queries && !side.is_answered;
            if was != is && (asks(rendered, old) || asks(now, new)) {
                return Verdict::Opaque("its macros ask the warehouse, and nobody answered".to_owned());
            }
            match template::compare(&was, &is, covers_both) {
                template::Template::Comments if found == Verdict::Unchanged => Verdict::Cosmetic,
                template::Template::Same | template::Template::Comments => found,
                template::Template::Hidden => Verdict::Opaque(
                    "its template differs where this target does not show what comes of it".to_owned(),
                ),
            }
        }
        (None, None) if raw_text(old, was) == raw_text(new, is) => Verdict::Unchanged,
        (None, None) => Verdict::Opaque("it has no SQL on either side".to_owned()),
        (None, _) => Verdict::Opaque("before, it could not be compiled".to_owned()),
        (_, None) => Verdict::Opaque("it can't be compiled".to_owned()),
    }
}

/// The author's text of a node, if it has any.
pub fn raw_text(side: Side<'_>, id: NodeId) -> Option<String> {
    let project = side.context.project;
    let body = project.node(id).body?;
    Some(project.files.get(body.file).text[body.start as usize..body.end as usize].to_owned())
}

/// Parts that differ, or are on one side only, are read as if they stood in their readers: a query that was split into
/// parts is what it was.
fn put_in(changes: &mut [Change], old: Side<'_>, new: Side<'_>, names: (Names<'_>, Names<'_>)) {
    let is_query = |side: Side<'_>, id: NodeId| {
        side.context.project.node(id).kind == NodeKind::Model
            && side.context.plan.decisions[id].as_ref().is_some_and(|it| {
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
        if !with.is_empty() && compare_sql(old, new, (was, is), &names) == Verdict::Equivalent {
            change.verdict = Verdict::Equivalent;
            change.with = with;
        }
    }
}
