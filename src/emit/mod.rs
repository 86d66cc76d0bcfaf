//! Stage 6, emit: from rendered SQL and the plan to statements, scripts and artifacts. Text is spliced by
//! span, never printed again from a tree.

pub mod ddl;
mod errors;
