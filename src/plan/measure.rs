//! From texts to the planner's question: every query of every part as an item.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rustc_hash::{FxHashMap, FxHashSet};

use super::limits::Profile;
use super::problem::{Block, Costs, Expression, Item, ItemId, Measure, Mention, Problem, Slot};
use super::problem::{State, States};
use super::wish::{Wish, readers, table};
use super::{Decision, Input, Materialization, temp, volatile};
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::render::cte_name;
use crate::sql::outline::{self, Column, Outline, Query, Role, Table};
use crate::sql::{Dialect, StandIns, unquote};

/// Work of a stage (a join, a group, a sort …) against that of a node.
const STAGE: u64 = 100;
/// Work of reading a table that is no part.
const SCAN: u64 = 20;

/// The question, and which items are whose.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) problem: Problem,
    /// The item of a node's own query.
    pub(super) item: NodeMap<Option<ItemId>>,
    /// The node that an item's text stands in.
    pub(super) node: Vec<NodeId>,
    /// Why items that buhin decides may not be what else they could be.
    pub(super) held: NodeMap<Option<Held>>,
}

/// Why an item has one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Its text could give other rows each time; the word that says so.
    Volatile(String),
    /// It calls itself.
    Recursive,
    /// Its columns can't be those of an object: one has no name, or two have one.
    Columns,
}

/// What objects cost against running a query again, in nodes of syntax: a part of about three joins is worth a table.
const COSTS: Costs = Costs { fence: 100, view: 40, temp: 250, table: 300, change: 60 };

/// So many outlines are held at once: they are much larger than their texts.
const AT_ONCE: usize = 256;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Parts and snapshots: what decisions are made for. Tests and analyses don't count as readers.
    Parts,
    /// Every statement that could be large.
    Statements,
}

/// Measures all parts, and, if asked for, whatever else reads several of them.
pub(super) fn measure(input: Input<'_>, extent: Extent) -> Measured {
    let target = &input.project.target;
    let dialect = target.dialect;
    let profile = Profile::of(dialect);
    let budgets = profile.budgets(&input.project.settings.limits, &target.name);
    let nodes: Vec<NodeId> =
        input.graph.order.iter().copied().filter(|id| is_measured(&input, extent, *id)).collect();
    let count = input.project.nodes.len();
    let mut builder = Builder {
        input,
        approved: input.approved.of(&target.name),
        names: FxHashMap::default(),
        relations: FxHashMap::default(),
        outputs: Vec::new(),
        temps: temp::may_be_temp(input),
        stand_ins: StandIns::of(input.collected),
        with_columns: budgets[Measure::Expression].is_some(),
        measured: Measured {
            problem: Problem { items: Vec::new(), policy: profile.policy, budgets, costs: COSTS },
            item: NodeMap::new(vec![None; count]),
            node: Vec::new(),
            held: NodeMap::new(vec![None; count]),
        },
    };
    for some in nodes.chunks(AT_ONCE) {
        let outlines: Vec<(Cow<'_, str>, Outline)> = some
            .par_iter()
            .map(|id| {
                let text = builder.stand_ins.text(input.text(*id));
                let outline = outline::outline(dialect, &text);
                (text, outline)
            })
            .collect();
        for (id, (text, outline)) in some.iter().zip(&outlines) {
            builder.node(*id, text, outline);
        }
    }
    builder.measured
}

impl<'a> Input<'a> {
    /// A node's rendered SQL; empty where there is none.
    pub(super) fn text(&self, id: NodeId) -> &'a str {
        self.rendered.nodes[id].as_ref().map_or("", |own| own.sql.as_str())
    }
}

/// Parts, and whatever else reads more than one thing: its statement may be large although it is no part.
fn is_measured(input: &Input<'_>, extent: Extent, id: NodeId) -> bool {
    let node = input.project.node(id);
    input.rendered.nodes[id].is_some()
        && match node.kind {
            NodeKind::Model | NodeKind::Snapshot => input.wishes[id].is_some(),
            NodeKind::Test | NodeKind::Analysis => {
                extent == Extent::Statements && input.graph.enabled[id] && input.graph.parents[id].len() > 1
            }
            _ => false,
        }
}

