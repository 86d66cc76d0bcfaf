//! The values that a trial draws from: few, so that they meet, and those first that the queries speak of.

use super::cell::Cell;
use super::chance::Chance;
use super::kind::Kind;
use super::pool;
use super::schema::{Column, Schema};

/// What a column's values may come from, made once.
#[derive(Clone, Debug)]
pub(super) struct Pools {
    /// From what the column is compared with.
    own: Vec<Cell>,
    /// Texts that can be cast to what the column is cast to.
    castable: Vec<Cell>,
    /// From everything the queries write out.
    general: Vec<Cell>,
    /// What is always worth a try.
    usual: Vec<Cell>,
    /// The only ones that may be there, if not empty.
    accepted: Vec<Cell>,
}

impl Pools {
    /// The values for a column.
    pub(super) fn of(column: &Column, schema: &Schema) -> Self {
        let evidence = &schema.evidence;
        let alike = |cells: Vec<Cell>| if schema.is_loose { pool::apart(cells) } else { cells };
        let own = evidence.literals(column.class);
        let castable = match evidence.cast(column.class) {
            Some(kind) if column.kind == Kind::Text => pool::castable(kind, own),
            _ => Vec::new(),
        };
        Self {
            own: alike(pool::around(&column.kind, own)),
            castable,
            general: alike(pool::around(&column.kind, &evidence.general)),
            usual: alike(pool::usual(&column.kind)),
            accepted: column.accepted.clone(),
        }
    }

    /// Some distinct values, at most `count`; empty if the column can only be NULL.
    pub(super) fn draw(&self, count: usize, chance: &mut Chance) -> Vec<Cell> {
        if !self.accepted.is_empty() {
            let mut all = self.accepted.clone();
            chance.shuffle(&mut all);
            all.truncate(count.max(2));
            return all;
        }
        // Most of what can't be cast ends a trial before it begins.
        if !self.castable.is_empty() && chance.percent(80) {
            let mut all = self.castable.clone();
            chance.shuffle(&mut all);
            all.truncate(count);
            return all;
        }
        let mut all: Vec<Cell> = Vec::new();
        for _ in 0..count * 4 {
            let from = match chance.below(10) {
                0..=5 => &self.own,
                6..=7 => &self.general,
                _ => &self.usual,
            };
            let cell =
                chance.one(from).or_else(|| chance.one(&self.general)).or_else(|| chance.one(&self.usual));
            if let Some(cell) = cell.filter(|cell| !all.contains(cell)) {
                all.push(cell.clone());
            }
            if all.len() == count {
                break;
            }
        }
        all
    }

    /// At least `count` distinct values for a key, and a few more that rows of other tables may lead to.
    pub(super) fn keys(&self, kind: &Kind, count: usize, chance: &mut Chance) -> Vec<Cell> {
        if !self.accepted.is_empty() {
            return self.accepted.clone();
        }
        let mut all = if chance.percent(40) { self.draw(count.min(3), chance) } else { Vec::new() };
        for at in 1..=count + 1 {
            let Some(cell) = numbered(kind, at) else { break };
            if !all.contains(&cell) {
                all.push(cell);
            }
        }
        all.truncate(count + 2);
        chance.shuffle(&mut all);
        all
    }
}

/// The value of a key with this number; `None` for kinds of which there are only a few.
fn numbered(kind: &Kind, at: usize) -> Option<Cell> {
    let number = i64::try_from(at).ok()?;
    Some(match kind {
        Kind::Int => Cell::Int(number),
        Kind::Decimal(_) | Kind::Double => Cell::Decimal(number * 1000),
        Kind::Text => Cell::Text(format!("k{number}")),
        Kind::Uuid => Cell::Cast("uuid", format!("00000000-0000-4000-8000-{number:012}")),
        Kind::Date => Cell::Date(day(number)?),
        Kind::Timestamp => Cell::Timestamp(day(number)?.at(12, 0, 0, 0)),
        Kind::Moment => Cell::Moment(day(number)?.at(12, 0, 0, 0)),
        _ => return None,
    })
}

fn day(number: i64) -> Option<jiff::civil::Date> {
    jiff::civil::date(2024, 1, 1).checked_add(jiff::Span::new().try_days(number).ok()?).ok()
}
