//! Syntax errors in plain words.

use granit_parser::ErrorKind;

use crate::diagnostic::Diagnostic;
use crate::project::errors;
use crate::source::{FileId, Span};

/// Says what is wrong at the byte `at`, and how to mend it.
pub(super) fn explain(file: FileId, text: &str, at: usize, kind: &ErrorKind) -> Diagnostic {
    let mut at = at;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line_end = text[line_start..].find('\n').map_or(text.len(), |end| line_start + end);
    let line = &text[line_start..line_end];
    if let Some(tab) = leading_tab(line) {
        let span = Span::new(file, line_start + tab, line_start + tab + 1);
        return errors::bad_yaml(span, "a tab where YAML wants spaces", "indent with spaces");
    }
    let in_quotes = matches!(
        kind,
        ErrorKind::UnclosedQuotedScalar
            | ErrorKind::DocumentIndicatorInQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
    );
    let open = open_at(text, at);
    if let Some((quote, b'"' | b'\'')) = open.filter(|_| in_quotes) {
        let span = Span::new(file, quote, quote + 1);
        return errors::bad_yaml(span, "this quote is never closed", "close it with the same kind of quote");
    }
    // The parser sometimes notices at the start of the next token; an empty place is hard to see.
    let end = next_char(text, at);
    let span = Span::new(file, at, if text[at..end].starts_with('\n') { at } else { end });
    let (message, help) = words(kind);
    if line.contains(": {{") || line.trim_start().starts_with("- {{") {
        let start = line.find("{{").map_or(at, |open| line_start + open);
        let span = Span::new(file, start, line_end.max(start));
        return errors::bad_yaml(span, "Jinja without quotes", "put quotes around it: `\"{{ … }}\"`");
    }
    if let Some((bracket, open @ (b'[' | b'{'))) = open.filter(|_| may_be_unclosed(kind)) {
        let close = if open == b'[' { ']' } else { '}' };
        let message = format!("this `{}` is never closed", char::from(open));
        let span = Span::new(file, bracket, bracket + 1);
        return errors::bad_yaml(
            span,
            &message,
            &format!("close it with `{close}`, and put `,` between its items"),
        );
    }
    errors::bad_yaml(span, &message, help)
}

fn words(kind: &ErrorKind) -> (String, &'static str) {
    use ErrorKind as E;
    let (message, help) = match kind {
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabAtBlockScalarStart => {
            ("a tab where YAML wants spaces", "indent with spaces")
        }
        E::UnexpectedEofFlowSequence | E::ExpectedFlowSequenceSeparator => {
            ("a list in `[ ]` that is not closed, or lacks a comma", "add the `,` or the `]`")
        }
        E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping
        | E::ExpectedFlowMappingSeparator => {
            ("a mapping in `{ }` that is not closed, or lacks a comma", "add the `,` or the `}`")
        }
        E::UnclosedFlowCollection { open } => {
            return (format!("`{open}` is never closed"), "close it");
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("`{open}` is closed by `{close}`"), "close it with the bracket that fits");
        }
        E::MisplacedFlowCollectionEnd => ("a closing bracket that nothing opens", "remove it"),
        E::UnknownAnchor => ("an alias to an anchor that is not defined above", "define it with `&name`"),
        E::MappingValueNotAllowed | E::InvalidColonPlacement => (
            "a `:` where no key can stand",
            "put quotes around text that has `: ` in it, or check the indentation of this line and the one above",
        ),
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            ("a key without `:`", "write `key: value`, and check the indentation")
        }
        E::ExpectedBlockMappingKey | E::ExpectedBlockSequenceEntry | E::InvalidIndentation => (
            "the indentation does not fit the lines above",
            "indent the line like the others of its list or mapping",
        ),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => {
            ("a `-` where no list can start", "check the indentation, or put the list on a line of its own")
        }
        E::MappingKeyNotAllowed => {
            ("a key where no mapping can start", "check the indentation of this line and the one above")
        }
        E::InvalidBlockScalarIndent | E::InvalidQuotedScalarIndent | E::InvalidFlowScalarIndent => {
            ("text that is indented too little", "indent all its lines deeper than the key")
        }
        E::UnexpectedCharacter { character: '%' } => {
            ("a value can't start with `%`", "put quotes around the value")
        }
        E::UnexpectedCharacter { character } => {
            let message = format!("a value can't start with `{character}`");
            return (message, "put quotes around the value");
        }
        E::UnknownQuotedScalarEscape => {
            ("an unknown escape in double quotes", "write `\\\\` for a backslash, or use single quotes")
        }
        E::InvalidTrailingDoubleQuotedScalar | E::InvalidTrailingSingleQuotedScalar => {
            ("text after the closing quote", "put quotes around all of the value")
        }
        E::RecursionLimitExceeded => ("nested too deep", "no project needs so many levels"),
        E::CommentNotSeparated => ("a `#` that is neither text nor a comment", "put a blank before the `#`"),
        E::ExpectedDocumentStart => (
            "something that belongs to neither the mapping nor the list above",
            "check the indentation of this line",
        ),
        other => return (other.to_string().to_lowercase(), ""),
    };
    (message.to_owned(), help)
}

/// Whether an open bracket further up may be why the parser stumbles.
fn may_be_unclosed(kind: &ErrorKind) -> bool {
    use ErrorKind as E;
    matches!(
        kind,
        E::MappingValueNotAllowed
            | E::InvalidColonPlacement
            | E::ExpectedFlowMappingSeparator
            | E::ExpectedFlowSequenceSeparator
            | E::UnexpectedEofFlowMapping
            | E::UnexpectedEofFlowSequence
            | E::UnexpectedEofImplicitFlowMapping
            | E::UnclosedFlowCollection { .. }
            | E::ExpectedBlockMappingKey
            | E::SimpleKeyExpected
            | E::InvalidSimpleKey
            | E::InvalidFlowScalarIndent
            | E::InvalidIndentation
            | E::ExpectedNodeContent
            | E::BlockEntryInFlowCollection
            | E::UnexpectedEof
    )
}

fn leading_tab(line: &str) -> Option<usize> {
    let blank = line.len() - line.trim_start_matches([' ', '\t', '-']).len();
    line[..blank].find('\t')
}

/// The quote or bracket that is open at the byte `end`, and where it stands. Quotes, brackets and comments
/// count where YAML lets a value start with them.
fn open_at(text: &str, end: usize) -> Option<(usize, u8)> {
    let bytes = text.as_bytes();
    let starts = |at: usize| at == 0 || matches!(bytes[at - 1], b' ' | b'\n' | b'\t' | b'[' | b'{' | b',');
    let mut brackets: Vec<(usize, u8)> = Vec::new();
    let mut at = 0;
    while at < end.min(bytes.len()) {
        match bytes[at] {
            b'#' if starts(at) => at = text[at..].find('\n').map_or(text.len(), |length| at + length),
            quote @ (b'"' | b'\'') if starts(at) => {
                let open = at;
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if quote == b'"' && bytes[at] == b'\\' { 2 } else { 1 };
                }
                // A quote that closes only behind the place of the error was meant to close before it.
                if at >= end.min(bytes.len()) {
                    return Some((open, quote));
                }
            }
            open @ (b'[' | b'{') if starts(at) || !brackets.is_empty() => brackets.push((at, open)),
            b']' | b'}' => drop(brackets.pop()),
            _ => {}
        }
        at += 1;
    }
    brackets.last().copied()
}

fn next_char(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(at, |char| at + char.len_utf8())
}
