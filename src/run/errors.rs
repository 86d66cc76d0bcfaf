//! What running has to say, one constructor a code.

use camino::Utf8Path;

use super::library::{self, DUCKDB_VERSION};
use super::warehouse::DatabaseError;
use crate::diagnostic::{Code, Diagnostic};
use crate::project::{Node, Target};
use crate::source::Span;

/// B0111: a seed can't be read.
pub(super) fn bad_seed(name: &str, line: usize, problem: &str, at: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::BAD_SEED, format!("seed `{name}`: line {line} {problem}"));
    match at {
        Some(span) => diagnostic.at(span, ""),
        None => diagnostic,
    }
}

/// B0102: a seed's file can't be read.
pub(super) fn unreadable_seed(path: &Utf8Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::UNREADABLE_FILE, format!("the seed `{path}` can't be read: {error}"))
}

/// B0809: `retry` has nothing to go on with.
pub(super) fn nothing_to_retry(path: &Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(Code::NOTHING_TO_RETRY, format!("nothing to retry in `{path}`: {why}"))
        .help("`buhin build` or `buhin run` writes it; `retry` then runs what failed or was skipped")
}

/// B0810: a part in Python.
pub(super) fn unsupported_python(node: &Node) -> Diagnostic {
    Diagnostic::error(
        Code::UNSUPPORTED_PYTHON,
        format!("`{}` is a python model, which buhin can't run", node.name),
    )
    .at(start(node), "")
    .help("run it with dbt, or write it in SQL")
}

/// B0811: a node that has no way of being run.
pub(super) fn unsupported_node(node: &Node, what: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UNSUPPORTED_NODE,
        format!("{} `{}`: buhin can't run `{what}`", node.kind.resource_type(), node.name),
    )
    .at(start(node), "")
    .help("use one of the materializations `view`, `table`, `incremental`, `ephemeral`")
}

/// B0811: something of a unit test that buhin does not know how to do.
pub(super) fn unsupported_unit_test(node: &Node, why: &str) -> Diagnostic {
    Diagnostic::error(Code::UNSUPPORTED_NODE, format!("unit test `{}`: {why}", node.name)).at(start(node), "")
}

/// B0804: a unit test's part gives other rows than expected.
pub(super) fn unit_test_failed(node: &Node, missing: usize, unexpected: usize) -> Diagnostic {
    let rows = |count: usize| if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    let message =
        format!("unit test `{}`: {} missing, {} not expected", node.name, rows(missing), rows(unexpected));
    Diagnostic::error(Code::TEST_FAILED, message).at(start(node), "")
}

/// B0803: a hook of the project failed.
pub(super) fn hook_failed(which: &str, at: Span, error: &DatabaseError) -> Diagnostic {
    Diagnostic::error(Code::SQL_FAILED, format!("hook `{which}` failed: {}", lower_headline(error)))
        .at(at, "")
        .note(&*error.message)
}

/// The place of a node where the whole of it is meant: its properties, or the beginning of its file.
fn start(node: &Node) -> Span {
    node.properties_span.unwrap_or(Span { end: node.span.start, ..node.span })
}

/// B0801: DuckDB's library is nowhere.
pub(super) fn no_library() -> Diagnostic {
    Diagnostic::error(Code::NO_DATABASE_LIBRARY, format!("DuckDB's library `{}` is not found", library::file_name()))
        .help(format!(
            "run `scripts/get-duckdb` to fetch version {DUCKDB_VERSION}, or set BUHIN_DUCKDB_LIB to the library's path"
        ))
}

/// B0801: the variable names a file that does not exist.
pub(super) fn library_not_where_told(path: &Utf8Path) -> Diagnostic {
    Diagnostic::error(
        Code::NO_DATABASE_LIBRARY,
        format!("BUHIN_DUCKDB_LIB is `{path}`, but there is no {} there", library::file_name()),
    )
    .help("set it to the library's path, or unset it and run `scripts/get-duckdb`")
}

