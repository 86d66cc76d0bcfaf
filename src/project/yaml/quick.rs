//! A fast way through the YAML that nearly all property files are: block mappings and lists of short scalars.
//!
//! It either gives exactly what the thorough reader would give, or nothing, at the first sign of anything else:
//! block scalars, anchors, tags, escapes, tabs, values over several lines, keys that repeat, mistakes.

use std::borrow::Cow;

use super::{Entry, Kind, Yaml, scalar};
use crate::source::{FileId, Span};

/// Deeper nesting is left to the thorough reader, which limits it.
const DEPTH: usize = 60;

/// The tree of a text that has nothing unusual in it.
pub(super) fn parse(file: FileId, text: &str) -> Option<Yaml<'_>> {
    let mut reader = Reader { file, text, bytes: text.as_bytes(), line: 0, at: 0, column: 0, end: 0 };
    if !reader.advance()? {
        return None;
    }
    let root = reader.block(reader.column, 0)?;
    (!reader.more()).then_some(root)
}

/// A place in the text. `at` is the start of the content of the current line, or of what is left of it.
struct Reader<'t> {
    file: FileId,
    text: &'t str,
    bytes: &'t [u8],
    /// Where the next line starts; the text's length when the current content is the last.
    line: usize,
    /// Where the content that is not read yet starts.
    at: usize,
    /// Its column.
    column: usize,
    /// Where the current line ends; equal to `at` when there is no content left at all.
    end: usize,
}

impl<'t> Reader<'t> {
    /// Goes to the next line with content. `Some(false)` at the end; then `line` is the text's length.
    fn advance(&mut self) -> Option<bool> {
        while self.line < self.bytes.len() {
            let start = self.line;
            let end = self.bytes[start..]
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(self.bytes.len(), |at| start + at);
            let mut at = start;
            while at < end && self.bytes[at] == b' ' {
                at += 1;
            }
            self.line = (end + 1).min(self.bytes.len());
            if at == end || self.bytes[at] == b'#' {
                if self.bytes[at..end].iter().any(|byte| odd(*byte)) {
                    return None;
                }
                continue;
            }
            // Marks of documents and directives.
            if at == start && matches!(&self.bytes[at..end.min(at + 3)], b"---" | b"..." | [b'%', ..]) {
                return None;
            }
            (self.at, self.end, self.column) = (at, end, at - start);
            return Some(true);
        }
        self.at = self.bytes.len();
        self.end = self.at;
        self.column = 0;
        Some(false)
    }

    /// Whether there is content that is not read yet.
    fn more(&self) -> bool {
        self.at < self.end
    }

