//! What can go wrong when materializations are decided.

use super::assess::TooComplex;
use super::decide::number;
use super::problem::Measure;
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::project::Project;
use crate::source::Span;

/// The materializations that every project has, as users write them.
pub(super) const KNOWN: &[&str] =
    &["auto", "ephemeral", "incremental", "inline", "materialized_view", "table", "temp", "view"];

/// A materialization that neither buhin nor the project has.
pub(super) fn unknown_materialization(
    at: Span,
    part: &str,
    name: &str,
    adapter: &str,
    custom: &[String],
) -> Diagnostic {
    let message = format!("materialization `{name}` of `{part}` is not known");
    let mut diagnostic = Diagnostic::error(Code::BAD_MATERIALIZATION, message).at(at, "asked for here");
    let candidates = KNOWN.iter().copied().chain(custom.iter().map(String::as_str));
    if let Some(near) = suggest::closest(name, candidates) {
        diagnostic = diagnostic.help(format!("a materialization with a similar name exists: `{near}`"));
    } else {
        let known = KNOWN.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        diagnostic = diagnostic.help(format!(
            "use one of {known}, or define `{{% materialization {name}, adapter='{adapter}' %}}` in a macro file"
        ));
    }
    diagnostic
}

/// A python model that its author wants inlined.
pub(super) fn inline_python(at: Span, part: &str) -> Diagnostic {
    Diagnostic::error(Code::INLINE_UNSAFE, format!("`{part}` is a python model and can't be inlined"))
        .at(at, "asked for here")
        .help("materialize it as `table`")
}

/// A part with dice in it that its author wants inlined, and that is read more than once.
pub(super) fn inline_random(at: Span, part: &str, function: &str, count: usize) -> Diagnostic {
    let message = format!("`{part}` is inlined {count} times, and `{function}` gives other values each time");
    Diagnostic::warning(Code::INLINE_UNSAFE, message)
        .at(at, "its readers will not see the same rows")
        .help("materialize it as `table`, so that all readers see the same rows")
}

/// An approved plan that can't be read.
pub(super) fn bad_approved(path: &camino::Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_APPROVED_PLAN, format!("the approved plan `{path}` can't be read: {why}"))
        .help("bring it back from git, or write it anew with `buhin plan --accept`")
}

/// A statement that the warehouse may well refuse.
pub(super) fn too_complex(project: &Project, found: &TooComplex, limit: &str) -> Diagnostic {
    let node = project.node(found.node);
    let message = format!(
        "the statement of `{}` has {} {}; {limit}",
        node.name,
        number(found.value),
        found.measure.noun()
    );
    let at = Span { end: node.span.start, ..node.span };
    let diagnostic = Diagnostic::warning(Code::TOO_COMPLEX, message).at(at, "what is built here");
    let parts: Vec<String> = found
        .contributors
        .iter()
        .map(|(part, left)| format!("`{}` ({} left)", project.node(*part).name, number(*left)))
        .collect();
    if found.alone {
        return diagnostic.help(format!(
            "its own text is over that: split it, the largest of its CTEs first{}",
            if found.measure == Measure::Unions { ", or a group of its branches" } else { "" }
        ));
    }
    match parts.as_slice() {
        [] => diagnostic.help("split it into parts that can be stored"),
        parts => diagnostic.help(format!("materialize as `table` (or `auto`) one of {}", parts.join(", "))),
    }
}
