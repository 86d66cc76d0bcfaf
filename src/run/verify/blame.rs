//! What a statement is refused for: its own text, that of a part, or parts that are too much together.

use super::scratch::{Scratch, bare};
use crate::emit::{Compiled, Context, Inliner, Style};
use crate::plan::{Materialization, Plan};
use crate::project::NodeId;
use crate::run::DatabaseError;

/// What is to blame.
pub(super) enum Blame {
    /// A text that is refused even if all that it reads is stored.
    Text {
        /// Whose.
        node: NodeId,
        /// Its statement.
        compiled: Box<Compiled>,
        /// What the engine says of it.
        error: DatabaseError,
    },
    /// That parts are inlined.
    Together {
        /// Those without which it is taken, if all others are stored.
        parts: Vec<NodeId>,
        /// One of them that would do if it alone were stored.
        store: Option<NodeId>,
        /// What the engine says of the whole.
        error: DatabaseError,
    },
}

/// Finds out why a statement with inlined parts is refused, by storing some of them instead.
pub(super) fn blame(
    scratch: &mut Scratch<'_>,
    context: Context<'_>,
    id: NodeId,
    compiled: &Compiled,
    error: DatabaseError,
) -> Blame {
    let parts: Vec<NodeId> = compiled.ctes.iter().map(|cte| cte.node).collect();
    let dialect = context.project.target.dialect;
    let mut cut = Cut::new(context);
    for part in parts.iter().copied() {
        let Some(own) = cut.compile(part, &[]) else { continue };
        let sql = bare(dialect, &own.sql);
        let asked = scratch.explain(&sql);
        if let Err(error) = asked.and_then(|()| scratch.stand_in(part, &sql, false)) {
            return Blame::Text { node: part, compiled: Box::new(own), error };
        }
    }
    let mut asked = |inlined: &[NodeId]| {
        let compiled = cut.compile(id, inlined)?;
        let asked = scratch.explain(&bare(dialect, &compiled.sql));
        asked.err().map(|error| (compiled, error))
    };
    if let Some((own, error)) = asked(&[]) {
        return Blame::Text { node: id, compiled: Box::new(own), error };
    }
    let least = minimal(&parts, |inlined| asked(inlined).is_some());
    // What stands in the middle of a chain cuts it best.
    let (below, above) = least.split_at(least.len() / 2);
    let store = above.iter().chain(below.iter().rev()).copied().find(|part| {
        let others: Vec<NodeId> = parts.iter().copied().filter(|other| other != part).collect();
        asked(&others).is_none()
    });
    Blame::Together { parts: least, store, error }
}

/// A few of `all` that fail together, of which none can be left out; `all` fail, and none of them doesn't.
fn minimal<T: Copy>(all: &[T], mut fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut kept = all.to_vec();
    let mut size = kept.len().div_ceil(2);
    loop {
        let mut at = 0;
        while at < kept.len() {
            let end = (at + size).min(kept.len());
            let without = [&kept[..at], &kept[end..]].concat();
            if fails(&without) {
                kept = without;
            } else {
                at = end;
            }
        }
        if size <= 1 {
            return kept;
        }
        size = size.div_ceil(2);
    }
}

/// Statements of the project as if other parts were inlined.
struct Cut<'a> {
    context: Context<'a>,
    /// Every inlined part is a table here.
    plan: Plan,
}

impl<'a> Cut<'a> {
    fn new(context: Context<'a>) -> Self {
        let mut cut = Self { context, plan: context.plan.clone() };
        let inlined: Vec<NodeId> =
            context.project.nodes().map(|(id, _)| id).filter(|id| context.plan.is_inline(*id)).collect();
        for id in inlined {
            cut.set(id, Materialization::Table);
        }
        cut
    }

    /// The statement of a node with just these parts inlined.
    fn compile(&mut self, id: NodeId, inlined: &[NodeId]) -> Option<Compiled> {
        for part in inlined {
            self.set(*part, Materialization::Inline);
        }
        let context = Context { plan: &self.plan, ..self.context };
        let compiled = Inliner::new(context, Style::Dbt).compile(id);
        for part in inlined {
            self.set(*part, Materialization::Table);
        }
        compiled
    }

    fn set(&mut self, id: NodeId, materialization: Materialization) {
        if let Some(decision) = &mut self.plan.decisions[id] {
            decision.materialization = materialization;
            // So that its readers look at how they name it, whatever its author said.
            decision.auto = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(all: u32, culprits: &[u32], expect: &[u32]) {
        let all: Vec<u32> = (0..all).collect();
        let found = minimal(&all, |some| culprits.iter().all(|one| some.contains(one)));
        assert_eq!(found, expect);
    }

    #[test]
    fn nothing_is_left_that_can_be_left_out() {
        check(1, &[0], &[0]);
        check(9, &[4], &[4]);
        check(100, &[0, 57, 99], &[0, 57, 99]);
    }

    #[test]
    fn of_a_chain_that_is_too_long_just_so_many_are_left() {
        let all: Vec<u32> = (0..30).collect();
        let mut asked = 0;
        let found = minimal(&all, |some| {
            asked += 1;
            some.len() >= 12
        });
        assert_eq!(found.len(), 12);
        assert!(asked < 60, "{asked}");
    }
}
