//! The `ref()`s of a text whose names are written out, with the place of each name.

use std::ops::Range;

/// A `ref()` whose names are texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrittenRef {
    /// The package, for the form with two names.
    pub(super) package: Option<String>,
    /// The name.
    pub(super) name: String,
    /// The bytes of the name, without quotes.
    pub(super) place: Range<usize>,
    /// `v=` or `version=`, if it is written out.
    pub(super) version: Option<String>,
}

/// The `ref()`s of code: what stands in Jinja's marks, or a whole scalar of YAML, or Python.
///
/// `range` is the part of `text` that is looked at. A text in quotes is looked into if it has Jinja of its own, such as
/// a hook in `config()`.
pub(super) fn written_refs(text: &str, range: Range<usize>) -> Vec<WrittenRef> {
    let mut found = Vec::new();
    scan(text, range, &mut found);
    found
}

fn scan(text: &str, range: Range<usize>, found: &mut Vec<WrittenRef>) {
    let bytes = &text.as_bytes()[..range.end];
    let mut at = range.start;
    while at < bytes.len() {
        if let Some(quote) = quote_at(bytes, at) {
            let end = string_end(bytes, at, quote);
            let inner = at + quote.len()..end.saturating_sub(quote.len()).max(at + quote.len());
            if text.get(inner.clone()).is_some_and(|inner| inner.contains("{{") || inner.contains("{%")) {
                scan(text, inner, found);
            }
            at = end;
        } else if is_word(bytes[at]) {
            let end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
            if &bytes[at..end] == b"ref"
                && is_callee(bytes, at)
                && let Some(one) = call(text, bytes, end)
            {
                found.push(one);
            }
            at = end;
        } else {
            at += 1;
        }
    }
}

/// True if the word at `at` is no attribute of anything but `builtins` and Python's `dbt`.
fn is_callee(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[..at];
    !before.ends_with(b".") || before.ends_with(b"builtins.") || before.ends_with(b"dbt.")
}

/// The arguments of a call whose name ends at `at`.
fn call(text: &str, bytes: &[u8], at: usize) -> Option<WrittenRef> {
    let mut at = past_blanks(bytes, at);
    if bytes.get(at) != Some(&b'(') {
        return None;
    }
    at += 1;
    let mut names: Vec<(String, Range<usize>)> = Vec::new();
    let mut version = None;
    loop {
        at = past_blanks(bytes, at);
        match bytes.get(at)? {
            b')' => break,
            b',' => at += 1,
            byte if is_word(*byte) => {
                let end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
                let key = &text[at..end];
                let equals = past_blanks(bytes, end);
                if bytes.get(equals) != Some(&b'=') || names.is_empty() {
                    return None;
                }
                let from = past_blanks(bytes, equals + 1);
                let (value, end) = match quote_at(bytes, from) {
                    Some(quote) => {
                        let end = string_end(bytes, from, quote);
                        (text.get(from + quote.len()..end - quote.len())?, end)
                    }
                    None => {
                        let stops = |byte: &&u8| !matches!(byte, b',' | b')') && !byte.is_ascii_whitespace();
                        let end = from + bytes[from..].iter().take_while(stops).count();
                        (&text[from..end], end)
                    }
                };
                if matches!(key, "v" | "version") {
                    version = Some(value.to_owned());
                }
                at = end;
            }
            _ => {
                let quote = quote_at(bytes, at)?;
                let end = string_end(bytes, at, quote);
                let inner = at + quote.len()..end.checked_sub(quote.len())?;
                let name = text.get(inner.clone())?;
                // Escapes, and texts that are put together, are not read here.
                let next = bytes.get(past_blanks(bytes, end));
                if name.contains('\\') || !matches!(next, Some(b',' | b')')) {
                    return None;
                }
                names.push((name.to_owned(), inner));
                at = end;
            }
        }
    }
    let mut names = names.into_iter();
    let (first, second) = (names.next()?, names.next());
    if names.next().is_some() {
        return None;
    }
    Some(match second {
        None => WrittenRef { package: None, name: first.0, place: first.1, version },
        Some((name, place)) => WrittenRef { package: Some(first.0), name, place, version },
    })
}

/// The quote that opens at `at`: one sign, or the two that stand for one in a quoted scalar of YAML.
fn quote_at(bytes: &[u8], at: usize) -> Option<&'static [u8]> {
    let rest = &bytes[at..];
    let is_open =
        |quote: &[u8]| rest.starts_with(quote) && rest.get(quote.len()).is_some_and(|it| is_word(*it));
    if is_open(b"''") {
        return Some(b"''");
    }
    if rest.starts_with(b"\\\"") {
        return Some(b"\\\"");
    }
    match rest.first() {
        Some(b'\'') => Some(b"'"),
        Some(b'"') => Some(b"\""),
        _ => None,
    }
}

/// The place after a text in quotes that begins at `start`.
fn string_end(bytes: &[u8], start: usize, quote: &[u8]) -> usize {
    let mut at = start + quote.len();
    while at < bytes.len() {
        if bytes[at..].starts_with(quote) {
            return at + quote.len();
        }
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    bytes.len()
}

fn past_blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let shown = written_refs(text, 0..text.len()).into_iter().map(|found| {
            assert_eq!(found.name, text[found.place]);
            let package = found.package.map(|package| format!("{package}/")).unwrap_or_default();
            let version = found.version.map(|version| format!("@{version}")).unwrap_or_default();
            format!("{package}{}{version}", found.name)
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expect, "{text}");
    }

    #[test]
    fn every_form_is_read() {
        check("ref('a') ~ ref( \"b\" ) ~ ref('p', 'c') ~ ref('売上', v=2)", "a b p/c 売上@2");
        check("builtins.ref('a', version='1') ~ dbt.ref(\"b\") ~ x.ref('c') ~ href('d')", "a@1 b");
        check("ref(''a'') and ref(\\\"b\\\")", "a b");
    }

    #[test]
    fn names_that_are_not_written_out_are_no_names() {
        check("ref(x) ~ ref('a' ~ 'b') ~ ref(var('c')) ~ ref('d' if e else 'f') ~ ref('g\\'h')", "");
    }

    #[test]
    fn texts_are_looked_into_where_they_have_jinja() {
        check("config(post_hook=\"grant {{ ref('a') }}\", x='ref(\"b\")')", "a");
        check("config(post_hook='delete from {{ ref(\"a\") }}') ref('c')", "a c");
    }
}
