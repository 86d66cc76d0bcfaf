//! The names that Jinja sees: looked up one at a time, nothing is built that is not asked for.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::adapter::Adapter;
use super::column::ColumnClass;
use super::config_object::ConfigObject;
use super::ctx::Ctx;
use super::exceptions::Exceptions;
use super::functions::{self, Function};
use super::node_object::NodeObject;
use super::relation::{RelationClass, RelationObject};
use super::{facts, names};
use crate::jinja::{Dict, List};
use crate::project::NodeKind;
use crate::python::args::Args;
use crate::python::modules::{Modules, datetime_value};
use crate::sql::Dialect;

/// The context of one render.
#[derive(Debug)]
pub(super) struct Context(pub(super) Arc<Ctx>);

/// Names that are not functions, for suggestions.
pub(super) const VALUES: [&str; 33] = [
    "adapter",
    "api",
    "builtins",
    "column",
    "compiled_code",
    "config",
    "context",
    "database",
    "dbt_version",
    "exceptions",
    "execute",
    "env",
    "flags",
    "graph",
    "invocation_args_dict",
    "invocation_id",
    "dbt_metadata_envs",
    "model",
    "modules",
    "post_hooks",
    "pre_hooks",
    "project_name",
    "run_started_at",
    "schema",
    "selected_resources",
    "sql",
    "target",
    "this",
    "thread_id",
    "validation",
    "node",
    "sql_now",
    "return",
];

impl Context {
    pub(super) fn look_up(&self, name: &str) -> Option<Value> {
        let ctx = &self.0;
        let shared = &ctx.shared;
        if let Some(function) = functions::find(name) {
            return Some(Value::from_object(Function { ctx: Arc::clone(ctx), function }));
        }
        let target = &shared.project.target;
        let dialect = target.dialect;
        Some(match name {
            "config" => Value::from_object(ConfigObject(Arc::clone(ctx))),
            "this" => match names::relation_of(ctx) {
                Some(relation) => Value::from_object(RelationObject::new(&relation)),
                None => Value::from(()),
            },
            "execute" => Value::from(ctx.execute()),
            "target" | "env" => shared.target(),
            "adapter" => Value::from_object(Adapter(Arc::clone(ctx))),
            "exceptions" => Value::from_object(Exceptions(Arc::clone(ctx))),
            "modules" => Value::from_object(Modules { now: shared.clock(ctx.node) }),
            "flags" => facts::flags(ctx),
            "model" | "node" => match ctx.node {
                Some(id) => Value::from_object(NodeObject::own(ctx, id)),
                None => Dict::value(Vec::<(&str, Value)>::new()),
            },
            "graph" => facts::graph(ctx),
            "schema" => {
                let own = names::relation_of(ctx).and_then(|relation| relation.schema);
                Value::from(own.unwrap_or_else(|| target.schema.clone()))
            }
            "database" => {
                let own = names::relation_of(ctx).and_then(|relation| relation.database);
                let database = own.or_else(|| target.database.clone());
                // ClickHouse has schemas only; its adapter says so with an empty text.
                if dialect == Dialect::ClickHouse {
                    Value::from(database.unwrap_or_default())
                } else {
                    Value::from(database)
                }
            }
            "api" => Dict::value([
                ("Relation", Value::from_object(RelationClass { quote: shared.quote, dialect })),
                ("Column", Value::from_object(ColumnClass { dialect })),
            ]),
            "column" => Value::from_object(ColumnClass { dialect }),
            "project_name" => Value::from(shared.project.root().name.clone()),
            "dbt_version" => Value::from(super::DBT_VERSION),
            "invocation_id" => {
                shared.asked_of_run(ctx.node);
                Value::from(shared.options.invocation_id.clone())
            }
            "run_started_at" => datetime_value(shared.clock(ctx.node).now()),
            "thread_id" => Value::from("MainThread"),
            "context" => Value::from_object(Self(Arc::clone(ctx))),
            "builtins" => Value::from_object(Builtins(Arc::clone(ctx))),
            "validation" => Dict::value([("any", Function::value(ctx, "validate_any"))]),
            "selected_resources" => {
                let selected = shared.selected.get().filter(|_| ctx.known.is_some());
                let selected = selected.map_or(&[][..], Vec::as_slice);
                List::value(selected.iter().map(|id| Value::from(id.as_str())).collect())
            }
            "dbt_metadata_envs" => Dict::value(Vec::<(&str, Value)>::new()),
            "invocation_args_dict" => facts::invocation_args(ctx),
            "pre_hooks" => facts::hooks(ctx, "pre_hook"),
            "post_hooks" => facts::hooks(ctx, "post_hook"),
            "sql" | "compiled_code" | "defer_relation" => {
                let own = ctx.extra.iter().find(|(key, _)| key == name);
                own.map_or_else(|| Value::from(()), |(_, value)| value.clone())
            }
            "sql_now" => Value::from("CURRENT_TIMESTAMP()"),
            "_dbt_generic_test_kwargs" => ctx.test_arguments.get()?.clone(),
            _ => return ctx.extra.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
        })
    }
}

impl Object for Context {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let set = self.0.record().names.get(key).cloned();
        // `context['name']` finds macros and packages, too; a name on its own does so before it comes here.
        set.or_else(|| self.look_up(key)).or_else(|| self.0.namespace.value(key))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&VALUES)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "get" | "setdefault" | "pop" => {
                let [key, default] = Args::new(method, args).bind(["key", "default"])?;
                let key = key.as_ref().and_then(Value::as_str).unwrap_or_default();
                let found = self.get_value_by_str(key).or_else(|| crate::jinja::lookup(state, key));
                if method == "pop" {
                    self.0.record().names.remove(key);
                }
                let missing = found.is_none();
                let value = found.or(default).unwrap_or_else(|| Value::from(()));
                if missing && method == "setdefault" {
                    self.0.record().names.insert(key.to_owned(), value.clone());
                }
                return Ok(value);
            }
            "update" => {
                let args = Args::new(method, args);
                let mut pairs = args.keywords();
                for dict in args.positional() {
                    for key in dict.try_iter()? {
                        pairs.push((key.to_string(), dict.get_item(&key)?));
                    }
                }
                self.0.record().names.extend(pairs);
                return Ok(Value::from(()));
            }
            _ => {}
        }
        match self.get_value_by_str(method) {
            Some(value) => value.call(state, args),
            None => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It holds itself; Python writes a dict within itself like this.
        f.write_str("{...}")
    }
}

/// `builtins`: the context's own names, whatever macros hide them.
#[derive(Debug)]
struct Builtins(Arc<Ctx>);

impl Object for Builtins {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Context(Arc::clone(&self.0)).look_up(key.as_str()?)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match Context(Arc::clone(&self.0)).look_up(method) {
            Some(value) => value.call(state, args),
            None => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// True for what has hooks.
pub(super) fn has_hooks(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot)
}
