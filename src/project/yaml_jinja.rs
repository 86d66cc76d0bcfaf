//! The small Jinja that may stand in YAML: dbt's base context, giving native values.
//!
//! The engine is `jinja/`, without macros; it is made when the first text with braces comes. The names are in
//! `yaml_names`.

use std::sync::{Arc, OnceLock, PoisonError};

use serde_json::{Map, Value};

use super::descriptions::Docs;
use super::errors;
use super::yaml::{Kind, Yaml};
use super::yaml_names::{Facts, Names};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::{Engine, Scene, Value as JinjaValue, str_of, to_json};
use crate::source::{FileId, Span};
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

/// Filters that make a text the value that it stands for, once all is rendered.
const TYPED: [&str; 3] = ["as_bool", "as_native", "as_number"];

/// Renders Jinja in YAML.
pub(super) struct YamlJinja<'w> {
    world: &'w dyn World,
    engine: OnceLock<Engine>,
    facts: Arc<Facts>,
}

impl<'w> YamlJinja<'w> {
    /// `vars` are tried in order; `secrets` tells whether `env_var` gives out `DBT_ENV_SECRET_*`.
    pub(super) fn new(world: &'w dyn World, vars: Vec<Map<String, Value>>, secrets: bool) -> Self {
        let (clock, known) = (world.clock(), std::sync::RwLock::default());
        let facts = Facts { vars, secrets, target: None, project: None, clock, known };
        Self { world, engine: OnceLock::new(), facts: Arc::new(facts) }
    }

