//! Tests of the YAML reader: values as PyYAML gives them, places, and syntax errors in plain words.

use serde_json::json;

use super::*;
use crate::source::{FileId, Sources};

#[track_caller]
fn check(text: &str, expect: &Value) {
    let document = parse(FileId(0), text);
    assert_eq!(document.diagnostics, []);
    assert_eq!(document.root.expect("the text has a document").to_value(), *expect);
}

/// Line, column and label of the only problem.
#[track_caller]
fn broken(text: &str, expect: &str) {
    let mut sources = Sources::default();
    let file = sources.add("a.yml", text);
    let problems = parse(file, text).diagnostics;
    let [problem] = problems.as_slice() else { panic!("one problem is expected, not {problems:#?}") };
    let label = problem.label.as_ref().expect("a syntax error has a place");
    let at = sources.get(file).line_column(label.span.start);
    assert_eq!(format!("{}:{} {}", at.line, at.column, label.text), expect);
}

#[test]
fn truth_values_are_those_of_yaml_1_1() {
    check(
        "[yes, No, ON, off, true, FALSE, y, n, yEs]",
        &json!([true, false, true, false, true, false, "y", "n", "yEs"]),
    );
}

#[test]
fn a_block_that_ends_without_a_newline_has_none() {
    check("a:\n  b: |\n    x\n    y", &json!({"a": {"b": "x\ny"}}));
    check("b: >\n  x", &json!({"b": "x"}));
    check("b: |+\n  x", &json!({"b": "x"}));
    check("b: |\n  x\n  ", &json!({"b": "x\n"}));
    check("b: |\n  x\nc: 1", &json!({"b": "x\n", "c": 1}));
}

#[test]
fn nothing_has_five_spellings() {
    check(
        "{a: , b: ~, c: null, d: Null, e: NULL, f: nULL}",
        &json!({
            "a": null, "b": null, "c": null, "d": null, "e": null, "f": "nULL"
        }),
    );
}

#[test]
fn whole_numbers_may_be_octal_hexadecimal_binary_and_base_sixty() {
    check(
        "[0, 010, 08, 0o7, 0x1f, 0b101, 1_000, -5, +5, 1:30, 1:60]",
        &json!([0, 8, "08", "0o7", 31, 5, 1000, -5, 5, 90, "1:60"]),
    );
}

#[test]
fn decimal_numbers_need_a_point_and_a_signed_exponent() {
    check(
        "[1.5, 1., .5, -.5, 1e3, 1.0e3, 1.0e+3, 1.2.3]",
        &json!([1.5, 1.0, 0.5, "-.5", "1e3", "1.0e3", 1000.0, "1.2.3"]),
    );
}

#[test]
fn dates_are_text_and_times_are_in_iso_form() {
    check(
        "[2024-01-02, 2024-01-02 03:04:05, 2024-01-02T03:04:05.5Z, 2024-01-02 03:04:05 日本]",
        &json!([
            "2024-01-02",
            "2024-01-02T03:04:05",
            "2024-01-02T03:04:05.500000+00:00",
            "2024-01-02 03:04:05 日本"
        ]),
    );
}

#[test]
fn quotes_and_tags_keep_text() {
    check("['1', \"yes\", !!str 5, !!int '5', !!float 5]", &json!(["1", "yes", "5", 5, 5.0]));
}

#[test]
fn block_scalars_keep_or_fold_lines() {
    check("a: |\n  x\n   y\nb: >-\n  x\n  y\n\n  z\n", &json!({"a": "x\n y\n", "b": "x y\nz"}));
}

#[test]
fn aliases_repeat_what_they_name() {
    check("a: &x [1, 2]\nb: *x\n", &json!({"a": [1, 2], "b": [1, 2]}));
}

#[test]
fn own_keys_win_over_merged_ones_and_the_first_mapping_over_later_ones() {
    check(
        "x: &x {p: 1, q: 1}\ny: &y {q: 2, r: 2}\nz:\n  r: 9\n  <<: [*x, *y]\n",
        &json!({"x": {"p": 1, "q": 1}, "y": {"q": 2, "r": 2}, "z": {"q": 1, "r": 9, "p": 1}}),
    );
}

#[test]
fn the_last_of_equal_keys_counts_and_both_places_are_told() {
    let document = parse(FileId(0), "a: 1\nb: 2\na: 3\n");
    assert_eq!(document.root.expect("a document").to_value(), json!({"a": 3, "b": 2}));
    let [problem] = document.diagnostics.as_slice() else { panic!("one warning is expected") };
    assert!(!problem.is_error());
    assert_eq!(problem.related[0].span.range(), 0..1);
    assert_eq!(problem.label.as_ref().expect("a place").span.range(), 10..11);
}

#[test]
fn places_are_bytes() {
    let text = "部: '品 x'\n";
    let document = parse(FileId(0), text);
    let root = document.root.expect("a document");
    let entry = &root.entries()[0];
    assert_eq!(&text[entry.key_span.range()], "部");
    assert_eq!(&text[entry.value.span.range()], "'品 x'");
}

#[test]
fn an_empty_file_is_nothing() {
    let document = parse(FileId(0), "# only a comment\n");
    assert!(document.root.is_none() && document.diagnostics.is_empty());
}

