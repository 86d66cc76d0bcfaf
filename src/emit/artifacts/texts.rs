//! Descriptions with `doc()` filled in.

use std::borrow::Cow;

use crate::project::Project;

/// `text` with each `{{ doc('name') }}` and `{{ doc('package', 'name') }}` replaced by that block.
///
/// The block is looked for in the node's package, then in the root's, then in all others. What is not found stays.
pub(super) fn described<'a>(project: &'a Project, package: &str, text: &'a str) -> Cow<'a, str> {
    if !text.contains("{{") {
        return Cow::Borrowed(text);
    }
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open..].find("}}") else { break };
        let whole = &rest[open..open + length + 2];
        filled.push_str(&rest[..open]);
        filled.push_str(block(project, package, whole).unwrap_or(whole));
        rest = &rest[open + length + 2..];
    }
    filled.push_str(rest);
    Cow::Owned(filled)
}

fn block<'a>(project: &'a Project, package: &str, call: &str) -> Option<&'a str> {
    let inner = call.trim_start_matches(['{', '-']).trim_end_matches(['}', '-']).trim();
    let arguments = inner.strip_prefix("doc")?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    let names: Vec<&str> = arguments
        .split(',')
        .map(|name| name.trim().trim_matches(['\'', '"']))
        .filter(|it| !it.is_empty())
        .collect();
    let find = |package: &str, name: &str| project.docs.get(&(package.to_owned(), name.to_owned()));
    let found = match names.as_slice() {
        [name] => find(package, name)
            .or_else(|| find(&project.root().name, name))
            .or_else(|| project.docs.iter().find(|((_, known), _)| known == name).map(|(_, block)| block)),
        [package, name] => find(package, name),
        _ => None,
    };
    found.map(|block| block.text.as_str())
}
