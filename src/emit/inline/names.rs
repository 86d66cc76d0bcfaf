//! The names of the CTEs in one statement.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use super::own::{Own, quoted};
use super::scan::usage;
use super::{Inliner, Style};
use crate::project::NodeId;
use crate::render::cte_name;
use crate::sql::{fitting, fold, is_word};

/// Names for the inlined parts of a statement, in order. `texts` are all the texts that go into it.
pub(super) fn assign(inliner: &Inliner<'_>, parts: &[NodeId], texts: &[&Own]) -> FxHashMap<NodeId, String> {
    match inliner.style {
        Style::Dbt => as_dbt(inliner, parts),
        Style::Plain => plain(inliner, parts, texts),
    }
}

/// dbt's names. Those that the warehouse refuses for their length, or could not tell from another of the
/// statement's, are shortened.
fn as_dbt(inliner: &Inliner<'_>, parts: &[NodeId]) -> FxHashMap<NodeId, String> {
    let dialect = inliner.context.project.target.dialect;
    let name = |part: NodeId| cte_name(inliner.table_name(part));
    let long = |name: &str| matches!(fitting(dialect, name), Cow::Owned(_));
    let cut = |name: &str| name.as_bytes()[..dialect.longest_name()].to_vec();
    let mut beginnings: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
    for name in parts.iter().map(|part| name(*part)).filter(|name| long(name)) {
        *beginnings.entry(cut(&name)).or_default() += 1;
    }
    let names = parts.iter().map(|part| {
        let mut name = name(*part);
        if long(&name) && (dialect.is_mysql() || beginnings.get(&cut(&name)).is_some_and(|count| *count > 1))
        {
            name = fitting(dialect, &name).into_owned();
        }
        (*part, if is_word(dialect, &name) { name } else { dialect.quote(&name) })
    });
    names.collect()
}

/// The part's own name where no text uses it for something else, otherwise `name_2`, `name_3` …
fn plain(inliner: &Inliner<'_>, parts: &[NodeId], texts: &[&Own]) -> FxHashMap<NodeId, String> {
    let dialect = inliner.context.project.target.dialect;
    let mut given: FxHashSet<String> = FxHashSet::default();
    let mut names = FxHashMap::default();
    for part in parts.iter().copied() {
        let name = fitting(dialect, inliner.table_name(part));
        // Columns may be taken from a table by its name, so `orders.id` is no other use of `orders`; an inlined
        // part of its author's choice has no name that could be used like that.
        let other_use = if inliner.has_table_name(part) { usage::BARE } else { u8::MAX };
        let free = |name: &str, other_use: u8, given: &FxHashSet<String>| {
            let folded = fold(dialect, name, false);
            !given.contains(&folded)
                && texts.iter().all(|own| own.names.get(&folded).is_none_or(|used| used & other_use == 0))
        };
        let mut chosen = name.clone().into_owned();
        let mut count = 1;
        while !free(&chosen, if count == 1 { other_use } else { u8::MAX }, &given) {
            count += 1;
            chosen = format!("{name}_{count}");
        }
        given.insert(fold(dialect, &chosen, false));
        names.insert(part, quoted(inliner, &chosen));
    }
    names
}
