//! Columns as Jinja sees them: `api.Column` and what `get_columns_in_relation()` gives.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::args::{Args, text};
use super::failure;
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
}

impl ColumnObject {
    /// A column of a type as the warehouse spells it.
    pub(super) fn new(name: impl Into<String>, dtype: impl Into<String>, dialect: Dialect) -> Self {
        Self { name: name.into(), dtype: dtype.into(), char_size: None, numeric: None, dialect }
    }

    /// A column from `varchar(20)` or `numeric(10, 2)`.
    pub(super) fn from_description(name: String, description: &str, dialect: Dialect) -> Self {
        let Some((base, rest)) = description.split_once('(') else {
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
            Dialect::Spark | Dialect::Databricks => self.is_any(&["text", "string", "varchar", "character"]),
            _ => self.is_any(&["text", "character varying", "character", "varchar", "string"]),
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
            _ => self.is_any(&[
                "smallint",
                "integer",
                "bigint",
                "smallserial",
                "serial",
                "bigserial",
                "int",
                "int2",
                "int4",
                "int8",
                "serial2",
                "serial4",
                "serial8",
                "tinyint",
                "long",
                "short",
            ]),
        }
    }

    fn is_float(&self) -> bool {
        if self.dialect == Dialect::BigQuery {
            return self.is_any(&["float64"]);
        }
        self.is_any(&["real", "float4", "float", "double precision", "float8", "double"])
    }

    fn is_numeric(&self) -> bool {
        match self.dialect {
            Dialect::Snowflake => self.is_any(&[
                "int", "integer", "bigint", "smallint", "tinyint", "byteint", "numeric", "decimal", "number",
            ]),
            _ => self.is_any(&["numeric", "decimal"]),
        }
    }

    fn string_size(&self) -> i64 {
        match self.char_size {
            Some(size) if self.dtype != "text" => size,
            _ if self.dialect == Dialect::Snowflake => 16_777_216,
            _ => 256,
        }
    }

    fn data_type(&self) -> String {
        let bare = match self.dialect {
            Dialect::Postgres | Dialect::Redshift => {
                self.is_any(&["text"]) || self.is_any(&["character varying"]) && self.char_size.is_none()
            }
            Dialect::BigQuery | Dialect::Spark | Dialect::Databricks => true,
            _ => false,
        };
        if bare {
            return self.dtype.clone();
        }
        match self.numeric {
            _ if self.is_string() => string_type(self.dialect, self.string_size()),
            Some((precision, scale)) if self.is_numeric() => format!("{}({precision},{scale})", self.dtype),
            _ => self.dtype.clone(),
        }
    }
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
            "quoted" => Value::from(self.dialect.quote(&self.name)),
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
            "is_struct" => Value::from(self.dtype.to_ascii_lowercase().starts_with("struct")),
            "string_size" if self.is_string() => Value::from(self.string_size()),
            "string_size" => {
                return Err(failure::other("`string_size()` was called on a column that is not text"));
            }
            "can_expand_to" => {
                let [other] = Args::new(method, args).bind(["other_column"])?;
                let other = other.and_then(|other| other.downcast_object::<Self>());
                Value::from(other.is_some_and(|other| {
                    self.is_string() && other.is_string() && other.string_size() > self.string_size()
                }))
            }
            "literal" => {
                let [value] = Args::new(method, args).bind(["value"])?;
                Value::from(format!("{}::{}", text(value.as_ref()).unwrap_or_default(), self.data_type()))
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
        let column =
            ColumnObject { char_size: number(size), numeric, ..ColumnObject::new(name, dtype, self.dialect) };
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
                Ok(Value::from(match sized {
                    Some(_) if self.dialect == Dialect::BigQuery => dtype,
                    Some((precision, scale)) => format!("{dtype}({precision},{scale})"),
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
        (Dialect::Spark | Dialect::Databricks | Dialect::BigQuery, _) => dtype,
        (Dialect::Athena | Dialect::Trino, "STRING" | "TEXT") => "VARCHAR",
        (_, "STRING") => "TEXT",
        _ => dtype,
    };
    name.to_owned()
}

fn string_type(dialect: Dialect, size: i64) -> String {
    match dialect {
        Dialect::BigQuery | Dialect::Spark | Dialect::Databricks => "string".to_owned(),
        _ => format!("character varying({size})"),
    }
}
