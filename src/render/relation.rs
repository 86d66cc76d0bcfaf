//! Relations as Jinja sees them: what `ref()`, `source()`, `this` and `api.Relation.create()` give.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object};
use minijinja::{Error, ErrorKind, State, Value};

use crate::jinja::is_repr;
use crate::python::args::{Args, flag, given, text};
use crate::python::failure;
use crate::sql::{Dialect, Relation, RelationKind};

/// A relation with dbt's policies of what is shown and what is quoted.
#[derive(Clone, Debug)]
pub(super) struct RelationObject {
    /// Database, schema, identifier.
    pub(super) path: [Option<String>; 3],
    /// Which of them are quoted.
    pub(super) quote: [bool; 3],
    /// Which of them are shown.
    pub(super) include: [bool; 3],
    /// dbt's `type`: `table`, `view`, `cte` …
    pub(super) kind: Option<String>,
    /// For quotes.
    pub(super) dialect: Dialect,
    /// The name it has in SQL while its plan is open, in place of the path.
    pub(super) placeholder: Option<String>,
}

const PARTS: [&str; 3] = ["database", "schema", "identifier"];

impl RelationObject {
    /// The object of a relation.
    pub(super) fn new(relation: &Relation) -> Self {
        Self {
            path: [relation.database.clone(), relation.schema.clone(), relation.identifier.clone()],
            quote: relation.quote,
            include: include_policy(relation.dialect),
            kind: relation.kind.map(|kind| kind_name(kind).to_owned()),
            dialect: relation.dialect,
            placeholder: None,
        }
    }

    /// A relation by its path, quoted as the dialect does by default.
    pub(super) fn of(path: [Option<String>; 3], dialect: Dialect) -> Self {
        let quote = quote_policy(dialect);
        Self { path, quote, include: include_policy(dialect), kind: None, dialect, placeholder: None }
    }

    /// The CTE that stands for an inlined part.
    pub(super) fn cte(name: String, dialect: Dialect) -> Self {
        let mut quote = quote_policy(dialect);
        quote[2] = false;
        Self { quote, kind: Some("cte".to_owned()), ..Self::of([None, None, Some(name)], dialect) }
    }

    /// The plain relation.
    pub(super) fn relation(&self) -> Relation {
        let [database, schema, identifier] = self.path.clone();
        let kind = self.kind.as_deref().and_then(kind_of);
        Relation { database, schema, identifier, quote: self.quote, kind, dialect: self.dialect }
    }

    /// The name as it stands in SQL.
    pub(super) fn sql(&self) -> String {
        if let Some(placeholder) = &self.placeholder {
            return placeholder.clone();
        }
        let mut rendered = String::new();
        for at in 0..3 {
            let Some(part) = self.path[at].as_deref().filter(|_| self.include[at]) else { continue };
            if !rendered.is_empty() {
                rendered.push('.');
            }
            // ClickHouse's are always in quotes.
            if self.quote[at] || self.dialect == Dialect::ClickHouse {
                rendered.push_str(&self.dialect.quote(part));
            } else {
                rendered.push_str(part);
            }
        }
        // Databricks' names are the same in any case, and its adapter writes them small.
        if self.dialect == Dialect::Databricks { rendered.to_lowercase() } else { rendered }
    }

