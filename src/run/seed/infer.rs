//! The types of a seed's columns, by the rules that dbt has from agate.
//!
//! A column has the first of these types that fits all of its values: number, date, date and time, boolean,
//! text. Empty text and `null` fit all.

use std::sync::LazyLock;

use regex::Regex;

/// What fits every value that was seen so far.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a type that still fits, independent of the others")]
pub(super) struct Guess {
    seen: bool,
    number: bool,
    date: bool,
    datetime: bool,
    iso: bool,
    boolean: bool,
    whole_places: i64,
    decimal_places: i64,
    wide: bool,
}

impl Guess {
    /// Nothing seen: all types fit.
    pub(super) fn new() -> Self {
        Self {
            seen: false,
            number: true,
            date: true,
            datetime: true,
            iso: true,
            boolean: true,
            whole_places: 1,
            decimal_places: 0,
            wide: false,
        }
    }

    /// Drops the types that a value does not fit.
    pub(super) fn see(&mut self, text: &str) {
        self.seen = true;
        if !(self.number || self.date || self.datetime || self.iso || self.boolean) || is_null(text) {
            return;
        }
        let trimmed = text.trim();
        if self.number {
            match number(trimmed) {
                Some(Number::Finite { whole, decimal, wide }) => {
                    self.whole_places = self.whole_places.max(whole);
                    self.decimal_places = self.decimal_places.max(decimal);
                    self.wide |= wide;
                }
                Some(Number::Special) => {}
                None => self.number = false,
            }
        }
        self.date &= is_date(trimmed);
        self.datetime = self.datetime && is_datetime(trimmed);
        self.iso = self.iso && is_iso_datetime(trimmed);
        self.boolean = self.boolean && {
            let word = text.replace(',', "");
            let word = word.trim();
            word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") || is_null(word)
        };
    }

    /// The type's name as dbt-duckdb writes it.
    pub(super) fn type_name(&self) -> &'static str {
        if self.number || !self.seen {
            // Where dbt's integer would not hold the value, a wider one does.
            return match self.places() {
                0 if self.wide => "bigint",
                0 => "integer",
                _ => "float8",
            };
        }
        if self.date {
            "date"
        } else if self.datetime || self.iso {
            "timestamp without time zone"
        } else if self.boolean {
            "boolean"
        } else {
            "text"
        }
    }

    /// Decimal places, within Python's 28 digits.
    fn places(&self) -> i64 {
        if self.whole_places.saturating_add(self.decimal_places) > PRECISION {
            return PRECISION.saturating_sub(self.whole_places);
        }
        self.decimal_places
    }
}

/// True for what every type takes as NULL.
pub(super) fn is_null(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.eq_ignore_ascii_case("null")
}

/// The number in plain digits, for a column of numbers: without `%`, currency signs and commas.
pub(super) fn plain_number(text: &str) -> String {
    let (negative, digits) = stripped(text.trim());
    format!("{}{}", if negative { "-" } else { "" }, digits.trim().replace('_', ""))
}

/// The digits of Python's decimal context.
const PRECISION: i64 = 28;

enum Number {
    Finite { whole: i64, decimal: i64, wide: bool },
    Special,
}

/// Sign and digits without the signs that agate takes off.
fn stripped(text: &str) -> (bool, String) {
    const CURRENCY: &[char] =
        &['؋', '$', 'ƒ', '៛', '¥', '₡', '₱', '£', '€', '¢', '﷼', '₪', '₩', '₭', '₮', '₦', '฿', '₤', '₫'];
    let text = text.trim_matches('%');
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut text = text;
    for symbol in CURRENCY {
        text = text.trim_matches(*symbol);
    }
    (negative, text.replace(',', ""))
}

fn number(text: &str) -> Option<Number> {
    let (_, text) = stripped(text);
    let text = text.trim();
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain: String = text.chars().filter(|char| *char != '_').collect();
    let lower = plain.to_ascii_lowercase();
    if lower == "inf" || lower == "infinity" {
        return Some(Number::Special);
    }
    if lower.strip_prefix("nan").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(Number::Special);
    }
    let (mantissa, exponent) = match lower.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (lower.as_str(), 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let mut exponent = exponent.saturating_sub(places(fraction.len()));
    let mut digits = digits.to_owned();
    if let Some(excess) = digits.len().checked_sub(PRECISION as usize) {
        exponent = exponent.saturating_add(places(excess));
        digits.truncate(PRECISION as usize);
    }
    let significant = digits.trim_end_matches('0').len();
    if significant == 0 {
        return Some(Number::Finite { whole: 1, decimal: 0, wide: false });
    }
    exponent = exponent.saturating_add(places(digits.len() - significant));
    let whole = places(significant).saturating_add(exponent);
    let wide = whole > 10 || (whole == 10 && digits.get(..10).unwrap_or(&digits) > "2147483647");
    Some(Number::Finite { whole, decimal: exponent.saturating_neg(), wide })
}

fn is_date(text: &str) -> bool {
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(\d{4})-(1[0-2]|0[1-9]|[1-9])-(3[01]|[12]\d|0[1-9]|[1-9]| [1-9])$").ok()
    });
    matches_day(&DATE, text)
}

fn is_datetime(text: &str) -> bool {
    static DATETIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(\d{4})-(1[0-2]|0[1-9]|[1-9])-(3[01]|[12]\d|0[1-9]|[1-9]| [1-9])\s+(2[0-3]|[01]\d|\d):([0-5]\d|\d):([0-5]\d|\d)$",
        )
        .ok()
    });
    matches_day(&DATETIME, text)
}

