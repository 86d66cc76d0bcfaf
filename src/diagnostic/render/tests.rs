//! Snapshots of each form.

use insta::assert_snapshot;

use super::*;
use crate::diagnostic::Code;
use crate::source::{FileId, Frame};

/// Files with their texts, and places named by the text that stands there.
struct Files(Sources);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let mut sources = Sources::default();
        for (path, text) in files {
            sources.add(*path, *text);
        }
        Self(sources)
    }

    #[track_caller]
    fn at(&self, file: u32, needle: &str) -> Span {
        let text = &self.0.get(FileId(file)).text;
        let start = text.find(needle).expect("the needle is in the text");
        Span::new(FileId(file), start, start + needle.len())
    }

    fn show(&self, form: Form, diagnostic: Diagnostic) -> String {
        render(&[diagnostic], &self.0, form, Style::default())
    }

    fn human(&self, diagnostic: Diagnostic) -> String {
        self.show(Form::Human, diagnostic)
    }
}

fn unknown() -> (Files, Diagnostic) {
    let files =
        Files::new(&[("models/marts/orders.sql", "select *\nfrom o\njoin {{ ref('custmers') }} c\n")]);
    let diagnostic = Diagnostic::error(Code::UNKNOWN_REF, "part `custmers` is not defined")
        .at(files.at(0, "'custmers'"), "no part of this name")
        .fix("a part with a similar name exists: `customers`", files.at(0, "custmers"), "customers");
    (files, diagnostic)
}

