//! Dates, times and intervals as DuckDB prints them, over the whole of its range.

/// A date by its days since 1970-01-01.
pub(super) fn date(days: i64) -> String {
    match days {
        2_147_483_647 => "infinity".to_owned(),
        -2_147_483_647 => "-infinity".to_owned(),
        _ => {
            let (year, month, day) = civil(days);
            if year > 0 {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{:04}-{month:02}-{day:02} (BC)", 1 - year)
            }
        }
    }
}

/// A time of day by its nanoseconds since midnight; fractions only as long as they need to be.
pub(super) fn time(nanoseconds: i64) -> String {
    let (seconds, fraction) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 {
        return clock;
    }
    let digits = format!("{fraction:09}");
    format!("{clock}.{}", digits.trim_end_matches('0'))
}

/// A timestamp by its ticks since 1970, of which `per_second` make a second.
pub(super) fn timestamp(ticks: i64, per_second: i64) -> String {
    if ticks == i64::MAX {
        return "infinity".to_owned();
    }
    if ticks == -i64::MAX {
        return "-infinity".to_owned();
    }
    let per_day = 86_400 * per_second;
    let (days, rest) = (ticks.div_euclid(per_day), ticks.rem_euclid(per_day));
    let day = date(days);
    let clock = time(rest * (1_000_000_000 / per_second));
    match day.strip_suffix(" (BC)") {
        Some(day) => format!("{day} (BC) {clock}"),
        None => format!("{day} {clock}"),
    }
}

/// The same with the mark of UTC, for timestamps with a time zone.
pub(super) fn with_utc(timestamp: &str) -> String {
    if timestamp.ends_with("infinity") { timestamp.to_owned() } else { format!("{timestamp}+00") }
}

/// An interval in DuckDB's words.
pub(super) fn interval(months: i32, days: i32, nanoseconds: i64) -> String {
    let mut words = Vec::new();
    let mut word = |count: i32, name: &str| {
        if count != 0 {
            let plural = if count.abs() == 1 { "" } else { "s" };
            words.push(format!("{count} {name}{plural}"));
        }
    };
    word(months / 12, "year");
    word(months % 12, "month");
    word(days, "day");
    if nanoseconds != 0 || words.is_empty() {
        let sign = if nanoseconds < 0 { "-" } else { "" };
        words.push(format!("{sign}{}", time(nanoseconds.saturating_abs())));
    }
    words.join(" ")
}

/// Year, month and day in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Years that begin in March put the leap day last; an era is 400 years.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_reach_before_the_epoch_and_before_christ() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(-719_528), "0001-01-01 (BC)");
    }

    #[test]
    fn timestamps_show_only_the_digits_they_have() {
        assert_eq!(timestamp(1_500_000, 1_000_000), "1970-01-01 00:00:01.5");
        assert_eq!(timestamp(-1, 1_000), "1969-12-31 23:59:59.999");
        assert_eq!(timestamp(i64::MAX, 1_000_000), "infinity");
    }

    #[test]
    fn intervals_are_words_and_a_clock() {
        assert_eq!(interval(14, 3, 5_400_000_000_000), "1 year 2 months 3 days 01:30:00");
        assert_eq!(interval(0, 0, 0), "00:00:00");
    }
}
