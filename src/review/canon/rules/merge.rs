//! Inner queries that only choose and rename are put into the `select` that reads them.

use crate::review::canon::is_pure;
use crate::review::canon::model::{
    Block, Distinct, Expr, Field, Join, Rel, Source, each_column, each_in_source, is_gathering, lift,
    map_expr, map_source, sink,
};

/// The `select` with its inner queries put in where that changes nothing; a relation where it did nothing of its own.
pub(super) fn merge(mut block: Block) -> Result<Block, Rel> {
    turn_right_joins(&mut block);
    let mut at = 0;
    while at < block.sources.len() {
        if can_merge(&block, at) {
            put_in(&mut block, at);
        } else {
            at += 1;
        }
    }
    collapse(block)
}

/// `a right join b` is `b left join a`.
fn turn_right_joins(block: &mut Block) {
    let is_star = |expr: &Expr| matches!(expr, Expr::Node(head, _) if head.starts_with("star"));
    if let [_, second] = block.sources.as_slice()
        && second.join == Join::Right
        && second.says.is_empty()
        && !block.columns.iter().any(is_star)
    {
        super::order::renumber(block, &[1, 0]);
        block.sources.swap(0, 1);
        let on = std::mem::take(&mut block.sources[0].on);
        block.sources[0].join = Join::Inner;
        block.sources[1].join = Join::Left;
        block.sources[1].on = on;
    }
}

fn can_merge(block: &Block, at: usize) -> bool {
    let source = &block.sources[at];
    let Rel::Select(inner) = &source.rel else { return false };
    if !inner.is_plain() || !source.says.is_empty() || inner.sources.is_empty() {
        return false;
    }
    // A row of it as a whole, or a star over it, has its columns and no others.
    let is_bare_star = is_bare_star(inner);
    if !is_bare_star && (reads_all(block, at) || inner.columns.iter().any(has_star)) {
        return false;
    }
    if !inner.columns.iter().all(is_pure) || !inner.filter.iter().all(is_pure) {
        return false;
    }
    if inner.sources.iter().any(|it| !it.says.is_empty() || matches!(it.rel, Rel::Function(..))) {
        return false;
    }
    let keeps = |source: &Source| !matches!(source.join, Join::Inner | Join::Left);
    match source.join {
        // Rows of it are never made up.
        Join::Inner => {
            let later_keep = block.sources[at + 1..].iter().any(keeps);
            let own_keep = inner.sources.iter().any(keeps);
            !later_keep && (!own_keep || (at == 0 && inner.sources.len() == 1))
        }
        // Where there is no row, its columns are null, so none may be anything but a column.
        Join::Left => {
            let later_keep = block.sources[at + 1..].iter().any(keeps);
            inner.sources.len() == 1
                && !later_keep
                && (is_bare_star
                    || inner.columns.iter().all(|it| matches!(it, Expr::Column { depth: 0, .. })))
        }
        _ => false,
    }
}

/// True for `select * from` one relation whose columns are not known.
fn is_bare_star(block: &Block) -> bool {
    let [column] = block.columns.as_slice() else { return false };
    let all = Expr::Column { depth: 0, source: 0, field: Field::All };
    block.sources.len() == 1 && column.parts("star") == Some(&[all])
}

fn has_star(expr: &Expr) -> bool {
    matches!(expr, Expr::Node(head, _) if head.starts_with("star") || head.starts_with("as "))
}

/// True if all columns of a relation are read at once.
fn reads_all(block: &Block, at: usize) -> bool {
    let mut found = false;
    let mut look = |level: u32, column: &Expr| {
        if let Expr::Column { depth, source, field } = column {
            found |= *depth == level && *source as usize == at && !matches!(field, Field::At(_));
        }
    };
    block.sources.iter().for_each(|source| each_in_source(source, 0, &mut look));
    block.clauses().for_each(|expr| each_column(expr, 0, &mut look));
    found
}

