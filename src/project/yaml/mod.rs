//! YAML as a tree in which every key and value has its place, with the scalars of YAML 1.1 as Python reads them.

mod parse;
mod quick;
mod quoted;
mod scalar;
mod words;

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use crate::source::Span;

pub(super) use parse::parse;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Yaml<'t> {
    /// The value.
    pub kind: Kind<'t>,
    /// Where it stands; quotes are part of it.
    pub span: Span,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    /// `null`, `~` or nothing at all.
    Null,
    /// A truth value; `yes`, `no`, `on` and `off` are among them.
    Bool(bool),
    /// A whole or a decimal number.
    Number(Number),
    /// Text; a date is text too.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Yaml<'t>>),
    /// A mapping, in the order of the file; each key once.
    Map(Vec<Entry<'t>>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry<'t> {
    /// The key as written.
    pub key: Cow<'t, str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Yaml<'t>,
}

impl<'t> Yaml<'t> {
    /// The value as plain data.
    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(bool) => Value::Bool(*bool),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone().into_owned()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => Value::Object(to_map(entries)),
        }
    }

    /// The entries of a mapping; none for anything else.
    pub(super) fn entries(&self) -> &[Entry<'t>] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub(super) fn items(&self) -> &[Yaml<'t>] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Yaml<'t>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a key, unless it is null.
    pub(super) fn set(&self, key: &str) -> Option<&Yaml<'t>> {
        self.get(key).filter(|value| !matches!(value.kind, Kind::Null))
    }

    /// The entry of a key.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry<'t>> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The text, if it is text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub(super) fn bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(bool) => Some(bool),
            _ => None,
        }
    }

    /// A scalar as text, the way Python's `str()` would write it; `None` for null, lists and mappings.
    pub(super) fn scalar_text(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) => Some(text.clone().into_owned()),
            Kind::Bool(_) | Kind::Number(_) => Some(super::python::str(&self.to_value())),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The same without ties to the text.
    fn into_owned(self) -> Yaml<'static> {
        let kind = match self.kind {
            Kind::Null => Kind::Null,
            Kind::Bool(bool) => Kind::Bool(bool),
            Kind::Number(number) => Kind::Number(number),
            Kind::Text(text) => Kind::Text(Cow::Owned(text.into_owned())),
            Kind::List(items) => Kind::List(items.into_iter().map(Yaml::into_owned).collect()),
            Kind::Map(entries) => Kind::Map(
                entries
                    .into_iter()
                    .map(|entry| Entry {
                        key: Cow::Owned(entry.key.into_owned()),
                        key_span: entry.key_span,
                        value: entry.value.into_owned(),
                    })
                    .collect(),
            ),
        };
        Yaml { kind, span: self.span }
    }

    /// What it is, in a user's words.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a truth value",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

/// Entries as plain data.
pub(super) fn to_map(entries: &[Entry<'_>]) -> Map<String, Value> {
    entries.iter().map(|entry| (entry.key.clone().into_owned(), entry.value.to_value())).collect()
}

#[cfg(test)]
mod tests;
