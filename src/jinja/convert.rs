//! Between plain data and values.

use minijinja::Value;
use minijinja::value::ValueKind;
use serde_json::Value as Json;

use super::number::Num;
use super::text::str_of;
use super::value::{Dict, List};

/// Plain data as Python values: mutable lists and dicts.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(bool) => Value::from(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::from(int),
            (None, Some(int)) => Value::from(int),
            (None, None) => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => List::value(items.iter().map(from_json).collect()),
        Json::Object(map) => {
            Dict::value(map.iter().map(|(key, value)| (Value::from(key.as_str()), from_json(value))))
        }
    }
}

/// A value as plain data; what has no plain form becomes its text, undefined becomes null.
pub fn to_json(value: &Value) -> Json {
    json_at(value, 0)
}

/// Values within values are followed to this depth.
const DEEPEST: usize = 100;

fn json_at(value: &Value, depth: usize) -> Json {
    if let Some(text) = value.as_str() {
        return Json::String(text.to_owned());
    }
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => match Num::of(value) {
            Some(Num::Int(int)) => match i64::try_from(int) {
                Ok(int) => Json::from(int),
                Err(_) => u64::try_from(int).map_or_else(|_| Json::String(int.to_string()), Json::from),
            },
            Some(Num::Float(float)) => Json::from(float),
            Some(Num::Dec(_)) | None => Json::Null,
        },
        ValueKind::Seq | ValueKind::Iterable if depth < DEEPEST => {
            let items = value.try_iter().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
            Json::Array(items.iter().map(|item| json_at(item, depth + 1)).collect())
        }
        ValueKind::Map if depth < DEEPEST => {
            let keys = value.try_iter().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
            let pair = |key: Value| {
                let item = value.get_item(&key).unwrap_or_default();
                (str_of(&key).into_owned(), json_at(&item, depth + 1))
            };
            Json::Object(keys.into_iter().map(pair).collect())
        }
        _ => Json::String(str_of(value).into_owned()),
    }
}
