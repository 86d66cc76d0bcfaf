//! Columns as Jinja sees them: `api.Column` and what `get_columns_in_relation()` gives.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::python::args::{Args, text};
use crate::python::failure;
use crate::sql::Dialect;

/// A column's name and type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ColumnObject {
    /// The name.
    pub(super) name: String,
    /// The type without its size.
    pub(super) dtype: String,
    /// The length of a text type.
    pub(super) char_size: Option<i64>,
    /// Precision and scale of a number.
    pub(super) numeric: Option<(i64, i64)>,
    /// For quotes and type names.
    pub(super) dialect: Dialect,
    /// ClickHouse's wrappers of a type: `LowCardinality`, `Nullable`.
    pub(super) wrapped: [bool; 2],
}

const WRAPPERS: [&str; 2] = ["LowCardinality", "Nullable"];

/// What PostgreSQL calls whole numbers, and dbt those of an adapter that says nothing else.
const INTEGERS: &[&str] = &[
    "smallint",
    "integer",
    "bigint",
    "smallserial",
    "serial",
    "bigserial",
    "int2",
    "int4",
    "int8",
    "serial2",
    "serial4",
    "serial8",
];

const CLICKHOUSE_STRINGS: &[&str] = &[
    "string",
    "longblob",
    "longtext",
    "tinytext",
    "text",
    "varchar",
    "mediumblob",
    "blob",
    "tinyblob",
    "char",
    "mediumtext",
];

/// The longest text that Trino has, for a `varchar` without a length.
const TRINO_LONGEST: i64 = 2_147_483_646;

impl ColumnObject {
    /// A column of a type as the warehouse spells it.
    pub(super) fn new(name: impl Into<String>, dtype: impl Into<String>, dialect: Dialect) -> Self {
        let mut dtype = dtype.into();
        let mut wrapped = [false; 2];
        let (mut char_size, mut numeric) = (None, None);
        if dialect == Dialect::ClickHouse {
            for (at, wrapper) in WRAPPERS.into_iter().enumerate() {
                if let Some(inner) = call_of(&dtype, wrapper) {
                    (dtype, wrapped[at]) = (inner.to_owned(), true);
                }
            }
            char_size = call_of(&dtype, "FixedString").and_then(|size| size.parse().ok());
            if starts_with(&dtype, "decimal") {
                let sizes = call_of(&dtype, "Decimal").and_then(|sizes| sizes.split_once(", "));
                let sizes =
                    sizes.and_then(|(precision, scale)| precision.parse().ok().zip(scale.parse().ok()));
                numeric = Some(sizes.unwrap_or((0, 0)));
            }
        }
        Self { name: name.into(), dtype, char_size, numeric, dialect, wrapped }
    }

    /// A column from `varchar(20)` or `numeric(10, 2)`.
    pub(super) fn from_description(name: String, description: &str, dialect: Dialect) -> Self {
        let sized = ["varchar", "char", "decimal"].iter().any(|kind| starts_with(description, kind));
        let plain = dialect == Dialect::ClickHouse || dialect == Dialect::Trino && !sized;
        let Some((base, rest)) = description.split_once('(').filter(|_| !plain) else {
            return Self::new(name, description, dialect);
        };
        let inner = rest.split(')').next().unwrap_or("");
        let sizes: Vec<i64> = inner.split(',').filter_map(|size| size.trim().parse().ok()).collect();
        let mut column = Self::new(name, base.trim(), dialect);
        match sizes.as_slice() {
            [size] => column.char_size = Some(*size),
            [precision, scale] => column.numeric = Some((*precision, *scale)),
            _ => description.clone_into(&mut column.dtype),
        }
        column
    }

    fn is_any(&self, names: &[&str]) -> bool {
        let dtype = self.dtype.to_ascii_lowercase();
        names.contains(&dtype.as_str())
    }

