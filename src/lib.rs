//! buhin: a SQL modularization compiler.
//!
//! The stages, in order: [`project`] loads, [`render`] renders, [`graph`] resolves, [`plan`] decides,
//! [`emit`] writes SQL, `run` builds. [`compile`] calls them one after the other.

pub mod compile;
#[cfg(feature = "deps")]
pub mod deps;
pub mod diagnostic;
pub mod emit;
pub mod flow;
pub mod graph;
pub mod jinja;
pub mod lineage;
pub mod plan;
pub mod project;
mod python;
pub mod rename;
pub mod render;
pub mod review;
pub mod run;
pub mod site;
pub mod source;
pub mod sql;
pub mod state;
pub mod world;

#[cfg(feature = "cli")]
pub mod cli;
