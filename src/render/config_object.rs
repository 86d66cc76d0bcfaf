//! `config`: called to set, asked to get.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::{Map, Value as Json};

use super::ctx::Ctx;
use super::{errors, facts};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::{from_json, to_json};
use crate::project::{expected_kind, kind_name};
use crate::python::args::{Args, text};
use crate::python::failure;

/// The object.
#[derive(Debug)]
pub(super) struct ConfigObject(pub(super) Arc<Ctx>);

impl ConfigObject {
    fn set(&self, state: &mut State<'_, '_>, values: &Map<String, Json>) -> Result<(), Error> {
        if self.0.execute() {
            return Ok(());
        }
        let mut wrong: Vec<Diagnostic> = Vec::new();
        for (key, value) in values {
            if let Some(expected) = expected_kind(key, value) {
                wrong.push(errors::wrong_config(key, expected, kind_name(value)));
            }
        }
        if let Some(last) = wrong.pop() {
            for diagnostic in wrong {
                self.0.warn(state, diagnostic);
            }
            return Err(last.into());
        }
        let mut record = self.0.record();
        let mut config = crate::project::Config { values: std::mem::take(&mut record.config) };
        // `+` before a privilege adds to what the project says, which comes in later.
        let grants = values.get("grants").filter(|_| !config.values.contains_key("grants"));
        config.merge(values);
        if let Some(grants) = grants.cloned() {
            config.values.insert("grants".to_owned(), grants);
        }
        record.config = config.values;
        Ok(())
    }

    /// A value as dbt's node config has it: known keys have defaults.
    fn look_up(&self, name: &str) -> Option<Value> {
        let ctx = &self.0;
        let kind = ctx.node.map(|id| ctx.shared.node(id).kind)?;
        facts::config_value(&ctx.config, kind, name)
    }
}

impl Object for ConfigObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let args = Args::new("config", args);
        let keywords = args.keywords();
        let values: Vec<(String, Value)> = match (args.positional(), keywords.is_empty()) {
            ([], false) => keywords,
            ([map], true) => match to_json(map) {
                Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), from_json(value))).collect(),
                _ => return Err(failure::arguments("config", "takes keyword arguments or a dict")),
            },
            ([], true) => return Err(failure::arguments("config", "needs something to set")),
            _ => return Err(failure::arguments("config", "takes keyword arguments or a dict, not both")),
        };
        let values = values.into_iter().map(|(key, value)| (key.replace('-', "_"), to_json(&value)));
        self.set(state, &values.collect())?;
        Ok(Value::from(""))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let execute = self.0.execute();
        match method {
            "get" | "meta_get" => {
                let [name, default, _validator] = args.bind(["name", "default", "validator"])?;
                let name = text(Some(&args.required("name", name)?)).unwrap_or_default();
                if !execute {
                    return Ok(Value::from(""));
                }
                let found = if method == "get" { self.look_up(&name) } else { self.meta(&name) };
                Ok(found.or(default).unwrap_or_else(|| Value::from(())))
            }
            "require" | "meta_require" => {
                let [name, _validator] = args.bind(["name", "validator"])?;
                let name = text(Some(&args.required("name", name)?)).unwrap_or_default();
                if !execute {
                    return Ok(Value::from(""));
                }
                let found = if method == "require" { self.look_up(&name) } else { self.meta(&name) };
                found.ok_or_else(|| {
                    failure::fail(Code::BAD_CONFIG, format!("config `{name}` is required here, but not set"))
                })
            }
            "set" => {
                let [name, value] = args.bind(["name", "value"])?;
                let name = text(Some(&args.required("name", name)?)).unwrap_or_default();
                let value = value.unwrap_or_else(|| Value::from(()));
                self.set(state, &Map::from_iter([(name.replace('-', "_"), to_json(&value))]))?;
                Ok(Value::from(""))
            }
            "persist_relation_docs" => Ok(Value::from(execute && self.persists("relation"))),
            "persist_column_docs" => Ok(Value::from(execute && self.persists("columns"))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<config>")
    }
}

impl ConfigObject {
    fn meta(&self, name: &str) -> Option<Value> {
        self.0.config.get("meta")?.get(name).map(from_json)
    }

    fn persists(&self, what: &str) -> bool {
        let docs = self.0.config.get("persist_docs").and_then(|docs| docs.get(what));
        docs.and_then(Json::as_bool).unwrap_or(false)
    }
}
