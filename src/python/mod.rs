//! What templates have of Python's library and of dbt's functions on plain values: `modules`, sets, zips, sums.
//!
//! It knows nothing of projects: Jinja in SQL and Jinja in YAML both take it.

pub(crate) mod args;
pub(crate) mod failure;
mod hash;
pub(crate) mod modules;
mod sets;
mod zips;

use minijinja::{Error, Value};

use args::Args;
pub(crate) use hash::local_md5;
pub(crate) use sets::{set, set_strict};
pub(crate) use zips::{zip, zip_strict};

/// A function of arguments alone.
pub(crate) type Function = fn(&Args<'_>) -> Result<Value, Error>;

/// The function of a name, with the name that it has for messages.
pub(crate) fn function(name: &str) -> Option<(&'static str, Function)> {
    const ALL: [(&str, Function); 5] = [
        ("set", set),
        ("set_strict", set_strict),
        ("zip", zip),
        ("zip_strict", zip_strict),
        ("local_md5", local_md5),
    ];
    ALL.into_iter().find(|(known, _)| *known == name)
}
