//! Lineage for people and other tools: what is shown, and its forms.

mod columns;
mod diagram;
mod meta;
mod openlineage;
mod picture;

pub use columns::column_line;
pub use diagram::{csv, dot, mermaid};
pub use meta::inherited_meta;
pub use openlineage::{Datasets, facet_line};
pub use picture::{Arrow, Found, Picture, Point, Reach, Walks, class, name_of};

/// Adds a line of JSON; values of plain data can't fail.
///
/// By sonic-rs, whose bytes are serde_json's: a large project's lineage is hundreds of thousands of such lines.
fn push_line(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    let before = out.len();
    if sonic_rs::to_writer(&mut *out, value).is_err() {
        out.truncate(before);
        return;
    }
    out.push(b'\n');
}
