//! `--state` and `--defer`: another run's artifacts for selection, and its tables for `ref()`.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::args::{IntrospectArg, IntrospectArgs, StateArgs};
use super::session::Session;
use crate::compile::Resolved;
use crate::diagnostic::{Code, Diagnostic};
use crate::project::{NodeId, NodeMap};
use crate::render::{Empty, Introspect, Rendered};
use crate::run::{self, Live};
use crate::sql::Relation;
use crate::state::{self, State};
use crate::world::World as _;

/// SQL of no node, for what reads everything but SQL.
pub(crate) fn nothing_rendered(resolved: &Resolved<'_>) -> Rendered {
    Rendered { nodes: NodeMap::new(resolved.project.nodes.iter().map(|_| None).collect()) }
}

impl Session {
    /// The artifacts that `--state` names, if it is given.
    pub(crate) fn state(&self, args: &StateArgs) -> Result<Option<State>, Diagnostic> {
        let folder = args.state.as_deref().or(args.defer_state.as_deref().filter(|_| args.defer));
        folder.map(|folder| self.read_state(folder)).transpose()
    }

    fn read_state(&self, folder: &Utf8Path) -> Result<State, Diagnostic> {
        // As in dbt the folder is the project's own; from where the user stands if there is none.
        let below = self.world.exists(folder);
        let named: Utf8PathBuf = if below {
            folder.to_owned()
        } else {
            folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned())
        };
        state::read(&self.world, &named, &self.project.root().paths.target)
    }

    /// [`Session::defer`] for a command that builds nothing: the database of the profile tells what stands there with
    /// `--introspect live`, and otherwise nothing does.
    pub(crate) fn defer_offline(
        &self,
        resolved: &mut Resolved<'_>,
        introspect: &IntrospectArgs,
        args: &StateArgs,
        selected: &[NodeId],
    ) -> Vec<Diagnostic> {
        if !args.defer {
            return Vec::new();
        }
        if introspect.introspect != Some(IntrospectArg::Live) {
            return self.defer(resolved, args, selected, false, &Empty);
        }
        let connected = run::open(&self.project.target, &self.world);
        let warehouse = match connected {
            Ok(warehouse) => warehouse,
            Err(found) => return vec![found],
        };
        match Live::connect(warehouse.as_ref()) {
            Ok(live) => self.defer(resolved, args, selected, false, &live),
            Err(found) => vec![found],
        }
    }

    /// With `--defer`, lets `ref()` give the other run's relations: of parts that stand nowhere here, and with
    /// `--favor-state` of all that is not selected. `built` are those that this command builds itself.
    pub(crate) fn defer(
        &self,
        resolved: &mut Resolved<'_>,
        args: &StateArgs,
        selected: &[NodeId],
        builds: bool,
        introspect: &dyn Introspect,
    ) -> Vec<Diagnostic> {
        if !args.defer {
            return Vec::new();
        }
        let Some(folder) = args.defer_state.as_deref().or(args.state.as_deref()) else {
            let found = Diagnostic::error(Code::BAD_STATE, "`--defer` does not know what to defer to");
            return vec![found.help("name the folder of the other run's artifacts with `--state`")];
        };
        let other = match self.read_state(folder) {
            Ok(other) if other.has_manifest() => other,
            Ok(_) => {
                let message = format!("`--defer` needs a manifest.json, and `{folder}` has none");
                return vec![Diagnostic::error(Code::BAD_STATE, message)];
            }
            Err(found) => return vec![found],
        };
        let rendered = nothing_rendered(resolved);
        let selected: FxHashSet<NodeId> = selected.iter().copied().collect();
        let mut standing = Standing { introspect, known: FxHashMap::default() };
        let mut deferred: FxHashMap<NodeId, Relation> = FxHashMap::default();
        let mut said = Vec::new();
        for (id, _) in self.project.nodes() {
            let is_selected = selected.contains(&id);
            if is_selected && builds || !resolved.graph.enabled[id] || resolved.plan.is_inline(id) {
                continue;
            }
            let Some(relation) = other.relation(&resolved.context(&rendered), id) else { continue };
            let own = resolved.collected.nodes[id].as_ref().and_then(|node| node.relation.as_ref());
            let favored = args.favor_state && !is_selected;
            if let Some(true) = own.map(|own| favored || !standing.stands(own)) {
                deferred.insert(id, relation);
            }
        }
        said.extend(standing.problem());
        resolved.renderer.defer(deferred);
        said
    }
}

/// Which relations there are, asked once a schema.
struct Standing<'a> {
    introspect: &'a dyn Introspect,
    known: FxHashMap<(Option<String>, String), Result<FxHashSet<String>, String>>,
}

impl Standing<'_> {
    fn stands(&mut self, relation: &Relation) -> bool {
        let schema = relation.schema.clone().unwrap_or_default();
        let key = (relation.database.clone(), schema);
        let introspect = self.introspect;
        let names = self.known.entry(key).or_insert_with_key(|(database, schema)| {
            let found = introspect.relations(database.as_deref(), schema)?;
            Ok(found.into_iter().filter_map(|it| Some(it.identifier?.to_lowercase())).collect())
        });
        let own = relation.identifier.as_deref().unwrap_or_default().to_lowercase();
        names.as_ref().is_ok_and(|names| names.contains(&own))
    }

    /// Why a schema could not be asked; what stands there is taken for absent then.
    fn problem(&self) -> Option<Diagnostic> {
        let mut problems: Vec<&String> = self.known.values().filter_map(|it| it.as_ref().err()).collect();
        problems.sort();
        let message = format!("what is built here can't be told, so all is deferred: {}", problems.first()?);
        Some(Diagnostic::warning(Code::NO_ANSWER, message))
    }
}
