//! Lineage through the project, for the commands that need it: what is rendered for it, and what is known of tables.

use camino::Utf8Path;

use super::session::Session;
use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::Known;
use crate::project::{NodeId, NodeKind};

impl Session {
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
