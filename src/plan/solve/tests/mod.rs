//! What is measured by hand, what must always hold, and what is tried by brute force.

#![allow(clippy::cast_precision_loss, reason = "ratios for people to read")]

mod brute;
mod generate;
mod measures;
mod properties;
mod quality;
mod rules;

use crate::plan::problem::{Block, Budgets, Costs, CtePolicy, Item, ItemId, Problem, Slot, State, States};

/// A problem without budgets; objects cost 5, 50 and 80, a change 1.
fn net(items: &[Item], policy: CtePolicy) -> Problem {
    let costs = Costs { fence: 20, view: 5, temp: 50, table: 80, change: 1 };
    Problem { items: items.to_vec(), policy, budgets: Budgets::default(), costs }
}

/// An item that reads so many tables; one unit of work.
fn table(tables: u32) -> Item {
    Item {
        depth: 1,
        branches: 1,
        is_cte: true,
        work: 1,
        allowed: States::of(&[State::Inline, State::View, State::Temp, State::Table]),
        blocks: vec![Block { tables, slots: Vec::new() }],
        ..Item::default()
    }
}

/// An item that joins others, each so many times.
fn reads(items: &[(ItemId, u32)]) -> Item {
    let slots = items.iter().map(|(item, times)| Slot { item: *item, times: *times }).collect();
    Item { blocks: vec![Block { tables: 0, slots }], ..table(0) }
}

fn inline(item: Item) -> Item {
    Item { allowed: States::of(&[State::Inline]), ..item }
}

fn view(item: Item) -> Item {
    Item { allowed: States::of(&[State::View]), ..item }
}
