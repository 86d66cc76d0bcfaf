//! The tutorial: its commands are run on the demo project, and say what it says they do.
//!
//! A block ```` ```console ```` holds commands after `$ `, each followed by lines of what it prints, in their order;
//! `…` stands for lines that are left out, and at a line's end for its rest. A block whose fence names a file
//! (```` ```yaml buhin.yml ````) is written to it.

use std::path::Path;

use crate::determinism::demo;

#[test]
fn the_tutorial_is_true() {
    follow("docs/tutorial.md");
}

#[test]
fn the_tutorial_in_japanese_is_true() {
    follow("docs/tutorial.ja.md");
}

fn follow(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(&path).expect("the page is there");
    let sandbox = demo();
    let mut commands = 0;
    for (info, body) in blocks(&text) {
        if info == "console" {
            for (command, expected) in steps(&body) {
                let line =
                    format!("buhin() {{ \"$BUHIN\" \"$@\"; }}; COLUMNS=120; export COLUMNS; {command}");
                let said = sandbox.shell(&line);
                let printed = format!("{}{}", said.stdout, said.stderr);
                assert_eq!(said.code, Some(0), "{page}: `{command}` failed:\n{printed}");
                holds(page, &command, &expected, &printed);
                commands += 1;
            }
        } else if let Some((_, file)) = info.split_once(' ') {
            sandbox.write(file, &body);
        }
    }
    assert!(commands >= 8, "{page} has {commands} commands");
}

/// Fenced blocks: what stands after the fence, and what stands in the block.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => open = Some((info.trim().to_owned(), String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Commands and the lines that they are said to print.
fn steps(body: &str) -> Vec<(String, Vec<String>)> {
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    for line in body.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command.to_owned(), Vec::new())),
            (None, Some((_, expected))) => expected.push(line.to_owned()),
            (None, None) => panic!("output before a command: {line}"),
        }
    }
    steps
}

/// Holds what was printed against what the page says.
fn holds(page: &str, command: &str, expected: &[String], printed: &str) {
    let mut lines = printed.lines().map(str::trim_end);
    for wanted in expected.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty() && *line != "…")
    {
        let fits = |line: &str| match wanted.strip_suffix('…') {
            Some(start) => line.starts_with(start.trim_end()),
            None => line == wanted,
        };
        assert!(lines.any(fits), "{page}: `{command}` does not print\n{wanted}\nbut\n{printed}");
    }
}
