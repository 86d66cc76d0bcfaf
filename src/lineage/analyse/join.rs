//! Joins: their conditions, and the columns that `using` and `natural` merge.

use sqlparser::ast::{Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, TableFactor};

use super::Analyser;
use super::arena::{Has, edge};
use super::expr::idents;
use super::scope::{Merged, Scope};
use crate::lineage::kind::{Kind, Role};
use crate::lineage::model::{ColumnId, Edge, From, Problem, Reason, RelationId, RelationKind, ShapeEdge};
use crate::lineage::names::Sym;

/// Which sides of a join stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sides {
    Both,
    Left,
    Right,
}

impl Analyser<'_, '_> {
    /// Joins a relation to the sources from `from` on.
    pub(super) fn join(&mut self, reader: RelationId, join: &Join, from: usize, scope: &mut Scope<'_>) {
        use JoinOperator as J;
        let none = JoinConstraint::None;
        let (constraint, sides, nulls_left, nulls_right) = match &join.join_operator {
            J::Join(it) | J::Inner(it) | J::CrossJoin(it) | J::StraightJoin(it) => {
                (it, Sides::Both, false, false)
            }
            J::Left(it) | J::LeftOuter(it) => (it, Sides::Both, false, true),
            J::Right(it) | J::RightOuter(it) => (it, Sides::Both, true, false),
            J::FullOuter(it) => (it, Sides::Both, true, true),
            J::Semi(it) | J::LeftSemi(it) | J::Anti(it) | J::LeftAnti(it) => (it, Sides::Left, false, false),
            J::RightSemi(it) | J::RightAnti(it) => (it, Sides::Right, false, false),
            J::AsOf { constraint, .. } => (constraint, Sides::Both, false, false),
            J::CrossApply => (&none, Sides::Both, false, false),
            J::OuterApply => (&none, Sides::Both, false, true),
            J::ArrayJoin | J::LeftArrayJoin | J::InnerArrayJoin => {
                return self.array_join(&join.relation, scope);
            }
        };
        let left = scope.sources.len();
        let is_apply = matches!(join.join_operator, J::CrossApply | J::OuterApply);
        match &join.relation {
            TableFactor::Derived { subquery, alias, .. } if is_apply => {
                let relation = self.query(subquery, Some(scope));
                self.push_source(relation, alias.as_ref(), Vec::new(), scope);
            }
            factor => self.table_factor(reader, factor, scope),
        }
        for (at, source) in scope.sources.iter_mut().enumerate().skip(from) {
            source.is_nullable |= if at < left { nulls_left } else { nulls_right };
        }
        if let J::AsOf { match_condition, .. } = &join.join_operator {
            self.condition(reader, match_condition, scope);
        }
        match constraint {
            JoinConstraint::On(condition) => self.condition(reader, condition, scope),
            JoinConstraint::Using(names) => self.using(reader, names, from, left, sides, scope),
            JoinConstraint::Natural => self.natural(reader, from, left, sides, scope),
            JoinConstraint::None => {}
        }
        match sides {
            Sides::Both => {}
            Sides::Left => {
                let gone = scope.sources.split_off(left);
                self.rel(reader).inputs.extend(gone.iter().map(|source| source.relation));
            }
            Sides::Right => {
                let gone: Vec<_> = scope.sources.drain(from..left).collect();
                self.rel(reader).inputs.extend(gone.iter().map(|source| source.relation));
            }
        }
    }

    fn condition(&mut self, reader: RelationId, condition: &Expr, scope: &mut Scope<'_>) {
        let rule = scope.rule.replace(self.rules.in_join);
        self.decide(reader, [condition], scope, Role::JoinKey);
        scope.rule = rule;
    }

    fn using(
        &mut self,
        reader: RelationId,
        names: &[ObjectName],
        from: usize,
        left: usize,
        sides: Sides,
        scope: &mut Scope<'_>,
    ) {
        for name in names {
            let Some(name) = idents(name).pop() else { continue };
            let (key, shown) = (self.key(&name), self.shown(&name));
            let right = self.side(&name, key, shown, left..scope.sources.len(), scope, None);
            let merged = scope.merged.iter().rev().find(|it| it.key == key).map(|it| it.column);
            let left_edge = self.side(&name, key, shown, from..left, scope, merged);
            self.note_merged(&name, [left_edge, right]);
            self.merge(reader, key, shown, left_edge, right, sides, scope);
        }
    }

