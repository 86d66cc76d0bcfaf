//! `run_results.json` as dbt's schema v6 has it, and what a retry reads from it.

use std::time::Duration;

use camino::Utf8Path;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::errors;
use super::report::{Command, HookResult, NodeResult, RunReport, RunRequest, Status};
use crate::diagnostic::Diagnostic;
use crate::project::NodeKind;
use crate::world::World;

/// What identifies one call of the command line.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// dbt's `invocation_id`.
    pub id: String,
    /// The flags, for `args`; `which` is added.
    pub args: Map<String, Json>,
}

/// The file's content. Times are here and in no other artifact.
pub fn run_results(request: &RunRequest<'_>, report: &RunReport, invocation: &Invocation) -> Json {
    let started = report.started_at.unwrap_or_else(|| request.world.now());
    let mut args = invocation.args.clone();
    args.insert("which".to_owned(), json!(request.command.name()));
    let (before, after): (Vec<_>, Vec<_>) =
        report.hooks.iter().partition(|hook| hook.unique_id.contains("-on-run-start-"));
    let mut results: Vec<Json> = before.into_iter().map(|hook| hook_entry(hook, started)).collect();
    results.extend(report.results.iter().map(|result| entry(request, result, started)));
    results.extend(after.into_iter().map(|hook| hook_entry(hook, started)));
    file(&invocation.id, started, report.took, results, args)
}

/// The file's content after a `run-operation`.
pub fn operation_results(ended: &HookResult, started: Timestamp, invocation: &Invocation) -> Json {
    let mut args = invocation.args.clone();
    args.insert("which".to_owned(), json!("run-operation"));
    let failed = ended.status.is_failure();
    let mut entry = hook_entry(ended, started);
    let compile = json!({
        "name": "compile",
        "started_at": time(started, Duration::ZERO),
        "completed_at": time(started, ended.started),
    });
    entry["timing"] = json!([compile, entry["timing"][0]]);
    entry["thread_id"] = json!("MainThread");
    entry["message"] = if failed { json!(ended.message) } else { Json::Null };
    entry["failures"] = json!(i32::from(failed));
    file(&invocation.id, started, ended.started + ended.took, vec![entry], args)
}

#[allow(clippy::needless_pass_by_value, reason = "both go into the file")]
fn file(
    invocation: &str,
    started: Timestamp,
    took: Duration,
    results: Vec<Json>,
    args: Map<String, Json>,
) -> Json {
    json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
            "dbt_version": "1.12.0",
            "generated_at": time(started, took),
            "invocation_id": invocation,
            "invocation_started_at": time(started, Duration::ZERO),
            "env": {},
        },
        "results": results,
        "elapsed_time": took.as_secs_f64(),
        "args": args,
    })
}

/// What an earlier run left to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Its command.
    pub command: Command,
    /// The unique ids of what failed or was skipped, in the file's order.
    pub unfinished: Vec<String>,
    /// Its flags.
    pub args: Map<String, Json>,
}

/// Reads `run_results.json` for `retry`.
pub fn previous(world: &dyn World, path: &Utf8Path) -> Result<Previous, Diagnostic> {
    let bytes = world.read(path).map_err(|_| errors::nothing_to_retry(path, "there is no such file"))?;
    let file: Json =
        serde_json::from_slice(&bytes).map_err(|error| errors::nothing_to_retry(path, &error.to_string()))?;
    let which = file["args"]["which"].as_str().unwrap_or("build");
    // `retry` of a `retry` goes on with what the first one did.
    let which = if which == "retry" { file["args"]["previous"].as_str().unwrap_or("build") } else { which };
    let Some(command) = Command::from_name(which) else {
        return Err(errors::nothing_to_retry(
            path,
            &format!("it was written by `{which}`, which can't be retried"),
        ));
    };
    let results = file["results"].as_array().map_or(&[][..], Vec::as_slice);
    let unfinished = results.iter().filter(|result| {
        matches!(
            result["status"].as_str(),
            Some("error" | "fail" | "skipped" | "runtime error" | "partial success")
        )
    });
    let unfinished: Vec<String> =
        unfinished.filter_map(|result| result["unique_id"].as_str().map(str::to_owned)).collect();
    if unfinished.is_empty() {
        return Err(errors::nothing_to_retry(path, "everything in it succeeded"));
    }
    Ok(Previous { command, unfinished, args: file["args"].as_object().cloned().unwrap_or_default() })
}

