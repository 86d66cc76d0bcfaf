//! Runs every line of `tests/rename/*.case`: what `buhin rename` prints, that `git apply` takes it, that `--write` does
//! the same, and that the project is as good as before.

use std::fmt::Write as _;

use crate::case::Case;
use crate::sandbox::{Sandbox, files_below};

/// The project of a case.
fn sandbox(case: &Case) -> Sandbox {
    let sandbox = Sandbox::empty();
    for (path, bytes) in case.files.iter().filter(|(path, _)| *path != "lines") {
        sandbox.write(path, bytes);
    }
    if !case.files.contains_key("dbt_project.yml") {
        sandbox.write("dbt_project.yml", "name: shop\nversion: \"1.0.0\"\n");
    }
    sandbox
}

/// All files but those that buhin writes to `target/`.
fn texts(sandbox: &Sandbox) -> Vec<(String, String)> {
    let is_own = |path: &str| !path.starts_with("target/") && !path.starts_with(".git/");
    let files = files_below(sandbox.folder()).into_iter().filter(|(path, _)| is_own(path));
    files.map(|(path, bytes)| (path, String::from_utf8(bytes).expect("a case is UTF-8"))).collect()
}

/// What a line prints, after everything that should hold was held.
fn answer(case: &Case, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let mut command = vec!["rename"];
    command.extend(&words);
    let (printed, written) = (sandbox(case), sandbox(case));
    written
        .shell("git init -q -b main && git add -A && git -c user.name=t -c user.email=t@t commit -q -m x")
        .exits(0);
    let before = texts(&printed);
    let said = printed.run(&command);
    assert_eq!(texts(&printed), before, "{line}: something was written");
    let mut out = format!("$ buhin {} (exit {})\n", command.join(" "), said.code.unwrap_or(-1));
    write!(out, "{}{}", said.stderr, said.stdout).expect("a string takes all");
    command.push("--write");
    let wrote = written.run(&command);
    assert_eq!(wrote.code, said.code, "{line}: {}", wrote.stderr);
    if said.code != Some(0) {
        assert_eq!(texts(&written), before, "{line}: a refused rename was written");
        return out;
    }
    printed.write("the.patch", &said.stdout);
    printed.shell("git apply the.patch && rm the.patch").exits(0);
    assert_eq!(texts(&printed), texts(&written), "{line}: the patch and `--write` differ");
    let fresh = sandbox(case);
    let compiled = (fresh.run(&["compile"]), written.run(&["compile"]));
    assert_eq!(compiled.0.code, compiled.1.code, "{line}: {}", compiled.1.stderr);
    if case.files.keys().any(|path| path.ends_with(".snap")) {
        let verified = (fresh.run(&["verify"]), written.run(&["verify"]));
        assert_eq!(verified.0.code, verified.1.code, "{line}: {}", verified.1.stdout);
    }
    let differs = written.run(&["diff", "HEAD", "--format", "short"]);
    let told = differs.stdout.lines().filter(|line| !line.starts_with("Compared with"));
    writeln!(out, "$ buhin diff (exit {})", differs.code.unwrap_or(-1)).expect("a string takes all");
    told.for_each(|line| writeln!(out, "{line}").expect("a string takes all"));
    out
}

/// What a rename can have to say.
const CODES: &[&str] = &["B1201", "B1202", "B1203", "B1204"];

#[test]
fn every_case() {
    let mut seen = String::new();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("goldens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::glob!("../rename", "*.case", |path| {
            let case = Case::parse(&std::fs::read_to_string(path).expect("a case is UTF-8"));
            let lines = String::from_utf8(case.files["lines"].clone()).expect("a case is UTF-8");
            let all: Vec<String> = lines.lines().map(|line| answer(&case, line)).collect();
            let all = all.join("\n");
            seen.push_str(&all);
            insta::assert_snapshot!("rename", all);
        });
    });
    for code in CODES {
        assert!(seen.contains(code), "{code} is said in no case");
    }
}
