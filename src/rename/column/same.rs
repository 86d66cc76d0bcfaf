//! Whether a project with a renamed column is the one before: every statement has the same relations, columns and edges,
//! and only the columns that should have the new name have it.

use rustc_hash::FxHashSet;
use serde_json::Value;

use super::super::check::{Compiled, Names, head, new_errors, pairs};
use super::super::edits::FileChange;
use super::super::errors::changes_more;
use super::config::KEYS;
use super::marks::Marks;
use super::name::ColumnNames;
use super::{ColumnInput, ColumnRenaming};
use crate::diagnostic::Diagnostic;
use crate::flow;
use crate::lineage::{ColumnId, From, Kind, StatementLineage};
use crate::project::{NodeId, NodeMap};
use crate::render::RenderedNode;
use crate::sql::{TokenKind, tokens};

/// One of the two projects.
#[derive(Clone, Copy)]
pub struct ColumnSide<'a> {
    /// With its columns.
    pub input: ColumnInput<'a>,
    /// And what was said of it.
    pub compiled: Compiled<'a>,
}

/// Everything that a column's rename would change beyond the name; places are those of the project before.
pub fn check_column(
    before: ColumnSide<'_>,
    after: ColumnSide<'_>,
    made: &ColumnRenaming,
    changes: &[FileChange],
) -> Vec<Diagnostic> {
    let column = Names { from: &made.names.from, to: &made.names.to };
    let mut found = new_errors(before.compiled, after.compiled, column, changes);
    if !found.is_empty() {
        return found;
    }
    let (old, new) = (before.input.input.context, after.input.input.context);
    let same = Names { from: "", to: "" };
    let pairs = pairs(old.project, new.project, same, changes);
    let check = Check {
        before: before.input,
        after: after.input,
        names: &made.names,
        renamed: made.renamed.iter().copied().collect(),
        touched: made.touched.iter().copied().collect(),
        pairs: &pairs,
    };
    for (id, node) in old.project.nodes() {
        let what = match pairs[id] {
            None => Some("would be gone".to_owned()),
            Some(other) => check.difference(id, other).map(|what| format!("would change: {what}")),
        };
        if let Some(what) = what {
            let name = node.unique_id.split_once('.').map_or(node.name.as_str(), |(_, rest)| rest);
            let message = format!("with the new name `{name}` {what}");
            found.push(changes_more(message, Some(head(old.project, node))));
        }
    }
    found
}

struct Check<'a> {
    before: ColumnInput<'a>,
    after: ColumnInput<'a>,
    names: &'a ColumnNames,
    renamed: FxHashSet<NodeId>,
    touched: FxHashSet<NodeId>,
    pairs: &'a NodeMap<Option<NodeId>>,
}

