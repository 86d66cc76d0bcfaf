//! What can go wrong while packages are installed, one constructor a code or cause.

use camino::Utf8Path;

use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Puts the place of the package's entry to a problem, if there is one.
pub(super) fn asked_here(problem: Diagnostic, span: Option<Span>) -> Diagnostic {
    match span {
        Some(span) if problem.label.is_none() => problem.at(span, "asked for here"),
        _ => problem,
    }
}

/// B1001: an entry that can't be understood.
pub(super) fn bad_package(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::BAD_PACKAGE, message)
}

/// B1001: an entry without the key that says where the package is.
pub(super) fn no_origin(span: Option<Span>, keys: &[String]) -> Diagnostic {
    let mut problem = asked_here(bad_package("a package says nothing of where it comes from"), span);
    for key in keys {
        if let Some(near) = closest(key, super::spec::KINDS.iter().copied()) {
            problem = problem.help(format!("`{key}` is not known; did you mean `{near}`?"));
        }
    }
    problem.help("name one of `package`, `git`, `local`, `tarball`, `private`")
}

/// B1001: a version that is none.
pub(super) fn bad_version(package: &str, text: &str, span: Option<Span>) -> Diagnostic {
    let problem = bad_package(format!("`{text}` is no version that can be asked for of `{package}`"));
    let problem = match span {
        Some(span) => problem.at(span, "three numbers are needed, as in `1.2.3` or `>=1.2.3`"),
        None => problem,
    };
    if text.contains(',') {
        let parts: Vec<String> = text.split(',').map(|part| format!("\"{}\"", part.trim())).collect();
        return problem.help(format!("write several conditions as a list: `[{}]`", parts.join(", ")));
    }
    problem.help("write it like `1.2.3`, `\">=1.2.3\"` or `[\">=1.0.0\", \"<2.0.0\"]`")
}

/// B0106: a key that nobody reads.
pub(super) fn unknown_key(key: &str, span: Span, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::warning(Code::UNKNOWN_KEY, format!("`{key}` is not a key of such a package"))
        .at(span, "not known here; it is ignored, and dbt would refuse it");
    match closest(key, known.iter().copied()) {
        Some(near) => problem.help(format!("a similar key exists: `{near}`")),
        None => problem.help(format!("the keys are {}", list(known.iter().copied()))),
    }
}

/// B1002: the hub has no package of the name.
pub(super) fn not_on_hub<'a>(package: &str, host: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let problem =
        Diagnostic::error(Code::PACKAGE_NOT_FOUND, format!("there is no package `{package}` on `{host}`"));
    match closest(package, known) {
        Some(near) => problem.help(format!("a package of a similar name exists: `{near}`")),
        None => problem.help("correct the name; packages are named like `dbt-labs/dbt_utils`"),
    }
}

/// B1002: the package is there, but not in such a version.
pub(super) fn no_such_version(package: &str, wanted: &str, there: &[String]) -> Diagnostic {
    let message = format!("no version of `{package}` fits `{wanted}`");
    let problem = Diagnostic::error(Code::PACKAGE_NOT_FOUND, message);
    match there.iter().rev().take(5).map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => problem.help("it has no version that can be installed"),
        newest => problem.help(format!("the newest ones are {}", list(newest.iter().copied()))),
    }
}

/// B1002: versions of the package exist, but want another dbt.
pub(super) fn needs_other_dbt(package: &str, wanted: &str, version: &str, dbt: &str) -> Diagnostic {
    let message = format!("no version of `{package}` that fits `{wanted}` is for dbt {dbt}");
    Diagnostic::error(Code::PACKAGE_NOT_FOUND, message)
        .note(format!("`{version}` would fit, but it asks for another version of dbt"))
        .help("ask for another version of the package, or pass `--no-version-check`")
}

/// B1002: nothing at the address.
pub(super) fn nothing_there(package: &str, host: &str, status: u16) -> Diagnostic {
    let message = format!("`{package}` is not on `{host}`: HTTP status {status}");
    Diagnostic::error(Code::PACKAGE_NOT_FOUND, message).help("correct the address, or the version")
}

/// B1002: a local folder that is not there.
pub(super) fn no_folder(path: &str) -> Diagnostic {
    Diagnostic::error(Code::PACKAGE_NOT_FOUND, format!("there is no folder `{path}`"))
        .help("a local package's path is relative to the root project's folder")
}

