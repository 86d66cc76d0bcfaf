//! Python's numbers: int, float, and bool as an int.

use minijinja::Value;
use minijinja::value::ValueKind;

use super::run::{Res, Stop};

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Num {
    Int(i128),
    Float(f64),
}

impl Num {
    /// The number that a value is; bools count as in Python.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value.kind() {
            ValueKind::Bool => Some(Self::Int(i128::from(value.is_true()))),
            ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok().map(Self::Int),
            ValueKind::Number => f64::try_from(value.clone()).ok().map(Self::Float),
            _ => None,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "Python rounds to the nearest float too")]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }
}

/// The value of an int.
pub(super) fn int(int: i128) -> Value {
    i64::try_from(int).map_or_else(|_| Value::from(int), Value::from)
}

fn too_big() -> Stop {
    "the number becomes too large".into()
}

fn ints(left: Num, right: Num) -> Option<(i128, i128)> {
    match (left, right) {
        (Num::Int(left), Num::Int(right)) => Some((left, right)),
        _ => None,
    }
}

fn arithmetic(
    left: Num,
    right: Num,
    exact: fn(i128, i128) -> Option<i128>,
    rounded: fn(f64, f64) -> f64,
) -> Res<Value> {
    match ints(left, right) {
        Some((left, right)) => exact(left, right).map(int).ok_or_else(too_big),
        None => Ok(Value::from(rounded(left.float(), right.float()))),
    }
}

pub(super) fn add(left: Num, right: Num) -> Res<Value> {
    arithmetic(left, right, i128::checked_add, |left, right| left + right)
}

pub(super) fn sub(left: Num, right: Num) -> Res<Value> {
    arithmetic(left, right, i128::checked_sub, |left, right| left - right)
}

pub(super) fn mul(left: Num, right: Num) -> Res<Value> {
    arithmetic(left, right, i128::checked_mul, |left, right| left * right)
}

pub(super) fn div(left: Num, right: Num) -> Res<Value> {
    if right.float() == 0.0 {
        return Err("division by zero".into());
    }
    Ok(Value::from(left.float() / right.float()))
}

pub(super) fn floor_div(left: Num, right: Num) -> Res<Value> {
    if right.float() == 0.0 {
        return Err("integer division or modulo by zero".into());
    }
    match ints(left, right) {
        Some((left, right)) => {
            let quotient = left.checked_div(right).ok_or_else(too_big)?;
            let exact = left % right == 0 || (left < 0) == (right < 0);
            Ok(int(if exact { quotient } else { quotient - 1 }))
        }
        None => Ok(Value::from((left.float() / right.float()).floor())),
    }
}

pub(super) fn rem(left: Num, right: Num) -> Res<Value> {
    if right.float() == 0.0 {
        return Err("integer division or modulo by zero".into());
    }
    if let Some((left, right)) = ints(left, right) {
        let rest = left.checked_rem(right).unwrap_or(0);
        let flip = rest != 0 && (rest < 0) != (right < 0);
        return Ok(int(if flip { rest + right } else { rest }));
    }
    let (left, right) = (left.float(), right.float());
    let rest = left % right;
    let flip = rest != 0.0 && (rest < 0.0) != (right < 0.0);
    let rest = if rest == 0.0 { 0f64.copysign(right) } else { rest };
    Ok(Value::from(if flip { rest + right } else { rest }))
}

pub(super) fn pow(left: Num, right: Num) -> Res<Value> {
    if let Some((base, exponent)) = ints(left, right)
        && exponent >= 0
    {
        let exponent = u32::try_from(exponent).map_err(|_| too_big())?;
        return base.checked_pow(exponent).map(int).ok_or_else(too_big);
    }
    if left.float() == 0.0 && right.float() < 0.0 {
        return Err("0.0 cannot be raised to a negative power".into());
    }
    Ok(Value::from(left.float().powf(right.float())))
}

pub(super) fn neg(number: Num) -> Res<Value> {
    match number {
        Num::Int(number) => number.checked_neg().map(int).ok_or_else(too_big),
        Num::Float(number) => Ok(Value::from(-number)),
    }
}

/// Python's `int(text, base)`: blanks around and underscores between digits are allowed.
pub(super) fn parse_int(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    let digits = lower.strip_prefix(prefix).unwrap_or(&lower);
    if digits.starts_with(['_', '+', '-']) || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let number = i128::from_str_radix(&digits.replace('_', ""), base).ok()?;
    Some(if negative { -number } else { number })
}

/// Python's `float(text)`.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.starts_with('_') || text.ends_with('_') || text.contains("__") {
        return None;
    }
    text.replace('_', "").parse().ok()
}
