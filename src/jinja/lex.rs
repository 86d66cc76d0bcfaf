//! Cuts a template into text, comments, expressions and tags, aware of strings and brackets as Jinja2's lexer.

use std::ops::Range;

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// Text between tags.
    Data,
    /// `{# … #}`.
    Comment,
    /// `{{ … }}`.
    Output,
    /// `{% name … %}`; `rest` is what follows the name, without the closing mark.
    Tag { name: Range<usize>, rest: Range<usize> },
    /// `{% raw %} … {% endraw %}` as a whole.
    Raw,
}

/// A run of bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) span: Range<usize>,
    pub(super) kind: PieceKind,
}

/// Something that was opened and never closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// Where it opens.
    pub(super) span: Range<usize>,
    /// What it is, in words: `expression`, `tag`, `comment`, `string`, `raw block`.
    pub(super) what: &'static str,
    /// What would close it.
    pub(super) closing: &'static str,
}

/// Cuts `text` from `start` on; offsets are those of the whole text. Stops at the first thing left open.
pub(super) fn lex(text: &str, range: Range<usize>) -> (Vec<Piece>, Option<Unclosed>) {
    let mut lexer = Lexer { text: &text[..range.end], at: range.start, pieces: Vec::new() };
    let unclosed = lexer.run().err();
    (lexer.pieces, unclosed)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    pieces: Vec<Piece>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), Unclosed> {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() {
            let open = self.next_open(self.at);
            let end = open.unwrap_or(bytes.len());
            if end > self.at {
                self.pieces.push(Piece { span: self.at..end, kind: PieceKind::Data });
            }
            let Some(open) = open else { break };
            self.at = open;
            match bytes[open + 1] {
                b'#' => {
                    let Some(close) = self.text[open + 2..].find("#}") else {
                        return Err(unclosed(open, "comment", "#}"));
                    };
                    self.push(open + 2 + close + 2, PieceKind::Comment);
                }
                b'{' => {
                    let end = self.code(open, b'}', "expression", "}}")?;
                    self.push(end, PieceKind::Output);
                }
                _ => self.tag(open)?,
            }
        }
        Ok(())
    }

    fn push(&mut self, end: usize, kind: PieceKind) {
        self.pieces.push(Piece { span: self.at..end, kind });
        self.at = end;
    }

    fn next_open(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(found) = self.text[at..].find('{') {
            let open = at + found;
            if matches!(bytes.get(open + 1), Some(b'{' | b'%' | b'#')) {
                return Some(open);
            }
            at = open + 1;
        }
        None
    }

    fn tag(&mut self, open: usize) -> Result<(), Unclosed> {
        let end = self.code(open, b'%', "tag", "%}")?;
        let mut inner = open + 2..end - 2;
        if matches!(self.text.as_bytes().get(inner.start), Some(b'-' | b'+')) {
            inner.start += 1;
        }
        if inner.end > inner.start && matches!(self.text.as_bytes()[inner.end - 1], b'-' | b'+') {
            inner.end -= 1;
        }
        let start = inner.start + blanks(&self.text[inner.clone()]);
        let name = start..start + word(&self.text[start..inner.end]);
        if &self.text[name.clone()] == "raw" {
            return self.raw(open, end);
        }
        let rest = name.end..inner.end.max(name.end);
        self.push(end, PieceKind::Tag { name, rest });
        Ok(())
    }

    fn raw(&mut self, open: usize, from: usize) -> Result<(), Unclosed> {
        let mut at = from;
        while let Some(found) = self.text[at..].find("{%") {
            let start = at + found + 2;
            let rest = self.text[start..].trim_start_matches(['-', '+']).trim_start();
            if let Some(rest) = rest.strip_prefix("endraw") {
                let rest = rest.trim_start();
                let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
                if let Some(rest) = rest.strip_prefix("%}") {
                    self.push(self.text.len() - rest.len(), PieceKind::Raw);
                    return Ok(());
                }
            }
            at = start;
        }
        Err(unclosed(open, "raw block", "{% endraw %}"))
    }

    /// The end of the tag or expression that opens at `open`.
    fn code(
        &self,
        open: usize,
        close: u8,
        what: &'static str,
        closing: &'static str,
    ) -> Result<usize, Unclosed> {
        let bytes = self.text.as_bytes();
        let mut depth = 0usize;
        let mut at = open + 2;
        while at < bytes.len() {
            match bytes[at] {
                byte if byte == close && depth == 0 && bytes.get(at + 1) == Some(&b'}') => return Ok(at + 2),
                quote @ (b'\'' | b'"') => {
                    let start = at;
                    at += 1;
                    while at < bytes.len() && bytes[at] != quote {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                    if at >= bytes.len() {
                        let closing = if quote == b'"' { "\"" } else { "'" };
                        return Err(unclosed(start, "string", closing));
                    }
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        Err(unclosed(open, what, closing))
    }
}

fn unclosed(open: usize, what: &'static str, closing: &'static str) -> Unclosed {
    let length = if what == "string" { 1 } else { 2 };
    Unclosed { span: open..open + length, what, closing }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The length of the identifier that `text` begins with.
pub(super) fn word(text: &str) -> usize {
    text.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let (pieces, unclosed) = lex(text, 0..text.len());
        assert_eq!(unclosed, None);
        let found: Vec<_> = pieces.iter().map(|piece| &text[piece.span.clone()]).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn strings_and_brackets_hide_closing_marks() {
        check("a{{ '}}' ~ {'b': {}} }}c", &["a", "{{ '}}' ~ {'b': {}} }}", "c"]);
        check("{% set x = \"%}\" %}y", &["{% set x = \"%}\" %}", "y"]);
    }

    #[test]
    fn raw_and_comments_are_whole() {
        check(
            "{% raw %}{{ x }}{%- endraw -%}{# {% if %} #}",
            &["{% raw %}{{ x }}{%- endraw -%}", "{# {% if %} #}"],
        );
    }

    #[test]
    fn what_is_left_open_is_named() {
        let unclosed = lex("a {{ 'x }}", 0..10).1.unwrap();
        assert_eq!((unclosed.what, unclosed.span.start), ("string", 5));
        assert_eq!(lex("{% if x", 0..7).1.unwrap().what, "tag");
        assert_eq!(lex("{# x", 0..4).1.unwrap().what, "comment");
    }
}
