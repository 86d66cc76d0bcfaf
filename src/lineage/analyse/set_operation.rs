//! `union`, `except`, `intersect`: columns by position or by name.

use rustc_hash::{FxHashMap, FxHashSet};
use sqlparser::ast::{SetExpr, SetOperator, SetQuantifier, TableAliasColumnDef};
use sqlparser::tokenizer::Span;

use super::arena::edge;
use super::scope::Scope;
use super::{Analyser, Binding};
use crate::lineage::kind::{Kind, Role};
use crate::lineage::model::{ColumnId, Edge, From, RelationId, RelationKind, ShapeEdge};
use crate::lineage::names::Sym;
use crate::lineage::repair::ByName;

/// What is to be filled by a recursive set operation: the relation, its key, and the names of its columns.
type Recursion<'a> = (RelationId, Sym, &'a [TableAliasColumnDef]);

/// A set operation and what follows from it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Manner {
    /// Rows are compared.
    is_distinct: bool,
    /// Only the first branch gives values.
    only_first: bool,
    by_name: bool,
}

impl Manner {
    fn of(op: SetOperator, quantifier: SetQuantifier) -> Self {
        use SetQuantifier as Q;
        Self {
            is_distinct: op != SetOperator::Union || !matches!(quantifier, Q::All | Q::AllByName),
            // Both sides of `intersect` have the same values.
            only_first: matches!(op, SetOperator::Except | SetOperator::Minus),
            by_name: matches!(quantifier, Q::ByName | Q::AllByName | Q::DistinctByName),
        }
    }
}

impl Analyser<'_, '_> {
    /// A set operation. A long chain of one kind is one relation with many branches.
    pub(super) fn set_operation(
        &mut self,
        body: &SetExpr,
        outer: Option<&Scope<'_>>,
        recursion: Option<Recursion<'_>>,
    ) -> RelationId {
        let mut branches = Vec::new();
        let mut first = body;
        let mut manner = None;
        let mut is_distinct = false;
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = first {
            let own = Manner::of(*op, *set_quantifier);
            let fits = manner.is_none_or(|known: Manner| {
                known.only_first == own.only_first && known.by_name == own.by_name && !own.only_first
            });
            if !fits {
                break;
            }
            manner = Some(own);
            is_distinct |= own.is_distinct;
            branches.push(&**right);
            first = left;
        }
        branches.reverse();
        let manners: Vec<ByName> = branches.iter().map(|branch| self.by_name_of(branch)).collect();
        let manner = manner.unwrap_or(Manner { is_distinct: false, only_first: false, by_name: false });

        let mut relations = vec![self.body(first, None, outer)];
        if let Some((relation, key, names)) = recursion {
            let anchor = relations[0];
            let anchor = if names.is_empty() {
                anchor
            } else {
                self.renamed(anchor, RelationKind::Alias, Vec::new(), names)
            };
            relations[0] = anchor;
            self.rel(relation).inputs.push(anchor);
            self.copy_columns(relation, anchor, &[]);
            self.ctes.push(Binding { key, relation });
        }
        for branch in branches {
            let relation = self.body(branch, None, outer);
            relations.push(relation);
            if self.is_spent() {
                break;
            }
        }
        if let Some((relation, ..)) = recursion {
            self.ctes.pop();
            self.rel(relation).inputs.extend(relations.iter().skip(1).copied());
            self.close_recursion(relation, &relations);
            if is_distinct {
                let columns = self.rel(relation).columns.clone();
                self.decide_by_columns(relation, &columns, Role::SetOperation);
            }
            return relation;
        }

        let relation = self.relation(RelationKind::SetOperation, Vec::new());
        self.rel(relation).inputs.extend(relations.iter().copied());
        let giving = if manner.only_first { &relations[..1] } else { &relations[..] };
        if manner.by_name {
            self.by_name(relation, giving, &manners);
        } else {
            self.by_position(relation, giving);
        }
        if is_distinct {
            let mut shape = Vec::new();
            for branch in &relations {
                let columns = self.all_columns(*branch);
                shape.extend(
                    columns
                        .into_iter()
                        .map(|id| ShapeEdge { from: From::Column(id), role: Role::SetOperation }),
                );
            }
            self.add_shape(relation, shape);
        }
        relation
    }

