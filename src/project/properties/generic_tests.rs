//! Generic tests: from an entry under `data_tests:` to a node with dbt's names, hash and text.

use md5::{Digest as _, Md5};
use serde_json::{Map, Value};

use super::{Attached, Draft, Item, Reader, below_resource, columns, text};
use crate::diagnostic::Diagnostic;
use crate::project::yaml::{Kind, Yaml};
use crate::project::{NodeKind, TestCall, definitions, errors, python};

/// Keys of a test that configure it; in this order dbt writes them.
const CONFIG_KEYS: &[&str] = &[
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "sql_header",
    "meta",
    "database",
    "schema",
    "alias",
];

/// What is tested.
pub(super) struct Tested<'s> {
    /// The name that goes into the test's name.
    pub name: String,
    /// `source_` in front of the test's own name, for sources.
    pub prefix: &'static str,
    /// What `model` refers to: `ref('x')` or `source('a', 'b')`.
    pub call: String,
    /// For finding the node.
    pub attached: Attached,
    /// Tags that its tests have, too.
    pub tags: Vec<String>,
    /// Whether columns are quoted if they don't say.
    pub quote_columns: bool,
    /// The column's tree, name, tags and quoting, for a column's test.
    pub column: Option<TestedColumn<'s>>,
}

/// The column that is tested.
#[derive(Clone)]
pub(super) struct TestedColumn<'s> {
    pub name: &'s str,
    pub tags: Vec<String>,
    pub quote: Option<bool>,
}

