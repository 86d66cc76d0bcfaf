//! The rows of a unit test: a list of mappings, CSV, or SQL, in place or in a file.

use camino::Utf8PathBuf;
use serde_json::{Map, Value as Json};

use super::errors;
use super::seed::{SeedOptions, read};
use crate::diagnostic::Diagnostic;
use crate::project::{Node, Project};
use crate::world::World;

/// What `given` or `expect` holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rows {
    /// Rows by column.
    Table(Vec<Map<String, Json>>),
    /// A query.
    Sql(String),
}

/// The rows of an entry of `given`, or of `expect`.
pub(super) fn rows(
    project: &Project,
    world: &dyn World,
    node: &Node,
    entry: &Json,
) -> Result<Rows, Diagnostic> {
    let format = entry.get("format").and_then(Json::as_str).unwrap_or("dict");
    let text = match entry.get("fixture").and_then(Json::as_str) {
        Some(name) => Some(file(project, world, node, name, format)?),
        None => entry.get("rows").and_then(Json::as_str).map(str::to_owned),
    };
    match (format, text) {
        ("dict", None) => {
            let rows = entry.get("rows").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            Ok(Rows::Table(rows.iter().filter_map(Json::as_object).cloned().collect()))
        }
        ("csv", Some(text)) => csv(node, text.trim_start()),
        ("csv", None) => Ok(Rows::Table(Vec::new())),
        ("sql", Some(text)) => Ok(Rows::Sql(text)),
        _ => Err(errors::unsupported_unit_test(
            node,
            &format!("format `{format}` can't be read from what is given"),
        )),
    }
}

/// A value as SQL.
pub(super) fn literal(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::String(text) => format!("'{}'", text.replace('\'', "''")),
        Json::Array(_) | Json::Object(_) => format!("'{}'", value.to_string().replace('\'', "''")),
    }
}

fn file(
    project: &Project,
    world: &dyn World,
    node: &Node,
    name: &str,
    format: &str,
) -> Result<String, Diagnostic> {
    let extension = if format == "sql" { "sql" } else { "csv" };
    let package = project.packages.iter().find(|package| package.name == node.package);
    let folders = package.map(|package| package.paths.tests.iter().map(|tests| package.folder.join(tests)));
    let paths = folders.into_iter().flatten().map(|tests| tests.join(format!("fixtures/{name}.{extension}")));
    let paths: Vec<Utf8PathBuf> = paths.collect();
    let bytes = paths.iter().find_map(|path| world.read(path).ok());
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| {
        let path = paths.first().map_or_else(|| name.to_owned(), ToString::to_string);
        errors::unsupported_unit_test(node, &format!("the fixture `{path}` can't be read"))
    })
}

fn csv(node: &Node, text: &str) -> Result<Rows, Diagnostic> {
    let file = node.properties_span.unwrap_or(node.span).file;
    let options = SeedOptions { name: &node.name, file, delimiter: ',', column_types: &[], keep_rows: true };
    // Its places would be in the fixture, which the author's file may only name.
    let table = read(text.as_bytes(), &options)
        .map_err(|problem| errors::unsupported_unit_test(node, &problem.message))?;
    let rows = table.rows.into_iter().map(|row| {
        let values = row.into_iter().map(|value| value.map_or(Json::Null, Json::String));
        table.columns.iter().map(|(name, _)| name.clone()).zip(values).collect()
    });
    Ok(Rows::Table(rows.collect()))
}
