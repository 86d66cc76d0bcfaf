//! Jinja2's filters.

use std::cmp::Ordering;

use minijinja::Value;

use super::call::Args;
use super::ops::{iterate, length, order, type_name};
use super::run::{Res, Vm};
use super::text::str_of;
use super::value::List;

/// A filter: the value, and the arguments after it.
pub(super) type FilterFn = fn(&mut Vm<'_, '_, '_>, Value, Args) -> Res<Value>;

const FILTERS: &[(&str, FilterFn)] = &[
    ("default", |_, value, mut args| {
        let boolean = args.take(1, "boolean").is_some_and(|value| value.is_true());
        let missing = value.is_undefined() || boolean && !value.is_true();
        Ok(if missing { args.take(0, "default_value").unwrap_or_else(|| Value::from("")) } else { value })
    }),
    ("length", |_, value, _| match length(&value) {
        Some(length) => Ok(Value::from(length)),
        None => Err(format!("object of type '{}' has no len()", type_name(&value)).into()),
    }),
    ("list", |_, value, _| Ok(List::value(iterate(&value)?))),
    ("lower", |_, value, _| Ok(Value::from(str_of(&value).to_lowercase()))),
    ("trim", |_, value, _| Ok(Value::from(str_of(&value).trim()))),
    ("upper", |_, value, _| Ok(Value::from(str_of(&value).to_uppercase()))),
    ("join", |_, value, mut args| {
        let separator = args.take(0, "d").unwrap_or_else(|| Value::from(""));
        let parts: Vec<_> = iterate(&value)?.iter().map(|item| str_of(item).into_owned()).collect();
        Ok(Value::from(parts.join(&str_of(&separator))))
    }),
];

/// The filter of a name.
pub(super) fn find(name: &str) -> Option<FilterFn> {
    FILTERS.iter().find(|(each, _)| *each == name).map(|(_, filter)| *filter)
}

/// The names of all filters.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILTERS.iter().map(|(name, _)| *name)
}

/// Sorts by a key, stably; fails where Python can't order two keys.
pub(super) fn sort_values(
    items: &mut Vec<Value>,
    reverse: bool,
    key: impl Fn(&Value) -> Res<Value>,
) -> Res<()> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        keyed.push((key(&item)?, item));
    }
    let mut failure = None;
    keyed.sort_by(|(left, _), (right, _)| match order(left, right, "<") {
        Ok(order) if reverse => order.reverse(),
        Ok(order) => order,
        Err(stop) => {
            failure.get_or_insert(stop);
            Ordering::Equal
        }
    });
    items.extend(keyed.into_iter().map(|(_, item)| item));
    failure.map_or(Ok(()), Err)
}