impl Reader<'_> {
    /// The tests of a part, seed or snapshot: those of its columns, then its own.
    pub(super) fn node_tests(
        &self,
        item: &Item<'_, '_>,
        version: Option<&str>,
        columns: &[&Yaml<'_>],
        own: &Yaml<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Draft> {
        let name = &item.name;
        let (suffixed, call) = match version {
            Some(version) => (format!("{name}_v{version}"), format!("ref('{name}', version='{version}')")),
            None => (name.clone(), format!("ref('{name}')")),
        };
        let mut tested = Tested {
            name: suffixed,
            prefix: "",
            call,
            attached: Attached::Patched,
            tags: Vec::new(),
            quote_columns: item.value.get("quote_columns").and_then(Value::as_bool).unwrap_or(false),
            column: None,
        };
        let mut drafts = Vec::new();
        self.column_tests(columns, &mut tested, &mut drafts, diagnostics);
        self.tests_of(own, &tested, &mut drafts, diagnostics);
        drafts
    }

    /// The tests of each column.
    pub(super) fn column_tests<'y>(
        &self,
        columns: &[&'y Yaml<'_>],
        tested: &mut Tested<'y>,
        drafts: &mut Vec<Draft>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for column in columns {
            let Some(name) = columns::name(column) else { continue };
            if column.get("data_tests").is_none() && column.get("tests").is_none() {
                continue;
            }
            let config = column.get("config").and_then(|config| config.get("tags")).map(Yaml::to_value);
            let mut tags = columns::tags(column.get("tags").map(Yaml::to_value).as_ref());
            tags.extend(columns::tags(config.as_ref()));
            let quote = column.get("quote").and_then(Yaml::bool);
            tested.column = Some(TestedColumn { name, tags, quote });
            self.tests_of(column, tested, drafts, diagnostics);
        }
        tested.column = None;
    }

    /// The tests under `data_tests:` and `tests:` of one tree.
    pub(super) fn tests_of(
        &self,
        tree: &Yaml<'_>,
        tested: &Tested<'_>,
        drafts: &mut Vec<Draft>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let (new, old) = (tree.entry("data_tests"), tree.entry("tests"));
        if let (Some(new), Some(old)) = (new, old)
            && !old.value.items().is_empty()
        {
            let problem = errors::bad_value(
                old.key_span,
                "`tests` and `data_tests` are the same; only one of them can stand here",
                "move these to `data_tests`",
            );
            diagnostics.push(problem.related(new.key_span, "the other one"));
        }
        for entry in [new, old].into_iter().flatten() {
            let value = &entry.value;
            match &value.kind {
                Kind::List(items) => {
                    for item in items {
                        drafts.extend(self.test(item, tested, diagnostics));
                    }
                }
                Kind::Null => {}
                _ => {
                    diagnostics.push(errors::wrong_kind(value.span, &entry.key, "a list", value.kind_name()));
                }
            }
        }
    }

    fn test(&self, item: &Yaml<'_>, tested: &Tested<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Draft> {
        let (full_name, name_span, mut arguments) = called(item, diagnostics)?;
        let (namespace, name) = match full_name.split_once('.') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name),
            None => (None, &*full_name),
        };
        let name: String =
            name.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
        if name.is_empty() || name.starts_with(|char: char| char.is_ascii_digit()) {
            let message = format!("`{full_name}` can't be the name of a test");
            diagnostics.push(errors::bad_value(name_span, &message, "letters, digits and `_` only"));
            return None;
        }
        let (quote_column, column) = match &tested.column {
            None => (false, None),
            Some(column) => {
                let quote = column.quote.unwrap_or(tested.quote_columns);
                let name =
                    if quote { self.context.dialect.quote(column.name) } else { column.name.to_owned() };
                arguments.insert("column_name".to_owned(), name.clone().into());
                (quote, Some(name))
            }
        };
        // What is nested under `arguments` joins the others.
        if let Some(Value::Object(nested)) = arguments.shift_remove("arguments") {
            arguments.extend(nested);
        }
        if arguments.contains_key("model") {
            let at = item
                .entries()
                .iter()
                .flat_map(|entry| entry.value.entries())
                .find(|entry| entry.key == "model");
            let span = at.map_or(item.span, |entry| entry.key_span);
            diagnostics.push(errors::bad_value(
                span,
                "a test gets `model` by itself",
                "remove this argument",
            ));
            return None;
        }
        let mut config = self.test_config(&mut arguments, item, diagnostics)?;
        let description = arguments.shift_remove("description");
        let given = arguments.shift_remove("name");
        let model = format!("{{{{ get_where_subquery({}) }}}}", tested.call);
        let kind_name = match &namespace {
            Some(namespace) => format!("{namespace}_{}{name}", tested.prefix),
            None => format!("{}{name}", tested.prefix),
        };
        let (short_name, long_name) = match given {
            Some(given) => (python::str(&given), python::str(&given)),
            None => names(&kind_name, &tested.name, &arguments),
        };
        if short_name != long_name && !config.contains_key("alias") {
            config.insert("alias".to_owned(), short_name.clone().into());
        }
        let hash = hash(&long_name, namespace.as_deref(), &name, &arguments, &model);
        let raw = raw(namespace.as_deref(), &name, &config);

        let context = self.context;
        let mut node = definitions::blank(NodeKind::Test, context.package, &long_name, item.span);
        node.unique_id = format!("{}.{hash}", node.unique_id);
        node.path = context.found.original.clone();
        node.relative_path = format!("{short_name}.sql").into();
        node.fqn = definitions::prefix(context.package, below_resource(&context.found.original));
        node.fqn.push(long_name);
        node.description = text(description.as_ref());
        let mut tags = tested.tags.clone();
        tags.extend(tested.column.iter().flat_map(|column| column.tags.iter().cloned()));
        let own = columns::tags(config.get("tags"));
        let inherited_tags = tags.iter().filter(|tag| !own.contains(tag)).cloned().collect();
        tags.extend(own);
        tags.sort();
        tags.dedup();
        if !tags.is_empty() {
            config.insert("tags".to_owned(), tags.into());
        }
        node.property_config.values = config;
        node.properties_span = Some(item.span);
        // A test of a whole part may take `column_name` as an argument like any other.
        if tested.column.is_some() {
            arguments.shift_remove("column_name");
        }
        node.test = Some(TestCall {
            name,
            namespace,
            span: name_span,
            attached: None,
            model,
            column: if quote_column {
                tested.column.as_ref().map(|column| column.name.to_owned())
            } else {
                column
            },
            quote_column,
            arguments,
            inherited_tags,
            short_name,
            raw,
        });
        Some(Draft { node: Box::new(node), attached: Some(tested.attached.clone()), text: None })
    }

    /// Takes the config out of the arguments.
    fn test_config(
        &self,
        arguments: &mut Map<String, Value>,
        item: &Yaml<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Map<String, Value>> {
        let mut block = match arguments.shift_remove("config") {
            None | Some(Value::Null) => None,
            Some(Value::Object(block)) => Some(block),
            Some(_) => {
                diagnostics.push(errors::wrong_kind(item.span, "config", "a mapping", "something else"));
                return None;
            }
        };
        let mut config = Map::new();
        for key in CONFIG_KEYS {
            let beside = arguments.shift_remove(*key);
            let value = match &mut block {
                // As in dbt, a value that Python takes for false gives way to the block.
                Some(block) if !beside.as_ref().is_some_and(truthy) => block.shift_remove(*key),
                _ => beside,
            };
            if let Some(value) = value.filter(|value| !value.is_null()) {
                config.insert((*key).to_owned(), value);
            }
        }
        config.extend(block.into_iter().flatten().filter(|(_, value)| !value.is_null()));
        for value in config.values_mut() {
            if let Value::String(text) = value {
                *value = self.context.jinja.text(text, item.span, diagnostics);
            }
        }
        Some(super::canonical(config, self.context.dialect))
    }
}

