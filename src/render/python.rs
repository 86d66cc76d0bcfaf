//! Python models: `dbt.ref("x")`, `dbt.source("a", "b")` and `dbt.config(…)` are read off the text.

use serde_json::Value as Json;

use super::ctx::Ctx;
use super::{RefCall, SourceCall};
use crate::project::Node;
use crate::source::Span;

/// Records what a python model names and sets.
pub(super) fn collect(ctx: &Ctx, node: &Node) {
    let body = node.body.unwrap_or(node.span);
    let text = ctx.shared.project.files.text(body);
    for (function, at, inside) in calls(text) {
        let start = body.start as usize + at;
        let span = Span::new(body.file, start, start + function.len() + 6 + inside.len());
        let (positional, named) = arguments(inside);
        let mut record = ctx.record();
        match (function, positional.as_slice()) {
            ("ref", [name]) => {
                let version = named.iter().find(|(key, _)| matches!(key.as_str(), "v" | "version"));
                let version = version.map(|(_, value)| plain(value));
                record.refs.push(RefCall { package: None, name: plain(name), version, span });
            }
            ("ref", [package, name]) => {
                let package = Some(plain(package));
                record.refs.push(RefCall { package, name: plain(name), version: None, span });
            }
            ("source", [source, table]) => {
                record.sources.push(SourceCall { source: plain(source), table: plain(table), span });
            }
            ("config", []) => {
                let mut config = crate::project::Config { values: std::mem::take(&mut record.config) };
                config.merge(&named.into_iter().collect());
                record.config = config.values;
            }
            _ => {}
        }
    }
}

/// The calls of `dbt.…()` outside of comments: function, place, and what stands in its brackets.
fn calls(text: &str) -> Vec<(&str, usize, &str)> {
    let mut calls = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.find('#').map_or(line, |hash| &line[..hash]);
        let mut from = 0;
        while let Some(found) = code[from..].find("dbt.") {
            let at = from + found;
            from = at + 4;
            let name_end = code[from..].find('(').map(|bracket| from + bracket);
            let Some(name_end) = name_end else { continue };
            let name = &text[line_start + from..line_start + name_end];
            if !matches!(name, "ref" | "source" | "config") {
                continue;
            }
            let inside = &text[line_start + name_end + 1..];
            if let Some(end) = closing(inside) {
                calls.push((name, line_start + at, &inside[..end]));
            }
        }
        line_start += line.len();
    }
    calls
}

/// The place of the bracket that closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    let mut quote = None;
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (Some(open), _) if char == open => quote = None,
            (None, '\'' | '"') => quote = Some(char),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Arguments by place and by name, where they are literals.
fn arguments(inside: &str) -> (Vec<Json>, Vec<(String, Json)>) {
    let (mut positional, mut named) = (Vec::new(), Vec::new());
    for part in split(inside) {
        let part = part.trim();
        let equals = part
            .find('=')
            .filter(|at| part[..*at].trim().chars().all(|char| char.is_alphanumeric() || char == '_'));
        match equals {
            Some(at) => named.push((part[..at].trim().to_owned(), literal(part[at + 1..].trim()))),
            None if !part.is_empty() => positional.push(literal(part)),
            None => {}
        }
    }
    (positional, named)
}

fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0, None);
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (Some(open), _) if char == open => quote = None,
            (None, '\'' | '"') => quote = Some(char),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// A Python literal as plain data; anything else is null.
fn literal(text: &str) -> Json {
    let inner = |open: char, close: char| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    if let Some(text) = inner('"', '"').or_else(|| inner('\'', '\'')) {
        return Json::String(text.to_owned());
    }
    if let Some(items) = inner('[', ']').or_else(|| inner('(', ')')) {
        return Json::Array(
            split(items).into_iter().map(str::trim).filter(|item| !item.is_empty()).map(literal).collect(),
        );
    }
    if let Some(pairs) = inner('{', '}') {
        let pairs = split(pairs).into_iter().filter_map(|pair| {
            let (key, value) = pair.split_once(':')?;
            Some((plain(&literal(key.trim())), literal(value.trim())))
        });
        return Json::Object(pairs.collect());
    }
    match text {
        "True" => Json::Bool(true),
        "False" => Json::Bool(false),
        "None" => Json::Null,
        number => serde_json::from_str(number).unwrap_or(Json::Null),
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
