//! Python's `strftime`: every directive it has in the C locale.

use std::fmt::Write;

use jiff::civil::DateTime;

/// Formats; `zone` gives the offset in seconds and the name, for times that have one.
pub(super) fn strftime(at: DateTime, zone: Option<(i32, &str)>, format: &str) -> String {
    let mut text = String::with_capacity(format.len() + 8);
    let mut chars = format.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            text.push(char);
            continue;
        }
        let Some(mut directive) = chars.next() else {
            text.push('%');
            break;
        };
        let mut plain = false;
        if directive == '-' {
            plain = true;
            let Some(next) = chars.next() else { break };
            directive = next;
        }
        write(&mut text, at, zone, directive, plain);
    }
    text
}

fn write(text: &mut String, at: DateTime, zone: Option<(i32, &str)>, directive: char, plain: bool) {
    let hour12 = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let weekday = at.weekday();
    let sunday = i64::from(weekday.to_sunday_zero_offset());
    let monday = i64::from(weekday.to_monday_zero_offset());
    let day_of_year = i64::from(at.day_of_year());
    let mut number = |value: i64, width: usize| {
        let width = if plain { 1 } else { width };
        let _infallible = write!(text, "{value:0width$}");
    };
    match directive {
        'Y' => number(i64::from(at.year()), 4),
        'm' => number(i64::from(at.month()), 2),
        'd' => number(i64::from(at.day()), 2),
        'H' => number(i64::from(at.hour()), 2),
        'I' => number(i64::from(hour12), 2),
        'M' => number(i64::from(at.minute()), 2),
        'S' => number(i64::from(at.second()), 2),
        'f' => number(i64::from(at.subsec_nanosecond() / 1000), 6),
        'y' => number(i64::from(at.year()).rem_euclid(100), 2),
        'C' => number(i64::from(at.year()) / 100, 2),
        'j' => number(day_of_year, 3),
        'U' => number((day_of_year + 6 - sunday) / 7, 2),
        'W' => number((day_of_year + 6 - monday) / 7, 2),
        'u' => number(monday + 1, 1),
        'w' => number(sunday, 1),
        'V' => number(i64::from(at.date().iso_week_date().week()), 2),
        'G' => number(i64::from(at.date().iso_week_date().year()), 4),
        'e' => {
            let _infallible = write!(text, "{:2}", at.day());
        }
        'p' => text.push_str(if at.hour() < 12 { "AM" } else { "PM" }),
        'a' => text.push_str(&DAYS[usize::try_from(sunday).unwrap_or(0)][..3]),
        'A' => text.push_str(DAYS[usize::try_from(sunday).unwrap_or(0)]),
        'b' | 'h' => text.push_str(&MONTHS[usize::try_from(at.month() - 1).unwrap_or(0)][..3]),
        'B' => text.push_str(MONTHS[usize::try_from(at.month() - 1).unwrap_or(0)]),
        'z' => {
            if let Some((seconds, _)) = zone {
                text.push_str(&offset(seconds, ""));
            }
        }
        'Z' => text.push_str(zone.map_or("", |(_, name)| name)),
        's' => {
            let seconds =
                at.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
            number(seconds - i64::from(zone.map_or(0, |(offset, _)| offset)), 1);
        }
        'F' => text.push_str(&strftime(at, zone, "%Y-%m-%d")),
        'T' | 'X' => text.push_str(&strftime(at, zone, "%H:%M:%S")),
        'R' => text.push_str(&strftime(at, zone, "%H:%M")),
        'D' | 'x' => text.push_str(&strftime(at, zone, "%m/%d/%y")),
        'r' => text.push_str(&strftime(at, zone, "%I:%M:%S %p")),
        'c' => text.push_str(&strftime(at, zone, "%a %b %e %H:%M:%S %Y")),
        'n' => text.push('\n'),
        't' => text.push('\t'),
        '%' => text.push('%'),
        other => {
            text.push('%');
            text.push(other);
        }
    }
}

/// `+09:00`, with what stands between hours and minutes.
pub(super) fn offset(seconds: i32, between: &str) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let mut text = format!("{sign}{:02}{between}{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 {
        let _infallible = write!(text, "{between}{:02}", seconds % 60);
    }
    text
}

pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: &str, expect: &str) {
        let at = jiff::civil::date(2026, 1, 5).at(15, 4, 9, 12_345_000);
        assert_eq!(strftime(at, Some((9 * 3600, "JST")), format), expect);
    }

    #[test]
    fn directives_are_pythons() {
        check("%Y-%m-%dT%H:%M:%S.%f%z %Z", "2026-01-05T15:04:09.012345+0900 JST");
        check("%y %j %U %W %u %w %V %G", "26 005 01 01 1 1 02 2026");
        check("%a %A %b %B %I %p %-d/%-m %%", "Mon Monday Jan January 03 PM 5/1 %");
        check("%c | %x | %X", "Mon Jan  5 15:04:09 2026 | 01/05/26 | 15:04:09");
    }
}