/// B0801: the file is there but is not a DuckDB that can be loaded.
#[cfg(feature = "duckdb")]
pub(super) fn library_unusable(path: &Utf8Path, message: &str) -> Diagnostic {
    Diagnostic::error(Code::NO_DATABASE_LIBRARY, format!("DuckDB's library `{path}` can't be loaded"))
        .note(message.trim())
        .help(format!("run `scripts/get-duckdb` to fetch version {DUCKDB_VERSION} for this system"))
}

/// B0802: another process holds the file.
#[cfg(feature = "duckdb")]
pub(super) fn locked(path: &str, holder: Option<(&str, &str)>, message: &str) -> Diagnostic {
    let by =
        holder.map_or_else(|| "another process".to_owned(), |(name, pid)| format!("`{name}` (PID {pid})"));
    Diagnostic::error(Code::DATABASE_LOCKED, format!("the database `{path}` is locked by {by}"))
        .note(message)
        .help("end that process or close its connection, then try again; DuckDB lets one process write at a time")
}

/// B0806: the database can't be opened or set up.
pub(super) fn connection_failed(what: &str, message: &str) -> Diagnostic {
    Diagnostic::error(Code::CONNECTION_FAILED, what.to_owned()).note(message.trim())
}

/// B0807: buhin can't run there.
pub(super) fn unsupported_warehouse(target: &Target) -> Diagnostic {
    Diagnostic::error(
        Code::UNSUPPORTED_WAREHOUSE,
        format!(
            "target `{}` is of type `{}`, on which buhin can't run statements yet",
            target.name, target.adapter
        ),
    )
    .help("`buhin compile` writes the SQL and the deploy script; targets of type `duckdb` can be run")
}

/// B0807: this binary was built without a database.
#[cfg(not(feature = "duckdb"))]
pub(super) fn built_without() -> Diagnostic {
    Diagnostic::error(Code::UNSUPPORTED_WAREHOUSE, "this buhin was built without the feature `duckdb`")
        .help("build it with `--features duckdb`; everything that needs no database works as it is")
}

/// B0821: there is nothing to ask a source for its age by.
pub(super) fn no_loaded_at(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error(
        Code::UNKNOWN_FRESHNESS,
        format!("the freshness of `{name}` can't be told: it has neither `loaded_at_field` nor `loaded_at_query`"),
    )
    .at(at, "")
    .help("name the column with the time of loading: `loaded_at_field: updated_at`; DuckDB's own metadata knows no times")
}

/// B0821: what a source answered is no time.
pub(super) fn no_timestamp(name: &str, value: &super::value::Value, at: Span) -> Diagnostic {
    Diagnostic::error(
        Code::UNKNOWN_FRESHNESS,
        format!("the freshness of `{name}` can't be told: `{value}` is no timestamp"),
    )
    .at(at, "")
    .help("cast it: `loaded_at_field: \"cast(day as timestamp)\"`")
}

/// B0820: a source is older than it may be.
pub(super) fn stale(name: &str, age: &str, status: super::FreshnessStatus, at: Span) -> Diagnostic {
    let message = format!("source `{name}` is stale: {age}");
    let found = if status == super::FreshnessStatus::Error {
        Diagnostic::error(Code::STALE_SOURCE, message)
    } else {
        Diagnostic::warning(Code::STALE_SOURCE, message)
    };
    found.at(at, "")
}

/// B0803: the database refused a statement that has no place in a file.
pub(super) fn statement_failed(doing: &str, error: &DatabaseError) -> Diagnostic {
    Diagnostic::error(Code::SQL_FAILED, format!("{doing}: {}", lower_headline(error))).note(&*error.message)
}

/// DuckDB's first line in the manner of our messages.
pub(super) fn lower_headline(error: &DatabaseError) -> String {
    let headline = error.headline().trim_end_matches(['.', '!']);
    match headline.split_once(" Error: ") {
        Some((_, rest)) if !rest.is_empty() => {
            let mut chars = rest.chars();
            let first = chars.next().map(|char| char.to_lowercase().to_string()).unwrap_or_default();
            first + chars.as_str()
        }
        _ => headline.to_owned(),
    }
}
