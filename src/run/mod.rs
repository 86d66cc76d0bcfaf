//! Stage 7, run: executing what was compiled.
//!
//! Everything goes through [`Warehouse`] and [`Session`]; DuckDB is the one that is embedded. Each part is
//! built aside and swapped in within one transaction, so that a failure or a kill leaves the former table.

mod answer;
#[cfg(feature = "duckdb")]
mod arrow;
mod artifact;
mod catalog;
#[cfg(feature = "duckdb")]
mod clock;
mod credentials;
#[cfg(feature = "duckdb")]
mod duckdb;
mod errors;
mod execute;
mod failure;
mod fixture;
mod freshness;
mod hooks;
mod introspect;
mod library;
mod node;
#[cfg(feature = "duckdb")]
mod place;
mod pool;
mod record;
mod report;
mod schedule;
mod seed;
mod show;
mod translate;
mod trial;
mod unit;
mod value;
mod verify;
mod warehouse;

pub use artifact::{Invocation, Previous, operation_results, previous, run_results};
pub use catalog::Catalog;
pub use credentials::Credentials;
#[cfg(feature = "duckdb")]
pub use duckdb::DuckDb;
pub use execute::run;
pub use freshness::{Freshness, FreshnessStatus, RenderQuery, freshness, sources_json, sources_to_check};
pub use introspect::{Later, Live};
pub use library::{DUCKDB_VERSION, cache_folder, find as find_library};
pub use record::{Origin, RECORD_FILE, Record, Recorder, Replay, Secrets, answers_dropped, bad_record};
pub use report::{
    Command, Event, Fresh, HookResult, Materialize, NodeResult, Recompile, RenderHook, Reporter, RunOptions,
    RunReport, RunRequest, Silent, Status,
};
pub use seed::{SeedOptions, SeedTable, read as read_seed};
pub use show::rows;
pub use trial::TrialEngine;
pub use value::{Column, Special, Table, Value};
pub use verify::{Verdict, VerifyRequest, verify};
pub use warehouse::{DatabaseError, Session, Warehouse};

use crate::diagnostic::Diagnostic;
use crate::project::Target;
use crate::sql::Dialect;
use crate::world::{World, journal};

/// Opens the target's warehouse.
pub fn open(target: &Target, world: &dyn World) -> Result<Box<dyn Warehouse>, Diagnostic> {
    journal::untold();
    opened(credentials(target, world)?, world)
}

/// Opens a database in memory with the settings of the target's, and empty ones beside it under these names.
pub(crate) fn open_in_memory(
    target: &Target,
    world: &dyn World,
    databases: &[String],
) -> Result<Box<dyn Warehouse>, Diagnostic> {
    let credentials = credentials(target, world)?;
    opened(credentials.in_memory(databases, target.database.as_deref()), world)
}

/// Opens the target's database so that nothing can be written to it; `None` where it has no file yet.
pub(crate) fn open_to_read(
    target: &Target,
    world: &dyn World,
) -> Result<Option<Box<dyn Warehouse>>, Diagnostic> {
    let to_read = credentials(target, world)?.to_read();
    to_read.map(|credentials| opened(credentials, world)).transpose()
}

fn credentials(target: &Target, world: &dyn World) -> Result<Credentials, Diagnostic> {
    if Dialect::from_name(&target.adapter) != Some(Dialect::DuckDb) {
        return Err(errors::unsupported_warehouse(target));
    }
    Credentials::from_profile(&target.credentials, world.root())
}

#[cfg_attr(not(feature = "duckdb"), allow(unused_variables, reason = "there is nothing to open"))]
fn opened(credentials: Credentials, world: &dyn World) -> Result<Box<dyn Warehouse>, Diagnostic> {
    #[cfg(feature = "duckdb")]
    {
        let library = library::find(world)?;
        Ok(Box::new(DuckDb::open(&library, credentials)?))
    }
    #[cfg(not(feature = "duckdb"))]
    {
        drop(credentials);
        Err(errors::built_without())
    }
}

#[cfg(all(test, feature = "duckdb"))]
mod tests;
