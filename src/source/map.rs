//! The map from each byte of rendered SQL to the author's file.

use std::ops::Range;
use std::sync::Arc;

use super::{FileId, Span};

/// One step of how rendering got to a place: a macro called at `call`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The macro's name, with its package if it isn't the root's: `dbt_utils.star`. An inlined part has `part ` in
    /// front of its name.
    pub name: String,
    /// Where it was called.
    pub call: Span,
}

/// What a segment of rendered text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Text copied from the file: byte for byte the same as the origin.
    Literal,
    /// The product of an expression or block; the origin covers that expression.
    Produced,
}

/// A run of rendered bytes with one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Bytes of the rendered text.
    pub rendered: Range<u32>,
    /// Where they come from; as long as `rendered` for a literal.
    pub origin: Span,
    /// Literal or produced.
    pub kind: SegmentKind,
    /// The macro calls that led here, outermost first; empty for the file's own text. Neighbours share them.
    pub frames: Arc<[Frame]>,
}

/// Where a place of rendered text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The place in the author's file: the exact bytes for literal text, else the whole expression.
    pub span: Span,
    /// True when `span` is exact.
    pub exact: bool,
    /// The macro calls that led here, outermost first.
    pub frames: Arc<[Frame]>,
}

/// Segments in order of their rendered bytes, without overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    /// The segments.
    pub segments: Vec<Segment>,
}

impl SourceMap {
    /// Where the rendered bytes `range` come from: exact if one literal segment holds them all.
    pub fn origin(&self, range: Range<usize>) -> Option<Origin> {
        let (start, end) = (range.start as u32, range.end.max(range.start) as u32);
        let at = self.segments.partition_point(|segment| segment.rendered.end <= start);
        let segment = self.segments.get(at).or(self.segments.last())?;
        let frames = Arc::clone(&segment.frames);
        if segment.kind == SegmentKind::Produced {
            return Some(Origin { span: segment.origin, exact: false, frames });
        }
        let shift = |offset: u32| {
            let within = offset.clamp(segment.rendered.start, segment.rendered.end) - segment.rendered.start;
            segment.origin.start + within
        };
        let span = Span { file: segment.origin.file, start: shift(start), end: shift(end.max(start)) };
        Some(Origin { span, exact: end <= segment.rendered.end, frames })
    }

    /// The same map where files have other numbers; `None` if one of its files has none.
    pub fn moved(&self, file: impl Fn(FileId) -> Option<FileId>) -> Option<Self> {
        let moved = |span: Span| Some(Span { file: file(span.file)?, ..span });
        let stays = |frame: &Frame| file(frame.call.file) == Some(frame.call.file);
        let frame = |frame: &Frame| Some(Frame { name: frame.name.clone(), call: moved(frame.call)? });
        let segments = self.segments.iter().map(|segment| {
            let frames = if segment.frames.iter().all(stays) {
                Arc::clone(&segment.frames)
            } else {
                segment.frames.iter().map(frame).collect::<Option<_>>()?
            };
            let Segment { rendered, origin, kind, frames: _ } = segment;
            Some(Segment { rendered: rendered.clone(), origin: moved(*origin)?, kind: *kind, frames })
        });
        Some(Self { segments: segments.collect::<Option<_>>()? })
    }
}