/// B1002: the repository has no such revision.
pub(super) fn no_revision(repository: &str, revision: &str, git: &str) -> Diagnostic {
    let message = format!("the repository `{repository}` has no revision `{revision}`");
    let problem = Diagnostic::error(Code::PACKAGE_NOT_FOUND, message);
    let problem = if git.is_empty() { problem } else { problem.note(format!("git says: {git}")) };
    problem.help("name a tag, a branch or a whole commit hash")
}

/// B1002: the repository has no such folder.
pub(super) fn no_subdirectory(repository: &str, subdirectory: &str) -> Diagnostic {
    let message = format!("the repository `{repository}` has no folder `{subdirectory}`");
    Diagnostic::error(Code::PACKAGE_NOT_FOUND, message).help("correct `subdirectory`")
}

/// B1003: versions that can't be had together.
pub(super) fn conflict(message: String, asked: &[String]) -> Diagnostic {
    let problem = Diagnostic::error(Code::PACKAGE_CONFLICT, message);
    asked.iter().fold(problem, |problem, line| problem.note(line.clone()))
}

/// B1003: two packages that would stand in one folder.
pub(super) fn same_name(name: &str, one: &str, other: &str) -> Diagnostic {
    let message = format!("two packages are projects of the name `{name}`");
    Diagnostic::error(Code::PACKAGE_CONFLICT, message)
        .note(format!("one is {one}, the other {other}"))
        .help("keep one of them; a name stands for one project only")
}

/// B1003: a package named like the project.
pub(super) fn name_of_root(name: &str, which: &str) -> Diagnostic {
    let message = format!("the package {which} is named `{name}`, as this project is");
    Diagnostic::error(Code::PACKAGE_CONFLICT, message).help("rename one of the two in its dbt_project.yml")
}

/// B1004: the network, or the server.
pub(super) fn network(package: &str, host: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::NETWORK_FAILED, format!("`{package}` can't be fetched from `{host}`: {reason}"))
        .help("try again; behind a proxy, set HTTPS_PROXY and, for its certificate, SSL_CERT_FILE")
}

/// B1004: the server wants to know who asks.
pub(super) fn refused(package: &str, host: &str, status: u16) -> Diagnostic {
    let message = format!("`{host}` does not give out `{package}`: HTTP status {status}");
    Diagnostic::error(Code::NETWORK_FAILED, message).help("check the token or the password in the address")
}

/// B1005: what came is not usable.
pub(super) fn broken(package: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(
        Code::BROKEN_PACKAGE,
        format!("`{package}` is not a package that can be used: {reason}"),
    )
    .help("nothing of it was installed; tell its author, or ask for another version")
}

/// B1006: a revision that moves.
pub(super) fn unpinned(repository: &str, revision: &str) -> Diagnostic {
    let what = if revision == "HEAD" { "no revision".to_owned() } else { format!("the branch `{revision}`") };
    let message = format!("the repository `{repository}` is asked for with {what}");
    Diagnostic::warning(Code::UNPINNED_PACKAGE, message)
        .help("name a tag or a commit with `revision:`, or say `warn-unpinned: false`")
}

/// B1007: a package that goes by another name now.
pub(super) fn moved(package: &str, now: &str) -> Diagnostic {
    Diagnostic::warning(Code::PACKAGE_MOVED, format!("the package `{package}` is now `{now}`"))
        .help(format!("write `package: {now}`"))
}

/// B1008: git is not there, or does not do it.
pub(super) fn git(repository: &str, host: &str, reason: &str) -> Diagnostic {
    let from = if host.is_empty() { String::new() } else { format!(" from `{host}`") };
    Diagnostic::error(Code::GIT_FAILED, format!("git can't fetch `{repository}`{from}: {reason}"))
}

/// B0602: a file or folder that can't be written.
pub(super) fn write_failed(path: &Utf8Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::WRITE_FAILED, format!("`{path}` can't be written: {error}"))
        .help("the packages that were there are still there")
}

/// B0901: an argument that can't be used.
pub(super) fn bad_argument(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::BAD_ARGUMENT, message)
}

/// Names in backquotes, joined by commas.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
