//! SQL and Jinja in colours: runs of a text, each with a class.

use rustc_hash::FxHashSet;
use serde::ser::{Serialize, Serializer};
use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::jinja;
use crate::sql::{Dialect, TokenKind, tokens};

/// Lengths in UTF-16 units, and classes. Written as one text, `k6-1j12`: a list would be half of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Runs(Vec<(u32, Class)>);

/// What a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Other,
    Keyword,
    String,
    Number,
    Comment,
    Jinja,
    /// A name in quotes.
    Quoted,
}

impl Class {
    /// The letter that pages know it by.
    fn letter(self) -> char {
        match self {
            Self::Other => '-',
            Self::Keyword => 'k',
            Self::String => 's',
            Self::Number => 'n',
            Self::Comment => 'c',
            Self::Jinja => 'j',
            Self::Quoted => 'i',
        }
    }
}

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len() * 3);
        for (length, class) in &self.0 {
            text.push(class.letter());
            // Writing to a text can't fail.
            let _ = write!(text, "{length}");
        }
        serializer.serialize_str(&text)
    }
}

impl Runs {
    fn add(&mut self, text: &str, class: Class) {
        let length = if text.is_ascii() { text.len() } else { text.encode_utf16().count() } as u32;
        match self.0.last_mut() {
            _ if length == 0 => {}
            Some((before, same)) if *same == class => *before += length,
            _ => self.0.push((length, class)),
        }
    }
}

/// The runs of an author's text, Jinja included.
pub(super) fn template(dialect: Dialect, text: &str) -> Runs {
    let jinja = jinja::marks(text);
    if jinja.is_empty() {
        return sql(dialect, text);
    }
    // Blanks of the same length stand for Jinja, so that a string around it stays a string.
    let mut plain = String::with_capacity(text.len());
    for mark in &jinja {
        plain.push_str(&text[plain.len()..mark.span.start]);
        plain.extend(std::iter::repeat_n(' ', mark.span.len()));
    }
    plain.push_str(&text[plain.len()..]);
    let mut runs = Runs::default();
    let mut marks = jinja.iter().peekable();
    each(dialect, &plain, |start, end, class| {
        let mut at = start;
        while let Some(mark) = marks.peek().filter(|mark| mark.span.start < end) {
            let begin = mark.span.start.max(at);
            let stop = mark.span.end.min(end);
            runs.add(&text[at..begin], class);
            runs.add(&text[begin..stop], if mark.is_comment { Class::Comment } else { Class::Jinja });
            at = stop;
            if mark.span.end > end {
                break;
            }
            marks.next();
        }
        runs.add(&text[at..end], class);
    });
    runs
}

/// The runs of SQL.
pub(super) fn sql(dialect: Dialect, text: &str) -> Runs {
    let mut runs = Runs::default();
    each(dialect, text, |start, end, class| runs.add(&text[start..end], class));
    runs
}

fn each(dialect: Dialect, text: &str, mut run: impl FnMut(usize, usize, Class)) {
    let mut after_dot = false;
    for token in tokens(dialect, text) {
        let class = match token.kind {
            TokenKind::Comment => Class::Comment,
            TokenKind::Quoted => Class::Quoted,
            TokenKind::String | TokenKind::Open => Class::String,
            TokenKind::Number => Class::Number,
            TokenKind::Word if !after_dot && is_keyword(token.text(text)) => Class::Keyword,
            TokenKind::Word | TokenKind::Space | TokenKind::Symbol(_) => Class::Other,
        };
        after_dot = token.kind == TokenKind::Symbol(b'.');
        run(token.start as usize, token.end as usize, class);
    }
}

/// True for a word of the language, in any case.
pub(super) fn is_keyword(word: &str) -> bool {
    static WORDS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| KEYWORDS.split_ascii_whitespace().collect());
    let mut small = [0_u8; 16];
    let Some(small) = small.get_mut(..word.len()) else { return false };
    small.copy_from_slice(word.as_bytes());
    small.make_ascii_lowercase();
    std::str::from_utf8(small).is_ok_and(|word| WORDS.contains(word))
}

/// Words that are nearly always the language's own, in any dialect.
const KEYWORDS: &str = "\
all alter and anti any array as asc asof at between both by case cast collate comment commit create cross cube \
current database default delete desc describe distinct div drop else end escape except exclude execute exists \
explain extract false fetch filter first following for from full function glob global group grouping having if \
ignore ilike in index inner insert intersect interval into is isnull join lateral left like limit local \
materialized merge minus natural not notnull null nulls of offset on only or order outer over partition pivot \
preceding primary qualify range recursive references rename replace respect returning right rlike rollup row rows \
sample schema select semi set sets similar some struct table tablesample temp temporary then ties to top \
transaction trim true truncate try_cast unbounded union unique unnest unpivot update using values view when where \
window with within without";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut at = 0;
        let mut shown = Vec::new();
        for (length, class) in template(Dialect::DuckDb, text).0 {
            let part = String::from_utf16(&units[at..at + length as usize]).expect("whole characters");
            at += length as usize;
            if !part.trim().is_empty() && class != Class::Other {
                shown.push(format!("{}:{part}", class.letter()));
            }
        }
        assert_eq!(at, units.len(), "the runs cover the text");
        assert_eq!(shown.join(" "), expect);
    }

    #[test]
    fn sql_has_its_classes() {
        check(
            "select a, \"b c\", 'it''s 部品', 1.5 -- all\nfrom t.order",
            "k:select i:\"b c\" s:'it''s 部品' n:1.5 c:-- all k:from",
        );
    }

    #[test]
    fn jinja_stands_out_even_in_strings() {
        check(
            "select '{{ var(\"a'b\") }} x' from {{ ref('a') }} -- {{ x }}",
            "k:select s:' j:{{ var(\"a'b\") }} s: x' k:from j:{{ ref('a') }} c:--  j:{{ x }}",
        );
        check(
            "{# 部品 #}{% if x %}select 😀 {% endif %}",
            "c:{# 部品 #} j:{% if x %} k:select j:{% endif %}",
        );
        check("select '{{ a", "k:select s:'{{ a");
    }
}
