//! Property files before and after; what is added is all that differs.

use super::*;

fn wanted(node: &str, column: &str, text: &str) -> ColumnDescription {
    ColumnDescription {
        kind: NodeKind::Model,
        node: node.to_owned(),
        column: column.to_owned(),
        text: text.to_owned(),
    }
}

/// Describes a column and marks the lines that are new with `+`, those that are no more with `-`.
fn differing(before: &str, wanted: &[ColumnDescription]) -> String {
    let described = describe_columns(before, wanted);
    assert!(described.refused.is_empty(), "refused: {:?}\n{}", described.refused, described.text);
    let again = describe_columns(&described.text, wanted);
    assert_eq!(again.text, described.text, "a description that is there stays");
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), described.text.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let ends = old[start..].iter().rev().zip(new[start..].iter().rev());
    let end = ends.take_while(|(old, new)| old == new).count();
    let mut out = String::new();
    for (mark, lines) in [("-", &old[start..old.len() - end]), ("+", &new[start..new.len() - end])] {
        for line in lines {
            out.push_str(mark);
            out.push_str(&line.replace('\r', "␍"));
            out.push('\n');
        }
    }
    out
}

#[track_caller]
fn check(before: &str, column: &str, text: &str, expect: &str) {
    assert_eq!(differing(before, &[wanted("orders", column, text)]), expect, "{before}");
}

#[track_caller]
fn refuses(before: &str, text: &str) {
    let described = describe_columns(before, &[wanted("orders", "id", text)]);
    assert_eq!(described, Described { text: before.to_owned(), refused: vec![0] });
}

const FILE: &str = "\
version: 2

models:
  # 注文
  - name: orders   # all of them
    description: 'the orders'
    columns:
      - name: id # key
        data_tests: [unique]

      - name: total
        description: 'sum'
        # more to come

  - name: other
    columns:
      - name: id
";

#[test]
fn an_entry_gets_a_line_below_its_name_in_the_files_own_quotes() {
    check(FILE, "id", "注文の番号", "+        description: '注文の番号'\n");
    check(FILE, "ID", "it's \"the\" key", "+        description: 'it''s \"the\" key'\n");
    let plain = FILE.replace('\'', "");
    check(&plain, "id", "注文の番号", "+        description: 注文の番号\n");
    check(&plain, "id", "key: of #1", "+        description: 'key: of #1'\n");
    check(&plain, "id", "{{ doc('id') }}", "+        description: \"{{ doc('id') }}\"\n");
}

#[test]
fn a_column_without_an_entry_gets_one_behind_the_last() {
    check(FILE, "税込", "with tax", "+\n+      - name: 税込\n+        description: 'with tax'\n");
    check(FILE, "no", "N", "+\n+      - name: \"no\"\n+        description: 'N'\n");
}

#[test]
fn parts_without_columns_and_parts_without_an_entry() {
    let file = "models:\n- name: orders\n  config:\n    tags: [a]\n# end\n";
    check(file, "id", "key", "+  columns:\n+  - name: id\n+    description: key\n");
    let file = "models:\n- name: other\n  columns:\n  - name: x\n";
    check(file, "id", "key", "+- name: orders\n+  columns:\n+  - name: id\n+    description: key\n");
    let file = "sources:\n  - name: raw\n";
    let added =
        "+\n+models:\n+  - name: orders\n+    columns:\n+      - name: id\n+        description: key\n";
    check(file, "id", "key", added);
    check("models:\nsources: []\n", "id", "key", &added["+\n+models:\n".len()..]);
    let described = describe_columns("", &[wanted("orders", "id", "key")]);
    assert_eq!(
        described.text,
        "version: 2\n\nmodels:\n  - name: orders\n    columns:\n      - name: id\n        description: key\n"
    );
}

#[test]
fn what_stands_in_brackets_stays_there() {
    let file = "models:\n  - {name: orders, columns: [{name: 'x', data_tests: [unique]}]} # short\n";
    let line = |inner: &str| format!("-{}\n+  - {inner} # short\n", file.lines().nth(1).unwrap());
    check(
        file,
        "x",
        "K",
        &line("{name: orders, columns: [{name: 'x', description: \"K\", data_tests: [unique]}]}"),
    );
    check(
        file,
        "id",
        "K, \"k\"",
        &line(
            "{name: orders, columns: [{name: 'x', data_tests: [unique]}, {name: id, description: \"K, \\\"k\\\"\"}]}",
        ),
    );
    check(
        "models:\n  - {name: orders}\n",
        "id",
        "K",
        "-  - {name: orders}\n+  - {name: orders, columns: [{name: id, description: \"K\"}]}\n",
    );
    check(
        "models: []\n",
        "id",
        "K",
        "-models: []\n+models: [{name: orders, columns: [{name: id, description: \"K\"}]}]\n",
    );
    let file = "models:\n  - name: orders\n    columns:\n      - {name: x}\n";
    check(file, "id", "K", "+      - {name: id, description: \"K\"}\n");
}

