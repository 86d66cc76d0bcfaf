//! `modules`: the parts of Python's library that dbt gives to Jinja.

mod datetime;
mod itertools;
mod pattern;
mod regex;
mod search;
mod strftime;
mod strptime;
mod timezone;

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::world::Clock;

pub(crate) use datetime::{date_of_text, datetime_of_text, datetime_value};

/// `modules` itself.
#[derive(Debug)]
pub(crate) struct Modules {
    /// What `now()` and `today()` answer.
    pub(crate) now: Clock,
}

impl Object for Modules {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "datetime" => datetime::module(self.now.clone()),
            "pytz" => timezone::module(),
            "re" => regex::module(),
            "itertools" => itertools::module(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["pytz", "datetime", "re", "itertools"])
    }
}

type Call = fn(&str, &[Value]) -> Result<Value, Error>;
type Attribute = fn(&str) -> Option<Value>;

/// A module: functions by name, and constants.
struct Module {
    name: &'static str,
    call: Call,
    attribute: Attribute,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<module '{}'>", self.name)
    }
}

impl Object for Module {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        Some((self.attribute)(name).unwrap_or_else(|| {
            Value::from_object(Method { module: Arc::clone(self), name: name.to_owned() })
        }))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (self.attribute)(method) {
            Some(value) => value.call(state, args),
            None => (self.call)(method, args),
        }
    }
}

/// A function of a module, before it is called.
#[derive(Debug)]
struct Method {
    module: Arc<Module>,
    name: String,
}

impl Object for Method {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.module.call)(&self.name, args)
    }
}

/// A method of an object that is passed on without being called.
#[derive(Debug)]
struct Bound {
    receiver: Value,
    name: String,
}

impl Object for Bound {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.receiver.call_method(state, &self.name, args)
    }
}

fn unknown_method() -> Error {
    Error::from(ErrorKind::UnknownMethod)
}
