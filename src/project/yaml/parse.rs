//! From text to tree: events of the YAML parser, anchors and aliases, merge keys, repeated keys.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StrInput};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Entry, Kind, Yaml, quick, quoted, scalar, words};
use crate::diagnostic::Diagnostic;
use crate::project::errors;
use crate::source::{FileId, Span};

/// How many values aliases may bring in; a few lines of aliases of aliases could ask for billions.
const ALIAS_LIMIT: usize = 1_000_000;

/// A file's first document and what there is to say about it.
pub(in crate::project) struct Document<'t> {
    /// The tree; `None` if the file is empty or broken.
    pub root: Option<Yaml<'t>>,
    /// Syntax errors and repeated keys.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file's one document. A second document is an error, as it is for dbt.
pub(in crate::project) fn parse(file: FileId, text: &str) -> Document<'_> {
    if let Some(root) = quick::parse(file, text) {
        return Document { root: Some(root), diagnostics: Vec::new() };
    }
    thorough(file, text)
}

/// Reads all of YAML, and explains what is none.
pub(super) fn thorough(file: FileId, text: &str) -> Document<'_> {
    let mut builder = Builder::new(file, text, &[]);
    let (error, at, from) = match builder.stream() {
        Ok(root) => return Document { root, diagnostics: builder.diagnostics },
        Err(Stop::Problem(problem)) => {
            builder.diagnostics.push(*problem);
            return Document { root: None, diagnostics: builder.diagnostics };
        }
        Err(Stop::Syntax { error, at, from }) => (error, at, from),
    };
    lenient(file, text, error, at, from)
}

/// Tries again where `PyYAML` would have gone on: in quotes that are indented too little.
fn lenient(file: FileId, text: &str, error: ScanError, at: usize, from: usize) -> Document<'static> {
    let mut joined = text.to_owned();
    let mut quoted: Vec<(u32, String)> = Vec::new();
    let (mut error, mut at, mut from) = (error, at, from);
    loop {
        let left = matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation);
        let range = if left { quoted::around(&joined, from, at) } else { None };
        let value = range.clone().and_then(|range| Some((range.start as u32, quoted::value(&text[range])?)));
        let (Some(range), Some(value)) = (range, value) else {
            let problem = words::explain(file, text, at, error.kind());
            return Document { root: None, diagnostics: vec![problem] };
        };
        joined = quoted::joined(&joined, range);
        quoted.push(value);
        let mut builder = Builder::new(file, &joined, &quoted);
        match builder.stream() {
            Ok(root) => {
                let root = root.map(Yaml::into_owned);
                return Document { root, diagnostics: builder.diagnostics };
            }
            Err(Stop::Problem(problem)) => {
                builder.diagnostics.push(*problem);
                return Document { root: None, diagnostics: builder.diagnostics };
            }
            Err(Stop::Syntax { error: next, at: place, from: sure }) => {
                // The same place again would go on for ever.
                let stuck = place <= at;
                (error, at, from) = (next, place, sure);
                if stuck {
                    let problem = words::explain(file, text, at, error.kind());
                    return Document { root: None, diagnostics: vec![problem] };
                }
            }
        }
    }
}

/// Why reading stopped.
enum Stop {
    /// Something that is wrong with the values.
    Problem(Box<Diagnostic>),
    /// The parser can't go on at the byte `at`; all is well up to `from`.
    Syntax { error: ScanError, at: usize, from: usize },
}

fn stop(problem: Diagnostic) -> Stop {
    Stop::Problem(Box::new(problem))
}

