//! Functions that render or call: `render()`, `try_or_compiler_error()`, `adapter_macro()`.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::super::ctx::Ctx;
use super::super::errors;
use crate::diagnostic::Code;
use crate::python::args::{Args, text};
use crate::python::failure;

/// `render('{{ text }}')`.
pub(super) fn render(ctx: &Arc<Ctx>, state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [string] = args.bind(["string"])?;
    render_text(ctx, state, &text(string.as_ref()).unwrap_or_default())
}

/// Renders a text that stands in no file.
pub(super) fn render_text(ctx: &Arc<Ctx>, state: &mut State<'_, '_>, text: &str) -> Result<Value, Error> {
    let _ = state;
    let template = ctx.shared.text_template(text).map_err(|diagnostic| Error::from(*diagnostic))?;
    let rendered = ctx.session(false).render(&template).map_err(|diagnostic| Error::from(*diagnostic))?;
    Ok(Value::from(rendered.text))
}

/// `try_or_compiler_error(message, function, …)`.
pub(super) fn try_or_compiler_error(
    _ctx: &Arc<Ctx>,
    state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let [message, function, rest @ ..] = args.positional() else {
        return Err(failure::arguments("try_or_compiler_error", "needs a message and a function"));
    };
    let named = args.keywords();
    let mut values = rest.to_vec();
    if !named.is_empty() {
        values.push(minijinja::value::Kwargs::from_iter(named).into());
    }
    function.call(state, &values).map_err(|_| errors::raised(&message.to_string()).into())
}

/// `adapter_macro()`, which dbt took away in 0.18.
pub(super) fn adapter_macro(
    _ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    _args: &Args<'_>,
) -> Result<Value, Error> {
    Err(failure::fail_with(
        Code::UNKNOWN_MACRO,
        "`adapter_macro()` was removed from dbt",
        "use `adapter.dispatch('name', 'package')(…)`",
    ))
}

/// `validation.any[…]`: nothing is validated.
#[expect(clippy::unnecessary_wraps, reason = "every function has this form")]
pub(super) fn validate_any(
    _ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    _args: &Args<'_>,
) -> Result<Value, Error> {
    Ok(Value::from(()))
}
