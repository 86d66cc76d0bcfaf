//! What buhin decides: the solver's answer in the words of the project, with reasons.

use super::measure::{Extent, Held, Measured, measure};
use super::problem::{ItemId, State, number};
use super::solve::{self, Evaluator, Over};
use super::walk::reach;
use super::wish::{self, Wish, reason};
use super::{Decision, Input, Materialization, Plan, Reason};
use crate::project::{NodeId, NodeMap, Project};

/// Decides for every part; what is fixed stays as it is.
pub(super) fn decide(input: Input<'_>) -> Plan {
    let Input { project, graph, wishes, .. } = input;
    let mut plan = Plan { decisions: NodeMap::new(vec![None; project.nodes.len()]) };
    for (id, wish) in wishes.iter() {
        plan.decisions[id] = match wish {
            Some(Wish::Fixed(decision)) => Some(decision.clone()),
            Some(Wish::Auto { table }) => Some(Decision {
                materialization: Materialization::Table,
                fenced: false,
                auto: true,
                apart: false,
                reason: table
                    .clone()
                    .unwrap_or_else(|| reason("no-sql", "it has no SQL to look at", "調べる SQL がない")),
            }),
            None => None,
        };
    }
    if wish::is_open(wishes) {
        let measured = measure(input, Extent::Parts);
        let by_size = solve::solve(&measured.problem).states;
        let states = if input.statistics.is_empty() {
            by_size.clone()
        } else {
            solve::solve(&input.statistics.apply(project, &measured)).states
        };
        let mut reasons = Reasons::new(project, &measured, &states);
        for id in graph.order.iter().copied() {
            let (Some(Wish::Auto { table }), Some(item)) = (&wishes[id], measured.item[id]) else { continue };
            let state = states[item as usize];
            let held = &measured.held[id];
            let chosen = table.is_none() && held.is_none() && state != State::Inline;
            let over = if chosen { reasons.over_if_inlined(item) } else { None };
            let reason = match table {
                Some(why) => why.clone(),
                None if state != by_size[item as usize] => by_statistics(input, id, by_size[item as usize]),
                None => reasons.of(id, item, over.as_ref()),
            };
            let apart = state.is_stored() && (over.is_some() || matches!(held, Some(Held::Volatile(_))));
            let materialization = materialization_of(state);
            let fenced = state == State::Fenced;
            plan.decisions[id] = Some(Decision { materialization, fenced, auto: true, apart, reason });
        }
    }
    plan
}

/// The reason of what would be decided otherwise if earlier runs told nothing.
fn by_statistics(input: Input<'_>, id: NodeId, otherwise: State) -> Reason {
    let otherwise = materialization_of(otherwise);
    let otherwise = otherwise.name();
    let (text, japanese) = match input.statistics.of(&input.project.node(id).unique_id) {
        Some(known) => (
            format!("statistics: {}; by its size it would be `{otherwise}`", known.shown()),
            format!("統計({})による。大きさだけなら `{otherwise}`", known.shown_in_japanese()),
        ),
        None => (
            format!("statistics of other parts; by their sizes it would be `{otherwise}`"),
            format!("ほかの部品の統計による。大きさだけなら `{otherwise}`"),
        ),
    };
    Reason { code: "statistics", text, japanese }
}

pub(super) fn materialization_of(state: State) -> Materialization {
    match state {
        State::Inline | State::Fenced => Materialization::Inline,
        State::View => Materialization::View,
        State::Temp => Materialization::Temp,
        State::Table => Materialization::Table,
    }
}

/// Finds out why the solver chose what it chose: what would have been otherwise.
struct Reasons<'a> {
    project: &'a Project,
    measured: &'a Measured,
    states: Vec<State>,
    evaluator: Evaluator<'a>,
    /// By item, the items that read it.
    readers: Vec<Vec<ItemId>>,
}

impl<'a> Reasons<'a> {
    fn new(project: &'a Project, measured: &'a Measured, states: &[State]) -> Self {
        let mut readers = vec![Vec::new(); states.len()];
        for (at, item) in measured.problem.items.iter().enumerate() {
            for slot in item.blocks.iter().flat_map(|block| &block.slots) {
                let readers = &mut readers[slot.item as usize];
                if readers.last() != Some(&(at as ItemId)) {
                    readers.push(at as ItemId);
                }
            }
        }
        Self {
            project,
            measured,
            states: states.to_vec(),
            evaluator: Evaluator::new(&measured.problem),
            readers,
        }
    }

