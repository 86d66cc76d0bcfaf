//! Two answers held against each other: bags of rows, and their order only where the queries say one.

use super::answer::Answer;

/// In what two queries differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The names or the number of columns, whatever the rows.
    Columns,
    /// The rows.
    Rows,
    /// Only the order of the rows, which the queries say.
    Order,
    /// Only the types of columns.
    Types,
    /// The new query fails on rows that the old one takes.
    NewFails,
    /// The old query fails on rows that the new one takes.
    OldFails,
}

impl Difference {
    /// What it is, in words that follow "they differ in".
    pub fn describe(self) -> &'static str {
        match self {
            Self::Columns => "names of columns",
            Self::Rows => "rows",
            Self::Order => "the order of rows",
            Self::Types => "types of columns",
            Self::NewFails => "that the new query fails",
            Self::OldFails => "that the old query fails",
        }
    }
}

/// An answer in a form in which equal ones are the same: names, types, and rows, sorted unless their order counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Normal {
    pub(super) names: Vec<String>,
    pub(super) types: Vec<String>,
    pub(super) bag: Vec<Vec<Option<String>>>,
    /// The bag with other roundings, if it has floating point numbers.
    pub(super) rounded: Vec<Vec<Option<String>>>,
    pub(super) list: Vec<Vec<Option<String>>>,
}

/// How floating point numbers are rounded. Two that are almost the same can fall on two sides of where one rounding turns,
/// but not of both.
#[derive(Clone, Copy)]
enum Rounding {
    Plain,
    Shifted,
}

impl Normal {
    /// The form of an answer.
    pub(super) fn of(answer: &Answer, is_ordered: bool) -> Self {
        let types: Vec<String> = answer.columns.iter().map(|column| column.type_name.clone()).collect();
        let rows = |rounding: Rounding| -> Vec<Vec<Option<String>>> {
            let row = |row: &Vec<Option<String>>| {
                let values = row.iter().zip(&types);
                values.map(|(value, name)| value.as_ref().map(|it| text(it, name, rounding))).collect()
            };
            answer.rows.iter().map(row).collect()
        };
        let list = rows(Rounding::Plain);
        let mut bag = list.clone();
        bag.sort_unstable();
        let mut rounded = if types.iter().any(|name| digits(name).is_some()) {
            rows(Rounding::Shifted)
        } else {
            Vec::new()
        };
        rounded.sort_unstable();
        let names = answer.columns.iter().map(|column| column.name.to_lowercase()).collect();
        let list = if is_ordered { list } else { Vec::new() };
        Self { names, types, bag, rounded, list }
    }

    /// What is other there, the weightiest first; types come last, see `types_differ`.
    pub(super) fn difference(&self, other: &Self) -> Option<Difference> {
        if self.names != other.names {
            Some(Difference::Columns)
        } else if self.bag != other.bag {
            // Without floating point numbers there is one rounding.
            let is_near = !self.rounded.is_empty() && self.rounded == other.rounded;
            (!is_near).then_some(Difference::Rows)
        } else if self.list != other.list {
            Some(Difference::Order)
        } else {
            None
        }
    }
}

/// Only columns that both answers have, in the order of the old one.
pub(super) fn common(old: &Answer, new: &Answer) -> (Answer, Answer) {
    let pairs: Vec<(usize, usize)> = old
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            let same = |other: &super::AnswerColumn| other.name.eq_ignore_ascii_case(&column.name);
            Some((at, new.columns.iter().position(same)?))
        })
        .collect();
    let pick = |answer: &Answer, places: &[usize]| Answer {
        columns: places.iter().map(|at| answer.columns[*at].clone()).collect(),
        rows: answer.rows.iter().map(|row| places.iter().map(|at| row[*at].clone()).collect()).collect(),
    };
    let (left, right): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
    (pick(old, &left), pick(new, &right))
}

/// How many digits of a type's floating point numbers count; `None` for types without any.
fn digits(type_name: &str) -> Option<usize> {
    if type_name.contains("DOUBLE") { Some(11) } else { type_name.contains("FLOAT").then_some(5) }
}

/// Floating point numbers by their first digits: sums depend on the order in which they are made.
fn text(value: &str, type_name: &str, rounding: Rounding) -> String {
    let Some(digits) = digits(type_name) else { return value.to_owned() };
    if matches!(type_name, "DOUBLE" | "FLOAT") {
        return number(value, digits, rounding);
    }
    // Lists and structs: each number in them.
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '+' | '-');
    let pieces = value.split_inclusive(|char| !is_part(char)).map(|piece| {
        let at = piece.find(|char| !is_part(char)).unwrap_or(piece.len());
        format!("{}{}", number(&piece[..at], digits, rounding), &piece[at..])
    });
    pieces.collect()
}

fn number(text: &str, digits: usize, rounding: Rounding) -> String {
    match text.parse::<f64>() {
        // What is left where a sum should be nothing, and minus zero.
        Ok(number) if number.abs() < 10_f64.powi(-i32::try_from(digits).unwrap_or(0)) => "0".to_owned(),
        Ok(number) => {
            let number = match rounding {
                Rounding::Plain => number,
                Rounding::Shifted => number * 1.234_567_89,
            };
            format!("{number:.digits$e}")
        }
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::prove::AnswerColumn;

    fn answer(type_name: &str, rows: &[&str]) -> Answer {
        let column = AnswerColumn { name: "a".into(), type_name: type_name.into() };
        let rows = rows.iter().map(|text| vec![Some((*text).to_owned())]).collect();
        Answer { columns: vec![column], rows }
    }

    #[track_caller]
    fn check(type_name: &str, old: &[&str], new: &[&str], is_ordered: bool, expect: Option<Difference>) {
        let normal = |rows| Normal::of(&answer(type_name, rows), is_ordered);
        assert_eq!(normal(old).difference(&normal(new)), expect);
    }

    #[test]
    fn rows_are_a_bag_unless_there_is_an_order() {
        check("INTEGER", &["1", "2"], &["2", "1"], false, None);
        check("INTEGER", &["1", "2"], &["2", "1"], true, Some(Difference::Order));
        check("INTEGER", &["1", "1"], &["1"], false, Some(Difference::Rows));
    }

    #[test]
    fn the_last_digits_of_floating_point_numbers_do_not_count() {
        check("DOUBLE", &["0.30000000000000004"], &["0.3"], false, None);
        check("VARCHAR", &["0.30000000000000004"], &["0.3"], false, Some(Difference::Rows));
        // Around the place where rounding turns, where nothing should be left, and within a list.
        check("DOUBLE", &["1.234567890125"], &["1.2345678901249999"], true, None);
        check("DOUBLE", &["5.551115123125783e-17"], &["0.0"], false, None);
        check("DOUBLE[]", &["[0.30000000000000004, 1.0]"], &["[0.3, 1.0]"], false, None);
        check("DOUBLE[]", &["[0.31, 1.0]"], &["[0.3, 1.0]"], false, Some(Difference::Rows));
        check("DOUBLE", &["0.3001"], &["0.3"], false, Some(Difference::Rows));
    }
}