fn matches_day(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    // Most texts are no dates; a look at the first byte spares the match.
    if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let Some(found) = regex.as_ref().and_then(|regex| regex.captures(text)) else { return false };
    let part = |at: usize| found.get(at).and_then(|part| part.as_str().trim().parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (part(1), part(2), part(3)) else { return false };
    is_day(year, month, day)
}

fn is_day(year: i16, month: i16, day: i16) -> bool {
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    year >= 1 && jiff::civil::Date::new(year, month, day).is_ok()
}

/// Dates and times with a `T` between them.
fn is_iso_datetime(text: &str) -> bool {
    static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(\d{2})(?::(\d{2}):(\d{2})(?:[,.]\d+)?|(\d{2})(\d{2})(?:[,.]\d+)?|:(\d{2})(?:[,.]\d+)?|(\d{2})(?:[,.]\d+)?|(?:[,.]\d+)?)(?:Z|[+-]\d{2}(?::?\d{2})?)?$",
        )
        .ok()
    });
    let mut halves = text.split('T');
    let (Some(date), Some(time), None) = (halves.next(), halves.next(), halves.next()) else { return false };
    let Some(found) = TIME.as_ref().and_then(|regex| regex.captures(time)) else { return false };
    let below = |at: usize, limit: u8| {
        found.get(at).is_none_or(|part| part.as_str().parse::<u8>().is_ok_and(|value| value < limit))
    };
    below(1, 24) && [2, 3, 4, 5, 6, 7].iter().all(|at| below(*at, 60)) && is_iso_date(date)
}

fn is_iso_date(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|part| part.parse().ok())
    };
    let Some(year) = digits(0..4) else { return false };
    let rest = &text[4..];
    let day_of_year = |day: Option<i16>| day.is_some_and(|day| (1..=366).contains(&day));
    let week = |week: Option<i16>| week.is_some_and(|week| (1..=53).contains(&week));
    match (rest.as_bytes(), rest.len()) {
        ([b'-', b'W', ..], 6) if rest.as_bytes()[4] == b'-' => week(digits(6..8)) && digits(9..10).is_some(),
        ([b'-', b'W', ..], 4) => week(digits(6..8)),
        ([b'W', ..], 4) => week(digits(5..7)) && digits(7..8).is_some(),
        ([b'W', ..], 3) => week(digits(5..7)),
        ([b'-', ..], 6) if rest.as_bytes()[3] == b'-' => match (digits(5..7), digits(8..10)) {
            (Some(month), Some(day)) => is_day(year, month, day),
            _ => false,
        },
        ([b'-', ..], 4) => day_of_year(digits(5..8)),
        ([b'-', ..], 3) => digits(5..7).is_some_and(|month| is_day(year, month, 1)),
        (_, 4) => match (digits(4..6), digits(6..8)) {
            (Some(month), Some(day)) => is_day(year, month, day),
            _ => false,
        },
        (_, 3) => day_of_year(digits(4..7)),
        (_, 0) => year >= 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], type_name: &str) {
        let mut guess = Guess::new();
        for value in values {
            guess.see(value);
        }
        assert_eq!(guess.type_name(), type_name, "{values:?}");
    }

    #[test]
    fn whole_numbers_are_integers_whatever_they_are_written_as() {
        check(&["1", " 2 ", "-3", "1,000", "4.00", "5e2", "null", ""], "integer");
        check(&["$5", "10%", "1_000"], "integer");
        check(&["2147483647", "-2147483647"], "integer");
        check(&["2147483648"], "bigint");
        check(&["", "NULL"], "integer");
        check(&[], "integer");
    }

    #[test]
    fn a_fraction_makes_a_double() {
        check(&["1", "2.5"], "float8");
        check(&["1e-3"], "float8");
        check(&["1e9223372036854775807"], "float8");
        check(&["1.5e-9223372036854775807"], "float8");
        check(&["12345678901234567890123456789.5"], "float8");
    }

    #[test]
    fn dates_must_be_iso_and_exist() {
        check(&["2024-02-29", "2024-1-5", ""], "date");
        check(&["2023-02-29"], "text");
        check(&["2024/01/05"], "text");
        check(&["2024-01-05", "2024-01-05 10:00:00"], "text");
    }

    #[test]
    fn timestamps_have_seconds_or_a_t() {
        check(&["2024-01-05 10:00:00"], "timestamp without time zone");
        check(&["2024-01-05 10:00"], "text");
        check(&["2024-01-05 10:00:00.5"], "text");
        check(
            &["2024-01-05T10:00", "2024-01-05T10:00:00.123Z", "20240105T100000+09:00"],
            "timestamp without time zone",
        );
        check(&["2024-01-05T25:00:00"], "text");
    }

    #[test]
    fn only_true_and_false_are_boolean() {
        check(&["true", "False", "", "null"], "boolean");
        check(&["true", "yes"], "text");
        check(&["t", "f"], "text");
        check(&["0", "1"], "integer");
    }

    #[test]
    fn words_that_python_reads_as_numbers_are_numbers() {
        check(&["NaN", "1"], "integer");
        check(&["inf"], "integer");
        check(&["1-2"], "text");
        check(&["1.2.3"], "text");
        check(&["."], "text");
    }
}
