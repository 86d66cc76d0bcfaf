//! Python's two ways to fill in a text: `'%s' % x` and `'{}'.format(x)`.

use std::iter::Peekable;
use std::str::Chars;

use minijinja::Value;

use super::call::Args;
use super::number::Num;
use super::ops::{is_dict, item, iterate, type_name};
use super::output::LONGEST;
use super::run::{Res, Stop, too_large};
use super::text::{repr, str_of};

/// How one value is to be written.
#[derive(Clone, Debug, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

fn checked(width: usize) -> Res<usize> {
    if width > LONGEST / 4 { Err(too_large("the text")) } else { Ok(width) }
}

/// Rust writes at most so many digits.
fn precise(precision: usize) -> Res<usize> {
    if precision > 50_000 { Err("the precision is too big".into()) } else { Ok(precision) }
}

/// `pattern % values`.
pub(super) fn percent(pattern: &str, values: &Value) -> Res<String> {
    let mut given =
        if values.is_tuple() { iterate(values)?.into_iter() } else { vec![values.clone()].into_iter() };
    // Python lets a mapping go unused, and a tuple not.
    let mapping = is_dict(values);
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    let next = |given: &mut std::vec::IntoIter<Value>| {
        given.next().ok_or_else(|| Stop::from("not enough arguments for format string"))
    };
    while let Some(char) = chars.next() {
        if char != '%' {
            out.push(char);
            continue;
        }
        let mut named = None;
        if chars.peek() == Some(&'(') {
            chars.next();
            let name: String = chars.by_ref().take_while(|char| *char != ')').collect();
            if !is_dict(values) {
                return Err("format requires a mapping".into());
            }
            named = Some(item(values, &Value::from(name)));
        }
        let mut spec = Spec { align: Some('>'), ..Spec::default() };
        while let Some(flag) = chars.next_if(|char| "#0- +".contains(*char)) {
            match flag {
                '#' => spec.alternate = true,
                '0' => spec.zero = true,
                '-' => spec.align = Some('<'),
                flag => spec.sign = Some(flag),
            }
        }
        if chars.next_if_eq(&'*').is_some() {
            let width = next(&mut given)?.as_i64().unwrap_or(0);
            if width < 0 {
                spec.align = Some('<');
            }
            spec.width = checked(width.unsigned_abs() as usize)?;
        } else {
            spec.width = checked(digits(&mut chars).unwrap_or(0))?;
        }
        if chars.next_if_eq(&'.').is_some() {
            let precision = if chars.next_if_eq(&'*').is_some() {
                next(&mut given)?.as_usize().unwrap_or(0)
            } else {
                digits(&mut chars).unwrap_or(0)
            };
            spec.precision = Some(precise(precision)?);
        }
        while chars.next_if(|char| "hlL".contains(*char)).is_some() {}
        let Some(kind) = chars.next() else { return Err("incomplete format".into()) };
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match named {
            Some(value) => value,
            None => next(&mut given)?,
        };
        out.push_str(&conversion(&value, kind, spec)?);
    }
    if given.next().is_some() && !mapping {
        return Err("not all arguments converted during string formatting".into());
    }
    Ok(out)
}

fn digits(chars: &mut Peekable<Chars<'_>>) -> Option<usize> {
    let mut number = None;
    while let Some(digit) = chars.peek().and_then(|char| char.to_digit(10)) {
        chars.next();
        number = Some(number.unwrap_or(0usize).saturating_mul(10).saturating_add(digit as usize));
    }
    number
}

