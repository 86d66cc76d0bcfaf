//! Python's `strptime`, for the directives that people use.

use jiff::civil::{Date, DateTime, Time};

use super::strftime::{DAYS, MONTHS};

/// Reads `text`; the second value is the offset in seconds, if the format has one. The error says why not.
pub(super) fn strptime(text: &str, format: &str) -> Result<(DateTime, Option<i32>), String> {
    let mut found = Found { year: 1900, month: 1, day: 1, ..Found::default() };
    let mut rest = text;
    let mismatch = || format!("time data '{text}' does not match format '{format}'");
    let expanded = format.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S").replace("%D", "%m/%d/%y");
    let mut chars = expanded.chars();
    while let Some(char) = chars.next() {
        if char == '%' {
            let directive = chars.next().ok_or_else(|| format!("stray % in format '{format}'"))?;
            rest = found.read(directive, rest).ok_or_else(mismatch)?;
        } else if char.is_whitespace() {
            rest = rest.trim_start();
        } else {
            rest = rest.strip_prefix(char).ok_or_else(mismatch)?;
        }
    }
    if !rest.is_empty() {
        return Err(format!("unconverted data remains: {rest}"));
    }
    found.finish().ok_or_else(mismatch)
}

#[derive(Default)]
struct Found {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    afternoon: Option<bool>,
    day_of_year: Option<i64>,
    offset: Option<i32>,
}

impl Found {
    fn read<'a>(&mut self, directive: char, text: &'a str) -> Option<&'a str> {
        let (value, rest) = match directive {
            'Y' => digits(text, 4)?,
            'f' => {
                let (value, rest) = digits(text, 6)?;
                let length = text.len() - rest.len();
                self.nanosecond = value * 10_i64.pow(9 - length as u32);
                return Some(rest);
            }
            'j' => digits(text, 3)?,
            'm' | 'd' | 'H' | 'I' | 'M' | 'S' | 'y' | 'e' => digits(text, 2)?,
            'b' | 'h' | 'B' => {
                let (at, rest) = name(text, &MONTHS)?;
                self.month = i64::try_from(at).ok()? + 1;
                return Some(rest);
            }
            'a' | 'A' => return name(text, &DAYS).map(|(_, rest)| rest),
            'p' => {
                let (start, rest) = text.split_at_checked(2)?;
                self.afternoon = Some(start.eq_ignore_ascii_case("pm"));
                return (start.eq_ignore_ascii_case("am") || start.eq_ignore_ascii_case("pm"))
                    .then_some(rest);
            }
            'z' => {
                let (offset, rest) = offset(text)?;
                self.offset = Some(offset);
                return Some(rest);
            }
            'Z' => {
                let rest = text.trim_start_matches(|char: char| char.is_ascii_alphabetic());
                self.offset = (text.len() != rest.len()).then_some(0);
                return Some(rest);
            }
            '%' => return text.strip_prefix('%'),
            _ => return None,
        };
        match directive {
            'Y' => self.year = value,
            'y' => self.year = if value < 69 { 2000 + value } else { 1900 + value },
            'm' => self.month = value,
            'd' | 'e' => self.day = value,
            'H' | 'I' => self.hour = value,
            'M' => self.minute = value,
            'S' => self.second = value,
            _ => self.day_of_year = Some(value),
        }
        Some(rest)
    }

    fn finish(self) -> Option<(DateTime, Option<i32>)> {
        let hour = match self.afternoon {
            Some(afternoon) => self.hour % 12 + i64::from(afternoon) * 12,
            None => self.hour,
        };
        let small = |value: i64| i8::try_from(value).ok();
        let mut date =
            Date::new(i16::try_from(self.year).ok()?, small(self.month)?, small(self.day)?).ok()?;
        if let Some(day) = self.day_of_year {
            date = date.first_of_year().checked_add(jiff::Span::new().days(day - 1)).ok()?;
        }
        let nanosecond = i32::try_from(self.nanosecond).ok()?;
        let time = Time::new(small(hour)?, small(self.minute)?, small(self.second)?, nanosecond).ok()?;
        Some((date.to_datetime(time), self.offset))
    }
}

fn digits(text: &str, most: usize) -> Option<(i64, &str)> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(length);
    Some((number.parse().ok()?, rest))
}

fn name<'a>(text: &'a str, names: &[&str]) -> Option<(usize, &'a str)> {
    let starts = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let full = names.iter().position(|name| starts(name)).map(|at| (at, &text[names[at].len()..]));
    full.or_else(|| names.iter().position(|name| starts(&name[..3])).map(|at| (at, &text[3..])))
}

fn offset(text: &str) -> Option<(i32, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, rest) = digits(&text[1..], 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':').unwrap_or(rest), 2)?;
    Some((sign * i32::try_from(hours * 3600 + minutes * 60).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, format: &str, expect: &str) {
        let read = strptime(text, format).map(|(at, offset)| format!("{at} {offset:?}"));
        assert_eq!(read.unwrap_or_else(|why| why), expect);
    }

    #[test]
    fn reads_what_strftime_writes() {
        check("2026-01-05 15:04:09", "%Y-%m-%d %H:%M:%S", "2026-01-05T15:04:09 None");
        check("5 Jan 26 03:04 PM +0900", "%d %b %y %I:%M %p %z", "2026-01-05T15:04:00 Some(32400)");
        check("20260105", "%Y%m%d", "2026-01-05T00:00:00 None");
    }

    #[test]
    fn says_what_does_not_fit() {
        check("2026/01/05", "%Y-%m-%d", "time data '2026/01/05' does not match format '%Y-%m-%d'");
        check("2026-01-05x", "%Y-%m-%d", "unconverted data remains: x");
        check("2026-02-30", "%Y-%m-%d", "time data '2026-02-30' does not match format '%Y-%m-%d'");
    }
}
