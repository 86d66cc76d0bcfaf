//! Dialects without WITH inside a CTE: the CTEs of an inlined part move to the statement's own list, and get
//! other names where two parts define the same one.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Inliner;
use super::own::Own;
use crate::project::NodeId;
use crate::sql::{Dialect, TokenKind, fold, needs_quotes, unquote};

/// Gives hoisted CTEs names that are used once in a statement.
pub(super) struct Renamer {
    dialect: Dialect,
    taken: FxHashSet<String>,
}

impl Renamer {
    /// Starts with the names that inlined parts and the reader's own CTEs have.
    pub(super) fn new(
        inliner: &Inliner<'_>,
        names: &FxHashMap<NodeId, String>,
        reader: &Own,
        sql: &str,
    ) -> Self {
        let dialect = inliner.context.project.target.dialect;
        let given = names.values().map(|name| fold(dialect, &unquote(name), false));
        let own = reader.with.as_ref().map_or(&[][..], |with| with.names.as_slice());
        let own = own.iter().map(|range| fold(dialect, &unquote(&sql[range.clone()]), false));
        Self { dialect, taken: given.chain(own).collect() }
    }

    /// The edits that rename a part's own CTEs where their names are taken.
    pub(super) fn edits(&mut self, own: &Own, sql: &str) -> Vec<(Range<usize>, String)> {
        let Some(with) = &own.with else { return Vec::new() };
        let mut edits = Vec::new();
        for range in &with.names {
            let old = unquote(&sql[range.clone()]).into_owned();
            let folded = fold(self.dialect, &old, false);
            if self.taken.insert(folded.clone()) {
                continue;
            }
            let mut count = 2;
            let mut new = format!("{old}_{count}");
            while !self.taken.insert(fold(self.dialect, &new, false)) {
                count += 1;
                new = format!("{old}_{count}");
            }
            let new = if needs_quotes(self.dialect, &new) { self.dialect.quote(&new) } else { new };
            edits.push((range.clone(), new.clone()));
            for (at, word) in own.scan.words.iter().enumerate() {
                let place = word.token.start as usize..word.token.end as usize;
                let is_name = matches!(word.token.kind, TokenKind::Word | TokenKind::Quoted)
                    && place != *range
                    && own.scan.is_table(at, sql)
                    && own.scan.symbol(at + 1) != Some(b'.')
                    && fold(self.dialect, &unquote(word.token.text(sql)), false) == folded;
                if is_name {
                    // The old name stays as the alias, so that columns are found under it.
                    let alias = if own.scan.has_alias(at, sql) {
                        String::new()
                    } else {
                        format!(" as {}", word.token.text(sql))
                    };
                    edits.push((place, format!("{new}{alias}")));
                }
            }
        }
        edits
    }
}
