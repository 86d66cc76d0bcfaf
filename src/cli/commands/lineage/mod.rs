//! `buhin lineage`.

mod statement;

use camino::Utf8PathBuf;

use crate::cli::args::OutputArgs;
use crate::cli::exit::ExitCode;

/// Show where every column comes from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin lineage --sql query.sql --dialect snowflake
                                the columns of a query, and where each comes from
  buhin lineage --sql query.sql --dialect bigquery --schema schema.json --format json
                                the same as JSON; the schema is {\"orders\": {\"id\": \"int64\"}}
  buhin lineage --jsonl < cases.jsonl
                                one case a line in, one answer a line out: docs/lineage.md")]
pub(crate) struct LineageArgs {
    /// A file with SQL outside of any project, or `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    sql: Option<Utf8PathBuf>,
    /// The dialect of that SQL
    #[arg(long, value_name = "NAME", default_value = "generic", requires = "sql")]
    dialect: String,
    /// A JSON file with the columns of tables, `{"orders": {"id": "int"}}`
    #[arg(long, value_name = "FILE", requires = "sql")]
    schema: Option<Utf8PathBuf>,
    /// Answer cases from standard input, one JSON object a line
    #[arg(long)]
    jsonl: bool,
}

pub(crate) fn run(args: &LineageArgs, format: &OutputArgs) -> ExitCode {
    match &args.sql {
        Some(file) => statement::run(file, args, format),
        None if args.jsonl => statement::cases(),
        None => statement::nothing_asked(format),
    }
}
