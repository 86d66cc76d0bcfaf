//! Columns with their lineage as JSON, an object a column; the schema is docs/schemas/lineage.json.

use serde_json::{Map, Value, json};

use super::picture::{Found, Picture, class};
use crate::flow::{CodeMeaning, ColumnRef, End, Step, description};
use crate::lineage::Literal;

/// One column and what was reached from it.
pub fn column_json(picture: &Picture<'_>, found: &Found) -> Value {
    let node = picture.project.node(found.start.node);
    let mut object = Map::new();
    object.insert("unique_id".to_owned(), node.unique_id.as_str().into());
    object.insert("name".to_owned(), super::picture::name_of(picture.project, found.start.node).into());
    let Some(column) = picture.lineage.column(found.start) else { return Value::Object(object) };
    object.insert("column".to_owned(), (*column.name).into());
    object.insert("kind".to_owned(), column.kind.name().into());
    if column.is_found {
        object.insert("found".to_owned(), true.into());
    }
    if let Some(data_type) = &column.data_type {
        object.insert("type".to_owned(), (**data_type).into());
    }
    if let Some(nullable) = column.nullable {
        object.insert("nullable".to_owned(), nullable.into());
    }
    if let Some(described) = description(picture.project, picture.lineage, found.start) {
        object.insert("description".to_owned(), described.text.into());
        if described.from != found.start {
            object.insert("inherited_from".to_owned(), end_json(picture, described.from));
        }
    }
    if let Some(list) = picture.codes.of(found.start) {
        let codes: Vec<Value> = {
            let end = |at| end_json(picture, at);
            list.codes.iter().map(|code| code_json(code, end)).collect()
        };
        object.insert("codes".to_owned(), codes.into());
    }
    if let Some((origin, text)) = picture.expression(found.start) {
        let file = picture.project.files.get(origin.span.file);
        let at = file.line_column(origin.span.start);
        object.insert("expression".to_owned(), text.into());
        object.insert(
            "place".to_owned(),
            json!({"file": file.path.as_str(), "line": at.line, "column": at.column, "exact": origin.exact}),
        );
    }
    for (name, steps) in [("upstream", &found.upstream), ("downstream", &found.downstream)] {
        let steps: Vec<Value> = steps.iter().map(|step| step_json(picture, step)).collect();
        object.insert(name.to_owned(), steps.into());
    }
    Value::Object(object)
}

fn end_json(picture: &Picture<'_>, at: ColumnRef) -> Value {
    let from = picture.point(at.node, End::Column(at));
    json!({"relation": from.relation, "name": from.name, "column": from.column})
}

/// A code with its meaning; `end` is how the column is shown that it was written of.
pub(super) fn code_json(known: &CodeMeaning, end: impl Fn(ColumnRef) -> Value) -> Value {
    let code = match &known.code {
        Literal::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(&**text)),
        Literal::Text(text) => Value::from(&**text),
        Literal::Bool(bool) => Value::Bool(*bool),
    };
    let mut object = Map::new();
    object.insert("code".to_owned(), code);
    if let Some(meaning) = &known.meaning {
        object.insert("meaning".to_owned(), (**meaning).into());
    }
    if let Some(from) = known.from {
        object.insert("inherited_from".to_owned(), end(from));
    }
    Value::Object(object)
}

fn step_json(picture: &Picture<'_>, step: &Step) -> Value {
    let to = picture.point(step.left.node, step.to);
    let left = picture.point(step.left.node, End::Column(step.left));
    let (class, kind) = class(step);
    json!({
        "depth": step.depth,
        "from": {"relation": left.relation, "name": left.name, "column": left.column},
        "to": {"type": to.what, "relation": to.relation, "name": to.name, "column": to.column},
        "class": class,
        "kind": kind,
        "again": step.is_again,
    })
}
