//! What a DuckDB profile says, as dbt-duckdb reads it, and the words in it that must never be shown.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};

use super::errors;
use crate::diagnostic::Diagnostic;
use crate::sql::Dialect;

/// A DuckDB profile, ready to be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The database's file, absolute; `:memory:` or a URL as it is.
    pub path: String,
    /// Options that must be set when the database is opened.
    pub config_options: Vec<(String, String)>,
    /// Extensions, each with the repository to install it from, to load before all else.
    pub extensions: Vec<(String, Option<String>)>,
    /// Statements to run once: secrets, attached databases.
    pub once: Vec<String>,
    /// Statements to run in each session: settings.
    pub each: Vec<String>,
    /// Texts that must not be shown.
    pub secrets: Vec<String>,
}

/// Databases that every DuckDB in memory has.
const RESERVED: &[&str] = &["memory", "system", "temp"];

/// The option that says whether a database may be written to.
const ACCESS: &str = "access_mode";

const ATTACH: &str = "attach";

impl Credentials {
    /// Reads the keys of a profile's output; relative paths are below `root`.
    pub fn from_profile(keys: &Map<String, Value>, root: &Utf8Path) -> Result<Self, Diagnostic> {
        let mut read = Self { path: database_path(keys, root), ..Self::default() };
        collect_secrets(keys, false, &mut read.secrets);
        for (key, value) in mapping(keys, "config_options") {
            read.config_options.push((key.clone(), scalar(value)));
        }
        for extension in list(keys, "extensions") {
            let (name, repository) = match extension {
                Value::String(name) => (name.as_str(), None),
                Value::Object(entry) => (
                    entry.get("name").and_then(Value::as_str).unwrap_or_default(),
                    entry.get("repo").and_then(Value::as_str),
                ),
                _ => ("", None),
            };
            if name.is_empty() {
                return Err(errors::connection_failed(
                    "an entry of `extensions` has no name",
                    &extension.to_string(),
                ));
            }
            read.extensions.push((name.to_owned(), repository.map(str::to_owned)));
        }
        for (at, secret) in list(keys, "secrets").iter().enumerate() {
            read.once.push(secret_sql(secret, at));
        }
        for attachment in list(keys, "attach") {
            read.once.push(attach_sql(attachment, root));
        }
        if is_relative_run(root) {
            read.each.push(format!("set file_search_path = '{}'", escape(root.as_str())));
        }
        for (key, value) in mapping(keys, "settings") {
            read.each.push(format!("set {key} = '{}'", escape(&scalar(value))));
        }
        if let Some(token) = keys.get("motherduck_token").and_then(Value::as_str) {
            read.each.push(format!("set motherduck_token = '{}'", escape(token)));
        }
        Ok(read)
    }

    /// The folder that the database's file needs; `None` where there is no file.
    pub fn folder(&self) -> Option<&Utf8Path> {
        if self.path == ":memory:" || is_url(&self.path) {
            return None;
        }
        Utf8Path::new(&self.path).parent().filter(|folder| !folder.as_str().is_empty())
    }

    /// The same settings for a database in memory with others beside it, in memory too, of which names without a
    /// database mean `default`; nothing is attached that the profile attaches.
    #[must_use]
    pub fn in_memory(&self, databases: &[String], default: Option<&str>) -> Self {
        let quoted = |name: &str| Dialect::DuckDb.quote(name);
        let there = |name: &str| RESERVED.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut once: Vec<String> =
            self.once.iter().filter(|statement| !statement.starts_with(ATTACH)).cloned().collect();
        let attached = databases.iter().map(String::as_str).filter(|name| !there(name));
        once.extend(attached.map(|name| format!("attach ':memory:' as {}", quoted(name))));
        let mut each = self.each.clone();
        each.extend(default.filter(|name| !there(name)).map(|name| format!("use {}", quoted(name))));
        Self {
            path: ":memory:".to_owned(),
            config_options: self.options_but_access(),
            once,
            each,
            ..self.clone()
        }
    }

    /// The same database, opened so that nothing can be written; `None` where there is no file.
    pub fn to_read(&self) -> Option<Self> {
        self.folder().filter(|_| Utf8Path::new(&self.path).is_file())?;
        let mut config_options = self.options_but_access();
        config_options.push((ACCESS.to_owned(), "READ_ONLY".to_owned()));
        Some(Self { config_options, ..self.clone() })
    }

    fn options_but_access(&self) -> Vec<(String, String)> {
        let options = self.config_options.iter();
        options.filter(|(key, _)| !key.eq_ignore_ascii_case(ACCESS)).cloned().collect()
    }
}

#[cfg_attr(not(feature = "duckdb"), allow(dead_code, reason = "only a database has words to scrub"))]
/// `text` with each secret replaced by stars.
pub(super) fn scrub(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "*****"))
}

fn database_path(keys: &Map<String, Value>, root: &Utf8Path) -> String {
    match keys.get("path").and_then(Value::as_str) {
        None => ":memory:".to_owned(),
        Some(path) if path == ":memory:" || path.is_empty() || is_url(path) => path.to_owned(),
        Some(path) => below(root, path).into_string(),
    }
}

fn below(root: &Utf8Path, path: &str) -> Utf8PathBuf {
    root.join(path)
}

/// `md:`, `ducklake:`, `s3://` …, but not a Windows drive.
fn is_url(path: &str) -> bool {
    path.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.chars().all(|char| char.is_ascii_alphanumeric() || char == '+' || char == '_')
    })
}

/// Files that SQL names are looked for from the project's folder, wherever buhin was started.
fn is_relative_run(root: &Utf8Path) -> bool {
    root.is_absolute()
        && !root.as_str().contains(',')
        && std::env::current_dir().is_ok_and(|folder| folder != root)
}

