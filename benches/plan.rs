//! How long the planner takes for 100, 1,000 and 10,000 parts: `cargo bench --bench plan`.

mod warehouse;

use buhin::plan::solve::{self, Evaluator};
use divan::Bencher;
use warehouse::ENGINES;

const SIZES: [usize; 3] = [100, 1_000, 10_000];

fn main() {
    divan::main();
}

#[divan::bench(args = SIZES)]
fn solve_as_on_bigquery(bencher: Bencher<'_, '_>, parts: usize) {
    let (_, policy, budgets) = ENGINES[0];
    let problem = warehouse::problem(parts, policy, budgets);
    bencher.bench(|| solve::solve(&problem));
}

#[divan::bench(args = SIZES)]
fn solve_as_on_postgres(bencher: Bencher<'_, '_>, parts: usize) {
    let (_, policy, budgets) = ENGINES[1];
    let problem = warehouse::problem(parts, policy, budgets);
    bencher.bench(|| solve::solve(&problem));
}

#[divan::bench(args = SIZES)]
fn measure_all_statements(bencher: Bencher<'_, '_>, parts: usize) {
    let (_, policy, budgets) = ENGINES[0];
    let problem = warehouse::problem(parts, policy, budgets);
    let states = solve::solve(&problem).states;
    bencher.bench(|| Evaluator::new(&problem).loads(&states));
}
