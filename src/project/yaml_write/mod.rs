//! Descriptions put into property files; all else stays as it is, byte for byte: order, comments, style.
//!
//! The text is never printed from a tree. A description is spliced in where the tree says, in the file's own style,
//! and the result is read again: it must say what it said before and the description, or it is thrown away.

mod home;
mod place;
mod scalar;

pub use home::{property_file, unrendered_description};

use serde_json::{Map, Value, json};

use super::NodeKind;
use super::project_file::heading;
use super::yaml::{Yaml, parse};
use crate::source::FileId;

/// A description that a column should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDescription {
    /// What has the column: a part or a snapshot.
    pub kind: NodeKind,
    /// Its name.
    pub node: String,
    /// The column's name.
    pub column: String,
    /// The description, as YAML should give it.
    pub text: String,
}

/// A property file with descriptions added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// The new text.
    pub text: String,
    /// The places in the list of those that the file's layout has no safe place for.
    pub refused: Vec<usize>,
}

/// Adds descriptions to the text of a property file, which may be empty; columns and parts that it does not name
/// get entries.
pub fn describe_columns(text: &str, wanted: &[ColumnDescription]) -> Described {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let mut described = Described { text: body.to_owned(), refused: Vec::new() };
    for (at, wanted) in wanted.iter().enumerate() {
        match describe(&described.text, wanted) {
            Some(text) => described.text = text,
            None => described.refused.push(at),
        }
    }
    described.text.insert_str(0, mark);
    described
}

/// The text with one description, in the first form that reads back as it should.
fn describe(text: &str, wanted: &ColumnDescription) -> Option<String> {
    let file = FileId(0);
    let before = parse(file, text);
    if !before.diagnostics.is_empty() || (before.root.is_none() && has_content(text)) {
        return None;
    }
    let expected = expected(before.root.as_ref(), wanted)?;
    let place = place::Place { text, root: before.root.as_ref(), wanted };
    scalar::styles(text, before.root.as_ref(), &wanted.text).into_iter().find_map(|style| {
        let text = place.with(style)?;
        let after = parse(file, &text);
        let is_right = after.diagnostics.is_empty() && after.root?.to_value() == expected;
        is_right.then_some(text)
    })
}

/// True if there is more than comments.
fn has_content(text: &str) -> bool {
    text.lines().any(|line| !matches!(line.trim_start().chars().next(), None | Some('#')))
}

/// What the file has to say afterwards; `None` if it is none that descriptions can be added to.
fn expected(root: Option<&Yaml<'_>>, wanted: &ColumnDescription) -> Option<Value> {
    let mut value = root.map_or_else(|| json!({"version": 2}), Yaml::to_value);
    let heading = value.as_object_mut()?.entry(heading(wanted.kind)).or_insert(Value::Null);
    let node = entry(heading, "name", &wanted.node)?;
    let columns = node.as_object_mut()?.entry("columns").or_insert(Value::Null);
    let column = entry(columns, "name", &wanted.column)?.as_object_mut()?;
    if column.get("description").is_some_and(|text| !text.is_null() && text.as_str() != Some("")) {
        return None;
    }
    column.insert("description".to_owned(), wanted.text.as_str().into());
    Some(value)
}

/// The entry of this name in a list, which is made if it is not there.
fn entry<'v>(list: &'v mut Value, key: &str, name: &str) -> Option<&'v mut Value> {
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    let items = list.as_array_mut()?;
    let at = position(items, |item| item.get(key).and_then(Value::as_str), name);
    let at = at.unwrap_or_else(|| {
        items.push(Value::Object(Map::from_iter([(key.to_owned(), name.into())])));
        items.len() - 1
    });
    items.get_mut(at)
}

/// Where the item of a name is: written so, else in other case.
fn position<T>(items: &[T], name_of: impl Fn(&T) -> Option<&str>, name: &str) -> Option<usize> {
    let exact = items.iter().position(|item| name_of(item) == Some(name));
    exact.or_else(|| items.iter().position(|it| name_of(it).is_some_and(|it| it.eq_ignore_ascii_case(name))))
}

#[cfg(test)]
mod tests;
