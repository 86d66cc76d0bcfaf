//! A set of nodes, one bit each.

use crate::project::NodeId;

/// A set of nodes of one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// An empty set for a project of so many nodes.
    pub(super) fn new(nodes: usize) -> Self {
        Self { words: vec![0; nodes.div_ceil(64)] }
    }

    /// Adds a node; true if it is new.
    pub(super) fn insert(&mut self, id: NodeId) -> bool {
        let (word, bit) = (id.0 as usize / 64, 1 << (id.0 % 64));
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        is_new
    }

    pub(super) fn contains(&self, id: NodeId) -> bool {
        self.words[id.0 as usize / 64] & (1 << (id.0 % 64)) != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.zip(other, |one, other| one | other);
    }

    pub(super) fn intersect(&mut self, other: &Self) {
        self.zip(other, |one, other| one & other);
    }

    pub(super) fn subtract(&mut self, other: &Self) {
        self.zip(other, |one, other| one & !other);
    }

    /// The nodes by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let bits = (0..64).filter(move |bit| word & (1_u64 << bit) != 0);
            bits.map(move |bit| NodeId(at as u32 * 64 + bit))
        })
    }

    fn zip(&mut self, other: &Self, combine: impl Fn(u64, u64) -> u64) {
        for (one, other) in self.words.iter_mut().zip(&other.words) {
            *one = combine(*one, *other);
        }
    }
}
