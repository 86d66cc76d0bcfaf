//! What is shown of a project's lineage: some columns, and the arrows that lead to them or away.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::flow::{Codes, ColumnRef, Direction, End, Flow, Follow, Input, Step, Walk};
use crate::project::{NodeId, NodeKind, Project};
use crate::render::Rendered;
use crate::source::Origin;

/// Which ways to go from a column, and how far.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// To what it is made of.
    pub upstream: bool,
    /// To what is made of it.
    pub downstream: bool,
    /// At most so many steps.
    pub depth: usize,
    /// By which edges.
    pub follow: Follow,
}

/// A column and all that was reached from it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where it began.
    pub start: ColumnRef,
    /// The steps up, in the order of a tree's lines.
    pub upstream: Vec<Step>,
    /// The steps down.
    pub downstream: Vec<Step>,
}

/// What is shown.
pub struct Picture<'a> {
    /// The project.
    pub project: &'a Project,
    /// The SQL that places count in.
    pub rendered: &'a Rendered,
    /// All lineage.
    pub lineage: &'a Flow,
    /// What codes mean.
    pub codes: Codes<'a>,
    /// The columns that were asked for, with what was reached.
    pub found: Vec<Found>,
}

/// One end of an arrow, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The node's id, or the relation's name for what is no node; empty for what is not known.
    pub relation: String,
    /// The relation's name for people.
    pub name: String,
    /// The column.
    pub column: String,
    /// What it is: `model`, `source` …, `outside`, or `unknown`.
    pub what: &'static str,
}

/// The same, borrowed.
pub(super) struct PointRef<'a> {
    pub(super) relation: &'a str,
    pub(super) name: Cow<'a, str>,
    pub(super) column: &'a str,
    pub(super) what: &'static str,
}

/// A step as an arrow from what is read to what is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// What is read.
    pub from: Point,
    /// What is made of it.
    pub to: Point,
    /// `value` or `shape`.
    pub class: &'static str,
    /// The kind of the value edge, or the role of the shape edge.
    pub kind: &'static str,
}

/// The ways from columns, made ready once; for those who look at many columns one by one.
pub struct Walks<'l> {
    up: Option<Walk<'l>>,
    down: Option<Walk<'l>>,
    depth: usize,
}

impl<'l> Walks<'l> {
    /// The ways that `reach` names.
    pub fn new(lineage: &'l Flow, reach: Reach) -> Self {
        let up = reach.upstream.then(|| Walk::new(lineage, Direction::Upstream, reach.follow));
        let down = reach.downstream.then(|| Walk::new(lineage, Direction::Downstream, reach.follow));
        Self { up, down, depth: reach.depth }
    }

    /// What is reached from one column.
    pub fn from(&self, start: ColumnRef) -> Found {
        let steps = |walk: &Option<Walk<'_>>| {
            walk.as_ref().map(|walk| walk.from(start, self.depth)).unwrap_or_default()
        };
        Found { start, upstream: steps(&self.up), downstream: steps(&self.down) }
    }
}

impl<'a> Picture<'a> {
    /// Goes from each column as far as `reach` says.
    pub fn new(input: Input<'a>, lineage: &'a Flow, starts: &[ColumnRef], reach: Reach) -> Self {
        let walks = Walks::new(lineage, reach);
        let found = starts.iter().map(|start| walks.from(*start)).collect();
        let Input { project, rendered, .. } = input;
        Self { project, rendered, lineage, codes: Codes::new(input, lineage), found }
    }

    /// The arrows, each once, sorted.
    pub fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = BTreeSet::new();
        for found in &self.found {
            for (steps, is_up) in [(&found.upstream, true), (&found.downstream, false)] {
                for step in steps {
                    let left = self.point(step.left.node, End::Column(step.left));
                    let to = self.point(step.left.node, step.to);
                    let (from, to) = if is_up { (to, left) } else { (left, to) };
                    let (class, kind) = class(step);
                    arrows.insert(Arrow { from, to, class, kind });
                }
            }
        }
        arrows.into_iter().collect()
    }

    /// An end of an edge of `reader`.
    pub fn point(&self, reader: NodeId, end: End) -> Point {
        let PointRef { relation, name, column, what } = self.look(reader, end);
        Point { relation: relation.to_owned(), name: name.into_owned(), column: column.to_owned(), what }
    }

    pub(super) fn look(&self, reader: NodeId, end: End) -> PointRef<'a> {
        match end {
            End::Column(at) => {
                let node = self.project.node(at.node);
                let column = self.lineage.column(at).map_or("", |it| &it.name);
                let name = shown_name(self.project, at.node);
                PointRef { relation: &node.unique_id, name, column, what: node.kind.resource_type() }
            }
            End::Outside(at) => {
                let outside = &self.lineage.outside[at as usize];
                let relation = &*outside.relation;
                PointRef { relation, name: relation.into(), column: &outside.column, what: "outside" }
            }
            End::Gap(at) => {
                let gap = self.lineage.nodes[reader].as_ref().and_then(|node| node.gaps.get(at as usize));
                let column = gap.map_or("", |gap| &gap.name);
                let name = gap.map_or("unknown", |gap| gap.reason.name()).into();
                PointRef { relation: "", name, column, what: "unknown" }
            }
        }
    }

    /// A column's expression as rendered.
    pub(super) fn text(&self, at: ColumnRef) -> Option<&'a str> {
        let range = self.lineage.column(at)?.span.clone()?;
        self.rendered.nodes[at.node].as_ref()?.sql.get(range.start as usize..range.end as usize)
    }

    /// Where a column's expression stands in the author's file, and its text as rendered.
    pub fn expression(&self, at: ColumnRef) -> Option<(Origin, &'a str)> {
        let range = self.lineage.column(at)?.span.clone()?;
        let rendered = self.rendered.nodes[at.node].as_ref()?;
        let range = range.start as usize..range.end as usize;
        Some((rendered.source_map.origin(range.clone())?, rendered.sql.get(range)?))
    }
}

/// `value` with its kind, or `shape` with its role.
pub fn class(step: &Step) -> (&'static str, &'static str) {
    match (step.kind, step.role) {
        (_, Some(role)) => ("shape", role.name()),
        (kind, None) => ("value", kind.map_or("identity", crate::lineage::Kind::name)),
    }
}

/// A node's name as people say it: `orders`, `raw.orders` for a source.
pub fn name_of(project: &Project, id: NodeId) -> String {
    shown_name(project, id).into_owned()
}

pub(super) fn shown_name(project: &Project, id: NodeId) -> Cow<'_, str> {
    let node = project.node(id);
    match (&node.source_name, node.kind) {
        (Some(source), NodeKind::Source) => format!("{source}.{}", node.name).into(),
        _ => node.name.as_str().into(),
    }
}
