//! What can go wrong while loading, one constructor a code or cause.

use camino::Utf8Path;

use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// B0101: no `dbt_project.yml`.
pub(super) fn no_project(root: &Utf8Path) -> Diagnostic {
    Diagnostic::error(Code::NO_PROJECT, format!("no `dbt_project.yml` in `{root}`"))
        .help("go to the folder of a project, name it with `--project-dir`, or start one with `buhin init`")
}

/// B0101: a package's folder without `dbt_project.yml`.
pub(super) fn no_package_project(folder: &Utf8Path, at: Option<Span>) -> Diagnostic {
    let problem =
        Diagnostic::error(Code::NO_PROJECT, format!("the package in `{folder}` has no `dbt_project.yml`"));
    match at {
        Some(span) => problem.at(span, "this package"),
        None => problem.help("install the packages again with `buhin deps`, or remove the folder"),
    }
}

/// B0102: a file that can't be read.
pub(super) fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::UNREADABLE_FILE, format!("`{path}` can't be read: {error}"))
        .help("check that the file exists and that you may read it")
}

/// B0102: a folder that can't be walked.
pub(super) fn unreadable_folder(path: &Utf8Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::UNREADABLE_FILE, format!("the folder `{path}` can't be read: {error}"))
        .help("check that you may read it and all that is in it")
}

/// B0103: bytes that are not UTF-8.
pub(super) fn not_utf8(path: &Utf8Path, span: Span, byte: u8) -> Diagnostic {
    Diagnostic::error(Code::NOT_UTF8, format!("`{path}` is not UTF-8"))
        .at(span, format!("the byte 0x{byte:02x} can't stand here"))
        .help("save the file as UTF-8; `iconv -f SHIFT_JIS -t UTF-8` converts an older Japanese file")
}

/// B0104: YAML that can't be parsed.
pub(super) fn bad_yaml(span: Span, message: &str, help: &str) -> Diagnostic {
    let problem = Diagnostic::error(Code::BAD_YAML, format!("this is not well-formed YAML: {message}"));
    let problem = problem.at(span, message);
    if help.is_empty() { problem } else { problem.help(help) }
}

/// B0104: `---` in the middle.
pub(super) fn second_document(span: Span) -> Diagnostic {
    let message = "a second document in one file";
    bad_yaml(span, message, "remove the `---`, or move what follows to a file of its own")
}

/// B0114: a key twice in one mapping.
pub(super) fn duplicate_key(key: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::warning(
        Code::DUPLICATE_KEY,
        format!("the key `{key}` stands twice in one mapping; the last one counts"),
    )
    .at(again, "this one counts")
    .related(first, "this one does not")
    .help("keep one of them, or join their values")
}

/// B0105: a value of the wrong kind.
pub(super) fn wrong_kind(span: Span, key: &str, expected: &str, found: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_PROJECT_KEY, format!("`{key}` should be {expected}, not {found}"))
        .at(span, format!("{expected} is expected here"))
}

/// B0105: something else that a setting can't be.
pub(super) fn bad_value(span: Span, message: &str, label: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_PROJECT_KEY, message).at(span, label)
}

/// B0105: a key that has to be there.
pub(super) fn missing_key(span: Span, key: &str, of: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_PROJECT_KEY, format!("{of} lacks `{key}`"))
        .at(span, format!("`{key}` is missing here"))
        .help(format!("add `{key}: …`"))
}

/// B0106: a key that nobody reads.
pub(super) fn unknown_key(span: Span, key: &str, of: &str, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::warning(Code::UNKNOWN_KEY, format!("`{key}` is not a key of {of}"));
    let problem = problem.at(span, "not known here; it is ignored");
    match closest(key, known.iter().copied()) {
        Some(near) => problem.fix(format!("a similar key exists: `{near}`"), span, near),
        None => problem,
    }
}

