//! The engine as its users see it.

use std::sync::Arc;

use super::*;
use crate::source::{FileId, SegmentKind, Span};

/// An engine of the macros in one file of package `p`.
fn engine(macros: &str) -> Engine {
    let text: Arc<str> = Arc::from(macros);
    let (blocks, diagnostics) = scan(FileId(1), &text);
    assert_eq!(diagnostics, []);
    let define = |block: Block| MacroDef {
        package: "p".to_owned(),
        unique_id: format!("macro.p.{}", block.macro_name),
        file: FileId(1),
        text: text.clone(),
        block,
    };
    Engine::new(blocks.into_iter().map(define).collect())
}

fn render(macros: &str, template: &str) -> Result<Rendered, Box<crate::diagnostic::Diagnostic>> {
    let engine = engine(macros);
    let mut scene = Scene::new(Dict::value([("x", Value::from(1))]), engine.namespace(&["p"], &[]));
    scene.limits.steps = 100_000;
    let text: Arc<str> = Arc::from(template);
    let template = engine.compile(FileId(0), &text, 0..text.len())?;
    engine.session(scene).render(&template)
}

#[track_caller]
fn check(macros: &str, template: &str, expect: &str) {
    match render(macros, template) {
        Ok(rendered) => assert_eq!(rendered.text, expect),
        Err(diagnostic) => panic!("{diagnostic:?}"),
    }
}

/// The message, the text it points at, and the calls that led there.
fn failure(macros: &str, template: &str) -> (String, String, usize) {
    let diagnostic = render(macros, template).unwrap_err();
    let Span { file, .. } = diagnostic.label.as_ref().unwrap().span;
    let text = if file == FileId(0) { template } else { macros };
    let place = &text[diagnostic.label.as_ref().unwrap().span.range()];
    (format!("{} {}", diagnostic.code, diagnostic.message), place.to_owned(), diagnostic.trace.len())
}

#[test]
fn macros_call_each_other_and_return_values() {
    let macros = "{% macro a(n, m=n) %}{{ return([n, m]) }}{% endmacro %}\
        {% macro b(x) %}<{{ x }}{{ caller(x + 1) if caller }}>{% endmacro %}";
    check(macros, "{{ a(1)[1] + p.a(2, m=5)[1] }}", "6");
    check(macros, "{% call(y) b(1) %}[{{ y }}]{% endcall %}{{ b(7) }}", "<1[2]><7>");
}

#[test]
fn lists_and_dicts_are_shared_and_mutable() {
    check("", "{% set xs = [1] %}{% do xs.append('a') %}{{ xs }}", "[1, 'a']");
    check("", "{% set d = {} %}{% set _ = d.update({'a': 1.0}) %}{{ d }}{{ d.a }}", "{'a': 1.0}1.0");
}

#[test]
fn every_literal_byte_leads_to_the_file_it_was_written_in() {
    let macros = "{% macro wrap(x) %}begin {{ x }} and a long end of the macro{% endmacro %}";
    let template = "select\r\n  {{ wrap('v') }},\n{% for i in [1, 2] %} col_{{ i }}{% endfor %}\n";
    let rendered = render(macros, template).unwrap();
    assert_eq!(rendered.text, "select\n  begin v and a long end of the macro,\n col_1 col_2");
    let mut literal = String::new();
    for segment in &rendered.source_map.segments {
        let text = if segment.origin.file == FileId(0) { template } else { macros };
        let (from, to) = (segment.rendered.start as usize, segment.rendered.end as usize);
        if segment.kind == SegmentKind::Literal {
            assert_eq!(&text[segment.origin.range()], &rendered.text[from..to]);
            literal.push_str(&rendered.text[from..to]);
            assert_eq!(segment.frames.len(), usize::from(segment.origin.file == FileId(1)));
        }
    }
    assert_eq!(literal, "select\n  begin  and a long end of the macro,\n col_ col_");
    let at = rendered.text.find("col_1").unwrap() + 4;
    let origin = rendered.source_map.origin(at..at + 1).unwrap();
    assert_eq!((&template[origin.span.range()], origin.exact), ("{{ i }}", false));
}

#[test]
fn failures_name_their_place_and_the_calls_that_led_there() {
    let macros =
        "{% macro outer() %}{{ inner() }}{% endmacro %}{% macro inner() %}{{ nope.x }}{% endmacro %}";
    let (message, place, calls) = failure(macros, "a {{ outer() }}");
    assert_eq!((message.as_str(), place.as_str(), calls), ("B0205 `nope` is undefined", "nope", 2));
    let (message, place, _) = failure("", "{{ no_such(1) }}");
    assert_eq!((message.as_str(), place.as_str()), ("B0202 `no_such` is undefined", "no_such"));
    let (message, place, _) = failure("{% macro a() %}{% endmacro %}", "{{ p.b() }}");
    assert_eq!((message.as_str(), place.as_str()), ("B0202 `p.b` is undefined", "p.b"));
}

