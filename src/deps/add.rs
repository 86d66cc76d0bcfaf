//! `--add-package`: a new entry in `packages.yml`, the rest of the file as it was.

use super::errors;
use super::{AddSource, Addition};
use crate::diagnostic::Diagnostic;
use crate::project::Dependencies;

/// The file's text with the new entry; entries of the same package are taken out, and given as they stood.
///
/// dbt writes the whole file anew, without its comments; here the text around the entries stays.
pub(super) fn add(
    text: &str,
    dependencies: &Dependencies,
    addition: &Addition,
) -> Result<(String, Vec<String>), Diagnostic> {
    if addition.name.trim().is_empty() {
        return Err(errors::bad_argument("`--add-package` needs a name"));
    }
    if addition.source == AddSource::Hub && addition.version.is_none() {
        let problem = errors::bad_argument(format!("`{}` needs a version", addition.name));
        return Err(problem.help(format!("write it as `--add-package {}@1.0.0`", addition.name)));
    }
    if addition.source == AddSource::Local && addition.version.is_some() {
        return Err(errors::bad_argument("a local package has no version"));
    }
    let Some(list) = dependencies.list else {
        if let Some(key) = dependencies.key {
            // `packages:` and nothing after it: the entry goes on the next line.
            let key = key.range().end;
            let end = text[key..].find('\n').map_or(text.len(), |at| key + at + 1);
            let gap = if text[..end].ends_with('\n') { "" } else { "\n" };
            let new = format!("{}{gap}{}{}", &text[..end], entry(addition, "  "), &text[end..]);
            return Ok((new, Vec::new()));
        }
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Ok((format!("{text}{gap}packages:\n{}", entry(addition, "  ")), Vec::new()));
    };
    let written = &text[list.range()];
    if written.trim_start().starts_with('[') || dependencies.packages.is_empty() {
        return flow(text, dependencies, addition);
    }
    let mut out = text.to_owned();
    let mut removed = Vec::new();
    // From the last to the first, so that the places before stay right.
    let (mut end, mut indent) = (None, String::new());
    for package in dependencies.packages.iter().rev() {
        let Some(item) = Item::of(text, package.span.range().start, package.span.range().end) else {
            return Err(errors::bad_argument(format!(
                "`{}` is written in a way that buhin can't add to; add the package by hand",
                dependencies.path
            )));
        };
        end = end.or(Some(item.end));
        indent.clone_from(&item.indent);
        if is_same(package, addition) {
            removed.push(text[item.start..item.end].trim().trim_start_matches("- ").to_owned());
            out.replace_range(item.start..item.end, "");
        }
    }
    let end = end.unwrap_or(text.len());
    // What was taken out stood before the end.
    let end = end - (text.len() - out.len());
    let gap = if out[..end].is_empty() || out[..end].ends_with('\n') { "" } else { "\n" };
    out.insert_str(end, &format!("{gap}{}", entry(addition, &indent)));
    removed.reverse();
    Ok((out, removed))
}

/// An item of a block list: whole lines.
struct Item {
    start: usize,
    end: usize,
    indent: String,
}

impl Item {
    fn of(text: &str, start: usize, end: usize) -> Option<Self> {
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let (indent, dash) = text[line..start].split_once('-')?;
        if !indent.trim().is_empty() || !dash.trim().is_empty() {
            return None;
        }
        let content = start + text[start..end].trim_end().len();
        let end = text[content..].find('\n').map_or(text.len(), |at| content + at + 1);
        Some(Self { start: line, end, indent: indent.to_owned() })
    }
}

/// A list in brackets, or none at all, is written anew as lines.
fn flow(
    text: &str,
    dependencies: &Dependencies,
    addition: &Addition,
) -> Result<(String, Vec<String>), Diagnostic> {
    let Some(list) = dependencies.list.map(crate::source::Span::range) else {
        return Err(errors::bad_argument("there is no list to add to"));
    };
    let mut lines = String::new();
    let mut removed = Vec::new();
    for package in &dependencies.packages {
        let written = text[package.span.range()].trim();
        if is_same(package, addition) {
            removed.push(written.to_owned());
        } else {
            lines.push_str(&format!("\n  - {written}"));
        }
    }
    let new = entry(addition, "  ");
    let before = text[..list.start].trim_end_matches([' ', '\n', '\r']);
    let after = text[list.end..].trim_start_matches([' ', '\n']);
    Ok((format!("{before}{lines}\n{new}{after}"), removed))
}