struct Builder<'a> {
    input: Input<'a>,
    /// What was decided last, by unique id.
    approved: &'a BTreeMap<String, String>,
    /// Names of columns, in lower case, by number.
    names: FxHashMap<String, u32>,
    /// Tables that are no items, by number.
    relations: FxHashMap<String, u32>,
    /// By item, the columns by name.
    outputs: Vec<Vec<(u32, u32)>>,
    /// Where parts may become temporary tables.
    temps: Option<NodeMap<bool>>,
    with_columns: bool,
    /// What names are read as that are no words.
    stand_ins: StandIns,
    measured: Measured,
}

impl Builder<'_> {
    fn node(&mut self, id: NodeId, text: &str, outline: &Outline) {
        let parents = self.parents(id);
        let mut found = vec![false; parents.len()];
        // The places of the text's queries among the items.
        let first = self.measured.problem.items.len() as ItemId;
        for query in &outline.queries {
            let item = self.query(text, outline, query, first, &parents, &mut found);
            self.measured.problem.items.push(item);
            self.measured.node.push(id);
        }
        let Some(main) = self.measured.problem.items.last_mut() else { return };
        main.text = text.len() as u64;
        main.nesting = outline.nesting;
        main.list = outline.list;
        main.is_cte = true;
        main.persistent = true;
        // What is read in a way that tokens don't show still counts.
        let hidden = parents.iter().zip(found).filter(|(parent, found)| !found && parent.times > 0);
        let slots: Vec<Slot> =
            hidden.map(|(parent, _)| Slot { item: parent.item, times: parent.times }).collect();
        if !slots.is_empty() {
            main.blocks.push(Block { tables: 0, slots });
        }
        let item = self.measured.problem.items.len() as ItemId - 1;
        self.measured.item[id] = Some(item);
        self.allow(id, item, text, outline);
    }

    /// What the item of a node's own query may become.
    fn allow(&mut self, id: NodeId, item: ItemId, text: &str, outline: &Outline) {
        let states = match &self.input.wishes[id] {
            None => {
                self.measured.problem.items[item as usize].is_reader = true;
                States::of(&[State::Inline])
            }
            Some(Wish::Fixed(decision)) => States::of(&[state_of(decision)]),
            Some(Wish::Auto { table: Some(_) }) => States::of(&[State::Table]),
            Some(Wish::Auto { table: None }) => {
                let choices = choices(self.input, id, text, outline);
                self.measured.held[id] = choices.held;
                self.measured.problem.items[item as usize].once = choices.once;
                if choices.states.has(State::Table) && self.temps.as_ref().is_some_and(|temps| temps[id]) {
                    choices.states.with(State::Temp)
                } else {
                    choices.states
                }
            }
        };
        let node = self.input.project.node(id);
        let own = &mut self.measured.problem.items[item as usize];
        own.previous = match self.approved.get(&node.unique_id).map(String::as_str) {
            Some("inline") => Some(State::Inline),
            Some("fenced") => Some(State::Fenced),
            Some("view") => Some(State::View),
            Some("temp") => Some(State::Temp),
            Some("table") => Some(State::Table),
            _ => None,
        };
        own.allowed = states;
    }

    fn query(
        &mut self,
        text: &str,
        outline: &Outline,
        query: &Query,
        first: ItemId,
        parents: &[Parent],
        found: &mut [bool],
    ) -> Item {
        let mut item = Item {
            nodes: query.nodes,
            stages: query.stages,
            branches: query.branches,
            depth: 1,
            mergeable: query.mergeable,
            is_cte: query.role == Role::Cte,
            allowed: States::of(&[State::Inline]),
            ..Item::default()
        };
        let mut tables = 0;
        for read in &query.blocks {
            let mut block = Block::default();
            for table in read {
                let slot = match table {
                    Table::Query(place) => Some((first + *place as ItemId, 1)),
                    Table::Other => None,
                    Table::Named(range) => {
                        let name = &text[range.start as usize..range.end as usize];
                        let part = parents.iter().position(|parent| parent.is_named(name));
                        match part {
                            Some(place) => {
                                found[place] = true;
                                Some((parents[place].item, 1))
                            }
                            None => {
                                let number = self.relations.len() as u32;
                                let number = *self.relations.entry(name.to_lowercase()).or_insert(number);
                                if !item.relations.contains(&number) {
                                    item.relations.push(number);
                                }
                                None
                            }
                        }
                    }
                };
                match slot {
                    Some((other, times)) => match block.slots.iter_mut().find(|slot| slot.item == other) {
                        Some(slot) => slot.times += times,
                        None => block.slots.push(Slot { item: other, times }),
                    },
                    None => block.tables += 1,
                }
            }
            tables += u64::from(block.tables);
            item.blocks.push(block);
        }
        item.work = item.nodes + STAGE * item.stages + SCAN * tables;
        self.columns(text, outline, query, &mut item);
        item
    }

    /// The item's columns; all of them only where expressions have a limit.
    fn columns(&mut self, text: &str, outline: &Outline, query: &Query, item: &mut Item) {
        let inputs: Vec<ItemId> =
            item.blocks.iter().flat_map(|block| block.slots.iter().map(|slot| slot.item)).collect();
        let mut names = Vec::new();
        for column in &query.columns {
            match column {
                Column::One { name, expression } => {
                    item.columns += 1;
                    if self.with_columns {
                        if let Some(range) = name {
                            let name = self.name(&text[range.start as usize..range.end as usize]);
                            names.push((name, item.outputs.len() as u32));
                        }
                        let expression = self.expression(text, outline, expression, &inputs);
                        item.outputs.push(expression);
                    }
                }
                Column::Star => {
                    for input in &inputs {
                        item.columns += self.measured.problem.items[*input as usize].columns;
                        if self.with_columns {
                            for (name, output) in self.outputs[*input as usize].clone() {
                                names.push((name, item.outputs.len() as u32));
                                let mention = Mention { item: *input, output, times: 1 };
                                item.outputs.push(Expression { nodes: 1, mentions: vec![mention] });
                            }
                        }
                    }
                }
            }
        }
        if self.with_columns {
            item.filter = self.expression(text, outline, &query.filter, &inputs);
        }
        names.sort_unstable();
        self.outputs.push(names);
    }

    fn expression(
        &mut self,
        text: &str,
        outline: &Outline,
        expression: &outline::Expression,
        inputs: &[ItemId],
    ) -> Expression {
        let range = expression.mentions.start as usize..expression.mentions.end as usize;
        let mut mentions: Vec<Mention> = Vec::new();
        for range in outline.mentions.get(range).unwrap_or_default() {
            let name = self.name(&text[range.start as usize..range.end as usize]);
            for input in inputs {
                let outputs = &self.outputs[*input as usize];
                let at = outputs.partition_point(|(known, _)| *known < name);
                let Some((_, output)) = outputs.get(at).filter(|(known, _)| *known == name) else { continue };
                match mentions.iter_mut().find(|it| it.item == *input && it.output == *output) {
                    Some(mention) => mention.times += 1,
                    None => mentions.push(Mention { item: *input, output: *output, times: 1 }),
                }
            }
        }
        Expression { nodes: u32::try_from(expression.nodes).unwrap_or(u32::MAX), mentions }
    }

    fn name(&mut self, text: &str) -> u32 {
        let name = unquote(text).to_lowercase();
        let next = self.names.len() as u32;
        *self.names.entry(name).or_insert(next)
    }

    /// The items that a node may read, and what they are called.
    fn parents(&self, id: NodeId) -> Vec<Parent> {
        let parents = self.input.graph.parents[id].iter().copied();
        parents
            .filter_map(|parent| {
                let item = self.measured.item[parent]?;
                let node = self.input.project.node(parent);
                let relation = self.input.collected.nodes[parent].as_ref()?.relation.as_ref();
                let table =
                    relation.and_then(|it| it.identifier.clone()).unwrap_or_else(|| node.name.clone());
                let refs = self.input.collected.nodes[id].as_ref().map_or(&[][..], |it| it.refs.as_slice());
                let times = refs.iter().filter(|call| call.name == node.name).count() as u32;
                let cte = self.stand_ins.name(cte_name(&table)).to_lowercase();
                Some(Parent { item, cte, table: table.to_lowercase(), times })
            })
            .collect()
    }
}

