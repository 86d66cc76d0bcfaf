//! Printing: results to standard output, all else to standard error.

use std::io::{self, IsTerminal as _, Write as _};

/// Text to standard output. A closed pipe ends the printing, not the program with a panic.
pub(crate) fn result(text: &str) {
    drop(anstream::stdout().lock().write_all(text.as_bytes()));
}

/// A line to standard error.
pub(crate) fn line(text: &str) {
    drop(writeln!(anstream::stderr().lock(), "{text}"));
}

/// Text to standard error, as it is.
pub(crate) fn raw(text: &str) {
    drop(anstream::stderr().lock().write_all(text.as_bytes()));
}

/// Columns of the terminal: `COLUMNS` if set, else what the terminal says, else `None` (a file or a pipe).
pub(crate) fn width() -> Option<usize> {
    #[allow(clippy::disallowed_methods, reason = "the terminal's width changes no result")]
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns
        .filter(|columns| *columns >= 20)
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
}

/// True when progress may be drawn.
pub(crate) fn interactive() -> bool {
    io::stderr().is_terminal()
}

/// True when standard error should have colour.
pub(crate) fn colour() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}
