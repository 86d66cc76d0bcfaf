//! What a warehouse and earlier runs tell: from `target/`, where runs leave it.

use camino::Utf8Path;
use serde_json::Value;

use crate::cli::session::Session;
use crate::site::Facts;

/// The catalog, and what `run_results.json` and `sources.json` of the target folder say, if they are there.
pub(super) fn facts(session: &Session, catalog: &Value) -> Facts {
    let mut facts = Facts::default();
    facts.add_catalog(catalog);
    if let Some(results) = read(session, "run_results.json") {
        facts.add_run_results(&results);
    }
    if let Some(sources) = read(session, "sources.json") {
        facts.add_sources(&sources);
    }
    facts
}

/// A file of the target folder as JSON; what can't be read tells nothing.
fn read(session: &Session, name: &str) -> Option<Value> {
    let path = session.target_folder().join(name);
    let bytes = session.read_file(Utf8Path::new(&path)).ok()?;
    serde_json::from_slice(&bytes).ok()
}
