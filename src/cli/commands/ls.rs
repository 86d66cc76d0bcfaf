//! `buhin ls`.

use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::cli::args::{Format, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::pipeline::Scope;
use crate::cli::session::Session;
use crate::cli::state::nothing_rendered;
use crate::compile::Resolved;
use crate::emit;
use crate::jinja::dumps;
use crate::project::{NodeId, NodeKind, NodeMap};

/// List what a selection matches
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin ls                                  everything
  buhin ls --select +orders                 orders and all it is made of
  buhin ls --resource-type model --output name
  buhin ls --select tag:daily --output json --output-keys name config tags")]
pub(crate) struct LsArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// What to print of each
    #[arg(long, value_enum, default_value_t = Shown::Selector)]
    output: Shown,
    /// With `--output json`, only these keys
    #[arg(long, value_name = "KEY", num_args = 1..)]
    output_keys: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shown {
    /// The selector that matches just this
    Selector,
    /// The name
    Name,
    /// The file
    Path,
    /// One JSON object a line
    Json,
}

pub(crate) fn run(args: &LsArgs, format: &OutputArgs) -> ExitCode {
    let mut session = match Session::open(&args.project, format) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut said = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    let mut failed = None;
    {
        let mut resolved = session.resolve(&args.project, "list").collect(&mut said);
        match session.select(&resolved, &args.select, Scope::List) {
            Ok(selected) => {
                let mut selected = selected.collect(&mut said);
                // dbt prints in the order of unique ids.
                selected.sort_by_key(|id| &resolved.project.node(*id).unique_id);
                let json = args.output == Shown::Json || format.format == Format::Json;
                if json && session.project.settings.inherit_docs && asks_for_columns(&args.output_keys) {
                    let Resolved { collected, graph, renderer, .. } = &resolved;
                    let rendered = renderer.rehearse(collected, graph, &graph.order);
                    session.follow_columns(&mut resolved, &rendered, None, false, false);
                }
                let rendered = nothing_rendered(&resolved);
                let context = resolved.context(&rendered);
                let compiled = NodeMap::new(resolved.project.nodes.iter().map(|_| None).collect());
                lines.extend(selected.iter().filter_map(|id| {
                    if json {
                        object(&context, &compiled, *id, &args.output_keys)
                    } else {
                        Some(line(&resolved, *id, args.output))
                    }
                }));
            }
            Err(code) => failed = Some(code),
        }
    }
    session.diagnostics.extend(said);
    let code = session.report();
    if failed.is_none() {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        output::result(&text);
    }
    failed.unwrap_or(code)
}

/// True if what columns inherit is asked for.
fn asks_for_columns(keys: &[String]) -> bool {
    let mut keys = keys.iter().flat_map(|keys| keys.split([' ', ',']));
    keys.any(|key| key.split('.').next() == Some("columns"))
}

fn line(resolved: &Resolved<'_>, id: NodeId, shown: Shown) -> String {
    let node = resolved.project.node(id);
    let name = match &node.version {
        _ if node.kind == NodeKind::Source && shown == Shown::Name => {
            format!("{}.{}", node.source_name.as_deref().unwrap_or_default(), node.name)
        }
        Some(version) if node.kind == NodeKind::Model => format!("{}.v{version}", node.name),
        _ => node.name.clone(),
    };
    let named = |prefix: &str| format!("{prefix}:{}.{name}", node.package);
    match shown {
        Shown::Name => name,
        Shown::Path => node.path.to_string(),
        Shown::Selector | Shown::Json => match node.kind {
            NodeKind::Source => {
                let source = node.source_name.as_deref().unwrap_or_default();
                format!("source:{}.{source}.{name}", node.package)
            }
            NodeKind::Exposure => named("exposure"),
            NodeKind::Metric => named("metric"),
            NodeKind::SavedQuery => named("saved_query"),
            NodeKind::SemanticModel => named("semantic_model"),
            NodeKind::UnitTest => match node.properties.get("version").and_then(Value::as_str) {
                Some(version) => format!("{}_v{version}", named("unit_test")),
                None => named("unit_test"),
            },
            _ => node.fqn.join("."),
        },
    }
}

/// The keys that dbt shows where none are asked for.
const KEYS: &[&str] = &[
    "alias",
    "name",
    "package_name",
    "depends_on",
    "direct_parents",
    "tags",
    "config",
    "resource_type",
    "source_name",
    "original_file_path",
    "unique_id",
];

/// A node's entry of the manifest, cut down to some keys; a key with dots leads into a mapping.
fn object(
    context: &emit::Context<'_>,
    compiled: &NodeMap<Option<emit::Compiled>>,
    id: NodeId,
    keys: &[String],
) -> Option<String> {
    let bytes = emit::artifacts::entry(context, id, compiled)?;
    let mut entry: Map<String, Value> = serde_json::from_slice(&bytes).ok()?;
    if context.project.node(id).kind == NodeKind::Model {
        let parents = entry.get("depends_on").and_then(|it| it.get("nodes")).cloned();
        entry.insert("direct_parents".to_owned(), parents.unwrap_or_default());
    }
    let mut kept = Map::new();
    if keys.is_empty() {
        kept.extend(entry.into_iter().filter(|(key, _)| KEYS.contains(&key.as_str())));
    } else {
        for key in keys.iter().flat_map(|keys| keys.split([' ', ','])).filter(|key| !key.is_empty()) {
            let mut steps = key.split('.');
            let first = steps.next().and_then(|step| entry.get(step));
            let found = steps.try_fold(first, |value, step| Some(value?.get(step))).flatten();
            let found = found.filter(|value| !key.contains('.') || !value.is_null());
            if let Some(value) = found {
                kept.insert(key.to_owned(), value.clone());
            }
        }
    }
    Some(dumps(&Value::Object(kept), false))
}
