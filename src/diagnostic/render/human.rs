//! The form for people at a terminal: each place with the text around it.

use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet,
};

use super::excerpt::{self, Excerpt, LONG_LINE};
use super::{Style, summary};
use crate::diagnostic::{Diagnostic, Edit, Help, Severity, Trace};
use crate::source::{FileId, Sources, Span};

/// Two places of one file are shown in one excerpt if they are at most so many bytes apart.
const TOGETHER: u32 = 50_000;

/// A place with its kind and words.
type Mark<'a> = (AnnotationKind, Span, &'a str);

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width.max(40));
    let page = Page { sources, width: style.width.max(40) };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let shown = renderer.render(&page.report(diagnostic));
        // A window has its place in a line of its own, and an empty one after it.
        for line in shown.lines().filter(|line| !is_bare_colons(line)) {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
    if let Some(summary) = summary(diagnostics) {
        out.push_str(&summary);
        out.push('\n');
    }
    out
}

/// What an excerpt has to fit into.
#[derive(Clone, Copy)]
struct Page<'a> {
    sources: &'a Sources,
    width: usize,
}

impl<'a> Page<'a> {
    /// The message with its places and facts; then the calls that led there; then each help with its patch.
    fn report(self, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&*diagnostic.message).id(diagnostic.code.to_string());
        let mut main = Group::with_title(title).elements(self.places(diagnostic));
        main = main.elements(diagnostic.notes.iter().map(|note| Level::NOTE.message(&**note)));
        let (plain, edits): (Vec<&Help>, Vec<&Help>) =
            diagnostic.help.iter().partition(|help| help.edits.is_empty());
        // A help without an edit belongs to the message, unless calls come in between.
        let (early, late) =
            if diagnostic.trace.is_empty() { (plain, Vec::new()) } else { (Vec::new(), plain) };
        main = main.elements(early.into_iter().map(|help| Level::HELP.message(&*help.text)));
        let mut groups = vec![main];
        groups.extend(diagnostic.trace.iter().map(|step| self.trace(step)));
        groups
            .extend(late.into_iter().map(|help| Group::with_title(Level::HELP.secondary_title(&*help.text))));
        groups.extend(edits.into_iter().map(|help| self.patch(help)));
        groups
    }

    /// The main label and the related ones, those of one file together.
    fn places(self, diagnostic: &'a Diagnostic) -> Vec<Element<'a>> {
        let mut by_file: Vec<(FileId, Vec<Mark<'a>>)> = Vec::new();
        let main = diagnostic.label.iter().map(|label| (AnnotationKind::Primary, label.span, &*label.text));
        let related =
            diagnostic.related.iter().map(|label| (AnnotationKind::Context, label.span, &*label.text));
        for mark in main.chain(related) {
            let span: Span = mark.1;
            let near = |marks: &[Mark<'a>]| {
                marks.iter().all(|(_, other, _)| other.start.abs_diff(span.start) < TOGETHER)
            };
            match by_file.iter_mut().find(|(file, marks)| *file == span.file && near(marks)) {
                Some((_, marks)) => marks.push(mark),
                None => by_file.push((span.file, vec![mark])),
            }
        }
        by_file.into_iter().flat_map(|(file, marks)| self.excerpt(file, &marks)).collect()
    }

    /// One excerpt with all marks, or one window for each where lines are too long.
    fn excerpt(self, file: FileId, marks: &[Mark<'a>]) -> Vec<Element<'a>> {
        let source_file = self.sources.get(file);
        let spans: Vec<Span> = marks.iter().map(|(_, span, _)| *span).collect();
        if let Some(excerpt) = excerpt::lines(source_file, &spans, LONG_LINE) {
            let annotations: Vec<Annotation<'a>> =
                marks.iter().zip(&excerpt.spans).map(|(mark, span)| annotation(mark, span)).collect();
            return vec![self.snippet(file, excerpt).annotations(annotations).into()];
        }
        let window = |mark: &Mark<'a>| {
            let excerpt = excerpt::window(source_file, mark.1, self.margin());
            let annotation = annotation(mark, &excerpt.spans[0]);
            let origin = self.origin(file, &excerpt);
            [origin.into(), self.snippet(file, excerpt).annotation(annotation).into()]
        };
        marks.iter().flat_map(window).collect()
    }

    fn trace(self, step: &'a Trace) -> Group<'a> {
        let excerpt = self.excerpt(step.span.file, &[(AnnotationKind::Primary, step.span, "")]);
        Group::with_title(Level::NOTE.secondary_title(&*step.text)).elements(excerpt)
    }

    fn patch(self, help: &'a Help) -> Group<'a> {
        let group = Group::with_title(Level::HELP.secondary_title(&*help.text));
        let file = help.edits[0].span.file;
        let source_file = self.sources.get(file);
        // A patch is drawn within one file; what else has to be edited is for the editor to do.
        let edits: Vec<&Edit> = help.edits.iter().filter(|edit| edit.span.file == file).collect();
        let spans: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
        let longest = if edits.len() > 1 { LONG_LINE } else { self.width };
        let excerpt = excerpt::lines(source_file, &spans, longest);
        let excerpt = excerpt.unwrap_or_else(|| excerpt::window(source_file, spans[0], self.margin()));
        let patch = |(edit, span): (&&'a Edit, &Range<usize>)| Patch::new(span.clone(), &*edit.replacement);
        let patches: Vec<Patch<'a>> = edits.iter().zip(&excerpt.spans).map(patch).collect();
        group.element(Snippet::source(excerpt.text).line_start(excerpt.line_start).patches(patches))
    }

    fn snippet<T: Clone>(self, file: FileId, excerpt: Excerpt) -> Snippet<'a, T> {
        let path = excerpt.window_at.is_none().then(|| self.sources.path(file).as_str());
        Snippet::source(excerpt.text).line_start(excerpt.line_start).path(path)
    }

    fn origin(self, file: FileId, excerpt: &Excerpt) -> Origin<'a> {
        let origin = Origin::path(self.sources.path(file).as_str());
        match excerpt.window_at {
            Some(at) => origin.line(at.line).char_column(at.column),
            None => origin,
        }
    }

    /// What a window shows on each side: room for the line's number and some words of label is left.
    fn margin(self) -> usize {
        (self.width / 2).saturating_sub(16).clamp(8, 60)
    }
}

fn annotation<'a>((kind, _, text): &Mark<'a>, span: &Range<usize>) -> Annotation<'a> {
    kind.span(span.clone()).label((!text.is_empty()).then_some(*text))
}

/// `:::` and nothing after it, colours aside.
fn is_bare_colons(line: &str) -> bool {
    let mut rest = line;
    let mut bare = String::new();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    bare.push_str(rest);
    bare.trim() == ":::"
}
