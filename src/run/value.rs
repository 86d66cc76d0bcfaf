//! Plain values that a warehouse gave, with the text that people see.

use std::fmt;

use serde_json::{Map, Value as Json};

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number of any width up to 128 bits.
    Int(i128),
    /// A binary floating point number.
    Float(f64),
    /// One of 32 bits, whose shortest text is shorter.
    Single(f32),
    /// A decimal number, with exactly the digits of its scale.
    Decimal(String),
    /// Text, and what is nothing more to anybody: UUIDs, enums, JSON.
    Text(String),
    /// A date, time, interval or blob, with the text that DuckDB shows.
    Special(Special, String),
    /// A list or array.
    List(Vec<Value>),
    /// A struct, in the order of its fields.
    Struct(Vec<(String, Value)>),
    /// A map, in its own order.
    Map(Vec<(Value, Value)>),
}

/// What a value is that is shown as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Special {
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// A date and time.
    Timestamp,
    /// A moment, shown in UTC.
    TimestampTz,
    /// An interval by its length in microseconds, months being 30 days.
    Interval(i128),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// True for values that read best set to the right.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Float(_) | Self::Single(_) | Self::Decimal(_))
    }

    /// A whole number, if it is one or can be read as one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => i64::try_from(*value).ok(),
            Self::Bool(value) => Some(i64::from(*value)),
            #[allow(
                clippy::cast_possible_truncation,
                reason = "counts that fail_calc gives as a double are whole"
            )]
            Self::Float(value) => value.is_finite().then(|| value.round() as i64),
            Self::Single(value) => Self::Float(f64::from(*value)).as_i64(),
            Self::Decimal(text) | Self::Text(text) => {
                text.parse::<i64>().ok().or_else(|| text.split('.').next()?.parse().ok())
            }
            _ => None,
        }
    }

    /// SQL's and dbt's truth: `true`, a number other than zero, or the text `true`.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Text(text) => text.eq_ignore_ascii_case("true") || text == "1",
            _ => false,
        }
    }

    /// The value as JSON. Numbers that JSON's readers would bend (wide integers, long decimals) become text.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => match i64::try_from(*value) {
                Ok(value) => Json::from(value),
                Err(_) => u64::try_from(*value).map_or_else(|_| Json::String(value.to_string()), Json::from),
            },
            Self::Float(value) => serde_json::Number::from_f64(*value)
                .map_or_else(|| Json::String(self.to_string()), Json::Number),
            Self::Single(value) => Self::Float(shortest(*value)).to_json(),
            Self::Decimal(text) => decimal_json(text),
            Self::Text(text) | Self::Special(_, text) => Json::String(text.clone()),
            Self::List(values) => Json::Array(values.iter().map(Self::to_json).collect()),
            Self::Struct(fields) => {
                Json::Object(fields.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.to_string(), value.to_json()));
                Json::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) if value.is_nan() => f.write_str("nan"),
            Self::Float(value) if value.is_infinite() => {
                f.write_str(if *value > 0.0 { "inf" } else { "-inf" })
            }
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Single(value) => write!(f, "{}", Self::Float(shortest(*value))),
            Self::Decimal(text) | Self::Text(text) | Self::Special(_, text) => f.write_str(text),
            Self::List(values) => {
                f.write_str("[")?;
                joined(f, values.iter(), |f, value| write!(f, "{value}"))?;
                f.write_str("]")
            }
            Self::Struct(fields) => {
                f.write_str("{")?;
                joined(f, fields.iter(), |f, (name, value)| write!(f, "'{name}': {value}"))?;
                f.write_str("}")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                joined(f, entries.iter(), |f, (key, value)| write!(f, "{key}={value}"))?;
                f.write_str("}")
            }
        }
    }
}

/// Rows with the names of their columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each has one value a column.
    pub rows: Vec<Vec<Value>>,
    /// True if there were more rows than were asked for.
    pub truncated: bool,
}

/// A column of a [`Table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as far as the transport tells it, e.g. `BIGINT`, `DECIMAL(18,3)`.
    pub type_name: String,
}

impl Table {
    /// The first row's first value.
    pub fn scalar(&self) -> Option<&Value> {
        self.rows.first()?.first()
    }
}

/// Through text, so that 0.1 stays 0.1 and does not become 0.10000000149.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

fn joined<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    mut each: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        each(f, item)?;
    }
    Ok(())
}

/// A decimal as a JSON number where the number's own text leads back to the same value.
fn decimal_json(text: &str) -> Json {
    if let Ok(whole) = text.parse::<i64>() {
        return Json::from(whole);
    }
    let shortest = text.contains('.').then(|| text.trim_end_matches('0').trim_end_matches('.'));
    match (shortest, text.parse::<f64>()) {
        (Some(shortest), Ok(number)) if format!("{number}") == shortest => Json::from(number),
        _ => Json::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_that_a_double_would_bend_stay_text_in_json() {
        assert_eq!(Value::Decimal("12.30".into()).to_json(), serde_json::json!(12.3));
        assert_eq!(Value::Decimal("7".into()).to_json(), serde_json::json!(7));
        assert_eq!(
            Value::Decimal("0.1234567890123456789".into()).to_json(),
            serde_json::json!("0.1234567890123456789")
        );
        assert_eq!(Value::Int(i128::from(u64::MAX) + 1).to_json(), serde_json::json!("18446744073709551616"));
    }

    #[test]
    fn nested_values_read_as_in_duckdb() {
        let value = Value::Struct(vec![("a".into(), Value::List(vec![Value::Int(1), Value::Null]))]);
        assert_eq!(value.to_string(), "{'a': [1, NULL]}");
    }
}