    fn is_string(&self) -> bool {
        match self.dialect {
            Dialect::BigQuery => self.is_any(&["string"]),
            Dialect::Trino | Dialect::Fabric => self.is_any(&["varchar", "char"]),
            Dialect::Athena => self.is_any(&["varchar", "string"]),
            Dialect::ClickHouse => self.is_any(CLICKHOUSE_STRINGS) || starts_with(&self.dtype, "fixedstring"),
            Dialect::MsSql => self.is_any(&["varchar", "char", "nvarchar", "nchar"]),
            _ => self.is_any(&["text", "character varying", "character", "varchar"]),
        }
    }

    fn is_integer(&self) -> bool {
        match self.dialect {
            Dialect::Snowflake => false,
            Dialect::BigQuery => self.is_any(&["int64"]),
            Dialect::DuckDb => self.is_any(&[
                "tinyint",
                "smallint",
                "integer",
                "bigint",
                "hugeint",
                "utinyint",
                "usmallint",
                "uinteger",
                "ubigint",
                "int1",
                "int2",
                "int4",
                "int8",
                "short",
                "int",
                "signed",
                "long",
            ]),
            Dialect::Trino => self.is_any(&["tinyint", "smallint", "integer", "int", "bigint"]),
            Dialect::ClickHouse => starts_with(&self.dtype, "int") || starts_with(&self.dtype, "uint"),
            Dialect::MsSql => self.is_any(&["bit", "tinyint", "smallint", "int", "integer", "bigint"]),
            Dialect::Fabric => self.is_any(INTEGERS) || self.is_any(&["int"]),
            _ => self.is_any(INTEGERS),
        }
    }

    fn is_float(&self) -> bool {
        match self.dialect {
            Dialect::BigQuery => self.is_any(&["float64"]),
            Dialect::Trino => self.is_any(&["real", "double precision", "double"]),
            Dialect::ClickHouse => starts_with(&self.dtype, "float"),
            Dialect::MsSql => self.is_any(&["float", "real"]),
            _ => self.is_any(&["real", "float4", "float", "double precision", "float8", "double"]),
        }
    }

    fn is_numeric(&self) -> bool {
        match self.dialect {
            Dialect::Snowflake => self.is_any(&[
                "int", "integer", "bigint", "smallint", "tinyint", "byteint", "numeric", "decimal", "number",
            ]),
            Dialect::Trino => self.is_any(&["decimal"]),
            Dialect::BigQuery => self.is_any(&["numeric"]),
            Dialect::ClickHouse => starts_with(&self.dtype, "decimal"),
            Dialect::MsSql | Dialect::Fabric => self.is_any(&["numeric", "decimal", "money", "smallmoney"]),
            _ => self.is_any(&["numeric", "decimal"]),
        }
    }

    fn string_size(&self) -> i64 {
        match (self.dialect, self.char_size) {
            (Dialect::Trino, None) if self.is_any(&["varchar"]) => TRINO_LONGEST,
            (Dialect::Athena, size) => size.unwrap_or(0),
            (Dialect::MsSql, None) => 8000,
            (_, Some(size)) if self.dtype != "text" => size,
            (Dialect::Snowflake, _) => 16_777_216,
            _ => 256,
        }
    }

    /// Both may be widened without end; SQL Server's `max` is a size of -1.
    fn can_expand_to(&self, other: &Self) -> bool {
        if !self.is_string() || !other.is_string() {
            return false;
        }
        let (own, wanted) = (self.string_size(), other.string_size());
        match self.dialect {
            Dialect::BigQuery | Dialect::Spark | Dialect::Databricks => true,
            Dialect::MsSql | Dialect::Fabric if own < 0 => false,
            Dialect::MsSql if !self.dtype.eq_ignore_ascii_case(&other.dtype) => false,
            Dialect::MsSql | Dialect::Fabric => wanted < 0 || wanted > own,
            _ => wanted > own,
        }
    }

