//! Finding `{% snapshot name %} … {% endsnapshot %}` and `{% docs name %} … {% enddocs %}` in a file's text.

use std::ops::Range;

/// A block that a tag opens and its `end` tag closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The word after the tag's own.
    pub name: String,
    /// Where that word stands.
    pub name_range: Range<usize>,
    /// What is between the tags.
    pub body: Range<usize>,
    /// All of it.
    pub whole: Range<usize>,
}

/// A tag that is opened and never closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// The opening tag.
    pub tag: Range<usize>,
}

/// All blocks of one kind, in order. Comments and `raw` blocks are passed over.
pub(super) fn find(text: &str, kind: &str) -> (Vec<Block>, Vec<Unclosed>) {
    let mut blocks = Vec::new();
    let mut unclosed = Vec::new();
    let mut open: Option<(String, Range<usize>, Range<usize>)> = None;
    let end_word = format!("end{kind}");
    let mut at = 0;
    while let Some(found) = text[at..].find('{') {
        let start = at + found;
        let rest = &text[start..];
        if rest.starts_with("{#") {
            at = rest.find("#}").map_or(text.len(), |end| start + end + 2);
            continue;
        }
        if !rest.starts_with("{%") {
            at = start + 1;
            continue;
        }
        let end = tag_end(text, start + 2).unwrap_or(text.len());
        let inner_start = start + 2 + usize::from(rest[2..].starts_with(['-', '+']));
        let inner = text.get(inner_start..end.saturating_sub(2)).unwrap_or("");
        let mut words = inner.split_whitespace();
        let word = words.next().unwrap_or("");
        match &open {
            None if word == "raw" => {
                at = after_raw(text, end);
                continue;
            }
            None if word == kind => {
                let name = words.next().unwrap_or("").trim_end_matches('-');
                let name_start = inner.find(word).map_or(inner_start, |at| inner_start + at + word.len());
                let name_start = text[name_start..end].find(name).map_or(name_start, |at| name_start + at);
                open = Some((name.to_owned(), name_start..name_start + name.len(), start..end));
            }
            Some(_) if word.trim_end_matches('-') == end_word => {
                if let Some((name, name_range, tag)) = open.take() {
                    let body = body(text, tag.end, start);
                    blocks.push(Block { name, name_range, body, whole: tag.start..end });
                }
            }
            _ => {}
        }
        at = end.max(start + 2);
    }
    unclosed.extend(open.map(|(_, _, tag)| Unclosed { tag }));
    (blocks, unclosed)
}

/// What is between two tags; a `-` in a tag takes the blanks beside it away.
fn body(text: &str, start: usize, end: usize) -> Range<usize> {
    let body = &text[start..end];
    let cut = if text[..start].ends_with("-%}") { body.len() - body.trim_start().len() } else { 0 };
    let kept = if text[end..].starts_with("{%-") { body.trim_end().len().max(cut) } else { body.len() };
    start + cut..start + kept
}

/// The offset after the tag's `%}`, strings in the tag passed over.
fn tag_end(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    let mut quote = None;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(bytes[at]),
            (None, b'%') if bytes.get(at + 1) == Some(&b'}') => return Some(at + 2),
            _ => {}
        }
        at += 1;
    }
    None
}

fn after_raw(text: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(found) = text[at..].find("{%") {
        let start = at + found;
        let inner = text[start + 2..].trim_start_matches(['-', '+']).trim_start();
        if inner.starts_with("endraw") {
            return text[start..].find("%}").map_or(text.len(), |end| start + end + 2);
        }
        at = start + 2;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, kind: &str, expect: &[(&str, &str)]) {
        let (blocks, _) = find(text, kind);
        let found: Vec<_> =
            blocks.iter().map(|block| (block.name.as_str(), &text[block.body.clone()])).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn blocks_are_found_with_their_bodies() {
        check(
            "x {% docs a %}one{% enddocs %}\n{%- docs b -%} two {%- enddocs -%}",
            "docs",
            &[("a", "one"), ("b", "two")],
        );
    }

    #[test]
    fn comments_and_raw_hide_blocks() {
        check("{# {% docs a %}x{% enddocs %} #}{% raw %}{% docs b %}{% endraw %}", "docs", &[]);
    }

    #[test]
    fn other_tags_belong_to_the_body() {
        check(
            "{% snapshot s %}{{ config(a='%}') }}{% if x %}1{% endif %}{% endsnapshot %}",
            "snapshot",
            &[("s", "{{ config(a='%}') }}{% if x %}1{% endif %}")],
        );
    }

    #[test]
    fn an_unclosed_block_is_reported_at_its_tag() {
        let (blocks, unclosed) = find("{% docs a %}x", "docs");
        assert!(blocks.is_empty());
        assert_eq!(unclosed, [Unclosed { tag: 0..12 }]);
    }
}
