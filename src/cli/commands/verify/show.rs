//! What differs from the approvals, for people, for a pull request, and for programs.

use std::fmt::Write as _;
use std::ops::Range;

use anstyle::Style;
use camino::Utf8Path;
use serde_json::{Value, json};

use crate::cli::args::Format;
use crate::cli::hunks::{escaped, fenced, lines, styled};
use crate::cli::session::Session;
use crate::compile::{Compilation, Resolved};
use crate::review::{Hunk, Item, Line, LineSide as Side, Standing, hunks};
use crate::source::Span;

/// What showing needs.
pub(super) struct View<'a> {
    pub(super) session: &'a Session,
    pub(super) resolved: &'a Resolved<'a>,
    pub(super) compilation: &'a Compilation,
    pub(super) folder: &'a Utf8Path,
}

impl View<'_> {
    /// All items, in the form that was asked for.
    pub(super) fn all(&self, items: &[Item]) -> String {
        match self.session.output.format {
            Format::Json => items.iter().map(|item| format!("{}\n", self.object(item))).collect(),
            Format::Markdown => self.markdown(items),
            _ => items.iter().map(|item| self.one(item)).collect(),
        }
    }

    /// One item for people.
    pub(super) fn one(&self, item: &Item) -> String {
        let bold = Style::new().bold();
        let dim = Style::new().dimmed();
        let mut text = format!("{bold}{}{bold:#}  {}", item.stem, self.file(item));
        let _ = match &item.standing {
            Standing::New => writeln!(text, "  {dim}never approved{dim:#}"),
            Standing::Stale => writeln!(text, "  {dim}approved, but no part needs it{dim:#}"),
            Standing::Unreadable(why) => writeln!(text, "  {dim}its approval can't be read: {why}{dim:#}"),
            Standing::Changed | Standing::Approved => writeln!(text),
        };
        if let Some((was, is)) = becomes(item) {
            let why = item.now.as_ref().map_or("", |now| now.why.as_str());
            let _ = writeln!(text, "  becomes {is} instead of {was}: {why}");
        }
        for hunk in differences(item) {
            if let Some(place) = self.place(item, &hunk) {
                let _ = writeln!(text, "  {dim}{place}{dim:#}");
            }
            for line in &hunk.lines {
                text.push_str(&styled(line));
            }
        }
        text.push('\n');
        text
    }

    /// The file to look at.
    fn file(&self, item: &Item) -> String {
        match item.node {
            Some(id) => {
                let node = self.resolved.project.node(id);
                let file = node.body.map(|body| self.resolved.project.files.path(body.file).as_str());
                file.unwrap_or(node.path.as_str()).to_owned()
            }
            None => format!("{}/{}.snap", self.folder, item.stem),
        }
    }

    /// Where a hunk comes from: `models/orders.sql:12`.
    fn place(&self, item: &Item, hunk: &Hunk) -> Option<String> {
        let span = origin(self.compilation, item, hunk.place()?)?;
        let files = &self.resolved.project.files;
        let file = files.get(span.file);
        Some(format!("{}:{}", file.path, file.line_column(span.start).line))
    }

    fn markdown(&self, items: &[Item]) -> String {
        if items.is_empty() {
            return "All compiled SQL is as approved.\n".to_owned();
        }
        let differ = if items.len() == 1 { "part differs" } else { "parts differ" };
        let mut text = format!("{} {differ} from what was approved.\n", items.len());
        for item in items {
            let word = word(&item.standing);
            let _ = write!(
                text,
                "\n<details><summary><code>{}</code> ({word})</summary>\n\n",
                escaped(&item.stem)
            );
            if let Some((was, is)) = becomes(item) {
                let _ = writeln!(text, "Becomes {is} instead of {was}.\n");
            }
            for hunk in differences(item) {
                if let Some(place) = self.place(item, &hunk) {
                    let _ = writeln!(text, "`{place}`\n");
                }
                text.push_str(&fenced("diff", &lines(&hunk)));
            }
            text.push_str("</details>\n");
        }
        text
    }

    fn object(&self, item: &Item) -> Value {
        let hunks: Vec<Value> = differences(item)
            .iter()
            .map(|hunk| {
                let side = |side: Side| -> Vec<String> {
                    hunk.lines.iter().filter(|line| line.side == side).map(Line::text).collect()
                };
                json!({"at": self.place(item, hunk), "old": side(Side::Old), "new": side(Side::New)})
            })
            .collect();
        let becomes = |approval: Option<&crate::review::Approval>| approval.map(|it| it.becomes.clone());
        json!({
            "part": item.stem,
            "unique_id": item.node.map(|id| self.resolved.project.node(id).unique_id.clone()),
            "file": self.file(item),
            "standing": word(&item.standing),
            "was": becomes(item.before.as_ref()),
            "becomes": becomes(item.now.as_ref()),
            "hunks": hunks,
        })
    }
}

/// What was accepted, in a line.
pub(super) fn accepted(items: &[Item], count: usize, folder: &Utf8Path) -> String {
    let removed = items.iter().filter(|item| item.now.is_none()).count();
    let written = items.len() - removed;
    let same = count - written;
    format!("{written} approved, {removed} removed, {same} were approved already, in {folder}/")
}

/// The author's place of the first line that differs.
pub(super) fn first_difference(
    resolved: &Resolved<'_>,
    compilation: &Compilation,
    item: &Item,
) -> Option<Span> {
    let place = differences(item).first().and_then(Hunk::place).unwrap_or(0);
    let span = origin(compilation, item, place)?;
    resolved.project.files.has(span.file).then_some(span)
}

fn differences(item: &Item) -> Vec<Hunk> {
    match (&item.before, &item.now) {
        (Some(before), Some(now)) => hunks(&before.sql, &now.sql),
        _ => Vec::new(),
    }
}

/// What it became and what it becomes, if they differ.
fn becomes(item: &Item) -> Option<(&str, &str)> {
    let (was, is) = (&item.before.as_ref()?.becomes, &item.now.as_ref()?.becomes);
    (was != is).then_some((was, is))
}

/// Where a line of what there is now comes from.
fn origin(compilation: &Compilation, item: &Item, line: usize) -> Option<Span> {
    let compiled = compilation.compiled[item.node?].as_ref()?;
    let range = bytes(&compiled.sql, *item.lines.get(line)? as usize)?;
    Some(compiled.source_map.origin(range)?.span)
}

/// A line's bytes without the blanks around them.
fn bytes(sql: &str, line: usize) -> Option<Range<usize>> {
    let start: usize = sql.split_inclusive('\n').take(line).map(str::len).sum();
    let text = sql.get(start..)?.lines().next()?;
    let begin = start + text.len() - text.trim_start().len();
    Some(begin..begin + text.trim().len())
}

fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Approved => "approved",
        Standing::Changed => "changed",
        Standing::New => "new",
        Standing::Stale => "stale",
        Standing::Unreadable(_) => "unreadable",
    }
}