    fn natural(&mut self, reader: RelationId, from: usize, left: usize, sides: Sides, scope: &mut Scope<'_>) {
        let relations = |range: std::ops::Range<usize>| -> Vec<RelationId> {
            scope.sources[range].iter().map(|source| source.relation).collect()
        };
        let (lefts, rights) = (relations(from..left), relations(left..scope.sources.len()));
        let mut is_open = false;
        for relation in lefts.iter().chain(&rights) {
            is_open |= self.relations[relation.0 as usize].is_open;
        }
        let mut common: Vec<(Sym, Sym, ColumnId, ColumnId)> = Vec::new();
        for right in &rights {
            for column in self.all_columns(*right) {
                let data = self.col(column);
                let (name, key) = (data.name, data.key);
                if data.is_star {
                    continue;
                }
                let merged = scope.merged.iter().rev().find(|it| it.key == key).map(|it| it.column);
                let in_left = match merged {
                    Some(merged) => Some(merged),
                    None => {
                        let mut found = None;
                        for relation in &lefts {
                            if self.has(*relation, key) == Has::Yes {
                                found = found.or(self.take(*relation, key, name));
                            }
                        }
                        found
                    }
                };
                if let Some(in_left) = in_left {
                    common.push((name, key, in_left, column));
                }
            }
        }
        for (name, key, in_left, in_right) in common {
            let edges = (edge(in_left, Kind::Identity), edge(in_right, Kind::Identity));
            self.merge(reader, key, name, edges.0, edges.1, sides, scope);
        }
        if is_open {
            scope.is_star_open = true;
            // Which columns join is not known.
            let name = self.star;
            let unknown = self.unknown(name, Reason::OpenRelations, None);
            self.add_shape(reader, [ShapeEdge { from: From::Unknown(unknown), role: Role::JoinKey }]);
        }
    }

    /// The column of one side, as an edge.
    fn side(
        &mut self,
        name: &Ident,
        key: Sym,
        shown: Sym,
        range: std::ops::Range<usize>,
        scope: &Scope<'_>,
        merged: Option<ColumnId>,
    ) -> Edge {
        if let Some(merged) = merged {
            return edge(merged, Kind::Identity);
        }
        let (mut known, mut open) = (Vec::new(), Vec::new());
        let sources = &scope.sources[range];
        for source in sources {
            match self.has(source.relation, key) {
                Has::Yes => known.push(source.relation),
                Has::Maybe | Has::Field => open.push(source.relation),
                Has::Several | Has::No => {}
            }
        }
        let relation = match (known.as_slice(), open.as_slice()) {
            ([relation], _) | ([], [relation]) => Some(*relation),
            _ => None,
        };
        if let Some(column) = relation.and_then(|relation| self.take(relation, key, shown)) {
            return edge(column, Kind::Identity);
        }
        let reason = match (known.len(), open.len()) {
            (0, 0) => Reason::NoSuchColumn,
            (0, _) => Reason::OpenRelations,
            _ => Reason::Ambiguous,
        };
        let place = self.place_of(name);
        if reason == Reason::NoSuchColumn && self.places.is_some() {
            let relations = sources.iter().filter_map(|source| source.alias);
            let relations = relations.map(|alias| self.names.text(alias).to_owned()).collect();
            let asked = sources.iter().map(|source| source.relation);
            let problem = self.missing_in(&name.value, asked, place.clone());
            self.problems.push(Problem { relations, ..problem });
        }
        let unknown = self.unknown(shown, reason, place);
        Edge { from: From::Unknown(unknown), kind: Kind::Identity, path: None }
    }

    #[expect(clippy::too_many_arguments, reason = "both sides of a column, and where it goes")]
    fn merge(
        &mut self,
        reader: RelationId,
        key: Sym,
        name: Sym,
        left: Edge,
        right: Edge,
        sides: Sides,
        scope: &mut Scope<'_>,
    ) {
        let shape = [left, right].map(|edge| ShapeEdge { from: edge.from, role: Role::JoinKey });
        self.add_shape(reader, shape);
        if sides != Sides::Both {
            return;
        }
        let relation = self.relation(RelationKind::Join, Vec::new());
        let column = self.add(relation, name, key, &[left, right]);
        if let From::Column(below) = left.from {
            let data_type = self.type_of(below);
            self.columns[column.0 as usize].data_type = data_type;
        }
        scope.merged.push(Merged { key, column, sources: scope.sources.len() });
    }
}
