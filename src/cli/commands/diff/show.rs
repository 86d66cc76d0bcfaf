//! The report for a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::model::{Report, Weight};
use super::trials;
use crate::cli::hunks::styled;
use crate::review::Change;

/// The report; without texts if it is to be short.
pub(super) fn text(report: &Report<'_>, short: bool) -> String {
    let mut text = String::new();
    for change in report.by_gravity() {
        one(&mut text, report, change, short);
    }
    if !short && !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
    let _ = writeln!(text, "{}", report.verdict_line());
    text
}

fn one(text: &mut String, report: &Report<'_>, change: &Change, short: bool) {
    let bold = Style::new().bold();
    let dim = Style::new().dimmed();
    let verdict = colour(change);
    let place = match report.line(change).filter(|_| !report.hunks_of(change).is_empty()) {
        Some(line) => format!("{}:{line}", report.file(change)),
        None => report.file(change),
    };
    let _ = writeln!(
        text,
        "{verdict}{}{verdict:#}  {bold}{}{bold:#}  {dim}{place}{dim:#}",
        change.headline(),
        change.name
    );
    for line in Report::details(change) {
        let _ = writeln!(text, "  {line}");
    }
    for line in &change.warehouse.notes {
        let _ = writeln!(text, "  {dim}note:{dim:#} {line}");
    }
    if let Some((when, ddl)) = Report::statements(change).filter(|_| !short) {
        let _ = writeln!(text, "  {dim}{when}:{dim:#}");
        for line in ddl.iter().flat_map(|statement| statement.lines()) {
            let _ = writeln!(text, "    {line}");
        }
    }
    for line in Report::reach(change) {
        let _ = writeln!(text, "  {line}");
    }
    if let Some(outcome) = report.proofs.get(&change.unique_id) {
        let _ = writeln!(text, "  {}", trials::line(outcome));
        for line in trials::example(outcome).iter().flat_map(|example| example.lines()) {
            let _ = writeln!(text, "    {line}");
        }
    }
    let hunks = report.hunks_of(change);
    if short || (hunks.is_empty() && Report::details(change).is_empty() && change.warehouse.notes.is_empty())
    {
        return;
    }
    for hunk in hunks {
        for line in &hunk.lines {
            text.push_str(&styled(line));
        }
    }
    text.push('\n');
}

fn colour(change: &Change) -> Style {
    let colour = match Weight::of(change) {
        Weight::Grave => AnsiColor::Red,
        Weight::Some => AnsiColor::Yellow,
        Weight::New => AnsiColor::Cyan,
        Weight::None => AnsiColor::Green,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}
