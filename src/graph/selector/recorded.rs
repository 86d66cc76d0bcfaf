//! Selection against what dbt gave for the same project and the same command lines.

use std::sync::Arc;

use super::*;
use crate::project::{LoadOptions, load};
use crate::render::{RenderOptions, Renderer};
use crate::world::Memory;

const PROJECT: &str = include_str!("recorded/project.txt");
const SELECTIONS: &str = include_str!("recorded/selections.txt");

/// What `dbt ls` shows where no kind is asked for.
const LISTED: &[NodeKind] = &[
    NodeKind::Model,
    NodeKind::Snapshot,
    NodeKind::Seed,
    NodeKind::Test,
    NodeKind::Source,
    NodeKind::Exposure,
    NodeKind::Metric,
    NodeKind::SavedQuery,
    NodeKind::SemanticModel,
    NodeKind::UnitTest,
];

/// One recorded command line.
#[derive(Default)]
struct Line<'a> {
    select: Vec<String>,
    exclude: Vec<String>,
    selector: Option<&'a str>,
    kinds: Vec<NodeKind>,
    other_kinds: Vec<NodeKind>,
    mode: IndirectSelection,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Self {
        let mut line = Self::default();
        let mut flag = "";
        // Quoted values are the odd pieces, flags stand between them.
        for (at, piece) in text.split('\'').enumerate() {
            match (at % 2, flag) {
                (0, _) if piece.trim().is_empty() => {}
                (0, _) => flag = piece.trim(),
                (_, "--select") => line.select.push(piece.to_owned()),
                (_, "--exclude") => line.exclude.push(piece.to_owned()),
                (_, "--selector") => line.selector = Some(piece),
                (_, "--resource-type") => line.kinds.extend(resource_type(piece)),
                (_, "--exclude-resource-type") => line.other_kinds.extend(resource_type(piece)),
                (_, "--indirect-selection") => {
                    line.mode = IndirectSelection::from_name(piece).expect("a mode");
                }
                (_, flag) => panic!("unknown flag {flag}"),
            }
        }
        if line.kinds.is_empty() {
            line.kinds = LISTED.iter().copied().filter(|kind| !line.other_kinds.contains(kind)).collect();
        }
        line
    }
}

fn world() -> Memory {
    let mut world = Memory::default();
    for section in PROJECT.split("--- ").skip(1) {
        let (path, text) = section.split_once(" ---\n").expect("a path and a text");
        world = world.with_file(path, text);
    }
    world
}

#[test]
fn every_recorded_selection_is_dbts() {
    let world = world();
    let project = Arc::new(load(&world, &LoadOptions::default()).value.expect("a project"));
    let mut renderer = Renderer::new(&project, &world, RenderOptions::default()).value;
    let collected = renderer.collect().value;
    let Staged { value: graph, diagnostics } = crate::graph::resolve(&project, &collected);
    assert_eq!(diagnostics, []);

    let mut names: Vec<&str> = Vec::new();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in SELECTIONS.lines().filter(|line| !line.starts_with('#')) {
        if let Some((_, name)) = line.split_once(" = ").filter(|_| !line.starts_with('-')) {
            names.push(name);
            continue;
        }
        let (text, expect) = line.rsplit_once(" :").expect("arguments and numbers");
        let mut expect: Vec<&str> = expect
            .split_whitespace()
            .map(|number| names[number.parse::<usize>().expect("a number")])
            .collect();
        let line = Line::read(text);
        let args = SelectionArgs {
            select: &line.select,
            exclude: &line.exclude,
            selector: line.selector,
            resource_types: &line.kinds,
            indirect_selection: line.mode,
            previous: None,
        };
        let selected = select(&project, &collected, &graph, &args).value;
        let mut found: Vec<&str> = selected.iter().map(|id| project.node(*id).unique_id.as_str()).collect();
        found.sort_unstable();
        expect.sort_unstable();
        count += 1;
        if found != expect {
            wrong.push(format!("{text}\n  found  {found:?}\n  expect {expect:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count, 220);
}
