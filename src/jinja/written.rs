//! A call's named arguments as they are written, without running them.

use super::lex::{self, PieceKind};

/// The named arguments of the first call of `function` in a text, each as a Python programmer would write it; a
/// plain string without its quotes. `None` if there is no such call.
pub fn written_arguments<'t>(text: &'t str, function: &str) -> Option<Vec<(&'t str, String)>> {
    let (pieces, _) = lex::lex(text, 0..text.len());
    for piece in pieces {
        if !matches!(piece.kind, PieceKind::Output | PieceKind::Tag { .. }) {
            continue;
        }
        let code = &text[piece.span];
        let tokens = tokens(code);
        let opens = tokens.windows(2).position(|pair| pair == [function, "("]);
        if let Some(at) = opens.filter(|at| *at == 0 || tokens[at - 1] != ".") {
            return Some(named(&tokens[at + 2..]));
        }
    }
    None
}

/// True if a text has no more than calls of `functions` with plain values: texts, truth values, and lists and mappings
/// of these. Such a text is read by dbt without running it, and its arguments keep their kinds.
pub fn is_plain(text: &str, functions: &[&str]) -> bool {
    let (pieces, unclosed) = lex::lex(text, 0..text.len());
    let plain = |code: &str| {
        let Some(inner) = code.strip_prefix("{{").and_then(|code| code.strip_suffix("}}")) else {
            return false;
        };
        if inner.starts_with('-') || inner.ends_with('-') {
            return false;
        }
        let tokens = tokens(inner);
        let [function, "(", arguments @ .., ")"] = tokens.as_slice() else { return false };
        let is_ref = *function == "ref";
        functions.contains(function)
            && arguments.iter().enumerate().all(|(at, token)| {
                let is_name = arguments.get(at + 1) == Some(&"=") && !token.ends_with("_hook");
                is_text(token)
                    || matches!(*token, "True" | "False" | "true" | "false")
                    || matches!(*token, "," | "=" | ":" | "[" | "]" | "{" | "}")
                    || is_name
                    || is_ref && token.bytes().all(|byte| byte.is_ascii_digit())
            })
    };
    unclosed.is_none()
        && pieces.iter().all(|piece| match piece.kind {
            PieceKind::Data | PieceKind::Comment => true,
            PieceKind::Output => plain(&text[piece.span.clone()]),
            PieceKind::Tag { .. } | PieceKind::Raw => false,
        })
}

fn is_text(token: &str) -> bool {
    token.starts_with(['\'', '"'])
}

fn is_word(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}

/// Words, numbers, strings and signs.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            first if first.is_whitespace() => {
                rest = &rest[first.len_utf8()..];
                continue;
            }
            '\'' | '"' => {
                let mut escaped = false;
                let end = rest[1..].find(|char| {
                    let closes = char == first && !escaped;
                    escaped = char == '\\' && !escaped;
                    closes
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            first if is_word(first) => rest.find(|char| !is_word(char)).unwrap_or(rest.len()),
            _ => {
                let two = rest.get(..2).filter(|two| matches!(*two, "==" | "!=" | "<=" | ">=" | "**" | "//"));
                two.map_or(first.len_utf8(), str::len)
            }
        };
        tokens.push(&rest[..length]);
        rest = &rest[length..];
    }
    tokens
}

/// The named arguments of a call whose parenthesis is open.
fn named<'t>(tokens: &[&'t str]) -> Vec<(&'t str, String)> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth > 0 => depth -= 1,
            "," | ")" if depth == 0 => {
                if let [name, "=", value @ ..] = &tokens[start..at] {
                    found.push((*name, expression(value)));
                }
                start = at + 1;
                if *token == ")" {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

fn expression(tokens: &[&str]) -> String {
    if let [only] = tokens
        && is_text(only)
    {
        return inner(only);
    }
    let mut text = String::new();
    let mut before = "";
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).copied().unwrap_or_default();
        match *token {
            "," if matches!(next, "]" | "}") => {}
            "," | ":" => {
                text.push_str(token);
                text.push(' ');
            }
            "~" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "+" | "/" | "*" | "%" => {
                text.push(' ');
                text.push_str(token);
                text.push(' ');
            }
            token => {
                let words = |token: &str| token.starts_with(is_word) || is_text(token);
                let after_word = words(token) && (words(before) || matches!(before, ")" | "]" | "}"));
                let opened = matches!(token, "(" | "[" | "{")
                    && matches!(before, "not" | "and" | "or" | "in" | "if" | "else");
                if after_word || opened {
                    text.push(' ');
                }
                match token {
                    "true" => text.push_str("True"),
                    "false" => text.push_str("False"),
                    "none" => text.push_str("None"),
                    token if is_text(token) => text.push_str(&repr(token)),
                    token => text.push_str(token),
                }
            }
        }
        before = token;
    }
    text
}

/// The content of a string literal.
fn inner(literal: &str) -> String {
    let content = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    if !content.contains('\\') {
        return content.to_owned();
    }
    let mut text = String::new();
    let mut chars = content.chars();
    while let Some(char) = chars.next() {
        match (char, char == '\\') {
            (_, true) => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(other @ ('\\' | '\'' | '"')) => text.push(other),
                Some(other) => text.extend(['\\', other]),
                None => text.push('\\'),
            },
            (char, false) => text.push(char),
        }
    }
    text
}

fn repr(literal: &str) -> String {
    super::text::repr(&minijinja::Value::from(inner(literal))).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str)]) {
        let found = written_arguments(text, "config").unwrap_or_default();
        let found: Vec<(&str, &str)> = found.iter().map(|(key, value)| (*key, value.as_str())).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn arguments_are_told_as_they_are_written() {
        check(
            "select 1 {{ config(a='x', b = env_var( \"E\",'d') ) }}",
            &[("a", "x"), ("b", "env_var('E', 'd')")],
        );
        check(
            "{{config(a=['x',],b={'k':1},c=true,d=var('x') ~ 'y')}}",
            &[("a", "['x']"), ("b", "{'k': 1}"), ("c", "True"), ("d", "var('x') ~ 'y'")],
        );
        check("{{ config({'a': 1}) }}{{ config(b=2) }}", &[]);
        check("{{ this.config(a=1) }}", &[]);
        check("{{ config(a=x if not y else (1, -2)) }}", &[("a", "x if not y else (1, -2)")]);
    }

    #[test]
    fn plain_texts_have_nothing_to_run() {
        let plain = |text| is_plain(text, &["ref", "source", "config"]);
        assert!(plain(
            "{{ config(a='x', b=['y'], c={'d': True}) }} select * from {{ ref('a', v=1) }} {# c #}"
        ));
        assert!(!plain("{{ config(a=1) }}"));
        assert!(!plain("{{- config(a='x') -}}"));
        assert!(!plain("{% if true %}{% endif %}"));
        assert!(!plain("{{ ref('a') ~ 'x' }}"));
        assert!(!plain("{{ config(pre_hook='x') }}"));
        assert!(!plain("{{ var('x') }}"));
    }
}
