//! Python's way of writing regular expressions, in ours.

/// The pattern in our syntax. Python takes `{` and `[` more literally, and its verbose patterns have comments with
/// anything in them; `flags` is a sum of Python's numbers.
pub(super) fn translated(pattern: &str, flags: i64) -> String {
    let (own, rest) = own_flags(pattern);
    let verbose = flags & 64 != 0 || own.contains('x');
    let letters = [(2, 'i'), (8, 'm'), (16, 's')];
    let mut out: String = letters
        .iter()
        .filter(|(bit, char)| flags & bit != 0 || own.contains(*char))
        .map(|(_, it)| *it)
        .collect();
    if !out.is_empty() {
        out = format!("(?{out})");
    }
    let mut chars = rest.char_indices().peekable();
    let mut class = None;
    while let Some((at, char)) = chars.next() {
        match (class, char) {
            (_, '\\') => {
                let Some((_, next)) = chars.next() else { continue };
                match next {
                    'Z' => out.push_str("\\z"),
                    ' ' => out.push_str("\\x20"),
                    // A letter or digit means something; of anything else the backslash makes the thing itself.
                    next => out.extend(['\\', next]),
                }
            }
            (None, '[') => {
                class = Some(at);
                out.push('[');
                if chars.next_if(|(_, next)| *next == '^').is_some() {
                    out.push('^');
                }
                // A bracket that stands first is one of the class.
                if chars.next_if(|(_, next)| *next == ']').is_some() {
                    out.push_str("\\]");
                }
            }
            (Some(_), ']') => {
                class = None;
                out.push(']');
            }
            (Some(_), '[' | '&' | '~') => out.extend(['\\', char]),
            (None, '{') if !is_count(&rest[at..]) => out.push_str("\\{"),
            (None, '#') if verbose => while chars.next_if(|(_, next)| *next != '\n').is_some() {},
            (None, blank) if verbose && blank.is_ascii_whitespace() => {}
            _ => out.push(char),
        }
    }
    out
}

/// The flags that a pattern begins with, `(?ix)`, and what follows them; blanks before them are passed over.
fn own_flags(pattern: &str) -> (&str, &str) {
    let found = pattern.trim_start().strip_prefix("(?").and_then(|rest| rest.split_once(')'));
    match found {
        Some((flags, rest)) if !flags.is_empty() && flags.bytes().all(|it| b"aimsux".contains(&it)) => {
            (flags, rest)
        }
        _ => ("", pattern),
    }
}

/// True for `{2}`, `{2,}`, `{,3}` and `{2,3}`.
fn is_count(text: &str) -> bool {
    let Some((inner, _)) = text[1..].split_once('}') else { return false };
    let (least, most) = inner.split_once(',').unwrap_or((inner, "0"));
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !inner.is_empty() && inner != "," && number(least) && number(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_takes_literally() {
        let check = |pattern: &str, expect: &str| assert_eq!(translated(pattern, 0), expect, "{pattern}");
        check("{{ a{2} b{1,} }}", "\\{\\{ a{2} b{1,} }}");
        check("[[a]x[]b][^]c]", "[\\[a]x[\\]b][^\\]c]");
        check("a\\Z", "a\\z");
        check(" (?ix) a b \\  # c (\n d", "(?i)ab\\x20d");
        check("(?s)a b", "(?s)a b");
    }

    #[test]
    fn flags_may_be_given_as_numbers() {
        assert_eq!(translated("a b", 64 | 2), "(?i)ab");
    }
}
