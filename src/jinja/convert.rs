//! Between plain data and values.

use std::fmt;

use minijinja::Value;
use minijinja::value::ValueKind;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
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

/// JSON text as Python values; fails where it isn't JSON.
pub fn parse_json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Parsed>(text).map(|parsed| parsed.0)
}

/// A value that is read from JSON, without plain data in between.
struct Parsed(Value);

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Python).map(Self)
    }
}

/// Makes Python values of what serde reads.
struct Python;

impl<'de> Visitor<'de> for Python {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::from(()))
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::from(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::from(int))
    }

    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(i64::try_from(int).map_or_else(|_| Value::from(int), Value::from))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::from(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Parsed(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(List::value(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((Parsed(key), Parsed(value))) = entries.next_entry()? {
            pairs.push((key, value));
        }
        Ok(Dict::value(pairs))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_the_same_values() {
        let texts = [
            r#"{"b": [1, -2, 1.5, 18446744073709551615, 1e400], "a": {"": null, "é\n": true}, "b": "é\u00e9"}"#,
            "[]",
            "\"a\"",
            "[1",
            "{1: 2}",
            "",
            "nan",
        ];
        for text in texts {
            let direct = parse_json(text).ok().map(|value| value.to_string());
            let known = serde_json::from_str::<Json>(text).ok().map(|json| from_json(&json).to_string());
            assert_eq!(direct, known, "{text}");
        }
    }
}
