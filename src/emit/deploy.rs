//! Scripts that need nothing else: all parts of a target in order, or one part with all it is made of.

use std::fmt::Write as _;
use std::io;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde_json::Value;

use super::{Context, Inliner, Style, ddl, files, with_parents};
use crate::graph::Graph;
use crate::plan::Materialization;
use crate::project::{NodeId, NodeKind, Project};
use crate::sql::{Dialect, Relation};

/// So many parts' statements are held at a time.
const AT_ONCE: usize = 256;

/// Writes the ordered script that builds every enabled part of the target: `target/deploy/<target>.sql`.
///
/// It builds from nothing: incremental parts are built whole, snapshots are begun where there is none. Fails where
/// `out` does.
pub fn deploy(context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let target = &context.project.target;
    let inliner = Inliner::new(*context, Style::Plain);
    let built: Vec<NodeId> =
        context.graph.order.iter().copied().filter(|id| is_built(context, *id)).collect();
    let name = &context.project.root().name;
    writeln!(out, "-- {name}: all parts for target {} ({})", target.name, target.dialect.name())?;
    writeln!(out, "-- {} objects, in the order of their dependencies", built.len())?;
    for schema in schemas(context, &inliner, &built) {
        write!(out, "\n{}", files::script(target.dialect, &[schema]))?;
    }
    for (chunk, some) in built.chunks(AT_ONCE).enumerate() {
        let parts: Vec<String> = some.par_iter().map(|id| part(context, &inliner, *id)).collect();
        for (at, part) in parts.iter().enumerate() {
            write!(out, "\n-- {}. {part}", chunk * AT_ONCE + at + 1)?;
        }
    }
    let temps: Vec<&Relation> = built.iter().filter_map(|id| inliner.temp(*id)).collect();
    if !temps.is_empty() {
        out.write_all(b"\n-- temporary parts are no longer needed\n")?;
        let drops = temps.iter().rev().map(|temp| ddl::drop_temp_part(temp, ddl::Purpose::Tidy));
        out.write_all(files::script(target.dialect, &drops.collect::<Vec<_>>()).as_bytes())?;
    }
    Ok(())
}

/// One part as one statement that reads nothing but sources, seeds and snapshots.
///
/// Everything upstream must have been rendered: see [`with_upstream`].
pub fn standalone(context: &Context<'_>, id: NodeId) -> Option<String> {
    Some(Inliner::standalone(*context).compile(id)?.sql)
}

/// `nodes` and all parts that they are made of, sorted, each once.
pub fn with_upstream(nodes: &[NodeId], project: &Project, graph: &Graph) -> Vec<NodeId> {
    with_parents(nodes, graph, |parent| project.node(parent).kind == NodeKind::Model)
}

fn is_built(context: &Context<'_>, id: NodeId) -> bool {
    let decided = context.plan.materialization(id).is_some_and(|it| *it != Materialization::Inline);
    decided && !context.graph.broken[id]
}

/// One `create schema` for each schema that something is built in, in order of first use.
fn schemas(context: &Context<'_>, inliner: &Inliner<'_>, built: &[NodeId]) -> Vec<ddl::Statement> {
    let mut schemas: Vec<ddl::Statement> = Vec::new();
    for id in built {
        let own = context.collected.nodes[*id].as_ref().and_then(|it| it.relation.as_ref());
        let relation = inliner.temp(*id).or(own);
        if let Some(statement) = relation.and_then(ddl::create_schema)
            && !schemas.contains(&statement)
        {
            schemas.push(statement);
        }
    }
    schemas
}

