//! Configs that a run would refuse, found while compiling: strategies of incremental parts, snapshots.

use super::Context;
use super::ddl::{Build, OnSchemaChange, Snapshot, Strategy};
use crate::diagnostic::Diagnostic;
use crate::plan::Materialization;
use crate::project::{Node, NodeId};
use crate::source::Span;

/// What is wrong with the configs of incremental parts and snapshots that were rendered.
pub fn check_configs(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (id, node) in context.project.nodes() {
        if context.rendered.nodes[id].is_none() {
            continue;
        }
        match context.plan.materialization(id) {
            Some(Materialization::Incremental) => {
                found.extend(with_build(context, id, "incremental_strategy", |build| {
                    Strategy::of(build).err().filter(|_| !can_be_compiled(context, build))
                }));
                found.extend(with_build(context, id, "on_schema_change", |build| {
                    OnSchemaChange::of(build).err()
                }));
            }
            Some(Materialization::Snapshot) => {
                found.extend(with_build(context, id, &node.name, |build| Snapshot::of(build).err()));
            }
            _ => {}
        }
    }
    found
}

/// True for a strategy that dbt can build though buhin can't: the adapter's, or one that the project defines.
fn can_be_compiled(context: &Context<'_>, build: &Build<'_>) -> bool {
    let Some(name) = build.config.text("incremental_strategy") else { return false };
    let own = format!("get_incremental_{}_sql", name.replace('+', "_"));
    Strategy::is_of_adapter(build.dialect(), name)
        || context.project.macro_files.iter().any(|file| {
            let text = &context.project.files.get(file.file).text;
            text.match_indices("macro").any(|(at, word)| {
                let called = text[at + word.len()..].trim_start();
                let called = called
                    .split_once("__")
                    .filter(|(prefix, _)| !prefix.contains(['(', ' ']))
                    .map_or(called, |it| it.1);
                called.strip_prefix(own.as_str()).is_some_and(|rest| rest.trim_start().starts_with('('))
            })
        })
}

fn with_build(
    context: &Context<'_>,
    id: NodeId,
    word: &str,
    check: impl Fn(&Build<'_>) -> Option<Diagnostic>,
) -> Option<Diagnostic> {
    let node = context.project.node(id);
    let collected = context.collected.nodes[id].as_ref()?;
    let build = Build {
        name: &node.name,
        at: place(context, node, word),
        relation: collected.relation.as_ref()?,
        sql: "",
        config: &collected.config,
        existing: None,
    };
    check(&build)
}

/// Where the author wrote the word, if it stands in the node's own text, or else where the node begins.
fn place(context: &Context<'_>, node: &Node, word: &str) -> Span {
    let file = context.project.files.get(node.span.file);
    if let (true, Some(span)) = (file.path.starts_with("<buhin>"), node.properties_span) {
        return span;
    }
    let text = file.text.get(node.span.range()).unwrap_or_default();
    let start = node.span.start as usize;
    match text.find(word) {
        Some(at) => Span::new(node.span.file, start + at, start + at + word.len()),
        None => {
            let blanks = text.len() - text.trim_start().len();
            let line = text.trim_start().lines().next().unwrap_or_default().trim_end();
            Span::new(node.span.file, start + blanks, start + blanks + line.len())
        }
    }
}
