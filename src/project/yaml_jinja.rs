//! The small Jinja that may stand in YAML: `env_var`, `var`, `target` and a few filters, giving native values.

use std::error::Error as _;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use minijinja::value::{Kwargs, Rest, Serde, Value as JinjaValue, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::errors;
use super::yaml::{Kind, Yaml};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::world::World;

/// Where a value stands: the keys and places in lists that lead to it, outermost first.
pub(super) type KeyPath<'k> = Vec<Step<'k>>;

/// One step of a [`KeyPath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'k> {
    /// A key of a mapping.
    Key(&'k str),
    /// An item of a list.
    Item,
}

/// Renders Jinja in YAML.
pub(super) struct YamlJinja<'w> {
    world: &'w dyn World,
    environment: Environment<'static>,
    /// What the environment said so far. A function of the template engine outlives the world, so it can't ask
    /// the world itself: it fails with [`Failure::Wanted`], and is tried again when the answer stands here.
    known: Known,
}

type Known = Arc<RwLock<FxHashMap<String, Option<String>>>>;

/// Why rendering stopped.
#[derive(Clone, Debug)]
enum Failure {
    Wanted(String),
    NoEnv(String),
    NoVar(String),
    Secret(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wanted(name) | Self::NoEnv(name) | Self::NoVar(name) | Self::Secret(name) => {
                f.write_str(name)
            }
        }
    }
}

impl std::error::Error for Failure {}

impl<'w> YamlJinja<'w> {
    /// `vars` are tried in order; `secrets` tells whether `env_var` gives out `DBT_ENV_SECRET_*`.
    pub(super) fn new(world: &'w dyn World, vars: Vec<Map<String, Value>>, secrets: bool) -> Self {
        let known = Known::default();
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_unknown_method_callback(|_, value, name, args| {
            crate::jinja::python_method(value, name, args)
                .unwrap_or_else(|| Err(ErrorKind::UnknownMethod.into()))
        });
        let answers = known.clone();
        environment.add_function("env_var", move |name: String, rest: Rest<JinjaValue>| {
            env_var(&answers, secrets, name, &rest)
        });
        environment.add_function("var", move |name: String, rest: Rest<JinjaValue>| var(&vars, name, &rest));
        environment.add_filter("as_bool", |value: JinjaValue| literal(&value));
        environment.add_filter("as_number", |value: JinjaValue| literal(&value));
        environment.add_filter("as_native", |value: JinjaValue| literal(&value));
        environment.add_filter("as_text", |value: JinjaValue| value.to_string());
        Self { world, environment, known }
    }

