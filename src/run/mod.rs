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
mod unit;
mod value;
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
pub use value::{Column, Special, Table, Value};
pub use warehouse::{DatabaseError, Session, Warehouse};

use crate::diagnostic::Diagnostic;
use crate::project::Target;
use crate::sql::Dialect;
use crate::world::World;

/// Opens the target's warehouse.
pub fn open(target: &Target, world: &dyn World) -> Result<Box<dyn Warehouse>, Diagnostic> {
    if Dialect::from_name(&target.adapter) != Some(Dialect::DuckDb) {
        return Err(errors::unsupported_warehouse(target));
    }
    let credentials = Credentials::from_profile(&target.credentials, world.root())?;
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