/// What a part may become where it is left to buhin.
pub(super) struct Choices {
    pub(super) states: States,
    /// True if it may be run only once.
    pub(super) once: bool,
    /// Why it may not be all.
    pub(super) held: Option<Held>,
}

/// What a part may become where it is left to buhin and doesn't have to be a table.
fn choices(input: Input<'_>, id: NodeId, text: &str, outline: &Outline) -> Choices {
    let dialect = input.project.target.dialect;
    let fences = Profile::of(dialect).has_fences();
    let held = held(dialect, text, outline);
    let (states, once) = match held {
        Some(Held::Volatile(_)) => match reads_of_one_table(input, id) {
            // SQLite merges even this, and then rolls the dice for each mention of a column.
            Some(1) if dialect != Dialect::Sqlite => (States::of(&[State::Inline, State::Table]), true),
            Some(_) if fences => (States::of(&[State::Fenced, State::Table]), true),
            _ => (States::of(&[State::Table]), false),
        },
        Some(Held::Recursive) => (States::of(&[State::Table]), false),
        Some(Held::Columns) => (States::of(&[State::Inline]), false),
        // What isn't merged anyway needs no fence.
        None if fences && outline.queries.last().is_some_and(|main| main.mergeable) => {
            (States::of(&[State::Inline, State::Fenced, State::View, State::Table]), false)
        }
        None => (States::of(&[State::Inline, State::View, State::Table]), false),
    };
    Choices { states, once, held }
}

