//! Values as Python writes them: `str()` and `repr()`, which end up in names and hashes of tests.

use std::fmt::Write as _;

use serde_json::Value;

/// Python's `str()`.
pub(crate) fn str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => repr(other),
    }
}

/// Python's `repr()`.
pub(crate) fn repr(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

/// Appends Python's `repr()` of a text.
pub(crate) fn write_text(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
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
            char if printable(char) => out.push(char),
            char => {
                // Writing to a string can't fail.
                let code = char as u32;
                let written = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
                debug_assert!(written.is_ok(), "a string takes all text");
            }
        }
    }
    out.push(quote);
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&float_text(float)),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_text(out, key);
                out.push_str(": ");
                write(out, item);
            }
            out.push('}');
        }
    }
}

fn float_text(float: f64) -> String {
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{float:?}")
}

/// What Python's `str.isprintable` says of a character, for those that occur in text.
fn printable(char: char) -> bool {
    !(char.is_control()
        || matches!(char,
            '\u{a0}' | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{1680}'
            | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
            | '\u{3000}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{10ffff}'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: &Value, expect: &str) {
        assert_eq!(repr(value), expect);
    }

    #[test]
    fn values_look_as_in_python() {
        check(&json!({"a": [1, 1.0, true, null, "x"]}), "{'a': [1, 1.0, True, None, 'x']}");
    }

    #[test]
    fn quotes_are_chosen_as_in_python() {
        check(&json!("it's"), "\"it's\"");
        check(&json!("it's \"it\""), "'it\\'s \"it\"'");
    }

    #[test]
    fn blanks_that_are_not_ascii_are_escaped() {
        check(&json!("部\u{3000}品\n"), "'部\\u3000品\\n'");
    }

    #[test]
    fn floats_turn_to_exponents_where_python_does() {
        check(
            &json!([0.0001, 0.00001, 1e15, 1e16, 1.5e300]),
            "[0.0001, 1e-05, 1000000000000000.0, 1e+16, 1.5e+300]",
        );
    }
}
