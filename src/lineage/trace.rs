//! From a column down to the tables: the steps of a [`StatementLineage`] put together.
//!
//! Each column is asked once. A column that is another unchanged shares its answer, and columns of recursive
//! CTEs, which are made of each other, have one answer together.

use std::rc::Rc;

use super::kind::Kind;
use super::model::{ColumnId, From, RelationId, RelationKind, ShapeEdge, StatementLineage};
use super::names::Sym;

/// Where a value comes from in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// A column of a table or of a function in `from`, or something that could not be told.
    pub from: From,
    /// The strongest of what happens on the way, over all ways.
    pub kind: Kind,
    /// The fields that are taken of it.
    pub path: Option<Sym>,
}

/// Answers for the columns of one statement; the same question is answered once.
pub struct Trace<'l> {
    lineage: &'l StatementLineage,
    known: Vec<Option<Rc<[Origin]>>>,
    /// How a value comes about where it has no origin.
    made: Vec<Kind>,
    /// The step at which a column was met, and the earliest step that it leads back to; 0 if not met.
    met: Vec<(u32, u32)>,
    step: u32,
    waiting: Vec<ColumnId>,
}

impl<'l> Trace<'l> {
    /// Nothing is asked yet.
    pub fn new(lineage: &'l StatementLineage) -> Self {
        let count = lineage.columns.len();
        Self {
            lineage,
            known: vec![None; count],
            made: vec![Kind::Constant; count],
            met: vec![(0, 0); count],
            step: 0,
            waiting: Vec::new(),
        }
    }

    /// The origins of a column, in order. A column of a table is its own origin.
    pub fn origins(&mut self, id: ColumnId) -> Rc<[Origin]> {
        if self.known[id.0 as usize].is_none() {
            self.solve(id);
        }
        self.known[id.0 as usize].clone().unwrap_or_else(|| Rc::from([]))
    }

    /// What happens to the column's values between the tables and here; how they are made where they have no
    /// origin.
    pub fn kind(&mut self, id: ColumnId) -> Kind {
        let own = self.lineage.column(id).kind;
        let origins = self.origins(id);
        let made = self.made[id.0 as usize];
        origins.iter().map(|origin| origin.kind).max().map_or(made, |below| below.max(own))
    }

    /// How a value comes about below, as far as it matters without an origin.
    fn made_of(&self, id: ColumnId) -> Kind {
        let makes = |kind: Kind| kind >= Kind::Aggregate || kind == Kind::Generated;
        let mut made =
            Some(self.lineage.column(id).kind).filter(|kind| makes(*kind)).unwrap_or(Kind::Constant);
        for edge in self.lineage.value_edges(id) {
            if makes(edge.kind) {
                made = made.max(edge.kind);
            }
            if let From::Column(below) = edge.from {
                made = made.max(self.made[below.0 as usize]);
            }
        }
        made
    }

    /// Everything that decides the rows of a relation, in it and in what it reads: each column of a table once for
    /// each role, sorted.
    pub fn shape(&mut self, of: RelationId) -> Vec<ShapeEdge> {
        let mut seen = vec![false; self.lineage.relations.len()];
        let mut waiting = vec![of];
        let mut all: Vec<ShapeEdge> = Vec::new();
        while let Some(id) = waiting.pop() {
            if std::mem::replace(&mut seen[id.0 as usize], true) {
                continue;
            }
            let relation = self.lineage.relation(id);
            waiting.extend(&relation.inputs);
            for edge in &relation.shape {
                match edge.from {
                    From::Unknown(_) => all.push(*edge),
                    From::Column(column) => {
                        let origins = self.origins(column);
                        all.extend(
                            origins.iter().map(|origin| ShapeEdge { from: origin.from, role: edge.role }),
                        );
                    }
                }
            }
        }
        all.sort_by_key(|edge| (edge.role, edge.from));
        all.dedup();
        all
    }

    fn is_end(&self, id: ColumnId) -> bool {
        let relation = self.lineage.relation(self.lineage.column(id).relation);
        match relation.kind {
            RelationKind::Table => true,
            // What a function is given flows through it.
            RelationKind::Function => self.lineage.column(id).edges.is_empty(),
            _ => false,
        }
    }

