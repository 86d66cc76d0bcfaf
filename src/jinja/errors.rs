//! What can go wrong in Jinja, one constructor each.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A tag, expression, comment or string without its end.
pub(super) fn unclosed(at: Span, what: &str, closing: &str) -> Diagnostic {
    Diagnostic::error(Code::JINJA_SYNTAX, format!("{what} is not closed"))
        .at(at, "opened here")
        .help(format!("close it with `{closing}`"))
}

/// A block without its end tag.
pub(super) fn unclosed_block(at: Span, tag: &str, name: &str) -> Diagnostic {
    let block = if name.is_empty() { format!("`{tag}`") } else { format!("{tag} `{name}`") };
    Diagnostic::error(Code::JINJA_SYNTAX, format!("{block} is not closed"))
        .at(at, "opened here")
        .help(format!("close it with `{{% end{tag} %}}`"))
}

/// An end tag without its block.
pub(super) fn closes_nothing(at: Span, word: &str, started: &str) -> Diagnostic {
    Diagnostic::error(Code::JINJA_SYNTAX, format!("`{word}` closes nothing"))
        .at(at, format!("no `{started}` is open here"))
        .help(format!("remove it, or open the block with `{{% {started} … %}}`"))
}

/// `{% macro %}`.
pub(super) fn block_without_name(at: Span, tag: &str) -> Diagnostic {
    Diagnostic::error(Code::JINJA_SYNTAX, format!("this {tag} has no name"))
        .at(at, "a name is missing")
        .help(format!("write `{{% {tag} some_name … %}}`"))
}

/// What the parser says.
pub(super) fn syntax(at: Span, message: &str) -> Diagnostic {
    Diagnostic::error(Code::JINJA_SYNTAX, message.to_owned()).at(at, "here")
}

/// A filter or test that is not known.
pub(super) fn unknown_filter(at: Span, what: &str, name: &str, near: Option<&str>) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(Code::JINJA_SYNTAX, format!("no {what} named `{name}`")).at(at, "used here");
    match near {
        Some(near) => diagnostic.help(format!("a {what} with a similar name exists: `{near}`")),
        None => diagnostic,
    }
}

/// A name that is called and not defined. The caller of the engine may add what is near.
pub(super) fn unknown_macro(at: Span, name: &str) -> Diagnostic {
    Diagnostic::error(Code::UNKNOWN_MACRO, format!("`{name}` is undefined"))
        .at(at, "no macro or function of this name")
}

/// An operation that Python would refuse.
pub(super) fn failed(at: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::RENDER_FAILED, message).at(at, "")
}

/// Too many steps.
pub(super) fn out_of_fuel(at: Span, steps: u64) -> Diagnostic {
    Diagnostic::error(Code::RENDER_LIMIT, format!("rendering took more than {steps} steps"))
        .at(at, "most of them here")
        .help("check that this loop ends")
}

/// A macro that calls itself for ever.
pub(super) fn too_deep(at: Span, name: &str, depth: u32) -> Diagnostic {
    Diagnostic::error(Code::RENDER_LIMIT, format!("macro `{name}` is called more than {depth} deep"))
        .at(at, "called here")
        .help("check that the macro stops calling itself")
}
