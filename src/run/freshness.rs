//! `source freshness`: how long ago the newest row of each source was loaded.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::artifact::{Invocation, time};
use super::errors;
use super::value::{Special, Value};
use super::warehouse::Session;
use crate::diagnostic::{Diagnostic, Staged};
use crate::project::{Node, NodeId, NodeKind, Project};
use crate::render::Collected;

/// How fresh a source is, in dbt's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreshnessStatus {
    /// Fresh enough.
    Pass,
    /// Older than `warn_after`.
    Warn,
    /// Older than `error_after`.
    Error,
}

impl FreshnessStatus {
    /// The word in `sources.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What was learnt of one source.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// The source's table.
    pub node: NodeId,
    /// How fresh it is; nothing if that could not be told.
    pub measured: Option<Measured>,
    /// When it began, from the run's start.
    pub started: Duration,
    /// How long it took.
    pub took: Duration,
}

/// When a source was loaded last.
#[derive(Clone, Debug)]
pub struct Measured {
    /// How fresh that is.
    pub status: FreshnessStatus,
    /// The newest row's time.
    pub loaded: jiff::Timestamp,
    /// The warehouse's time.
    pub now: jiff::Timestamp,
    /// Seconds between the two.
    pub age: f64,
}

/// Renders a source's `loaded_at_query`.
pub type RenderQuery<'a> = dyn Fn(NodeId, &str) -> Staged<Option<String>> + 'a;

/// The sources of a selection whose freshness is to be known.
pub fn sources_to_check(project: &Project, collected: &Collected, selected: &[NodeId]) -> Vec<NodeId> {
    let wanted = selected.iter().copied().filter(|id| {
        project.node(*id).kind == NodeKind::Source
            && criteria(collected, *id).is_some_and(|it| {
                ["warn_after", "error_after"].iter().any(|key| seconds(it.get(key)).is_some())
            })
    });
    wanted.collect()
}

/// Asks for the freshness of sources, one after the other.
pub fn freshness(
    project: &Project,
    collected: &Collected,
    sources: &[NodeId],
    session: &mut dyn Session,
    render: &RenderQuery<'_>,
    mut each: impl FnMut(&Freshness),
) -> Staged<Vec<Freshness>> {
    let clock = Instant::now();
    let (mut all, mut said) = (Vec::new(), Vec::new());
    for id in sources {
        let started = clock.elapsed();
        let measured = measure(project, collected, *id, session, render);
        let measured = measured.map_err(|found| said.extend(found)).ok();
        let took = clock.elapsed().saturating_sub(started);
        let one = Freshness { node: *id, measured, started, took };
        if let Some(measured) = one.measured.as_ref().filter(|it| it.status != FreshnessStatus::Pass) {
            let node = project.node(*id);
            let at = node.properties_span.unwrap_or(node.span);
            said.push(errors::stale(&full_name(node), &measured.to_string(), measured.status, at));
        }
        each(&one);
        all.push(one);
    }
    Staged::new(all, said)
}

/// `sources.json` as dbt's schema v3 has it; as in dbt, sources that could not be asked are not in it.
pub fn sources_json(
    project: &Project,
    collected: &Collected,
    results: &[Freshness],
    started: jiff::Timestamp,
    took: Duration,
    invocation: &Invocation,
) -> Json {
    let entry = |result: &Freshness| {
        let measured = result.measured.as_ref()?;
        let timing = |name: &str, from: Duration, to: Duration| json!({"name": name, "started_at": time(started, from), "completed_at": time(started, to)});
        let end = result.started + result.took;
        Some(json!({
            "unique_id": project.node(result.node).unique_id,
            "max_loaded_at": iso(measured.loaded),
            "snapshotted_at": iso(measured.now),
            "max_loaded_at_time_ago_in_s": measured.age,
            "status": measured.status.name(),
            "criteria": criteria(collected, result.node),
            "adapter_response": {"_message": "OK"},
            "timing": [timing("compile", result.started, result.started), timing("execute", result.started, end)],
            "thread_id": "Thread-1",
            "execution_time": result.took.as_secs_f64(),
        }))
    };
    json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json",
            "dbt_version": crate::render::DBT_VERSION,
            "generated_at": time(started, took),
            "invocation_id": invocation.id,
            "invocation_started_at": time(started, Duration::ZERO),
            "env": {},
        },
        "results": results.iter().filter_map(entry).collect::<Vec<_>>(),
        "elapsed_time": took.as_secs_f64(),
    })
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.loaded == jiff::Timestamp::MIN || self.age > 60_000_000_000.0 {
            return f.write_str("no row");
        }
        let minutes = (self.age / 60.0).floor();
        let (days, hours) = ((minutes / 1440.0).floor(), (minutes / 60.0).floor() % 24.0);
        if days > 0.0 {
            write!(f, "{days} d {hours} h ago")
        } else if hours > 0.0 {
            write!(f, "{hours} h {} min ago", minutes % 60.0)
        } else {
            write!(f, "{minutes} min ago")
        }
    }
}