struct Builder<'t> {
    file: FileId,
    text: &'t str,
    events: Parser<'t, StrInput<'t>>,
    /// Finished values by the number of their anchor, with how many values they hold.
    anchors: FxHashMap<usize, (Yaml<'t>, usize)>,
    /// Values brought in by aliases so far.
    aliased: usize,
    /// Values of texts in quotes that the parser can't be trusted with, by their place.
    quoted: &'t [(u32, String)],
    /// Up to here all is well.
    sure: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Builder<'t> {
    fn new(file: FileId, text: &'t str, quoted: &'t [(u32, String)]) -> Self {
        let options = granit_parser::options! { emit_comments: false };
        let events = Parser::new_from_str_with_options(text, options);
        let anchors = FxHashMap::default();
        Self { file, text, events, anchors, aliased: 0, quoted, sure: 0, diagnostics: Vec::new() }
    }

    fn stream(&mut self) -> Result<Option<Yaml<'t>>, Stop> {
        let mut root = None;
        let mut documents = 0;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(stop(errors::second_document(span)));
                    }
                }
                event => root = Some(self.value(event, span)?),
            }
        }
        Ok(root)
    }

    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Stop> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                let span = self.span(span);
                self.sure = self.sure.max(span.end as usize);
                let event = match event {
                    Event::Scalar(text, style, anchor, tag) if !self.quoted.is_empty() => {
                        let own = self.quoted.iter().find(|(start, _)| *start == span.start);
                        let text = own.map_or(text, |(_, value)| Cow::Borrowed(value.as_str()));
                        Event::Scalar(text, style, anchor, tag)
                    }
                    event => event,
                };
                Ok(Some((event, span)))
            }
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
                Err(Stop::Syntax { error, at, from: self.sure })
            }
        }
    }

    /// True for what reaches the end of a text that ends without a newline.
    fn is_last_line(&self, span: Span) -> bool {
        let line = self.text.rfind('\n').map_or(0, |at| at + 1);
        span.end as usize > line && !self.text[line..].trim().is_empty()
    }

    fn must(&mut self) -> Result<(Event<'t>, Span), Stop> {
        let end = Span::new(self.file, self.text.len(), self.text.len());
        self.next()?.ok_or_else(|| stop(errors::bad_yaml(end, "the file ends too early", "")))
    }

    fn value(&mut self, event: Event<'t>, span: Span) -> Result<Yaml<'t>, Stop> {
        let (kind, span, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_ref().and_then(|tag| tag.core_suffix());
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let text = if block && self.is_last_line(span) { without_newline(text) } else { text };
                let kind = match (tag, style) {
                    (Some("str"), _) => Kind::Text(text),
                    (Some(tag), _) => tagged(tag, text),
                    (None, ScalarStyle::Plain) => scalar::resolve(text),
                    (None, _) => Kind::Text(text),
                };
                (kind, span, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                let mut end = span;
                loop {
                    match self.must()? {
                        (Event::SequenceEnd, last) => {
                            end = if last.end > last.start { last } else { end };
                            break;
                        }
                        (event, at) => {
                            let item = self.value(event, at)?;
                            end = item.span;
                            items.push(item);
                        }
                    }
                }
                (Kind::List(items), span.to(end), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                let (entries, end) = self.mapping(span)?;
                (Kind::Map(entries), span.to(end), anchor)
            }
            Event::Alias(id) => return self.alias(id, span),
            _ => return Err(stop(errors::bad_yaml(span, "a value is expected here", ""))),
        };
        let value = Yaml { kind, span };
        if anchor != 0 {
            let size = size(&value);
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok(value)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Yaml<'t>, Stop> {
        let Some((value, size)) = self.anchors.get(&id) else {
            return Err(stop(errors::bad_yaml(span, "an alias stands within what it refers to", "")));
        };
        self.aliased += size;
        if self.aliased > ALIAS_LIMIT {
            return Err(stop(errors::bad_yaml(
                span,
                "aliases bring in more values than a project can need",
                "write the values out, or use fewer aliases of aliases",
            )));
        }
        Ok(Yaml { kind: value.kind.clone(), span })
    }

    fn mapping(&mut self, start: Span) -> Result<(Vec<Entry<'t>>, Span), Stop> {
        let mut entries: Vec<Entry<'t>> = Vec::new();
        let mut merged: Vec<Entry<'t>> = Vec::new();
        let mut end = start;
        loop {
            let (event, key_span) = self.must()?;
            let key = match event {
                Event::MappingEnd => {
                    end = if key_span.end > key_span.start { key_span } else { end };
                    break;
                }
                Event::Scalar(text, style, anchor, _) => {
                    if anchor != 0 {
                        let key = Yaml { kind: Kind::Text(text.clone()), span: key_span };
                        self.anchors.insert(anchor, (key, 1));
                    }
                    if style == ScalarStyle::Plain && text == "<<" {
                        let (event, at) = self.must()?;
                        let value = self.value(event, at)?;
                        end = value.span;
                        merge(&mut merged, value)?;
                        continue;
                    }
                    if style == ScalarStyle::Plain { scalar::key(text) } else { text }
                }
                Event::Alias(id) => match self.alias(id, key_span)?.kind {
                    Kind::Text(text) => text,
                    _ => return Err(stop(self.not_a_key(key_span))),
                },
                _ => return Err(stop(self.not_a_key(key_span))),
            };
            let (event, at) = self.must()?;
            let value = self.value(event, at)?;
            end = value.span;
            entries.push(Entry { key, key_span, value });
        }
        self.repeated(&mut entries);
        if !merged.is_empty() {
            // What is merged in comes first; the mapping's own keys win.
            for entry in entries {
                put(&mut merged, entry);
            }
            entries = merged;
        }
        Ok((entries, end))
    }

    /// Keeps the last of equal keys, at the place of the first, and says so.
    fn repeated(&mut self, entries: &mut Vec<Entry<'t>>) {
        // Nearly all mappings are small; a hash set pays off only for large ones.
        let repeats = if entries.len() <= 8 {
            entries
                .iter()
                .enumerate()
                .any(|(at, entry)| entries[..at].iter().any(|other| other.key == entry.key))
        } else {
            let mut seen = FxHashSet::default();
            entries.iter().any(|entry| !seen.insert(entry.key.as_ref()))
        };
        if !repeats {
            return;
        }
        let mut kept: Vec<Entry<'t>> = Vec::with_capacity(entries.len());
        for entry in entries.drain(..) {
            match kept.iter_mut().find(|other| other.key == entry.key) {
                Some(first) => {
                    self.diagnostics.push(errors::duplicate_key(&entry.key, first.key_span, entry.key_span));
                    *first = entry;
                }
                None => kept.push(entry),
            }
        }
        *entries = kept;
    }

    fn not_a_key(&self, span: Span) -> Diagnostic {
        let before = &self.text[..span.start as usize];
        let braces = match (before.ends_with('{'), self.text[span.start as usize..].starts_with("{{")) {
            (true, _) => Some(span.start - 1),
            (false, true) => Some(span.start),
            (false, false) => None,
        };
        match braces {
            Some(start) => {
                let span = Span { start, end: span.end.max(start + 2), ..span };
                errors::bad_yaml(span, "Jinja without quotes", "put quotes around it: `\"{{ … }}\"`")
            }
            None => errors::bad_yaml(span, "a key has to be a name or a number", ""),
        }
    }

    fn span(&self, span: granit_parser::Span) -> Span {
        let offset = |marker: granit_parser::Marker| marker.byte_offset().unwrap_or(0).min(self.text.len());
        Span::new(self.file, offset(span.start), offset(span.end))
    }
}

fn tagged<'t>(tag: &str, text: Cow<'t, str>) -> Kind<'t> {
    match tag {
        "int" => scalar::integer(&text).map_or(Kind::Text(text), Kind::Number),
        "float" => {
            let number = scalar::float(&text).or_else(|| {
                let whole = scalar::integer(&text)?;
                serde_json::Number::from_f64(whole.as_f64()?)
            });
            number.map_or(Kind::Text(text), Kind::Number)
        }
        "bool" => scalar::boolean(&text).map_or(Kind::Text(text), Kind::Bool),
        "null" => Kind::Null,
        _ => Kind::Text(text),
    }
}

fn merge<'t>(merged: &mut Vec<Entry<'t>>, value: Yaml<'t>) -> Result<(), Stop> {
    match value.kind {
        Kind::Map(entries) => {
            for entry in entries {
                put(merged, entry);
            }
            Ok(())
        }
        // Of several mappings the first wins.
        Kind::List(items) => items.into_iter().rev().try_for_each(|item| merge(merged, item)),
        _ => Err(stop(errors::bad_yaml(value.span, "`<<` takes a mapping or a list of mappings", ""))),
    }
}

fn put<'t>(entries: &mut Vec<Entry<'t>>, entry: Entry<'t>) {
    match entries.iter_mut().find(|other| other.key == entry.key) {
        Some(other) => *other = entry,
        None => entries.push(entry),
    }
}

fn size(value: &Yaml<'_>) -> usize {
    1 + match &value.kind {
        Kind::List(items) => items.iter().map(size).sum(),
        Kind::Map(entries) => entries.iter().map(|entry| 1 + size(&entry.value)).sum(),
        _ => 0,
    }
}

/// A newline that does not stand in the file is not in the value either, as in `PyYAML`.
fn without_newline(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_suffix('\n').unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text)),
    }
}
