//! The name that a node has in the warehouse: by dbt's `generate_…_name` macros, or straight where nobody
//! overrides them.

use std::sync::Arc;

use minijinja::Value;
use serde_json::Value as Json;

use super::builtins;
use super::ctx::Ctx;
use super::node_object::{NodeObject, has_relation};
use super::relation::quote_policy;
use super::shared::Shared;
use crate::diagnostic::Diagnostic;
use crate::jinja::{MacroId, str_of};
use crate::project::{Config, Node, NodeId, NodeKind};
use crate::sql::{Dialect, Relation};

/// The name of the node that is being rendered, by what is known of its config.
pub(super) fn relation_of(ctx: &Arc<Ctx>) -> Option<Relation> {
    if let Some(known) = ctx.relation.get() {
        return known.clone();
    }
    // A name that can't be made is reported once, after the first pass.
    let made = ctx.node.and_then(|id| make(ctx, id, &ctx.config, true).ok().flatten());
    ctx.relation.get_or_init(|| made).clone()
}

/// The name of a node with this config; `always` gives tests a name, too.
pub(super) fn make(
    ctx: &Arc<Ctx>,
    id: NodeId,
    config: &Arc<Config>,
    always: bool,
) -> Result<Option<Relation>, Box<Diagnostic>> {
    let shared = &ctx.shared;
    let node = shared.node(id);
    if let Some(relation) = source_name(shared, node) {
        return Ok(Some(relation));
    }
    let nameable = matches!(
        node.kind,
        NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot | NodeKind::Test | NodeKind::Analysis
    );
    if !nameable || !(always || has_relation(node, config)) {
        return Ok(None);
    }
    named(ctx, id, config).map(Some)
}

/// The name by the macros that give names.
fn named(ctx: &Arc<Ctx>, id: NodeId, config: &Arc<Config>) -> Result<Relation, Box<Diagnostic>> {
    // Who has called `ref()` or said `this` has been named already, by the same config if nothing was set since.
    if let Some(Some(known)) = ctx.relation.get()
        && Arc::ptr_eq(config, &ctx.config)
        && ctx.node == Some(id)
    {
        return Ok(known.clone());
    }
    let shared = &ctx.shared;
    let node = shared.node(id);
    let dialect = shared.project.target.dialect;
    let custom = |key: &str| custom(config, key);
    let schema = custom_schema(node, config);
    let mut database = custom("database").or_else(|| custom("project"));
    if node.kind == NodeKind::Snapshot {
        // `target_schema` is taken as it is.
        database = custom("target_database").or(database);
    }
    let alias = custom("alias");
    let namer = Namer { ctx, id, config, node };
    let fixed = custom("target_schema").filter(|_| node.kind == NodeKind::Snapshot);
    let database = namer.database(database)?;
    let schema = match fixed {
        Some(schema) => Some(schema),
        None => namer.schema(schema)?,
    };
    let identifier = namer.alias(alias)?;
    let quoting = config.get("quoting");
    let quote = std::array::from_fn(|at| {
        let key = ["database", "schema", "identifier"][at];
        quoting.and_then(|quoting| quoting.get(key)).and_then(Json::as_bool).unwrap_or(shared.quote[at])
    });
    // As in dbt, what stands there is only known when the warehouse is asked.
    let kind = None;
    let database = database.filter(|_| dialect != Dialect::Spark);
    Ok(Relation { database, schema, identifier, quote, kind, dialect })
}

/// The name that a test which keeps no rows, or a hook, would have.
pub(super) fn place(
    ctx: &Arc<Ctx>,
    id: NodeId,
    config: &Arc<Config>,
) -> Result<Option<Relation>, Box<Diagnostic>> {
    match ctx.shared.node(id).kind {
        NodeKind::Test | NodeKind::Operation => named(ctx, id, config).map(Some),
        _ => Ok(None),
    }
}

fn custom_schema(node: &Node, config: &Config) -> Option<String> {
    let custom = custom(config, "schema").or_else(|| custom(config, "dataset"));
    let audit = node.kind == NodeKind::Test && !config.values.contains_key("schema");
    custom.or_else(|| audit.then(|| "dbt_test__audit".to_owned()))
}

fn custom(config: &Config, key: &str) -> Option<String> {
    match config.get(key)? {
        Json::Number(number) => Some(number.to_string()),
        value => value.as_str().map(str::to_owned),
    }
}

