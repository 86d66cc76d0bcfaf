//! Running one node: which statements, in which transaction, and what its errors mean to the author.

use std::sync::OnceLock;
use std::time::Duration;

use super::failure;
use super::introspect::{Live, names_and_types};
use super::report::{Command, Fresh, NodeResult, RunRequest, Status};
use super::value::{Table, Value};
use super::warehouse::{DatabaseError, Session};
use super::{errors, seed};
use crate::diagnostic::Diagnostic;
use crate::emit::{Compiled, ddl};
use crate::plan::Materialization;
use crate::project::{Config, Node, NodeId, NodeKind};
use crate::render::{CollectedNode, Hook};
use crate::sql::{Relation, RelationKind};

/// How often a transaction is tried again that collided with another.
const ATTEMPTS: u32 = 6;

/// A thread's session, with a second one for rendering that is opened when it is first needed.
pub(super) struct Worker<'a> {
    pub(super) request: &'a RunRequest<'a>,
    pub(super) session: Box<dyn Session>,
    live: OnceLock<Live>,
}

/// What running a node gave, before it is timed and numbered.
pub(super) struct Done {
    pub(super) status: Status,
    pub(super) message: Option<String>,
    pub(super) failures: Option<i64>,
    pub(super) rows: Option<u64>,
    pub(super) examples: Option<Table>,
    pub(super) compiled: Option<String>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Why a node could not be run.
pub(super) enum Refusal {
    /// Its config or its rendering is wrong.
    Diagnostics(Vec<Diagnostic>),
    /// The warehouse said no to this statement.
    Database { sql: String, error: DatabaseError },
}

impl From<Diagnostic> for Refusal {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostics(vec![diagnostic])
    }
}

impl Done {
    pub(super) fn new(status: Status) -> Self {
        Self {
            status,
            message: None,
            failures: None,
            rows: None,
            examples: None,
            compiled: None,
            diagnostics: Vec::new(),
        }
    }

    fn success(rows: Option<u64>) -> Self {
        Self { message: Some("OK".to_owned()), rows, ..Self::new(Status::Success) }
    }

    pub(super) fn skipped(message: String) -> Self {
        Self { message: Some(message), ..Self::new(Status::Skipped) }
    }

    pub(super) fn into_result(
        self,
        node: NodeId,
        started: Duration,
        took: Duration,
        thread: usize,
    ) -> NodeResult {
        NodeResult {
            node,
            status: self.status,
            message: self.message,
            failures: self.failures,
            rows: self.rows,
            examples: self.examples,
            started,
            took,
            thread,
            compiled: self.compiled,
            diagnostics: self.diagnostics,
        }
    }
}

/// A node with all that was learnt of it.
struct Subject<'a> {
    node: &'a Node,
    collected: &'a CollectedNode,
    relation: Option<&'a Relation>,
    sql: &'a str,
    fresh: &'a Fresh,
}

impl<'a> Worker<'a> {
    pub(super) fn new(request: &'a RunRequest<'a>, session: Box<dyn Session>) -> Self {
        Self { request, session, live: OnceLock::new() }
    }

    /// Runs a node to its end; whatever goes wrong is in the result.
    pub(super) fn run(&mut self, id: NodeId) -> Done {
        let mut rendered_again = None;
        let outcome = self.prepare(id).and_then(|(fresh, again)| {
            if again {
                rendered_again = Some(fresh.compiled.sql.clone());
            }
            let outcome = self.dispatch(id, &fresh);
            outcome.map_err(|refusal| (refusal, fresh.compiled))
        });
        let mut done = match outcome {
            Ok(done) => done,
            Err((refusal, compiled)) => self.refused(id, refusal, &compiled),
        };
        done.compiled = rendered_again;
        done
    }

