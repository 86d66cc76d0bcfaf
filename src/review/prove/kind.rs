//! What sort of values a column has, by the name of its type in any dialect.

use crate::sql::Dialect;

/// A sort of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    /// With so many digits behind the point.
    Decimal(u32),
    Double,
    Text,
    Date,
    Timestamp,
    /// A timestamp with a zone.
    Moment,
    Time,
    Interval,
    Json,
    Uuid,
    List(Box<Kind>),
    Struct(Vec<(String, Kind)>),
    /// Anything else: only NULL can be put there.
    Other,
}

impl Kind {
    /// The type in DuckDB's words that a made-up column of this kind has.
    pub(super) fn type_name(&self) -> String {
        match self {
            Self::Bool => "boolean".to_owned(),
            Self::Int => "integer".to_owned(),
            Self::Decimal(scale) => format!("decimal(18, {scale})"),
            Self::Double => "double".to_owned(),
            Self::Text | Self::Other => "varchar".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Timestamp => "timestamp".to_owned(),
            Self::Moment => "timestamptz".to_owned(),
            Self::Time => "time".to_owned(),
            Self::Interval => "interval".to_owned(),
            Self::Json => "json".to_owned(),
            Self::Uuid => "uuid".to_owned(),
            Self::List(of) => format!("{}[]", of.type_name()),
            Self::Struct(fields) => {
                let field = |(name, kind): &(String, Self)| {
                    format!("{} {}", Dialect::DuckDb.quote(name), kind.type_name())
                };
                format!("struct({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// A type of a dialect: its kind, and its name in DuckDB's words.
    pub(super) fn of(dialect: Dialect, text: &str) -> (Self, String) {
        let text = text.trim();
        let kind = parsed(&text.to_lowercase());
        let own = dialect == Dialect::DuckDb && kind != Self::Other;
        let name = match &kind {
            _ if own => text.to_owned(),
            // Wider than most, since the width is that of another engine.
            Self::Int => "bigint".to_owned(),
            kind => kind.type_name(),
        };
        (kind, name)
    }
}

fn parsed(text: &str) -> Kind {
    let text = text.trim().trim_matches('"');
    if let Some(inner) = text.strip_suffix(']') {
        return inner.rsplit_once('[').map_or(Kind::Other, |(of, _)| Kind::List(Box::new(parsed(of))));
    }
    let (base, inner) = match text.find(['(', '<']) {
        Some(at) => (text[..at].trim(), text[at + 1..].trim_end_matches([')', '>']).trim()),
        None => (text, ""),
    };
    match base {
        _ if base.starts_with("timestamp") && text.contains("with time zone") => Kind::Moment,
        "bool" | "boolean" | "bit" | "logical" => Kind::Bool,
        "int" | "integer" | "int2" | "int4" | "int8" | "int16" | "int32" | "int64" | "int128" | "bigint"
        | "smallint" | "tinyint" | "hugeint" | "ubigint" | "uinteger" | "usmallint" | "utinyint"
        | "uint8" | "uint16" | "uint32" | "uint64" | "long" | "short" | "byteint" | "serial"
        | "bigserial" | "signed" | "mediumint" => Kind::Int,
        "decimal" | "dec" | "numeric" | "number" | "bignumeric" => {
            let scale = inner.split(',').nth(1).and_then(|scale| scale.trim().parse::<u32>().ok());
            match scale {
                Some(0) => Kind::Int,
                Some(scale) => Kind::Decimal(scale),
                None if inner.is_empty() && base != "number" => Kind::Decimal(3),
                None => Kind::Int,
            }
        }
        "float" | "float4" | "float8" | "float32" | "float64" | "double" | "double precision" | "real" => {
            Kind::Double
        }
        "text" | "varchar" | "char" | "bpchar" | "string" | "nvarchar" | "nchar" | "character"
        | "character varying" | "clob" | "name" | "fixedstring" | "tinytext" | "mediumtext" | "longtext" => {
            Kind::Text
        }
        "lowcardinality" | "nullable" => parsed(inner),
        "date" | "date32" => Kind::Date,
        "timestamp"
        | "datetime"
        | "timestamp_ntz"
        | "timestamp without time zone"
        | "timestamp_s"
        | "timestamp_ms"
        | "timestamp_ns"
        | "datetime2"
        | "smalldatetime"
        | "datetime64" => Kind::Timestamp,
        "timestamptz" | "timestamp with time zone" | "timestamp_tz" | "timestamp_ltz" | "datetimeoffset" => {
            Kind::Moment
        }
        "time" | "time without time zone" => Kind::Time,
        "interval" => Kind::Interval,
        "json" | "jsonb" | "variant" | "object" | "super" => Kind::Json,
        "uuid" | "uniqueidentifier" => Kind::Uuid,
        "array" if inner.is_empty() => Kind::Json,
        "array" => Kind::List(Box::new(parsed(inner))),
        "struct" | "row" => fields(inner).map_or(Kind::Other, Kind::Struct),
        _ => Kind::Other,
    }
}

/// `a int, b text` or `a: int, b: string`.
fn fields(text: &str) -> Option<Vec<(String, Kind)>> {
    let mut depth = 0_i32;
    let parts = text.split(|char| {
        depth += i32::from(matches!(char, '(' | '<')) - i32::from(matches!(char, ')' | '>'));
        char == ',' && depth == 0
    });
    let field = |part: &str| {
        let (name, kind) = part.trim().split_once([' ', ':'])?;
        Some((name.trim_matches('"').to_owned(), parsed(kind)))
    };
    parts.map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, text: &str, kind: Kind, name: &str) {
        assert_eq!(Kind::of(dialect, text), (kind, name.to_owned()));
    }

    #[test]
    fn types_of_dialects_have_kinds() {
        check(Dialect::DuckDb, "DECIMAL(9,2)", Kind::Decimal(2), "DECIMAL(9,2)");
        check(Dialect::DuckDb, "int[]", Kind::List(Box::new(Kind::Int)), "int[]");
        check(Dialect::BigQuery, "INT64", Kind::Int, "bigint");
        check(Dialect::Snowflake, "NUMBER(38,0)", Kind::Int, "bigint");
        check(Dialect::Snowflake, "timestamp_tz(9)", Kind::Moment, "timestamptz");
        check(Dialect::Postgres, "character varying(20)", Kind::Text, "varchar");
        check(Dialect::Postgres, "timestamp(3) with time zone", Kind::Moment, "timestamptz");
        let fields = vec![("a".to_owned(), Kind::Int), ("b".to_owned(), Kind::Text)];
        check(Dialect::DuckDb, "struct(a int, b text)", Kind::Struct(fields), "struct(a int, b text)");
        check(Dialect::Postgres, "geometry", Kind::Other, "varchar");
    }
}
