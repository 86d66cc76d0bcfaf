//! Cases of inlining: parts in, statements out. Each `.case` file holds several; see [`Case`].

use std::sync::LazyLock;

use regex::Regex;
use serde_json::json;

use super::{Context, Inliner, Style};
use crate::graph::fixture::Fixture;
use crate::project::{NodeId, NodeKind, NodeMap};
use crate::render::{RefCall, Rendered, RenderedNode};
use crate::source::{Segment, SegmentKind, SourceMap, Span};
use crate::sql::Dialect;

/// A case: a sentence after `=== `, options, parts, and the expected statement of some of them.
///
/// `--- part NAME MATERIALIZATION` opens a part; `--- dbt NAME`, `--- plain NAME` and `--- standalone NAME` open what
/// is expected of it in that form.
struct Case<'a> {
    title: &'a str,
    dialect: Dialect,
    parts: Vec<(&'a str, &'a str, &'a str)>,
    expected: Vec<(&'a str, &'a str, &'a str)>,
}

#[test]
fn inlining_gives_the_expected_statements() {
    let files = [
        include_str!("dbt.case"),
        include_str!("plain.case"),
        include_str!("auto.case"),
        include_str!("standalone.case"),
        include_str!("dialects.case"),
        include_str!("temp.case"),
    ];
    let mut wrong = String::new();
    let mut count = 0;
    for file in files {
        for case in cases(file) {
            count += 1;
            let built = Built::of(&case);
            for (form, name, expected) in &case.expected {
                let got = built.compile(form, name);
                if got != *expected {
                    wrong.push_str(&format!("=== {}\n--- {form} {name}\n{got}\n", case.title));
                }
            }
        }
    }
    assert!(count >= 40, "{count} cases");
    assert!(wrong.is_empty(), "these statements are other than expected:\n{wrong}");
}

/// Every byte that the author wrote leads back to where it was written, through inlined parts too.
#[test]
fn bytes_lead_to_the_authors_file() {
    let case = Case {
        title: "",
        dialect: Dialect::DuckDb,
        parts: vec![
            ("base", "ephemeral", "select 1 as 部品"),
            ("middle", "ephemeral", "select * from {{ ref('base') }} where 部品 > 0"),
            ("top", "table", "select 部品 from {{ ref('middle') }}"),
        ],
        expected: Vec::new(),
    };
    let built = Built::of(&case);
    let top = built.id("top");
    for style in [Style::Dbt, Style::Plain] {
        let compiled = Inliner::new(built.context(), style).compile(top).expect("a statement");
        let files = &built.fixture.project.files;
        for (text, path, frames) in [
            ("1 as 部品", "models/base.sql", 2),
            ("部品 > 0", "models/middle.sql", 1),
            ("select 部品", "models/top.sql", 0),
        ] {
            let at = compiled.sql.find(text).expect("the author's text");
            let origin = compiled.source_map.origin(at..at + text.len()).expect("an origin");
            assert!(origin.exact);
            assert_eq!(files.path(origin.span.file), path);
            assert_eq!(files.text(origin.span), text);
            assert_eq!(origin.frames.len(), frames);
        }
        let name = if style == Style::Dbt { "from __dbt__cte__middle" } else { "from middle" };
        let at = compiled.sql.rfind(name).expect("the name of the CTE") + 5;
        let origin = compiled.source_map.origin(at..at + 6).expect("an origin");
        assert_eq!(files.text(origin.span), "{{ ref('middle') }}");
    }
}

/// A part that is no query is named once, and neither it nor what reads it is compiled.
#[test]
fn what_is_no_query_is_not_inlined() {
    let case = Case {
        title: "",
        dialect: Dialect::DuckDb,
        parts: vec![
            ("call_it", "ephemeral", "-- all\ncall refresh()"),
            ("reader", "table", "select * from {{ ref('call_it') }}"),
            ("other", "table", "select 1"),
        ],
        expected: Vec::new(),
    };
    let built = Built::of(&case);
    let (project, collected) = (&built.fixture.project, &built.fixture.collected);
    let staged = super::compile(project, collected, &built.graph, &built.plan, &built.rendered);
    let compiled = ["call_it", "reader", "other"].map(|name| staged.value[built.id(name)].is_some());
    assert_eq!(compiled, [false, false, true]);
    insta::assert_snapshot!(built.fixture.shown(staged.diagnostics), @r"
    Error[B0601] `call_it` can't be inlined into `reader`: a `call` statement is no query
      models/call_it.sql:2:1 `call` this statement gives no rows
      help: materialize it as `view` or `table`, or begin its SQL with `select`, `with` or `values`
    ");
}

fn cases(file: &str) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for text in file.split("\n=== ").map(|text| text.trim_start_matches("=== ")) {
        let (title, rest) = text.split_once('\n').expect("a title line");
        let mut case = Case { title, dialect: Dialect::DuckDb, parts: Vec::new(), expected: Vec::new() };
        let mut sections = rest.split("--- ");
        let options = sections.next().unwrap_or_default();
        if let Some(name) = options.trim().strip_prefix("dialect: ") {
            case.dialect = Dialect::from_name(name).expect("a dialect");
        }
        for section in sections {
            let (head, body) = section.split_once('\n').unwrap_or((section, ""));
            let body = body.strip_suffix('\n').unwrap_or(body);
            let (kind, name) = head.split_once(' ').expect("a name");
            match name.rsplit_once(' ').filter(|_| kind == "part") {
                Some((name, materialization)) => case.parts.push((name, materialization, body)),
                None => case.expected.push((kind, name, body)),
            }
        }
        cases.push(case);
    }
    cases
}

struct Built {
    fixture: Fixture,
    graph: crate::graph::Graph,
    plan: crate::plan::Plan,
    rendered: Rendered,
}

impl Built {
    fn of(case: &Case<'_>) -> Self {
        let mut fixture = Fixture::new();
        for (name, materialized, text) in &case.parts {
            let dialect = case.dialect;
            fixture = fixture
                .add("shop", NodeKind::Model, "models/x.sql", text)
                .config(&json!({"materialized": materialized}))
                .with(|node, collected| {
                    node.name = (*name).to_owned();
                    node.project_config = (*collected.config).clone();
                    let relation = collected.relation.as_mut().expect("a relation");
                    relation.identifier = Some((*name).to_owned());
                    relation.dialect = dialect;
                });
            // The fixture knows one path for all; a part's own file is named after it.
            let body = fixture.project.nodes.last().and_then(|node| node.body).expect("a body");
            let file = fixture.project.files.add(format!("models/{name}.sql"), *text);
            fixture = fixture.with(|node, collected| {
                node.body = Some(Span { file, ..body });
                let calls = REF.captures_iter(text).filter(|call| &call[1] == "ref");
                collected.refs = calls
                    .map(|call| {
                        let whole = call.get(0).expect("the match");
                        let span = Span::new(file, whole.start(), whole.end());
                        RefCall { package: None, name: call[2].to_owned(), version: None, span }
                    })
                    .collect();
            });
        }
        fixture.project.target.dialect = case.dialect;
        let graph = crate::graph::resolve(&fixture.project, &fixture.collected).value;
        let plan = crate::plan::fixture::plan(&fixture.project, &fixture.collected, &graph).value;
        let nodes = fixture.project.nodes().map(|(id, _)| Some(render(&fixture, id))).collect();
        Self { rendered: Rendered { nodes: NodeMap::new(nodes) }, fixture, graph, plan }
    }

    fn context(&self) -> Context<'_> {
        Context {
            project: &self.fixture.project,
            collected: &self.fixture.collected,
            graph: &self.graph,
            plan: &self.plan,
            rendered: &self.rendered,
            inherited: None,
        }
    }

    fn id(&self, name: &str) -> NodeId {
        self.fixture.project.nodes().find(|(_, node)| node.name == name).expect("a part of this name").0
    }

    fn compile(&self, form: &str, name: &str) -> String {
        let inliner = match form {
            "dbt" => Inliner::new(self.context(), Style::Dbt),
            "plain" => Inliner::new(self.context(), Style::Plain),
            "standalone" => Inliner::standalone(self.context()),
            _ => panic!("`{form}` is no form of a statement"),
        };
        inliner.compile(self.id(name)).expect("a statement").sql
    }
}

