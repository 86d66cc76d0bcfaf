//! Descriptions: rendered with dbt's base context and `doc()`, once all blocks of docs are known.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::yaml_jinja::{YamlJinja, has_jinja};
use super::{DocBlock, Node, NodeKind, errors};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

/// Every `docs` block.
#[derive(Clone, Debug, Default)]
pub(super) struct Docs {
    /// The root project's name.
    pub(super) root: String,
    /// Blocks by package and name.
    pub(super) blocks: IndexMap<(String, String), DocBlock>,
}

impl Docs {
    /// The block that `doc(name)` or `doc(package, name)` means in a description of `package`. One name is looked
    /// for in the root project, then in that package, then in all others.
    pub(super) fn find(&self, package: &str, names: &[&str]) -> Option<&DocBlock> {
        let find = |package: &str, name: &str| self.blocks.get(&(package.to_owned(), name.to_owned()));
        match names {
            [name] => find(&self.root, name)
                .or_else(|| find(package, name))
                .or_else(|| self.blocks.iter().find(|((_, known), _)| known == name).map(|(_, block)| block)),
            [package, name] => find(package, name),
            _ => None,
        }
    }
}

/// A block's id in artifacts.
pub(super) fn id(block: &DocBlock) -> String {
    format!("doc.{}.{}", block.package, block.name)
}

/// Renders the descriptions of nodes, their columns and all else that dbt renders. One that can't be rendered stays
/// as it is written, with a warning. As in dbt, `var()` is the root project's everywhere.
pub(super) fn render(
    docs: &Arc<Docs>,
    jinja: &YamlJinja<'_>,
    nodes: &mut [Node],
    macros: &mut IndexMap<(String, String), Value>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut describer = Describer { docs, jinja, diagnostics };
    for node in nodes.iter_mut().filter(|node| node.kind != NodeKind::UnitTest) {
        let place = node.properties_span.unwrap_or(node.span);
        describer.text(&node.package, place, &mut node.description, &mut node.doc_blocks);
        for column in node.columns.values_mut() {
            let place = column.span.unwrap_or(place);
            if has_jinja(&column.description) {
                column.written_description = Some(column.description.as_str().into());
            }
            describer.text(&node.package, place, &mut column.description, &mut column.doc_blocks);
        }
        match node.kind {
            NodeKind::Source => {
                describer.entry(&node.package, place, &mut node.properties, "source_description");
            }
            NodeKind::SemanticModel => {
                for list in ["dimensions", "measures", "entities"] {
                    let items = node.properties.get_mut(list).and_then(Value::as_array_mut);
                    for item in items.into_iter().flatten() {
                        describer.entry(&node.package, place, item, "description");
                    }
                }
            }
            _ => {}
        }
    }
    // A macro's properties have no place of their own; nothing is said of what can't be rendered.
    let mut unsaid = Vec::new();
    let mut describer = Describer { docs, jinja, diagnostics: &mut unsaid };
    let nowhere = Span::new(crate::source::FileId(0), 0, 0);
    for ((package, _), said) in macros.iter_mut() {
        describer.entry(package, nowhere, said, "description");
        for argument in said.get_mut("arguments").and_then(Value::as_array_mut).into_iter().flatten() {
            describer.entry(package, nowhere, argument, "description");
        }
    }
}

struct Describer<'d, 'w> {
    docs: &'d Arc<Docs>,
    jinja: &'d YamlJinja<'w>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Describer<'_, '_> {
    /// A text at a key of a mapping.
    fn entry(&mut self, package: &str, place: Span, map: &mut Value, key: &str) {
        if let Some(Value::String(text)) = map.get_mut(key) {
            self.text(package, place, text, &mut Vec::new());
        }
    }

    fn text(&mut self, package: &str, place: Span, text: &mut String, blocks: &mut Vec<String>) {
        if !has_jinja(text) {
            return;
        }
        let rendered = match self.only_docs(package, text) {
            Some((rendered, ids)) => {
                *blocks = ids;
                Ok(rendered)
            }
            None => {
                *blocks = self.calls(package, text).map(id).collect();
                self.jinja.description(text, place, (self.docs, package))
            }
        };
        match rendered {
            Ok(rendered) => *text = rendered,
            Err(problem) => {
                let told = errors::description_failed(place, &problem.message);
                self.diagnostics.push(Diagnostic { severity: Severity::Warning, ..told });
            }
        }
    }

    /// The text and its blocks, if it has no other Jinja than plain calls of `doc()`. That is what nearly all have,
    /// and there are many.
    fn only_docs(&self, package: &str, text: &str) -> Option<(String, Vec<String>)> {
        if text.contains("{%") || text.contains("{#") {
            return None;
        }
        let (mut filled, mut ids) = (String::with_capacity(text.len()), Vec::new());
        // As everywhere in Jinja, one newline at the end is dropped.
        let mut rest = text.strip_suffix('\n').unwrap_or(text);
        while let Some(open) = rest.find("{{") {
            let length = rest[open..].find("}}")?;
            let block = self.docs.find(package, &called(&rest[open + 2..open + length])?)?;
            filled.push_str(&rest[..open]);
            filled.push_str(&block.text);
            ids.push(id(block));
            rest = &rest[open + length + 2..];
        }
        filled.push_str(rest);
        Some((filled, ids))
    }

    /// The blocks that a text names in so many words.
    fn calls<'t>(&'t self, package: &'t str, text: &'t str) -> impl Iterator<Item = &'t DocBlock> {
        let bodies = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
        bodies.filter_map(move |(body, _)| self.docs.find(package, &called(body.trim_matches('-'))?))
    }
}

/// The names in `doc('name')` or `doc('package', 'name')`, if the text is just such a call.
fn called(body: &str) -> Option<Vec<&str>> {
    let inside = body.trim().strip_prefix("doc")?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    inside.split(',').map(str::trim).filter(|name| !name.is_empty()).map(literal).collect()
}

/// A name without its quotes.
fn literal(name: &str) -> Option<&str> {
    let quote = name.chars().next().filter(|char| matches!(char, '\'' | '"'))?;
    let inner = name.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains([quote, '\\'])).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn only_plain_calls_are_read_without_the_engine() {
        assert_eq!(called(" doc('a') "), Some(vec!["a"]));
        assert_eq!(called("doc ( \"p\" , 'a',)"), Some(vec!["p", "a"]));
        for other in ["doc(a)", "doc('a') | upper", "doc('a' ~ 'b')", "docs('a')", "-doc('a')"] {
            assert_eq!(called(other), None, "{other}");
        }
    }
}