    fn block(&mut self, column: usize, depth: usize) -> Option<Yaml<'t>> {
        if depth > DEPTH {
            return None;
        }
        if self.dash() { self.list(column, depth) } else { self.mapping(column, depth) }
    }

    /// Whether the content is an item of a list.
    fn dash(&self) -> bool {
        self.bytes[self.at] == b'-' && matches!(self.bytes.get(self.at + 1), None | Some(b' ' | b'\n'))
    }

    fn list(&mut self, column: usize, depth: usize) -> Option<Yaml<'t>> {
        let start = self.at;
        let mut items: Vec<Yaml<'t>> = Vec::new();
        while self.more() && self.column == column && self.dash() {
            self.skip(1)?;
            if !self.more() {
                // A dash alone; what it holds stands on the next lines.
                return None;
            }
            let item = if self.dash() || self.key().is_some() {
                self.block(self.column, depth + 1)?
            } else {
                self.inline(column)?
            };
            items.push(item);
        }
        if self.more() && self.column > column {
            return None;
        }
        let end = items.last()?.span.end;
        Some(Yaml { kind: Kind::List(items), span: Span { file: self.file, start: start as u32, end } })
    }

    fn mapping(&mut self, column: usize, depth: usize) -> Option<Yaml<'t>> {
        let start = self.at;
        let mut entries: Vec<Entry<'t>> = Vec::new();
        let mut end = start;
        while self.more() && self.column == column && !self.dash() {
            let key_end = self.key()?;
            let key = &self.text[self.at..key_end];
            if entries.iter().any(|entry| entry.key == key) {
                return None;
            }
            let key_span = Span::new(self.file, self.at, key_end);
            self.skip(key_end + 1 - self.at)?;
            let value = if self.more() {
                self.inline(column)?
            } else {
                if !self.advance()? {
                    return None;
                }
                if self.column > column {
                    self.block(self.column, depth + 1)?
                } else if self.column == column && self.dash() {
                    // A list may stand at the column of its key. The thorough reader then takes it to start
                    // with its first item.
                    let mut list = self.list(column, depth + 1)?;
                    list.span.start = list.items().first()?.span.start;
                    list
                } else {
                    return None;
                }
            };
            end = value.span.end as usize;
            entries.push(Entry { key: scalar::key(key.into()), key_span, value });
        }
        if self.more() && self.column > column {
            return None;
        }
        (!entries.is_empty())
            .then(|| Yaml { kind: Kind::Map(entries), span: Span::new(self.file, start, end) })
    }

    /// Where the key that the content begins with ends, if it begins with a simple one.
    fn key(&self) -> Option<usize> {
        let mut at = self.at;
        if !(self.bytes[at].is_ascii_alphanumeric() || matches!(self.bytes[at], b'_' | b'+')) {
            return None;
        }
        while at < self.end
            && (self.bytes[at].is_ascii_alphanumeric() || matches!(self.bytes[at], b'_' | b'+' | b'-' | b'.'))
        {
            at += 1;
        }
        (at < self.end
            && self.bytes[at] == b':'
            && matches!(self.bytes.get(at + 1), None | Some(b' ' | b'\n')))
        .then_some(at)
    }

    /// Skips some bytes and the blanks after them; at a comment, the rest of the line.
    fn skip(&mut self, bytes: usize) -> Option<()> {
        let mut at = self.at + bytes;
        while at < self.end && self.bytes[at] == b' ' {
            at += 1;
        }
        if at < self.end && self.bytes[at] == b'#' {
            if self.bytes[at..self.end].iter().any(|byte| odd(*byte)) {
                return None;
            }
            at = self.end;
        }
        self.column += at - self.at;
        self.at = at;
        Some(())
    }

    /// The scalar that the rest of the line is. The next content must not be its continuation, so it has to
    /// stand at `column`, that of the mapping or list around it, or further left.
    fn inline(&mut self, column: usize) -> Option<Yaml<'t>> {
        let start = self.at;
        let (kind, end) = match self.bytes[start] {
            quote @ (b'"' | b'\'') => {
                let body = &self.bytes[start + 1..self.end];
                let length = body.iter().position(|byte| *byte == quote || *byte == b'\\' || odd(*byte))?;
                if body[length] != quote || body.get(length + 1) == Some(&quote) {
                    return None;
                }
                let end = start + length + 2;
                // Only a blank or the line's end can follow; a colon would make it a key.
                if !matches!(self.bytes.get(end), None | Some(b' ' | b'\n')) {
                    return None;
                }
                (Kind::Text(Cow::Borrowed(&self.text[start + 1..end - 1])), end)
            }
            b'[' => self.words(start)?,
            first
                if first.is_ascii_alphanumeric()
                    || matches!(first, b'_' | b'/' | b'.' | b'(' | b'+')
                    || first >= 0x80 =>
            {
                let mut end = start;
                let mut at = start;
                while at < self.end {
                    let byte = self.bytes[at];
                    if odd(byte) {
                        return None;
                    }
                    if byte == b':' && matches!(self.bytes.get(at + 1), None | Some(b' ' | b'\n')) {
                        return None;
                    }
                    if byte == b'#' && self.bytes[at - 1] == b' ' {
                        break;
                    }
                    at += 1;
                    if byte != b' ' {
                        end = at;
                    }
                }
                (scalar::resolve(Cow::Borrowed(&self.text[start..end])), end)
            }
            _ => return None,
        };
        let span = Span::new(self.file, start, end);
        self.skip(end - start)?;
        if self.more() || self.advance()? && self.column > column {
            return None;
        }
        Some(Yaml { kind, span })
    }
}

impl<'t> Reader<'t> {
    /// A list of plain words in brackets, `[a, b]`, and where it ends.
    fn words(&self, start: usize) -> Option<(Kind<'t>, usize)> {
        let mut items: Vec<Yaml<'t>> = Vec::new();
        let mut at = start + 1;
        let blanks = |mut at: usize| {
            while at < self.end && self.bytes[at] == b' ' {
                at += 1;
            }
            at
        };
        loop {
            at = blanks(at);
            let word = at;
            while at < self.end
                && (self.bytes[at].is_ascii_alphanumeric() || matches!(self.bytes[at], b'_' | b'.'))
            {
                at += 1;
            }
            if at == word {
                return None;
            }
            let kind = scalar::resolve(Cow::Borrowed(&self.text[word..at]));
            items.push(Yaml { kind, span: Span::new(self.file, word, at) });
            at = blanks(at);
            match self.bytes.get(at).filter(|_| at < self.end)? {
                b',' => at += 1,
                b']' => break,
                _ => return None,
            }
        }
        // Only a blank or the line's end can follow.
        matches!(self.bytes.get(at + 1), None | Some(b' ' | b'\n')).then_some((Kind::List(items), at + 1))
    }
}

/// Bytes that need a closer look: control characters, and those that begin unusual blanks and marks.
fn odd(byte: u8) -> bool {
    byte < b' ' || byte == 0x7f || matches!(byte, 0xc2 | 0xef)
}
