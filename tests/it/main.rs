//! The integration tests, in one binary.

#![allow(clippy::disallowed_methods, reason = "tests look at files and at the environment themselves")]

mod case;
mod cases;
mod cli;
mod demo;
mod determinism;
mod equivalence;
#[path = "../../benches/generate.rs"]
mod generate;
mod sandbox;
mod tidy;
