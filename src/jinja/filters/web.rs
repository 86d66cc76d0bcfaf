//! Filters for HTML, URLs and JSON.

use std::fmt::Write as _;

use minijinja::Value;
use serde_json::Value as Json;

use super::super::call::Args;
use super::super::convert::to_json;
use super::super::methods::dict::pairs;
use super::super::ops::{is_dict, iterate, type_name};
use super::super::run::{Res, Vm, wrong};
use super::super::text::str_of;
use super::integer;
use crate::source::json::push_text;

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            char => out.push(char),
        }
    }
    out
}

pub(super) fn escape(vm: &mut Vm<'_, '_, '_>, value: Value, args: Args) -> Res<Value> {
    if value.is_safe() { Ok(value) } else { forceescape(vm, value, args) }
}

pub(super) fn forceescape(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    Ok(Value::from_safe_string(escaped(&str_of(&value))))
}

pub(super) fn safe(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    Ok(Value::from_safe_string(str_of(&value).into_owned()))
}

/// Without tags and comments, blanks run together, entities resolved.
pub(super) fn striptags(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    let mut text = str_of(&value).into_owned();
    for (open, close) in [("<!--", "-->"), ("<", ">")] {
        let mut from = 0;
        while let Some(start) = text[from..].find(open).map(|at| from + at) {
            match text[start..].find(close) {
                Some(end) => text.replace_range(start..start + end + close.len(), ""),
                None => from = start + open.len(),
            }
        }
    }
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Ok(Value::from(entities.iter().fold(joined, |text, (from, to)| text.replace(from, to))))
}

fn quoted(text: &str, query: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(char::from(byte)),
            b'/' if !query => out.push('/'),
            b' ' if query => out.push('+'),
            byte => {
                // Writing to a string does not fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

pub(super) fn urlencode(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    if value.as_str().is_some() || !(is_dict(&value) || value.try_iter().is_ok()) {
        return Ok(Value::from(quoted(&str_of(&value), false)));
    }
    let list = if is_dict(&value) {
        pairs(&value)?
    } else {
        let pair = |value: Value| match iterate(&value)?.as_slice() {
            [key, value] => Ok((key.clone(), value.clone())),
            _ => Err(wrong("urlencode needs pairs")),
        };
        iterate(&value)?.into_iter().map(pair).collect::<Res<_>>()?
    };
    let parts =
        list.iter().map(|(k, v)| format!("{}={}", quoted(&str_of(k), true), quoted(&str_of(v), true)));
    Ok(Value::from(parts.collect::<Vec<_>>().join("&")))
}

pub(super) fn xmlattr(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let autospace = args.take(0, "autospace").is_none_or(|flag| flag.is_true());
    let mut out = Vec::new();
    for (key, value) in pairs(&value)? {
        if value.is_none() || value.is_undefined() {
            continue;
        }
        let key = str_of(&key);
        if key.contains([' ', '\t', '\n', '\r', '\u{c}', '/', '>', '=']) {
            return Err(wrong(format!("invalid character in attribute name: '{key}'")));
        }
        out.push(format!("{}=\"{}\"", escaped(&key), escaped(&str_of(&value))));
    }
    let out = out.join(" ");
    let space = if autospace && !out.is_empty() { " " } else { "" };
    Ok(Value::from_safe_string(format!("{space}{out}")))
}

pub(super) fn tojson(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    if value.is_undefined() {
        return Err("object of type Undefined is not JSON serializable".into());
    }
    let plain = value.as_object().is_none_or(|_| is_dict(&value) || value.try_iter().is_ok());
    if !plain {
        return Err(format!("object of type {} is not JSON serializable", type_name(&value)).into());
    }
    let indent = args.take(0, "indent").filter(|indent| !indent.is_none());
    let indent = indent.map(|indent| integer(Some(indent), 0)).transpose()?;
    let indent = indent.map(|indent| usize::try_from(indent.clamp(0, 64)).unwrap_or(0));
    let mut out = String::new();
    write_json(&mut out, &to_json(&value), indent, 0);
    let safe =
        out.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\'', "\\u0027");
    Ok(Value::from_safe_string(safe))
}

/// JSON as Python's `json.dumps(sort_keys=True)` writes it.
fn write_json(out: &mut String, json: &Json, indent: Option<usize>, depth: usize) {
    let line = |out: &mut String, depth: usize| {
        if let Some(indent) = indent {
            out.push('\n');
            out.push_str(&" ".repeat(indent * depth));
        }
    };
    let comma = if indent.is_some() { "," } else { ", " };
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&super::super::text::float(float)),
            _ => out.push_str(&number.to_string()),
        },
        Json::String(text) => push_text(out, text),
        Json::Array(items) if items.is_empty() => out.push_str("[]"),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { comma } else { "" });
                line(out, depth + 1);
                write_json(out, item, indent, depth + 1);
            }
            line(out, depth);
            out.push(']');
        }
        Json::Object(map) if map.is_empty() => out.push_str("{}"),
        Json::Object(map) => {
            out.push('{');
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            for (at, key) in keys.into_iter().enumerate() {
                out.push_str(if at > 0 { comma } else { "" });
                line(out, depth + 1);
                push_text(out, key);
                out.push_str(": ");
                write_json(out, &map[key], indent, depth + 1);
            }
            line(out, depth);
            out.push('}');
        }
    }
}
