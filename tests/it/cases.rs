//! Runs every file in `cases/`; see the README there.

use crate::case::Case;
use buhin::diagnostic::{self, Form, Style};

#[test]
fn every_case_gives_its_golden() {
    let mut wrong = String::new();
    insta::glob!("cases/**/*.case", |path| {
        let text = std::fs::read_to_string(path).expect("a case is UTF-8");
        let case = Case::parse(&text);
        let outcome = case.compile();
        let name = path.file_name().expect("a file has a name").to_string_lossy();
        let report = case.check_markers(&outcome);
        if !report.is_empty() {
            wrong.push_str(&format!("{name}:\n{report}"));
        }
        let style = Style { colour: false, width: Some(100) };
        let said = diagnostic::render(&outcome.diagnostics, &outcome.files, Form::Human, style);
        let golden = format!(
            "======== diagnostics ========\n{said}======== plan ========\n{}======== sql ========\n{}",
            outcome.plan, outcome.sql
        );
        insta::assert_snapshot!(golden);
    });
    assert!(wrong.is_empty(), "errors that are not marked as they should be:\n{wrong}");
}
