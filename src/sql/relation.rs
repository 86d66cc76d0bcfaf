//! A table or view by its full name.

use super::Dialect;

/// What stands under a name in the warehouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RelationKind {
    /// A table.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A CTE of the statement, as `ref()` of an inlined part gives.
    Cte,
    /// A table outside of the warehouse.
    External,
}

/// A name of up to three parts; which of them are quoted is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Relation {
    /// The database (catalog, project); left out where the warehouse has none.
    pub database: Option<String>,
    /// The schema (dataset).
    pub schema: Option<String>,
    /// The table.
    pub identifier: Option<String>,
    /// Whether database, schema and identifier are put in quotes.
    pub quote: [bool; 3],
    /// What it is, if known.
    pub kind: Option<RelationKind>,
    /// For quoting.
    pub dialect: Dialect,
}

impl Relation {
    /// The parts of the name as they stand in SQL.
    pub fn parts(&self) -> impl Iterator<Item = String> + '_ {
        let database = if self.dialect.has_databases() { &self.database } else { &None };
        let parts = [database, &self.schema, &self.identifier];
        parts.into_iter().zip(self.quote).filter_map(|(part, quote)| {
            let part = part.as_deref()?;
            Some(if quote { self.dialect.quote(part) } else { part.to_owned() })
        })
    }

    /// The name as it stands in SQL.
    pub fn render(&self) -> String {
        let name = self.parts().collect::<Vec<_>>().join(".");
        // Databricks' names are the same in any case, and its adapter writes them small.
        if self.dialect == Dialect::Databricks { name.to_lowercase() } else { name }
    }
}
