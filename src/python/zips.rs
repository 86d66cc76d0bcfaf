//! `zip()`: several lists, item by item.

use minijinja::value::Tuple;
use minijinja::{Error, Value};

use super::args::Args;
use super::failure;
use crate::jinja::List;

/// `zip(a, b, …, default=…)`: `default` where one can't be iterated.
#[expect(clippy::unnecessary_wraps, reason = "every function has this form")]
pub(crate) fn zip(args: &Args<'_>) -> Result<Value, Error> {
    let default = args.keyword("default");
    let zipped = zipped(args.positional()).or(default);
    Ok(zipped.unwrap_or_else(|| Value::from(())))
}

/// `zip_strict(a, b, …)`.
pub(crate) fn zip_strict(args: &Args<'_>) -> Result<Value, Error> {
    zipped(args.positional())
        .ok_or_else(|| failure::other("`zip_strict()` needs things that can be iterated"))
}

fn zipped(values: &[Value]) -> Option<Value> {
    let columns: Vec<Vec<Value>> = values.iter().map(items).collect::<Option<_>>()?;
    let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
    let row = |at: usize| {
        Value::from(Tuple::new(columns.iter().map(|column| column[at].clone()).collect::<Vec<_>>()))
    };
    Some(List::value((0..rows).map(row).collect()))
}

/// The items of what Python can iterate.
pub(crate) fn items(value: &Value) -> Option<Vec<Value>> {
    if let Some(text) = value.as_str() {
        return Some(text.chars().map(Value::from).collect());
    }
    if value.is_undefined() || value.is_none() {
        return None;
    }
    value.try_iter().ok().map(Iterator::collect)
}
