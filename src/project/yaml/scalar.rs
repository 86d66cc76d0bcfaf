//! What a plain scalar means in YAML 1.1, by the rules that `PyYAML`'s safe loader follows.

use std::borrow::Cow;

use serde_json::Number;

use super::Kind;

/// The value of a scalar without quotes and tag.
pub(super) fn resolve(text: Cow<'_, str>) -> Kind<'_> {
    let Some(first) = text.bytes().next() else { return Kind::Null };
    match first {
        b'~' | b'n' | b'N' if matches!(&*text, "~" | "null" | "Null" | "NULL") => return Kind::Null,
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => {
            if let Some(bool) = boolean(&text) {
                return Kind::Bool(bool);
            }
        }
        b'0'..=b'9' | b'+' | b'-' | b'.' => {
            if let Some(number) = integer(&text).or_else(|| float(&text)) {
                return Kind::Number(number);
            }
            if let Some(time) = timestamp(&text) {
                return Kind::Text(Cow::Owned(time));
            }
        }
        _ => {}
    }
    Kind::Text(text)
}

/// A truth value.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// A key without quotes. One that stands for a truth value is as Python writes that, for that is what dbt makes of it.
pub(super) fn key(text: Cow<'_, str>) -> Cow<'_, str> {
    match boolean(&text) {
        Some(true) => Cow::Borrowed("True"),
        Some(false) => Cow::Borrowed("False"),
        None => text,
    }
}

/// A whole number: decimal, `0b` binary, `0` octal, `0x` hexadecimal or base 60 (`1:30`).
pub(super) fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    if !digits.starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    let radix = |digits: &str, radix: u32| {
        let plain: Cow<'_, str> =
            if digits.contains('_') { digits.replace('_', "").into() } else { digits.into() };
        // Python knows no upper limit; what does not fit becomes the nearest decimal number.
        match (i128::from_str_radix(&plain, radix), radix) {
            (Ok(value), _) => whole(if negative { -value } else { value }),
            (Err(_), 10) if plain.bytes().all(|byte| byte.is_ascii_digit()) => plain
                .parse::<f64>()
                .ok()
                .and_then(|value| Number::from_f64(if negative { -value } else { value })),
            _ => None,
        }
    };
    if digits == "0" {
        return whole(0);
    }
    if let Some(rest) = digits.strip_prefix("0b") {
        return radix(rest, 2);
    }
    if let Some(rest) = digits.strip_prefix("0x") {
        return radix(rest, 16);
    }
    if let Some(rest) = digits.strip_prefix('0') {
        return radix(rest, 8);
    }
    if digits.contains(':') {
        let value = sixties(digits)?;
        return whole(if negative { -value } else { value });
    }
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_').then(|| radix(digits, 10))?
}

/// A decimal number; it must have a point, as in YAML 1.1.
pub(super) fn float(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if whole.contains(':') {
        let minutes = sixties(whole)?;
        let value: f64 = format!("{minutes}.{}", fraction.replace('_', "")).parse().ok()?;
        return Number::from_f64(if negative { -value } else { value });
    }
    let starts = |text: &str| text.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    if !numeric(whole)
        || !numeric(fraction)
        || !(starts(whole) || whole.is_empty() && text.starts_with('.') && starts(fraction))
    {
        return None;
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-'])?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    let plain = digits.replace('_', "");
    let value: f64 = plain.parse().ok()?;
    Number::from_f64(if negative { -value } else { value })
}

/// A date as it is; a date with a time in ISO form, as dbt ends up with it.
fn timestamp(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let date = bytes.len() >= 8
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[5..].iter().take(2).any(u8::is_ascii_digit);
    if !date {
        return None;
    }
    let (date, time) = match text.find(['T', 't', ' ', '\t']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start()),
        None => (text, ""),
    };
    if time.is_empty() || date.len() > 10 {
        return None;
    }
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok())?;
    let clock_end = time.find(['Z', '+', '-', ' ']).unwrap_or(time.len());
    let (clock, zone) = (&time[..clock_end], time[clock_end..].trim());
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.split(':');
    let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
    if clock.next().is_some() {
        return None;
    }
    let mut iso = format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}",
        number(month)?,
        number(day)?,
        number(hour)?,
        number(minute)?,
        number(second)?
    );
    if !fraction.is_empty() {
        number(fraction)?;
        let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
        if micros != "000000" {
            iso.push('.');
            iso.push_str(&micros);
        }
    }
    if zone == "Z" {
        iso.push_str("+00:00");
    } else if !zone.is_empty() {
        let (sign, offset) = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
            (Some(offset), _) => ('+', offset),
            (None, Some(offset)) => ('-', offset),
            (None, None) => return None,
        };
        let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "0"));
        let offset = format!("{sign}{:02}:{:02}", number(hours)?, number(minutes)?);
        iso.push_str(&offset);
    }
    Some(iso)
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn sixties(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let first = parts.next()?.replace('_', "");
    let mut value: i128 = first.parse().ok()?;
    for part in parts {
        let digits = part.len() <= 2 && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let digit: i128 = part.parse().ok().filter(|digit| digits && *digit < 60)?;
        value = value.checked_mul(60)?.checked_add(digit)?;
    }
    Some(value)
}

fn whole(value: i128) -> Option<Number> {
    if let Ok(value) = i64::try_from(value) {
        return Some(value.into());
    }
    if let Ok(value) = u64::try_from(value) {
        return Some(value.into());
    }
    #[allow(clippy::cast_precision_loss, reason = "no JSON number holds it exactly")]
    Number::from_f64(value as f64)
}
