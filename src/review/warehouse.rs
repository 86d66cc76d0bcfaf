//! What a change means for what is in the warehouse already: in sentences, and the statements that the next run makes.

use super::change::{Change, Presence};
use super::side::Side;
use crate::emit::{ddl, statements_over};
use crate::plan::Materialization;
use crate::project::{NodeId, NodeKind};
use crate::sql::{Relation, RelationKind};

/// What stands for a part's own query in statements that are shown.
const QUERY: &str = "select …";

/// What follows for what is in the warehouse already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// In sentences without an end.
    pub notes: Vec<String>,
    /// The statements that build the part from now on, the part's own query left out; empty where what it becomes, its
    /// place and its configs are what they were.
    pub ddl: Vec<String>,
    /// True if rows that are there already are only what the part says now after `--full-refresh`; the statements are
    /// those of such a run.
    pub needs_full_refresh: bool,
    /// True if rows are lost that can't be made anew from what the part reads.
    pub loses_data: bool,
}

impl Consequences {
    /// What follows of a change, whose verdict and aspects are known.
    pub(super) fn of(change: &Change, old: Side<'_>, new: Side<'_>) -> Self {
        let kind = |side: Side<'_>, id: Option<NodeId>| {
            id.and_then(|id| side.decision(id)).map(|it| it.materialization.clone())
        };
        let (was, is) = (kind(old, change.old), kind(new, change.new));
        let before = change.old.and_then(|id| old.relation(id)).map(Relation::render);
        let mut found = Self::default();
        match change.presence {
            Presence::Added => {}
            Presence::Removed => {
                if let Some(relation) = before.filter(|_| is_stored(was.as_ref())) {
                    found.note(format!("{relation} stays in the warehouse as it is until somebody drops it"));
                }
            }
            Presence::Both | Presence::Renamed { .. } => {
                found.stays(change, (was.as_ref(), is.as_ref()), before.as_deref());
                found.statements(change, new, (was.as_ref(), is.as_ref()));
            }
        }
        found
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// What becomes of the rows of a part that is on both sides.
    fn stays(
        &mut self,
        change: &Change,
        (was, is): (Option<&Materialization>, Option<&Materialization>),
        before: Option<&str>,
    ) {
        let keeps = matches!(was, Some(Materialization::Incremental | Materialization::Snapshot));
        if let Some((from, to)) = change.place.as_ref().filter(|_| is_stored(was)) {
            self.note(format!("{from} stays as it is until somebody drops it; from now on {to} is written"));
            if keeps {
                self.note("what the old table has gathered does not move to the new one");
                self.loses_data = true;
            }
        }
        if was != is && is_stored(was) && !is_stored(is) {
            let relation = before.unwrap_or_default();
            self.note(format!("{relation} is written no more and grows old until somebody drops it"));
        } else if was != is && is_stored(was) {
            let article = if is == Some(&Materialization::Incremental) { "an" } else { "a" };
            self.note(format!("the {} is replaced by {article} {}", words(was), words(is)));
        }
        if was != is && keeps {
            self.note("rows that only the old table has, since its sources no longer do, are lost");
            self.loses_data = true;
        }
        let is_other = was == is && (!change.verdict.is_same() || !change.config.is_empty());
        match is {
            Some(Materialization::Incremental) if is_other => {
                self.note("rows that are there already stay as they are; `--full-refresh` builds them anew");
                self.needs_full_refresh = true;
            }
            Some(Materialization::Snapshot) if is_other => {
                self.note(
                    "versions of rows that are there already stay as they are, and can't be built anew",
                );
            }
            _ => {}
        }
    }

    /// The statements that build the part now, over what the former ones have left.
    fn statements(
        &mut self,
        change: &Change,
        new: Side<'_>,
        (was, is): (Option<&Materialization>, Option<&Materialization>),
    ) {
        let differs = change.becomes.is_some() || change.place.is_some() || !change.config.is_empty();
        let Some(id) = change.new.filter(|_| differs && change.kind == NodeKind::Model && is_stored(is))
        else {
            return;
        };
        let existing = was.filter(|_| change.place.is_none()).and_then(stands);
        for statement in statements_over(&new.context, id, QUERY, existing) {
            use ddl::Purpose;
            let purpose = statement.purpose;
            if matches!(purpose, Purpose::Prepare | Purpose::Main | Purpose::Swap | Purpose::Tidy) {
                self.ddl.push(statement.sql);
            }
        }
    }
}

/// True for what stands in the warehouse when the run has ended.
fn is_stored(kind: Option<&Materialization>) -> bool {
    !matches!(kind, None | Some(Materialization::Inline | Materialization::Temp))
}

/// What a part leaves under its name.
fn stands(kind: &Materialization) -> Option<RelationKind> {
    match kind {
        Materialization::View => Some(RelationKind::View),
        Materialization::MaterializedView => Some(RelationKind::MaterializedView),
        Materialization::Table
        | Materialization::Incremental
        | Materialization::Snapshot
        | Materialization::Seed => Some(RelationKind::Table),
        Materialization::Inline | Materialization::Temp | Materialization::Custom(_) => None,
    }
}

fn words(kind: Option<&Materialization>) -> &str {
    match kind {
        Some(Materialization::Incremental) => "incremental table",
        Some(Materialization::MaterializedView) => "materialized view",
        other => other.map_or("", Materialization::name),
    }
}
