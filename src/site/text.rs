//! Texts for people: plain ones, first sentences, and the form in which search compares.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// What is shown for a character that turns the direction of text around, by its last two bytes after `E2`.
pub(super) fn turner(bytes: [u8; 2]) -> Option<&'static str> {
    Some(match bytes {
        [0x80, 0xAA] => "[U+202A]",
        [0x80, 0xAB] => "[U+202B]",
        [0x80, 0xAC] => "[U+202C]",
        [0x80, 0xAD] => "[U+202D]",
        [0x80, 0xAE] => "[U+202E]",
        [0x81, 0xA6] => "[U+2066]",
        [0x81, 0xA7] => "[U+2067]",
        [0x81, 0xA8] => "[U+2068]",
        [0x81, 0xA9] => "[U+2069]",
        _ => return None,
    })
}

/// The text with such characters shown.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    // All of them begin with this byte; of most texts no more need be looked at.
    if !text.as_bytes().contains(&0xE2) {
        return text.into();
    }
    let mut out = String::new();
    let mut copied = 0;
    for (at, _) in
        text.match_indices(|char| matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    {
        let bytes = text.as_bytes();
        out.push_str(&text[copied..at]);
        out.push_str(turner([bytes[at + 1], bytes[at + 2]]).unwrap_or_default());
        copied = at + 3;
    }
    if copied == 0 {
        return text.into();
    }
    out.push_str(&text[copied..]);
    out.into()
}

/// The form in which texts are compared: width and case make no difference, nor do the two kana.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return text.into();
    }
    if text.is_ascii() {
        return text.to_ascii_lowercase().into();
    }
    let hiragana = |char: char| match char {
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => {
            char::from_u32(char as u32 - 0x60).unwrap_or(char)
        }
        other => other,
    };
    text.nfkc().flat_map(char::to_lowercase).map(hiragana).collect::<String>().into()
}

/// Markdown without its marks, on one line, at most `most` characters; what is cut ends in `…`.
pub fn plain(markdown: &str, most: usize) -> String {
    use pulldown_cmark::{Event, TagEnd};
    let mut out = String::new();
    let mut left = most;
    let mut push = |text: &str| -> bool {
        for char in text.chars() {
            let char = if char.is_whitespace() || char.is_control() { ' ' } else { char };
            if char == ' ' && (out.is_empty() || out.ends_with(' ')) {
                continue;
            }
            if left == 0 {
                out.push('…');
                return false;
            }
            left -= 1;
            out.push(char);
        }
        true
    };
    if super::markdown::is_plain(markdown) {
        push(markdown);
    } else {
        // Nobody reads on for a thousand times what is shown.
        let cut = super::markdown::floor(markdown, most.saturating_mul(64).max(4096));
        for event in super::markdown::parser(&markdown[..cut]) {
            let goes_on = match event {
                Event::Text(text)
                | Event::Code(text)
                | Event::Html(text)
                | Event::InlineHtml(text)
                | Event::InlineMath(text)
                | Event::DisplayMath(text) => push(&text),
                Event::SoftBreak
                | Event::HardBreak
                | Event::Rule
                | Event::End(
                    TagEnd::Paragraph
                    | TagEnd::Heading(_)
                    | TagEnd::Item
                    | TagEnd::TableCell
                    | TagEnd::CodeBlock
                    | TagEnd::TableHead
                    | TagEnd::TableRow,
                ) => push(" "),
                _ => true,
            };
            if !goes_on {
                break;
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The first sentence of a description, at most 160 characters; `None` if there is none.
pub(super) fn first_sentence(markdown: &str) -> Option<String> {
    let first = markdown.trim_start().split("\n\n").find(|text| !text.trim().is_empty())?;
    let mut text = plain(first, 160);
    let ends = |(at, char): (usize, char)| match char {
        '。' | '\u{ff01}' | '\u{ff1f}' => Some(at + char.len_utf8()),
        '.' | '!' | '?' if text[at + 1..].starts_with(' ') => Some(at + 1),
        _ => None,
    };
    let end = text.char_indices().find_map(ends);
    text.truncate(end.unwrap_or(text.len()));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_kana_make_no_difference() {
        assert_eq!(fold("ブヒン \u{ff22}\u{ff9e} \u{ff29}D"), "ぶひん b\u{3099} id");
        assert_eq!(fold("ヴェーダー"), "ゔぇーだー");
        assert_eq!(fold("Straße É"), "straße é");
        assert_eq!(fold("orders_1"), "orders_1");
    }

    #[test]
    fn the_first_sentence_is_plain() {
        let check = |text: &str, expect: Option<&str>| assert_eq!(first_sentence(text).as_deref(), expect);
        check("**One** row a [customer](http://x). More.\n\nAnd more.", Some("One row a customer."));
        check("値下げの通知。会員 × 商品で 1 行。", Some("値下げの通知。"));
        check("\n\n# Orders\ntext", Some("Orders text"));
        check("v1.2 is `new`", Some("v1.2 is new"));
        check("  ", None);
        check(&"あ".repeat(200), Some(&format!("{}…", "あ".repeat(160))));
    }

    #[test]
    fn what_turns_text_around_is_shown() {
        assert_eq!(visible("a\u{202e}b\u{2069}"), "a[U+202E]b[U+2069]");
        assert!(matches!(visible("部品…"), Cow::Borrowed(_)));
    }
}
