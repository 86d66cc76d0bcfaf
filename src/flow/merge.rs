//! Statements joined: the lineage of one statement becomes a node's, its tables the nodes that it reads.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Input;
use super::known::{Schema, schema};
use super::model::{
    ColumnRef, Compared, End, Flow, FlowEdge, Gap, GapReason, NodeColumn, NodeColumns, Outside, ShapeEnd,
};
use crate::diagnostic::Diagnostic;
use crate::lineage::{
    self, Catalog, CatalogColumn, CatalogColumns, From, Kind, Literal, Options, Origin, Reason, RelationKind,
    Role, StatementLineage, Trace,
};
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::render::{cte_name, inlining};
use crate::sql::fold;

/// What was read of one node, before its ends have places.
pub(super) struct Read {
    statement: Option<Statement>,
    opaque: Option<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Read {
    /// What is wrong with the statement.
    pub(super) fn take_diagnostics(&mut self) -> impl Iterator<Item = Diagnostic> + use<> {
        std::mem::take(&mut self.diagnostics).into_iter()
    }
}

/// A statement's lineage down to its tables.
struct Statement {
    columns: Vec<FarColumn>,
    shape: Vec<(Far, Role)>,
    gaps: Vec<Gap>,
    /// What is compared with a literal, and where that stands.
    comparisons: Vec<(Vec<Far>, Literal, Range<u32>)>,
}

/// A column, its name as the dialect compares it, and its edges.
struct FarColumn {
    column: NodeColumn,
    key: Box<str>,
    edges: Vec<(Far, Kind, Option<Box<str>>)>,
}

/// Where an edge begins, by name.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Far {
    /// A column of a node: its name as the dialect compares it, and as written.
    Column(NodeId, Box<str>, Box<str>),
    Outside(Outside),
    Gap(u32),
}

/// The columns of a node as its readers' catalogs have them; `None` if it may have others.
pub(super) fn readable(node: &NodeColumns) -> Option<Arc<CatalogColumns>> {
    let column = |column: &NodeColumn, key: &str| {
        let (data_type, nullable) = (column.data_type.clone(), column.nullable);
        (CatalogColumn { name: column.name.clone(), data_type, nullable }, key.into())
    };
    let all = node.columns.iter().zip(&node.keys);
    let columns = || CatalogColumns::of(all.map(|(it, key)| column(it, key)));
    (!node.is_open).then(|| Arc::new(columns()))
}

fn followed(lineage: &StatementLineage, places: &[Option<NodeId>]) -> Statement {
    let mut trace = Trace::new(lineage);
    let far = |from: From| match from {
        From::Unknown(id) => Far::Gap(id.0),
        From::Column(id) => {
            let column = lineage.column(id);
            let relation = lineage.relation(column.relation);
            let (key, name) = (lineage.text(lineage.key(id)), lineage.text(column.name));
            let node = relation.table.and_then(|at| places.get(at as usize));
            match node.copied().flatten().filter(|_| relation.kind == RelationKind::Table) {
                Some(node) => Far::Column(node, key.into(), name.into()),
                None => Far::Outside(Outside {
                    relation: lineage.dotted(&relation.name).into(),
                    column: name.into(),
                }),
            }
        }
    };
    let mut columns = Vec::new();
    for id in lineage.outputs() {
        let data = lineage.column(*id);
        let edges = trace.origins(*id);
        let edges = edges.iter().map(|origin: &Origin| {
            let path = origin.path.map(|path| lineage.text(path).into());
            (far(origin.from), origin.kind, path)
        });
        let edges = edges.collect();
        let column = NodeColumn {
            name: lineage.text(data.name).into(),
            is_star: data.is_star,
            is_unnamed: data.is_unnamed,
            is_found: false,
            kind: trace.kind(*id),
            edges: Vec::new(),
            span: data.span.clone(),
            data_type: data.data_type.clone(),
            nullable: data.nullable,
        };
        columns.push(FarColumn { column, key: lineage.text(lineage.key(*id)).into(), edges });
    }
    let shape = lineage.output.map(|output| trace.shape(output)).unwrap_or_default();
    let shape = shape.into_iter().map(|edge| (far(edge.from), edge.role)).collect();
    let gaps = lineage.unknowns.iter().map(|unknown| Gap {
        name: lineage.text(unknown.name).into(),
        reason: GapReason::Statement(unknown.reason),
        span: unknown.span.clone(),
    });
    let mut comparisons = Vec::new();
    for compared in &lineage.comparisons {
        let origins = trace.origins(compared.column);
        if origins.iter().all(|origin| origin.kind.keeps_value() && origin.path.is_none()) {
            let columns = origins.iter().map(|origin| far(origin.from)).collect();
            comparisons.push((columns, compared.literal.clone(), compared.span.clone()));
        }
    }
    Statement { columns, shape, gaps: gaps.collect(), comparisons }
}

