//! Reading a folder of artifacts.

use camino::Utf8Path;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::State;
use crate::diagnostic::{Code, Diagnostic};
use crate::world::World;

/// The versions of the manifest's schema that can be compared with: all that have `raw_code`.
const VERSIONS: std::ops::RangeInclusive<u32> = 7..=12;

/// Reads what is there of `manifest.json`, `run_results.json` and `sources.json`; `target` is the project's own
/// folder of artifacts. A path that ends in `.json` is a manifest on its own. Fails where there is nothing of the name,
/// and where a file is broken or of a version that is not known.
pub fn read(world: &dyn World, folder: &Utf8Path, target: &Utf8Path) -> Result<State, Diagnostic> {
    let is_file = folder.extension() == Some("json");
    if !world.exists(folder) {
        let what = if is_file { "file" } else { "folder" };
        return Err(bad(format!("there is no {what} `{folder}` to compare with")).help(
            "`--state` names the folder of another run's artifacts, often a copy of its target folder",
        ));
    }
    let path = if is_file { folder.to_owned() } else { folder.join("manifest.json") };
    let manifest = file(world, &path)?;
    if let Some(manifest) = &manifest {
        check_version(&path, manifest)?;
    }
    if is_file {
        return Ok(State { folder: folder.to_string(), manifest, ..State::default() });
    }
    let results = file(world, &folder.join("run_results.json"))?.map(|file| {
        let results = file.get("results").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |result: &Value, key: &str| result.get(key).and_then(Value::as_str).map(str::to_owned);
        results.iter().filter_map(|it| Some((text(it, "unique_id")?, text(it, "status")?))).collect()
    });
    Ok(State {
        folder: folder.to_string(),
        manifest,
        results,
        sources: file(world, &folder.join("sources.json"))?.map(|file| loaded(&file)),
        sources_now: file(world, &target.join("sources.json"))?.map(|file| loaded(&file)),
    })
}

/// A file's content; `None` if there is no such file.
fn file(world: &dyn World, path: &Utf8Path) -> Result<Option<Value>, Diagnostic> {
    if !world.exists(path) {
        return Ok(None);
    }
    let bytes = world.read(path).map_err(|error| bad(format!("`{path}` can't be read: {error}")))?;
    let value = serde_json::from_slice(&bytes);
    value.map(Some).map_err(|error| bad(format!("`{path}` is not well-formed JSON: {error}")))
}

fn check_version(path: &Utf8Path, manifest: &Value) -> Result<(), Diagnostic> {
    let schema = manifest.get("metadata").and_then(|it| it.get("dbt_schema_version")).and_then(Value::as_str);
    let Some(schema) = schema else {
        return Err(bad(format!("`{path}` does not say which version of the manifest it is"))
            .help("a manifest of dbt 1.3 or newer, or of buhin, can be compared with"));
    };
    let version = schema.rsplit('/').next().and_then(|file| file.strip_prefix('v'));
    let version = version.and_then(|file| file.strip_suffix(".json")).and_then(|it| it.parse::<u32>().ok());
    match version {
        Some(version) if schema.contains("/manifest/") && VERSIONS.contains(&version) => Ok(()),
        _ => {
            let (first, last) = (VERSIONS.start(), VERSIONS.end());
            Err(bad(format!("`{path}` is of the version `{schema}`, which is not known"))
                .help(format!("manifests of the versions {first} to {last} can be compared with")))
        }
    }
}

/// `max_loaded_at` by unique id; `None` where the source could not be asked.
fn loaded(file: &Value) -> FxHashMap<String, Option<String>> {
    let results = file.get("results").and_then(Value::as_array).into_iter().flatten();
    let text = |result: &Value, key: &str| result.get(key).and_then(Value::as_str).map(str::to_owned);
    results.filter_map(|it| Some((text(it, "unique_id")?, text(it, "max_loaded_at")))).collect()
}

fn bad(message: String) -> Diagnostic {
    Diagnostic::error(Code::BAD_STATE, message)
}