    /// Why a free item became what it is; `over` is what [`Reasons::over_if_inlined`] says of it.
    fn of(&self, id: NodeId, item: ItemId, over: Option<&Over>) -> Reason {
        let nodes = self.nodes_that_read(id, item);
        let parts: Vec<&str> = nodes.iter().map(|id| self.project.node(*id).name.as_str()).collect();
        match (self.states[item as usize], &self.measured.held[id]) {
            (State::Inline, Some(Held::Columns)) => reason(
                "columns",
                "a column has no name, or two have the same: no table or view can have them",
                "名前のない列か同じ名前の列があり、表にもビューにもできない",
            ),
            (State::Inline, _) => match parts.as_slice() {
                [one] => Reason {
                    code: "read-once",
                    text: format!("read by `{one}` only"),
                    japanese: format!("読むのは `{one}` だけ"),
                },
                parts => Reason {
                    code: "cheap",
                    text: format!("read by {} parts, but cheaper to run again than to store", parts.len()),
                    japanese: format!("{} 個の部品が読むが、保存するより毎回計算するほうが安い", parts.len()),
                },
            },
            (State::Fenced, Some(Held::Volatile(word))) => Reason {
                code: "volatile",
                text: format!(
                    "`{word}` could give other rows each time it is run: behind a fence, `{}` runs it once",
                    parts.first().unwrap_or(&"its reader")
                ),
                japanese: format!(
                    "`{word}` は実行のたびに違う行になりうるので、囲って{}一度だけ実行する",
                    parts.first().map(|part| format!(" `{part}` で")).unwrap_or_default()
                ),
            },
            (_, Some(Held::Volatile(word))) => Reason {
                code: "volatile",
                text: format!("`{word}` could give other rows each time it is read"),
                japanese: format!("`{word}` は読むたびに違う行になりうる"),
            },
            (_, Some(Held::Recursive)) => reason(
                "recursive",
                "it calls itself, which not all readers may hold",
                "自分自身を呼ぶので、読む側に埋め込めないことがある",
            ),
            (state, _) => match over {
                Some(over) => {
                    let root = &self.project.node(self.measured.node[over.root as usize]).name;
                    let (value, budget) = (number(over.value), number(over.budget.into()));
                    let (without, if_so) = match state {
                        State::Fenced => ("without a fence", "囲わなければ"),
                        _ => ("inlined", "埋め込めば"),
                    };
                    let noun = over.measure.noun();
                    let text = format!(
                        "{without}, the statement of `{root}` would have {value} {noun}, over the budget of {budget}"
                    );
                    let noun = over.measure.noun_in_japanese();
                    let japanese =
                        format!("{if_so} `{root}` の文の{noun}が {value} になり、上限 {budget} を超える");
                    Reason { code: "limit", text, japanese }
                }
                None if state == State::Fenced => reason(
                    "fence",
                    "a fence makes its readers' statements run it once",
                    "囲えば、読む側の文で一度だけ実行される",
                ),
                None if state == State::View => {
                    reason("view", "a view costs less than a table here", "ここでは表よりビューのほうが安い")
                }
                None if parts.len() == 1 => Reason {
                    code: "read-often",
                    text: format!("`{}` is put into several statements: storing this costs less", parts[0]),
                    japanese: format!("`{}` がいくつもの文に埋め込まれるので、保存するほうが安い", parts[0]),
                },
                None => Reason {
                    code: "read-often",
                    text: format!(
                        "read by {} parts: storing it costs less than running it again",
                        parts.len()
                    ),
                    japanese: format!(
                        "{} 個の部品が読むので、毎回計算するより保存するほうが安い",
                        parts.len()
                    ),
                },
            },
        }
    }

    /// Which statement would be over which budget if this one were inlined: the worst.
    fn over_if_inlined(&mut self, item: ItemId) -> Option<Over> {
        let was = std::mem::replace(&mut self.states[item as usize], State::Inline);
        let mut worst: Option<Over> = None;
        for root in self.roots_over(item) {
            let load = self.evaluator.load(&self.states, root);
            for over in solve::excess(&load, &self.measured.problem.budgets, root) {
                // value / budget, compared without division.
                let more = worst.as_ref().is_none_or(|worst| {
                    over.value.saturating_mul(worst.budget.into())
                        > worst.value.saturating_mul(over.budget.into())
                });
                if more {
                    worst = Some(over);
                }
            }
        }
        self.states[item as usize] = was;
        worst
    }

