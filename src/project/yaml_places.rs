//! Every scalar of a YAML text with its place and the way to it, for those who edit such a text by splicing.

use std::ops::Range;

use super::yaml::{Kind, Yaml, parse};
use crate::source::FileId;

/// One step from a YAML text's root towards a scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YamlStep {
    /// Into the value of a key.
    Key(String),
    /// Into an item of a list, from 0.
    Item(usize),
}

impl YamlStep {
    /// True for the value of this key.
    pub fn is(&self, key: &str) -> bool {
        matches!(self, Self::Key(own) if own == key)
    }
}

/// A scalar, or a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlScalar {
    /// The way to it; a key's own way ends with itself.
    pub path: Vec<YamlStep>,
    /// True for a key.
    pub is_key: bool,
    /// The text that it stands for; of numbers and truth values, how they are written.
    pub value: String,
    /// Its bytes, quotes included.
    pub span: Range<usize>,
}

/// Every key and scalar of a text in order; `None` if the text is not well-formed.
pub fn yaml_scalars(text: &str) -> Option<Vec<YamlScalar>> {
    let document = parse(FileId(0), text);
    if document.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error) {
        return None;
    }
    let mut found = Vec::new();
    if let Some(root) = &document.root {
        walk(text, root, &mut Vec::new(), &mut found);
    }
    // What an alias repeats stands where its anchor does.
    found.sort_by_key(|scalar| (scalar.span.start, scalar.span.end));
    found.dedup_by(|a, b| a.span == b.span && a.path == b.path);
    Some(found)
}

fn walk(text: &str, yaml: &Yaml<'_>, path: &mut Vec<YamlStep>, found: &mut Vec<YamlScalar>) {
    let mut push = |value: String, span: Range<usize>, path: &[YamlStep], is_key| {
        if !span.is_empty() {
            found.push(YamlScalar { path: path.to_vec(), is_key, value, span });
        }
    };
    match &yaml.kind {
        Kind::Null => {}
        Kind::Text(value) => push(value.clone().into_owned(), yaml.span.range(), path, false),
        Kind::Bool(_) | Kind::Number(_) => {
            push(text[yaml.span.range()].to_owned(), yaml.span.range(), path, false);
        }
        Kind::List(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(YamlStep::Item(at));
                walk(text, item, path, found);
                path.pop();
            }
        }
        Kind::Map(entries) => {
            for entry in entries {
                path.push(YamlStep::Key(entry.key.clone().into_owned()));
                let key = entry.key.clone().into_owned();
                found.push(YamlScalar {
                    path: path.clone(),
                    is_key: true,
                    value: key,
                    span: entry.key_span.range(),
                });
                walk(text, &entry.value, path, found);
                path.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_have_their_place_and_the_way_to_them() {
        let text = "models:\n  - name: 'a''b'\n    columns: [{name: id}, {name: 2}]\n";
        let scalars = yaml_scalars(text).expect("well-formed");
        let shown: Vec<String> = scalars
            .iter()
            .filter(|scalar| !scalar.is_key)
            .map(|scalar| format!("{} = {}", scalar.value, &text[scalar.span.clone()]))
            .collect();
        assert_eq!(shown, ["a'b = 'a''b'", "id = id", "2 = 2"]);
        let last = scalars.last().expect("there are some");
        let key = |key: &str| YamlStep::Key(key.to_owned());
        let item = YamlStep::Item;
        assert_eq!(last.path, [key("models"), item(0), key("columns"), item(1), key("name")]);
    }
}
