//! Lineage as JSON: whole statements, and the short form of one case a line.

mod cases;
mod json;
mod schema;

pub use cases::{answer_case, edges_of};
pub use json::statement_json;
pub use schema::{dialect_of, schema_of};
