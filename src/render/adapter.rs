//! `adapter`: dispatch of macros, quoting, and questions to the warehouse. It never writes.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Tuple};
use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::column::ColumnObject;
use super::ctx::Ctx;
use super::relation::{RelationClass, RelationObject};
use super::table::Table;
use super::{Answer, builtins, errors};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::closest;
use crate::jinja::{Dict, List, MacroId};
use crate::python::args::{Args, given, text};
use crate::python::failure;
use crate::sql::Dialect;

/// The object.
#[derive(Debug)]
pub(super) struct Adapter(pub(super) Arc<Ctx>);

impl Object for Adapter {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let shared = &self.0.shared;
        let dialect = shared.project.target.dialect;
        Some(match key.as_str()? {
            "Relation" => Value::from_object(RelationClass { quote: shared.quote, dialect }),
            "Column" => Value::from_object(super::column::ColumnClass { dialect }),
            "behavior" => Value::from_object(Behavior(Arc::clone(&self.0))),
            "config" => Dict::value([("credentials", shared.target())]),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        // What changes the warehouse is the macro of that name.
        if ACTS.contains(&method)
            && self.0.acts()
            && let Some(id) = self.0.namespace.find(method)
        {
            self.0.shared.engine.macro_value(id).call(state, args)?;
            if method.ends_with("_schema") {
                self.0.commit()?;
            }
            return Ok(Value::from(()));
        }
        let args = Args::new(method, args);
        self.0.adapter_method(method, &args)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// Methods that change the warehouse, where macros may.
const ACTS: [&str; 5] =
    ["create_schema", "drop_schema", "drop_relation", "rename_relation", "truncate_relation"];

/// What is suggested for a method that is not there.
const METHODS: &[&str] = &[
    "dispatch",
    "type",
    "quote",
    "quote_as_configured",
    "quote_seed_column",
    "get_relation",
    "load_relation",
    "list_relations",
    "list_relations_without_caching",
    "get_columns_in_relation",
    "get_columns_in_select_sql",
    "get_column_schema_from_query",
    "get_missing_columns",
    "check_schema_exists",
    "already_exists",
    "execute",
    "run_query",
    "date_function",
    "is_cancelable",
    "has_dbr_capability",
    "convert_text_type",
    "convert_number_type",
    "convert_boolean_type",
    "convert_datetime_type",
    "convert_date_type",
    "convert_time_type",
    "valid_incremental_strategies",
    "standardize_grants_dict",
    "is_motherduck",
    "disable_transactions",
    "is_ducklake",
    "location_exists",
    "external_root",
    "escape_sql_string",
    "get_binding_char",
    "get_hard_deletes_behavior",
    "render_raw_columns_constraints",
    "render_raw_model_constraints",
    "get_partitions_metadata",
    "create_schema",
    "drop_schema",
    "drop_relation",
    "rename_relation",
    "truncate_relation",
    "expand_target_column_types",
    "add_query",
    "valid_snapshot_target",
    "warn_once",
    "assert_valid_snapshot_target_given_strategy",
    "build_catalog_relation",
];

impl Ctx {
    fn adapter_method(&self, method: &str, args: &Args<'_>) -> Result<Value, Error> {
        let dialect = self.shared.project.target.dialect;
        let none = || Value::from(());
        Ok(match method {
            "dispatch" => return self.dispatch(args),
            "type" => Value::from(self.shared.project.target.adapter.clone()),
            "quote" => {
                let [name] = args.bind(["identifier"])?;
                Value::from(dialect.quote_column(&text(name.as_ref()).unwrap_or_default()))
            }
            "quote_as_configured" => {
                let [name, key] = args.bind(["identifier", "quote_key"])?;
                let name = text(name.as_ref()).unwrap_or_default();
                let key = text(key.as_ref()).unwrap_or_default();
                let at = ["database", "schema", "identifier"].iter().position(|part| *part == key);
                let quoted = at.is_some_and(|at| self.shared.quote[at]);
                Value::from(if quoted { dialect.quote_column(&name) } else { name })
            }
            "quote_seed_column" => {
                let [name, quote] = args.bind(["column", "quote_config"])?;
                let name = text(name.as_ref()).unwrap_or_default();
                let quoted =
                    quote.filter(given).map_or(dialect != Dialect::Snowflake, |quote| quote.is_true());
                Value::from(if quoted { dialect.quote_column(&name) } else { name })
            }
            "get_relation" | "load_relation" => {
                if !self.execute() {
                    return Ok(none());
                }
                let [database, schema, identifier] = if method == "load_relation" {
                    let [relation] = args.bind(["relation"])?;
                    let relation = args.required("relation", relation)?;
                    ["database", "schema", "identifier"].map(|part| relation.get_attr(part).ok())
                } else {
                    args.bind(["database", "schema", "identifier"])?
                };
                let parts = [&database, &schema, &identifier].map(|part| text(part.as_ref()));
                self.find_relation(&parts)?.map_or_else(none, Value::from_object)
            }
            "list_relations" | "list_relations_without_caching" => {
                if !self.execute() {
                    return Ok(List::value(Vec::new()));
                }
                let [database, schema] = if let [relation] = args.positional() {
                    ["database", "schema"].map(|part| relation.get_attr(part).ok())
                } else {
                    args.bind(["database", "schema"])?
                };
                let found = self.relations(text(database.as_ref()).as_deref(), text(schema.as_ref()))?;
                List::value(found.into_iter().map(Value::from_object).collect())
            }
            "get_columns_in_relation" | "get_columns_in_select_sql" | "get_column_schema_from_query" => {
                if !self.execute() {
                    return Ok(List::value(Vec::new()));
                }
                let [of] = args.bind(["relation"])?;
                self.columns(&args.required("relation", of)?)?
            }
            "get_missing_columns" => {
                if !self.execute() {
                    return Ok(List::value(Vec::new()));
                }
                let [from, to] = args.bind(["from_relation", "to_relation"])?;
                let from = self.columns(&args.required("from_relation", from)?)?;
                let to = self.columns(&args.required("to_relation", to)?)?;
                let names: Vec<Value> =
                    to.try_iter()?.filter_map(|column| column.get_attr("name").ok()).collect();
                let missing = from
                    .try_iter()?
                    .filter(|column| column.get_attr("name").is_ok_and(|name| !names.contains(&name)));
                List::value(missing.collect())
            }
            "check_schema_exists" => {
                let [database, schema] = args.bind(["database", "schema"])?;
                let found = self.execute()
                    && !self.relations(text(database.as_ref()).as_deref(), text(schema.as_ref()))?.is_empty();
                Value::from(found)
            }
            "already_exists" => {
                let [schema, name] = args.bind(["schema", "name"])?;
                let parts = [None, text(schema.as_ref()), text(name.as_ref())];
                Value::from(self.execute() && self.find_relation(&parts)?.is_some())
            }
            "execute" => {
                let [sql, begin, fetch, _limit] = args.bind(["sql", "auto_begin", "fetch", "limit"])?;
                let sql = text(sql.as_ref()).unwrap_or_default();
                let [begin, fetch] = [begin, fetch].map(|flag| flag.is_some_and(|flag| flag.is_true()));
                return self.execute_sql(&sql, begin, fetch);
            }
            "run_query" => {
                let [sql] = args.bind(["sql"])?;
                let answer = self.execute_sql(&text(sql.as_ref()).unwrap_or_default(), false, true)?;
                answer.get_item(&Value::from(1))?
            }
            "date_function" => Value::from("now()"),
            "is_cancelable" | "has_dbr_capability" => Value::from(true),
            "convert_text_type" => Value::from("text"),
            "convert_number_type" => Value::from("integer"),
            "convert_boolean_type" => Value::from("boolean"),
            "convert_datetime_type" => Value::from("timestamp without time zone"),
            "convert_date_type" => Value::from("date"),
            "convert_time_type" => Value::from("time"),
            "valid_incremental_strategies" => {
                let names = ["append", "delete+insert", "merge", "microbatch"];
                List::value(names.into_iter().map(Value::from).collect())
            }
            "standardize_grants_dict" => Dict::value(Vec::<(&str, Value)>::new()),
            "is_motherduck" | "disable_transactions" | "is_ducklake" | "location_exists" => {
                Value::from(false)
            }
            "external_root" => Value::from("."),
            "escape_sql_string" => {
                let [value] = args.bind(["value"])?;
                Value::from(text(value.as_ref()).unwrap_or_default().replace('\'', "''"))
            }
            "get_binding_char" => Value::from("?"),
            "get_hard_deletes_behavior" => Value::from("ignore"),
            "render_raw_columns_constraints" | "render_raw_model_constraints" | "get_partitions_metadata" => {
                List::value(Vec::new())
            }
            "commit" | "commit_if_has_connection" if self.acts() => {
                self.commit()?;
                none()
            }
            "add_query" if self.acts() => {
                let [sql, begin, _bindings, _abridge] =
                    args.bind(["sql", "auto_begin", "bindings", "abridge_sql_log"])?;
                let begin = begin.is_none_or(|begin| begin.is_true());
                return self.execute_sql(&text(sql.as_ref()).unwrap_or_default(), begin, false);
            }
            // What writes does nothing while SQL is made: rendering has no effect on the warehouse.
            "create_schema"
            | "drop_schema"
            | "drop_relation"
            | "rename_relation"
            | "truncate_relation"
            | "expand_target_column_types"
            | "cache_added"
            | "cache_dropped"
            | "cache_renamed"
            | "commit"
            | "commit_if_has_connection"
            | "add_query"
            | "valid_snapshot_target"
            | "warn_once"
            | "assert_valid_snapshot_target_given_strategy"
            | "build_catalog_relation"
            | "nice_connection_name"
            | "add_begin_query"
            | "add_commit_query"
            | "clear_transaction"
            | "release_connection" => none(),
            _ => {
                if dialect == Dialect::ClickHouse
                    && let Some(value) = self.clickhouse_method(method, args)?
                {
                    return Ok(value);
                }
                return Err(errors::unknown_adapter_method(method, METHODS).into());
            }
        })
    }

    /// `adapter.dispatch('name', 'package')`: the macro of the adapter at hand.
    fn dispatch(&self, args: &Args<'_>) -> Result<Value, Error> {
        let [name, namespace, _packages] = args.bind(["macro_name", "macro_namespace", "packages"])?;
        let name = text(Some(&args.required("macro_name", name)?)).unwrap_or_default();
        let namespace = text(namespace.as_ref());
        if let Some((package, macro_name)) = name.split_once('.') {
            return Err(failure::fail_with(
                crate::diagnostic::Code::UNKNOWN_MACRO,
                format!("`{name}` is no macro name that `adapter.dispatch()` takes"),
                format!("write `adapter.dispatch('{macro_name}', '{package}')`"),
            ));
        }
        let look = || self.dispatch_to(&name, namespace.as_deref());
        if let Some(id) = self.shared.dispatched(&self.package, namespace.as_deref(), &name, look) {
            return Ok(self.shared.engine.macro_value(id));
        }
        let tried = self.candidates(&name, namespace.as_deref());
        let tried = tried.into_iter().map(|(package, candidate)| match package {
            Some(package) => format!("{package}.{candidate}"),
            None => candidate,
        });
        let tried: Vec<String> = tried.collect();
        let known = self.namespace.names();
        let wanted = format!("default__{name}");
        let near = closest(&wanted, known.iter().map(String::as_str)).map(str::to_owned);
        Err(errors::no_dispatch(&name, namespace.as_deref(), &tried, near).into())
    }

    /// True if this is an operation, whose macros may change the warehouse.
    fn acts(&self) -> bool {
        self.execute() && self.port.acts
    }

    fn commit(&self) -> Result<(), Error> {
        self.port.commit().map_err(|why| errors::no_answer("the commit", &why).into())
    }

    /// The macro that `dispatch` leads to.
    fn dispatch_to(&self, name: &str, namespace: Option<&str>) -> Option<MacroId> {
        let mut candidates = self.candidates(name, namespace).into_iter();
        candidates.find_map(|(package, candidate)| self.find_macro(package.as_deref(), &candidate))
    }

    /// The packages and names that `dispatch` looks for, in order.
    fn candidates(&self, name: &str, namespace: Option<&str>) -> Vec<(Option<String>, String)> {
        let prefixes = builtins::prefixes(&self.shared.project.target.adapter);
        let packages = self.search_order(namespace).into_iter();
        let names = packages.flat_map(|package| {
            prefixes.iter().map(move |prefix| (package.clone(), format!("{prefix}__{name}")))
        });
        names.collect()
    }

    /// The packages that `dispatch` looks in; `None` is what the node sees.
    fn search_order(&self, namespace: Option<&str>) -> Vec<Option<String>> {
        let Some(namespace) = namespace else { return vec![None] };
        let root = self.shared.project.root();
        if let Some(order) = root.dispatch.get(namespace).filter(|order| !order.is_empty()) {
            return order.iter().cloned().map(Some).collect();
        }
        if namespace == builtins::PACKAGE || self.shared.package(namespace).is_some() {
            return vec![Some(root.name.clone()), Some(namespace.to_owned())];
        }
        vec![None]
    }

    fn find_macro(&self, package: Option<&str>, name: &str) -> Option<MacroId> {
        match package {
            Some(package) => self.shared.engine.find(package, name),
            None => self.namespace.find(name),
        }
    }

    fn relations(
        &self,
        database: Option<&str>,
        schema: Option<String>,
    ) -> Result<Vec<RelationObject>, Error> {
        self.record().introspects = true;
        let schema = schema.unwrap_or_else(|| self.shared.project.target.schema.clone());
        let found = self.port.relations(database, &schema);
        let found =
            found.map_err(|why| self.no_answer("listing relations", &format!("schema {schema}"), &why))?;
        let object = |relation| RelationObject { quote: self.shared.quote, ..RelationObject::new(&relation) };
        Ok(found.into_iter().map(object).collect())
    }

    fn find_relation(&self, parts: &[Option<String>; 3]) -> Result<Option<RelationObject>, Error> {
        let Some(identifier) = &parts[2] else { return Ok(None) };
        self.record().introspects = true;
        let schema = parts[1].as_ref().unwrap_or(&self.shared.project.target.schema);
        let found = self.port.relation(parts[0].as_deref(), schema, identifier);
        let asked = || format!("relation {schema}.{identifier}");
        let found = found.map_err(|why| self.no_answer("looking for a relation", &asked(), &why))?;
        let object = |relation| RelationObject { quote: self.shared.quote, ..RelationObject::new(&relation) };
        Ok(found.map(object))
    }

    /// What is said when there is no answer: to what, in words and as it was asked.
    fn no_answer(&self, what: &str, asked: &str, why: &str) -> Diagnostic {
        if !self.port.replays {
            return errors::no_answer(what, why).note(asked);
        }
        let part = self.node.map(|id| self.shared.node(id));
        errors::not_recorded(part.map(|node| node.name.as_str()), what, why).note(asked)
    }

    /// Notes that the text depends on columns or rows.
    fn ask(&self) {
        let mut record = self.record();
        record.introspects = true;
        record.queries = true;
    }

    fn columns(&self, of: &Value) -> Result<Value, Error> {
        self.ask();
        let dialect = self.shared.project.target.dialect;
        let columns = match of.downcast_object_ref::<RelationObject>() {
            Some(relation) => self.port.columns(&relation.relation()),
            None => self
                .port
                .query(&format!("select * from ({of}) as columns_of limit 0"))
                .map(|answer| answer.columns.into_iter().map(|(name, _)| (name, String::new())).collect()),
        };
        let asked = || format!("columns of {of}");
        let columns = columns.map_err(|why| self.no_answer("asking for columns", &asked(), &why))?;
        let column = |(name, kind): (String, String)| {
            Value::from_object(ColumnObject::from_description(name, &kind, dialect))
        };
        Ok(List::value(columns.into_iter().map(column).collect()))
    }

    /// The response and the table of a statement.
    fn execute_sql(&self, sql: &str, begin: bool, fetch: bool) -> Result<Value, Error> {
        let empty = Answer::default();
        let answer = if self.execute() {
            self.ask();
            let answer = self.port.execute(sql, begin);
            answer.map_err(|why| self.no_answer("a query", &format!("the query: {}", sql.trim()), &why))?
        } else {
            empty.clone()
        };
        let rows = answer.rows.len();
        let response = Dict::value([
            ("_message", Value::from(format!("SELECT {rows}"))),
            ("code", Value::from("SELECT")),
            ("rows_affected", Value::from(rows)),
        ]);
        let table = if fetch && self.execute() && answer.columns.is_empty() {
            // An empty warehouse knows no column, but a query says what it calls its own.
            let names = crate::sql::select_names(self.shared.project.target.dialect, sql);
            Value::from_object(Table::new(names, Vec::new()))
        } else {
            Table::value(if fetch { &answer } else { &empty })
        };
        Ok(Value::from(Tuple::new(vec![response, table])))
    }
}

/// `adapter.behavior`: flags of the project.
#[derive(Debug)]
struct Behavior(Arc<Ctx>);

impl Object for Behavior {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let flags = self.0.shared.project.root().raw.get("flags");
        let set = flags.and_then(|flags| flags.get(key.as_str()?)).and_then(Json::as_bool);
        let set = set.unwrap_or_else(|| key.as_str().is_some_and(|key| ON_BY_DEFAULT.contains(&key)));
        Some(Value::from_object(Flag(set)))
    }
}

/// The flags of adapters that are true where a project doesn't set them.
const ON_BY_DEFAULT: &[&str] = &[
    "dbt_sqlserver_use_default_schema_concat",
    "dbt_sqlserver_disable_empty_relation_aliases",
    "dbt_sqlserver_use_native_string_types",
    "dbt_sqlserver_use_dbt_transactions",
];

#[derive(Debug)]
struct Flag(bool);

impl Object for Flag {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        matches!(key.as_str()?, "no_warn" | "setting").then(|| Value::from(self.0))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.0
    }
}