    fn is_kind(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    fn with_path(&self, changes: &[(String, Value)]) -> Self {
        let mut changed = self.clone();
        for (name, value) in changes {
            if let Some(at) = PARTS.iter().position(|part| part == name) {
                changed.path[at] = text(Some(value));
            }
        }
        changed.placeholder = None;
        changed
    }

    fn with_flags(flags: [bool; 3], args: &Args<'_>) -> Result<[bool; 3], Error> {
        let given = args.bind(PARTS)?;
        Ok(std::array::from_fn(|at| flag(given[at].as_ref()).unwrap_or(flags[at])))
    }

    fn information_schema(&self, view: Option<String>) -> Self {
        if let (Dialect::BigQuery, Some(view)) = (self.dialect, &view)
            && !view.starts_with("SCHEMATA")
        {
            // BigQuery has one in each dataset.
            let inside =
                if view == "__TABLES__" { view.clone() } else { format!("INFORMATION_SCHEMA.{view}") };
            let path = [self.path[0].clone(), self.path[1].clone(), Some(inside)];
            let quote = [self.quote[0], self.quote[1], false];
            return Self { quote, kind: Some("view".to_owned()), ..Self::of(path, self.dialect) };
        }
        // These have quotes, or letters, of their own, which they don't use here.
        let (database, dialect) = match self.dialect {
            Dialect::ClickHouse => (Some(String::new()), Dialect::Generic),
            Dialect::Fabric => (self.path[0].clone(), Dialect::MsSql),
            Dialect::Databricks => (self.path[0].clone(), Dialect::Spark),
            dialect => (self.path[0].clone(), dialect),
        };
        let quote = [self.quote[0], false, false];
        let include = [database.is_some(), true, view.is_some()];
        let path = [database, Some("INFORMATION_SCHEMA".to_owned()), view];
        Self { path, quote, include, kind: Some("view".to_owned()), dialect, placeholder: None }
    }
}

impl Object for RelationObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if is_repr(key) {
            return Some(Value::from(format!("<{}Relation {}>", adapter_class(self.dialect), self.sql())));
        }
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let policy = |flags: [bool; 3]| Value::from_pairs(PARTS.into_iter().zip(flags));
        Some(match key {
            "database" if self.dialect == Dialect::ClickHouse => Value::from(""),
            "database" => Value::from(self.path[0].clone()),
            "schema" => Value::from(self.path[1].clone()),
            "identifier" | "name" | "table" => Value::from(self.path[2].clone()),
            "type" => Value::from(self.kind.clone()),
            "is_table" => Value::from(self.is_kind("table")),
            "is_view" => Value::from(self.is_kind("view")),
            "is_cte" => Value::from(self.is_kind("cte")),
            "is_materialized_view" => Value::from(self.is_kind("materialized_view")),
            "is_dynamic_table" => Value::from(self.is_kind("dynamic_table")),
            "is_pointer" | "is_delta" | "is_hudi" | "is_iceberg" | "is_iceberg_format" | "can_be_renamed"
            | "can_be_replaced" | "dbt_created" | "can_exchange" | "can_on_cluster" | "is_temporary" => {
                Value::from(false)
            }
            "project" if self.dialect == Dialect::BigQuery => Value::from(self.path[0].clone()),
            "dataset" if self.dialect == Dialect::BigQuery => Value::from(self.path[1].clone()),
            "quote_character" if self.dialect == Dialect::Fabric => Value::from("\""),
            "quote_character" => Value::from(self.dialect.quotes().0.to_string()),
            "quote_policy" => policy(self.quote),
            "include_policy" => policy(self.include),
            "path" => Value::from_pairs(PARTS.into_iter().zip(self.path.iter().cloned())),
            "metadata" => Value::from_pairs([("type", format!("{}Relation", adapter_class(self.dialect)))]),
            "Table" => Value::from("table"),
            "View" => Value::from("view"),
            "CTE" => Value::from("cte"),
            "MaterializedView" => Value::from("materialized_view"),
            "External" => Value::from("external"),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["path", "type", "quote_character", "include_policy", "quote_policy", "dbt_created"])
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let changed = match method {
            "render" | "render_limited" | "__str__" => return Ok(Value::from(self.sql())),
            "render_hive" => {
                let include = [false, true, true];
                let named = Self { include, dialect: Dialect::Spark, ..Self::clone(self) };
                return Ok(Value::from(named.sql()));
            }
            "render_pure" => {
                return Ok(Value::from(Self { quote: [false; 3], ..Self::clone(self) }.sql()));
            }
            "include" => {
                let include = Self::with_flags(self.include, &args)?;
                // What is shown of an open relation is settled when its plan is.
                Self { include, ..Self::clone(self) }
            }
            "quote" => Self { quote: Self::with_flags(self.quote, &args)?, ..Self::clone(self) },
            "without_identifier" => {
                let [database, schema, _] = self.path.clone();
                let include = [self.include[0], self.include[1], false];
                Self { path: [database, schema, None], include, placeholder: None, ..Self::clone(self) }
            }
            "information_schema" => {
                let [view] = args.bind(["view_name"])?;
                self.information_schema(text(view.as_ref().filter(|view| view.as_str().is_some())))
            }
            "information_schema_only" => self.information_schema(None),
            "replace_path" => self.with_path(&args.keywords()),
            "incorporate" | "replace" => {
                let mut changed = Self::clone(self);
                for (name, value) in args.keywords() {
                    match name.as_str() {
                        "path" => changed = changed.with_path(&pairs(&value)),
                        "type" => changed.kind = text(Some(&value)),
                        "quote_policy" => changed.quote = policy(changed.quote, &value),
                        "include_policy" => changed.include = policy(changed.include, &value),
                        _ => {}
                    }
                }
                changed
            }
            "matches" => {
                let wanted = args.bind(PARTS)?;
                let same = (0..3).all(|at| {
                    let wanted = text(wanted[at].as_ref());
                    wanted.is_none_or(|wanted| self.path[at].as_deref() == Some(wanted.as_str()))
                });
                return Ok(Value::from(same));
            }
            "quoted" => {
                let [name] = args.bind(["identifier"])?;
                return Ok(Value::from(self.dialect.quote(&text(name.as_ref()).unwrap_or_default())));
            }
            "get" => {
                let [key, default] = args.bind(["key", "default"])?;
                let found = text(key.as_ref()).and_then(|key| self.get_value_by_str(&key));
                return Ok(found.or(default).unwrap_or_else(|| Value::from(())));
            }
            "create" => return create(&args, self.quote, self.dialect),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        };
        Ok(Value::from_object(changed))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        let key = |of: &Self| (of.sql(), of.path.clone(), of.kind.clone());
        Some(key(self).cmp(&key(other)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql())
    }
}

/// `api.Relation`: makes relations, quoted as the project asks.
#[derive(Debug)]
pub(super) struct RelationClass {
    /// Quoting of the root project over the dialect's.
    pub(super) quote: [bool; 3],
    /// For quotes.
    pub(super) dialect: Dialect,
}

impl Object for RelationClass {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let constants = RelationObject::of([None, None, None], self.dialect);
        let key = key.as_str()?;
        let constant = matches!(key, "Table" | "View" | "CTE" | "MaterializedView" | "External");
        constant.then(|| Arc::new(constants).get_value_by_str(key)).flatten()
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "create" => create(&args, self.quote, self.dialect),
            "add_ephemeral_prefix" => {
                let [name] = args.bind(["name"])?;
                Ok(Value::from(super::cte_name(&text(name.as_ref()).unwrap_or_default())))
            }
            "get_default_quote_policy" => {
                Ok(Value::from_pairs(PARTS.into_iter().zip(quote_policy(self.dialect))))
            }
            "scd_args" => {
                let [key, updated_at] = args.bind(["primary_key", "updated_at"])?;
                let key = args.required("primary_key", key)?;
                let mut values = match key.as_str() {
                    Some(_) => vec![key],
                    None => key.try_iter()?.collect(),
                };
                values.extend(updated_at);
                Ok(crate::jinja::List::value(values))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

fn create(args: &Args<'_>, quote: [bool; 3], dialect: Dialect) -> Result<Value, Error> {
    let mut relation = RelationObject { quote, ..RelationObject::of([None, None, None], dialect) };
    if args.positional().len() > 4 {
        return Err(failure::arguments("create", "takes `database`, `schema`, `identifier` and `type`"));
    }
    let named = ["database", "schema", "identifier", "type"];
    let placed = named.iter().map(|name| (*name).to_owned()).zip(args.positional().iter().cloned());
    for (name, value) in placed.chain(args.keywords()) {
        match name.as_str() {
            "type" => relation.kind = text(Some(&value)),
            "quote_policy" => relation.quote = policy(relation.quote, &value),
            "include_policy" => relation.include = policy(relation.include, &value),
            _ => {
                if let Some(at) = PARTS.iter().position(|part| *part == name) {
                    relation.path[at] = text(Some(&value));
                }
            }
        }
    }
    Ok(Value::from_object(relation))
}

fn policy(flags: [bool; 3], changes: &Value) -> [bool; 3] {
    std::array::from_fn(|at| {
        let change = changes.get_attr(PARTS[at]).ok();
        change.filter(given).map_or(flags[at], |value| value.is_true())
    })
}

fn pairs(map: &Value) -> Vec<(String, Value)> {
    let Ok(keys) = map.try_iter() else { return Vec::new() };
    keys.filter_map(|key| Some((key.as_str()?.to_owned(), map.get_item(&key).ok()?))).collect()
}

/// Which parts of a name are quoted by default.
pub(crate) fn quote_policy(dialect: Dialect) -> [bool; 3] {
    match dialect {
        Dialect::Snowflake | Dialect::Spark => [false; 3],
        Dialect::MySql | Dialect::MariaDb => [false, true, true],
        _ => [true; 3],
    }
}

fn include_policy(dialect: Dialect) -> [bool; 3] {
    [dialect.has_databases(), true, true]
}

fn adapter_class(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::DuckDb => "DuckDB",
        Dialect::Postgres => "Postgres",
        Dialect::BigQuery => "BigQuery",
        Dialect::Snowflake => "Snowflake",
        Dialect::Redshift => "Redshift",
        Dialect::Databricks => "Databricks",
        Dialect::Spark => "Spark",
        Dialect::Trino => "Trino",
        Dialect::Athena => "Athena",
        Dialect::ClickHouse => "ClickHouse",
        Dialect::MsSql => "SQLServer",
        Dialect::Fabric => "Fabric",
        _ => "Base",
    }
}

fn kind_name(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table => "table",
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized_view",
        RelationKind::Cte => "cte",
        RelationKind::External => "external",
    }
}

fn kind_of(name: &str) -> Option<RelationKind> {
    Some(match name {
        "table" => RelationKind::Table,
        "view" => RelationKind::View,
        "materialized_view" => RelationKind::MaterializedView,
        "cte" => RelationKind::Cte,
        "external" => RelationKind::External,
        _ => return None,
    })
}
