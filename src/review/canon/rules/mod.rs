//! Rules that change how a query is written and never its rows, for any input.
//!
//! What they may do with an expression hangs on [`super::is_pure`]: a function that isn't in [`functions`] is never
//! made twice, left out or moved to another `select`.

mod expr;
pub(super) mod functions;
mod merge;
mod order;

use super::model::{Block, Distinct, Expr, Rel};
use crate::sql::Dialect;

/// A `select` whose relations are in their form already, in its own.
pub(super) fn block(block: Block, dialect: Dialect) -> Rel {
    let mut block = block;
    expr::clauses(&mut block, dialect);
    let mut block = match merge::merge(block) {
        Ok(block) => block,
        Err(rel) => return rel,
    };
    expr::clauses(&mut block, dialect);
    group(&mut block);
    order::sort(&mut block);
    // Relations may have other numbers now, by which operands are put in order.
    expr::clauses(&mut block, dialect);
    Rel::Select(Box::new(block))
}

/// A set operation whose branches are in their form already, in its own.
///
/// `chooses` says that somewhere it can be seen which rows come first.
pub(super) fn set(rel: Rel, chooses: bool) -> Rel {
    let Rel::Set { op, branches } = rel else { return rel };
    let associates = matches!(op.as_str(), "union" | "union all");
    let mut all = Vec::new();
    for branch in branches {
        match branch {
            Rel::Set { op: own, branches } if associates && own == op => all.extend(branches),
            other => all.push(other),
        }
    }
    if associates && !chooses {
        all.sort();
        if op == "union" {
            all.dedup_by(|a, b| a == b && super::is_pure_rel(a));
        }
    }
    if all.len() == 1 && op == "union" {
        // One branch with itself is its distinct rows.
        all.extend_from_within(..);
    }
    Rel::Set { op, branches: all }
}

/// Keys of a group are a set; conditions on keys alone hold before grouping, too; a group without aggregates is a
/// `distinct`.
fn group(block: &mut Block) {
    let Some(keys) = &mut block.group else { return };
    if keys.iter().any(|key| matches!(key, Expr::Node(head, _) if is_several(head))) {
        return;
    }
    keys.sort();
    keys.dedup();
    let keys = keys.clone();
    let (early, late): (Vec<Expr>, Vec<Expr>) = std::mem::take(&mut block.having)
        .into_iter()
        .partition(|condition| super::is_pure(condition) && is_made_of(condition, &keys) && !keys.is_empty());
    block.having = late;
    block.filter.extend(early);
    block.filter.sort();
    block.filter.dedup();
    let mut columns = block.columns.clone();
    columns.sort();
    columns.dedup();
    let is_distinct = columns == keys && block.having.is_empty() && block.qualify.is_empty();
    if is_distinct && block.distinct == Distinct::All && block.columns.iter().all(super::is_pure) {
        block.group = None;
        block.distinct = Distinct::Rows;
    } else if block.distinct == Distinct::Rows && is_distinct {
        block.group = None;
    }
}

/// True for keys that stand for several groupings.
fn is_several(head: &str) -> bool {
    head == "all"
        || head == "ordinal"
        || ["rollup", "cube", "grouping", "with"].iter().any(|word| head.contains(word))
}

/// True if an expression is made of these keys, literals and functions of them.
fn is_made_of(expr: &Expr, keys: &[Expr]) -> bool {
    if keys.contains(expr) {
        return true;
    }
    match expr {
        Expr::Text(_) => true,
        Expr::Node(head, parts) => {
            !head.starts_with("agg ")
                && !head.starts_with("over")
                && parts.iter().all(|part| is_made_of(part, keys))
        }
        Expr::Column { .. } | Expr::Output(_) | Expr::Query(_) => false,
    }
}