#[test]
fn tabs_are_named() {
    broken("a:\n\tb: 1\n", "2:1 a tab where YAML wants spaces");
}

#[test]
fn unclosed_quotes_are_shown_where_they_open() {
    broken("a: 1\nb: \"two\nc: 3\n", "2:4 this quote is never closed");
    broken("a: 'it''s'\nb: 'two\nc: 3\n", "2:4 this quote is never closed");
}

#[test]
fn quoted_text_may_go_on_at_the_left_margin() {
    check("a: \"x\ny\"\n", &json!({"a": "x y"}));
    check(
        "m:\n  - d: 'it''s  \n\n\n  a \"b\"\n  c'\n    e: \"x\\ \n    y\\\n  z\\n\n  #no: \\u65e5\" # it's\n    f: 1\n",
        &json!({"m": [{"d": "it's\n\na \"b\" c", "e": "x  yz\n #no: 日", "f": 1}]}),
    );
}

#[test]
fn unclosed_brackets_are_named() {
    broken("a: [1, 2\nb: 3\n", "1:4 this `[` is never closed");
}

#[test]
fn bad_indentation_is_shown_on_its_line() {
    broken("a:\n  b: 1\n c: 2\n", "3:2 the indentation does not fit the lines above");
}

#[test]
fn a_colon_in_text_is_explained() {
    broken("a: b: c\n", "1:5 a `:` where no key can stand");
}

#[test]
fn jinja_without_quotes_is_recognised() {
    broken("a: {{ var('x') }}\n", "1:4 Jinja without quotes");
    broken("a: {{ x }} y\n", "1:4 Jinja without quotes");
}

#[test]
fn unknown_aliases_are_errors() {
    broken("a: *nobody\n", "1:4 an alias to an anchor that is not defined above");
}

#[test]
fn an_alias_within_its_anchor_is_an_error() {
    broken("a: &x [1, *x]\n", "1:11 an alias stands within what it refers to");
}

#[test]
fn a_second_document_is_an_error() {
    broken("a: 1\n---\nb: 2\n", "2:1 a second document in one file");
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = level - 1;
        text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", ")));
    }
    let problems = parse(FileId(0), &text).diagnostics;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("aliases bring in more values"));
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let problems = parse(FileId(0), &text).diagnostics;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("nested too deep"));
}

/// The quick reader and the thorough one give the same, places included; or the quick one gives nothing.
#[track_caller]
fn alike(text: &str) -> bool {
    let Some(quick) = quick::parse(FileId(0), text) else { return false };
    let thorough = parse::thorough(FileId(0), text);
    assert_eq!(thorough.diagnostics, [], "of {text:?}");
    let thorough = thorough.root.expect("the quick reader found a document");
    assert!(format!("{quick:?}") == format!("{thorough:?}"), "{text:?} gives {quick:?}, not {thorough:?}");
    true
}

#[test]
fn ordinary_files_go_the_quick_way() {
    for text in [
        "version: 2\n\nmodels:\n  - name: a  # one\n    description: \"a: b # c\"\n    columns:\n      - name: id\n        \
         data_tests:\n          - unique\n          - not_null\n      - name: 'x y'\n",
        "models:\n- name: a\n  config:\n    meta:\n      n: 1.5\n      d: 2024-01-02\n      on: yes\n- name: 部品\n",
        "a: b c d\n# end\n\n",
        "- a\n- b: 1\n  c: 2\n- - d\n  - e\n",
        "a:\n  b: http://x/y#z\n  c: (1)",
        "a: [1]\nb: [unique, not_null]  # both\nc: [ x.y , 2024 ]\nd:\n  - [yes, 1.5]\n",
    ] {
        assert!(alike(text), "{text:?} is ordinary");
    }
}

#[test]
fn unusual_files_go_the_thorough_way() {
    for text in [
        "a: |\n  x\n",
        "a: &x 1\n",
        "a: []\n",
        "a: [1, [2]]\n",
        "a: [b: c]\n",
        "a: [1,\n  2]\n",
        "a: [1, ]\n",
        "a: ['1']\n",
        "a: [b c]\n",
        "a: [1]: 2\n",
        "a: b\n  c\n",
        "a: 1\na: 2\n",
        "a:\n",
        "a: \"x\\n\"\n",
        "a: 'it''s'\n",
        "---\na: 1\n",
        "a:\tb\n",
        "a: b: c\n",
        "a: 1\n b: 2\n",
        "'a': 1\n",
        "a: {b: 1}\n",
        "",
        "a: b\r\n",
        "-\n  a\n",
    ] {
        assert!(!alike(text), "{text:?} is unusual");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn both_readers_agree(parts in proptest::collection::vec(
        proptest::sample::select(vec![
            "a", "b: ", "c:", "- ", "-", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", " ", "  ", "#", " # c", "'x'", "\"y\"", "'",
            "\"", "1", "1.5", "yes", "null", "部", "\u{3000}", ": ", ":", "d: e\n", "\n  f: g", "\n    - h: i", "[", "x y", "{", "..", "---",
        ]),
        1..14,
    )) {
        alike(&parts.concat());
    }
}
