//! The rule by which materializations are chosen.
//!
//! An author's word counts: `meta: {buhin: {materialized: …}}` first, then `materialized`, then the default of
//! `buhin.yml`, then dbt's `view`. Where that word is `auto` (or `ephemeral`, if `buhin.yml` lets it loose),
//! the first of these that fits decides:
//!
//! 1. a python model, a part with hooks, grants, indexes, a contract or public access, and one whose readers ask
//!    the warehouse about it, needs an object of its own: table;
//! 2. a part that nobody reads, or that an exposure reads: table;
//! 3. read by one part: inline, unless its text is volatile and might be run more than once;
//! 4. read by several: table.
//!
//! Readers are counted where they end up: a reader that is itself inlined counts as often as its own text is put
//! into statements. So a part read by one inlined part that two views read is read twice.
//!
//! Tests don't count as readers: they can read an inlined part too.

use serde_json::Value;

use super::{Decision, Materialization, Plan, Reason, custom, errors, volatile};
use crate::diagnostic::{Diagnostic, Staged};
use crate::graph::Graph;
use crate::project::{Node, NodeId, NodeKind, NodeMap, Project};
use crate::render::{Collected, CollectedNode};
use crate::source::Span;

pub(super) fn decide(project: &Project, collected: &Collected, graph: &Graph) -> Staged<Plan> {
    let mut decider = Decider {
        project,
        collected,
        graph,
        custom: None,
        plan: Plan { decisions: NodeMap::new(vec![None; project.nodes.len()]) },
        copies: NodeMap::new(vec![1; project.nodes.len()]),
        diagnostics: Vec::new(),
    };
    // Readers first, so that a part's readers are decided when the part is.
    for id in graph.order.iter().rev().copied() {
        let decision = decider.node(id);
        decider.plan.decisions[id] = decision;
        if decider.plan.is_inline(id) {
            decider.copies[id] = decider.expanded(&readers(project, graph, id)).max(1);
        }
    }
    Staged::new(decider.plan, decider.diagnostics)
}

struct Decider<'a> {
    project: &'a Project,
    collected: &'a Collected,
    graph: &'a Graph,
    /// Names of the project's own materializations, looked up when first needed.
    custom: Option<Vec<String>>,
    plan: Plan,
    /// How often each part's text is put into statements, once it is decided.
    copies: NodeMap<usize>,
    diagnostics: Vec<Diagnostic>,
}

