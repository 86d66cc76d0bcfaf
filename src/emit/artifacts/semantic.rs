//! Metrics, semantic models and saved queries as the manifest has them, every key in its place.
//!
//! There are few of these, and what they say is nested YAML: plain values are good enough.

use serde_json::{Value, json};

use super::super::Context;
use super::node::{RefOut, declared_refs};
use super::unrendered::Unrendered;
use crate::project::{Node, NodeId, NodeKind};
use crate::render::CollectedNode;
use crate::sql::Relation;

fn get(value: &Value, key: &str) -> Value {
    value.get(key).cloned().unwrap_or(Value::Null)
}

/// The value of a key as text, whatever YAML made of it.
fn text(value: &Value, key: &str) -> Value {
    match value.get(key) {
        Some(Value::Number(number)) => number.to_string().into(),
        Some(Value::Bool(flag)) => flag.to_string().into(),
        other => other.cloned().unwrap_or(Value::Null),
    }
}

fn flag(value: &Value, key: &str, default: bool) -> Value {
    Value::Bool(value.get(key).and_then(Value::as_bool).unwrap_or(default))
}

fn items(value: &Value, key: &str, each: impl Fn(&Value) -> Value) -> Value {
    value.get(key).and_then(Value::as_array).into_iter().flatten().map(each).collect()
}

fn config(value: &Value) -> Value {
    let meta = value.get("config").and_then(|config| config.get("meta")).or_else(|| value.get("meta"));
    json!({"meta": meta.cloned().unwrap_or_else(|| json!({}))})
}

/// A `filter` or `where`: one template or several.
fn filter(value: Option<&Value>) -> Value {
    let templates: Vec<Value> = match value {
        None | Some(Value::Null) => return Value::Null,
        Some(Value::Array(several)) => several.clone(),
        Some(one) => vec![one.clone()],
    };
    let template = |template: Value| json!({"where_sql_template": template});
    json!({"where_filters": templates.into_iter().map(template).collect::<Vec<_>>()})
}

/// `28 days`.
fn window(value: Option<&Value>) -> Value {
    const GRAINS: &[&str] = &[
        "nanosecond",
        "microsecond",
        "millisecond",
        "second",
        "minute",
        "hour",
        "day",
        "week",
        "month",
        "quarter",
        "year",
    ];
    let Some(text) = value.and_then(Value::as_str) else { return Value::Null };
    let lower = text.to_lowercase();
    let Some((count, grain)) = lower.split_once(' ') else { return Value::Null };
    let single = grain.strip_suffix('s').filter(|grain| GRAINS.contains(grain)).unwrap_or(grain);
    json!({"count": count.parse::<u64>().ok(), "granularity": single})
}

fn input_measure(value: Option<&Value>) -> Value {
    match value {
        None | Some(Value::Null) => Value::Null,
        Some(Value::String(name)) => input_measure(Some(&json!({"name": name}))),
        Some(value) => json!({
            "name": get(value, "name"),
            "filter": filter(value.get("filter")),
            "alias": get(value, "alias"),
            "join_to_timespine": flag(value, "join_to_timespine", false),
            "fill_nulls_with": get(value, "fill_nulls_with"),
        }),
    }
}

fn input_metric(value: Option<&Value>) -> Value {
    match value {
        None | Some(Value::Null) => Value::Null,
        Some(Value::String(name)) => input_metric(Some(&json!({"name": name}))),
        Some(value) => json!({
            "name": get(value, "name"),
            "filter": filter(value.get("filter")),
            "alias": get(value, "alias"),
            "offset_window": window(value.get("offset_window")),
            "offset_to_grain": get(value, "offset_to_grain"),
        }),
    }
}

/// What is a metric's own.
pub(super) fn metric(context: &Context<'_>, node: &Node, collected: &CollectedNode) -> Value {
    let said = &node.properties;
    let none = json!({});
    let params = said.get("type_params").unwrap_or(&none);
    let config = &collected.config;
    json!({
        "description": node.description,
        "label": get(said, "label"),
        "type": get(said, "type"),
        "type_params": {
            "measure": input_measure(params.get("measure")),
            "input_measures": input_measures(context, node, &mut Vec::new()),
            "numerator": input_metric(params.get("numerator")),
            "denominator": input_metric(params.get("denominator")),
            "expr": text(params, "expr"),
            "window": window(params.get("window")),
            "grain_to_date": get(params, "grain_to_date"),
            "metrics": items(params, "metrics", |metric| input_metric(Some(metric))),
            "conversion_type_params": conversion(params.get("conversion_type_params")),
            "cumulative_type_params": cumulative(said, params),
            "metric_aggregation_params": null,
            "fill_nulls_with": null,
            "join_to_timespine": false,
            "is_private": null,
        },
        "filter": filter(said.get("filter")),
        "metadata": null,
        "time_granularity": get(said, "time_granularity"),
        "unrendered_config": Unrendered::of(context, node, collected),
        "sources": [],
        "refs": [],
        "metrics": [],
        "group": config.text("group"),
        "meta": config.get("meta").cloned().unwrap_or_else(|| json!({})),
        // Those of its `config` stay there, as in dbt.
        "tags": match said.get("tags") {
            Some(Value::String(tag)) => json!([tag]),
            Some(Value::Array(tags)) => json!(tags),
            _ => json!([]),
        },
    })
}

