//! The form for programs: one JSON object a line.
//!
//! The keys and their meanings are stable; new ones may be added. Lines and columns start at 1, columns count
//! characters, `start` and `end` are byte offsets. `path` and the other keys of the place are null together.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Sources, Span};

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let line = serde_json::to_string(&Line::new(diagnostic, sources));
        out.push_str(&line.expect("text, numbers and lists are always JSON"));
        out.push('\n');
    }
    out
}

#[derive(Serialize)]
struct Line<'a> {
    code: String,
    slug: &'static str,
    severity: Severity,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    label: Option<&'a str>,
    related: Vec<Named<'a>>,
    trace: Vec<Named<'a>>,
    notes: &'a [String],
    help: Vec<HelpLine<'a>>,
    docs: String,
}

#[derive(Default, Serialize)]
struct Place<'a> {
    path: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    start: Option<u32>,
    end: Option<u32>,
}

#[derive(Serialize)]
struct Named<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct HelpLine<'a> {
    text: &'a str,
    edits: Vec<EditLine<'a>>,
}

#[derive(Serialize)]
struct EditLine<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

impl<'a> Line<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let label = diagnostic.label.as_ref();
        let named = |(span, text): (Span, &'a str)| Named { place: Place::new(span, sources), text };
        let edits = |edits: &'a [crate::diagnostic::Edit]| {
            let line = |edit: &'a crate::diagnostic::Edit| EditLine {
                place: Place::new(edit.span, sources),
                replacement: &edit.replacement,
            };
            edits.iter().map(line).collect()
        };
        Self {
            code: diagnostic.code.to_string(),
            slug: diagnostic.code.info().map_or("", |info| info.slug),
            severity: diagnostic.severity,
            message: &diagnostic.message,
            place: label.map(|label| Place::new(label.span, sources)).unwrap_or_default(),
            label: label.map(|label| label.text.as_str()),
            related: diagnostic.related.iter().map(|label| (label.span, &*label.text)).map(named).collect(),
            trace: diagnostic.trace.iter().map(|step| (step.span, &*step.text)).map(named).collect(),
            notes: &diagnostic.notes,
            help: diagnostic
                .help
                .iter()
                .map(|help| HelpLine { text: &help.text, edits: edits(&help.edits) })
                .collect(),
            docs: format!("docs/errors/{}.md", diagnostic.code),
        }
    }
}

impl<'a> Place<'a> {
    fn new(span: Span, sources: &'a Sources) -> Self {
        let file = sources.get(span.file);
        let (from, to) = (file.line_column(span.start), file.line_column(span.end));
        Self {
            path: Some(file.path.as_str()),
            line: Some(from.line),
            column: Some(from.column),
            end_line: Some(to.line),
            end_column: Some(to.column),
            start: Some(span.start),
            end: Some(span.end),
        }
    }
}
