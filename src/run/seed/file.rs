//! A seed's file: where it is, what is in it, and what the database says of its rows.

use camino::Utf8PathBuf;
use serde_json::Value;

use super::super::errors;
use super::super::node::Refusal;
use super::super::warehouse::DatabaseError;
use super::{SeedOptions, SeedTable, line_span, read};
use crate::diagnostic::Diagnostic;
use crate::project::{Config, Node, Project};
use crate::world::World;

/// A seed that was read.
pub(in crate::run) struct File {
    /// The columns; the rows only if the database can't read the file itself.
    pub(in crate::run) table: SeedTable,
    /// The file's path, for a database that reads it itself.
    pub(in crate::run) path: Option<Utf8PathBuf>,
    /// `delimiter`.
    pub(in crate::run) delimiter: char,
    /// True if there is no row.
    pub(in crate::run) is_empty: bool,
    text: String,
}

impl File {
    /// Reads a seed's file.
    pub(in crate::run) fn open(
        project: &Project,
        world: &dyn World,
        node: &Node,
        config: &Config,
    ) -> Result<Self, Diagnostic> {
        let package = project.packages.iter().find(|package| package.name == node.package);
        let path = package.map_or_else(|| node.path.clone(), |package| package.folder.join(&node.path));
        let bytes = world.read(&path).map_err(|error| errors::unreadable_seed(&path, &error))?;
        let delimiter = config.text("delimiter").and_then(|text| text.chars().next()).unwrap_or(',');
        let types = config.get("column_types").and_then(Value::as_object);
        let column_types: Vec<(String, String)> = types
            .into_iter()
            .flatten()
            .map(|(name, kind)| (name.clone(), kind.as_str().map_or_else(|| kind.to_string(), str::to_owned)))
            .collect();
        let fast = config.get("fast").and_then(Value::as_bool).unwrap_or(true);
        let absolute = world.root().join(&path);
        let on_disk = fast && absolute.is_file();
        let options = SeedOptions {
            name: &node.name,
            file: node.span.file,
            delimiter,
            column_types: &column_types,
            keep_rows: !on_disk,
        };
        let table = read(&bytes, &options)?;
        let text =
            String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).into_owned();
        let is_empty = table.is_empty;
        Ok(Self { table, path: on_disk.then_some(absolute), delimiter, is_empty, text })
    }

    /// The database could not read a row, or convert a value: B0111 with the line if it names one.
    pub(in crate::run) fn bad_row(&self, node: &Node, error: DatabaseError, sql: String) -> Refusal {
        let line = error.message.split_once("Line: ").and_then(|(_, rest)| {
            rest.split(|char: char| !char.is_ascii_digit()).next()?.parse::<usize>().ok()
        });
        let Some(line) = line else { return Refusal::Database { sql, error } };
        let words = error.message.lines().filter(|words| !words.contains("Line: "));
        let words: Vec<&str> = words.map(str::trim).take_while(|words| !words.is_empty()).collect();
        let reason = words.first().copied().unwrap_or("can't be loaded").trim_end_matches('.');
        let span = line_span(&self.text, node.span.file, line);
        errors::bad_seed(&node.name, line, &format!("can't be loaded: {reason}"), Some(span))
            .note(words.join("\n"))
            .help("mend the value, or give its column another type in `column_types`")
            .into()
    }
}
