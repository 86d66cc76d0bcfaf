//! The first rows of a node, for people to look at.

use super::failure;
use super::value::Table;
use super::warehouse::Session;
use crate::diagnostic::Diagnostic;
use crate::emit::{Compiled, ddl};
use crate::project::{NodeId, NodeKind, Project};
use crate::render::Collected;

/// At most `limit` rows of what a node's SQL gives, or of the table that a seed or snapshot made.
///
/// `None` for a node without rows or whose SQL could not be made; an error is the database's.
pub fn rows(
    project: &Project,
    collected: &Collected,
    compiled: Option<&Compiled>,
    id: NodeId,
    limit: Option<usize>,
    session: &mut dyn Session,
) -> Result<Option<Table>, Diagnostic> {
    let node = project.node(id);
    let relation = collected.nodes[id].as_ref().and_then(|node| node.relation.as_ref());
    let query = match (node.kind, relation, compiled) {
        (NodeKind::Seed | NodeKind::Snapshot, Some(relation), _) => {
            format!("select * from {}", relation.render())
        }
        (_, _, Some(compiled)) => ddl::strip_terminator(project.target.dialect, &compiled.sql).into_owned(),
        _ => return Ok(None),
    };
    // One row more than asked for tells whether there are more; a comment in the last line can't swallow the end.
    let sql = match limit {
        Some(limit) => format!("select * from (\n{query}\n) as shown limit {}", limit + 1),
        None => query,
    };
    match session.query(&sql, limit) {
        Ok(table) => Ok(Some(table)),
        Err(error) => {
            let none = Compiled::default();
            Err(failure::statement(&project.files, node, compiled.unwrap_or(&none), &sql, &error))
        }
    }
}
