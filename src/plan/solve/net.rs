//! The problem laid out flat, so that walking it touches little memory.

use super::super::problem::{Item, ItemId, Problem, State};

/// An expression that isn't known: a mention of it counts one.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// The plain numbers of an item.
#[allow(clippy::struct_excessive_bools, reason = "they are the item's own")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) nodes: u64,
    pub(super) stages: u64,
    pub(super) text: u64,
    pub(super) columns: u64,
    pub(super) nesting: u64,
    pub(super) list: u64,
    pub(super) depth: u64,
    pub(super) branches: u64,
    pub(super) tables: u64,
    pub(super) work: u64,
    pub(super) mergeable: bool,
    pub(super) cte: bool,
    pub(super) reader: bool,
    pub(super) once: bool,
    pub(super) persistent: bool,
}

/// A reading: the other item, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) item: ItemId,
    pub(super) times: u32,
}

/// A mention of another item's expression, by its place among all expressions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    pub(super) item: ItemId,
    pub(super) expression: u32,
    pub(super) times: u32,
}

/// Lists of lists in one piece: the elements, and where each list begins.
#[derive(Clone, Debug)]
pub(super) struct Lists<T> {
    starts: Vec<u32>,
    all: Vec<T>,
}

impl<T: Copy> Lists<T> {
    fn with_capacity(lists: usize, all: usize) -> Self {
        let mut starts = Vec::with_capacity(lists + 1);
        starts.push(0);
        Self { starts, all: Vec::with_capacity(all) }
    }

    fn close(&mut self) {
        self.starts.push(self.all.len() as u32);
    }

    /// One list.
    pub(super) fn of(&self, list: u32) -> &[T] {
        &self.all[self.starts[list as usize] as usize..self.starts[list as usize + 1] as usize]
    }

    /// The places of one list among all elements.
    pub(super) fn range(&self, list: u32) -> std::ops::Range<u32> {
        self.starts[list as usize]..self.starts[list as usize + 1]
    }

    /// One element, by its place among all.
    pub(super) fn at(&self, place: u32) -> T {
        self.all[place as usize]
    }

    /// How many elements there are in all.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

/// The whole problem, flat.
#[derive(Clone, Debug)]
pub(super) struct Net {
    pub(super) heads: Vec<Head>,
    /// What each item reads, each once, in order.
    pub(super) inputs: Lists<Edge>,
    /// Who reads each item, in order.
    pub(super) readers: Lists<Edge>,
    /// Each item's blocks: their tables.
    pub(super) blocks: Lists<u64>,
    /// Each block's items.
    pub(super) joined: Lists<Edge>,
    /// Each item's expressions, the filter last: their own nodes.
    pub(super) expressions: Lists<u32>,
    /// Each expression's mentions.
    pub(super) mentions: Lists<Named>,
    /// Each item's tables that are no item.
    pub(super) relations: Lists<u32>,
    /// One more than the largest number of a table.
    pub(super) relation_count: usize,
}

impl Net {
    /// Without expressions unless they are asked for: they are most of a problem.
    pub(super) fn new(problem: &Problem, expressions: bool) -> Self {
        let items = &problem.items;
        let count = items.len();
        let blocks = items.iter().map(|item| item.blocks.len()).sum();
        let slots = items.iter().flat_map(|item| &item.blocks).map(|block| block.slots.len()).sum();
        let relations = items.iter().map(|item| item.relations.len()).sum();
        let (mut named, mut mentions) = (0, 0);
        if expressions {
            named = items.iter().map(|item| item.outputs.len() + 1).sum();
            let all = items.iter().flat_map(|item| item.outputs.iter().chain([&item.filter]));
            mentions = all.map(|expression| expression.mentions.len()).sum();
        }
        let mut net = Self {
            heads: Vec::with_capacity(count),
            inputs: Lists::with_capacity(count, slots),
            readers: Lists::with_capacity(0, 0),
            blocks: Lists::with_capacity(count, blocks),
            joined: Lists::with_capacity(blocks, slots),
            expressions: Lists::with_capacity(count, named),
            mentions: Lists::with_capacity(named, mentions),
            relations: Lists::with_capacity(count, relations),
            relation_count: 0,
        };
        let mut gathered: Vec<Edge> = Vec::new();
        let mut read_by = vec![0u32; count + 1];
        for item in &problem.items {
            gathered.clear();
            let mut tables = 0;
            for block in &item.blocks {
                tables += u64::from(block.tables);
                net.blocks.all.push(u64::from(block.tables));
                let edges = block.slots.iter().map(|slot| Edge { item: slot.item, times: slot.times });
                net.joined.all.extend(edges.clone());
                net.joined.close();
                gathered.extend(edges);
            }
            net.blocks.close();
            gathered.sort_unstable_by_key(|edge| edge.item);
            let first = net.inputs.all.len();
            for edge in &gathered {
                match net.inputs.all[first..].last_mut() {
                    Some(last) if last.item == edge.item => {
                        last.times = last.times.saturating_add(edge.times);
                    }
                    _ => net.inputs.all.push(*edge),
                }
            }
            for edge in &net.inputs.all[first..] {
                read_by[edge.item as usize + 1] += 1;
            }
            net.inputs.close();
            if expressions {
                net.name(problem, item);
            }
            net.expressions.close();
            net.relations.all.extend(&item.relations);
            net.relations.close();
            let largest = item.relations.iter().max().map_or(0, |relation| *relation as usize + 1);
            net.relation_count = net.relation_count.max(largest);
            net.heads.push(Head {
                nodes: item.nodes,
                stages: item.stages,
                text: item.text,
                columns: item.columns,
                nesting: item.nesting,
                list: item.list,
                depth: item.depth,
                branches: item.branches.max(1),
                tables,
                work: item.work,
                mergeable: item.mergeable,
                cte: item.is_cte,
                reader: item.is_reader,
                once: item.once,
                persistent: item.persistent,
            });
        }
        net.link_readers(read_by);
        net
    }

    /// The expressions of an item.
    fn name(&mut self, problem: &Problem, item: &Item) {
        for expression in item.outputs.iter().chain([&item.filter]) {
            self.expressions.all.push(expression.nodes);
            for mention in &expression.mentions {
                let outputs = problem.items[mention.item as usize].outputs.len() as u32;
                let expression = if mention.output < outputs {
                    self.expressions.starts[mention.item as usize] + mention.output
                } else {
                    UNKNOWN
                };
                self.mentions.all.push(Named { item: mention.item, expression, times: mention.times });
            }
            self.mentions.close();
        }
    }

    fn link_readers(&mut self, mut starts: Vec<u32>) {
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut all = vec![Edge { item: 0, times: 0 }; self.inputs.len()];
        for reader in 0..self.heads.len() as ItemId {
            for edge in self.inputs.of(reader) {
                let at = &mut next[edge.item as usize];
                all[*at as usize] = Edge { item: reader, times: edge.times };
                *at += 1;
            }
        }
        self.readers = Lists { starts, all };
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    /// True if the item is a statement of its own.
    pub(super) fn is_root(&self, item: ItemId, state: State) -> bool {
        !state.is_inline() || self.heads[item as usize].reader
    }
}
