//! Stage 6, emit: from rendered SQL and the plan to statements, scripts and artifacts. Text is spliced by
//! span, never printed again from a tree.

pub mod ddl;
mod errors;

use crate::source::SourceMap;

/// One node's statement with inlined parts put in.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The SQL, as dbt's `compiled_code`.
    pub sql: String,
    /// From its bytes to the author's files.
    pub source_map: SourceMap,
}
