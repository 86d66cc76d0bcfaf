//! Column lineage: what every column of a statement is made of, and what decides its rows.
//!
//! [`analyse`] takes a text and a [`Catalog`] and gives a [`StatementLineage`] for each statement: relations,
//! columns, and edges between columns one step apart. [`Trace`] puts the steps together, down to tables. What can't
//! be told is an [`Unknown`] with a [`Reason`], never a guess; a column that can't exist is a [`Problem`].

mod analyse;
mod catalog;
mod errors;
mod export;
mod kind;
mod model;
mod names;
mod opaque;
mod place;
mod repair;
mod script;
mod trace;

/// What functions do, by their names; for other readers of SQL trees.
pub(crate) mod functions {
    pub(crate) use super::analyse::function::{
        is_date_part, is_last_resort, is_pseudo_column, is_session_user, is_window_only, kind_of,
        makes_values, takes_date_part,
    };
}

pub use analyse::Options;
pub use catalog::{Catalog, CatalogColumn, CatalogColumns};
pub use errors::{diagnostics, problems};
pub use export::{answer_case, dialect_of, edges_of, schema_of, statement_json};
pub use kind::{Kind, Role};
pub use model::{
    Column, ColumnId, Comparison, Edge, From, Literal, Opaque, Problem, Reason, Relation, RelationId,
    RelationKind, ShapeEdge, StatementKind, StatementLineage, Unknown, UnknownId, Use,
};
pub use names::{Names, Sym};
pub use script::analyse;
pub use trace::{Origin, Trace};