/// Puts nodes together, in order.
pub(super) struct Merger<'a> {
    input: Input<'a>,
    flow: Flow,
    /// What readers see of the nodes that were added, where that is all.
    readable: NodeMap<Option<Arc<CatalogColumns>>>,
    outside: FxHashMap<Outside, u32>,
}

impl<'a> Merger<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        let count = input.project.nodes.len();
        let flow = Flow { nodes: NodeMap::new(vec![None; count]), outside: Vec::new() };
        Self { input, flow, readable: NodeMap::new(vec![None; count]), outside: FxHashMap::default() }
    }

    /// Follows the statement of a node, all of whose parents have been added.
    pub(super) fn read(&self, id: NodeId) -> Read {
        let input = self.input;
        let mut read = Read { statement: None, opaque: None, diagnostics: Vec::new() };
        if input.project.node(id).is_python {
            read.opaque = Some("it is a python model".to_owned());
            return read;
        }
        let Some(rendered) = input.rendered.nodes[id].as_ref() else { return read };
        if rendered.queries && !input.is_answered {
            read.opaque = Some("its macros ask the warehouse, and nobody answered".to_owned());
            return read;
        }
        let (catalog, places) = self.catalog(id);
        let statements = match input.memo {
            Some(memo) => memo.analyse(&rendered.sql, catalog),
            None => Arc::new(lineage::analyse(&rendered.sql, &catalog, Options::default())),
        };
        let Some(statement) = statements.last() else { return read };
        read.opaque = statement.opaque.as_ref().map(|opaque| opaque.reason.clone());
        let place = |range: &Range<u32>| rendered.source_map.origin(range.start as usize..range.end as usize);
        read.diagnostics = lineage::problems(statement, &place);
        if read.opaque.is_none() {
            read.statement = Some(followed(statement, &places));
        }
        read
    }

    /// What a node's statement can read: the relations of its parents. The second are the nodes by their places in
    /// it.
    fn catalog(&self, id: NodeId) -> (Catalog, Vec<Option<NodeId>>) {
        let input = self.input;
        let mut catalog = Catalog::new(input.project.target.dialect);
        let mut places: Vec<Option<NodeId>> = Vec::new();
        let mut note = |place: Option<u32>, parent: NodeId| {
            let Some(place) = place else { return };
            let count = places.len().max(place as usize + 1);
            places.resize(count, None);
            places[place as usize] = Some(parent);
        };
        for parent in input.graph.parents[id].iter().copied() {
            let Some(collected) = &input.collected.nodes[parent] else { continue };
            let Some(relation) = collected.relation.as_ref().or(collected.place.as_ref()) else { continue };
            let columns = &self.readable[parent];
            // A part that may be inlined can stand in the text under either name.
            let (is_inlined, may_be) = inlining(input.project, input.project.node(parent), collected);
            if let Some(identifier) = relation.identifier.as_ref().filter(|_| is_inlined || may_be) {
                note(catalog.add_parts(&[cte_name(identifier)], columns.clone()), parent);
            }
            let parts: Vec<String> = relation.parts().collect();
            note(catalog.add_parts(&parts, columns.clone()), parent);
        }
        (catalog, places)
    }

    /// Adds a node; all that it reads was added before.
    pub(super) fn add(&mut self, id: NodeId, read: Read) {
        let mut node = NodeColumns { opaque: read.opaque, ..NodeColumns::default() };
        if let Some(statement) = read.statement {
            node.gaps = statement.gaps;
            for FarColumn { mut column, key, edges } in statement.columns {
                column.edges = edges
                    .into_iter()
                    .map(|(far, kind, path)| FlowEdge { from: self.end(far), kind, path })
                    .collect();
                node.is_open |= column.is_star;
                node.push(column, key);
            }
            let mut shape: Vec<ShapeEnd> = statement
                .shape
                .into_iter()
                .map(|(far, role)| ShapeEnd { role, from: self.end(far) })
                .collect();
            shape.sort_unstable();
            shape.dedup();
            node.shape = shape;
            for (columns, literal, span) in statement.comparisons {
                let ends = columns.into_iter().map(|far| match self.end(far) {
                    End::Column(column) => Some(column),
                    End::Outside(_) | End::Gap(_) => None,
                });
                if let Some(columns) = ends.collect() {
                    node.comparisons.push(Compared { columns, literal, span });
                }
            }
            self.snapshot_columns(id, &mut node);
        } else {
            let dialect = self.input.project.target.dialect;
            let edges = node.opaque.as_ref().map(|_| FlowEdge {
                from: End::Gap(0),
                kind: Kind::Expression,
                path: None,
            });
            if node.opaque.is_some() {
                node.gaps.push(Gap { name: "*".into(), reason: GapReason::Opaque, span: None });
            }
            let Schema { columns, is_whole } = schema(self.input, id);
            for column in columns {
                let key = fold(dialect, &column.name, false).into();
                let data_type = column.data_type;
                let edges = edges.iter().cloned().collect();
                let made = NodeColumn { edges, data_type, ..NodeColumn::plain(column.name, Kind::Identity) };
                node.push(made, key);
            }
            node.is_open = !is_whole;
        }
        if !self.input.graph.children[id].is_empty() {
            self.readable[id] = readable(&node);
        }
        self.flow.nodes[id] = Some(node);
    }

    /// The columns that a snapshot has beside those of its query.
    fn snapshot_columns(&self, id: NodeId, node: &mut NodeColumns) {
        if self.input.project.node(id).kind != NodeKind::Snapshot {
            return;
        }
        let config = self.input.collected.nodes[id].as_ref().map(|it| &it.config);
        let has_deletes = config.and_then(|config| config.text("hard_deletes")) == Some("new_record");
        let dialect = self.input.project.target.dialect;
        let standard = ["dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted"];
        for name in &standard[..if has_deletes { 5 } else { 4 }] {
            let name = config.map_or(*name, |config| config.snapshot_column(name));
            let key: Box<str> = fold(dialect, name, false).into();
            if node.place(&key).is_none() {
                node.push(NodeColumn::plain(name.into(), Kind::Generated), key);
            }
        }
    }

    fn end(&mut self, far: Far) -> End {
        match far {
            Far::Gap(gap) => End::Gap(gap),
            Far::Column(node, key, name) => self.column(node, &key, &name),
            Far::Outside(outside) => {
                let next = self.flow.outside.len() as u32;
                let at = *self.outside.entry(outside.clone()).or_insert(next);
                if at == next {
                    self.flow.outside.push(outside);
                }
                End::Outside(at)
            }
        }
    }

    /// A column of a node that was added; one that is not known yet is found behind what is not known of the node.
    fn column(&mut self, id: NodeId, key: &str, name: &str) -> End {
        // Down through nodes that hand everything on, and up again with the places found.
        let mut path: Vec<NodeId> = Vec::new();
        let mut at = id;
        let mut below: Option<End> = None;
        let mut is_told = true;
        while let Some(node) = &self.flow.nodes[at] {
            if let Some(place) = node.place(key) {
                below = Some(End::Column(ColumnRef { node: at, column: place }));
                break;
            }
            path.push(at);
            match behind(node) {
                Behind::Nothing => break,
                Behind::Node(next) => at = next,
                Behind::Many => {
                    is_told = false;
                    break;
                }
            }
        }
        for at in path.iter().rev() {
            let Some(node) = &mut self.flow.nodes[*at] else { continue };
            if !std::mem::replace(&mut is_told, true) {
                let reason = if node.opaque.is_some() {
                    GapReason::Opaque
                } else {
                    GapReason::Statement(Reason::OpenStar)
                };
                node.gaps.push(Gap { name: name.into(), reason, span: None });
                below = Some(End::Gap(node.gaps.len() as u32 - 1));
            }
            let edge = |from| FlowEdge { from, kind: Kind::Identity, path: None };
            let column = NodeColumn {
                is_found: true,
                is_star: key == "*",
                edges: below.map(edge).into_iter().collect(),
                ..NodeColumn::plain(name.into(), Kind::Identity)
            };
            let place = node.push(column, key.into());
            below = Some(End::Column(ColumnRef { node: *at, column: place }));
        }
        below.unwrap_or_else(|| {
            // The node is broken: a table like any other.
            let relation = self.input.project.node(id).name.as_str().into();
            self.end(Far::Outside(Outside { relation, column: name.into() }))
        })
    }

    pub(super) fn finish(self) -> Flow {
        self.flow
    }
}

