//! The lines of compiled SQL, and the author's lines that they come from.

use rustc_hash::FxHashMap;
use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use crate::emit::Compiled;
use crate::source::{FileId, Sources};

/// Where a compiled line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The place in [`Lines::files`].
    file: u32,
    number: usize,
    /// The line of the part's own file that led there, if the file is another.
    call: Option<usize>,
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&self.file)?;
        list.serialize_element(&self.number)?;
        if let Some(call) = self.call {
            list.serialize_element(&call)?;
        }
        list.end()
    }
}

/// All lines of a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines<'a> {
    /// The files, in the order in which they appear; the part's own first.
    pub(super) files: Vec<&'a str>,
    /// By line; `None` for what buhin added.
    pub(super) lines: Vec<Option<Line>>,
}

/// Looks up each line by its first character that is no blank.
pub(super) fn lines<'a>(sources: &'a Sources, own: FileId, compiled: &Compiled) -> Lines<'a> {
    let mut files = vec![sources.path(own).as_str()];
    let mut numbers: FxHashMap<FileId, u32> = FxHashMap::from_iter([(own, 0)]);
    let segments = &compiled.source_map.segments;
    let mut segment = 0;
    let mut start = 0;
    let mut lines = Vec::new();
    for text in compiled.sql.split('\n') {
        let blanks = text.len() - text.trim_start().len();
        let at = (start + blanks) as u32;
        start += text.len() + 1;
        while segments.get(segment).is_some_and(|it| it.rendered.end <= at) {
            segment += 1;
        }
        let found = segments.get(segment).filter(|it| it.rendered.start <= at && blanks < text.len());
        let line = found.filter(|it| sources.has(it.origin.file)).map(|found| {
            let literal = found.kind == crate::source::SegmentKind::Literal;
            let shift = if literal { at - found.rendered.start } else { 0 };
            let file = found.origin.file;
            let place = *numbers.entry(file).or_insert_with(|| {
                files.push(sources.path(file).as_str());
                files.len() as u32 - 1
            });
            let line = |file: FileId, offset: u32| sources.get(file).line_column(offset).line;
            let call = found.frames.first().filter(|call| file != own && call.call.file == own);
            Line {
                file: place,
                number: line(file, found.origin.start + shift),
                call: call.map(|call| line(own, call.call.start)),
            }
        });
        lines.push(line);
    }
    Lines { files, lines }
}
