//! `columns:` of parts, seeds, snapshots and sources.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{keys, text};
use crate::diagnostic::Diagnostic;
use crate::project::yaml::{Kind, Yaml};
use crate::project::{ColumnProperties, errors};

/// Columns by name. `values` are the same list with Jinja rendered.
pub(super) fn read(
    trees: Vec<&Yaml<'_>>,
    values: Option<&Value>,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, ColumnProperties> {
    let values = values.and_then(Value::as_array).into_iter().flatten();
    let mut columns = IndexMap::with_capacity(trees.len());
    for (tree, value) in trees.into_iter().zip(values) {
        let Kind::Map(entries) = &tree.kind else {
            diagnostics.push(errors::wrong_kind(
                tree.span,
                "columns",
                "a list of mappings",
                tree.kind_name(),
            ));
            continue;
        };
        keys::check_column(entries, diagnostics);
        let Some(name) = value.get("name").and_then(Value::as_str) else {
            // A version's `include` and `exclude` stand among its columns.
            if tree.get("include").is_none() && tree.get("exclude").is_none() {
                diagnostics.push(errors::missing_key(tree.span, "name", "a column"));
            }
            continue;
        };
        columns.insert(name.to_owned(), column(name, tree, value));
    }
    columns
}

/// The name as written.
pub(super) fn name<'y>(tree: &'y Yaml<'_>) -> Option<&'y str> {
    tree.get("name")?.text()
}

/// The columns of a version: those of the part that `include` and `exclude` leave, then its own.
pub(super) fn of_version<'y, 't>(base: Vec<&'y Yaml<'t>>, own: Vec<&'y Yaml<'t>>) -> Vec<&'y Yaml<'t>> {
    let rule = own.iter().find(|column| column.get("include").is_some() || column.get("exclude").is_some());
    let listed = |key: &str, name: &str| {
        let list = rule.and_then(|rule| rule.get(key));
        list.is_some_and(|list| list.items().iter().any(|item| item.text() == Some(name)))
    };
    let everything = rule.is_none_or(|rule| {
        rule.get("include").is_none_or(|include| matches!(include.text(), Some("*" | "all")))
    });
    let included = |name: &str| (everything || listed("include", name)) && !listed("exclude", name);
    let mut columns: Vec<_> = base.into_iter().filter(|column| name(column).is_some_and(included)).collect();
    columns.extend(own.into_iter().filter(|column| name(column).is_some()));
    columns
}

fn column(name: &str, tree: &Yaml<'_>, value: &Value) -> ColumnProperties {
    let mut column = ColumnProperties {
        name: name.to_owned(),
        span: tree.get("name").map(|name| name.span),
        description: text(None),
        written_description: None,
        doc_blocks: Vec::new(),
        data_type: None,
        meta: Map::new(),
        tags: Vec::new(),
        quote: None,
        constraints: Vec::new(),
        more: None,
    };
    let mut config = None;
    // One walk: a mapping of a few keys costs more to ask than to read.
    for (key, value) in value.as_object().into_iter().flatten() {
        match key.as_str() {
            "description" => column.description = text(Some(value)),
            "data_type" => column.data_type = value.as_str().map(str::to_owned),
            "meta" => column.meta = value.as_object().cloned().unwrap_or_default(),
            "tags" => column.tags = tags(Some(value)),
            "quote" => column.quote = value.as_bool(),
            "constraints" => column.constraints = value.as_array().cloned().unwrap_or_default(),
            "config" => config = Some(value),
            "name" | "tests" | "data_tests" | "docs" => {}
            _ => drop(column.more.get_or_insert_default().insert(key.clone(), value.clone())),
        }
    }
    if let Some(config) = config {
        column.meta.extend(config.get("meta").and_then(Value::as_object).cloned().unwrap_or_default());
        for tag in tags(config.get("tags")) {
            if !column.tags.contains(&tag) {
                column.tags.push(tag);
            }
        }
    }
    column
}

/// Tags as a list, be they one text or several.
pub(super) fn tags(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(tag)) => vec![tag.clone()],
        Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
