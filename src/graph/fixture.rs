//! A tiny project built by hand, for tests: texts with plain `ref('x')` and `source('x', 'y')` calls.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::diagnostic::Diagnostic;
use crate::project::{
    Config, Node, NodeId, NodeKind, NodeMap, Package, PackagePaths, Project, Settings, Target, TestCall,
};
use crate::render::{Collected, CollectedNode, RefCall, SourceCall};
use crate::source::{Sources, Span, Spanned};
use crate::sql::{Dialect, Relation};

/// A project and what its first pass collected.
pub(crate) struct Fixture {
    pub(crate) project: Project,
    pub(crate) collected: Collected,
    nodes: Vec<Option<CollectedNode>>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let mut files = Sources::default();
        let file = files.add("dbt_project.yml", "name: shop\n");
        let package = |name: &str, folder: &str| Package {
            name: name.to_owned(),
            folder: folder.into(),
            version: None,
            raw: Value::Null,
            file,
            vars: Map::new(),
            dispatch: IndexMap::new(),
            on_run_start: Vec::new(),
            on_run_end: Vec::new(),
            quoting: [None; 3],
            paths: PackagePaths::default(),
        };
        let project = Project {
            files,
            packages: vec![
                package("shop", ""),
                package("kit", "dbt_packages/kit"),
                package("more", "dbt_packages/more"),
            ],
            target: Target {
                profile: "shop".to_owned(),
                name: "dev".to_owned(),
                adapter: "duckdb".to_owned(),
                dialect: Dialect::DuckDb,
                database: Some("db".to_owned()),
                schema: "main".to_owned(),
                threads: 1,
                credentials: Map::new(),
            },
            nodes: Vec::new(),
            macro_files: Vec::new(),
            docs: IndexMap::new(),
            macro_properties: IndexMap::new(),
            groups: IndexMap::new(),
            selectors: IndexMap::new(),
            cli_vars: Map::new(),
            settings: Settings::default(),
        };
        Self { project, collected: Collected { nodes: NodeMap::new(Vec::new()) }, nodes: Vec::new() }
    }

    /// A part of the root project; `path` is below `models/`, without `.sql`.
    pub(crate) fn part(self, path: &str, text: &str) -> Self {
        self.add("shop", NodeKind::Model, &format!("models/{path}.sql"), text)
    }

    /// A node of any kind with a text.
    pub(crate) fn add(mut self, package: &str, kind: NodeKind, path: &str, text: &str) -> Self {
        let folder =
            self.project.packages.iter().find(|known| known.name == package).map(|known| &known.folder);
        let full = folder.expect("a package of the fixture").join(path);
        let file = self.project.files.add(full, text);
        let span = Span::new(file, 0, text.len());
        let name = path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
        let mut fqn = vec![package.to_owned()];
        fqn.extend(path.split('/').skip(1).map(|step| step.split('.').next().unwrap_or_default().to_owned()));
        let mut config = Config::default();
        config.values.insert("enabled".to_owned(), json!(true));
        let (refs, sources) = calls(text, span);
        let relation = Relation {
            database: Some("db".to_owned()),
            schema: Some(if package == "shop" { "main".to_owned() } else { package.to_owned() }),
            identifier: Some(name.to_owned()),
            quote: [true; 3],
            kind: None,
            dialect: Dialect::DuckDb,
        };
        self.nodes.push(Some(CollectedNode {
            place: None,
            config: Arc::new(config),
            inline_config: Config::default(),
            relation: Some(relation),
            refs,
            sources,
            failed: false,
            macros: Vec::new(),
        }));
        self.project.nodes.push(Node {
            unique_id: format!("{}.{package}.{name}", kind.resource_type()),
            name: name.to_owned(),
            kind,
            package: package.to_owned(),
            path: path.into(),
            relative_path: path.split_once('/').map_or(path, |(_, rest)| rest).into(),
            fqn,
            span,
            body: Some(span),
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
        });
        self.collected.nodes = NodeMap::new(self.nodes.clone());
        self
    }

    /// A source table.
    pub(crate) fn source(self, source: &str, table: &str) -> Self {
        let mut fixture = self.add("shop", NodeKind::Source, "models/sources.yml", "");
        let node = fixture.project.nodes.last_mut().expect("just added");
        node.name = table.to_owned();
        node.fqn = vec!["shop".to_owned(), source.to_owned(), table.to_owned()];
        node.source_name = Some(source.to_owned());
        node.unique_id = format!("source.shop.{source}.{table}");
        fixture
    }

    /// A generic test on parts, such as `unique` or `relationships`.
    pub(crate) fn test(self, test: &str, parts: &[&str]) -> Self {
        let text: Vec<String> = parts.iter().map(|part| format!("ref('{part}')")).collect();
        let name = format!("{test}_{}", parts.join("_"));
        let mut fixture = self.add("shop", NodeKind::Test, &format!("models/{name}.yml"), &text.join(" "));
        let is_tested =
            |node: &Node| node.kind != NodeKind::Source && Some(&node.name.as_str()) == parts.first();
        let attached = fixture.project.nodes().find(|(_, node)| is_tested(node));
        let attached = attached.map(|(id, _)| id);
        let node = fixture.project.nodes.last_mut().expect("just added");
        node.path = "models/schema.yml".into();
        node.body = None;
        node.test = Some(TestCall {
            inherited_tags: Vec::new(),
            name: test.to_owned(),
            namespace: None,
            span: node.span,
            attached,
            model: String::new(),
            column: None,
            quote_column: false,
            arguments: Map::new(),
            short_name: node.name.clone(),
            raw: String::new(),
        });
        fixture
    }

    /// An exposure that depends on what `calls` say.
    pub(crate) fn exposure(self, name: &str, calls: &[&str]) -> Self {
        let mut fixture =
            self.add("shop", NodeKind::Exposure, &format!("models/{name}.yml"), &calls.join("\n"));
        let file = fixture.project.nodes.last().expect("just added").span.file;
        let mut at = 0;
        let node = fixture.project.nodes.last_mut().expect("just added");
        for call in calls {
            let span = Span::new(file, at, at + call.len());
            node.depends_on.push(Spanned::new((*call).to_owned(), span));
            at += call.len() + 1;
        }
        fixture
    }

    /// Changes the node that was added last.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Node, &mut CollectedNode)) -> Self {
        let node = self.project.nodes.last_mut().expect("a node to change");
        let collected = self.nodes.last_mut().and_then(Option::as_mut).expect("a node to change");
        change(node, collected);
        self.collected.nodes = NodeMap::new(self.nodes.clone());
        self
    }

    /// Sets config keys of the node that was added last.
    pub(crate) fn config(self, values: &Value) -> Self {
        self.with(|_, collected| {
            Arc::make_mut(&mut collected.config).merge(values.as_object().expect("a mapping"));
        })
    }

    /// Makes the node that was added last one that could not be rendered.
    pub(crate) fn unrendered(mut self) -> Self {
        *self.nodes.last_mut().expect("a node to change") = None;
        self.collected.nodes = NodeMap::new(self.nodes.clone());
        self
    }

    /// Adds an entry of `selectors.yml`.
    pub(crate) fn selector(mut self, entry: Value) -> Self {
        let file = self.project.files.add("selectors.yml", "selectors:\n");
        let name = entry["name"].as_str().expect("a name").to_owned();
        self.project.selectors.insert(name, Spanned::new(entry, Span::new(file, 0, 9)));
        self
    }

    /// The names of nodes.
    pub(crate) fn names(&self, ids: &[NodeId]) -> String {
        ids.iter().map(|id| self.project.node(*id).name.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Diagnostics as text, one line for each place, note and help.
    pub(crate) fn shown(&self, mut diagnostics: Vec<Diagnostic>) -> String {
        crate::diagnostic::sort(&mut diagnostics);
        let files = &self.project.files;
        let place = |span: Span| {
            let at = files.get(span.file).line_column(span.start);
            format!("{}:{}:{} `{}`", files.path(span.file), at.line, at.column, files.text(span))
        };
        let mut lines = Vec::new();
        for diagnostic in diagnostics {
            lines.push(format!("{:?}[{}] {}", diagnostic.severity, diagnostic.code, diagnostic.message));
            let labels = diagnostic.label.iter().chain(&diagnostic.related);
            lines.extend(labels.map(|label| format!("  {} {}", place(label.span), label.text)));
            lines.extend(
                diagnostic.notes.iter().map(|note| format!("  note: {}", note.replace('\n', "\n        "))),
            );
            for help in &diagnostic.help {
                lines.push(format!("  help: {}", help.text));
                let edits = help.edits.iter();
                lines.extend(edits.map(|edit| format!("    {} -> `{}`", place(edit.span), edit.replacement)));
            }
        }
        lines.join("\n")
    }
}

static CALL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(ref|source)\('(\w+)'(?:, '(\w+)')?(?:, v=(\w+))?\)").expect("a regex"));

fn calls(text: &str, span: Span) -> (Vec<RefCall>, Vec<SourceCall>) {
    let (mut refs, mut sources) = (Vec::new(), Vec::new());
    for found in CALL.captures_iter(text) {
        let whole = found.get(0).expect("the match");
        let span = Span::new(span.file, whole.start(), whole.end());
        let (one, two) = (found[2].to_owned(), found.get(3).map(|name| name.as_str().to_owned()));
        let version = found.get(4).map(|version| version.as_str().to_owned());
        match (&found[1], two) {
            ("ref", None) => refs.push(RefCall { package: None, name: one, version, span }),
            ("ref", Some(two)) => refs.push(RefCall { package: Some(one), name: two, version, span }),
            (_, table) => sources.push(SourceCall { source: one, table: table.unwrap_or_default(), span }),
        }
    }
    (refs, sources)
}