fn entry(request: &RunRequest<'_>, result: &NodeResult, started: Timestamp) -> Json {
    let node = request.project.node(result.node);
    let collected = request.collected.nodes[result.node].as_ref();
    let ran = result.status != Status::Skipped;
    let sql = request.compiled[result.node].as_ref().map(|compiled| compiled.sql.as_str());
    let sql = result.compiled.as_deref().or(sql).filter(|_| ran && node.kind != NodeKind::Seed);
    let timing = |name: &str, from: Duration, to: Duration| json!({"name": name, "started_at": time(started, from), "completed_at": time(started, to)});
    let timing = if ran {
        vec![
            timing("compile", result.started, result.started),
            timing("execute", result.started, result.started + result.took),
        ]
    } else {
        Vec::new()
    };
    let mut response = Map::new();
    if result.status == Status::Success {
        response.insert("_message".to_owned(), json!("OK"));
        if let Some(rows) = result.rows {
            response.insert("rows_affected".to_owned(), json!(rows));
        }
    }
    json!({
        "status": result.status.name(),
        "timing": timing,
        "thread_id": format!("Thread-{}", result.thread),
        "execution_time": result.took.as_secs_f64(),
        "adapter_response": response,
        "message": result.message,
        "failures": result.failures,
        "unique_id": node.unique_id,
        "compiled": sql.is_some(),
        "compiled_code": sql,
        "relation_name": collected.and_then(|node| node.relation.as_ref()).map(crate::sql::Relation::render),
        "batch_results": null,
    })
}

fn hook_entry(hook: &HookResult, started: Timestamp) -> Json {
    let execute = json!({
        "name": "execute",
        "started_at": time(started, hook.started),
        "completed_at": time(started, hook.started + hook.took),
    });
    json!({
        "status": hook.status.name(),
        "timing": [execute],
        "thread_id": "main",
        "execution_time": hook.took.as_secs_f64(),
        "adapter_response": {},
        "message": hook.message,
        "failures": 0,
        "unique_id": hook.unique_id,
        "compiled": hook.sql.is_some(),
        "compiled_code": hook.sql,
        "relation_name": null,
        "batch_results": null,
    })
}

/// A time in the form that dbt writes.
pub(super) fn time(start: Timestamp, after: Duration) -> String {
    let at = jiff::SignedDuration::try_from(after).ok().and_then(|after| start.checked_add(after).ok());
    at.unwrap_or(start).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    fn read(text: &str) -> Result<Previous, Diagnostic> {
        previous(
            &Memory::default().with_file("target/run_results.json", text),
            Utf8Path::new("target/run_results.json"),
        )
    }

    #[test]
    fn a_retry_takes_what_failed_and_what_was_skipped() {
        let previous = read(
            r#"{"args": {"which": "run"}, "results": [
                {"status": "success", "unique_id": "model.a"},
                {"status": "error", "unique_id": "model.b"},
                {"status": "skipped", "unique_id": "model.c"},
                {"status": "warn", "unique_id": "test.d"}]}"#,
        );
        let previous = previous.expect("there is something to do");
        assert_eq!(
            (previous.command, previous.unfinished.join(" ").as_str()),
            (Command::Run, "model.b model.c")
        );
    }

    #[test]
    fn nothing_to_retry_says_why() {
        let done =
            read(r#"{"args": {"which": "run"}, "results": [{"status": "pass", "unique_id": "test.a"}]}"#);
        assert!(done.expect_err("nothing is left").message.contains("everything in it succeeded"));
        assert!(read("{").is_err());
        let other = read(r#"{"args": {"which": "docs"}, "results": []}"#);
        assert!(other.expect_err("not a run").message.contains("`docs`"));
    }

    #[test]
    fn times_have_microseconds() {
        let start: Timestamp = "2026-01-15T12:00:00Z".parse().expect("a time");
        assert_eq!(time(start, Duration::from_millis(1500)), "2026-01-15T12:00:01.500000Z");
    }
}
