//! SQL as text and tree: dialects, names and quoting, tokens with byte spans, parsing, splicing by span.

mod dialect;
mod names;
mod relation;
mod token;

pub use dialect::Dialect;
pub use names::{fold, needs_quotes, unquote, without_terminator};
pub use relation::{Relation, RelationKind};
pub use token::{Token, TokenKind, Tokens, tokens};
