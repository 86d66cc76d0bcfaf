//! `model`, and the nodes of `graph`: answered one attribute at a time.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object};
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::{Value as Json, json};

use super::ctx::{All, Ctx};
use super::shared::Shared;
use super::{RefCall, SourceCall, facts, names};
use crate::jinja::{Dict, List, from_json};
use crate::project::{Config, Node, NodeId, NodeKind};
use crate::python::args::{Args, text};
use crate::sql::Relation;

/// A node with what is known of it.
pub(super) struct NodeObject {
    shared: Arc<Shared>,
    id: NodeId,
    config: Arc<Config>,
    relation: Option<Relation>,
    parents: Vec<NodeId>,
    refs: Vec<RefCall>,
    sources: Vec<SourceCall>,
    macros: Vec<String>,
}

impl fmt::Debug for NodeObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.node().unique_id)
    }
}

const KEYS: &[&str] = &[
    "database",
    "schema",
    "name",
    "resource_type",
    "package_name",
    "path",
    "original_file_path",
    "unique_id",
    "fqn",
    "alias",
    "checksum",
    "config",
    "tags",
    "description",
    "columns",
    "meta",
    "group",
    "docs",
    "patch_path",
    "relation_name",
    "raw_code",
    "raw_sql",
    "language",
    "refs",
    "sources",
    "metrics",
    "depends_on",
    "access",
    "constraints",
    "version",
    "latest_version",
];

impl NodeObject {
    /// The node that is being rendered.
    pub(super) fn own(ctx: &Arc<Ctx>, id: NodeId) -> Self {
        let parents = ctx.known.as_ref().map(|known| known.parents.clone()).unwrap_or_default();
        Self {
            shared: Arc::clone(&ctx.shared),
            id,
            config: Arc::clone(&ctx.config),
            relation: names::relation_of(ctx),
            parents,
            refs: Vec::new(),
            sources: Vec::new(),
            macros: Vec::new(),
        }
    }

    /// A node while its name is being made: it has no relation yet.
    pub(super) fn nameless(shared: &Arc<Shared>, id: NodeId, config: &Arc<Config>) -> Self {
        Self {
            shared: Arc::clone(shared),
            id,
            config: Arc::clone(config),
            relation: None,
            parents: Vec::new(),
            refs: Vec::new(),
            sources: Vec::new(),
            macros: Vec::new(),
        }
    }

    /// A node of the graph.
    pub(super) fn of(shared: &Arc<Shared>, all: &Arc<All>, id: NodeId) -> Self {
        let collected = all.collected.nodes[id].as_ref();
        Self {
            shared: Arc::clone(shared),
            id,
            config: collected.map(|node| Arc::clone(&node.config)).unwrap_or_default(),
            relation: collected.and_then(|node| node.relation.clone()),
            parents: all.parents[id].clone(),
            refs: collected.map(|node| node.refs.clone()).unwrap_or_default(),
            sources: collected.map(|node| node.sources.clone()).unwrap_or_default(),
            macros: collected.map(|node| node.macros.clone()).unwrap_or_default(),
        }
    }

    fn node(&self) -> &Node {
        self.shared.node(self.id)
    }

