//! A project as one side of a comparison: its parts by name, and their columns.

use rustc_hash::FxHashMap;

use super::canon::{Outside, Tables};
use crate::emit::Context;
use crate::flow::Flow;
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::render::cte_name;
use crate::sql::{Dialect, fold, unquote};
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
}

/// What names in SQL mean on a side.
pub(super) struct Names<'a> {
    side: Side<'a>,
    by_name: FxHashMap<Vec<String>, NodeId>,
    /// For parts that are called otherwise on the other side, what both are called here.
    keys: FxHashMap<String, String>,
    /// For parts that are put in where they are read.
    put_in: NodeMap<bool>,
}

impl<'a> Names<'a> {
    pub(super) fn new(side: Side<'a>, keys: FxHashMap<String, String>) -> Self {
        let Context { project, collected, .. } = side.context;
        let dialect = project.target.dialect;
        let mut by_name = FxHashMap::default();
        for (id, node) in project.nodes() {
            let is_read =
                matches!(node.kind, NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot | NodeKind::Source);
            let Some(relation) =
                collected.nodes[id].as_ref().filter(|_| is_read).and_then(|it| it.relation.as_ref())
            else {
                continue;
            };
            by_name.insert(relation.parts().map(|part| compared(dialect, &part)).collect(), id);
            if let Some(identifier) = &relation.identifier {
                by_name.insert(vec![compared(dialect, &cte_name(identifier))], id);
            }
        }
        let put_in = NodeMap::new(project.nodes.iter().map(|_| false).collect());
        Self { side, by_name, keys, put_in }
    }

    /// Lets these parts be read as if they stood in their readers.
    pub(super) fn put_in(&mut self, ids: impl IntoIterator<Item = NodeId>) {
        for id in ids {
            self.put_in[id] = true;
        }
    }

    /// What a node is called on both sides.
    fn key(&self, id: NodeId) -> String {
        let own = &self.side.context.project.node(id).unique_id;
        self.keys.get(own).unwrap_or(own).clone()
    }
}

/// A part of a name as SQL has it, as the warehouse compares it.
fn compared(dialect: Dialect, part: &str) -> String {
    let bare = unquote(part);
    let quoted = part.starts_with(['"', '`', '[']);
    match dialect {
        Dialect::BigQuery | Dialect::MySql | Dialect::MariaDb => bare.into_owned(),
        _ => fold(dialect, &bare, quoted),
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
        Outside { key: self.key(id), columns, query: rendered.map(|it| it.sql.as_str().into()) }
    }
}
