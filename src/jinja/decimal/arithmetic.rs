//! Operators of decimals, on as many digits as it takes, rounded at the end.

use std::cmp::Ordering;

use super::super::run::Res;
use super::{Decimal, PRECISION};

/// A number of any length: digits from the highest to the lowest.
pub(super) struct Wide {
    pub(super) negative: bool,
    pub(super) digits: Vec<u8>,
    pub(super) exponent: i32,
}

/// Exponents further apart than this are not lined up digit by digit.
const FAR: u32 = 5000;

impl Wide {
    pub(super) fn of(number: Decimal) -> Option<Self> {
        let Decimal::Finite { negative, digits, exponent } = number else { return None };
        let digits = digits.to_string().bytes().map(|digit| digit - b'0').collect();
        Some(Self { negative, digits, exponent })
    }

    /// A finite float, exactly.
    pub(super) fn of_float(float: f64) -> Self {
        let text = format!("{:.1074}", float.abs());
        let digits = text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        Self { negative: float < 0.0, digits, exponent: -1074 }.trimmed()
    }

    /// Without zeros at the head, at least one digit.
    fn trimmed(mut self) -> Self {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros.min(self.digits.len().saturating_sub(1)));
        self
    }

    fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == 0)
    }

    /// At most this many digits, ties to even.
    pub(super) fn rounded(self, most: usize) -> Decimal {
        let mut wide = self.trimmed();
        while wide.digits.len() > most {
            let surplus = wide.digits.len() - most;
            // Rounding up may add a digit; then it is done once more.
            wide = wide.shortened(surplus);
        }
        let digits = wide.digits.iter().fold(0u128, |all, digit| all * 10 + u128::from(*digit));
        Decimal::Finite { negative: wide.negative, digits, exponent: wide.exponent }
    }

    /// Without its last `count` digits, rounded.
    fn shortened(mut self, count: usize) -> Self {
        while self.digits.len() <= count {
            self.digits.insert(0, 0);
        }
        let rest = self.digits.split_off(self.digits.len() - count);
        self.exponent = self.exponent.saturating_add(i32::try_from(count).unwrap_or(i32::MAX));
        let half = rest.first().copied().unwrap_or(0).cmp(&5);
        let tie = rest.iter().skip(1).all(|digit| *digit == 0);
        let odd = self.digits.last().is_some_and(|digit| digit % 2 == 1);
        let up = match half {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => !tie || odd,
        };
        if up {
            let mut at = self.digits.len();
            loop {
                if at == 0 {
                    self.digits.insert(0, 1);
                    break;
                }
                at -= 1;
                if self.digits[at] == 9 {
                    self.digits[at] = 0;
                } else {
                    self.digits[at] += 1;
                    break;
                }
            }
        }
        self.trimmed()
    }

    /// The same number with another exponent; `None` if it needs more digits than fit.
    pub(super) fn quantized(self, exponent: i32) -> Option<Decimal> {
        let wide = match usize::try_from(exponent.checked_sub(self.exponent)?) {
            Ok(0) => self,
            Ok(less) if less < FAR as usize => self.shortened(less),
            Ok(_) => return None,
            Err(_) => self.lengthened(exponent)?,
        };
        (wide.digits.len() <= 38).then(|| wide.rounded(38))
    }

    /// With zeros at the end until the exponent is this one.
    fn lengthened(mut self, exponent: i32) -> Option<Self> {
        let more = u32::try_from(self.exponent.checked_sub(exponent)?).ok().filter(|more| *more <= FAR)?;
        self.digits.extend(std::iter::repeat_n(0, more as usize));
        self.exponent = exponent;
        Some(self)
    }

    /// The place of the highest digit.
    fn magnitude(&self) -> i64 {
        i64::from(self.exponent) + i64::try_from(self.digits.len()).unwrap_or(i64::MAX)
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return if other.negative { Ordering::Greater } else { Ordering::Less },
            (false, true) => return if self.negative { Ordering::Less } else { Ordering::Greater },
            (false, false) => {}
        }
        if self.negative != other.negative {
            return if self.negative { Ordering::Less } else { Ordering::Greater };
        }
        let order = self.compare_size(other);
        if self.negative { order.reverse() } else { order }
    }

    /// The order of two numbers other than zero without their signs.
    fn compare_size(&self, other: &Self) -> Ordering {
        self.magnitude().cmp(&other.magnitude()).then_with(|| {
            let length = self.digits.len().max(other.digits.len());
            let at = |digits: &[u8], at: usize| digits.get(at).copied().unwrap_or(0);
            let orders = (0..length).map(|place| at(&self.digits, place).cmp(&at(&other.digits, place)));
            orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        })
    }
}