impl Decider<'_> {
    fn node(&mut self, id: NodeId) -> Option<Decision> {
        let node = self.project.node(id);
        let collected = self.collected.nodes[id].as_ref().filter(|it| !it.failed)?;
        let fixed = |materialization, text: &str| {
            Some(Decision { materialization, auto: false, reason: reason("kind", text) })
        };
        match node.kind {
            NodeKind::Model => self.part(id, node, collected),
            NodeKind::Seed => fixed(Materialization::Seed, "a seed is always a table"),
            NodeKind::Snapshot => fixed(Materialization::Snapshot, "a snapshot keeps its own history"),
            _ => None,
        }
    }

    fn part(&mut self, id: NodeId, node: &Node, collected: &CollectedNode) -> Option<Decision> {
        let (name, why) = self.asked(node, collected);
        let author = |materialization| Some(Decision { materialization, auto: false, reason: why.clone() });
        let loose = self.project.settings.ephemeral.as_deref() == Some("auto");
        let materialization = match name.as_str() {
            "auto" => return Some(self.auto(id, node, collected)),
            "ephemeral" if loose => return Some(self.auto(id, node, collected)),
            "ephemeral" | "inline" => Materialization::Inline,
            "view" => Materialization::View,
            "table" => Materialization::Table,
            "temp" => Materialization::Temp,
            "incremental" => Materialization::Incremental,
            "materialized_view" | "dynamic_table" => Materialization::MaterializedView,
            _ => {
                let custom = self.custom.get_or_insert_with(|| custom::names(self.project));
                if !custom.contains(&name) {
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
        if materialization == Materialization::Inline {
            self.warn_of_dice(id, node, &name);
        }
        author(materialization)
    }

    /// How many statements these readers make, inlined ones counted where they end up.
    fn expanded(&self, readers: &[NodeId]) -> usize {
        readers.iter().fold(0_usize, |sum, reader| sum.saturating_add(self.copies[*reader]))
    }

    /// Says so if an author inlines random values more than once.
    fn warn_of_dice(&mut self, id: NodeId, node: &Node, asked: &str) {
        let count = readers(self.project, self.graph, id).iter().fold(0_usize, |sum, reader| {
            sum.saturating_add(self.references(*reader, node).saturating_mul(self.copies[*reader]))
        });
        let text = node.body.map_or("", |body| self.project.files.text(body));
        if count > 1
            && let Some(function) = volatile::random(self.project.target.dialect, text)
        {
            let at = place(self.project, node, asked);
            self.diagnostics.push(errors::inline_random(at, &node.name, &function, count));
        }
    }

    /// The word that counts for a part, and who said it.
    fn asked(&self, node: &Node, collected: &CollectedNode) -> (String, Reason) {
        let meta = collected.config.get("meta").and_then(|meta| meta.get("buhin"));
        if let Some(name) = meta.and_then(|buhin| buhin.get("materialized")).and_then(Value::as_str) {
            return (name.to_owned(), reason("author", "asked for in `meta.buhin`"));
        }
        let configs = [&collected.inline_config, &node.property_config, &node.project_config];
        let explicit = configs.iter().any(|config| config.materialized().is_some());
        match collected.config.materialized() {
            Some(name) if explicit => (name.to_owned(), reason("author", "its author's choice")),
            implicit => match &self.project.settings.default_materialization {
                Some(name) => (name.clone(), reason("default", "the default of buhin.yml")),
                None if node.is_python => {
                    ("table".to_owned(), reason("default", "the default of python models"))
                }
                None => (implicit.unwrap_or("view").to_owned(), reason("default", "the default")),
            },
        }
    }

    fn auto(&self, id: NodeId, node: &Node, collected: &CollectedNode) -> Decision {
        let table = |code, text: String| Decision {
            materialization: Materialization::Table,
            auto: true,
            reason: Reason { code, text },
        };
        if let Some(why) = self.needs_object(id, node, collected) {
            return table("needs-object", why);
        }
        let readers = readers(self.project, self.graph, id);
        let [reader] = readers.as_slice() else {
            return match readers.len() {
                0 => table("root", "nobody in the project reads it".to_owned()),
                count => table("read-often", format!("read by {count} parts")),
            };
        };
        let reader_name = &self.project.node(*reader).name;
        let copies = self.copies[*reader];
        if copies > 1 {
            let text = format!("read by `{reader_name}`, which is inlined {copies} times");
            return table("read-often", text);
        }
        let text = node.body.map_or("", |body| self.project.files.text(body));
        if let Some(word) = volatile::volatile(self.project.target.dialect, text) {
            let references = self.references(*reader, node);
            let runs_once = !matches!(
                self.plan.materialization(*reader),
                None | Some(Materialization::Inline | Materialization::View | Materialization::Custom(_))
            );
            if references > 1 || !runs_once {
                return table("volatile", format!("`{word}` could give other rows each time it is read"));
            }
        }
        Decision {
            materialization: Materialization::Inline,
            auto: true,
            reason: Reason { code: "read-once", text: format!("read by `{reader_name}` only") },
        }
    }

    /// Why a part can't do without a table or view of its own.
    fn needs_object(&self, id: NodeId, node: &Node, collected: &CollectedNode) -> Option<String> {
        if node.is_python {
            return Some("a python model makes a table".to_owned());
        }
        let config = &collected.config;
        let filled = |key: &str| match config.get(key) {
            Some(Value::Array(list)) => !list.is_empty(),
            Some(Value::Object(map)) => !map.is_empty(),
            Some(value) => value.as_str().is_some_and(|text| !text.is_empty()),
            None => false,
        };
        if let Some(key) =
            ["pre_hook", "post_hook", "grants", "indexes", "sql_header"].into_iter().find(|it| filled(it))
        {
            return Some(format!("its `{key}` needs an object"));
        }
        let enforced = config.get("contract").and_then(|contract| contract.get("enforced"));
        if enforced.and_then(Value::as_bool) == Some(true) {
            return Some("its contract needs an object".to_owned());
        }
        let access = node.properties.get("access").and_then(Value::as_str).or(config.text("access"));
        if access == Some("public") {
            return Some("its access is public".to_owned());
        }
        let children = &self.graph.children[id];
        if let Some(exposure) = children.iter().find(|it| self.project.node(**it).kind == NodeKind::Exposure)
        {
            return Some(format!("exposure `{}` reads it", self.project.node(*exposure).name));
        }
        // Macros such as `dbt_utils.star` ask the warehouse for the columns of what they are given.
        let asks = |child: &&NodeId| {
            let macros = self.collected.nodes[**child].as_ref().map_or(&[][..], |it| it.macros.as_slice());
            macros.iter().any(|name| ASKING.contains(&name.as_str()))
        };
        let child = children.iter().find(asks)?;
        Some(format!("`{}` may ask for its columns", self.project.node(*child).name))
    }

    /// How often a reader's text calls `ref()` for this part.
    fn references(&self, reader: NodeId, node: &Node) -> usize {
        let refs = self.collected.nodes[reader].as_ref().map_or(&[][..], |it| it.refs.as_slice());
        refs.iter().filter(|call| call.name == node.name).count()
    }
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

fn reason(code: &'static str, text: &str) -> Reason {
    Reason { code, text: text.to_owned() }
}

/// Where a part's materialization was asked for: the word in its text, else its properties, else the part.
fn place(project: &Project, node: &Node, name: &str) -> Span {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::fixture::Fixture;
    use serde_json::json;

    /// One line a part: name, materialization, code and reason.
    fn plan_of(fixture: &Fixture) -> String {
        let graph = crate::graph::resolve(&fixture.project, &fixture.collected).value;
        let staged = decide(&fixture.project, &fixture.collected, &graph);
        let mut lines = Vec::new();
        for (id, node) in fixture.project.nodes() {
            if let Some(decision) = &staged.value.decisions[id] {
                let Reason { code, text } = &decision.reason;
                lines.push(format!("{}: {} ({code}: {text})", node.name, decision.materialization.name()));
            }
        }
        lines.extend(staged.diagnostics.iter().map(|it| format!("{} {}", it.code, it.message)));
        lines.join("\n")
    }

    fn auto(fixture: Fixture, name: &str, text: &str) -> Fixture {
        materialized(fixture, name, "auto", text)
    }

    fn materialized(fixture: Fixture, name: &str, materialized: &str, text: &str) -> Fixture {
        let fixture = fixture.part(name, text).config(&json!({"materialized": materialized}));
        fixture.with(|node, collected| node.project_config = (*collected.config).clone())
    }

    #[test]
    fn read_once_is_inlined_and_read_often_is_a_table() {
        let fixture = auto(Fixture::new(), "a", "select 1");
        let fixture = auto(fixture, "b", "select * from ref('a')");
        let fixture = auto(fixture, "c", "select * from ref('b')");
        let fixture = auto(fixture, "d", "select * from ref('b')").test("unique", &["a"]);
        insta::assert_snapshot!(plan_of(&fixture), @r"
        a: inline (read-once: read by `b` only)
        b: table (read-often: read by 2 parts)
        c: table (root: nobody in the project reads it)
        d: table (root: nobody in the project reads it)
        ");
    }

    #[test]
    fn inlined_readers_count_where_they_end_up() {
        let fixture = auto(Fixture::new(), "base", "select 1");
        let fixture = auto(fixture, "other", "select 2");
        let fixture = materialized(fixture, "mid", "ephemeral", "select * from ref('base')");
        let fixture = materialized(fixture, "upper", "ephemeral", "select * from ref('mid')");
        let fixture = materialized(fixture, "alone", "ephemeral", "select * from ref('other')");
        let fixture = fixture.part("x", "select * from ref('upper')").part("y", "select * from ref('upper')");
        let fixture = fixture.part("z", "select * from ref('alone')");
        let plan = plan_of(&fixture);
        assert!(plan.contains("base: table (read-often: read by `mid`, which is inlined 2 times)"), "{plan}");
        assert!(plan.contains("other: inline (read-once: read by `alone` only)"), "{plan}");
    }

    #[test]
    fn an_authors_word_counts() {
        let fixture = materialized(Fixture::new(), "a", "ephemeral", "select 1");
        let fixture = materialized(fixture, "b", "table", "select * from ref('a')");
        let fixture = fixture.part("c", "select * from ref('a')");
        let fixture = auto(fixture, "d", "select * from ref('a')")
            .config(&json!({"meta": {"buhin": {"materialized": "view"}}}));
        insta::assert_snapshot!(plan_of(&fixture), @r"
        a: inline (author: its author's choice)
        b: table (author: its author's choice)
        c: view (default: the default)
        d: view (author: asked for in `meta.buhin`)
        ");
    }

    #[test]
    fn settings_give_the_default_and_let_ephemeral_parts_loose() {
        let fixture = materialized(Fixture::new(), "a", "ephemeral", "select 1");
        let mut fixture = fixture.part("b", "select * from ref('a')").part("c", "select * from ref('a')");
        fixture.project.settings.default_materialization = Some("auto".to_owned());
        fixture.project.settings.ephemeral = Some("auto".to_owned());
        insta::assert_snapshot!(plan_of(&fixture), @r"
        a: table (read-often: read by 2 parts)
        b: table (root: nobody in the project reads it)
        c: table (root: nobody in the project reads it)
        ");
    }

    #[test]
    fn what_could_differ_is_not_run_twice() {
        let fixture = auto(Fixture::new(), "dice", "select random() as r");
        let fixture = auto(fixture, "first", "select * from t limit 5");
        let fixture = auto(fixture, "once", "select uuid() as u");
        let fixture = materialized(fixture, "a", "view", "select * from ref('dice')");
        let fixture = materialized(fixture, "b", "table", "select * from ref('first'), ref('first')");
        let fixture = materialized(fixture, "c", "table", "select * from ref('once')");
        insta::assert_snapshot!(plan_of(&fixture), @r"
        dice: table (volatile: `random` could give other rows each time it is read)
        first: table (volatile: `limit` could give other rows each time it is read)
        once: inline (read-once: read by `c` only)
        a: view (author: its author's choice)
        b: table (author: its author's choice)
        c: table (author: its author's choice)
        ");
    }

    #[test]
    fn dice_that_an_author_inlines_twice_are_worth_a_warning() {
        let fixture = materialized(Fixture::new(), "dice", "ephemeral", "select random() as r");
        let fixture = fixture.part("a", "select * from ref('dice'), ref('dice')");
        assert!(
            plan_of(&fixture)
                .ends_with("B0502 `dice` is inlined 2 times, and `random` gives other values each time")
        );
    }

    #[test]
    fn some_parts_need_an_object() {
        let fixture = auto(Fixture::new(), "hooked", "select 1").config(&json!({"post_hook": ["analyze"]}));
        let fixture = auto(fixture, "shown", "select 1").exposure("board", &["ref('shown')"]);
        let fixture = auto(fixture, "asked", "select 1");
        let fixture = fixture.part("r", "select * from ref('hooked'), ref('shown')");
        let fixture = fixture.part("s", "select * from ref('asked')");
        let fixture =
            fixture.with(|_, collected| collected.macros.push("macro.dbt_utils._is_relation".to_owned()));
        insta::assert_snapshot!(plan_of(&fixture), @r"
        hooked: table (needs-object: its `post_hook` needs an object)
        shown: table (needs-object: exposure `board` reads it)
        asked: table (needs-object: `s` may ask for its columns)
        r: view (default: the default)
        s: view (default: the default)
        ");
    }

    #[test]
    fn an_unknown_materialization_is_named() {
        let fixture =
            materialized(Fixture::new(), "a", "tabel", "{{ config(materialized='tabel') }} select 1");
        let graph = crate::graph::resolve(&fixture.project, &fixture.collected).value;
        let staged = decide(&fixture.project, &fixture.collected, &graph);
        insta::assert_snapshot!(fixture.shown(staged.diagnostics), @r"
        Error[B0501] materialization `tabel` of `a` is not known
          models/a.sql:1:25 `tabel` asked for here
          help: a materialization with a similar name exists: `table`
        ");
    }
}
