//! A text whose tokens can be replaced, each by as many bytes.

use std::ops::Range;

use sqlparser::ast::Ident;

use super::ident;
use crate::sql::{Dialect, Words};

/// A statement that is being repaired.
#[derive(Clone)]
pub(super) struct Text<'s> {
    pub(super) dialect: Dialect,
    pub(super) words: Words<'s>,
    bytes: Vec<u8>,
    /// True once anything was replaced.
    pub(super) is_changed: bool,
}

impl<'s> Text<'s> {
    pub(super) fn new(dialect: Dialect, sql: &'s str) -> Self {
        let words = Words::new(dialect, sql);
        Self { dialect, words, bytes: sql.as_bytes().to_vec(), is_changed: false }
    }

    /// The text as it is now.
    pub(super) fn sql(&self) -> String {
        // Whole tokens were replaced by blanks.
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The text as it is now, blank but for some words.
    pub(super) fn only(&self, range: Range<usize>) -> String {
        let tokens = self.words.all().get(range).unwrap_or_default();
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return String::new() };
        let kept = first.start as usize..last.end as usize;
        // Lines and columns stay: each character outside becomes one blank.
        let sql = self.sql();
        let text = sql.strip_prefix('\u{feff}').unwrap_or(&sql);
        let skipped = sql.len() - text.len();
        let blanked = text
            .char_indices()
            .map(|(at, char)| if kept.contains(&(at + skipped)) || char == '\n' { char } else { ' ' });
        blanked.collect()
    }

    /// The parts of the name that begins at a word, and the place after it.
    pub(super) fn dotted(&self, mut at: usize) -> (Vec<Ident>, usize) {
        let mut parts = Vec::new();
        while self.words.is_name(at) {
            parts.push(ident(self.words.text(at)));
            at += 1;
            if !self.words.symbol(at, b'.') {
                break;
            }
            at += 1;
        }
        (parts, at)
    }

    /// Where a word begins, in bytes.
    pub(super) fn start(&self, at: usize) -> usize {
        self.words.all().get(at).map_or(self.bytes.len(), |token| token.start as usize)
    }

    /// Blanks the tokens of a range.
    pub(super) fn blank(&mut self, range: Range<usize>) {
        for at in range {
            let Some(token) = self.words.all().get(at) else { return };
            self.bytes[token.start as usize..token.end as usize].fill(b' ');
            self.is_changed = true;
        }
    }

    /// Puts other bytes in place of a token that has as many or more.
    pub(super) fn replace(&mut self, at: usize, with: &str) {
        self.blank(at..at + 1);
        self.write(self.start(at), with);
    }

    /// Puts bytes in place of blanks.
    pub(super) fn write(&mut self, start: usize, text: &str) {
        self.bytes[start..start + text.len()].copy_from_slice(text.as_bytes());
    }
}
