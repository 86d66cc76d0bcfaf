//! Printing diagnostics: one file for each form.

mod excerpt;
mod github;
mod human;
mod json;
mod short;

use std::borrow::Cow;

use super::{Diagnostic, Severity};
use crate::source::{Sources, Span};

/// What diagnostics are printed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// With the text around each place, for a terminal.
    #[default]
    Human,
    /// `path:line:col: error[B0401]: message`, one line each.
    Short,
    /// One JSON object a line; the keys are stable.
    Json,
    /// Commands for GitHub Actions, which show up in a pull request.
    Github,
}

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// All diagnostics as text that ends with a line break; empty if there are none.
///
/// A place in a file that is not among `sources` is left out.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, form: Form, style: Style) -> String {
    let known = placed(diagnostics, sources);
    let diagnostics = known.as_ref();
    match form {
        Form::Human => human::render(diagnostics, sources, style),
        Form::Short => short::render(diagnostics, sources),
        Form::Json => json::render(diagnostics, sources),
        Form::Github => github::render(diagnostics, sources),
    }
}

/// The diagnostics without places in unknown files.
fn placed<'a>(diagnostics: &'a [Diagnostic], sources: &Sources) -> Cow<'a, [Diagnostic]> {
    let known = |span: Span| sources.has(span.file);
    let is_whole = |diagnostic: &Diagnostic| {
        let labels = diagnostic.label.iter().chain(&diagnostic.related);
        let edits = diagnostic.help.iter().flat_map(|help| &help.edits);
        let spans = labels.map(|label| label.span).chain(diagnostic.trace.iter().map(|step| step.span));
        spans.chain(edits.map(|edit| edit.span)).all(known)
    };
    if diagnostics.iter().all(is_whole) {
        return Cow::Borrowed(diagnostics);
    }
    let mut diagnostics = diagnostics.to_vec();
    for diagnostic in &mut diagnostics {
        diagnostic.label.take_if(|label| !known(label.span));
        diagnostic.related.retain(|label| known(label.span));
        diagnostic.trace.retain(|step| known(step.span));
        for help in &mut diagnostic.help {
            help.edits.retain(|edit| known(edit.span));
        }
    }
    Cow::Owned(diagnostics)
}

/// `2 errors, 1 warning`; `None` if there is nothing to count.
pub fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let counted = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
    let phrases = counted.map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }));
    let phrases: Vec<String> = phrases.collect();
    (!phrases.is_empty()).then(|| phrases.join(", "))
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

#[cfg(test)]
mod tests;
