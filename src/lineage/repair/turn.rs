//! DuckDB's `pivot t on a using sum(b) group by c`, `unpivot t on a, b into name n value v`, and its `pivot (…)` with
//! several columns or groups.

use std::ops::Range;

use sqlparser::ast::{Ident, SelectItem};

use super::ident;
use super::text::Text;
use crate::sql::{Dialect, parse_items};

/// A relation that is turned. In the text it is read as it is, under an alias.
pub(in crate::lineage) struct Turn {
    /// Where the alias stands, in bytes.
    pub(in crate::lineage) at: u32,
    /// True if the alias is the author's.
    pub(in crate::lineage) is_named: bool,
    /// How it is turned.
    pub(in crate::lineage) how: Turned,
}

/// How a relation is turned.
pub(in crate::lineage) enum Turned {
    /// Rows become columns.
    Pivot {
        /// Whose values become columns: expressions, or `a in (1, 2)`.
        on: Vec<SelectItem>,
        /// What the columns hold; the number of rows if empty.
        using: Vec<SelectItem>,
        /// What stays; all other columns if `None`.
        group: Option<Vec<SelectItem>>,
    },
    /// Columns become rows.
    Unpivot {
        /// The columns.
        on: Vec<SelectItem>,
        /// The column of their names.
        name: Ident,
        /// The columns of their values.
        values: Vec<Ident>,
    },
}

/// The alias that is put where the author has none.
const ALIAS: &str = "__";

impl Text<'_> {
    /// Makes a plain relation of everything that is turned.
    pub(super) fn turns(&mut self) -> Vec<Turn> {
        if self.dialect != Dialect::DuckDb {
            return Vec::new();
        }
        let mut all = Vec::new();
        // Inner ones first, since what stands in an outer one is read again.
        for at in (0..self.words.len()).rev() {
            let is_unpivot = self.words.is_one_of(at, &["unpivot", "pivot_longer"]);
            if !is_unpivot && !self.words.is_one_of(at, &["pivot", "pivot_wider"]) {
                continue;
            }
            let begins = at == 0 || self.words.symbol(at - 1, b'(') || self.words.is(at - 1, "as");
            let turn = match (begins, is_unpivot) {
                (true, _) => self.statement_turn(at, is_unpivot),
                (false, false) if self.words.symbol(at + 1, b'(') => self.pivot_in_from(at),
                _ => None,
            };
            all.extend(turn);
        }
        all
    }

    /// `pivot t on …`.
    fn statement_turn(&mut self, at: usize, is_unpivot: bool) -> Option<Turn> {
        let words = &self.words;
        let mut table = words.after(at + 1);
        while words.symbol(table, b'.') {
            table += 2;
        }
        if words.symbol(table, b'(') {
            table = words.past_bracket(table);
        }
        let on = words.find(table, |at| words.is(at, "on"));
        // An alias may stand between them.
        if !words.is(on, "on") || on > table + 2 {
            return None;
        }
        let ends = ["order", "limit", "offset", "union", "intersect", "except"];
        let is_symbol = |at: usize| words.symbol(at, b';');
        let end = words.find(on, |at| is_symbol(at) || words.is_one_of(at, &ends));
        let section = |word: &str| Some(words.find(on, |at| words.is(at, word))).filter(|at| *at < end);
        let how = if is_unpivot {
            let into = section("into");
            let nulls = section("include").or(section("exclude")).filter(|at| words.is(at + 1, "nulls"));
            let items = self.items(on + 1..into.or(nulls).unwrap_or(end))?;
            let (mut name, mut values) = (Ident::new("name"), vec![Ident::new("value")]);
            if let Some(into) = into
                && words.is(into + 1, "name")
                && words.is(into + 3, "value")
            {
                name = ident(words.text(into + 2));
                let names = (into + 4..end).filter(|at| words.is_name(*at));
                values = names.map(|at| ident(words.text(at))).collect();
            }
            Turned::Unpivot { on: items, name, values }
        } else {
            let using = section("using");
            let group = section("group");
            let on_end = using.or(group).unwrap_or(end);
            Turned::Pivot {
                on: self.items(on + 1..on_end)?,
                using: using.map_or(Some(Vec::new()), |at| self.items(at + 1..group.unwrap_or(end)))?,
                group: match group {
                    Some(at) => Some(self.items(at + 2..end)?),
                    None => None,
                },
            }
        };
        let turn = Turn { at: self.start(on) as u32, is_named: false, how };
        self.replace(at, "from");
        self.blank(table..end);
        self.replace(on, ALIAS);
        Some(turn)
    }

    /// `t pivot (sum(a) for b in (1, 2) c in (3) group by d)`, where the parser knows no more than one column.
    fn pivot_in_from(&mut self, at: usize) -> Option<Turn> {
        let words = &self.words;
        let end = words.past_bracket(at + 1);
        let inside = at + 2;
        let from = words.find(inside, |at| words.is(at, "for"));
        let group = Some(words.find(inside, |at| words.is(at, "group"))).filter(|at| *at + 1 < end);
        let on_end = group.unwrap_or(end - 1);
        let mut on = Vec::new();
        let mut column = from + 1;
        while column < on_end {
            let list = words.find(column, |at| words.is(at, "in")) + 1;
            let next = words.after(list);
            on.extend(self.items(column..next.min(on_end))?);
            column = next;
        }
        if on.len() < 2 && group.is_none() {
            return None;
        }
        let using = self.items(inside..from)?;
        let group = match group {
            Some(at) => Some(self.items(at + 2..end - 1)?),
            None => None,
        };
        let alias = if words.is(end, "as") { end + 1 } else { end };
        let clause =
            ["join", "where", "group", "order", "limit", "on", "using", "left", "inner", "cross", "full"];
        let is_named = words.is_name(alias) && !words.is_one_of(alias, &clause);
        let place = if is_named { alias } else { at };
        let turn = Turn { at: self.start(place) as u32, is_named, how: Turned::Pivot { on, using, group } };
        self.blank(at..end);
        if !is_named {
            self.replace(at, ALIAS);
        }
        Some(turn)
    }

    fn items(&self, range: Range<usize>) -> Option<Vec<SelectItem>> {
        parse_items(self.dialect, &self.only(range)).ok()
    }
}
