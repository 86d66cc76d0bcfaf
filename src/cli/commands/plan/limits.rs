//! `buhin plan --limits`: what the target's warehouse takes, and where that is written.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::args::Format;
use crate::cli::output;
use crate::cli::table::{Align, table};
use crate::plan::limits::{LimitRow, Profile};
use crate::plan::number;
use crate::plan::problem::{CtePolicy, Measure};
use crate::project::Project;

pub(super) fn text(project: &Project, format: Format) -> String {
    let profile = Profile::of(project.target.dialect);
    let rows = profile.rows(&project.settings.limits, &project.target.name);
    match format {
        Format::Json => rows.iter().map(object).collect(),
        Format::Markdown => markdown(profile, &rows),
        _ => lines(profile, &rows),
    }
}

const HEADER: [(&str, Align); 9] = [
    ("limit", Align::Left),
    ("measure", Align::Left),
    ("value", Align::Right),
    ("margin", Align::Right),
    ("budget", Align::Right),
    ("kind", Align::Left),
    ("counts", Align::Left),
    ("moved by", Align::Left),
    ("source", Align::Left),
];

fn cells(row: &LimitRow) -> Vec<String> {
    let LimitRow { limit, budget, set } = row;
    let or_dash = |number: Option<String>| number.unwrap_or_else(|| "-".to_owned());
    vec![
        limit.what.to_owned(),
        limit.measure.map_or("-", Measure::name).to_owned(),
        or_dash(limit.value.map(|value| number(value.into()))),
        or_dash(limit.margin().filter(|_| !set).map(|margin| format!("{margin} %"))),
        or_dash(budget.map(|budget| number(budget.into()))),
        if *set { "buhin.yml" } else { limit.kind.name() }.to_owned(),
        limit.counts.name().to_owned(),
        limit.setting.unwrap_or("-").to_owned(),
        limit.source.to_owned(),
    ]
}

fn policy(profile: &Profile) -> String {
    let what = match profile.policy {
        CtePolicy::Reevaluate => "run again for each reference",
        CtePolicy::Share => "run once",
    };
    format!(
        "{}: a CTE that is read more than once is {what} ({})",
        profile.dialect.name(),
        profile.policy_source
    )
}

fn lines(profile: &Profile, rows: &[LimitRow]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    format!("{}\n\n{}", policy(profile), table(&HEADER, &rows, output::width()))
}

fn markdown(profile: &Profile, rows: &[LimitRow]) -> String {
    let mut text = format!("{}\n\n|", policy(profile));
    for (name, _) in HEADER {
        let _ = write!(text, " {name} |");
    }
    text.push_str("\n|---|---|---:|---:|---:|---|---|---|---|\n");
    for row in rows {
        let cells: Vec<String> = cells(row).iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn object(row: &LimitRow) -> String {
    let LimitRow { limit, budget, set } = row;
    let object = json!({
        "limit": limit.what,
        "measure": limit.measure.map(Measure::name),
        "value": limit.value,
        "budget": budget,
        "kind": limit.kind.name(),
        "counts": limit.counts.name(),
        "error": limit.error,
        "setting": limit.setting,
        "source": limit.source,
        "from_settings": set,
    });
    format!("{object}\n")
}
