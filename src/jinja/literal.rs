//! String literals as Python reads them, where minijinja reads their backslashes otherwise.

use minijinja::Value;

/// What a text literal with backslashes stands for; `None` for what is no such literal.
///
/// Python keeps the backslash of an escape that it does not know (`'\\/'`, `'\\d'`), and knows octal and long ones.
pub(super) fn value(written: &str, read: &Value) -> Option<Value> {
    read.as_str()?;
    let quote = written.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
    if !inner.contains('\\') {
        return None;
    }
    let inner = inner.replace("\r\n", "\n");
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner.as_str();
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(first) = rest.chars().next() else {
            text.push('\\');
            break;
        };
        let known = match first {
            '\n' => Some((String::new(), 1)),
            '\\' | '\'' | '"' => Some((first.to_string(), 1)),
            'a' => Some(("\u{7}".to_owned(), 1)),
            'b' => Some(("\u{8}".to_owned(), 1)),
            'f' => Some(("\u{c}".to_owned(), 1)),
            'n' => Some(("\n".to_owned(), 1)),
            'r' => Some(("\r".to_owned(), 1)),
            't' => Some(("\t".to_owned(), 1)),
            'v' => Some(("\u{b}".to_owned(), 1)),
            '0'..='7' => {
                let length = rest.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
                character(&rest[..length], 8).map(|char| (char, length))
            }
            'x' => numbered(rest, 2),
            'u' => numbered(rest, 4),
            'U' => numbered(rest, 8),
            // Jinja2 writes such characters as escapes first, and the backslash in front takes theirs.
            other if !other.is_ascii() => {
                let number = u32::from(other);
                let code = if number < 0x100 {
                    format!("\\x{number:02x}")
                } else if number < 0x1_0000 {
                    format!("\\u{number:04x}")
                } else {
                    format!("\\U{number:08x}")
                };
                Some((code, other.len_utf8()))
            }
            _ => None,
        };
        match known {
            Some((char, length)) => {
                text.push_str(&char);
                rest = &rest[length..];
            }
            None => text.push('\\'),
        }
    }
    text.push_str(rest);
    Some(Value::from(text))
}

/// `x41`: the character, and how long this is.
fn numbered(rest: &str, digits: usize) -> Option<(String, usize)> {
    Some((character(rest.get(1..=digits)?, 16)?, digits + 1))
}

fn character(digits: &str, radix: u32) -> Option<String> {
    if !digits.chars().all(|char| char.is_digit(radix)) {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, radix).ok()?).map(String::from)
}