/// B0107: `profiles.yml` lacks the profile.
pub(super) fn no_profile<'a>(
    path: &Utf8Path,
    name: &str,
    at: Option<Span>,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::error(Code::NO_PROFILE, format!("no profile `{name}` in `{path}`"));
    let problem = match at {
        Some(span) => problem.at(span, "asked for here"),
        None => problem,
    };
    near(problem, name, "profile", known)
}

/// B0107: the profile lacks the target.
pub(super) fn no_target<'a>(
    profile: &str,
    name: &str,
    at: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let message = format!("the profile `{profile}` has no target `{name}`");
    let problem = Diagnostic::error(Code::NO_PROFILE, message).at(at, "not among its outputs");
    near(problem, name, "target", known)
}

/// B0107: the profile is there, but can't be used.
pub(super) fn bad_profile(span: Span, message: &str, label: &str) -> Diagnostic {
    Diagnostic::error(Code::NO_PROFILE, message).at(span, label)
}

/// B0107: a folder for profiles that has no `profiles.yml`.
pub(super) fn no_profiles_file(folder: &Utf8Path, from: &str) -> Diagnostic {
    Diagnostic::error(
        Code::NO_PROFILE,
        format!("no `profiles.yml` in `{folder}`, the folder that {from} names"),
    )
    .help("correct the folder, or leave it out")
}

/// B0108: two things of one name.
pub(super) fn duplicate_name(what: &str, name: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::error(Code::DUPLICATE_NAME, format!("{what} `{name}` is defined twice"))
        .at(again, "defined again here")
        .related(first, "first defined here")
        .help("rename one of them, or disable one with `enabled: false`")
}

/// B0108: two packages of one name.
pub(super) fn duplicate_package(name: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::error(Code::DUPLICATE_NAME, format!("two packages are named `{name}`"))
        .at(again, "this one is left out")
        .related(first, "this one is used")
        .help("remove one of the two folders, and install the packages again with `buhin deps`")
}

/// B0108: properties for one thing twice.
pub(super) fn duplicate_properties(what: &str, name: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::error(Code::DUPLICATE_NAME, format!("the {what} `{name}` has properties in two places"))
        .at(again, "again here")
        .related(first, "first here")
        .help("join the two entries")
}

/// B0109: properties of something that does not exist.
pub(super) fn no_node<'a>(
    what: &str,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let message = format!("there is no {what} `{name}` for these properties");
    let problem = Diagnostic::warning(Code::PROPERTIES_WITHOUT_NODE, message);
    let problem = problem.at(span, format!("no {what} of this name"));
    match closest(name, known) {
        Some(close) => problem.fix(format!("a similar one exists: `{close}`"), span, close),
        None => problem,
    }
}

/// B0109: properties under the wrong heading.
pub(super) fn wrong_heading(found: &str, name: &str, heading: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is a {found}, but its properties stand under `{heading}`");
    Diagnostic::warning(Code::PROPERTIES_WITHOUT_NODE, message)
        .at(span, format!("a {found}"))
        .help(format!("move the entry to `{}`", plural(found)))
}

/// B0109: config of `dbt_project.yml` that no node gets.
pub(super) fn unused_config<'a>(
    path: &str,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    /// Configs that are mappings; without `+` they look like folders.
    const MAPPINGS: &[&str] =
        &["meta", "persist_docs", "grants", "docs", "contract", "column_types", "quoting", "freshness"];
    let message = format!("`{path}` applies to nothing");
    let problem =
        Diagnostic::warning(Code::PROPERTIES_WITHOUT_NODE, message).at(span, "nothing of this name");
    if MAPPINGS.contains(&name) {
        let help = "a config that is a mapping needs a `+`, or it is taken for a folder";
        return problem.fix(help, span, format!("+{name}"));
    }
    match closest(name, known) {
        Some(near) => problem.fix(format!("a similar one exists: `{near}`"), span, near),
        None => problem.help("correct the name, or remove these configs"),
    }
}