fn measure(
    project: &Project,
    collected: &Collected,
    id: NodeId,
    session: &mut dyn Session,
    render: &RenderQuery<'_>,
) -> Result<Measured, Vec<Diagnostic>> {
    let node = project.node(id);
    let name = full_name(node);
    let criteria = criteria(collected, id).ok_or_else(Vec::new)?;
    let relation =
        collected.nodes[id].as_ref().and_then(|node| node.relation.as_ref()).ok_or_else(Vec::new)?;
    let config = |key: &str| {
        let config = collected.nodes[id].as_ref().and_then(|node| node.config.get(key));
        config.or_else(|| node.properties.get(key)).and_then(Json::as_str)
    };
    let at = node.properties_span.unwrap_or(node.span);
    let sql = if let Some(query) = config("loaded_at_query") {
        let Staged { value, diagnostics } = render(id, query);
        let query = value.ok_or(diagnostics)?;
        format!(
            "with source_query as (\n{query}\n)\nselect (select * from source_query) as max_loaded_at, now() as snapshotted_at"
        )
    } else if let Some(field) = config("loaded_at_field") {
        let filter = criteria.get("filter").and_then(Json::as_str);
        let filter = filter.map_or_else(String::new, |filter| format!("\nwhere {filter}"));
        let relation = relation.render();
        format!("select max({field}) as max_loaded_at, now() as snapshotted_at\nfrom {relation}{filter}")
    } else {
        return Err(vec![errors::no_loaded_at(&name, at)]);
    };
    let table = session.query(&sql, Some(1)).map_err(|error| {
        let what = format!("the freshness of `{name}` can't be told");
        vec![errors::statement_failed(&what, &error).at(at, "").note(format!("the query: {sql}"))]
    })?;
    let row = table.rows.first().map(Vec::as_slice);
    let Some([loaded, now]) = row else { return Err(Vec::new()) };
    let moment = |value: &Value| moment(value).ok_or_else(|| vec![errors::no_timestamp(&name, value, at)]);
    let (loaded, now) = (moment(loaded)?, moment(now)?);
    #[allow(clippy::cast_precision_loss, reason = "ages of millennia need no microseconds")]
    let age = (now.as_microsecond() - loaded.as_microsecond()) as f64 / 1e6;
    let exceeded = |key: &str| seconds(criteria.get(key)).is_some_and(|limit| age > limit);
    let status = if exceeded("error_after") {
        FreshnessStatus::Error
    } else if exceeded("warn_after") {
        FreshnessStatus::Warn
    } else {
        FreshnessStatus::Pass
    };
    Ok(Measured { status, loaded, now, age })
}

/// `source.table`.
fn full_name(node: &Node) -> String {
    format!("{}.{}", node.source_name.as_deref().unwrap_or_default(), node.name)
}

fn criteria(collected: &Collected, id: NodeId) -> Option<&Json> {
    collected.nodes[id].as_ref()?.config.get("freshness").filter(|freshness| freshness.is_object())
}

/// The length of `{count: 12, period: hour}`.
fn seconds(limit: Option<&Json>) -> Option<f64> {
    let count = limit?.get("count")?.as_f64()?;
    let unit = match limit?.get("period")?.as_str()? {
        "minute" => 60.0,
        "hour" => 3600.0,
        "day" => 86_400.0,
        _ => return None,
    };
    Some(count * unit)
}

/// A time without a zone is one in UTC; no row at all was loaded infinitely long ago.
fn moment(value: &Value) -> Option<jiff::Timestamp> {
    let text = match value {
        Value::Null => "0001-01-01 00:00:00",
        Value::Special(Special::Timestamp | Special::TimestampTz, text) => text,
        _ => return None,
    };
    let text = text.strip_suffix("+00").unwrap_or(text);
    let at: jiff::civil::DateTime = text.parse().ok()?;
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// A time as dbt writes it: microseconds only if there are some.
fn iso(at: jiff::Timestamp) -> String {
    let whole = at.subsec_nanosecond() == 0;
    at.strftime(if whole { "%Y-%m-%dT%H:%M:%S+00:00" } else { "%Y-%m-%dT%H:%M:%S.%6f+00:00" }).to_string()
}
