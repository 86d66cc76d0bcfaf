//! The relations and columns that are made while a statement is read, and how a column is looked up in one.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Analyser;
use crate::lineage::catalog::CatalogColumns;
use crate::lineage::kind::Kind;
use crate::lineage::model::{
    Column, ColumnId, Edge, From, Reason, Relation, RelationId, RelationKind, ShapeEdge, Unknown, UnknownId,
};
use crate::lineage::names::Sym;

/// From so many columns on, a relation has an index of their names.
const INDEXED: usize = 12;

/// What is known of a relation beside what its reader sees.
#[derive(Default)]
pub(super) struct State {
    /// Its columns, where the catalog or an earlier statement has them all.
    pub(super) known: Option<Arc<CatalogColumns>>,
    /// Which of those have been made.
    made: FxHashMap<u32, ColumnId>,
    /// Where a name that is not among the columns is looked up: one for each `*` of unknown columns.
    pub(super) through: Vec<Through>,
    /// For a set operation with a `*`: its other branches.
    pub(super) others: Vec<RelationId>,
    /// For an array as rows: any name is a field of what these give.
    pub(super) element: Option<Box<[Edge]>>,
    /// True if such a name is that of a value, and no field.
    pub(super) is_pivoted: bool,
    /// What was asked of the stars.
    asked: FxHashMap<Sym, Has>,
    columns: Index,
    found: Index,
}

/// Columns of a list by their names, made when it is asked: the first of each, and whether there are more.
#[derive(Default)]
struct Index {
    by_key: FxHashMap<Sym, (ColumnId, bool)>,
    /// So many of the list are in it.
    length: usize,
}

impl Index {
    fn get(&mut self, list: &[ColumnId], columns: &[Column], key: Sym) -> Option<(ColumnId, bool)> {
        let matching = |id: &&ColumnId| {
            let column = &columns[id.0 as usize];
            column.key == key && !column.is_star
        };
        if list.len() < INDEXED {
            let mut all = list.iter().filter(matching);
            return all.next().map(|first| (*first, all.next().is_some()));
        }
        for id in list.iter().skip(self.length) {
            let column = &columns[id.0 as usize];
            if !column.is_star {
                let entry = self.by_key.entry(column.key);
                entry.and_modify(|(_, has_more)| *has_more = true).or_insert((*id, false));
            }
        }
        self.length = list.len();
        self.by_key.get(&key).copied()
    }
}

/// A `*` over a relation whose columns are not known.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Through {
    /// The relation.
    pub(super) relation: RelationId,
    /// Names that are left out, or stand beside the star as columns of their own.
    pub(super) except: Box<[Sym]>,
}

/// Which of the columns that are made has a name.
enum Own {
    One(ColumnId),
    Several,
    None,
}

/// Whether a relation has a column of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Has {
    /// It has one.
    Yes,
    /// It has several.
    Several,
    /// Its columns are not all known.
    Maybe,
    /// It is an array whose elements may have such a field.
    Field,
    /// It has none.
    No,
}

impl Analyser<'_, '_> {
    /// A relation without columns.
    pub(super) fn relation(&mut self, kind: RelationKind, name: Vec<Sym>) -> RelationId {
        let id = RelationId(self.relations.len() as u32);
        self.relations.push(Relation {
            kind,
            name,
            columns: Vec::new(),
            found: Vec::new(),
            inputs: Vec::new(),
            shape: Vec::new(),
            is_open: false,
            table: None,
        });
        self.states.push(State::default());
        id
    }

    /// A relation that can still be changed.
    pub(super) fn rel(&mut self, id: RelationId) -> &mut Relation {
        &mut self.relations[id.0 as usize]
    }

    /// What is known beside.
    pub(super) fn state(&mut self, id: RelationId) -> &mut State {
        &mut self.states[id.0 as usize]
    }

    /// A column's data.
    pub(super) fn col(&self, id: ColumnId) -> &Column {
        &self.columns[id.0 as usize]
    }

    /// A column that is not yet in its relation's list.
    pub(super) fn loose(&mut self, relation: RelationId, name: Sym, key: Sym, edges: &[Edge]) -> ColumnId {
        self.step();
        let id = ColumnId(self.columns.len() as u32);
        let kind = edges.iter().map(|edge| edge.kind).max().unwrap_or(Kind::Constant);
        let edges = self.edge_range(edges);
        self.columns.push(Column {
            relation,
            name,
            key,
            is_star: false,
            is_unnamed: false,
            kind,
            edges,
            span: None,
            data_type: None,
            nullable: None,
        });
        id
    }

