//! What the planner makes of real projects when it may decide everything, against the plain strategies:
//! `cargo bench --bench projects -- [--profiles DIR] [--vars YAML] [--target NAME] FOLDER …`
//!
//! Each FOLDER is a dbt project with its packages in place. Nothing in it is written to: whatever says `view`, `table` or
//! `ephemeral` says `auto` in memory. A flag holds for the folders after it; without folders nothing is measured.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what this is for")]
#![expect(clippy::cast_precision_loss, reason = "ratios are printed with two digits")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use buhin::compile::{self, Options, Resolved};
use buhin::plan::problem::{Problem, State};
use buhin::plan::solve::{self, Evaluator};
use buhin::plan::{self, Materialization};
use buhin::project::{self, LoadOptions, NodeKind};
use buhin::world::{Disk, Overlay, World};
use regex::Regex;

/// The plain strategies by name: what a part becomes that may be all.
const STRATEGIES: [(&str, State); 3] =
    [("all inline", State::Inline), ("all views", State::View), ("all tables", State::Table)];

fn main() -> ExitCode {
    let mut options = LoadOptions::default();
    let mut failed = false;
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    println!(
        "| project | warehouse | parts | left to buhin | stored | inline | views | plan ms | all inline | all views | all tables |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--profiles" => options.profiles_dir = args.next().map(Into::into),
            "--vars" => options.vars = args.next(),
            "--target" => options.target = args.next(),
            folder => match row(folder, &options) {
                Ok(row) => println!("{row}"),
                Err(why) => {
                    failed = true;
                    eprintln!("{folder}: {why}");
                }
            },
        }
    }
    ExitCode::from(u8::from(failed))
}

/// One project's line of the table.
fn row(folder: &str, options: &LoadOptions) -> Result<String, String> {
    let disk = Disk::new(folder);
    let world = loose(&disk).map_err(|error| error.to_string())?;
    let loaded = project::load(&world, options);
    let project = Arc::new(loaded.value.map_err(|_| format!("{:?}", loaded.diagnostics.first()))?);
    let resolved =
        compile::resolve(&project, &world, Options { fresh_plan: true, ..Options::default() }).value;
    let rendered = resolved.rehearsed.as_ref().ok_or("nothing is left to buhin")?;
    let input = resolved.plan_input(rendered);
    let problem = plan::question(input);
    let solution = solve::solve(&problem);
    let took = (0..5).map(|_| time(|| plan::plan(input))).min().unwrap_or_default();
    let count = |wanted: &[Materialization]| decided(&resolved).filter(|it| wanted.contains(it)).count();
    let mut cells = vec![
        name(folder),
        format!("{:?}", project.target.dialect).to_lowercase(),
        parts(&resolved).to_string(),
        decided(&resolved).count().to_string(),
        count(&[Materialization::Table, Materialization::Temp]).to_string(),
        count(&[Materialization::Inline]).to_string(),
        count(&[Materialization::View]).to_string(),
        format!("{:.1}", took.as_secs_f64() * 1000.0),
    ];
    for (_, state) in STRATEGIES {
        cells.push(against(&problem, state, solution.cost));
    }
    let over = solution.over.len();
    if over > 0 {
        cells[0].push_str(&format!(" ({over} over in any plan)"));
    }
    Ok(format!("| {} |", cells.join(" | ")))
}

/// A strategy's cost as a multiple of the plan's, and how many statements are over a budget.
fn against(problem: &Problem, wanted: State, best: u128) -> String {
    let states: Vec<State> = problem
        .items
        .iter()
        .map(|item| {
            let or = [wanted, State::Table, State::Temp, State::View, State::Inline];
            or.into_iter().find(|state| item.allowed.has(*state)).unwrap_or(State::Inline)
        })
        .collect();
    let ratio = solve::cost(problem, &states) as f64 / best.max(1) as f64;
    let loads = Evaluator::new(problem).loads(&states);
    let over = loads.iter().enumerate().filter(|(at, load)| {
        load.as_ref().is_some_and(|load| solve::excess(load, &problem.budgets, *at as u32).next().is_some())
    });
    let ratio = if ratio < 1000.0 { format!("{ratio:.2}") } else { format!("{ratio:.0e}") };
    match over.count() {
        0 => ratio,
        over => format!("{ratio}, {over} over"),
    }
}

/// The project with every `view`, `table` and `ephemeral` made `auto`.
fn loose(disk: &Disk) -> std::io::Result<Overlay<'_>> {
    let sql = Regex::new(r#"(materialized\s*=\s*)(['"])(?:view|table|ephemeral)['"]"#).expect("a regex");
    let yaml =
        Regex::new(r#"(materialized['"]?\s*:\s*)['"]?(?:view|table|ephemeral)\b['"]?"#).expect("a regex");
    let settings = "version: 1\nmaterialization: {default: auto, ephemeral: auto}\n";
    let mut world = Overlay::new(disk).with_file("buhin.yml", settings);
    for path in disk.walk("".into())? {
        let Ok(text) = disk.read(&path).map(String::from_utf8) else { continue };
        let Ok(text) = text else { continue };
        let new = match path.extension() {
            Some("sql") => sql.replace_all(&text, "${1}${2}auto${2}"),
            Some("yml" | "yaml") => yaml.replace_all(&text, "${1}auto"),
            _ => continue,
        };
        if new != text {
            world = world.with_file(path, new.into_owned());
        }
    }
    Ok(world)
}

/// How many parts the project has, broken and disabled ones left out.
fn parts(resolved: &Resolved<'_>) -> usize {
    let Resolved { project, plan, .. } = resolved;
    project.nodes().filter(|(id, node)| node.kind == NodeKind::Model && plan.decisions[*id].is_some()).count()
}

/// What the parts become that are left to buhin.
fn decided<'r>(resolved: &'r Resolved<'_>) -> impl Iterator<Item = &'r Materialization> {
    let decisions = resolved.plan.decisions.iter().filter_map(|(_, decision)| decision.as_ref());
    decisions.filter(|decision| decision.auto).map(|decision| &decision.materialization)
}

/// The folder's name, or that of the folder around it if it is just `project`.
fn name(folder: &str) -> String {
    let mut names = folder.trim_end_matches('/').rsplit('/').filter(|name| *name != "project");
    names.next().unwrap_or(folder).to_owned()
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let begin = Instant::now();
    std::hint::black_box(work());
    begin.elapsed()
}
