//! `on-run-start` and `on-run-end`: the packages' hooks by name, the project's own last.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Map, Value as Json, json};

use super::errors;
use super::introspect::Live;
use super::report::{Event, HookResult, Reporter, RunReport, RunRequest, Status};
use super::schedule::Schedule;
use super::warehouse::Session;
use crate::project::Package;

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before the first node, when the schemas are made.
    Start,
    /// After the last node, whatever happened.
    End,
}

/// Runs the hooks; false if one failed, after which none of the others is run.
pub(super) fn run(
    request: &RunRequest<'_>,
    when: When,
    schedule: &Schedule,
    clock: Instant,
    session: &mut dyn Session,
    reporter: &dyn Reporter,
    report: &mut RunReport,
) -> bool {
    let which = if when == When::Start { "on-run-start" } else { "on-run-end" };
    let of = |package: &Package| {
        if when == When::Start { package.on_run_start.clone() } else { package.on_run_end.clone() }
    };
    let mut packages: Vec<&Package> = request.project.packages.iter().skip(1).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    packages.push(request.project.root());
    let mut live = None;
    for package in packages {
        for (at, hook) in of(package).iter().enumerate() {
            let unique_id = format!("operation.{0}.{0}-{which}-{at}", package.name);
            let node = request.project.nodes().find(|(_, node)| node.unique_id == unique_id);
            if node.is_some_and(|(id, _)| request.graph.is_disabled(id)) {
                continue;
            }
            let live = match &live {
                Some(live) => live,
                None => match Live::connect(request.warehouse) {
                    Ok(opened) => live.insert(opened),
                    Err(diagnostic) => {
                        report.diagnostics.push(diagnostic);
                        return false;
                    }
                },
            };
            reporter.event(Event::Hook { which, package: &package.name, index: at + 1 });
            let extra = if when == When::End { at_end(request, schedule, report) } else { Map::new() };
            let rendered = (request.render_hook)(&package.name, hook, &extra, live);
            let started = clock.elapsed();
            let outcome = match &rendered.value {
                None => Err("it could not be rendered".to_owned()),
                Some(sql) if sql.trim().is_empty() => Ok(()),
                Some(sql) => session.execute(sql).map(|_| ()).map_err(|error| {
                    report.diagnostics.push(errors::hook_failed(which, hook.span, &error));
                    error.message
                }),
            };
            report.diagnostics.extend(rendered.diagnostics);
            let failed = outcome.is_err();
            report.hooks.push(HookResult {
                unique_id,
                status: if failed { Status::Error } else { Status::Success },
                message: outcome.err().unwrap_or_else(|| "OK".to_owned()),
                sql: rendered.value,
                started,
                took: clock.elapsed().saturating_sub(started),
            });
            if failed {
                return false;
            }
        }
    }
    true
}

/// The names that `on-run-end` sees besides those of every template.
fn at_end(request: &RunRequest<'_>, schedule: &Schedule, report: &RunReport) -> Map<String, Json> {
    let results = report.results.iter().map(|result| {
        let node = request.project.node(result.node);
        let relation = request.collected.nodes[result.node].as_ref().and_then(|node| node.relation.as_ref());
        json!({
            "status": result.status.name(),
            "message": result.message,
            "failures": result.failures,
            "execution_time": result.took.as_secs_f64(),
            "thread_id": format!("Thread-{}", result.thread),
            "node": {
                "unique_id": node.unique_id,
                "name": node.name,
                "resource_type": node.kind.resource_type(),
                "package_name": node.package,
                "fqn": node.fqn,
                "original_file_path": node.path.as_str(),
                "database": relation.and_then(|relation| relation.database.clone()),
                "schema": relation.and_then(|relation| relation.schema.clone()),
                "alias": relation.and_then(|relation| relation.identifier.clone()),
            },
        })
    });
    let results: Vec<Json> = results.collect();
    let relations =
        schedule.nodes.iter().filter_map(|id| request.collected.nodes[*id].as_ref()?.relation.as_ref());
    let pairs: BTreeSet<(Option<&str>, &str)> = relations
        .filter_map(|relation| Some((relation.database.as_deref(), relation.schema.as_deref()?)))
        .collect();
    let schemas: BTreeSet<&str> = pairs.iter().map(|(_, schema)| *schema).collect();
    let mut names = Map::new();
    names.insert("results".to_owned(), Json::Array(results));
    names.insert("schemas".to_owned(), json!(schemas));
    names.insert("database_schemas".to_owned(), json!(pairs));
    names
}
