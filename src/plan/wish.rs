//! What each part's author wants, and what is left to buhin.
//!
//! An author's word counts: `meta: {buhin: {materialized: …}}` first, then `materialized`, then the default of
//! `buhin.yml`, then dbt's `view`. Where that word is `auto` (or `ephemeral`, if `buhin.yml` lets it loose),
//! buhin decides, but for parts that need an object of their own.

use serde_json::Value;

use super::{Decision, Materialization, Reason, custom, errors};
use crate::diagnostic::{Diagnostic, Staged};
use crate::graph::Graph;
use crate::project::{Node, NodeId, NodeKind, NodeMap, Project};
use crate::render::{Collected, CollectedNode};
use crate::source::Span;

/// What is known about a node before anything is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is decided.
    Fixed(Decision),
    /// buhin decides.
    Auto {
        /// Why it has to be a table all the same.
        table: Option<Reason>,
    },
}

/// By node; `None` for what is not built.
pub type Wishes = NodeMap<Option<Wish>>;

/// Reads what the authors want.
pub fn wishes(project: &Project, collected: &Collected, graph: &Graph) -> Staged<Wishes> {
    let mut reader = Reader { project, collected, graph, custom: None, diagnostics: Vec::new() };
    let mut wishes = NodeMap::new(vec![None; project.nodes.len()]);
    for id in graph.order.iter().rev().copied() {
        wishes[id] = reader.node(id);
    }
    Staged::new(wishes, reader.diagnostics)
}

/// True if something is left to buhin.
pub fn is_open(wishes: &Wishes) -> bool {
    wishes.iter().any(|(_, wish)| matches!(wish, Some(Wish::Auto { table: None })))
}

struct Reader<'a> {
    project: &'a Project,
    collected: &'a Collected,
    graph: &'a Graph,
    /// Names of the project's own materializations, looked up when first needed.
    custom: Option<Vec<String>>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn node(&mut self, id: NodeId) -> Option<Wish> {
        let node = self.project.node(id);
        let collected = self.collected.nodes[id].as_ref().filter(|it| !it.failed)?;
        let fixed = |materialization, text: &str, japanese: &str| {
            Some(Wish::Fixed(Decision::fixed(materialization, reason("kind", text, japanese))))
        };
        match node.kind {
            NodeKind::Model => self.part(id, node, collected),
            NodeKind::Seed => {
                fixed(Materialization::Seed, "a seed is always a table", "seed はいつも表になる")
            }
            NodeKind::Snapshot => fixed(
                Materialization::Snapshot,
                "a snapshot keeps its own history",
                "snapshot は自分の履歴を持つ",
            ),
            _ => None,
        }
    }

    fn part(&mut self, id: NodeId, node: &Node, collected: &CollectedNode) -> Option<Wish> {
        let (name, why) = self.asked(node, collected);
        let loose = self.project.settings.ephemeral.as_deref() == Some("auto");
        let materialization = match name.as_str() {
            "auto" => return Some(self.auto(id)),
            "ephemeral" if loose => return Some(self.auto(id)),
            "ephemeral" | "inline" => Materialization::Inline,
            "view" => Materialization::View,
            "table" => Materialization::Table,
            "temp" => Materialization::Temp,
            "incremental" => Materialization::Incremental,
            "materialized_view" | "dynamic_table" => Materialization::MaterializedView,
            _ => {
                let custom = self.custom.get_or_insert_with(|| custom::names(self.project));
                let of_adapter = self.project.target.dialect.own_materializations().contains(&name.as_str());
                if !of_adapter && !custom.contains(&name) {
                    let at = place(self.project, node, &name);
                    let adapter = &self.project.target.adapter;
                    self.diagnostics
                        .push(errors::unknown_materialization(at, &node.name, &name, adapter, custom));
                    return None;
                }
                Materialization::Custom(name.clone())
            }
        };
        if node.is_python && materialization == Materialization::Inline {
            self.diagnostics.push(errors::inline_python(place(self.project, node, &name), &node.name));
            return None;
        }
        Some(Wish::Fixed(Decision::fixed(materialization, why)))
    }

    fn auto(&self, id: NodeId) -> Wish {
        Wish::Auto { table: table(self.project, self.collected, self.graph, id) }
    }

    /// The word that counts for a part, and who said it.
    fn asked(&self, node: &Node, collected: &CollectedNode) -> (String, Reason) {
        let meta = collected.config.get("meta").and_then(|meta| meta.get("buhin"));
        if let Some(name) = meta.and_then(|buhin| buhin.get("materialized")).and_then(Value::as_str) {
            return (
                name.to_owned(),
                reason("author", "asked for in `meta.buhin`", "`meta.buhin` で指定された"),
            );
        }
        let configs = [&collected.inline_config, &node.property_config, &node.project_config];
        let explicit = configs.iter().any(|config| config.materialized().is_some());
        match collected.config.materialized() {
            Some(name) if explicit => {
                (name.to_owned(), reason("author", "its author's choice", "作者の指定"))
            }
            implicit => match &self.project.settings.default_materialization {
                Some(name) => {
                    (name.clone(), reason("default", "the default of buhin.yml", "buhin.yml の既定"))
                }
                None if node.is_python => (
                    "table".to_owned(),
                    reason("default", "the default of python models", "Python のモデルの既定"),
                ),
                None => (implicit.unwrap_or("view").to_owned(), reason("default", "the default", "既定")),
            },
        }
    }
}