impl Decimal {
    pub(in super::super) fn neg(self) -> Self {
        match self {
            Self::Finite { digits: 0, exponent, .. } => Self::Finite { negative: false, digits: 0, exponent },
            Self::Finite { negative, digits, exponent } => {
                Self::Finite { negative: !negative, digits, exponent }
            }
            Self::Infinite { negative } => Self::Infinite { negative: !negative },
            Self::Nan => Self::Nan,
        }
    }

    pub(in super::super) fn add(self, other: Self) -> Res<Self> {
        let (Some(left), Some(right)) = (Wide::of(self), Wide::of(other)) else {
            return Ok(of_special(self.float() + other.float()));
        };
        let apart = left.exponent.abs_diff(right.exponent);
        if apart > FAR {
            // One of them is too small to be seen.
            return Ok(if left.magnitude() > right.magnitude() { self } else { other });
        }
        let exponent = left.exponent.min(right.exponent);
        let (Some(left), Some(right)) = (left.lengthened(exponent), right.lengthened(exponent)) else {
            return Err("the number becomes too large".into());
        };
        let (negative, digits) = if left.negative == right.negative {
            (left.negative, sum(&left.digits, &right.digits))
        } else {
            let (a, b) = (left.trimmed(), right.trimmed());
            match a.digits.len().cmp(&b.digits.len()).then_with(|| a.digits.cmp(&b.digits)) {
                Ordering::Less => (b.negative, difference(&b.digits, &a.digits)),
                Ordering::Equal => (false, vec![0]),
                Ordering::Greater => (a.negative, difference(&a.digits, &b.digits)),
            }
        };
        Ok(Wide { negative, digits, exponent }.rounded(PRECISION))
    }

    pub(in super::super) fn sub(self, other: Self) -> Res<Self> {
        self.add(other.neg())
    }

    #[allow(clippy::unnecessary_wraps, reason = "all operators have one form")]
    pub(in super::super) fn mul(self, other: Self) -> Res<Self> {
        let (Some(left), Some(right)) = (Wide::of(self), Wide::of(other)) else {
            return Ok(of_special(self.float() * other.float()));
        };
        let exponent = left.exponent.saturating_add(right.exponent);
        let digits = product(&left.digits, &right.digits);
        Ok(Wide { negative: left.negative != right.negative, digits, exponent }.rounded(PRECISION))
    }

    pub(in super::super) fn div(self, other: Self) -> Res<Self> {
        if other.is_zero() {
            return Err("division by zero".into());
        }
        // A divisor must leave room for one digit more.
        let (Some(left), Some(right)) = (Wide::of(self), Wide::of(other)) else {
            return Ok(of_special(self.float() / other.float()));
        };
        let Self::Finite { negative, digits: divisor, exponent: under } = right.rounded(37) else {
            return Ok(Self::Nan);
        };
        let ideal = left.exponent.saturating_sub(under);
        let length = divisor.to_string().len();
        let shift = (length + PRECISION + 1).saturating_sub(left.digits.len());
        let mut exponent = ideal.saturating_sub(i32::try_from(shift).unwrap_or(i32::MAX));
        let dividend = left.digits.iter().copied().chain(std::iter::repeat_n(0, shift));
        let (mut digits, rest) = long_division(dividend, divisor);
        if rest == 0 {
            while exponent < ideal && digits.len() > 1 && digits.last() == Some(&0) {
                digits.pop();
                exponent += 1;
            }
        } else if let Some(last) = digits.last_mut().filter(|last| **last % 5 == 0) {
            // What is left over keeps a tie from being one.
            *last += 1;
        }
        Ok(Wide { negative: left.negative != negative, digits, exponent }.rounded(PRECISION))
    }