static REF: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{ (ref|source)\('([^']+)'(?:, '([^']+)')?\) \}\}").expect("a regex"));

/// What the render stage makes of the text, as far as cases need it.
fn render(fixture: &Fixture, id: NodeId) -> RenderedNode {
    let body = fixture.project.node(id).body.expect("a body");
    let text = fixture.project.files.text(body);
    let (mut sql, mut segments, mut rest) = (String::new(), Vec::new(), 0);
    let mut push = |from: usize, to: usize, out: &str, kind, sql: &mut String| {
        let start = sql.len() as u32;
        sql.push_str(out);
        let origin = Span::new(body.file, from, to);
        segments.push(Segment {
            rendered: start..sql.len() as u32,
            origin,
            kind,
            frames: std::sync::Arc::default(),
        });
    };
    for call in REF.captures_iter(text) {
        let whole = call.get(0).expect("the match");
        push(rest, whole.start(), &text[rest..whole.start()], SegmentKind::Literal, &mut sql);
        let name = if &call[1] == "source" {
            format!("{}.{}", &call[2], &call[3])
        } else {
            let part = fixture.project.nodes().find(|(_, node)| node.name == call[2]).expect("a part").0;
            let collected = fixture.collected.nodes[part].as_ref().expect("collected");
            match collected.config.materialized() {
                Some("ephemeral" | "inline" | "auto") => format!("__dbt__cte__{}", &call[2]),
                _ => collected.relation.as_ref().expect("a relation").render(),
            }
        };
        push(whole.start(), whole.end(), &name, SegmentKind::Produced, &mut sql);
        rest = whole.end();
    }
    push(rest, text.len(), &text[rest..], SegmentKind::Literal, &mut sql);
    RenderedNode {
        sql,
        source_map: SourceMap { segments },
        introspects: false,
        queries: false,
        is_late: false,
        pre_hooks: Vec::new(),
        post_hooks: Vec::new(),
    }
}
