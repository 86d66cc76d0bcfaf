//! The warehouse's limits as a table, for `buhin plan --limits`.

use serde_json::json;

use super::args::Format;
use super::output;
use super::table::{Align, table};
use crate::plan::limits::{LimitRow, Profile};
use crate::plan::problem::{CtePolicy, grouped};
use crate::project::Project;

/// What is known of the target's warehouse and what is kept to; one JSON object a line, or a table.
pub(crate) fn text(project: &Project, format: Format) -> String {
    let target = &project.target;
    let profile = Profile::of(target.dialect);
    let rows = profile.rows(&project.settings.limits, &target.name);
    if format == Format::Json {
        return rows.iter().map(|row| object(profile, row)).collect();
    }
    let header = [
        ("limit", Align::Left),
        ("counts", Align::Left),
        ("kind", Align::Left),
        ("warehouse", Align::Right),
        ("budget", Align::Right),
        ("margin", Align::Right),
        ("setting", Align::Left),
        ("source", Align::Left),
    ];
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let mut text = format!("{}, target `{}`\n{}\n\n", target.dialect.name(), target.name, policy(profile));
    text.push_str(&table(&header, &cells, output::width()));
    text.push_str(
        "\nA `-` is a number that nobody gives, or what buhin doesn't count. Budgets: docs/planner.md.\n",
    );
    text
}

fn policy(profile: &Profile) -> String {
    let policy = match profile.policy {
        CtePolicy::Reevaluate => "a CTE is put in once for each reference",
        CtePolicy::Share => "a CTE that is read more than once is run once",
    };
    format!("{policy} ({})", profile.policy_source)
}

fn cells(row: &LimitRow) -> Vec<String> {
    let limit = &row.limit;
    let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| grouped(value.into()));
    let name = match limit.measure {
        Some(measure) if measure.noun() == limit.what => measure.name().to_owned(),
        Some(measure) => format!("{}: {}", measure.name(), limit.what),
        None => limit.what.to_owned(),
    };
    let budget = match (row.set, row.budget) {
        (true, None) => "off".to_owned(),
        (_, budget) => number(budget),
    };
    let margin = match (row.set, limit.margin()) {
        (false, Some(margin)) => format!("{margin} %"),
        _ => "-".to_owned(),
    };
    let source = match (row.set, limit.source) {
        (true, "") => "buhin.yml".to_owned(),
        (true, source) => format!("buhin.yml; {source}"),
        (false, source) => source.to_owned(),
    };
    let setting = limit.setting.unwrap_or("-").to_owned();
    let (counts, kind) = (limit.counts.name().to_owned(), limit.kind.name().to_owned());
    vec![name, counts, kind, number(limit.value), budget, margin, setting, source]
}

fn object(profile: &Profile, row: &LimitRow) -> String {
    let limit = &row.limit;
    let object = json!({
        "dialect": profile.dialect.name(),
        "cte_policy": profile.policy,
        "measure": limit.measure,
        "what": limit.what,
        "counts": limit.counts.name(),
        "kind": limit.kind.name(),
        "value": limit.value,
        "budget": row.budget,
        "overridden": row.set,
        "margin_percent": if row.set { None } else { limit.margin() },
        "error": (!limit.error.is_empty()).then_some(limit.error),
        "setting": limit.setting,
        "source": limit.source,
    });
    format!("{object}\n")
}
