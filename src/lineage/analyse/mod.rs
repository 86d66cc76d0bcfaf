//! One pass over a statement's tree, from the inside out: each relation is made once, with all its columns.
//!
//! A name is looked up where it stands, so that at the end nothing is left to resolve. The work is counted in
//! steps; a statement that takes too many is given up.

mod arena;
mod compare;
mod cte;
mod expr;
mod field;
mod from;
pub(super) mod function;
mod insert_all;
mod join;
mod pipe;
mod pivot;
mod query;
mod resolve;
mod returning;
mod scope;
mod select;
mod set_operation;
mod star;
mod statement;
mod structs;
mod table_function;
mod turn;
mod unnest;
mod uses;
mod visibility;
mod write;

use rustc_hash::FxHashMap;
use sqlparser::ast::Statement;

use super::catalog::Catalog;
use super::model::{
    Column, ColumnId, Comparison, Edge, Opaque, Problem, Relation, RelationId, StatementKind,
    StatementLineage, Unknown, Use,
};
use super::names::{Names, Sym};
use super::place::Places;
use super::repair::{ByName, Repaired, Scalar, Turn};
use super::script::Session;
use crate::sql::Dialect;
use arena::State;
pub(super) use insert_all::targets;
use visibility::Visibility;

/// So many steps are taken for one statement: a hundred times what the largest known ones need.
const STEPS: u32 = 20_000_000;

/// What the analysis may assume beyond the dialect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Aliases of a `select` can be used in it, even if the dialect has no such rule.
    pub lateral_aliases: bool,
    /// Every name of a column is noted with its place: [`StatementLineage::uses`].
    pub uses: bool,
}

/// A CTE that can be read here.
struct Binding {
    key: Sym,
    relation: RelationId,
}

/// What is made while a statement is read.
struct Analyser<'c, 's> {
    dialect: Dialect,
    rules: Visibility,
    catalog: &'c Catalog,
    /// What earlier statements of the same text made.
    session: &'c Session,
    /// The text; `None` inside a view.
    places: Option<&'s Places<'s>>,
    /// What set operations by name say of their columns, by place.
    by_name: &'s [(u32, ByName)],
    /// What is turned, by place.
    turns: &'s [Turn],
    /// Names for expressions, and those that are being read.
    scalars: &'s [Scalar],
    reading: Vec<usize>,
    /// Which of the targets of an insert into several is followed.
    target: usize,
    names: Names,
    star: Sym,
    relations: Vec<Relation>,
    states: Vec<State>,
    columns: Vec<Column>,
    edges: Vec<Edge>,
    unknowns: Vec<Unknown>,
    problems: Vec<Problem>,
    comparisons: Vec<Comparison>,
    /// Where columns are named; `None` if nobody wants to know.
    uses: Option<Vec<Use>>,
    tables: FxHashMap<Vec<Sym>, RelationId>,
    /// The fields of columns whose structs the statement makes.
    structs: FxHashMap<ColumnId, RelationId>,
    ctes: Vec<Binding>,
    views: Vec<u32>,
    /// How many functions the expression stands in.
    calls: u32,
    steps: u32,
}

/// Analyses one statement, and of an insert into several the `target`th; `repaired` has what its tree does not.
pub(super) fn statement(
    (statement, target): (&Statement, usize),
    places: &Places<'_>,
    (catalog, session): (&Catalog, &Session),
    repaired: &Repaired,
    options: Options,
) -> StatementLineage {
    let mut names = Names::default();
    let star = names.sym("*");
    let dialect = catalog.dialect();
    let mut rules = Visibility::of(dialect);
    if options.lateral_aliases {
        rules.in_select = visibility::Aliases::AfterKnown;
    }
    let mut analyser = Analyser {
        dialect,
        rules,
        catalog,
        session,
        places: Some(places),
        by_name: &repaired.by_name,
        turns: &repaired.turns,
        scalars: &repaired.scalars,
        reading: Vec::new(),
        target,
        names,
        star,
        relations: Vec::new(),
        states: Vec::new(),
        columns: Vec::new(),
        edges: Vec::new(),
        unknowns: Vec::new(),
        problems: Vec::new(),
        comparisons: Vec::new(),
        uses: options.uses.then(Vec::new),
        tables: FxHashMap::default(),
        structs: FxHashMap::default(),
        ctes: Vec::new(),
        views: Vec::new(),
        calls: 0,
        steps: 0,
    };
    let mut done = analyser.statement(statement);
    if let Some(output) = done.output {
        let columns = match &repaired.target {
            Some(target) if target.is_filled() && repaired.columns.is_empty() => {
                analyser.filled_columns(&target.parts, output, &target.partitions)
            }
            _ => repaired.columns.clone(),
        };
        if !columns.is_empty() {
            done.output = Some(analyser.write_columns(output, &columns));
        }
    }
    if let Some(target) = &repaired.target {
        done.kind = target.kind;
        done.target = Some(target.parts.iter().map(|part| analyser.shown(part)).collect());
    }
    let is_spent = analyser.is_spent();
    let mut lineage = StatementLineage {
        kind: done.kind,
        target: done.target,
        output: done.output,
        relations: analyser.relations,
        columns: analyser.columns,
        edges: analyser.edges,
        unknowns: analyser.unknowns,
        problems: analyser.problems,
        comparisons: analyser.comparisons,
        uses: analyser.uses.unwrap_or_default(),
        opaque: None,
        names: analyser.names,
    };
    if is_spent {
        let reason = format!("it takes more than {STEPS} steps to follow");
        lineage = StatementLineage::opaque(lineage.kind, Opaque { reason, span: None });
    }
    lineage
}

impl StatementLineage {
    /// A statement of which nothing is known but why.
    pub(super) fn opaque(kind: StatementKind, opaque: Opaque) -> Self {
        Self {
            kind,
            target: None,
            output: None,
            relations: Vec::new(),
            columns: Vec::new(),
            edges: Vec::new(),
            unknowns: Vec::new(),
            problems: Vec::new(),
            comparisons: Vec::new(),
            uses: Vec::new(),
            opaque: Some(opaque),
            names: Names::default(),
        }
    }
}

impl Analyser<'_, '_> {
    fn step(&mut self) {
        self.steps = self.steps.saturating_add(1);
    }

    /// True once the work is given up; whatever is made from then on is thrown away.
    fn is_spent(&self) -> bool {
        self.steps > STEPS
    }
}
