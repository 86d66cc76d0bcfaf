//! Runs every line of `tests/ls/` and holds what `ls` prints against what dbt-core was recorded to print.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde_json::Value;

use crate::case::Case;
use crate::determinism::demo;
use crate::sandbox::{Sandbox, files_below};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ls")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The projects by name.
fn projects() -> Vec<(String, Case)> {
    let read = |(path, bytes): (String, Vec<u8>)| {
        let name = path.strip_suffix(".case")?.to_owned();
        Some((name, Case::parse(&String::from_utf8(bytes).expect("a case is UTF-8"))))
    };
    files_below(&folder()).into_iter().filter_map(read).collect()
}

/// The project's files, and the manifest of before in `STATE`.
fn sandbox(name: &str, case: &Case) -> Sandbox {
    let sandbox = if case.get("project") == Some("demo") {
        demo()
    } else {
        let sandbox = Sandbox::empty();
        for (path, bytes) in
            case.files.iter().filter(|(path, _)| *path != "lines" && !path.starts_with("before/"))
        {
            sandbox.write(path, bytes);
        }
        sandbox.write("profiles.yml", text("../conformity/profiles.yml"));
        sandbox.env("DBT_PROFILE", "shop").env("DBT_TARGET", "duckdb")
    };
    sandbox.write("STATE/manifest.json", text(&format!("state/{name}/manifest.json")));
    sandbox
}

/// A golden's lines with what dbt printed; an empty text where it failed.
fn golden(name: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut title = String::new();
    for line in text(&format!("goldens/{name}.golden")).split_inclusive('\n') {
        match line.strip_prefix("--- ").and_then(|rest| rest.strip_suffix(" ---\n")) {
            Some(header) => {
                header.clone_into(&mut title);
                found.insert(title.clone(), String::new());
            }
            None => found.get_mut(&title).expect("a golden begins with a title").push_str(line),
        }
    }
    found
}

/// What a line should print and what it prints, where that is not the same.
fn difference(sandbox: &Sandbox, line: &str, expected: &str) -> Option<String> {
    let (line, fails) = match line.strip_suffix(" (fails)") {
        Some(line) => (line, true),
        None => (line, false),
    };
    let words = line.split(' ').filter(|word| !word.is_empty());
    let said = sandbox.run(&["ls", "--quiet"].into_iter().chain(words).collect::<Vec<_>>());
    if fails {
        return (said.code == Some(0)).then(|| format!("dbt fails here, buhin gives:\n{}", said.stdout));
    }
    let mut report = String::new();
    if said.code != Some(0) {
        write!(report, "code {:?}: {}", said.code, said.stderr).expect("a string takes all");
    }
    if line.contains("--output json") && !line.ends_with("--output-keys unique_id") {
        let read = |text: &str| -> Vec<Value> {
            let lines = text.lines().filter(|line| !line.is_empty());
            lines.map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
        };
        let (want, have) = (read(expected), read(&said.stdout));
        if want.len() != have.len() {
            writeln!(report, "dbt has {} lines, buhin {}", want.len(), have.len()).expect("a string");
        }
        for (want, have) in want.iter().zip(&have).filter(|(want, have)| want != have) {
            let keys: BTreeSet<&String> =
                [want, have].iter().filter_map(|it| it.as_object()).flatten().map(|it| it.0).collect();
            for key in keys.into_iter().filter(|key| want.get(*key) != have.get(*key)) {
                let shown = |of: &Value| of.get(key).map_or_else(|| "nothing".to_owned(), Value::to_string);
                writeln!(
                    report,
                    "{} {key}\n dbt:   {}\n buhin: {}",
                    want["unique_id"],
                    shown(want),
                    shown(have)
                )
                .expect("a string takes all");
            }
        }
    } else if said.stdout.trim_end() != expected.trim_end() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let (want, have) = (lines(expected.trim_end()), lines(said.stdout.trim_end()));
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.difference(other).cloned().collect::<Vec<_>>().join("\n   ")
        };
        writeln!(report, "only dbt:\n   {}\nonly buhin:\n   {}", only(&want, &have), only(&have, &want))
            .expect("a string takes all");
    }
    (!report.is_empty()).then_some(report)
}

#[test]
fn ls_prints_what_dbt_prints() {
    let known = text("KNOWN");
    let known: Vec<(&str, &str)> = known
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.rsplit_once(" # ").expect("an entry is `project arguments # why`"))
        .collect();
    let mut used = BTreeSet::new();
    let mut report = String::new();
    for (name, case) in projects() {
        let sandbox = sandbox(&name, &case);
        let golden: Vec<(String, String)> = golden(&name).into_iter().collect();
        let check = |(line, expected): &(String, String)| {
            Some((format!("{name} {line}"), difference(&sandbox, line, expected)?))
        };
        let differences: Vec<(String, String)> = golden.par_iter().filter_map(check).collect();
        for (at, text) in differences {
            match known.iter().position(|(known, _)| *known == at) {
                Some(known) => drop(used.insert(known)),
                None => writeln!(report, "==== {at}\n{text}").expect("a string takes all"),
            }
        }
    }
    for (at, (known, why)) in known.iter().enumerate() {
        if !used.contains(&at) {
            writeln!(report, "==== agrees now, take it off the list: {known} ({why})").expect("a string");
        }
    }
    assert!(report.is_empty(), "these lists are not as dbt-core's:\n{report}");
}

#[test]
fn every_line_is_recorded() {
    for (name, case) in projects() {
        let lines = String::from_utf8(case.files["lines"].clone()).expect("lines are UTF-8");
        let wanted: BTreeSet<&str> = lines.lines().map(format_free).collect();
        let golden = golden(&name);
        let recorded: BTreeSet<&str> = golden.keys().map(String::as_str).map(format_free).collect();
        assert_eq!(recorded, wanted, "{name}: run scripts/record_ls.py");
        assert!(wanted.len() >= 60, "{name} has {} lines", wanted.len());
        assert!(wanted.iter().filter(|line| line.contains("state:modified.")).count() >= 5, "{name}");
    }
}

/// A golden's title without the form of output and what is said of its end.
fn format_free(title: &str) -> &str {
    let title = title.strip_suffix(" (fails)").unwrap_or(title);
    match title.split_once("--output ") {
        Some((line, _)) => line.trim_end(),
        None => title,
    }
}
