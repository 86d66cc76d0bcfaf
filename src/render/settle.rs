//! Moves places out of built-in files and texts from nowhere to the user's own files.

use std::sync::Arc;

use super::context;
use super::ctx::Ctx;
use super::shared::Shared;
use super::{errors, functions};
use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic, Label, Trace};
use crate::project::NodeKind;
use crate::source::{Frame, SegmentKind, SourceMap, Span};

/// A diagnostic of the engine, ready for users.
pub(super) fn diagnostic(ctx: &Ctx, mut diagnostic: Diagnostic) -> Diagnostic {
    let shared = &ctx.shared;
    let is_users = |span: Span| shared.is_users(span.file);
    if diagnostic.code == Code::UNKNOWN_MACRO && diagnostic.help.is_empty() {
        suggest(ctx, &mut diagnostic);
    }
    if diagnostic.code == Code::RENDER_FAILED
        && let Some(missing) = missing_package(ctx, &diagnostic)
    {
        diagnostic = Diagnostic { label: diagnostic.label, trace: diagnostic.trace, ..missing };
    }
    let label = diagnostic.label.take().filter(|label| is_users(label.span));
    // Calls made within built-in macros say nothing to the user.
    diagnostic.trace.retain(|trace| is_users(trace.span));
    diagnostic.related.retain(|label| is_users(label.span));
    diagnostic.label = Some(match (label, diagnostic.trace.last()) {
        (Some(label), _) => label,
        (None, Some(call)) => Label { span: call.span, text: String::new() },
        (None, None) => Label { span: ctx.place, text: String::new() },
    });
    let is_test = ctx.node.is_some_and(|id| shared.node(id).kind == NodeKind::Test);
    let elsewhere = diagnostic.label.as_ref().is_some_and(|label| label.span.file != ctx.place.file);
    if is_test && elsewhere {
        diagnostic.trace.insert(0, Trace { span: ctx.place, text: "in a test, used here".to_owned() });
    }
    diagnostic
}

/// The call of a macro of a package that is not there, if that is why a name is undefined.
fn missing_package(ctx: &Ctx, diagnostic: &Diagnostic) -> Option<Diagnostic> {
    let name = diagnostic.message.strip_suffix("` is undefined")?.strip_prefix('`')?;
    let span = diagnostic.label.as_ref()?.span;
    if !ctx.shared.is_users(span.file) || !name.chars().all(|char| char.is_alphanumeric() || char == '_') {
        return None;
    }
    let text = &ctx.shared.project.files.get(span.file).text;
    let call = text.get(span.start as usize..)?.strip_prefix(name)?.strip_prefix('.')?;
    let length = call.find(|char: char| !(char.is_alphanumeric() || char == '_')).filter(|at| *at > 0)?;
    // A name that the text uses in other ways is a variable's.
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let variable = text.match_indices(name).any(|(at, _)| {
        let after = &text[at + name.len()..];
        !text[..at].ends_with(is_part) && !after.starts_with(is_part) && !after.starts_with('.')
    });
    if variable || !call[length..].starts_with('(') {
        return None;
    }
    let packages = ctx.shared.project.packages.iter().map(|package| package.name.as_str());
    Some(errors::unknown_package(&format!("{name}.{}", &call[..length]), name, closest(name, packages)))
}

/// Adds what the author may have meant.
fn suggest(ctx: &Ctx, diagnostic: &mut Diagnostic) {
    let Some(name) = diagnostic.message.split('`').nth(1).map(str::to_owned) else { return };
    let mut known = ctx.namespace.names();
    known.extend(functions::ALL.iter().map(|function| function.name.to_owned()));
    known.extend(context::VALUES.iter().map(|name| (*name).to_owned()));
    let (near, edit) = match closest(&name, known.iter().map(String::as_str)) {
        Some(near) => (near.to_owned(), true),
        None => match known.iter().find(|known| known.ends_with(&format!(".{name}"))) {
            Some(near) => (near.clone(), true),
            None => (String::new(), false),
        },
    };
    if !edit {
        if let Some((package, _)) = name.split_once('.')
            && ctx.shared.package(package).is_none()
        {
            diagnostic.help.push(crate::diagnostic::Help {
                text: format!("no package is named `{package}`; declare it in packages.yml and install it"),
                edits: Vec::new(),
            });
        }
        return;
    }
    let text = format!("a name like it exists: `{near}`");
    let at = diagnostic.label.as_ref().map(|label| label.span).filter(|span| ctx.shared.is_users(span.file));
    let edits = at.and_then(|span| {
        let written = ctx.shared.project.files.get(span.file).text.get(span.range())?;
        let start = span.start as usize + written.find(name.as_str())?;
        let span = Span::new(span.file, start, start + name.len());
        Some(vec![crate::diagnostic::Edit { span, replacement: near.clone() }])
    });
    diagnostic.help.push(crate::diagnostic::Help { text, edits: edits.unwrap_or_default() });
}

/// A source map that leads to the user's files only. Neighbours that are the same now become one segment: of a
/// generic test all that is left is its place.
pub(super) fn source_map(shared: &Shared, place: Span, mut map: SourceMap) -> SourceMap {
    let users = |frame: &Frame| shared.is_users(frame.call.file);
    let kept = |frames: &[Frame]| -> Arc<[Frame]> { frames.iter().filter(|it| users(it)).cloned().collect() };
    for segment in &mut map.segments {
        if shared.is_users(segment.origin.file) {
            if !segment.frames.iter().all(users) {
                segment.frames = kept(&segment.frames);
            }
            continue;
        }
        let last = segment.frames.iter().rposition(users);
        segment.origin = last.map_or(place, |at| segment.frames[at].call);
        segment.kind = SegmentKind::Produced;
        segment.frames = last.map_or_else(Arc::default, |at| kept(&segment.frames[..at]));
    }
    map.segments.dedup_by(|next, kept| {
        let same = next.kind == SegmentKind::Produced
            && kept.kind == SegmentKind::Produced
            && next.origin == kept.origin
            && next.frames == kept.frames;
        if same {
            kept.rendered.end = next.rendered.end;
        }
        same
    });
    map.segments.shrink_to_fit();
    map
}
