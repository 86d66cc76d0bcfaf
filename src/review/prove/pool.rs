//! The values that literals of the queries lead to: each one, its neighbours, and what is like it.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, date};
use unicode_normalization::UnicodeNormalization as _;

use super::cell::Cell;
use super::kind::Kind;
use super::literal::{self, Literal};

/// The values of a kind that literals lead to, without repetition.
pub(super) fn around(kind: &Kind, literals: &BTreeSet<Literal>) -> Vec<Cell> {
    let mut all = Vec::new();
    for literal in literals {
        match kind {
            Kind::Int => integers(literal, &mut all),
            Kind::Decimal(_) | Kind::Double => decimals(literal, &mut all),
            Kind::Text => texts(literal, &mut all),
            Kind::Date => all.extend(dates(literal).into_iter().map(Cell::Date)),
            Kind::Timestamp => all.extend(timestamps(literal).into_iter().map(Cell::Timestamp)),
            Kind::Moment => all.extend(timestamps(literal).into_iter().map(Cell::Moment)),
            Kind::Json => {
                if let Literal::Text(text) = literal {
                    let key = text.trim_start_matches("$.").replace('"', "");
                    all.push(Cell::Cast("json", format!("{{\"{key}\": 1}}")));
                    all.push(Cell::Cast("json", format!("{{\"{key}\": \"a\", \"b\": [1, 2]}}")));
                }
            }
            _ => {}
        }
    }
    if *kind == Kind::Int {
        between_two(literals, &mut all);
    }
    unique(all)
}

/// Values of a kind that show differences whatever the queries say.
pub(super) fn usual(kind: &Kind) -> Vec<Cell> {
    match kind {
        Kind::Bool => vec![Cell::Bool(true), Cell::Bool(false)],
        Kind::Int => [1, 2, 0, 3, -1, 5, 7, 10, -3, 100].map(Cell::Int).to_vec(),
        Kind::Decimal(scale) => {
            let step = 10_i64.pow(3_u32.saturating_sub(*scale));
            let all = [1000, 2500, 0, -500, 1250, 10_490, 125, 3000, 100_000, -2750];
            unique(all.iter().map(|number| Cell::Decimal(number / step * step)).collect())
        }
        Kind::Double => [1000, 2500, 0, -500, 1250, 10_490, 100_000].map(Cell::Decimal).to_vec(),
        Kind::Text => [
            "a",
            "b",
            "",
            "A",
            "ab",
            "10",
            "9",
            " a ",
            "aa",
            "部品",
            "アイウ",
            "ｱ",
            "é",
            "a-b-c",
            "abab",
            "B",
        ]
        .map(|text| Cell::Text(text.to_owned()))
        .to_vec(),
        Kind::Date => DAYS.map(|(year, month, day)| Cell::Date(date(year, month, day))).to_vec(),
        Kind::Timestamp => moments().map(Cell::Timestamp).collect(),
        Kind::Moment => moments().map(Cell::Moment).collect(),
        Kind::Time => {
            ["00:00:00", "12:30:00", "23:59:59"].map(|text| Cell::Cast("time", text.to_owned())).to_vec()
        }
        Kind::Interval => {
            ["1 day", "30 days", "1 month"].map(|text| Cell::Cast("interval", text.to_owned())).to_vec()
        }
        Kind::Json => ["{\"a\": 1}", "{\"a\": \"x\", \"b\": {\"c\": 2}}", "[1, 2]", "null"]
            .map(|text| Cell::Cast("json", text.to_owned()))
            .to_vec(),
        Kind::Uuid => {
            (1..5).map(|at| Cell::Cast("uuid", format!("00000000-0000-4000-8000-00000000000{at}"))).collect()
        }
        Kind::List(of) => {
            let of = usual(of);
            let take = |count: usize| Cell::List(of.iter().take(count).cloned().collect());
            let mut all = vec![take(1), take(2), Cell::List(Vec::new()), take(3)];
            let doubled = of.iter().take(1).chain(of.iter().take(1)).cloned().chain([Cell::Null]);
            all.push(Cell::List(doubled.collect()));
            all
        }
        Kind::Struct(fields) => (0..3)
            .map(|at| {
                let field = |(name, kind): &(String, Kind), shift: usize| {
                    let values = usual(kind);
                    let value = values.get((at + shift) % values.len().max(1)).cloned().unwrap_or(Cell::Null);
                    (name.clone(), value)
                };
                Cell::Struct(fields.iter().enumerate().map(|(shift, it)| field(it, shift)).collect())
            })
            .collect(),
        Kind::Other => Vec::new(),
    }
}

