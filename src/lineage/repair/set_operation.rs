//! BigQuery's `left union all by name`, `union all corresponding (a, b)`.

use super::text::Text;

/// Which columns a set operation by name gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lineage) enum ByName {
    /// Those of any branch.
    Full,
    /// Those of the branches before.
    Left,
    /// Those of both.
    Inner,
}

impl Text<'_> {
    /// Leaves `by name` alone of what set operations say; gives the rest by place.
    pub(super) fn set_operations(&mut self) -> Vec<(u32, ByName)> {
        let mut all = Vec::new();
        for at in 0..self.words.len() {
            if !self.words.is_one_of(at, &["union", "intersect", "except"]) {
                continue;
            }
            let mut before = at;
            while before > 0 && self.words.is_one_of(before - 1, &["left", "full", "inner", "outer"]) {
                before -= 1;
            }
            let manner = match before {
                _ if self.words.is(before, "left") => ByName::Left,
                _ if self.words.is(before, "inner") => ByName::Inner,
                _ => ByName::Full,
            };
            let place = self.start(at) as u32;
            let mut after = at + 1;
            if self.words.is_one_of(after, &["all", "distinct"]) {
                after += 1;
            }
            let strict = if self.words.is(after, "strict") { after + 1 } else { after };
            if self.words.is(strict, "corresponding") {
                all.push((place, manner));
                self.blank(before..at);
                self.blank(after..strict);
                self.replace(strict, "BY NAME");
                if self.words.is(strict + 1, "by") && self.words.symbol(strict + 2, b'(') {
                    self.blank(strict + 1..self.words.past_bracket(strict + 2));
                }
            } else if self.words.is(strict, "by") && self.words.is(strict + 1, "name") {
                all.push((place, manner));
                self.blank(before..at);
                if self.words.is(strict + 2, "on") && self.words.symbol(strict + 3, b'(') {
                    self.blank(strict + 2..self.words.past_bracket(strict + 3));
                }
            }
        }
        all
    }
}
