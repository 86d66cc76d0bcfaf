//! SQL as text and tree: dialects, names and quoting, tokens with byte spans, parsing, splicing by span.

mod dialect;
mod relation;

pub use dialect::Dialect;
pub use relation::{Relation, RelationKind};