    /// The node's SQL and hooks, rendered again if they depend on what the warehouse holds; true if so.
    fn prepare(&self, id: NodeId) -> Result<(Fresh, bool), (Refusal, Compiled)> {
        let request = self.request;
        let rendered = request.rendered.nodes[id].as_ref();
        if self.depends_on_answers(id) {
            let live = self.live().map_err(|error| (error.into(), Compiled::default()))?;
            let staged = (request.recompile)(id, live);
            return match staged.value {
                Some(fresh) => Ok((fresh, true)),
                None => Err((Refusal::Diagnostics(staged.diagnostics), Compiled::default())),
            };
        }
        let fresh = Fresh {
            compiled: request.compiled[id].clone().unwrap_or_default(),
            before_inlining: String::new(),
            pre_hooks: rendered.map(|rendered| rendered.pre_hooks.clone()).unwrap_or_default(),
            post_hooks: rendered.map(|rendered| rendered.post_hooks.clone()).unwrap_or_default(),
        };
        Ok((fresh, false))
    }

    /// The session for rendering.
    pub(super) fn live(&self) -> Result<&Live, Diagnostic> {
        if let Some(live) = self.live.get() {
            return Ok(live);
        }
        let live = Live::connect(self.request.warehouse)?;
        Ok(self.live.get_or_init(|| live))
    }

    /// True if the node's SQL may be another with what the warehouse holds now: it asks something while it is
    /// rendered, or could not be compiled ahead, or a part that is inlined into it does.
    fn depends_on_answers(&self, id: NodeId) -> bool {
        let request = self.request;
        let node = request.project.node(id);
        if node.body.is_none() && node.test.is_none() {
            return false;
        }
        let asks = match &request.rendered.nodes[id] {
            Some(rendered) => rendered.introspects || request.compiled[id].is_none(),
            None => true,
        };
        asks || self.materialization(id) == Some(&Materialization::Incremental)
            || request.graph.parents[id]
                .iter()
                .any(|parent| request.plan.is_inline(*parent) && self.depends_on_answers(*parent))
    }

