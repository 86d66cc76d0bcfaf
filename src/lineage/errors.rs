//! What can be wrong with the names of a statement.

use super::model::{Problem, Reason, StatementLineage};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Origin, Span};
use std::ops::Range;
use std::sync::Arc;

/// The mistakes in a statement's names, as errors at the places that `origin` gives for bytes of its text.
pub fn problems(
    lineage: &StatementLineage,
    origin: &dyn Fn(&Range<u32>) -> Option<Origin>,
) -> Vec<Diagnostic> {
    lineage.problems.iter().map(|problem| named(problem, origin)).collect()
}

/// The mistakes in a statement's names, as errors at places of `file`, and a warning if it is opaque.
pub fn diagnostics(lineage: &StatementLineage, file: FileId) -> Vec<Diagnostic> {
    let mut all = problems(lineage, &|range| {
        let span = Span { file, start: range.start, end: range.end };
        Some(Origin { span, exact: true, frames: Arc::from([]) })
    });
    if let Some(opaque) = &lineage.opaque {
        let message = format!("the statement is not followed: {}", opaque.reason);
        let mut diagnostic = Diagnostic::warning(Code::OPAQUE, message);
        if let Some(range) = &opaque.span {
            diagnostic =
                diagnostic.at(Span { file, start: range.start, end: range.end }, "not understood here");
        }
        all.push(diagnostic.help("which tables it reads is told; where its columns come from is not"));
    }
    all
}

fn named(problem: &Problem, origin: &dyn Fn(&Range<u32>) -> Option<Origin>) -> Diagnostic {
    let last = problem.name.rsplit('.').next().unwrap_or(&problem.name);
    let (code, message, label) = if problem.reason == Reason::NoSuchRelation {
        let relation = problem.relations.first().map_or("", String::as_str);
        let message =
            format!("`{}` names a relation `{relation}` that does not stand in `from`", problem.name);
        (Code::UNKNOWN_QUALIFIER, message, "no relation of this name")
    } else {
        let message = match problem.relations.as_slice() {
            [] => format!("column `{}` does not exist: no relation stands in `from`", problem.name),
            [only] => format!("column `{last}` does not exist in `{only}`"),
            several => {
                let shown: Vec<String> = several.iter().map(|name| format!("`{name}`")).collect();
                format!("column `{}` does not exist in {}", problem.name, shown.join(", "))
            }
        };
        (Code::UNKNOWN_COLUMN, message, "no column of this name")
    };
    let mut diagnostic = Diagnostic::error(code, message);
    let origin = problem.span.as_ref().and_then(origin);
    if let Some(origin) = &origin {
        diagnostic = diagnostic.at(origin.span, label).through(&origin.frames);
    }
    // What a macro made can't be mended where it is called.
    let span = origin.filter(|origin| origin.exact).map(|origin| origin.span);
    let wanted = if problem.reason == Reason::NoSuchRelation {
        problem.relations.first().map_or(last, String::as_str)
    } else {
        last
    };
    match (problem.near.as_deref(), span) {
        // A name in quotes would need the dialect's own.
        (Some(near), Some(span)) if (span.end - span.start) as usize == wanted.len() => {
            diagnostic.fix(format!("did you mean `{near}`?"), span, near)
        }
        (Some(near), _) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, _) if problem.candidates.is_empty() => diagnostic.help("name a relation in `from`"),
        (None, _) => diagnostic.help(format!("these exist: {}", problem.candidates.join(", "))),
    }
}