/// Puts the inner query of a relation in its place.
fn put_in(block: &mut Block, at: usize) {
    let source = block.sources.remove(at);
    let (join, outer_on) = (source.join, source.on);
    let Rel::Select(inner) = source.rel else { return };
    let Block { sources: inner_sources, filter: inner_filter, columns, .. } = *inner;
    let added = inner_sources.len() as u32;
    let at = at as u32;
    let is_star = columns.iter().any(has_star);
    // What the inner query reads, as seen from the outer: its relations get new numbers, and it is one level less deep.
    let moved = |expr: &Expr| {
        let mut expr = expr.clone();
        map_expr(&mut expr, 0, &mut |level, column| {
            if let Expr::Column { depth, source, .. } = column {
                if *depth == level {
                    *source += at;
                } else if *depth > level {
                    *depth -= 1;
                }
            }
        });
        expr
    };
    let made: Vec<Expr> = columns.iter().map(moved).collect();
    let mut replace = |level: u32, column: &mut Expr| {
        let Expr::Column { depth, source, field } = column else { return };
        if *depth != level {
            return;
        }
        if *source > at {
            *source += added - 1;
        } else if *source == at
            && !is_star
            && let Field::At(place) = field
            && let Some(expr) = made.get(*place as usize)
        {
            let mut expr = expr.clone();
            sink(&mut expr, level);
            *column = expr;
        }
    };
    for source in &mut block.sources {
        map_source(source, 0, &mut replace);
    }
    block.clauses_mut().for_each(|expr| map_expr(expr, 0, &mut replace));
    let mut on = outer_on;
    for expr in &mut on {
        map_expr(expr, 0, &mut replace);
    }
    let filter = inner_filter.iter().map(moved);
    let mut new: Vec<Source> = inner_sources
        .into_iter()
        .map(|mut source| {
            source.on = source.on.iter().map(moved).collect();
            // Derived tables in it are one level less deep, too.
            lift(&mut source.rel, 1);
            source
        })
        .collect();
    if let Some(first) = new.first_mut() {
        if join == Join::Left {
            first.join = Join::Left;
            on.extend(filter);
            first.on = on;
        } else {
            first.on.append(&mut on);
            block.filter.extend(filter);
        }
    }
    let at = at as usize;
    block.sources.splice(at..at, new);
}