    fn attribute(&self, key: &str) -> Option<Value> {
        let node = self.node();
        let texts = |texts: Vec<&str>| List::value(texts.into_iter().map(Value::from).collect());
        let optional = |text: Option<&String>| Value::from(text.cloned());
        let relation = self.relation.as_ref();
        Some(match key {
            "unique_id" => Value::from(node.unique_id.as_str()),
            "name" => Value::from(node.name.as_str()),
            "resource_type" => Value::from(node.kind.resource_type()),
            "package_name" => Value::from(node.package.as_str()),
            "path" => Value::from(node.relative_path.as_str()),
            "original_file_path" => Value::from(node.path.as_str()),
            "fqn" => texts(node.fqn.iter().map(String::as_str).collect()),
            "language" => Value::from(if node.is_python { "python" } else { "sql" }),
            "database" => match relation {
                Some(relation) => optional(relation.database.as_ref()),
                None => optional(self.shared.project.target.database.as_ref()),
            },
            "schema" => match relation.and_then(|relation| relation.schema.clone()) {
                Some(schema) => Value::from(schema),
                None => Value::from(self.shared.project.target.schema.clone()),
            },
            "alias" | "identifier" => {
                let name = relation.and_then(|relation| relation.identifier.clone());
                let name = name.or_else(|| self.config.text("alias").map(str::to_owned));
                Value::from(name.unwrap_or_else(|| node.name.clone()))
            }
            "relation_name" => Value::from(relation.map(Relation::render)),
            "config" => facts::whole_config(&self.config, node.kind),
            // As rendered: what macros ask for here are plain words, `alias` and `schema` above all.
            "unrendered_config" => {
                let set = self.config.values.iter();
                Dict::value(set.map(|(key, value)| (key.as_str(), from_json(value))))
            }
            "tags" => texts(self.config.tags()),
            "meta" => self.config.get("meta").map_or_else(|| from_json(&json!({})), from_json),
            "group" => Value::from(self.config.text("group").map(str::to_owned)),
            "access" => Value::from(self.config.text("access").unwrap_or("protected").to_owned()),
            "docs" => from_json(&json!({"show": true, "node_color": null})),
            "description" => Value::from(node.description.as_str()),
            "columns" => Dict::value(node.columns.values().map(|column| {
                let config = Dict::value([
                    ("meta", from_json(&Json::Object(column.meta.clone()))),
                    ("tags", texts(column.tags.iter().map(String::as_str).collect())),
                ]);
                let value = Dict::value([
                    ("config", config),
                    ("name", Value::from(column.name.as_str())),
                    ("description", Value::from(column.description.as_str())),
                    ("data_type", Value::from(column.data_type.clone())),
                    ("meta", from_json(&Json::Object(column.meta.clone()))),
                    ("tags", texts(column.tags.iter().map(String::as_str).collect())),
                    ("quote", Value::from(column.quote)),
                    ("constraints", from_json(&Json::Array(column.constraints.clone()))),
                ]);
                (column.name.as_str(), value)
            })),
            "constraints" => {
                node.properties.get("constraints").map_or_else(|| from_json(&json!([])), from_json)
            }
            "contract" => match self.config.get("contract") {
                Some(contract) => from_json(contract),
                None => from_json(&json!({"enforced": false, "alias_types": true, "checksum": null})),
            },
            "version" => Value::from(node.version.clone()),
            "latest_version" => Value::from(node.latest_version.clone()),
            "patch_path" => match node.properties_span {
                Some(span) => {
                    let path = self.shared.project.files.path(span.file);
                    Value::from(format!("{}://{path}", node.package))
                }
                None => Value::from(()),
            },
            "raw_code" | "raw_sql" => Value::from(match (&node.test, node.body) {
                (Some(test), _) if !test.raw.is_empty() => test.raw.clone(),
                (_, Some(body)) => self.shared.project.files.text(body).to_owned(),
                _ => String::new(),
            }),
            "checksum" => from_json(&json!({"name": "none", "checksum": ""})),
            "created_at" => Value::from(self.shared.clock(Some(self.id)).now().as_second()),
            "root_path" => Value::from("."),
            "depends_on" => {
                let ids = self.parents.iter().map(|id| self.shared.node(*id).unique_id.as_str()).collect();
                let macros = self.macros.iter().map(String::as_str).collect();
                Dict::value([("nodes", texts(ids)), ("macros", texts(macros))])
            }
            "refs" => List::value(
                self.refs
                    .iter()
                    .map(|call| {
                        Dict::value([
                            ("name", Value::from(call.name.as_str())),
                            ("package", Value::from(call.package.clone())),
                            ("version", Value::from(call.version.clone())),
                        ])
                    })
                    .collect(),
            ),
            "sources" => List::value(
                self.sources
                    .iter()
                    .map(|call| texts(vec![call.source.as_str(), call.table.as_str()]))
                    .collect(),
            ),
            "freshness" if node.kind == NodeKind::Source => from_json(&self.freshness()),
            "type_params" if node.kind == NodeKind::Metric => from_json(&type_params(node)),
            "metrics" | "functions" => List::value(Vec::new()),
            "source_name" => optional(node.source_name.as_ref()),
            "test_metadata" | "column_name" | "attached_node" | "file_key_name" => return self.of_test(key),
            _ => {
                let unset = match (node.kind, key) {
                    (NodeKind::Model, "time_spine" | "deprecation_date" | "freshness" | "primary_key")
                    | (NodeKind::Source, "loaded_at_field" | "loaded_at_query" | "external") => {
                        Some(Value::from(()))
                    }
                    (NodeKind::Source, "loader" | "source_description") => Some(Value::from("")),
                    _ => None,
                };
                return node.properties.get(key).map(from_json).or(unset);
            }
        })
    }

