//! The names that Jinja in YAML sees: dbt's base context, `var` and `env_var` by the file's own rules, `target`.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use minijinja::value::ObjectRepr;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json};

use super::descriptions::Docs;
use super::errors;
use crate::jinja::{Error, Object, State, Value, dumps, from_json, str_of, to_json};
use crate::python::args::Args as PythonArgs;
use crate::python::modules::{Modules, datetime_value};
use crate::source::Span;
use crate::world::Clock;

/// What all texts of a file share.
pub(super) struct Facts {
    /// Vars, tried in order.
    pub(super) vars: Vec<Map<String, Json>>,
    /// Whether `env_var` gives out `DBT_ENV_SECRET_*`.
    pub(super) secrets: bool,
    /// `target`, where there is one.
    pub(super) target: Option<Map<String, Json>>,
    /// The name of the project that a property file belongs to; a project file has no `project_name`.
    pub(super) project: Option<String>,
    /// For `run_started_at` and `modules.datetime`.
    pub(super) clock: Clock,
    /// What the environment said so far.
    pub(super) known: RwLock<FxHashMap<String, Option<String>>>,
}

impl Facts {
    /// The same, to be changed; what the environment said is asked for again.
    pub(super) fn copied(&self) -> Self {
        Self {
            vars: self.vars.clone(),
            secrets: self.secrets,
            target: self.target.clone(),
            project: self.project.clone(),
            clock: self.clock.clone(),
            known: RwLock::default(),
        }
    }
}

/// The names of one text.
pub(super) struct Names {
    facts: Arc<Facts>,
    span: Span,
    asked: AtomicBool,
    wanted: Mutex<Option<String>>,
    /// What `doc()` looks in, and the package that it is called in.
    docs: Option<(Arc<Docs>, String)>,
}

impl Names {
    /// Of the text that stands at `span`; `doc()` is known where there are `docs`.
    pub(super) fn new(facts: &Arc<Facts>, span: Span, docs: Option<(Arc<Docs>, String)>) -> Arc<Self> {
        let (asked, wanted) = (AtomicBool::new(false), Mutex::default());
        Arc::new(Self { facts: Arc::clone(facts), span, asked, wanted, docs })
    }

