//! Data as scripts that are safe wherever they stand: `buhin.data("key", {…});`.
//!
//! JSON is nearly JavaScript. What differs is mended here, byte by byte, outside of any knowledge of the data: `<`
//! could end a script, two line separators were no text once, `__proto__` as a key is no key, and characters that turn
//! the direction of text around are shown instead of obeyed.

use serde::Serialize;

/// A script that gives `value` to the page under `key`.
pub(super) fn script(key: &str, value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"buhin.data(");
    push(&mut bytes, key);
    bytes.push(b',');
    push(&mut bytes, value);
    bytes.extend_from_slice(b");\n");
    safe(&bytes)
}

/// Values of plain data can't fail.
fn push(bytes: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let before = bytes.len();
    if sonic_rs::to_writer(&mut *bytes, value).is_err() {
        bytes.truncate(before);
        bytes.extend_from_slice(b"null");
    }
}

const PROTO: &[u8] = b"\"__proto__\":";

/// JSON that may stand in a script.
fn safe(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() + 64);
    let (mut copied, mut at) = (0, 0);
    while at < json.len() {
        let rest = &json[at..];
        let (length, instead): (usize, &[u8]) = match rest {
            [b'<', ..] => (1, b"\\u003c"),
            [0xE2, 0x80, 0xA8, ..] => (3, b"\\u2028"),
            [0xE2, 0x80, 0xA9, ..] => (3, b"\\u2029"),
            [0xE2, second, third, ..] => match super::text::turner([*second, *third]) {
                Some(shown) => (3, shown.as_bytes()),
                None => (0, b""),
            },
            [b'"', ..] if rest.starts_with(PROTO) && at > 0 && json[at - 1] != b'\\' => {
                (PROTO.len(), b"[\"__proto__\"]:")
            }
            _ => (0, b""),
        };
        if length > 0 {
            out.extend_from_slice(&json[copied..at]);
            out.extend_from_slice(instead);
            at += length;
            copied = at;
        } else {
            let next = json[at + 1..].iter().position(|byte| matches!(byte, b'<' | 0xE2 | b'"'));
            at = next.map_or(json.len(), |next| at + 1 + next);
        }
    }
    out.extend_from_slice(&json[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(value: &Value, expect: &str) {
        let text = String::from_utf8(script("k", value)).expect("it is UTF-8");
        assert_eq!(text, format!("buhin.data(\"k\",{expect});\n"));
    }

    #[test]
    fn nothing_ends_the_script() {
        check(&json!("</script><!--"), r#""\u003c/script>\u003c!--""#);
        check(&json!({"a</script>": 1}), r#"{"a\u003c/script>":1}"#);
        check(&json!("\u{2028}部品\u{2029}"), r#""\u2028部品\u2029""#);
    }

    #[test]
    fn what_turns_text_around_is_shown() {
        check(&json!("a\u{202e}b\u{2066}c\u{200f}"), "\"a[U+202E]b[U+2066]c\u{200f}\"");
        check(&json!("…"), "\"…\"");
    }

    #[test]
    fn a_key_of_javascripts_own_is_a_key() {
        check(&json!({"__proto__": {"x": 1}}), r#"{["__proto__"]:{"x":1}}"#);
        check(&json!(["__proto__", "\"__proto__\":"]), r#"["__proto__","\"__proto__\":"]"#);
        check(&json!({"\"__proto__": 1}), r#"{"\"__proto__":1}"#);
    }
}