#[test]
fn endless_work_ends_with_a_place() {
    let (message, place, _) = failure("{% macro m() %}{{ m() }}{% endmacro %}", "{{ m() }}");
    assert_eq!(message, "B0207 macro `p.m` is called more than 300 deep");
    assert_eq!(place, "m()");
    let (message, place, _) =
        failure("", "{% for i in range(1000) %}{% for j in range(1000) %}x{% endfor %}{% endfor %}");
    assert_eq!(message, "B0207 rendering took more than 100000 steps");
    assert!(place.starts_with("for "), "{place}");
}

/// Cases recorded from Python's jinja2 by `scripts/jinja_differential.py`.
const CASES: &[(&str, &str, &str)] = &[
    ("filters", include_str!("cases/filters.jinja"), include_str!("cases/filters.out")),
    ("methods", include_str!("cases/methods.jinja"), include_str!("cases/methods.out")),
    ("operators", include_str!("cases/operators.jinja"), include_str!("cases/operators.out")),
    ("printing", include_str!("cases/printing.jinja"), include_str!("cases/printing.out")),
    ("statements", include_str!("cases/statements.jinja"), include_str!("cases/statements.out")),
    ("tests", include_str!("cases/tests.jinja"), include_str!("cases/tests.out")),
    ("whitespace", include_str!("cases/whitespace.jinja"), include_str!("cases/whitespace.out")),
];

/// Title and text of each case of a file.
fn cases(text: &str) -> Vec<(&str, &str)> {
    let mut starts: Vec<usize> = text.match_indices("\n--- ").map(|(at, _)| at + 1).collect();
    starts.insert(0, 0);
    let ends = starts.iter().skip(1).map(|start| start - 1).chain([text.len()]);
    let whole = starts.iter().zip(ends).map(|(start, end)| &text[*start..end]);
    whole.map(|case| case[4..].split_once('\n').unwrap_or((&case[4..], ""))).collect()
}

