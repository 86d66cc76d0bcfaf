//! From Arrow's columns to plain values.
//!
//! DuckDB's Arrow form has no place for BIT, BIGNUM and a TIME's zone: a query that wants to see them casts them
//! to text.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Date64Type, DurationMicrosecondType, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::types::{
    Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, UnionArray};
use arrow_schema::{DataType, TimeUnit};

use super::clock;
use super::value::{Special, Value};

/// The value in row `at` of a column.
pub(super) fn value(array: &dyn Array, at: usize) -> Value {
    if array.is_null(at) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Bool(array.as_boolean().value(at)),
        DataType::Int8 => Value::Int(array.as_primitive::<Int8Type>().value(at).into()),
        DataType::Int16 => Value::Int(array.as_primitive::<Int16Type>().value(at).into()),
        DataType::Int32 => Value::Int(array.as_primitive::<Int32Type>().value(at).into()),
        DataType::Int64 => Value::Int(array.as_primitive::<Int64Type>().value(at).into()),
        DataType::UInt8 => Value::Int(array.as_primitive::<UInt8Type>().value(at).into()),
        DataType::UInt16 => Value::Int(array.as_primitive::<UInt16Type>().value(at).into()),
        DataType::UInt32 => Value::Int(array.as_primitive::<UInt32Type>().value(at).into()),
        DataType::UInt64 => Value::Int(array.as_primitive::<UInt64Type>().value(at).into()),
        DataType::Float16 => Value::Float(array.as_primitive::<Float16Type>().value(at).into()),
        DataType::Float32 => Value::Single(array.as_primitive::<Float32Type>().value(at)),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(at)),
        DataType::Decimal128(width, scale) => {
            let digits = array.as_primitive::<Decimal128Type>().value(at);
            // The widest of all stands for HUGEINT, which sums of integers are.
            if (*width, *scale) == (38, 0) {
                Value::Int(digits)
            } else {
                Value::Decimal(decimal(digits, *scale))
            }
        }
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(at).to_owned()),
        DataType::LargeUtf8 => Value::Text(array.as_string::<i64>().value(at).to_owned()),
        DataType::Utf8View => Value::Text(array.as_string_view().value(at).to_owned()),
        DataType::Binary => blob(array.as_binary::<i32>().value(at)),
        DataType::LargeBinary => blob(array.as_binary::<i64>().value(at)),
        DataType::BinaryView => blob(array.as_binary_view().value(at)),
        DataType::FixedSizeBinary(_) => blob(array.as_fixed_size_binary().value(at)),
        DataType::Date32 => {
            special(Special::Date, clock::date(array.as_primitive::<Date32Type>().value(at).into()))
        }
        DataType::Date64 => {
            let days = array.as_primitive::<Date64Type>().value(at).div_euclid(86_400_000);
            special(Special::Date, clock::date(days))
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            special(Special::Time, clock::time(nanoseconds_of_day(array, at)))
        }
        DataType::Timestamp(unit, None) => special(Special::Timestamp, timestamp(array, at, *unit)),
        DataType::Timestamp(unit, Some(_)) => {
            special(Special::TimestampTz, clock::with_utc(&timestamp(array, at, *unit)))
        }
        DataType::Interval(_) => match array.as_primitive_opt::<IntervalMonthDayNanoType>() {
            Some(intervals) => {
                let interval = intervals.value(at);
                let days = i128::from(interval.months) * 30 + i128::from(interval.days);
                let micros = days * 86_400_000_000 + i128::from(interval.nanoseconds / 1000);
                let text = clock::interval(interval.months, interval.days, interval.nanoseconds);
                special(Special::Interval(micros), text)
            }
            None => unknown(array),
        },
        DataType::Duration(_) => match array.as_primitive_opt::<DurationMicrosecondType>() {
            Some(durations) => {
                let micros = durations.value(at);
                let text = clock::interval(0, 0, micros.saturating_mul(1000));
                special(Special::Interval(micros.into()), text)
            }
            None => unknown(array),
        },
        DataType::List(_) => list(array.as_list::<i32>().value(at).as_ref()),
        DataType::LargeList(_) => list(array.as_list::<i64>().value(at).as_ref()),
        DataType::ListView(_) => list(array.as_list_view::<i32>().value(at).as_ref()),
        DataType::FixedSizeList(_, _) => list(array.as_fixed_size_list().value(at).as_ref()),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let values =
                fields.iter().zip(columns).map(|(field, column)| (field.name().clone(), value(column, at)));
            Value::Struct(values.collect())
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(at);
            let pair = |row| (value(entries.column(0), row), value(entries.column(1), row));
            Value::Map((0..entries.len()).map(pair).collect())
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            value(dictionary.values().as_ref(), dictionary.normalized_keys()[at])
        }
        DataType::Union(_, _) => match array.as_any().downcast_ref::<UnionArray>() {
            Some(union) => value(union.value(at).as_ref(), 0),
            None => unknown(array),
        },
        _ => unknown(array),
    }
}

