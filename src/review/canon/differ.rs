//! Where two forms differ: in their rows, and in which columns.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use super::Canonical;
use super::model::{Block, Distinct, Expr, Field, Rel, is_gathering};

/// What decides rows and is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowsKind {
    /// What is read, and how it is joined.
    Join,
    /// `where`, `having`, `qualify`.
    Filter,
    /// The keys of `group by`.
    Grain,
    /// Rows are gathered on one side only.
    Aggregation,
    /// `distinct`.
    Distinct,
    /// `union` and its kin.
    SetOperation,
    /// `limit`, `offset`.
    Limit,
    /// `order by`.
    Order,
    /// Anything else.
    Other,
}

impl RowsKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Filter => "filter",
            Self::Grain => "grain",
            Self::Aggregation => "aggregation",
            Self::Distinct => "distinct",
            Self::SetOperation => "set operation",
            Self::Limit => "limit",
            Self::Order => "order",
            Self::Other => "other",
        }
    }
}

/// How an output column differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It was called otherwise.
    Renamed {
        /// Its former name.
        from: String,
    },
    /// Only its type differs.
    Type,
    /// What it is made of differs.
    Expression,
    /// It stands elsewhere among the columns.
    Moved,
}

impl ColumnKind {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed { .. } => "renamed",
            Self::Type => "type",
            Self::Expression => "expression",
            Self::Moved => "moved",
        }
    }
}

/// An output column that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnChange {
    /// Its name; the new one, if it was renamed. `*` stands for columns that are not known.
    pub name: String,
    /// How it differs.
    pub kind: ColumnKind,
}

/// Where two queries differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// What of the rows.
    pub rows: BTreeSet<RowsKind>,
    /// Which columns, in the order of the new query, removed ones last.
    pub columns: Vec<ColumnChange>,
}

/// Where two forms at [`super::Level::Meaning`] differ; nothing if they are equal.
pub(crate) fn differences(old: &Canonical, new: &Canonical) -> Differences {
    let mut found = Differences::default();
    if old == new {
        return found;
    }
    let (before, after) = (view(&old.rel, &mut Vec::new()), view(&new.rel, &mut Vec::new()));
    rows(&before, &after, true, &mut found.rows);
    columns(old, new, &before, &after, &mut found.columns);
    if found.rows.is_empty() && found.columns.is_empty() {
        found.rows.insert(RowsKind::Other);
    }
    found
}

/// A relation by the hashes of what it does.
#[derive(Default)]
struct View {
    what: What,
    inner: Vec<View>,
    joins: Vec<u64>,
    filter: u64,
    group: Option<u64>,
    gathers: bool,
    groups_by_all: bool,
    distinct: u64,
    is_distinct: bool,
    order: u64,
    limit: u64,
    /// For each column, what it is made of; and the same without a cast around it.
    columns: Vec<(u64, u64)>,
}

#[derive(Default, PartialEq)]
enum What {
    #[default]
    Select,
    Set(String),
    Other(u64),
}

/// What the columns of a relation in `from` are made of.
enum Seen {
    Table(u64),
    Made(Vec<u64>, u64),
}

fn hash(of: impl std::hash::Hash) -> u64 {
    let mut hasher = FxHasher::default();
    of.hash(&mut hasher);
    hasher.finish()
}

fn view(rel: &Rel, around: &mut Vec<Vec<Seen>>) -> View {
    match rel {
        Rel::Select(block) => select(block, around),
        Rel::Set { op, branches } => {
            let inner: Vec<View> = branches.iter().map(|branch| view(branch, around)).collect();
            let width = inner.iter().map(|it| it.columns.len()).min().unwrap_or(0);
            let at = |place: usize| {
                let of = |pick: fn(&(u64, u64)) -> u64| {
                    hash(inner.iter().map(|it| pick(&it.columns[place])).collect::<Vec<_>>())
                };
                (of(|it| it.0), of(|it| it.1))
            };
            View {
                what: What::Set(op.clone()),
                columns: (0..width).map(at).collect(),
                inner,
                ..View::default()
            }
        }
        Rel::Ordered { of, order, limit } => {
            let mut inner = view(of, around);
            inner.order = hash((inner.order, all(order, around)));
            inner.limit = hash((inner.limit, all(limit, around)));
            inner
        }
        Rel::Cte(_, rel) => view(rel, around),
        Rel::Table(key) => View { what: What::Other(hash(key)), ..View::default() },
        Rel::Values(rows) => {
            let text = hash(rows.iter().map(|row| all(row, around)).collect::<Vec<_>>());
            let width = rows.first().map_or(0, Vec::len);
            let columns = (0..width).map(|at| (hash((at, text)), hash((at, text)))).collect();
            View { what: What::Other(text), columns, ..View::default() }
        }
        Rel::Function(name, args) => {
            View { what: What::Other(hash((name, all(args, around)))), ..View::default() }
        }
    }
}

