//! Which property file a part's columns are described in, and what was written there before Jinja.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::project::{Node, Project};

/// The file of a new property file, in the folder of the SQL.
const NEW: &str = "schema.yml";

/// The property file of a node of the root project, from the project's folder: the one with its entry; else the one of
/// its folder that has most entries of that folder's nodes; else a new one beside the SQL.
pub fn property_file(project: &Project, node: &Node) -> Utf8PathBuf {
    if let Some(span) = node.properties_span {
        return project.files.path(span.file).to_owned();
    }
    let folder = node.path.parent().unwrap_or(Utf8Path::new(""));
    let mut counts: BTreeMap<&Utf8Path, usize> = BTreeMap::new();
    let beside = |other: &&Node| {
        other.package == node.package && other.kind == node.kind && other.path.parent() == Some(folder)
    };
    for span in project.nodes.iter().filter(beside).filter_map(|other| other.properties_span) {
        let path = project.files.path(span.file);
        if path.parent() == Some(folder) && matches!(path.extension(), Some("yml" | "yaml")) {
            *counts.entry(path).or_default() += 1;
        }
    }
    // The first in the alphabet among equals.
    let best = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    best.map_or_else(|| folder.join(NEW), |(path, _)| path.to_owned())
}

/// A column's description as its property file has it, with its Jinja; `None` if there is no Jinja in it.
pub fn unrendered_description<'n>(node: &'n Node, column: &str) -> Option<&'n str> {
    let mut columns = node.columns.values();
    let exact = columns.clone().find(|own| own.name == column);
    let column = exact.or_else(|| columns.find(|own| own.name.eq_ignore_ascii_case(column)));
    column?.written_description.as_deref()
}
