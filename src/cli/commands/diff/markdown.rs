//! The report as a comment of a pull request.

use std::fmt::Write as _;

use super::model::Report;
use super::trials;
use crate::cli::hunks::{self, escaped, fenced};
use crate::review::Change;

/// GitHub takes 65,536 characters; the rest is for what a bot adds.
/// <https://github.com/orgs/community/discussions/41331>
const MOST: usize = 65_000;

/// The first line, by which a bot finds its own comment.
const MARK: &str = "<!-- buhin diff -->";

/// A verdict line, a table of what matters, and a folded text for each part; within what GitHub takes.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut text = format!("{MARK}\n**{}**\n", escaped(&report.verdict_line()));
    let changes = report.by_gravity();
    let rows: Vec<&&Change> = changes.iter().filter(|change| change.is_meaningful()).collect();
    if !rows.is_empty() {
        text.push_str("\n| part | verdict | what | reaches |\n|---|---|---|---|\n");
    }
    let mut left = rows.len();
    for change in rows {
        let what = cell(&Report::details(change).join("; "), 300);
        let reach = cell(&Report::reach(change).join("; "), 300);
        let line = format!("| `{}` | {} | {what} | {reach} |\n", cell(&change.name, 200), change.headline());
        if text.chars().count() + line.chars().count() > MOST / 2 {
            let _ = writeln!(text, "\n{left} more parts differ.");
            break;
        }
        text.push_str(&line);
        left -= 1;
    }
    let notes: Vec<String> = changes
        .iter()
        .flat_map(|change| {
            change.warehouse.notes.iter().map(move |note| format!("- `{}`: {}\n", change.name, escaped(note)))
        })
        .collect();
    if !notes.is_empty() {
        text.push_str("\n**For what is in the warehouse already**\n\n");
        for (at, note) in notes.iter().enumerate() {
            if text.chars().count() + note.chars().count() > MOST * 3 / 4 {
                let _ = writeln!(text, "- {} more", notes.len() - at);
                break;
            }
            text.push_str(note);
        }
    }
    let mut length = text.chars().count();
    for (at, change) in changes.iter().enumerate() {
        let folded = folded(report, change);
        length += folded.chars().count();
        if length > MOST - 200 {
            let _ = writeln!(text, "\n{} more parts differ; `buhin diff` shows them.", changes.len() - at);
            break;
        }
        text.push_str(&folded);
    }
    text
}

fn folded(report: &Report<'_>, change: &Change) -> String {
    let hunks = report.hunks_of(change);
    let outcome = report.proofs.get(&change.unique_id);
    let statements = Report::statements(change);
    if hunks.is_empty() && outcome.is_none() && statements.is_none() {
        return String::new();
    }
    let file = report.file(change);
    let line = report.line(change).unwrap_or(1);
    let mut text = format!(
        "\n<details><summary><code>{}</code> {} (<code>{}:{line}</code>)</summary>\n\n",
        escaped(&change.name),
        change.headline(),
        escaped(&file)
    );
    let lines: String = hunks
        .iter()
        .map(|hunk| {
            let first = hunk.lines.first().map_or(0, |line| line.number);
            format!("@@ line {} @@\n{}", first + 1, hunks::lines(hunk))
        })
        .collect();
    if !lines.is_empty() {
        text.push_str(&fenced("diff", &lines));
    }
    if let Some((when, ddl)) = statements {
        let _ = writeln!(text, "{when}:\n");
        text.push_str(&fenced("sql", &format!("{};\n", ddl.join(";\n"))));
    }
    if let Some(outcome) = outcome {
        let _ = writeln!(text, "{}\n", escaped(&trials::line(outcome)));
        if let Some(example) = trials::example(outcome) {
            text.push_str(&fenced("text", &format!("{}\n", example.trim_end())));
        }
    }
    text.push_str("</details>\n");
    text
}

/// A text within a table.
fn cell(text: &str, most: usize) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let cut = match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    };
    escaped(&cut).replace('|', "\\|")
}
