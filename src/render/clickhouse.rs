//! What `adapter` offers on ClickHouse only: clusters, and files in S3 as tables.

use minijinja::{Error, Value};
use serde_json::Value as Json;

use super::ctx::Ctx;
use crate::jinja::Dict;
use crate::python::args::{Args, text};
use crate::python::failure;

impl Ctx {
    /// The value of a method of `dbt-clickhouse`; `None` for a name that is none of its.
    pub(super) fn clickhouse_method(&self, method: &str, args: &Args<'_>) -> Result<Option<Value>, Error> {
        let credential = |key| self.shared.project.target.credentials.get(key).and_then(Json::as_str);
        let joined = |key, default, before: &str, after: &str| {
            let part = credential(key).unwrap_or(default).trim_matches('_');
            if part.is_empty() { String::new() } else { format!("{before}{part}{after}") }
        };
        let cluster = credential("cluster").filter(|name| !name.trim().is_empty());
        Ok(Some(match method {
            "get_clickhouse_cluster_name"
            | "get_clickhouse_local_suffix"
            | "get_clickhouse_local_db_prefix"
                if !self.execute() =>
            {
                Dict::value(Vec::<(&str, Value)>::new())
            }
            "get_clickhouse_cluster_name" => Value::from(cluster.map(|name| format!("\"{name}\""))),
            "get_clickhouse_local_suffix" => Value::from(joined("local_suffix", "local", "_", "")),
            "get_clickhouse_local_db_prefix" => Value::from(joined("local_db_prefix", "", "", "_")),
            "clickhouse_db_engine_clause" => Value::from(
                credential("database_engine").map(|engine| format!("ENGINE {engine}")).unwrap_or_default(),
            ),
            "should_on_cluster" => {
                let engine = credential("database_engine").unwrap_or_default();
                Value::from(cluster.is_some() && !engine.to_ascii_lowercase().contains("replicated"))
            }
            // Only a server would know.
            "is_before_version" | "is_at_or_after_version" | "can_exchange" | "supports_atomic_exchange" => {
                Value::from(false)
            }
            "get_ch_database" | "validate_incremental_strategy" => Value::from(()),
            "calculate_incremental_strategy" => {
                let [strategy] = args.bind(["strategy"])?;
                let strategy = text(strategy.as_ref()).filter(|name| !name.is_empty() && name != "default");
                Value::from(strategy.map_or_else(|| "legacy".to_owned(), |name| name.replace('+', "_")))
            }
            "s3source_clause" if !self.execute() => Value::from(()),
            "s3source_clause" => Value::from(self.s3_source(args)?),
            _ => return Ok(None),
        }))
    }

    /// `s3(…)`: what the call says, else the model's config, else the variable of that name.
    fn s3_source(&self, args: &Args<'_>) -> Result<String, Error> {
        let [config, model, bucket, path, format, structure, key, secret, role, compression, external] = args
            .bind([
                "config_name",
                "s3_model_config",
                "bucket",
                "path",
                "fmt",
                "structure",
                "aws_access_key_id",
                "aws_secret_access_key",
                "role_arn",
                "compression",
                "external_id",
            ])?;
        let config = text(config.as_ref()).unwrap_or_default();
        let variables = self.shared.project.root().vars.get(&config).map(crate::jinja::from_json);
        let pick = |own: Option<Value>, name: &str| -> Option<Value> {
            let others = [&model, &variables].map(|from| from.as_ref()?.get_attr(name).ok());
            std::iter::once(own).chain(others).flatten().find(Value::is_true)
        };
        let word = |own, name| text(pick(own, name).as_ref()).unwrap_or_default();
        let quoted = |value: &str| if value.is_empty() { String::new() } else { format!(", '{value}'") };

        let (bucket, path) = (word(bucket, "bucket"), word(path, "path"));
        let between =
            if path.is_empty() || bucket.is_empty() || bucket.ends_with('/') || bucket.starts_with('/') {
                ""
            } else {
                "/"
            };
        let mut url = format!("{}{between}{path}", bucket.replace("https://", ""));
        if !path.is_empty() {
            url = url.replace("//", "/");
        }
        let (key, secret) = (word(key, "aws_access_key_id"), word(secret, "aws_secret_access_key"));
        if key.is_empty() != secret.is_empty() {
            return Err(failure::other(
                "an S3 source takes `aws_access_key_id` and `aws_secret_access_key` together",
            ));
        }
        let (role, external) = (word(role, "role_arn"), word(external, "external_id"));
        if role.is_empty() && !external.is_empty() {
            return Err(failure::other("an S3 source takes `external_id` only with `role_arn`"));
        }
        let compression = word(compression, "compression");
        let mut columns = columns(pick(structure, "structure").as_ref())?;
        if columns.is_empty() && !compression.is_empty() {
            columns.push_str(", ''");
        }
        let role = match (role.is_empty(), external.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!(", extra_credentials(role_arn='{role}')"),
            (false, false) => format!(", extra_credentials(role_arn='{role}', external_id='{external}')"),
        };
        let format = word(format, "fmt");
        let access = format!("{}{}", quoted(&key), quoted(&secret));
        let compression = quoted(&compression);
        Ok(format!("s3('https://{url}'{access}, '{format}'{columns}{compression}{role})"))
    }
}

/// The columns of a source: names with types, a list of both as one text, or a text.
fn columns(structure: Option<&Value>) -> Result<String, Error> {
    let Some(structure) = structure else { return Ok(String::new()) };
    if let Some(text) = structure.as_str() {
        return Ok(format!(",'{text}'"));
    }
    let mut columns = Vec::new();
    for column in structure.try_iter()? {
        columns.push(match structure.get_item(&column).ok().filter(|kind| !kind.is_undefined()) {
            Some(kind) => format!("{column} {kind}"),
            None => column.to_string(),
        });
    }
    Ok(format!(", '{}'", columns.join(",")))
}