    fn edge_range(&mut self, edges: &[Edge]) -> Range<u32> {
        let start = self.edges.len() as u32;
        self.edges.extend_from_slice(edges);
        start..self.edges.len() as u32
    }

    /// A column at the end of its relation.
    pub(super) fn add(&mut self, relation: RelationId, name: Sym, key: Sym, edges: &[Edge]) -> ColumnId {
        let id = self.loose(relation, name, key, edges);
        self.rel(relation).columns.push(id);
        id
    }

    /// A column that is another one, under a name that may differ.
    pub(super) fn copy(&mut self, relation: RelationId, name: Sym, key: Sym, from: ColumnId) -> ColumnId {
        let source = self.col(from);
        let kind = if source.key == key { Kind::Identity } else { Kind::Rename };
        let (data_type, nullable) = (source.data_type.clone(), source.nullable);
        let id = self.add(relation, name, key, &[edge(from, kind)]);
        let column = &mut self.columns[id.0 as usize];
        (column.data_type, column.nullable) = (data_type, nullable);
        id
    }

    /// A column's value edges.
    pub(super) fn value_edges_of(&self, column: ColumnId) -> Vec<Edge> {
        let range = &self.col(column).edges;
        self.edges[range.start as usize..range.end as usize].to_vec()
    }

    /// Gives a column its edges after it was made.
    pub(super) fn set_edges(&mut self, id: ColumnId, edges: &[Edge]) {
        let range = self.edge_range(edges);
        let kind = edges.iter().map(|edge| edge.kind).max().unwrap_or(Kind::Constant);
        let column = &mut self.columns[id.0 as usize];
        column.edges = range;
        column.kind = column.kind.max(kind);
    }

    /// A star column at the end of a relation, over all unknown columns of `over`.
    pub(super) fn add_star(&mut self, relation: RelationId, over: RelationId, except: &[Sym]) -> ColumnId {
        let edges = Self::edges_from(&self.stars_of(over), Kind::Identity);
        self.push_star(relation, &edges, over, except)
    }

    /// A star column at the end of a relation that is another star.
    pub(super) fn copy_star(&mut self, relation: RelationId, star: ColumnId, except: &[Sym]) -> ColumnId {
        let over = self.col(star).relation;
        self.push_star(relation, &[edge(star, Kind::Identity)], over, except)
    }

    /// A star over the fields of something whose fields are not known: any name is one of them.
    pub(super) fn star_of_edges(&mut self, relation: RelationId, edges: &[Edge], except: &[Sym]) {
        let fields = self.relation(RelationKind::Unnest, Vec::new());
        self.state(fields).is_pivoted = self.relations[relation.0 as usize].kind == RelationKind::Pivot;
        self.rel(fields).is_open = true;
        self.state(fields).element = Some(edges.into());
        self.push_star(relation, edges, fields, except);
    }

    fn push_star(
        &mut self,
        relation: RelationId,
        edges: &[Edge],
        over: RelationId,
        except: &[Sym],
    ) -> ColumnId {
        let id = self.add(relation, self.star, self.star, edges);
        self.columns[id.0 as usize].is_star = true;
        self.rel(relation).is_open = true;
        // A relation with several stars is still one place to look a name up.
        let through = Through { relation: over, except: except.into() };
        let known = &mut self.state(relation).through;
        if !known.contains(&through) {
            known.push(through);
        }
        id
    }

    /// The columns that stand for a relation's unknown columns.
    pub(super) fn stars_of(&mut self, relation: RelationId) -> Vec<ColumnId> {
        let known: Vec<ColumnId> = {
            let relation = &self.relations[relation.0 as usize];
            let all = relation.columns.iter().chain(&relation.found);
            all.copied().filter(|id| self.columns[id.0 as usize].is_star).collect()
        };
        if !known.is_empty() || !self.relations[relation.0 as usize].is_open {
            return known;
        }
        let name = self.star;
        let edges = self.states[relation.0 as usize].element.clone().unwrap_or_default();
        let id = self.loose(relation, name, name, &edges);
        self.columns[id.0 as usize].is_star = true;
        self.rel(relation).found.push(id);
        vec![id]
    }

