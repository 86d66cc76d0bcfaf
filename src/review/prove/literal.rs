//! Values that a query writes out, as far as generated tables can use them.

use jiff::civil::{Date, DateTime};
use sqlparser::ast::{DataType, Expr, UnaryOperator, Value};

/// A value of a query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Literal {
    /// A number, in thousandths.
    Number(i64),
    /// Text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// Text that is written as a date.
    Date(Date),
    /// Text that is written as a timestamp.
    Timestamp(DateTime),
}

impl Literal {
    /// What an expression is, if it is nothing but a value.
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Nested(inner) => Self::of(inner),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match Self::of(expr)? {
                Self::Number(number) => Some(Self::Number(-number)),
                _ => None,
            },
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => Self::of(expr),
            Expr::Value(value) => Self::of_value(&value.value),
            Expr::TypedString(typed) => Some(Self::of_value(&typed.value.value)?.typed(&typed.data_type)),
            Expr::Cast { expr, data_type, .. } => Some(Self::of(expr)?.typed(data_type)),
            _ => None,
        }
    }

    /// A value as the tokens have it.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::Number(text, _) => thousandths(text).map(Self::Number),
            Value::Boolean(bool) => Some(Self::Bool(*bool)),
            Value::Null | Value::Placeholder(_) => None,
            other => other.clone().into_string().map(Self::Text),
        }
    }

    fn typed(self, data_type: &DataType) -> Self {
        let Self::Text(text) = &self else { return self };
        let name = data_type.to_string().to_lowercase();
        let as_date = name.starts_with("date") && !name.starts_with("datetime");
        let made = match () {
            () if as_date => date(text).map(Self::Date),
            () if name.starts_with("timestamp") || name.starts_with("datetime") => {
                timestamp(text).map(Self::Timestamp)
            }
            () => None,
        };
        made.unwrap_or(self)
    }
}

/// A number in thousandths; `None` if it is out of what tables need.
fn thousandths(text: &str) -> Option<i64> {
    let number: f64 = text.replace('_', "").parse().ok()?;
    #[allow(clippy::cast_possible_truncation, reason = "it is below what fits")]
    (number.abs() < 1e12).then(|| (number * 1000.0).round() as i64)
}

/// `2024-01-31`.
pub(super) fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let shape = text.len() == 10 && text.as_bytes()[4] == b'-';
    shape.then(|| text.parse().ok()).flatten()
}

/// `2024-01-31 12:30:00`, with or without a time and a zone, which is passed over.
pub(super) fn timestamp(text: &str) -> Option<DateTime> {
    if let Some(date) = date(text) {
        return Some(date.at(0, 0, 0, 0));
    }
    let text = text.trim().trim_end_matches('Z');
    let text = match text.get(19..).and_then(|rest| rest.find(['+', '-'])) {
        Some(at) => text[..19 + at].trim(),
        None => text,
    };
    let shape = text.len() > 10 && text.as_bytes()[4] == b'-';
    shape.then(|| text.replacen(' ', "T", 1).parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_timestamps_are_known_by_their_form() {
        assert!(date("2024-02-30").is_none());
        assert_eq!(timestamp("2024-02-29").unwrap().to_string(), "2024-02-29T00:00:00");
        assert_eq!(timestamp("2024-02-29 01:02:03+09").unwrap().to_string(), "2024-02-29T01:02:03");
        assert!(timestamp("paid").is_none());
    }
}
