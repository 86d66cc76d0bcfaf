//! `var()`, `env_var()`, `doc()`, and what speaks to the user.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::super::ctx::Ctx;
use super::super::{Message, errors};
use super::macros::render_text;
use crate::diagnostic::Code;
use crate::jinja::from_json;
use crate::python::args::{Args, flag, given, text};
use crate::python::failure;

/// `var('name', default)`.
pub(super) fn var(ctx: &Arc<Ctx>, state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [name, default] = args.bind(["var_name", "default"])?;
    let name = text(Some(&args.required("var_name", name)?)).unwrap_or_default();
    match ctx.shared.var(&ctx.package, &name) {
        Some(serde_json::Value::String(value)) if value.contains("{{") || value.contains("{%") => {
            render_text(ctx, state, value)
        }
        Some(value) => Ok(from_json(value)),
        None => match default {
            Some(default) => Ok(default),
            // While parsing, dbt takes a missing var for `none`.
            None if !ctx.execute() => Ok(Value::from(())),
            None => Err(errors::missing_var(&name, &ctx.shared.var_names(&ctx.package)).into()),
        },
    }
}

/// `var.has_var('name')`.
pub(super) fn has_var(ctx: &Arc<Ctx>, args: &Args<'_>) -> Result<Value, Error> {
    let [name] = args.bind(["var_name"])?;
    let name = text(name.as_ref()).unwrap_or_default();
    Ok(Value::from(ctx.shared.var(&ctx.package, &name).is_some()))
}

/// `env_var('NAME', default)`.
pub(super) fn env_var(ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [name, default] = args.bind(["var", "default"])?;
    let name = text(Some(&args.required("var", name)?)).unwrap_or_default();
    if name.starts_with("DBT_ENV_SECRET") {
        return Err(errors::secret_env_var(&name).into());
    }
    match ctx.shared.env(&name, || ctx.port.env(&name)) {
        Some(value) => Ok(Value::from(value)),
        None => default.filter(given).ok_or_else(|| errors::missing_env_var(&name).into()),
    }
}

/// `doc('name')` or `doc('package', 'name')`.
pub(super) fn doc(ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let (package, name) = match args.positional() {
        [name] => (None, name.to_string()),
        [package, name] => (Some(package.to_string()), name.to_string()),
        _ => return Err(failure::arguments("doc", "takes a block's name, or a package's and a block's")),
    };
    let project = &ctx.shared.project;
    let of = |package: &str| project.docs.get(&(package.to_owned(), name.clone()));
    let found = match &package {
        Some(package) => of(package),
        None => of(&ctx.package)
            .or_else(|| of(&project.root().name))
            .or_else(|| project.packages.iter().find_map(|package| of(&package.name))),
    };
    match found {
        Some(block) => Ok(Value::from(block.text.as_str())),
        None => Err(failure::other(format!("no docs block is named `{name}`"))),
    }
}

/// `log('text', info=true)`.
pub(super) fn log(ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [message, info] = args.bind(["msg", "info"])?;
    if flag(info.as_ref()).unwrap_or(false) && ctx.execute() {
        let text = text(message.as_ref()).unwrap_or_default();
        ctx.shared.say(ctx.node, Message { text, printed: false });
    }
    Ok(Value::from(""))
}

/// `print('text')`.
pub(super) fn print(ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [message] = args.bind(["msg"])?;
    if ctx.execute() {
        let text = text(message.as_ref()).unwrap_or_default();
        ctx.shared.say(ctx.node, Message { text, printed: true });
    }
    Ok(Value::from(""))
}

/// `otel_trace_id()`: there is no trace.
pub(super) fn no_trace(_ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    if !args.positional().is_empty() {
        return Err(failure::fail(Code::WRONG_ARGUMENTS, "a trace's id takes no arguments"));
    }
    Ok(Value::from("0".repeat(32)))
}