fn entry(addition: &Addition, indent: &str) -> String {
    let (kind, version_key) = match addition.source {
        AddSource::Hub => ("package", "version"),
        AddSource::Git => ("git", "revision"),
        AddSource::Local => ("local", ""),
    };
    let mut name = String::new();
    super::yaml::write_text(&mut name, &addition.name, 0, 0);
    let mut out = format!("{indent}- {kind}: {name}\n");
    if let Some(version) = &addition.version {
        let quoted = |text: &str| {
            let mut out = String::new();
            super::yaml::write_text(&mut out, text.trim(), 0, 0);
            out
        };
        if version.contains(',') {
            let list: Vec<String> = version.split(',').map(|part| format!("\"{}\"", part.trim())).collect();
            out.push_str(&format!("{indent}  {version_key}: [{}]\n", list.join(", ")));
        } else {
            out.push_str(&format!("{indent}  {version_key}: {}\n", quoted(version)));
        }
    }
    out
}

/// Whether an entry is for the package that is added, wherever it comes from: dbt compares the last parts of the
/// names, and takes `-` for `_`.
fn is_same(package: &crate::project::Dependency, addition: &Addition) -> bool {
    let last = |text: &str| {
        let text = text.trim_end_matches('/');
        let text = text.rsplit(['/', ':']).next().unwrap_or(text);
        text.strip_suffix(".git").unwrap_or(text).replace('-', "_")
    };
    let new = last(&addition.name);
    super::spec::KINDS
        .iter()
        .filter_map(|key| package.rendered.get(*key).and_then(serde_json::Value::as_str))
        .any(|name| last(name) == new)
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use serde_json::Map;

    use super::*;
    use crate::project::{Reader, dependencies};
    use crate::source::Sources;
    use crate::world::Memory;

    #[track_caller]
    fn check(before: &str, name: &str, version: Option<&str>, source: AddSource, after: &str) {
        let world = Memory::default().with_file("packages.yml", before);
        let (mut sources, mut said) = (Sources::default(), Vec::new());
        let found =
            dependencies(&world, Utf8Path::new(""), Reader::Root, &Map::new(), &mut sources, &mut said);
        let addition = Addition { name: name.to_owned(), version: version.map(str::to_owned), source };
        let (text, _) = add(before, &found, &addition).expect("it can be added");
        assert_eq!(text, after);
    }

    #[test]
    fn an_entry_is_added_and_the_rest_stays() {
        let hub = AddSource::Hub;
        check("", "a/b", Some("1.0.0"), hub, "packages:\n  - package: a/b\n    version: 1.0.0\n");
        check(
            "# ours\npackages:\n# the first\n- package: x/y # why\n  version: 0.1.0 # pinned\n\nother: 1\n",
            "a/b",
            Some(">=1.0.0,<2.0.0"),
            hub,
            "# ours\npackages:\n# the first\n- package: x/y # why\n  version: 0.1.0 # pinned\n- package: a/b\n  \
             version: [\">=1.0.0\", \"<2.0.0\"]\n\nother: 1\n",
        );
        check("packages: []\n", "../near", None, AddSource::Local, "packages:\n  - local: ../near\n");
        let none = "# ours\npackages: # none yet\nother: 1\n";
        let one = "# ours\npackages: # none yet\n  - local: ../near\nother: 1\n";
        check(none, "../near", None, AddSource::Local, one);
        check("packages:", "../near", None, AddSource::Local, "packages:\n  - local: ../near\n");
        check(
            "packages: [{local: ../a}]\nother: 1\n",
            "https://h/x.git",
            Some("1.0"),
            AddSource::Git,
            "packages:\n  - {local: ../a}\n  - git: https://h/x.git\n    revision: '1.0'\nother: 1\n",
        );
    }

    #[test]
    fn an_entry_of_the_same_package_gives_way() {
        check(
            "packages:\n  - git: https://github.com/dbt-labs/dbt-utils.git\n    revision: main\n  - local: a\n",
            "dbt-labs/dbt_utils",
            Some("1.0.0"),
            AddSource::Hub,
            "packages:\n  - local: a\n  - package: dbt-labs/dbt_utils\n    version: 1.0.0\n",
        );
        check(
            "packages:\n  - package: a/b\n    version: 0.1.0",
            "a/b",
            Some("1.0.0"),
            AddSource::Hub,
            "packages:\n  - package: a/b\n    version: 1.0.0\n",
        );
        check(
            "packages:\n  - package: dbt-labs/dbt_core_utils\n    version: 0.1.0\n",
            "dbt-labs/dbt_core",
            Some("1.0.0"),
            AddSource::Hub,
            "packages:\n  - package: dbt-labs/dbt_core_utils\n    version: 0.1.0\n  - package: \
             dbt-labs/dbt_core\n    version: 1.0.0\n",
        );
    }
}