fn conversion(value: &Value, kind: char, mut spec: Spec) -> Res<String> {
    let needs =
        |what: &str| Stop::from(format!("%{kind} format: {what} is required, not {}", type_name(value)));
    if spec.align == Some('<') {
        spec.zero = false;
    }
    match kind {
        's' | 'r' | 'a' => {
            let text = if kind == 's' { str_of(value).into_owned() } else { repr(value) };
            let text = spec.precision.map_or(text.clone(), |most| text.chars().take(most).collect());
            spec.zero = false;
            Ok(padded(&spec, "", &text, '>'))
        }
        'c' => {
            let text = match value.as_i64().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32)
            {
                Some(char) => char.to_string(),
                None => str_of(value).into_owned(),
            };
            Ok(padded(&spec, "", &text, '>'))
        }
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let number = match Num::of(value) {
                Some(Num::Int(number)) => number,
                #[allow(clippy::cast_possible_truncation, reason = "Python truncates here too")]
                Some(Num::Float(number)) if !"xXo".contains(kind) && number.is_finite() => {
                    number.trunc() as i128
                }
                Some(Num::Dec(number)) if !"xXo".contains(kind) => {
                    number.int().ok_or_else(|| needs("a real number"))?
                }
                _ => return Err(needs("a real number")),
            };
            let spec_kind = if "diu".contains(kind) { 'd' } else { kind };
            let digits = spec.precision.take();
            let (sign, mut body) = integer(number, spec_kind, &spec);
            if let Some(digits) = digits {
                body = format!("{}{body}", "0".repeat(digits.saturating_sub(body.len())));
            }
            Ok(padded(&spec, &sign, &body, '>'))
        }
        'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
            let number = Num::of(value).ok_or_else(|| needs("a real number"))?;
            spec.kind = Some(kind);
            let (sign, body) = float(number.float(), kind, &spec);
            Ok(padded(&spec, &sign, &body, '>'))
        }
        _ => Err(format!("unsupported format character '{kind}'").into()),
    }
}

/// `text.format(…)`.
pub(super) fn braces(pattern: &str, args: &Args) -> Res<String> {
    let mut auto = 0;
    fill(pattern, args, &mut auto, 0)
}

fn fill(pattern: &str, args: &Args, auto: &mut usize, depth: usize) -> Res<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err("single '}' encountered in format string".into());
        }
        let end = field_end(rest).ok_or_else(|| Stop::from("expected '}' before end of string"))?;
        out.push_str(&field(&rest[..end], args, auto, depth)?);
        if out.len() > LONGEST {
            return Err(too_large("the text"));
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn field_end(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, char)| match char {
        '{' => {
            depth += 1;
            None
        }
        '}' if depth == 0 => Some(at),
        '}' => {
            depth -= 1;
            None
        }
        _ => None,
    })
}

fn field(text: &str, args: &Args, auto: &mut usize, depth: usize) -> Res<String> {
    let (name, spec) = text.split_once(':').unwrap_or((text, ""));
    let (name, conversion) = match name.rsplit_once('!') {
        Some((name, conversion)) => (name, Some(conversion)),
        None => (name, None),
    };
    let value = lookup(name, args, auto)?;
    let spec =
        if spec.contains('{') && depth < 2 { fill(spec, args, auto, depth + 1)? } else { spec.to_owned() };
    match conversion {
        None => format_value(&value, &spec),
        Some("s") => format_value(&Value::from(str_of(&value).into_owned()), &spec),
        Some("r" | "a") => format_value(&Value::from(repr(&value)), &spec),
        Some(other) => Err(format!("unknown conversion specifier '{other}'").into()),
    }
}

fn lookup(name: &str, args: &Args, auto: &mut usize) -> Res<Value> {
    let head = name.find(['.', '[']).unwrap_or(name.len());
    let (first, mut path) = name.split_at(head);
    let index = match first {
        "" => {
            *auto += 1;
            Some(*auto - 1)
        }
        digits => digits.parse().ok(),
    };
    let mut value = match index {
        Some(index) => {
            let found = args.pos.get(index).cloned();
            found.ok_or_else(|| {
                Stop::from(format!("Replacement index {index} out of range for positional args tuple"))
            })?
        }
        None => match args.named.iter().find(|(key, _)| &**key == first) {
            Some((_, value)) => value.clone(),
            None => return Err(format!("format() has no argument `{first}`").into()),
        },
    };
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = value.get_attr(&rest[..end]).unwrap_or_default();
            path = &rest[end..];
        } else {
            let Some((key, rest)) = path[1..].split_once(']') else {
                return Err("expected ']' before end of string".into());
            };
            let key = key.parse::<i64>().map_or_else(|_| Value::from(key), Value::from);
            value = item(&value, &key);
            path = rest;
        }
    }
    Ok(value)
}

