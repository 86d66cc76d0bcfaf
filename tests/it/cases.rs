//! Runs every file in `cases/`; see the README there.

use std::fmt::Write as _;

use buhin::diagnostic::render::{Form, Style, render};

use crate::case::Case;

#[test]
fn every_case_gives_its_golden() {
    let mut wrong = String::new();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("goldens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::glob!("cases/**/*.case", |path| {
            let text = std::fs::read_to_string(path).expect("a case is UTF-8");
            let case = Case::parse(&text);
            let outcome = case.compile();
            let report = case.check_markers(&outcome);
            if !report.is_empty() {
                let name = path.components().rev().take(2).collect::<Vec<_>>();
                let name = name.iter().rev().map(|part| part.as_os_str().to_string_lossy());
                writeln!(wrong, "{}:\n{report}", name.collect::<Vec<_>>().join("/")).expect("a string takes all");
            }
            let style = Style { colour: false, width: 100 };
            let said = render(&outcome.diagnostics, &outcome.files, Form::Human, style);
            insta::assert_snapshot!(
                "case",
                format!(
                    "======== diagnostics ========\n{said}======== plan ========\n{}======== sql ========\n{}",
                    outcome.plan, outcome.sql
                )
            );
        });
    });
    assert!(wrong.is_empty(), "these errors are not marked as they should be:\n{wrong}");
}
