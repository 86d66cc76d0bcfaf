//! Parts and their approvals, side by side.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::approval::{Approval, Form, file_stem, part_name};
use crate::emit::{Compiled, Context};
use crate::project::{NodeId, NodeMap};

/// What is compared.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The project, its graph and plan.
    pub context: Context<'a>,
    /// Compiled SQL; parts without any had errors, and are passed over.
    pub compiled: &'a NodeMap<Option<Compiled>>,
    /// All parts that should have an approval.
    pub expected: &'a [NodeId],
    /// Those of them that are looked at now.
    pub wanted: &'a [NodeId],
    /// How SQL is kept.
    pub form: Form,
    /// The approvals that there are, by [`file_stem`]; for one that can't be read, why.
    pub approved: &'a BTreeMap<String, Result<Approval, String>>,
}

/// How a part stands to its approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As approved.
    Approved,
    /// Approved otherwise.
    Changed,
    /// Never approved.
    New,
    /// Approved, but there is no such part any more, or it needs no approval.
    Stale,
    /// The approval can't be read, for this reason.
    Unreadable(String),
}

/// A part, an approval, or both.
#[derive(Clone, Debug)]
pub struct Item {
    /// The file's name without its ending.
    pub stem: String,
    /// The part, if there is one.
    pub node: Option<NodeId>,
    /// How it stands.
    pub standing: Standing,
    /// What was approved.
    pub before: Option<Approval>,
    /// What there is now.
    pub now: Option<Approval>,
    /// For each line of what there is now, the line of the compiled SQL, from 0.
    pub lines: Vec<u32>,
}

/// Every wanted part and its standing, and the approvals of no part at all if everything is looked at; by name.
pub fn compare(input: Input<'_>) -> Vec<Item> {
    let project = input.context.project;
    let mut items: Vec<Item> = Vec::new();
    for id in input.wanted.iter().copied() {
        let Some(compiled) = &input.compiled[id] else { continue };
        let node = project.node(id);
        let stem = file_stem(project, node);
        let decision = input.context.plan.decisions[id].as_ref();
        let formed = input.form.of(project.target.dialect, &compiled.sql);
        let now = Approval {
            part: part_name(node).to_owned(),
            becomes: decision.map(|it| it.shown().to_owned()).unwrap_or_default(),
            why: decision.map(|it| it.reason.text.clone()).unwrap_or_default(),
            sql: formed.sql,
        };
        let (standing, before) = match input.approved.get(&stem) {
            None => (Standing::New, None),
            Some(Err(why)) => (Standing::Unreadable(why.clone()), None),
            Some(Ok(before)) if before.agrees_with(&now) => (Standing::Approved, Some(before.clone())),
            Some(Ok(before)) => (Standing::Changed, Some(before.clone())),
        };
        items.push(Item { stem, node: Some(id), standing, before, now: Some(now), lines: formed.lines });
    }
    if input.wanted.len() == input.expected.len() {
        let expected: FxHashSet<String> =
            input.expected.iter().map(|id| file_stem(project, project.node(*id))).collect();
        let stale = input.approved.iter().filter(|(stem, _)| !expected.contains(*stem));
        items.extend(stale.map(|(stem, before)| Item {
            stem: stem.clone(),
            node: None,
            standing: Standing::Stale,
            before: before.as_ref().ok().cloned(),
            now: None,
            lines: Vec::new(),
        }));
    }
    items.sort_by(|a, b| a.stem.cmp(&b.stem));
    items
}
