//! What earlier runs tell of parts: how long they took, and how many rows they have.
//!
//! It is read from a folder that `statistics` of `buhin.yml` names, from `run_results.json` and `catalog.json` as dbt
//! and buhin write them. Numbers are cut down to powers of two, so that no decision hangs on the noise of a clock.

use std::collections::BTreeMap;
use std::io;

use camino::Utf8Path;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::errors;
use super::measure::Measured;
use super::problem::Problem;
use crate::diagnostic::Diagnostic;
use crate::project::Project;

/// What is known of one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// How long it took to store it, in milliseconds.
    pub millis: Option<u64>,
    /// Its rows.
    pub rows: Option<u64>,
    /// Its bytes.
    pub bytes: Option<u64>,
}

/// By unique id; empty where the project wants none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics(BTreeMap<String, Known>);

/// Milliseconds that are worth a unit of work.
const MILLIS: u64 = 10;
/// Rows that are worth one when they are stored.
const ROWS: u64 = 10_000;
/// Bytes that are.
const BYTES: u64 = 1_000_000;

/// Reads what the project wants, by a function that gives a file's bytes; what can't be read is told and passed over.
/// A file that isn't there tells nothing.
pub fn read(
    project: &Project,
    bytes_of: impl Fn(&Utf8Path) -> io::Result<Vec<u8>>,
    said: &mut Vec<Diagnostic>,
) -> Statistics {
    let Some(folder) = &project.settings.statistics else { return Statistics::default() };
    let mut statistics = Statistics::default();
    let catalog: Catalog = file(&folder.join("catalog.json"), &bytes_of, said);
    let results: Results = file(&folder.join("run_results.json"), &bytes_of, said);
    for (unique_id, node) in catalog.nodes {
        let is_view = node.metadata.kind.is_some_and(|kind| kind.to_lowercase().contains("view"));
        let stat = |names: &[&str]| names.iter().find_map(|name| number(&node.stats.get(*name)?.value));
        let known = Known {
            millis: None,
            rows: stat(&["num_rows", "row_count", "rows"]),
            bytes: stat(&["num_bytes", "bytes"]),
        };
        if !is_view {
            statistics.0.insert(unique_id, known);
        }
    }
    for result in results.results.into_iter().filter(|it| it.status.as_deref() == Some("success")) {
        let rows = result.adapter_response.and_then(|response| number(&response.rows_affected));
        // The time that it takes to make a view tells nothing of its query.
        if rows.is_none() && !statistics.0.contains_key(&result.unique_id) {
            continue;
        }
        let known = statistics.0.entry(result.unique_id).or_default();
        known.rows = known.rows.or(rows);
        known.millis = result.execution_time.and_then(|seconds| whole(seconds * 1000.0));
    }
    statistics
}

/// Reads one file.
fn file<T: DeserializeOwned + Default>(
    path: &Utf8Path,
    bytes_of: &impl Fn(&Utf8Path) -> io::Result<Vec<u8>>,
    said: &mut Vec<Diagnostic>,
) -> T {
    let why = match bytes_of(path) {
        // A list would do for a struct, too.
        Ok(bytes) if !bytes.trim_ascii_start().starts_with(b"{") => "it is no JSON object".to_owned(),
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(read) => return read,
            Err(error) => error.to_string(),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return T::default(),
        Err(error) => error.to_string(),
    };
    said.push(errors::bad_statistics(path, &why));
    T::default()
}

/// `catalog.json`, as far as it tells of sizes.
#[derive(Default, Deserialize)]
struct Catalog {
    #[serde(default)]
    nodes: BTreeMap<String, CatalogNode>,
}

#[derive(Deserialize)]
struct CatalogNode {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    stats: BTreeMap<String, Stat>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Stat {
    #[serde(default)]
    value: Value,
}

/// `run_results.json`, as far as it tells of times and rows.
#[derive(Default, Deserialize)]
struct Results {
    #[serde(default)]
    results: Vec<RunResult>,
}

#[derive(Deserialize)]
struct RunResult {
    unique_id: String,
    status: Option<String>,
    execution_time: Option<f64>,
    adapter_response: Option<Response>,
}

/// What the adapter said; a count may be text.
#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    rows_affected: Value,
}

/// A count above zero; warehouses give it as a number or as text.
fn number(value: &Value) -> Option<u64> {
    let count = value.as_u64().or_else(|| whole(value.as_f64()?));
    count.or_else(|| value.as_str()?.parse().ok()).filter(|count| *count > 0)
}

/// A number without its fraction; `None` below zero.
fn whole(number: f64) -> Option<u64> {
    format!("{number:.0}").parse().ok()
}

impl Statistics {
    /// True if nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is known of a part.
    pub fn of(&self, unique_id: &str) -> Option<Known> {
        self.0.get(unique_id).copied()
    }

    /// The question with what is known put in: what a run of a part costs, and what storing it does. The time of a part
    /// is that of its whole text.
    pub(super) fn apply(&self, project: &Project, measured: &Measured) -> Problem {
        let mut problem = measured.problem.clone();
        for (id, item) in measured.item.iter() {
            let (Some(main), Some(known)) = (*item, self.of(&project.node(id).unique_id)) else { continue };
            let rows = known.rows.map_or(0, |rows| power(rows) / ROWS);
            let bytes = known.bytes.map_or(0, |bytes| power(bytes) / BYTES);
            problem.items[main as usize].rows = rows.max(bytes);
            if let Some(millis) = known.millis {
                for item in (0..=main).rev().take_while(|item| measured.node[*item as usize] == id) {
                    problem.items[item as usize].work = 0;
                }
                problem.items[main as usize].work = (power(millis) / MILLIS).max(1);
            }
        }
        problem
    }
}

impl Known {
    /// `it ran for 4.2 s and has 1,200,000 rows`, as far as that is known.
    pub(super) fn shown(self) -> String {
        let mut told = Vec::new();
        if let Some(millis) = self.millis {
            told.push(format!("it ran for {}.{} s", millis / 1000, millis % 1000 / 100));
        }
        match (self.rows, self.bytes) {
            (Some(rows), _) => told.push(format!("has {} rows", super::number(rows.into()))),
            (None, Some(bytes)) => told.push(format!("has {} bytes", super::number(bytes.into()))),
            (None, None) => {}
        }
        told.join(" and ")
    }

    /// The same in Japanese.
    pub(super) fn shown_in_japanese(self) -> String {
        let mut told = Vec::new();
        if let Some(millis) = self.millis {
            told.push(format!("実行 {}.{} 秒", millis / 1000, millis % 1000 / 100));
        }
        match (self.rows, self.bytes) {
            (Some(rows), _) => told.push(format!("{} 行", super::number(rows.into()))),
            (None, Some(bytes)) => told.push(format!("{} バイト", super::number(bytes.into()))),
            (None, None) => {}
        }
        told.join("、")
    }
}

/// The next lower power of two.
fn power(value: u64) -> u64 {
    value.checked_ilog2().map_or(0, |exponent| 1 << exponent)
}
