//! What a context function has to say when it fails. The engine adds the place and the calls that led there.

use std::fmt;

use minijinja::Error;

use crate::diagnostic::{Code, Diagnostic};

/// A failure without advice.
pub(crate) fn fail(code: Code, message: impl Into<String>) -> Error {
    Diagnostic::error(code, message).into()
}

/// A failure with advice.
pub(crate) fn fail_with(code: Code, message: impl Into<String>, help: impl Into<String>) -> Error {
    Diagnostic::error(code, message).help(help).into()
}

/// Wrong arguments of `function`; `what` goes on after its name.
pub(crate) fn arguments(function: &str, what: impl fmt::Display) -> Error {
    fail(Code::WRONG_ARGUMENTS, format!("`{function}()` {what}"))
}

/// Rendering failed for a reason of its own.
pub(crate) fn other(message: impl Into<String>) -> Error {
    fail(Code::RENDER_FAILED, message)
}
