//! Python's `Decimal`: what numbers with a point are that a query gave.
//!
//! Arithmetic is that of Python's default context: 28 digits, ties to even.

mod arithmetic;
mod object;

use std::cmp::Ordering;

use minijinja::Value;

/// The digits that a result of arithmetic keeps.
const PRECISION: usize = 28;

/// A decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decimal {
    /// `(-1)^negative × digits × 10^exponent`.
    Finite {
        /// The sign.
        negative: bool,
        /// All digits, as a whole number.
        digits: u128,
        /// Where the point is.
        exponent: i32,
    },
    /// Infinity.
    Infinite {
        /// The sign.
        negative: bool,
    },
    /// Not a number.
    Nan,
}

/// The value of a decimal number's text (`3.30`, `1e-7`, `NaN`); the text itself if it is none.
pub fn decimal_value(text: &str) -> Value {
    Decimal::parse(text).map_or_else(|| Value::from(text), Value::from_object)
}

impl Decimal {
    /// A whole number; `None` if it has more digits than fit.
    pub(super) fn of_int(int: i128) -> Self {
        Self::Finite { negative: int < 0, digits: int.unsigned_abs(), exponent: 0 }
    }

    /// Reads what Python's `Decimal(text)` reads; more than 38 digits are rounded.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        match rest.to_ascii_lowercase().as_str() {
            "nan" => return Some(Self::Nan),
            "inf" | "infinity" => return Some(Self::Infinite { negative }),
            _ => {}
        }
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digits = digits.into_iter().map(|digit| digit - b'0').collect();
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        Some(arithmetic::Wide { negative, digits, exponent }.rounded(38))
    }

    /// The float that Python's `float()` gives.
    pub(super) fn float(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The whole number that Python's `int()` gives; `None` if it is too large or none.
    pub(super) fn int(self) -> Option<i128> {
        let Self::Finite { negative, digits, exponent } = self else { return None };
        let whole = match u32::try_from(exponent) {
            Ok(up) => digits.checked_mul(10u128.checked_pow(up)?)?,
            Err(_) => 10u128.checked_pow(exponent.unsigned_abs()).map_or(0, |unit| digits / unit),
        };
        let whole = i128::try_from(whole).ok()?;
        Some(if negative { -whole } else { whole })
    }

    /// True for zero of either sign.
    pub(super) fn is_zero(self) -> bool {
        matches!(self, Self::Finite { digits: 0, .. })
    }

    /// The same number with this many digits after the point, ties to even; `None` for what has no digits.
    pub(super) fn quantized(self, places: i32) -> Option<Self> {
        let Self::Finite { .. } = self else { return None };
        arithmetic::Wide::of(self)?.quantized(-places)
    }

    /// The order of two numbers; none where one is no number.
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        let rank = |number: Self| match number {
            Self::Nan => None,
            Self::Infinite { negative } => Some(if negative { -1 } else { 1 }),
            Self::Finite { .. } => Some(0),
        };
        let ranks = (rank(self)?, rank(other)?);
        if ranks != (0, 0) {
            return Some(ranks.0.cmp(&ranks.1));
        }
        Some(arithmetic::Wide::of(self)?.compare(&arithmetic::Wide::of(other)?))
    }

    /// The order of a number and a float, both taken exactly.
    pub(super) fn compare_float(self, float: f64) -> Option<Ordering> {
        if !float.is_finite() {
            return self.float().partial_cmp(&float);
        }
        let Some(wide) = arithmetic::Wide::of(self) else { return self.float().partial_cmp(&float) };
        Some(wide.compare(&arithmetic::Wide::of_float(float)))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (negative, digits, exponent) = match self {
            Self::Nan => return f.write_str("NaN"),
            Self::Infinite { negative } => {
                return f.write_str(if *negative { "-Infinity" } else { "Infinity" });
            }
            Self::Finite { negative, digits, exponent } => (*negative, digits.to_string(), *exponent),
        };
        let sign = if negative { "-" } else { "" };
        let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let left = exponent.saturating_add(length);
        let point = if exponent <= 0 && left > -6 { left } else { 1 };
        let body = match usize::try_from(point) {
            Ok(point) if point > 0 && point < digits.len() => {
                format!("{}.{}", &digits[..point], &digits[point..])
            }
            Ok(point) if point > 0 => digits,
            _ => format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        };
        if left == point {
            return write!(f, "{sign}{body}");
        }
        write!(f, "{sign}{body}E{:+}", left - point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn number(text: &str) -> Decimal {
        Decimal::parse(text).expect("a number")
    }

    #[track_caller]
    fn check(got: super::super::run::Res<Decimal>, expected: &str) {
        assert_eq!(got.unwrap_or(Decimal::Nan).to_string(), expected);
    }

    #[test]
    fn texts_are_those_of_python() {
        for text in ["3.30", "-0.05", "1E-8", "0.000001", "1E+20", "NaN", "-Infinity", "0", "0.00", "1.5E+30"]
        {
            assert_eq!(number(text).to_string(), text);
        }
        assert_eq!(number("1e20").to_string(), "1E+20");
        assert_eq!(number("0.00000001").to_string(), "1E-8");
        assert!(Decimal::parse("x").is_none() && Decimal::parse("").is_none());
    }

    #[test]
    fn arithmetic_is_that_of_python() {
        let (a, b) = (number("3.30"), number("-7.5"));
        check(a.add(number("1")), "4.30");
        check(a.sub(number("3.3")), "0.00");
        check(a.mul(a), "10.8900");
        check(a.div(number("3")), "1.10");
        check(number("3").div(a), "0.9090909090909090909090909091");
        check(number("10").div(number("4")), "2.5");
        check(b.floor_div(number("2")), "-3");
        check(b.rem(number("2")), "-1.5");
        check(a.pow(number("2")), "10.8900");
        check(number("2").pow(number("-2")), "0.25");
        check(number("12345678901234567890.123456789").mul(number("3")), "37037036703703703670.37037037");
        check(number("1e300").add(number("1")), "1.000000000000000000000000000E+300");
        assert!(a.div(number("0")).is_err());
    }

    #[test]
    fn order_is_exact() {
        assert_eq!(number("3.30").compare(number("3.3")), Some(Ordering::Equal));
        assert_eq!(number("3.3").compare_float(3.3), Some(Ordering::Greater));
        assert_eq!(number("0.5").compare_float(0.5), Some(Ordering::Equal));
        assert_eq!(number("-1e5").compare(number("2")), Some(Ordering::Less));
        assert_eq!(number("NaN").compare(number("2")), None);
    }

    #[test]
    fn quantized_rounds_ties_to_even() {
        assert_eq!(number("0.125").quantized(2).map(|it| it.to_string()).as_deref(), Some("0.12"));
        assert_eq!(number("10").quantized(2).map(|it| it.to_string()).as_deref(), Some("10.00"));
        assert_eq!(number("7.5").quantized(0).map(|it| it.to_string()).as_deref(), Some("8"));
        assert_eq!(number("-7.9").int(), Some(-7));
    }
}
