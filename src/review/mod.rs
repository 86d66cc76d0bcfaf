//! Review: compiled SQL held against what people have approved, and a project against what it was.
//!
//! Approvals are files of the project, one for each part; reading and writing them is the command line's work. [`changes`]
//! takes two compiled states of a project and gives a [`Verdict`] for each part that differs: `canon` has the forms
//! that show two queries to be the same, `impact` who reads what differs.

mod approval;
mod aspects;
mod canon;
mod change;
mod compare;
mod hunk;
mod impact;
pub mod prove;
mod query;
mod side;
mod template;
mod verdict;
mod warehouse;

pub use approval::{Approval, Form, file_stem};
pub use aspects::{Aspects, ConfigChange, DOCS_CONFIGS};
pub use canon::{ColumnChange, ColumnKind, Differences, Outside, RowsKind, Tables};
pub use change::{Change, Presence, changes, concerned};
pub use compare::{Input, Item, Standing, compare};
pub use hunk::{Hunk, Line, Side as LineSide, hunks};
pub use impact::{Impact, Touched};
pub use side::{Recorded, Side};
pub use verdict::{Verdict, Written, verdict};
pub use warehouse::Consequences;
