//! Lineage through the project, for the commands that need it: what is rendered for it, and what is known of tables.

use camino::Utf8Path;

use super::session::Session;
use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic};
use crate::emit;
use crate::flow::{self, Flow, Known};
use crate::project::{NodeId, NodeKind};
use crate::render::Rendered;
use crate::world::timing;

/// Whether columns are checked.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Checks")]
pub(crate) struct CheckArgs {
    /// Look for columns that can't exist before the warehouse does; `checks: {columns: true}` in buhin.yml
    #[arg(long, overrides_with = "no_check_columns")]
    check_columns: bool,
    /// Don't, whatever buhin.yml says
    #[arg(long)]
    no_check_columns: bool,
}

impl CheckArgs {
    /// What the command line wants, else what the project does.
    pub(crate) fn columns(&self, session: &Session) -> bool {
        let asked = (self.check_columns || self.no_check_columns).then_some(self.check_columns);
        asked.unwrap_or(session.project.settings.check_columns)
    }
}

impl Session {
    /// Follows columns if that is wanted: what is wrong with those of the selected nodes, each with its node; and what
    /// columns inherit is put where artifacts are made from.
    ///
    /// `selected` is `None` if everything was rendered. What is read by a selection, and not in it, is rehearsed.
    pub(crate) fn follow_columns(
        &self,
        resolved: &mut Resolved<'_>,
        rendered: &Rendered,
        selected: Option<&[NodeId]>,
        is_answered: bool,
        checks: bool,
    ) -> Vec<(NodeId, Diagnostic)> {
        if !checks && !self.project.settings.inherit_docs {
            return Vec::new();
        }
        let more;
        let (rendered, wanted) = match selected {
            None => (rendered, None),
            Some(selected) => {
                let wanted = emit::with_parents(selected, &resolved.graph, |_| true);
                more = rehearsed(resolved, rendered, &wanted);
                (&more, Some(wanted))
            }
        };
        let Ok(known) = self.known(resolved, None, wanted.as_deref()) else { return Vec::new() };
        let (_, mut found) = self.followed(resolved, rendered, &known, is_answered, wanted.as_deref());
        if !checks {
            return Vec::new();
        }
        if let Some(selected) = selected {
            // What is inlined runs with what was selected.
            let run = emit::with_inlined(selected, &resolved.graph, &resolved.plan);
            found.retain(|(id, _)| run.binary_search(id).is_ok());
        }
        found
    }

    /// The columns, and what is wrong with them, each with its node; what columns inherit is put where artifacts are made
    /// from, if it is wanted there.
    pub(crate) fn followed(
        &self,
        resolved: &mut Resolved<'_>,
        rendered: &Rendered,
        known: &Known,
        is_answered: bool,
        wanted: Option<&[NodeId]>,
    ) -> (Flow, Vec<(NodeId, Diagnostic)>) {
        let _span = timing::stage("columns");
        let input = resolved.flow_input(rendered, known, is_answered, wanted);
        let (lineage, found) = flow::found(input);
        if self.project.settings.inherit_docs {
            let meta = flow::export::inherited_meta(input, &lineage);
            resolved.inherited = Some(meta);
        }
        (lineage, found)
    }

    /// The columns of seeds, and of tables that a catalog names. Only what matters to the `wanted` nodes is looked at.
    pub(crate) fn known(
        &self,
        resolved: &Resolved<'_>,
        catalog: Option<&Utf8Path>,
        wanted: Option<&[NodeId]>,
    ) -> Result<Known, Diagnostic> {
        let mut known = Known::default();
        if let Some(path) = catalog {
            let unreadable = |why: String| {
                let message = format!("the catalog `{path}` can't be read: {why}");
                Diagnostic::error(Code::UNREADABLE_FILE, message)
                    .help("`buhin docs generate` and `dbt docs generate` write one to target/catalog.json")
            };
            let bytes = self.read_file(path).map_err(|error| unreadable(error.to_string()))?;
            let catalog = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
            known.add_catalog(resolved.project, &catalog);
        }
        // A large seed is only looked at where it matters.
        let matters = |id: NodeId| {
            let is_wanted = |of: &NodeId| wanted.is_none_or(|wanted| wanted.binary_search(of).is_ok());
            is_wanted(&id) || resolved.graph.children[id].iter().any(is_wanted)
        };
        let seeds = resolved.project.nodes().filter(|(_, node)| node.kind == NodeKind::Seed);
        for (id, node) in seeds.filter(|(id, _)| matters(*id)) {
            let path = resolved.project.files.path(node.span.file);
            let Ok(bytes) = self.read_file(path) else { continue };
            let config = resolved.collected.nodes[id].as_ref().map(|it| &it.config);
            let delimiter =
                config.and_then(|config| config.text("delimiter")).and_then(|text| text.chars().next());
            known.add_seed(id, &String::from_utf8_lossy(&bytes), delimiter.unwrap_or(','));
        }
        Ok(known)
    }
}

/// The SQL of the wanted nodes: what was rendered, and for the others what an empty warehouse makes of them.
fn rehearsed(resolved: &Resolved<'_>, rendered: &Rendered, wanted: &[NodeId]) -> Rendered {
    let missing = |id: &NodeId| rendered.nodes[*id].is_none();
    let missing: Vec<NodeId> = wanted.iter().copied().filter(missing).collect();
    let mut all = resolved.renderer.rehearse(&resolved.collected, &resolved.graph, &missing);
    for id in missing {
        // What macros make without answers is not what will run.
        all.nodes[id] = all.nodes[id].take().filter(|node| !node.queries);
    }
    for id in wanted.iter().copied().filter(|id| rendered.nodes[*id].is_some()) {
        all.nodes[id].clone_from(&rendered.nodes[id]);
    }
    all
}