    /// Tarjan's strongly connected components, with a stack of our own: chains of CTEs may be long.
    fn solve(&mut self, root: ColumnId) {
        let mut path: Vec<(ColumnId, usize)> = Vec::new();
        self.meet(root);
        path.push((root, 0));
        while let Some((id, at)) = path.last_mut() {
            let id = *id;
            let edges = if self.is_end(id) { &[] } else { self.lineage.value_edges(id) };
            if let Some(edge) = edges.get(*at) {
                *at += 1;
                let From::Column(below) = edge.from else { continue };
                let place = below.0 as usize;
                if self.known[place].is_some() {
                    continue;
                }
                if self.met[place].0 == 0 {
                    self.meet(below);
                    path.push((below, 0));
                } else {
                    let (first, _) = self.met[place];
                    let low = &mut self.met[id.0 as usize].1;
                    *low = (*low).min(first);
                }
                continue;
            }
            path.pop();
            let (own, low) = self.met[id.0 as usize];
            if let Some((above, _)) = path.last() {
                let above = &mut self.met[above.0 as usize].1;
                *above = (*above).min(low);
            }
            if own == low {
                self.finish(id);
            }
        }
    }

    fn meet(&mut self, id: ColumnId) {
        self.step += 1;
        self.met[id.0 as usize] = (self.step, self.step);
        self.waiting.push(id);
    }

    /// All columns that wait since `first` have the same origins.
    fn finish(&mut self, first: ColumnId) {
        let from = self.waiting.iter().rposition(|id| *id == first).unwrap_or(0);
        let members = self.waiting.split_off(from);
        let answer = if let [only] = members.as_slice() {
            self.single(*only)
        } else {
            let mut all = Vec::new();
            let mut inside = Kind::Identity;
            for id in &members {
                for edge in self.lineage.value_edges(*id) {
                    match edge.from {
                        // Whatever is no member was answered before.
                        From::Column(below) if self.known[below.0 as usize].is_none() => {
                            inside = inside.max(edge.kind);
                        }
                        _ => self.below(edge.from, edge.kind, edge.path, &mut all),
                    }
                }
            }
            for origin in &mut all {
                origin.kind = origin.kind.max(inside);
            }
            merged(all)
        };
        let made = members.iter().map(|id| self.made_of(*id)).max().unwrap_or(Kind::Constant);
        for id in members {
            self.made[id.0 as usize] = made;
            self.known[id.0 as usize] = Some(answer.clone());
        }
    }

    fn single(&self, id: ColumnId) -> Rc<[Origin]> {
        if self.is_end(id) {
            return Rc::from([Origin { from: From::Column(id), kind: Kind::Identity, path: None }]);
        }
        let edges = self.lineage.value_edges(id);
        if let [edge] = edges
            && edge.kind == Kind::Identity
            && edge.path.is_none()
            && let From::Column(below) = edge.from
            && let Some(answer) = &self.known[below.0 as usize]
        {
            return answer.clone();
        }
        let mut all = Vec::new();
        for edge in edges.iter().filter(|edge| edge.from != From::Column(id)) {
            self.below(edge.from, edge.kind, edge.path, &mut all);
        }
        merged(all)
    }

    fn below(&self, from: From, kind: Kind, path: Option<Sym>, all: &mut Vec<Origin>) {
        match from {
            From::Unknown(_) => all.push(Origin { from, kind, path }),
            From::Column(below) => {
                let answer = self.known[below.0 as usize].as_deref().unwrap_or_default();
                // Of a value that is made of several columns it can't be told whose field it is.
                let is_mixed = path.is_some() && answer.iter().filter(|it| is_made(it.kind)).count() > 1;
                all.extend(answer.iter().map(|origin| Origin {
                    from: origin.from,
                    kind: origin.kind.max(kind),
                    path: origin.path.or(path.filter(|_| !(is_mixed && is_made(origin.kind)))),
                }));
            }
        }
    }
}

/// True if the value is not just another column's.
fn is_made(kind: Kind) -> bool {
    kind > Kind::Cast
}

/// One origin for each beginning and its fields, the strongest.
fn merged(mut all: Vec<Origin>) -> Rc<[Origin]> {
    all.sort_by_key(|origin| (origin.from, origin.path, std::cmp::Reverse(origin.kind)));
    all.dedup_by_key(|origin| (origin.from, origin.path));
    Rc::from(all)
}
