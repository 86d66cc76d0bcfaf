//! What all forms of the report have in common.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::trials::{self, Proofs};
use crate::diagnostic::{Code, Diagnostic};
use crate::project::NodeId;
use crate::review::{Change, ColumnKind, Hunk, Line, Presence, Side, Verdict, hunks};
use crate::source::Span;

/// What is compared with.
pub(super) struct Base {
    /// As the user named it, or the main branch.
    pub(super) name: String,
    /// The commit; none if it is what another run has saved.
    pub(super) commit: Option<String>,
    /// True if it is the commit shared with that branch.
    pub(super) is_shared: bool,
}

/// How many nodes have which verdict.
pub(super) struct Totals {
    pub(super) counts: BTreeMap<&'static str, usize>,
    pub(super) unchanged: usize,
}

impl Totals {
    pub(super) fn of(changes: &[Change], nodes: usize) -> Self {
        let mut counts = BTreeMap::new();
        for change in changes {
            *counts.entry(change.headline()).or_default() += 1;
        }
        let here = changes.iter().filter(|change| change.new.is_some()).count();
        Self { counts, unchanged: nodes.saturating_sub(here) }
    }
}

/// All that there is to tell.
pub(super) struct Report<'a> {
    pub(super) base: Base,
    pub(super) totals: Totals,
    pub(super) changes: Vec<Change>,
    /// Where texts differ, by change.
    hunks: BTreeMap<String, Vec<Hunk>>,
    /// What came of trials, by unique id.
    pub(super) proofs: Proofs,
    pub(super) old: Side<'a>,
    pub(super) new: Side<'a>,
}

/// Verdicts, the gravest first.
const GRAVITY: &[(&str, Weight)] = &[
    ("opaque", Weight::Grave),
    ("changed rows", Weight::Grave),
    ("changed columns", Weight::Some),
    ("removed", Weight::Grave),
    ("materialization or config", Weight::Some),
    ("renamed", Weight::Some),
    ("added columns", Weight::New),
    ("added", Weight::New),
    ("equivalent", Weight::None),
    ("cosmetic", Weight::None),
    ("documentation only", Weight::None),
];

/// How much a verdict weighs with people.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Somebody has to look.
    Grave,
    /// Somebody should.
    Some,
    /// There is more than before.
    New,
    /// Nobody has to.
    None,
}

impl Weight {
    /// That of a change's verdict.
    pub(super) fn of(change: &Change) -> Self {
        let headline = change.headline();
        GRAVITY.iter().find(|(name, _)| *name == headline).map_or(Self::None, |(_, weight)| *weight)
    }
}

impl<'a> Report<'a> {
    /// What was found between two sides of so many nodes.
    pub(super) fn new(
        base: Base,
        (old, new): (Side<'a>, Side<'a>),
        changes: Vec<Change>,
        nodes: usize,
        proofs: Proofs,
    ) -> Self {
        let totals = Totals::of(&changes, nodes);
        let hunks = changes.iter().map(|change| (change.unique_id.clone(), hunks_between(old, new, change)));
        let hunks = hunks.collect();
        Self { base, totals, changes, hunks, proofs, old, new }
    }

    /// Changes, the gravest first.
    pub(super) fn by_gravity(&self) -> Vec<&Change> {
        let mut all: Vec<&Change> = self.changes.iter().collect();
        all.sort_by_key(|change| GRAVITY.iter().position(|it| it.0 == change.headline()));
        all
    }

    /// What was compared and found, in a line.
    pub(super) fn verdict_line(&self) -> String {
        let name = &self.base.name;
        let with = match self.base.commit.as_deref().map(|commit| &commit[..commit.len().min(9)]) {
            Some(short) if self.base.is_shared => format!("what it shares with {name} ({short})"),
            Some(short) => format!("{name} ({short})"),
            None => name.clone(),
        };
        if self.changes.is_empty() {
            return format!("Nothing differs from {with}.");
        }
        let counts = GRAVITY
            .iter()
            .filter_map(|(name, _)| self.totals.counts.get(name).map(|count| format!("{count} {name}")));
        format!(
            "Compared with {with}: {}; {} unchanged.",
            counts.collect::<Vec<_>>().join(", "),
            self.totals.unchanged
        )
    }

