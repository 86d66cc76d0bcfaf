//! What the analysis of one statement gives: relations, their columns, and edges between columns.
//!
//! Columns of inner relations (CTEs, subqueries, joins) are columns like those of tables, and an edge joins a
//! column to what it is made of one step below. So memory is linear in what is written; [`super::Trace`] follows
//! the steps down to tables where somebody asks.

use std::ops::Range;
use std::sync::Arc;

use super::kind::{Kind, Role};
use super::names::{Names, Sym};

/// A relation of one [`StatementLineage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationId(pub(crate) u32);

/// A column of one [`StatementLineage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub(crate) u32);

/// Something of one [`StatementLineage`] that could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownId(pub(crate) u32);

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RelationKind {
    /// A table or view outside of the statement: where a trace ends.
    Table,
    /// A function in `from`, such as `read_csv` or `generate_series`.
    Function,
    /// A CTE.
    Cte,
    /// A view whose text the catalog has.
    View,
    /// A subquery, or a branch of a set operation.
    Select,
    /// `union`, `except`, `intersect`.
    SetOperation,
    /// `values`.
    Values,
    /// The merged columns of `join … using` and `natural join`.
    Join,
    /// The same rows under other names: `as t (a, b)`.
    Alias,
    /// An array or object as rows: `unnest`, `flatten`, `lateral view`.
    Unnest,
    /// `pivot`.
    Pivot,
    /// `unpivot`.
    Unpivot,
    /// `match_recognize`.
    MatchRecognize,
    /// What an `insert`, `update` or `merge` writes.
    Write,
}

impl RelationKind {
    /// The name that JSON has.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Function => "function",
            Self::Cte => "cte",
            Self::View => "view",
            Self::Select => "select",
            Self::SetOperation => "set_operation",
            Self::Values => "values",
            Self::Join => "join",
            Self::Alias => "alias",
            Self::Unnest => "unnest",
            Self::Pivot => "pivot",
            Self::Unpivot => "unpivot",
            Self::MatchRecognize => "match_recognize",
            Self::Write => "write",
        }
    }
}

/// A table, CTE, subquery or anything else that has columns.
#[derive(Clone, Debug)]
pub struct Relation {
    /// What it is.
    pub kind: RelationKind,
    /// Its name as written, in parts; empty if it has none.
    pub name: Vec<Sym>,
    /// Its columns in order. A table has those that the statement reads; a column named `*` stands for columns
    /// that are not known.
    pub columns: Vec<ColumnId>,
    /// Columns that were looked up through a `*`.
    pub found: Vec<ColumnId>,
    /// The relations it reads, in `from` and in subqueries.
    pub inputs: Vec<RelationId>,
    /// What decides its rows.
    pub shape: Vec<ShapeEdge>,
    /// True if it may have columns that are not known.
    pub is_open: bool,
    /// For a table: its place in the catalog, as [`super::Catalog::add_parts`] gave it.
    pub table: Option<u32>,
}

/// A column of a relation.
#[derive(Clone, Debug)]
pub struct Column {
    /// Whose column it is.
    pub relation: RelationId,
    /// The name as written; `*` for columns that are not known.
    pub name: Sym,
    /// The name as the dialect compares it.
    pub(crate) key: Sym,
    /// True for `*`: any number of columns that are not known.
    pub is_star: bool,
    /// True if the author gave no name: how the warehouse names it differs from one to the next.
    pub is_unnamed: bool,
    /// The strongest of what its own expression does.
    pub kind: Kind,
    /// Its value edges in [`StatementLineage::edges`].
    pub(crate) edges: Range<u32>,
    /// Its expression, in bytes of the text.
    pub span: Option<Range<u32>>,
    /// Its type, where it follows.
    pub data_type: Option<Arc<str>>,
    /// Whether it may be null, where that follows.
    pub nullable: Option<bool>,
}

/// Where an edge begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum From {
    /// A column one step below.
    Column(ColumnId),
    /// Something that could not be told.
    Unknown(UnknownId),
}

/// A value that flows into a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it comes from.
    pub from: From,
    /// What happens to it in this step.
    pub kind: Kind,
    /// The fields that are taken of it: `b.c` of `a.b.c`.
    pub path: Option<Sym>,
}

/// A column that decides the rows of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeEdge {
    /// The column.
    pub from: From,
    /// How it decides.
    pub role: Role,
}

/// Why something could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Several relations have a column of this name.
    Ambiguous,
    /// Several relations may have it: their columns are not known.
    OpenRelations,
    /// A star over relations whose columns are not known.
    OpenStar,
    /// No relation has it, and all columns are known: see [`Problem`].
    NoSuchColumn,
    /// No relation of this name stands in `from`.
    NoSuchRelation,
    /// A construct that this analysis does not follow.
    NotFollowed,
}

impl Reason {
    /// The name that JSON has.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::OpenRelations => "open_relations",
            Self::OpenStar => "open_star",
            Self::NoSuchColumn => "no_such_column",
            Self::NoSuchRelation => "no_such_relation",
            Self::NotFollowed => "not_followed",
        }
    }
}

/// Something that could not be told, and why.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// The name as written.
    pub name: Sym,
    /// Why.
    pub reason: Reason,
    /// Where it stands, in bytes of the text.
    pub span: Option<Range<u32>>,
}

