//! ClickHouse's `with expression as name`: a name for an expression, that is read where the name stands.

use std::ops::Range;

use sqlparser::ast::{Expr, Ident, SelectItem};

use super::text::Text;
use crate::sql::{Dialect, parse_items};

/// A name for an expression.
pub(in crate::lineage) struct Scalar {
    /// The bytes where the name can be used.
    pub(in crate::lineage) place: Range<u32>,
    /// The name.
    pub(in crate::lineage) name: Ident,
    /// The expression.
    pub(in crate::lineage) expr: Expr,
}

impl Text<'_> {
    /// Takes the names for expressions out of every `with`.
    pub(super) fn scalars(&mut self) -> Vec<Scalar> {
        if self.dialect != Dialect::ClickHouse {
            return Vec::new();
        }
        let mut all = Vec::new();
        // Inner ones first: an expression is read without those that stand in it.
        for at in (0..self.words.len()).rev() {
            let ends_clause = at > 0 && self.words.is_one_of(at - 1, &["by", "order"]);
            if self.words.is(at, "with") && !ends_clause {
                self.scalars_of(at, &mut all);
            }
        }
        all
    }

    fn scalars_of(&mut self, with: usize, all: &mut Vec<Scalar>) {
        let first = if self.words.is(with + 1, "recursive") { with + 2 } else { with + 1 };
        let mut elements: Vec<(Range<usize>, bool)> = Vec::new();
        let mut at = first;
        loop {
            let end = {
                let words = &self.words;
                words.find(at, |at| {
                    words.symbol(at, b',') || words.is_one_of(at, &["select", "from", "insert"])
                })
            };
            let is_cte = self.words.is_name(at)
                && self.words.is(at + 1, "as")
                && (self.words.symbol(at + 2, b'(') || self.words.is(at + 2, "materialized"));
            let is_scalar = end >= at + 3 && self.words.is(end - 2, "as") && self.words.is_name(end - 1);
            if !is_cte && !is_scalar {
                // `with totals`, `with fill`, or something else.
                return;
            }
            elements.push((at..end, is_cte));
            if !self.words.symbol(end, b',') {
                break;
            }
            at = end + 1;
        }
        let to = {
            let words = &self.words;
            words.find(at, |_| false)
        };
        let mut scalars = Vec::new();
        for (range, _) in elements.iter().filter(|(_, is_cte)| !is_cte) {
            let items = parse_items(self.dialect, &self.only(range.clone())).unwrap_or_default();
            let Ok([SelectItem::ExprWithAlias { expr, alias }]) = <[SelectItem; 1]>::try_from(items) else {
                return;
            };
            let place = self.start(with) as u32..self.start(to) as u32;
            scalars.push(Scalar { place, name: alias, expr });
        }
        if scalars.is_empty() {
            return;
        }
        all.append(&mut scalars);
        let mut has_cte = false;
        for (range, is_cte) in elements {
            // A comma stays between two of those that stay.
            if range.start > first && !(is_cte && has_cte) {
                self.blank(range.start - 1..range.start);
            }
            if is_cte {
                has_cte = true;
            } else {
                self.blank(range);
            }
        }
        if !has_cte {
            self.blank(with..first);
        }
    }
}
