//! `buhin.yml`: buhin's own settings. It is ours, so what is not known in it is an error.

use camino::Utf8PathBuf;

use super::yaml::{Entry, Kind, Yaml};
use super::{Bound, LimitSettings, Settings, errors};
use crate::diagnostic::{CODES, Diagnostic};

const KEYS: &[&str] =
    &["version", "materialization", "limits", "snapshots", "statistics", "checks", "docs", "warnings"];
const MATERIALIZATIONS: &[&str] =
    &["auto", "inline", "ephemeral", "view", "temp", "table", "incremental", "materialized_view"];

/// Reads the tree of `buhin.yml`.
pub(super) fn read(tree: &Yaml<'_>, diagnostics: &mut Vec<Diagnostic>) -> Settings {
    let mut settings = Settings::default();
    for entry in entries(tree, "buhin.yml", diagnostics) {
        let value = &entry.value;
        match &*entry.key {
            "version" => {
                if value.scalar_text().as_deref() != Some("1") {
                    let message = "`version` of `buhin.yml` can only be `1`";
                    diagnostics.push(errors::bad_settings(
                        value.span,
                        message,
                        "not a version that this buhin knows",
                    ));
                }
            }
            "materialization" => {
                for entry in entries(value, "materialization", diagnostics) {
                    let into = match &*entry.key {
                        "default" => &mut settings.default_materialization,
                        "ephemeral" => &mut settings.ephemeral,
                        "temp" => &mut settings.temp,
                        key => {
                            let known = &["default", "ephemeral", "temp"];
                            diagnostics.push(errors::unknown_setting(entry.key_span, "key", key, known));
                            continue;
                        }
                    };
                    let known = match &*entry.key {
                        "ephemeral" => &["inline", "auto"][..],
                        "temp" => &["off", "auto"],
                        _ => MATERIALIZATIONS,
                    };
                    *into = choice(entry, known, diagnostics);
                }
            }
            "limits" => settings.limits = limits(value, diagnostics),
            "statistics" => match value.text() {
                Some(folder) => settings.statistics = Some(Utf8PathBuf::from(folder)),
                None => wrong(value, "statistics", "the path of a folder", diagnostics),
            },
            "snapshots" => {
                for entry in entries(value, "snapshots", diagnostics) {
                    match (&*entry.key, entry.value.text()) {
                        ("folder", Some(folder)) => settings.snapshot_folder = Utf8PathBuf::from(folder),
                        ("folder", None) => wrong(&entry.value, "folder", "a path", diagnostics),
                        ("approve", Some(selector)) => settings.approve = Some(selector.to_owned()),
                        ("approve", None) => {
                            wrong(&entry.value, "approve", "`all`, `roots` or a selector", diagnostics);
                        }
                        ("form", _) => {
                            settings.approved_form = choice(entry, &["text", "code"], diagnostics);
                        }
                        (key, _) => {
                            let known = &["folder", "approve", "form"];
                            let problem = errors::unknown_setting(entry.key_span, "key", key, known);
                            diagnostics.push(problem);
                        }
                    }
                }
            }
            "checks" => settings.check_columns = flag(value, "checks", "columns", diagnostics),
            "docs" => settings.inherit_docs = flag(value, "docs", "inherit", diagnostics),
            "warnings" => {
                for entry in entries(value, "warnings", diagnostics) {
                    let slugs: Vec<&str> = CODES.iter().map(|info| info.slug).collect();
                    if !slugs.contains(&&*entry.key) {
                        diagnostics.push(errors::unknown_setting(
                            entry.key_span,
                            "warning",
                            &entry.key,
                            &slugs,
                        ));
                        continue;
                    }
                    let severity = choice(entry, &["off", "warn", "error"], diagnostics);
                    if let Some(severity) = severity {
                        settings.warnings.insert(entry.key.clone().into_owned(), severity);
                    }
                }
            }
            key => diagnostics.push(errors::unknown_setting(entry.key_span, "key", key, KEYS)),
        }
    }
    settings
}

/// The only key of a mapping, `true` or `false`; false if it is not there.
fn flag(tree: &Yaml<'_>, name: &str, known: &str, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut flag = false;
    for entry in entries(tree, name, diagnostics) {
        match entry.value.bool() {
            _ if entry.key != known => {
                diagnostics.push(errors::unknown_setting(entry.key_span, "key", &entry.key, &[known]));
            }
            Some(bool) => flag = bool,
            None => wrong(&entry.value, known, "`true` or `false`", diagnostics),
        }
    }
    flag
}

/// `limits`: measures, and under `targets` measures by the name of a target.
fn limits(tree: &Yaml<'_>, diagnostics: &mut Vec<Diagnostic>) -> LimitSettings {
    let mut settings = LimitSettings::default();
    for entry in entries(tree, "limits", diagnostics) {
        if entry.key == "targets" {
            for target in entries(&entry.value, "targets", diagnostics) {
                let mut bounds = Vec::new();
                for entry in entries(&target.value, &target.key, diagnostics) {
                    bounds.extend(bound(entry, false, diagnostics));
                }
                settings.targets.push((target.key.clone().into_owned(), bounds));
            }
        } else {
            settings.common.extend(bound(entry, true, diagnostics));
        }
    }
    settings
}

/// A measure and its bound: a number, or `off`.
fn bound(
    entry: &Entry<'_>,
    targets: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(&'static str, Bound)> {
    let Some(name) = LimitSettings::MEASURES.iter().copied().find(|name| *name == entry.key) else {
        let mut known = LimitSettings::MEASURES.to_vec();
        known.extend(targets.then_some("targets"));
        diagnostics.push(errors::unknown_setting(entry.key_span, "limit", &entry.key, &known));
        return None;
    };
    match &entry.value.kind {
        Kind::Bool(false) => return Some((name, Bound::Off)),
        Kind::Text(text) if text == "off" => return Some((name, Bound::Off)),
        Kind::Number(number) => {
            if let Some(number) = number.as_u64().filter(|number| *number > 0) {
                return Some((name, Bound::At(number)));
            }
            let message = format!("`{name}` should be a whole number above 0, or `off`");
            diagnostics.push(errors::bad_settings(entry.value.span, &message, "not a limit"));
        }
        _ => wrong(&entry.value, name, "a whole number above 0, or `off`", diagnostics),
    }
    None
}

fn entries<'y, 't>(tree: &'y Yaml<'t>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> &'y [Entry<'t>] {
    if !matches!(tree.kind, Kind::Map(_) | Kind::Null) {
        wrong(tree, key, "a mapping", diagnostics);
    }
    tree.entries()
}

/// One of some words; one may be `off`, which YAML reads as false where it stands bare.
fn choice(entry: &Entry<'_>, known: &[&str], diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let text = match entry.value.kind {
        Kind::Bool(false) if known.contains(&"off") => Some("off"),
        _ => entry.value.text(),
    };
    let Some(text) = text else {
        wrong(&entry.value, &entry.key, "text", diagnostics);
        return None;
    };
    if !known.contains(&text) {
        let what = format!("value of `{}`", entry.key);
        diagnostics.push(errors::unknown_setting(entry.value.span, &what, text, known));
        return None;
    }
    Some(text.to_owned())
}

fn wrong(tree: &Yaml<'_>, key: &str, expected: &str, diagnostics: &mut Vec<Diagnostic>) {
    let message = format!("`{key}` should be {expected}, not {}", tree.kind_name());
    diagnostics.push(errors::bad_settings(tree.span, &message, "of the wrong kind"));
}
