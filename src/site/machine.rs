//! Lineage of the whole project for programs.

use super::Site;
use crate::flow::export::{Picture, Reach, column_json, facet};
use crate::flow::{ColumnRef, Follow};
use crate::project::NodeId;

/// Columns that are looked at together, so that a large project's are never in memory all at once.
const TOGETHER: usize = 10_000;

/// A line a column, with what its values are made of, one step up. What decides rows is said once a relation, in
/// [`openlineage`].
pub(super) fn lineage(site: &Site<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for starts in starts(site).chunks(TOGETHER) {
        let picture = picture(site, starts);
        for found in &picture.found {
            out.extend(sonic_rs::to_vec(&column_json(&picture, found)).unwrap_or_default());
            out.push(b'\n');
        }
    }
    out
}

/// A line a relation.
pub(super) fn openlineage(site: &Site<'_>) -> Vec<u8> {
    let target = &site.input.project.target;
    let namespace = format!("{}://{}", target.adapter, target.name);
    let picture = picture(site, &[]);
    let mut out = Vec::new();
    for id in &site.entities.nodes {
        if let Some(facet) = facet(&picture, site.input.collected, *id, &namespace) {
            out.extend(sonic_rs::to_vec(&facet).unwrap_or_default());
            out.push(b'\n');
        }
    }
    out
}

fn picture<'a>(site: &Site<'a>, starts: &[ColumnRef]) -> Picture<'a> {
    let input = site.input;
    let reach = Reach { upstream: true, downstream: false, depth: 1, follow: Follow::Value };
    Picture::new(input.read, input.flow, starts, reach)
}

/// The columns of all entities that lineage knows.
fn starts(site: &Site<'_>) -> Vec<ColumnRef> {
    let columns = |id: &NodeId| {
        let id = *id;
        let count = site.input.flow.nodes[id].as_ref().map_or(0, |node| node.columns.len()) as u32;
        (0..count).map(move |column| ColumnRef { node: id, column })
    };
    site.entities.nodes.iter().flat_map(columns).collect()
}
