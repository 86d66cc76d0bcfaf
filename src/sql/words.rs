//! The words of a text: its tokens without blanks and comments, and what is asked of them.

use super::{Dialect, Token, TokenKind, tokens};

/// The significant tokens of a text, by their places.
#[derive(Clone, Debug)]
pub struct Words<'s> {
    sql: &'s str,
    tokens: Vec<Token>,
    /// For each bracket that opens, of any kind, the place of the one that closes it.
    closing: Vec<u32>,
}

impl<'s> Words<'s> {
    /// Reads a text.
    pub fn new(dialect: Dialect, sql: &'s str) -> Self {
        let tokens: Vec<Token> = tokens(dialect, sql).filter(|token| !token.kind.is_trivia()).collect();
        let mut closing = vec![u32::MAX; tokens.len()];
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Symbol(b'(' | b'[' | b'{') => open.push(at),
                TokenKind::Symbol(b')' | b']' | b'}') => {
                    if let Some(from) = open.pop() {
                        closing[from] = at as u32;
                    }
                }
                _ => {}
            }
        }
        Self { sql, tokens, closing }
    }

    /// The text.
    pub fn sql(&self) -> &'s str {
        self.sql
    }

    /// The tokens in order.
    pub fn all(&self) -> &[Token] {
        &self.tokens
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The text of one; empty past the end.
    pub fn text(&self, at: usize) -> &'s str {
        self.tokens.get(at).map_or("", |token| token.text(self.sql))
    }

    /// True if the keyword `word` stands there, in any case.
    pub fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(self.sql, word))
    }

    /// True if one of some keywords stands there.
    pub fn is_one_of(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// True if a name or keyword stands there, quoted or not.
    pub fn is_name(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted))
    }

    /// True if this sign stands there.
    pub fn symbol(&self, at: usize, symbol: u8) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Symbol(symbol))
    }

    /// The place of the bracket that closes the one at `at`, if there are both.
    pub fn closing(&self, at: usize) -> Option<usize> {
        self.closing.get(at).filter(|end| **end != u32::MAX).map(|end| *end as usize)
    }

    /// The place past the bracket that opens at `at`; the end if nothing closes it.
    pub fn past_bracket(&self, at: usize) -> usize {
        self.closing(at).map_or(self.tokens.len(), |end| end + 1)
    }

    /// The place after this word, or after the bracket that opens there.
    pub fn after(&self, at: usize) -> usize {
        if self.symbol(at, b'(') { self.past_bracket(at) } else { at + 1 }
    }

    /// The first place from `at` on, outside of brackets that open behind `at`, where `ends` holds, or where the
    /// bracket around it or the text ends.
    pub fn find(&self, mut at: usize, ends: impl Fn(usize) -> bool) -> usize {
        while at < self.tokens.len() && !self.symbol(at, b')') && !ends(at) {
            at = self.after(at);
        }
        at.min(self.tokens.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_asked_by_place() {
        let words = Words::new(Dialect::DuckDb, "select f(a, (b)) -- c\n from \"T\"");
        assert!(words.is(0, "SELECT") && words.symbol(2, b'(') && words.is_name(3));
        assert_eq!(words.past_bracket(2), 9);
        assert_eq!(words.find(1, |at| words.is(at, "from")), 9);
        assert_eq!(words.find(3, |at| words.is(at, "from")), 8);
        assert_eq!(words.text(10), "\"T\"");
        assert!(!words.is(99, "from"));
    }
}
