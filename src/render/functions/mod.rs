//! The functions that Jinja can call, by name.

mod lookups;
mod macros;
mod references;
mod results;
mod values;
mod yaml;

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::ctx::Ctx;
use crate::python;
use crate::python::args::Args;

type Run = fn(&Arc<Ctx>, &mut State<'_, '_>, &Args<'_>) -> Result<Value, Error>;

/// A function's name and what it does.
pub(super) struct Definition {
    /// The name in Jinja.
    pub(super) name: &'static str,
    run: Run,
}

/// Every function; the order is that of suggestions.
pub(super) const ALL: &[Definition] = &[
    Definition { name: "ref", run: references::reference },
    Definition { name: "source", run: references::source },
    Definition { name: "metric", run: references::metric },
    Definition { name: "function", run: references::metric },
    Definition { name: "var", run: lookups::var },
    Definition { name: "env_var", run: lookups::env_var },
    Definition { name: "doc", run: lookups::doc },
    Definition { name: "log", run: lookups::log },
    Definition { name: "print", run: lookups::print },
    Definition { name: "fromjson", run: values::from_json },
    Definition { name: "tojson", run: values::to_json },
    Definition { name: "fromyaml", run: yaml::from_yaml },
    Definition { name: "toyaml", run: yaml::to_yaml },
    Definition { name: "set", run: |_, _, args| python::set(args) },
    Definition { name: "set_strict", run: |_, _, args| python::set_strict(args) },
    Definition { name: "zip", run: |_, _, args| python::zip(args) },
    Definition { name: "zip_strict", run: |_, _, args| python::zip_strict(args) },
    Definition { name: "local_md5", run: |_, _, args| python::local_md5(args) },
    Definition { name: "diff_of_two_dicts", run: values::diff_of_two_dicts },
    Definition { name: "load_result", run: results::load_result },
    Definition { name: "store_result", run: results::store_result },
    Definition { name: "store_raw_result", run: results::store_raw_result },
    Definition { name: "write", run: results::write },
    Definition { name: "load_agate_table", run: results::load_agate_table },
    Definition { name: "submit_python_job", run: results::submit_python_job },
    Definition { name: "render", run: macros::render },
    Definition { name: "try_or_compiler_error", run: macros::try_or_compiler_error },
    Definition { name: "adapter_macro", run: macros::adapter_macro },
    Definition { name: "validate_any", run: macros::validate_any },
    Definition { name: "otel_trace_id", run: lookups::no_trace },
    Definition { name: "otel_span_id", run: lookups::no_trace },
];

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Definition> {
    ALL.iter().find(|definition| definition.name == name)
}

/// A function of one render.
pub(super) struct Function {
    /// The render.
    pub(super) ctx: Arc<Ctx>,
    /// The function.
    pub(super) function: &'static Definition,
}

impl Function {
    /// The function as a value; `none` if there is no such function.
    pub(super) fn value(ctx: &Arc<Ctx>, name: &str) -> Value {
        find(name).map_or_else(
            || Value::from(()),
            |function| Value::from_object(Self { ctx: Arc::clone(ctx), function }),
        )
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.function.name)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        // dbt's resolvers carry the project's config, and packages read it from there.
        let resolver = matches!(self.function.name, "ref" | "source" | "var" | "metric");
        match key.as_str()? {
            "config" if resolver => Some(super::facts::runtime_config(&self.ctx)),
            "model" if resolver => super::context::Context(Arc::clone(&self.ctx)).look_up("model"),
            _ => None,
        }
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.function.run)(&self.ctx, state, &Args::new(self.function.name, args))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if self.function.name == "var" && method == "has_var" {
            return lookups::has_var(&self.ctx, &Args::new(method, args));
        }
        let _ = state;
        Err(Error::from(minijinja::ErrorKind::UnknownMethod))
    }
}
