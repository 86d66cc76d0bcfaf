//! Commands for GitHub Actions: `::error file=…,line=…,col=…,title=…::…`.

use std::fmt::Write;

use crate::diagnostic::Diagnostic;
use crate::source::Sources;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let _ = write!(out, "::{} ", diagnostic.severity.name());
        if let Some(label) = &diagnostic.label {
            let file = sources.get(label.span.file);
            let (from, to) = (file.line_column(label.span.start), file.line_column(label.span.end));
            let path = property(file.path.as_str());
            let _ = write!(out, "file={path},line={},endLine={},", from.line, to.line);
            // GitHub takes columns only where a place is within one line.
            if from.line == to.line {
                let _ = write!(out, "col={},endColumn={},", from.column, to.column);
            }
        }
        let slug = diagnostic.code.info().map_or("", |info| info.slug);
        let title = property(&format!("{} {slug}", diagnostic.code));
        let mut text = diagnostic.message.clone();
        for note in &diagnostic.notes {
            let _ = write!(text, "\nnote: {note}");
        }
        for help in &diagnostic.help {
            let _ = write!(text, "\nhelp: {}", help.text);
        }
        let _ = writeln!(out, "title={title}::{}", message(&text));
    }
    out
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
