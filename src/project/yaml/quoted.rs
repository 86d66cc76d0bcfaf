//! Text in quotes that goes on further left than its key, which `PyYAML` allows and the parser does not.
//!
//! Such a text is found, its line breaks are replaced by blanks of the same length, so that the parser takes
//! it and all places stay what they are, and its value is then read from the original.

use std::ops::Range;

/// The text in quotes, quotes included, that has the byte `at` in it. The search starts at `from`, where the
/// last thing that is sure has ended.
pub(super) fn around(text: &str, from: usize, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut start = from;
    while start < at {
        match bytes[start] {
            b'#' if start == 0 || bytes[start - 1].is_ascii_whitespace() => {
                start += text[start..].find('\n')?;
            }
            quote @ (b'"' | b'\'') if opens(text, start) => {
                let end = end(bytes, start, quote)?;
                if end > at {
                    return Some(start..end);
                }
                start = end;
            }
            _ => start += 1,
        }
    }
    None
}

/// The text with the line breaks in `range` replaced.
pub(super) fn joined(text: &str, range: Range<usize>) -> String {
    let inner: String = text[range.clone()]
        .chars()
        .map(|char| if matches!(char, '\n' | '\r' | '\t') { ' ' } else { char })
        .collect();
    format!("{}{inner}{}", &text[..range.start], &text[range.end..])
}

/// The value of a text in quotes: lines are folded, doubled quotes and escapes resolved.
pub(super) fn value(quoted: &str) -> Option<String> {
    let double = quoted.starts_with('"');
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    // Blanks that are dropped if a line ends after them; an escaped blank stays.
    let mut kept = 0;
    while let Some(char) = chars.next() {
        match char {
            '\n' | '\r' => {
                if char == '\r' && chars.peek() == Some(&'\n') {
                    chars.next();
                }
                value.truncate(kept.max(value.trim_end_matches([' ', '\t']).len()));
                let mut breaks = 0;
                while let Some(next) = chars.peek() {
                    match next {
                        '\n' => breaks += 1,
                        ' ' | '\t' | '\r' => {}
                        _ => break,
                    }
                    chars.next();
                }
                match breaks {
                    0 => value.push(' '),
                    breaks => value.extend(std::iter::repeat_n('\n', breaks)),
                }
                kept = value.len();
            }
            '\'' if !double => {
                chars.next();
                value.push('\'');
            }
            '\\' if double => {
                escape(&mut chars, &mut value)?;
                kept = value.len();
            }
            char => value.push(char),
        }
    }
    Some(value)
}

fn escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, value: &mut String) -> Option<()> {
    let plain = match chars.next()? {
        '\n' => {
            while chars.next_if(|next| matches!(next, ' ' | '\t')).is_some() {}
            return Some(());
        }
        '\r' => return Some(()),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        digits @ ('x' | 'u' | 'U') => {
            let length = match digits {
                'x' => 2,
                'u' => 4,
                _ => 8,
            };
            let mut code = 0;
            for _ in 0..length {
                code = code * 16 + chars.next()?.to_digit(16)?;
            }
            char::from_u32(code)?
        }
        other => other,
    };
    value.push(plain);
    Some(())
}

/// Whether a quote at this place begins a text: it follows a mark of YAML, a tag or anchor, or starts its line.
fn opens(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '\t']);
    if before.is_empty() || before.ends_with(['\n', '[', '{', ',']) {
        return true;
    }
    if before.len() == at {
        return false;
    }
    let word = before.rsplit([' ', '\t', '\n', '[', '{', ',']).next().unwrap_or(before);
    before.ends_with([':', '-', '?']) || word.starts_with(['!', '&'])
}

/// The offset behind the closing quote.
fn end(bytes: &[u8], open: usize, quote: u8) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}