    /// Adds `target`, without what looks like a secret.
    pub(super) fn with_target(self, target: &Map<String, Value>) -> Self {
        let shown: Map<String, Value> = target
            .iter()
            .filter(|(key, _)| !secret_key(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let facts = Facts { target: Some(shown), ..self.facts.copied() };
        Self { facts: Arc::new(facts), ..self }
    }

    /// Adds `project_name`.
    pub(super) fn with_project(self, name: &str) -> Self {
        let facts = Facts { project: Some(name.to_owned()), ..self.facts.copied() };
        Self { facts: Arc::new(facts), ..self }
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

    /// One text; as it is if it has no Jinja, or if that fails. As everywhere in Jinja, one newline at the end is
    /// dropped.
    pub(super) fn text(&self, text: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Value {
        if !has_jinja(text) {
            return Value::String(text.strip_suffix('\n').unwrap_or(text).to_owned());
        }
        let names = || Names::new(&self.facts, span, None);
        self.answered(names, |names| self.evaluate(text, names)).unwrap_or_else(|problem| {
            let own = problem.label.as_ref().is_some_and(|label| label.span == span);
            diagnostics.push(match problem.code {
                _ if own => *problem,
                Code::JINJA_SYNTAX => errors::jinja_syntax(span, &problem.message),
                _ => errors::jinja_failed(span, &problem.message),
            });
            Value::String(text.to_owned())
        })
    }

    /// A description, which is text whatever it holds and knows `doc()`; the blocks go by the name of the package
    /// that it stands in.
    pub(super) fn description(
        &self,
        text: &str,
        span: Span,
        (docs, package): (&Arc<Docs>, &str),
    ) -> Result<String, Box<Diagnostic>> {
        let names = || Names::new(&self.facts, span, Some((Arc::clone(docs), package.to_owned())));
        self.answered(names, |names| self.words(text, names))
    }

    /// Renders until everything is known that was asked for: a function outlives the world, so it can't ask the
    /// world itself. It says what it wants to know, and all is tried again when the answer stands there.
    fn answered<T>(
        &self,
        names: impl Fn() -> Arc<Names>,
        render: impl Fn(&Arc<Names>) -> Result<T, Box<Diagnostic>>,
    ) -> Result<T, Box<Diagnostic>> {
        loop {
            let names = names();
            let problem = match render(&names) {
                Ok(value) => return Ok(value),
                Err(problem) => problem,
            };
            let Some(name) = names.wanted() else { return Err(problem) };
            let answer = self.world.env(&name);
            self.facts.known.write().unwrap_or_else(PoisonError::into_inner).insert(name, answer);
        }
    }

    fn words(&self, text: &str, names: &Arc<Names>) -> Result<String, Box<Diagnostic>> {
        let engine = self.engine.get_or_init(engine);
        let shared: Arc<str> = Arc::from(text);
        let template = engine.compile(FileId(0), &shared, 0..text.len())?;
        let context = JinjaValue::from_dyn_object(Arc::clone(names));
        let scene = Scene { source_map: false, ..Scene::new(context, engine.namespace(&[], &[])) };
        Ok(engine.session(scene).render(&template)?.text)
    }

    fn walk<'k>(
        &self,
        tree: &'k Yaml<'_>,
        path: &mut KeyPath<'k>,
        wanted: &dyn Fn(&[Step<'k>]) -> bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Value {
        match &tree.kind {
            Kind::Text(text) if (has_jinja(text) || text.ends_with('\n')) && wanted(path) => {
                self.text(text, tree.span, diagnostics)
            }
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

    fn evaluate(&self, text: &str, names: &Arc<Names>) -> Result<Value, Box<Diagnostic>> {
        let engine = self.engine.get_or_init(engine);
        let shared: Arc<str> = Arc::from(text);
        let template = engine.compile(FileId(0), &shared, 0..text.len())?;
        let context = JinjaValue::from_dyn_object(Arc::clone(names));
        let scene = Scene { source_map: false, ..Scene::new(context, engine.namespace(&[], &[])) };
        let value = engine.session(scene).evaluate(&template)?;
        let typed = TYPED.iter().any(|filter| text.contains(filter));
        Ok(match value.as_str() {
            // Whatever stands around it, one value with such a filter is of the filter's kind.
            Some(text) if typed => literal(text),
            Some(text) => Value::String(text.to_owned()),
            None if value.is_undefined() => {
                let words = text.trim_matches(|char: char| "{}-".contains(char) || char.is_whitespace());
                return Err(Box::new(Diagnostic::error(
                    Code::RENDER_FAILED,
                    format!("`{words}` is undefined"),
                )));
            }
            // Jinja computes what is constant while it compiles, and text is what comes of that.
            None if !typed && !names.asked() => Value::String(str_of(&value).into_owned()),
            None => to_json(&value),
        })
    }
}

/// A text rendered without any name; `None` if that fails.
pub(super) fn without_names(text: &str) -> Option<String> {
    let engine = engine();
    let shared: Arc<str> = Arc::from(text);
    let template = engine.compile(FileId(0), &shared, 0..text.len()).ok()?;
    let scene = Scene::new(JinjaValue::from(()), engine.namespace(&[], &[]));
    let scene = Scene { source_map: false, ..scene };
    engine.session(scene).render(&template).ok().map(|rendered| rendered.text)
}

fn engine() -> Engine {
    let engine = TYPED.iter().fold(Engine::new(Vec::new()), |engine, name| {
        engine.with_filter(name, JinjaValue::from_function(|value: JinjaValue| value))
    });
    engine.with_filter("as_text", JinjaValue::from_function(|value: JinjaValue| str_of(&value).into_owned()))
}

/// Whether a text may have Jinja in it.
pub(super) fn has_jinja(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(2).any(|pair| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
}

/// The value that a text stands for: a number, a truth value, nothing, a quoted text, a list or a mapping.
fn literal(text: &str) -> Value {
    match text.trim() {
        "True" | "true" => Value::Bool(true),
        "False" | "false" => Value::Bool(false),
        "None" => Value::Null,
        trimmed => {
            if let Ok(number) = trimmed.parse::<i64>() {
                return number.into();
            }
            if let Some(number) = trimmed.parse::<f64>().ok().filter(|number| number.is_finite()) {
                return number.into();
            }
            serde_json::from_str(&trimmed.replace('\'', "\""))
                .unwrap_or_else(|_| Value::String(text.to_owned()))
        }
    }
}

fn secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pass", "token", "secret", "key", "credential"].iter().any(|word| key.contains(word))
}
