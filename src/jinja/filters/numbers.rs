//! Filters on numbers.

use minijinja::Value;

use super::super::call::Args;
use super::super::code::Binary;
use super::super::number::{self, Num};
use super::super::ops::{binary, iterate, type_name};
use super::super::run::{Res, Vm, wrong};
use super::{Path, flag, integer};

pub(super) fn abs(_: &mut Vm<'_, '_, '_>, value: Value, _: Args) -> Res<Value> {
    match Num::of(&value) {
        Some(Num::Int(number)) => Ok(number::int(number.saturating_abs())),
        Some(Num::Float(number)) => Ok(Value::from(number.abs())),
        Some(Num::Dec(number)) if number.to_string().starts_with('-') => Ok(Value::from_object(number.neg())),
        Some(Num::Dec(number)) => Ok(Value::from_object(number)),
        None => Err(format!("bad operand type for abs(): '{}'", type_name(&value)).into()),
    }
}

pub(super) fn int(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let base = integer(args.take(1, "base"), 10)?;
    let default = args.take(0, "default").unwrap_or_else(|| Value::from(0));
    let float = match value.as_str() {
        Some(text) => {
            let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base)).unwrap_or(10);
            if let Some(number) = number::parse_int(text, base) {
                return Ok(number::int(number));
            }
            number::parse_float(text)
        }
        None => match Num::of(&value) {
            Some(Num::Int(number)) => return Ok(number::int(number)),
            Some(Num::Float(number)) => Some(number),
            Some(Num::Dec(number)) => return Ok(number.int().map_or(default, number::int)),
            None => None,
        },
    };
    #[allow(clippy::cast_possible_truncation, reason = "Python's int() truncates too")]
    let truncated =
        float.filter(|number| number.is_finite()).map(|number| number::int(number.trunc() as i128));
    Ok(truncated.unwrap_or(default))
}

pub(super) fn float(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let number = match value.as_str() {
        Some(text) => number::parse_float(text),
        None => Num::of(&value).map(Num::float),
    };
    Ok(number.map_or_else(|| args.take(0, "default").unwrap_or_else(|| Value::from(0.0)), Value::from))
}

pub(super) fn round(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let precision = integer(args.take(0, "precision"), 0)?.clamp(-400, 400) as i32;
    let method = args.take(1, "method").unwrap_or_else(|| Value::from("common"));
    let Some(number) = Num::of(&value) else {
        return Err(format!("type {} doesn't define __round__ method", type_name(&value)).into());
    };
    let scale = 10f64.powi(precision);
    match (method.as_str(), number) {
        (Some("common"), Num::Int(int)) if precision >= 0 => Ok(number::int(int)),
        (Some("common"), Num::Int(int)) => {
            let unit = 10i128.checked_pow(precision.unsigned_abs()).unwrap_or(i128::MAX);
            let (down, rest) = (int.div_euclid(unit), int.rem_euclid(unit));
            let up = rest > unit / 2 || rest == unit / 2 && unit % 2 == 0 && down % 2 != 0;
            Ok(number::int((down + i128::from(up)) * unit))
        }
        (Some("common"), Num::Dec(number)) => {
            Ok(Value::from_object(number.quantized(precision).unwrap_or(number)))
        }
        (Some("common"), Num::Float(float)) => Ok(Value::from(round_float(float, precision))),
        (Some("ceil"), number) => Ok(Value::from((number.float() * scale).ceil() / scale)),
        (Some("floor"), number) => Ok(Value::from((number.float() * scale).floor() / scale)),
        _ => Err(wrong("method must be common, ceil or floor")),
    }
}

/// Python's `round(x, n)`: right to the last digit, ties to even.
fn round_float(number: f64, precision: i32) -> f64 {
    if !number.is_finite() {
        return number;
    }
    if let Ok(precision) = usize::try_from(precision) {
        return format!("{number:.precision$}").parse().unwrap_or(number);
    }
    let scale = 10f64.powi(-precision);
    (number / scale).round_ties_even() * scale
}

pub(super) fn sum(vm: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let start = args.take(1, "start").unwrap_or_else(|| Value::from(0));
    let path = args.take(0, "attribute").filter(|path| !path.is_none()).map(|path| Path::of(&path));
    iterate(&value)?.into_iter().try_fold(start, |sum, item| {
        vm.run().step()?;
        let item = path.as_ref().map_or_else(|| item.clone(), |path| path.get(&item, None));
        binary(Binary::Add, &sum, &item)
    })
}

pub(super) fn filesizeformat(_: &mut Vm<'_, '_, '_>, value: Value, mut args: Args) -> Res<Value> {
    let bytes = match value.as_str() {
        Some(text) => number::parse_float(text),
        None => Num::of(&value).map(Num::float),
    };
    let bytes = bytes.ok_or_else(|| wrong("filesizeformat needs a number"))?;
    let binary = flag(args.take(0, "binary"));
    let (base, infix) = if binary { (1024.0, "i") } else { (1000.0, "") };
    if (bytes - 1.0).abs() < f64::EPSILON {
        return Ok(Value::from("1 Byte"));
    }
    if bytes < base {
        return Ok(Value::from(format!("{} Bytes", bytes.trunc())));
    }
    let prefixes = [if binary { "K" } else { "k" }, "M", "G", "T", "P", "E", "Z", "Y"];
    let mut unit = base;
    let mut prefix = prefixes[0];
    for (at, each) in prefixes.into_iter().enumerate() {
        prefix = each;
        if bytes < unit * base || at == prefixes.len() - 1 {
            break;
        }
        unit *= base;
    }
    Ok(Value::from(format!("{:.1} {prefix}{infix}B", bytes / unit)))
}
