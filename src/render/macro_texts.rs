//! The macros of a project as texts: what each defines, and what it calls as far as that can be told without
//! running it.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::builtins;
use crate::jinja::{Block, BlockKind, StaticCall, is_plain, scan, static_calls, written_arguments};
use crate::project::{Node, NodeKind, Project};
use crate::source::{FileId, SourceFile};

/// A macro, test or materialization of the project or of a package.
#[derive(Clone, Debug)]
pub struct MacroText<'p> {
    /// The package's name.
    pub package: &'p str,
    /// dbt's name: `name`, `test_name`, `materialization_name_adapter`.
    pub name: String,
    /// The name as written.
    pub written: String,
    /// The file that it stands in.
    pub source: &'p SourceFile,
    /// The whole block, with the blanks that its tags take away.
    pub text: &'p str,
    /// The names of its parameters; none for a materialization.
    pub parameters: Vec<&'p str>,
    /// `supported_languages` of a materialization.
    pub languages: Option<Vec<String>>,
    /// The unique ids of the macros that it calls, in order of appearance, each once.
    pub calls: Vec<String>,
}

/// What `config()` in a node's text sets, as it is written: each value's expression as text. `None` where dbt keeps
/// the values themselves, because nothing in the text has to be run to know them.
pub fn written_config<'t>(node: &Node, text: &'t str) -> Option<Vec<(&'t str, String)>> {
    let generic = node.test.as_ref().is_some_and(|test| !test.name.is_empty());
    if generic || node.is_python || !text.contains("config") {
        return None;
    }
    if node.kind == NodeKind::Model && is_plain(text, &["ref", "source", "config"]) {
        return None;
    }
    written_arguments(text, "config").filter(|arguments| !arguments.is_empty())
}

/// All macros of a project, in the order of files; of several with one name the first.
pub fn macro_texts(project: &Project) -> Vec<MacroText<'_>> {
    let scanned: Vec<(&str, &SourceFile, Vec<Block>)> = project
        .macro_files
        .iter()
        .map(|file| {
            let source = project.files.get(file.file);
            let (mut blocks, _) = scan(file.file, &source.text);
            blocks.retain(|it| !matches!(it.kind, BlockKind::Docs | BlockKind::Snapshot));
            (file.package.as_str(), source, blocks)
        })
        .collect();
    let names = Names::new(project, &scanned);
    let mut seen: FxHashSet<(&str, String)> = FxHashSet::default();
    let mut found = Vec::new();
    for (package, source, blocks) in scanned {
        let mut before = source.text.len() - source.text.trim_start().len();
        for block in blocks {
            let range = whole(&source.text, &block, before);
            before = range.end;
            if !seen.insert((package, block.macro_name.clone())) {
                continue;
            }
            let text = &source.text[range];
            let (parameters, languages) = match block.kind {
                BlockKind::Materialization { languages, .. } => (Vec::new(), Some(languages)),
                _ => (parameters(&source.text[block.signature.range()]), None),
            };
            found.push(MacroText {
                package,
                calls: names.called(package, &block.macro_name, text),
                name: block.macro_name,
                written: block.name.value,
                source,
                text,
                parameters,
                languages,
            });
        }
    }
    found
}

/// A block's text as dbt cuts it out: blanks that a mark of the tag takes away belong to it.
fn whole(text: &str, block: &Block, before: usize) -> Range<usize> {
    let (mut start, mut end) = (block.span.start as usize, block.span.end as usize);
    if text[start..].starts_with("{%-") {
        start = before + text[before..start].trim_end().len();
    }
    if text[..end].ends_with("-%}") {
        // The file itself is read without blanks at its end.
        let rest = text[end..].trim_start();
        end = if rest.is_empty() { end } else { text.len() - rest.len() };
    }
    start..end
}

