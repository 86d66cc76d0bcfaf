//! `exceptions`: what macros say when something is wrong.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::ctx::Ctx;
use super::errors;
use crate::python::args::{Args, text};

/// The object.
#[derive(Debug)]
pub(super) struct Exceptions(pub(super) Arc<Ctx>);

impl Object for Exceptions {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let first = args.positional().first().cloned().or_else(|| args.keyword("msg"));
        let message = text(first.as_ref()).unwrap_or_default();
        match method {
            "warn" => {
                self.0.warn(state, errors::warned(&message));
                Ok(Value::from(""))
            }
            "warn_snapshot_timestamp_data_types" => Ok(Value::from("")),
            "missing_config"
            | "missing_relation"
            | "missing_materialization"
            | "relation_wrong_type"
            | "column_type_missing" => {
                let rest = args.positional().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                Err(errors::raised(&format!("{}: {rest}", method.replace('_', " "))).into())
            }
            _ => Err(errors::raised(&message).into()),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}
