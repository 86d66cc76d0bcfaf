//! Renaming parts and columns: which bytes of which files have to change, and whether that is all that changes.
//!
//! [`part`] and [`column()`] read a compiled project and give edits, or the places that keep them from being sure. The
//! edited project is compiled in memory by whoever asked, and [`check`] holds it against the one before: only a rename
//! that leaves everything else as it was is believed.

mod approvals;
mod check;
mod column;
mod edits;
mod errors;
mod files;
mod part;
mod refs;
mod words;

pub use approvals::{Approvals, approvals, plan_change};
pub use check::{Compiled, Names, check};
pub use column::{ColumnInput, ColumnNames, ColumnOptions, ColumnRenaming, ColumnSide, check_column, column};
pub use edits::{Edits, FileChange, overlay, patch};
pub use errors::{bad_name, nothing_to_rename, partly_checked};
pub use part::{PartOptions, part};

use crate::diagnostic::Diagnostic;
use crate::emit::Context;
use crate::world::World;

/// The project as it is.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Its graph, plan and SQL.
    pub context: Context<'a>,
    /// Its files.
    pub world: &'a dyn World,
}

/// What has to be done.
#[derive(Clone, Debug, Default)]
pub struct Renaming {
    /// What changes in the author's files.
    pub edits: Edits,
    /// What does not, and why the author should know.
    pub notes: Vec<Diagnostic>,
}