    /// The file of a change, of the new side if it is there.
    pub(super) fn file(&self, change: &Change) -> String {
        let path = |side: &Side<'_>, id: NodeId| side.context.project.node(id).path.to_string();
        match (change.new, change.old) {
            (Some(id), _) => path(&self.new, id),
            (None, Some(id)) => path(&self.old, id),
            (None, None) => String::new(),
        }
    }

    /// The place in the author's file where the first difference is; the file's beginning if it is elsewhere.
    pub(super) fn place(&self, change: &Change) -> Option<Span> {
        let node = self.new.context.project.node(change.new?);
        let Some(body) = node.body else { return Some(node.span) };
        let text = self.new.context.project.files.text(body);
        let line = self.hunks_of(change).first().and_then(Hunk::place).unwrap_or(0);
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        let start = body.start + start as u32;
        Some(Span { start, end: (start + length as u32).min(body.end), ..body })
    }

    /// Line of that place, from 1.
    pub(super) fn line(&self, change: &Change) -> Option<u32> {
        let span = self.place(change)?;
        let file = self.new.context.project.files.get(span.file);
        Some(file.line_column(span.start).line as u32)
    }

    /// Where the author's text differs; where that is the same, where what macros make of it does.
    pub(super) fn hunks_of(&self, change: &Change) -> &[Hunk] {
        self.hunks.get(&change.unique_id).map_or(&[], Vec::as_slice)
    }

    /// What differs, in short sentences without an end.
    pub(super) fn details(change: &Change) -> Vec<String> {
        let mut all = Vec::new();
        if let Presence::Renamed { from } = &change.presence {
            all.push(format!("was `{from}`"));
        }
        let detail = change.verdict.detail();
        if !detail.is_empty() {
            all.push(detail);
        }
        if !change.with.is_empty() {
            all.push(format!("with {} put in", listed(&change.with, 6)));
        }
        if !change.follows.is_empty() {
            all.push(format!("goes with the new names of columns of {}", listed(&change.follows, 6)));
        }
        if let Some((was, is)) = &change.becomes {
            all.push(format!("becomes {is} instead of {was}"));
        }
        if let Some((was, is)) = &change.place {
            all.push(format!("is {is} instead of {was}"));
        }
        let shown = |value: &Value| if value.is_null() { "nothing".to_owned() } else { format!("`{value}`") };
        all.extend(
            change
                .config
                .iter()
                .map(|it| format!("`{}` is {} instead of {}", it.key, shown(&it.new), shown(&it.old))),
        );
        if !change.docs.is_empty() {
            all.push(format!("documentation: {}", listed(&change.docs, 8)));
        }
        all
    }

    /// When the statements of a change run; nothing if there are none.
    pub(super) fn statements(change: &Change) -> Option<(&'static str, &[String])> {
        let when = if change.warehouse.needs_full_refresh {
            "what a run with `--full-refresh` does"
        } else {
            "what the next run does"
        };
        Some((when, change.warehouse.ddl.as_slice())).filter(|(_, ddl)| !ddl.is_empty())
    }

    /// Whom it reaches, in short sentences without an end.
    pub(super) fn reach(change: &Change) -> Vec<String> {
        let impact = &change.impact;
        let mut all = Vec::new();
        if !impact.parts.is_empty() {
            let parts: Vec<String> = impact
                .parts
                .iter()
                .map(|part| {
                    if impact.rows || part.columns.is_empty() {
                        part.name.clone()
                    } else {
                        format!("{} ({})", part.name, listed(&part.columns, 4))
                    }
                })
                .collect();
            all.push(format!("reaches {}", listed(&parts, 8)));
        }
        if !impact.tests.is_empty() {
            all.push(format!("tested by {}", listed(&impact.tests, 4)));
        }
        if !impact.exposures.is_empty() {
            let exposures: Vec<String> = impact
                .exposures
                .iter()
                .map(|(name, owner)| {
                    owner.as_ref().map_or_else(|| name.clone(), |owner| format!("{name} of {owner}"))
                })
                .collect();
            all.push(format!("read by {}", listed(&exposures, 6)));
        }
        if impact.untouched > 0 && change.is_meaningful() {
            all.push(format!("{} further downstream read nothing of it", impact.untouched));
        }
        all
    }

