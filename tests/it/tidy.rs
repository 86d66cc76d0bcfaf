//! The rules of the house that a test can hold.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use buhin::diagnostic::CODES;

use crate::case::Case;

/// Who may use whom: a folder of `src/` and what it takes from others with `use crate::…`.
///
/// Contracts aside (`Project`, `Collected`, `Graph`, `Plan` … pass between the stages), arrows point down.
const USES: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("world", &[]),
    ("jinja", &["source", "diagnostic"]),
    ("python", &["diagnostic", "world", "jinja"]),
    // What stands beneath the stages, and `check`, a stage of its own after rendering.
    ("sql", &["source", "diagnostic", "project", "render"]),
    // SQL alone: what projects make of it comes from above.
    ("lineage", &["source", "diagnostic", "sql"]),
    ("flow", &["source", "diagnostic", "sql", "lineage", "project", "graph", "render"]),
    ("project", &["source", "diagnostic", "world", "jinja", "python", "sql"]),
    ("render", &["source", "diagnostic", "world", "jinja", "python", "sql", "project", "graph"]),
    ("graph", &["source", "diagnostic", "sql", "project", "render"]),
    ("plan", &["source", "diagnostic", "sql", "project", "render", "graph"]),
    ("emit", &["source", "diagnostic", "sql", "project", "render", "graph", "plan"]),
    (
        "site",
        &[
            "source",
            "diagnostic",
            "sql",
            "jinja",
            "lineage",
            "flow",
            "project",
            "graph",
            "render",
            "plan",
            "emit",
        ],
    ),
    ("deps", &["source", "diagnostic", "world", "project"]),
    (
        "state",
        &["source", "diagnostic", "world", "sql", "project", "render", "graph", "plan", "emit", "review"],
    ),
    ("review", &["world", "sql", "lineage", "project", "graph", "render", "plan", "emit", "flow"]),
    (
        "rename",
        &[
            "source",
            "diagnostic",
            "world",
            "jinja",
            "sql",
            "lineage",
            "flow",
            "project",
            "graph",
            "render",
            "plan",
            "emit",
            "review",
        ],
    ),
    // Of `review` only the trait of the engine that trials run on.
    (
        "run",
        &["source", "diagnostic", "world", "sql", "project", "render", "graph", "plan", "emit", "review"],
    ),
];

/// Codes without a case or a test of the command line, each with the reason.
const UNTRIGGERED: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder of the repository with this ending, by path from the root.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    walkdir::WalkDir::new(root().join(folder))
        .sort_by_file_name()
        .into_iter()
        // What npm has fetched for the tests in a browser is no text of ours.
        .filter_entry(|entry| entry.file_name() != "node_modules")
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && entry.path().to_string_lossy().ends_with(ending))
        .map(|entry| {
            let path = entry.path().strip_prefix(root()).expect("it is below").to_string_lossy().into_owned();
            (path, std::fs::read_to_string(entry.path()).expect("a source file is UTF-8"))
        })
        .collect()
}

/// A file's text before its tests.
fn without_tests(text: &str) -> &str {
    // An import for tests may stand at the head; only what follows a module of tests is left out.
    let mut starts = text.match_indices("\n#[cfg(test)]\n").map(|(at, found)| (at, at + found.len()));
    let module = starts.find(|(_, after)| {
        text[*after..].lines().next().is_some_and(|line| line.contains("mod ") && line.ends_with('{'))
    });
    module.map_or(text, |(at, _)| &text[..at])
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || path.contains("/tests/")
        || path.ends_with("/fixture.rs")
        || path.ends_with("/recorded.rs")
}

#[track_caller]
fn none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[test]
fn every_file_opens_with_a_sentence() {
    let broken: Vec<String> = ["src", "tests", "benches"]
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    none(&broken, "these files do not begin with `//!`");
}

#[test]
fn no_file_is_longer_than_800_lines() {
    let broken: Vec<String> = files("src", ".rs")
        .into_iter()
        .map(|(path, text)| (path, without_tests(&text).lines().count()))
        .filter(|(_, lines)| *lines > 800)
        .map(|(path, lines)| format!("{path}: {lines}"))
        .collect();
    none(&broken, "these files are too long");
}