/// `format(value, spec)`.
pub(super) fn format_value(value: &Value, text: &str) -> Res<String> {
    if text.is_empty() {
        return Ok(str_of(value).into_owned());
    }
    let spec = parse_spec(text)?;
    if let Some(text) = value.as_str() {
        if let Some(kind) = spec.kind.filter(|kind| *kind != 's') {
            return Err(format!("unknown format code '{kind}' for object of type 'str'").into());
        }
        let text: String =
            spec.precision.map_or_else(|| text.to_owned(), |most| text.chars().take(most).collect());
        return Ok(padded(&spec, "", &text, '<'));
    }
    let Some(number) = Num::of(value) else {
        return Err(format!("unsupported format string passed to {}.__format__", type_name(value)).into());
    };
    match (number, spec.kind) {
        (Num::Int(number), None | Some('d' | 'b' | 'o' | 'x' | 'X' | 'n')) => {
            if spec.precision.is_some() {
                return Err("precision not allowed in integer format specifier".into());
            }
            let (sign, body) = integer(number, spec.kind.unwrap_or('d'), &spec);
            Ok(padded(&spec, &sign, &body, '>'))
        }
        (Num::Int(number), Some('c')) => {
            let char = u32::try_from(number).ok().and_then(char::from_u32);
            let char = char.ok_or_else(|| Stop::from("%c arg not in range"))?;
            Ok(padded(&spec, "", &char.to_string(), '<'))
        }
        (Num::Dec(number), kind @ (None | Some('f' | 'F'))) => {
            let places = spec.precision.or(kind.map(|_| 6)).and_then(|places| i32::try_from(places).ok());
            let exact = places.and_then(|places| number.quantized(places)).unwrap_or(number).to_string();
            let body = exact.trim_start_matches('-');
            let end = body.find(|char: char| !char.is_ascii_digit()).unwrap_or(body.len());
            let whole = spec.grouping.map_or(body[..end].to_owned(), |mark| grouped(&body[..end], 3, mark));
            let sign = sign_of(exact.starts_with('-'), &spec);
            Ok(padded(&spec, &sign, &(whole + &body[end..]), '>'))
        }
        (number, kind @ (None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' | 'n'))) => {
            let (sign, body) = float(number.float(), kind.unwrap_or('r'), &spec);
            Ok(padded(&spec, &sign, &body, '>'))
        }
        (_, Some(kind)) => {
            Err(format!("unknown format code '{kind}' for object of type '{}'", type_name(value)).into())
        }
    }
}

fn parse_spec(text: &str) -> Res<Spec> {
    let mut spec = Spec::default();
    let all: Vec<char> = text.chars().collect();
    let mut at = 0;
    let is_align = |at: usize| all.get(at).is_some_and(|char| "<>=^".contains(*char));
    if is_align(1) {
        (spec.fill, spec.align, at) = (Some(all[0]), Some(all[1]), 2);
    } else if is_align(0) {
        (spec.align, at) = (Some(all[0]), 1);
    }
    let rest: String = all[at..].iter().collect();
    let mut chars = rest.chars().peekable();
    spec.sign = chars.next_if(|char| "+- ".contains(*char));
    spec.alternate = chars.next_if_eq(&'#').is_some();
    spec.zero = chars.next_if_eq(&'0').is_some();
    spec.width = checked(digits(&mut chars).unwrap_or(0))?;
    spec.grouping = chars.next_if(|char| ",_".contains(*char));
    if chars.next_if_eq(&'.').is_some() {
        spec.precision = Some(precise(digits(&mut chars).unwrap_or(0))?);
    }
    spec.kind = chars.next();
    if chars.next().is_some() {
        return Err("invalid format specifier".into());
    }
    Ok(spec)
}

fn sign_of(negative: bool, spec: &Spec) -> String {
    match (negative, spec.sign) {
        (true, _) => "-".to_owned(),
        (false, Some(sign @ ('+' | ' '))) => sign.to_string(),
        _ => String::new(),
    }
}

/// Sign with prefix, and digits.
fn integer(number: i128, kind: char, spec: &Spec) -> (String, String) {
    let magnitude = number.unsigned_abs();
    let (digits, prefix) = match kind {
        'b' => (format!("{magnitude:b}"), "0b"),
        'o' => (format!("{magnitude:o}"), "0o"),
        'x' => (format!("{magnitude:x}"), "0x"),
        'X' => (format!("{magnitude:X}"), "0X"),
        _ => (magnitude.to_string(), ""),
    };
    let size = if "boxX".contains(kind) { 4 } else { 3 };
    let mut sign = sign_of(number < 0, spec);
    if spec.alternate {
        sign.push_str(prefix);
    }
    (sign, spec.grouping.map_or(digits.clone(), |mark| grouped(&digits, size, mark)))
}

fn grouped(digits: &str, size: usize, mark: char) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(size) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// Sign and digits of a float; kind `r` is the shortest form.
fn float(number: f64, kind: char, spec: &Spec) -> (String, String) {
    let sign = sign_of(number.is_sign_negative() && !number.is_nan(), spec);
    let magnitude = number.abs();
    if !magnitude.is_finite() {
        let name = if magnitude.is_nan() { "nan" } else { "inf" };
        let name = if kind.is_uppercase() { name.to_uppercase() } else { name.to_owned() };
        return (sign, if kind == '%' { name + "%" } else { name });
    }
    let precision = spec.precision;
    let mut body = match kind {
        'f' | 'F' => format!("{magnitude:.*}", precision.unwrap_or(6)),
        '%' => format!("{:.*}%", precision.unwrap_or(6), magnitude * 100.0),
        'e' | 'E' => exponent(&format!("{magnitude:.*e}", precision.unwrap_or(6))),
        'r' if precision.is_none() => super::text::float(magnitude),
        _ => general(magnitude, precision.unwrap_or(6).max(1), kind == 'r', spec.alternate),
    };
    if kind.is_uppercase() {
        body = body.to_uppercase();
    }
    if let Some(mark) = spec.grouping {
        let end = body.find(|char: char| !char.is_ascii_digit()).unwrap_or(body.len());
        body = grouped(&body[..end], 3, mark) + &body[end..];
    }
    (sign, body)
}

/// `1.5e7` as `1.5e+07`.
fn exponent(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

fn general(magnitude: f64, precision: usize, keep_point: bool, alternate: bool) -> String {
    let scientific = format!("{magnitude:.*e}", precision - 1);
    let power: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    // Precisions are checked to be small.
    let precision = i32::try_from(precision).unwrap_or(i32::MAX);
    let limit = precision - i32::from(keep_point && precision > 1);
    let trim = |digits: &str| {
        if alternate || !digits.contains('.') {
            digits.to_owned()
        } else {
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if power < -4 || power >= limit.max(1) {
        let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        return exponent(&format!("{}e{power}", trim(digits)));
    }
    let decimals = usize::try_from(precision - 1 - power).unwrap_or(0);
    let body = trim(&format!("{magnitude:.decimals$}"));
    if keep_point && !body.contains('.') { body + ".0" } else { body }
}

fn padded(spec: &Spec, sign: &str, body: &str, default: char) -> String {
    let length = sign.chars().count() + body.chars().count();
    let missing = spec.width.saturating_sub(length);
    let zero = spec.zero && spec.fill.is_none();
    let fill = spec.fill.unwrap_or(if zero { '0' } else { ' ' });
    let fill_with = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
    match spec.align.filter(|align| !(zero && *align == '>')).unwrap_or(if zero { '=' } else { default }) {
        '<' => format!("{sign}{body}{}", fill_with(missing)),
        '^' => format!("{}{sign}{body}{}", fill_with(missing / 2), fill_with(missing - missing / 2)),
        '=' => format!("{sign}{}{body}", fill_with(missing)),
        _ => format!("{}{sign}{body}", fill_with(missing)),
    }
}