/// The name and arguments of `unique`, `unique: {…}` or `{test_name: unique, …}`.
fn called(
    item: &Yaml<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(String, crate::source::Span, Map<String, Value>)> {
    let wrong = "a test is a name, or a mapping of one name to its arguments";
    match &item.kind {
        Kind::Text(name) => Some((name.clone().into_owned(), item.span, Map::new())),
        Kind::Map(entries) => {
            if let Some(name) = item.entry("test_name") {
                let Some(text) = name.value.text() else {
                    diagnostics.push(errors::wrong_kind(
                        name.value.span,
                        "test_name",
                        "text",
                        name.value.kind_name(),
                    ));
                    return None;
                };
                let mut arguments = crate::project::yaml::to_map(entries);
                arguments.shift_remove("test_name");
                return Some((text.to_owned(), name.value.span, arguments));
            }
            let [entry] = entries.as_slice() else {
                let help = "indent the arguments deeper than the test's name";
                diagnostics
                    .push(errors::bad_value(item.span, wrong, "several keys stand side by side").help(help));
                return None;
            };
            if let Kind::Map(arguments) = &entry.value.kind {
                let name = entry.key.clone().into_owned();
                return Some((name, entry.key_span, crate::project::yaml::to_map(arguments)));
            }
            let name = &entry.key;
            let found = entry.value.kind_name();
            let message = format!("the arguments of the test `{name}` should be a mapping, not {found}");
            let help = format!("write just `- {name}` for a test without arguments");
            diagnostics.push(errors::bad_value(entry.key_span, &message, "no mapping follows").help(help));
            None
        }
        _ => {
            diagnostics.push(errors::bad_value(item.span, wrong, item.kind_name()));
            None
        }
    }
}

/// dbt's short and full name of a test: what is called, on what, with what.
fn names(kind: &str, tested: &str, arguments: &Map<String, Value>) -> (String, String) {
    let mut keys: Vec<&String> = arguments.keys().collect();
    keys.sort();
    let mut flat: Vec<String> = Vec::new();
    for key in keys {
        match &arguments[key] {
            Value::Object(map) => flat.extend(map.values().map(plain)),
            Value::Array(items) => flat.extend(items.iter().map(plain)),
            value => flat.push(plain(value)),
        }
    }
    let identifier = format!("{kind}_{tested}");
    let full = format!("{identifier}_{}", flat.join("__"));
    if full.chars().count() < 64 {
        return (full.clone(), full);
    }
    let cut: String = identifier.chars().take(30).collect();
    (format!("{cut}_{}", md5(&full)), full)
}

/// Runs of what is neither letter, digit nor `_` become one `_`.
fn plain(value: &Value) -> String {
    let text = python::str(value);
    let mut plain = String::with_capacity(text.len());
    let mut gap = false;
    for char in text.chars() {
        if char.is_ascii_alphanumeric() || char == '_' {
            plain.push(char);
            gap = false;
        } else if !gap {
            plain.push('_');
            gap = true;
        }
    }
    plain
}

/// The last ten digits of the hash over the name and all arguments, as dbt computes it.
fn hash(
    full_name: &str,
    namespace: Option<&str>,
    name: &str,
    arguments: &Map<String, Value>,
    model: &str,
) -> String {
    let mut text = String::from(full_name);
    let mut kwargs: Vec<(&str, Value)> =
        arguments.iter().map(|(key, value)| (key.as_str(), hashable(value))).collect();
    kwargs.push(("model", model.into()));
    kwargs.sort_by(|a, b| a.0.cmp(b.0));
    text.push_str("{'kwargs': {");
    for (at, (key, value)) in kwargs.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        python::write_text(&mut text, key);
        text.push_str(": ");
        text.push_str(&python::repr(value));
    }
    text.push_str("}, 'name': ");
    python::write_text(&mut text, name);
    text.push_str(", 'namespace': ");
    python::write_text(&mut text, namespace.unwrap_or("None"));
    text.push('}');
    let digest = md5(&text);
    digest[digest.len() - 10..].to_owned()
}

/// Scalars as text, keys sorted.
fn hashable(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|key| (key.clone(), hashable(&map[key]))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(hashable).collect()),
        scalar => Value::String(python::str(scalar)),
    }
}

/// The text that dbt keeps for the test.
fn raw(namespace: Option<&str>, name: &str, config: &Map<String, Value>) -> String {
    let namespace = namespace.map(|namespace| format!("{namespace}.")).unwrap_or_default();
    let mut raw = format!("{{{{ {namespace}test_{name}(**_dbt_generic_test_kwargs) }}}}");
    let settings: Vec<String> = config
        .iter()
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
            other => format!("{key}={}", python::repr(other)),
        })
        .collect();
    if !settings.is_empty() {
        raw.push_str("{{ config(");
        raw.push_str(&settings.join(","));
        raw.push_str(") }}");
    }
    raw
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(bool) => *bool,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn md5(text: &str) -> String {
    let digest = Md5::digest(text.as_bytes());
    let mut hex = String::with_capacity(32);
    for byte in digest {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    hex
}