#[test]
fn only_the_command_line_prints() {
    let mut broken = Vec::new();
    for (path, text) in files("src", ".rs") {
        let allowed = path.starts_with("src/cli/");
        for (at, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            let prints = ["println!", "eprintln!", "print!(", "eprint!(", "dbg!("]
                .iter()
                .any(|word| code.contains(word));
            if prints && !allowed && !is_test(&path) {
                broken.push(format!("{path}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    none(&broken, "printing outside of src/cli");
}

#[test]
fn files_environment_and_clock_have_one_door() {
    // The command line writes and removes files; DuckDB's library is looked for beside the executable, and
    // the database's folder is made; relative paths are below the folder of the process.
    let allowed =
        ["src/world/", "src/cli/", "src/run/library.rs", "src/run/credentials.rs", "src/run/duckdb.rs"];
    let mut broken = Vec::new();
    for (path, text) in files("src", ".rs") {
        if is_test(&path) || allowed.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        for (at, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            let doors = ["std::fs", "std::env::", "SystemTime::now", "Timestamp::now"];
            if doors.iter().any(|door| code.contains(door)) {
                broken.push(format!("{path}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    none(&broken, "`std::fs`, `std::env` or the clock outside of the one door");
}

#[test]
fn stages_use_only_what_is_beneath_them() {
    let mut broken = Vec::new();
    for (path, text) in files("src", ".rs") {
        let Some(folder) =
            path.strip_prefix("src/").and_then(|path| path.split_once('/')).map(|(first, _)| first)
        else {
            continue;
        };
        let Some((_, allowed)) = USES.iter().find(|(name, _)| *name == folder) else { continue };
        if is_test(&path) {
            continue;
        }
        let text = without_tests(&text);
        for (at, _) in text.match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let used: String =
                rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
            if used != folder && !allowed.contains(&used.as_str()) {
                broken.push(format!("{path} uses crate::{used}"));
            }
        }
    }
    broken.dedup();
    none(&broken, "against the order of the stages (see USES in tests/it/tidy.rs)");
}

#[test]
fn every_code_has_a_page() {
    let mut broken = Vec::new();
    for info in CODES {
        let path = root().join(format!("docs/errors/{}.md", info.code));
        match std::fs::read_to_string(&path) {
            Err(_) => broken.push(format!("docs/errors/{}.md ({}) is missing", info.code, info.slug)),
            Ok(page) if !page.contains(info.slug) => {
                broken.push(format!("docs/errors/{}.md does not name `{}`", info.code, info.slug));
            }
            Ok(_) => {}
        }
    }
    let known: BTreeSet<String> = CODES.iter().map(|info| format!("docs/errors/{}.md", info.code)).collect();
    for (path, _) in files("docs/errors", ".md") {
        if path != "docs/errors/README.md" && !known.contains(&path) {
            broken.push(format!("{path} is the page of no code"));
        }
    }
    none(&broken, "pages of codes");
}

#[test]
fn every_code_is_triggered_by_a_test() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (_, text) in files("tests/it/cases", ".case") {
        seen.extend(Case::parse(&text).codes());
    }
    let cli = files("tests/it", ".rs").into_iter().filter(|(path, _)| !path.ends_with("/tidy.rs"));
    let run = files("src/run", ".rs").into_iter().chain(files("src/cli", ".rs"));
    for (path, text) in cli.chain(run) {
        for info in CODES {
            let code = info.code.to_string();
            let named = text.contains(&format!("\"{code}")) || text.contains(&format!("({code}"));
            if named && path.starts_with("tests/") {
                seen.insert(code);
            }
        }
    }
    let mut broken = Vec::new();
    for info in CODES {
        let code = info.code.to_string();
        let excused = UNTRIGGERED.iter().any(|(one, _)| *one == code);
        match (seen.contains(&code), excused) {
            (false, false) => {
                broken.push(format!("{code} {} is triggered by no case and no test", info.slug));
            }
            (true, true) => broken.push(format!("{code} {} is triggered, and yet excused", info.slug)),
            _ => {}
        }
    }
    none(&broken, "codes and tests");
}

#[test]
fn codes_are_in_order_and_named_once() {
    for pair in CODES.windows(2) {
        assert!(pair[0].code < pair[1].code, "{} stands before {}", pair[0].code, pair[1].code);
    }
    let slugs: BTreeSet<&str> = CODES.iter().map(|info| info.slug).collect();
    assert_eq!(slugs.len(), CODES.len(), "two codes of one name");
}

#[test]
fn the_changelog_has_a_place_for_what_is_new() {
    let text = std::fs::read_to_string(root().join("CHANGELOG.md")).expect("there is a changelog");
    assert!(text.contains("\n## Unreleased\n"), "CHANGELOG.md lacks `## Unreleased`");
}

#[test]
fn both_readmes_name_the_same_commands_and_files() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("there is a README");
    let (english, japanese) = (read("README.md"), read("README.ja.md"));
    assert_eq!(commands(&english), commands(&japanese), "commands in the READMEs");
    let links = |text: &str| -> BTreeSet<String> {
        links(text)
            .into_iter()
            .filter(|link| !link.starts_with("README"))
            .map(|link| link.replace(".ja.md", ".md"))
            .collect()
    };
    assert_eq!(links(&english), links(&japanese), "links in the READMEs");
}

/// `make …` and `buhin …` at the beginning of lines in fenced blocks.
fn commands(text: &str) -> BTreeSet<String> {
    let blocks = text.split("```").skip(1).step_by(2);
    blocks
        .flat_map(str::lines)
        .filter_map(|line| {
            let line = line.trim_start_matches("$ ").split('#').next()?.trim();
            let wanted = ["make ", "buhin ", "cargo "].iter().any(|start| line.starts_with(start));
            wanted.then(|| line.to_owned())
        })
        .collect()
}

/// The targets of a Markdown text's links.
fn links(text: &str) -> Vec<String> {
    text.match_indices("](")
        .filter_map(|(at, _)| text[at + 2..].split(')').next())
        .map(|link| link.split(['#', ' ']).next().unwrap_or_default().to_owned())
        .filter(|link| !link.is_empty())
        .collect()
}

#[test]
fn links_in_markdown_lead_somewhere() {
    let mut broken = Vec::new();
    let mut all = files("docs", ".md");
    all.extend(files("tests", ".md"));
    for name in [
        "README.md",
        "README.ja.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "COMPATIBILITY.md",
    ] {
        all.push((name.to_owned(), std::fs::read_to_string(root().join(name)).expect("it is there")));
    }
    for (path, text) in all {
        let folder = root().join(&path).parent().map(PathBuf::from).expect("a file is in a folder");
        for link in links(&text) {
            if !link.contains("://") && !link.starts_with("mailto:") && !folder.join(&link).exists() {
                broken.push(format!("{path}: {link}"));
            }
        }
    }
    none(&broken, "links that lead nowhere");
}

/// `[conformity: name]`, `[case: folder/name]`, `[test: name]` after each claim of COMPATIBILITY.md.
#[test]
fn every_claim_of_compatibility_is_tested() {
    let text = std::fs::read_to_string(root().join("COMPATIBILITY.md")).expect("it is there");
    let tests: String = files("tests", ".rs").into_iter().map(|(_, text)| text).collect();
    let mut broken = Vec::new();
    for (kind, name) in claims(&text) {
        let there = match kind {
            "conformity" => root().join(format!("tests/conformity/{name}.case")).is_file(),
            "case" => root().join(format!("tests/it/cases/{name}.case")).is_file(),
            _ => tests.contains(&format!("fn {name}()")),
        };
        if !there {
            broken.push(format!("{kind}: {name}"));
        }
    }
    let all = text.split("\n## ").skip(1).filter(|section| !section.starts_with("The numbers"));
    for claim in all.flat_map(|section| section.split("\n- ").skip(1)) {
        if claims(claim).is_empty() {
            broken.push(format!("no test is named: {}", claim.lines().next().unwrap_or_default()));
        }
    }
    none(&broken, "COMPATIBILITY.md claims what nothing tests");
}

/// The tests that a text names in square brackets, by kind and name.
fn claims(text: &str) -> Vec<(&str, &str)> {
    let brackets = text.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    let named = brackets.filter_map(|(inner, _)| inner.split_once(": "));
    named.filter(|(kind, _)| ["conformity", "case", "test"].contains(kind)).collect()
}

#[test]
fn goldens_hold_nothing_of_a_machine() {
    let mut broken = Vec::new();
    for (path, text) in files("tests/it/goldens", ".snap").into_iter().chain(files("snapshots", ".snap")) {
        for word in ["/home/", "/tmp/", "/root/", "/Users/", "C:\\\\"] {
            if text.contains(word) {
                broken.push(format!("{path}: {word}"));
            }
        }
    }
    none(&broken, "paths of a machine in goldens");
}

#[test]
fn every_golden_has_its_case() {
    let cases: BTreeSet<String> = files("tests/it/cases", ".case")
        .into_iter()
        .map(|(path, _)| path.trim_start_matches("tests/it/cases/").replace('/', "__"))
        .collect();
    let mut broken = Vec::new();
    let mut goldens = BTreeSet::new();
    for (path, _) in files("tests/it/goldens", ".snap") {
        let Some(name) = path.strip_prefix("tests/it/goldens/case@") else { continue };
        let name = name.trim_end_matches(".snap").to_owned();
        if !cases.contains(&name) {
            broken.push(format!("{path} belongs to no case"));
        }
        goldens.insert(name);
    }
    broken.extend(cases.difference(&goldens).map(|name| format!("{name} has no golden")));
    none(&broken, "goldens and cases");
}

#[test]
fn there_are_enough_cases() {
    let all = files("tests/it/cases", ".case");
    let bad = all.iter().filter(|(path, _)| path.contains("/bad/")).count();
    assert!(all.len() >= 130 && bad >= 45, "{} cases, {bad} of them of bad input", all.len());
    let mut report = String::new();
    for (path, text) in &all {
        if !text.split("--- ").next().unwrap_or_default().trim_end().ends_with(['.', '?']) {
            writeln!(report, "{path}").expect("a string takes all");
        }
    }
    assert!(report.is_empty(), "these cases do not begin with a sentence:\n{report}");
}