    /// Gives a relation whose columns are known a column that stands for any of them.
    pub(super) fn force_star(&mut self, relation: RelationId) {
        if self.stars_of(relation).is_empty() {
            let name = self.star;
            let edges: Vec<Edge> = match self.relations[relation.0 as usize].kind {
                RelationKind::Table => Vec::new(),
                _ => {
                    let columns = self.all_columns(relation);
                    columns.into_iter().map(|column| edge(column, Kind::Identity)).collect()
                }
            };
            let id = self.loose(relation, name, name, &edges);
            self.columns[id.0 as usize].is_star = true;
            self.rel(relation).found.push(id);
        }
    }

    /// Something that can't be told, as the beginning of an edge.
    pub(super) fn unknown(&mut self, name: Sym, reason: Reason, span: Option<Range<u32>>) -> UnknownId {
        let id = UnknownId(self.unknowns.len() as u32);
        self.unknowns.push(Unknown { name, reason, span });
        id
    }

    /// Adds a column that decides rows.
    pub(super) fn add_shape(&mut self, relation: RelationId, edges: impl IntoIterator<Item = ShapeEdge>) {
        let shape = &mut self.relations[relation.0 as usize].shape;
        shape.extend(edges);
    }

    /// Whether a relation has a column.
    pub(super) fn has(&mut self, relation: RelationId, key: Sym) -> Has {
        self.step();
        match self.own(relation, key) {
            Own::One(_) => return Has::Yes,
            Own::Several => return Has::Several,
            Own::None => {}
        }
        let state = &self.states[relation.0 as usize];
        if let Some(known) = &state.known {
            return if known.place(self.names.text(key)).is_some() { Has::Yes } else { Has::No };
        }
        if let Some(edges) = &state.element {
            return if state.is_pivoted { Has::Field } else { self.has_field(edges, key) };
        }
        if state.through.is_empty() {
            return if self.relations[relation.0 as usize].is_open { Has::Maybe } else { Has::No };
        }
        if self.is_spent() {
            return Has::No;
        }
        if let Some(known) = state.asked.get(&key) {
            return *known;
        }
        let answer = stacker::maybe_grow(64 << 10, 1 << 20, || self.has_below(relation, key));
        self.state(relation).asked.insert(key, answer);
        answer
    }

    /// Whether a relation has a column behind its stars.
    fn has_below(&mut self, relation: RelationId, key: Sym) -> Has {
        let mut best = Has::No;
        for at in 0..self.states[relation.0 as usize].through.len() {
            let through = &self.states[relation.0 as usize].through[at];
            if through.except.contains(&key) {
                continue;
            }
            let below = through.relation;
            match self.has(below, key) {
                Has::Yes if best == Has::Yes => return Has::Several,
                Has::Several => return Has::Several,
                Has::Yes => best = Has::Yes,
                Has::Maybe if best != Has::Yes => best = Has::Maybe,
                Has::Field if best == Has::No => best = Has::Field,
                _ => {}
            }
        }
        best
    }

    /// A column among those that are made.
    fn own(&mut self, relation: RelationId, key: Sym) -> Own {
        let at = relation.0 as usize;
        let (data, state) = (&self.relations[at], &mut self.states[at]);
        match state.columns.get(&data.columns, &self.columns, key) {
            Some((_, true)) if !self.rules.first_of_several => return Own::Several,
            Some((first, _)) => return Own::One(first),
            None => {}
        }
        let found = state.found.get(&data.found, &self.columns, key);
        found.map_or(Own::None, |(first, _)| Own::One(first))
    }