fn conversion(params: Option<&Value>) -> Value {
    let Some(params) = params.filter(|params| params.is_object()) else { return Value::Null };
    json!({
        "entity": get(params, "entity"),
        "base_measure": input_measure(params.get("base_measure")),
        "conversion_measure": input_measure(params.get("conversion_measure")),
        "base_metric": input_metric(params.get("base_metric")),
        "conversion_metric": input_metric(params.get("conversion_metric")),
        "calculation": params.get("calculation").cloned().unwrap_or_else(|| "conversion_rate".into()),
        "window": window(params.get("window")),
        "constant_properties": get(params, "constant_properties"),
    })
}

fn cumulative(said: &Value, params: &Value) -> Value {
    if said.get("type").and_then(Value::as_str) != Some("cumulative") {
        return Value::Null;
    }
    let own = params.get("cumulative_type_params");
    let either = |key: &str| {
        let set = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
        set(own.and_then(|own| own.get(key))).or_else(|| set(params.get(key)))
    };
    let first = || Value::from("first");
    json!({
        "window": window(either("window").as_ref()),
        "grain_to_date": either("grain_to_date"),
        "period_agg": own.and_then(|own| own.get("period_agg")).cloned().unwrap_or_else(first),
        "metric": input_metric(own.and_then(|own| own.get("metric"))),
    })
}

/// The measures that a metric is made of, directly or through other metrics.
fn input_measures<'p>(context: &Context<'p>, node: &'p Node, open: &mut Vec<&'p str>) -> Value {
    let mut found: Vec<Value> = Vec::new();
    if open.contains(&node.unique_id.as_str()) {
        return Value::Array(found);
    }
    open.push(&node.unique_id);
    let mut add = |measure: Value| {
        if !measure.is_null() && !found.contains(&measure) {
            found.push(measure);
        }
    };
    let none = json!({});
    let params = node.properties.get("type_params").unwrap_or(&none);
    match node.properties.get("type").and_then(Value::as_str) {
        Some("simple" | "cumulative") => add(input_measure(params.get("measure"))),
        Some("conversion") => {
            let params = params.get("conversion_type_params").unwrap_or(&none);
            add(input_measure(params.get("base_measure")));
            add(input_measure(params.get("conversion_measure")));
        }
        Some("derived" | "ratio") => {
            for name in crate::graph::metric_inputs(&node.properties) {
                let named = |other: &&Node| other.kind == NodeKind::Metric && other.name == name;
                let Some(other) = context.project.nodes.iter().find(named) else { continue };
                if let Value::Array(measures) = input_measures(context, other, open) {
                    measures.into_iter().for_each(&mut add);
                }
            }
        }
        _ => {}
    }
    open.pop();
    Value::Array(found)
}

/// What is a semantic model's own.
pub(super) fn semantic_model(
    context: &Context<'_>,
    id: NodeId,
    node: &Node,
    collected: &CollectedNode,
) -> Value {
    let said = &node.properties;
    let config_of = config;
    let part = context.graph.parents[id].first().copied();
    let relation = part.and_then(|part| context.collected.nodes[part].as_ref()?.relation.as_ref());
    let refs: Vec<RefOut<'_>> = declared_refs(node);
    json!({
        "model": get(said, "model"),
        "node_relation": relation.map(node_relation),
        "description": match said.get("description") {
            None | Some(Value::Null) => Value::Null,
            Some(_) => node.description.clone().into(),
        },
        "label": get(said, "label"),
        "defaults": said.get("defaults").filter(|it| it.is_object()).map(|defaults| {
            json!({"agg_time_dimension": get(defaults, "agg_time_dimension")})
        }),
        "entities": items(said, "entities", |entity| json!({
            "name": get(entity, "name"),
            "type": get(entity, "type"),
            "description": get(entity, "description"),
            "label": get(entity, "label"),
            "role": get(entity, "role"),
            "expr": text(entity, "expr"),
            "config": config_of(entity),
        })),
        "measures": items(said, "measures", measure),
        "dimensions": items(said, "dimensions", dimension),
        "metadata": null,
        "refs": refs,
        "unrendered_config": Unrendered::of(context, node, collected),
        "primary_entity": get(said, "primary_entity"),
        "group": collected.config.text("group"),
    })
}