impl Check<'_> {
    fn difference(&self, old: NodeId, new: NodeId) -> Option<&'static str> {
        let (before, after) = (self.before.input.context, self.after.input.context);
        if before.graph.enabled[old] != after.graph.enabled[new] {
            return Some("whether it is enabled");
        }
        let mut parents: Vec<Option<NodeId>> =
            before.graph.parents[old].iter().map(|id| self.pairs[*id]).collect();
        let mut now: Vec<Option<NodeId>> = after.graph.parents[new].iter().copied().map(Some).collect();
        parents.sort_unstable();
        now.sort_unstable();
        if parents != now {
            return Some("what it reads");
        }
        let config = |context: crate::emit::Context<'_>, id: NodeId, key: &str| {
            context.collected.nodes[id].as_ref().and_then(|it| it.config.get(key).cloned())
        };
        if self.renamed.contains(&old)
            && KEYS.iter().any(|key| config(after, new, key).is_some_and(|value| self.names_old(&value)))
        {
            return Some("its config still names the column by its old name");
        }
        let (one, other) = (self.before.forms(old), self.after.forms(new));
        if one.len() != other.len() {
            return Some("how often it is compiled");
        }
        let is_test = before.project.node(old).test.as_ref().is_some_and(|test| !test.name.is_empty());
        for (one, other) in one.into_iter().zip(other) {
            if let Some(what) = self.sql((old, one), (new, other), is_test) {
                return Some(what);
            }
        }
        None
    }

    fn names_old(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.names.is_old_text(text),
            Value::Array(items) => items.iter().any(|item| self.names_old(item)),
            Value::Object(map) => map.values().any(|item| self.names_old(item)),
            _ => false,
        }
    }

    fn sql(
        &self,
        (old, one): (NodeId, &RenderedNode),
        (new, other): (NodeId, &RenderedNode),
        is_test: bool,
    ) -> Option<&'static str> {
        if !self.touched.contains(&old) {
            return (one.sql != other.sql).then_some("its SQL");
        }
        if !self.same_rest(&one.sql, &other.sql, is_test) {
            return Some("more of its SQL than names");
        }
        let before = flow::statement(self.before.flow, self.before.lineage, old, one);
        let after = flow::statement(self.after.flow, self.after.lineage, new, other);
        let (Some(before), Some(after)) = (before, after) else {
            return (one.sql != other.sql).then_some("its SQL");
        };
        if before.lineage.opaque.is_some() || after.lineage.opaque.is_some() {
            return (one.sql != other.sql).then_some("its SQL, which is not followed");
        }
        let mut marks = Marks::new(&before, &self.names.old_key, |node| self.renamed.contains(&node));
        let is_part = self.renamed.contains(&old);
        if is_part && marks.output().is_err() || marks.spread().is_err() {
            return Some("how its columns are named");
        }
        let tables = |statement: &flow::NodeStatement, at: Option<u32>| {
            at.and_then(|at| statement.tables.get(at as usize).copied().flatten())
        };
        let same_tables = before.lineage.relations.len() == after.lineage.relations.len()
            && before.lineage.relations.iter().zip(&after.lineage.relations).all(|(a, b)| {
                tables(&before, a.table).and_then(|id| self.pairs[id]) == tables(&after, b.table)
                    && a.kind == b.kind
            });
        if !same_tables {
            return Some("which tables it reads");
        }
        self.columns(&before.lineage, &after.lineage, &marks, is_test)
    }

    /// What differs between two statements' columns.
    fn columns(
        &self,
        one: &StatementLineage,
        other: &StatementLineage,
        marks: &Marks<'_>,
        is_test: bool,
    ) -> Option<&'static str> {
        if one.columns.len() != other.columns.len() || one.outputs() != other.outputs() {
            return Some("its columns");
        }
        if one.problems.len() != other.problems.len() || one.unknowns.len() != other.unknowns.len() {
            return Some("which of its names mean a column");
        }
        let key = |lineage: &StatementLineage, id| lineage.text(lineage.key(id)).to_owned();
        for at in 0..one.columns.len() as u32 {
            let id = ColumnId(at);
            let (a, b) = (one.column(id), other.column(id));
            if a.relation != b.relation || a.is_star != b.is_star {
                return Some("its columns");
            }
            let expected = if marks.has(id) { self.names.new_key.clone() } else { key(one, id) };
            // The tests of one column often have it as their only output.
            let is_free = (a.is_unnamed && b.is_unnamed) || (is_test && key(one, id) == self.names.old_key);
            if key(other, id) != expected && !is_free {
                return Some("how its columns are named");
            }
            let edges = |lineage: &StatementLineage| -> Vec<(From, Kind)> {
                let kind = |kind| if kind == Kind::Rename { Kind::Identity } else { kind };
                lineage.value_edges(id).iter().map(|edge| (edge.from, kind(edge.kind))).collect()
            };
            if edges(one) != edges(other) {
                return Some("what its columns are made of");
            }
        }
        let shapes = one.relations.iter().zip(&other.relations);
        if shapes.into_iter().any(|(a, b)| a.shape != b.shape) {
            return Some("what decides its rows");
        }
        let uses = |lineage: &StatementLineage| -> Vec<ColumnId> {
            lineage.uses.iter().map(|used| used.column).collect()
        };
        (uses(one) != uses(other)).then_some("which columns its names mean")
    }

    /// True if two texts differ only by the name, and by aliases that were added: all else is there, in order.
    fn same_rest(&self, one: &str, other: &str, is_test: bool) -> bool {
        if one == other {
            return true;
        }
        let dialect = self.names.dialect;
        let all = |sql: &str| -> Vec<(TokenKind, String)> {
            let kept = tokens(dialect, sql).filter(|token| !token.kind.is_trivia());
            kept.map(|token| (token.kind, token.text(sql).to_owned())).collect()
        };
        let (old, new) = (all(one), all(other));
        let is_word = |kind: TokenKind| matches!(kind, TokenKind::Word | TokenKind::Quoted);
        let is_name = |text: &str, key: &str| {
            let inner = crate::sql::unquote(text);
            crate::sql::fold(dialect, &inner, inner.len() != text.len()) == key
        };
        let (mut a, mut b) = (0, 0);
        while let Some((kind, text)) = new.get(b) {
            match old.get(a) {
                Some((_, before)) if before == text => (a, b) = (a + 1, b + 1),
                Some((before_kind, before))
                    if is_word(*before_kind)
                        && is_word(*kind)
                        && is_name(before, &self.names.old_key)
                        && is_name(text, &self.names.new_key) =>
                {
                    (a, b) = (a + 1, b + 1);
                }
                // `as x`, which is only put behind what stands in a `select`.
                _ if !is_test
                    && text.eq_ignore_ascii_case("as")
                    && new.get(b + 1).is_some_and(|(_, name)| {
                        is_name(name, &self.names.old_key) || is_name(name, &self.names.new_key)
                    }) =>
                {
                    b += 2;
                }
                _ => return false,
            }
        }
        a == old.len()
    }
}
