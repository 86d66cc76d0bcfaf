//! The report in SARIF 2.1.0, for code scanning. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::model::{Report, Weight};
use crate::review::Change;

/// One run, with a result for each part whose rows, columns or configs may differ.
pub(super) fn text(report: &Report<'_>) -> String {
    let changes = report.by_gravity();
    let shown = changes.iter().filter(|change| change.is_meaningful());
    let results: Vec<Value> = shown.map(|change| result(report, change)).collect();
    let rules: Vec<Value> = report
        .totals
        .counts
        .keys()
        .map(|name| json!({"id": id(name), "shortDescription": {"text": format!("A part's verdict is: {name}")}}))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "buhin", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(report: &Report<'_>, change: &Change) -> Value {
    let mut words = vec![format!("{}: {}", change.name, change.headline())];
    words.extend(Report::details(change));
    words.extend(change.warehouse.notes.iter().cloned());
    words.extend(Report::reach(change));
    let is_grave = Weight::of(change) == Weight::Grave || change.headline() == "changed columns";
    let level = if is_grave { "warning" } else { "note" };
    json!({
        "ruleId": id(change.headline()),
        "level": level,
        "message": {"text": words.join(". ")},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&report.file(change))},
            "region": {"startLine": report.line(change).unwrap_or(1).max(1)},
        }}],
        "partialFingerprints": {"part/v1": format!("{} {}", change.unique_id, change.headline())},
    })
}

fn id(headline: &str) -> String {
    headline.replace(' ', "-")
}

/// A path as a relative reference: what a URI can't hold is written as `%` and two digits.
fn uri(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                text.push(byte as char);
            }
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}
