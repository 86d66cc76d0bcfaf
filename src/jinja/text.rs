//! `str()` and `repr()` as Python writes them.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::Value;
use minijinja::value::{Tuple, ValueKind};

use super::output::LONGEST;
use super::value::{Dict, List};

/// Containers within containers are written down to this depth.
const DEEPEST: usize = 100;

/// What `str(value)` and `{{ value }}` give.
pub fn str_of(value: &Value) -> Cow<'_, str> {
    match value.as_str() {
        Some(text) => Cow::Borrowed(text),
        None if value.is_undefined() => Cow::Borrowed(""),
        None if is_thing(value) => Cow::Owned(value.to_string()),
        None => Cow::Owned(repr(value)),
    }
}

/// What `repr(value)` gives: strings quoted.
pub fn repr(value: &Value) -> String {
    let mut writer = Writer::default();
    writer.value(value);
    writer.out
}

/// True for the key by which an object is asked for what `repr()` gives, where that is not its text.
pub fn is_repr(key: &Value) -> bool {
    key.is_tuple()
        && key.len() == Some(1)
        && key.get_item_by_index(0).is_ok_and(|word| word.as_str() == Some("repr"))
}

/// True for an object that is no container of Python's.
fn is_thing(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Plain => !value.is_tuple(),
        ValueKind::Map => value.as_object().is_some() && value.downcast_object_ref::<Dict>().is_none(),
        _ => false,
    }
}

/// Writes containers; one that holds itself is written `[...]` or `{...}` there, as in Python.
#[derive(Default)]
struct Writer {
    out: String,
    /// The addresses of the containers that are being written.
    open: Vec<usize>,
}

impl Writer {
    fn value(&mut self, value: &Value) {
        // Whoever asked refuses a text this long; no need to go on.
        if self.out.len() > LONGEST {
            return;
        }
        if let Some(text) = value.as_str() {
            return self.string(text);
        }
        match value.kind() {
            ValueKind::Undefined => self.out.push_str("Undefined"),
            ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
                Ok(number) => self.out.push_str(&float(number)),
                Err(_) => self.out.push_str(&value.to_string()),
            },
            ValueKind::None | ValueKind::Bool | ValueKind::Number => self.out.push_str(&value.to_string()),
            _ => self.object(value),
        }
    }

    fn object(&mut self, value: &Value) {
        if let Some(list) = value.downcast_object_ref::<List>() {
            let items = list.items();
            self.within(std::ptr::from_ref(list) as usize, ['[', ']'], |writer| writer.items(&items));
        } else if let Some(dict) = value.downcast_object_ref::<Dict>() {
            let pairs = dict.pairs();
            self.within(std::ptr::from_ref(dict) as usize, ['{', '}'], |writer| {
                for (at, (key, value)) in pairs.iter().enumerate() {
                    writer.out.push_str(if at > 0 { ", " } else { "" });
                    writer.value(key);
                    writer.out.push_str(": ");
                    writer.value(value);
                }
            });
        } else if value.is_tuple() {
            let items: Vec<_> = value.try_iter().map(Iterator::collect).unwrap_or_default();
            self.within(0, ['(', ')'], |writer| {
                writer.items(&items);
                if items.len() == 1 {
                    writer.out.push(',');
                }
            });
        } else {
            let key = Value::from(Tuple::new(vec![Value::from("repr")]));
            let own = if is_thing(value) { value.get_item(&key).ok() } else { None };
            match own.as_ref().and_then(Value::as_str) {
                Some(text) => self.out.push_str(text),
                None => self.out.push_str(&value.to_string()),
            }
        }
    }

    fn within(&mut self, address: usize, brackets: [char; 2], inner: impl FnOnce(&mut Self)) {
        self.out.push(brackets[0]);
        if self.open.len() > DEEPEST || address != 0 && self.open.contains(&address) {
            self.out.push_str("...");
        } else {
            self.open.push(address);
            inner(self);
            self.open.pop();
        }
        self.out.push(brackets[1]);
    }

    fn items(&mut self, items: &[Value]) {
        for (at, item) in items.iter().enumerate() {
            self.out.push_str(if at > 0 { ", " } else { "" });
            self.value(item);
        }
    }

    fn string(&mut self, text: &str) {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        self.out.push(quote);
        for char in text.chars() {
            match char {
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                char if char == quote => {
                    self.out.push('\\');
                    self.out.push(char);
                }
                char if char.is_control() || char == '\u{a0}' || char == '\u{ad}' => {
                    // Writing to a string does not fail.
                    let _ = write!(self.out, "\\x{:02x}", u32::from(char));
                }
                '\u{3000}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{feff}' => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(char));
                }
                char => self.out.push(char),
            }
        }
        self.out.push(quote);
    }
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
