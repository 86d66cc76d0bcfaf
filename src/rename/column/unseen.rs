//! Names in text that was not compiled: branches of `if` that are not taken today, texts in Jinja.

use std::ops::Range;

use super::name::ColumnNames;
use crate::jinja;
use crate::render::RenderedNode;
use crate::source::{SegmentKind, Span};
use crate::sql::{TokenKind, tokens};

/// The places of the old name in a node's text that none of its renderings shows.
pub(super) fn unseen(text: &str, body: Span, rendered: &[&RenderedNode], names: &ColumnNames) -> Vec<Span> {
    let masked = without_jinja(&text[body.range()]);
    let shown = |range: &Range<u32>| {
        rendered.iter().any(|node| {
            node.source_map.segments.iter().any(|segment| {
                let origin = segment.origin;
                segment.kind == SegmentKind::Literal
                    && origin.file == body.file
                    && origin.start <= range.start
                    && range.end <= origin.end
            })
        })
    };
    let named = tokens(names.dialect, &masked).filter(|token| names.is_old(*token, &masked));
    let places = named.map(|token| body.start + token.start..body.start + token.end);
    let unseen = places.filter(|range| !shown(range));
    unseen.map(|range| Span { file: body.file, start: range.start, end: range.end }).collect()
}

/// The texts in a node's Jinja that are the old name.
pub(super) fn in_jinja(text: &str, body: Span, names: &ColumnNames) -> Vec<Span> {
    let mut found = Vec::new();
    for mark in jinja::marks(&text[body.range()]).into_iter().filter(|mark| !mark.is_comment) {
        let start = body.start as usize + mark.span.start;
        let code = &text[start..body.start as usize + mark.span.end];
        for token in tokens(crate::sql::Dialect::DuckDb, code) {
            let inner = token.text(code);
            let is_text = matches!(token.kind, TokenKind::String | TokenKind::Quoted) && inner.len() > 2;
            if is_text && names.is_old_text(&inner[1..inner.len() - 1]) {
                let from = start + token.start as usize + 1;
                found.push(Span::new(body.file, from, from + inner.len() - 2));
            }
        }
    }
    found
}

/// The text with blanks in the place of Jinja.
fn without_jinja(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for mark in jinja::marks(text) {
        masked.push_str(&text[at..mark.span.start]);
        masked.extend(std::iter::repeat_n(' ', mark.span.len()));
        at = mark.span.end;
    }
    masked.push_str(&text[at..]);
    masked
}
