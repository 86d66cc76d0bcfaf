//! `buhin plan --explain`: one part's whole story.

use std::fmt::Write as _;

use super::tables::bar;
use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::plan::problem::Measure;
use crate::plan::{Assessment, number, reach};
use crate::project::{NodeId, NodeKind};

pub(super) fn text(
    resolved: &Resolved<'_>,
    assessment: &Assessment,
    name: &str,
) -> Result<String, Diagnostic> {
    let project = resolved.project;
    let planned = || project.nodes().filter(|(id, _)| resolved.plan.decisions[*id].is_some());
    let found = planned().find(|(_, node)| node.name == name || node.unique_id == name);
    let Some((id, node)) = found else {
        let unknown =
            Diagnostic::error(Code::BAD_SELECTOR, format!("no part, seed or snapshot is named `{name}`"));
        let near = suggest::closest(name, planned().map(|(_, node)| node.name.as_str()));
        return Err(match near {
            Some(near) => unknown.help(format!("did you mean `{near}`?")),
            None => unknown.help("`buhin plan` lists all of them"),
        });
    };
    let Some(decision) = &resolved.plan.decisions[id] else { return Ok(String::new()) };
    let by = if decision.auto { "buhin's choice" } else { "its author's" };
    let mut text = format!(
        "{} becomes: {} ({by})\n  {}\n  why: {}\n",
        node.name,
        decision.shown(),
        node.path,
        decision.reason.text
    );
    if let Some(was) = resolved.approved.of(&project.target.name).get(&node.unique_id) {
        let _ = writeln!(text, "  approved: {was}");
    }
    readers(resolved, id, &mut text);
    measures(assessment, id, &mut text);
    statements(resolved, assessment, id, &mut text);
    Ok(text)
}

/// Who reads it, and what they are.
fn readers(resolved: &Resolved<'_>, id: NodeId, text: &mut String) {
    let readers = resolved.graph.children[id].iter().copied().filter(|it| resolved.graph.enabled[*it]);
    let readers: Vec<NodeId> = readers
        .filter(|it| !matches!(resolved.project.node(*it).kind, NodeKind::Test | NodeKind::UnitTest))
        .collect();
    text.push_str(if readers.is_empty() { "\nread by nobody in the project\n" } else { "\nread by\n" });
    for reader in readers {
        let what = resolved.plan.materialization(reader).map_or("", |it| it.name());
        let _ = writeln!(text, "  {} {}", resolved.project.node(reader).name, what);
    }
}

/// What is counted of its own text, and with everything inlined.
fn measures(assessment: &Assessment, id: NodeId, text: &mut String) {
    let (Some(alone), Some(whole)) = (assessment.alone[id], assessment.whole[id]) else { return };
    let _ = writeln!(text, "\nmeasured\n  {:<46} {:>12} {:>14}", "", "its own text", "all inlined");
    for measure in Measure::ALL {
        if whole[measure] > 0 {
            let (own, all) = (number(alone[measure]), number(whole[measure]));
            let _ = writeln!(text, "  {:<46} {own:>12} {all:>14}", measure.noun());
        }
    }
}

/// The statement it is, or those that it is in, against the limits.
fn statements(resolved: &Resolved<'_>, assessment: &Assessment, id: NodeId, text: &mut String) {
    let own = assessment.statements[id].is_some();
    let roots = if own {
        vec![id]
    } else {
        // An inlined part: up through its readers to statements.
        let readers = |part: NodeId| resolved.graph.children[part].iter().copied();
        let above = reach(id, readers, |reader| resolved.plan.is_inline(reader));
        above.into_iter().filter(|reader| assessment.statements[*reader].is_some()).collect()
    };
    for root in roots {
        let Some(load) = assessment.statements[root] else { continue };
        let name = &resolved.project.node(root).name;
        let _ = writeln!(text, "\n{}", if own { "its statement" } else { "in the statement of" });
        if !own {
            let _ = writeln!(text, "  {name}");
        }
        for (measure, share) in assessment.shares(&load) {
            if load[measure] == 0 {
                continue;
            }
            let budget = assessment.budgets[measure].unwrap_or_default();
            let _ = writeln!(
                text,
                "  {} {:>4} %  {} of {} {}",
                bar(share),
                number(share / 10),
                number(load[measure]),
                number(budget.into()),
                measure.noun()
            );
        }
    }
}