    /// A source's freshness with everything that dbt puts into it; nothing where it is switched off.
    fn freshness(&self) -> Json {
        let set = self.config.get("freshness").or_else(|| self.node().properties.get("freshness"));
        let Some(set) = set.filter(|_| self.config.values.get("freshness") != Some(&Json::Null)) else {
            let off = self.config.values.contains_key("freshness");
            let none = json!({"count": null, "period": null});
            let unset = json!({"warn_after": none, "error_after": none, "filter": null});
            return if off { Json::Null } else { unset };
        };
        let after = |key: &str| {
            let part = |name: &str| set.get(key).and_then(|after| after.get(name)).cloned();
            json!({"count": part("count"), "period": part("period")})
        };
        let filter = set.get("filter").cloned();
        json!({"warn_after": after("warn_after"), "error_after": after("error_after"), "filter": filter})
    }

    fn of_test(&self, key: &str) -> Option<Value> {
        let test = self.node().test.as_ref()?;
        Some(match key {
            "column_name" => Value::from(test.column.clone()),
            "attached_node" => Value::from(test.attached.map(|id| self.shared.node(id).unique_id.clone())),
            "test_metadata" => {
                let mut arguments = test.arguments.clone();
                arguments.insert("model".to_owned(), Json::String(test.model.clone()));
                if let Some(column) = &test.column {
                    arguments.insert("column_name".to_owned(), Json::String(column.clone()));
                }
                Dict::value([
                    ("name", Value::from(test.name.as_str())),
                    ("namespace", Value::from(test.namespace.clone())),
                    ("kwargs", from_json(&Json::Object(arguments))),
                ])
            }
            _ => return None,
        })
    }
}

impl Object for NodeObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.attribute(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.attribute(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(KEYS)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let keys = || KEYS.iter().map(|key| (*key, self.attribute(key).unwrap_or_default()));
        match method {
            "get" => {
                let [key, default] = Args::new("get", args).bind(["key", "default"])?;
                let found = text(key.as_ref()).and_then(|key| self.attribute(&key));
                Ok(found.or(default).unwrap_or_else(|| Value::from(())))
            }
            "keys" => Ok(List::value(KEYS.iter().map(|key| Value::from(*key)).collect())),
            "values" => Ok(List::value(keys().map(|(_, value)| value).collect())),
            "items" => Ok(List::value(
                keys().map(|(key, value)| List::value(vec![Value::from(key), value])).collect(),
            )),
            "to_dict" => Ok(Dict::value(keys())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// The parameters of a metric; those that nobody set are `none`.
fn type_params(node: &Node) -> Json {
    const KEYS: [&str; 9] = [
        "measure",
        "numerator",
        "denominator",
        "expr",
        "window",
        "grain_to_date",
        "conversion_type_params",
        "cumulative_type_params",
        "metric_aggregation_params",
    ];
    let set = node.properties.get("type_params");
    let mut params: serde_json::Map<String, Json> =
        KEYS.into_iter().map(|key| (key.to_owned(), Json::Null)).collect();
    params.insert("metrics".to_owned(), json!([]));
    for (key, value) in set.and_then(Json::as_object).into_iter().flatten() {
        let value = match value {
            // A measure may be given by its name alone.
            Json::String(name) if key == "measure" => json!({"name": name, "filter": null, "alias": null}),
            Json::Object(measure) if key == "measure" => {
                let mut whole = json!({"name": null, "filter": null, "alias": null});
                measure.iter().for_each(|(key, value)| whole[key] = value.clone());
                whole
            }
            value => value.clone(),
        };
        params.insert(key.clone(), value);
    }
    Json::Object(params)
}

/// True for what stands in the warehouse under a name of its own.
pub(super) fn has_relation(node: &Node, config: &Config) -> bool {
    match node.kind {
        kind if kind.is_relation() => true,
        NodeKind::Test => {
            let stored = config.get("store_failures").and_then(Json::as_bool);
            stored.unwrap_or_else(|| matches!(config.text("store_failures_as"), Some("table" | "view")))
        }
        _ => false,
    }
}
