//! Putting a statement together: the CTEs of inlined parts, then the reader's own text.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::own::Own;
use super::{Inliner, Style, hoist, names};
use crate::emit::compiled::trail;
use crate::emit::{Compiled, Cte};
use crate::project::NodeId;
use crate::render::RenderedNode;
use crate::source::{Frame, Segment, SegmentKind, SourceMap};
use crate::sql::{Dialect, fold, unquote};

/// The statement of `id` from its rendered text; `None` if a part that it needs is broken.
pub(super) fn assemble(inliner: &Inliner<'_>, id: NodeId, rendered: &RenderedNode) -> Option<Compiled> {
    let reader = Own::of(inliner, id, rendered);
    let parts = closure(inliner, &reader)?;
    let mut texts: Vec<&Own> = parts.iter().filter_map(|part| inliner.own[*part].as_ref()).collect();
    texts.push(&reader);
    let names = names::assign(inliner, &parts, &texts);
    let cte = |node: NodeId| names.get(&node).cloned();

    let mut builder = Builder::default();
    let edits = reader.edits(inliner, rendered, cte);
    let whole = 0..rendered.sql.len();
    if parts.is_empty() {
        builder.splice(rendered, whole, &edits);
        return Some(builder.done());
    }
    let wrap = captures(inliner, &reader, &rendered.sql, &parts);
    let with = reader.with.as_ref().filter(|_| !wrap);
    let blanks = |from: usize| rendered.sql[from..].len() - rendered.sql[from..].trim_start().len();
    let split = with.map_or(reader.scan.first, |with| match inliner.style {
        // dbt puts its CTEs after the blanks that follow the keyword.
        Style::Dbt => with.keyword_end + blanks(with.keyword_end),
        Style::Plain => with.keyword_end,
    });
    builder.splice(rendered, 0..split, &edits);
    if with.is_none() {
        builder.text("with");
    }
    let mut renamer = hoist::Renamer::new(inliner, &names, &reader, &rendered.sql);
    for (at, part) in parts.iter().copied().enumerate() {
        if at > 0 {
            builder.text(if inliner.style == Style::Dbt { ", " } else { ",\n" });
        }
        builder.trail = trail(&inliner.context, id, part, |node| inliner.inline[node]);
        part_cte(inliner, &mut builder, part, &names, &mut renamer);
    }
    builder.trail.clear();
    let rest = split..rendered.sql.len();
    match (inliner.style, with.is_some()) {
        (_, _) if wrap => {
            builder.text("\nselect * from (\n");
            let stop = reader.scan.terminators().first().copied().unwrap_or(rendered.sql.len());
            builder.splice(rendered, split..stop, &edits);
            builder.text("\n) as buhin_reader");
        }
        (Style::Dbt, false) => {
            builder.text(" ");
            builder.splice(rendered, rest, &edits);
        }
        (Style::Dbt, true) => {
            builder.text(", ");
            builder.splice(rendered, rest, &edits);
        }
        (Style::Plain, has_with) => {
            builder.text(if has_with { ",\n\n" } else { "\n\n" });
            builder.splice(rendered, rest.start + blanks(rest.start)..rest.end, &edits);
        }
    }
    Some(builder.done())
}

/// The parts inlined into a text, those that others read first; each once.
fn closure(inliner: &Inliner<'_>, reader: &Own) -> Option<Vec<NodeId>> {
    let mut parts: Vec<NodeId> = Vec::new();
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut open: Vec<(NodeId, usize)> = Vec::new();
    for first in reader.reads.iter().copied() {
        if !seen.insert(first) {
            continue;
        }
        open.push((first, 0));
        while let Some((node, at)) = open.pop() {
            match inliner.own[node].as_ref()?.reads.get(at).copied() {
                Some(next) => {
                    open.push((node, at + 1));
                    if seen.insert(next) {
                        open.push((next, 0));
                    }
                }
                None => parts.push(node),
            }
        }
    }
    Some(parts)
}

