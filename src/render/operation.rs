//! Operations: hooks of the whole run, and `run-operation`.

use std::sync::Arc;

use minijinja::Value;
use serde_json::{Map, Value as Json};

use super::ctx::{All, Ctx, Known, RefKey, Target};
use super::port::{self, Port};
use super::second;
use super::{Collected, Introspect, Renderer};
use crate::diagnostic::suggest::closest;
use crate::diagnostic::{Code, Diagnostic, Staged};
use crate::graph::{Graph, Resolved};
use crate::jinja::{MacroId, from_json, str_of};
use crate::project::{Config, NodeId};
use crate::source::{Span, Spanned};

/// A macro that `run-operation` calls.
#[derive(Clone, Debug)]
pub struct Operation {
    id: MacroId,
    /// dbt's id of the macro, e.g. `macro.shop.grant_all`.
    pub unique_id: String,
}

impl Renderer<'_> {
    /// Renders a hook of `on-run-start` or `on-run-end`; `extra` gives names that only it sees, such as
    /// `results`, `schemas` and `database_schemas`.
    pub fn render_operation(
        &self,
        package: &str,
        text: &Spanned<String>,
        extra: &Map<String, Json>,
        collected: &Collected,
        graph: &Graph,
        introspect: &dyn Introspect,
    ) -> Staged<Option<String>> {
        let (value, diagnostics) = port::serve(self.world, introspect, |port| {
            let ctx = self.operation_ctx(&port, package, text.span, extra, collected, graph);
            second::operation(ctx, |ctx| Ok(Value::from(second::virtual_text(ctx, &text.value)?.0)))
        });
        Staged::new(value, diagnostics)
    }

    /// The macro of this name (`name` or `package.name`) that an operation can call.
    pub fn find_operation(&self, name: &str) -> Result<Operation, Diagnostic> {
        let namespace = self.shared.namespace(&self.project.root().name);
        let found = match name.split_once('.') {
            Some((package, name)) => self.shared.engine.find(package, name),
            None => namespace.find(name),
        };
        if let Some(id) = found {
            let unique_id = self.shared.engine.definition(id).unique_id.clone();
            return Ok(Operation { id, unique_id });
        }
        let mut known = namespace.names();
        known.extend(
            self.shared.engine.macros().map(|(_, it)| format!("{}.{}", it.package, it.block.macro_name)),
        );
        let diagnostic = Diagnostic::error(Code::UNKNOWN_MACRO, format!("no macro is named `{name}`"));
        Err(match closest(name, known.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("a macro with a similar name exists: `{near}`")),
            None => diagnostic.help("macros stand in `macros/`; one of a package is called `package.name`"),
        })
    }

    /// Calls a macro and gives its text; `None` if it failed.
    pub fn run_operation(
        &self,
        operation: &Operation,
        arguments: &Map<String, Json>,
        collected: &Collected,
        graph: &Graph,
        introspect: &dyn Introspect,
    ) -> Staged<Option<String>> {
        let root = &self.project.root().name;
        let place = self.shared.engine.definition(operation.id).block.name.span;
        let place =
            if self.shared.is_users(place.file) { place } else { Span::new(self.project.root().file, 0, 0) };
        let named: Vec<(&str, Value)> =
            arguments.iter().map(|(name, value)| (name.as_str(), from_json(value))).collect();
        let (value, diagnostics) = port::serve(self.world, introspect, |port| {
            let ctx = self.operation_ctx(&port, root, place, &Map::new(), collected, graph);
            second::operation(ctx, |ctx| {
                let value = ctx.session(false).call_macro(operation.id, &[], &named)?;
                Ok(Value::from(str_of(&value).into_owned()))
            })
        });
        Staged::new(value, diagnostics)
    }

    /// Renders a text of a source, such as `loaded_at_query`, in which `this` is the source's table.
    pub fn render_in_source(
        &self,
        source: NodeId,
        text: &str,
        collected: &Collected,
        graph: &Graph,
        introspect: &dyn Introspect,
    ) -> Staged<Option<String>> {
        let node = self.project.node(source);
        let place = node.properties_span.unwrap_or(node.span);
        let (value, diagnostics) = port::serve(self.world, introspect, |port| {
            let mut ctx = self.operation_ctx(&port, &node.package, place, &Map::new(), collected, graph);
            ctx.node = Some(source);
            let relation = collected.nodes[source].as_ref().and_then(|node| node.relation.clone());
            // Nobody can have set it: the context is new.
            let _first = ctx.relation.set(relation);
            second::operation(ctx, |ctx| Ok(Value::from(second::virtual_text(ctx, text)?.0)))
        });
        Staged::new(value, diagnostics)
    }

    fn operation_ctx(
        &self,
        port: &Arc<Port>,
        package: &str,
        place: Span,
        extra: &Map<String, Json>,
        collected: &Collected,
        graph: &Graph,
    ) -> Ctx {
        let all = Arc::new(All::new(collected, graph));
        let (shared, graph) = (Arc::clone(&self.shared), graph.clone());
        let (everything, from) = (Arc::clone(&all), package.to_owned());
        let open = move |(package, name, version): &RefKey| -> Option<Target> {
            let project = &shared.project;
            let found = match package.as_deref().and_then(|package| package.strip_prefix("source:")) {
                Some(source) => graph.resolve_source(project, &from, source, name),
                None => graph.resolve_ref(project, &from, package.as_deref(), name, version.as_deref()),
            };
            let Resolved::Found(id) = found else { return None };
            second::target(&shared, id, everything.collected.nodes[id].as_ref()?)
        };
        let known = Known {
            refs: rustc_hash::FxHashMap::default(),
            sources: rustc_hash::FxHashMap::default(),
            parents: Vec::new(),
            all: Some(all),
            open: Some(Arc::new(open)),
        };
        let config = Arc::new(Config::default());
        let mut ctx = Ctx::new(&self.shared, port, None, package, place, config, Some(known));
        ctx.extra = extra.iter().map(|(name, value)| (name.clone(), from_json(value))).collect();
        ctx
    }
}