/// Texts that can be cast to a kind.
pub(super) fn castable(kind: &Kind, literals: &BTreeSet<Literal>) -> Vec<Cell> {
    let all = around(kind, literals).into_iter().chain(usual(kind));
    unique(all.map(|cell| Cell::Text(cell.to_string())).collect())
}

/// A text of a table as a value of a kind: of values that tests accept.
pub(super) fn read(kind: &Kind, text: &str) -> Cell {
    let made = match kind {
        Kind::Int => text.parse().ok().map(Cell::Int),
        Kind::Bool => text.parse().ok().map(Cell::Bool),
        Kind::Date => literal::date(text).map(Cell::Date),
        Kind::Timestamp => literal::timestamp(text).map(Cell::Timestamp),
        _ => None,
    };
    made.unwrap_or_else(|| Cell::Text(text.to_owned()))
}

/// The same things, each once, in their order.
pub(super) fn unique(cells: Vec<Cell>) -> Vec<Cell> {
    let mut seen = BTreeSet::new();
    cells.into_iter().filter(|cell| seen.insert(cell.clone())).collect()
}

/// Texts that stay apart when case, blanks at the ends and width do not count.
pub(super) fn apart(cells: Vec<Cell>) -> Vec<Cell> {
    let mut seen = BTreeSet::new();
    let new = |cell: &Cell| match cell {
        Cell::Text(text) => {
            let plain: String = text.nfkc().collect();
            seen.insert(plain.trim().to_lowercase())
        }
        _ => true,
    };
    cells.into_iter().filter(new).collect()
}

fn integers(literal: &Literal, all: &mut Vec<Cell>) {
    let number = match literal {
        Literal::Number(number) => Some(number.div_euclid(1000)),
        Literal::Text(text) => text.trim().parse::<i64>().ok().filter(|number| number.abs() < 1_000_000_000),
        _ => None,
    };
    if let Some(number) = number.filter(|number| number.abs() < 1_000_000_000) {
        all.extend([number, number + 1, number - 1, -number].map(Cell::Int));
    }
}

/// Sums, differences and quotients of a few numbers: where `a + 10 > 5` turns.
fn between_two(literals: &BTreeSet<Literal>, all: &mut Vec<Cell>) {
    let numbers = literals.iter().filter_map(|literal| match literal {
        Literal::Number(number) if number % 1000 == 0 => Some(number / 1000),
        _ => None,
    });
    let numbers: Vec<i64> = numbers.filter(|number| number.abs() < 30_000).take(6).collect();
    for one in &numbers {
        for other in &numbers {
            all.extend([one - other, one + other].map(Cell::Int));
            if *other != 0 {
                all.push(Cell::Int(one / other));
            }
        }
    }
}

fn decimals(literal: &Literal, all: &mut Vec<Cell>) {
    if let Literal::Number(number) = literal {
        let near = [*number, number + 1000, number - 1000, number + 500, number + 10, number - 10, -number];
        all.extend(near.map(Cell::Decimal));
    }
}