/// A part's comment and statements.
fn part(context: &Context<'_>, inliner: &Inliner<'_>, id: NodeId) -> String {
    let node = context.project.node(id);
    let Some(decision) = &context.plan.decisions[id] else { return String::new() };
    let mut text = format!("{}: {} ({})\n", node.name, decision.materialization.name(), decision.reason.text);
    let _ = writeln!(text, "-- {}", node.path);
    if node.kind == NodeKind::Seed {
        text.push_str(&seed(context, id));
        return text;
    }
    let Some(compiled) = inliner.compile(id) else {
        text.push_str("-- has no SQL: see the diagnostics of `buhin compile`\n");
        return text;
    };
    let inlined: Vec<&str> =
        compiled.ctes.iter().map(|cte| context.project.node(cte.node).name.as_str()).collect();
    if !inlined.is_empty() {
        let _ = writeln!(text, "-- with {} inlined", inlined.join(", "));
    }
    let mut statements = files::statements(context, id, &compiled.sql);
    match &decision.materialization {
        Materialization::Temp => statements = temporary(context, inliner, id, &compiled.sql),
        Materialization::Incremental => text.push_str("-- built whole: `buhin run` adds to it\n"),
        Materialization::Snapshot => {
            text.push_str("-- begun if there is none: `buhin snapshot` keeps its history\n");
            statements = begin_snapshot(context, id, &compiled.sql);
        }
        Materialization::Custom(name)
            if context.project.target.dialect.own_materializations().contains(&name.as_str()) =>
        {
            text.push_str("-- its materialization is the adapter's own: dbt builds it\n");
        }
        Materialization::Custom(_) => {
            text.push_str("-- its materialization is the project's own: `buhin run` builds it\n");
        }
        _ => {}
    }
    let rendered = context.rendered.nodes[id].as_ref();
    let hooks = |hooks: &[crate::render::Hook]| {
        let sql = hooks.iter().map(|hook| at_home(context, inliner, id, hook.sql.trim()));
        sql.map(|sql| ddl::Statement::new(ddl::Purpose::Hook, sql)).collect::<Vec<_>>()
    };
    let mut all = rendered.map(|it| hooks(&it.pre_hooks)).unwrap_or_default();
    all.append(&mut statements);
    all.extend(rendered.map(|it| hooks(&it.post_hooks)).unwrap_or_default());
    text.push_str(&files::script(context.project.target.dialect, &all));
    text
}

/// A part that only this script needs.
fn temporary(context: &Context<'_>, inliner: &Inliner<'_>, id: NodeId, sql: &str) -> Vec<ddl::Statement> {
    let node = context.project.node(id);
    let (Some(collected), Some(temp)) = (&context.collected.nodes[id], inliner.temp(id)) else {
        return Vec::new();
    };
    let Some(relation) = &collected.relation else { return Vec::new() };
    let config = &collected.config;
    let build = ddl::Build { name: &node.name, at: node.span, relation, sql, config, existing: None };
    ddl::temp_part(&build, temp)
}

/// A hook's SQL; that of a temporary part names the table that the script makes.
fn at_home(context: &Context<'_>, inliner: &Inliner<'_>, id: NodeId, sql: &str) -> String {
    let relation = context.collected.nodes[id].as_ref().and_then(|it| it.relation.as_ref());
    match (inliner.temp(id), relation) {
        (Some(temp), Some(relation)) => sql.replace(&relation.render(), &temp.render()),
        _ => sql.to_owned(),
    }
}

fn begin_snapshot(context: &Context<'_>, id: NodeId, sql: &str) -> Vec<ddl::Statement> {
    let node = context.project.node(id);
    let Some(collected) = &context.collected.nodes[id] else { return Vec::new() };
    let Some(relation) = &collected.relation else { return Vec::new() };
    let config = &collected.config;
    let build = ddl::Build { name: &node.name, at: node.span, relation, sql, config, existing: None };
    let Ok(snapshot) = ddl::Snapshot::of(&build) else { return Vec::new() };
    let first =
        ddl::snapshot_first(&build, &snapshot).into_iter().find(|it| it.purpose == ddl::Purpose::Main);
    let aside = ddl::aside(relation).render();
    first
        .map(|statement| {
            let from = format!("create table {aside}");
            let to = format!("create table if not exists {}", relation.render());
            ddl::Statement::new(ddl::Purpose::Main, statement.sql.replacen(&from, &to, 1))
        })
        .into_iter()
        .collect()
}

/// A seed: DuckDB reads the file itself, elsewhere it has to be loaded first.
fn seed(context: &Context<'_>, id: NodeId) -> String {
    let node = context.project.node(id);
    let collected = context.collected.nodes[id].as_ref();
    let (Some(relation), Some(collected)) = (collected.and_then(|it| it.relation.as_ref()), collected) else {
        return String::new();
    };
    if relation.dialect != Dialect::DuckDb {
        return format!("-- load it first: `buhin seed --select {}`\n", node.name);
    }
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let folder =
        context.project.packages.iter().find(|it| it.name == node.package).map(|it| it.folder.as_path());
    let path = folder.map_or_else(|| node.path.clone(), |folder| folder.join(&node.path));
    let mut options = String::from("header = true");
    if let Some(delimiter) = collected.config.text("delimiter") {
        let _ = write!(options, ", delim = {}", literal(delimiter));
    }
    if let Some(Value::Object(types)) = collected.config.get("column_types")
        && !types.is_empty()
    {
        let types = types.iter().filter_map(|(name, kind)| Some((name, kind.as_str()?)));
        let types = types.map(|(name, kind)| format!("{}: {}", literal(name), literal(kind)));
        let _ = write!(options, ", types = {{{}}}", types.collect::<Vec<_>>().join(", "));
    }
    let name = Relation::render(relation);
    format!(
        "create or replace table {name} as\nselect * from read_csv({}, {options});\n",
        literal(path.as_str())
    )
}
