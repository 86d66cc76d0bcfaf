//! A whole statement as JSON: outputs with their origins, what decides the rows, inner relations, what is unknown.

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::lineage::model::{ColumnId, From, RelationId, RelationKind, ShapeEdge, StatementLineage};
use crate::lineage::trace::Trace;

/// The lineage of one statement; `sql` is the text that its places count in.
pub fn statement_json(lineage: &StatementLineage, sql: &str) -> Value {
    let mut trace = Trace::new(lineage);
    let mut object = Map::new();
    object.insert("statement".to_owned(), lineage.kind.name().into());
    if let Some(target) = &lineage.target {
        object.insert("target".to_owned(), lineage.dotted(target).into());
    }
    let outputs: Vec<Value> =
        lineage.outputs().iter().map(|id| column(lineage, sql, *id, &mut trace)).collect();
    object.insert("columns".to_owned(), outputs.into());
    let shape = lineage.output.map(|output| shape_of(lineage, output, &mut trace)).unwrap_or_default();
    object.insert("shape".to_owned(), shape.into());
    let tables: Vec<Value> = lineage.tables().map(|id| lineage.name_of(id).into()).collect();
    object.insert("reads".to_owned(), tables.into());
    let inner: Vec<Value> = lineage
        .inner()
        .map(|id| {
            let relation = lineage.relation(id);
            let columns: Vec<Value> =
                relation.columns.iter().map(|id| column(lineage, sql, *id, &mut trace)).collect();
            json!({"name": lineage.name_of(id), "kind": relation.kind.name(), "columns": columns})
        })
        .collect();
    object.insert("relations".to_owned(), inner.into());
    let unknowns: Vec<Value> = lineage
        .unknowns
        .iter()
        .map(|unknown| {
            json!({"name": lineage.text(unknown.name), "reason": unknown.reason.name(), "span": span(unknown.span.as_ref())})
        })
        .collect();
    object.insert("unknown".to_owned(), unknowns.into());
    if let Some(opaque) = &lineage.opaque {
        object.insert(
            "opaque".to_owned(),
            json!({"reason": opaque.reason, "span": span(opaque.span.as_ref())}),
        );
    }
    Value::Object(object)
}

fn column(lineage: &StatementLineage, sql: &str, id: ColumnId, trace: &mut Trace<'_>) -> Value {
    let data = lineage.column(id);
    let mut object = Map::new();
    object.insert("name".to_owned(), lineage.text(data.name).into());
    if data.is_unnamed {
        object.insert("unnamed".to_owned(), true.into());
    }
    object.insert("kind".to_owned(), trace.kind(id).name().into());
    if let Some(data_type) = &data.data_type {
        object.insert("type".to_owned(), (**data_type).into());
    }
    if let Some(nullable) = data.nullable {
        object.insert("nullable".to_owned(), nullable.into());
    }
    if let Some(range) = &data.span {
        let text = sql.get(range.start as usize..range.end as usize).unwrap_or_default();
        object.insert("expression".to_owned(), text.into());
        object.insert("span".to_owned(), span(Some(range)));
    }
    let edges: Vec<Value> = trace
        .origins(id)
        .iter()
        .map(|origin| {
            let mut edge = beginning(lineage, origin.from);
            edge.insert("kind".to_owned(), origin.kind.name().into());
            if let Some(path) = origin.path {
                edge.insert("path".to_owned(), lineage.text(path).into());
            }
            Value::Object(edge)
        })
        .collect();
    object.insert("value".to_owned(), edges.into());
    Value::Object(object)
}

/// The table and column of an origin, or what is unknown of it.
fn beginning(lineage: &StatementLineage, from: From) -> Map<String, Value> {
    let mut object = Map::new();
    match from {
        From::Column(id) => {
            let column = lineage.column(id);
            let relation = lineage.relation(column.relation);
            let of = if relation.kind == RelationKind::Function { "function" } else { "table" };
            object.insert(of.to_owned(), lineage.name_of(column.relation).into());
            object.insert("column".to_owned(), lineage.text(column.name).into());
        }
        From::Unknown(id) => {
            let unknown = lineage.unknown(id);
            object.insert("unknown".to_owned(), unknown.reason.name().into());
            object.insert("column".to_owned(), lineage.text(unknown.name).into());
        }
    }
    object
}

/// Everything that decides the rows of a relation.
fn shape_of(lineage: &StatementLineage, output: RelationId, trace: &mut Trace<'_>) -> Vec<Value> {
    let object = |edge: &ShapeEdge| {
        let mut object = beginning(lineage, edge.from);
        object.insert("role".to_owned(), edge.role.name().into());
        Value::Object(object)
    };
    trace.shape(output).iter().map(object).collect()
}

fn span(range: Option<&Range<u32>>) -> Value {
    range.map_or(Value::Null, |range| json!([range.start, range.end]))
}
