//! Python's numbers: int, float, and bool as an int.

use std::cmp::Ordering;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::decimal::Decimal;
use super::run::{Res, Stop};

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Num {
    Int(i128),
    Float(f64),
    Dec(Decimal),
}

impl Num {
    /// The number that a value is; bools count as in Python.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value.kind() {
            ValueKind::Bool => Some(Self::Int(i128::from(value.is_true()))),
            ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok().map(Self::Int),
            ValueKind::Number => f64::try_from(value.clone()).ok().map(Self::Float),
            ValueKind::Plain => value.downcast_object_ref::<Decimal>().copied().map(Self::Dec),
            _ => None,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "Python rounds to the nearest float too")]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
            Self::Dec(decimal) => decimal.float(),
        }
    }

    /// The order of two numbers; none where one is no number.
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(&right)),
            (Self::Dec(left), Self::Float(right)) => left.compare_float(right),
            (Self::Float(left), Self::Dec(right)) => right.compare_float(left).map(Ordering::reverse),
            (Self::Dec(left), right) => left.compare(right.decimal()?),
            (left, Self::Dec(right)) => left.decimal()?.compare(right),
            (left, right) => left.float().partial_cmp(&right.float()),
        }
    }

    /// The number as a decimal; a float is none to Python's operators.
    fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Int(int) => Some(Decimal::of_int(int)),
            Self::Dec(decimal) => Some(decimal),
            Self::Float(_) => None,
        }
    }
}

/// The result of an operator if one side is a decimal; the other must not be a float then.
fn decimals(
    left: Num,
    right: Num,
    sign: &str,
    operator: fn(Decimal, Decimal) -> Res<Decimal>,
) -> Option<Res<Value>> {
    if !matches!((left, right), (Num::Dec(_), _) | (_, Num::Dec(_))) {
        return None;
    }
    let name = |number| if matches!(number, Num::Float(_)) { "float" } else { "decimal.Decimal" };
    Some(match (left.decimal(), right.decimal()) {
        (Some(left), Some(right)) => operator(left, right).map(Value::from_object),
        _ => {
            let (left, right) = (name(left), name(right));
            Err(format!("unsupported operand type(s) for {sign}: '{left}' and '{right}'").into())
        }
    })
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
    if let Some(result) = decimals(left, right, "+", Decimal::add) {
        return result;
    }
    arithmetic(left, right, i128::checked_add, |left, right| left + right)
}

pub(super) fn sub(left: Num, right: Num) -> Res<Value> {
    if let Some(result) = decimals(left, right, "-", Decimal::sub) {
        return result;
    }
    arithmetic(left, right, i128::checked_sub, |left, right| left - right)
}

pub(super) fn mul(left: Num, right: Num) -> Res<Value> {
    if let Some(result) = decimals(left, right, "*", Decimal::mul) {
        return result;
    }
    arithmetic(left, right, i128::checked_mul, |left, right| left * right)
}

pub(super) fn div(left: Num, right: Num) -> Res<Value> {
    if let Some(result) = decimals(left, right, "/", Decimal::div) {
        return result;
    }
    if right.float() == 0.0 {
        return Err("division by zero".into());
    }
    Ok(Value::from(left.float() / right.float()))
}

pub(super) fn floor_div(left: Num, right: Num) -> Res<Value> {
    if let Some(result) = decimals(left, right, "//", Decimal::floor_div) {
        return result;
    }
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
    if let Some(result) = decimals(left, right, "%", Decimal::rem) {
        return result;
    }
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
    if let Some(result) = decimals(left, right, "** or pow()", Decimal::pow) {
        return result;
    }
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
        Num::Dec(number) => Ok(Value::from_object(number.neg())),
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