/// What a part with an author's materialization could become if it were left to buhin.
pub(super) fn could(input: Input<'_>, id: NodeId) -> States {
    let Input { project, collected, graph, .. } = input;
    if table(project, collected, graph, id).is_some() {
        return States::of(&[State::Table]);
    }
    let text = input.text(id);
    let choices = choices(input, id, text, &outline::outline(project.target.dialect, text));
    // An author has no word for a fence.
    choices.states.without(State::Fenced)
}

/// How often one text reads a part, if only one does and it is sure to store what it reads; a view would read it anew
/// each time.
///
/// What engines do with a CTE that is read twice differs from version to version, unless there is a fence around it;
/// rows that can't be told shall not depend on it.
fn reads_of_one_table(input: Input<'_>, id: NodeId) -> Option<usize> {
    let Input { project, graph, wishes, collected, .. } = input;
    let [reader] = readers(project, graph, id)[..] else { return None };
    let name = &project.node(id).name;
    let refs = collected.nodes[reader].as_ref().map_or(&[][..], |it| it.refs.as_slice());
    let stores = match &wishes[reader] {
        Some(Wish::Fixed(decision)) => state_of(decision).is_stored(),
        Some(Wish::Auto { table }) => table.is_some(),
        None => false,
    };
    stores.then(|| refs.iter().filter(|call| call.name == *name).count())
}

fn held(dialect: Dialect, text: &str, outline: &Outline) -> Option<Held> {
    if let Some(word) = volatile::volatile(dialect, text) {
        return Some(Held::Volatile(word));
    }
    if outline.is_recursive {
        return Some(Held::Recursive);
    }
    let main = outline.queries.last()?;
    (!objects_take(dialect, text, main)).then_some(Held::Columns)
}

/// A part that a text reads.
struct Parent {
    item: ItemId,
    /// The name that stands for it where it may be inlined.
    cte: String,
    /// Its table's name.
    table: String,
    /// How often `ref()` names it.
    times: u32,
}

impl Parent {
    /// True if a name in the text is this part's.
    fn is_named(&self, written: &str) -> bool {
        let last = match written.chars().next_back() {
            Some(quote @ ('"' | '`')) => {
                let inner = &written[..written.len() - 1];
                let start = inner.rfind(quote).map_or(0, |at| at + 1);
                inner[start..].rsplit('.').next().unwrap_or_default()
            }
            Some(']') => written.rsplit('[').next().unwrap_or_default().trim_end_matches(']'),
            _ => written.rsplit('.').next().unwrap_or_default(),
        };
        let last = last.to_lowercase();
        last == self.table || last == self.cte
    }
}

/// What a decision is to the solver.
pub(super) fn state_of(decision: &Decision) -> State {
    match decision.materialization {
        Materialization::Inline if decision.fenced => State::Fenced,
        Materialization::Inline => State::Inline,
        Materialization::View => State::View,
        Materialization::Temp => State::Temp,
        _ => State::Table,
    }
}

/// True if a table or view can have these columns: each has a name, and no two have the same.
///
/// DuckDB, SQLite and ClickHouse make names up where they are missing or taken.
fn objects_take(dialect: Dialect, text: &str, main: &Query) -> bool {
    if matches!(dialect, Dialect::DuckDb | Dialect::Sqlite | Dialect::ClickHouse) {
        return true;
    }
    let mut names: FxHashSet<String> = FxHashSet::default();
    for column in &main.columns {
        match column {
            Column::One { name: None, .. } => return false,
            Column::One { name: Some(range), .. } => {
                let name = unquote(&text[range.start as usize..range.end as usize]).to_lowercase();
                if !names.insert(name) {
                    return false;
                }
            }
            Column::Star => {}
        }
    }
    true
}
