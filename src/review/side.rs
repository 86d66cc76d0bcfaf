//! A project as one side of a comparison: its parts by name, and their columns.

use rustc_hash::FxHashMap;

use super::aspects::Aspects;
use super::canon::{Outside, Tables};
use crate::emit::Context;
use crate::flow::Flow;
use crate::plan::Decision;
use crate::project::{NodeId, NodeMap};
use crate::render::cte_name;
use crate::sql::{Relation, compared};
use crate::world::World;

/// One side of a comparison of projects.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The project, its graph, plan and SQL before inlining.
    pub context: Context<'a>,
    /// Its columns.
    pub flow: &'a Flow,
    /// The SQL of incremental parts once their tables are there.
    pub added_to: &'a NodeMap<Option<String>>,
    /// True if what macros asked was answered by a warehouse, now or recorded.
    pub is_answered: bool,
    /// Where the bytes of its seeds are.
    pub world: &'a dyn World,
    /// For an old side that was not compiled but read from a manifest, what that tells besides.
    pub recorded: Option<&'a dyn Recorded>,
}

/// What a manifest tells of its nodes besides their SQL; `was` is a node of it, `is` one of the project now.
pub trait Recorded {
    /// What differs between the two nodes besides their SQL.
    fn aspects(&self, was: NodeId, is: NodeId) -> Aspects;

    /// True if both are a seed of the same rows.
    fn has_same_rows(&self, was: NodeId, is: NodeId) -> bool;

    /// True if both are a generic test of the same arguments, and the macros that it calls are what they were.
    fn is_declared_same(&self, was: NodeId, is: NodeId) -> bool;

    /// What the manifest calls a relation.
    fn former(&self, id: NodeId) -> Option<&Relation>;

    /// True if `ref()`, `source()` and their like are dbt's own.
    fn has_plain_refs(&self) -> bool;
}

impl<'a> Side<'a> {
    /// The author's text of a node, if it has any.
    pub fn raw(&self, id: NodeId) -> Option<&'a str> {
        let project = self.context.project;
        let node = project.node(id);
        Some(project.files.text(node.body.or(node.is_python.then_some(node.span))?))
    }

    /// A node's SQL before inlining, if it could be made.
    pub fn sql(&self, id: NodeId) -> Option<&'a str> {
        self.context.rendered.nodes[id].as_ref().map(|it| it.sql.as_str())
    }

    /// What a node is in the warehouse, if anything.
    pub fn relation(&self, id: NodeId) -> Option<&'a Relation> {
        if let Some(recorded) = self.recorded {
            return recorded.former(id);
        }
        self.context.collected.nodes[id].as_ref()?.relation.as_ref()
    }

    /// What a node becomes, if it is built.
    pub(super) fn decision(&self, id: NodeId) -> Option<&'a Decision> {
        self.context.plan.decisions[id].as_ref()
    }
}

/// What names in SQL mean on a side.
pub(super) struct Names<'a> {
    side: Side<'a>,
    by_name: FxHashMap<Vec<String>, NodeId>,
    /// For parts that are called otherwise on the other side, what both are called here.
    keys: FxHashMap<String, String>,
    /// Columns that the other side calls otherwise, and what it calls them.
    former: FxHashMap<NodeId, Vec<(String, String)>>,
    /// For parts that are put in where they are read.
    put_in: NodeMap<bool>,
}

impl<'a> Names<'a> {
    pub(super) fn new(side: Side<'a>, keys: FxHashMap<String, String>) -> Self {
        let Context { project, collected, .. } = side.context;
        let dialect = project.target.dialect;
        let mut by_name = FxHashMap::default();
        for (id, node) in project.nodes() {
            let is_read = node.kind.is_relation();
            let Some(relation) =
                collected.nodes[id].as_ref().filter(|_| is_read).and_then(|it| it.relation.as_ref())
            else {
                continue;
            };
            by_name.insert(relation.parts().map(|part| compared(dialect, &part)).collect(), id);
            if let Some(identifier) = &relation.identifier {
                by_name.insert(vec![compared(dialect, &cte_name(identifier))], id);
            }
            if let Some(former) = side.recorded.and_then(|recorded| recorded.former(id)) {
                let name = former.parts().map(|part| compared(dialect, &part)).collect();
                by_name.entry(name).or_insert(id);
            }
        }
        let put_in = NodeMap::new(project.nodes.iter().map(|_| false).collect());
        Self { side, by_name, keys, former: FxHashMap::default(), put_in }
    }

    /// Lets these parts be read as if they stood in their readers.
    pub(super) fn put_in(&mut self, ids: impl IntoIterator<Item = NodeId>) {
        for id in ids {
            self.put_in[id] = true;
        }
    }

    /// Lets columns of a node, by pairs of a name here and one of the other side, be known by the latter.
    pub(super) fn rename(&mut self, id: NodeId, columns: Vec<(String, String)>) {
        if !columns.is_empty() {
            self.former.insert(id, columns);
        }
    }

    /// Of some nodes those with columns that the other side calls otherwise.
    pub(super) fn renamed<'n>(&self, among: &'n [NodeId]) -> Vec<&'n NodeId> {
        among.iter().filter(|id| self.former.contains_key(id)).collect()
    }

    /// What a node is called on both sides.
    pub(super) fn key(&self, id: NodeId) -> String {
        let own = &self.side.context.project.node(id).unique_id;
        self.keys.get(own).unwrap_or(own).clone()
    }
}

/// The same, where columns are known by their own names alone.
pub(super) struct OwnNames<'n, 'a>(pub(super) &'n Names<'a>);

impl Tables for OwnNames<'_, '_> {
    fn table(&self, name: &[String]) -> Outside {
        Outside { former: Vec::new(), ..self.0.table(name) }
    }
}

impl Tables for Names<'_> {
    fn table(&self, name: &[String]) -> Outside {
        let Some(id) = self.by_name.get(name).copied() else {
            return Outside { key: name.join("."), ..Outside::default() };
        };
        let columns = self.side.flow.nodes[id].as_ref().filter(|node| !node.is_open).and_then(|node| {
            let own = node.columns.iter().filter(|column| !column.is_found);
            let names: Vec<String> = own.map(|column| column.name.to_string()).collect();
            let is_whole =
                !names.is_empty() && node.columns.iter().all(|column| !column.is_star && !column.is_unnamed);
            is_whole.then_some(names)
        });
        let rendered = self.side.context.rendered.nodes[id].as_ref().filter(|_| self.put_in[id]);
        let former = self.former.get(&id).cloned().unwrap_or_default();
        Outside { key: self.key(id), columns, former, query: rendered.map(|it| it.sql.as_str().into()) }
    }
}
