//! Review: what compiled SQL is, held against what people have approved.
//!
//! Approvals are files of the project, one for each part; reading and writing them is the command line's work.

mod approval;
mod compare;
mod hunk;

pub use approval::{Approval, Form, file_stem};
pub use compare::{Input, Item, Standing, compare};
pub use hunk::{Hunk, Line, Side, hunks};
