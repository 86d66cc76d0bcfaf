//! What can go wrong between names and nodes.

use super::Graph;
use super::calls::literal;
use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic};
use crate::project::{Node, NodeId, NodeKind, Project};
use crate::render::{RefCall, SourceCall};
use crate::source::Span;

/// `ref('custmers')`, and no such part.
pub(super) fn unknown_ref(project: &Project, graph: &Graph, node: &Node, call: &RefCall) -> Diagnostic {
    let name = call.name.as_str();
    let family: Vec<NodeId> = graph.by_name.get(name).cloned().unwrap_or_default();
    if !family.is_empty() {
        return unknown_version_or_package(project, &family, call);
    }
    let place = literal(project, call.span, name, true);
    let full = match &call.package {
        Some(package) => format!("{package}.{name}"),
        None => name.to_owned(),
    };
    let error = Diagnostic::error(Code::UNKNOWN_REF, format!("part `{full}` is not defined"))
        .at(quoted(place, call.span), "no part, seed or snapshot of this name");
    if let Some((source, table)) = source_of_table(project, name) {
        let written = format!("source('{source}', '{table}')");
        let text = format!("a source table of this name is declared: `{written}`");
        return match whole_call(project, call.span, "ref(") {
            Some(span) => error.fix(text, span, written),
            None => error.help(text),
        };
    }
    if let Some(other) = project.nodes.iter().find(|other| other.name == name && !other.kind.is_refable()) {
        let kind = other.kind.resource_type();
        return error
            .note(format!("`{name}` is of type {kind}; `ref()` reaches models, seeds and snapshots only"));
    }
    let reachable = project.nodes().filter(|(id, other)| {
        let fits = call.package.as_ref().is_none_or(|package| other.package == *package);
        other.kind.is_refable() && fits && !graph.is_disabled(*id) && other.unique_id != node.unique_id
    });
    match closest(name, reachable.map(|(_, other)| other.name.as_str())) {
        Some(near) => advise(error, &format!("a part with a similar name exists: `{near}`"), place, near),
        None => error.help(format!("a part's name is that of its file: `models/…/{name}.sql`")),
    }
}

/// The name exists, but not with this version or in this package.
fn unknown_version_or_package(project: &Project, family: &[NodeId], call: &RefCall) -> Diagnostic {
    let name = &call.name;
    let in_package = |id: &&NodeId| match &call.package {
        Some(package) => project.node(**id).package == *package,
        None => true,
    };
    let here: Vec<&Node> = family.iter().filter(in_package).map(|id| project.node(*id)).collect();
    if here.is_empty() {
        let package = call.package.as_deref().unwrap_or_default();
        let other = &project.node(family[0]).package;
        let place = literal(project, call.span, package, false);
        let message = format!("package `{package}` has no part `{name}`");
        let error =
            Diagnostic::error(Code::UNKNOWN_REF, message).at(quoted(place, call.span), "not in this package");
        return advise(error, &format!("package `{other}` has one"), place, other);
    }
    let versions: Vec<String> = here
        .iter()
        .filter_map(|node| node.version.as_deref())
        .map(|version| format!("`{version}`"))
        .collect();
    let message = match &call.version {
        Some(version) => format!("part `{name}` has no version `{version}`"),
        None => format!("part `{name}` has no latest version"),
    };
    let error = Diagnostic::error(Code::UNKNOWN_REF, message).at(call.span, "no such version");
    if versions.is_empty() {
        error.help(format!("`{name}` has no versions; call `ref('{name}')`"))
    } else {
        error.help(format!("its versions are {}", versions.join(", ")))
    }
}