    fn data_type(&self) -> String {
        let bare = match self.dialect {
            Dialect::Postgres => {
                self.is_any(&["text"]) || self.is_any(&["character varying"]) && self.char_size.is_none()
            }
            Dialect::Trino => self.is_any(&["varchar"]) && self.char_size.is_none(),
            Dialect::BigQuery | Dialect::Spark | Dialect::Databricks => true,
            _ => false,
        };
        if bare {
            return self.dtype.clone();
        }
        match (self.dialect, self.numeric) {
            (Dialect::MsSql, _) if self.is_any(&["datetime2"]) => "datetime2(6)".to_owned(),
            (Dialect::Fabric, sizes) if self.is_any(&["datetime2"]) => {
                format!("datetime2({})", sizes.map_or(6, |(_, scale)| scale))
            }
            (Dialect::MsSql, _) if self.is_string() => self.sqlserver_string(),
            _ if self.is_string() => self.wrap(string_type(self.dialect, self.string_size())),
            (Dialect::ClickHouse, Some((precision, scale))) => {
                self.wrap(format!("Decimal({precision}, {scale})"))
            }
            (Dialect::MsSql, Some(_)) if !self.is_any(&["numeric", "decimal"]) => self.dtype.clone(),
            (_, Some((precision, scale))) if self.is_numeric() => {
                format!("{}({precision},{scale})", self.dtype)
            }
            (Dialect::Athena, _) => self.athena_type(),
            _ => self.wrap(self.dtype.clone()),
        }
    }

    fn wrap(&self, mut inner: String) -> String {
        for at in [1, 0] {
            if self.wrapped[at] {
                inner = format!("{}({inner})", WRAPPERS[at]);
            }
        }
        inner
    }

    fn sqlserver_string(&self) -> String {
        let dtype = self.dtype.to_ascii_lowercase();
        match (self.string_size(), dtype.as_str()) {
            (-1, _) => format!("{dtype}(max)"),
            (size, _) if size > 0 => format!("{dtype}({size})"),
            (_, "nvarchar") => "nvarchar(4000)".to_owned(),
            (_, "varchar") => "varchar(8000)".to_owned(),
            _ => format!("{dtype}(1)"),
        }
    }

    /// Athena's statements have other names than its tables; only here the elements of arrays count.
    fn athena_type(&self) -> String {
        if self.is_any(&["binary", "varbinary"]) {
            return "varbinary".to_owned();
        }
        match self.element() {
            Some(element) => {
                let element = Self { dtype: element.to_owned(), ..self.clone() };
                format!("array({})", element.data_type())
            }
            None => self.dtype.clone(),
        }
    }

    /// `x` of `array<x>` or `array(x)`.
    fn element(&self) -> Option<&str> {
        let rest = self.dtype.strip_prefix("array")?;
        rest.strip_prefix(['<', '('])?.strip_suffix(['>', ')'])
    }
}

/// `x` of `Name(x)`.
fn call_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

