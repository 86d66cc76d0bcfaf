//! Lines that differ, for a terminal and for Markdown.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::review::{Hunk, Line, LineSide};

/// What a line begins with in a diff.
pub(super) fn mark(line: &Line) -> char {
    match line.side {
        LineSide::Old => '-',
        LineSide::New => '+',
        LineSide::Both => ' ',
    }
}

/// A line with its number; the words that differ are bright in a terminal.
pub(super) fn styled(line: &Line) -> String {
    let colour = match line.side {
        LineSide::Old => Style::new().fg_color(Some(AnsiColor::Red.into())),
        LineSide::New => Style::new().fg_color(Some(AnsiColor::Green.into())),
        LineSide::Both => Style::new().dimmed(),
    };
    let mut text = format!("  {colour}{:>5} {}{colour:#} ", line.number + 1, mark(line));
    for (differs, piece) in &line.pieces {
        let style = if *differs { colour.bold().underline() } else { colour };
        let _ = write!(text, "{style}{piece}{style:#}");
    }
    text.push('\n');
    text
}

/// The lines of a hunk as a diff has them.
pub(super) fn lines(hunk: &Hunk) -> String {
    hunk.lines.iter().map(|line| format!("{}{}\n", mark(line), line.text())).collect()
}

/// A block of lines in Markdown, between more backquotes than it has in a row.
pub(super) fn fenced(language: &str, lines: &str) -> String {
    let longest = lines.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{lines}{fence}\n\n")
}

/// A text in which nothing is markup.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
