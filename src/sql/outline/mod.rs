//! The outline of a text: its queries, what each of them reads, and how big it is.
//!
//! It is read from tokens, so it is there for every dialect, for SQL that no parser knows, and at the speed of
//! tokens. It never fails: what it can't follow has less detail.

mod expression;
mod from;
mod keyword;
mod read;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::Dialect;

/// What a text is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Its queries; each reads only those before it. The last one is the text's own.
    pub queries: Vec<Query>,
    /// The names that expressions mention, as they stand in the text; see [`Expression::mentions`].
    pub mentions: Vec<Range<u32>>,
    /// How deep its brackets are nested.
    pub nesting: u64,
    /// The innermost of them.
    pub innermost: Range<u32>,
    /// Values in its longest list (`in (…)`).
    pub list: u64,
    /// That list, brackets included.
    pub longest: Range<u32>,
    /// True if `with recursive` stands in it.
    pub is_recursive: bool,
}

/// What a query is in its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// What the whole text gives.
    #[default]
    Main,
    /// A CTE.
    Cte,
    /// A query in brackets.
    Subquery,
}

/// One query: set operations included, CTEs and subqueries not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What it is in the text.
    pub role: Role,
    /// Its bytes, from its first word to its last.
    pub place: Range<u32>,
    /// A CTE's name.
    pub name: Option<Range<u32>>,
    /// Words, names, values and operators: about the nodes of its syntax tree.
    pub nodes: u64,
    /// Joins, groups, sorts, windows, `distinct`s and set operations.
    pub stages: u64,
    /// Branches of its set operation; 1 if it has none.
    pub branches: u64,
    /// What is joined with each other: a block for each branch, and one for each subquery in an expression.
    pub blocks: Vec<Vec<Table>>,
    /// True if it only filters, computes and joins, so that engines can merge it into its reader.
    pub mergeable: bool,
    /// Its columns, those of the first branch.
    pub columns: Vec<Column>,
    /// The largest of its other expressions.
    pub filter: Expression,
}

/// What stands where a table can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table {
    /// Another query of the text, by its place in [`Outline::queries`].
    Query(usize),
    /// A name, from its first to after its last byte.
    Named(Range<u32>),
    /// A function, values, a file; or a recursive CTE's reading of itself.
    Other,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// One expression, and its name where it has one.
    One {
        /// The name's bytes.
        name: Option<Range<u32>>,
        /// What it is made of.
        expression: Expression,
    },
    /// `*` or `t.*`.
    Star,
}

/// An expression by its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expression {
    /// Its own nodes.
    pub nodes: u64,
    /// The names that it mentions, repeats included: a range of [`Outline::mentions`]. Keywords may be among them.
    pub mentions: Range<u32>,
}

/// The outline of a text.
pub fn outline(dialect: Dialect, sql: &str) -> Outline {
    read::Reader::new(dialect, sql).read()
}