#[test]
fn an_empty_description_is_filled_in() {
    let file =
        "models:\n  - name: orders\n    columns:\n      - name: id\n        description: \"\" # todo\n";
    check(file, "id", "K", "-        description: \"\" # todo\n+        description: \"K\" # todo\n");
    let file = "models:\n  - name: orders\n    columns:\n      - name: id\n        description: # todo\n        quote: true\n";
    check(file, "id", "K", "-        description: # todo\n+        description: K # todo\n");
}

#[test]
fn long_texts_and_texts_of_several_lines_are_blocks() {
    let lines = "One.\n\n- two: #2\n  三\n";
    check(
        FILE,
        "id",
        lines,
        "+        description: |\n+          One.\n+\n+          - two: #2\n+            三\n",
    );
    check(
        FILE,
        "id",
        lines.trim_end(),
        "+        description: |-\n+          One.\n+\n+          - two: #2\n+            三\n",
    );
    let long = "word ".repeat(30);
    check(
        FILE,
        "id",
        long.trim_end(),
        &format!(
            "+        description: >-\n+          {}\n+          {}\n",
            "word ".repeat(18).trim_end(),
            "word ".repeat(12).trim_end()
        ),
    );
    let japanese = "長い説明".repeat(30);
    check(FILE, "id", &japanese, &format!("+        description: '{japanese}'\n"));
    check(FILE, "id", "a\tb\n c", "+        description: \"a\\tb\\n c\"\n");
}

#[test]
fn line_ends_and_the_files_end_stay_as_they_are() {
    let crlf = FILE.replace('\n', "\r\n");
    let described = describe_columns(&crlf, &[wanted("orders", "id", "a\nb"), wanted("orders", "new", "c")]);
    assert_eq!(described.text.matches('\n').count(), described.text.matches("\r\n").count());
    assert!(
        described.text.contains("        description: |-\r\n          a\r\n          b\r\n"),
        "{}",
        described.text
    );
    let open = "models:\n  - name: orders\n    columns:\n      - name: id";
    assert_eq!(
        describe_columns(open, &[wanted("orders", "id", "K")]).text,
        format!("{open}\n        description: K")
    );
    let marked = format!("\u{feff}{FILE}");
    let described = describe_columns(&marked, &[wanted("orders", "id", "K")]);
    assert_eq!(
        described.text,
        format!("\u{feff}{}", describe_columns(FILE, &[wanted("orders", "id", "K")]).text)
    );
}

#[test]
fn a_block_of_text_at_the_end_of_an_entry_is_not_cut() {
    let file = "models:\n  - name: orders\n    columns:\n      - name: x\n        description: |\n          # not a comment\n\n          more\n          # neither\n  # a comment\n";
    check(file, "id", "K", "+      - name: id\n+        description: K\n");
}

#[test]
fn what_can_not_be_added_safely_is_left_alone() {
    refuses(
        "models: &all\n  - &one\n    name: other\n    columns: [x]\n  - name: orders\n    columns: text\n",
        "K",
    );
    refuses("- a list\n", "K");
    refuses("models:\n  - name: orders\n    columns: &c\n      - name: x\nexposures: *c\n", "K");
    refuses("models: [\n", "K");
    refuses("models:\n  - name: orders\n    columns:\n      - name: id\n        description: own\n", "K");
}

#[test]
fn several_columns_of_several_parts() {
    let wanted = [
        wanted("orders", "total_tax", "tax"),
        wanted("other", "id", "key"),
        wanted("third", "a", "A"),
        wanted("third", "b", "B"),
    ];
    let described = describe_columns(FILE, &wanted);
    assert_eq!(described.refused, Vec::<usize>::new());
    insta::assert_snapshot!(described.text, @r"
        version: 2

        models:
          # 注文
          - name: orders   # all of them
            description: 'the orders'
            columns:
              - name: id # key
                data_tests: [unique]

              - name: total
                description: 'sum'

              - name: total_tax
                description: 'tax'
                # more to come

          - name: other
            columns:
              - name: id
                description: 'key'

          - name: third
            columns:
              - name: a
                description: 'A'
              - name: b
                description: 'B'
        ");
}
