//! What buhin has to say to its users, as data; printing it is the renderers' work.

mod code;
pub mod explain;
pub mod render;
mod settings;
pub mod suggest;
mod warn_error;

use serde::Serialize;

pub use code::{CODES, Code, CodeInfo};
pub use render::{Form, Style, render, summary};
pub use settings::{apply_settings, slugs};
pub use warn_error::WarnError;

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something can't be done.
    Error,
    /// It can be done, but the user should know.
    Warning,
}

/// A place with a few words on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place, in a file the user wrote.
    pub span: Span,
    /// A few words; may be empty.
    pub text: String,
}

/// One step of how rendering got to the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Where the call stands.
    pub span: Span,
    /// `in macro `cents`, called here`.
    pub text: String,
}

/// A replacement of text that would mend the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What to replace.
    pub span: Span,
    /// With what.
    pub replacement: String,
}

/// What the user can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// One phrase.
    pub text: String,
    /// Edits that would do it; may be empty.
    pub edits: Vec<Edit>,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One phrase in lower case without a full stop, names in backquotes; it must be enough on its own.
    pub message: String,
    /// The main place.
    pub label: Option<Label>,
    /// Other places.
    pub related: Vec<Label>,
    /// How rendering got there, outermost call first.
    pub trace: Vec<Trace>,
    /// Further facts, such as the rendered line or the database's own words.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<Help>,
}

impl Diagnostic {
    /// An error of this code.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            label: None,
            related: Vec::new(),
            trace: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// A warning of this code.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Sets the main place.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.label = Some(Label { span, text: text.into() });
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds advice without an edit.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(Help { text: text.into(), edits: Vec::new() });
        self
    }

    /// Adds advice with the edit that would do it.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        let edits = vec![Edit { span, replacement: replacement.into() }];
        self.help.push(Help { text: text.into(), edits });
        self
    }

    /// Adds the macro calls that led to the place.
    #[must_use]
    pub fn through(mut self, frames: &[crate::source::Frame]) -> Self {
        self.trace.extend(frames.iter().map(|frame| Trace {
            span: frame.call,
            text: match frame.name.strip_prefix("part ") {
                Some(part) => format!("in part `{part}`, inlined here"),
                None => format!("in macro `{}`, called here", frame.name),
            },
        }));
        self
    }

    /// True for errors.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// What a stage could do, and what it has to say. A broken part is missing from `value`.
#[derive(Clone, Debug)]
pub struct Staged<T> {
    /// The stage's result.
    pub value: T,
    /// In no particular order; the driver sorts them by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Staged<T> {
    /// A result with its diagnostics.
    pub fn new(value: T, diagnostics: Vec<Diagnostic>) -> Self {
        Self { value, diagnostics }
    }

    /// Moves the diagnostics to `all` and gives the value.
    pub fn collect(self, all: &mut Vec<Diagnostic>) -> T {
        all.extend(self.diagnostics);
        self.value
    }
}

/// Sorts by file, place, code and message, and drops exact repeats.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.label.as_ref().map(|label| label.span), d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}
