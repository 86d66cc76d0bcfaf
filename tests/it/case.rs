//! A case: a whole project in one file, with the expected errors marked under the code. See `cases/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use buhin::compile::{self, Options};
use buhin::diagnostic::{self, Diagnostic};
use buhin::project::{LoadOptions, Project};
use buhin::render::Empty;
use buhin::source::Sources;
use buhin::sql::Dialect;
use buhin::world::Memory;

/// A parsed case.
pub(crate) struct Case {
    /// Files by path, without the lines that mark errors, as the bytes that a disk would hold.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// The errors that are marked in the text or listed under `says`.
    markers: Vec<Marker>,
    /// `--- options ---`: one `key: value` a line.
    options: Vec<(String, String)>,
}

/// `^^^^ B0401 a few words` under the code: the span's columns, the code, and words that the message has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Marker {
    /// Where, if the diagnostic has a place: path, line, first and last column.
    at: Option<(String, usize, usize, usize)>,
    pub(crate) code: String,
    words: String,
}

/// What a case gives.
pub(crate) struct Outcome {
    pub(crate) files: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) plan: String,
    pub(crate) sql: String,
}

/// One section while it is read.
struct Section {
    path: String,
    flags: BTreeSet<String>,
    text: String,
}

impl Case {
    /// Reads the text of a case. Sections begin with `--- path ---`; what stands before the first is prose.
    pub(crate) fn parse(text: &str) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        let mut markers = Vec::new();
        for line in text.split_inclusive('\n') {
            if let Some(section) = header(line) {
                sections.push(section);
                continue;
            }
            let Some(section) = sections.last_mut() else { continue };
            match marker(&section.path, &section.text, line) {
                Some(marker) => markers.push(marker),
                None => section.text.push_str(line),
            }
        }
        let mut case = Self { files: BTreeMap::new(), markers, options: Vec::new() };
        for section in sections {
            if section.path == "options" {
                for line in section.text.lines() {
                    let (key, value) = line.split_once(':').expect("an option is `key: value`");
                    case.option(key.trim(), value.trim());
                }
            } else {
                let bytes = section.bytes();
                case.files.insert(section.path, bytes);
            }
        }
        if case.get("no-project").is_none() && !case.files.contains_key("dbt_project.yml") {
            case.files.insert("dbt_project.yml".to_owned(), b"name: shop\nversion: \"1.0.0\"\n".to_vec());
        }
        case
    }

    fn option(&mut self, key: &str, value: &str) {
        if key == "says" {
            let (code, words) = value.split_once(' ').unwrap_or((value, ""));
            self.markers.push(Marker { at: None, code: code.to_owned(), words: words.to_owned() });
            return;
        }
        let known = [
            "vars",
            "target",
            "profile",
            "profiles-dir",
            "dialect",
            "full-refresh",
            "no-project",
            "dialects",
            "manifest",
            "project",
            "absent-before",
        ];
        assert!(known.contains(&key) || key.starts_with("env."), "no such option: {key}");
        self.options.push((key.to_owned(), value.to_owned()));
    }

    /// An option's value.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.options.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The codes that the case expects.
    pub(crate) fn codes(&self) -> BTreeSet<String> {
        self.markers.iter().map(|marker| marker.code.clone()).collect()
    }

    /// The case's files and environment.
    pub(crate) fn world(&self) -> Memory {
        let mut world = Memory::default();
        for (path, bytes) in &self.files {
            world = world.with_file(path.as_str(), bytes.as_slice());
        }
        for (key, value) in &self.options {
            if let Some(name) = key.strip_prefix("env.") {
                world = world.with_env(name, value);
            }
        }
        world
    }

    /// Compiles the case's project in memory, against an empty warehouse.
    pub(crate) fn compile(&self) -> Outcome {
        let world = self.world();
        let load = LoadOptions {
            vars: self.get("vars").map(str::to_owned),
            target: self.get("target").map(str::to_owned),
            profile: self.get("profile").map(str::to_owned),
            profiles_dir: self.get("profiles-dir").map(Into::into),
            dialect: self.get("dialect").map(|name| Dialect::from_name(name).expect("a known dialect")),
            ..LoadOptions::default()
        };
        let mut diagnostics = Vec::new();
        let project = match buhin::project::load(&world, &load).collect(&mut diagnostics) {
            Ok(project) => Arc::new(project),
            Err(files) => return Outcome { files, diagnostics, plan: String::new(), sql: String::new() },
        };
        let mut options = Options::default();
        options.render.full_refresh = self.get("full-refresh").is_some();
        let resolved = compile::resolve(&project, &world, options).collect(&mut diagnostics);
        let compiled = compile::compile(&resolved, None, &Empty).collect(&mut diagnostics);
        diagnostics.extend(buhin::emit::check_configs(&resolved.context(&compiled.rendered)));
        diagnostic::apply_settings(&mut diagnostics, &project.settings.warnings);
        diagnostic::sort(&mut diagnostics);
        let (plan, sql) = (plan_text(&project, &resolved), sql_text(&project, &compiled));
        Outcome { files: project.files.clone(), diagnostics, plan, sql }
    }

    /// How the outcome's diagnostics differ from those that the case marks; empty if they agree.
    pub(crate) fn check_markers(&self, outcome: &Outcome) -> String {
        let mut found: Vec<Marker> =
            outcome.diagnostics.iter().map(|one| place_of(one, &outcome.files)).collect();
        let mut report = String::new();
        for expected in &self.markers {
            match found.iter().position(|one| expected.fits(one)) {
                Some(at) => drop(found.remove(at)),
                None => writeln!(report, "  expected, not found: {expected}").expect("a string takes all"),
            }
        }
        for one in found {
            writeln!(report, "  found, not expected: {one}").expect("a string takes all");
        }
        report
    }
}

