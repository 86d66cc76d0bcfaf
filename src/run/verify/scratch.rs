//! A database in memory that can be thrown away: empty relations under the names that statements read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::Diagnostic;
use crate::emit::{Context, ddl};
use crate::project::{NodeId, NodeKind};
use crate::run::introspect::names_and_types;
use crate::run::{DatabaseError, Session, Warehouse, open_in_memory, open_to_read, seed};
use crate::sql::{Dialect, Relation};
use crate::world::World;

/// The database, and where the columns of sources are looked up.
pub(super) struct Scratch<'a> {
    context: Context<'a>,
    world: &'a dyn World,
    pub(super) warehouse: Box<dyn Warehouse>,
    session: Box<dyn Session>,
    /// The target's own database, opened for reading; `None` if there is none yet.
    target: Option<Box<dyn Session>>,
    /// Seeds by the names of their tables: some are what sources read.
    seeds: FxHashMap<String, NodeId>,
    /// Tables of sources and seeds that are there.
    made: FxHashSet<String>,
}

impl<'a> Scratch<'a> {
    /// Makes the database, with the schemas of all that the project has.
    pub(super) fn open(context: Context<'a>, world: &'a dyn World) -> Result<Self, Diagnostic> {
        let target = &context.project.target;
        let relations = context.collected.nodes.iter().filter_map(|(_, it)| it.as_ref()?.relation.as_ref());
        let mut schemas: BTreeMap<String, &Relation> = BTreeMap::new();
        let mut databases: BTreeMap<String, String> = BTreeMap::new();
        for relation in relations {
            if let Some(database) = &relation.database {
                databases.entry(database.to_lowercase()).or_insert_with(|| database.clone());
            }
            let names = [&relation.database, &relation.schema].map(|it| it.as_deref().unwrap_or_default());
            schemas.entry(names.join(".").to_lowercase()).or_insert(relation);
        }
        let databases: Vec<String> = databases.into_values().collect();
        let warehouse = open_in_memory(target, world, &databases)?;
        let mut session = warehouse.connect()?;
        for statement in schemas.into_values().filter_map(ddl::create_schema) {
            let made = session.execute(&statement.sql);
            made.map_err(|error| super::super::errors::statement_failed("a schema can't be made", &error))?;
        }
        let read = open_to_read(target, world)?.map(|warehouse| warehouse.connect()).transpose()?;
        let seeds = context.project.nodes().filter(|(_, node)| node.kind == NodeKind::Seed);
        let seeds = seeds
            .filter_map(|(id, _)| Some((key(context.collected.nodes[id].as_ref()?.relation.as_ref()?), id)));
        let seeds = seeds.collect();
        Ok(Self { context, world, warehouse, session, target: read, seeds, made: FxHashSet::default() })
    }

    /// Has the engine plan a statement.
    pub(super) fn explain(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.session.query(&format!("explain {sql}"), None).map(|_| ())
    }

    /// Makes an empty relation with the columns of a part's statement.
    pub(super) fn stand_in(&mut self, id: NodeId, sql: &str, view: bool) -> Result<(), DatabaseError> {
        let Context { project, collected, .. } = self.context;
        let node = project.node(id);
        let Some(collected) = &collected.nodes[id] else { return Ok(()) };
        let Some(relation) = collected.relation.as_ref().filter(|_| node.kind != NodeKind::Test) else {
            return Ok(());
        };
        // The place is one in another text than the author's.
        let elsewhere = |error: DatabaseError| DatabaseError { offset: None, ..error };
        if node.kind != NodeKind::Snapshot {
            let statement = ddl::stand_in(relation, sql, view);
            return self.session.execute(&statement.sql).map(|_| ()).map_err(elsewhere);
        }
        let sql = ddl::no_rows(relation.dialect, sql);
        let at = node.properties_span.unwrap_or(node.span);
        let (name, config) = (node.name.as_str(), &collected.config);
        let build = ddl::Build { name, at, relation, sql: &sql, config, existing: None };
        // A wrong config is told elsewhere.
        let Ok(snapshot) = ddl::Snapshot::of(&build) else { return Ok(()) };
        let mut statements = ddl::snapshot_first(&build, &snapshot).into_iter();
        statements
            .try_for_each(|statement| self.session.execute(&statement.sql).map(|_| ()))
            .map_err(elsewhere)
    }

    /// Makes an empty table for a source, or says why it can't: as the target's database has it, else as a seed fills
    /// it, else as it is described.
    pub(super) fn source(&mut self, id: NodeId) -> Result<(), String> {
        let Context { project, collected, .. } = self.context;
        let node = project.node(id);
        let Some(relation) = collected.nodes[id].as_ref().and_then(|it| it.relation.as_ref()) else {
            return Ok(());
        };
        let described = self.target.as_mut().and_then(|target| {
            target.query(&format!("describe {}", relation.render()), None).ok().map(names_and_types)
        });
        if described.is_none()
            && let Some(seed) = self.seeds.get(&key(relation)).copied()
        {
            return self.seed(seed);
        }
        let written = || {
            let columns = node.columns.values();
            columns.map(|column| Some((column.name.clone(), column.data_type.clone()?))).collect()
        };
        let columns: Option<Vec<(String, String)>> = described.or_else(written);
        let Some(columns) = columns.filter(|columns| !columns.is_empty()) else {
            return Err(format!("the columns of source `{}` are not known", relation.render()));
        };
        self.empty(relation, &columns, true)
    }

    /// Makes an empty table for a seed, or says why it can't.
    pub(super) fn seed(&mut self, id: NodeId) -> Result<(), String> {
        let Context { project, collected, .. } = self.context;
        let Some(collected) = &collected.nodes[id] else { return Ok(()) };
        let Some(relation) = &collected.relation else { return Ok(()) };
        let file = seed::File::open(project, self.world, project.node(id), &collected.config);
        let file = file.map_err(|wrong| wrong.message)?;
        let quote = collected.config.get("quote_columns").and_then(serde_json::Value::as_bool);
        self.empty(relation, &file.table.columns, quote.unwrap_or(true))
    }

    fn empty(
        &mut self,
        relation: &Relation,
        columns: &[(String, String)],
        quote: bool,
    ) -> Result<(), String> {
        let columns: Vec<ddl::Column> =
            columns.iter().map(|(name, kind)| ddl::Column::new(name.clone(), kind.clone())).collect();
        if !self.made.insert(key(relation)) {
            return Ok(());
        }
        let statements = ddl::seed_table(relation, &columns, quote).into_iter();
        for statement in statements.chain(ddl::seed_swap(relation, None)) {
            let made = self.session.execute(&statement.sql);
            made.map_err(|error| {
                format!("no table like {} can be made: {}", relation.render(), error.headline())
            })?;
        }
        Ok(())
    }
}

fn key(relation: &Relation) -> String {
    relation.render().to_lowercase()
}

/// A statement without `;` and blanks around it.
pub(super) fn bare(dialect: Dialect, sql: &str) -> Cow<'_, str> {
    ddl::strip_terminator(dialect, sql)
}
