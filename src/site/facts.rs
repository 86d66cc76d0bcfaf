//! What a warehouse and earlier runs tell of a project, from the artifacts that dbt and buhin write.

use rustc_hash::FxHashMap;
use serde_json::Value;

/// What is known besides the project's files; empty where nothing was run.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    tables: FxHashMap<String, TableFact>,
    results: FxHashMap<String, ResultFact>,
    freshness: FxHashMap<String, FreshnessFact>,
    run: Option<RunFact>,
}

/// What the warehouse says of a table or view.
#[derive(Clone, Debug, Default)]
pub(super) struct TableFact {
    pub(super) kind: String,
    pub(super) rows: Option<u64>,
    pub(super) bytes: Option<u64>,
    pub(super) modified: Option<String>,
    pub(super) columns: Vec<ColumnFact>,
}

/// What it says of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnFact {
    pub(super) name: String,
    pub(super) data_type: Option<String>,
    pub(super) comment: Option<String>,
}

/// How a node or test ended.
#[derive(Clone, Debug)]
pub(super) struct ResultFact {
    pub(super) status: String,
    pub(super) failures: Option<u64>,
    pub(super) message: Option<String>,
    pub(super) rows: Option<u64>,
}

/// How fresh a source was.
#[derive(Clone, Debug)]
pub(super) struct FreshnessFact {
    pub(super) status: String,
    pub(super) at: Option<String>,
}

/// A run as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct RunFact {
    pub(super) at: Option<String>,
    /// By status as dbt writes it.
    pub(super) counts: FxHashMap<String, u32>,
}

impl Facts {
    /// Adds what `catalog.json` says; anything of another form is passed over.
    pub fn add_catalog(&mut self, catalog: &Value) {
        for section in ["nodes", "sources"] {
            for (id, entry) in catalog.get(section).and_then(Value::as_object).into_iter().flatten() {
                self.tables.insert(id.clone(), table(entry));
            }
        }
    }

    /// Adds what `run_results.json` says.
    pub fn add_run_results(&mut self, results: &Value) {
        let mut run = RunFact { at: text(&results["metadata"]["generated_at"]), ..RunFact::default() };
        for result in results.get("results").and_then(Value::as_array).into_iter().flatten() {
            let (Some(id), Some(status)) = (text(&result["unique_id"]), text(&result["status"])) else {
                continue;
            };
            *run.counts.entry(status.clone()).or_default() += 1;
            let rows = number(&result["adapter_response"]["rows_affected"]);
            let (failures, message) = (number(&result["failures"]), text(&result["message"]));
            self.results.insert(id, ResultFact { status, failures, message, rows });
        }
        if !run.counts.is_empty() {
            self.run = Some(run);
        }
    }

    /// Adds what `sources.json` says.
    pub fn add_sources(&mut self, sources: &Value) {
        for result in sources.get("results").and_then(Value::as_array).into_iter().flatten() {
            let (Some(id), Some(status)) = (text(&result["unique_id"]), text(&result["status"])) else {
                continue;
            };
            self.freshness.insert(id, FreshnessFact { status, at: text(&result["max_loaded_at"]) });
        }
    }

    pub(super) fn table(&self, unique_id: &str) -> Option<&TableFact> {
        self.tables.get(unique_id)
    }

    pub(super) fn result(&self, unique_id: &str) -> Option<&ResultFact> {
        self.results.get(unique_id)
    }

    pub(super) fn freshness(&self, unique_id: &str) -> Option<&FreshnessFact> {
        self.freshness.get(unique_id)
    }

    pub(super) fn run(&self) -> Option<&RunFact> {
        self.run.as_ref()
    }

    /// The rows of a table, by the catalog, else by the last run that wrote it.
    pub(super) fn rows(&self, unique_id: &str) -> Option<u64> {
        let counted = self.table(unique_id).and_then(|table| table.rows);
        counted.or_else(|| self.result(unique_id)?.rows)
    }

    pub(super) fn has_freshness(&self) -> bool {
        !self.freshness.is_empty()
    }
}

fn table(entry: &Value) -> TableFact {
    let stat =
        |names: &[&str]| names.iter().map(|name| &entry["stats"][*name]["value"]).find(|it| !it.is_null());
    let columns = entry.get("columns").and_then(Value::as_object).into_iter().flatten();
    let mut columns: Vec<(u64, ColumnFact)> = columns
        .map(|(name, column)| {
            let fact = ColumnFact {
                name: text(&column["name"]).unwrap_or_else(|| name.clone()),
                data_type: text(&column["type"]),
                comment: text(&column["comment"]),
            };
            (number(&column["index"]).unwrap_or(u64::MAX), fact)
        })
        .collect();
    columns.sort_by_key(|(index, _)| *index);
    TableFact {
        kind: text(&entry["metadata"]["type"]).unwrap_or_default(),
        rows: stat(&["num_rows", "row_count", "rows"]).and_then(number),
        bytes: stat(&["num_bytes", "bytes", "size"]).and_then(number),
        modified: stat(&["last_modified", "last_altered"]).and_then(text),
        columns: columns.into_iter().map(|(_, column)| column).collect(),
    }
}

/// Text that is there and says something.
fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A count; warehouses give it as a number or as text.
fn number(value: &Value) -> Option<u64> {
    let whole = |number: f64| format!("{number:.0}").parse().ok();
    let count = value.as_u64().or_else(|| whole(value.as_f64()?));
    count.or_else(|| value.as_str()?.parse().ok())
}