/// `source('rw', 'orders')`, and no such source or table.
pub(super) fn unknown_source(project: &Project, graph: &Graph, node: &Node, call: &SourceCall) -> Diagnostic {
    let SourceCall { source, table, span } = call;
    let sources = || project.nodes.iter().filter(|node| node.kind == NodeKind::Source);
    let tables = || sources().filter(|node| node.source_name.as_deref() == Some(source));
    if tables().next().is_some() {
        let place = literal(project, *span, table, true);
        let message = format!("source `{source}` has no table `{table}`");
        let error = Diagnostic::error(Code::UNKNOWN_SOURCE, message)
            .at(quoted(place, *span), "not declared among the source's tables");
        return match closest(table, tables().map(|node| node.name.as_str())) {
            Some(near) => {
                advise(error, &format!("a table with a similar name is declared: `{near}`"), place, near)
            }
            None => error.help(format!("declare it under `tables:` of the source `{source}`")),
        };
    }
    let place = literal(project, *span, source, false);
    let error = Diagnostic::error(Code::UNKNOWN_SOURCE, format!("source `{source}` is not declared"))
        .at(quoted(place, *span), "no source of this name");
    let names = sources().filter_map(|node| node.source_name.as_deref());
    if let Some(near) = closest(source, names) {
        return advise(error, &format!("a source with a similar name is declared: `{near}`"), place, near);
    }
    if let Some((other, _)) = source_of_table(project, table) {
        return advise(error, &format!("source `{other}` has a table `{table}`"), place, &other);
    }
    let is_part = graph.resolve_ref(project, &node.package, None, table, None);
    match (is_part, whole_call(project, *span, "source(")) {
        (super::Resolved::Found(_), Some(whole)) => {
            let written = format!("ref('{table}')");
            error.fix(format!("a part of the table's name exists: `{written}`"), whole, written)
        }
        _ => error.help("declare it under `sources:` in a YAML file of the project"),
    }
}

/// `ref('orders')`, and `orders` is switched off.
pub(super) fn disabled_ref(project: &Project, call: &RefCall, target: NodeId) -> Diagnostic {
    disabled(project, call.span, "part", &call.name, target)
}

/// `source('raw', 'orders')`, and the table is switched off.
pub(super) fn disabled_source(project: &Project, call: &SourceCall, target: NodeId) -> Diagnostic {
    disabled(project, call.span, "source", &format!("{}.{}", call.source, call.table), target)
}

fn disabled(project: &Project, span: Span, what: &str, name: &str, target: NodeId) -> Diagnostic {
    Diagnostic::error(Code::DISABLED_REF, format!("{what} `{name}` is disabled"))
        .at(span, "nothing to read here")
        .related(head(project, target), "disabled by the config of this node")
        .help(format!("remove `enabled: false` from the config of `{name}`, or this call"))
}

/// `ref('orders')`, which several packages have.
pub(super) fn ambiguous_ref(project: &Project, call: &RefCall, one: NodeId, other: NodeId) -> Diagnostic {
    let package = &project.node(one).package;
    let written = format!("ref('{package}', '{}')", call.name);
    let error = ambiguous(project, call.span, "part", &call.name, (one, other));
    let text = format!("name the package, as in `{written}`");
    match whole_call(project, call.span, "ref(") {
        Some(span) if call.version.is_none() => error.fix(text, span, written),
        _ => error.help(text),
    }
}

/// `source('raw', 'orders')`, which several packages declare.
pub(super) fn ambiguous_source(
    project: &Project,
    call: &SourceCall,
    one: NodeId,
    other: NodeId,
) -> Diagnostic {
    let name = format!("{}.{}", call.source, call.table);
    ambiguous(project, call.span, "source", &name, (one, other)).help("give one of them another name")
}

fn ambiguous(project: &Project, span: Span, what: &str, name: &str, both: (NodeId, NodeId)) -> Diagnostic {
    let (one, other) = (&project.node(both.0).package, &project.node(both.1).package);
    let message = format!("{what} `{name}` could be that of package `{one}` or of package `{other}`");
    Diagnostic::error(Code::AMBIGUOUS_REF, message)
        .at(span, "which one?")
        .related(head(project, both.0), format!("in package `{one}`"))
        .related(head(project, both.1), format!("in package `{other}`"))
}

/// `ref('orders')`, and `orders` is private to a group that the caller is not in.
pub(super) fn private_ref(project: &Project, call: &RefCall, target: NodeId) -> Diagnostic {
    let name = &call.name;
    Diagnostic::error(Code::PRIVATE_REF, format!("part `{name}` is private to its group"))
        .at(call.span, "this part is not in the group")
        .related(head(project, target), "`access: private` holds for this part")
        .help(format!("put both parts into one `group`, or set `access: protected` on `{name}`"))
}