impl Object for ColumnObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "name" | "column" => Value::from(self.name.clone()),
            "dtype" => Value::from(self.dtype.clone()),
            "data_type" | "expanded_data_type" => Value::from(self.data_type()),
            "quoted" => Value::from(self.dialect.quote_column(&self.name)),
            "quoted_hive" => Value::from(format!("`{}`", self.name)),
            "is_low_cardinality" => Value::from(self.wrapped[0]),
            "is_nullable" => Value::from(self.wrapped[1]),
            "char_size" => Value::from(self.char_size),
            "numeric_precision" => Value::from(self.numeric.map(|(precision, _)| precision)),
            "numeric_scale" => Value::from(self.numeric.map(|(_, scale)| scale)),
            "mode" => Value::from("NULLABLE"),
            "fields" => crate::jinja::List::value(Vec::new()),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        Ok(match method {
            "is_string" => Value::from(self.is_string()),
            "is_number" => Value::from(self.is_integer() || self.is_numeric() || self.is_float()),
            "is_integer" => Value::from(self.is_integer()),
            "is_float" => Value::from(self.is_float()),
            "is_numeric" => Value::from(self.is_numeric()),
            "is_array" => Value::from(starts_with(&self.dtype, "array")),
            "is_binary" => Value::from(self.is_any(&["binary", "varbinary"])),
            "is_timestamp" => Value::from(self.is_any(&["timestamp"])),
            "is_iceberg" => Value::from(false),
            "array_inner_type" => Value::from(self.element().unwrap_or(&self.dtype)),
            "is_struct" => Value::from(self.dtype.to_ascii_lowercase().starts_with("struct")),
            "string_size" if self.is_string() => Value::from(self.string_size()),
            "string_size" => {
                return Err(failure::other("`string_size()` was called on a column that is not text"));
            }
            "can_expand_to" => {
                let [other] = Args::new(method, args).bind(["other_column"])?;
                let other = other.and_then(|other| other.downcast_object::<Self>());
                Value::from(other.is_some_and(|other| self.can_expand_to(&other)))
            }
            "literal" => {
                let [value] = Args::new(method, args).bind(["value"])?;
                let value = text(value.as_ref()).unwrap_or_default();
                Value::from(match self.dialect {
                    Dialect::ClickHouse => format!("to{}({value})", self.dtype),
                    Dialect::MsSql | Dialect::Fabric => format!("cast('{value}' as {})", self.data_type()),
                    Dialect::BigQuery | Dialect::Spark | Dialect::Databricks => {
                        format!("cast({value} as {})", self.dtype)
                    }
                    _ => format!("{value}::{}", self.data_type()),
                })
            }
            "flatten" => crate::jinja::List::value(vec![Value::from_dyn_object(Arc::clone(self))]),
            _ => return Arc::new(ColumnClass { dialect: self.dialect }).call_method(state, method, args),
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.as_ref().cmp(other.downcast_ref::<Self>()?))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dialect == Dialect::ClickHouse {
            let nullable = Self { wrapped: [false, self.wrapped[1]], ..Self::clone(self) };
            return write!(f, "{} {}", self.name, nullable.wrap(self.data_type()));
        }
        write!(f, "<Column {} ({})>", self.name, self.data_type())
    }
}

/// `api.Column`.
#[derive(Debug)]
pub(super) struct ColumnClass {
    /// For quotes and type names.
    pub(super) dialect: Dialect,
}