    /// The column of a name, made if it has to be; `None` if [`Analyser::has`] says no or several.
    pub(super) fn take(&mut self, relation: RelationId, key: Sym, name: Sym) -> Option<ColumnId> {
        match self.own(relation, key) {
            Own::One(id) => return Some(id),
            Own::Several => return None,
            Own::None => {}
        }
        let at = relation.0 as usize;
        if let Some(known) = self.states[at].known.clone() {
            let place = known.place(self.names.text(key))?;
            return Some(self.table_column(relation, &known, place));
        }
        if let Some(edges) = self.states[at].element.clone() {
            let is_field = !self.states[at].is_pivoted;
            let mut of_name = Vec::with_capacity(edges.len());
            for edge in &edges {
                let kind = edge.kind.max(Kind::Expression);
                of_name.push(if is_field {
                    let path = self.joined(edge.path, name);
                    self.with_fields(edge.from, kind, path)
                } else {
                    Edge { kind, ..*edge }
                });
            }
            return Some(self.found(relation, key, name, &of_name));
        }
        if self.states[at].through.is_empty() {
            return self.relations[at].is_open.then(|| self.found(relation, key, name, &[]));
        }
        let mut sure: Option<RelationId> = None;
        let mut maybe = Vec::new();
        for through in self.states[at].through.clone() {
            if through.except.contains(&key) {
                continue;
            }
            match self.has(through.relation, key) {
                Has::Yes => sure = Some(through.relation),
                Has::Maybe | Has::Field => maybe.push(through.relation),
                Has::Several | Has::No => {}
            }
        }
        let below = match (sure, maybe.as_slice()) {
            (Some(below), _) => below,
            (None, [below]) => *below,
            (None, []) => return None,
            (None, _) => {
                let unknown = self.unknown(name, Reason::OpenStar, None);
                let from = From::Unknown(unknown);
                let edges = [Edge { from, kind: Kind::Identity, path: None }];
                return Some(self.found(relation, key, name, &edges));
            }
        };
        let from = stacker::maybe_grow(64 << 10, 1 << 20, || self.take(below, key, name))?;
        let mut edges = vec![edge(from, Kind::Identity)];
        // The other branches of a set operation have it somewhere behind their stars.
        for other in self.states[at].others.clone() {
            let stars = self.stars_of(other);
            edges.extend(stars.into_iter().map(|star| edge(star, Kind::Identity)));
        }
        Some(self.found(relation, key, name, &edges))
    }

    fn found(&mut self, relation: RelationId, key: Sym, name: Sym, edges: &[Edge]) -> ColumnId {
        let id = self.loose(relation, name, key, edges);
        self.rel(relation).found.push(id);
        id
    }

    /// A column of a table of the catalog.
    fn table_column(&mut self, relation: RelationId, known: &CatalogColumns, place: usize) -> ColumnId {
        let at = relation.0 as usize;
        if let Some(id) = self.states[at].made.get(&(place as u32)) {
            return *id;
        }
        let Some(column) = known.all().get(place) else {
            return self.loose(relation, self.star, self.star, &[]);
        };
        let (data_type, nullable) = (column.data_type.clone(), column.nullable);
        let name = self.names.sym(&column.name);
        let key = self.names.sym(known.key(place));
        let id = self.loose(relation, name, key, &[]);
        let data = &mut self.columns[id.0 as usize];
        (data.data_type, data.nullable, data.kind) = (data_type, nullable, Kind::Identity);
        self.states[at].made.insert(place as u32, id);
        self.rel(relation).found.push(id);
        id
    }

    /// The names of a relation's columns, as far as they are known.
    pub(super) fn names_of(&self, relation: RelationId) -> Vec<&str> {
        let at = relation.0 as usize;
        if let Some(known) = &self.states[at].known {
            return known.all().iter().map(|column| &*column.name).collect();
        }
        let columns = self.relations[at].columns.iter().map(|id| self.col(*id));
        columns.filter(|column| !column.is_star).map(|column| self.names.text(column.name)).collect()
    }

    /// All columns of a relation in order; a star for those that are not known.
    pub(super) fn all_columns(&mut self, relation: RelationId) -> Vec<ColumnId> {
        let at = relation.0 as usize;
        if let Some(known) = self.states[at].known.clone() {
            let places = 0..known.all().len();
            return places.map(|place| self.table_column(relation, &known, place)).collect();
        }
        if self.relations[at].columns.is_empty() && self.relations[at].is_open {
            return self.stars_of(relation);
        }
        self.relations[at].columns.clone()
    }

    /// The types and names of columns for a catalog, if all are known.
    pub(super) fn type_of(&self, id: ColumnId) -> Option<Arc<str>> {
        self.col(id).data_type.clone()
    }
}

/// An edge from a column.
pub(super) fn edge(from: ColumnId, kind: Kind) -> Edge {
    Edge { from: From::Column(from), kind, path: None }
}