fn dimension(dimension: &Value) -> Value {
    let params = dimension.get("type_params").filter(|it| it.is_object()).map(|params| {
        let validity = params.get("validity_params").filter(|it| it.is_object());
        json!({
            "time_granularity": get(params, "time_granularity"),
            "validity_params": validity.map(|it| {
                json!({"is_start": flag(it, "is_start", false), "is_end": flag(it, "is_end", false)})
            }),
        })
    });
    let mut entry = json!({
        "name": get(dimension, "name"),
        "type": get(dimension, "type"),
        "description": get(dimension, "description"),
        "label": get(dimension, "label"),
        "is_partition": flag(dimension, "is_partition", false),
        "type_params": params,
        "expr": text(dimension, "expr"),
        "metadata": null,
        "config": config(dimension),
    });
    // The published schema does not have this key; dbt writes it, but readers that hold to the schema refuse it.
    if let Some(datatype) = dimension.get("datatype").filter(|it| !it.is_null()) {
        entry["datatype"] = datatype.clone();
    }
    entry
}

fn measure(measure: &Value) -> Value {
    let params = measure.get("agg_params").filter(|it| it.is_object()).map(|params| {
        json!({
            "percentile": get(params, "percentile"),
            "use_discrete_percentile": flag(params, "use_discrete_percentile", false),
            "use_approximate_percentile": flag(params, "use_approximate_percentile", false),
        })
    });
    let non_additive = measure.get("non_additive_dimension").filter(|it| it.is_object()).map(|it| {
        json!({
            "name": get(it, "name"),
            "window_choice": it.get("window_choice").cloned().unwrap_or_else(|| "min".into()),
            "window_groupings": items(it, "window_groupings", Value::clone),
        })
    });
    json!({
        "name": get(measure, "name"),
        "agg": get(measure, "agg"),
        "description": get(measure, "description"),
        "label": get(measure, "label"),
        "create_metric": flag(measure, "create_metric", false),
        "expr": text(measure, "expr"),
        "agg_params": params,
        "non_additive_dimension": non_additive,
        "agg_time_dimension": get(measure, "agg_time_dimension"),
        "config": config(measure),
    })
}

/// A part's place in the warehouse.
pub(super) fn node_relation(relation: &Relation) -> Value {
    json!({
        "alias": relation.identifier,
        "schema_name": relation.schema,
        "database": relation.database,
        "relation_name": relation.render(),
    })
}

/// What is a saved query's own.
pub(super) fn saved_query(context: &Context<'_>, node: &Node, collected: &CollectedNode) -> Value {
    let said = &node.properties;
    let target = &context.project.target;
    let none = json!({});
    let params = said.get("query_params").unwrap_or(&none);
    let own = &collected.config;
    let exports = items(said, "exports", |export| {
        let set = export.get("config").unwrap_or(&none);
        let or =
            |key: &str, default: Value| set.get(key).filter(|it| !it.is_null()).cloned().unwrap_or(default);
        let schema = own.get("schema").cloned().unwrap_or_else(|| target.schema.clone().into());
        json!({
            "name": get(export, "name"),
            "config": {
                "export_as": or("export_as", own.get("export_as").cloned().unwrap_or(Value::Null)),
                "schema_name": or("schema", schema),
                "alias": or("alias", get(export, "name")),
                "database": or("database", target.database.clone().into()),
            },
            "unrendered_config": set,
        })
    });
    json!({
        "query_params": {
            "metrics": items(params, "metrics", Value::clone),
            "group_by": items(params, "group_by", Value::clone),
            "where": filter(params.get("where")),
            "order_by": items(params, "order_by", Value::clone),
            "limit": get(params, "limit"),
        },
        "exports": exports,
        "description": match said.get("description") {
            None | Some(Value::Null) => Value::Null,
            Some(_) => node.description.clone().into(),
        },
        "label": get(said, "label"),
        "metadata": null,
        "unrendered_config": Unrendered::of(context, node, collected),
        "group": own.text("group"),
        "refs": [],
        "tags": own.tags(),
    })
}
