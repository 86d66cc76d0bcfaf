//! One line each, in the form that editors and `grep` know.

use std::fmt::Write;

use crate::diagnostic::Diagnostic;
use crate::source::Sources;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        if let Some(label) = &diagnostic.label {
            let file = sources.get(label.span.file);
            let at = file.line_column(label.span.start);
            let _ = write!(out, "{}:{}:{}: ", file.path, at.line, at.column);
        }
        let message = diagnostic.message.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "{}[{}]: {message}", diagnostic.severity.name(), diagnostic.code);
    }
    out
}
