//! `catalog.json` as dbt's schema v1 has it: what the warehouse says of the project's relations.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::artifact::{Invocation, time};
use super::errors;
use super::value::Value;
use super::warehouse::Session;
use crate::diagnostic::Diagnostic;
use crate::project::{NodeId, NodeKind, Project};
use crate::render::Collected;
use crate::sql::Relation;

/// Database, schema and name in lower case.
type Key = [String; 3];

/// What the warehouse says of each table and view, by its name.
#[derive(Clone, Debug, Default)]
pub struct Catalog(BTreeMap<Key, Entry>);

#[derive(Clone, Debug)]
struct Entry {
    names: [String; 3],
    kind: String,
    comment: Json,
    /// How many rows it has about; `None` for a view.
    rows: Option<i64>,
    columns: Map<String, Json>,
}

impl Catalog {
    /// Asks for all tables and views of the databases that the project's relations are in.
    pub fn ask(
        project: &Project,
        collected: &Collected,
        session: &mut dyn Session,
    ) -> Result<Self, Diagnostic> {
        let relations = project.nodes().filter_map(|(id, _)| collected.nodes[id].as_ref()?.relation.as_ref());
        let databases: BTreeSet<String> = relations
            .filter_map(|relation| Some(relation.database.as_ref()?.to_lowercase().replace('\'', "''")))
            .collect();
        if databases.is_empty() {
            return Ok(Self::default());
        }
        let within = databases.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let table = session.query(&sql(&within), None);
        let table = table.map_err(|error| errors::statement_failed("the catalog can't be read", &error))?;
        let mut catalog = BTreeMap::new();
        for row in table.rows {
            let Ok([database, schema, name, kind, comment, rows, column, index, data_type, column_comment]) =
                <[Value; 10]>::try_from(row)
            else {
                continue;
            };
            let names = [database, schema, name].map(|name| name.to_string());
            let entry =
                catalog.entry(names.each_ref().map(|name| name.to_lowercase())).or_insert_with(|| Entry {
                    names,
                    kind: kind.to_string(),
                    comment: comment.to_json(),
                    rows: rows.as_i64(),
                    columns: Map::new(),
                });
            let described = json!({
                "type": data_type.to_string(),
                "index": index.as_i64(),
                "name": column.to_string(),
                "comment": column_comment.to_json(),
            });
            entry.columns.insert(column.to_string(), described);
        }
        Ok(Self(catalog))
    }

    /// The file's content, for the selected nodes and sources. It has times, as `run_results.json` has.
    pub fn render(
        &self,
        project: &Project,
        collected: &Collected,
        selected: &[NodeId],
        now: jiff::Timestamp,
        invocation: &Invocation,
    ) -> Json {
        let (mut nodes, mut sources) = (BTreeMap::new(), BTreeMap::new());
        for id in selected {
            let node = project.node(*id);
            let relation = collected.nodes[*id].as_ref().and_then(|node| node.relation.as_ref());
            let Some(entry) = relation.and_then(|relation| self.0.get(&key(relation))) else { continue };
            let into = if node.kind == NodeKind::Source { &mut sources } else { &mut nodes };
            into.insert(node.unique_id.clone(), entry.json(&node.unique_id));
        }
        json!({
            "metadata": {
                "dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json",
                "dbt_version": crate::render::DBT_VERSION,
                "generated_at": time(now, Duration::ZERO),
                "invocation_id": invocation.id,
                "invocation_started_at": time(now, Duration::ZERO),
                "env": {},
            },
            "nodes": nodes,
            "sources": sources,
            "errors": null,
        })
    }
}

impl Entry {
    fn json(&self, unique_id: &str) -> Json {
        let [database, schema, name] = &self.names;
        json!({
            "metadata": {
                "type": self.kind,
                "schema": schema,
                "name": name,
                "database": database,
                "comment": self.comment,
                "owner": null,
            },
            "columns": self.columns,
            "stats": self.stats(),
            "unique_id": unique_id,
        })
    }

    /// DuckDB keeps the number of a table's rows, and neither its bytes nor when it was written.
    fn stats(&self) -> Json {
        let stat = |id: &str, label: &str, value: Json, include: bool, description: &str| {
            let stat = json!({
                "id": id,
                "label": label,
                "value": value,
                "include": include,
                "description": description,
            });
            (id.to_owned(), stat)
        };
        let words = "Indicates whether there are statistics for this table";
        let mut stats =
            Map::from_iter([stat("has_stats", "Has Stats?", self.rows.is_some().into(), false, words)]);
        let words = "Approximate count of rows in this table";
        stats.extend(self.rows.map(|rows| stat("row_count", "Row Count", rows.into(), true, words)));
        stats.into()
    }
}

fn key(relation: &Relation) -> Key {
    [&relation.database, &relation.schema, &relation.identifier]
        .map(|part| part.as_deref().unwrap_or_default().to_lowercase())
}

fn sql(databases: &str) -> String {
    format!(
        "with relations as (\
         select database_name, schema_name, table_name, 'BASE TABLE' as kind, comment, \
         estimated_size as rows from duckdb_tables() \
         where not internal and lower(database_name) in ({databases}) \
         union all \
         select database_name, schema_name, view_name, 'VIEW', comment, null from duckdb_views() \
         where not internal and lower(database_name) in ({databases})) \
         select relations.*, columns.column_name, columns.column_index, columns.data_type, columns.comment \
         from relations join duckdb_columns() as columns using (database_name, schema_name, table_name) \
         order by database_name, schema_name, table_name, column_index"
    )
}
