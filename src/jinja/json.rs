//! JSON as text, the way Python writes it.

use std::fmt::Write;

use minijinja::Value;
use serde_json::Value as Json;

use super::text::repr;
use crate::source::json::push_text;

/// JSON as Python's `json.dumps` writes it.
pub fn dumps(json: &Json, sort_keys: bool) -> String {
    let mut text = String::new();
    dump(&mut text, json, sort_keys);
    text
}

fn dump(out: &mut String, json: &Json, sort_keys: bool) {
    match json {
        Json::String(text) => push_text(out, text),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                dump(out, item, sort_keys);
            }
            out.push(']');
        }
        Json::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            if sort_keys {
                pairs.sort_by_key(|(key, _)| key.as_str());
            }
            out.push('{');
            for (at, (key, value)) in pairs.into_iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                push_text(out, key);
                out.push_str(": ");
                dump(out, value, sort_keys);
            }
            out.push('}');
        }
        Json::Number(number) if number.is_f64() => {
            out.push_str(&repr(&Value::from(number.as_f64().unwrap_or(0.0))));
        }
        plain => {
            let _infallible = write!(out, "{plain}");
        }
    }
}
