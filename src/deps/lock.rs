//! `package-lock.yml`: written as dbt writes it, with the same hash of what was asked for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha1::{Digest as _, Sha1};

use super::errors;
use super::resolve::{Pinned, PinnedOrigin};
use super::secrets::Secrets;
use super::spec::{Asker, Origin, Spec, is_safe_name};
use super::yaml;
use crate::diagnostic::Diagnostic;
use crate::project::{self, Dependency};
use crate::source::json::push_text;

/// The file's name.
pub(super) const FILE: &str = "package-lock.yml";

/// The key of the hash.
pub(super) const HASH: &str = "sha1_hash";

/// One entry of the file: its keys in order.
pub(super) type LockEntry = BTreeMap<&'static str, String>;

/// The entry of a package, without secrets: addresses are as they were before Jinja.
pub(super) fn entry(pinned: &Pinned, secrets: &Secrets) -> LockEntry {
    let mut entry = LockEntry::new();
    match &pinned.origin {
        PinnedOrigin::Local(path) => {
            entry.insert("local", path.clone());
        }
        PinnedOrigin::Git(git) => {
            let kind = if git.private.is_some() { "private" } else { "git" };
            entry.insert(kind, secrets.scrub(&git.shown));
            entry.insert("revision", git.revision.clone().unwrap_or_else(|| "HEAD".to_owned()));
            if let Some(subdirectory) = &git.subdirectory {
                entry.insert("subdirectory", subdirectory.clone());
            }
            if let Some(provider) = git.private.as_ref().and_then(|private| private.provider.as_ref()) {
                entry.insert("provider", provider.clone());
            }
        }
        PinnedOrigin::Tarball { shown, .. } => {
            entry.insert("tarball", secrets.scrub(shown));
        }
        PinnedOrigin::Hub { package, version, .. } => {
            entry.insert("package", package.clone());
            entry.insert("version", version.clone());
        }
    }
    entry.insert("name", pinned.name.clone());
    entry
}

/// The whole file.
pub(super) fn text(entries: &[LockEntry], hash: &str) -> String {
    let mut out = String::from(if entries.is_empty() { "packages: []\n" } else { "packages:\n" });
    for entry in entries {
        for (at, (key, value)) in entry.iter().enumerate() {
            out.push_str(if at == 0 { "  - " } else { "    " });
            out.push_str(key);
            out.push_str(": ");
            yaml::write_text(&mut out, value, 4 + key.len() + 2, 6);
            out.push('\n');
        }
    }
    out.push_str(HASH);
    out.push_str(": ");
    yaml::write_text(&mut out, hash, HASH.len() + 2, 2);
    out.push('\n');
    out
}

