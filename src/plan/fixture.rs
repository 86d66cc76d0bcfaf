//! A plan for tests, from texts with plain `ref('x')` and `source('x', 'y')` calls.

use std::sync::LazyLock;

use regex::Regex;

use super::{Approved, Input, Plan, Statistics, wishes};
use crate::diagnostic::Staged;
use crate::graph::Graph;
use crate::project::{NodeMap, Project};
use crate::render::{Collected, Rendered, RenderedNode};
use crate::source::SourceMap;

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\{\{\s*)?(ref|source)\('([^']+)'(?:, '([^']+)')?\)(?:\s*\}\})?").expect("a regex")
});

/// The texts with calls made good, as far as planning looks at them.
pub(crate) fn rendered(project: &Project) -> Rendered {
    let nodes = project.nodes().map(|(_, node)| {
        let text = project.files.text(node.body?);
        let name = |call: &regex::Captures<'_>| match &call[1] {
            "ref" => format!("__dbt__cte__{}", &call[2]),
            _ => format!("{}.{}", &call[2], &call[3]),
        };
        Some(RenderedNode {
            sql: CALL.replace_all(text, name).into_owned(),
            source_map: SourceMap::default(),
            introspects: false,
            queries: false,
            is_late: false,
            pre_hooks: Vec::new(),
            post_hooks: Vec::new(),
        })
    });
    Rendered { nodes: NodeMap::new(nodes.collect()) }
}

/// The plan, with nothing approved before.
pub(crate) fn plan(project: &Project, collected: &Collected, graph: &Graph) -> Staged<Plan> {
    let mut said = Vec::new();
    let wishes = wishes(project, collected, graph).collect(&mut said);
    let rendered = rendered(project);
    let approved = Approved::default();
    let input = Input {
        project,
        collected,
        graph,
        wishes: &wishes,
        rendered: &rendered,
        approved: &approved,
        statistics: &Statistics::default(),
    };
    let plan = super::plan(input).collect(&mut said);
    Staged::new(plan, said)
}
