//! The columns on an entity's page, with what they are made of and what is made of them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::columns::At;
use super::{Site, markdown};
use crate::flow::{End, Gap, GapReason, NodeColumn};
use crate::lineage::Reason;
use crate::project::NodeId;

/// One column; what is nothing is left out.
#[derive(Serialize)]
pub(super) struct ColumnData<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    data_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nullable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    codes: Vec<CodeData<'a>>,
    /// True if there are no other codes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    codes_whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    codes_from: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tests: Vec<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expr: Option<Expression>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from: Vec<From<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to: Vec<To<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
}

#[derive(Serialize)]
struct Place<'a> {
    n: u32,
    column: &'a str,
    index: u32,
}

#[derive(Serialize)]
struct CodeData<'a> {
    value: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<&'a str>,
}

#[derive(Serialize)]
struct Expression {
    text: String,
    line: usize,
}

/// The column that an edge begins at: of an entity, or of a relation that is none.
#[derive(Serialize)]
pub(super) struct Beginning<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outside: Option<&'a str>,
    column: &'a str,
}

impl<'a> Beginning<'a> {
    /// `None` for a gap, and for what has no page.
    pub(super) fn of(site: &'a Site<'a>, end: End) -> Option<Self> {
        match end {
            End::Column(from) => {
                let at = site.columns.at(&site.entities, from);
                let column = match at {
                    Some(at) => site.columns.get(at).name,
                    None => &site.input.flow.column(from)?.name,
                };
                let n = Some(site.entities.number(from.node)?);
                Some(Self { n, index: at.map(|at| at.index), outside: None, column })
            }
            End::Outside(at) => {
                let outside = &site.input.flow.outside[at as usize];
                let column = &*outside.column;
                Some(Self { n: None, index: None, outside: Some(&outside.relation), column })
            }
            End::Gap(_) => None,
        }
    }

    /// True for any number of columns that are not known.
    pub(super) fn is_star(&self) -> bool {
        self.n.is_some() && self.index.is_none()
    }
}

#[derive(Serialize)]
struct From<'a> {
    #[serde(flatten)]
    beginning: Beginning<'a>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

#[derive(Serialize)]
struct To<'a> {
    n: u32,
    index: u32,
    column: &'a str,
    kind: &'static str,
}

/// The longest expression that is shown whole, in bytes.
const LONGEST: usize = 2_000;

/// All columns of an entity.
pub(super) fn columns<'a>(site: &'a Site<'a>, n: u32) -> Vec<ColumnData<'a>> {
    let id = site.entities.id(n);
    let own = site.columns.of_entity(n);
    let mut tests: Vec<Vec<u32>> = vec![Vec::new(); own.len()];
    for (at, test) in site.tests[n as usize].iter().enumerate() {
        if let Some(column) = test.column {
            tests[column as usize].push(at as u32);
        }
    }
    let columns = own.iter().zip(tests).enumerate().map(|(index, (column, tests))| {
        let at = At { n, index: index as u32 };
        let (from, unknown) = column.flow.map(|flow| from(site, id, flow)).unwrap_or_default();
        ColumnData {
            name: column.name,
            label: column.label(),
            data_type: column.data_type(),
            nullable: column.flow.and_then(|flow| flow.nullable),
            description: markdown::html(column.description),
            inherited: column.inherited.map(|from| place(site, from)),
            codes: column.codes().map(|(value, meaning)| CodeData { value, meaning }).collect(),
            codes_whole: column.codes.is_some_and(|codes| codes.is_whole),
            codes_from: column
                .codes
                .and_then(|codes| site.columns.at(&site.entities, codes.from?))
                .map(|from| place(site, from)),
            tests,
            tags: column.properties.map_or(&[], |own| &own.tags),
            meta: column.properties.map(|own| &own.meta).filter(|meta| !meta.is_empty()),
            kind: column.flow.map(|flow| flow.kind.name()),
            expr: column.flow.and_then(|flow| expression(site, id, flow)),
            from,
            to: site
                .readers
                .of_column(at)
                .iter()
                .map(|reader| To {
                    n: reader.to.n,
                    index: reader.to.index,
                    column: site.columns.get(reader.to).name,
                    kind: reader.kind.name(),
                })
                .collect(),
            unknown,
        }
    });
    columns.collect()
}

fn place<'a>(site: &'a Site<'a>, at: At) -> Place<'a> {
    Place { n: at.n, column: site.columns.get(at).name, index: at.index }
}

fn from<'a>(site: &'a Site<'a>, id: NodeId, column: &'a NodeColumn) -> (Vec<From<'a>>, Vec<String>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for edge in &column.edges {
        if let End::Gap(at) = edge.from {
            let found = site.input.flow.nodes[id].as_ref().and_then(|node| node.gaps.get(at as usize));
            unknown.extend(found.map(gap));
        } else if let Some(beginning) = Beginning::of(site, edge.from) {
            known.push(From { beginning, kind: edge.kind.name(), path: edge.path.as_deref() });
        }
    }
    unknown.sort();
    unknown.dedup();
    (known, unknown)
}

/// The expression as rendered, and the line where it stands in the author's file.
fn expression(site: &Site<'_>, id: NodeId, column: &NodeColumn) -> Option<Expression> {
    let range = column.span.clone()?;
    let range = range.start as usize..range.end as usize;
    let rendered = site.input.rendered.nodes[id].as_ref()?;
    let text = rendered.sql.get(range.clone())?;
    // A column that is named just as it is tells nothing.
    if text == &*column.name {
        return None;
    }
    let origin = rendered.source_map.origin(range)?;
    let own = site.input.project.node(id).span.file;
    let call = origin.frames.first().filter(|call| origin.span.file != own && call.call.file == own);
    let span = call.map_or(origin.span, |call| call.call);
    let sources = &site.input.project.files;
    let line = if sources.has(span.file) { sources.get(span.file).line_column(span.start).line } else { 1 };
    let cut = markdown::floor(text, LONGEST);
    let text = if cut < text.len() { format!("{}…", &text[..cut]) } else { text.to_owned() };
    Some(Expression { text, line })
}

/// What could not be told, in words.
pub(super) fn gap(gap: &Gap) -> String {
    let name = &gap.name;
    match gap.reason {
        GapReason::Statement(Reason::Ambiguous) => format!("several relations have a column `{name}`"),
        GapReason::Statement(Reason::OpenRelations) => {
            format!("several relations may have the column `{name}`: their columns are not known")
        }
        GapReason::Statement(Reason::OpenStar) => {
            format!("`{name}` stands for columns that are not known")
        }
        GapReason::Statement(Reason::NoSuchColumn) => format!("no relation has a column `{name}`"),
        GapReason::Statement(Reason::NoSuchRelation) => format!("no relation `{name}` stands in `from`"),
        GapReason::Statement(Reason::NotFollowed) => format!("`{name}` is a construct that is not followed"),
        GapReason::Opaque => format!("`{name}` is read from what can't be followed"),
    }
}
