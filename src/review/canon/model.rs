//! The form of a query that two writings of it share: names of inner relations are gone, columns are numbers.

use std::sync::Arc;

/// Something with rows and numbered columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rel {
    /// A relation from outside, by the name that both sides give it.
    Table(Arc<str>),
    /// A `select`.
    Select(Box<Block>),
    /// A set operation; the branches' columns go by position.
    Set {
        /// `union all`, `union`, `except` …
        op: String,
        /// Two branches, or more where they associate.
        branches: Vec<Rel>,
    },
    /// A query in brackets with an order or a limit of its own, over something that is no `select`.
    Ordered {
        /// What is ordered.
        of: Box<Rel>,
        /// The keys, `Expr::Output` among them.
        order: Vec<Expr>,
        /// `limit`, `offset`, `fetch`.
        limit: Vec<Expr>,
    },
    /// `values`.
    Values(Vec<Vec<Expr>>),
    /// A table function, `unnest` and their like; arguments see the relations before it.
    Function(String, Vec<Expr>),
    /// A CTE that stays one: its number in the order of use, and its query.
    Cte(u32, Arc<Rel>),
}

/// A `select` in clauses.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Block {
    /// What stands in `from`, from left to right.
    pub(crate) sources: Vec<Source>,
    /// What all have to be true in `where`.
    pub(crate) filter: Vec<Expr>,
    /// The keys of `group by`, if there is one.
    pub(crate) group: Option<Vec<Expr>>,
    /// What all have to be true in `having`.
    pub(crate) having: Vec<Expr>,
    /// What all have to be true in `qualify`.
    pub(crate) qualify: Vec<Expr>,
    /// Whether equal rows are one.
    pub(crate) distinct: Distinct,
    /// The columns.
    pub(crate) columns: Vec<Expr>,
    /// `order by`.
    pub(crate) order: Vec<Expr>,
    /// `limit`, `offset`, `fetch`, `top`.
    pub(crate) limit: Vec<Expr>,
    /// CTEs that nobody reads; only where they are looked at.
    pub(crate) unused: Vec<Rel>,
}

/// Whether equal rows are one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Distinct {
    /// They are not.
    #[default]
    All,
    /// They are.
    Rows,
    /// Rows of which these are equal.
    On(Vec<Expr>),
}

/// A relation in `from`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    /// How it is joined to what stands before it.
    pub(crate) join: Join,
    /// The relation.
    pub(crate) rel: Rel,
    /// What all have to be true in `on`.
    pub(crate) on: Vec<Expr>,
    /// What else is said of it: `lateral`, a sample, the names of `using` where a star puts them first.
    pub(crate) says: Vec<Expr>,
}

/// How a relation is joined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Join {
    /// Each row with each; conditions decide.
    Inner,
    /// All rows of what stands before are kept.
    Left,
    /// All rows of this one are kept.
    Right,
    /// All rows are kept.
    Full,
    /// Anything else, by its words.
    Other(String),
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expr {
    /// A column of a relation in `from`, of the `select` so many levels out.
    Column {
        /// 0 for the `select` where it stands.
        depth: u32,
        /// The number of the relation.
        source: u32,
        /// Which of its columns.
        field: Field,
    },
    /// An output column of what is ordered.
    Output(u32),
    /// A literal or a word, as all writings of it.
    Text(Arc<str>),
    /// Anything made of expressions: a head that tells what, and the parts in order.
    Node(Arc<str>, Vec<Expr>),
    /// A subquery, one level down.
    Query(Box<Rel>),
}

/// A column of a relation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    /// By place, where the relation's columns are known.
    At(u32),
    /// By name.
    Name(Arc<str>),
    /// All of them: a star, or the relation's name as a row.
    All,
}

impl Expr {
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self::Text(text.as_ref().into())
    }

    pub(crate) fn node(head: impl AsRef<str>, parts: Vec<Self>) -> Self {
        Self::Node(head.as_ref().into(), parts)
    }

    /// The parts, if it is a node with this head.
    pub(crate) fn parts(&self, head: &str) -> Option<&[Self]> {
        match self {
            Self::Node(own, parts) if &**own == head => Some(parts),
            _ => None,
        }
    }

    /// True for it or anything in it, subqueries left out.
    pub(crate) fn any(&self, is: &mut dyn FnMut(&Self) -> bool) -> bool {
        is(self)
            || match self {
                Self::Node(_, parts) => parts.iter().any(|part| part.any(is)),
                _ => false,
            }
    }
}

