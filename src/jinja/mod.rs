//! Python's Jinja on minijinja: what the render stage speaks, knowing nothing of dbt.
//!
//! minijinja gives the lexer, the parser, [`Value`], [`Object`] and [`State`]; its tree is lowered to a small
//! code of our own and run here, because operators, scopes, methods and printing have to be Python's, because
//! every call has to know its place, and because macros of many packages share one render.
//!
//! How it is used:
//! 1. [`scan`] finds the blocks of a file: macros, tests, materializations, snapshots, docs.
//! 2. [`Engine::new`] takes all macros as [`MacroDef`]s; each is compiled when it is first called.
//! 3. [`Engine::namespace`] says which macros a node sees under which names.
//! 4. [`Engine::compile`] makes a [`Template`] of a part's text, to be rendered as often as one likes.
//! 5. A [`Session`] is one render: it holds a context [`Value`], the caller's own typed state (through
//!    [`Session::state`]) and gives [`Rendered`] text with its source map, or a macro's value.
//!
//! Functions written in Rust are [`Object`]s or `Value::from_function`s that take `&mut State`. From a state they
//! can ask [`call_site`], [`frames`], [`lookup`], and reach their own extension. They fail with a
//! [`Diagnostic`](crate::diagnostic::Diagnostic) by `Err(diagnostic.into())`, or with a plain
//! [`minijinja::Error`]; the place and the trace are filled in where they are missing.
//!
//! Objects in Rust that are not containers have to say so by `ObjectRepr::Plain`: minijinja takes one with the
//! default `repr` for an empty mapping, which is false and prints as `{}`.
//!
//! A name is looked up in the template's own variables, then among the macros of the [`Namespace`], then in the
//! context, then among the engine's globals (`range`, `dict`, `namespace`, `return`, …).

mod call;
mod calls;
mod code;
mod convert;
mod decimal;
mod engine;
mod errors;
mod eval;
mod exec;
mod filters;
mod format;
mod globals;
mod here;
mod json;
mod lex;
mod literal;
mod lower;
mod marks;
mod methods;
mod namespace;
mod number;
mod ops;
mod output;
mod predicates;
mod run;
mod scan;
mod session;
mod text;
mod value;
mod written;

pub use minijinja::value::{Kwargs, Object, Tuple};
pub use minijinja::{Error, State, Value};

pub use calls::{StaticCall, static_calls};
pub use convert::{from_json, parse_json, to_json};
pub use decimal::decimal_value;
pub use engine::{Engine, MacroDef, MacroId, Template};
pub use here::{call_macro, call_site, called_macros, frames, lookup, macro_value, namespace_of};
pub use json::dumps;
pub use marks::{Mark, marks};
pub use namespace::Namespace;
pub use ops::truthy;
pub use scan::{Block, BlockKind, scan};
pub use session::{Limits, Rendered, Scene, Session};
pub use text::{is_repr, repr, str_of};
pub use value::{Dict, List};
pub use written::{is_plain, written_arguments};

#[cfg(test)]
mod tests;
