//! How long each stage takes, on made-up projects of 100 and 1,000 parts: `cargo bench`.

mod generate;

use std::sync::Arc;

use buhin::compile::{self, Options};
use buhin::diagnostic::Staged;
use buhin::project::{self, LoadOptions, Project};
use buhin::render::{Empty, Renderer};
use buhin::world::Memory;
use buhin::{emit, graph, plan, sql};
use divan::{Bencher, black_box};

const SIZES: [usize; 2] = [100, 1000];

fn main() {
    divan::main();
}

fn world(parts: usize) -> Memory {
    generate::project(parts)
        .into_iter()
        .fold(Memory::default(), |world, (path, text)| world.with_file(path, text))
}

fn loaded(world: &Memory) -> Arc<Project> {
    Arc::new(project::load(world, &LoadOptions::default()).value.expect("a made-up project loads"))
}

/// The value, after a look at whether all went well: a benchmark of errors would be a fast one.
fn clean<T>(staged: Staged<T>) -> T {
    assert!(staged.diagnostics.is_empty(), "{:?}", staged.diagnostics.first());
    staged.value
}

#[divan::bench(args = SIZES)]
fn s0_everything(bencher: Bencher<'_, '_>, parts: usize) {
    let world = world(parts);
    bencher.bench(|| {
        let project = loaded(&world);
        let resolved = clean(compile::resolve(&project, &world, Options::default()));
        black_box(clean(compile::compile(&resolved, None, &Empty)))
    });
}

#[divan::bench(args = SIZES)]
fn s1_load(bencher: Bencher<'_, '_>, parts: usize) {
    let world = world(parts);
    bencher.bench(|| loaded(&world));
}

#[divan::bench]
fn s2_macros(bencher: Bencher<'_, '_>) {
    let world = world(100);
    let project = loaded(&world);
    bencher.bench(|| drop(black_box(clean(Renderer::new(&project, &world, Options::default().render)))));
}

#[divan::bench(args = SIZES)]
fn s2_collect(bencher: Bencher<'_, '_>, parts: usize) {
    let world = world(parts);
    let project = loaded(&world);
    let mut renderer = clean(Renderer::new(&project, &world, Options::default().render));
    bencher.bench_local(|| clean(renderer.collect()));
}

#[divan::bench(args = SIZES)]
fn s3_resolve(bencher: Bencher<'_, '_>, parts: usize) {
    let world = world(parts);
    let project = loaded(&world);
    let collected = clean(clean(Renderer::new(&project, &world, Options::default().render)).collect());
    bencher.bench(|| clean(graph::resolve(&project, &collected)));
}

#[divan::bench(args = SIZES)]
fn s4_plan(bencher: Bencher<'_, '_>, parts: usize) {
    let world = world(parts);
    let project = loaded(&world);
    let resolved = clean(compile::resolve(&project, &world, Options::default()));
    let rendered = resolved.renderer.rehearse(&resolved.collected, &resolved.graph, &resolved.graph.order);
    let input = plan::Input {
        project: &project,
        collected: &resolved.collected,
        graph: &resolved.graph,
        wishes: &resolved.wishes,
        rendered: &rendered,
        approved: &resolved.approved,
        statistics: &resolved.statistics,
    };
    bencher.bench(|| clean(plan::plan(input)));
}

#[divan::bench(args = SIZES)]
fn s5_render(bencher: Bencher<'_, '_>, parts: usize) {
    let world = world(parts);
    let project = loaded(&world);
    let all = clean(compile::resolve(&project, &world, Options::default()));
    bencher.bench(|| clean(all.renderer.render(&all.collected, &all.graph, None, &Empty)));
}

#[divan::bench(args = SIZES)]
fn s6_check(bencher: Bencher<'_, '_>, parts: usize) {
    let world = world(parts);
    let project = loaded(&world);
    let all = clean(compile::resolve(&project, &world, Options::default()));
    let rendered = clean(all.renderer.render(&all.collected, &all.graph, None, &Empty));
    bencher.bench(|| clean(sql::check(&project, &all.collected, &rendered)));
}

#[divan::bench(args = SIZES)]
fn s7_emit(bencher: Bencher<'_, '_>, parts: usize) {
    let world = world(parts);
    let project = loaded(&world);
    let all = clean(compile::resolve(&project, &world, Options::default()));
    let rendered = clean(all.renderer.render(&all.collected, &all.graph, None, &Empty));
    bencher.bench(|| clean(emit::compile(&project, &all.collected, &all.graph, &all.plan, &rendered)));
}
