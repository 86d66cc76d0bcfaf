//! What can go wrong when materializations are decided.

use super::assess::TooComplex;
use super::limits::{Kind, Profile};
use super::problem::{Measure, number};
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::project::{NodeId, Project};
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

/// A statement that the warehouse may well refuse; `contributors` as in `assess`.
pub(super) fn too_complex(
    project: &Project,
    found: &TooComplex,
    contributors: &[(NodeId, u128)],
) -> Diagnostic {
    let node = project.node(found.node);
    let dialect = project.target.dialect;
    let limit = Profile::of(dialect).limit(found.measure);
    let set = project.settings.limits.of(&project.target.name, found.measure.name()).is_some();
    let wall = number(found.budget.into());
    let verdict = match limit.map(|limit| limit.kind) {
        _ if set => format!("`buhin.yml` allows {wall}"),
        Some(Kind::Refusal) if limit.is_some_and(|limit| limit.value.is_some()) => {
            format!("{} refuses more than {wall}", dialect.name())
        }
        Some(Kind::Wall) => format!("{} was measured to stall beyond {wall}", dialect.name()),
        _ => format!("{} may not take more than {wall}", dialect.name()),
    };
    let message = format!(
        "the statement of `{}` has {} {}; {verdict}",
        node.name,
        number(found.value),
        found.measure.noun()
    );
    let at = Span { end: node.span.start, ..node.span };
    let mut diagnostic = Diagnostic::warning(Code::TOO_COMPLEX, message).at(at, "what is built here");
    if let Some(limit) = limit.filter(|limit| !set && !limit.source.is_empty()) {
        diagnostic = diagnostic.note(format!("source: {}", limit.source));
    }
    if found.alone {
        return diagnostic.help(match found.measure {
            Measure::Unions => "its own text is over that: split it into groups of branches, a part each",
            Measure::List => "its own text is over that: put the list into a seed and join it",
            _ => "its own text is over that: split it, beginning with the largest of its CTEs",
        });
    }
    let part =
        |(part, left): &(NodeId, u128)| format!("`{}` ({} left)", project.node(*part).name, number(*left));
    let parts: Vec<String> = contributors.iter().map(part).collect();
    match parts.as_slice() {
        [] => diagnostic.help("split it into parts that can be stored"),
        [one] => diagnostic.help(format!("materialize {one} as `table`, or let buhin choose: `auto`")),
        parts => diagnostic.help(format!(
            "materialize one of these as `table`, or let buhin choose (`auto`): {}",
            parts.join(", ")
        )),
    }
}
