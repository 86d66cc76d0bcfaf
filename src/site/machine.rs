//! Lineage of the whole project for programs.

use std::io;

use super::{Site, pieces};
use crate::flow::export::{Datasets, Picture, Reach, Walks, column_line, facet_line};
use crate::flow::{ColumnRef, Follow};

/// What a column is made of, one step up.
const REACH: Reach = Reach { upstream: true, downstream: false, depth: 1, follow: Follow::Value };

/// A line a column, with what its values are made of, one step up. What decides rows is said once a relation, in
/// [`openlineage`].
pub(super) fn lineage(site: &Site<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let (flow, picture) = (site.input.flow, picture(site));
    let walks = Walks::new(flow, REACH);
    pieces::in_order(site.entities.len(), out, |n, piece| {
        let node = site.entities.id(n);
        let count = flow.nodes[node].as_ref().map_or(0, |node| node.columns.len()) as u32;
        for column in 0..count {
            column_line(&picture, &walks.from(ColumnRef { node, column }), piece);
        }
    })
}

/// A line a relation.
pub(super) fn openlineage(site: &Site<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let picture = picture(site);
    let datasets = Datasets::of(site.input.project, site.input.collected);
    pieces::in_order(site.entities.len(), out, |n, piece| {
        facet_line(&picture, &datasets, site.entities.id(n), piece);
    })
}

/// A picture of nothing yet; columns are looked at one by one.
fn picture<'a>(site: &Site<'a>) -> Picture<'a> {
    Picture::new(site.input.read, site.input.flow, &[], REACH)
}
