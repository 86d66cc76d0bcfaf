//! One case a line: SQL and schema in, edges between named columns out.

use serde_json::{Map, Value, json};

use super::schema::{dialect_of, schema_of};
use crate::lineage::analyse::Options;
use crate::lineage::catalog::Catalog;
use crate::lineage::model::{From, Reason, RelationId, RelationKind, StatementLineage};
use crate::lineage::names::Sym;
use crate::lineage::script::analyse;
use crate::lineage::trace::Trace;

/// The answer to one line: `{"id": …, "edges": […], "unknown": n}`, or with `error` what was wrong with the line
/// or the SQL. Whatever the line is, the answer is one object.
pub fn answer_case(line: &str) -> Value {
    let case: Value = match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => {
            return json!({"id": null, "edges": [], "error": format!("the line is no JSON: {error}")});
        }
    };
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    let mut answer = Map::new();
    answer.insert("id".to_owned(), id);
    match answered(&case, &mut answer) {
        Ok(()) => {}
        Err(why) => {
            answer.entry("edges").or_insert_with(|| json!([]));
            answer.insert("error".to_owned(), why.into());
        }
    }
    Value::Object(answer)
}

fn answered(case: &Value, answer: &mut Map<String, Value>) -> Result<(), String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str);
    let sql = text("sql").ok_or("the case has no `sql`")?;
    let name = text("dialect").unwrap_or("generic");
    let dialect = dialect_of(name).ok_or_else(|| format!("dialect `{name}` is not known"))?;
    let options = case.get("options");
    let option = |key: &str| options.and_then(|options| options.get(key));
    let schema = text("default_schema").or_else(|| option("default_schema").and_then(Value::as_str));
    let mut catalog = Catalog::new(dialect).with_defaults(text("default_db"), schema);
    schema_of(case.get("schema").unwrap_or(&Value::Null), &mut catalog)?;
    if let Some(Value::Object(views)) = case.get("views") {
        for (name, query) in views {
            catalog.add_view(name, query.as_str().ok_or("a view's query is no text")?);
        }
    }
    let lateral = option("lateral_column_alias_reference").and_then(Value::as_bool).unwrap_or(false);
    let statements = analyse(sql, &catalog, Options { lateral_aliases: lateral, ..Options::default() });
    let mut edges: Vec<[String; 4]> = Vec::new();
    let mut unknown = 0;
    let mut problems = Vec::new();
    let mut opaque = Vec::new();
    for lineage in &statements {
        edges.extend(edges_of(lineage));
        unknown += lineage.unknowns.len();
        problems.extend(lineage.problems.iter().map(|problem| problem.name.clone()));
        opaque.extend(lineage.opaque.iter().map(|opaque| opaque.reason.clone()));
    }
    edges.sort();
    edges.dedup();
    answer.insert("edges".to_owned(), json!(edges));
    answer.insert("unknown".to_owned(), json!(unknown));
    if !problems.is_empty() {
        answer.insert("problems".to_owned(), json!(problems));
    }
    match opaque.into_iter().next() {
        Some(reason) => Err(reason),
        None => Ok(()),
    }
}

/// The value edges of a statement between named columns: source table, source column, target table (empty for a
/// plain query), target column.
///
/// What can't be told has an empty source table. A name that can't exist has no edge: see
/// [`StatementLineage::problems`]. Where several outputs have one name, the first stands for it, since that is the
/// one that can be named; a column without a name of the author's is `_col_` and its place.
pub fn edges_of(lineage: &StatementLineage) -> Vec<[String; 4]> {
    let target = lineage.target.as_ref().map(|parts| lineage.dotted(parts)).unwrap_or_default();
    let mut trace = Trace::new(lineage);
    let mut seen: rustc_hash::FxHashSet<Sym> = rustc_hash::FxHashSet::default();
    let mut edges = Vec::new();
    for (place, id) in lineage.outputs().iter().enumerate() {
        let column = lineage.column(*id);
        if !column.is_star && !column.is_unnamed && !seen.insert(column.key) {
            continue;
        }
        let name =
            if column.is_unnamed { format!("_col_{place}") } else { lineage.text(column.name).to_owned() };
        let origins = trace.origins(*id);
        // A star of all columns of a table says more than one of them beside it.
        let stars = origins.iter().filter(|_| column.is_star);
        let whole: Vec<RelationId> = stars.filter_map(|origin| star_of(lineage, origin.from)).collect();
        for origin in origins.iter() {
            let (table, source) = match origin.from {
                From::Column(below) => {
                    let below = lineage.column(below);
                    let relation = lineage.relation(below.relation);
                    if relation.kind != RelationKind::Table
                        || (!below.is_star && whole.contains(&below.relation))
                    {
                        continue;
                    }
                    (lineage.dotted(&relation.name), lineage.text(below.name).to_owned())
                }
                From::Unknown(unknown) => {
                    let unknown = lineage.unknown(unknown);
                    if matches!(unknown.reason, Reason::NoSuchColumn | Reason::NoSuchRelation) {
                        continue;
                    }
                    (String::new(), lineage.text(unknown.name).to_owned())
                }
            };
            edges.push([table, source, target.clone(), name.clone()]);
        }
    }
    edges
}

/// The relation whose unknown columns an edge begins at.
fn star_of(lineage: &StatementLineage, from: From) -> Option<RelationId> {
    let From::Column(id) = from else { return None };
    let column = lineage.column(id);
    column.is_star.then_some(column.relation)
}