impl Section {
    /// The bytes that the section's text and flags ask for.
    fn bytes(&self) -> Vec<u8> {
        if self.flags.contains("hex") {
            let digits: Vec<u8> = self.text.bytes().filter(u8::is_ascii_hexdigit).collect();
            let byte = |pair: &[u8]| std::str::from_utf8(pair).map(|pair| u8::from_str_radix(pair, 16));
            return digits.chunks(2).map(|pair| byte(pair).expect("ASCII").expect("two digits")).collect();
        }
        let mut text = self.text.clone();
        if self.flags.contains("no newline") && text.ends_with('\n') {
            text.pop();
        }
        if self.flags.contains("crlf") {
            text = text.replace('\n', "\r\n");
        }
        if self.flags.contains("bom") {
            text.insert(0, '\u{feff}');
        }
        text.into_bytes()
    }
}

impl Marker {
    fn fits(&self, found: &Self) -> bool {
        let place = match (&self.at, &found.at) {
            (None, None) => true,
            // One caret marks where the place begins, whatever its length.
            (Some(want), Some(have)) => {
                (&want.0, want.1, want.2) == (&have.0, have.1, have.2)
                    && (want.3 == have.3 || want.3 == want.2)
            }
            _ => false,
        };
        place && self.code == found.code && found.words.contains(&self.words)
    }
}

impl std::fmt::Display for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            Some((path, line, first, last)) => write!(f, "{path}:{line}:{first}-{last} ")?,
            None => f.write_str("(no place) ")?,
        }
        write!(f, "{} {}", self.code, self.words)
    }
}

/// Where a diagnostic stands; a place of several lines counts as its first character.
fn place_of(one: &Diagnostic, files: &Sources) -> Marker {
    let at = one.label.as_ref().map(|label| {
        let file = files.get(label.span.file);
        let (start, end) = (file.line_column(label.span.start), file.line_column(label.span.end));
        let last = if end.line == start.line { end.column.max(start.column + 1) - 1 } else { start.column };
        (file.path.to_string(), start.line, start.column, last)
    });
    Marker { at, code: one.code.to_string(), words: one.message.clone() }
}

/// `--- path ---` or `--- path (flag, flag) ---`.
fn header(line: &str) -> Option<Section> {
    let inner = line.trim_end().strip_prefix("--- ")?.strip_suffix(" ---")?;
    let (path, flags) = match inner.strip_suffix(')').and_then(|inner| inner.rsplit_once(" (")) {
        Some((path, flags)) => (path, flags.split(", ").map(str::to_owned).collect()),
        None => (inner, BTreeSet::new()),
    };
    let known = ["hex", "crlf", "bom", "no newline"];
    assert!(flags.iter().all(|flag| known.contains(&flag.as_str())), "no such flag: {line}");
    Some(Section { path: path.to_owned(), flags, text: String::new() })
}

/// `-- ^^^ B0401 words`, `# ^^^ B0105 words` or just `^^^ B0401 words`, under the last line so far.
fn marker(path: &str, so_far: &str, line: &str) -> Option<Marker> {
    let rest = line.trim_start();
    let comment = rest.strip_prefix("--").or_else(|| rest.strip_prefix('#')).unwrap_or(rest);
    let carets = comment.trim_start();
    let length = carets.chars().take_while(|char| *char == '^').count();
    let text = carets[length..].trim();
    let (code, words) = text.split_once(' ').unwrap_or((text, ""));
    let digits = code.strip_prefix('B')?;
    if length == 0 || digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let before = line.len() - carets.len();
    let start = line[..before].chars().count() + 1;
    Some(Marker {
        at: Some((path.to_owned(), so_far.matches('\n').count().max(1), start, start + length - 1)),
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
        writeln!(text, "{name}: {auto}{} ({})", decision.shown(), decision.reason.code)
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
