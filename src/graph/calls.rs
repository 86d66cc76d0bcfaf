//! `ref('a')` and `source('a', 'b')` as they are written in YAML, and where the names stand in a call's text.

use std::ops::Range;

use serde_json::Value;

use crate::project::{Node, Project};
use crate::source::Span;

/// A call as YAML has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// `ref(...)`.
    Ref {
        /// The package, for the form with two names.
        package: Option<String>,
        /// The part's name.
        name: String,
        /// `version=` or `v=`.
        version: Option<String>,
    },
    /// `source(...)`.
    Source {
        /// The source.
        source: String,
        /// The table.
        table: String,
    },
    /// `metric(...)`.
    Metric {
        /// The metric.
        name: String,
    },
}

/// Reads a call; `None` if the text is no such call.
pub(crate) fn parse(text: &str) -> Option<Call> {
    let text = text.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
    let (function, rest) = text.split_once('(')?;
    let inside = rest.trim_end().strip_suffix(')')?;
    let mut names = Vec::new();
    let mut version = None;
    for argument in inside.split(',').map(str::trim).filter(|argument| !argument.is_empty()) {
        match argument.split_once('=') {
            Some((key, value)) if matches!(key.trim(), "v" | "version") => {
                version = Some(unquote(value.trim()).to_owned());
            }
            Some(_) => return None,
            None => names.push(unquote(argument).to_owned()),
        }
    }
    let mut names = names.into_iter();
    let (first, second) = (names.next()?, names.next());
    match (function.trim(), second, names.next()) {
        (_, _, Some(_)) => None,
        ("ref", None, _) => Some(Call::Ref { package: None, name: first, version }),
        ("ref", Some(name), _) => Some(Call::Ref { package: Some(first), name, version }),
        ("source", Some(table), _) => Some(Call::Source { source: first, table }),
        ("metric", None, _) => Some(Call::Metric { name: first }),
        _ => None,
    }
}

/// `to` of each foreign key of a part, its own before those of its columns.
pub(crate) fn foreign_keys(node: &Node) -> impl Iterator<Item = &str> {
    let own = node.properties.get("constraints").and_then(Value::as_array).into_iter().flatten();
    let columns = node.columns.values().flat_map(|column| &column.constraints);
    own.chain(columns).filter_map(|constraint| {
        let is_key = constraint.get("type").and_then(Value::as_str) == Some("foreign_key");
        constraint.get("to").and_then(Value::as_str).filter(|_| is_key)
    })
}

/// The place of the string literal `name`, without its quotes, within the call at `span`.
///
/// With `second` the last such literal is meant, for `source('raw', 'raw')`.
pub(super) fn literal(project: &Project, span: Span, name: &str, second: bool) -> Option<Span> {
    let text = project.files.get(span.file).text.get(span.range())?;
    let mut found = quoted(text).filter(|range| &text[range.clone()] == name);
    let range = if second { found.last() } else { found.next() }?;
    Some(Span::new(span.file, span.start as usize + range.start, span.start as usize + range.end))
}

/// The quoted strings of a text, without their quotes.
fn quoted(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let open = at + text[at..].find(['\'', '"'])?;
        let quote = text[open..].chars().next()?;
        let close = open + 1 + text[open + 1..].find(quote)?;
        at = close + 1;
        Some(open + 1..close)
    })
}

fn unquote(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    inner('\'').or_else(|| inner('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&Call>) {
        assert_eq!(parse(text).as_ref(), expect, "{text}");
    }

    fn reference(package: Option<&str>, name: &str, version: Option<&str>) -> Call {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Call::Ref { package: own(package), name: name.to_owned(), version: own(version) }
    }

    #[test]
    fn refs_with_package_and_version() {
        check("ref('orders')", Some(&reference(None, "orders", None)));
        check("{{ ref(\"shop\", 'orders') }}", Some(&reference(Some("shop"), "orders", None)));
        check("ref('orders', v=2)", Some(&reference(None, "orders", Some("2"))));
        check(" ref ( 'orders' , version = '2' ) ", Some(&reference(None, "orders", Some("2"))));
    }

    #[test]
    fn sources_need_both_names() {
        let call = Call::Source { source: "raw".to_owned(), table: "orders".to_owned() };
        check("source('raw', 'orders')", Some(&call));
        check("source('raw')", None);
    }

    #[test]
    fn other_text_is_no_call() {
        check("orders", None);
        check("ref('a', 'b', 'c')", None);
        check("ref()", None);
    }
}