impl Block {
    /// All expressions but those in `from`.
    pub(crate) fn clauses_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let Self { sources: _, filter, group, having, qualify, distinct, columns, order, limit, unused: _ } =
            self;
        let on = match distinct {
            Distinct::On(keys) => keys.as_mut_slice(),
            _ => &mut [],
        };
        let group = group.as_deref_mut().unwrap_or_default();
        filter
            .iter_mut()
            .chain(group)
            .chain(having)
            .chain(qualify)
            .chain(on)
            .chain(columns)
            .chain(order)
            .chain(limit)
    }

    /// The same, to look at.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &Expr> {
        let Self { sources: _, filter, group, having, qualify, distinct, columns, order, limit, unused: _ } =
            self;
        let on = match distinct {
            Distinct::On(keys) => keys.as_slice(),
            _ => &[],
        };
        let group = group.as_deref().unwrap_or_default();
        filter
            .iter()
            .chain(group)
            .chain(having)
            .chain(qualify)
            .chain(on)
            .chain(columns)
            .chain(order)
            .chain(limit)
    }

    /// True if it does no more than choose rows and make columns of them one by one.
    pub(crate) fn is_plain(&self) -> bool {
        let Self { sources: _, filter: _, group, having, qualify, distinct, columns, order, limit, unused } =
            self;
        group.is_none()
            && having.is_empty()
            && qualify.is_empty()
            && *distinct == Distinct::All
            && order.is_empty()
            && limit.is_empty()
            && unused.is_empty()
            && !columns.iter().any(is_gathering)
    }
}

/// True if an expression looks at more than one row: an aggregate or a window.
pub(crate) fn is_gathering(expr: &Expr) -> bool {
    expr.any(&mut |part| match part {
        Expr::Node(head, _) => head.starts_with("agg ") || head.starts_with("over"),
        _ => false,
    })
}

/// Rewrites every column in an expression; `change` is given how many levels down it stands, and the column.
pub(crate) fn map_expr(expr: &mut Expr, level: u32, change: &mut dyn FnMut(u32, &mut Expr)) {
    match expr {
        Expr::Column { .. } => change(level, expr),
        Expr::Node(_, parts) => parts.iter_mut().for_each(|part| map_expr(part, level, change)),
        Expr::Query(rel) => map_rel(rel, level + 1, change),
        Expr::Output(_) | Expr::Text(_) => {}
    }
}

/// The same in a relation; `level` is that of the expressions in its `select`.
pub(crate) fn map_rel(rel: &mut Rel, level: u32, change: &mut dyn FnMut(u32, &mut Expr)) {
    match rel {
        Rel::Table(_) => {}
        Rel::Select(block) => {
            for source in &mut block.sources {
                map_source(source, level, change);
            }
            block.clauses_mut().for_each(|expr| map_expr(expr, level, change));
            block.unused.iter_mut().for_each(|rel| map_rel(rel, level + 1, change));
        }
        Rel::Set { branches, .. } => branches.iter_mut().for_each(|branch| map_rel(branch, level, change)),
        Rel::Ordered { of, order, limit } => {
            map_rel(of, level, change);
            order.iter_mut().chain(limit).for_each(|expr| map_expr(expr, level, change));
        }
        Rel::Values(rows) => rows.iter_mut().flatten().for_each(|expr| map_expr(expr, level, change)),
        // Its arguments stand where the `from` stands, one level above what would be its own `select`.
        Rel::Function(_, args) => {
            for expr in args {
                map_expr(expr, level.saturating_sub(1), change);
            }
        }
        Rel::Cte(_, rel) => map_rel(Arc::make_mut(rel), level, change),
    }
}