/// A mistake of the author: a name that can't exist.
#[derive(Clone, Debug)]
pub struct Problem {
    /// [`Reason::NoSuchColumn`], [`Reason::NoSuchRelation`] or [`Reason::Ambiguous`].
    pub reason: Reason,
    /// The name as written, with its qualifier.
    pub name: String,
    /// The relations that were asked, by the names that the author gave them.
    pub relations: Vec<String>,
    /// The name there that is most like it, if one is.
    pub near: Option<String>,
    /// The first of the names that exist there.
    pub candidates: Vec<String>,
    /// Where it stands, in bytes of the text.
    pub span: Option<Range<u32>>,
}

/// A value as SQL or YAML writes it out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Literal {
    /// A number, with its sign, as written.
    Number(Box<str>),
    /// Text, without its quotes.
    Text(Box<str>),
    /// A truth value.
    Bool(bool),
}

/// A column that is held against a literal for being equal: `status = 3`, `in (3)`, `<>`, `case status when 3`.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The column as it is read there.
    pub column: ColumnId,
    /// The literal.
    pub literal: Literal,
    /// Where the literal stands, in bytes of the text.
    pub span: Range<u32>,
}

/// A name as it stands in the text, and a column that it means there; only noted where [`super::Options`] asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The column. A name that means several at once, as in `using`, is noted once for each.
    pub column: ColumnId,
    /// The column's name, in bytes of the text.
    pub span: Range<u32>,
    /// True if the name is that of a row, and the column one of it.
    pub is_row: bool,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatementKind {
    /// It only reads.
    Query,
    /// `create table … as`, `select … into`.
    CreateTable,
    /// `create view … as`.
    CreateView,
    /// `insert`.
    Insert,
    /// `update`.
    Update,
    /// `merge`.
    Merge,
    /// `delete`.
    Delete,
    /// Anything else.
    Other,
}

impl StatementKind {
    /// The name that JSON has.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::CreateTable => "create_table",
            Self::CreateView => "create_view",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Merge => "merge",
            Self::Delete => "delete",
            Self::Other => "other",
        }
    }
}

/// A statement that could not be followed; what it reads is told from its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// Why, in lower case.
    pub reason: String,
    /// Where it was no longer understood, in bytes of the text.
    pub span: Option<Range<u32>>,
}

/// The lineage of one statement.
#[derive(Clone, Debug)]
pub struct StatementLineage {
    /// What the statement does.
    pub kind: StatementKind,
    /// The relation it writes, by the parts of its name.
    pub target: Option<Vec<Sym>>,
    /// The relation it gives or writes; its columns are the statement's outputs.
    pub output: Option<RelationId>,
    /// All relations, inner ones before those that read them (but for recursive CTEs).
    pub relations: Vec<Relation>,
    /// All columns.
    pub columns: Vec<Column>,
    /// All value edges; those of one column stand together.
    pub edges: Vec<Edge>,
    /// What could not be told.
    pub unknowns: Vec<Unknown>,
    /// Names that can't exist.
    pub problems: Vec<Problem>,
    /// Columns that are compared with literals.
    pub comparisons: Vec<Comparison>,
    /// Where columns are named, in the order in which they were met, if that was asked for.
    pub uses: Vec<Use>,
    /// Set if the statement could not be followed at all.
    pub opaque: Option<Opaque>,
    pub(crate) names: Names,
}

impl StatementLineage {
    /// The text of a name.
    pub fn text(&self, sym: Sym) -> &str {
        self.names.text(sym)
    }

    /// A relation's name as written, with dots between its parts.
    pub fn name_of(&self, id: RelationId) -> String {
        self.dotted(&self.relation(id).name)
    }

    /// The parts of a name with dots between them.
    pub fn dotted(&self, parts: &[Sym]) -> String {
        parts.iter().map(|part| self.text(*part)).collect::<Vec<_>>().join(".")
    }

    /// One relation.
    pub fn relation(&self, id: RelationId) -> &Relation {
        &self.relations[id.0 as usize]
    }

    /// One column.
    pub fn column(&self, id: ColumnId) -> &Column {
        &self.columns[id.0 as usize]
    }

    /// A column's name as the dialect compares it.
    pub fn key(&self, id: ColumnId) -> Sym {
        self.column(id).key
    }

    /// One thing that could not be told.
    pub fn unknown(&self, id: UnknownId) -> &Unknown {
        &self.unknowns[id.0 as usize]
    }

    /// A column's value edges, one step down.
    pub fn value_edges(&self, id: ColumnId) -> &[Edge] {
        let range = &self.column(id).edges;
        &self.edges[range.start as usize..range.end as usize]
    }

    /// The statement's output columns.
    pub fn outputs(&self) -> &[ColumnId] {
        self.output.map_or(&[], |id| &self.relation(id).columns)
    }

    /// The relations outside of the statement that it reads, in order.
    pub fn tables(&self) -> impl Iterator<Item = RelationId> + '_ {
        let ids = (0..self.relations.len() as u32).map(RelationId);
        ids.filter(|id| self.relation(*id).kind == RelationKind::Table)
    }

    /// The CTEs, subqueries and other relations inside the statement that have a name, in order.
    pub fn inner(&self) -> impl Iterator<Item = RelationId> + '_ {
        let ids = (0..self.relations.len() as u32).map(RelationId);
        ids.filter(|id| {
            let relation = self.relation(*id);
            !matches!(relation.kind, RelationKind::Table | RelationKind::Function)
                && !relation.name.is_empty()
        })
    }
}
