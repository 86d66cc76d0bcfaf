//! The project's own files that names stand in, and how a scalar of YAML gets another value.

use camino::Utf8Path;

use super::Input;
use crate::project::{Project, YamlScalar, yaml_scalars};
use crate::source::FileId;

/// A file that the author of the project wrote.
#[derive(Clone, Copy)]
pub(super) struct OwnFile<'a> {
    /// Its number; `None` for one that the project was loaded without.
    pub(super) id: Option<FileId>,
    pub(super) path: &'a Utf8Path,
    pub(super) text: &'a str,
}

impl OwnFile<'_> {
    /// True for YAML.
    pub(super) fn is_yaml(self) -> bool {
        matches!(self.path.extension(), Some("yml" | "yaml"))
    }

    /// Its scalars; none if it is no YAML, or none that can be read.
    pub(super) fn scalars(self) -> Vec<YamlScalar> {
        if self.is_yaml() { yaml_scalars(self.text).unwrap_or_default() } else { Vec::new() }
    }
}

/// The root project's own files, each once, in order.
pub(super) fn own_files<'a>(input: Input<'a>) -> Vec<OwnFile<'a>> {
    let project = input.context.project;
    let files = project.files.iter().filter(|(_, file)| is_own(project, &file.path));
    let mut own: Vec<OwnFile<'a>> =
        files.map(|(id, file)| OwnFile { id: Some(id), path: &file.path, text: &file.text }).collect();
    // A file may have been read for several reasons.
    own.sort_by(|a, b| a.path.cmp(b.path).then(a.id.cmp(&b.id)));
    own.dedup_by(|a, b| a.path == b.path);
    own
}

fn is_own(project: &Project, path: &Utf8Path) -> bool {
    let in_package = project.packages.iter().skip(1).any(|package| path.starts_with(&package.folder));
    !path.is_absolute()
        && !path.starts_with("<buhin>")
        && path.file_name() != Some("profiles.yml")
        && !in_package
}

/// A scalar's new text, in the quotes that it has.
pub(super) fn scalar_text(raw: &str, value: &str) -> String {
    let is_plain = |value: &str| {
        let starts = value.chars().next().is_some_and(|char| char == '_' || char.is_alphabetic());
        starts
            && value.chars().all(|char| char == '_' || char == '-' || char == '.' || char.is_alphanumeric())
    };
    match raw.chars().next() {
        Some('\'') => format!("'{}'", value.replace('\'', "''")),
        Some('"') => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
        _ if is_plain(value) && !is_word_of_yaml(value) => value.to_owned(),
        _ => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// True for words that YAML reads as something else than text.
fn is_word_of_yaml(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    matches!(lower.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null")
}
