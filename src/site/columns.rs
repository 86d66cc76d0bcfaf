//! Columns as pages show them: those that lineage knows, then those that only property files or the catalog name.

use std::borrow::Cow;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::FxHashMap;

use super::Input;
use super::entities::Entities;
use super::facts::ColumnFact;
use crate::flow::{CodeList, ColumnRef, DictionaryColumn, End, NodeColumn};
use crate::lineage::{Kind, Literal, Role};
use crate::project::{ColumnProperties, NodeId};

/// A column of an entity, by its number and the column's place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) n: u32,
    pub(super) index: u32,
}

/// One column.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    /// What lineage knows.
    pub(super) flow: Option<&'a NodeColumn>,
    /// What its author says.
    pub(super) properties: Option<&'a ColumnProperties>,
    /// What the warehouse says.
    pub(super) fact: Option<&'a ColumnFact>,
    /// What it means, as its author wrote it or as it was written of a column that it is a copy of.
    pub(super) description: &'a str,
    /// Where that was written, if not here.
    pub(super) inherited: Option<At>,
    /// Its codes.
    pub(super) codes: Option<&'a CodeList>,
}

impl<'a> Column<'a> {
    /// Its codes, and what they mean.
    pub(super) fn codes(&self) -> impl Iterator<Item = (Cow<'a, str>, Option<&'a str>)> + use<'a> {
        let codes = self.codes.map_or(&[][..], |list| &list.codes);
        codes.iter().map(|code| (word(&code.code), code.meaning.as_deref()))
    }

    /// `meta.label`: its name for people.
    pub(super) fn label(&self) -> Option<&'a str> {
        self.properties?.meta.get("label")?.as_str().filter(|label| !label.is_empty())
    }

    /// Its type: the warehouse's word, else what follows from the statement, else the author's.
    pub(super) fn data_type(&self) -> Option<&'a str> {
        let fact = self.fact.and_then(|fact| fact.data_type.as_deref());
        let flow = || self.flow.and_then(|flow| flow.data_type.as_deref());
        fact.or_else(flow).or_else(|| self.properties?.data_type.as_deref())
    }
}

/// A code as people write it.
fn word(code: &Literal) -> Cow<'_, str> {
    match code {
        Literal::Number(text) | Literal::Text(text) => Cow::Borrowed(text),
        Literal::Bool(true) => "true".into(),
        Literal::Bool(false) => "false".into(),
    }
}

/// The columns of all entities.
pub(super) struct Columns<'a> {
    by_entity: Vec<Vec<Column<'a>>>,
    /// For each entity, from a place in lineage to one here; stars have none.
    places: Vec<Vec<Option<u32>>>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(input: Input<'a>, entities: &Entities) -> Self {
        let listed: Vec<(Vec<Column<'a>>, Vec<Option<u32>>)> =
            entities.nodes.clone().into_par_iter().map(|id| list(input, id)).collect();
        let (mut by_entity, places): (Vec<_>, Vec<_>) = listed.into_iter().unzip();
        let at = |at: ColumnRef| {
            let n = entities.number(at.node)?;
            Some(At { n, index: (*places[n as usize].get(at.column as usize)?)? })
        };
        let mut entries = input.dictionary;
        for (n, columns) in by_entity.iter_mut().enumerate() {
            // Both are in the order of nodes.
            let id = entities.id(n as u32);
            let start = entries.partition_point(|entry| entry.node < id);
            let end = entries.partition_point(|entry| entry.node <= id);
            describe(&entries[start..end], columns, at);
            entries = &entries[end..];
        }
        Self { by_entity, places }
    }

    /// The columns of one entity.
    pub(super) fn of_entity(&self, n: u32) -> &[Column<'a>] {
        &self.by_entity[n as usize]
    }

    pub(super) fn get(&self, at: At) -> &Column<'a> {
        &self.by_entity[at.n as usize][at.index as usize]
    }

    /// All, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (At, &Column<'a>)> {
        self.by_entity.iter().enumerate().flat_map(|(n, columns)| {
            let at = move |index: usize| At { n: n as u32, index: index as u32 };
            columns.iter().enumerate().map(move |(index, column)| (at(index), column))
        })
    }

    pub(super) fn count(&self) -> usize {
        self.by_entity.iter().map(Vec::len).sum()
    }

    /// A column of lineage.
    pub(super) fn at(&self, entities: &Entities, at: ColumnRef) -> Option<At> {
        let n = entities.number(at.node)?;
        Some(At { n, index: (*self.places[n as usize].get(at.column as usize)?)? })
    }
}