/// A `select` over one query that only passes its columns on is that query; a condition on groups or windows belongs
/// to the query that makes them.
fn collapse(mut block: Block) -> Result<Block, Rel> {
    let [source] = block.sources.as_slice() else { return Ok(block) };
    if !source.says.is_empty() || source.join != Join::Inner || !source.on.is_empty() {
        return Ok(block);
    }
    let passes = block.is_plain_over_one() && block.columns.iter().all(|column| place(column).is_some());
    if passes && block.filter.is_empty() && block.order.is_empty() && block.limit.is_empty() {
        let places: Vec<u32> = block.columns.iter().filter_map(place).collect();
        let is_same = places.iter().enumerate().all(|(at, place)| at as u32 == *place);
        match block.sources.remove(0).rel {
            Rel::Select(inner) => {
                let is_whole = is_same && places.len() == inner.columns.len();
                let mut once = places.clone();
                once.sort_unstable();
                once.dedup();
                let is_permutation = once.len() == places.len() && places.len() == inner.columns.len();
                // An aggregate over all rows makes one row of them, whichever of its columns is read.
                let is_one_row = inner.group.is_none() && inner.columns.iter().any(is_summing);
                let keeps_one =
                    places.iter().any(|at| inner.columns.get(*at as usize).is_some_and(is_summing));
                let allowed = match inner.distinct {
                    _ if is_one_row && !keeps_one => false,
                    Distinct::Rows => is_permutation,
                    Distinct::All | Distinct::On(_) => is_whole || inner.columns.iter().all(is_pure),
                };
                if allowed && !inner.columns.iter().any(has_star) {
                    let mut inner = lifted(*inner);
                    inner.columns =
                        places.iter().filter_map(|at| inner.columns.get(*at as usize).cloned()).collect();
                    return Err(Rel::Select(Box::new(inner)));
                }
                block.sources.push(inner_source(Rel::Select(inner)));
            }
            rel @ (Rel::Set { .. } | Rel::Ordered { .. } | Rel::Values(_))
                if is_same && width(&rel) == Some(places.len()) =>
            {
                let mut rel = rel;
                lift(&mut rel, 0);
                return Err(rel);
            }
            rel => block.sources.push(inner_source(rel)),
        }
        return Ok(block);
    }
    let is_later = block.group.is_none()
        && block.having.is_empty()
        && block.qualify.is_empty()
        && block.limit.is_empty()
        && block.order.is_empty()
        && block.unused.is_empty()
        && block.distinct == Distinct::All
        && !block.columns.iter().any(is_gathering)
        && !block.filter.is_empty();
    if !is_later {
        return Ok(block);
    }
    let Rel::Select(inner) = &block.sources[0].rel else { return Ok(block) };
    let has_windows = inner
        .columns
        .iter()
        .chain(&inner.qualify)
        .any(|it| it.any(&mut |part| matches!(part, Expr::Node(head, _) if &**head == "over")));
    let is_grouped = inner.group.is_some();
    if !(has_windows || is_grouped)
        || inner.distinct != Distinct::All
        || !inner.order.is_empty()
        || !inner.limit.is_empty()
        || !inner.unused.is_empty()
        || !inner.columns.iter().all(is_pure)
        || inner.columns.iter().any(has_star)
        || reads_all(&block, 0)
    {
        return Ok(block);
    }
    let Rel::Select(inner) = block.sources.remove(0).rel else { return Ok(block) };
    let mut inner = lifted(*inner);
    let old = inner.columns.clone();
    let mut replace = |level: u32, column: &mut Expr| {
        if let Expr::Column { depth, source: 0, field: Field::At(at) } = column
            && *depth == level
            && let Some(expr) = old.get(*at as usize)
        {
            let mut expr = expr.clone();
            sink(&mut expr, level);
            *column = expr;
        }
    };
    block.columns.iter_mut().chain(&mut block.filter).for_each(|expr| map_expr(expr, 0, &mut replace));
    inner.columns = block.columns;
    if has_windows || !inner.qualify.is_empty() {
        inner.qualify.extend(block.filter);
    } else {
        inner.having.extend(block.filter);
    }
    Ok(inner)
}

impl Block {
    fn is_plain_over_one(&self) -> bool {
        self.group.is_none()
            && self.having.is_empty()
            && self.qualify.is_empty()
            && self.unused.is_empty()
            && self.distinct == Distinct::All
            && self.sources.len() == 1
    }
}

/// True for an expression with an aggregate that is not over a window.
fn is_summing(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::Node(head, _) if head.starts_with("agg ")))
}

fn inner_source(rel: Rel) -> Source {
    Source { join: Join::Inner, rel, on: Vec::new(), says: Vec::new() }
}

/// The place of the column that an expression passes on.
fn place(expr: &Expr) -> Option<u32> {
    match expr {
        Expr::Column { depth: 0, source: 0, field: Field::At(at) } => Some(*at),
        _ => None,
    }
}

/// How many columns a relation has.
fn width(rel: &Rel) -> Option<usize> {
    match rel {
        Rel::Select(block) if !block.columns.iter().any(has_star) => Some(block.columns.len()),
        Rel::Set { branches, .. } => width(branches.first()?),
        Rel::Ordered { of, .. } => width(of),
        Rel::Values(rows) => Some(rows.first()?.len()),
        _ => None,
    }
}

/// A derived table's `select` as seen one level further out.
fn lifted(block: Block) -> Block {
    let mut rel = Rel::Select(Box::new(block));
    lift(&mut rel, 0);
    match rel {
        Rel::Select(block) => *block,
        _ => Block::default(),
    }
}
