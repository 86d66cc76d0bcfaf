//! dbt's selection language: which nodes a command is about.
//!
//! `parse` reads arguments and `selectors.yml` into a `spec::Spec`, with all there is to complain about;
//! `evaluate` turns that into a set of nodes; `method` knows what each method compares.

mod advice;
mod errors;
mod evaluate;
mod fnmatch;
mod method;
mod node_set;
mod parse;
mod spec;
mod yaml;

use std::fmt::Debug;

use super::Graph;
use crate::diagnostic::Staged;
use crate::project::{Node, NodeId, NodeKind, Project};
use crate::render::Collected;

/// Which tests come along with the nodes that they test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndirectSelection {
    /// A test comes along if any of its nodes is selected.
    #[default]
    Eager,
    /// If all of its nodes are selected.
    Cautious,
    /// If all of its nodes are selected, or are upstream of what is selected.
    Buildable,
    /// Never.
    Empty,
}

impl IndirectSelection {
    /// The mode of this name, as `--indirect-selection` has it.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "eager" => Some(Self::Eager),
            "cautious" => Some(Self::Cautious),
            "buildable" => Some(Self::Buildable),
            "empty" => Some(Self::Empty),
            _ => None,
        }
    }
}

/// What an earlier run left behind, for `state:`, `result:` and `source_status:`.
pub trait Previous: Debug {
    /// Whether `method:value` holds for a node; an error says why that can't be told.
    fn holds(&self, method: &str, value: &str, node: &Node) -> Result<bool, String>;
}

/// What the command line says about selection.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelectionArgs<'a> {
    /// `--select`; each text may hold several criteria, separated by blanks.
    pub select: &'a [String],
    /// `--exclude`, likewise.
    pub exclude: &'a [String],
    /// `--selector`; wins over the other two.
    pub selector: Option<&'a str>,
    /// The kinds of nodes that may come out; all but hooks if empty.
    pub resource_types: &'a [NodeKind],
    /// `--indirect-selection`.
    pub indirect_selection: IndirectSelection,
    /// `--state`, or the last run.
    pub previous: Option<&'a dyn Previous>,
}

/// The nodes that are selected, in the order of the graph.
///
/// A criterion that can't be understood is an error, and then nothing is selected. One that matches nothing is
/// a warning.
pub fn select(
    project: &Project,
    collected: &Collected,
    graph: &Graph,
    args: &SelectionArgs<'_>,
) -> Staged<Vec<NodeId>> {
    let parsed = parse::parse(project, args);
    if !parsed.diagnostics.is_empty() {
        return Staged::new(Vec::new(), parsed.diagnostics);
    }
    evaluate::evaluate(project, collected, graph, args, &parsed.value)
}

/// The kind of this name, as `--resource-type` and `resource_type:` have it.
pub fn resource_type(name: &str) -> Option<NodeKind> {
    RESOURCE_TYPES.iter().copied().find(|kind| kind.resource_type() == name)
}

/// Every kind of node, in the order in which they are listed.
pub const RESOURCE_TYPES: &[NodeKind] = &[
    NodeKind::Model,
    NodeKind::Seed,
    NodeKind::Snapshot,
    NodeKind::Test,
    NodeKind::UnitTest,
    NodeKind::Analysis,
    NodeKind::Source,
    NodeKind::Exposure,
    NodeKind::Metric,
    NodeKind::SemanticModel,
    NodeKind::SavedQuery,
    NodeKind::Operation,
];

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
