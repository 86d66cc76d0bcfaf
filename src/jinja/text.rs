//! `str()` and `repr()` as Python writes them.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::value::{Dict, List};

/// Containers in containers are written down to this depth; a list that holds itself ends there.
const DEEPEST: usize = 100;

/// What `str(value)` and `{{ value }}` give.
pub fn str_of(value: &Value) -> Cow<'_, str> {
    match value.as_str() {
        Some(text) => Cow::Borrowed(text),
        None if value.is_undefined() => Cow::Borrowed(""),
        None => Cow::Owned(repr(value)),
    }
}

/// What `repr(value)` gives: strings quoted.
pub fn repr(value: &Value) -> String {
    repr_at(value, 0)
}

pub(super) fn repr_list(items: &[Value], depth: usize) -> String {
    bracketed('[', items.iter().map(|item| repr_at(item, depth + 1)), ']', depth)
}

pub(super) fn repr_dict(pairs: &[(Value, Value)], depth: usize) -> String {
    let pairs = pairs.iter().map(|(k, v)| format!("{}: {}", repr_at(k, depth + 1), repr_at(v, depth + 1)));
    bracketed('{', pairs, '}', depth)
}

fn repr_at(value: &Value, depth: usize) -> String {
    if let Some(text) = value.as_str() {
        return repr_str(text);
    }
    match value.kind() {
        ValueKind::Undefined => "Undefined".to_owned(),
        ValueKind::Number if !value.is_integer() => {
            f64::try_from(value.clone()).map_or_else(|_| value.to_string(), float)
        }
        ValueKind::None | ValueKind::Bool | ValueKind::Number => value.to_string(),
        _ => repr_object(value, depth),
    }
}

fn repr_object(value: &Value, depth: usize) -> String {
    if let Some(list) = value.downcast_object_ref::<List>() {
        return repr_list(&list.items(), depth);
    }
    if let Some(dict) = value.downcast_object_ref::<Dict>() {
        return repr_dict(&dict.pairs(), depth);
    }
    let items = || value.try_iter().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    if value.is_tuple() {
        let items = items();
        if let [one] = items.as_slice() {
            return format!("({},)", repr_at(one, depth + 1));
        }
        return bracketed('(', items.iter().map(|item| repr_at(item, depth + 1)), ')', depth);
    }
    value.to_string()
}

fn bracketed(open: char, items: impl Iterator<Item = String>, close: char, depth: usize) -> String {
    let mut text = String::from(open);
    if depth > DEEPEST {
        text.push_str("...");
    } else {
        for (at, item) in items.enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            text.push_str(&item);
        }
    }
    text.push(close);
    text
}

fn repr_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char == quote => {
                out.push('\\');
                out.push(char);
            }
            // Writing to a string does not fail.
            char if char.is_control() || char == '\u{a0}' || char == '\u{ad}' => {
                let code = u32::from(char);
                let _ =
                    if code < 0x100 { write!(out, "\\x{code:02x}") } else { write!(out, "\\u{code:04x}") };
            }
            char => out.push(char),
        }
    }
    out.push(quote);
    out
}

/// A float as Python's `repr` writes it: the shortest digits, an exponent below 1e-4 and from 1e16.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
