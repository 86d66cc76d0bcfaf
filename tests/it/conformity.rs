//! Runs every fixture in `tests/conformity/` and holds what it compiles to against what dbt-core recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use buhin::compile::{self, Options};
use buhin::diagnostic::Diagnostic;
use buhin::emit::artifacts::{self, Stamp};
use buhin::project::{LoadOptions, NodeKind};
use buhin::render::{Empty, Hook};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde_json::{Map, Value};

use crate::case::Case;
use crate::sandbox::{Sandbox, files_below};

/// What a run gives, in the form of the goldens: title and text.
type Sections = BTreeMap<String, String>;

const COLLECTIONS: [&str; 8] =
    ["nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "groups"];

#[test]
fn every_fixture_is_as_dbt_compiles_it() {
    let fixtures = fixtures();
    let known = known();
    let results: Vec<(String, Vec<(String, String)>)> = fixtures
        .par_iter()
        .flat_map_iter(|(name, case)| {
            dialects(case).into_iter().map(move |dialect| {
                let run = format!("{name}.{dialect}");
                let differences = differences(&run, case, &dialect);
                (run, differences)
            })
        })
        .collect();
    let mut report = String::new();
    let mut used = BTreeSet::new();
    for (run, differences) in &results {
        for (section, text) in differences {
            let at = format!("{run} {section}");
            match known.iter().position(|(known, _)| at.starts_with(known.as_str())) {
                Some(known) => {
                    used.insert(known);
                }
                None => writeln!(report, "==== {at}\n{text}").expect("a string takes all"),
            }
        }
    }
    for (at, (known, reason)) in known.iter().enumerate() {
        if !used.contains(&at) {
            writeln!(report, "==== agrees now, take it off the list: {known} ({reason})").expect("a string");
        }
    }
    assert!(report.is_empty(), "these are not as dbt-core compiles them:\n{report}");
}

#[test]
fn every_golden_has_a_fixture() {
    let expected: BTreeSet<String> = fixtures()
        .iter()
        .flat_map(|(name, case)| dialects(case).into_iter().map(move |it| format!("{name}.{it}.golden")))
        .collect();
    let found: BTreeSet<String> =
        files_below(&folder().join("goldens")).into_iter().map(|(path, _)| path).collect();
    assert_eq!(found, expected, "run scripts/record_conformity.py");
}

#[test]
fn a_full_refresh_from_the_environment() {
    let sandbox = Sandbox::new(&[("models/a.sql", "select {{ flags.FULL_REFRESH }} as f\n")]);
    sandbox.run(&["compile"]).exits(0);
    assert_eq!(sandbox.read("target/compiled/shop/models/a.sql"), "select False as f");
    let sandbox = sandbox.env("DBT_FULL_REFRESH", "1");
    sandbox.run(&["compile"]).exits(0);
    assert_eq!(sandbox.read("target/compiled/shop/models/a.sql"), "select True as f");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformity")
}

/// Every fixture by name.
pub(crate) fn fixtures() -> Vec<(String, Case)> {
    let read = |(path, bytes): (String, Vec<u8>)| {
        let name = path.strip_suffix(".case")?.to_owned();
        Some((name, Case::parse(&String::from_utf8(bytes).expect("a fixture is UTF-8"))))
    };
    files_below(&folder()).into_iter().filter_map(read).collect()
}

/// Where buhin does not agree with dbt yet, or does not want to: `KNOWN` has `fixture.dialect section: why`, of
/// which the part before the colon may be the beginning of one. An entry that agrees is a failure, so that the
/// list tells the truth.
pub(crate) fn known() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder().join("KNOWN")).expect("the list is there");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let (at, why) = line.split_once(": ").expect("an entry is `fixture.dialect section: why`");
        (at.to_owned(), why.to_owned())
    };
    lines.map(entry).collect()
}

fn dialects(case: &Case) -> Vec<String> {
    let listed = case.get("dialects").unwrap_or("duckdb");
    listed.split(',').map(|name| name.trim().to_owned()).collect()
}

