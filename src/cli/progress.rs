//! How a run shows on a terminal, in a log and as JSON.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::args::{Format, OutputArgs};
use super::output;
use super::table::clip;
use crate::compile::Resolved;
use crate::project::{NodeId, NodeKind};
use crate::run::{Event, NodeResult, Reporter, RunReport, Status};

/// Tells people, or programs, how a run goes.
pub(crate) struct Progress<'r, 'p> {
    resolved: &'r Resolved<'p>,
    form: Form,
    verbose: bool,
    bar: ProgressBar,
    running: Mutex<Vec<NodeId>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Lines,
    Json,
    Nothing,
}

impl<'r, 'p> Progress<'r, 'p> {
    /// Draws a bar on a terminal, prints lines elsewhere. Passing tests are only counted unless `verbose`.
    pub(crate) fn new(resolved: &'r Resolved<'p>, format: &OutputArgs, verbose: bool) -> Self {
        let form = match format.format {
            Format::Json => Form::Json,
            _ if format.quiet => Form::Nothing,
            _ => Form::Lines,
        };
        let draws = form == Form::Lines && output::interactive();
        let target = if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {elapsed}  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▓░"));
        Self { resolved, form, verbose, bar, running: Mutex::new(Vec::new()) }
    }

    /// Clears the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn running(&self, change: impl FnOnce(&mut Vec<NodeId>)) {
        let mut running = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut running);
        let names: Vec<&str> =
            running.iter().map(|id| self.resolved.project.node(*id).name.as_str()).collect();
        self.bar.set_message(names.join(", "));
    }

    fn print(&self, line: &str) {
        self.bar.suspend(|| output::line(line));
    }
}

impl Reporter for Progress<'_, '_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::RunStarted { total, .. } => self.bar.set_length(total as u64),
            Event::Hook { which, package, index } => {
                if self.form == Form::Lines {
                    self.print(&format!("{which}: {package} {index}"));
                }
            }
            Event::Started { node, .. } => self.running(|running| running.push(node)),
            Event::Finished { index, total, result } => {
                self.running(|running| running.retain(|id| *id != result.node));
                self.bar.inc(1);
                match self.form {
                    Form::Lines if self.verbose || is_worth_a_line(result) => {
                        self.print(&line(self.resolved, index, total, result));
                    }
                    Form::Json => output::result(&format!("{}\n", object(self.resolved, result))),
                    Form::Lines | Form::Nothing => {}
                }
            }
        }
    }
}

/// A passing test is not worth a line: there are hundreds, and the summary counts them.
fn is_worth_a_line(result: &NodeResult) -> bool {
    result.status != Status::Pass
}

fn line(resolved: &Resolved<'_>, index: usize, total: usize, result: &NodeResult) -> String {
    let node = resolved.project.node(result.node);
    let digits = total.to_string().len();
    let kind = kind(resolved, result.node);
    let detail = match result.status {
        Status::Success => result.rows.map(|rows| format!("{} rows", thousands(rows))).unwrap_or_default(),
        Status::Warn | Status::Fail => result.failures.map(failures).unwrap_or_default(),
        Status::Error | Status::Skipped => result.message.clone().unwrap_or_default(),
        Status::Pass => String::new(),
    };
    let detail = detail.lines().next().unwrap_or("").to_owned();
    let head = format!("[{index:>digits$}/{total}] {:<5} {kind:<11} ", word(result.status));
    let tail =
        if result.status == Status::Skipped { detail } else { format!("{detail}  {}", seconds(result.took)) };
    let width = output::width().unwrap_or(120);
    let room = width.saturating_sub(head.width() + 2).max(24);
    let for_name = room.saturating_sub(tail.width().min(room / 2)).min(56);
    let name = clip(&node.name, for_name);
    let gap = " ".repeat(for_name.saturating_sub(name.width()) + 1);
    let tail = clip(tail.trim_start(), room.saturating_sub(for_name));
    paint(result.status, format!("{head}{name}{gap}{tail}").trim_end())
}

fn object(resolved: &Resolved<'_>, result: &NodeResult) -> serde_json::Value {
    let node = resolved.project.node(result.node);
    json!({
        "event": "finished",
        "unique_id": node.unique_id,
        "resource_type": node.kind.resource_type(),
        "status": result.status.name(),
        "message": result.message,
        "failures": result.failures,
        "rows": result.rows,
        "seconds": result.took.as_secs_f64(),
    })
}

/// What is built, in a word: the materialization of a part, else the kind.
fn kind(resolved: &Resolved<'_>, id: NodeId) -> String {
    match &resolved.plan.decisions[id] {
        Some(decision) => decision.materialization.name().to_owned(),
        None => match resolved.project.node(id).kind {
            NodeKind::Operation => "hook".to_owned(),
            kind => kind.resource_type().to_owned(),
        },
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Success => "OK",
        Status::Pass => "PASS",
        Status::Warn => "WARN",
        Status::Fail => "FAIL",
        Status::Error => "ERROR",
        Status::Skipped => "SKIP",
    }
}

/// Colours a line by its status; the terminal's own stream strips it where there is no colour.
fn paint(status: Status, line: &str) -> String {
    use anstyle::{AnsiColor, Style};
    let style = match status {
        Status::Success | Status::Pass => return line.to_owned(),
        Status::Warn => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
        Status::Fail | Status::Error => Style::new().fg_color(Some(AnsiColor::Red.into())).bold(),
        Status::Skipped => Style::new().dimmed(),
    };
    format!("{style}{line}{style:#}")
}

/// The last lines of a run: what was done, and how it ended.
pub(crate) fn summary(resolved: &Resolved<'_>, report: &RunReport) -> String {
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for result in report.results.iter().filter(|result| result.status != Status::Skipped) {
        let kind = kind(resolved, result.node);
        match kinds.iter_mut().find(|(name, _)| *name == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    kinds.sort_by(|a, b| a.0.cmp(&b.0));
    let done: Vec<String> =
        kinds.iter().map(|(kind, count)| format!("{} {}", count, plural(kind, *count))).collect();
    let statuses =
        [Status::Success, Status::Pass, Status::Warn, Status::Fail, Status::Error, Status::Skipped];
    let counts: Vec<String> = statuses
        .into_iter()
        .map(|status| (status, report.count(status)))
        .filter(|(status, count)| *count > 0 || matches!(status, Status::Error | Status::Fail))
        .map(|(status, count)| {
            let text = format!("{} {count}", word(status));
            if count > 0 && !matches!(status, Status::Success | Status::Pass) {
                paint(status, &text)
            } else {
                text
            }
        })
        .collect();
    let rows: u64 = report.results.iter().filter_map(|result| result.rows).sum();
    let rows = if rows > 0 { format!(", {} rows written", thousands(rows)) } else { String::new() };
    let what = if done.is_empty() { "nothing was run".to_owned() } else { done.join(", ") };
    format!("\n{what}{rows} in {}\n{}", seconds(report.took), counts.join("  "))
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 || word == "incremental" { word.to_owned() } else { format!("{word}s") }
}

fn seconds(time: Duration) -> String {
    format!("{:.2}s", time.as_secs_f64())
}

fn failures(count: i64) -> String {
    let word = if count == 1 { "failure" } else { "failures" };
    format!("{} {word}", thousands(count.unsigned_abs()))
}

/// `12,345`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_grouped() {
        let texts = [0, 999, 1000, 1_234_567].map(super::thousands);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }
}
