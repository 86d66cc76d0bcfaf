//! Files for other tools, in dbt's published formats.

mod checksum;
mod columns;
mod config;
mod contract;
mod macros;
mod manifest;
mod node;
mod other;
mod primary_key;
mod semantic;
mod semantic_manifest;
mod source;
mod unrendered;
mod write;

pub use manifest::{Stamp, entry, manifest};
pub use semantic_manifest::semantic_manifest;
