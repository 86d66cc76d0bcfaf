//! Writing YAML the way PyYAML does, so that the lock file is the same text as dbt's.

use std::sync::LazyLock;

use regex::Regex;

/// The column after which PyYAML breaks a line at the next blank.
const WIDTH: usize = 80;

/// Appends a text as the value of a key; `column` is where it begins, `indent` where a broken line goes on.
pub(super) fn write_text(out: &mut String, text: &str, column: usize, indent: usize) {
    if needs_escapes(text) {
        write_escaped(out, text);
    } else if is_plain(text) {
        write_folded(out, text, column, indent, false);
    } else {
        out.push('\'');
        write_folded(out, text, column + 1, indent, true);
        out.push('\'');
    }
}

/// What PyYAML's resolver takes for something else than text: truth values, numbers, dates, nulls.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:",
        r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
        r"|~|null|Null|NULL||=|<<",
        r"|[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+",
        r"|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+",
        r"|[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
        r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*",
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        r"|[0-9]{4}-[0-9]{2}-[0-9]{2}",
        r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?",
        r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?",
        r")$",
    ))
    .expect("the pattern is well-formed")
});

fn needs_escapes(text: &str) -> bool {
    text.chars().any(|char| !matches!(char, ' '..='~'))
}

fn is_plain(text: &str) -> bool {
    let first = |char: char| "#,[]{}&*!|>'\"%@`".contains(char);
    let mut chars = text.chars();
    let (start, next) = (chars.next(), chars.next());
    let alone = next.is_none_or(|next| next == ' ');
    let refused = OTHER.is_match(text)
        || start.is_some_and(|start| first(start) || (alone && "-?:".contains(start)))
        || ["---", "...", " "].iter().any(|head| text.starts_with(head))
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #");
    !refused
}

/// The text, with a new line in place of a single blank where the line has become too long.
fn write_folded(out: &mut String, text: &str, column: usize, indent: usize, quoted: bool) {
    let mut column = column;
    let bytes = text.as_bytes();
    for (at, char) in text.char_indices() {
        let single =
            char == ' ' && at > 0 && at + 1 < bytes.len() && bytes[at - 1] != b' ' && bytes[at + 1] != b' ';
        if single && column > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if char == '\'' && quoted {
            out.push_str("''");
            column += 2;
        } else {
            out.push(char);
            column += 1;
        }
    }
}

/// In double quotes, all that is not printable ASCII escaped.
fn write_escaped(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{a0}' => out.push_str("\\_"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            ' '..='~' => out.push(char),
            other => out.push_str(&match other as u32 {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            }),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut out = String::new();
        write_text(&mut out, text, 9, 6);
        assert_eq!(out, expected);
    }

    #[test]
    fn texts_are_written_as_pyyaml_does() {
        // Recorded from PyYAML 6, with `yaml.dump({"packages": [{"git": text}]})`.
        check("https://{{env_var('X')}}@h/a.git", "https://{{env_var('X')}}@h/a.git");
        check("{{ env_var('X') }}/a", "'{{ env_var(''X'') }}/a'");
        for plain in ["1.0.0", "1e5", "123456e7", "a\\b", "a\"b", "a'b", "a,b", "a]b", "a:b", "0o7", "y"] {
            check(plain, plain);
        }
        for plain in ["-a", "?x", "a  b", "../near", "a#b"] {
            check(plain, plain);
        }
        for quoted in ["1.0", "0123", "123", "12:30", "yes", "Off", "null", "~", "", "=", "<<", "a: b", "a:"]
        {
            check(quoted, &format!("'{quoted}'"));
        }
        for quoted in
            ["a #b", "#a", "- a", " a", "a ", "*a", "&a", "!a", "%a", "@a", "`a", "[a", "2024-01-01"]
        {
            check(quoted, &format!("'{quoted}'"));
        }
        for quoted in ["0x1f", "0b1", "1_000", ".5", "1.", "+1", "-1", ".inf"] {
            check(quoted, &format!("'{quoted}'"));
        }
        check("部品", r#""\u90E8\u54C1""#);
        check("é😀\u{a0}", r#""\xE9\U0001F600\_""#);
    }

    #[test]
    fn a_long_text_is_broken_at_a_blank() {
        let name = "DBT_ENV_SECRET_AAAAAAAAAAAAAAAAAAAAA";
        check(
            &format!(
                "https://{{{{ env_var('{name}') }}}}@github.com/organisation/{{{{ var('rr') }}}}/some thing.git"
            ),
            &format!(
                "https://{{{{ env_var('{name}') }}}}@github.com/organisation/{{{{\n      var('rr') }}}}/some thing.git"
            ),
        );
    }
}
