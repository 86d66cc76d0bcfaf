//! Unit tests: a part's SQL on given rows, against expected rows.
//!
//! The given rows become temporary tables that stand in the SQL for what the part reads. Everything happens in
//! one transaction that is rolled back.

use serde_json::{Map, Value as Json};

use super::failure::rows_as_text;
use super::introspect::names_and_types;
use super::node::{Done, Refusal, Worker};
use super::report::Status;
use super::{errors, fixture};
use crate::graph::Resolved;
use crate::graph::calls::{self, Call};
use crate::project::{Node, NodeId};
use crate::render::cte_name;

/// How many differing rows are shown.
const SHOWN: usize = 5;

/// Runs a unit test.
pub(super) fn run(worker: &mut Worker<'_>, id: NodeId) -> Result<Done, Refusal> {
    let request = worker.request;
    let node = request.project.node(id);
    let Some(model) = request.graph.parents[id].first().copied() else {
        return Err(Refusal::Diagnostics(Vec::new()));
    };
    if let Some(overrides) = node.properties.get("overrides").and_then(Json::as_object)
        && overrides.values().any(|values| values.as_object().is_some_and(|values| !values.is_empty()))
    {
        return Err(errors::unsupported_unit_test(node, "buhin can't do `overrides` yet").into());
    }
    let staged = (request.recompile)(model, worker.live()?);
    let Some(fresh) = staged.value else { return Err(Refusal::Diagnostics(staged.diagnostics)) };
    worker.statement("begin")?;
    let outcome = Test { worker, node, model }.run(&fresh.before_inlining);
    // Nothing of it is kept; a failed statement may have ended the transaction already.
    drop(worker.session.execute("rollback"));
    outcome
}

struct Test<'a, 'w> {
    worker: &'w mut Worker<'a>,
    node: &'a Node,
    model: NodeId,
}

impl Test<'_, '_> {
    fn run(&mut self, sql: &str) -> Result<Done, Refusal> {
        let mut sql = sql.trim().trim_end_matches(';').to_owned();
        let given = self.node.properties.get("given").and_then(Json::as_array).cloned().unwrap_or_default();
        for (at, given) in given.iter().enumerate() {
            let table = format!("__buhin_given_{at}");
            let input = given.get("input").and_then(Json::as_str).unwrap_or_default();
            let input = self.input(input)?;
            let columns = self.columns(input)?;
            self.load(&table, given, &columns)?;
            sql = self.put_in(&sql, input, &format!("temp.main.{table}"));
        }
        let actual = format!("(\n{sql}\n) as buhin_actual");
        let types = names_and_types(self.worker.query(&format!("describe select * from {actual}"), None)?);
        let expect = self.node.properties.get("expect").cloned().unwrap_or(Json::Null);
        let tested = self.load("__buhin_expected", &expect, &types)?;
        let list = tested.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let expected = format!("select {list} from temp.main.__buhin_expected");
        let actual = format!("select {list} from {actual}");
        let missing = self.worker.query(&except(&expected, &actual), None)?;
        let unexpected = self.worker.query(&except(&actual, &expected), None)?;
        if missing.rows.is_empty() && unexpected.rows.is_empty() {
            return Ok(Done { failures: Some(0), ..Done::new(Status::Pass) });
        }
        let mut diagnostic = errors::unit_test_failed(self.node, missing.rows.len(), unexpected.rows.len());
        for (what, mut table) in [("missing", missing), ("not expected", unexpected)] {
            if !table.rows.is_empty() {
                table.truncated = table.rows.len() > SHOWN;
                table.rows.truncate(SHOWN);
                diagnostic = diagnostic.note(format!("{what}: {}", rows_as_text(&table)));
            }
        }
        Ok(Done {
            message: Some(diagnostic.message.clone()),
            failures: Some(1),
            diagnostics: vec![diagnostic],
            ..Done::new(Status::Fail)
        })
    }

    /// The node that `input:` names.
    fn input(&self, text: &str) -> Result<NodeId, Refusal> {
        if text.trim() == "this" {
            return Ok(self.model);
        }
        let request = self.worker.request;
        let (project, from) = (request.project, self.node.package.as_str());
        let found = match calls::parse(text) {
            Some(Call::Ref { package, name, version }) => {
                request.graph.resolve_ref(project, from, package.as_deref(), &name, version.as_deref())
            }
            Some(Call::Source { source, table }) => {
                request.graph.resolve_source(project, from, &source, &table)
            }
            _ => Resolved::Missing,
        };
        match found {
            Resolved::Found(id) => Ok(id),
            _ => {
                Err(errors::unsupported_unit_test(self.node, &format!("input `{text}` is not defined"))
                    .into())
            }
        }
    }

