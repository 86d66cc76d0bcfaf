//! The integration tests, in one binary.

#![allow(clippy::disallowed_methods, reason = "tests look at files and at the environment themselves")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "buhin writes these names itself")]

mod answers;
mod approved;
mod beside;
mod case;
mod cases;
mod catalog;
mod cli;
mod column_checks;
mod conformity;
mod decisions;
mod demo;
#[cfg(feature = "deps")]
mod deps;
mod determinism;
mod dictionary;
mod diff;
mod diff_state;
mod docs;
mod docs_inherit;
mod equivalence;
mod flow;
#[path = "../../benches/generate.rs"]
mod generate;
mod kept;
mod lineage;
mod lineage_cli;
mod ls;
mod materializations;
mod operations;
mod pairs;
mod prove;
mod recording;
mod rename;
mod sandbox;
mod state;
mod tidy;
mod tutorial;
mod verdicts;
mod verify;
mod warm;