    /// True if any name was looked up.
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// The variable of the environment that is not known yet, if that is why rendering stopped.
    pub(super) fn wanted(&self) -> Option<String> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn env_var(&self, mut args: Args) -> Result<Value, Error> {
        let name = args.text(0, "var").unwrap_or_default();
        if !self.facts.secrets && name.starts_with("DBT_ENV_SECRET") {
            return Err(errors::misplaced_secret(self.span, &name).into());
        }
        let answer = self.facts.known.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        match answer {
            None => {
                *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.clone());
                Err(errors::missing_env(self.span, &name).into())
            }
            Some(Some(value)) => Ok(value.into()),
            Some(None) => args
                .take(1, "default")
                .filter(|value| !value.is_none() && !value.is_undefined())
                .ok_or_else(|| errors::missing_env(self.span, &name).into()),
        }
    }

    fn doc(&self, args: &Args) -> Result<Value, Error> {
        let names: Vec<_> = args.placed.iter().map(str_of).collect();
        let words: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let (docs, package) =
            self.docs.as_ref().ok_or_else(|| Error::from(minijinja::ErrorKind::UnknownFunction))?;
        match docs.find(package, &words) {
            Some(block) => Ok(Value::from(block.text.as_str())),
            None => {
                Err(errors::jinja_failed(self.span, &format!("no docs block is named `{}`", words.join(".")))
                    .into())
            }
        }
    }

    fn var(&self, mut args: Args) -> Result<Value, Error> {
        let name = args.text(0, "var_name").unwrap_or_default();
        match self.var_value(&name) {
            Some(value) => Ok(from_json(value)),
            None => args.take(1, "default").ok_or_else(|| errors::missing_var(self.span, &name).into()),
        }
    }

    fn var_value(&self, name: &str) -> Option<&Json> {
        self.facts.vars.iter().find_map(|vars| vars.get(name))
    }

    fn answer(&self, which: Which, args: &[Value]) -> Result<Value, Error> {
        let mut args = match which {
            Which::Python((name, function)) => return function(&PythonArgs::new(name, args)),
            _ => Args::of(args),
        };
        let none = || Value::from(());
        Ok(match which {
            Which::Var => self.var(args)?,
            Which::EnvVar => self.env_var(args)?,
            Which::Doc => self.doc(&args)?,
            Which::FromJson => {
                let text = args.text(0, "string").unwrap_or_default();
                let read = serde_json::from_str::<Json>(&text).ok().map(|json| from_json(&json));
                read.or_else(|| args.take(1, "default")).unwrap_or_else(none)
            }
            Which::ToJson => {
                let sorted = args.take(2, "sort_keys").is_some_and(|flag| flag.is_true());
                let value = args.take(0, "value").unwrap_or_default();
                Value::from(dumps(&to_json(&value), sorted))
            }
            Which::ToYaml => {
                let sorted = args.take(2, "sort_keys").is_some_and(|flag| flag.is_true());
                let value = args.take(0, "value").unwrap_or_default();
                Value::from(super::yaml_text(&to_json(&value), sorted))
            }
            Which::FromYaml => {
                let text = args.text(0, "value").unwrap_or_default();
                let read = super::yaml_value(&text).map(|json| from_json(&json));
                read.or_else(|| args.take(1, "default")).unwrap_or_else(none)
            }
            // Nobody is there yet to be told.
            Which::Say | Which::Python(_) => Value::from(""),
        })
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{...}")
    }
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.asked.store(true, Ordering::Relaxed);
        let which = match key.as_str()? {
            "var" => Which::Var,
            "env_var" => Which::EnvVar,
            "doc" if self.docs.is_some() => Which::Doc,
            "fromjson" => Which::FromJson,
            "tojson" => Which::ToJson,
            "fromyaml" => Which::FromYaml,
            "toyaml" => Which::ToYaml,
            "log" | "print" => Which::Say,
            "target" => return self.facts.target.as_ref().map(|it| from_json(&Json::Object(it.clone()))),
            "dbt_version" => return Some(Value::from(super::DBT_VERSION)),
            "project_name" => return self.facts.project.as_deref().map(Value::from),
            "modules" => return Some(Value::from_object(Modules { now: self.facts.clock.clone() })),
            "run_started_at" => return Some(datetime_value(self.facts.clock.now())),
            name => Which::Python(crate::python::function(name)?),
        };
        Some(Value::from_object(Function { names: Arc::clone(self), which }))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// What a function does.
#[derive(Clone, Copy, Debug)]
enum Which {
    Var,
    EnvVar,
    Doc,
    FromJson,
    ToJson,
    FromYaml,
    ToYaml,
    Say,
    /// One that takes nothing but its arguments.
    Python((&'static str, crate::python::Function)),
}

/// A function of one text.
struct Function {
    names: Arc<Names>,
    which: Which,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {:?}>", self.which)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.names.answer(self.which, args)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (self.which, method) {
            (Which::Var, "has_var") => {
                let name = Args::of(args).text(0, "var_name").unwrap_or_default();
                Ok(Value::from(self.names.var_value(&name).is_some()))
            }
            _ => Err(minijinja::ErrorKind::UnknownMethod.into()),
        }
    }
}

/// The arguments of a call, by place or by name.
struct Args {
    placed: Vec<Value>,
    named: Option<Value>,
}

impl Args {
    fn of(args: &[Value]) -> Self {
        match args.split_last() {
            Some((last, rest)) if last.is_kwargs() => {
                Self { placed: rest.to_vec(), named: Some(last.clone()) }
            }
            _ => Self { placed: args.to_vec(), named: None },
        }
    }

    fn take(&mut self, at: usize, name: &str) -> Option<Value> {
        let named = || self.named.as_ref()?.get_attr(name).ok().filter(|value| !value.is_undefined());
        self.placed.get(at).cloned().or_else(named)
    }

    fn text(&mut self, at: usize, name: &str) -> Option<String> {
        self.take(at, name).map(|value| str_of(&value).into_owned())
    }
}
