//! Materializations that a project or its packages define themselves.

use crate::project::Project;

/// The names in `{% materialization name, … %}` of all macro files, sorted, each once.
pub(super) fn names(project: &Project) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for file in &project.macro_files {
        let text: &str = &project.files.get(file.file).text;
        let mut rest = text;
        while let Some(at) = rest.find("{%") {
            rest = &rest[at + 2..];
            let tag = rest.trim_start_matches(['-', '+']).trim_start();
            if let Some(after) = tag.strip_prefix("materialization") {
                let after = after.trim_start();
                let end =
                    after.find(|char: char| char != '_' && !char.is_alphanumeric()).unwrap_or(after.len());
                if end > 0 {
                    names.push(after[..end].to_owned());
                }
            }
        }
    }
    names.sort();
    names.dedup();
    names
}
