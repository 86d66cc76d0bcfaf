//! A value of a generated table.

use std::fmt;

use jiff::civil::{Date, DateTime};

/// A value that goes into a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    /// A number with a point, in thousandths.
    Decimal(i64),
    Text(String),
    Date(Date),
    Timestamp(DateTime),
    /// A moment, in UTC.
    Moment(DateTime),
    List(Vec<Cell>),
    Struct(Vec<(String, Cell)>),
    /// A type's name and a text that is cast to it.
    Cast(&'static str, String),
}

impl Cell {
    /// The value as SQL of DuckDB.
    pub(super) fn sql(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(_) | Self::Int(_) | Self::Decimal(_) => self.to_string(),
            Self::Text(text) => quoted(text),
            Self::Date(date) => format!("date '{date}'"),
            Self::Timestamp(_) => format!("timestamp '{self}'"),
            Self::Moment(_) => format!("timestamptz '{self}'"),
            Self::List(cells) => {
                format!("[{}]", cells.iter().map(Self::sql).collect::<Vec<_>>().join(", "))
            }
            Self::Struct(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, cell)| format!("{}: {}", quoted(name), cell.sql())).collect();
                format!("{{{}}}", fields.join(", "))
            }
            Self::Cast(name, text) => format!("{}::{name}", quoted(text)),
        }
    }

    /// The value for people; `None` for NULL.
    pub(super) fn shown(&self) -> Option<String> {
        if *self == Self::Null { None } else { Some(self.to_string()) }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Decimal(value) => {
                let sign = if *value < 0 { "-" } else { "" };
                let (whole, fraction) = (value.unsigned_abs() / 1000, value.unsigned_abs() % 1000);
                if fraction == 0 {
                    return write!(f, "{sign}{whole}");
                }
                let fraction = format!("{fraction:03}");
                write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
            }
            Self::Text(text) | Self::Cast(_, text) => f.write_str(text),
            Self::Date(date) => write!(f, "{date}"),
            Self::Timestamp(at) => write!(f, "{} {}", at.date(), at.time()),
            Self::Moment(at) => write!(f, "{} {}+00", at.date(), at.time()),
            Self::List(_) | Self::Struct(_) => f.write_str(&self.sql()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_sql() {
        assert_eq!(Cell::Text("it's".into()).sql(), "'it''s'");
        assert_eq!(Cell::Decimal(-1250).sql(), "-1.25");
        assert_eq!(Cell::Decimal(2000).sql(), "2");
        let at = jiff::civil::date(2024, 2, 29).at(12, 30, 0, 0);
        assert_eq!(Cell::Moment(at).sql(), "timestamptz '2024-02-29 12:30:00+00'");
        assert_eq!(Cell::List(vec![Cell::Int(1), Cell::Null]).sql(), "[1, null]");
    }
}
