//! Functions on plain values: JSON.

use std::sync::Arc;

use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::super::ctx::Ctx;
use crate::jinja::{self, Dict, List};
use crate::python::args::{Args, flag, text};

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
