//! JSON text in ASCII, as Python's `json` writes it.

use std::fmt::Write as _;

/// Adds a string in quotes; what is not printable ASCII is escaped, beyond 16 bits as two.
pub(crate) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let mut rest = text;
    loop {
        let plain = rest.as_bytes().iter().take_while(|byte| is_plain(byte)).count();
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let Some(char) = rest.chars().next() else { break };
        push_escaped(out, char);
        rest = &rest[char.len_utf8()..];
    }
    out.push('"');
}

fn push_escaped(out: &mut String, char: char) {
    match char {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        other => {
            for unit in other.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_python() {
        let mut out = String::new();
        push_text(&mut out, "a \"b\" \\ \n\r\t\u{8}\u{c}\u{1}\u{7f} é 売 😀 ~");
        let python = r#""a \"b\" \\ \n\r\t\b\f\u0001\u007f \u00e9 \u58f2 \ud83d\ude00 ~""#;
        assert_eq!(out, python);
    }
}