/// What a column that is not known of a node comes from.
enum Behind {
    /// The node reads nothing.
    Nothing,
    /// It hands on all columns of another one.
    Node(NodeId),
    /// It can't be told.
    Many,
}

fn behind(node: &NodeColumns) -> Behind {
    if node.opaque.is_some() {
        return Behind::Many;
    }
    let mut stars = node.columns.iter().filter(|column| column.is_star);
    match (stars.next(), stars.next()) {
        (None, _) => Behind::Nothing,
        (Some(star), None) => match star.edges.as_slice() {
            [FlowEdge { from: End::Column(below), kind: Kind::Identity, .. }] => Behind::Node(below.node),
            [] if star.is_found => Behind::Nothing,
            _ => Behind::Many,
        },
        _ => Behind::Many,
    }
}

impl NodeColumn {
    /// A column without edges.
    fn plain(name: Box<str>, kind: Kind) -> Self {
        Self {
            name,
            is_star: false,
            is_unnamed: false,
            is_found: false,
            kind,
            edges: Vec::new(),
            span: None,
            data_type: None,
            nullable: None,
        }
    }
}

impl NodeColumns {
    /// Adds a column. Where several have a name, the first is the one that is found by it.
    fn push(&mut self, column: NodeColumn, key: Box<str>) -> u32 {
        let place = self.columns.len() as u32;
        self.index.entry(key.clone()).or_insert(place);
        self.keys.push(key);
        self.columns.push(column);
        place
    }
}
