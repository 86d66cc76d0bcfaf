//! `buhin lineage`.

mod named;
mod project;
mod statement;
mod tree;

use camino::Utf8PathBuf;
use clap::ValueEnum;

use crate::cli::args::{IntrospectArgs, OutputArgs, ProjectArgs};
use crate::cli::exit::ExitCode;

/// Show where every column comes from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  buhin lineage                 how much is known of the project's columns
  buhin lineage orders          what each column of orders is made of, and what is made of it
  buhin lineage orders.total --upstream
                                one column, up to the sources
  buhin lineage raw.payments.amount --downstream --depth 2
                                what reads a source's column, two steps down
  buhin lineage orders --kind all --output mermaid
                                the columns that decide its rows, too, as a drawing for a pull request
  buhin lineage --output csv    every edge of the project
  buhin lineage --sql query.sql --dialect snowflake
                                the columns of a query outside of any project, and where each comes from
  buhin lineage --sql query.sql --dialect bigquery --schema schema.json --format json
                                the same as JSON; the schema is {\"orders\": {\"id\": \"int64\"}}
  buhin lineage --jsonl < cases.jsonl
                                one case a line in, one answer a line out: docs/lineage.md")]
pub(crate) struct LineageArgs {
    /// A part, seed, snapshot or source, or one of its columns: `orders`, `orders.total`, `raw.payments.amount`
    #[arg(value_name = "PART[.COLUMN]", conflicts_with_all = ["sql", "jsonl"])]
    of: Option<String>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    introspect: IntrospectArgs,
    /// Only what it is made of
    #[arg(long, conflicts_with_all = ["sql", "jsonl"])]
    upstream: bool,
    /// Only what is made of it
    #[arg(long, conflicts_with_all = ["sql", "jsonl"])]
    downstream: bool,
    /// At most so many steps
    #[arg(long, value_name = "N", conflicts_with_all = ["sql", "jsonl"])]
    depth: Option<usize>,
    /// Columns whose values flow, columns that decide which rows there are, or both
    #[arg(long, value_enum, default_value_t = Edges::Value, conflicts_with_all = ["sql", "jsonl"])]
    kind: Edges,
    /// The form
    #[arg(long, value_enum, default_value_t = Shown::Tree, conflicts_with_all = ["sql", "jsonl"])]
    output: Shown,
    /// A catalog.json with the columns of the warehouse's tables, as `docs generate` writes it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sql", "jsonl"])]
    catalog: Option<Utf8PathBuf>,
    /// A file with SQL outside of any project, or `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    sql: Option<Utf8PathBuf>,
    /// A JSON file with the columns of tables, `{"orders": {"id": "int"}}`
    #[arg(long, value_name = "FILE", requires = "sql")]
    schema: Option<Utf8PathBuf>,
    /// Answer cases from standard input, one JSON object a line
    #[arg(long)]
    jsonl: bool,
}

/// Which edges are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Edges {
    /// Those by which values flow
    Value,
    /// Those by which rows are decided
    Shape,
    /// Both
    All,
}

/// The form of what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shown {
    /// A tree for people
    Tree,
    /// One JSON object a column
    Json,
    /// A Mermaid flowchart
    Mermaid,
    /// A graph for Graphviz
    Dot,
    /// One edge a line, with a header
    Csv,
    /// One OpenLineage dataset with its column-lineage facet a line
    Openlineage,
}

pub(crate) fn run(args: &LineageArgs, format: &OutputArgs) -> ExitCode {
    match &args.sql {
        Some(file) => statement::run(file, args, format),
        None if args.jsonl => statement::cases(),
        None => project::run(args, format),
    }
}