    /// A change for programs.
    pub(super) fn entry(&self, change: &Change) -> Value {
        let found = match &change.verdict {
            Verdict::Changed(found) => Some(found),
            _ => None,
        };
        let columns: Vec<Value> = found
            .into_iter()
            .flat_map(|found| &found.columns)
            .map(|it| {
                let from = match &it.kind {
                    ColumnKind::Renamed { from } => Some(from),
                    _ => None,
                };
                json!({"name": it.name, "change": it.kind.name(), "from": from})
            })
            .collect();
        let rows: Vec<&str> =
            found.into_iter().flat_map(|found| &found.rows).map(|kind| kind.name()).collect();
        let pair =
            |pair: &Option<(String, String)>| pair.as_ref().map(|(old, new)| json!({"old": old, "new": new}));
        let config: Vec<Value> =
            change.config.iter().map(|it| json!({"key": it.key, "old": it.old, "new": it.new})).collect();
        let parts: Vec<Value> =
            change.impact.parts.iter().map(|it| json!({"name": it.name, "columns": it.columns})).collect();
        let exposures: Vec<Value> = change
            .impact
            .exposures
            .iter()
            .map(|(name, owner)| json!({"name": name, "owner": owner}))
            .collect();
        let from = match &change.presence {
            Presence::Renamed { from } => Some(from),
            _ => None,
        };
        let hunks: Vec<Value> = self
            .hunks_of(change)
            .iter()
            .map(|hunk| {
                let side = |side: crate::review::LineSide| -> Vec<String> {
                    hunk.lines.iter().filter(|line| line.side == side).map(Line::text).collect()
                };
                json!({"old": side(crate::review::LineSide::Old), "new": side(crate::review::LineSide::New)})
            })
            .collect();
        json!({
            "unique_id": change.unique_id,
            "name": change.name,
            "kind": change.kind.resource_type(),
            "file": self.file(change),
            "line": self.line(change),
            "verdict": change.headline(),
            "sql": change.verdict.name(),
            "renamed_from": from,
            "rows": rows,
            "columns": columns,
            "reason": matches!(change.verdict, Verdict::Opaque(_)).then(|| change.verdict.detail()),
            "put_in": change.with,
            "follows": change.follows,
            "becomes": pair(&change.becomes),
            "relation": pair(&change.place),
            "config": config,
            "documentation": change.docs,
            "consequences": change.warehouse.notes,
            "ddl": change.warehouse.ddl,
            "needs_full_refresh": change.warehouse.needs_full_refresh,
            "loses_data": change.warehouse.loses_data,
            "impact": {
                "rows": change.impact.rows,
                "parts": parts,
                "tests": change.impact.tests,
                "exposures": exposures,
                "owners": change.impact.owners,
                "untouched_downstream": change.impact.untouched,
            },
            "trials": self.proofs.get(&change.unique_id).map(trials::object),
            "hunks": hunks,
        })
    }

    /// What differs as messages at the author's lines.
    pub(super) fn annotations(&self) -> Vec<Diagnostic> {
        let shown = self.by_gravity().into_iter().filter(|change| change.is_meaningful());
        shown
            .filter_map(|change| {
                let mut words = vec![change.headline().to_owned()];
                words.extend(Self::details(change));
                let found =
                    Diagnostic::warning(Code::DIFFERS, format!("`{}`: {}", change.name, words.join("; ")));
                let found = found.at(self.place(change)?, "differs here");
                Some(Self::reach(change).into_iter().fold(found, Diagnostic::help))
            })
            .collect()
    }
}

fn hunks_between(old: Side<'_>, new: Side<'_>, change: &Change) -> Vec<Hunk> {
    let (Some(was), Some(is)) = (change.old, change.new) else { return Vec::new() };
    let texts = (old.raw(was).unwrap_or_default(), new.raw(is).unwrap_or_default());
    if texts.0 != texts.1 {
        return hunks(texts.0, texts.1);
    }
    match (old.sql(was), new.sql(is)) {
        (Some(was), Some(is)) if was != is => hunks(was, is),
        _ => Vec::new(),
    }
}

/// The first of some names, and how many more there are.
pub(super) fn listed(names: &[String], most: usize) -> String {
    let mut text = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > most {
        let _ = write!(text, " and {} more", names.len() - most);
    }
    text
}
