//! Known relations from JSON: `{"orders": {"id": "int", …}, "shop.customers": ["id", "name"]}`.

use serde_json::Value;

use crate::lineage::catalog::{Catalog, CatalogColumn};
use crate::sql::Dialect;

/// The dialect of a name, also by the names that other tools use; `None` if it is not known.
pub fn dialect_of(name: &str) -> Option<Dialect> {
    Dialect::from_name(name).or_else(|| {
        Some(match name.to_ascii_lowercase().as_str() {
            "tsql" | "azuresql" | "azure_sql" => Dialect::MsSql,
            "sparksql" | "spark2" | "hive" | "impala" | "flink" => Dialect::Spark,
            "starrocks" | "doris" | "singlestore" | "tidb" => Dialect::MySql,
            "risingwave" | "netezza" | "cockroachdb" | "yugabyte" | "timescaledb" => Dialect::Postgres,
            "dune" => Dialect::Trino,
            "" | "oracle" | "teradata" | "vertica" | "exasol" | "db2" | "dremio" | "drill" | "druid"
            | "non-validating" | "hana" | "sybase" | "firebird" | "soql" | "tableau" | "prql" | "solr" => {
                Dialect::Generic
            }
            _ => return None,
        })
    })
}

/// Adds the relations of a JSON object to a catalog. Nested objects are schemas and databases.
///
/// A column is `"name": "type"`, or a name in a list. `null` in place of columns is a relation whose columns are
/// not known. Gives what was wrong, in lower case, if the JSON has another form.
pub fn schema_of(value: &Value, catalog: &mut Catalog) -> Result<(), String> {
    match value {
        Value::Null => Ok(()),
        Value::Object(relations) => {
            for (name, columns) in relations {
                relation(name, columns, catalog)?;
            }
            Ok(())
        }
        _ => Err("the schema is no object of relations".to_owned()),
    }
}

fn relation(name: &str, columns: &Value, catalog: &mut Catalog) -> Result<(), String> {
    match columns {
        Value::Null => catalog.add(name, None),
        Value::Array(names) => {
            let columns = names.iter().map(|name| match name {
                Value::String(name) => Ok(CatalogColumn::new(name.as_str())),
                _ => Err("a column in a list is no text".to_owned()),
            });
            catalog.add(name, Some(columns.collect::<Result<Vec<_>, String>>()?));
        }
        Value::Object(inner)
            if !inner.is_empty() && inner.values().all(|it| it.is_object() || it.is_array()) =>
        {
            for (rest, columns) in inner {
                relation(&format!("{name}.{rest}"), columns, catalog)?;
            }
        }
        Value::Object(inner) => {
            let columns = inner.iter().map(|(name, data_type)| {
                let data_type =
                    data_type.as_str().filter(|it| !it.is_empty() && !it.eq_ignore_ascii_case("unknown"));
                CatalogColumn { data_type: data_type.map(Into::into), ..CatalogColumn::new(name.as_str()) }
            });
            catalog.add(name, Some(columns.collect()));
        }
        _ => return Err(format!("the columns of `{name}` are neither an object nor a list")),
    }
    Ok(())
}