fn list<'a>(input: Input<'a>, id: NodeId) -> (Vec<Column<'a>>, Vec<Option<u32>>) {
    let node = input.project.node(id);
    let facts = input.facts.table(&node.unique_id).map_or(&[][..], |table| &table.columns);
    let facts_by: FxHashMap<String, &ColumnFact> =
        facts.iter().map(|fact| (fact.name.to_lowercase(), fact)).collect();
    let mut properties: FxHashMap<String, &ColumnProperties> =
        node.columns.values().rev().map(|column| (column.name.to_lowercase(), column)).collect();
    let mut columns: Vec<Column<'a>> = Vec::new();
    let mut places = Vec::new();
    let known = input.flow.nodes[id].iter().flat_map(|flow| &flow.columns);
    for column in known {
        if column.is_star {
            places.push(None);
            continue;
        }
        places.push(Some(columns.len() as u32));
        let key = column.name.to_lowercase();
        columns.push(Column {
            name: &column.name,
            flow: Some(column),
            properties: properties.remove(&key),
            fact: facts_by.get(&key).copied(),
            description: "",
            inherited: None,
            codes: None,
        });
    }
    let new = |name| Column {
        name,
        flow: None,
        properties: None,
        fact: None,
        description: "",
        inherited: None,
        codes: None,
    };
    let seen: rustc_hash::FxHashSet<String> =
        columns.iter().map(|column| column.name.to_lowercase()).collect();
    for own in node.columns.values() {
        let key = own.name.to_lowercase();
        if properties.remove(&key).is_some() {
            let fact = facts_by.get(&key).copied();
            columns.push(Column { properties: Some(own), fact, ..new(&own.name) });
        }
    }
    for fact in facts {
        let key = fact.name.to_lowercase();
        let is_named = seen.contains(&key) || node.columns.values().any(|own| own.name.to_lowercase() == key);
        if !is_named {
            columns.push(Column { fact: Some(fact), ..new(&fact.name) });
        }
    }
    (columns, places)
}

/// Fills in what columns mean; what only the warehouse knows has its comment.
fn describe<'a>(
    entries: &'a [DictionaryColumn<'a>],
    columns: &mut [Column<'a>],
    at: impl Fn(ColumnRef) -> Option<At>,
) {
    let mut entries = entries.iter().peekable();
    for column in columns {
        if let Some(entry) = entries.next_if(|entry| *entry.name == *column.name) {
            column.description = entry.description;
            column.inherited = entry.described_at.and_then(&at);
            column.codes = entry.codes.as_ref();
        }
        if column.description.is_empty() {
            column.description = column.fact.and_then(|fact| fact.comment.as_deref()).unwrap_or_default();
        }
    }
}

/// Who reads which column.
pub(super) struct Readers {
    values: Vec<Vec<Reader>>,
    shapes: Vec<Vec<ShapeReader>>,
}

/// A column that is made of one of this entity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reader {
    /// Which of ours.
    pub(super) index: u32,
    pub(super) to: At,
    pub(super) kind: Kind,
}

/// An entity whose rows a column of this one decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ShapeReader {
    /// Which of ours.
    pub(super) index: u32,
    pub(super) n: u32,
    pub(super) role: Role,
}

impl Readers {
    pub(super) fn of(input: Input<'_>, entities: &Entities, columns: &Columns<'_>) -> Self {
        let mut values: Vec<Vec<Reader>> = (0..entities.len()).map(|_| Vec::new()).collect();
        let mut shapes: Vec<Vec<ShapeReader>> = (0..entities.len()).map(|_| Vec::new()).collect();
        for (to, column) in columns.iter() {
            for edge in column.flow.iter().flat_map(|flow| &flow.edges) {
                let End::Column(from) = edge.from else { continue };
                if let Some(from) = columns.at(entities, from) {
                    values[from.n as usize].push(Reader { index: from.index, to, kind: edge.kind });
                }
            }
        }
        for (n, id) in entities.nodes.iter().enumerate() {
            for shape in input.flow.nodes[*id].iter().flat_map(|flow| &flow.shape) {
                let End::Column(from) = shape.from else { continue };
                if let Some(from) = columns.at(entities, from) {
                    let reader = ShapeReader { index: from.index, n: n as u32, role: shape.role };
                    shapes[from.n as usize].push(reader);
                }
            }
        }
        for readers in &mut values {
            readers.sort_unstable();
            readers.dedup();
        }
        for readers in &mut shapes {
            readers.sort_unstable();
            readers.dedup();
        }
        Self { values, shapes }
    }

    /// What is made of one column.
    pub(super) fn of_column(&self, at: At) -> &[Reader] {
        let all = &self.values[at.n as usize];
        let start = all.partition_point(|reader| reader.index < at.index);
        let end = all.partition_point(|reader| reader.index <= at.index);
        &all[start..end]
    }

    /// Whose rows an entity's columns decide.
    pub(super) fn shapes(&self, n: u32) -> &[ShapeReader] {
        &self.shapes[n as usize]
    }
}