impl Object for ColumnClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let args = Args::new("api.Column", args);
        let names = ["column", "dtype", "char_size", "numeric_precision", "numeric_scale"];
        let [name, dtype, size, precision, scale] = args.bind(names)?;
        let name = text(Some(&args.required("column", name)?)).unwrap_or_default();
        let dtype = text(Some(&args.required("dtype", dtype)?)).unwrap_or_default();
        let number = |value: Option<Value>| value.and_then(|value| value.as_i64());
        let numeric = number(precision).zip(number(scale));
        let mut column = ColumnObject::new(name, dtype, self.dialect);
        column.char_size = number(size).or(column.char_size);
        column.numeric = numeric.or(column.numeric);
        Ok(Value::from_object(column))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "translate_type" => {
                let [dtype] = args.bind(["dtype"])?;
                let dtype = text(Some(&args.required("dtype", dtype)?)).unwrap_or_default();
                Ok(Value::from(translate_type(self.dialect, &dtype)))
            }
            "create" => {
                let [name, dtype] = args.bind(["name", "label_or_dtype"])?;
                let name = text(Some(&args.required("name", name)?)).unwrap_or_default();
                let dtype = text(Some(&args.required("label_or_dtype", dtype)?)).unwrap_or_default();
                let dtype = translate_type(self.dialect, &dtype);
                Ok(Value::from_object(ColumnObject::new(name, dtype, self.dialect)))
            }
            "from_description" => {
                let [name, description] = args.bind(["name", "raw_data_type"])?;
                let name = text(name.as_ref()).unwrap_or_default();
                let description = text(description.as_ref()).unwrap_or_default();
                Ok(Value::from_object(ColumnObject::from_description(name, &description, self.dialect)))
            }
            "string_type" => {
                let [size] = args.bind(["size"])?;
                let size = size.and_then(|size| size.as_i64()).unwrap_or(256);
                Ok(Value::from(string_type(self.dialect, size)))
            }
            "numeric_type" => {
                let [dtype, precision, scale] = args.bind(["dtype", "precision", "scale"])?;
                let dtype = text(dtype.as_ref()).unwrap_or_default();
                let sized = text(precision.as_ref()).zip(text(scale.as_ref()));
                let spark = matches!(self.dialect, Dialect::Spark | Dialect::Databricks);
                Ok(Value::from(match sized {
                    Some(_) if self.dialect == Dialect::BigQuery => dtype,
                    Some((precision, scale)) if self.dialect == Dialect::ClickHouse => {
                        format!("Decimal({precision}, {scale})")
                    }
                    Some((precision, scale)) if spark => format!("decimal({precision},{scale})"),
                    Some((precision, scale)) => format!("{dtype}({precision},{scale})"),
                    None if spark => "decimal".to_owned(),
                    None => dtype,
                }))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// The warehouse's name of one of dbt's types.
fn translate_type(dialect: Dialect, dtype: &str) -> String {
    let upper = dtype.to_ascii_uppercase();
    let name = match (dialect, upper.as_str()) {
        (Dialect::BigQuery, "TEXT") => "STRING",
        (Dialect::BigQuery, "FLOAT") => "FLOAT64",
        (Dialect::BigQuery, "INTEGER") => "INT64",
        (Dialect::Databricks, "LONG") => "bigint",
        (Dialect::Databricks, _) => return dtype.to_ascii_lowercase(),
        (Dialect::Trino, "STRING") | (Dialect::Athena, "STRING" | "TEXT") => "VARCHAR",
        (Dialect::Trino, "FLOAT") => "DOUBLE",
        (Dialect::ClickHouse, "STRING") => "String",
        (Dialect::ClickHouse, "TIMESTAMP") => "DateTime",
        (Dialect::ClickHouse, "FLOAT") => "Float32",
        (Dialect::ClickHouse, "INTEGER") => "Int32",
        (
            Dialect::MsSql,
            "DATE" | "FLOAT" | "REAL" | "INT" | "BIGINT" | "SMALLINT" | "BIT" | "DECIMAL" | "NUMERIC"
            | "UNIQUEIDENTIFIER",
        ) => return upper,
        (Dialect::MsSql | Dialect::Fabric, upper) => tsql_type(dialect, upper).unwrap_or(dtype),
        (Dialect::Spark | Dialect::BigQuery | Dialect::Trino | Dialect::Athena | Dialect::ClickHouse, _) => {
            dtype
        }
        (_, "STRING") => "TEXT",
        _ => dtype,
    };
    name.to_owned()
}

/// What T-SQL calls a type of other warehouses, or of its own with a size.
fn tsql_type(dialect: Dialect, upper: &str) -> Option<&'static str> {
    Some(match upper {
        "STRING" => "VARCHAR(MAX)",
        "VARCHAR" | "NVARCHAR" if dialect == Dialect::Fabric => "VARCHAR(MAX)",
        "VARCHAR" => "VARCHAR(8000)",
        "NVARCHAR" => "NVARCHAR(4000)",
        "NCHAR" if dialect == Dialect::MsSql => "NCHAR(1)",
        "CHAR" | "NCHAR" => "CHAR(1)",
        "TIMESTAMP" | "DATETIME2" => "DATETIME2(6)",
        "TIME" => "TIME(6)",
        "INTEGER" => "INT",
        "TINYINT" => "SMALLINT",
        "BOOLEAN" => "BIT",
        "MONEY" | "SMALLMONEY" => "DECIMAL",
        "VARBINARY" => "VARBINARY(MAX)",
        "BINARY" => "BINARY(1)",
        _ => return None,
    })
}

fn string_type(dialect: Dialect, size: i64) -> String {
    match dialect {
        Dialect::Athena if size <= 0 => "varchar".to_owned(),
        Dialect::ClickHouse => "String".to_owned(),
        Dialect::MsSql if size <= 0 => "varchar(8000)".to_owned(),
        Dialect::Fabric if size <= 0 => "varchar(max)".to_owned(),
        Dialect::Trino | Dialect::Athena | Dialect::MsSql | Dialect::Fabric => format!("varchar({size})"),
        _ => format!("character varying({size})"),
    }
}
