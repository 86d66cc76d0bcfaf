//! The planner's question, without names and SQL: items that read each other, what each weighs, what is allowed.
//!
//! `measure` makes it from texts, `solve` answers it. An item is a query: a part's main query, or a CTE that the
//! part's author wrote, or a subquery (both always inline). Items stand in the order of their dependencies.

use serde::{Deserialize, Serialize};

/// An item's place in [`Problem::items`].
pub type ItemId = u32;

/// What is counted of a statement (`facts` and sources: docs/planner.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// X: nodes of the syntax tree after the engine has expanded CTEs and views by its own policy.
    Nodes,
    /// J: tables in the largest join block after subqueries are merged into it.
    Joins,
    /// E: nodes of the largest expression after projections are merged: mentions of a column multiply.
    Expression,
    /// D: how deep queries are nested after expansion.
    Depth,
    /// W: CTEs in one statement: distinct items with [`Item::is_cte`] below its root.
    Ctes,
    /// U: branches of the largest set operation.
    Unions,
    /// W×U: nodes of the WITH clause, copied into each branch of the main query.
    Copies,
    /// S: joins, groups, sorts, windows and set operations after expansion; Trino's stages.
    Stages,
    /// T: bytes of the statement's text.
    Text,
    /// R: distinct tables, seen through views.
    Relations,
    /// V: views upon views.
    Views,
    /// C: columns of the widest query.
    Columns,
    /// N: brackets within brackets in the text of one query.
    Nesting,
    /// L: the longest list of values.
    List,
}

impl Measure {
    /// All, in the order of [`Load`].
    pub const ALL: [Self; 14] = [
        Self::Nodes,
        Self::Joins,
        Self::Expression,
        Self::Depth,
        Self::Ctes,
        Self::Unions,
        Self::Copies,
        Self::Stages,
        Self::Text,
        Self::Relations,
        Self::Views,
        Self::Columns,
        Self::Nesting,
        Self::List,
    ];

    /// What is counted, after a number: `12 joined tables`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Nodes => "nodes after expansion",
            Self::Joins => "tables in one join",
            Self::Expression => "nodes in one expression after merging",
            Self::Depth => "levels of queries",
            Self::Ctes => "CTEs",
            Self::Unions => "branches in one set operation",
            Self::Copies => "nodes after WITH is copied into each branch",
            Self::Stages => "stages after expansion",
            Self::Text => "bytes of text",
            Self::Relations => "tables",
            Self::Views => "levels of views",
            Self::Columns => "columns",
            Self::Nesting => "levels of brackets",
            Self::List => "values in one list",
        }
    }

    /// The name that settings and JSON use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Joins => "joins",
            Self::Expression => "expression",
            Self::Depth => "depth",
            Self::Ctes => "ctes",
            Self::Unions => "unions",
            Self::Copies => "copies",
            Self::Stages => "stages",
            Self::Text => "text",
            Self::Relations => "relations",
            Self::Views => "views",
            Self::Columns => "columns",
            Self::Nesting => "nesting",
            Self::List => "list",
        }
    }

    /// What is counted, in Japanese, for the docs.
    pub fn noun_in_japanese(self) -> &'static str {
        match self {
            Self::Nodes => "展開後の節の数",
            Self::Joins => "ひとつの結合に並ぶ表の数",
            Self::Expression => "まとめた後のひとつの式の節の数",
            Self::Depth => "問い合わせの入れ子の深さ",
            Self::Ctes => "CTE の数",
            Self::Unions => "ひとつの集合演算の枝の数",
            Self::Copies => "WITH を枝ごとに写した後の節の数",
            Self::Stages => "展開後の段の数",
            Self::Text => "文の長さ(バイト)",
            Self::Relations => "読む表の数",
            Self::Views => "ビューの重なりの深さ",
            Self::Columns => "いちばん広い問い合わせの列の数",
            Self::Nesting => "括弧の入れ子の深さ",
            Self::List => "いちばん長い値の並びの長さ",
        }
    }
}

/// One number for each measure; saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load([u128; Measure::ALL.len()]);

impl std::ops::Index<Measure> for Load {
    type Output = u128;
    fn index(&self, measure: Measure) -> &u128 {
        &self.0[measure as usize]
    }
}

impl std::ops::IndexMut<Measure> for Load {
    fn index_mut(&mut self, measure: Measure) -> &mut u128 {
        &mut self.0[measure as usize]
    }
}

/// The most that a statement may have of each measure; `None` where the engine sets no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budgets(pub [Option<u64>; Measure::ALL.len()]);

impl std::ops::Index<Measure> for Budgets {
    type Output = Option<u64>;
    fn index(&self, measure: Measure) -> &Option<u64> {
        &self.0[measure as usize]
    }
}

impl std::ops::IndexMut<Measure> for Budgets {
    fn index_mut(&mut self, measure: Measure) -> &mut Option<u64> {
        &mut self.0[measure as usize]
    }
}

/// What an engine does with a CTE that is read more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CtePolicy {
    /// It stands in the plan once for each reference, and is run as often.
    Reevaluate,
    /// It stands in the plan once, and is run once; read once, it is merged into its reader. Views are never shared.
    Share,
}