fn texts(literal: &Literal, all: &mut Vec<Cell>) {
    let text = match literal {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => Cell::Decimal(*number).to_string(),
        Literal::Date(date) => date.to_string(),
        Literal::Timestamp(at) => Cell::Timestamp(*at).to_string(),
        Literal::Bool(value) => value.to_string(),
    };
    let mut shorter = text.clone();
    shorter.pop();
    let mut near = vec![
        text.to_lowercase(),
        text.to_uppercase(),
        format!("{text} "),
        format!(" {text}"),
        format!("{text}{text}"),
        format!("x{text}"),
        shorter,
        wide(&text),
    ];
    if text.contains(['%', '_']) {
        near.push(text.replace('%', "").replace('_', "x"));
        near.push(text.replace('%', "zz").replace('_', "x").to_uppercase());
        near.push(text.replace('%', "zz").replace('_', "x"));
        near.push(text.replace(['%', '_'], ""));
    }
    all.push(Cell::Text(text));
    all.extend(near.into_iter().map(Cell::Text));
}

/// ASCII in its full width.
fn wide(text: &str) -> String {
    let wide = |char: char| match char {
        '!'..='~' => char::from_u32(u32::from(char) + 0xfee0).unwrap_or(char),
        ' ' => '\u{3000}',
        other => other,
    };
    text.chars().map(wide).collect()
}

fn dates(literal: &Literal) -> Vec<Date> {
    let Some(at) = moment(literal) else { return Vec::new() };
    let day = at.date();
    let shifted = [1.day(), (-1).day(), 1.month(), (-1).month(), 1.year(), (-1).year()];
    let mut all = vec![day];
    all.extend(shifted.into_iter().filter_map(|span| day.checked_add(span).ok()));
    // Where a year is not 365 days, and where a month ends.
    all.extend(day.checked_add((-365).days()).ok());
    all.extend([day.first_of_month(), day.last_of_month()]);
    all
}

fn timestamps(literal: &Literal) -> Vec<DateTime> {
    let Some(at) = moment(literal) else { return Vec::new() };
    let mut all = vec![at];
    let near = [1.second(), (-1).second(), 12.hours(), (-9).hours(), 1.day(), (-1).day()];
    all.extend(near.into_iter().filter_map(|span| at.checked_add(span).ok()));
    all.extend(dates(literal).into_iter().map(|day| day.at(0, 0, 0, 0)));
    all
}

fn moment(literal: &Literal) -> Option<DateTime> {
    match literal {
        Literal::Date(date) => Some(date.at(0, 0, 0, 0)),
        Literal::Timestamp(at) => Some(*at),
        Literal::Text(text) => literal::timestamp(text),
        _ => None,
    }
}

/// Ends of months and years, leap days, weeks that belong to another year.
const DAYS: [(i16, i8, i8); 10] = [
    (2024, 1, 1),
    (2024, 2, 29),
    (2024, 1, 31),
    (2023, 12, 31),
    (2024, 3, 1),
    (2024, 12, 30),
    (2024, 6, 15),
    (2020, 2, 29),
    (2024, 3, 31),
    (2024, 9, 22),
];

fn moments() -> impl Iterator<Item = DateTime> {
    let times = [(0, 0, 0), (12, 30, 0), (23, 59, 59), (15, 0, 0)];
    DAYS.into_iter().zip(times.into_iter().cycle()).flat_map(
        |((year, month, day), (hour, minute, second))| {
            let day = date(year, month, day);
            [day.at(hour, minute, second, 0), day.at(0, 0, 0, 0)]
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_a_collation_takes_for_one_are_one() {
        let texts = ["Paid", "paid ", "ｐａｉｄ", "sent"].map(|text| Cell::Text(text.into()));
        assert_eq!(apart(texts.to_vec()), [Cell::Text("Paid".into()), Cell::Text("sent".into())]);
    }

    #[test]
    fn a_literal_leads_to_its_neighbours() {
        let literals = BTreeSet::from([Literal::Number(100_000)]);
        assert!(around(&Kind::Int, &literals).contains(&Cell::Int(101)));
        let literals = BTreeSet::from([Literal::Text("paid".into())]);
        for text in ["paid", "PAID", "paid ", "pai", "ｐａｉｄ"] {
            assert!(around(&Kind::Text, &literals).contains(&Cell::Text(text.into())), "{text}");
        }
        let literals = BTreeSet::from([Literal::Text("2024-03-01".into())]);
        assert!(around(&Kind::Date, &literals).contains(&Cell::Date(date(2024, 2, 29))));
    }
}
