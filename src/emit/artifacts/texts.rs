//! Descriptions with `doc()` filled in.

use std::borrow::Cow;

use crate::project::{DocBlock, Project};

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

/// The unique ids of the blocks that a text takes in, in order.
pub(super) fn doc_blocks(project: &Project, package: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open..].find("}}") else { break };
        if let Some(block) = find(project, package, &rest[open..open + length + 2]) {
            let id = format!("doc.{}.{}", block.package, block.name);
            if !found.contains(&id) {
                found.push(id);
            }
        }
        rest = &rest[open + length + 2..];
    }
    found
}

fn block<'a>(project: &'a Project, package: &str, call: &str) -> Option<&'a str> {
    find(project, package, call).map(|block| block.text.as_str())
}

fn find<'a>(project: &'a Project, package: &str, call: &str) -> Option<&'a DocBlock> {
    let inner = call.trim_start_matches(['{', '-']).trim_end_matches(['}', '-']).trim();
    let arguments = inner.strip_prefix("doc")?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    let names: Vec<&str> = arguments
        .split(',')
        .map(|name| name.trim().trim_matches(['\'', '"']))
        .filter(|it| !it.is_empty())
        .collect();
    let find = |package: &str, name: &str| project.docs.get(&(package.to_owned(), name.to_owned()));
    match names.as_slice() {
        [name] => find(package, name)
            .or_else(|| find(&project.root().name, name))
            .or_else(|| project.docs.iter().find(|((_, known), _)| known == name).map(|(_, block)| block)),
        [package, name] => find(package, name),
        _ => None,
    }
}