/// ` name as (…)`, with the part's own WITH in front where it can't stand inside.
fn part_cte(
    inliner: &Inliner<'_>,
    builder: &mut Builder,
    part: NodeId,
    names: &FxHashMap<NodeId, String>,
    renamer: &mut hoist::Renamer,
) {
    let (Some(own), Some(rendered)) = (&inliner.own[part], &inliner.context.rendered.nodes[part]) else {
        return;
    };
    let mut edits = own.edits(inliner, rendered, |node| names.get(&node).cloned());
    let stops = own.scan.terminators();
    edits.extend(stops.iter().map(|at| (*at..*at + 1, String::new())));
    let name = names.get(&part).map_or("", String::as_str);
    let sql = rendered.sql.as_str();
    let mut body = match inliner.style {
        Style::Dbt => 0..sql.len(),
        Style::Plain => own.scan.first.min(sql.len())..sql.trim_end().len(),
    };
    body.end = body.end.max(body.start);
    let dialect = inliner.context.project.target.dialect;
    // Redshift takes it though its manual says no, and dbt leaves it there.
    let no_nesting = !dialect.nests_with() && (inliner.style == Style::Plain || dialect != Dialect::Redshift);
    let recursive = own.with.as_ref().is_some_and(|with| with.recursive) && !dialect.is_tsql();
    if let Some((with, main)) = own.with.as_ref().and_then(|with| with.main.map(|main| (with, main)))
        && no_nesting
        && !recursive
    {
        edits.extend(renamer.edits(own, sql));
        edits.sort_by_key(|(range, _)| range.start);
        let clause = with.keyword_end..main;
        builder.splice(rendered, clause.start..clause.start + sql[clause].trim_end().len(), &edits);
        builder.text("\n,");
        body.start = main;
    }
    edits.sort_by_key(|(range, _)| range.start);
    let start = builder.sql.len();
    builder.text(if inliner.style == Style::Dbt || builder.ctes.is_empty() { " " } else { "\n" });
    builder.text(name);
    builder.text(if inliner.is_fenced(part) { " as materialized (\n" } else { " as (\n" });
    builder.splice(rendered, body, &edits);
    builder.text("\n)");
    builder.ctes.push(Cte { node: part, range: start..builder.sql.len() });
}

/// True if the reader's `with recursive` would catch a table that an inlined part means to read.
///
/// With `recursive`, every CTE of the list can be seen by all others.
fn captures(inliner: &Inliner<'_>, reader: &Own, sql: &str, parts: &[NodeId]) -> bool {
    let Some(with) = reader.with.as_ref().filter(|with| with.recursive) else { return false };
    let dialect = inliner.context.project.target.dialect;
    let defined = with.names.iter().map(|range| fold(dialect, &unquote(&sql[range.clone()]), false));
    let defined: Vec<String> = defined.collect();
    parts.iter().any(|part| {
        let (Some(own), Some(rendered)) = (&inliner.own[*part], &inliner.context.rendered.nodes[*part])
        else {
            return false;
        };
        let text = rendered.sql.as_str();
        let folded = |range: &Range<usize>| fold(dialect, &unquote(&text[range.clone()]), false);
        // A name that the part itself defines is its own.
        let inner: Vec<String> =
            own.with.as_ref().map_or(&[][..], |with| with.names.as_slice()).iter().map(folded).collect();
        own.scan.words.iter().enumerate().any(|(at, word)| {
            let name = folded(&(word.token.start as usize..word.token.end as usize));
            own.scan.is_table(at, text)
                && own.scan.symbol(at + 1) != Some(b'.')
                && defined.contains(&name)
                && !inner.contains(&name)
        })
    })
}

/// A statement in the making, with the origin of each run of bytes.
#[derive(Default)]
struct Builder {
    sql: String,
    segments: Vec<Segment>,
    ctes: Vec<Cte>,
    /// The refs that lead to the text that is being put in.
    trail: Vec<Frame>,
}

impl Builder {
    fn text(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// Copies bytes of a rendered text with the edits that fall into them.
    fn splice(&mut self, rendered: &RenderedNode, range: Range<usize>, edits: &[(Range<usize>, String)]) {
        let mut from = range.start;
        for (place, new) in edits {
            if place.start < from || place.end > range.end {
                continue;
            }
            self.copy(rendered, from..place.start);
            if let Some(origin) = rendered.source_map.origin(place.clone()) {
                let start = self.sql.len() as u32;
                let segment = Segment {
                    rendered: start..start + new.len() as u32,
                    origin: origin.span,
                    kind: SegmentKind::Produced,
                    frames: self.frames(&origin.frames),
                };
                self.segments.push(segment);
            }
            self.sql.push_str(new);
            from = place.end;
        }
        self.copy(rendered, from..range.end);
    }

    fn copy(&mut self, rendered: &RenderedNode, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let (from, to) = (range.start as u32, range.end as u32);
        let into = self.sql.len() as u32;
        let segments = &rendered.source_map.segments;
        let first = segments.partition_point(|segment| segment.rendered.end <= from);
        for segment in segments[first..].iter().take_while(|segment| segment.rendered.start < to) {
            let (start, end) = (segment.rendered.start.max(from), segment.rendered.end.min(to));
            let mut origin = segment.origin;
            if segment.kind == SegmentKind::Literal {
                origin.start += start - segment.rendered.start;
                origin.end = origin.start + (end - start);
            }
            self.segments.push(Segment {
                rendered: into + (start - from)..into + (end - from),
                origin,
                kind: segment.kind,
                frames: self.frames(&segment.frames),
            });
        }
        self.sql.push_str(&rendered.sql[range]);
    }

    fn frames(&self, inner: &Arc<[Frame]>) -> Arc<[Frame]> {
        if self.trail.is_empty() {
            return Arc::clone(inner);
        }
        self.trail.iter().chain(inner.iter()).cloned().collect()
    }

    fn done(self) -> Compiled {
        Compiled { sql: self.sql, source_map: SourceMap { segments: self.segments }, ctes: self.ctes }
    }
}
