//! CTEs, recursive ones too.

use sqlparser::ast::{Cte, Query, SetExpr, With};

use super::scope::Scope;
use super::{Analyser, Binding};
use crate::lineage::kind::Kind;
use crate::lineage::model::{ColumnId, Edge, RelationId, RelationKind};
use crate::lineage::names::Sym;
use crate::sql::Dialect;

impl Analyser<'_, '_> {
    /// Makes the CTEs of a `with` known, one after the other.
    pub(super) fn with(&mut self, with: &With, outer: Option<&Scope<'_>>) {
        let is_recursive = with.recursive || self.recursion_needs_no_word();
        for cte in &with.cte_tables {
            let (key, shown) = (self.key(&cte.alias.name), self.shown(&cte.alias.name));
            let relation = match recursive_body(&cte.query).filter(|_| is_recursive) {
                Some(body) => self.recursive(cte, body, key, shown, outer),
                None => {
                    let relation = self.query(&cte.query, outer);
                    self.name_cte(relation, cte, shown)
                }
            };
            self.ctes.push(Binding { key, relation });
        }
    }

    fn recursion_needs_no_word(&self) -> bool {
        matches!(self.dialect, Dialect::Snowflake | Dialect::MsSql | Dialect::Fabric)
    }

    fn name_cte(&mut self, relation: RelationId, cte: &Cte, shown: Sym) -> RelationId {
        if cte.alias.columns.is_empty() {
            let data = self.rel(relation);
            // A query may be nothing but a table that is known already.
            if matches!(data.kind, RelationKind::Select | RelationKind::SetOperation | RelationKind::Values)
                && data.name.is_empty()
            {
                data.kind = RelationKind::Cte;
                data.name = vec![shown];
                return relation;
            }
        }
        self.renamed(relation, RelationKind::Cte, vec![shown], &cte.alias.columns)
    }

    /// A CTE that may read itself: its first branch gives the columns, the others flow into them.
    fn recursive(
        &mut self,
        cte: &Cte,
        body: &SetExpr,
        key: Sym,
        shown: Sym,
        outer: Option<&Scope<'_>>,
    ) -> RelationId {
        let known = self.ctes.len();
        if let Some(with) = &cte.query.with {
            self.with(with, outer);
        }
        let relation = self.relation(RelationKind::Cte, vec![shown]);
        let result = self.set_operation(body, outer, Some((relation, key, cte.alias.columns.as_slice())));
        self.ctes.truncate(known);
        result
    }

    /// Gives the columns of a recursive CTE, known by the first branch, what flows in from the others.
    pub(super) fn close_recursion(&mut self, relation: RelationId, branches: &[RelationId]) {
        let columns: Vec<ColumnId> = self.rel(relation).columns.clone();
        let below = branches.iter().map(|branch| {
            let columns = self.all_columns(*branch);
            let star = columns.iter().position(|id| self.col(*id).is_star);
            (*branch, columns, star)
        });
        let below: Vec<(RelationId, Vec<ColumnId>, Option<usize>)> = below.collect();
        for (place, column) in columns.into_iter().enumerate() {
            let mut edges: Vec<Edge> = Vec::new();
            for (branch, from, star) in &below {
                let below = match star {
                    Some(star) if *star <= place => self.stars_of(*branch),
                    _ => from.get(place).copied().into_iter().collect(),
                };
                for below in below {
                    let is_same = self.col(below).key == self.col(column).key;
                    let kind = if is_same { Kind::Identity } else { Kind::Rename };
                    edges.push(super::arena::edge(below, kind));
                }
            }
            self.set_edges(column, &edges);
        }
    }
}

/// The set operation that a query consists of.
fn recursive_body(query: &Query) -> Option<&SetExpr> {
    match &*query.body {
        SetExpr::SetOperation { .. } => Some(&query.body),
        SetExpr::Query(inner) if inner.with.is_none() => recursive_body(inner),
        _ => None,
    }
}
