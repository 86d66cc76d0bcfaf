//! The pipeline up to a stage and no further, for counting instructions: `scripts/instructions.py` runs it under
//! valgrind, and what a stage costs is what one more stage adds.

mod generate;

use std::sync::Arc;

use buhin::compile::{self, Options};
use buhin::diagnostic::Staged;
use buhin::flow::{self, Known};
use buhin::project::{self, LoadOptions};
use buhin::render::{Empty, Renderer};
use buhin::world::Memory;
use buhin::{emit, graph, plan, sql};

/// The stages in the order of the pipeline; the first is what the benchmark itself needs.
const STAGES: [&str; 11] = [
    "project",
    "load",
    "macros",
    "collect",
    "resolve",
    "plan",
    "render",
    "check",
    "emit",
    "artifacts",
    "lineage",
];

fn main() {
    let mut words = std::env::args().skip(1);
    let (parts, last) = match (words.next().map(|parts| parts.parse::<usize>()), words.next()) {
        (Some(Ok(parts)), Some(last)) if STAGES.contains(&last.as_str()) => (parts, last),
        // `cargo bench` runs every benchmark, with words of its own.
        _ => return,
    };
    let last = STAGES.iter().position(|stage| *stage == last).unwrap_or_default();
    run(parts, last);
}

/// The value, after a look at whether all went well: errors would be fast.
fn clean<T>(staged: Staged<T>) -> T {
    assert!(staged.diagnostics.is_empty(), "{:?}", staged.diagnostics.first());
    staged.value
}

/// Runs the stages up to the one at `last`. Nothing is taken apart at the end, as in the command line.
fn run(parts: usize, last: usize) {
    let files = generate::project(parts);
    let world = files.into_iter().fold(Memory::default(), |world, (path, text)| world.with_file(path, text));
    if last == 0 {
        return std::mem::forget(world);
    }
    let project = project::load(&world, &LoadOptions::default()).value.expect("a made-up project loads");
    let project = Arc::new(project);
    if last == 1 {
        return std::mem::forget((world, project));
    }
    if last < 5 {
        let mut renderer = clean(Renderer::new(&project, &world, Options::default().render));
        let collected = (last > 2).then(|| clean(renderer.collect()));
        let graph = collected.as_ref().filter(|_| last > 3).map(|all| clean(graph::resolve(&project, all)));
        return std::mem::forget((renderer, collected, graph));
    }
    let resolved = clean(compile::resolve(&project, &world, Options::default()));
    if last == 5 {
        return std::mem::forget(resolved);
    }
    let rendered = clean(resolved.renderer.render(&resolved.collected, &resolved.graph, None, &Empty));
    if last > 6 {
        clean(sql::check(&project, &resolved.collected, &rendered));
    }
    if last > 7 {
        let warnings = plan::statements(resolved.plan_input(&rendered), &resolved.plan).diagnostics;
        assert!(warnings.is_empty(), "{:?}", warnings.first());
        let compiled =
            emit::compile(&project, &resolved.collected, &resolved.graph, &resolved.plan, &rendered);
        let compiled = clean(compiled);
        if last > 8 {
            let context = resolved.context(&rendered);
            let stamp = emit::artifacts::Stamp::default();
            let written = emit::artifacts::manifest(&context, &compiled, &stamp, &mut std::io::sink());
            written.expect("a sink takes all");
        }
        if last > 9 {
            let known = Known::default();
            let input = resolved.flow_input(&rendered, &known, false, None);
            std::mem::forget(flow::found(input));
        }
        std::mem::forget(compiled);
    }
    std::mem::forget((rendered, resolved));
}
