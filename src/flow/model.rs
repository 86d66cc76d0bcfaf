//! What lineage through the graph gives: columns of nodes, and edges between them.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::lineage::{Kind, Literal, Reason, Role};
use crate::project::{NodeId, NodeMap};

/// A column of a node: its place in [`NodeColumns::columns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// Whose.
    pub node: NodeId,
    /// Which.
    pub column: u32,
}

/// The columns of a project, and what they are made of.
#[derive(Clone, Debug)]
pub struct Flow {
    /// By node; `None` for what has no columns, is disabled or broken.
    pub nodes: NodeMap<Option<NodeColumns>>,
    /// Columns of relations and functions that the project does not know, each once.
    pub outside: Vec<Outside>,
}

/// What is known of one node's columns.
#[derive(Clone, Debug, Default)]
pub struct NodeColumns {
    /// Its columns in order; those that only readers name stand at the end.
    pub columns: Vec<NodeColumn>,
    /// True if it may have more columns than these.
    pub is_open: bool,
    /// What decides its rows.
    pub shape: Vec<ShapeEnd>,
    /// What could not be told.
    pub gaps: Vec<Gap>,
    /// Columns of other nodes that are compared with literals.
    pub comparisons: Vec<Compared>,
    /// Why the statement could not be followed at all, if so.
    pub opaque: Option<String>,
    /// The columns' names as the dialect compares them.
    pub(super) keys: Vec<Box<str>>,
    /// Columns by those names.
    pub(super) index: FxHashMap<Box<str>, u32>,
}

/// One column.
#[derive(Clone, Debug)]
pub struct NodeColumn {
    /// The name as written; `*` for any number of columns that are not known.
    pub name: Box<str>,
    /// True for `*`.
    pub is_star: bool,
    /// True if the author gave no name.
    pub is_unnamed: bool,
    /// True if it is only known because a reader names it.
    pub is_found: bool,
    /// The strongest of what happens between the relations that are read and here.
    pub kind: Kind,
    /// What its values are made of, one node down.
    pub edges: Vec<FlowEdge>,
    /// Its expression, in bytes of the node's rendered SQL.
    pub span: Option<Range<u32>>,
    /// Its type, where it follows.
    pub data_type: Option<Arc<str>>,
    /// Whether it may be null, where that follows.
    pub nullable: Option<bool>,
}

/// Where an edge begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// A column of a node.
    Column(ColumnRef),
    /// A place in [`Flow::outside`].
    Outside(u32),
    /// A place in the reader's [`NodeColumns::gaps`].
    Gap(u32),
}

/// A value that flows into a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowEdge {
    /// Where it comes from.
    pub from: End,
    /// What happens to it in this node.
    pub kind: Kind,
    /// The fields that are taken of it.
    pub path: Option<Box<str>>,
}

/// A column that decides the rows of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeEnd {
    /// How.
    pub role: Role,
    /// Which.
    pub from: End,
}

/// A column of a relation that is no node, or of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outside {
    /// The relation as written.
    pub relation: Box<str>,
    /// The column.
    pub column: Box<str>,
}

/// A value that is held against a literal for being equal.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The columns that the value comes from, as it is.
    pub columns: Vec<ColumnRef>,
    /// The literal.
    pub literal: Literal,
    /// Where the literal stands, in bytes of the node's rendered SQL.
    pub span: Range<u32>,
}

/// Something that could not be told.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The name as written.
    pub name: Box<str>,
    /// Why.
    pub reason: GapReason,
    /// Where it stands, in bytes of the node's rendered SQL.
    pub span: Option<Range<u32>>,
}

/// Why something could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GapReason {
    /// The statement itself does not tell.
    Statement(Reason),
    /// What is read could not be followed, as SQL or since it is Python.
    Opaque,
}

impl GapReason {
    /// The name that JSON has.
    pub fn name(self) -> &'static str {
        match self {
            Self::Statement(reason) => reason.name(),
            Self::Opaque => "opaque",
        }
    }
}

impl NodeColumns {
    /// A column's name as the dialect compares it; empty if there is no such place.
    pub fn key(&self, place: u32) -> &str {
        self.keys.get(place as usize).map_or("", |key| key)
    }

    /// The place of a column, by its name as the dialect compares it.
    pub fn place(&self, key: &str) -> Option<u32> {
        self.index.get(key).copied()
    }
}

impl Flow {
    /// One column's data.
    pub fn column(&self, at: ColumnRef) -> Option<&NodeColumn> {
        self.nodes[at.node].as_ref()?.columns.get(at.column as usize)
    }

    /// How many columns there are, how many edges between them, and how many of those lead nowhere.
    pub fn counts(&self) -> (usize, usize, usize) {
        let mut counts = (0, 0, 0);
        for (_, node) in self.nodes.iter() {
            for column in node.iter().flat_map(|node| &node.columns) {
                counts.0 += usize::from(!column.is_star);
                counts.1 += column.edges.len();
                counts.2 += column.edges.iter().filter(|edge| matches!(edge.from, End::Gap(_))).count();
            }
        }
        counts
    }
}