/// A type's name in DuckDB's words.
pub(super) fn type_name(data_type: &DataType) -> String {
    let name = match data_type {
        DataType::Null => "NULL",
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => "TINYINT",
        DataType::Int16 => "SMALLINT",
        DataType::Int32 => "INTEGER",
        DataType::Int64 => "BIGINT",
        DataType::UInt8 => "UTINYINT",
        DataType::UInt16 => "USMALLINT",
        DataType::UInt32 => "UINTEGER",
        DataType::UInt64 => "UBIGINT",
        DataType::Float32 => "FLOAT",
        DataType::Float64 => "DOUBLE",
        DataType::Decimal128(38, 0) => "HUGEINT",
        DataType::Decimal128(width, scale) => return format!("DECIMAL({width},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "BLOB"
        }
        DataType::Date32 | DataType::Date64 => "DATE",
        DataType::Time32(_) | DataType::Time64(_) => "TIME",
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE",
        DataType::Timestamp(_, None) => "TIMESTAMP",
        DataType::Interval(_) | DataType::Duration(_) => "INTERVAL",
        DataType::List(field) | DataType::LargeList(field) | DataType::ListView(field) => {
            return format!("{}[]", type_name(field.data_type()));
        }
        DataType::FixedSizeList(field, size) => return format!("{}[{size}]", type_name(field.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| format!("{} {}", field.name(), type_name(field.data_type())))
                .collect();
            return format!("STRUCT({})", fields.join(", "));
        }
        DataType::Map(_, _) => "MAP",
        DataType::Dictionary(_, _) => "ENUM",
        DataType::Union(_, _) => "UNION",
        other => return other.to_string().to_uppercase(),
    };
    name.to_owned()
}

fn list(items: &dyn Array) -> Value {
    Value::List((0..items.len()).map(|at| value(items, at)).collect())
}

fn special(special: Special, text: String) -> Value {
    Value::Special(special, text)
}

/// A type that DuckDB never sends today: said, not guessed.
fn unknown(array: &dyn Array) -> Value {
    Value::Text(format!("<{}>", array.data_type()))
}

fn decimal(digits: i128, scale: i8) -> String {
    let Ok(scale) = usize::try_from(scale) else {
        return format!("{digits}{}", "0".repeat(scale.unsigned_abs().into()));
    };
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = text.split_at(text.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// Bytes as DuckDB prints a BLOB.
fn blob(bytes: &[u8]) -> Value {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b' '..=b'~' if !matches!(byte, b'\\' | b'\'' | b'"') => text.push(char::from(*byte)),
            _ => text.extend(['\\', 'x'].into_iter().chain(format!("{byte:02X}").chars())),
        }
    }
    Value::Special(Special::Blob(bytes.to_vec()), text)
}

fn nanoseconds_of_day(array: &dyn Array, at: usize) -> i64 {
    if let Some(times) = array.as_primitive_opt::<Time64MicrosecondType>() {
        times.value(at) * 1000
    } else if let Some(times) = array.as_primitive_opt::<Time64NanosecondType>() {
        times.value(at)
    } else if let Some(times) = array.as_primitive_opt::<Time32MillisecondType>() {
        i64::from(times.value(at)) * 1_000_000
    } else {
        array
            .as_primitive_opt::<Time32SecondType>()
            .map_or(0, |times| i64::from(times.value(at)) * 1_000_000_000)
    }
}

fn timestamp(array: &dyn Array, at: usize, unit: TimeUnit) -> String {
    match unit {
        TimeUnit::Second => clock::timestamp(array.as_primitive::<TimestampSecondType>().value(at), 1),
        TimeUnit::Millisecond => {
            clock::timestamp(array.as_primitive::<TimestampMillisecondType>().value(at), 1_000)
        }
        TimeUnit::Microsecond => {
            clock::timestamp(array.as_primitive::<TimestampMicrosecondType>().value(at), 1_000_000)
        }
        TimeUnit::Nanosecond => {
            clock::timestamp(array.as_primitive::<TimestampNanosecondType>().value(at), 1_000_000_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_scale_and_sign() {
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(1230, 2), "12.30");
        assert_eq!(decimal(i128::MAX, 10), "17014118346046923173168730371.5884105727");
    }
}
