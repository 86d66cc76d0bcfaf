//! The keys that property files may have.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::closest;
use crate::project::errors;
use crate::project::yaml::Entry;

/// Headings.
pub(super) const TOP: &[&str] = &[
    "version",
    "models",
    "seeds",
    "snapshots",
    "analyses",
    "sources",
    "macros",
    "exposures",
    "metrics",
    "groups",
    "semantic_models",
    "saved_queries",
    "unit_tests",
    "data_tests",
    "functions",
    "anchors",
];

const NODE: &[&str] = &[
    "name",
    "description",
    "config",
    "columns",
    "tests",
    "data_tests",
    "docs",
    "meta",
    "group",
    "access",
    "constraints",
    "contract",
    "latest_version",
    "versions",
    "deprecation_date",
    "time_spine",
    "quote_columns",
    "relation",
    "arguments",
    "semantic_model",
    "primary_entity",
    "agg_time_dimension",
    "metrics",
    "derived_semantics",
    "data_type",
];

const SOURCE: &[&str] = &[
    "name",
    "description",
    "database",
    "schema",
    "project",
    "dataset",
    "catalog",
    "loader",
    "loaded_at_field",
    "loaded_at_query",
    "meta",
    "tags",
    "config",
    "overrides",
    "freshness",
    "quoting",
    "tables",
    "tests",
    "data_tests",
];

/// Keys of a source's table.
pub(super) const TABLE: &[&str] = &[
    "name",
    "description",
    "identifier",
    "loaded_at_field",
    "loaded_at_query",
    "meta",
    "tags",
    "config",
    "freshness",
    "quoting",
    "external",
    "columns",
    "tests",
    "data_tests",
    "docs",
    "constraints",
    "data_type",
];

const EXPOSURE: &[&str] = &[
    "name",
    "type",
    "owner",
    "description",
    "label",
    "maturity",
    "meta",
    "tags",
    "url",
    "depends_on",
    "config",
    "enabled",
];

const MACRO: &[&str] = &["name", "description", "docs", "meta", "arguments", "config"];

const GROUP: &[&str] = &["name", "owner", "description", "config"];

const UNIT_TEST: &[&str] =
    &["name", "description", "model", "given", "expect", "overrides", "config", "versions"];

/// The keys of entries below a heading; `None` for headings without entries that buhin reads. An empty list
/// stands for entries whose keys are not checked.
pub(super) fn of(heading: &str) -> Option<&'static [&'static str]> {
    Some(match heading {
        "models" | "seeds" | "snapshots" | "analyses" | "data_tests" => NODE,
        "sources" => SOURCE,
        "exposures" => EXPOSURE,
        "macros" => MACRO,
        "groups" => GROUP,
        "unit_tests" => UNIT_TEST,
        "metrics" | "semantic_models" | "saved_queries" => &[],
        _ => return None,
    })
}

/// Warns of keys that are not among `known`.
pub(super) fn check(entries: &[Entry<'_>], heading: &str, known: &[&str], diagnostics: &mut Vec<Diagnostic>) {
    if known.is_empty() {
        return;
    }
    for entry in entries {
        if !known.contains(&&*entry.key) {
            let problem = errors::unknown_key(entry.key_span, &entry.key, one_of(heading), known);
            diagnostics.push(match &*entry.key {
                "tags" => problem.help("put it below `config:`; as in dbt, only there it counts"),
                _ => problem,
            });
        }
    }
}

/// An entry of a heading, in a user's words.
fn one_of(heading: &str) -> &str {
    match heading {
        "models" => "a model",
        "seeds" => "a seed",
        "snapshots" => "a snapshot",
        "analyses" => "an analysis",
        "data_tests" => "a singular test",
        "sources" => "a source",
        "tables" => "a table of a source",
        "exposures" => "an exposure",
        "macros" => "a macro",
        "groups" => "a group",
        "unit_tests" => "a unit test",
        other => other,
    }
}

/// Warns of a column's keys that look like slips; other keys are the user's own, as dbt allows.
pub(super) fn check_column(entries: &[Entry<'_>], diagnostics: &mut Vec<Diagnostic>) {
    const COLUMN: &[&str] = &[
        "name",
        "description",
        "data_type",
        "meta",
        "tags",
        "quote",
        "tests",
        "data_tests",
        "constraints",
        "docs",
        "config",
        "granularity",
        "dimension",
        "entity",
        "include",
        "exclude",
        "type",
        "policy_tags",
    ];
    for entry in entries {
        if !COLUMN.contains(&&*entry.key) && closest(&entry.key, COLUMN.iter().copied()).is_some() {
            diagnostics.push(errors::unknown_key(entry.key_span, &entry.key, "a column", COLUMN));
        }
    }
}
