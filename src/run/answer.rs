//! From a warehouse's rows to what templates see: the types that dbt's tables give, and Python's texts.

use std::fmt::Write as _;

use super::value::{Special, Table, Value};
use crate::render::{Answer, AnswerKind};
use crate::source::json::push_text;

/// The rows as a macro gets them.
///
/// As in dbt, one text, list or struct in a column makes all of it text; whole numbers stay so if all are; other
/// numbers are decimals.
pub(super) fn answer(table: &Table) -> Answer {
    let kinds: Vec<AnswerKind> = (0..table.columns.len())
        .map(|at| kind(table.rows.iter().map(|row| &row[at]).filter(|value| **value != Value::Null)))
        .collect();
    let cell = |(value, kind): (&Value, &AnswerKind)| (*value != Value::Null).then(|| text(value, *kind));
    Answer {
        columns: table.columns.iter().map(|column| column.name.clone()).zip(kinds.iter().copied()).collect(),
        rows: table.rows.iter().map(|row| row.iter().zip(&kinds).map(cell).collect()).collect(),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "an iterator that is cloned is a cheap look")]
fn kind<'v>(values: impl Iterator<Item = &'v Value> + Clone) -> AnswerKind {
    let all = |test: fn(&Value) -> bool| values.clone().all(test);
    let is_date = |value: &Value| matches!(value, Value::Special(Special::Date, _)) && iso(value).is_some();
    if all(|value| matches!(value, Value::Int(_))) {
        AnswerKind::Integer
    } else if all(Value::is_number) {
        AnswerKind::Number
    } else if all(is_date) {
        AnswerKind::Date
    } else if all(|value| iso(value).is_some()) {
        AnswerKind::DateTime
    } else if all(|value| matches!(value, Value::Bool(_))) {
        AnswerKind::Boolean
    } else {
        AnswerKind::Text
    }
}

fn text(value: &Value, kind: AnswerKind) -> String {
    match (value, kind) {
        (Value::Special(Special::Date, _), AnswerKind::DateTime) => {
            format!("{}T00:00:00", iso(value).unwrap_or_default())
        }
        (Value::Special(..), AnswerKind::Date | AnswerKind::DateTime) => iso(value).unwrap_or_default(),
        (Value::Bool(value), AnswerKind::Boolean) => value.to_string(),
        // Python widens floats of 32 bits without rounding them again.
        (Value::Single(value), AnswerKind::Number) => Value::Float(f64::from(*value)).to_string(),
        (value, AnswerKind::Integer | AnswerKind::Number) => value.to_string(),
        (value, _) => python(value),
    }
}

/// The ISO form of dates and times that Python has: years from 1 to 9999, ends of time as its first and last.
fn iso(value: &Value) -> Option<String> {
    let Value::Special(special, text) = value else { return None };
    if !matches!(special, Special::Date | Special::Timestamp | Special::TimestampTz) {
        return None;
    }
    let iso = match text.as_str() {
        "infinity" => "9999-12-31 23:59:59.999999",
        "-infinity" => "0001-01-01 00:00:00",
        text => text,
    };
    let iso = iso.strip_suffix("+00").unwrap_or(iso);
    let (date, clock) = iso.split_once(' ').unwrap_or((iso, ""));
    if clock.starts_with('(') || date.len() != 10 {
        return None;
    }
    if *special == Special::Date {
        return Some(date.to_owned());
    }
    // Nanoseconds are cut off.
    let clock = clock.get(..15).unwrap_or(clock);
    let zone = if *special == Special::TimestampTz { "+00:00" } else { "" };
    Some(format!("{date}T{clock}{zone}"))
}

/// What Python's `str()` gives for the value that DuckDB's Python client makes.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Special(Special::Time, text) => match text.split_once('.') {
            Some((clock, fraction)) => format!("{clock}.{:0<6}", fraction.get(..6).unwrap_or(fraction)),
            None => text.clone(),
        },
        Value::Special(Special::Interval(micros), _) => interval(*micros),
        Value::Special(Special::Blob(bytes), _) => blob(bytes),
        Value::Special(Special::Timestamp | Special::TimestampTz, text) => {
            iso(value).map_or_else(|| text.clone(), |iso| iso.replacen('T', " ", 1))
        }
        Value::List(_) | Value::Struct(_) | Value::Map(_) => json(value),
        other => other.to_string(),
    }
}

/// `1 day, 0:00:00`.
fn interval(micros: i128) -> String {
    const DAY: i128 = 86_400_000_000;
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let mut text = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    // Writing to a string does not fail.
    let _ = write!(text, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction != 0 {
        let _ = write!(text, ".{fraction:06}");
    }
    text
}

/// `b'ab\x00'`.
fn blob(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut text = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            byte if char::from(*byte) == quote => text.extend(['\\', quote]),
            b' '..=b'~' => text.push(char::from(*byte)),
            // Writing to a string does not fail.
            byte => drop(write!(text, "\\x{byte:02x}")),
        }
    }
    text.push(quote);
    text
}

/// The JSON that Python's `json.dumps` makes: blanks after `,` and `:`, nothing beyond ASCII.
fn json(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    let pair = |key: &str, value: &Value| format!("{}: {}", quoted(key), json(value));
    match value {
        Value::Null => "null".to_owned(),
        Value::Single(single) => json(&Value::Float(f64::from(*single))),
        Value::Float(float) if float.is_nan() => "NaN".to_owned(),
        Value::Float(float) if float.is_infinite() => {
            if *float > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
        }
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => value.to_string(),
        // Decimals are floats there, unless they have no point at all.
        Value::Decimal(text) => {
            let float = if text.contains('.') { text.parse().ok() } else { None };
            float.map_or_else(|| text.clone(), |float: f64| Value::Float(float).to_string())
        }
        Value::List(items) => format!("[{}]", joined(items.iter().map(json).collect())),
        Value::Struct(fields) => {
            format!("{{{}}}", joined(fields.iter().map(|(name, value)| pair(name, value)).collect()))
        }
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| pair(&python(key), value));
            format!("{{{}}}", joined(entries.collect()))
        }
        Value::Special(Special::Date | Special::Timestamp | Special::TimestampTz, text) => {
            quoted(&iso(value).unwrap_or_else(|| text.clone()))
        }
        other => quoted(&python(other)),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    push_text(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_makes_a_column_text_and_numbers_are_decimals() {
        let kinds = |values: &[Value]| kind(values.iter());
        assert_eq!(kinds(&[Value::Int(1), Value::Int(2)]), AnswerKind::Integer);
        assert_eq!(kinds(&[Value::Int(1), Value::Float(2.5)]), AnswerKind::Number);
        assert_eq!(kinds(&[Value::Int(1), Value::Text("a".into())]), AnswerKind::Text);
        assert_eq!(kinds(&[]), AnswerKind::Integer);
        let date = |text: &str| Value::Special(Special::Date, text.into());
        assert_eq!(kinds(&[date("2020-01-01")]), AnswerKind::Date);
        assert_eq!(kinds(&[date("0044-03-15 (BC)")]), AnswerKind::Text);
    }

    #[test]
    fn texts_are_those_of_python() {
        assert_eq!(interval(2_775_600_000_000), "32 days, 3:00:00");
        assert_eq!(interval(-1_000_000), "-1 day, 23:59:59");
        assert_eq!(blob(b"a'b\x00\\"), "b\"a'b\\x00\\\\\"");
        assert_eq!(
            python(&Value::List(vec![Value::Bool(true), Value::Text("部".into())])),
            "[true, \"\\u90e8\"]"
        );
    }
}