/// Where a run's sections are not those of the golden: title, and both texts.
fn differences(run: &str, case: &Case, dialect: &str) -> Vec<(String, String)> {
    let path = folder().join(format!("goldens/{run}.golden"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        return vec![("golden".to_owned(), "there is none: run scripts/record_conformity.py".to_owned())];
    };
    let (found, diagnostics) = sections(case, dialect);
    let golden = golden(&text);
    let mut differences = Vec::new();
    for (title, expected) in &golden {
        if let Some(uid) = title.strip_suffix(" (fails)") {
            if let Some(sql) = found.get(uid) {
                differences.push((title.clone(), format!("dbt fails here, buhin gives:\n{sql}")));
            }
            continue;
        }
        match found.get(title) {
            None => differences.push((title.clone(), format!("missing; dbt has:\n{expected}"))),
            Some(found) if title == "manifest" => {
                differences.extend(json_differences(expected, found));
            }
            Some(found) if found != expected => {
                differences.push((title.clone(), format!("dbt:\n{expected}\nbuhin:\n{found}")));
            }
            Some(_) => {}
        }
    }
    for title in found.keys().filter(|title| !golden.contains_key(*title)) {
        if !golden.contains_key(&format!("{title} (fails)")) {
            differences.push((title.clone(), format!("dbt has no such thing:\n{}", found[title])));
        }
    }
    if let Some((_, text)) = differences.first_mut() {
        for one in diagnostics.iter().filter(|one| one.is_error()) {
            writeln!(text, "said: {} {}", one.code, one.message).expect("a string takes all");
        }
    }
    differences
}

/// A golden's sections; each text ends in one newline more than it had.
fn golden(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut title = String::new();
    for line in text.split_inclusive('\n') {
        let header = line.strip_prefix("--- ").and_then(|rest| rest.strip_suffix(" ---\n"));
        match header {
            Some(header) => {
                header.clone_into(&mut title);
                sections.insert(title.clone(), String::new());
            }
            None => sections.get_mut(&title).expect("a golden begins with a title").push_str(line),
        }
    }
    for text in sections.values_mut() {
        if text.ends_with('\n') {
            text.pop();
        }
    }
    sections
}

/// Compiles a fixture in memory, against an empty warehouse, with the clock that the goldens have.
fn sections(case: &Case, dialect: &str) -> (Sections, Vec<Diagnostic>) {
    let profiles = std::fs::read(folder().join("profiles.yml")).expect("the profiles are there");
    let world = case.world().with_file("profiles.yml", profiles);
    let load = LoadOptions {
        vars: case.get("vars").map(str::to_owned),
        profile: Some("shop".to_owned()),
        target: Some(dialect.to_owned()),
        ..LoadOptions::default()
    };
    let mut said = Vec::new();
    let Ok(project) = buhin::project::load(&world, &load).collect(&mut said).map(Arc::new) else {
        return (Sections::new(), said);
    };
    let mut options = Options::default();
    // The variable is the command line's to read: `a_full_refresh_from_the_environment` shows that it does.
    options.render.full_refresh =
        ["full-refresh", "env.DBT_FULL_REFRESH"].iter().any(|it| case.get(it).is_some());
    "compile".clone_into(&mut options.render.which);
    "00000000-0000-0000-0000-000000000000".clone_into(&mut options.render.invocation_id);
    let resolved = compile::resolve(&project, &world, options).collect(&mut said);
    let made = compile::compile(&resolved, None, &Empty).collect(&mut said);
    let mut sections = Sections::new();
    for (id, node) in project.nodes() {
        if node.kind == NodeKind::UnitTest {
            continue;
        }
        if let Some(compiled) = &made.compiled[id] {
            sections.insert(node.unique_id.clone(), compiled.sql.clone());
        }
        if let Some(rendered) = &made.rendered.nodes[id] {
            hooks(&mut sections, &node.unique_id, "pre_hook", &rendered.pre_hooks);
            hooks(&mut sections, &node.unique_id, "post_hook", &rendered.post_hooks);
        }
    }
    if let Some(keys) = case.get("manifest") {
        let mut manifest = Vec::new();
        artifacts::manifest(
            &resolved.context(&made.rendered),
            &made.compiled,
            &Stamp::default(),
            &mut manifest,
        )
        .expect("memory takes all");
        let manifest: Value = serde_json::from_slice(&manifest).expect("a manifest is JSON");
        sections.insert("manifest".to_owned(), excerpt(&manifest, keys).to_string());
    }
    (sections, said)
}

fn hooks(sections: &mut Sections, uid: &str, kind: &str, hooks: &[Hook]) {
    for (at, hook) in hooks.iter().enumerate() {
        sections.insert(format!("{uid} {kind} {at}"), hook.sql.trim().to_owned());
    }
}

/// The asked-for fields of all that the manifest holds, by unique id; what is null is left out.
fn excerpt(manifest: &Value, keys: &str) -> Value {
    let mut found = Map::new();
    let mut take = |uid: String, entry: &Value| {
        let mut mine = Map::new();
        for key in keys.split(',').map(str::trim) {
            let value = key.split('.').try_fold(entry, |value, part| value.get(part));
            if let Some(value) = value.filter(|value| !value.is_null()) {
                mine.insert(key.to_owned(), value.clone());
            }
        }
        found.insert(uid, Value::Object(mine));
    };
    for collection in COLLECTIONS {
        for (uid, entry) in manifest[collection].as_object().into_iter().flatten() {
            take(uid.clone(), entry);
        }
    }
    for (uid, entries) in manifest["disabled"].as_object().into_iter().flatten() {
        // dbt's order is that of the file system.
        let path = |entry: &&Value| entry["original_file_path"].to_string();
        let first = entries.as_array().into_iter().flatten().min_by_key(path);
        take(format!("disabled {uid}"), first.expect("an entry of its own"));
    }
    Value::Object(found)
}

/// Where two excerpts differ: `manifest UNIQUE_ID KEY`, and both values.
fn json_differences(expected: &str, found: &str) -> Vec<(String, String)> {
    let read = |text| serde_json::from_str::<Map<String, Value>>(text).expect("an excerpt is a mapping");
    let (expected, found) = (read(expected), read(found));
    let none = Value::Null;
    let mut differences = Vec::new();
    for uid in expected.keys().chain(found.keys().filter(|uid| !expected.contains_key(*uid))) {
        let (Some(want), Some(have)) = (expected.get(uid), found.get(uid)) else {
            let who = if expected.contains_key(uid) { "dbt" } else { "buhin" };
            differences.push((format!("manifest {uid}"), format!("only {who} has it")));
            continue;
        };
        let keys: BTreeSet<&String> =
            [want, have].iter().filter_map(|it| it.as_object()).flatten().map(|it| it.0).collect();
        for key in keys {
            let (want, have) = (want.get(key).unwrap_or(&none), have.get(key).unwrap_or(&none));
            if want != have {
                differences.push((format!("manifest {uid} {key}"), format!("dbt:   {want}\nbuhin: {have}")));
            }
        }
    }
    differences
}
