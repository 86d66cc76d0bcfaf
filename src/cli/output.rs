//! Printing: results to standard output, all else to standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

/// Something that was printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Said {
    /// To standard output.
    Result(String),
    /// To standard error.
    Note(String),
}

impl Said {
    /// Prints it. A closed pipe ends the printing, not the program with a panic.
    pub(crate) fn print(&self) {
        match self {
            Self::Result(text) => drop(anstream::stdout().lock().write_all(text.as_bytes())),
            Self::Note(text) => drop(anstream::stderr().lock().write_all(text.as_bytes())),
        }
    }
}

static SAID: OnceLock<Mutex<Vec<Said>>> = OnceLock::new();

/// From now on what is printed is kept, too.
pub(crate) fn keep() {
    SAID.get_or_init(Mutex::default);
}

/// What has been printed since, if it was kept.
pub(crate) fn kept() -> Option<Vec<Said>> {
    SAID.get().map(|said| said.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

fn say(kind: fn(String) -> Said, text: &str) {
    let said = kind(text.to_owned());
    said.print();
    if let Some(all) = SAID.get() {
        all.lock().unwrap_or_else(PoisonError::into_inner).push(said);
    }
}

/// Text to standard output.
pub(crate) fn result(text: &str) {
    say(Said::Result, text);
}

/// A line to standard error.
pub(crate) fn line(text: &str) {
    say(Said::Note, &format!("{text}\n"));
}

/// Text to standard error, as it is.
pub(crate) fn raw(text: &str) {
    say(Said::Note, text);
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

/// Whether standard output and standard error should have colour.
pub(crate) fn colours() -> [bool; 2] {
    [anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never, colour()]
}
