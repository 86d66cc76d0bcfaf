//! `fromyaml()` and `toyaml()`.

use std::sync::Arc;

use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::super::args::{Args, flag, text};
use super::super::ctx::Ctx;
use super::super::modules::{date_of_text, datetime_of_text};
use crate::jinja;
use crate::project::{yaml_value, yaml_with_times};

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
    let mut out = String::new();
    block(&mut out, &json, 0, flag(sort_keys.as_ref()).unwrap_or(false));
    Ok(Value::from(out))
}

/// Block style, as `PyYAML` writes it.
fn block(out: &mut String, json: &Json, depth: usize, sort_keys: bool) {
    match json {
        Json::Object(map) if !map.is_empty() => {
            let mut pairs: Vec<_> = map.iter().collect();
            if sort_keys {
                pairs.sort_by_key(|(key, _)| key.as_str());
            }
            for (at, (key, value)) in pairs.into_iter().enumerate() {
                if at > 0 || depth == 0 {
                    out.push_str(&"  ".repeat(depth));
                }
                out.push_str(&scalar(&Json::String(key.clone())));
                out.push(':');
                under(out, value, depth, sort_keys);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 || depth == 0 {
                    out.push_str(&"  ".repeat(depth));
                }
                out.push('-');
                if is_filled(item) {
                    out.push(' ');
                    block(out, item, depth + 1, sort_keys);
                } else {
                    out.push(' ');
                    out.push_str(&scalar(item));
                    out.push('\n');
                }
            }
        }
        plain => {
            out.push_str(&scalar(plain));
            out.push_str("\n...\n");
        }
    }
}

fn under(out: &mut String, value: &Json, depth: usize, sort_keys: bool) {
    if !is_filled(value) {
        out.push(' ');
        out.push_str(&scalar(value));
        out.push('\n');
        return;
    }
    out.push('\n');
    // PyYAML does not indent a list below its key.
    let deeper = if value.is_array() { depth } else { depth + 1 };
    out.push_str(&"  ".repeat(deeper));
    if deeper == 0 {
        block(out, value, 0, sort_keys);
    } else {
        block(out, value, deeper, sort_keys);
    }
}

fn is_filled(json: &Json) -> bool {
    json.as_object().is_some_and(|map| !map.is_empty())
        || json.as_array().is_some_and(|items| !items.is_empty())
}

fn scalar(json: &Json) -> String {
    let Json::String(text) = json else {
        return if json.is_number() {
            jinja::str_of(&jinja::from_json(json)).into_owned()
        } else {
            json.to_string()
        };
    };
    let reads_back = yaml_value(text).is_some_and(|read| read == *json);
    if reads_back && !text.is_empty() && !text.contains(['\n', '#', ':']) {
        return text.clone();
    }
    if text.contains(['\n', '\t']) {
        return jinja::dumps(json, false);
    }
    format!("'{}'", text.replace('\'', "''"))
}
