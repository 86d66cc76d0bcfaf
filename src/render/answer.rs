//! Rows that a query gave, with the types that dbt's tables give their columns.

use minijinja::Value;

use crate::jinja::decimal_value;
use crate::python::modules::{date_of_text, datetime_of_text};

/// Rows as a query gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Names and kinds of the columns.
    pub columns: Vec<(String, AnswerKind)>,
    /// Rows, each with one text a column; `None` is NULL. What a text looks like depends on the column's kind.
    pub rows: Vec<Vec<Option<String>>>,
}

/// What the values of a column are in templates: the types of the tables that dbt gives to macros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// Whole numbers.
    Integer,
    /// `Decimal`s: `3.30`, `1e-7`, `NaN`. Floats are decimals, too.
    Number,
    /// Dates: `2026-01-31`.
    Date,
    /// Times: `2026-01-31T12:34:56.5`, with `+00:00` at the end for those with a zone, which are told in UTC.
    DateTime,
    /// `true` or `false`.
    Boolean,
    /// Whatever else there is, as Python prints it.
    Text,
}

impl AnswerKind {
    const ALL: [(Self, &str); 6] = [
        (Self::Integer, "integer"),
        (Self::Number, "number"),
        (Self::Date, "date"),
        (Self::DateTime, "datetime"),
        (Self::Boolean, "boolean"),
        (Self::Text, "text"),
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("text", |(_, name)| name)
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// The name of agate's class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Integer => "Integer",
            Self::Number => "Number",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Boolean => "Boolean",
            Self::Text => "Text",
        }
    }

    /// The value of a text; one that is not of the kind stays a text.
    pub(super) fn value(self, text: &str) -> Value {
        let value = match self {
            Self::Integer => {
                text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<i128>().map(Value::from)).ok()
            }
            Self::Number => Some(decimal_value(text)),
            Self::Date => date_of_text(text),
            Self::DateTime => datetime_of_text(text),
            Self::Boolean => Some(Value::from(text == "true")),
            Self::Text => None,
        };
        value.unwrap_or_else(|| Value::from(text))
    }
}
