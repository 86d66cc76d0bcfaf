//! Running a selection: schemas first, then nodes on several threads, hooks before and after.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::hooks::When;
use super::node::{Done, Worker, runs};
use super::pool::{Cause, Outcome, Pool, Task};
use super::report::{Command, Event, NodeResult, Reporter, RunReport, RunRequest};
use super::schedule::{Schedule, schedule};
use super::warehouse::Session;
use super::{errors, hooks};
use crate::diagnostic::Diagnostic;
use crate::emit::ddl;
use crate::plan::Materialization;
use crate::project::{NodeId, NodeKind};
use crate::sql::{Relation, RelationKind};
use crate::world::timing;

/// Runs what was selected, and tells `reporter` how it goes.
pub fn run(request: &RunRequest<'_>, reporter: &dyn Reporter) -> RunReport {
    let clock = Instant::now();
    let mut report = RunReport { started_at: Some(request.world.now()), ..RunReport::default() };
    let schedule = schedule(
        request.project,
        request.collected,
        request.graph,
        &wanted(request),
        request.command == Command::Build,
    );
    if schedule.nodes.is_empty() {
        return report;
    }
    let mut session = match request.warehouse.connect() {
        Ok(session) => session,
        Err(diagnostic) => {
            report.diagnostics.push(diagnostic);
            return report;
        }
    };
    let threads = request.options.threads.clamp(1, schedule.nodes.len());
    reporter.event(Event::RunStarted { total: schedule.nodes.len(), threads });
    if let Err(diagnostic) = create_schemas(request, &schedule, session.as_mut()) {
        report.diagnostics.push(diagnostic);
        report.took = clock.elapsed();
        return report;
    }
    if hooks::run(request, When::Start, &schedule, clock, session.as_mut(), reporter, &mut report) {
        let crew = Crew { request, reporter, schedule: &schedule, clock };
        crew.work(threads, session, &mut report);
    } else {
        let total = schedule.nodes.len();
        for (at, node) in schedule.nodes.iter().enumerate() {
            let skipped = Done::skipped("skipped because an on-run-start hook failed".to_owned());
            let result = skipped.into_result(*node, clock.elapsed(), Duration::ZERO, 1);
            reporter.event(Event::Finished { index: at + 1, total, result: &result });
            report.results.push(result);
        }
    }
    match request.warehouse.connect() {
        Ok(mut session) => {
            hooks::run(request, When::End, &schedule, clock, session.as_mut(), reporter, &mut report);
            drop_temporary(request, &schedule, session.as_mut());
        }
        Err(diagnostic) => report.diagnostics.push(diagnostic),
    }
    report.took = clock.elapsed();
    report
}

/// The selected nodes that the command runs and that can be run.
fn wanted(request: &RunRequest<'_>) -> Vec<NodeId> {
    let wanted = request.selected.iter().copied().filter(|id| {
        let node = request.project.node(*id);
        (runs(request.command, node.kind) || is_temporary(request, *id))
            && request.graph.enabled[*id]
            && !request.graph.broken[*id]
            && (node.kind != NodeKind::Model || is_built(request, *id))
    });
    wanted.collect()
}

fn is_built(request: &RunRequest<'_>, id: NodeId) -> bool {
    let decision = request.plan.decisions[id].as_ref();
    decision.is_some_and(|decision| decision.materialization != Materialization::Inline)
}

/// True for a part that lives no longer than a run: each command makes those that it reads.
fn is_temporary(request: &RunRequest<'_>, id: NodeId) -> bool {
    request.plan.materialization(id) == Some(&Materialization::Temp)
}

/// Makes the schemas of everything that is about to be built, one after the other.
fn create_schemas(
    request: &RunRequest<'_>,
    schedule: &Schedule,
    session: &mut dyn Session,
) -> Result<(), Diagnostic> {
    let mut seen = BTreeSet::new();
    for id in &schedule.nodes {
        let Some(collected) = request.collected.nodes[*id].as_ref() else { continue };
        let Some(relation) = collected.relation.as_ref() else { continue };
        if !seen.insert((relation.database.clone(), relation.schema.clone())) {
            continue;
        }
        if let Some(statement) = ddl::create_schema(relation) {
            session.execute(&statement.sql).map_err(|error| {
                let schema = relation.schema.as_deref().unwrap_or_default();
                errors::statement_failed(&format!("schema `{schema}` can't be made"), &error)
            })?;
        }
    }
    Ok(())
}

/// Parts that were decided to be temporary live no longer than the run.
fn drop_temporary(request: &RunRequest<'_>, schedule: &Schedule, session: &mut dyn Session) {
    for id in &schedule.nodes {
        let relation: Option<&Relation> =
            request.collected.nodes[*id].as_ref().and_then(|node| node.relation.as_ref());
        if let Some(relation) = relation.filter(|_| is_temporary(request, *id)) {
            let drop_it = ddl::drop_if_exists(relation, RelationKind::Table, ddl::Purpose::Tidy);
            // What can't be dropped now is replaced by the next run.
            drop(session.execute(&drop_it.sql));
        }
    }
}

/// The threads of one run.
struct Crew<'a> {
    request: &'a RunRequest<'a>,
    reporter: &'a dyn Reporter,
    schedule: &'a Schedule,
    clock: Instant,
}

impl Crew<'_> {
    fn work(&self, threads: usize, session: Box<dyn Session>, report: &mut RunReport) {
        let pool = Pool::new(self.schedule, self.request.options.fail_fast);
        let results = Mutex::new(Vec::with_capacity(self.schedule.nodes.len()));
        let problems = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for thread in 2..=threads {
                let (pool, results, problems) = (&pool, &results, &problems);
                scope.spawn(move || match self.request.warehouse.connect() {
                    Ok(session) => self.member(thread, session, pool, results),
                    // The other threads do the work of this one.
                    Err(diagnostic) => lock(problems).push(diagnostic),
                });
            }
            self.member(1, session, &pool, &results);
        });
        report.results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        report.diagnostics.extend(problems.into_inner().unwrap_or_else(PoisonError::into_inner));
    }

    fn member(
        &self,
        thread: usize,
        session: Box<dyn Session>,
        pool: &Pool<'_>,
        results: &Mutex<Vec<NodeResult>>,
    ) {
        let mut worker = Worker::new(self.request, session);
        let total = self.schedule.nodes.len();
        while let Some(task) = pool.take() {
            let started = self.clock.elapsed();
            let (at, done) = match task {
                Task::Run(at) => {
                    let node = self.schedule.nodes[at];
                    self.reporter.event(Event::Started { index: at + 1, total, node });
                    let _span = timing::one("run", || self.request.project.node(node).unique_id.as_str());
                    (at, worker.run(node))
                }
                Task::Skip(at, cause) => (at, Done::skipped(self.why(cause))),
            };
            let took = self.clock.elapsed().saturating_sub(started);
            let result = done.into_result(self.schedule.nodes[at], started, took, thread);
            self.reporter.event(Event::Finished { index: at + 1, total, result: &result });
            let outcome = if result.status.is_failure() { Outcome::Bad } else { Outcome::Good };
            lock(results).push(result);
            pool.finish(task, outcome);
        }
    }

    fn why(&self, cause: Cause) -> String {
        match cause {
            Cause::Failure(at) => {
                let node = self.request.project.node(self.schedule.nodes[at]);
                format!("skipped because {} `{}` failed", node.kind.resource_type(), node.name)
            }
            Cause::Stopped => "skipped because the run was stopped at the first failure".to_owned(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
