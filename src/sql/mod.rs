//! SQL as text and tree: dialects, names and quoting, tokens with byte spans, parsing, splicing by span.

mod check;
mod dialect;
mod errors;
mod names;
pub mod outline;
mod parse;
mod relation;
mod select_names;
mod stand_ins;
mod token;
mod words;

pub use check::check;
pub use dialect::Dialect;
pub use names::{compared, fitting, fold, is_word, needs_quotes, shorten, unquote, without_terminator};
pub use outline::{Outline, outline};
pub use parse::{Parsed, SyntaxError, parse, parse_items};
pub use relation::{Relation, RelationKind};
pub use select_names::select_names;
pub use stand_ins::StandIns;
pub use token::{Token, TokenKind, Tokens, tokens};
pub use words::Words;