fn source_name(shared: &Shared, node: &Node) -> Option<Relation> {
    let source = node.source_relation.as_ref()?;
    let target = &shared.project.target;
    let habit = quote_policy(target.dialect);
    Some(Relation {
        database: source.database.clone().or_else(|| target.database.clone()),
        schema: source.schema.clone().or_else(|| node.source_name.clone()),
        identifier: Some(source.identifier.clone()),
        quote: std::array::from_fn(|at| source.quote[at].unwrap_or(habit[at])),
        kind: None,
        dialect: target.dialect,
    })
}

/// The macros that name a node.
const NAMING: [&str; 3] = ["generate_database_name", "generate_schema_name", "generate_alias_name"];

struct Namer<'a> {
    ctx: &'a Arc<Ctx>,
    id: NodeId,
    config: &'a Arc<Config>,
    node: &'a Node,
}

impl Namer<'_> {
    fn database(&self, custom: Option<String>) -> Result<Option<String>, Box<Diagnostic>> {
        match self.overridden(0) {
            Some(id) => self.ask(id, custom),
            None if matches!(self.dialect(), Dialect::Spark | Dialect::ClickHouse) => Ok(None),
            None => Ok(custom
                .map(|custom| custom.trim().to_owned())
                .or_else(|| self.ctx.shared.project.target.database.clone())),
        }
    }

    fn dialect(&self) -> Dialect {
        self.ctx.shared.project.target.dialect
    }

    fn schema(&self, custom: Option<String>) -> Result<Option<String>, Box<Diagnostic>> {
        if let Some(id) = self.overridden(1) {
            return self.ask(id, custom);
        }
        let own = &self.ctx.shared.project.target.schema;
        // These adapters have exceptions of their own, which their macros tell.
        let is_special = match (self.dialect(), custom.as_deref()) {
            (Dialect::Trino, Some(custom)) => custom.trim().eq_ignore_ascii_case("functions"),
            (Dialect::MsSql, Some(_)) => true,
            _ => false,
        };
        if is_special && let Some(id) = self.ctx.shared.engine.find(builtins::PACKAGE, "generate_schema_name")
        {
            return self.ask(id, custom);
        }
        Ok(Some(match custom {
            Some(custom) => format!("{own}_{}", custom.trim()),
            None => own.clone(),
        }))
    }

    fn alias(&self, custom: Option<String>) -> Result<Option<String>, Box<Diagnostic>> {
        if let Some(id) = self.overridden(2) {
            return self.ask(id, custom);
        }
        let custom = custom.map(|custom| custom.trim().to_owned()).filter(|custom| !custom.is_empty());
        let own = match (&self.node.version, &self.node.test) {
            (Some(version), _) => format!("{}_v{}", self.node.name, version.replace('.', "_")),
            (None, Some(test)) if !test.short_name.is_empty() => test.short_name.clone(),
            _ => self.node.name.clone(),
        };
        Ok(Some(custom.unwrap_or(own)))
    }

    /// The macro to ask, if it or one that it dispatches to is not the built-in one. As in dbt the root's comes
    /// first, then that of the node's own package, for its own nodes.
    fn overridden(&self, which: usize) -> Option<MacroId> {
        let look = || NAMING.map(|name| self.look(name));
        self.ctx.shared.naming(&self.ctx.package, look)[which]
    }

    fn look(&self, name: &str) -> Option<MacroId> {
        let shared = &self.ctx.shared;
        let root = shared.project.root().name.as_str();
        let own = [root, self.ctx.package.as_str()];
        if let Some(id) = own.iter().find_map(|package| shared.engine.find(package, name)) {
            return Some(id);
        }
        let prefixes = builtins::prefixes(&shared.project.target.adapter);
        let dispatched = shared.project.root().dispatch.contains_key(builtins::PACKAGE)
            || prefixes.iter().any(|prefix| shared.engine.find(root, &format!("{prefix}__{name}")).is_some());
        dispatched.then(|| shared.engine.find(builtins::PACKAGE, name)).flatten()
    }

    fn ask(&self, id: MacroId, custom: Option<String>) -> Result<Option<String>, Box<Diagnostic>> {
        let node = NodeObject::nameless(&self.ctx.shared, self.id, self.config);
        let args = [Value::from(custom), Value::from_object(node)];
        let ctx = self.ctx;
        let (shared, port) = (&ctx.shared, &ctx.port);
        let config = Arc::clone(self.config);
        let mut naming = Ctx::new(shared, port, Some(self.id), &ctx.package, ctx.place, config, None);
        // The name is being made: `this` has none yet.
        naming.relation = None.into();
        let value = Arc::new(naming).session(false).call_macro(id, &args, &[])?;
        if value.is_none() || value.is_undefined() {
            return Ok(None);
        }
        Ok(Some(str_of(&value).trim().to_owned()))
    }
}