/// The names in `(a, b=f(1, 2))`.
fn parameters(signature: &str) -> Vec<&str> {
    let trimmed = signature.trim();
    let inside = trimmed.strip_prefix('(').unwrap_or(trimmed);
    let mut names = Vec::new();
    let (mut depth, mut start, mut quote) = (0_i32, 0, None);
    let mut push = |piece: &'_ str, at: usize| {
        let name = piece.split('=').next().unwrap_or_default();
        let name = name.trim();
        if !name.is_empty() {
            let offset = at + piece.len() - piece.trim_start().len();
            names.push((offset, name.len()));
        }
    };
    for (at, char) in inside.char_indices() {
        match (char, quote) {
            (char, Some(open)) if char == open => quote = None,
            ('\'' | '"', None) => quote = Some(char),
            ('(' | '[' | '{', None) => depth += 1,
            (')', None) if depth == 0 => {
                push(&inside[start..at], start);
                start = inside.len();
                break;
            }
            (')' | ']' | '}', None) => depth -= 1,
            (',', None) if depth == 0 => {
                push(&inside[start..at], start);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < inside.len() {
        push(&inside[start..], start);
    }
    names.into_iter().map(|(at, length)| &inside[at..at + length]).collect()
}

/// The names of all macros by package, to see what a call means.
struct Names<'a> {
    known: FxHashMap<String, FxHashSet<String>>,
    prefixes: Vec<&'a str>,
    project: &'a Project,
}

impl<'a> Names<'a> {
    fn new(project: &'a Project, scanned: &[(&str, &SourceFile, Vec<Block>)]) -> Self {
        let mut known: FxHashMap<String, FxHashSet<String>> = FxHashMap::default();
        for (package, _, blocks) in scanned {
            let names = known.entry((*package).to_owned()).or_default();
            names.extend(blocks.iter().map(|block| block.macro_name.clone()));
        }
        let own = known.entry(builtins::PACKAGE.to_owned()).or_default();
        for file in builtins::files(project.target.dialect) {
            own.extend(scan(FileId(0), &file.text).0.into_iter().map(|block| block.macro_name));
        }
        let prefixes = builtins::prefixes(&project.target.adapter);
        Self { known, prefixes, project }
    }

    /// The unique ids of the macros that a text calls, as far as that can be told without running it.
    fn called(&self, package: &str, own: &str, text: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut add = |id: Option<String>| {
            if let Some(id) = id.filter(|id| !found.contains(id)) {
                found.push(id);
            }
        };
        for call in static_calls(text) {
            match call {
                StaticCall::Macro { package: None, name: "ref" | "source" | "config" } => {}
                StaticCall::Macro { package: None, name } if name == own => {}
                StaticCall::Macro { package: None, name } => add(self.find(package, name)),
                StaticCall::Macro { package: Some(package), name } => add(self.find(package, name)),
                StaticCall::Dispatch { name, namespace } => {
                    if name != own {
                        add(self.find(package, name));
                    }
                    add(self.dispatched(name, namespace));
                }
            }
        }
        found
    }

    fn has(&self, package: &str, name: &str) -> bool {
        self.known.get(package).is_some_and(|names| names.contains(name))
    }

    /// A macro as a package's own macros see it: the package's, the root's, the built-in one.
    fn find(&self, package: &str, name: &str) -> Option<String> {
        let root = self.project.root().name.as_str();
        let order = [package, root, builtins::PACKAGE];
        let order = if package == builtins::PACKAGE { &order[1..] } else { &order[..] };
        let found = order.iter().find(|package| self.has(package, name))?;
        Some(format!("macro.{found}.{name}"))
    }

    fn dispatched(&self, name: &str, namespace: Option<&str>) -> Option<String> {
        let root = self.project.root();
        let configured = namespace.and_then(|it| root.dispatch.get(it)).filter(|order| !order.is_empty());
        let order: Vec<&str> = match (configured, namespace) {
            (Some(order), _) => order.iter().map(String::as_str).collect(),
            (None, Some(namespace)) if self.known.contains_key(namespace) => vec![&root.name, namespace],
            (None, _) => vec![&root.name, builtins::PACKAGE],
        };
        for package in order {
            for prefix in &self.prefixes {
                let candidate = format!("{prefix}__{name}");
                if self.has(package, &candidate) {
                    return Some(format!("macro.{package}.{candidate}"));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn blanks_that_tags_take_away_are_part_of_the_text() {
        let mut sources = Sources::default();
        let text = "\n{%- macro a(x) -%} 1 {%- endmacro -%}\n\n {%- macro b() %}{% endmacro %}\n";
        let id = sources.add("m.sql", text);
        let (blocks, _) = scan(id, text);
        let first = whole(text, &blocks[0], 0);
        assert_eq!(first, 0..text.find("{%- macro b").expect("b"));
        assert_eq!(whole(text, &blocks[1], first.end), first.end..text.len() - 1);
    }

    #[test]
    fn parameters_are_named_without_defaults() {
        assert_eq!(parameters("(a, b=f(1, 2), c=',')"), ["a", "b", "c"]);
        assert_eq!(parameters("()"), [""; 0]);
        assert_eq!(parameters("(\n  xs\n)"), ["xs"]);
    }
}
