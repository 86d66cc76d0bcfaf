//! YAML as Python reads it, dates and times included, which plain data does not know.

use super::yaml::{self, Kind, Yaml};
use crate::diagnostic::Diagnostic;
use crate::jinja::{Dict, List, Value, from_json};
use crate::source::FileId;

/// A YAML text as values of templates; `None` if it is not well-formed. `time` makes a value of what stands for a
/// date (`2026-01-31`) or for a date with a time, which it gets in ISO form.
pub(crate) fn yaml_with_times(text: &str, time: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    let document = yaml::parse(FileId(0), text);
    if document.diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    Some(document.root.map_or_else(|| Value::from(()), |root| value(text, &root, time)))
}

fn value(source: &str, tree: &Yaml<'_>, time: &dyn Fn(&str) -> Option<Value>) -> Value {
    match &tree.kind {
        Kind::List(items) => List::value(items.iter().map(|item| value(source, item, time)).collect()),
        Kind::Map(entries) => {
            let pair = |entry: &yaml::Entry<'_>| (entry.key.to_string(), value(source, &entry.value, time));
            Dict::value(entries.iter().map(pair))
        }
        Kind::Text(text) => {
            // Only what stands without quotes is a date.
            let written = source.get(tree.span.range()).unwrap_or_default();
            let is_plain = |text: &str| text.starts_with(|char: char| char.is_ascii_digit());
            let found = if is_plain(text) && is_plain(written) { time(text) } else { None };
            found.unwrap_or_else(|| Value::from(&**text))
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => from_json(&tree.to_value()),
    }
}
