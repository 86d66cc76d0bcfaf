//! The text that is being rendered, with the origin of each piece.

use std::sync::Arc;

use super::code::{At, Code};
use super::run::{Res, Run, too_large};
use super::text;
use crate::source::{Frame, Segment, SegmentKind, SourceMap, Span};
use minijinja::Value;

/// A rendered text may not be longer.
pub(super) const LONGEST: usize = 128 << 20;

/// A run of bytes with one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) len: u32,
    pub(super) origin: Span,
    pub(super) literal: bool,
    /// The chain of macro calls.
    pub(super) trace: u32,
}

/// A text in the making.
pub(super) struct Buffer {
    text: String,
    pieces: Vec<Piece>,
    mapping: bool,
}

impl Buffer {
    pub(super) fn new(mapping: bool) -> Self {
        Self { text: String::new(), pieces: Vec::new(), mapping }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn into_parts(self) -> (String, Vec<Piece>) {
        (self.text, self.pieces)
    }

    /// Text of the file; every line ending becomes `\n`, as in Jinja2.
    pub(super) fn raw(&mut self, code: &Code, at: At, trace: u32) {
        if !code.has_returns {
            self.literal(code, at, trace);
            return;
        }
        let source = code.source(at);
        let mut from = at.start;
        for (found, _) in source.match_indices('\r') {
            let cut = at.start + found as u32;
            self.literal(code, At { start: from, end: cut }, trace);
            from = cut + 1;
            if !source[found + 1..].starts_with('\n') {
                self.text.push('\n');
                self.piece(Piece {
                    len: 1,
                    origin: code.span(At { start: cut, end: from }),
                    literal: false,
                    trace,
                });
            }
        }
        self.literal(code, At { start: from, end: at.end }, trace);
    }

    fn literal(&mut self, code: &Code, at: At, trace: u32) {
        if at.end > at.start {
            self.text.push_str(code.source(at));
            self.piece(Piece { len: at.end - at.start, origin: code.span(at), literal: true, trace });
        }
    }

    /// The value of an expression that stands at `origin`.
    pub(super) fn value(&mut self, run: &Run, value: &Value, origin: Span) -> Res<()> {
        let text = text::str_of(value);
        if self.text.len() + text.len() > LONGEST {
            return Err(too_large("the rendered text"));
        }
        self.text.push_str(&text);
        if self.mapping && !text.is_empty() {
            if let Some(pieces) = run.kept(&text) {
                pieces.iter().for_each(|piece| self.piece(*piece));
            } else {
                let trace = run.trace();
                self.piece(Piece { len: text.len() as u32, origin, literal: false, trace });
            }
        }
        Ok(())
    }

    fn piece(&mut self, piece: Piece) {
        if !self.mapping {
            return;
        }
        if let Some(last) = self.pieces.last_mut()
            && last.literal == piece.literal
            && last.trace == piece.trace
            && last.origin.file == piece.origin.file
        {
            let follows = piece.literal && last.origin.end == piece.origin.start;
            if follows || (!piece.literal && last.origin == piece.origin) {
                last.len += piece.len;
                last.origin.end = last.origin.end.max(piece.origin.end);
                return;
            }
        }
        self.pieces.push(piece);
    }
}

/// The source map of pieces.
pub(super) fn source_map(pieces: &[Piece], run: &Run) -> SourceMap {
    let mut at = 0;
    let mut last: (u32, Arc<[Frame]>) = (0, Arc::default());
    let segments = pieces
        .iter()
        .map(|piece| {
            let rendered = at..at + piece.len;
            at += piece.len;
            if piece.trace != last.0 {
                last = (piece.trace, run.frames_of(piece.trace).into());
            }
            let kind = if piece.literal { SegmentKind::Literal } else { SegmentKind::Produced };
            Segment { rendered, origin: piece.origin, kind, frames: Arc::clone(&last.1) }
        })
        .collect();
    SourceMap { segments }
}