    /// The statements that an inlined item is in.
    fn roots_over(&self, item: ItemId) -> Vec<ItemId> {
        let readers = |item: ItemId| self.readers[item as usize].iter().copied();
        // A stored reader ends the way; a view's readers hold it too.
        let mut roots = reach(item, readers, |reader| !self.states[reader as usize].is_stored());
        roots.retain(|reader| {
            !self.states[*reader as usize].is_inline()
                || self.measured.problem.items[*reader as usize].is_reader
        });
        roots.sort_unstable();
        roots
    }

    /// The nodes whose texts read an item's part.
    fn nodes_that_read(&self, id: NodeId, item: ItemId) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> =
            self.readers[item as usize].iter().map(|reader| self.measured.node[*reader as usize]).collect();
        nodes.retain(|node| *node != id);
        nodes.dedup();
        nodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::fixture::Fixture;
    use serde_json::json;

    /// One line a part: name, materialization, code and reason.
    fn plan_of(fixture: &Fixture) -> String {
        let graph = crate::graph::resolve(&fixture.project, &fixture.collected).value;
        let staged = crate::plan::fixture::plan(&fixture.project, &fixture.collected, &graph);
        let mut lines = Vec::new();
        for (id, node) in fixture.project.nodes() {
            if let Some(decision) = &staged.value.decisions[id] {
                let Reason { code, text, japanese } = &decision.reason;
                assert!(!japanese.is_ascii(), "{code} has no Japanese: {japanese}");
                lines.push(format!("{}: {} ({code}: {text})", node.name, decision.shown()));
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

    /// A text that costs more to run than to store.
    const DEAR: &str =
        "select k, count(*) as n from x join y using (k) join z using (k) group by k order by n";

    #[test]
    fn read_once_is_inlined_and_read_often_is_a_table() {
        let fixture = auto(Fixture::new(), "a", DEAR);
        let fixture = auto(fixture, "b", "select * from ref('a')");
        let fixture = auto(fixture, "c", "select * from ref('b')");
        let fixture = auto(fixture, "d", "select * from ref('b')").test("unique", &["a"]);
        insta::assert_snapshot!(plan_of(&fixture), @r"
        a: inline (read-once: read by `b` only)
        b: table (read-often: read by 2 parts: storing it costs less than running it again)
        c: table (root: nobody in the project reads it)
        d: table (root: nobody in the project reads it)
        ");
    }

    #[test]
    fn what_costs_little_is_run_again() {
        let fixture = auto(Fixture::new(), "a", "select id, v + 1 as v from src");
        let fixture = auto(fixture, "b", "select * from ref('a')");
        let fixture = auto(fixture, "c", "select * from ref('a')");
        insta::assert_snapshot!(plan_of(&fixture), @r"
        a: inline (cheap: read by 2 parts, but cheaper to run again than to store)
        b: table (root: nobody in the project reads it)
        c: table (root: nobody in the project reads it)
        ");
    }

    #[test]
    fn inlined_readers_count_where_they_end_up() {
        let fixture = auto(Fixture::new(), "base", DEAR);
        let fixture = auto(fixture, "other", DEAR);
        let fixture = materialized(fixture, "mid", "ephemeral", "select * from ref('base')");
        let fixture = materialized(fixture, "upper", "ephemeral", "select * from ref('mid')");
        let fixture = materialized(fixture, "alone", "ephemeral", "select * from ref('other')");
        let fixture = fixture.part("x", "select * from ref('upper')").part("y", "select * from ref('upper')");
        let fixture = fixture.part("z", "select * from ref('alone')");
        let plan = plan_of(&fixture);
        assert!(
            plan.contains(
                "base: table (read-often: `mid` is put into several statements: storing this costs less)"
            ),
            "{plan}"
        );
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
        fixture = fixture.part("d", "select 1");
        fixture.project.settings.default_materialization = Some("auto".to_owned());
        fixture.project.settings.ephemeral = Some("auto".to_owned());
        insta::assert_snapshot!(plan_of(&fixture), @r"
        a: inline (cheap: read by 2 parts, but cheaper to run again than to store)
        b: table (root: nobody in the project reads it)
        c: table (root: nobody in the project reads it)
        d: table (root: nobody in the project reads it)
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
        first: inline (fenced) (volatile: `limit` could give other rows each time it is run: behind a fence, `b` runs it once)
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
        let staged = crate::plan::fixture::plan(&fixture.project, &fixture.collected, &graph);
        insta::assert_snapshot!(fixture.shown(staged.diagnostics), @r"
        Error[B0501] materialization `tabel` of `a` is not known
          models/a.sql:1:25 `tabel` asked for here
          help: a materialization with a similar name exists: `table`
        ");
    }
}
