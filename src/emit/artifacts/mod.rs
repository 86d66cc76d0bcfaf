//! Files for other tools, in dbt's published formats.

mod checksum;
mod config;
mod macros;
mod manifest;
mod node;
mod texts;

pub use manifest::{Stamp, manifest};
