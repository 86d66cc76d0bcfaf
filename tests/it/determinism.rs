//! The same bytes for the same input: at each run, in any folder, with any number of threads.

use std::path::Path;

use crate::generate;
use crate::sandbox::Sandbox;

/// What of the repository's root is the demo project.
const DEMO: &[&str] = &["dbt_project.yml", "profiles.yml", "buhin.yml"];
const DEMO_FOLDERS: &[&str] =
    &["models", "macros", "seeds", "snapshots", "data_tests", "tests/generic", "analyses"];

/// A copy of the demo project.
pub(crate) fn demo() -> Sandbox {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::empty();
    for file in DEMO {
        sandbox.write(file, std::fs::read(root.join(file)).expect("the demo has it"));
    }
    for folder in DEMO_FOLDERS {
        for (path, bytes) in crate::sandbox::files_below(&root.join(folder)) {
            sandbox.write(&format!("{folder}/{path}"), bytes);
        }
    }
    sandbox
}

fn made_up() -> Sandbox {
    let sandbox = Sandbox::empty();
    for (path, text) in generate::project(120) {
        sandbox.write(&path, text);
    }
    sandbox
}

/// Compiles with a number of threads and gives all that was written.
fn compiled(sandbox: Sandbox, threads: &str) -> Vec<(String, Vec<u8>)> {
    let sandbox =
        sandbox.env("RAYON_NUM_THREADS", threads).env("BUHIN_RUN_STARTED_AT", "2026-01-02T03:04:05Z");
    sandbox.run(&["compile", "--threads", threads]).exits(0);
    let files = sandbox.files("target");
    for (kind, count) in [("compiled/", 10), ("deploy/", 1), ("manifest.json", 1)] {
        let found = files.iter().filter(|(path, _)| path.starts_with(kind)).count();
        assert!(found >= count, "only {found} files in target/{kind}");
    }
    let folder = sandbox.folder().to_string_lossy().into_owned();
    for (path, bytes) in &files {
        assert!(
            !String::from_utf8_lossy(bytes).contains(&folder),
            "target/{path} has the path of this machine"
        );
    }
    files
}

#[track_caller]
fn same(one: &[(String, Vec<u8>)], other: &[(String, Vec<u8>)], what: &str) {
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(one), names(other), "{what}: other files");
    for ((path, one), (_, other)) in one.iter().zip(other) {
        if one != other {
            let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
            let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
            panic!("{what}: target/{path} differs: {differs:?}");
        }
    }
}

#[test]
fn the_demo_compiles_to_the_same_bytes() {
    let first = compiled(demo(), "1");
    same(&first, &compiled(demo(), "1"), "a second folder");
    same(&first, &compiled(demo(), "2"), "two threads");
}

#[test]
fn a_large_project_compiles_to_the_same_bytes() {
    let first = compiled(made_up(), "1");
    same(&first, &compiled(made_up(), "2"), "two threads");
}
