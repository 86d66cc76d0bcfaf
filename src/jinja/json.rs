//! JSON as text, the way Python writes it.

use std::fmt::Write;

use minijinja::Value;
use serde_json::Value as Json;

use super::text::repr;

/// JSON as Python's `json.dumps` writes it.
pub fn dumps(json: &Json, sort_keys: bool) -> String {
    let mut text = String::new();
    dump(&mut text, json, sort_keys);
    text
}

fn dump(out: &mut String, json: &Json, sort_keys: bool) {
    match json {
        Json::String(text) => dump_text(out, text),
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
                dump_text(out, key);
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

fn dump_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    loop {
        let plain = rest.as_bytes().iter().take_while(|byte| is_plain(byte)).count();
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let Some(char) = rest.chars().next() else { break };
        dump_char(out, char);
        rest = &rest[char.len_utf8()..];
    }
    out.push('"');
}

fn dump_char(out: &mut String, char: char) {
    match char {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        ' '..='~' => out.push(char),
        other => {
            for unit in other.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        }
    }
}