fn mapping<'a>(keys: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    keys.get(key).and_then(Value::as_object).into_iter().flatten()
}

fn list<'a>(keys: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    keys.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn escape(text: &str) -> String {
    text.replace('\'', "''")
}

fn attach_sql(attachment: &Value, root: &Utf8Path) -> String {
    let text = |key: &str| attachment.get(key).and_then(Value::as_str);
    let path = text("path").or(attachment.as_str()).unwrap_or_default();
    let path = path.split_once('?').filter(|_| path.starts_with("md:")).map_or(path, |(path, _)| path);
    let path = if path.is_empty() || path == ":memory:" || is_url(path) || text("type").is_some() {
        path.to_owned()
    } else {
        below(root, path).into_string()
    };
    let mut options = Vec::new();
    let nested = attachment.get("options").and_then(Value::as_object);
    let option =
        |key: &str| attachment.get(key).or_else(|| nested?.get(key)).filter(|value| !value.is_null());
    for key in ["type", "secret"] {
        options.extend(option(key).map(|value| format!("{} {}", key.to_uppercase(), scalar(value))));
    }
    if option("read_only").and_then(Value::as_bool) == Some(true) {
        options.push("READ_ONLY".to_owned());
    }
    for (key, value) in nested.into_iter().flatten() {
        match value {
            _ if ["type", "secret", "read_only"].contains(&key.as_str()) => {}
            Value::Bool(true) => options.push(key.to_uppercase()),
            Value::Bool(false) | Value::Null => {}
            Value::String(text) => options.push(format!("{} '{}'", key.to_uppercase(), escape(text))),
            other => options.push(format!("{} {other}", key.to_uppercase())),
        }
    }
    let alias = text("alias").map(|alias| format!(" as {alias}")).unwrap_or_default();
    let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(", ")) };
    format!("{ATTACH} if not exists '{}'{alias}{options}", escape(&path))
}

fn secret_sql(secret: &Value, at: usize) -> String {
    let text = |key: &str| secret.get(key).and_then(Value::as_str);
    let name = text("name").map_or_else(|| format!("__default_{}", at + 1), str::to_owned);
    let persistent = secret.get("persistent").and_then(Value::as_bool) == Some(true);
    let mut options = vec![format!("type {}", text("type").unwrap_or_default())];
    for (key, value) in secret.as_object().into_iter().flatten() {
        let shown = match value {
            _ if ["name", "type", "persistent"].contains(&key.as_str()) => continue,
            Value::Null => continue,
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| format!("'{}'", escape(&scalar(item)))).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(entries) => {
                let entry = |(key, value): (&String, &Value)| {
                    format!("'{}': '{}'", escape(key), escape(&scalar(value)))
                };
                format!("map {{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            other if key == "provider" => scalar(other),
            other => format!("'{}'", escape(&scalar(other))),
        };
        options.push(format!("{key} {shown}"));
    }
    let kind = if persistent { "persistent secret" } else { "secret" };
    format!("create or replace {kind} {name} ({})", options.join(", "))
}

/// Every text under a key that sounds like a secret, and every text below `secrets`.
fn collect_secrets(keys: &Map<String, Value>, all: bool, found: &mut Vec<String>) {
    for (key, value) in keys {
        let key = key.to_ascii_lowercase();
        let sounds =
            ["password", "passwd", "token", "secret", "key_id", "private_key", "access_key", "credential"];
        let secret = all || sounds.iter().any(|word| key.contains(word));
        let harmless = ["type", "name", "provider", "region", "scope", "persistent"].contains(&key.as_str());
        match value {
            Value::String(text) if secret && !harmless && text.len() >= 3 && !found.contains(text) => {
                found.push(text.clone());
            }
            Value::Object(inner) => collect_secrets(inner, secret, found),
            Value::Array(items) => {
                for inner in items.iter().filter_map(Value::as_object) {
                    collect_secrets(inner, secret, found);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(profile: &Value) -> Credentials {
        Credentials::from_profile(profile.as_object().expect("a mapping"), Utf8Path::new("/shop"))
            .expect("it is good")
    }

    #[test]
    fn a_relative_path_is_below_the_project() {
        let credentials = read(&json!({"type": "duckdb", "path": "target/dev.duckdb"}));
        assert_eq!(credentials.path, "/shop/target/dev.duckdb");
        assert_eq!(credentials.folder().expect("it has one"), "/shop/target");
        assert_eq!(read(&json!({"type": "duckdb"})).folder(), None);
    }

    #[test]
    fn extensions_attachments_and_settings_become_statements() {
        let credentials = read(&json!({
            "extensions": ["json", {"name": "h3", "repo": "community"}],
            "attach": [{"path": "other.duckdb", "alias": "other", "read_only": true}],
            "settings": {"memory_limit": "1GB"},
        }));
        let extensions = [("json".to_owned(), None), ("h3".to_owned(), Some("community".to_owned()))];
        assert_eq!(credentials.extensions, extensions);
        assert_eq!(credentials.once, ["attach if not exists '/shop/other.duckdb' as other (READ_ONLY)",]);
        assert_eq!(credentials.each.last().expect("one setting"), "set memory_limit = '1GB'");
    }

    #[test]
    fn secrets_are_starred_wherever_they_stand() {
        let credentials = read(&json!({
            "secrets": [{"type": "s3", "key_id": "AKIA123", "secret": "s3cr3t", "region": "ap-northeast-1"}],
            "motherduck_token": "tok'en",
        }));
        let shown = scrub("refused AKIA123 with s3cr3t in ap-northeast-1, tok'en", &credentials.secrets);
        assert_eq!(shown, "refused ***** with ***** in ap-northeast-1, *****");
    }
}
