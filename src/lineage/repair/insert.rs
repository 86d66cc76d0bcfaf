//! Hive's and Spark's `from t insert into a select … insert into b select …`: a statement for each.

use sqlparser::ast::Ident;

use super::text::Text;
use super::{Target, ident};
use crate::lineage::model::StatementKind;

/// One of the inserts, as a query, and where it goes.
pub(super) struct FromInsert<'s> {
    pub(super) text: Text<'s>,
    pub(super) target: Target,
    pub(super) columns: Vec<Ident>,
}

impl<'s> Text<'s> {
    /// The inserts behind a leading `from`; none if the text is anything else.
    pub(super) fn inserts(&self) -> Vec<FromInsert<'s>> {
        let words = &self.words;
        if !words.is(0, "from") {
            return Vec::new();
        }
        let next = |at: usize| words.find(at, |at| words.is(at, "insert"));
        let first = next(1);
        let mut starts = Vec::new();
        let mut at = first;
        while words.is(at, "insert") {
            starts.push(at);
            at = next(at + 1);
        }
        if at != words.len() {
            return Vec::new();
        }
        let ends = starts.iter().skip(1).copied().chain([words.len()]);
        let one = |(start, end)| self.one_insert(first, start, end);
        starts.iter().copied().zip(ends).map(one).collect::<Option<_>>().unwrap_or_default()
    }

    /// DuckDB's `insert into t by name select …`, which is a query then.
    pub(super) fn insert_by_name(&mut self) -> Option<Target> {
        let words = &self.words;
        let into = (1..4).find(|at| words.is(0, "insert") && words.is(*at, "into"))?;
        let (parts, at) = self.dotted(into + 1);
        if parts.is_empty() || !words.is(at, "by") || !words.is(at + 1, "name") {
            return None;
        }
        self.blank(0..at + 2);
        Some(Target { kind: StatementKind::Insert, parts, partitions: Vec::new(), is_by_name: true })
    }

    fn one_insert(&self, from_end: usize, start: usize, end: usize) -> Option<FromInsert<'s>> {
        let words = &self.words;
        let mut at = start + 1;
        while words.is_one_of(at, &["into", "overwrite", "table"]) {
            at += 1;
        }
        let (parts, mut at) = self.dotted(at);
        let mut columns = Vec::new();
        let mut partitions = Vec::new();
        if words.is(at, "partition") && words.symbol(at + 1, b'(') {
            let close = words.past_bracket(at + 1);
            let is_fixed = |at: &usize| words.is_name(*at) && words.symbol(*at + 1, b'=');
            partitions = (at + 2..close).filter(is_fixed).map(|at| ident(words.text(at))).collect();
            at = close;
        }
        if words.symbol(at, b'(') {
            let close = words.past_bracket(at);
            columns =
                (at + 1..close).filter(|at| words.is_name(*at)).map(|at| ident(words.text(at))).collect();
            at = close;
        }
        if parts.is_empty() || !words.is(at, "select") {
            return None;
        }
        let mut text = self.clone();
        text.blank(from_end..at);
        text.blank(end..words.len());
        Some(FromInsert {
            text,
            target: Target { kind: StatementKind::Insert, parts, partitions, is_by_name: false },
            columns,
        })
    }
}