    /// The whole part of the quotient; unlike an int's it is cut towards zero.
    pub(in super::super) fn floor_div(self, other: Self) -> Res<Self> {
        let (quotient, _, _) = self.divided(other)?;
        Ok(quotient)
    }

    /// What is left over, with the sign of the dividend.
    pub(in super::super) fn rem(self, other: Self) -> Res<Self> {
        let (_, rest, exponent) = self.divided(other)?;
        let negative = matches!(self, Self::Finite { negative: true, .. });
        Ok(Self::Finite { negative, digits: rest, exponent })
    }

    fn divided(self, other: Self) -> Res<(Self, u128, i32)> {
        if other.is_zero() {
            return Err("integer division or modulo by zero".into());
        }
        let impossible = "the quotient has too many digits";
        let (Some(left), Some(right)) = (Wide::of(self), Wide::of(other)) else {
            return Err(impossible.into());
        };
        let exponent = left.exponent.min(right.exponent);
        let negative = left.negative != right.negative;
        let (Some(left), Some(right)) = (left.lengthened(exponent), right.lengthened(exponent)) else {
            return Err(impossible.into());
        };
        if right.digits.len() > 37 {
            return Err(impossible.into());
        }
        let divisor = right.digits.iter().fold(0u128, |all, digit| all * 10 + u128::from(*digit));
        let (digits, rest) = long_division(left.digits.iter().copied(), divisor);
        let quotient = Wide { negative, digits, exponent: 0 }.trimmed();
        if quotient.digits.len() > PRECISION {
            return Err(impossible.into());
        }
        Ok((quotient.rounded(PRECISION), rest, exponent))
    }

    pub(in super::super) fn pow(self, other: Self) -> Res<Self> {
        let whole = other.int().filter(|whole| Self::of_int(*whole).compare(other) == Some(Ordering::Equal));
        let Some(times) = whole.and_then(|whole| i32::try_from(whole).ok()).filter(|n| n.abs() < 1000) else {
            return Ok(of_special(self.float().powf(other.float())));
        };
        let mut power = Self::of_int(1);
        for _ in 0..times.unsigned_abs() {
            power = power.mul(self)?;
        }
        if times < 0 { Self::of_int(1).div(power) } else { Ok(power) }
    }
}

fn of_special(float: f64) -> Decimal {
    Decimal::parse(&format!("{float:?}")).unwrap_or(Decimal::Nan)
}

fn sum(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut digits = Vec::with_capacity(left.len().max(right.len()) + 1);
    let (mut left, mut right, mut carry) = (left.iter().rev(), right.iter().rev(), 0);
    loop {
        let pair = (left.next(), right.next());
        if pair == (None, None) && carry == 0 {
            break;
        }
        let all = pair.0.unwrap_or(&0) + pair.1.unwrap_or(&0) + carry;
        digits.push(all % 10);
        carry = all / 10;
    }
    digits.reverse();
    digits
}

/// `left - right`, where `left` is not the smaller one.
fn difference(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut digits = Vec::with_capacity(left.len());
    let mut right = right.iter().rev();
    let mut borrowed = 0;
    for digit in left.iter().rev() {
        let less = right.next().unwrap_or(&0) + borrowed;
        borrowed = u8::from(*digit < less);
        digits.push(digit + borrowed * 10 - less);
    }
    digits.reverse();
    digits
}

fn product(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut places = vec![0u32; left.len() + right.len()];
    for (at, a) in left.iter().rev().enumerate() {
        for (by, b) in right.iter().rev().enumerate() {
            places[at + by] += u32::from(*a) * u32::from(*b);
        }
    }
    let mut digits = Vec::with_capacity(places.len());
    let mut carry = 0;
    for place in places {
        let all = place + carry;
        digits.push((all % 10) as u8);
        carry = all / 10;
    }
    digits.reverse();
    digits
}

/// Quotient and rest; the divisor has at most 37 digits.
fn long_division(dividend: impl Iterator<Item = u8>, divisor: u128) -> (Vec<u8>, u128) {
    let mut digits = Vec::new();
    let mut rest = 0u128;
    for digit in dividend {
        rest = rest * 10 + u128::from(digit);
        digits.push((rest / divisor) as u8);
        rest %= divisor;
    }
    (digits, rest)
}