    /// Adds `target`, without what looks like a secret.
    pub(super) fn with_target(mut self, target: &Map<String, Value>) -> Self {
        let shown: Map<String, Value> = target
            .iter()
            .filter(|(key, _)| !secret_key(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        self.environment.add_global("target", JinjaValue::from(Serde(shown)));
        self
    }

    /// The tree as plain values; texts for which `wanted` holds are rendered.
    pub(super) fn render<'k>(
        &self,
        tree: &'k Yaml<'_>,
        wanted: &dyn Fn(&[Step<'k>]) -> bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Value {
        self.walk(tree, &mut KeyPath::new(), wanted, diagnostics)
    }

    /// One text; as it is if it has no Jinja, or if that fails.
    pub(super) fn text(&self, text: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Value {
        if !has_jinja(text) {
            return Value::String(text.to_owned());
        }
        loop {
            let problem = match self.evaluate(text) {
                Ok(value) => return value,
                Err(error) => error,
            };
            let failure = problem.source().and_then(|source| source.downcast_ref::<Failure>()).cloned();
            diagnostics.push(match failure {
                Some(Failure::Wanted(name)) => {
                    let answer = self.world.env(&name);
                    self.known.write().unwrap_or_else(PoisonError::into_inner).insert(name, answer);
                    continue;
                }
                Some(Failure::NoEnv(name)) => errors::missing_env(span, &name),
                Some(Failure::NoVar(name)) => errors::missing_var(span, &name),
                Some(Failure::Secret(name)) => errors::misplaced_secret(span, &name),
                None => {
                    let message = problem.detail().unwrap_or("it fails").to_owned();
                    match problem.kind() {
                        ErrorKind::SyntaxError => errors::jinja_syntax(span, &message),
                        kind => errors::jinja_failed(
                            span,
                            &if message == "it fails" { kind.to_string() } else { message },
                        ),
                    }
                }
            });
            return Value::String(text.to_owned());
        }
    }

    fn walk<'k>(
        &self,
        tree: &'k Yaml<'_>,
        path: &mut KeyPath<'k>,
        wanted: &dyn Fn(&[Step<'k>]) -> bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Value {
        match &tree.kind {
            Kind::Text(text) if has_jinja(text) && wanted(path) => self.text(text, tree.span, diagnostics),
            Kind::List(items) => {
                path.push(Step::Item);
                let items = items.iter().map(|item| self.walk(item, path, wanted, diagnostics)).collect();
                path.pop();
                Value::Array(items)
            }
            Kind::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for entry in entries {
                    path.push(Step::Key(&entry.key));
                    let value = self.walk(&entry.value, path, wanted, diagnostics);
                    path.pop();
                    map.insert(entry.key.clone().into_owned(), value);
                }
                Value::Object(map)
            }
            _ => tree.to_value(),
        }
    }

    fn evaluate(&self, text: &str) -> Result<Value, Error> {
        // A text that is one expression keeps the expression's own kind, as dbt's native rendering does.
        let inner = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        if let Some(inner) = inner {
            let inner = inner.strip_prefix('-').unwrap_or(inner);
            let inner = inner.strip_suffix('-').unwrap_or(inner);
            if let Ok(expression) = self.environment.compile_expression_owned(inner.to_owned()) {
                let value = plain(&expression.eval(())?);
                // Jinja computes what is constant while it compiles, and text is what comes of that.
                let constant = expression.undeclared_variables(false).is_empty();
                return Ok(if constant { Value::String(super::python::str(&value)) } else { value });
            }
        }
        let rendered = self.environment.render_str(text, ())?;
        // Whatever stands around it, one value with such a filter is of the filter's kind.
        let typed = ["as_bool", "as_native", "as_number"].iter().any(|filter| text.contains(filter));
        Ok(if typed { plain(&literal(&JinjaValue::from(rendered))) } else { Value::String(rendered) })
    }
}

/// Whether a text may have Jinja in it.
pub(super) fn has_jinja(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(2).any(|pair| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
}

fn env_var(known: &Known, secrets: bool, name: String, rest: &[JinjaValue]) -> Result<JinjaValue, Error> {
    if !secrets && name.starts_with("DBT_ENV_SECRET") {
        return Err(failed(Failure::Secret(name)));
    }
    let answer = known.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
    match answer {
        None => Err(failed(Failure::Wanted(name))),
        Some(Some(value)) => Ok(value.into()),
        Some(None) => match default(rest)?.filter(|value| !value.is_none()) {
            Some(value) => Ok(value),
            None => Err(failed(Failure::NoEnv(name))),
        },
    }
}

fn var(vars: &[Map<String, Value>], name: String, rest: &[JinjaValue]) -> Result<JinjaValue, Error> {
    if let Some(value) = vars.iter().find_map(|vars| vars.get(&name)) {
        return Ok(JinjaValue::from(Serde(value)));
    }
    default(rest)?.ok_or_else(|| failed(Failure::NoVar(name)))
}

fn default(rest: &[JinjaValue]) -> Result<Option<JinjaValue>, Error> {
    match rest {
        [] => Ok(None),
        [value] if value.is_kwargs() => Kwargs::try_from(value.clone())?.get("default").map(Some),
        [value, ..] => Ok(Some(value.clone())),
    }
}

fn failed(failure: Failure) -> Error {
    Error::new(ErrorKind::InvalidOperation, "failed").with_source(failure)
}

/// The value that a text stands for: a number, a truth value, nothing, a quoted text, a list or a mapping.
fn literal(value: &JinjaValue) -> JinjaValue {
    let Some(text) = value.as_str() else { return value.clone() };
    match text.trim() {
        "True" | "true" => JinjaValue::from(true),
        "False" | "false" => JinjaValue::from(false),
        "None" => JinjaValue::from(()),
        text => {
            if let Ok(number) = text.parse::<i64>() {
                return number.into();
            }
            if let Some(number) = text.parse::<f64>().ok().filter(|number| number.is_finite()) {
                return number.into();
            }
            match serde_json::from_str::<Value>(&text.replace('\'', "\"")) {
                Ok(value) => JinjaValue::from(Serde(value)),
                Err(_) => value.clone(),
            }
        }
    }
}

fn plain(value: &JinjaValue) -> Value {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Null,
        _ => serde_json::to_value(value).unwrap_or_else(|_| Value::String(value.to_string())),
    }
}

fn secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pass", "token", "secret", "key", "credential"].iter().any(|word| key.contains(word))
}
