//! Names in plain words: comments, descriptions, pages. They are left alone, and told.

use std::ops::Range;

use super::errors::left_alone;
use super::files::OwnFile;
use crate::diagnostic::Diagnostic;
use crate::jinja;
use crate::source::{FileId, Span};
use crate::sql::{Dialect, TokenKind, tokens};

/// So many places are shown.
const SHOWN: usize = 6;

/// Where a name stands as a word of its own.
pub(super) fn words_of<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let is_part = |char: Option<char>| char.is_some_and(|char| char == '_' || char.is_alphanumeric());
    let all = text.match_indices(name).map(|(at, found)| at..at + found.len());
    all.filter(move |range| {
        !is_part(text[..range.start].chars().next_back()) && !is_part(text[range.end..].chars().next())
    })
}

/// The places in comments, descriptions, `meta` and pages that name something.
pub(super) fn mentions(files: &[OwnFile<'_>], dialect: Dialect, name: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for file in files {
        let Some(id) = file.id else { continue };
        if !file.text.contains(name) {
            continue;
        }
        let ranges: Vec<Range<usize>> = if file.is_yaml() {
            let is_words = |scalar: &crate::project::YamlScalar| {
                let under = |key: &str| scalar.path.iter().any(|step| step.is(key));
                !scalar.is_key && (under("description") || under("meta"))
            };
            let words = file.scalars().into_iter().filter(is_words).map(|scalar| scalar.span);
            words.chain(yaml_comments(file.text)).collect()
        } else {
            match file.path.extension() {
                Some("sql") => comments(dialect, file.text),
                Some("md") => std::iter::once(0..file.text.len()).collect(),
                _ => Vec::new(),
            }
        };
        for range in ranges {
            let found = words_of(&file.text[range.clone()], name);
            spans.extend(found.map(|it| at(id, &(range.start + it.start..range.start + it.end))));
        }
    }
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// B1204 for those places, if there are any.
pub(super) fn told(spans: &[Span], name: &str) -> Option<Diagnostic> {
    let (first, others) = spans.split_first()?;
    let count = spans.len();
    let message = match count {
        1 => format!("a comment or description names `{name}`; words are left as they are"),
        _ => format!("{count} comments and descriptions name `{name}`; words are left as they are"),
    };
    let mut found = left_alone(message).at(*first, "here");
    for span in others.iter().take(SHOWN - 1) {
        found = found.related(*span, "and here");
    }
    Some(found)
}

/// The comments of SQL with Jinja, of both kinds.
pub(super) fn comments(dialect: Dialect, text: &str) -> Vec<Range<usize>> {
    let marks = jinja::marks(text);
    let of_jinja = marks.iter().filter(|mark| mark.is_comment).map(|mark| mark.span.clone());
    let mut all: Vec<Range<usize>> = of_jinja.collect();
    let of_sql = tokens(dialect, text).filter(|token| token.kind == TokenKind::Comment);
    let of_sql = of_sql.map(|token| token.start as usize..token.end as usize);
    // What Jinja fills in within a comment is no word of the author's.
    all.extend(
        of_sql.filter(|own| !marks.iter().any(|it| it.span.start < own.end && own.start < it.span.end)),
    );
    all
}

fn yaml_comments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('#') {
            found.push(start..start + line.len());
        }
        start += line.len();
    }
    found
}

pub(super) fn at(file: FileId, range: &Range<usize>) -> Span {
    Span::new(file, range.start, range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_found_within_another() {
        let found: Vec<_> = words_of("orders, xorders, orders_2 受注orders (orders)", "orders").collect();
        assert_eq!(found.len(), 2);
        assert_eq!(words_of("売上 売上高", "売上").count(), 1);
    }

    #[test]
    fn comments_of_both_kinds_are_found() {
        let text = "select 1 -- a\n{# b #} /* {{ c }} */";
        let found: Vec<&str> = comments(Dialect::DuckDb, text).into_iter().map(|it| &text[it]).collect();
        assert_eq!(found, ["{# b #}", "-- a"]);
    }
}
