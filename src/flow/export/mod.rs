//! Lineage for people and other tools: what is shown, and its forms.

mod columns;
mod diagram;
mod meta;
mod openlineage;
mod picture;

pub use columns::column_json;
pub use diagram::{csv, dot, mermaid};
pub use meta::inherited_meta;
pub use openlineage::facet;
pub use picture::{Arrow, Found, Picture, Point, Reach, class, name_of};
