//! The files of `target/` as values: compiled SQL, the statements that run it, and where each of them goes.

use std::borrow::Cow;

use camino::Utf8PathBuf;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::{FxHashMap, FxHashSet};

use super::ddl::{self, Statement};
use super::{Compiled, Context};
use crate::plan::Materialization;
use crate::project::{Node, NodeId, NodeKind, NodeMap};
use crate::sql::{Dialect, RelationKind, TokenKind, tokens};

/// A file to be written below the target folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFile<'a> {
    /// Relative to the target folder, e.g. `compiled/shop/models/orders.sql`.
    pub path: Utf8PathBuf,
    /// The text.
    pub text: Cow<'a, str>,
}

/// `compiled/` for every node that was compiled and, if `to_run`, `run/` for what is built, in order of nodes.
///
/// A test's own statement is its compiled SQL with a count around it; it is not written a second time.
pub fn files<'a>(
    context: &Context<'_>,
    compiled: &'a NodeMap<Option<Compiled>>,
    to_run: bool,
) -> Vec<TargetFile<'a>> {
    let hidden = hidden(context, compiled);
    let files: Vec<Vec<TargetFile<'a>>> = (0..compiled.len() as u32)
        .into_par_iter()
        .map(|id| {
            let id = NodeId(id);
            let Some(own) = compiled[id].as_ref().filter(|_| !hidden.contains(&id)) else {
                return Vec::new();
            };
            let node = context.project.node(id);
            if node.hook.is_some() && own.sql.is_empty() {
                return Vec::new();
            }
            let path = path(node);
            let sql = own.sql.as_str();
            let mut files =
                vec![TargetFile { path: Utf8PathBuf::from("compiled").join(&path), text: sql.into() }];
            let built = to_run && node.kind != NodeKind::Test;
            let statements = if built { statements(context, id, sql) } else { Vec::new() };
            if !statements.is_empty() {
                let text = script(context.project.target.dialect, &statements);
                files.push(TargetFile { path: Utf8PathBuf::from("run").join(&path), text: text.into() });
            }
            files
        })
        .collect();
    files.into_iter().flatten().collect()
}

/// Tests whose file is another test's, too: of two calls that differ only in what a file's name can't hold, dbt
/// keeps the one whose unique id comes last.
fn hidden(context: &Context<'_>, compiled: &NodeMap<Option<Compiled>>) -> FxHashSet<NodeId> {
    let mut kept: FxHashMap<(&str, &str, &str), NodeId> = FxHashMap::default();
    let mut hidden = FxHashSet::default();
    for (id, node) in context.project.nodes().filter(|(id, _)| compiled[*id].is_some()) {
        let Some(test) = node.test.as_ref().filter(|test| !test.name.is_empty()) else { continue };
        let Some(other) = kept.insert((&node.package, node.path.as_str(), &test.short_name), id) else {
            continue;
        };
        if context.project.node(other).unique_id > node.unique_id {
            kept.insert((&node.package, node.path.as_str(), &test.short_name), other);
            hidden.insert(id);
        } else {
            hidden.insert(other);
        }
    }
    hidden
}

/// Where a node's SQL stands below `compiled/` and `run/`, as dbt has it: a generic test below its property file, a
/// snapshot below its own file.
pub fn path(node: &Node) -> Utf8PathBuf {
    let path = Utf8PathBuf::from(&node.package).join(&node.path);
    match (&node.test, node.kind) {
        (Some(test), _) if !test.name.is_empty() => path.join(format!("{}.sql", test.short_name)),
        (_, NodeKind::Snapshot) => path.join(format!("{}.sql", node.name)),
        (_, NodeKind::Operation) => {
            Utf8PathBuf::from(&node.package).join("dbt_project.yml").join(&node.relative_path)
        }
        _ => path,
    }
}

/// The statements that build a node where nothing stands yet; for a test, the one that counts.
///
/// Empty for what is not run: inlined parts, analyses, a project's own materializations, and parts whose config is
/// wrong (the run says so).
pub fn statements(context: &Context<'_>, id: NodeId, sql: &str) -> Vec<Statement> {
    statements_over(context, id, sql, None)
}

/// [`statements`] where something stands under the node's name already.
pub fn statements_over(
    context: &Context<'_>,
    id: NodeId,
    sql: &str,
    existing: Option<RelationKind>,
) -> Vec<Statement> {
    let node = context.project.node(id);
    let Some(collected) = &context.collected.nodes[id] else { return Vec::new() };
    let dialect = context.project.target.dialect;
    if node.kind == NodeKind::Test {
        let config = ddl::TestConfig::of(&collected.config);
        return vec![Statement::new(ddl::Purpose::Main, ddl::test_query(dialect, sql, &config, None))];
    }
    let (Some(relation), false) = (&collected.relation, node.is_python) else { return Vec::new() };
    let build =
        ddl::Build { name: &node.name, at: node.span, relation, sql, config: &collected.config, existing };
    let mut statements = match context.plan.materialization(id) {
        Some(Materialization::View) => ddl::view(&build),
        // A run's statements go over several connections, so a temporary part is a table until the run ends.
        Some(Materialization::Table | Materialization::Temp | Materialization::Incremental) => {
            ddl::table(&build)
        }
        Some(Materialization::MaterializedView) => ddl::materialized_view(&build),
        Some(Materialization::Snapshot) => ddl::Snapshot::of(&build)
            .map_or_else(|_| Vec::new(), |snapshot| ddl::snapshot_first(&build, &snapshot)),
        Some(Materialization::Inline | Materialization::Seed | Materialization::Custom(_)) | None => {
            Vec::new()
        }
    };
    if !statements.is_empty() {
        let kind = match context.plan.materialization(id) {
            Some(Materialization::View) => RelationKind::View,
            Some(Materialization::MaterializedView) => RelationKind::MaterializedView,
            _ => RelationKind::Table,
        };
        let columns: Vec<_> = node.columns.values().collect();
        statements.extend(ddl::comments(&build, kind, &node.description, &columns));
    }
    statements
}

/// Statements as text, each with its `;`; in T-SQL each is a batch of its own, for a view must begin one.
pub(super) fn script(dialect: Dialect, statements: &[Statement]) -> String {
    let batch = if dialect.is_tsql() { "go\n" } else { "" };
    let mut text = String::new();
    for statement in statements {
        let sql = statement.sql.trim_end().trim_end_matches(';');
        text.push_str(sql);
        // A comment on the last line would swallow the end.
        let line = sql.rsplit('\n').next().unwrap_or_default();
        let may_hold_one = ["--", "#", "//"].iter().any(|mark| line.contains(mark));
        let last = if may_hold_one { tokens(dialect, sql).last() } else { None };
        if last.is_some_and(|last| last.kind == TokenKind::Comment && !last.text(sql).ends_with("*/")) {
            text.push('\n');
        }
        text.push_str(";\n");
        text.push_str(batch);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_at_the_end_swallows_no_terminator() {
        let text = |dialect, sql: &str| script(dialect, &[Statement::new(ddl::Purpose::Main, sql)]);
        assert_eq!(text(Dialect::Sqlite, "select 1 -- one\n"), "select 1 -- one\n;\n");
        assert_eq!(text(Dialect::Sqlite, "select '--'\n"), "select '--';\n");
        assert_eq!(text(Dialect::Sqlite, "select 1 /* one */"), "select 1 /* one */;\n");
        assert_eq!(text(Dialect::MariaDb, "select 1 # one"), "select 1 # one\n;\n");
    }
}
