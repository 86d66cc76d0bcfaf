//! The order of relations that are joined each with each, and of conditions.

use crate::review::canon::is_pure_rel;
use crate::review::canon::model::{Block, Distinct, Expr, Field, Join, Rel, Source, map_expr, map_source};

/// Moves conditions of inner joins to `where`, and puts relations into one order where none counts.
pub(super) fn sort(block: &mut Block) {
    // A right or full join makes rows that a condition before it has not seen.
    let keeps = |source: &Source| !matches!(source.join, Join::Inner | Join::Left);
    if block.sources.iter().any(keeps) {
        return;
    }
    for source in &mut block.sources {
        if source.join == Join::Inner {
            block.filter.append(&mut source.on);
        }
    }
    block.filter = super::expr::conditions(std::mem::take(&mut block.filter));
    let is_free = |source: &Source| {
        source.join == Join::Inner
            && source.says.iter().all(|it| it.parts("using").is_some())
            && !matches!(source.rel, Rel::Function(..))
            && is_pure_rel(&source.rel)
    };
    if block.sources.len() < 2 || !block.sources.iter().all(is_free) || chooses(block) {
        return;
    }
    let mut order: Vec<usize> = (0..block.sources.len()).collect();
    order.sort_by(|a, b| block.sources[*a].rel.cmp(&block.sources[*b].rel));
    // Of equal relations none comes first, so their numbers would mean nothing.
    if order.windows(2).any(|pair| block.sources[pair[0]].rel == block.sources[pair[1]].rel) {
        return;
    }
    let mut place = vec![0_u32; order.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new as u32;
    }
    renumber(block, &place);
    let mut sources: Vec<Option<Source>> = std::mem::take(&mut block.sources).into_iter().map(Some).collect();
    block.sources = order.iter().filter_map(|old| sources[*old].take()).collect();
    block.filter.sort();
    if let Some(keys) = &mut block.group {
        keys.sort();
    }
}

/// Gives the relations of a `select` other numbers wherever they are read.
pub(super) fn renumber(block: &mut Block, place: &[u32]) {
    let mut change = |level: u32, column: &mut Expr| {
        if let Expr::Column { depth, source, .. } = column
            && *depth == level
            && let Some(new) = place.get(*source as usize)
        {
            *source = *new;
        }
    };
    for source in &mut block.sources {
        map_source(source, 0, &mut change);
    }
    block.clauses_mut().for_each(|expr| map_expr(expr, 0, &mut change));
}

/// True if which rows come first can be seen: a limit, a star, a function that takes the first it meets.
fn chooses(block: &Block) -> bool {
    let mut found = !block.limit.is_empty() || matches!(block.distinct, Distinct::On(_));
    for expr in block.clauses() {
        found |= expr.any(&mut |part| match part {
            Expr::Node(head, _) => {
                head.starts_with("star")
                    || super::functions::is_ordered(head.rsplit(' ').next().unwrap_or_default())
            }
            Expr::Column { field, .. } => *field == Field::All,
            _ => false,
        });
    }
    found
}
