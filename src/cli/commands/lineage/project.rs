//! `buhin lineage PART[.COLUMN]`: lineage through the project.

use super::named::named;
use super::{Edges, LineageArgs, Shown, tree};
use crate::cli::args::{Format, OutputArgs};
use crate::cli::exit::ExitCode;
use crate::cli::session::{self, Session, fail};
use crate::compile::Resolved;
use crate::diagnostic::Diagnostic;
use crate::emit;
use crate::flow::export::{Datasets, Picture, Reach, column_line, csv, dot, facet_line, mermaid};
use crate::flow::{self, ColumnRef, Flow, Follow};
use crate::plan;
use crate::project::{NodeId, NodeKind};

pub(super) fn run(args: &LineageArgs, format: &OutputArgs) -> ExitCode {
    session::answer(&args.project, format, |session, said| text(session, args, format.format, said))
}

fn text(
    session: &Session,
    args: &LineageArgs,
    format: Format,
    said: &mut Vec<Diagnostic>,
) -> Result<String, ExitCode> {
    let resolved = session.resolve(&args.project, "lineage").collect(said);
    let asked = args.of.as_deref().map(|text| named(&resolved, text)).transpose();
    let asked = asked.map_err(|found| fail(found, said))?;
    let wanted = asked.as_ref().map(|asked| wanted(&resolved, asked.node, args));
    let compilation = session.compile(&resolved, &args.introspect, wanted.as_deref(), said)?;
    let known = session.known(&resolved, args.catalog.as_deref(), wanted.as_deref());
    let known = known.map_err(|found| fail(found, said))?;
    let is_answered = args.introspect.is_answered();
    let input = resolved.flow_input(&compilation.rendered, &known, is_answered, wanted.as_deref());
    let lineage = flow::flow(input).collect(said);
    let starts = match &asked {
        Some(asked) => asked.columns(&resolved, &lineage).map_err(|found| fail(found, said))?,
        None => every_column(&lineage),
    };
    let shown = if format == Format::Json && args.output == Shown::Tree { Shown::Json } else { args.output };
    if asked.is_none() && shown == Shown::Tree {
        return Ok(tree::summary(&resolved, &lineage));
    }
    // The whole project is told by what each column is made of; how far that goes, its readers tell.
    let (upstream, downstream) = match (args.upstream, args.downstream) {
        (false, false) if asked.is_some() => (true, true),
        (false, false) => (true, false),
        asked => asked,
    };
    let depth = args.depth.unwrap_or(if asked.is_some() { usize::MAX } else { 1 });
    let follow = match args.kind {
        Edges::Value => Follow::Value,
        Edges::Shape => Follow::Shape,
        Edges::All => Follow::All,
    };
    let reach = Reach { upstream, downstream, depth, follow };
    let picture = Picture::new(input, &lineage, &starts, reach);
    Ok(match shown {
        Shown::Tree => tree::text(&picture),
        Shown::Json => {
            let mut lines = Vec::new();
            for found in &picture.found {
                column_line(&picture, found, &mut lines);
            }
            String::from_utf8_lossy(&lines).into_owned()
        }
        Shown::Mermaid => mermaid(&picture.arrows()),
        Shown::Dot => dot(&picture.arrows()),
        Shown::Csv => csv(&picture.arrows()),
        Shown::Openlineage => {
            let mut nodes: Vec<NodeId> = starts.iter().map(|start| start.node).collect();
            nodes.dedup();
            let datasets = Datasets::of(resolved.project, &resolved.collected);
            let mut lines = Vec::new();
            for id in nodes {
                facet_line(&picture, &datasets, id, &mut lines);
            }
            String::from_utf8_lossy(&lines).into_owned()
        }
    })
}

/// The nodes whose SQL matters to one: those it is made of, and those made of it with what they are made of.
fn wanted(resolved: &Resolved<'_>, of: NodeId, args: &LineageArgs) -> Vec<NodeId> {
    let mut nodes = vec![of];
    if args.downstream || !args.upstream {
        nodes.extend(plan::reach(of, |node| resolved.graph.children[node].iter().copied(), |_| true));
    }
    let has_sql = |id: NodeId| matches!(resolved.project.node(id).kind, NodeKind::Model | NodeKind::Snapshot);
    emit::with_parents(&nodes, &resolved.graph, has_sql)
}

fn every_column(lineage: &Flow) -> Vec<ColumnRef> {
    let columns = |(id, node): (NodeId, &Option<flow::NodeColumns>)| {
        let count = node.as_ref().map_or(0, |node| node.columns.len()) as u32;
        (0..count).map(move |column| ColumnRef { node: id, column })
    };
    lineage.nodes.iter().flat_map(columns).collect()
}