#[test]
fn a_label_points_and_a_help_mends() {
    let (files, diagnostic) = unknown();
    assert_snapshot!(files.human(diagnostic), @r"
    error[B0401]: part `custmers` is not defined
     --> models/marts/orders.sql:3:13
      |
    3 | join {{ ref('custmers') }} c
      |             ^^^^^^^^^^ no part of this name
      |
    help: a part with a similar name exists: `customers`
      |
    3 | join {{ ref('customers') }} c
      |                  +

    1 error
    ");
}

#[test]
fn the_same_in_the_other_forms() {
    let (files, diagnostic) = unknown();
    assert_snapshot!(files.show(Form::Short, diagnostic.clone()), @"models/marts/orders.sql:3:13: error[B0401]: part `custmers` is not defined");
    assert_snapshot!(files.show(Form::Github, diagnostic.clone().note("50 % of, all: of it")), @"::error file=models/marts/orders.sql,line=3,endLine=3,col=13,endColumn=23,title=B0401 unknown-ref::part `custmers` is not defined%0Anote: 50 %25 of, all: of it%0Ahelp: a part with a similar name exists: `customers`");
    assert_snapshot!(files.show(Form::Json, diagnostic), @r#"{"code":"B0401","slug":"unknown-ref","severity":"error","message":"part `custmers` is not defined","path":"models/marts/orders.sql","line":3,"column":13,"end_line":3,"end_column":23,"start":28,"end":38,"label":"no part of this name","related":[],"trace":[],"notes":[],"help":[{"text":"a part with a similar name exists: `customers`","edits":[{"path":"models/marts/orders.sql","line":3,"column":14,"end_line":3,"end_column":22,"start":29,"end":37,"replacement":"customers"}]}],"docs":"docs/errors/B0401.md"}"#);
}

#[test]
fn colours_are_ansi_and_the_text_is_the_same() {
    let (files, diagnostic) = unknown();
    let style = Style { colour: true, width: 100 };
    let coloured = render(std::slice::from_ref(&diagnostic), &files.0, Form::Human, style);
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    let escapes = regex::Regex::new("\u{1b}\\[[0-9;]*m").expect("a regex");
    let plain: Vec<String> =
        coloured.lines().map(|line| escapes.replace_all(line, "").trim_end().to_owned()).collect();
    assert_eq!(plain, files.human(diagnostic).lines().collect::<Vec<_>>());
}

#[test]
fn related_places_notes_and_several_files() {
    let files = Files::new(&[
        ("models/a.sql", "select * from {{ ref('b') }}\n"),
        ("models/b.sql", "-- b\nselect *\nfrom {{ ref('a') }}\n"),
    ]);
    let diagnostic = Diagnostic::error(Code::CYCLE, "parts read each other in a circle: `a` → `b` → `a`")
        .at(files.at(0, "ref('b')"), "`a` reads `b`")
        .related(files.at(1, "ref('a')"), "`b` reads `a`")
        .note("a fact")
        .note("a fact\nof two lines")
        .help("remove one of these calls");
    assert_snapshot!(files.human(diagnostic), @r"
    error[B0403]: parts read each other in a circle: `a` → `b` → `a`
     --> models/a.sql:1:18
      |
    1 | select * from {{ ref('b') }}
      |                  ^^^^^^^^ `a` reads `b`
      |
     ::: models/b.sql:3:9
      |
    3 | from {{ ref('a') }}
      |         -------- `b` reads `a`
      |
      = note: a fact
      = note: a fact
              of two lines
      = help: remove one of these calls

    1 error
    ");
}

#[test]
fn calls_of_macros_are_traced() {
    let files = Files::new(&[
        ("macros/money.sql", "{% macro cents(c) %}\n  {{ c | divide }}\n{% endmacro %}\n"),
        ("models/a.sql", "select {{ cents('x') }}\n"),
    ]);
    let frame = Frame { name: "cents".to_owned(), call: files.at(1, "cents('x')") };
    let diagnostic = Diagnostic::error(Code::RENDER_FAILED, "unknown filter `divide`")
        .at(files.at(0, "divide"), "here")
        .through(&[frame])
        .help("known filters are …");
    assert_snapshot!(files.human(diagnostic), @r"
    error[B0205]: unknown filter `divide`
     --> macros/money.sql:2:10
      |
    2 |   {{ c | divide }}
      |          ^^^^^^ here
      |
    note: in macro `cents`, called here
     --> models/a.sql:1:11
      |
    1 | select {{ cents('x') }}
      |           ^^^^^^^^^^
    help: known filters are …

    1 error
    ");
}

#[test]
fn without_a_place_there_is_just_the_message() {
    let files = Files::new(&[]);
    let diagnostic =
        Diagnostic::error(Code::NO_PROJECT, "no dbt_project.yml in `/x`").help("run `buhin init`");
    assert_snapshot!(files.human(diagnostic.clone()), @r"
    error[B0101]: no dbt_project.yml in `/x`
     |
     = help: run `buhin init`

    1 error
    ");
    assert_snapshot!(files.show(Form::Short, diagnostic), @"error[B0101]: no dbt_project.yml in `/x`");
    let warning = Diagnostic::warning(Code::OPAQUE, "3 parts are opaque");
    assert_snapshot!(files.human(warning), @r"
    warning[B0304]: 3 parts are opaque

    1 warning
    ");
}

#[test]
fn wide_characters_and_tabs_keep_the_caret_in_place() {
    let files = Files::new(&[(
        "models/売上.sql",
        "-- 会員の一覧\n\tselect 氏名, '部品' as 部品 from {{ ref('会員') }}\n",
    )]);
    let diagnostic = Diagnostic::error(Code::UNKNOWN_REF, "part `会員` is not defined")
        .at(files.at(0, "'会員'"), "この名前の部品はない")
        .fix("did you mean `会員一覧`", files.at(0, "会員')"), "会員一覧')");
    assert_snapshot!(files.human(diagnostic), @r"
    error[B0401]: part `会員` is not defined
     --> models/売上.sql:2:36
      |
    2 |     select 氏名, '部品' as 部品 from {{ ref('会員') }}
      |                                             ^^^^^^ この名前の部品はない
      |
    help: did you mean `会員一覧`
      |
    2 |     select 氏名, '部品' as 部品 from {{ ref('会員一覧') }}
      |                                                  ++++

    1 error
    ");
}

#[test]
fn a_place_of_several_lines() {
    let files = Files::new(&[(
        "models/a.sql",
        "select\n  {{ config(\n    a=1,\n    b=2,\n    c=3,\n    d=4\n  ) }}\n  1\n",
    )]);
    let span = files.at(0, "config(\n    a=1,\n    b=2,\n    c=3,\n    d=4\n  )");
    assert_snapshot!(files.human(Diagnostic::error(Code::BAD_CONFIG, "a config").at(span, "here")), @r"
    error[B0211]: a config
     --> models/a.sql:2:6
      |
    2 |     {{ config(
      |  ______^
    3 | |     a=1,
    4 | |     b=2,
    5 | |     c=3,
    6 | |     d=4
    7 | |   ) }}
      | |___^ here

    1 error
    ");
}

#[test]
fn carriage_returns_are_not_shown() {
    let files = Files::new(&[("models/a.sql", "select 1\r\nfrom {{ ref('x') }}\r\nwhere true\r\n")]);
    let diagnostic =
        Diagnostic::error(Code::UNKNOWN_REF, "part `x` is not defined").at(files.at(0, "'x'"), "here");
    let shown = files.human(diagnostic);
    assert!(!shown.contains('\r'));
    assert_snapshot!(shown, @r"
    error[B0401]: part `x` is not defined
     --> models/a.sql:2:13
      |
    2 | from {{ ref('x') }}
      |             ^^^ here

    1 error
    ");
    let whole = files.at(0, "{{ ref('x') }}\r\n");
    assert_snapshot!(files.human(Diagnostic::error(Code::UNKNOWN_REF, "x").at(whole, "here")), @r"
    error[B0401]: x
     --> models/a.sql:2:6
      |
    2 | from {{ ref('x') }}
      |      ^^^^^^^^^^^^^^ here

    1 error
    ");
}

#[test]
fn the_end_of_a_file_can_be_pointed_at() {
    let files = Files::new(&[("models/a.sql", "select 1 +\n"), ("models/b.sql", "")]);
    let end = |file: u32, at: usize| Span::new(FileId(file), at, at);
    assert_snapshot!(files.human(Diagnostic::error(Code::SQL_SYNTAX, "it ends").at(end(0, 11), "here")), @r"
    error[B0301]: it ends
     --> models/a.sql:2:1
      |
    2 |
      | ^ here

    1 error
    ");
    assert_snapshot!(files.human(Diagnostic::error(Code::EMPTY_PART, "empty").at(end(1, 0), "here")), @r"
    error[B0302]: empty
     --> models/b.sql:1:1
      |
    1 |
      | ^ here

    1 error
    ");
    let beyond = Span::new(FileId(0), 900, 1000);
    assert!(
        files
            .human(Diagnostic::error(Code::SQL_SYNTAX, "it ends").at(beyond, "here"))
            .contains("models/a.sql:2")
    );
}

#[test]
fn a_line_of_megabytes_is_shown_in_part_and_at_once() {
    let long = format!("select 1\n{}, 部品 wrong, {}", "'部' , ".repeat(400_000), "0, ".repeat(800_000));
    let files = Files::new(&[("models/a.sql", &long)]);
    let span = files.at(0, "wrong");
    let diagnostic =
        Diagnostic::error(Code::SQL_SYNTAX, "a word").at(span, "this one").fix("leave it out", span, "right");
    assert_snapshot!(files.human(diagnostic), @r"
    error[B0301]: a word
     --> models/a.sql:2:2400006
      |
    2 | …部' , '部' , '部' , '部' , , 部品 wrong, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,…
      |                                    ^^^^^ this one
      |
    help: leave it out
      |
    2 - …部' , '部' , '部' , '部' , , 部品 wrong, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,…
    2 + …部' , '部' , '部' , '部' , , 部品 right, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,…
      |

    1 error
    ");
    let whole = Span::new(FileId(0), 0, long.len());
    assert!(files.human(Diagnostic::error(Code::SQL_SYNTAX, "all of it").at(whole, "all")).len() < 1_000);
}

#[test]
fn lines_wider_than_the_terminal_are_trimmed() {
    let (files, _) = unknown();
    let files = Files::new(&[
        ("a.sql", &format!("select {} wrong {}\n", "aaaa, ".repeat(40), "bbbb, ".repeat(40))),
        ("b", &files.0.get(FileId(0)).text),
    ]);
    let diagnostic = Diagnostic::error(Code::SQL_SYNTAX, "a word").at(files.at(0, "wrong"), "this one");
    for width in [60, 120] {
        let shown =
            render(std::slice::from_ref(&diagnostic), &files.0, Form::Human, Style { colour: false, width });
        assert!(shown.lines().all(|line| line.chars().count() <= width), "{shown}");
        assert!(shown.contains("wrong") && shown.contains("^^^^^ this one"), "{shown}");
    }
}

#[test]
fn the_summary_counts() {
    let error = || Diagnostic::error(Code::CYCLE, "a");
    let warning = || Diagnostic::warning(Code::OPAQUE, "b");
    assert_eq!(summary(&[]), None);
    assert_eq!(summary(&[error(), warning(), error()]).as_deref(), Some("2 errors, 1 warning"));
    assert_eq!(summary(&[warning(), warning()]).as_deref(), Some("2 warnings"));
}

#[test]
fn a_place_in_an_unknown_file_is_left_out() {
    let (_, diagnostic) = unknown();
    for form in [Form::Human, Form::Short, Form::Json, Form::Github] {
        let shown = render(std::slice::from_ref(&diagnostic), &Sources::default(), form, Style::default());
        assert!(shown.contains("part `custmers` is not defined"), "{shown}");
        assert!(shown.contains("B0401"), "{shown}");
    }
}
