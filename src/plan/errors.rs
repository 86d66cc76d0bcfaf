//! What can go wrong when materializations are decided.

use super::assess::TooComplex;
use super::limits::{Authority, Kind, Profile};
use super::problem::{Measure, number};
use super::propose::Proposal;
use super::weigh::{Heavy, Weights};
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

/// Statistics that can't be read.
pub(super) fn bad_statistics(path: &camino::Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::warning(Code::BAD_STATISTICS, format!("the statistics `{path}` can't be read: {why}")).help(
        "make them anew, or take `statistics` out of buhin.yml; parts are weighed by their size meanwhile",
    )
}

/// What there is to say of a statement that is over a limit.
pub(super) struct Told<'a> {
    /// Which, and by how much.
    pub(super) found: &'a TooComplex,
    /// True if buhin was free to decide and found no way.
    pub(super) is_hopeless: bool,
    /// What weighs most in its own text, where that is over the limit.
    pub(super) weights: Weights,
    /// What authors could change.
    pub(super) proposal: &'a Proposal,
}

/// A statement that the warehouse may well refuse: an error if buhin was free to decide and there is no way.
pub(super) fn too_complex(project: &Project, told: &Told<'_>) -> Diagnostic {
    let found = told.found;
    let node = project.node(found.node);
    let Project { settings, target, .. } = project;
    let dialect = target.dialect;
    let authority = Profile::of(dialect).authority(found.measure, &settings.limits, &target.name);
    let wall = number(found.budget.into());
    let verdict = match authority {
        Authority::Settings => format!("`buhin.yml` allows {wall}"),
        _ if authority.refuses() => format!("{} refuses more than {wall}", dialect.name()),
        Authority::Engine(limit) if limit.kind == Kind::Wall => {
            format!("{} was measured to stall beyond {wall}", dialect.name())
        }
        _ => format!("{} may not take more than {wall}", dialect.name()),
    };
    let has = format!("{} {}", number(found.value), found.measure.noun());
    let at = Span { end: node.span.start, ..node.span };
    let mut diagnostic = if told.is_hopeless && found.alone {
        let message = format!("no plan can help `{}`: its own text has {has}; {verdict}", node.name);
        Diagnostic::error(Code::NO_PLAN, message).at(at, "what has to be split")
    } else if told.is_hopeless {
        let message =
            format!("no plan keeps the statement of `{}` within limits: it has {has}; {verdict}", node.name);
        Diagnostic::error(Code::NO_PLAN, message).at(at, "what is built here")
    } else {
        let message = format!("the statement of `{}` has {has}; {verdict}", node.name);
        Diagnostic::warning(Code::TOO_COMPLEX, message).at(at, "what is built here")
    };
    match authority {
        Authority::Settings => diagnostic = diagnostic.note("source: `limits` of `buhin.yml`"),
        Authority::Engine(limit) if !limit.source.is_empty() => {
            diagnostic = diagnostic.note(format!("source: {}", limit.source));
        }
        _ => {}
    }
    if found.alone { split(diagnostic, found, &told.weights) } else { mend(project, diagnostic, told) }
}

/// What weighs most in a text, and where it could be split.
fn split(mut diagnostic: Diagnostic, found: &TooComplex, weights: &Weights) -> Diagnostic {
    let noun = found.measure.noun();
    let called = |heavy: &Heavy| match &heavy.name {
        Some(name) => format!("CTE `{name}`"),
        None => "this subquery".to_owned(),
    };
    for heavy in &weights.heaviest {
        let Some(span) = heavy.span else { continue };
        let share = heavy.value.saturating_mul(100) / weights.whole.max(1);
        let what = match found.measure {
            Measure::List => "this list".to_owned(),
            Measure::Nesting => "the innermost bracket".to_owned(),
            _ => called(heavy),
        };
        let text = match found.measure {
            Measure::Nesting => what,
            _ => format!("{what} has {} of {} ({share} %)", number(heavy.value), number(weights.whole)),
        };
        diagnostic = diagnostic.related(span, text);
    }
    let limit = u128::from(found.budget);
    let text = match (&weights.split, found.measure) {
        (_, Measure::List) => "put the list into a seed and join it".to_owned(),
        (_, Measure::Nesting) => "name what is in the innermost brackets in a part of its own".to_owned(),
        (Some(heavy), _) if heavy.value.max(heavy.left) <= limit => format!(
            "make {} a part of its own: it has {}, and {} {noun} are left, so both fit",
            called(heavy),
            number(heavy.value),
            number(heavy.left)
        ),
        (Some(heavy), _) if heavy.left < found.value => format!(
            "split it further: {} as a part of its own has {} and leaves {} {noun}",
            called(heavy),
            number(heavy.value),
            number(heavy.left)
        ),
        (_, Measure::Unions) => "split it into groups of branches, a part each".to_owned(),
        (_, Measure::Joins) => "join some of its tables in a part of its own that is stored".to_owned(),
        _ => "split it into parts: no CTE or subquery of it could be one".to_owned(),
    };
    diagnostic.help(text)
}

/// What authors could change so that a statement fits.
fn mend(project: &Project, diagnostic: Diagnostic, told: &Told<'_>) -> Diagnostic {
    let Told { found, proposal, .. } = told;
    let noun = found.measure.noun();
    let changes: Vec<String> = proposal
        .of(found.node)
        .map(|it| format!("`{}` from `{}` to `{}`", project.node(it.node).name, it.from.name(), it.to.name()))
        .collect();
    let left = proposal.statements[found.node].map(|load| number(load[found.measure]));
    let left = left.map_or_else(String::new, |left| format!("{left} {noun}"));
    let is_left = proposal.remaining.iter().any(|one| one.node == found.node);
    match (changes.as_slice(), is_left) {
        ([], _) => {
            diagnostic.help("nothing that is put into it may be stored: split it into parts that can be")
        }
        ([one], false) => {
            diagnostic.help(format!("change {one}: then it has {left}; or let buhin choose: `auto`"))
        }
        (all, false) => diagnostic
            .help(format!(
                "make these {} changes: then it has {left}; or let buhin choose: `auto`",
                all.len()
            ))
            .help(all.join(", ")),
        (all, true) => diagnostic
            .help(format!("no change of materializations makes it fit; what comes closest leaves {left}"))
            .help(format!("change {}, and split what is left", all.join(", "))),
    }
}
