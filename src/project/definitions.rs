//! Nodes that a file of their own defines: parts, seeds, snapshots, singular tests, analyses; and the run's hooks.

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::discover::{Found, Role};
use super::{Config, HookCall, Node, NodeKind, Package, TestCall, blocks, errors};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span, Spanned};

/// The node or nodes of a file; none for roles that define none.
pub(super) fn definitions(
    package: &str,
    found: &Found,
    file: FileId,
    text: &str,
) -> (Vec<Node>, Vec<Diagnostic>) {
    let kind = match found.role {
        Role::Model => NodeKind::Model,
        Role::Seed => NodeKind::Seed,
        Role::Test => NodeKind::Test,
        Role::Analysis => NodeKind::Analysis,
        Role::Snapshot => return snapshots(package, found, file, text),
        Role::Macro | Role::Properties | Role::Docs => return (Vec::new(), Vec::new()),
    };
    let name = stem(&found.relative);
    let relative_path = match kind {
        NodeKind::Analysis => Utf8Path::new("analysis").join(&found.relative),
        _ => found.relative.clone(),
    };
    let mut fqn = prefix(package, &relative_path);
    fqn.push(name.to_owned());
    let is_python = found.relative.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("py"));
    let span = Span::new(file, 0, text.len());
    let mut node = blank(kind, package, name, span);
    node.path = found.original.clone();
    node.relative_path = relative_path;
    node.fqn = fqn;
    node.is_python = is_python;
    if kind != NodeKind::Seed && !is_python {
        node.body = Some(trimmed(file, text, 0, text.len()));
    }
    if kind == NodeKind::Test {
        node.test = Some(TestCall {
            inherited_tags: Vec::new(),
            name: String::new(),
            namespace: None,
            span,
            attached: None,
            model: String::new(),
            column: None,
            quote_column: false,
            arguments: Map::new(),
            short_name: name.to_owned(),
            raw: String::new(),
        });
    }
    (vec![node], Vec::new())
}

/// A node of which only the identity is known.
pub(super) fn blank(kind: NodeKind, package: &str, name: &str, span: Span) -> Node {
    Node {
        unique_id: format!("{}.{package}.{name}", kind.resource_type()),
        name: name.to_owned(),
        kind,
        package: package.to_owned(),
        path: Utf8PathBuf::new(),
        relative_path: Utf8PathBuf::new(),
        fqn: Vec::new(),
        span,
        body: None,
        project_config: Config::default(),
        property_config: Config::default(),
        written_config: None,
        override_config: Config::default(),
        properties: Value::Null,
        properties_span: None,
        description: String::new(),
        doc_blocks: Vec::new(),
        columns: IndexMap::new(),
        test: None,
        source_name: None,
        source_relation: None,
        version: None,
        latest_version: None,
        depends_on: Vec::new(),
        is_python: false,
        hook: None,
    }
}

/// The statements of a package's `on-run-start` and `on-run-end`, each a node.
pub(super) fn hooks(package: &Package) -> Vec<Node> {
    let of = |when: &str, hooks: &[Spanned<String>]| -> Vec<Node> {
        let one = |(index, hook): (usize, &Spanned<String>)| {
            let name = format!("{}-{when}-{index}", package.name);
            let mut node = blank(NodeKind::Operation, &package.name, &name, hook.span);
            node.path = Utf8PathBuf::from("./dbt_project.yml");
            node.relative_path = Utf8PathBuf::from(format!("hooks/{name}.sql"));
            node.fqn = vec![package.name.clone(), "hooks".to_owned(), name];
            node.hook = Some(HookCall { when: when.to_owned(), index, text: hook.value.clone() });
            node
        };
        hooks.iter().enumerate().map(one).collect()
    };
    let mut nodes = of("on-run-start", &package.on_run_start);
    nodes.extend(of("on-run-end", &package.on_run_end));
    nodes
}

/// The package and the folders above a path: an fqn without its last name.
pub(super) fn prefix(package: &str, relative: &Utf8Path) -> Vec<String> {
    let folders = relative.parent().map(Utf8Path::components).into_iter().flatten();
    std::iter::once(package.to_owned()).chain(folders.map(|folder| folder.as_str().to_owned())).collect()
}

/// A file's name without the last extension.
pub(super) fn stem(path: &Utf8Path) -> &str {
    path.file_stem().unwrap_or_default()
}

/// The part of a text without blanks at its ends, as dbt keeps it.
pub(super) fn trimmed(file: FileId, text: &str, start: usize, end: usize) -> Span {
    let body = &text[start..end];
    let from = body.len() - body.trim_start().len();
    let until = body.trim_end().len();
    Span::new(file, start + from.min(until), start + until)
}

fn snapshots(package: &str, found: &Found, file: FileId, text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    let (blocks, unclosed) = blocks::find(text, "snapshot");
    let nodes = blocks.into_iter().map(|block| {
        let span = Span::new(file, block.whole.start, block.whole.end);
        let mut node = blank(NodeKind::Snapshot, package, &block.name, span);
        node.path = found.original.clone();
        node.relative_path = found.relative.clone();
        node.fqn = prefix(package, &found.relative);
        node.fqn.push(stem(&found.relative).to_owned());
        node.fqn.push(block.name);
        node.body = Some(Span::new(file, block.body.start, block.body.end));
        node
    });
    let problems = unclosed.into_iter().map(|unclosed| {
        errors::unclosed_block(Span::new(file, unclosed.tag.start, unclosed.tag.end), "snapshot")
    });
    (nodes.collect(), problems.collect())
}
