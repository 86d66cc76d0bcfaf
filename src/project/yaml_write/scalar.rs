//! Texts as YAML scalars, in the style of the file that they go into.

use unicode_width::UnicodeWidthStr as _;

use crate::project::yaml::{Kind, Yaml};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As it stands.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// As a block, line by line.
    Literal,
    /// As a block whose lines are one.
    Folded,
}

/// A line that is longer is folded, if it has places where it can be.
const WIDTH: usize = 100;

/// The styles to try for a text: what suits it, then the file's own, then what can hold anything.
pub(super) fn styles(file: &str, root: Option<&Yaml<'_>>, text: &str) -> Vec<Style> {
    let mut counts = [(Style::Plain, 0_usize), (Style::Single, 0), (Style::Double, 0)];
    if let Some(root) = root {
        count(file, root, &mut counts);
    }
    // The first among equals.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut styles = Vec::new();
    if text.contains('\n') {
        styles.push(Style::Literal);
    } else if text.width() > WIDTH && text.contains(' ') {
        styles.push(Style::Folded);
    }
    styles.extend(counts.map(|(style, _)| style));
    // What would need escapes in one kind of quotes is easier to read in the other.
    let awkward = match (text.contains('\''), text.contains('"')) {
        (true, false) => Some(Style::Single),
        (false, true) => Some(Style::Double),
        _ => None,
    };
    if let Some(awkward) = awkward {
        styles.retain(|style| *style != awkward);
        styles.push(awkward);
    }
    styles
}

/// Counts how descriptions are written.
fn count(file: &str, tree: &Yaml<'_>, counts: &mut [(Style, usize); 3]) {
    for item in tree.items() {
        count(file, item, counts);
    }
    for entry in tree.entries() {
        if entry.key == "description" && matches!(entry.value.kind, Kind::Text(_)) {
            let style = match file.as_bytes().get(entry.value.span.start as usize) {
                Some(b'"') => Style::Double,
                Some(b'\'') => Style::Single,
                Some(b'|' | b'>') | None => continue,
                Some(_) => Style::Plain,
            };
            counts.iter_mut().filter(|(one, _)| *one == style).for_each(|(_, count)| *count += 1);
        }
        count(file, &entry.value, counts);
    }
}

/// A text on one line; `None` if it can't be written so.
pub(super) fn inline(text: &str, style: Style) -> Option<String> {
    let is_line = !text.chars().any(char::is_control);
    match style {
        Style::Plain => (is_line && is_plain(text)).then(|| text.to_owned()),
        Style::Single => is_line.then(|| format!("'{}'", text.replace('\'', "''"))),
        Style::Double => serde_json::to_string(text).ok(),
        Style::Literal | Style::Folded => None,
    }
}

/// A text as what follows a key and a colon, the blank included; lines after the first begin with `indent`.
pub(super) fn value(text: &str, style: Style, indent: &str, newline: &str) -> Option<String> {
    let lines: Vec<&str> = match style {
        Style::Literal => text.trim_end_matches('\n').split('\n').collect(),
        Style::Folded if text.starts_with(' ') || text.ends_with(' ') || text.contains("  ") => return None,
        Style::Folded => folded(text, WIDTH.saturating_sub(indent.len()).max(WIDTH / 2)),
        style => return inline(text, style).map(|text| format!(" {text}")),
    };
    // A block finds its indent by its first line.
    let is_block = |line: &&str| !line.chars().any(char::is_control);
    if !lines.iter().all(is_block) || lines.first().is_none_or(|it| it.is_empty() || it.starts_with(' ')) {
        return None;
    }
    let ends = text.len() - text.trim_end_matches('\n').len();
    let keeps = ["-", "", "+"][ends.min(2)];
    let mut out = format!(" {}{keeps}", if style == Style::Folded { '>' } else { '|' });
    for line in lines.into_iter().chain(std::iter::repeat_n("", ends.saturating_sub(1))) {
        out.push_str(newline);
        if !line.is_empty() {
            out.push_str(indent);
            out.push_str(line);
        }
    }
    Some(out)
}

/// A name of a column or part, in a list or a mapping of any layout.
pub(super) fn name(text: &str) -> Option<String> {
    let is_word = text.chars().next().is_some_and(|char| char.is_alphabetic() || char == '_')
        && text.chars().all(|char| char.is_alphanumeric() || char == '_')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_word { Some(text.to_owned()) } else { inline(text, Style::Double) }
}

/// Words that YAML takes for something else than text.
const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// The lines of a text that is broken at blanks.
fn folded(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut start, mut last) = (0, None);
    for (at, _) in text.match_indices(' ') {
        if text[start..at].width() > width
            && let Some(end) = last
        {
            lines.push(&text[start..end]);
            start = end + 1;
        }
        last = Some(at);
    }
    if text[start..].width() > width
        && let Some(end) = last.filter(|end| *end > start)
    {
        lines.push(&text[start..end]);
        start = end + 1;
    }
    lines.push(&text[start..]);
    lines
}

/// True for a text that needs no quotes, wherever it stands on a line of its own.
fn is_plain(text: &str) -> bool {
    let starts =
        text.chars().next().is_some_and(|char| char.is_alphanumeric() || "_(（「『【〈《".contains(char));
    starts
        && text.trim() == text
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        // A number or a date would come back as one.
        && text.chars().any(char::is_alphabetic)
}