    fn materialization(&self, id: NodeId) -> Option<&'a Materialization> {
        self.request.plan.decisions[id].as_ref().map(|decision| &decision.materialization)
    }

    fn dispatch(&mut self, id: NodeId, fresh: &Fresh) -> Result<Done, Refusal> {
        let node = self.request.project.node(id);
        if node.kind == NodeKind::UnitTest {
            return super::unit::run(self, id);
        }
        let Some(collected) = self.request.collected.nodes[id].as_ref() else {
            return Err(Refusal::Diagnostics(Vec::new()));
        };
        let subject = Subject {
            node,
            collected,
            relation: collected.relation.as_ref(),
            sql: &fresh.compiled.sql,
            fresh,
        };
        if node.is_python {
            return Err(errors::unsupported_python(node).into());
        }
        match (node.kind, self.materialization(id)) {
            (NodeKind::Test, _) => self.test(&subject),
            (NodeKind::Seed, _) => self.seed(&subject),
            (NodeKind::Snapshot, _) => self.snapshot(&subject),
            (NodeKind::Model, Some(materialization)) => self.model(id, &subject, materialization),
            _ => Err(errors::unsupported_node(node, node.kind.resource_type()).into()),
        }
    }

    fn model(
        &mut self,
        id: NodeId,
        subject: &Subject<'_>,
        materialization: &Materialization,
    ) -> Result<Done, Refusal> {
        if let Materialization::Custom(name) = materialization {
            return self.custom(id, subject, name);
        }
        let relation = subject.relation()?;
        if *materialization == Materialization::Incremental {
            // What only the second run needs must not wait for it to be found wrong.
            let build = subject.build(relation, None);
            ddl::Strategy::of(&build)?;
            ddl::OnSchemaChange::of(&build)?;
        }
        let rows = self.within(subject, |worker| {
            let existing = worker.existing(relation)?;
            let build = subject.build(relation, existing);
            let (statements, kind) = match materialization {
                Materialization::View => (ddl::view(&build), RelationKind::View),
                Materialization::MaterializedView => (ddl::materialized_view(&build), RelationKind::Table),
                Materialization::Incremental
                    if existing == Some(RelationKind::Table)
                        && !worker.full_refresh(&subject.collected.config) =>
                {
                    return worker.increment(subject, &build);
                }
                Materialization::Table | Materialization::Temp | Materialization::Incremental => {
                    (ddl::table(&build), RelationKind::Table)
                }
                Materialization::Inline | Materialization::Seed | Materialization::Snapshot => {
                    return Err(errors::unsupported_node(subject.node, materialization.name()).into());
                }
                Materialization::Custom(name) => {
                    return Err(errors::unsupported_node(subject.node, name).into());
                }
            };
            let rows = worker.execute(&statements)?;
            if kind == RelationKind::Table {
                worker.execute(&ddl::indexes(&build))?;
            }
            worker.describe(subject, &build, kind)?;
            Ok(rows)
        })?;
        Ok(Done::success(rows))
    }

    /// Runs a materialization of the project, which does it all by itself: hooks, transactions, grants.
    fn custom(&mut self, id: NodeId, subject: &Subject<'_>, name: &str) -> Result<Done, Refusal> {
        let acting = Live::acting(self.request.warehouse)?;
        let done = (self.request.materialize)((id, name, subject.sql), &acting);
        match done.value {
            Some(()) => Ok(Done { diagnostics: done.diagnostics, ..Done::success(None) }),
            None => Err(Refusal::Diagnostics(done.diagnostics)),
        }
    }

    /// Adds to an incremental part's table.
    fn increment(&mut self, subject: &Subject<'_>, build: &ddl::Build<'_>) -> Result<Option<u64>, Refusal> {
        let (temp, statements) = ddl::incremental_stage(build)?;
        self.execute(&statements)?;
        let (incoming, present) = (self.columns(&temp)?, self.columns(build.relation)?);
        let rows = self.execute(&ddl::incremental_apply(build, &incoming, &present)?)?;
        self.describe(subject, build, RelationKind::Table)?;
        Ok(rows)
    }

    fn snapshot(&mut self, subject: &Subject<'_>) -> Result<Done, Refusal> {
        let relation = subject.relation()?;
        let rows = self.within(subject, |worker| {
            let existing = worker.existing(relation)?;
            let build = subject.build(relation, existing);
            let snapshot = ddl::Snapshot::of(&build)?;
            let rows = if existing == Some(RelationKind::Table) {
                let (temp, statements) = ddl::snapshot_stage(&build);
                worker.execute(&statements)?;
                let (incoming, present) = (worker.columns(&temp)?, worker.columns(relation)?);
                worker.execute(&ddl::snapshot_apply(&build, &snapshot, &incoming, &present))?
            } else {
                worker.execute(&ddl::snapshot_first(&build, &snapshot))?
            };
            worker.describe(subject, &build, RelationKind::Table)?;
            Ok(rows)
        })?;
        Ok(Done::success(rows))
    }

    fn seed(&mut self, subject: &Subject<'_>) -> Result<Done, Refusal> {
        let relation = subject.relation()?;
        let config = &subject.collected.config;
        let file = seed::File::open(self.request.project, self.request.world, subject.node, config)?;
        let columns: Vec<ddl::Column> = file
            .table
            .columns
            .iter()
            .map(|(name, kind)| ddl::Column::new(name.clone(), kind.clone()))
            .collect();
        let quote = config.get("quote_columns").and_then(serde_json::Value::as_bool).unwrap_or(true);
        let rows = self.within(subject, |worker| {
            let existing = worker.existing(relation)?;
            worker.execute(&ddl::seed_table(relation, &columns, quote))?;
            let mut rows = 0;
            match &file.path {
                Some(path) if !file.is_empty => {
                    let copy = ddl::copy_csv(relation, path.as_str(), file.delimiter);
                    let result = worker.session.execute(&copy.sql);
                    rows += result.map_err(|error| file.bad_row(subject.node, error, copy.sql))?.unwrap_or(0);
                }
                _ => {
                    for chunk in file.table.rows.chunks(1000) {
                        let insert = ddl::insert_rows(relation, &columns, quote, chunk);
                        rows += worker.execute(&[insert])?.unwrap_or(0);
                    }
                }
            }
            worker.execute(&ddl::seed_swap(relation, existing))?;
            let build = subject.build(relation, existing);
            worker.execute(&ddl::indexes(&build))?;
            worker.describe(subject, &build, RelationKind::Table)?;
            Ok(Some(rows))
        })?;
        Ok(Done::success(rows))
    }

    fn test(&mut self, subject: &Subject<'_>) -> Result<Done, Refusal> {
        let dialect = self.request.warehouse.dialect();
        let mut config = ddl::TestConfig::of(&subject.collected.config);
        if self.request.options.store_failures && subject.collected.config.get("store_failures").is_none() {
            config.store.get_or_insert(RelationKind::Table);
        }
        let stored = match (config.store, subject.relation) {
            (Some(kind), Some(relation)) => {
                self.within(subject, |worker| {
                    let existing = worker.existing(relation)?;
                    worker.execute(&ddl::test_store(relation, kind, subject.sql, &config, existing))
                })?;
                Some(relation)
            }
            _ => None,
        };
        let sql = ddl::test_query(dialect, subject.sql, &config, stored);
        let table = self.query(&sql, None)?;
        let value = |at: usize| table.rows.first().and_then(|row| row.get(at)).unwrap_or(&Value::Null);
        let failures = value(0).as_i64().unwrap_or(0);
        let status = if !config.warns && value(2).is_true() {
            Status::Fail
        } else if value(1).is_true() {
            Status::Warn
        } else {
            return Ok(Done { failures: Some(0), ..Done::new(Status::Pass) });
        };
        let condition = if status == Status::Fail { &config.error_if } else { &config.warn_if };
        let word = if status == Status::Fail { "fail" } else { "warn" };
        let results = if failures == 1 { "result" } else { "results" };
        let examples = self.examples(subject, stored);
        let diagnostic = failure::test(subject.node, status, failures, examples.as_ref(), stored);
        Ok(Done {
            message: Some(format!("Got {failures} {results}, configured to {word} if {condition}")),
            failures: Some(failures),
            examples,
            diagnostics: vec![diagnostic],
            ..Done::new(status)
        })
    }

    /// Some of the rows that a test found; none if they can't be had, for the verdict stands without them.
    fn examples(&mut self, subject: &Subject<'_>, stored: Option<&Relation>) -> Option<Table> {
        let count = self.request.options.examples;
        if count == 0 {
            return None;
        }
        let body = match stored {
            Some(relation) => format!("select * from {}", relation.render()),
            None => ddl::strip_terminator(self.request.warehouse.dialect(), subject.sql).into_owned(),
        };
        // Each row once and in order, so that two runs show the same; some types can't be ordered.
        let each =
            |order: &str| format!("select * from (\n{body}\n) as buhin_examples{order} limit {}", count + 1);
        let ordered = self.session.query(&each(" group by all order by all"), Some(count));
        let table = ordered.or_else(|_| self.session.query(&each(""), Some(count)));
        table.ok().filter(|table| !table.rows.is_empty())
    }

    /// Runs hooks and `work` in one transaction, and hooks that ask for none before and after it. A collision
    /// with another transaction is tried again.
    fn within<T>(
        &mut self,
        subject: &Subject<'_>,
        mut work: impl FnMut(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.hooks(&subject.fresh.pre_hooks, false)?;
        let mut attempt = 0;
        let value = loop {
            attempt += 1;
            match self.transaction(subject, &mut work) {
                Err(Refusal::Database { error, .. }) if error.transient && attempt < ATTEMPTS => {
                    std::thread::sleep(Duration::from_millis(10 << attempt));
                }
                other => break other?,
            }
        };
        self.hooks(&subject.fresh.post_hooks, false)?;
        Ok(value)
    }

    fn transaction<T>(
        &mut self,
        subject: &Subject<'_>,
        work: &mut impl FnMut(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.statement("begin")?;
        let outcome = (|| {
            self.hooks(&subject.fresh.pre_hooks, true)?;
            let value = work(self)?;
            self.hooks(&subject.fresh.post_hooks, true)?;
            self.statement("commit")?;
            Ok(value)
        })();
        if outcome.is_err() {
            // A failed commit has ended the transaction already; then there is nothing to roll back.
            drop(self.session.execute("rollback"));
        }
        outcome
    }

    fn hooks(&mut self, hooks: &[Hook], transaction: bool) -> Result<(), Refusal> {
        for hook in hooks.iter().filter(|hook| hook.transaction == transaction) {
            self.statement(&hook.sql)?;
        }
        Ok(())
    }

    fn describe(
        &mut self,
        subject: &Subject<'_>,
        build: &ddl::Build<'_>,
        kind: RelationKind,
    ) -> Result<(), Refusal> {
        let columns: Vec<_> = subject.node.columns.values().collect();
        let mut statements = ddl::grants(build);
        statements.extend(ddl::comments(build, kind, &subject.node.description, &columns));
        self.execute(&statements).map(|_| ())
    }

    /// Runs statements; the transaction is the caller's. Gives the rows that the main statements wrote.
    fn execute(&mut self, statements: &[ddl::Statement]) -> Result<Option<u64>, Refusal> {
        let mut rows = None;
        for statement in statements {
            if matches!(statement.purpose, ddl::Purpose::Begin | ddl::Purpose::Commit) {
                continue;
            }
            let written = self.statement(&statement.sql)?;
            if statement.purpose == ddl::Purpose::Main {
                rows = written.or(rows);
            }
        }
        Ok(rows)
    }

    pub(super) fn statement(&mut self, sql: &str) -> Result<Option<u64>, Refusal> {
        self.session.execute(sql).map_err(|error| Refusal::Database { sql: sql.to_owned(), error })
    }

    pub(super) fn query(&mut self, sql: &str, limit: Option<usize>) -> Result<Table, Refusal> {
        self.session.query(sql, limit).map_err(|error| Refusal::Database { sql: sql.to_owned(), error })
    }

    fn columns(&mut self, relation: &Relation) -> Result<Vec<ddl::Column>, Refusal> {
        let table = self.query(&format!("describe {}", relation.render()), None)?;
        Ok(names_and_types(table).into_iter().map(|(name, kind)| ddl::Column::new(name, kind)).collect())
    }

    /// What stands under a name now.
    fn existing(&mut self, relation: &Relation) -> Result<Option<RelationKind>, Refusal> {
        let table = self.query(&super::introspect::kind_sql(relation), Some(1))?;
        Ok(match table.scalar() {
            None => None,
            Some(Value::Text(kind)) if kind == "view" => Some(RelationKind::View),
            Some(_) => Some(RelationKind::Table),
        })
    }

    fn full_refresh(&self, config: &Config) -> bool {
        let own = config.get("full_refresh").and_then(serde_json::Value::as_bool);
        own.unwrap_or(self.request.options.full_refresh)
    }

    fn refused(&self, id: NodeId, refusal: Refusal, compiled: &Compiled) -> Done {
        let node = self.request.project.node(id);
        let (message, diagnostics) = match refusal {
            Refusal::Database { sql, error } => {
                let diagnostic =
                    failure::statement(&self.request.project.files, node, compiled, &sql, &error);
                (error.message, vec![diagnostic])
            }
            Refusal::Diagnostics(diagnostics) => {
                let first = diagnostics.first().map(|diagnostic| diagnostic.message.clone());
                (first.unwrap_or_else(|| "it could not be compiled".to_owned()), diagnostics)
            }
        };
        Done { message: Some(message), diagnostics, ..Done::new(Status::Error) }
    }
}

impl<'a> Subject<'a> {
    fn relation(&self) -> Result<&'a Relation, Refusal> {
        self.relation.ok_or_else(|| {
            errors::unsupported_node(self.node, "a node without a name in the warehouse").into()
        })
    }

    fn build(&self, relation: &'a Relation, existing: Option<RelationKind>) -> ddl::Build<'a> {
        ddl::Build {
            name: &self.node.name,
            at: self.node.properties_span.unwrap_or(self.node.span),
            relation,
            sql: self.sql,
            config: &self.collected.config,
            existing,
        }
    }
}

/// True for the kinds of nodes that a command runs.
pub(super) fn runs(command: Command, kind: NodeKind) -> bool {
    match command {
        Command::Build => {
            matches!(
                kind,
                NodeKind::Model | NodeKind::Seed | NodeKind::Snapshot | NodeKind::Test | NodeKind::UnitTest
            )
        }
        Command::Run => kind == NodeKind::Model,
        Command::Test => matches!(kind, NodeKind::Test | NodeKind::UnitTest),
        Command::Seed => kind == NodeKind::Seed,
        Command::Snapshot => kind == NodeKind::Snapshot,
    }
}
