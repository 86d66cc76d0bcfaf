//! Fewer rows, then plainer values, as long as the queries still differ in the same way.

use super::cell::Cell;
use super::data::Data;
use super::pool;
use super::trials::{Found, Trials};

/// The smallest tables found on which the queries differ, and how they do.
pub(super) fn shrink(trials: &mut Trials<'_>, data: Data, found: Found) -> (Data, Found) {
    let left = trials.budget.shrinks;
    let mut shrinking = Shrinking { trials, data, found, left };
    loop {
        let before = shrinking.data.clone();
        for table in 0..shrinking.data.tables.len() {
            shrinking.rows(table);
        }
        shrinking.values();
        if shrinking.data == before || shrinking.left == 0 {
            return (shrinking.data, shrinking.found);
        }
    }
}

struct Shrinking<'s, 'a> {
    trials: &'s mut Trials<'a>,
    data: Data,
    found: Found,
    left: usize,
}

impl Shrinking<'_, '_> {
    /// Takes smaller tables if they still show the difference.
    fn take(&mut self, data: Data) -> bool {
        if self.left == 0 || (self.trials.budget.is_over)() {
            self.left = 0;
            return false;
        }
        self.left -= 1;
        let Some(found) = self.trials.found(&data) else { return false };
        let better = found.difference == self.found.difference
            && found.is_order_dependent <= self.found.is_order_dependent;
        if better {
            (self.data, self.found) = (data, found);
        }
        better
    }

    fn rows(&mut self, table: usize) {
        let mut size = self.data.tables[table].len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < self.data.tables[table].len() {
                let mut data = self.data.clone();
                let end = (at + size).min(data.tables[table].len());
                data.tables[table].drain(at..end);
                if !self.take(data) {
                    at += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    fn values(&mut self) {
        for table in 0..self.data.tables.len() {
            for column in 0..self.trials.schema.tables[table].columns.len() {
                self.column(table, column);
            }
        }
    }

    fn column(&mut self, table: usize, column: usize) {
        let about = self.trials.schema.tables[table].columns[column].clone();
        let plain: Vec<Cell> = if about.accepted.is_empty() {
            pool::usual(&about.kind).into_iter().take(3).collect()
        } else {
            about.accepted.iter().take(1).cloned().collect()
        };
        for row in 0..self.data.tables[table].len() {
            let cell = self.data.tables[table][row][column].clone();
            let rank = plain.iter().position(|other| *other == cell).unwrap_or(plain.len());
            for other in &plain[..rank] {
                let taken = self.data.tables[table].iter().any(|row| row[column] == *other);
                if cell == Cell::Null || (about.unique && taken) {
                    continue;
                }
                let mut data = self.data.clone();
                data.tables[table][row][column] = other.clone();
                if self.take(data) {
                    break;
                }
            }
        }
    }
}