    /// `sql` with a temporary table wherever it reads this node.
    fn put_in(&self, sql: &str, input: NodeId, table: &str) -> String {
        let collected = self.worker.request.collected.nodes[input].as_ref();
        let Some(relation) = collected.and_then(|node| node.relation.as_ref()) else { return sql.to_owned() };
        let sql = replaced(sql, &relation.render(), table);
        let cte = relation.identifier.as_deref().map(cte_name);
        cte.map_or_else(|| sql.clone(), |cte| replaced(&sql, &cte, table))
    }

    /// The columns that a given input has: those of its table, or else of its SQL; none if neither is known.
    fn columns(&mut self, input: NodeId) -> Result<Vec<(String, String)>, Refusal> {
        let request = self.worker.request;
        let collected = request.collected.nodes[input].as_ref();
        if let Some(relation) = collected.and_then(|node| node.relation.as_ref())
            && let Ok(table) = self.worker.session.query(&format!("describe {}", relation.render()), None)
        {
            return Ok(names_and_types(table));
        }
        // A failed statement ends the transaction's use; nothing has been kept in it that can't be made again.
        self.restart()?;
        let staged = (request.recompile)(input, self.worker.live()?);
        let Some(fresh) = staged.value else { return Ok(Vec::new()) };
        let sql = fresh.compiled.sql.trim().trim_end_matches(';').to_owned();
        let describe = format!("describe select * from (\n{sql}\n) as buhin_given");
        if let Ok(table) = self.worker.session.query(&describe, None) {
            return Ok(names_and_types(table));
        }
        self.restart()?;
        Ok(Vec::new())
    }

    /// Loads given or expected rows into a temporary table and gives the columns that were named.
    fn load(
        &mut self,
        table: &str,
        entry: &Json,
        types: &[(String, String)],
    ) -> Result<Vec<String>, Refusal> {
        let world = self.worker.request.world;
        let rows = fixture::rows(self.worker.request.project, world, self.node, entry)?;
        let fixture::Rows::Table(rows) = rows else {
            let fixture::Rows::Sql(sql) = rows else { return Ok(Vec::new()) };
            self.worker.statement(&format!("create or replace temporary table {table} as {sql}"))?;
            let described = self.worker.query(&format!("describe temp.main.{table}"), None)?;
            return Ok(names_and_types(described).into_iter().map(|(name, _)| name).collect());
        };
        let named: Vec<String> = match rows.first() {
            Some(row) => row.keys().cloned().collect(),
            None => types.iter().map(|(name, _)| name.clone()).collect(),
        };
        // The table has all columns of what it stands for; those that no row names are NULL.
        let columns: Vec<(String, Option<&str>)> = if types.is_empty() {
            named.iter().map(|name| (name.clone(), None)).collect()
        } else {
            types.iter().map(|(name, kind)| (name.clone(), Some(kind.as_str()))).collect()
        };
        for row in &rows {
            let known = |name: &str| columns.iter().any(|(column, _)| column.eq_ignore_ascii_case(name));
            if let Some(name) = row.keys().find(|name| !known(name)) {
                return Err(errors::unsupported_unit_test(
                    self.node,
                    &format!("there is no column `{name}`"),
                )
                .into());
            }
        }
        let empty = Map::new();
        let select = |row: &Map<String, Json>| {
            let values = columns.iter().map(|(name, kind)| {
                let value =
                    row.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
                let literal = fixture::literal(value.unwrap_or(&Json::Null));
                let literal =
                    kind.map_or_else(|| literal.clone(), |kind| format!("cast({literal} as {kind})"));
                format!("{literal} as {}", quoted(name))
            });
            format!("select {}", values.collect::<Vec<_>>().join(", "))
        };
        let body = if rows.is_empty() {
            format!("{} limit 0", select(&empty))
        } else {
            rows.iter().map(select).collect::<Vec<_>>().join("\nunion all\n")
        };
        self.worker.statement(&format!("create or replace temporary table {table} as {body}"))?;
        Ok(named)
    }

    fn restart(&mut self) -> Result<(), Refusal> {
        // Temporary tables must outlive this, so what was loaded so far is committed; the session's end drops it.
        if self.worker.session.execute("commit").is_err() {
            drop(self.worker.session.execute("rollback"));
        }
        self.worker.statement("begin").map(|_| ())
    }
}

fn except(rows: &str, without: &str) -> String {
    format!("select * from ({rows}) except all select * from ({without})")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `sql` with each whole `name` replaced.
fn replaced(sql: &str, name: &str, by: &str) -> String {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        out.push_str(before);
        let whole =
            !before.chars().next_back().is_some_and(is_part) && !after.chars().next().is_some_and(is_part);
        out.push_str(if whole || name.ends_with('"') { by } else { name });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_replaced() {
        let sql =
            r#"select * from "db"."main"."a" join __dbt__cte__a using (x) join __dbt__cte__ab using (x)"#;
        let sql = replaced(&replaced(sql, r#""db"."main"."a""#, "t"), "__dbt__cte__a", "t");
        assert_eq!(sql, "select * from t join t using (x) join __dbt__cte__ab using (x)");
    }
}