fn select(block: &Block, around: &mut Vec<Vec<Seen>>) -> View {
    around.push(Vec::new());
    let mut inner = Vec::new();
    let mut joins = Vec::new();
    let mut met: BTreeMap<u64, u64> = BTreeMap::new();
    for source in &block.sources {
        let seen = view(&source.rel, around);
        let own = match &seen.what {
            What::Other(of) => *of,
            _ => 0,
        };
        // The second reading of a table is another relation than the first.
        let times =
            met.entry(hash((own, seen.columns.iter().map(|it| it.0).collect::<Vec<_>>()))).or_default();
        *times += 1;
        let entry = match &seen.what {
            What::Other(of) if seen.columns.is_empty() => Seen::Table(hash((of, *times))),
            _ => Seen::Made(seen.columns.iter().map(|it| it.0).collect(), *times),
        };
        if let Some(here) = around.last_mut() {
            here.push(entry);
        }
        joins.push(hash((format!("{:?}", source.join), all(&source.on, around), all(&source.says, around))));
        inner.push(seen);
    }
    let column = |expr: &Expr, around: &mut Vec<Vec<Seen>>| {
        let bare = match expr {
            Expr::Node(head, parts) if matches!(&**head, "cast" | "try_cast" | "safe_cast") => {
                parts.first().unwrap_or(expr)
            }
            other => other,
        };
        (one(expr, around), one(bare, around))
    };
    let columns = block.columns.iter().map(|expr| column(expr, around)).collect();
    // What is held against each other in two relations joins them, wherever it is written.
    let (across, within): (Vec<&Expr>, Vec<&Expr>) = block.filter.iter().partition(|expr| is_across(expr));
    let mut across: Vec<u64> = across.into_iter().map(|expr| one(expr, around)).collect();
    across.sort_unstable();
    joins.push(hash(across));
    let mut within: Vec<u64> = within.into_iter().map(|expr| one(expr, around)).collect();
    within.sort_unstable();
    let filter = hash((within, all(&block.having, around), all(&block.qualify, around)));
    let group = block.group.as_ref().map(|keys| all(keys, around));
    let distinct = match &block.distinct {
        Distinct::All => 0,
        Distinct::Rows => 1,
        Distinct::On(keys) => all(keys, around),
    };
    let (order, limit) = (all(&block.order, around), all(&block.limit, around));
    around.pop();
    let gathers = block
        .columns
        .iter()
        .any(|it| is_gathering(it) && !matches!(it, Expr::Node(head, _) if &**head == "over"));
    View {
        what: What::Select,
        inner,
        joins,
        filter,
        group,
        gathers,
        groups_by_all: block.group.iter().flatten().any(|key| key.parts("all").is_some()),
        distinct,
        is_distinct: block.distinct == Distinct::Rows,
        order,
        limit,
        columns,
    }
}

/// What the columns are made of, in no order.
fn made(view: &View) -> Vec<u64> {
    let mut columns: Vec<u64> = view.columns.iter().map(|it| it.0).collect();
    columns.sort_unstable();
    columns
}

/// True if an expression reads two relations of its own `select`.
fn is_across(expr: &Expr) -> bool {
    let mut first = None;
    expr.any(&mut |part| match part {
        Expr::Column { depth: 0, source, .. } => *first.get_or_insert(*source) != *source,
        _ => false,
    })
}

fn all(exprs: &[Expr], around: &mut Vec<Vec<Seen>>) -> u64 {
    hash(exprs.iter().map(|expr| one(expr, around)).collect::<Vec<_>>())
}

fn one(expr: &Expr, around: &mut Vec<Vec<Seen>>) -> u64 {
    match expr {
        Expr::Text(text) => hash((1, text)),
        Expr::Output(at) => hash((2, at)),
        Expr::Node(head, parts) => {
            let mut parts: Vec<u64> = parts.iter().map(|part| one(part, around)).collect();
            // Their order hangs on the numbers of relations, which differ where one was added.
            if matches!(&**head, "and" | "or" | "=" | "<>" | "partition") {
                parts.sort_unstable();
            }
            hash((3, head, parts))
        }
        Expr::Query(rel) => whole(&view(rel, around)),
        Expr::Column { depth, source, field } => {
            let level = around.len().checked_sub(1 + *depth as usize);
            match level.and_then(|level| around[level].get(*source as usize)) {
                Some(Seen::Table(of)) => hash((4, of, format!("{field:?}"))),
                Some(Seen::Made(columns, times)) => match field {
                    Field::At(at) => hash((5, columns.get(*at as usize), times)),
                    _ => hash((6, columns, times, format!("{field:?}"))),
                },
                None => hash((7, depth, source, format!("{field:?}"))),
            }
        }
    }
}

