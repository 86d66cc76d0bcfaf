//! The macros that a text names in calls, found without running it.

use super::lex::{self, PieceKind};

/// A call that may be of a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticCall<'t> {
    /// `name(…)` or `package.name(…)`.
    Macro {
        /// The package, for the form with a dot.
        package: Option<&'t str>,
        /// The name.
        name: &'t str,
    },
    /// `adapter.dispatch('name', 'package')`.
    Dispatch {
        /// The macro's name without a prefix.
        name: &'t str,
        /// The package that it is looked for in.
        namespace: Option<&'t str>,
    },
}

/// The calls in a text's expressions and tags, in order, repeats included. Filters and tests are no calls, nor is
/// what a method of some value does.
pub fn static_calls(text: &str) -> Vec<StaticCall<'_>> {
    let (pieces, _) = lex::lex(text, 0..text.len());
    let mut calls = Vec::new();
    for piece in pieces {
        match piece.kind {
            PieceKind::Output => in_code(&text[piece.span], &mut calls),
            PieceKind::Tag { name, rest } => {
                let mut code = &text[rest];
                if matches!(&text[name], "macro" | "test" | "data_test" | "materialization") {
                    // The name that is defined here is not called.
                    let trimmed = code.trim_start();
                    code = &trimmed[lex::word(trimmed)..];
                }
                in_code(code, &mut calls);
            }
            _ => {}
        }
    }
    calls
}

fn in_code<'t>(code: &'t str, calls: &mut Vec<StaticCall<'t>>) {
    let bytes = code.as_bytes();
    let mut at = 0;
    // True where a name is a filter, a test or an attribute of something that is no name.
    let mut bound = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\'' | b'"' => {
                at = string_end(bytes, at);
                bound = false;
            }
            byte if is_word(*byte) => {
                let (chain, end) = chain(code, at);
                let open = end + blanks(&bytes[end..]);
                let called = bytes.get(open) == Some(&b'(') && !bound;
                match chain {
                    [Some("adapter"), Some("dispatch"), None] if called => {
                        calls.extend(dispatch(&code[open + 1..]));
                    }
                    [Some(package), Some(name), None] if called && package != "adapter" => {
                        calls.push(StaticCall::Macro { package: Some(package), name });
                    }
                    [Some(name), None, None] if called => {
                        calls.push(StaticCall::Macro { package: None, name });
                    }
                    _ => {}
                }
                bound = matches!(chain, [Some("is"), None, None])
                    || bound && matches!(chain, [Some("not"), None, None]);
                at = end;
            }
            byte => {
                bound = matches!(byte, b'|' | b'.') || bound && byte.is_ascii_whitespace();
                at += 1;
            }
        }
    }
}

/// `a`, `a.b`, or the first three steps of more, and where it ends.
fn chain(code: &str, start: usize) -> ([Option<&str>; 3], usize) {
    let bytes = code.as_bytes();
    let mut chain = [None; 3];
    let mut at = start;
    let mut count = 0;
    loop {
        let end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
        if let Some(step) = chain.get_mut(count) {
            *step = Some(&code[at..end]);
        }
        count += 1;
        let next = bytes.get(end + 1).is_some_and(|byte| is_word(*byte));
        if bytes.get(end) != Some(&b'.') || !next {
            return (chain, end);
        }
        at = end + 1;
    }
}

/// The call, if its first argument is a text; `arguments` begins after the parenthesis.
fn dispatch(arguments: &str) -> Option<StaticCall<'_>> {
    let (mut name, mut namespace) = (None, None);
    let bytes = arguments.as_bytes();
    let (mut at, mut depth, mut place, mut key) = (0, 0_usize, 0, "");
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\'' | b'"' => {
                let end = string_end(bytes, at);
                let text = arguments.get(at + 1..end.saturating_sub(1)).unwrap_or_default();
                if depth == 0 {
                    match (key, place) {
                        ("macro_name", _) | ("", 0) => name = Some(text),
                        ("macro_namespace", _) | ("", 1) => namespace = Some(text),
                        _ => {}
                    }
                }
                at = end;
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => break,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => (place, key) = (place + 1, ""),
            byte if is_word(*byte) => {
                let end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
                let equals = end + blanks(&bytes[end..]);
                if depth == 0 && bytes.get(equals) == Some(&b'=') {
                    key = &arguments[at..end];
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    name.map(|name| StaticCall::Dispatch { name, namespace })
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The place after a string that begins at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let shown = |call: &StaticCall<'_>| match call {
            StaticCall::Macro { package: None, name } => (*name).to_owned(),
            StaticCall::Macro { package: Some(package), name } => format!("{package}.{name}"),
            StaticCall::Dispatch { name, namespace } => format!("{name}@{}", namespace.unwrap_or("-")),
        };
        let calls: Vec<String> = static_calls(text).iter().map(shown).collect();
        assert_eq!(calls.join(" "), expect, "{text}");
    }

    #[test]
    fn calls_are_found_in_expressions_and_tags() {
        check("{{ a(b(1)) }} c(2) {% set x = pkg.d('e(') %} {# f() #}", "a b pkg.d");
        check("{% macro own(x, y=z()) %}{{ own2() }}{% endmacro %}", "z own2");
        check("{% call statement('x') %}{% endcall %}", "statement");
    }

    #[test]
    fn filters_tests_and_methods_are_no_calls() {
        check(
            "{{ a | join(',') }}{% if b is divisibleby(3) or c is not odd (1) %}{{ d.e.f() }}{{ g().h() }}",
            "g",
        );
        check("{{ '\\'a(' ~ b ('x') }}", "b");
    }

    #[test]
    fn dispatch_names_what_it_looks_for() {
        check("{{ adapter.dispatch('a', 'p')(x) }}", "a@p");
        check("{{ return(adapter.dispatch(macro_name = 'a', macro_namespace='p') (q(1))) }}", "return a@p q");
        check("{{ adapter.dispatch('a') }}{{ adapter.dispatch(x) }}{{ adapter.quote('b') }}", "a@-");
    }
}