/// B0110: a package that is declared, but not there.
pub(super) fn missing_package(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(Code::MISSING_PACKAGE, format!("the package `{name}` is declared, but not installed"))
        .at(span, "declared here")
        .help("install the packages with `buhin deps`")
}

/// B0112: something in `buhin.yml` that can't be.
pub(super) fn bad_settings(span: Span, message: &str, label: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_BUHIN_YML, message).at(span, label)
}

/// B0112: a key or value of `buhin.yml` that is not known.
pub(super) fn unknown_setting(span: Span, what: &str, name: &str, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::error(Code::BAD_BUHIN_YML, format!("`{name}` is not a {what} of `buhin.yml`"));
    let problem = problem.at(span, "not known");
    match closest(name, known.iter().copied()) {
        Some(near) => problem.fix(format!("a similar one exists: `{near}`"), span, near),
        None => problem.help(format!("it can be {}", list(known.iter().copied()))),
    }
}

/// B0113: `--vars` that is no mapping.
pub(super) fn bad_vars(message: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_VARS, format!("`--vars` is not a YAML mapping: {message}"))
        .help("write it like `--vars '{name: value, other: 1}'`")
}

/// B0201: Jinja in YAML that can't be parsed.
pub(super) fn jinja_syntax(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error(Code::JINJA_SYNTAX, format!("this Jinja can't be parsed: {message}")).at(span, message)
}

/// B0201: a block that is opened and never closed.
pub(super) fn unclosed_block(span: Span, kind: &str) -> Diagnostic {
    Diagnostic::error(Code::JINJA_SYNTAX, format!("`{{% {kind} %}}` is never closed"))
        .at(span, "opened here")
        .help(format!("close it with `{{% end{kind} %}}`"))
}

/// B0203: a var without value, in YAML.
pub(super) fn missing_var(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(Code::MISSING_VAR, format!("the var `{name}` has neither a value nor a default"))
        .at(span, "needed here")
        .help(format!(
            "set it under `vars:`, with `--vars '{{{name}: …}}'`, or give a default: `var('{name}', …)`"
        ))
}

/// B0204: an environment variable without value, in YAML.
pub(super) fn missing_env(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::MISSING_ENV_VAR,
        format!("the environment variable `{name}` has neither a value nor a default"),
    )
    .at(span, "needed here")
    .help(format!("set it: `export {name}=…`, or give a default: `env_var('{name}', '…')`"))
}

/// B0204: a secret where it could leak.
pub(super) fn misplaced_secret(span: Span, name: &str) -> Diagnostic {
    let message = format!("the secret `{name}` may be used in `profiles.yml` and `packages.yml` only");
    Diagnostic::error(Code::MISSING_ENV_VAR, message)
        .at(span, "it could leak from here")
        .help("use a variable whose name does not start with `DBT_ENV_SECRET_`")
}

/// B0205: Jinja in YAML that failed.
pub(super) fn jinja_failed(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error(Code::RENDER_FAILED, format!("this Jinja can't be rendered: {message}"))
        .at(span, message)
}

/// B0201: a description that stays as it is written.
pub(super) fn description_failed(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error(Code::RENDER_FAILED, format!("this description can't be rendered: {message}"))
        .at(span, "it stays as it is written")
}

/// B0211: a config whose value is of a kind that it can't have.
pub(super) fn wrong_config(span: Span, key: &str, expected: &str, found: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_CONFIG, format!("config `{key}` should be {expected}, not {found}"))
        .at(span, format!("{expected} is expected here"))
}

/// Names in backquotes, joined by commas.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn near<'a>(
    problem: Diagnostic,
    name: &str,
    what: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    match closest(name, known.clone()) {
        Some(near) => problem.help(format!("a {what} of a similar name exists: `{near}`")),
        None if known.clone().next().is_none() => problem,
        None => problem.help(format!("there are {}", list(known))),
    }
}

fn plural(kind: &str) -> String {
    match kind {
        "analysis" => "analyses".to_owned(),
        kind => format!("{kind}s"),
    }
}
