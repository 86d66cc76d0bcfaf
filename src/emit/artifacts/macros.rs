//! Macros as the manifest has them, read from their files.

use std::io;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Context;
use super::write::{EMPTY_MAP, Object, Shown};
use crate::jinja::{Block, BlockKind, StaticCall, scan, static_calls};
use crate::render::builtins;
use crate::source::{FileId, SourceFile};

/// One macro.
#[derive(Serialize)]
struct MacroOut<'a> {
    name: &'a str,
    resource_type: &'static str,
    package_name: &'a str,
    path: &'a str,
    original_file_path: &'a str,
    unique_id: String,
    macro_sql: &'a str,
    depends_on: DependsOn,
    description: &'a str,
    meta: &'a Map<String, Value>,
    docs: Shown<'a>,
    config: ConfigOut<'a>,
    patch_path: Option<String>,
    arguments: Vec<Argument<'a>>,
    supported_languages: Option<&'a [String]>,
}

#[derive(Serialize)]
struct DependsOn {
    macros: Vec<String>,
}

#[derive(Serialize)]
struct ConfigOut<'a> {
    meta: &'a Map<String, Value>,
    docs: Shown<'a>,
}

#[derive(Serialize)]
struct Argument<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    description: &'a str,
}

/// Writes `macros` of the manifest, by unique id. Fails where `out` does.
pub(super) fn macros(context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let project = context.project;
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
    let names = Names::new(context, &scanned);
    let mut written = FxHashSet::default();
    let mut object = Object::open(out)?;
    for (package, source, blocks) in &scanned {
        let folder = project.packages.iter().find(|it| it.name == *package).map(|it| it.folder.as_path());
        let path = folder.and_then(|folder| source.path.strip_prefix(folder).ok()).unwrap_or(&source.path);
        let mut before = source.text.len() - source.text.trim_start().len();
        for block in blocks {
            let range = whole(&source.text, block, before);
            before = range.end;
            let text = &source.text[range];
            if !written.insert((*package, block.macro_name.as_str())) {
                continue;
            }
            let unique_id = format!("macro.{package}.{}", block.macro_name);
            let said = project.macro_properties.get(&((*package).to_owned(), block.macro_name.clone()));
            let said = said
                .or_else(|| project.macro_properties.get(&((*package).to_owned(), block.name.value.clone())));
            let entry = MacroOut {
                name: &block.macro_name,
                resource_type: "macro",
                package_name: package,
                path: path.as_str(),
                original_file_path: path.as_str(),
                macro_sql: text,
                depends_on: DependsOn { macros: names.called(package, &block.macro_name, text) },
                description: said.and_then(|it| it.get("description")?.as_str()).unwrap_or_default(),
                meta: meta(said),
                docs: Shown(of_config(said, "docs")),
                config: ConfigOut { meta: meta(said), docs: Shown(of_config(said, "docs")) },
                patch_path: said
                    .and_then(|it| it.get("original_file_path")?.as_str())
                    .map(|path| format!("{package}://{path}")),
                arguments: arguments(&source.text[block.signature.range()], &block.kind, said),
                supported_languages: match &block.kind {
                    BlockKind::Materialization { languages, .. } => Some(languages),
                    _ => None,
                },
                unique_id,
            };
            object.entry(&entry.unique_id, &entry)?;
        }
    }
    object.close()
}

fn of_config<'a>(said: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    let said = said?;
    said.get("config").and_then(|config| config.get(key)).or_else(|| said.get(key))
}

fn meta<'a>(said: Option<&'a Value>) -> &'a Map<String, Value> {
    of_config(said, "meta").and_then(Value::as_object).unwrap_or(&*EMPTY_MAP)
}

/// A block's text as dbt cuts it out: blanks that a mark of the tag takes away belong to it.
fn whole(text: &str, block: &Block, before: usize) -> std::ops::Range<usize> {
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

/// A macro's parameters with what its properties say of them.
fn arguments<'a>(signature: &'a str, kind: &BlockKind, said: Option<&'a Value>) -> Vec<Argument<'a>> {
    let listed = said.and_then(|it| it.get("arguments")?.as_array()).map_or(&[][..], Vec::as_slice);
    let text = |value: &'a Value, key: &str| value.get(key).and_then(Value::as_str);
    if !listed.is_empty() {
        return listed
            .iter()
            .map(|argument| Argument {
                name: text(argument, "name").unwrap_or_default(),
                kind: text(argument, "type"),
                description: text(argument, "description").unwrap_or_default(),
            })
            .collect();
    }
    if matches!(kind, BlockKind::Materialization { .. }) {
        return Vec::new();
    }
    parameters(signature).into_iter().map(|name| Argument { name, kind: None, description: "" }).collect()
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
            (_, Some(_)) => {}
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
    context: Context<'a>,
}

impl<'a> Names<'a> {
    fn new(context: &Context<'a>, scanned: &[(&str, &SourceFile, Vec<Block>)]) -> Self {
        let mut known: FxHashMap<String, FxHashSet<String>> = FxHashMap::default();
        for (package, _, blocks) in scanned {
            let names = known.entry((*package).to_owned()).or_default();
            names.extend(blocks.iter().map(|block| block.macro_name.clone()));
        }
        let own = known.entry(builtins::PACKAGE.to_owned()).or_default();
        for file in builtins::files(context.project.target.dialect) {
            own.extend(scan(FileId(0), &file.text).0.into_iter().map(|block| block.macro_name));
        }
        let prefixes = builtins::prefixes(&context.project.target.adapter);
        Self { known, prefixes, context: *context }
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
        let root = self.context.project.root().name.as_str();
        let order = [package, root, builtins::PACKAGE];
        let order = if package == builtins::PACKAGE { &order[1..] } else { &order[..] };
        let found = order.iter().find(|package| self.has(package, name))?;
        Some(format!("macro.{found}.{name}"))
    }

    fn dispatched(&self, name: &str, namespace: Option<&str>) -> Option<String> {
        let project = self.context.project;
        let root = project.root();
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
