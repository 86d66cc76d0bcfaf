//! Which parts may become temporary tables: those that only the script or run reads in which they are made.

use super::wish::Wish;
use super::{Input, Materialization};
use crate::project::{NodeId, NodeKind, NodeMap};

/// By part, whether all that reads it is made with it and stores what it reads; `None` where the project doesn't want
/// temporary tables, or the warehouse has none that a session could read as often as it likes.
///
/// A part that is left to buhin may be inlined, so that its readers read what it reads. That no view reads a temporary
/// table is the solver's matter.
pub(super) fn may_be_temp(input: Input<'_>) -> Option<NodeMap<bool>> {
    let Input { project, graph, wishes, .. } = input;
    let wanted = project.settings.temp.as_deref() == Some("auto");
    if !wanted || !project.target.dialect.has_session_tables() {
        return None;
    }
    let mut among_us = NodeMap::new(vec![true; project.nodes.len()]);
    // Readers first.
    for id in graph.order.iter().rev().copied() {
        let stays = |reader: &NodeId| {
            let node = project.node(*reader);
            match node.kind {
                // A run makes the temporary parts that its tests read.
                NodeKind::Test | NodeKind::UnitTest | NodeKind::Snapshot => true,
                NodeKind::Model if node.is_python => false,
                NodeKind::Model => match &wishes[*reader] {
                    Some(Wish::Fixed(decision)) => match decision.materialization {
                        Materialization::Table | Materialization::Incremental | Materialization::Temp => true,
                        Materialization::Inline => among_us[*reader],
                        _ => false,
                    },
                    Some(Wish::Auto { table }) => table.is_some() || among_us[*reader],
                    None => true,
                },
                _ => false,
            }
        };
        let all = graph.children[id].iter().filter(|reader| graph.enabled[**reader]).all(stays);
        among_us[id] = all;
    }
    Some(among_us)
}
