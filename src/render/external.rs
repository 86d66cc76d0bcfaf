//! Sources that are files: `external_location`, which dbt's adapter for `DuckDB` reads in place of a table.

use serde_json::{Map, Value};

use super::CollectedNode;
use crate::project::{Node, NodeKind};
use crate::sql::{Dialect, Relation};

/// The text that stands for the source in SQL; `None` for what is no such source, or one that a plugin loads.
pub(super) fn location(node: &Node, collected: &CollectedNode, relation: &Relation) -> Option<String> {
    if node.kind != NodeKind::Source || relation.dialect != Dialect::DuckDb {
        return None;
    }
    let config = &collected.config;
    let setting = |key: &str| config.get(key).or_else(|| config.get("meta")?.get(key));
    if setting("plugin").is_some() {
        return None;
    }
    let template = setting("external_location")?.as_str()?;
    let mut values = Map::new();
    values.insert("name".to_owned(), node.name.clone().into());
    for (key, value) in
        [("identifier", &relation.identifier), ("schema", &relation.schema), ("database", &relation.database)]
    {
        values.insert(key.to_owned(), value.clone().into());
    }
    values.extend(config.get("meta").and_then(Value::as_object).cloned().unwrap_or_default());
    let text = match setting("formatter").and_then(Value::as_str).unwrap_or("newstyle") {
        "oldstyle" => filled(template, "%(", ")s", &values),
        "template" => filled(&filled(template, "${", "}", &values), "$", "", &values),
        _ => filled(template, "{", "}", &values),
    };
    // A call of a function, or a text in quotes already.
    let ready = text.contains('(') || text.starts_with('\'');
    Some(if ready { text } else { format!("'{text}'") })
}

/// A template with the values of names between `open` and `close`; a name without a value stays as it is.
fn filled(template: &str, open: &str, close: &str, values: &Map<String, Value>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(open) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = &rest[open.len()..];
        let end = name.find(|char: char| char != '_' && !char.is_alphanumeric()).unwrap_or(name.len());
        match values.get(&name[..end]).filter(|_| name[end..].starts_with(close)) {
            Some(value) => {
                text.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                rest = &name[end + close.len()..];
            }
            None => {
                text.push_str(open);
                rest = name;
            }
        }
    }
    text.push_str(rest);
    text
}
