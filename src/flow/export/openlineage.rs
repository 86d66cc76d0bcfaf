//! Lineage as OpenLineage's column-lineage facet, a dataset a line.
//!
//! Form: `ColumnLineageDatasetFacet` 1-2-0 of the OpenLineage specification. What is `false` or empty there when it is
//! absent is left out.

use std::borrow::Cow;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use super::picture::Picture;
use crate::flow::{ColumnRef, End};
use crate::lineage::{Kind, Role};
use crate::project::{NodeId, NodeMap, Project};
use crate::render::Collected;

const SCHEMA: &str = "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json";
const PRODUCER: &str = concat!("https://github.com/buhin/buhin/tree/v", env!("CARGO_PKG_VERSION"));

/// What OpenLineage calls the project's nodes: a namespace, and each one's full name in the warehouse.
pub struct Datasets {
    namespace: String,
    names: NodeMap<String>,
}

impl Datasets {
    /// The names of all nodes; one that is nowhere in the warehouse has its own.
    pub fn of(project: &Project, collected: &Collected) -> Self {
        let name = |id: NodeId| {
            let collected = collected.nodes[id].as_ref();
            let relation = collected.and_then(|it| it.relation.as_ref().or(it.place.as_ref()));
            let Some(relation) = relation else { return project.node(id).name.clone() };
            let parts = [&relation.database, &relation.schema, &relation.identifier];
            parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".")
        };
        let namespace = format!("{}://{}", project.target.adapter, project.target.name);
        Self { namespace, names: NodeMap::new(project.nodes().map(|(id, _)| name(id)).collect()) }
    }
}

#[derive(Serialize)]
struct Dataset<'a> {
    namespace: &'a str,
    name: &'a str,
    facets: Facets<'a>,
}

#[derive(Serialize)]
struct Facets<'a> {
    #[serde(rename = "columnLineage")]
    column_lineage: Facet<'a>,
}

#[derive(Serialize)]
struct Facet<'a> {
    #[serde(rename = "_producer")]
    producer: &'static str,
    #[serde(rename = "_schemaURL")]
    schema: &'static str,
    fields: IndexMap<&'a str, Field<'a>, FxBuildHasher>,
    dataset: Vec<Input<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    #[serde(rename = "inputFields")]
    inputs: Vec<Input<'a>>,
}

#[derive(Serialize)]
struct Input<'a> {
    namespace: &'a str,
    name: Cow<'a, str>,
    field: &'a str,
    transformations: [Transformation<'a>; 1],
}

#[derive(Serialize)]
struct Transformation<'a> {
    #[serde(rename = "type")]
    class: &'static str,
    subtype: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
}

/// Adds one node's facet as a line of JSON; nothing for a node without columns of its own making.
pub fn facet_line(picture: &Picture<'_>, datasets: &Datasets, id: NodeId, out: &mut Vec<u8>) {
    let Some(node) = picture.lineage.nodes[id].as_ref() else { return };
    let input = |end: End, transformation| {
        let name = match end {
            End::Gap(_) => return None,
            End::Column(ColumnRef { node, .. }) => Cow::Borrowed(datasets.names[node].as_str()),
            End::Outside(_) => picture.look(id, end).name,
        };
        let field = picture.look(id, end).column;
        Some(Input { namespace: &datasets.namespace, name, field, transformations: [transformation] })
    };
    let mut fields: IndexMap<&str, Field<'_>, FxBuildHasher> = IndexMap::default();
    for (place, column) in node.columns.iter().enumerate().filter(|(_, column)| !column.is_star) {
        let description = picture.text(ColumnRef { node: id, column: place as u32 }).unwrap_or_default();
        let inputs = column.edges.iter().filter_map(|edge| input(edge.from, direct(edge.kind, description)));
        let inputs: Vec<Input<'_>> = inputs.collect();
        if !inputs.is_empty() {
            fields.insert(&column.name, Field { inputs });
        }
    }
    let deciding = node.shape.iter().filter_map(|shape| input(shape.from, indirect(shape.role)));
    let deciding: Vec<Input<'_>> = deciding.collect();
    if fields.is_empty() && deciding.is_empty() {
        return;
    }
    let facet = Facet { producer: PRODUCER, schema: SCHEMA, fields, dataset: deciding };
    let facets = Facets { column_lineage: facet };
    let line = Dataset { namespace: &datasets.namespace, name: &datasets.names[id], facets };
    super::push_line(out, &line);
}

fn direct(kind: Kind, description: &str) -> Transformation<'_> {
    let subtype = match kind {
        Kind::Identity | Kind::Rename => "IDENTITY",
        Kind::Aggregate => "AGGREGATION",
        _ => "TRANSFORMATION",
    };
    Transformation { class: "DIRECT", subtype, description }
}

fn indirect(role: Role) -> Transformation<'static> {
    let subtype = match role {
        Role::Filter | Role::Distinct | Role::SetOperation => "FILTER",
        Role::JoinKey => "JOIN",
        Role::Group | Role::Pivot => "GROUP_BY",
        Role::Order => "SORT",
        Role::Partition => "WINDOW",
    };
    Transformation { class: "INDIRECT", subtype, description: role.name() }
}
