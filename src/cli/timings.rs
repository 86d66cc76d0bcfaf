//! How long each stage took: as a table (`--timings`), and as a file for a flame graph viewer (`--trace`).

use std::time::Duration;

use serde_json::{Value, json};

use super::args::Cli;
use super::exit::ExitCode;
use super::output;
use super::pipeline::not_written;
use super::session::{from_here, print};
use super::table::{Align, clip, table};
use crate::project::Settings;
use crate::source::Sources;
use crate::world::timing::{self, Took};
use crate::world::write_atomic;

/// How many of the slowest nodes are named.
const SLOWEST: usize = 10;

/// Runs a command, and tells how long it took if that is wanted.
pub(crate) fn around(mut cli: Cli, run: impl FnOnce(Cli) -> ExitCode) -> ExitCode {
    // The command itself is the same with them and without.
    let (table, trace) = (std::mem::take(&mut cli.output.timings), cli.output.trace.take());
    let form = cli.output.clone();
    if !table && trace.is_none() {
        return run(cli);
    }
    timing::note();
    let code = run(cli);
    let (took, total) = (timing::took(), timing::total());
    let total = total.unwrap_or_default();
    if table {
        output::raw(&report(&took, total, output::width().unwrap_or(100)));
    }
    let Some(path) = trace.map(|path| from_here(&path)) else { return code };
    match write_atomic(&path, trace_events(&took).to_string().as_bytes()) {
        Ok(()) => code,
        Err(error) => {
            let found = vec![not_written(&path, &error)];
            code.max(print(found, &Sources::default(), &Settings::default(), &form))
        }
    }
}

/// The table of stages, and the nodes that took longest.
fn report(took: &[Took], (wall, cpu): (Duration, Option<Duration>), width: usize) -> String {
    let share =
        |part: Duration| format!("{:.0} %", 100.0 * part.as_secs_f64() / wall.as_secs_f64().max(1e-9));
    let row = |name: String, wall: Duration, cpu: Option<Duration>, memory: Option<u64>| {
        let memory = memory.map_or_else(String::new, |bytes| (bytes >> 20).to_string());
        vec![name, milliseconds(wall), cpu.map_or_else(String::new, milliseconds), share(wall), memory]
    };
    let stages = took.iter().filter(|it| it.to.is_none());
    let mut rows: Vec<Vec<String>> = stages
        .map(|it| row(format!("{}{}", "  ".repeat(it.depth as usize), it.what), it.wall, it.cpu, it.memory))
        .collect();
    rows.push(row("all".to_owned(), wall, cpu, None));
    let numbers = ["wall ms", "CPU ms", "share", "MiB after"].map(|name| (name, Align::Right));
    let header: Vec<(&str, Align)> = [("stage", Align::Left)].into_iter().chain(numbers).collect();
    let mut text = format!("\n{}", table(&header, &rows, Some(width)));
    let mut nodes: Vec<&Took> = took.iter().filter(|it| it.to.is_some()).collect();
    nodes.sort_by(|a, b| b.wall.cmp(&a.wall).then_with(|| (a.what, &a.to).cmp(&(b.what, &b.to))));
    if nodes.is_empty() {
        return text;
    }
    let rows: Vec<Vec<String>> = nodes
        .iter()
        .take(SLOWEST)
        .map(|it| {
            let node = it.to.as_deref().unwrap_or_default();
            vec![clip(node, width / 2), it.what.to_owned(), milliseconds(it.wall)]
        })
        .collect();
    let header = [("slowest", Align::Left), ("in", Align::Left), ("wall ms", Align::Right)];
    text.push_str(&format!("\n{}", table(&header, &rows, Some(width))));
    text
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// Chrome's trace event format, which Perfetto, speedscope and `chrome://tracing` read: complete events, in
/// microseconds.
fn trace_events(took: &[Took]) -> Value {
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    let events: Vec<Value> = took
        .iter()
        .map(|it| {
            let mut event = json!({
                "name": it.to.as_deref().unwrap_or(it.what),
                "cat": it.what,
                "ph": "X",
                "ts": microseconds(it.start),
                "dur": microseconds(it.wall),
                "pid": 1,
                "tid": it.thread,
            });
            if let Some(cpu) = it.cpu {
                event["args"] = json!({ "cpu_ms": milliseconds(cpu) });
            }
            event
        })
        .collect();
    json!({ "traceEvents": events, "displayTimeUnit": "ms" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn took(what: &'static str, to: Option<&str>, depth: u32, start: u64, wall: u64) -> Took {
        let (start, wall) = (Duration::from_millis(start), Duration::from_millis(wall));
        let cpu = to.is_none().then(|| wall * 2);
        let memory = cpu.map(|_| 12 << 20);
        Took { what, to: to.map(str::to_owned), thread: depth, depth, start, wall, cpu, memory }
    }

    #[test]
    fn stages_stand_in_order_and_slow_nodes_below() {
        let took = [
            took("load", None, 0, 0, 30),
            took("read", None, 1, 5, 10),
            took("collect", None, 0, 30, 50),
            took("collect", Some("model.shop.orders"), 1, 31, 12),
            took("collect", Some("model.shop.customers"), 1, 43, 20),
        ];
        let total = (Duration::from_millis(100), Some(Duration::from_millis(160)));
        insta::assert_snapshot!(report(&took, total, 60), @r"
        stage    wall ms  CPU ms  share  MiB after
        ───────  ───────  ──────  ─────  ─────────
        load        30.0    60.0   30 %         12
          read      10.0    20.0   10 %         12
        collect     50.0   100.0   50 %         12
        all        100.0   160.0  100 %

        slowest               in       wall ms
        ────────────────────  ───────  ───────
        model.shop.customers  collect     20.0
        model.shop.orders     collect     12.0
        ");
        insta::assert_snapshot!(trace_events(&took[1..4]), @r#"
        {"traceEvents":[{"name":"read","cat":"read","ph":"X","ts":5000.0,"dur":10000.0,"pid":1,"tid":1,"args":{"cpu_ms":"20.0"}},{"name":"collect","cat":"collect","ph":"X","ts":30000.0,"dur":50000.0,"pid":1,"tid":0,"args":{"cpu_ms":"100.0"}},{"name":"model.shop.orders","cat":"collect","ph":"X","ts":31000.0,"dur":12000.0,"pid":1,"tid":1}],"displayTimeUnit":"ms"}
        "#);
    }
}
