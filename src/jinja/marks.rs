//! Where a text has Jinja: for those who show it, not for those who run it.

use std::ops::Range;

use super::lex::{self, PieceKind};

/// `{{ … }}`, `{% … %}` or `{# … #}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The bytes, marks included.
    pub span: Range<usize>,
    /// True for `{# … #}`.
    pub is_comment: bool,
}

/// The Jinja of a text, in order; what is never closed is text.
pub fn marks(text: &str) -> Vec<Mark> {
    let (pieces, _) = lex::lex(text, 0..text.len());
    let marks = pieces.into_iter().filter_map(|piece| {
        let is_comment = match piece.kind {
            PieceKind::Data => return None,
            PieceKind::Comment => true,
            PieceKind::Output | PieceKind::Tag { .. } | PieceKind::Raw => false,
        };
        Some(Mark { span: piece.span, is_comment })
    });
    marks.collect()
}
