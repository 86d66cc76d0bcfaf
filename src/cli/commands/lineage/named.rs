//! What a user means by `orders`, `orders.total`, `raw.orders.total`.

use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::flow::export::name_of;
use crate::flow::{ColumnRef, Flow};
use crate::project::{Node, NodeId};
use crate::sql::{fold, unquote};

/// A node, and one of its columns if one was named.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) node: NodeId,
    column: Option<String>,
}

/// Reads `PART`, `PART.COLUMN`, `SOURCE.TABLE`, `SOURCE.TABLE.COLUMN`; a part's version follows its name: `orders.v2`.
pub(super) fn named(resolved: &Resolved<'_>, text: &str) -> Result<Named, Diagnostic> {
    if let Some(node) = node_of(resolved, text) {
        return Ok(Named { node, column: None });
    }
    let mut best = text;
    if let Some((head, column)) = text.rsplit_once('.') {
        if let Some(node) = node_of(resolved, head) {
            return Ok(Named { node, column: Some(column.to_owned()) });
        }
        best = head;
    }
    let nodes = resolved.project.nodes().filter(|(_, node)| node.kind.has_columns());
    let names: Vec<String> = nodes.map(|(id, _)| name_of(resolved.project, id)).collect();
    let found = Diagnostic::error(
        Code::NOTHING_SELECTED,
        format!("no part, seed, snapshot or source is named `{best}`"),
    );
    Err(match suggest::closest(best, names.iter().map(String::as_str)) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found.help("`buhin ls` lists the names of all"),
    })
}

fn node_of(resolved: &Resolved<'_>, name: &str) -> Option<NodeId> {
    let enabled = |id: &NodeId| resolved.graph.enabled[*id];
    let nodes = || resolved.project.nodes().filter(|(id, node)| node.kind.has_columns() && enabled(id));
    let versioned = |id: NodeId| {
        let node = resolved.project.node(id);
        node.version.as_ref().map(|version| format!("{}.v{version}", node.name))
    };
    let exact = nodes().find(|(id, node)| node.unique_id == name || name_of(resolved.project, *id) == name);
    // A versioned part's plain name is its latest version.
    match exact {
        Some((_, node)) if node.version.is_some() && node.unique_id != name => {
            let family: Vec<(NodeId, &Node)> =
                nodes().filter(|(_, other)| other.name == node.name && other.kind == node.kind).collect();
            let latest = family.iter().find(|(_, other)| other.version == other.latest_version);
            latest.or(family.last()).map(|(id, _)| *id)
        }
        Some((id, _)) => Some(id),
        None => nodes().map(|(id, _)| id).find(|id| versioned(*id).is_some_and(|it| it == name)),
    }
}

impl Named {
    /// The column that was named, or all of the node's.
    pub(super) fn columns(
        &self,
        resolved: &Resolved<'_>,
        lineage: &Flow,
    ) -> Result<Vec<ColumnRef>, Diagnostic> {
        let node = lineage.nodes[self.node].as_ref();
        let count = node.map_or(0, |node| node.columns.len()) as u32;
        let Some(name) = &self.column else {
            return Ok((0..count).map(|column| ColumnRef { node: self.node, column }).collect());
        };
        let dialect = resolved.project.target.dialect;
        let inner = unquote(name);
        let place = node.and_then(|node| {
            // As SQL would read it, else as it is shown.
            let key = fold(dialect, &inner, inner.len() != name.len());
            let shown = || node.columns.iter().position(|column| *column.name == *inner).map(|at| at as u32);
            node.place(&key).or_else(shown)
        });
        if let Some(column) = place {
            return Ok(vec![ColumnRef { node: self.node, column }]);
        }
        let part = name_of(resolved.project, self.node);
        let is_open = node.is_none_or(|node| node.is_open);
        let why = if is_open { "is not known to have" } else { "has no" };
        let found = Diagnostic::error(Code::UNKNOWN_COLUMN, format!("`{part}` {why} column `{name}`"));
        let names = node.into_iter().flat_map(|node| &node.columns).map(|column| &*column.name);
        Err(match suggest::closest(name, names) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None if is_open => {
                found.help("its columns are not all known: `--catalog target/catalog.json` names them")
            }
            None => found.help(format!("`buhin lineage {part}` shows its columns")),
        })
    }
}