/// One hash for all that a relation does.
fn whole(view: &View) -> u64 {
    let what = match &view.what {
        What::Select => 0,
        What::Set(op) => hash(op),
        What::Other(of) => *of,
    };
    let inner: Vec<u64> = view.inner.iter().map(whole).collect();
    hash((
        what,
        inner,
        &view.joins,
        view.filter,
        view.group,
        view.distinct,
        view.order,
        view.limit,
        &view.columns,
    ))
}

fn rows(old: &View, new: &View, is_top: bool, found: &mut BTreeSet<RowsKind>) {
    match (&old.what, &new.what) {
        (What::Select, What::Select) => {}
        (What::Set(a), What::Set(b)) if a == b && old.inner.len() == new.inner.len() => {}
        (What::Set(_), _) | (_, What::Set(_)) => {
            found.insert(RowsKind::SetOperation);
            return;
        }
        (What::Other(a), What::Other(b)) if a == b => {}
        _ => {
            found.insert(RowsKind::Join);
            return;
        }
    }
    if old.inner.len() == new.inner.len() {
        for (old, new) in old.inner.iter().zip(&new.inner) {
            rows(old, new, false, found);
        }
        if old.joins != new.joins {
            found.insert(RowsKind::Join);
        }
    } else {
        found.insert(RowsKind::Join);
    }
    if old.filter != new.filter {
        found.insert(RowsKind::Filter);
    }
    if old.group != new.group {
        found.insert(RowsKind::Grain);
    } else if old.gathers != new.gathers {
        found.insert(RowsKind::Aggregation);
    }
    let is_other = made(old) != made(new);
    if old.distinct != new.distinct || (is_other && (old.is_distinct || new.is_distinct)) {
        found.insert(RowsKind::Distinct);
    }
    // What counts as one row hangs on its columns.
    if is_other && matches!(&old.what, What::Set(op) if op != "union all") {
        found.insert(RowsKind::SetOperation);
    }
    if is_other && old.groups_by_all {
        found.insert(RowsKind::Grain);
    }
    if old.limit != new.limit {
        found.insert(RowsKind::Limit);
    }
    if old.order != new.order && (is_top || old.limit != hash(Vec::<u64>::new())) {
        found.insert(RowsKind::Order);
    }
}

fn columns(old: &Canonical, new: &Canonical, before: &View, after: &View, found: &mut Vec<ColumnChange>) {
    let named = |canonical: &Canonical, view: &View| -> Vec<(String, String, (u64, u64))> {
        let of = |(at, name): (usize, &Option<super::OutputName>)| {
            let (key, shown) = name.as_ref().map_or(("*", "*"), |it| (&*it.key, &*it.shown));
            (key.to_owned(), shown.to_owned(), view.columns.get(at).copied().unwrap_or_default())
        };
        canonical.names.iter().enumerate().map(of).collect()
    };
    let (old, new) = (named(old, before), named(new, after));
    let find = |all: &[(String, String, (u64, u64))], key: &str| all.iter().find(|it| it.0 == key).cloned();
    let mut gone: Vec<&(String, String, (u64, u64))> =
        old.iter().filter(|column| find(&new, &column.0).is_none()).collect();
    for (key, shown, made) in &new {
        let kind = match find(&old, key) {
            Some((_, was, own)) if own == *made => {
                (was != *shown).then_some(ColumnKind::Renamed { from: was })
            }
            Some((_, _, own)) if own.1 == made.1 => Some(ColumnKind::Type),
            Some(_) => Some(ColumnKind::Expression),
            None => Some(match gone.iter().position(|it| it.2 == *made) {
                Some(at) => ColumnKind::Renamed { from: gone.remove(at).1.clone() },
                None => ColumnKind::Added,
            }),
        };
        if let Some(kind) = kind {
            found.push(ColumnChange { name: shown.clone(), kind });
        }
    }
    found.extend(gone.iter().map(|it| ColumnChange { name: it.1.clone(), kind: ColumnKind::Removed }));
    let place =
        |all: &[(String, String, (u64, u64))], other: &[(String, String, (u64, u64))]| -> Vec<String> {
            all.iter().filter(|it| find(other, &it.0).is_some()).map(|it| it.0.clone()).collect()
        };
    let (was, is) = (place(&old, &new), place(&new, &old));
    let last_old = old.iter().rposition(|it| find(&new, &it.0).is_some());
    let mut moved: Vec<&String> = was.iter().zip(&is).filter(|(a, b)| a != b).map(|(_, b)| b).collect();
    // A new column between old ones moves those behind it, for readers that go by place.
    let new_between = new
        .iter()
        .position(|it| find(&old, &it.0).is_none())
        .is_some_and(|at| last_old.is_some() && new[at..].iter().any(|it| find(&old, &it.0).is_some()));
    if moved.is_empty() && new_between && gone.is_empty() && is.len() == old.len() {
        moved.clear();
    }
    found.extend(moved.into_iter().map(|name| ColumnChange { name: name.clone(), kind: ColumnKind::Moved }));
}
