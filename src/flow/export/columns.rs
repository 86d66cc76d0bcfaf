//! Columns with their lineage as JSON, an object a column; the schema is docs/schemas/lineage.json.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::picture::{Found, Picture, PointRef, class};
use crate::flow::{CodeMeaning, ColumnRef, End, Step, description};
use crate::lineage::Literal;
use crate::project::Project;

#[derive(Serialize)]
struct Line<'a> {
    unique_id: &'a str,
    name: Cow<'a, str>,
    column: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<bool>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    data_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nullable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from: Option<EndLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    codes: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
    upstream: Vec<StepLine<'a>>,
    downstream: Vec<StepLine<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    exact: bool,
}

#[derive(Serialize)]
struct EndLine<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    what: Option<&'static str>,
    relation: &'a str,
    name: Cow<'a, str>,
    column: &'a str,
}

#[derive(Serialize)]
struct StepLine<'a> {
    depth: usize,
    from: EndLine<'a>,
    to: EndLine<'a>,
    class: &'static str,
    kind: &'static str,
    again: bool,
}

/// Adds one column and what was reached from it, as a line of JSON; nothing for a column that there is not.
pub fn column_line(picture: &Picture<'_>, found: &Found, out: &mut Vec<u8>) {
    let Some(column) = picture.lineage.column(found.start) else { return };
    let described = description(picture.project, picture.lineage, found.start);
    let inherited = described.map(|it| it.from).filter(|from| *from != found.start);
    let expression = picture.expression(found.start);
    let steps = |steps: &[Step]| steps.iter().map(|step| step_line(picture, step)).collect();
    let line = Line {
        unique_id: &picture.project.node(found.start.node).unique_id,
        name: super::picture::shown_name(picture.project, found.start.node),
        column: &column.name,
        kind: column.kind.name(),
        found: column.is_found.then_some(true),
        data_type: column.data_type.as_deref(),
        nullable: column.nullable,
        description: described.map(|it| it.text),
        inherited_from: inherited.map(|from| end_line(picture, from)),
        codes: picture.codes.of(found.start).map(|list| {
            let end = |at| serde_json::to_value(end_line(picture, at)).unwrap_or_default();
            list.codes.iter().map(|code| code_json(code, end)).collect()
        }),
        expression: expression.as_ref().map(|(_, text)| *text),
        place: expression.as_ref().map(|(origin, _)| place(picture.project, origin.span, origin.exact)),
        upstream: steps(&found.upstream),
        downstream: steps(&found.downstream),
    };
    super::push_line(out, &line);
}

fn place(project: &Project, span: crate::source::Span, exact: bool) -> Place<'_> {
    let file = project.files.get(span.file);
    let at = file.line_column(span.start);
    Place { file: file.path.as_str(), line: at.line, column: at.column, exact }
}

fn end_line<'a>(picture: &Picture<'a>, at: ColumnRef) -> EndLine<'a> {
    let PointRef { relation, name, column, .. } = picture.look(at.node, End::Column(at));
    EndLine { what: None, relation, name, column }
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

fn step_line<'a>(picture: &Picture<'a>, step: &Step) -> StepLine<'a> {
    let PointRef { relation, name, column, what } = picture.look(step.left.node, step.to);
    let (class, kind) = class(step);
    StepLine {
        depth: step.depth,
        from: end_line(picture, step.left),
        to: EndLine { what: Some(what), relation, name, column },
        class,
        kind,
        again: step.is_again,
    }
}
