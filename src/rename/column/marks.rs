//! Which columns of a statement bear the name that changes: those of the renamed table, those that a `*` hands on, and
//! where a part's own output gets its name.

use crate::flow::NodeStatement;
use crate::lineage::{ColumnId, From, Kind, RelationKind, StatementLineage};
use crate::project::NodeId;

/// The columns of one statement whose name changes.
pub(super) struct Marks<'l> {
    lineage: &'l StatementLineage,
    renamed: Vec<bool>,
    key: &'l str,
}

/// Why a name can't be followed to where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stuck {
    /// A `*` hands on the column of another relation.
    Star(ColumnId),
    /// A join merges a column that is renamed with one that is not.
    Merged(ColumnId),
    /// The part has no such column, or several.
    Output,
}

impl<'l> Marks<'l> {
    /// Marks what a statement reads of renamed nodes.
    pub(super) fn new(
        statement: &'l NodeStatement,
        key: &'l str,
        is_renamed: impl Fn(NodeId) -> bool,
    ) -> Self {
        let lineage = &statement.lineage;
        let mut marks = Self { lineage, renamed: vec![false; lineage.columns.len()], key };
        for (at, column) in lineage.columns.iter().enumerate() {
            let relation = lineage.relation(column.relation);
            let node = relation.table.and_then(|at| statement.tables.get(at as usize).copied().flatten());
            let is_table = relation.kind == RelationKind::Table;
            marks.renamed[at] =
                is_table && node.is_some_and(&is_renamed) && marks.is_key(ColumnId(at as u32));
        }
        marks
    }

    /// True if a column's name changes.
    pub(super) fn has(&self, id: ColumnId) -> bool {
        self.renamed[id.0 as usize]
    }

    /// True if nothing of the statement is renamed.
    pub(super) fn is_empty(&self) -> bool {
        !self.renamed.contains(&true)
    }

    /// True if a `*` or a CTE hands a renamed column on to the statement's own output.
    pub(super) fn passes_on(&self) -> bool {
        self.lineage.outputs().iter().any(|id| self.has(*id))
    }

    /// True if the column is an item that somebody wrote.
    pub(super) fn is_written(&self, id: ColumnId) -> bool {
        let span = &self.lineage.column(id).span;
        // A set operation's columns have the places of its first branch's.
        let is_taken = |below: &From| match below {
            From::Column(below) => self.lineage.column(*below).span == *span,
            From::Unknown(_) => false,
        };
        span.is_some() && !self.lineage.value_edges(id).iter().any(|edge| is_taken(&edge.from))
    }

    fn is_key(&self, id: ColumnId) -> bool {
        self.lineage.text(self.lineage.key(id)) == self.key
    }

    /// Marks the statement's own column of the name, down to where the name is written.
    pub(super) fn output(&mut self) -> Result<(), Stuck> {
        let named: Vec<ColumnId> =
            self.lineage.outputs().iter().copied().filter(|id| self.is_key(*id)).collect();
        let [output] = named.as_slice() else { return Err(Stuck::Output) };
        self.back(*output)
    }

    fn back(&mut self, id: ColumnId) -> Result<(), Stuck> {
        if std::mem::replace(&mut self.renamed[id.0 as usize], true) || self.is_written(id) {
            return Ok(());
        }
        let relation = self.lineage.relation(self.lineage.column(id).relation);
        let below: Vec<ColumnId> = self
            .lineage
            .value_edges(id)
            .iter()
            .filter_map(|edge| match edge.from {
                From::Column(below) => Some(below),
                From::Unknown(_) => None,
            })
            .collect();
        if relation.kind == RelationKind::Table || below.is_empty() {
            return Err(Stuck::Star(id));
        }
        for (place, below) in below.into_iter().enumerate() {
            let kept = self.renamed.clone();
            let done = if self.is_key(below) { self.back(below) } else { Err(Stuck::Star(below)) };
            // The first branch of a set operation gives the name; the others have it only for their readers' eyes.
            if place == 0 || relation.kind == RelationKind::Join {
                done?;
            } else if done.is_err() {
                self.renamed = kept;
            }
        }
        Ok(())
    }

    /// Marks the columns that get the name from marked ones. Fails at a column that gets it from others, too.
    pub(super) fn spread(&mut self) -> Result<(), Stuck> {
        loop {
            let mut grew = false;
            for at in 0..self.renamed.len() {
                let id = ColumnId(at as u32);
                let column = self.lineage.column(id);
                if self.renamed[at] || column.is_star || !self.is_key(id) || self.is_written(id) {
                    continue;
                }
                let edges = self.lineage.value_edges(id);
                let is_marked = |from: &From| matches!(from, From::Column(below) if self.has(*below));
                let Some(first) = edges.first() else { continue };
                if self.lineage.relation(column.relation).kind == RelationKind::Join {
                    let marked = edges.iter().filter(|edge| is_marked(&edge.from)).count();
                    if marked != 0 && marked != edges.len() {
                        return Err(Stuck::Merged(id));
                    }
                }
                if first.kind == Kind::Identity && first.path.is_none() && is_marked(&first.from) {
                    self.renamed[at] = true;
                    grew = true;
                }
            }
            if !grew {
                return Ok(());
            }
        }
    }
}
