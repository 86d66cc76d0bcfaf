//! The report as one page that needs nothing else.

use std::fmt::Write as _;

use super::model::{Report, Weight};
use super::trials;
use crate::cli::hunks::{self, mark};
use crate::review::Change;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h2{font-size:1.05rem;margin:2rem 0 .3rem;overflow-wrap:anywhere}h2 small{font-weight:400;color:#5b6675}
.verdict{border-radius:4px;padding:.1rem .5rem;background:#e4e8ee;font-size:.85rem;margin-right:.4rem}
.grave .verdict{background:#f8d3d3;color:#701414}.some .verdict{background:#fbe8c4;color:#5f4300}
pre{background:#f5f7f9;padding:.7rem;overflow-x:auto;border-radius:6px;font:13px/1.45 ui-monospace,monospace}
ins{background:#d2f0d9;text-decoration:none;display:block}del{background:#fadbdb;text-decoration:none;display:block}
@media (prefers-color-scheme:dark){body{color:#dde3ea;background:#14181d}pre{background:#1c2229}ins{background:#12401f}del{background:#4d1a1a}h2 small{color:#9aa6b4}
.verdict{background:#333c47}.grave .verdict{background:#5c1f1f;color:#ffdede}.some .verdict{background:#574110;color:#ffedc9}}";

/// The page. No script, nothing from elsewhere.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>buhin diff</title><style>{STYLE}</style></head><body>\n<h1>buhin diff</h1>\n<p>{}</p>\n",
        escaped(&report.verdict_line())
    );
    for change in report.by_gravity() {
        one(&mut text, report, change);
    }
    text.push_str("</body></html>\n");
    text
}

fn one(text: &mut String, report: &Report<'_>, change: &Change) {
    let class = match Weight::of(change) {
        Weight::Grave => "grave",
        Weight::Some => "some",
        Weight::New | Weight::None => "none",
    };
    let _ = writeln!(
        text,
        "<section class=\"{class}\"><h2><span class=\"verdict\">{}</span>{} <small>{}</small></h2>",
        change.headline(),
        escaped(&change.name),
        escaped(&report.file(change))
    );
    let mut lines = Report::details(change);
    lines.extend(change.warehouse.notes.iter().cloned());
    lines.extend(Report::reach(change));
    if !lines.is_empty() {
        let items: String = lines.iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
        let _ = writeln!(text, "<ul>{items}</ul>");
    }
    if let Some((when, ddl)) = Report::statements(change) {
        let _ = writeln!(text, "<p>{}:</p>\n<pre>{}</pre>", in_code(when), escaped(&ddl.join(";\n")));
    }
    for hunk in report.hunks_of(change) {
        text.push_str("<pre>");
        for line in &hunk.lines {
            let written = format!("{} {}", mark(line), escaped(&line.text()));
            let _ = match line.side {
                crate::review::LineSide::Old => write!(text, "<del>{written}</del>"),
                crate::review::LineSide::New => write!(text, "<ins>{written}</ins>"),
                crate::review::LineSide::Both => writeln!(text, "{written}"),
            };
        }
        text.push_str("</pre>\n");
    }
    if let Some(outcome) = report.proofs.get(&change.unique_id) {
        let _ = writeln!(text, "<p>{}</p>", escaped(&trials::line(outcome)));
        if let Some(example) = trials::example(outcome) {
            let _ = writeln!(text, "<pre>{}</pre>", escaped(&example));
        }
    }
    text.push_str("</section>\n");
}

/// A text of ours, in which backquotes are for code.
fn in_code(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces
        .map(
            |(at, piece)| {
                if at % 2 == 1 { format!("<code>{}</code>", escaped(piece)) } else { escaped(piece) }
            },
        )
        .collect()
}

fn escaped(text: &str) -> String {
    hunks::escaped(text).replace('"', "&quot;")
}
