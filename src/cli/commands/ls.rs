//! `buhin ls`.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use crate::cli::args::{Format, OutputArgs, ProjectArgs, SelectArgs};
use crate::cli::exit::ExitCode;
use crate::cli::output;
use crate::cli::pipeline::Scope;
use crate::cli::session::Session;
use crate::compile::Resolved;
use crate::project::{NodeId, NodeKind};

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
        let resolved = session.resolve(&args.project, "list").collect(&mut said);
        match session.select(&resolved, &args.select, Scope::List) {
            Ok(selected) => {
                let selected = selected.collect(&mut said);
                let json = args.output == Shown::Json || format.format == Format::Json;
                lines.extend(selected.iter().map(|id| {
                    if json {
                        object(&resolved, *id, &args.output_keys)
                    } else {
                        line(&resolved, *id, args.output)
                    }
                }));
            }
            Err(code) => failed = Some(code),
        }
    }
    session.diagnostics.extend(said);
    let code = session.report();
    // dbt prints in the order of the text.
    lines.sort();
    if failed.is_none() {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        output::result(&text);
    }
    failed.unwrap_or(code)
}

fn line(resolved: &Resolved<'_>, id: NodeId, shown: Shown) -> String {
    let node = resolved.project.node(id);
    match shown {
        Shown::Name => node.name.clone(),
        Shown::Path => node.path.to_string(),
        Shown::Selector | Shown::Json => {
            let fqn = node.fqn.join(".");
            match node.kind {
                NodeKind::Source => format!("source:{fqn}"),
                NodeKind::Exposure => format!("exposure:{fqn}"),
                NodeKind::Metric => format!("metric:{fqn}"),
                NodeKind::SavedQuery => format!("saved_query:{fqn}"),
                NodeKind::SemanticModel => format!("semantic_model:{fqn}"),
                NodeKind::UnitTest => format!("unit_test:{fqn}"),
                _ => fqn,
            }
        }
    }
}

fn object(resolved: &Resolved<'_>, id: NodeId, keys: &[String]) -> String {
    let node = resolved.project.node(id);
    let config = resolved.collected.nodes[id].as_ref().map(|collected| &*collected.config);
    let parents: Vec<&str> = resolved.graph.parents[id]
        .iter()
        .map(|parent| resolved.project.node(*parent).unique_id.as_str())
        .collect();
    let all = json!({
        "name": node.name,
        "resource_type": node.kind.resource_type(),
        "package_name": node.package,
        "original_file_path": node.path.as_str(),
        "unique_id": node.unique_id,
        "source_name": node.source_name,
        "alias": config.and_then(|config| config.text("alias")).unwrap_or(&node.name),
        "tags": config.map(crate::project::Config::tags).unwrap_or_default(),
        "config": config.map(|config| config.values.clone()).unwrap_or_default(),
        "depends_on": { "nodes": parents },
    });
    let Value::Object(all) = all else { return String::new() };
    let kept: Map<String, Value> = all
        .into_iter()
        .filter(|(key, value)| {
            !value.is_null() && (keys.is_empty() || keys.iter().any(|wanted| wanted == key))
        })
        .collect();
    Value::Object(kept).to_string()
}
