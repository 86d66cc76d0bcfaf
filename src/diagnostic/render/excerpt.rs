//! The piece of a file that is shown around some places, however long the file or its lines are.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::source::{LineColumn, SourceFile, Span};

/// A line of more bytes is shown in part only.
pub(super) const LONG_LINE: usize = 2_000;

/// A piece of a file, with the places in it.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// Whole lines, or a window into one long line.
    pub(super) text: String,
    /// The number of the first line.
    pub(super) line_start: usize,
    /// The places, within `text`.
    pub(super) spans: Vec<Range<usize>>,
    /// Where the first place stands in the file, if `text` is a window, so that it can't be told from it.
    pub(super) window_at: Option<LineColumn>,
}

/// Whole lines that hold all the spans, if none of these has more than `longest` bytes.
pub(super) fn lines(file: &SourceFile, spans: &[Span], longest: usize) -> Option<Excerpt> {
    let text: &str = &file.text;
    let spans: Vec<Range<usize>> = spans.iter().map(|span| clamp(text, *span)).collect();
    let first = spans.iter().map(|span| span.start).min()?;
    let last = spans.iter().map(|span| span.end).max()?;
    let start = line_start(text, first, longest)?;
    let tail = &text.as_bytes()[last..];
    let rest = tail.iter().take(longest + 1).position(|byte| *byte == b'\n');
    let end = last + rest.unwrap_or(tail.len());
    if end - last > longest || text[start..end].split('\n').any(|line| line.len() > longest) {
        return None;
    }
    let end = start + text[start..end].strip_suffix('\r').map_or(end - start, str::len).max(last - start);
    Some(Excerpt {
        text: text[start..end].to_owned(),
        line_start: file.line_column(start as u32).line,
        spans: spans.into_iter().map(|span| span.start - start..span.end - start).collect(),
        window_at: None,
    })
}

/// A window into the line of one span; a span of several lines is cut at the end of its first.
///
/// `margin` is the width of what is shown on each side.
pub(super) fn window(file: &SourceFile, span: Span, margin: usize) -> Excerpt {
    let text: &str = &file.text;
    let span = clamp(text, span);
    let before = back(text, span.start, margin);
    let left = text[before..span.start].rfind('\n').map_or(before, |at| before + at + 1);
    let cut = |from: usize, most: usize| {
        let end = forward(text, from, most);
        text[from..end].find('\n').map_or(end, |at| from + at)
    };
    let stop = cut(span.start, 2 * margin).min(span.end);
    let right = cut(stop, margin);
    let is_start = left == 0 || text.as_bytes()[left - 1] == b'\n';
    let is_end = right == text.len() || text.as_bytes()[right] == b'\n';
    let (open, close) = (if is_start { "" } else { "…" }, if is_end { "" } else { "…" });
    let at = file.line_column(span.start as u32);
    let shift = open.len();
    Excerpt {
        text: format!("{open}{}{close}", &text[left..right]),
        line_start: at.line,
        spans: std::iter::once(span.start - left + shift..stop - left + shift).collect(),
        window_at: Some(at),
    }
}

/// The span as offsets that slice the text safely, whatever it says.
fn clamp(text: &str, span: Span) -> Range<usize> {
    let floor = |at: u32| {
        let at = (at as usize).min(text.len());
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    };
    let start = floor(span.start);
    let end = floor(span.end).max(start);
    // A place that ends with a line break ends before it.
    start..start + text[start..end].trim_end_matches(['\r', '\n']).len()
}

/// The start of the line that `at` stands in; `None` if it is too far away.
fn line_start(text: &str, at: usize, longest: usize) -> Option<usize> {
    let from = at.saturating_sub(longest);
    match text.as_bytes()[from..at].iter().rposition(|byte| *byte == b'\n') {
        Some(found) => Some(from + found + 1),
        None => (from == 0).then_some(0),
    }
}

/// The offset of the text that is at most `width` wide and ends at `at`.
fn back(text: &str, at: usize, width: usize) -> usize {
    let wide = within(text[..at].chars().rev(), width);
    at - wide
}

/// The offset after the text that starts at `at` and is at most `width` wide.
fn forward(text: &str, at: usize, width: usize) -> usize {
    at + within(text[at..].chars(), width)
}

/// How many bytes of the characters fit.
fn within(chars: impl Iterator<Item = char>, width: usize) -> usize {
    let mut left = width;
    let mut bytes = 0;
    for char in chars {
        let Some(rest) = left.checked_sub(char.width().unwrap_or(1)) else { break };
        left = rest;
        bytes += char.len_utf8();
    }
    bytes
}