/// Why a part that is left to buhin has to be a table all the same.
pub(super) fn table(project: &Project, collected: &Collected, graph: &Graph, id: NodeId) -> Option<Reason> {
    match needs_object(project, collected, graph, id) {
        Some((text, japanese)) => Some(Reason { code: "needs-object", text, japanese }),
        None if readers(project, graph, id).is_empty() => {
            Some(reason("root", "nobody in the project reads it", "プロジェクトの中に読むものがない"))
        }
        None => None,
    }
}

/// Why a part can't do without a table or view of its own, in English and Japanese.
fn needs_object(
    project: &Project,
    collected: &Collected,
    graph: &Graph,
    id: NodeId,
) -> Option<(String, String)> {
    let node = project.node(id);
    let both = |text: &str, japanese: &str| Some((text.to_owned(), japanese.to_owned()));
    if node.is_python {
        return both("a python model makes a table", "Python のモデルは表を作る");
    }
    let config = &collected.nodes[id].as_ref()?.config;
    let filled = |key: &str| match config.get(key) {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        Some(value) => value.as_str().is_some_and(|text| !text.is_empty()),
        None => false,
    };
    if let Some(key) =
        ["pre_hook", "post_hook", "grants", "indexes", "sql_header"].into_iter().find(|it| filled(it))
    {
        return Some((format!("its `{key}` needs an object"), format!("`{key}` には実体が要る")));
    }
    if config.has_contract() {
        return both("its contract needs an object", "契約には実体が要る");
    }
    let access = node.properties.get("access").and_then(Value::as_str).or(config.text("access"));
    if access == Some("public") {
        return both("its access is public", "公開されている");
    }
    let children = &graph.children[id];
    if let Some(exposure) = children.iter().find(|it| project.node(**it).kind == NodeKind::Exposure) {
        let name = &project.node(*exposure).name;
        return Some((format!("exposure `{name}` reads it"), format!("exposure `{name}` が読む")));
    }
    // Macros such as `dbt_utils.star` ask the warehouse for the columns of what they are given.
    let asks = |child: &&NodeId| {
        let macros = collected.nodes[**child].as_ref().map_or(&[][..], |it| it.macros.as_slice());
        macros.iter().any(|name| ASKING.contains(&name.as_str()))
    };
    let child = &project.node(*children.iter().find(asks)?).name;
    Some((format!("`{child}` may ask for its columns"), format!("`{child}` が列を問い合わせることがある")))
}

/// Macros that are known to look at the relation they are given.
const ASKING: &[&str] = &[
    "macro.dbt.get_columns_in_query",
    "macro.dbt.get_columns_in_relation",
    "macro.dbt.run_query",
    "macro.dbt.statement",
    "macro.dbt_utils._is_ephemeral",
    "macro.dbt_utils._is_relation",
];

/// The enabled nodes that read a part, tests and exposures not counted.
pub(super) fn readers(project: &Project, graph: &Graph, id: NodeId) -> Vec<NodeId> {
    let counts = |child: &NodeId| {
        let kind = project.node(*child).kind;
        matches!(kind, NodeKind::Model | NodeKind::Snapshot | NodeKind::Analysis) && graph.enabled[*child]
    };
    graph.children[id].iter().copied().filter(counts).collect()
}

pub(super) fn reason(code: &'static str, text: &str, japanese: &str) -> Reason {
    Reason { code, text: text.to_owned(), japanese: japanese.to_owned() }
}

/// Where a part's materialization was asked for: the word in its text, else its properties, else the part.
pub(super) fn place(project: &Project, node: &Node, name: &str) -> Span {
    if let Some(body) = node.body {
        let text = project.files.text(body);
        let found = ["'", "\""].iter().find_map(|quote| text.find(&format!("{quote}{name}{quote}")));
        if let Some(at) = found {
            let start = body.start as usize + at + 1;
            return Span::new(body.file, start, start + name.len());
        }
    }
    node.properties_span.unwrap_or(Span { end: node.span.start, ..node.span })
}