/// The same in a relation of `from`, where `level` is that of the `select` it stands in.
pub(crate) fn map_source(source: &mut Source, level: u32, change: &mut dyn FnMut(u32, &mut Expr)) {
    map_rel(&mut source.rel, level + 1, change);
    source.on.iter_mut().chain(&mut source.says).for_each(|expr| map_expr(expr, level, change));
}

/// Looks at every column that a `select` reads in an expression of its own, at any depth; `level` counts from it.
pub(crate) fn each_column(expr: &Expr, level: u32, look: &mut dyn FnMut(u32, &Expr)) {
    match expr {
        Expr::Column { .. } => look(level, expr),
        Expr::Node(_, parts) => parts.iter().for_each(|part| each_column(part, level, look)),
        Expr::Query(rel) => each_in_rel(rel, level + 1, look),
        Expr::Output(_) | Expr::Text(_) => {}
    }
}

/// The same in a relation of `from`, where `level` is that of the `select` it stands in.
pub(crate) fn each_in_source(source: &Source, level: u32, look: &mut dyn FnMut(u32, &Expr)) {
    each_in_rel(&source.rel, level + 1, look);
    source.on.iter().chain(&source.says).for_each(|expr| each_column(expr, level, look));
}

fn each_in_rel(rel: &Rel, level: u32, look: &mut dyn FnMut(u32, &Expr)) {
    match rel {
        Rel::Table(_) => {}
        Rel::Select(block) => {
            block.sources.iter().for_each(|source| each_in_source(source, level, look));
            block.clauses().for_each(|expr| each_column(expr, level, look));
            block.unused.iter().for_each(|rel| each_in_rel(rel, level + 1, look));
        }
        Rel::Set { branches, .. } => branches.iter().for_each(|branch| each_in_rel(branch, level, look)),
        Rel::Ordered { of, order, limit } => {
            each_in_rel(of, level, look);
            order.iter().chain(limit).for_each(|expr| each_column(expr, level, look));
        }
        Rel::Values(rows) => rows.iter().flatten().for_each(|expr| each_column(expr, level, look)),
        Rel::Function(_, args) => {
            for expr in args {
                each_column(expr, level.saturating_sub(1), look);
            }
        }
        Rel::Cte(_, rel) => each_in_rel(rel, level, look),
    }
}

/// Takes a relation one level further out: what it reads from outside of itself is then one level nearer. `level` is that
/// of the expressions in its `select`.
pub(crate) fn lift(rel: &mut Rel, level: u32) {
    map_rel(rel, level, &mut |level, column| {
        if let Expr::Column { depth, .. } = column
            && *depth > level
        {
            *depth -= 1;
        }
    });
}

/// Moves an expression so many levels further down: what it reads outside of itself is then further out.
pub(crate) fn sink(expr: &mut Expr, by: u32) {
    if by > 0 {
        map_expr(expr, 0, &mut |level, column| {
            if let Expr::Column { depth, .. } = column
                && *depth >= level
            {
                *depth += by;
            }
        });
    }
}

/// How many nodes a relation has, counted up to a limit.
pub(crate) fn size(rel: &Rel, limit: usize) -> usize {
    fn of(expr: &Expr, left: &mut usize) {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return;
        }
        match expr {
            Expr::Node(_, parts) => parts.iter().for_each(|part| of(part, left)),
            Expr::Query(rel) => rels(rel, left),
            _ => {}
        }
    }
    fn rels(rel: &Rel, left: &mut usize) {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return;
        }
        match rel {
            Rel::Table(_) => {}
            Rel::Select(block) => {
                for source in &block.sources {
                    rels(&source.rel, left);
                    source.on.iter().for_each(|expr| of(expr, left));
                }
                block.clauses().for_each(|expr| of(expr, left));
            }
            Rel::Set { branches, .. } => branches.iter().for_each(|branch| rels(branch, left)),
            Rel::Ordered { of: inner, .. } => rels(inner, left),
            Rel::Values(rows) => rows.iter().flatten().for_each(|expr| of(expr, left)),
            Rel::Function(_, args) => args.iter().for_each(|expr| of(expr, left)),
            Rel::Cte(_, rel) => rels(rel, left),
        }
    }
    let mut left = limit;
    rels(rel, &mut left);
    limit - left
}
