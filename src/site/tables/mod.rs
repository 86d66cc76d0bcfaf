//! The project as four tables for SQL: parts, columns, edges and statements, each a Parquet file.

mod parquet;
mod thrift;

use std::io;

use parquet::Kind::{Bool, Int, Text};
use parquet::{Cell, Field, Writer};
use serde_json::json;

use super::columns::At;
use super::{Site, entities, people, text};
use crate::flow::End;
use crate::plan::problem::Measure;

/// A table: its place in [`TABLES`].
pub(super) struct Table {
    /// Where its file stands.
    pub(super) path: &'static str,
    pub(super) write: fn(&Site<'_>, &mut dyn io::Write) -> io::Result<()>,
}

/// All of them.
pub(super) const TABLES: &[Table] = &[
    Table { path: "tables/parts.parquet", write: parts },
    Table { path: "tables/columns.parquet", write: columns },
    Table { path: "tables/edges.parquet", write: edges },
    Table { path: "tables/statements.parquet", write: statements },
];

/// Whatever has a page: a row each.
fn parts(site: &Site<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let fields: [Field; 22] = [
        ("unique_id", Text),
        ("name", Text),
        ("label", Text),
        ("kind", Text),
        ("package", Text),
        ("folder", Text),
        ("file", Text),
        ("database", Text),
        ("schema", Text),
        ("identifier", Text),
        ("materialized", Text),
        ("reason", Text),
        ("is_chosen", Bool),
        ("owner", Text),
        ("group", Text),
        ("tags", Text),
        ("description", Text),
        ("columns", Int),
        ("tests", Int),
        ("parents", Int),
        ("children", Int),
        ("rows", Int),
    ];
    let mut writer = Writer::new(fields.to_vec(), out)?;
    let input = site.input;
    for (n, id, node) in site.entities.iter(input.project) {
        let collected = input.collected.nodes[id].as_ref();
        let relation = collected.and_then(|collected| collected.relation.as_ref());
        let decision = input.plan.decisions[id].as_ref();
        let has_page = |nodes: &[_]| nodes.iter().filter(|id| site.entities.number(**id).is_some()).count();
        let materialized = decision.map(|decision| decision.materialization.name());
        writer.row(&[
            node.unique_id.as_str().into(),
            entities::name(node).into(),
            Cell::text(people::label(input, id)),
            node.kind.resource_type().into(),
            node.package.as_str().into(),
            entities::folder(input.project, node).into(),
            input.project.files.path(node.span.file).as_str().into(),
            Cell::text(relation.and_then(|it| it.database.as_deref())),
            Cell::text(relation.and_then(|it| it.schema.as_deref())),
            Cell::text(relation.and_then(|it| it.identifier.as_deref())),
            Cell::text(materialized),
            Cell::text(decision.map(|decision| decision.reason.text.as_str())),
            decision.map_or(Cell::Null, |decision| Cell::Bool(decision.auto)),
            Cell::text(site.people.owner(n).map(|owner| owner.name)),
            Cell::text(people::group(input, id)),
            json!(people::tags(input, id)).to_string().into(),
            said(&node.description),
            Cell::count(site.columns.of_entity(n).len()),
            Cell::count(site.tests[n as usize].len()),
            Cell::count(has_page(&input.graph.parents[id])),
            Cell::count(has_page(&input.graph.children[id])),
            input.facts.rows(&node.unique_id).map_or(Cell::Null, Cell::count),
        ])?;
    }
    writer.finish()
}

/// A row a column.
fn columns(site: &Site<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let fields: [Field; 13] = [
        ("unique_id", Text),
        ("column", Text),
        ("position", Int),
        ("label", Text),
        ("type", Text),
        ("nullable", Bool),
        ("description", Text),
        ("inherited_from", Text),
        ("inherited_column", Text),
        ("codes", Text),
        ("tests", Text),
        ("made_by", Text),
        ("expression", Text),
    ];
    let mut writer = Writer::new(fields.to_vec(), out)?;
    for (At { n, index }, column) in site.columns.iter() {
        let id = site.entities.id(n);
        let inherited = column.inherited.map(|at| (unique_id(site, at.n), site.columns.get(at).name));
        let tests = site.tests[n as usize].iter().filter(|test| test.column == Some(index));
        let tests: Vec<&str> = tests.map(|test| test.says.as_str()).collect();
        let codes: serde_json::Map<String, serde_json::Value> =
            column.codes().map(|(code, meaning)| (code.into_owned(), json!(meaning))).collect();
        let span = column.flow.and_then(|flow| flow.span.clone());
        let expression = span.and_then(|span| {
            let sql = &site.input.rendered.nodes[id].as_ref()?.sql;
            sql.get(span.start as usize..span.end as usize)
        });
        writer.row(&[
            unique_id(site, n).into(),
            column.name.into(),
            Cell::count(index + 1),
            Cell::text(column.label()),
            Cell::text(column.data_type()),
            column.flow.and_then(|flow| flow.nullable).map_or(Cell::Null, Cell::Bool),
            said(column.description),
            Cell::text(inherited.map(|(of, _)| of)),
            Cell::text(inherited.map(|(_, name)| name)),
            if codes.is_empty() { Cell::Null } else { json!(codes).to_string().into() },
            if tests.is_empty() { Cell::Null } else { json!(tests).to_string().into() },
            Cell::text(column.flow.map(|flow| flow.kind.name())),
            Cell::text(expression),
        ])?;
    }
    writer.finish()
}

/// A row an edge: between parts, between columns by values, and from a column to a part whose rows it decides.
fn edges(site: &Site<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let fields: [Field; 6] = [
        ("class", Text),
        ("kind", Text),
        ("from_id", Text),
        ("from_column", Text),
        ("to_id", Text),
        ("to_column", Text),
    ];
    let mut writer = Writer::new(fields.to_vec(), out)?;
    let input = site.input;
    for (n, id, node) in site.entities.iter(input.project) {
        let own = || Cell::from(node.unique_id.as_str());
        for parent in input.graph.parents[id].iter().filter(|id| site.entities.number(**id).is_some()) {
            let parent = input.project.node(*parent).unique_id.as_str();
            writer.row(&["part".into(), "ref".into(), parent.into(), Cell::Null, own(), Cell::Null])?;
        }
        for column in site.columns.of_entity(n) {
            for edge in column.flow.iter().flat_map(|flow| &flow.edges) {
                let Some([from, name]) = beginning(site, edge.from) else { continue };
                let (kind, to) = (edge.kind.name().into(), column.name.into());
                writer.row(&["value".into(), kind, from, name, own(), to])?;
            }
        }
        for shape in input.flow.nodes[id].iter().flat_map(|flow| &flow.shape) {
            let Some([from, name]) = beginning(site, shape.from) else { continue };
            writer.row(&["shape".into(), shape.role.name().into(), from, name, own(), Cell::Null])?;
        }
    }
    writer.finish()
}

/// A row a statement: its SQL, with inlined parts put in, and what the planner measures of it.
fn statements(site: &Site<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut fields: Vec<Field> = vec![("unique_id", Text), ("sql", Text), ("characters", Int)];
    fields.extend(Measure::ALL.map(|measure| (measure.name(), Int)));
    let mut writer = Writer::new(fields, out)?;
    let input = site.input;
    for (_, id, node) in site.entities.iter(input.project) {
        let Some(compiled) = input.compiled[id].as_ref().filter(|_| !node.is_python) else { continue };
        let load = input.statements.and_then(|statements| statements.loads[id]);
        let mut row: Vec<Cell<'_>> = vec![
            node.unique_id.as_str().into(),
            compiled.sql.as_str().into(),
            Cell::count(compiled.sql.chars().count()),
        ];
        let measured = |measure| load.map_or(Cell::Null, |load| Cell::count(load[measure]));
        row.extend(Measure::ALL.map(measured));
        writer.row(&row)?;
    }
    writer.finish()
}

fn unique_id<'a>(site: &Site<'a>, n: u32) -> &'a str {
    &site.input.project.node(site.entities.id(n)).unique_id
}

/// A description as authors wrote it; nothing if it is empty.
fn said(description: &str) -> Cell<'_> {
    if description.is_empty() { Cell::Null } else { text::visible(description).into() }
}

/// What an edge begins at and the column: a node's unique id, or the name of a relation that is none; `None` for what
/// could not be told.
fn beginning<'a>(site: &Site<'a>, end: End) -> Option<[Cell<'a>; 2]> {
    match end {
        End::Column(from) => {
            let column = site.input.flow.column(from)?;
            let node = site.input.project.node(from.node);
            Some([node.unique_id.as_str().into(), (&*column.name).into()])
        }
        End::Outside(at) => {
            let outside = &site.input.flow.outside[at as usize];
            Some([(&*outside.relation).into(), (&*outside.column).into()])
        }
        End::Gap(_) => None,
    }
}
