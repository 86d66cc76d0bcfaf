//! Printing: results to standard output, all else to standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

/// Where a text is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stream {
    /// Standard output.
    Result,
    /// Standard error.
    Note,
}

impl Stream {
    /// A closed pipe ends the printing, not the program with a panic.
    fn print(self, text: &str) {
        match self {
            Self::Result => drop(anstream::stdout().lock().write_all(text.as_bytes())),
            Self::Note => drop(anstream::stderr().lock().write_all(text.as_bytes())),
        }
    }
}

/// Something that was printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    to: Stream,
    text: String,
}

impl Said {
    /// Prints it again.
    pub(crate) fn print(&self) {
        self.to.print(&self.text);
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

fn say(to: Stream, text: &str) {
    to.print(text);
    if let Some(all) = SAID.get() {
        all.lock().unwrap_or_else(PoisonError::into_inner).push(Said { to, text: text.to_owned() });
    }
}

/// Text to standard output.
pub(crate) fn result(text: &str) {
    say(Stream::Result, text);
}

/// A line to standard error.
pub(crate) fn line(text: &str) {
    say(Stream::Note, &format!("{text}\n"));
}

/// Text to standard error, as it is.
pub(crate) fn raw(text: &str) {
    say(Stream::Note, text);
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