/// dbt's hash of what a project asks for: of each entry, rendered and unrendered, in any order.
pub(super) fn hash(dependencies: &[Dependency]) -> String {
    let mut texts: Vec<String> = dependencies.iter().map(|one| json(&canonical(one))).collect();
    texts.sort();
    Sha1::digest(texts.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A package of the lock file. `wishes` are the project's own, to find the place of the entry that it is for.
pub(super) fn pinned(dependency: &Dependency, wishes: &[Spec]) -> Result<Pinned, Diagnostic> {
    let asker = Asker { who: FILE.to_owned(), span: Some(dependency.span) };
    let spec = Spec::read(dependency, &asker, false, &mut Vec::new())?;
    let label = spec.label();
    let name = spec.name.clone().unwrap_or_default();
    if !name.is_empty() && !is_safe_name(&name) {
        return Err(errors::bad_package(format!("`{name}` can't be the name of a package")));
    }
    let origin = match spec.origin {
        Origin::Local { path } => PinnedOrigin::Local(path),
        Origin::Git(git) => PinnedOrigin::Git(git),
        Origin::Tarball { url, shown, .. } => PinnedOrigin::Tarball { url, shown },
        Origin::Hub { package, conditions, .. } => match conditions.as_slice() {
            [only] => PinnedOrigin::Hub { package, version: only.version.to_string(), latest: None },
            _ => {
                let message = format!("`{package}` has several versions in {FILE}");
                return Err(
                    errors::bad_package(message).help("write the file anew with `buhin deps --upgrade`")
                );
            }
        },
    };
    let span = wishes.iter().find(|wish| wish.label() == label).and_then(|wish| wish.asker.span);
    Ok(Pinned { name, origin, span })
}

/// An entry with all the keys that dbt's own form of it has.
fn canonical(dependency: &Dependency) -> Value {
    let rendered = &dependency.rendered;
    let mut map = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        map.insert(key.to_owned(), value.unwrap_or(Value::Null));
    };
    let get = |key: &str| rendered.get(key).cloned();
    let either = |one: &str, other: &str| get(one).or_else(|| get(other));
    if rendered.contains_key("package") {
        put("package", get("package"));
        let version = match get("version") {
            Some(Value::Array(list)) => Some(Value::Array(list.into_iter().map(raw_version).collect())),
            other => other.map(raw_version),
        };
        put("version", version);
        let prerelease = either("install_prerelease", "install-prerelease");
        put("install_prerelease", prerelease.or(Some(Value::Bool(false))));
    } else if rendered.contains_key("git") || rendered.contains_key("private") {
        if rendered.contains_key("git") {
            put("git", get("git"));
        } else {
            put("private", get("private"));
            put("provider", get("provider"));
        }
        put("revision", get("revision").map(raw_version));
        put("subdirectory", get("subdirectory"));
        put("warn-unpinned", either("warn-unpinned", "warn_unpinned"));
    } else if rendered.contains_key("tarball") {
        put("tarball", get("tarball"));
    } else {
        put("local", get("local"));
    }
    if let Some(name) = get("name").filter(|name| !name.is_null()) {
        put("name", Some(name));
    }
    put("unrendered", Some(Value::Object(dependency.unrendered.clone())));
    Value::Object(map)
}

/// dbt takes a version for text or a decimal number; a whole number becomes text.
fn raw_version(value: Value) -> Value {
    match value {
        Value::Number(number) if !number.is_f64() => Value::String(number.to_string()),
        other => other,
    }
}

/// A value as Python's `json.dumps(…, sort_keys=True)` writes it.
fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(_) => project::python_repr(value),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let entries = sorted.into_iter().map(|(key, value)| format!("{}: {}", quoted(key), json(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    push_text(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json as value;

    use super::*;
    use crate::source::{FileId, Span};

    #[track_caller]
    fn check(packages: &[Value], expected: &str) {
        let dependencies: Vec<Dependency> = packages
            .iter()
            .map(|one| {
                let map = one.as_object().expect("a mapping").clone();
                let span = Span::new(FileId(0), 0, 0);
                Dependency { unrendered: map.clone(), rendered: map, span, keys: Vec::new() }
            })
            .collect();
        assert_eq!(hash(&dependencies), expected, "{packages:?}");
    }

    #[test]
    fn hashes_are_those_of_dbt() {
        // Recorded from dbt-core 1.12.6.
        check(&[value!({"local": "../a"})], "95d915a2157c25384b59e63cd428e17675959efb");
        check(&[value!({"git": "g"})], "23758534731133cf6d3d3b6514bf427c48088a96");
        check(&[value!({"git": "g", "revision": 1.0})], "8bc6c4aad26854d13708bddf92886387cf714862");
        check(&[value!({"git": "g", "revision": 1})], "74d0ffa15f0f5dbd01a33393da3f8251d6e53553");
        check(
            &[value!({"git": "g", "revision": "1.0", "warn-unpinned": false, "subdirectory": "s"})],
            "4d0c1d2ab4024b68480557d9a94e94c031adbdb7",
        );
        check(&[value!({"git": "g", "revision": null})], "9aec8c45fb2584acfaf0da262481f8de9bf75d51");
        check(&[value!({"git": "g", "revision": 1e20})], "d0e292f4bfd43396ff6dafa9c35b6a07d261efbf");
        check(&[value!({"package": "a/b", "version": "1.0.0"})], "fbe59819b389dd3c16eebc554e4ec5b3ce2924bc");
        check(
            &[value!({"package": "a/b", "version": [">=1.0.0", "<2.0.0"]})],
            "3fb81c1ba79cf8f4ae304803deaa6a9f1b48f61d",
        );
        check(
            &[value!({"package": "a/b", "version": [">=1.0.0", 2.5]})],
            "af837fa392b69480108e8bc6634a8be6367d95c6",
        );
        check(
            &[value!({"package": "a/b", "version": "1.0.0", "install_prerelease": true})],
            "c3abe22411807d7e886d361b3a1ce2cce9664ba6",
        );
        check(
            &[value!({"package": "a/b", "version": "1.0.0", "name": "zz"})],
            "371f985a9ac3935dcb91ba709a0abec7f449102d",
        );
        check(&[value!({"tarball": "http://x/é", "name": "n"})], "220dfcf14d86e64291bd71126f92dadbbb9a12f0");
        check(&[value!({"private": "o/r"})], "5a64c42f1f9239811cbeffabb9d8ead0c2dbfd6e");
    }
}