/// Parts that read each other; each step is a reader, what it reads, and the place of the call.
pub(super) fn cycle(project: &Project, steps: &[(NodeId, NodeId, Option<Span>)]) -> Diagnostic {
    let name = |id: NodeId| format!("`{}`", project.node(id).name);
    let place =
        |(from, _, span): &(NodeId, NodeId, Option<Span>)| span.unwrap_or_else(|| head(project, *from));
    let first = steps[0];
    if steps.len() == 1 {
        return Diagnostic::error(Code::CYCLE, format!("part {} reads itself", name(first.0)))
            .at(place(&first), "a part can't be its own input")
            .help("to read what an incremental part holds already, use `{{ this }}`");
    }
    let mut all: Vec<String> = steps.iter().map(|(from, ..)| name(*from)).collect();
    all.push(name(first.0));
    let mut error =
        Diagnostic::error(Code::CYCLE, format!("parts read each other in a circle: {}", all.join(" → ")))
            .at(place(&first), format!("{} reads {}", name(first.0), name(first.1)));
    for step in &steps[1..] {
        error = error.related(place(step), format!("{} reads {}", name(step.0), name(step.1)));
    }
    error.help("remove one of these calls, or move what both sides need into a part of its own")
}

/// The rest of a knot of cycles that was not written out.
pub(super) fn more_on_cycles(mut last: Diagnostic, count: usize) -> Diagnostic {
    last.notes.push(format!("{count} more parts are on cycles that go through these; they are not listed"));
    last
}

/// Two nodes that would make one table.
pub(super) fn duplicate_relation(project: &Project, name: &str, first: NodeId, second: NodeId) -> Diagnostic {
    let shown = |id: NodeId| format!("`{}`", project.node(id).name);
    let message = format!("{} and {} would both make `{name}`", shown(first), shown(second));
    Diagnostic::error(Code::DUPLICATE_RELATION, message)
        .at(head(project, second), "this one")
        .related(head(project, first), "and this one")
        .help("give one of them another `alias`, `schema` or `database`")
}

/// A part that would replace a source that it reads.
///
/// `reader` is whose text reads it: the part's own, or that of a part that is put into it.
pub(super) fn overwrites_source(
    project: &Project,
    name: &str,
    part: NodeId,
    reader: NodeId,
    source: NodeId,
) -> Diagnostic {
    let shown = &project.node(part).name;
    let mut message = format!("`{shown}` would overwrite `{name}`, a source that it reads");
    if reader != part {
        message.push_str(&format!(" through `{}`", project.node(reader).name));
    }
    let mut error = Diagnostic::error(Code::DUPLICATE_RELATION, message)
        .at(head(project, part), "makes a table of the source's name");
    if reader != part {
        error = error.related(head(project, reader), "reads the source");
    }
    error.related(head(project, source), "the source").help("give the part another `alias` or `schema`")
}

/// The first line with text of a node's definition: a place to point at when the whole node is meant.
pub(super) fn head(project: &Project, id: NodeId) -> Span {
    let span = project.node(id).span;
    let text = project.files.get(span.file).text.get(span.range()).unwrap_or_default();
    let mut at = span.start as usize;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if !trimmed.is_empty() {
            let start = at + line.len() - line.trim_start().len();
            return Span::new(span.file, start, start + trimmed.len());
        }
        at += line.len();
    }
    Span { end: span.start, ..span }
}

fn advise(error: Diagnostic, text: &str, place: Option<Span>, replacement: &str) -> Diagnostic {
    match place {
        Some(place) => error.fix(text, place, replacement),
        None => error.help(text),
    }
}

/// A literal with its quotes, or the whole call.
fn quoted(literal: Option<Span>, call: Span) -> Span {
    literal.map_or(call, |span| Span { start: span.start - 1, end: span.end + 1, ..span })
}

/// The place of the call itself, if the span holds just this one, braces and blanks aside.
fn whole_call(project: &Project, span: Span, function: &str) -> Option<Span> {
    let text = project.files.get(span.file).text.get(span.range())?;
    let start = text.find(function)?;
    let end = start + text[start..].find(')')? + 1;
    let outside = [&text[..start], &text[end..]];
    let blank =
        outside.iter().all(|text| text.chars().all(|char| char.is_whitespace() || "{}-".contains(char)));
    blank.then(|| Span::new(span.file, span.start as usize + start, span.start as usize + end))
}

/// A source that has a table of this name.
fn source_of_table(project: &Project, table: &str) -> Option<(String, String)> {
    let node = project.nodes.iter().find(|node| node.kind == NodeKind::Source && node.name == table)?;
    Some((node.source_name.clone()?, node.name.clone()))
}
