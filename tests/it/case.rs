//! A case: a whole project in one file, with the expected errors marked under the code.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use buhin::compile::{self, Options};
use buhin::diagnostic::{self, Diagnostic};
use buhin::project::{LoadOptions, Project};
use buhin::render::Empty;
use buhin::source::Sources;
use buhin::sql::Dialect;
use buhin::world::Memory;

/// A parsed case.
pub(crate) struct Case {
    /// Files by path, without the lines that mark errors.
    pub(crate) files: BTreeMap<String, String>,
    /// The markers, by path.
    markers: Vec<Marker>,
    /// `--- options ---`: one `key: value` a line (`vars`, `target`, `dialect`, `env.NAME`, `full-refresh`).
    options: BTreeMap<String, String>,
}

/// `^^^^ B0401 a few words` under the code: the span's columns, the code, and words that the message has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Marker {
    path: String,
    line: usize,
    columns: std::ops::RangeInclusive<usize>,
    code: String,
    words: String,
}

/// What a case gives.
pub(crate) struct Outcome {
    pub(crate) files: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) plan: String,
    pub(crate) sql: String,
}

impl Case {
    /// Reads the text of a case. Sections begin with `--- path ---`; what stands before the first is prose.
    pub(crate) fn parse(text: &str) -> Self {
        let mut case = Self { files: BTreeMap::new(), markers: Vec::new(), options: BTreeMap::new() };
        let mut current: Option<String> = None;
        for line in text.split_inclusive('\n') {
            let header = line.trim_end().strip_prefix("--- ").and_then(|rest| rest.strip_suffix(" ---"));
            if let Some(path) = header {
                current = Some(path.to_owned());
                if path != "options" {
                    case.files.insert(path.to_owned(), String::new());
                }
                continue;
            }
            let Some(path) = &current else { continue };
            if path == "options" {
                if let Some((key, value)) = line.trim_end().split_once(": ") {
                    case.options.insert(key.to_owned(), value.to_owned());
                }
                continue;
            }
            let file = case.files.get_mut(path).expect("the section's header made the file");
            match marker(path, file, line) {
                Some(marker) => case.markers.push(marker),
                None => file.push_str(line),
            }
        }
        let none = !case.options.contains_key("no-project");
        if none && !case.files.contains_key("dbt_project.yml") {
            let project = "name: shop\nversion: \"1.0.0\"\n";
            case.files.insert("dbt_project.yml".to_owned(), project.to_owned());
        }
        case.markers.sort();
        case
    }

    /// Compiles the case's project in memory, against an empty warehouse.
    pub(crate) fn compile(&self) -> Outcome {
        let mut world = Memory::default();
        for (path, text) in &self.files {
            world = world.with_file(path.as_str(), text.as_bytes());
        }
        for (key, value) in &self.options {
            if let Some(name) = key.strip_prefix("env.") {
                world = world.with_env(name, value);
            }
        }
        let load = LoadOptions {
            vars: self.options.get("vars").cloned(),
            target: self.options.get("target").cloned(),
            dialect: self
                .options
                .get("dialect")
                .map(|name| Dialect::from_name(name).expect("a known dialect")),
            ..LoadOptions::default()
        };
        let mut diagnostics = Vec::new();
        let Some(project) = buhin::project::load(&world, &load).collect(&mut diagnostics) else {
            return Outcome {
                files: Sources::default(),
                diagnostics,
                plan: String::new(),
                sql: String::new(),
            };
        };
        let mut options = Options::default();
        options.render.full_refresh = self.options.contains_key("full-refresh");
        let resolved = compile::resolve(&project, &world, options).collect(&mut diagnostics);
        let compiled = compile::compile(&resolved, None, &Empty).collect(&mut diagnostics);
        diagnostic::apply_settings(&mut diagnostics, &project.settings);
        diagnostic::sort(&mut diagnostics);
        let (plan, sql) = (plan_text(&project, &resolved), sql_text(&project, &compiled));
        Outcome { files: project.files, diagnostics, plan, sql }
    }

    /// The markers that the outcome's diagnostics should have, against those in the file; empty if they agree.
    pub(crate) fn check_markers(&self, outcome: &Outcome) -> String {
        let mut found: Vec<Marker> = Vec::new();
        for one in &outcome.diagnostics {
            let Some(label) = &one.label else { continue };
            let file = outcome.files.get(label.span.file);
            let (start, end) = (file.line_column(label.span.start), file.line_column(label.span.end));
            let last =
                if end.line == start.line { end.column.max(start.column + 1) - 1 } else { start.column };
            found.push(Marker {
                path: file.path.to_string(),
                line: start.line,
                columns: start.column..=last,
                code: one.code.to_string(),
                words: one.message.clone(),
            });
        }
        let mut report = String::new();
        for expected in &self.markers {
            let at = found.iter().position(|one| {
                one.path == expected.path
                    && one.line == expected.line
                    && one.columns.start() == expected.columns.start()
                    && (one.columns == expected.columns || expected.columns.clone().count() == 1)
                    && one.code == expected.code
                    && one.words.contains(&expected.words)
            });
            match at {
                Some(at) => drop(found.remove(at)),
                None => writeln!(report, "expected, not found: {expected:?}").expect("a string takes all"),
            }
        }
        for one in found {
            writeln!(report, "found, not expected: {one:?}").expect("a string takes all");
        }
        report
    }
}

/// A marker line: `-- ^^^ B0401 words` or `#  ^^^ B0105 words`, under the last line so far.
fn marker(path: &str, so_far: &str, line: &str) -> Option<Marker> {
    let rest = line.trim_start();
    let comment = rest.strip_prefix("--").or_else(|| rest.strip_prefix('#'))?;
    let carets = comment.trim_start();
    if !carets.starts_with('^') {
        return None;
    }
    let length = carets.chars().take_while(|char| *char == '^').count();
    let (code, words) = carets[length..].trim().split_once(' ').unwrap_or((carets[length..].trim(), ""));
    if code.len() != 5 || !code.starts_with('B') || !code[1..].bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let before = line.len() - carets.len();
    let start = line[..before].chars().count() + 1;
    Some(Marker {
        path: path.to_owned(),
        line: so_far.matches('\n').count(),
        columns: start..=start + length - 1,
        code: code.to_owned(),
        words: words.trim().to_owned(),
    })
}

fn plan_text(project: &Project, resolved: &compile::Resolved<'_>) -> String {
    let mut text = String::new();
    for (id, decision) in resolved.plan.decisions.iter() {
        let Some(decision) = decision else { continue };
        let name = &project.node(id).name;
        let auto = if decision.auto { "auto: " } else { "" };
        writeln!(text, "{name}: {auto}{} ({})", decision.materialization.name(), decision.reason.code)
            .expect("a string takes all");
    }
    text
}

fn sql_text(project: &Project, compilation: &compile::Compilation) -> String {
    let mut text = String::new();
    for (id, compiled) in compilation.compiled.iter() {
        let Some(compiled) = compiled else { continue };
        writeln!(text, "--- {} ---\n{}", project.node(id).unique_id, compiled.sql.trim_end_matches('\n'))
            .expect("a string takes all");
    }
    text
}
