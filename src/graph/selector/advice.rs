//! What to say when a criterion matches nothing.

use super::errors;
use super::method::{Facts, tags};
use super::spec::{Criterion, Group, Method, Place, Spec};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::closest;
use crate::graph::{Graph, access};
use crate::project::{NodeId, NodeKind};

/// The warning, or `None` where what was meant is broken and has had its error.
pub(super) fn nothing(facts: Facts<'_>, graph: &Graph, group: &Group, place: &Place) -> Option<Diagnostic> {
    let raw = match place {
        Place::Argument { text, range, .. } => &text[range.clone()],
        Place::File { name, .. } => name,
    };
    let mut warning = errors::nothing(raw, place);
    let criteria: Vec<&Criterion> = group.parts.iter().filter_map(only).collect();
    for criterion in &criteria {
        let value = criterion.text();
        let named = |id: &NodeId| facts.project.node(*id).name == value;
        let off: Vec<NodeId> =
            facts.project.nodes().map(|(id, _)| id).filter(|id| !graph.enabled[*id]).filter(named).collect();
        if off.iter().any(|id| graph.broken[*id]) {
            return None;
        }
        if !off.is_empty() && criterion.method == Method::Fqn {
            return Some(warning.note(format!("`{value}` is disabled")));
        }
        let names = candidates(facts, graph, criterion.method);
        if names.iter().any(|name| name == &value) {
            continue;
        }
        if let Some(near) = closest(&value, names.iter().map(String::as_str)) {
            warning = warning.help(format!("did you mean `{near}`"));
        } else if names.is_empty() {
            warning = warning
                .note(format!("nothing in the project has a value for `{}:`", criterion.method.name()));
        }
    }
    if warning.help.is_empty() && criteria.len() > 1 {
        warning = warning.note("nothing meets all of these criteria at once");
    }
    Some(warning)
}

fn only(spec: &Spec) -> Option<&Criterion> {
    match spec {
        Spec::One(criterion) => Some(criterion),
        Spec::Group(_) => None,
    }
}

/// The values that a method would match.
fn candidates(facts: Facts<'_>, graph: &Graph, method: Method) -> Vec<String> {
    let nodes = || facts.project.nodes().filter(|(id, _)| graph.enabled[*id]);
    let named = |kind: NodeKind| {
        nodes().filter(|(_, node)| node.kind == kind).map(|(_, node)| node.name.clone()).collect()
    };
    match method {
        Method::Fqn => {
            let parts = nodes().filter(|(_, node)| node.kind != NodeKind::Source);
            parts.flat_map(|(_, node)| node.fqn.iter().cloned()).collect()
        }
        Method::Tag => {
            let tags = nodes().flat_map(|(id, node)| tags(node, facts.collected, id));
            tags.map(str::to_owned).collect()
        }
        Method::Source => nodes()
            .filter_map(|(_, node)| Some((node.source_name.clone()?, node)))
            .flat_map(|(source, node)| [format!("{source}.{}", node.name), source])
            .collect(),
        Method::Exposure => named(NodeKind::Exposure),
        Method::Metric => named(NodeKind::Metric),
        Method::SemanticModel => named(NodeKind::SemanticModel),
        Method::SavedQuery => named(NodeKind::SavedQuery),
        Method::UnitTest => named(NodeKind::UnitTest),
        Method::Package => facts.project.packages.iter().map(|package| package.name.clone()).collect(),
        Method::Path => nodes()
            .flat_map(|(_, node)| node.path.ancestors().map(|path| path.as_str().to_owned()))
            .filter(|path| !path.is_empty())
            .collect(),
        Method::File => nodes().filter_map(|(_, node)| node.path.file_name().map(str::to_owned)).collect(),
        Method::Group => nodes()
            .filter_map(|(id, node)| access::text(node, facts.collected.nodes[id].as_ref(), "group"))
            .map(str::to_owned)
            .collect(),
        Method::TestName => nodes()
            .filter_map(|(_, node)| node.test.as_ref().map(|test| test.name.clone()))
            .filter(|name| !name.is_empty())
            .collect(),
        _ => vec![String::new()],
    }
}
