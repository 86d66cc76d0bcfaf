//! Functions on plain values: JSON and zips.

use std::sync::Arc;

use minijinja::value::Tuple;
use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::super::args::{Args, flag, text};
use super::super::ctx::Ctx;
use super::super::failure;
use crate::jinja::{self, Dict, List};

/// `fromjson(string, default)`.
pub(super) fn from_json(
    _ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let [string, default] = args.bind(["string", "default"])?;
    let string = text(Some(&args.required("string", string)?)).unwrap_or_default();
    Ok(jinja::parse_json(&string).unwrap_or_else(|_| default.unwrap_or_else(|| Value::from(()))))
}

/// `tojson(value, default, sort_keys)`.
pub(super) fn to_json(_ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [value, _default, sort_keys] = args.bind(["value", "default", "sort_keys"])?;
    let json = jinja::to_json(&args.required("value", value)?);
    Ok(Value::from(jinja::dumps(&json, flag(sort_keys.as_ref()).unwrap_or(false))))
}

/// `zip(a, b, …, default=…)`: `default` where one can't be iterated.
#[expect(clippy::unnecessary_wraps, reason = "every function has this form")]
pub(super) fn zip(_ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let default = args.keyword("default");
    let zipped = zipped(args.positional()).or(default);
    Ok(zipped.unwrap_or_else(|| Value::from(())))
}

/// `zip_strict(a, b, …)`.
pub(super) fn zip_strict(
    _ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
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
pub(super) fn items(value: &Value) -> Option<Vec<Value>> {
    if let Some(text) = value.as_str() {
        return Some(text.chars().map(Value::from).collect());
    }
    if value.is_undefined() || value.is_none() {
        return None;
    }
    value.try_iter().ok().map(Iterator::collect)
}

/// `diff_of_two_dicts(a, b)`: what `a` has and `b` has not, without regard to case.
pub(super) fn diff_of_two_dicts(
    _ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let [a, b] = args.bind(["dict_a", "dict_b"])?;
    let a = jinja::to_json(&args.required("dict_a", a)?);
    let b = jinja::to_json(&args.required("dict_b", b)?);
    let lower = |json: &Json| json.as_str().unwrap_or_default().to_lowercase();
    let known = |key: &str| {
        let (_, values) =
            b.as_object()?.iter().find(|(other, _)| other.to_lowercase() == key.to_lowercase())?;
        Some(values.as_array().map(|values| values.iter().map(lower).collect::<Vec<_>>()).unwrap_or_default())
    };
    let mut left = Vec::new();
    for (key, values) in a.as_object().into_iter().flatten() {
        let kept: Vec<Value> = values
            .as_array()
            .into_iter()
            .flatten()
            .filter(|value| known(key).is_none_or(|known| !known.contains(&lower(value))))
            .map(jinja::from_json)
            .collect();
        if !kept.is_empty() {
            left.push((key.as_str(), List::value(kept)));
        }
    }
    Ok(Dict::value(left))
}
