//! What weighs most in a part's own text: its CTEs and subqueries, with the places where they stand.

use super::assess::{Scales, stored};
use super::problem::{ItemId, Measure, State};
use crate::project::NodeId;
use crate::source::Span;
use crate::sql::outline::{self, Outline, Query, Role};

/// A CTE or subquery that an author wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heavy {
    /// A CTE's name.
    pub(super) name: Option<String>,
    /// Where it stands: its name, else its first word.
    pub(super) span: Option<Span>,
    /// How much it has, with all that it reads in the same text.
    pub(super) value: u128,
    /// How much the text has left if this is a part of its own, and stored.
    pub(super) left: u128,
}

/// The queries of one text that weigh most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Weights {
    /// What the whole text has.
    pub(super) whole: u128,
    /// The heaviest first.
    pub(super) heaviest: Vec<Heavy>,
    /// Where the text falls into the two smallest pieces.
    pub(super) split: Option<Heavy>,
}

/// So many are told.
const TOLD: usize = 3;

/// Weighs the queries of a node's text by one measure.
pub(super) fn weigh(scales: &mut Scales<'_>, node: NodeId, measure: Measure) -> Weights {
    let input = scales.input;
    let Some(main) = scales.measured.item[node] else { return Weights::default() };
    let text = input.text(node);
    let outline = outline::outline(input.project.target.dialect, text);
    let mut states = stored(scales.measured);
    let whole = scales.evaluator.load(&states, main)[measure];
    let origin = |range: &std::ops::Range<u32>| {
        let map = &input.rendered.nodes[node].as_ref()?.source_map;
        Some(map.origin(range.start as usize..range.end as usize)?.span)
    };
    if let Some(place) = place(measure, &outline) {
        let found = Heavy { name: None, span: origin(&place), value: whole, left: 0 };
        return Weights { whole, heaviest: vec![found], split: None };
    }
    let first = main + 1 - outline.queries.len() as ItemId;
    let mut all: Vec<Heavy> = Vec::new();
    for (at, query) in outline.queries.iter().enumerate().filter(|(_, query)| query.role != Role::Main) {
        let item = first + at as ItemId;
        let (value, left) = if measure == Measure::Text {
            let bytes = u128::from(query.place.end - query.place.start);
            (bytes, whole.saturating_sub(bytes))
        } else {
            let value = scales.evaluator.load(&states, item)[measure];
            states[item as usize] = State::Table;
            let left = scales.evaluator.load(&states, main)[measure];
            states[item as usize] = State::Inline;
            (value, left)
        };
        if left < whole {
            let name = query.name.as_ref().map(|it| text[it.start as usize..it.end as usize].to_owned());
            all.push(Heavy { name, span: origin(&named(query)), value, left });
        }
    }
    let split = all.iter().min_by_key(|it| it.value.max(it.left)).cloned();
    // Of those that weigh the same, the outermost.
    all.reverse();
    all.sort_by_key(|it| std::cmp::Reverse(it.value));
    all.truncate(TOLD);
    Weights { whole, heaviest: all, split }
}

/// Where a query is pointed at.
fn named(query: &Query) -> std::ops::Range<u32> {
    query.name.clone().unwrap_or(query.place.start..(query.place.start + 6).min(query.place.end))
}

/// The one place that a measure is about, if it is about one.
fn place(measure: Measure, outline: &Outline) -> Option<std::ops::Range<u32>> {
    match measure {
        Measure::List => Some(outline.longest.clone()),
        Measure::Nesting => Some(outline.innermost.clone()),
        _ => None,
    }
}
