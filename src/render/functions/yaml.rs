//! `fromyaml()` and `toyaml()`.

use std::sync::Arc;

use super::super::ctx::Ctx;
use crate::jinja;
use crate::project::{yaml_text, yaml_with_times};
use crate::python::args::{Args, flag, text};
use crate::python::modules::{date_of_text, datetime_of_text};
use minijinja::{Error, State, Value};

/// `fromyaml(string, default)`.
pub(super) fn from_yaml(
    _ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let [string, default] = args.bind(["value", "default"])?;
    let string = text(Some(&args.required("value", string)?)).unwrap_or_default();
    let time = |text: &str| if text.len() == 10 { date_of_text(text) } else { datetime_of_text(text) };
    Ok(yaml_with_times(&string, &time).or(default).unwrap_or_else(|| Value::from(())))
}

/// `toyaml(value, default, sort_keys)`.
pub(super) fn to_yaml(_ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [value, _default, sort_keys] = args.bind(["value", "default", "sort_keys"])?;
    let json = jinja::to_json(&args.required("value", value)?);
    Ok(Value::from(yaml_text(&json, flag(sort_keys.as_ref()).unwrap_or(false))))
}