#[test]
fn cases_render_as_in_jinja2() {
    let context: serde_json::Value = serde_json::from_str(include_str!("cases/context.json")).unwrap();
    let engine = engine("");
    let mut wrong = Vec::new();
    for (file, templates, expected) in CASES {
        let (templates, expected) = (cases(templates), cases(expected));
        assert_eq!(templates.len(), expected.len(), "record {file} again");
        for (number, ((title, template), (_, expect))) in templates.iter().zip(&expected).enumerate() {
            let is_last = |cases: &[_]| number + 1 == cases.len();
            let template =
                if is_last(&templates) { template.strip_suffix('\n').unwrap_or(template) } else { template };
            let expect =
                if is_last(&expected) { expect.strip_suffix('\n').unwrap_or(expect) } else { expect };
            let text: Arc<str> = Arc::from(template);
            let scene = Scene::new(from_json(&context), engine.namespace(&[], &[]));
            let result = engine
                .compile(FileId(0), &text, 0..text.len())
                .and_then(|code| engine.session(scene).render(&code));
            match result {
                Ok(rendered) if !title.starts_with("error") && rendered.text == *expect => {}
                Ok(rendered) => {
                    wrong.push(format!("{file}: {title}\n  got {}\n want {expect}", rendered.text));
                }
                Err(_) if title.starts_with("error") => {}
                Err(error) => {
                    wrong.push(format!("{file}: {title}\n  failed {}\n want {expect}", error.message));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_container_may_hold_itself_and_go_very_deep() {
    check("", "{% set d = {} %}{% do d.update({'d': d}) %}{{ d == d }}{{ d in [d] }}", "TrueTrue");
    let deep =
        "{% set ns = namespace(x=[]) %}{% for i in range(20000) %}{% set ns.x = [ns.x] %}{% endfor %}done";
    check("", deep, "done");
}

#[test]
fn functions_in_rust_know_where_they_are_called() {
    let engine = engine("{% macro m() %}{{ here() }}{% endmacro %}").with_root("p");
    let here = Value::from_function(|state: &mut State<'_, '_>| {
        let Span { file, start, end } = call_site(state);
        let frames: Vec<_> = frames(state).into_iter().map(|frame| frame.name).collect();
        format!("{}:{start}-{end} {frames:?}", file.0)
    });
    let scene = Scene::new(Dict::value([("here", here)]), engine.namespace(&["p"], &[]));
    let text: Arc<str> = Arc::from("a {{ here() }} {{ m() }}");
    let template = engine.compile(FileId(0), &text, 0..text.len()).unwrap();
    let mut session = engine.session(scene);
    let rendered = session.render(&template).unwrap();
    assert_eq!(rendered.text, "a 0:5-11 [] 1:18-24 [\"m\"]");
    assert_eq!(session.called_macros().len(), 1);
}

#[test]
fn a_failure_in_rust_gets_the_place_of_its_call() {
    let engine = engine("");
    let fails = Value::from_function(|name: String| -> Result<Value, Error> {
        Err(crate::diagnostic::Diagnostic::error(crate::diagnostic::Code::RAISED, name).into())
    });
    let scene = Scene::new(Dict::value([("fails", fails)]), engine.namespace(&[], &[]));
    for (template, message, place) in [
        ("x {{ fails('no') ~ 1 }}", "no", "fails('no')"),
        ("x {{ 1 + fails() }}", "missing argument in the call of `fails`", "fails()"),
    ] {
        let text: Arc<str> = Arc::from(template);
        let compiled = engine.compile(FileId(0), &text, 0..text.len()).unwrap();
        let failure = engine.session(scene.clone()).render(&compiled).unwrap_err();
        assert_eq!(
            (failure.message.as_str(), &template[failure.label.unwrap().span.range()]),
            (message, place)
        );
    }
}

#[test]
fn tests_and_materializations_are_macros_with_their_own_places() {
    let macros = "{% test positive(model, column_name) %}{{ model }}.{{ column_name }}{% endtest %}\n\
        {%- materialization slow, adapter='duckdb' -%}{{ nope.x }}{%- endmaterialization -%}\n\
        {% macro typed(a: string, b: list[string] = [1]) %}{{ a }}{{ b }}{% endmacro %}";
    check(macros, "{{ test_positive('m', column_name='c') }} {{ typed(5) }}", "m.c 5[1]");
    let (_, place, _) = failure(macros, "{{ materialization_slow_duckdb() }}");
    assert_eq!(place, "nope");
}

#[test]
fn a_template_cut_anywhere_is_refused_or_rendered() {
    let engine = engine("");
    let context: serde_json::Value = serde_json::from_str(include_str!("cases/context.json")).unwrap();
    let mut scene = Scene::new(from_json(&context), engine.namespace(&[], &[]));
    scene.limits.steps = 2_000;
    let mut seen = 0;
    for template in CASES.iter().flat_map(|(_, templates, _)| cases(templates)).map(|(_, template)| template)
    {
        for (at, _) in template.char_indices().step_by(3) {
            for piece in [&template[..at], &template[at..]] {
                let text: Arc<str> = Arc::from(piece);
                let (blocks, problems) = scan(FileId(0), piece);
                seen += blocks.len() + problems.len();
                if let Ok(code) = engine.compile(FileId(0), &text, 0..text.len())
                    && let Ok(rendered) = engine.session(scene.clone()).render(&code)
                {
                    let ends = rendered.source_map.segments.last().map_or(0, |segment| segment.rendered.end);
                    assert_eq!(ends as usize, rendered.text.len(), "{piece}");
                }
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn sizes_past_reason_are_refused() {
    for template in [
        "{{ 'a' * 10 ** 12 }}",
        "{{ [1] * 10 ** 12 }}",
        "{{ '%.999999f' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ 'x'.ljust(10 ** 12) }}",
        "{{ ('a' * 100000).replace('', 'b' * 100000) }}",
        "{{ ('a\n' * 100000) | indent(100000) }}",
        "{{ range(10 ** 15) | list }}",
        "{{ 10 ** 100 }}",
    ] {
        let (message, place, _) = failure("", template);
        assert!(!message.is_empty() && template.contains(&place), "{template}: {message}");
    }
    check("", "{{ 'abc'[::10 ** 30] }}{{ 'abc'[-(10 ** 30):] }}{{ [1, 2][10 ** 30:] }}", "aabc[]");
}

#[test]
fn long_chains_of_operators_do_not_exhaust_the_stack() {
    let chain = |links: usize| format!("{{{{ 1{} }}}}", " ~ 1".repeat(links));
    check("", &chain(2000), &"1".repeat(2001));
    let (message, ..) = failure("", &chain(50_000));
    assert_eq!(message, "B0201 this expression is nested too deep");
    let (message, ..) = failure("", &format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)));
    assert!(message.starts_with("B0201"), "{message}");
}