/// What an item becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// A CTE of each statement that reads it.
    Inline,
    /// Such a CTE with a fence around it (`as materialized`): the engine runs it once in a statement, and merges
    /// nothing through it.
    Fenced,
    /// A view: a statement of its own that is expanded into each that reads it.
    View,
    /// A temporary table.
    Temp,
    /// A table.
    Table,
}

impl State {
    /// True if its rows are stored: who reads it sees one relation.
    pub fn is_stored(self) -> bool {
        matches!(self, Self::Temp | Self::Table)
    }

    /// True if it is part of the text of statements that read it.
    pub fn is_inline(self) -> bool {
        matches!(self, Self::Inline | Self::Fenced)
    }

    /// All, those that cost least to make first.
    pub const ALL: [Self; 5] = [Self::Inline, Self::Fenced, Self::View, Self::Temp, Self::Table];
}

/// The states that an item may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States(u8);

impl States {
    /// Just these.
    pub fn of(states: &[State]) -> Self {
        states.iter().fold(Self::default(), |all, state| all.with(*state))
    }

    /// True if it may be this.
    pub fn has(self, state: State) -> bool {
        self.0 & (1 << state as u8) != 0
    }

    /// These, and one more.
    #[must_use]
    pub fn with(self, state: State) -> Self {
        Self(self.0 | 1 << state as u8)
    }

    /// These but for one.
    #[must_use]
    pub fn without(self, state: State) -> Self {
        Self(self.0 & !(1 << state as u8))
    }

    /// These and those.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Them, those that cost least to make first.
    pub fn iter(self) -> impl Iterator<Item = State> {
        State::ALL.into_iter().filter(move |it| self.has(*it))
    }
}

/// A reading of another item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which; stands before the reader.
    pub item: ItemId,
    /// How often the text names it there.
    pub times: u32,
}

/// What is joined with each other in a branch of a query, or in a subquery of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Tables that are no item: sources, seeds, table functions.
    pub tables: u32,
    /// Items, each once.
    pub slots: Vec<Slot>,
}

/// A mention of an item's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Whose.
    pub item: ItemId,
    /// Its place in [`Item::outputs`].
    pub output: u32,
    /// How often.
    pub times: u32,
}

/// An expression by what it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expression {
    /// Its own nodes.
    pub nodes: u32,
    /// The columns of items that it mentions.
    pub mentions: Vec<Mention>,
}

/// One query.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Its own nodes.
    pub nodes: u64,
    /// Its own stages.
    pub stages: u64,
    /// Bytes of its text.
    pub text: u64,
    /// Columns of its result.
    pub columns: u64,
    /// Brackets within brackets.
    pub nesting: u64,
    /// Its longest list.
    pub list: u64,
    /// Queries nested in its own text; at least 1.
    pub depth: u64,
    /// Branches of its largest set operation; 1 if it has none. Not the number of `blocks`.
    pub branches: u64,
    /// What is joined: a block for each branch, and one for each subquery that can't be merged into its branch.
    pub blocks: Vec<Block>,
    /// Distinct tables that are no item, by number.
    pub relations: Vec<u32>,
    /// True if an engine can merge it into its reader: no group, window, distinct, limit, set operation.
    pub mergeable: bool,
    /// Its columns, as far as they are known.
    pub outputs: Vec<Expression>,
    /// Its largest other expression (filter, join condition).
    pub filter: Expression,
    /// What it may become; one state where it is fixed, `Inline` for an author's CTE.
    pub allowed: States,
    /// True if it has a place in a WITH clause when it is inlined: a part, an author's CTE; not a subquery.
    pub is_cte: bool,
    /// True if it is a statement whatever it becomes: a test, an analysis. Stored then means "nobody reads it".
    pub is_reader: bool,
    /// True if its rows could differ each time it is run, so that it may be run only once.
    pub once: bool,
    /// True if it may be stored or viewed only with a reason, since someone may need it where it is not: no temp
    /// table or inlining beneath it can be seen from outside. Persistent views may not read temp tables.
    pub persistent: bool,
    /// What one run of it costs, its inputs not counted, in units of work.
    pub work: u64,
    /// What storing its rows costs beyond the fixed cost of an object, in units of work.
    pub rows: u64,
    /// What it was in the last approved plan.
    pub previous: Option<State>,
}

/// What objects cost, in units of work; a unit is one node of syntax, run once over unknown rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// A fence: no object, but rows that are kept until the statement ends, and no filter reaches what is behind it.
    pub fence: u64,
    /// A view.
    pub view: u64,
    /// A temporary table.
    pub temp: u64,
    /// A table.
    pub table: u64,
    /// A decision that differs from the last approved plan.
    pub change: u64,
}

/// The whole question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The items; each reads only those before it.
    pub items: Vec<Item>,
    /// What the engine does with CTEs.
    pub policy: CtePolicy,
    /// What a statement may have.
    pub budgets: Budgets,
    /// What objects cost.
    pub costs: Costs,
}

/// A number for people: `12,345`, and `4.3e38` where digits say nothing any more.
pub fn number(value: u128) -> String {
    if value == u128::MAX {
        return "more than 1e38".to_owned();
    }
    if value >= 1_000_000_000_000 {
        let digits = value.to_string();
        return format!("{}.{}e{}", &digits[..1], &digits[1..2], digits.len() - 1);
    }
    grouped(value)
}

/// A number with commas: `12,345`.
pub fn grouped(value: u128) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
