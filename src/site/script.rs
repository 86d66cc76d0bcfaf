//! Data as scripts that are safe wherever they stand: `buhin.data("key", {…});`.
//!
//! JSON is nearly JavaScript. What differs is mended here, in the bytes, outside of any knowledge of the data: `<`
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
    safe(bytes)
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
fn safe(json: Vec<u8>) -> Vec<u8> {
    let mut places = memchr::memchr2_iter(b'<', 0xE2, &json).filter_map(|at| mended(&json, at)).peekable();
    let mut protos = memchr::memmem::find_iter(&json, PROTO)
        .filter(|at| *at > 0 && json[*at - 1] != b'\\')
        .map(|at| (at, PROTO.len(), &b"[\"__proto__\"]:"[..]))
        .peekable();
    if places.peek().is_none() && protos.peek().is_none() {
        return json;
    }
    let mut all: Vec<(usize, usize, &[u8])> = places.chain(protos).collect();
    all.sort_unstable();
    let mut out = Vec::with_capacity(json.len() + all.len() * 6);
    let mut copied = 0;
    for (at, length, instead) in all {
        out.extend_from_slice(&json[copied..at]);
        out.extend_from_slice(instead);
        copied = at + length;
    }
    out.extend_from_slice(&json[copied..]);
    out
}

/// What stands instead of the bytes at a place that could be wrong: where, of how many bytes, and what.
fn mended(json: &[u8], at: usize) -> Option<(usize, usize, &'static [u8])> {
    match json[at..] {
        [b'<', ..] => Some((at, 1, b"\\u003c")),
        [0xE2, 0x80, 0xA8, ..] => Some((at, 3, b"\\u2028")),
        [0xE2, 0x80, 0xA9, ..] => Some((at, 3, b"\\u2029")),
        [0xE2, second, third, ..] => Some((at, 3, super::text::turner([second, third])?.as_bytes())),
        _ => None,
    }
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