    pub(super) fn by_position(&mut self, relation: RelationId, branches: &[RelationId]) {
        let columns: Vec<Vec<ColumnId>> = branches.iter().map(|branch| self.all_columns(*branch)).collect();
        let stars: Vec<Option<usize>> =
            columns.iter().map(|columns| columns.iter().position(|id| self.col(*id).is_star)).collect();
        let Some(first) = columns.first() else { return };
        for (place, named) in first.iter().enumerate() {
            let mut edges: Vec<Edge> = Vec::with_capacity(branches.len());
            let data = self.col(*named);
            let (name, key, is_star, is_unnamed) = (data.name, data.key, data.is_star, data.is_unnamed);
            let (data_type, span) = (data.data_type.clone(), data.span.clone());
            for ((branch, columns), star) in branches.iter().zip(&columns).zip(&stars) {
                match *star {
                    Some(star) if star < place || (star == place && !is_star) => {
                        let below = self.stars_of(*branch);
                        edges.extend(below.into_iter().map(|below| edge(below, Kind::Identity)));
                    }
                    _ => {
                        let Some(below) = columns.get(place).copied() else { continue };
                        let kind = if self.col(below).key == key { Kind::Identity } else { Kind::Rename };
                        edges.push(edge(below, kind));
                    }
                }
            }
            let column = self.add(relation, name, key, &edges);
            let data = &mut self.columns[column.0 as usize];
            (data.is_unnamed, data.data_type, data.span, data.is_star) =
                (is_unnamed, data_type, span, is_star);
            if is_star {
                self.rel(relation).is_open = true;
                let through = super::arena::Through { relation: branches[0], except: Box::default() };
                let state = self.state(relation);
                if state.through.is_empty() {
                    state.through.push(through);
                    state.others = branches[1..].to_vec();
                }
            }
        }
    }

    /// What is said of the columns of a set operation by name, before its right branch.
    fn by_name_of(&self, right: &SetExpr) -> ByName {
        let Some(places) = self.places.filter(|_| !self.by_name.is_empty()) else { return ByName::Full };
        let Some(range) = first_keyword(right).and_then(|span| places.range(span)) else {
            return ByName::Full;
        };
        let before = self.by_name.iter().rev().find(|(place, _)| *place < range.start);
        before.map_or(ByName::Full, |(_, manner)| *manner)
    }

    fn by_name(&mut self, relation: RelationId, branches: &[RelationId], manners: &[ByName]) {
        let mut keys: Vec<(Sym, Sym, Vec<Edge>)> = Vec::new();
        let mut places = FxHashMap::default();
        let mut open = Vec::new();
        let mut missing: FxHashSet<Sym> = FxHashSet::default();
        for (at, branch) in branches.iter().enumerate() {
            let manner = at.checked_sub(1).and_then(|at| manners.get(at)).copied().unwrap_or(ByName::Full);
            let columns = self.all_columns(*branch);
            if manner == ByName::Inner {
                let here: FxHashSet<Sym> = columns.iter().map(|id| self.col(*id).key).collect();
                missing.extend(keys.iter().map(|(_, key, _)| *key).filter(|key| !here.contains(key)));
            }
            for column in columns {
                let data = self.col(column);
                let (name, key) = (data.name, data.key);
                if data.is_star {
                    open.push(*branch);
                    continue;
                }
                if manner != ByName::Full && !places.contains_key(&key) {
                    continue;
                }
                let place = *places.entry(key).or_insert_with(|| {
                    keys.push((name, key, Vec::new()));
                    keys.len() - 1
                });
                keys[place].2.push(edge(column, Kind::Identity));
            }
        }
        keys.retain(|(_, key, _)| !missing.contains(key));
        open.dedup();
        for branch in &open {
            let columns = self.all_columns(*branch);
            let known: FxHashSet<Sym> = columns.iter().map(|id| self.col(*id).key).collect();
            for (name, key, edges) in &mut keys {
                // A star that is known not to have the column adds nothing.
                if !known.contains(key)
                    && self.has(*branch, *key) != super::arena::Has::No
                    && let Some(column) = self.take(*branch, *key, *name)
                {
                    edges.push(edge(column, Kind::Identity));
                }
            }
        }
        let except: Vec<Sym> = keys.iter().map(|(_, key, _)| *key).collect();
        for (name, key, edges) in keys {
            self.add(relation, name, key, &edges);
        }
        for branch in open {
            self.add_star(relation, branch, &except);
        }
    }
}

/// Where the first `select` of a query's body stands.
fn first_keyword(body: &SetExpr) -> Option<Span> {
    match body {
        SetExpr::Select(select) => Some(select.select_token.0.span),
        SetExpr::Query(query) => match &query.with {
            Some(with) => Some(with.with_token.0.span),
            None => first_keyword(&query.body),
        },
        SetExpr::SetOperation { left, .. } => first_keyword(left),
        _ => None,
    }
}
